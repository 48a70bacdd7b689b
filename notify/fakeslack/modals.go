package fakeslack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Modal is what a person has open, as they see it.
type Modal struct {
	View
	Depth  int                                  // 1 for the first, and one more for each on top of it
	Errors Errors                               // what is wrong with what was entered
	State  map[string]map[string]map[string]any // what stands in the inputs, by block and action, in Slack's words
	Blocks json.RawMessage                      // with the ids Slack gave those that came without
}

// Errors says what is wrong with the inputs of a modal, by their block_ids.
type Errors map[string]string

func (e Errors) Error() string {
	var list []string
	for _, block := range slices.Sorted(maps.Keys(e)) {
		list = append(list, block+": "+e[block])
	}
	return strings.Join(list, "; ")
}

// Modal is what a person has in front of them; false for nothing.
func (s *Server) Modal(user string) (Modal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen(s.top(user))
}

// Home is a person's home tab as last published; false if it never was.
func (s *Server) Home(user string) (Modal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen(s.home(user))
}

func (s *Server) seen(v *View) (Modal, bool) {
	if v == nil {
		return Modal{}, false
	}
	blocks, _ := json.Marshal(v.blocks)
	return Modal{*v, v.depth(), maps.Clone(v.errors), v.form.copied(), blocks}, true
}

// Fill enters text in the input of a block of the person's modal, or home tab
// if no modal is open: a date as 2006-01-02, a time as 15:04, an option by its
// value or its words (several with commas between), a person by ID, "" to
// empty it. The app is told where the input says so, as after Enter.
func (s *Server) Fill(ctx context.Context, user, block, text string) error {
	s.mu.Lock()
	u, v, err := s.front(user)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	f, ok := find(v.blocks, func(f field) bool { id, _ := f.id(); return id == block && holds[f.kind()] != "" })
	if !ok {
		s.mu.Unlock()
		return fmt.Errorf("an input in block %q: %w", block, ErrNotShown)
	}
	value, err := s.value(f, text)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	v.form.set(f, value)
	if f.isInput() && f.block["dispatch_action"] != true {
		s.mu.Unlock()
		return nil
	}
	payload := s.clickedView(u, v, acted(f, value, stamp(s.now())))
	s.mu.Unlock()
	_, err = s.Send(ctx, interactions, payload)
	return err
}

// find is the first element of blocks that is wanted.
func find(blocks []any, wanted func(field) bool) (field, bool) {
	list := fieldsIn(blocks)
	if i := slices.IndexFunc(list, wanted); i >= 0 {
		return list[i], true
	}
	return field{}, false
}

// front is the view a person has in front of them: their modal, else their
// home tab.
func (s *Server) front(user string) (User, *View, error) {
	u, ok := s.users[user]
	v := s.top(user)
	if v == nil {
		v = s.home(user)
	}
	if !ok || u.Deleted || v == nil {
		return u, nil, fmt.Errorf("a view for %s: %w", user, ErrNotShown)
	}
	return u, v, nil
}

// Submit fills the person's modal with values, by block_id and in the order of
// the blocks, and submits it. The error is Errors if the modal stays open
// because something was entered wrongly, whether Slack's client found it or
// the app did.
func (s *Server) Submit(ctx context.Context, user string, values map[string]string) error {
	if err := s.fillAll(ctx, user, values); err != nil {
		return err
	}
	s.mu.Lock()
	u, v := s.users[user], s.top(user)
	if v == nil || v.body()["submit"] == nil {
		s.mu.Unlock()
		return fmt.Errorf("a modal to submit for %s: %w", user, ErrNotShown)
	}
	if v.errors = complaints(v.blocks, v.form); len(v.errors) > 0 {
		errs := maps.Clone(v.errors)
		s.mu.Unlock()
		return errs
	}
	payload := s.interaction("view_submission", u)
	payload["trigger_id"], payload["view"], payload["response_urls"] = s.trigger(user, v.ID), v.render(), []any{}
	s.mu.Unlock()
	answer, err := s.Send(ctx, interactions, payload)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered(v, answer)
}

func (s *Server) fillAll(ctx context.Context, user string, values map[string]string) error {
	m, open := s.Modal(user)
	if !open {
		return fmt.Errorf("a modal for %s: %w", user, ErrNotShown)
	}
	left := maps.Clone(values)
	for _, f := range fieldsIn(m.blocks) {
		block, _ := f.id()
		text, given := left[block]
		if delete(left, block); !given {
			continue
		}
		if err := s.Fill(ctx, user, block, text); err != nil {
			return err
		}
	}
	// What an input brought up as it was filled comes last.
	for _, block := range slices.Sorted(maps.Keys(left)) {
		if err := s.Fill(ctx, user, block, left[block]); err != nil {
			return err
		}
	}
	return nil
}

// answered does with a submitted modal what the app's answer says.
func (s *Server) answered(v *View, answer json.RawMessage) error {
	var a struct {
		Action string          `json:"response_action"`
		Errors Errors          `json:"errors"`
		View   json.RawMessage `json:"view"`
	}
	if len(answer) > 0 && json.Unmarshal(answer, &a) != nil {
		return fmt.Errorf("fakeslack: an answer to a modal that Slack does not understand: %s", shortened(answer))
	}
	if v.Closed {
		return nil
	}
	switch a.Action {
	case "":
		v.Closed = true
	case "clear":
		s.closeAll(v.User)
	case "errors":
		return s.errorsIn(v, a.Errors)
	case "update":
		if err := checkView(string(a.View), "modal"); err != nil {
			return refused(err)
		}
		return s.setView(v, string(a.View))
	case "push":
		return s.pushed(v, a.View)
	default:
		return fmt.Errorf("fakeslack: response_action %q is none", a.Action)
	}
	return nil
}

// errorsIn shows errors, each at the input it names: no other place shows any.
func (s *Server) errorsIn(v *View, found Errors) error {
	if len(found) == 0 {
		return errors.New("fakeslack: response_action errors without any")
	}
	for block, text := range found {
		if _, ok := find(v.blocks, func(f field) bool { id, _ := f.id(); return id == block && f.isInput() }); !ok || text == "" {
			return fmt.Errorf("fakeslack: an error %q for %q, which is not the block_id of an input", text, block)
		}
	}
	v.errors = found
	return maps.Clone(found)
}

func (s *Server) pushed(under *View, body json.RawMessage) error {
	if err := checkView(string(body), "modal"); err != nil {
		return refused(err)
	}
	if under.depth() >= maxStack {
		return errors.New("push_limit_reached")
	}
	v := &View{ID: s.id("V"), User: under.User, previous: under, app: under.app, bot: under.bot}
	if err := s.setView(v, string(body)); err != nil {
		return err
	}
	s.views = append(s.views, v)
	return nil
}

// refused is a refusal with all that is wrong in it.
func refused(err error) error {
	var e *apiError
	if errors.As(err, &e) {
		return fmt.Errorf("fakeslack: %s: %v", e.code, e.extra["errors"])
	}
	return err
}

// CloseModal closes the modal a person has in front of them, and all under it
// if it says so. The app is told if it asked to be.
func (s *Server) CloseModal(ctx context.Context, user string) error {
	s.mu.Lock()
	u, v := s.users[user], s.top(user)
	if v == nil {
		s.mu.Unlock()
		return fmt.Errorf("a modal for %s: %w", user, ErrNotShown)
	}
	body := v.body()
	v.Closed = true
	if body["clear_on_close"] == true {
		s.closeAll(user)
	}
	payload := s.interaction("view_closed", u)
	payload["view"], payload["is_cleared"] = v.render(), body["clear_on_close"] == true
	s.mu.Unlock()
	if body["notify_on_close"] != true {
		return nil
	}
	_, err := s.Send(ctx, interactions, payload)
	return err
}
