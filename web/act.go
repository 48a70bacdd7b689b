package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kept/commitments"
	"kept/notify/fakeslack"
)

// act is something that a visitor does in somebody's Slack.
type act struct {
	*http.Request
	slack       *fakeslack.Server
	user, place string
	zone        *time.Location
}

// acts are what can be done, by the last part of the path it is sent to.
var acts = map[string]func(*act) error{
	"message":  (*act).message,
	"shortcut": (*act).shortcut,
	"say":      (*act).say,
	"tab":      (*act).tab,
	"modal":    (*act).modal,
}

// demoAct does what a form of the demo's page asks for, and shows what came of it.
func (s *Server) demoAct(w http.ResponseWriter, r *http.Request) error {
	do := acts[r.PathValue("on")]
	page := demoPage{}
	s.populate(&page, r.PathValue("user"), r.PathValue("place"), nil)
	if do == nil || page.You.ID == "" || page.Current.ID == "" {
		return commitments.NotFound("", "there is nothing that can be done here")
	}
	if err := r.ParseForm(); err != nil {
		return commitments.NotFound("", "that cannot be read, or is too long")
	}
	a := act{r, s.Demo.Slack, page.You.ID, page.Current.ID, s.zoneOf(page.You.ID, time.UTC)}
	err := do(&a)
	s.Demo.Wait()
	s.Demo.Settle(r.Context())
	if wrong := (fakeslack.Errors)(nil); err != nil && !errors.As(err, &wrong) { // those are shown in the modal
		s.Log.Debug("an act in the demo failed", "error", err)
		tell(w, clientWords(err))
	}
	http.Redirect(w, r, "/demo/"+a.user+"/"+a.place+a.anchor(), http.StatusSeeOther)
	return nil
}

// clientWords are what Slack's own client would say.
func clientWords(err error) string {
	switch {
	case errors.Is(err, fakeslack.ErrNotShown):
		return "That has been done already, or has changed meanwhile: nothing was done now. Please look again."
	case errors.Is(err, fakeslack.ErrTimeout):
		return "Slack says: Kept did not answer in time (operation_timeout)."
	}
	return "Slack says: " + err.Error()
}

// anchor is where on the page one was.
func (a *act) anchor() string {
	if ts := a.PostForm.Get("ts"); ts != "" {
		return "#m" + url.QueryEscape(ts)
	}
	return "#latest"
}

// message clicks something in a message.
func (a *act) message() error {
	id, with, err := a.clicked()
	if err != nil {
		return err
	}
	return a.slack.Click(a.Context(), a.user, a.place, a.PostForm.Get("ts"), id, with...)
}

// tab clicks something in the home tab.
func (a *act) tab() error {
	id, with, err := a.clicked()
	if err != nil {
		return err
	}
	return a.slack.ClickView(a.Context(), a.user, id, with...)
}

// clicked is the action_id of what was clicked, and its value, or what was chosen there.
func (a *act) clicked() (id string, with []string, err error) {
	parts, ok := unpressed(a.PostForm.Get("click"))
	if !ok {
		return "", nil, fakeslack.ErrNotShown
	}
	if len(parts) == 3 {
		return parts[1], parts[2:], nil
	}
	return parts[1], []string{strings.Join(a.PostForm[fieldName(parts[0], parts[1])], ",")}, nil
}

// shortcut picks a shortcut, of a message or, without one, of the workspace.
func (a *act) shortcut() error {
	return a.slack.Shortcut(a.Context(), a.user, a.PostForm.Get("callback"), a.place, a.PostForm.Get("ts"))
}

// say posts what was typed, escaped as Slack's client does it, or gives the command that
// it is.
func (a *act) say() error {
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(strings.TrimSpace(a.PostForm.Get("text")))
	if text == "" {
		return nil
	}
	if strings.HasPrefix(text, "/") {
		command, rest, _ := strings.Cut(text, " ")
		if command != "/promise" {
			return errors.New(command + " is not a command here; /promise help is")
		}
		return a.slack.Slash(a.Context(), a.user, a.place, command, strings.TrimSpace(rest))
	}
	_, err := a.slack.Post(a.Context(), a.user, a.place, text)
	return err
}

// modal fills in the modal in front of the visitor, and does with it what they asked for.
func (a *act) modal() error {
	open, ok := a.slack.Modal(a.user)
	if !ok || open.ID != a.PostForm.Get("view") {
		return fakeslack.ErrNotShown
	}
	switch do := a.PostForm.Get("do"); {
	case do == "close":
		return a.slack.CloseModal(a.Context(), a.user)
	case do == "shut":
		return a.shut()
	case do == "submit":
		return a.slack.Submit(a.Context(), a.user, a.changes(open))
	}
	parts, ok := unpressed(a.PostForm.Get("click"))
	if !ok {
		return fakeslack.ErrNotShown
	}
	changes := a.changes(open)
	last, changed := changes[parts[0]]
	delete(changes, parts[0])
	for _, block := range slices.Sorted(maps.Keys(changes)) {
		if err := a.slack.Fill(a.Context(), a.user, block, changes[block]); err != nil {
			return err
		}
	}
	switch _, input := open.State[parts[0]][parts[1]]; {
	case !input:
		return a.slack.ClickView(a.Context(), a.user, parts[1], parts[2:]...)
	case changed: // Kept is told of this one when all else is filled in
		return a.slack.Fill(a.Context(), a.user, parts[0], last)
	}
	return nil
}

// shut closes the modal and all that are under it.
func (a *act) shut() error {
	for {
		if _, open := a.slack.Modal(a.user); !open {
			return nil
		}
		if err := a.slack.CloseModal(a.Context(), a.user); err != nil {
			return err
		}
	}
}

// changes are what was entered in the inputs of a modal and did not stand there before,
// by block.
func (a *act) changes(open fakeslack.Modal) map[string]string {
	before := reader{zone: a.zone}.values(open.State)
	changed := map[string]string{}
	for block, actions := range open.State {
		for action, holds := range actions {
			name := fieldName(block, action)
			now := slices.DeleteFunc(slices.Clone(a.PostForm[name]), func(v string) bool { return v == "" })
			if !slices.Equal(now, before[name]) {
				changed[block] = a.entered(now, holds["type"])
			}
		}
	}
	return changed
}

// entered is what was entered in one input, as Slack's client is told: of several with
// commas between, of an instant its seconds.
func (a *act) entered(values []string, kind any) string {
	text := strings.ReplaceAll(strings.Join(values, ","), "\r\n", "\n")
	if at, err := time.ParseInLocation(minute, text, a.zone); err == nil && kind == "datetimepicker" {
		return strconv.FormatInt(at.Unix(), 10)
	}
	return text
}
