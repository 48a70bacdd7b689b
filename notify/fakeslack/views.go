package fakeslack

import (
	"encoding/json"
	"time"
)

// Limits of a view, in characters, and how long a trigger may be used.
const (
	maxTitle           = 24
	maxCallbackID      = 255
	maxPrivateMetadata = 3000
	triggerLife        = 3 * time.Second
)

// View is a modal or a person's home tab, as last sent.
type View struct {
	ID, Hash string
	User     string          // whose home tab; "" for a modal
	Body     json.RawMessage // the view as the app sent it
	Updates  int
}

// Views lists every modal opened and home tab published, in that order.
func (s *Server) Views() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]View, len(s.views))
	for i, v := range s.views {
		list[i] = *v
	}
	return list
}

// TriggerID makes a trigger, good for opening one modal within three seconds.
func (s *Server) TriggerID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.id("trigger.")
	s.triggers[id] = s.now().Add(triggerLife)
	return id
}

func (s *Server) openView(c *call) (fields, error) {
	expires, ok := s.triggers[c.args["trigger_id"]]
	switch {
	case !ok:
		return nil, failure("invalid_trigger_id")
	case expires.IsZero():
		return nil, failure("exchanged_trigger_id")
	case s.now().After(expires):
		return nil, failure("expired_trigger_id")
	}
	if err := checkView(c.args["view"], "modal"); err != nil {
		return nil, err
	}
	s.triggers[c.args["trigger_id"]] = time.Time{}
	v := &View{ID: s.id("V")}
	s.views = append(s.views, v)
	return s.setView(v, c)
}

func (s *Server) updateView(c *call) (fields, error) {
	for _, v := range s.views {
		if v.User == "" && c.args["view_id"] != "" && v.ID == c.args["view_id"] {
			if err := checkView(c.args["view"], "modal"); err != nil {
				return nil, err
			}
			return s.setView(v, c)
		}
	}
	return nil, failure("not_found")
}

func (s *Server) publishView(c *call) (fields, error) {
	if u, ok := s.users[c.args["user_id"]]; !ok || u.Deleted {
		return nil, failure("user_not_found")
	}
	if err := checkView(c.args["view"], "home"); err != nil {
		return nil, err
	}
	for _, v := range s.views {
		if v.User == c.args["user_id"] {
			return s.setView(v, c)
		}
	}
	v := &View{ID: s.id("V"), User: c.args["user_id"]}
	s.views = append(s.views, v)
	return s.setView(v, c)
}

// setView gives v what the call carries, unless it changed since the caller
// last saw it.
func (s *Server) setView(v *View, c *call) (fields, error) {
	if seen := c.args["hash"]; seen != "" && v.Hash != "" && seen != v.Hash {
		return nil, failure("hash_conflict")
	}
	if v.Body != nil {
		v.Updates++
	}
	v.Body, v.Hash = json.RawMessage(c.args["view"]), s.id("")
	shown := fields{}
	json.Unmarshal(v.Body, &shown)
	shown["id"], shown["hash"], shown["team_id"] = v.ID, v.Hash, TeamID
	shown["app_id"], shown["bot_id"], shown["root_view_id"] = c.token.App, c.token.Bot, v.ID
	return fields{"view": shown}, nil
}

// checkView refuses a view that is not of the kind wanted or breaks a limit.
func checkView(text, kind string) error {
	var view object
	if json.Unmarshal([]byte(text), &view) != nil {
		return failure("invalid_arguments")
	}
	k := &checker{}
	if view["type"] != kind {
		k.fail("/view/type", "unsupported type: %v", view["type"])
	}
	if kind == "modal" {
		k.text("/view", view, "title", maxTitle, "plain_text")
	}
	k.optionalText("/view", view, "submit", maxTitle, "plain_text")
	k.optionalText("/view", view, "close", maxTitle, "plain_text")
	k.str("/view", view, "callback_id", maxCallbackID)
	k.str("/view", view, "private_metadata", maxPrivateMetadata)
	blocks, ok := view["blocks"].([]any)
	if !ok {
		k.fail("/view", "missing required field: blocks")
	}
	k.blocks("/view/blocks", blocks, maxViewBlocks)
	for _, b := range blocks {
		if o, _ := b.(object); o["type"] == "input" && kind == "modal" && view["submit"] == nil {
			k.fail("/view", "missing required field: submit")
			break
		}
	}
	if len(k.problems) > 0 {
		return invalid("invalid_arguments", k.problems)
	}
	return nil
}
