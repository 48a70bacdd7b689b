package slackapp

import (
	"encoding/json"
	"strings"
	"testing"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

func TestI69_X17_OtherWorkspacesAreNotAdmitted(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.app.line.opened(fakeslack.AppID)
	for name, from := range map[string]map[string]any{
		"another workspace":            {"team": map[string]any{"id": "T0OTHER"}},
		"a workspace of an enterprise": {"team": map[string]any{"id": "T0OTHER"}, "enterprise": map[string]any{"id": "E0OTHER"}},
		"all of an enterprise":         {"team": nil, "team_id": "", "enterprise": map[string]any{"id": "E0OTHER"}},
		"another app":                  {"api_app_id": "A0OTHER"},
		"no workspace":                 {"team": map[string]any{}},
	} {
		payload := r.clickOf(olga, notify.ActionStillOn, &v)
		for k, to := range from {
			payload[k] = to
		}
		told := len(r.slack.Accepted())
		if answer := r.handle(Interactions, payload); len(answer) > 0 || len(r.slack.Accepted()) != told || r.view(v.ID).Version != v.Version {
			t.Errorf("%s: answered %s", name, answer)
		}
	}
	answer := r.handle(Commands, map[string]any{"team_id": "T0OTHER", "user_id": olga, "command": "/promise", "text": "list"})
	if strings.Contains(string(answer), "Single") || !strings.Contains(string(answer), "cannot answer") {
		t.Errorf("a command of another workspace: %s", answer)
	}
	before := len(r.slack.Views())
	r.handle(Events, map[string]any{"team_id": "T0OTHER", "event_id": "Ev1", "event": map[string]any{"type": "app_home_opened", "user": olga, "tab": "home"}})
	if len(r.slack.Views()) != before {
		t.Error("an event of another workspace showed a home tab")
	}
	r.handle(Events, map[string]any{ // from a channel shared with another company, to our installation
		"team_id": "T0OTHER", "authorizations": []any{map[string]any{"team_id": fakeslack.TeamID}},
		"event_id": "Ev2", "event": map[string]any{"type": "app_home_opened", "user": olga, "tab": "home"},
	})
	if len(r.slack.Views()) != before+1 {
		t.Error("an event for our installation did not")
	}
}

func TestI69_NothingIsAdmittedUntilSlackSaysWhoseWorkspaceItIs(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionWithdraw, &v)
	lift := r.slack.Inject(fakeslack.Fault{Method: "auth.test", Answer: fakeslack.Status(503)})
	r.app.met.home = workspace{} // as at the start
	if answer, _ := r.submit(olga, map[string]any{"why": "they cancelled"}); !strings.Contains(answer, `"response_action":"push"`) || !strings.Contains(answer, "nothing was changed") {
		t.Errorf("Slack closes the modal as if it was done: %s", answer)
	}
	r.handle(Interactions, r.clickOf(olga, notify.ActionStillOn, &v))
	if got := r.told(olga); !strings.Contains(got, "nothing was changed") {
		t.Errorf("Olga was told %q", got)
	}
	lift()
	r.handle(Interactions, r.clickOf(olga, notify.ActionStillOn, &v))
	if r.view(v.ID).Version != v.Version {
		t.Error("a request was admitted, or Slack is asked at every one")
	}
	r.app.met.failed = r.app.met.failed.Add(-homeAgain)
	r.handle(Interactions, r.clickOf(olga, notify.ActionStillOn, &v))
	if r.view(v.ID).Version == v.Version {
		t.Error("nothing is admitted though Slack answers again")
	}
}

// The accounts of somebody named Nora, whom Kept knows by her e-mail address.
func TestI70_WhoMayAct(t *testing.T) {
	const nora, mail = "U0NORA", "nora@example.com"
	for _, c := range []struct {
		name   string
		user   fakeslack.User
		mapped bool
		acts   bool
		told   string
	}{
		{"a member with the same address", fakeslack.User{Email: "Nora@Example.com"}, false, true, ""},
		{"a member mapped by hand", fakeslack.User{Email: "other@example.com"}, true, true, ""},
		{"a member with another address", fakeslack.User{Email: "other@example.com"}, false, false, "kept person edit EMAIL --slack " + nora},
		{"a member without one", fakeslack.User{}, false, false, "kept person edit EMAIL"},
		{"a guest with the same address", fakeslack.User{Email: mail, Guest: true}, false, false, "kept person edit EMAIL"},
		{"a guest mapped by hand", fakeslack.User{Email: mail, Guest: true}, true, true, ""},
		{"one who has left", fakeslack.User{Email: mail, Deleted: true}, false, false, ""},
		{"one who has left, mapped by hand", fakeslack.User{Email: mail, Deleted: true}, true, false, ""},
		{"a bot", fakeslack.User{Email: mail, Bot: true}, true, false, ""},
		{"somebody of another company", fakeslack.User{Email: mail, Team: "T0OTHER"}, false, false, "only the people of the company"},
		{"somebody of another company, mapped by hand", fakeslack.User{Email: mail, Team: "T0OTHER"}, true, false, "only the people of the company"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			v := r.atRisk("Single sign-on")
			in := store.PersonInput{Name: new("Nora"), Email: new(mail), Teams: &[]string{"Ops"}}
			if c.mapped {
				in.Slack = new(nora)
			}
			_, err := r.store.AddPerson(t.Context(), r.admin, in)
			r.must(err)
			c.user.ID, c.user.Name, c.user.RealName = nora, "nora", "Nora"
			r.slack.AddUser(c.user)
			payload := r.clickOf(nora, notify.ActionStillOn, &v)
			if c.user.Team != "" {
				payload["user"] = map[string]any{"id": nora, "team_id": c.user.Team}
			}
			r.handle(Interactions, payload)
			if acted := r.view(v.ID).Version != v.Version; acted != c.acts {
				t.Fatalf("the click was carried out: %t", acted)
			}
			if m := r.last(olga); c.told != "" && (m.For != nora || !strings.Contains(m.Text, c.told)) {
				t.Errorf("told %q, for %s", m.Text, m.For)
			}
			answer := string(r.handle(Commands, map[string]any{"team_id": fakeslack.TeamID, "user_id": nora, "command": "/promise", "text": "show " + idText(v.ID)}))
			if reads := strings.Contains(answer, "Single sign-on"); reads != c.acts || !c.acts && !strings.Contains(answer, c.told) {
				t.Errorf("the answer is %s", answer)
			}
			p, err := r.store.Person(t.Context(), mail)
			r.must(err)
			if found := p.SlackUser == nora; found != (c.acts || c.mapped) {
				t.Errorf("mapped: %t", found)
			}
		})
	}
}

func TestI70_WhoeverIsErasedIsNobody(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.must(r.store.ErasePerson(t.Context(), r.admin, "Ben"))
	r.handle(Interactions, r.clickOf(ben, notify.ActionStillOn, &v))
	if m := r.last(olga); r.view(v.ID).Version != v.Version || !strings.Contains(m.Text, "does not know who you are") {
		t.Errorf("told %q", m.Text)
	}
}

func TestI70_SlackIsAskedAboutPeopleNowAndThen(t *testing.T) {
	r := newRig(t)
	asked := func() (n int) {
		for _, c := range r.slack.Calls() {
			if c.Method == "users.info" {
				n++
			}
		}
		return n
	}
	for range 20 {
		r.handle(Commands, map[string]any{"team_id": fakeslack.TeamID, "user_id": eve, "text": "help"})
	}
	if n := asked(); n != 1 {
		t.Errorf("asked %d times about one", n)
	}
	for i := range 3 * maxAsked {
		r.handle(Commands, map[string]any{"team_id": fakeslack.TeamID, "user_id": "U0NEW" + idText(store.ID(i)), "text": "help"})
	}
	if n := asked(); n > maxAsked {
		t.Errorf("asked %d times in a minute", n)
	}
	r.handle(Commands, map[string]any{"team_id": fakeslack.TeamID, "user_id": olga, "text": "help"}) // too many were asked about: she is mapped
	if _, err := r.app.who(t.Context(), account{ID: olga}); err != nil {
		t.Errorf("Olga is turned away: %v", err)
	}
}

func TestI77_PrivateAnswersGoToSlackOnly(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	card := r.last(olga)
	refused := func(response string) (said fakeslack.Message, calls []string) {
		before := len(r.slack.Calls())
		payload := r.clickOf(zoe, notify.ActionStillOn, &v)
		payload["response_url"] = response
		payload["channel"] = map[string]any{"id": card.Channel}
		r.handle(Interactions, payload)
		for _, c := range r.slack.Calls()[before:] {
			if c.Method == "response_url" || c.Method == "chat.postEphemeral" {
				calls = append(calls, c.Method)
			}
		}
		return r.last(olga), calls
	}
	good := r.slack.ResponseURL(card.Channel, zoe, card.TS)
	for i := range 6 { // the sixth is one too many
		want := "response_url"
		if i == 5 {
			want = "response_url chat.postEphemeral"
		}
		if m, calls := refused(good); m.For != zoe || strings.Join(calls, " ") != want {
			t.Errorf("%d: told %q for %s by %q", i, m.Text, m.For, calls)
		}
	}
	for _, elsewhere := range []string{
		"https://evil.example.com/response/1", "http://slack.invalid.evil.example.com/response/1", "https://slack.invalid/response/1", "http://slack.invalid@evil.example.com/", "//slack.invalid/", "javascript:alert(1)", "http://169.254.169.254/", "\x00", "",
	} {
		if m, calls := refused(elsewhere); m.For != zoe || strings.Join(calls, " ") != "chat.postEphemeral" {
			t.Errorf("%q: told %q by %q", elsewhere, m.Text, calls)
		}
	}
	if got := r.view(v.ID); got.Version != v.Version {
		t.Error("the promise was changed")
	}
}

func TestI77_X24_OnlySlacksOwnHostIsAnswered(t *testing.T) {
	r := newRig(t)
	r.config.APIURL = ""
	app := New(Config{Slack: r.config}, r.store, nil, r.app.log)
	for address, want := range map[string]bool{
		"https://hooks.slack.com/actions/T1/2/3": true, "http://hooks.slack.com/actions/T1/2/3": false, "https://hooks.slack.com:8443/": false, "https://slack.com/": false,
		"https://hooks.slack.com.evil.example.com/": false, "https://u:p@hooks.slack.com/": false,
	} {
		if got := app.slacks(address); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	for address, want := range map[string]bool{
		"wss://wss-primary.slack.com/link/?ticket=1": true, "ws://wss-primary.slack.com/": false, "wss://slack.com.evil.example.com/": false, "https://wss-primary.slack.com/": false,
	} {
		if got := app.mayDial(address); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}

// Whoever is turned away in a modal, or on a home tab, is told there.
func TestI70_StrangersAreToldInTheViewTheyUse(t *testing.T) {
	r := newRig(t)
	answer := r.handle(Interactions, map[string]any{"type": "view_submission", "user": map[string]any{"id": eve, "team_id": fakeslack.TeamID},
		"view": map[string]any{"id": "V1", "type": "modal", "callback_id": "call"}})
	var pushed struct {
		Action string `json:"response_action"`
		View   json.RawMessage
	}
	r.must(json.Unmarshal(answer, &pushed))
	if pushed.Action != "push" || !strings.Contains(string(pushed.View), "kept person edit EMAIL") {
		t.Errorf("the submission is answered %s", answer)
	}
	r.handle(Interactions, map[string]any{"type": "block_actions", "trigger_id": r.slack.TriggerID(), "user": map[string]any{"id": eve, "team_id": fakeslack.TeamID},
		"view": map[string]any{"id": "V2", "type": "home"}, "actions": []any{map[string]any{"action_id": notify.ActionAck, "value": "x:1"}}})
	if views := r.slack.Views(); len(views) != 1 || !strings.Contains(string(views[0].Body), "kept person edit EMAIL") {
		t.Errorf("at home: %v", views)
	}
}
