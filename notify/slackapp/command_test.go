package slackapp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// spoken is an answer to a command, as those who get it read it.
type spoken struct {
	Type   string           `json:"response_type"`
	Text   string           `json:"text"`
	Blocks []map[string]any `json:"blocks"`
}

// typed types a command, and gives the answer.
func (r *rig) typed(user, text string) spoken {
	r.Helper()
	var s spoken
	answer := r.handle(Commands, map[string]any{
		"command": "/promise", "text": text, "user_id": user, "team_id": fakeslack.TeamID, "channel_id": opsChannel, "trigger_id": r.slack.TriggerID(),
	})
	if answer == nil { // what takes longer follows
		m := r.last(opsChannel)
		answer, _ = json.Marshal(map[string]any{"response_type": "ephemeral", "text": m.Text, "blocks": m.Blocks})
		if m.For != user {
			r.Errorf("%q is answered to %q", text, m.For)
		}
	}
	r.must(json.Unmarshal(answer, &s))
	if s.Type != "ephemeral" || s.Text == "" || len(s.Blocks) == 0 {
		r.Errorf("%q is answered with %s", text, answer)
	}
	return s
}

// words is all the text of an answer, as it is shown.
func (s spoken) words() string { return textOf(s.Blocks) }

func textOf(v any) string {
	raw, _ := json.Marshal(v)
	var tree any
	_ = json.Unmarshal(raw, &tree)
	var texts []string
	collect(tree, &texts)
	return strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
}

func collect(v any, into *[]string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			collect(e, into)
		}
	case map[string]any:
		if s, ok := v["text"].(string); ok {
			*into = append(*into, s)
		}
		for _, key := range []string{"text", "elements", "accessory", "element", "label", "hint", "blocks"} {
			if _, text := v[key].(string); !text {
				collect(v[key], into)
			}
		}
	}
}

// value is what the button of an action carries; it fails the test if there is none.
func (s spoken) value(t *testing.T, action string) string {
	t.Helper()
	for _, b := range s.Blocks {
		elements, _ := b["elements"].([]any)
		for _, e := range append(elements, b["accessory"]) {
			if e, ok := e.(map[string]any); ok && e["action_id"] == action {
				return e["value"].(string)
			}
		}
	}
	t.Fatalf("there is no button %s in %s", action, s.words())
	return ""
}

func (r *rig) press(user, action, value string) {
	r.Helper()
	r.handle(Interactions, map[string]any{
		"type": "block_actions", "trigger_id": r.slack.TriggerID(), "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID},
		"channel": map[string]any{"id": opsChannel}, "message": map[string]any{"ts": "1.1"}, "container": map[string]any{"type": "message"},
		"actions": []any{map[string]any{"type": "button", "action_id": action, "value": value}},
	})
}

func (r *rig) open() []commitments.View {
	r.Helper()
	found, err := r.store.List(r.Context(), r.admin, store.Filter{}, now())
	r.must(err)
	return found
}

func mustSay(t *testing.T, said string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("it says\n%s\nand should say %q", said, want)
		}
	}
}

func TestA2_ALineIsShownBackAndSavedOnce(t *testing.T) {
	r := newRig(t)
	shown := r.typed(olga, "Acme: single sign-on <!channel> by 3w")
	v := r.open()
	if len(v) != 0 {
		t.Fatalf("it was logged before anybody said so: %+v", v)
	}
	mustSay(t, shown.words(), "Acme: single sign-on @channel", "Promise date", "Target date, for us alone:", "Padding: ", "20%", "Olga, Ops")
	value := shown.value(t, actionLogIt)
	for range 3 {
		r.press(olga, actionLogIt, value)
	}
	v = r.open()
	if len(v) != 1 || v[0].Owner != "Olga" || v[0].Title != "single sign-on @channel" || v[0].Promise == 0 || v[0].Target == 0 {
		t.Fatalf("after three clicks there are %+v", v)
	}
	mustSay(t, shown.words(), v[0].Promise.Human(), v[0].Target.Human())
	if m := r.last(opsChannel); m.For != olga || !strings.Contains(m.Text, "logged already") {
		t.Errorf("the third click was answered %q for %s", m.Text, m.For)
	}
	r.press(olga, actionCancel, value)
	if m := r.last(opsChannel); m.For != olga {
		t.Errorf("cancelling was answered for %q", m.For)
	}
}

func TestA2_SkippedDaysAndWarningsAreShownBefore(t *testing.T) {
	r := newRig(t)
	_, err := r.store.AddCalendar(r.Context(), r.admin, store.CalendarInput{Name: new("Office"), Zone: new("Europe/Warsaw"), Hours: new("mon-fri 09:00-17:00"), Closed: []string{"2027-06-10"}})
	r.must(err)
	_, err = r.store.EditCustomer(r.Context(), r.admin, "Acme", store.CustomerInput{Calendar: new("Office")})
	r.must(err)
	shown := r.typed(olga, "Acme: SSO target 2027-06-08 by 2027-06-12")
	mustSay(t, shown.words(), "Target date, for us alone: Tue 8 Jun 2027", "Sat 12 Jun 2027", "Thu 10 Jun 2027", "is a day off", "both dates as typed")
	r.press(olga, actionLogIt, shown.value(t, actionLogIt))
	if v := r.open(); len(v) != 1 || v[0].Promise.String() != "2027-06-12" {
		t.Errorf("a warning kept it from being logged: %+v", v)
	}
}

func TestA2_WhatWasShownIsWhatIsSaved(t *testing.T) {
	r := newRig(t)
	value := r.typed(olga, "Acme: SSO by 3w").value(t, actionLogIt)
	_, err := r.store.EditCustomer(r.Context(), r.admin, "Acme", store.CustomerInput{Padding: new("1d")})
	r.must(err)
	r.press(olga, actionLogIt, value)
	if v := r.open(); len(v) != 0 {
		t.Fatalf("other dates were logged than were shown: %+v", v)
	}
	var again spoken
	r.must(json.Unmarshal(r.last(opsChannel).Blocks, &again.Blocks))
	mustSay(t, again.words(), "other dates", "1 working day, 1d")
	r.press(olga, actionLogIt, again.value(t, actionLogIt))
	if v := r.open(); len(v) != 1 || *v[0].PaddingDays != 1 {
		t.Errorf("logged: %+v", v)
	}
}

func TestI71_ADraftEditedByHandIsCheckedAgain(t *testing.T) {
	r := newRig(t)
	r.press(zoe, actionLogIt, `{"i":"x","c":"Acme","w":"SSO","o":"Olga","p":"3w","Create":true,"DryRun":true}`)
	r.press(zoe, actionLogIt, `{"i":"y","n":"Hacme","w":"SSO","p":"3w"}`)
	r.press(zoe, actionLogIt, `{"c":"Acme","w":"SSO","p":"3w"}`)
	r.press(zoe, actionLogIt, `{`)
	r.press(zoe, actionLogIt, `{"i":"z","c":"Acme","w":"SSO","p":"2020-01-01"}`)
	if v := r.open(); len(v) != 0 {
		t.Errorf("logged: %+v", v)
	}
	if _, err := r.store.Customer(r.Context(), r.admin, "Hacme"); err == nil {
		t.Error("a member added a customer")
	}
	mustSay(t, r.last(opsChannel).Text, "Nothing was logged", "2020")
}

func TestI72_EveryCommandIsAnswered(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	id := fmt.Sprint(v.ID)
	for _, test := range []struct{ user, text, want string }{
		{olga, "help", "/promise call 12"},
		{olga, "HELP", "/promise call 12"},
		{olga, "lits", "Did you mean list, as in /promise list at risk?"},
		{olga, "hello", "say to whom with a colon"},
		{olga, "list", "Single sign-on"},
		{ben, "list mine", "There is none among your open promises"},
		{ben, "list all", "Single sign-on"},
		{olga, "list at risk", "at risk"},
		{olga, "list overdue", "There is none"},
		{olga, "list customer acme", "to acme: 1"},
		{olga, "list customer Acne", "did you mean Acme?"},
		{olga, "list purple", "no list"},
		{zoe, "list all", "There is none"},
		{olga, "show " + id, "Target date, for us alone:"},
		{zoe, "show " + id, "There is no promise"},
		{zoe, "done " + id, "There is no promise"},
		{max_, "done " + id, "may not"},
		{olga, "show", "Say which promise"},
		{olga, "checkin " + id, "how many working days"},
		{olga, "checkin " + id + " many", "Left:"},
		{olga, "checkin " + id + " 3 blocked", "If something is in the way"},
		{olga, "done " + id + " by and by", "is not a date"},
		{olga, "list of customer acme", "to acme: 1"},
		{olga, "list customer R&amp;D", `"R&D"`},
		{olga, "R&amp;D: &lt;b&gt; by friday", "/promise R&D: <b> by friday"},
		{olga, "call " + id, "what came of the call"},
		{olga, "call " + id + " purple", "what came of the call"},
		{olga, "call " + id + " new date 05/12/2026 why x", "can be read as"},
		{eve, "list", "does not know who you are"},
		{olga, "Acne: SSO by friday", "did you mean Acme?"},
		{olga, "Acme: SSO by yesterday", "is over already"},
		{olga, "Acme: " + strings.Repeat("long ", 2000) + "by friday", "too long"},
		{olga, "Acme: SSO by friday --owner <@U0EVE|eve>", "does not know"},
		{olga, "Acme: SSO by friday --owner Ben", "may not log promises of Ben"},
	} {
		mustSay(t, r.typed(test.user, test.text).words(), test.want)
	}
	if got := r.view(v.ID); got.Version != v.Version {
		t.Errorf("one of them changed the promise: %+v", got)
	}
}

func TestE3_VerbsAreTheStoresMethods(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	id := fmt.Sprint(v.ID)
	mustSay(t, r.typed(olga, "ack "+id).words(), "You are on it.")
	mustSay(t, r.typed(olga, "checkin "+id+" 2.5 blocked no *test* account").words(), "2.5 working days of work left")
	mustSay(t, r.typed(ben, "call "+id+" Still On note they were kind").words(), "Called: still on.")
	mustSay(t, r.typed(olga, "call "+id+" new date 15w target 14w asked by customer why their test system is late").words(), "Called: new date.")
	d := r.detail(v.ID)
	if got := r.view(v.ID); got.Blocked == nil || *got.Blocked != "no *test* account" || got.WorkLeft.Days != 2.5 || len(d.Dates) != 2 || *d.Dates[1].Why != "their test system is late" || *d.Dates[1].AskedBy != "customer" {
		t.Errorf("it stands as %+v with %+v", got, d.Dates)
	}
	mustSay(t, r.typed(olga, "call "+id+" slipping by 16w").words(), "Called: slipping.")
	mustSay(t, r.typed(olga, "call #"+id+" not-reached").words(), "not reached")
	mustSay(t, r.typed(olga, "checkin "+id+" 1 blocked R&amp;D &lt;soon&gt;").words(), "blocked: R&D <soon>")
	mustSay(t, r.typed(olga, "done "+id+" yesterday").words(), "Delivered.", "delivered")
	if got := r.view(v.ID); got.DeliveredAt.Time().After(time.Now().Add(-time.Minute)) {
		t.Errorf("delivered at %s", got.DeliveredAt)
	}
	mustSay(t, r.typed(olga, "done "+id).words(), "Nothing was recorded.")
}

func TestI64_ACommandThatComesTwiceIsDoneOnce(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	payload := map[string]any{"command": "/promise", "text": fmt.Sprintf("call %d still on", v.ID), "user_id": olga, "team_id": fakeslack.TeamID, "channel_id": opsChannel, "trigger_id": "t.1"}
	first, second := string(r.handle(Commands, payload)), string(r.handle(Commands, payload))
	if d := r.detail(v.ID); len(d.Touches) != 1 || first != second {
		t.Errorf("there are %d calls, answered\n%s\n%s", len(d.Touches), first, second)
	}
}

func TestI76_NothingOnRecordMakesAnInvalidAnswer(t *testing.T) {
	r := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.String().Draw(t, "unit"), rapid.SampledFrom([]int{1, 1, 500}).Draw(t, "times"))
		})
		v := commitments.View{
			ID: 1, Key: "k", Customer: text.Draw(t, "customer"), Title: text.Draw(t, "title"), Owner: text.Draw(t, "owner"), Team: new(text.Draw(t, "team")),
			PaddingDays: new(3), PaddingWhy: new(text.Draw(t, "why")), Stage: commitments.AtRisk,
			Promise: calendar.Date(rapid.IntRange(0, 800_000).Draw(t, "promise")), Target: calendar.Date(rapid.IntRange(0, 800_000).Draw(t, "target")),
		}
		added := store.Added{View: v}
		many := rapid.IntRange(0, 40).Draw(t, "many")
		for range many {
			added.Skipped = append(added.Skipped, commitments.Skip{Date: 740_000, Why: text.Draw(t, "skip")})
			added.Warnings = append(added.Warnings, commitments.Warning{Text: text.Draw(t, "warning")})
			v.Reasons = append(v.Reasons, commitments.Reason{Text: text.Draw(t, "reason")})
		}
		v.Warnings = added.Warnings
		for name, blocks := range map[string][]slack.Block{
			"plan": planBlocks(&added), "logged": loggedBlocks(&added), "standing": standing("Done.", &v), "help": teaching(),
			"list": listBlocks(slices.Repeat([]commitments.View{v}, many+1), text.Draw(t, "what")),
		} {
			if _, err := r.app.api.PostEphemeralContext(t.Context(), opsChannel, olga, slack.MsgOptionText("x", false), slack.MsgOptionBlocks(blocks...)); err != nil {
				t.Fatalf("%s is refused: %v", name, err)
			}
		}
	})
}

func TestE4_TheHomesButtonOpensTheForm(t *testing.T) {
	r := newRig(t)
	r.people()
	r.did(r.slack.OpenHome(r.Context(), olga))
	r.did(r.slack.ClickView(r.Context(), olga, notify.ActionLog))
	mustSay(t, r.form(olga), "Choose the customer and a date")
}
