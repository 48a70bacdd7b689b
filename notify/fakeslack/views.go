package fakeslack

import (
	"encoding/json"
	"slices"
	"time"
)

// View is a modal or a person's home tab, as last sent.
type View struct {
	ID, Hash string
	Home     bool            // a home tab; else a modal
	User     string          // who sees it; "" for a modal opened by TriggerID
	Body     json.RawMessage // the view as the app sent it
	Updates  int
	Closed   bool

	app, bot string
	previous *View // the modal under it
	blocks   []any // as in Body, identified
	form     form
	errors   Errors
}

// trigger lets an app open one modal, soon after somebody did something.
type trigger struct {
	user string
	view string // the modal it was done in
	made time.Time
	used bool
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

// TriggerID makes a trigger that nobody in particular pulled.
func (s *Server) TriggerID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trigger("", "")
}

func (s *Server) openView(c *call) (fields, error) {
	t, err := s.usable(c)
	if err != nil {
		return nil, err
	}
	if err := checkView(c.args["view"], "modal"); err != nil {
		return nil, err
	}
	t.used = true
	s.closeAll(t.user)
	return s.add(c, t.user, nil)
}

func (s *Server) pushView(c *call) (fields, error) {
	t, err := s.usable(c)
	if err != nil {
		return nil, err
	}
	under := s.top(t.user)
	if t.view == "" || under == nil {
		return nil, failure("not_found")
	}
	if under.depth() >= maxStack {
		return nil, failure("push_limit_reached")
	}
	if err := checkView(c.args["view"], "modal"); err != nil {
		return nil, err
	}
	t.used = true
	return s.add(c, t.user, under)
}

// usable is the trigger a call names, if it can open something still.
func (s *Server) usable(c *call) (*trigger, error) {
	t := s.triggers[c.args["trigger_id"]]
	switch {
	case t == nil:
		return nil, failure("invalid_trigger_id")
	case t.used:
		return nil, failure("exchanged_trigger_id")
	case s.patience > 0 && s.now().Sub(t.made) > s.patience:
		return nil, failure("expired_trigger_id")
	}
	return t, nil
}

// add puts a modal on top of another, or of nothing.
func (s *Server) add(c *call, user string, under *View) (fields, error) {
	v := &View{ID: s.id("V"), User: user, previous: under, app: c.token.App, bot: c.token.Bot}
	if err := s.setView(v, c.args["view"]); err != nil {
		return nil, err
	}
	s.views = append(s.views, v)
	return fields{"view": v.render()}, nil
}

func (s *Server) updateView(c *call) (fields, error) {
	id, external := c.args["view_id"], c.args["external_id"]
	for _, v := range slices.Backward(s.views) {
		if v.Home || v.Closed || (id == "" || v.ID != id) && (external == "" || v.external() != external) {
			continue
		}
		if err := checkView(c.args["view"], "modal"); err != nil {
			return nil, err
		}
		return s.replaceView(v, c)
	}
	return nil, failure("not_found")
}

func (s *Server) publishView(c *call) (fields, error) {
	user := c.args["user_id"]
	if u, ok := s.users[user]; !ok || u.Deleted {
		return nil, failure("user_not_found")
	}
	if err := checkView(c.args["view"], "home"); err != nil {
		return nil, err
	}
	v := s.home(user)
	if v == nil {
		v = &View{ID: s.id("V"), User: user, Home: true, app: c.token.App, bot: c.token.Bot}
		s.views = append(s.views, v)
	}
	return s.replaceView(v, c)
}

// replaceView gives v what the call carries, unless it changed since the
// caller last saw it.
func (s *Server) replaceView(v *View, c *call) (fields, error) {
	if seen := c.args["hash"]; seen != "" && v.Hash != "" && seen != v.Hash {
		return nil, failure("hash_conflict")
	}
	if err := s.setView(v, c.args["view"]); err != nil {
		return nil, err
	}
	return fields{"view": v.render()}, nil
}

// setView shows body as v. What people entered stays where the inputs stay.
func (s *Server) setView(v *View, body string) error {
	var shown object
	json.Unmarshal([]byte(body), &shown)
	if id := str(shown, "external_id"); id != "" && slices.ContainsFunc(s.views, func(o *View) bool {
		return o != v && !o.Closed && o.external() == id
	}) {
		return failure("duplicate_external_id")
	}
	if v.Body != nil {
		v.Updates++
	}
	v.Body, v.Hash, v.errors = json.RawMessage(body), s.id(""), nil
	v.blocks, _ = shown["blocks"].([]any)
	identify(v.blocks, v.Hash)
	v.form = v.form.next(v.blocks)
	return nil
}

// body is the view as the app sent it, parsed.
func (v *View) body() (o object) {
	json.Unmarshal(v.Body, &o)
	return o
}

func (v *View) external() string { return str(v.body(), "external_id") }

func (v *View) depth() int {
	if v == nil {
		return 0
	}
	return v.previous.depth() + 1
}

// render is the view as Slack's answers and payloads hold it.
func (v *View) render() fields {
	shown := fields{"callback_id": "", "private_metadata": "", "external_id": "", "clear_on_close": false,
		"notify_on_close": false, "close": nil, "submit": nil, "title": nil, "previous_view_id": nil}
	for name, value := range v.body() {
		shown[name] = value
	}
	shown["id"], shown["hash"], shown["team_id"] = v.ID, v.Hash, TeamID
	shown["app_id"], shown["app_installed_team_id"], shown["bot_id"] = v.app, TeamID, v.bot
	shown["blocks"], shown["state"] = v.blocks, fields{"values": v.form.copied()}
	root := v
	for root.previous != nil {
		root = root.previous
	}
	shown["root_view_id"] = root.ID
	if v.previous != nil {
		shown["previous_view_id"] = v.previous.ID
	}
	return shown
}

// top is the modal a person has in front of them, or nil.
func (s *Server) top(user string) *View {
	for _, v := range slices.Backward(s.views) {
		if v.User == user && !v.Home && !v.Closed {
			return v
		}
	}
	return nil
}

func (s *Server) home(user string) *View {
	for _, v := range s.views {
		if v.User == user && v.Home {
			return v
		}
	}
	return nil
}

func (s *Server) closeAll(user string) {
	for v := s.top(user); v != nil; v = s.top(user) {
		v.Closed = true
	}
}
