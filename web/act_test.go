package web_test

import (
	"context"
	"encoding/json"
	"html"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kept/notify/fakeslack"

	"pgregory.net/rapid"
)

// told is what the app was told last, as far as these tests look.
type told struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Command string `json:"command"`
	User    struct {
		ID string `json:"id"`
	} `json:"user"`
	Callback string           `json:"callback_id"`
	Trigger  string           `json:"trigger_id"`
	Actions  []map[string]any `json:"actions"`
	Message  struct {
		TS string `json:"ts"`
	} `json:"message"`
	View struct {
		State struct {
			Values map[string]map[string]map[string]any `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

// acting is a demo whose app only listens: answers are what it answers with next.
type acting struct {
	*rig
	last    told
	answers []string
}

func actingRig(t *testing.T) *acting {
	a := &acting{rig: demoRig(t)}
	a.slack.Connect(func(_ context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		if door == "events" { // somebody looks at their home
			return nil, nil
		}
		a.last = told{}
		must(t, json.Unmarshal(payload, &a.last))
		if len(a.answers) == 0 {
			return nil, nil
		}
		answer := a.answers[0]
		a.answers = a.answers[1:]
		return json.RawMessage(answer), nil
	})
	return a
}

// call makes the app call a method of Slack's.
func (a *acting) call(t *testing.T, method string, args map[string]string) {
	t.Helper()
	form := url.Values{"token": {fakeslack.BotToken}}
	for name, value := range args {
		form.Set(name, value)
	}
	r := httptest.NewRequest("POST", "http://slack.invalid/api/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	a.slack.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `"ok":true`) {
		t.Fatalf("%s: %s", method, w.Body)
	}
}

const modalView = `{"type":"modal","title":{"type":"plain_text","text":"New date"},"submit":{"type":"plain_text","text":"Save"},"close":{"type":"plain_text","text":"Cancel"},"callback_id":"x","blocks":[
	{"type":"input","block_id":"date","dispatch_action":true,"label":{"type":"plain_text","text":"Which date?"},"element":{"type":"datepicker","action_id":"in","initial_date":"2026-12-01"}},
	{"type":"input","block_id":"why","label":{"type":"plain_text","text":"Why?"},"hint":{"type":"plain_text","text":"In a word"},"element":{"type":"plain_text_input","action_id":"in","multiline":true,"max_length":50}},
	{"type":"input","block_id":"days","optional":true,"label":{"type":"plain_text","text":"Days"},"element":{"type":"number_input","action_id":"in","is_decimal_allowed":true,"min_value":"0"}},
	{"type":"input","block_id":"by","label":{"type":"plain_text","text":"Who told them?"},"element":{"type":"users_select","action_id":"in","initial_user":"U0ANNA"}},
	{"type":"input","block_id":"kind","label":{"type":"plain_text","text":"Kind"},"element":{"type":"static_select","action_id":"in","option_groups":[{"label":{"type":"plain_text","text":"Big"},"options":[{"text":{"type":"plain_text","text":"Rollout"},"value":"r"}]},{"label":{"type":"plain_text","text":"Small"},"options":[{"text":{"type":"plain_text","text":"Report"},"value":"p"}]}]}},
	{"type":"input","block_id":"asked","label":{"type":"plain_text","text":"Who asked?"},"element":{"type":"radio_buttons","action_id":"in","options":[{"text":{"type":"plain_text","text":"We did"},"value":"us"},{"text":{"type":"plain_text","text":"They did"},"value":"them"}]}},
	{"type":"input","block_id":"more","optional":true,"label":{"type":"plain_text","text":"More"},"element":{"type":"checkboxes","action_id":"in","options":[{"text":{"type":"plain_text","text":"Free"},"value":"free"}]}}]}`

func TestClicksInAMessageReachTheApp(t *testing.T) {
	a := actingRig(t)
	a.say("card", `[{"type":"section","text":{"type":"plain_text","text":"Call Ewa"}},{"type":"actions","elements":[
		{"type":"button","action_id":"ack","value":"k/1:2 &","text":{"type":"plain_text","text":"I'm on it"}},
		{"type":"button","action_id":"done","value":"k1","style":"danger","text":{"type":"plain_text","text":"Delivered"},"confirm":{"title":{"type":"plain_text","text":"Sure?"},"text":{"type":"plain_text","text":"It is told."},"confirm":{"type":"plain_text","text":"It is delivered"},"deny":{"type":"plain_text","text":"Not yet"}}},
		{"type":"static_select","action_id":"days","placeholder":{"type":"plain_text","text":"Days left"},"options":[{"text":{"type":"plain_text","text":"Three"},"value":"3"}]},
		{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Show it"},"value":"show"},{"text":{"type":"plain_text","text":"Hide it"},"value":"hide"}]}]}]`)
	v := a.visitor(t).open("/demo/U0ANNA/" + channel)
	for _, c := range []struct {
		button, action, key string
		value               string
	}{
		{"I'm on it", "ack", "value", "k/1:2 &"},
		{"It is delivered", "done", "value", "k1"},
		{"Hide it", "more", "selected_option", "hide"},
	} {
		v.press(c.button)
		got := a.last
		if got.Type != "block_actions" || got.User.ID != "U0ANNA" || len(got.Actions) != 1 || got.Actions[0]["action_id"] != c.action {
			t.Fatalf("%s told the app %+v", c.button, got)
		}
		if said, _ := json.Marshal(got.Actions[0][c.key]); !strings.Contains(string(said), strings.TrimSuffix(c.value, "&")) {
			t.Errorf("%s carried %s, want %s", c.button, said, c.value)
		}
	}
	v.typed["in/"+"/days"] = []string{"3"}
	_, all, _ := v.controls()
	for _, c := range all {
		if c.kind == "select" {
			v.typed = map[string][]string{c.name: {"3"}}
		}
	}
	v.press("OK")
	if said, _ := json.Marshal(a.last.Actions); !strings.Contains(string(said), `"days"`) || !strings.Contains(string(said), `"3"`) {
		t.Errorf("the choice told the app %s", said)
	}
}

func TestAModalIsFilledInAndSubmitted(t *testing.T) {
	a := actingRig(t)
	must(t, a.slack.Shortcut(t.Context(), "U0ANNA", "log_promise", "", ""))
	a.call(t, "views.open", map[string]string{"trigger_id": a.last.Trigger, "view": modalView})
	v := a.visitor(t).open("/demo/U0ANNA/home").sees("New date", "In a word", "Days (optional)", "Cancel")
	if v.modal() != "New date" || !strings.Contains(v.page, `<div class="demo" id="demo" inert>`) {
		t.Fatal("the modal does not stand before the page")
	}
	if other := a.visitor(t).open("/demo/U0BEN/home"); other.modal() != "" {
		t.Error("somebody else sees the modal")
	}

	v.enter("Which date?", "2026-12-04").enter("Why?", "They\nasked").press("Look again")
	if got := a.last; got.Type != "block_actions" || got.Actions[0]["selected_date"] != "2026-12-04" || got.View.State.Values["why"]["in"]["value"] != "They\nasked" {
		t.Errorf("a change told the app %+v", got)
	}
	v.enter("Days", "x").enter("Kind", "Report").press("Save").sees("Enter a number", "Please complete this required field.")

	a.answers = []string{`{"response_action":"errors","errors":{"date":"That day is over"}}`}
	v.enter("Days", "2.5").enter("Who asked?", "They did").enter("More", "Free").enter("Who told them?", "Ben Okoro").press("Save").sees("That day is over")
	if !strings.Contains(v.page, "They\nasked</textarea>") {
		t.Error("what was typed is lost")
	}
	v.press("Save")
	values := a.last.View.State.Values
	said, _ := json.Marshal(values)
	for _, want := range []string{`"selected_date":"2026-12-04"`, `"value":"They\nasked"`, `"value":"2.5"`, `"selected_user":"U0BEN"`, `"value":"p"`, `"value":"them"`, `"value":"free"`} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the app was not told %s: %s", want, said)
		}
	}
	if a.last.Type != "view_submission" || v.modal() != "" {
		t.Errorf("after %s the modal is still %q", a.last.Type, v.modal())
	}
}

func TestAModalIsClosed(t *testing.T) {
	a := actingRig(t)
	for _, button := range []string{"Cancel", "×"} {
		must(t, a.slack.Shortcut(t.Context(), "U0ANNA", "log_promise", "", ""))
		a.call(t, "views.open", map[string]string{"trigger_id": a.last.Trigger, "view": modalView})
		v := a.visitor(t).open("/demo/U0ANNA/home")
		old := *v
		if v.press(button).modal() != "" {
			t.Errorf("%s leaves the modal open", button)
		}
		if old.press("Save").sees("changed meanwhile"); a.last.Type == "view_submission" {
			t.Error("a modal that is closed was submitted")
		}
	}
}

func TestWhatIsTypedIsPostedOrIsACommand(t *testing.T) {
	a := actingRig(t)
	v := a.visitor(t).open("/demo/U0ANNA/"+channel).enter("A message", "  <b>Hello</b> ").press("Send").sees("<b>Hello</b>")
	a.answers = []string{`{"response_type":"ephemeral","text":"Only a word"}`}
	v.enter("A message", "/promise list mine").press("Send").sees("Only visible to you", "Only a word")
	if a.last.Command != "/promise" || a.last.Text != "list mine" {
		t.Errorf("the app was told %+v", a.last)
	}
	a.visitor(t).open("/demo/U0BEN/" + channel).sees("Hello").misses("Only a word")
	v.enter("A message", "/dance").press("Send").sees("/dance is not a command").open(v.at).misses("/dance is not")

	v.press("Log a promise", "<b>Hello</b>")
	if a.last.Type != "message_action" || a.last.Callback != "log_promise" || a.last.Message.TS == "" {
		t.Errorf("the shortcut told the app %+v", a.last)
	}
	v.press("Log a promise")
	if a.last.Type != "shortcut" {
		t.Errorf("the global shortcut told the app %+v", a.last)
	}
}

func TestX20_OnlyTheDemosOwnPagesAct(t *testing.T) {
	a := actingRig(t)
	post := func(path, site string) int {
		r := httptest.NewRequest("POST", path, strings.NewReader("text=hello"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Code
	}
	say := "/demo/U0ANNA/" + channel + "/say"
	if got := post(say, "cross-site"); got != 403 {
		t.Errorf("from elsewhere: %d", got)
	}
	if len(a.slack.Messages(channel)) > 0 {
		t.Error("somebody elsewhere posted")
	}
	if got := post(say, "same-origin"); got != 303 {
		t.Errorf("from here: %d", got)
	}
	for _, path := range []string{"/demo/U404/" + channel + "/say", "/demo/U0ANNA/C404/say", "/demo/U0ANNA/D0BEN/say", "/demo/U0ANNA/" + channel + "/dance"} {
		if got := post(path, "same-origin"); got != 404 {
			t.Errorf("%s: %d", path, got)
		}
	}
	serving := newRig(t)
	if w := serving.ask("POST", say, strings.NewReader("text=hello")); w.Code != 404 && w.Code != 405 {
		t.Errorf("where there is no demo: %d", w.Code)
	}
	if csp := a.get("/demo/U0ANNA/home").Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self'") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	if csp := a.get("/healthz").Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'none'") {
		t.Errorf("policy elsewhere %q", csp)
	}
}

func TestI83_HostileTextInAModalDoesNothing(t *testing.T) {
	a := actingRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringMatching(`[a-z<>&"'{}/= ]{1,40}`)).Draw(rt, "text")
		quoted, _ := json.Marshal(text)
		view := strings.NewReplacer(`"Why?"`, string(quoted), `"In a word"`, string(quoted), `"Report"`, string(quoted)).Replace(modalView)
		if a.slack.Shortcut(rt.Context(), "U0ANNA", "log_promise", "", "") != nil {
			rt.Fatal("no trigger")
		}
		a.call(t, "views.open", map[string]string{"trigger_id": a.last.Trigger, "view": view})
		page := a.get("/demo/U0ANNA/home").Body.String()
		if n := strings.Count(html.UnescapeString(page), text); n < 3 {
			rt.Errorf("%q is shown %d times, want 3", text, n)
		}
		if strings.Count(page, "<script") != 1 || strings.Count(page, "</body>") != 1 || strings.Contains(page, "<img") {
			rt.Errorf("%q has changed the page itself", text)
		}
	})
}
