package slackapp

import (
	"encoding/json"
	"strings"
	"testing"

	"kept/commitments"
	"kept/notify"
	"kept/notify/fakeslack"
)

// click clicks a button about a promise on the newest card of its owner, and gives the
// payload, so that it can come again.
func (r *rig) click(user, action string, v *commitments.View) map[string]any {
	r.Helper()
	card := r.last(olga)
	payload := map[string]any{
		"type": "block_actions", "trigger_id": r.slack.TriggerID(), "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID},
		"channel": map[string]any{"id": card.Channel}, "message": map[string]any{"ts": card.TS}, "container": map[string]any{"type": "message"},
		"actions": []any{map[string]any{"type": "button", "action_id": action, "value": notify.RefTo(v).String()}},
	}
	r.handle(Interactions, payload)
	return payload
}

// opened is the newest modal as Slack shows it.
func (r *rig) modal() (v struct {
	ID       string
	Callback string `json:"callback_id"`
	Private  string `json:"private_metadata"`
	Text     string
}) {
	r.Helper()
	for _, shown := range r.slack.Views() {
		if shown.User == "" {
			r.must(json.Unmarshal(shown.Body, &v))
			v.ID, v.Text = shown.ID, string(shown.Body)
		}
	}
	if v.ID == "" {
		r.Fatal("no modal was opened")
	}
	return v
}

// submit submits the newest modal with what was typed, by block, and gives the answer and
// the payload.
func (r *rig) submit(user string, typed map[string]any) (answer string, payload map[string]any) {
	r.Helper()
	m := r.modal()
	values := map[string]any{}
	for block, in := range typed {
		if text, ok := in.(string); ok {
			in = map[string]any{"value": text}
		}
		values[block] = map[string]any{inputID: in}
	}
	payload = map[string]any{
		"type": "view_submission", "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID}, "trigger_id": r.slack.TriggerID(),
		"view": map[string]any{"id": m.ID, "type": "modal", "callback_id": m.Callback, "private_metadata": m.Private, "root_view_id": m.ID, "state": map[string]any{"values": values}},
	}
	return string(r.handle(Interactions, payload)), payload
}

func chosen(value string) map[string]any {
	return map[string]any{"selected_option": map[string]any{"value": value}}
}

func day(value string) map[string]any { return map[string]any{"selected_date": value} }

func someone(user string) map[string]any { return map[string]any{"selected_user": user} }

// told is the newest message that only one person sees.
func (r *rig) told(user string) string {
	r.Helper()
	if m := r.last(olga); m.For == user {
		return m.Text
	}
	r.Fatalf("%s was told nothing", user)
	return ""
}

func (r *rig) events(v *commitments.View) (kinds []string) {
	r.Helper()
	for _, e := range r.detail(v.ID).Events {
		if told := e.Told(); told.Version > v.Version {
			kinds = append(kinds, e.By+" "+e.Kind)
		}
	}
	return kinds
}

func TestE3_AButtonActsWithTheClickersOwnRights(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	if v.Stage != commitments.AtRisk {
		t.Fatalf("the promise is %s, and should be at risk", v.Stage)
	}
	r.click(zoe, notify.ActionStillOn, &v)
	if got := r.view(v.ID); got.Version != v.Version {
		t.Errorf("somebody of another team changed the promise: %+v", got)
	}
	if got := r.told(zoe); got != "There is no such promise." {
		t.Errorf("Zoe was told %q", got)
	}
	r.click(ben, notify.ActionDeliver, &v)
	if got := r.told(ben); !strings.Contains(got, "Ben may not do that") || r.view(v.ID).Version != v.Version {
		t.Errorf("Ben was told %q", got)
	}
	r.click(ben, notify.ActionStillOn, &v)
	if d := r.detail(v.ID); len(d.Touches) != 1 || d.Touches[0].By != "Ben" || d.Touches[0].Outcome != "still-on" {
		t.Errorf("the call is recorded as %+v", d.Touches)
	}
}

func TestI68_TwoWhoClickChangeItOnceAndTheSecondSeesIt(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(ben, notify.ActionStillOn, &v)
	r.click(olga, notify.ActionNotReached, &v)
	if got := r.events(&v); len(got) != 1 || got[0] != "Ben called" {
		t.Errorf("recorded: %v", got)
	}
	if got := r.told(olga); !strings.Contains(got, "Ben called at ") || !strings.Contains(got, ": still on. Nothing was changed.") {
		t.Errorf("Olga was told %q", got)
	}
	private := r.last(olga) // with the button anew
	r.must(r.slack.Click(t.Context(), olga, private.Channel, private.TS, notify.ActionNotReached))
	if got := r.events(&v); len(got) != 2 || got[1] != "Olga called" {
		t.Errorf("recorded: %v", got)
	}
	if got := r.told(olga); !strings.Contains(got, "Done. Olga tried to call at ") {
		t.Errorf("Olga was told %q", got)
	}
}

func TestI64_AClickThatComesTwiceIsOne(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	payload := r.click(olga, notify.ActionAck, &v)
	before := len(r.slack.Messages(r.last(olga).Channel))
	r.handle(Interactions, payload)
	if got := r.events(&v); len(got) != 1 || len(r.slack.Messages(r.last(olga).Channel)) != before {
		t.Errorf("recorded: %v; or she was told something", got)
	}
}

func TestI67_AButtonOfAClosedPromiseSaysSo(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionDeliver, &v)
	for _, action := range []string{notify.ActionStillOn, notify.ActionAck, notify.ActionDeliver, notify.ActionCheckIn + "/2", notify.ActionNewDate, notify.ActionSnooze} {
		r.click(olga, action, &v)
		if got := r.told(olga); !strings.Contains(got, "no longer open") {
			t.Errorf("%s: Olga was told %q", action, got)
		}
		now := r.view(v.ID) // as if the card had been brought up to date
		r.click(olga, action, &now)
		if got := r.told(olga); !strings.Contains(got, "no longer open") {
			t.Errorf("%s, of the newest version: Olga was told %q", action, got)
		}
	}
	if got := r.events(&v); len(got) != 1 {
		t.Errorf("recorded: %v", got)
	}
}

func TestI71_AValueEditedByHandIsNothingNew(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	for _, value := range []string{"", "x", ":", v.Key, v.Key + ":-1", v.Key + ":99999999999999999999", "1 OR 1=1:0", strings.Repeat("k", 2000) + ":1"} {
		for _, action := range []string{notify.ActionDeliver, notify.ActionCheckIn, notify.ActionShow, notify.ActionCheckIn + "/NaN", notify.ActionCheckIn + "/-1"} {
			card := r.last(olga)
			r.handle(Interactions, map[string]any{
				"type": "block_actions", "trigger_id": r.slack.TriggerID(), "user": map[string]any{"id": olga}, "channel": map[string]any{"id": card.Channel},
				"actions": []any{map[string]any{"action_id": action, "value": value}},
			})
		}
	}
	if got := r.events(&v); len(got) != 0 {
		t.Errorf("recorded: %v", got)
	}
}
