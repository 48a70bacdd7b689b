package slackapp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// What is read of Slack's payloads. Slack's client would read all of them, and refuse a
// whole request for one odd field.
type (
	// interaction is a click, a submitted modal, or a shortcut.
	interaction struct {
		Type       string  `json:"type"`
		CallbackID string  `json:"callback_id"` // of a shortcut
		Trigger    string  `json:"trigger_id"`
		Response   string  `json:"response_url"`
		Team       team    `json:"team"`
		Enterprise team    `json:"enterprise"`
		App        string  `json:"api_app_id"`
		User       account `json:"user"`
		Channel    place   `json:"channel"`
		Message    message `json:"message"`
		Container  struct {
			Type    string `json:"type"` // message or view
			Channel string `json:"channel_id"`
			TS      string `json:"message_ts"`
			Private bool   `json:"is_ephemeral"` // nobody else sees the message
		} `json:"container"`
		Actions []action `json:"actions"`
		View    view     `json:"view"`
		State   state    `json:"state"` // of a message
	}
	team struct {
		ID string `json:"id"`
	}
	account struct {
		ID   string `json:"id"`
		Team string `json:"team_id"` // another than ours: somebody of another company
	}
	place struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	message struct {
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
		User     string `json:"user"`
		Text     string `json:"text"`
	}
	// action is the button that was clicked, or the input that was changed.
	action struct {
		ID    string `json:"action_id"`
		Block string `json:"block_id"`
		Value string `json:"value"`
		TS    string `json:"action_ts"`
		input
	}
	// view is a modal or a home tab.
	view struct {
		ID       string `json:"id"`
		Type     string `json:"type"` // modal or home
		Hash     string `json:"hash"`
		Callback string `json:"callback_id"`
		Private  string `json:"private_metadata"`
		Root     string `json:"root_view_id"`
		State    state  `json:"state"`
	}
	// state is what stands in the inputs, by block and action.
	state struct {
		Values map[string]map[string]input `json:"values"`
	}
	// input is what stands in one of them, of whatever kind it is.
	input struct {
		Text     string `json:"value"`
		Date     string `json:"selected_date"`
		Time     string `json:"selected_time"`
		Option   option `json:"selected_option"`
		User     string `json:"selected_user"`
		DateTime int64  `json:"selected_date_time"`
	}
	option struct {
		Value string `json:"value"`
	}
)

// inputID is the action_id of the input in each input block of a modal, whose block_id
// says what is asked for.
const inputID = "in"

// at is what stands in the input of a block.
func (s state) at(block string) input { return s.Values[block][inputID] }

// text is what was typed or chosen in the input of a block, without space around it.
func (s state) text(block string) string {
	in := s.at(block)
	for _, given := range []string{in.Text, in.Date, in.Time, in.Option.Value, in.User} {
		if given = strings.TrimSpace(given); given != "" {
			return given
		}
	}
	return ""
}

// onceOf identifies a request by all of its payload: Slack gives every click a trigger
// of its own, so that two which are the same are one that came twice.
func onceOf(payload json.RawMessage) string {
	sum := sha256.Sum256(payload)
	return "slack " + hex.EncodeToString(sum[:16])
}

// once identifies what was submitted in a modal: sent again, it comes with another trigger.
// Where our answer was lost and something else is typed into the same modal, it is another.
func (v *view) once() string {
	typed, err := json.Marshal(v.State)
	if err != nil {
		return "slack view " + v.ID
	}
	return "slack view " + v.ID + onceOf(typed)
}

// requestKey identifies a request whatever door it came by. An event has an id, under
// which it comes again where we did not answer in time.
func requestKey(door Door, payload json.RawMessage) string {
	var e event
	if door == Events && json.Unmarshal(payload, &e) == nil && e.ID != "" {
		return "slack event " + e.ID
	}
	return onceOf(payload)
}
