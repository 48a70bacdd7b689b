package slackapp

import (
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// asking is what a modal is answered with, and what the database holds then.
type asking struct {
	action string
	ready  func(*rig, *commitments.View) // brings the promise to where it can be asked
	typed  func(*rig, *commitments.View) map[string]any
	event  string
	holds  func(v *commitments.View) bool
}

func soon(days int) string { return time.Now().AddDate(0, 0, days).Format(time.DateOnly) }

var askings = []asking{
	{notify.ActionCheckIn, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"left": "2.5", "blocked": "no test account", "note": "soon"}
	}, "checked-in", func(v *commitments.View) bool { return v.WorkLeft.Days == 2.5 && *v.Blocked == "no test account" }},
	{notify.ActionNewDate, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"promise": day(soon(30)), "promise-time": map[string]any{"selected_time": "17:00"}, "why": "their system is late", "asked-by": chosen("customer"), "told-by": someone(ben)}
	}, "called", func(v *commitments.View) bool { return v.Promise.String() == soon(30) && *v.PromiseTime == "17:00" }},
	{notify.ActionSlipping, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"date-by": day(soon(3)), "note": "calm"}
	}, "called", func(v *commitments.View) bool { return v.DateBy.String() == soon(3) }},
	{notify.ActionSnooze, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"until": map[string]any{"selected_date_time": time.Now().Add(3 * time.Hour).Unix()}, "why": "at a fair"}
	}, "snoozed", func(v *commitments.View) bool { return v.Snoozed != 0 }},
	{notify.ActionTouch, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"way": chosen("in"), "channel": chosen("email"), "note": "they asked"}
	}, "touched", func(*commitments.View) bool { return true }},
	{notify.ActionDelivered, nil, func(*rig, *commitments.View) map[string]any { return map[string]any{"at": day(soon(-1))} },
		"delivered", func(v *commitments.View) bool { return v.Stage == commitments.Delivered }},
	{notify.ActionRescueOpen, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"note": "we forgot", "reason": chosen("capacity"), "severity": chosen("high")}
	}, "rescue-opened", func(v *commitments.View) bool { return v.Rescue.Open() && *v.Rescue.Reason == "capacity" }},
	{notify.ActionRescueCall, (*rig).dropped, func(*rig, *commitments.View) map[string]any { return map[string]any{"note": "we owned it"} },
		"rescue-called", func(v *commitments.View) bool { return v.Rescue.CalledAt != 0 }},
	{notify.ActionMakeRight, (*rig).dropped, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"what": "a free month", "cost": "250"}
	}, "rescue-made-right", func(v *commitments.View) bool {
		return *v.Rescue.What == "a free month" && v.Rescue.Cost.Hundredths == 25000
	}},
	{notify.ActionRescueClose, (*rig).dropped, func(*rig, *commitments.View) map[string]any { return map[string]any{"won": chosen("yes")} },
		"rescue-closed", func(v *commitments.View) bool { return !v.Rescue.Open() && *v.Rescue.WonBack }},
	{notify.ActionWait, nil, func(*rig, *commitments.View) map[string]any { return map[string]any{"why": "their papers"} },
		"waiting", func(v *commitments.View) bool { return *v.WaitingFor == "their papers" }},
	{notify.ActionHandOver, nil, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"to": someone(ben), "note": "call Jo"}
	}, "handed-over", func(v *commitments.View) bool { return v.Owner == "Ben" }},
	{notify.ActionWithdraw, nil, func(*rig, *commitments.View) map[string]any { return map[string]any{"why": "they cancelled"} },
		"withdrawn", func(v *commitments.View) bool { return v.Stage == commitments.Withdrawn }},
	{notify.ActionReopen, (*rig).delivered,
		func(*rig, *commitments.View) map[string]any { return map[string]any{"why": "it broke"} },
		"reopened", func(v *commitments.View) bool { return v.Stage.Open() }},
	{notify.ActionSurvey, (*rig).delivered, func(*rig, *commitments.View) map[string]any { return map[string]any{"to": ""} },
		"survey-asked", func(*commitments.View) bool { return true }},
	{notify.ActionRate, (*rig).delivered, func(*rig, *commitments.View) map[string]any {
		return map[string]any{"rating": chosen("2"), "comment": "too late for us"}
	}, "rated", func(v *commitments.View) bool { return v.Rating.Rating == 2 && v.LetDown }},
}

func (r *rig) delivered(v *commitments.View) { r.click(olga, notify.ActionDeliver, v) }

// dropped has Olga open a rescue.
func (r *rig) dropped(v *commitments.View) {
	r.click(olga, notify.ActionRescueOpen, v)
	if answer, _ := r.submit(olga, map[string]any{"note": "we forgot"}); answer != "" {
		r.Fatal(answer)
	}
}

// TestE3_EveryModalRecordsWhatWasAnswered answers each modal on Olga's card: twice, as
// Slack may send it (F11).
func TestE3_EveryModalRecordsWhatWasAnswered(t *testing.T) {
	asked := map[string]bool{}
	for _, c := range askings {
		asked[c.action] = true
		t.Run(c.action, func(t *testing.T) {
			r := newRig(t)
			v := r.atRisk("Single sign-on")
			if c.ready != nil {
				c.ready(r, &v)
				v = r.view(v.ID)
			}
			r.click(olga, c.action, &v)
			if m := r.modal(); m.Callback != c.action || !strings.Contains(m.Text, "Single sign-on") {
				t.Fatalf("the modal is %s", m.Text)
			}
			answer, payload := r.submit(olga, c.typed(r, &v))
			if linked := strings.Contains(answer, "https://kept.example/s/"); linked != (c.action == notify.ActionSurvey) || answer != "" && !linked {
				t.Fatalf("Slack was answered %s", answer)
			}
			if again := r.handle(Interactions, payload); len(again) > 0 {
				t.Errorf("asked again, Slack was answered %s", again)
			}
			if got := r.events(&v); len(got) != 1 || got[0] != "Olga "+c.event {
				t.Errorf("recorded: %v", got)
			}
			if got := r.view(v.ID); !c.holds(&got) {
				t.Errorf("the database holds %+v", got)
			}
		})
	}
	for action := range questions {
		if !asked[action] {
			t.Errorf("the modal %s is not tried", action)
		}
	}
}

func TestI74_AnErrorIsToldWhereItWasTyped(t *testing.T) {
	long := strings.Repeat("x", 3001)
	for _, c := range []struct {
		action string
		typed  map[string]any
		block  string
		says   string
	}{
		{notify.ActionCheckIn, map[string]any{"left": "", "note": ""}, "left", "How many working days"},
		{notify.ActionCheckIn, map[string]any{"left": "lots", "note": ""}, "left", "lots"},
		{notify.ActionCheckIn, map[string]any{"left": "2", "note": long}, "note", "3001"},
		{notify.ActionCheckIn, map[string]any{"left": "2", "note": "a\u202eb"}, "note", "U+202E"},
		{notify.ActionNewDate, map[string]any{"promise": day(soon(-3)), "why": "late", "asked-by": chosen("us")}, "promise", "is already over"},
		{notify.ActionNewDate, map[string]any{"promise": day(soon(30)), "why": "  ", "asked-by": chosen("us")}, "why", "Say why"},
		{notify.ActionNewDate, map[string]any{"promise": day(soon(30)), "target": day(soon(31)), "why": "late", "asked-by": chosen("us")}, "target", "is after the promise"},
		{notify.ActionNewDate, map[string]any{"promise": day(soon(30)), "why": "late", "asked-by": chosen("us"), "told-by": someone(eve)}, "told-by", "does not know them"},
		{notify.ActionSlipping, map[string]any{"date-by": day(soon(-1))}, "date-by", "is over"},
		{notify.ActionSnooze, map[string]any{"until": map[string]any{"selected_date_time": time.Now().AddDate(0, 0, 30).Unix()}, "why": "a fair"}, "until", "at the latest"},
	} {
		t.Run(c.action+" "+c.block, func(t *testing.T) {
			r := newRig(t)
			v := r.atRisk("Single sign-on")
			r.click(olga, c.action, &v)
			answer, _ := r.submit(olga, c.typed)
			if !strings.Contains(answer, `"response_action":"errors"`) || !strings.Contains(answer, `"`+c.block+`":`) || !strings.Contains(answer, c.says) || strings.Contains(answer, "--") {
				t.Errorf("Slack was answered %s", answer)
			}
			if got := r.events(&v); len(got) != 0 {
				t.Errorf("recorded: %v", got)
			}
		})
	}
}

func TestI68_AModalThatWasOvertakenKeepsWhatWasTyped(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionNewDate, &v)
	r.click(ben, notify.ActionStillOn, &v)
	typed := map[string]any{"promise": day(soon(30)), "why": "their system is late", "asked-by": chosen("customer")}
	answer, payload := r.submit(olga, typed)
	for _, want := range []string{`"response_action":"update"`, "Meanwhile: Ben called at ", "their system is late", soon(30), "We aim for"} {
		if !strings.Contains(answer, want) {
			t.Errorf("Slack was answered, without %q: %s", want, answer)
		}
	}
	if got := r.events(&v); len(got) != 1 {
		t.Errorf("recorded: %v", got)
	}
	now := r.view(v.ID)
	payload["view"].(map[string]any)["private_metadata"] = notify.RefTo(&now).String()
	if answer := r.handle(Interactions, payload); len(answer) > 0 || r.view(v.ID).Promise.String() != soon(30) {
		t.Errorf("submitted again, Slack was answered %s", answer)
	}
}

// TestI68_MoreThanSlacksSocketTakesIsKeptToo: what was typed fits into the modal, and not
// into an answer.
func TestI68_MoreThanSlacksSocketTakesIsKeptToo(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionCheckIn, &v)
	r.click(ben, notify.ActionStillOn, &v)
	typed := map[string]any{"left": "2", "blocked": strings.Repeat("<", 3000), "note": strings.Repeat("界", 3000)}
	answer, _ := r.submit(olga, typed)
	if !strings.Contains(answer, `"response_action":"errors"`) || !strings.Contains(answer, "Meanwhile: Ben called at ") || len(answer) > maxAnswer {
		t.Errorf("Slack was answered %.300s", answer)
	}
	if m := r.modal(); !strings.Contains(m.Text, strings.Repeat("界", 3000)) {
		t.Errorf("the modal shows %.300s", m.Text)
	}
	if answer, _ := r.submit(olga, typed); answer != "" || r.view(v.ID).WorkLeft.Days != 2 {
		t.Errorf("submitted again, Slack was answered %.300s", answer)
	}
}

// TestI68_AnotherAnswerInTheSameModalIsNotTakenForTheFirst: Slack keeps a modal open that
// it got no answer to.
func TestI68_AnotherAnswerInTheSameModalIsNotTakenForTheFirst(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionCheckIn, &v)
	r.submit(olga, map[string]any{"left": "2"})
	answer, _ := r.submit(olga, map[string]any{"left": "7"})
	if !strings.Contains(answer, `"response_action":"update"`) || !strings.Contains(answer, "Meanwhile") || !strings.Contains(answer, `"7"`) {
		t.Errorf("Slack was answered %s", answer)
	}
	if answer, _ := r.submit(olga, map[string]any{"left": "2"}); answer != "" || len(r.events(&v)) != 1 {
		t.Errorf("the same again was answered %s", answer)
	}
}

// TestE2_WhoeverIsChosenIsFoundByAddress: though Kept has never written to them, nor they
// clicked.
func TestE2_WhoeverIsChosenIsFoundByAddress(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	_, err := r.store.AddPerson(t.Context(), r.admin, store.PersonInput{Name: new("Nora"), Email: new("nora@example.com"), Teams: &[]string{"Ops"}})
	r.must(err)
	r.slack.AddUser(fakeslack.User{ID: "U0NORA", Name: "nora", RealName: "Nora", Email: "nora@example.com"})
	r.click(olga, notify.ActionHandOver, &v)
	if answer, _ := r.submit(olga, map[string]any{"to": someone("U0NORA"), "note": "call Jo"}); answer != "" || r.view(v.ID).Owner != "Nora" {
		t.Errorf("Slack was answered %s", answer)
	}
}

func TestI71_AModalEditedByHandIsAuthorisedAgain(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionWithdraw, &v)
	for _, user := range []string{zoe, ben, eve} {
		answer, _ := r.submit(user, map[string]any{"why": "mischief"})
		if user != eve && !strings.Contains(answer, `"errors":{"why":`) || r.view(v.ID).Version != v.Version {
			t.Errorf("%s was answered %s", user, answer)
		}
	}
}

func TestI73_AModalThatDoesNotOpenIsOfferedAgain(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.slack.Inject(fakeslack.Fault{Method: "views.open", Answer: fakeslack.Error("expired_trigger_id")})
	r.click(olga, notify.ActionNewDate, &v)
	if got := r.told(olga); !strings.Contains(got, "did not open") {
		t.Errorf("Olga was told %q", got)
	}
	r.must(r.slack.OpenHome(t.Context(), olga))
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionNewDate))
	if m := r.last(olga); m.For != "" || !strings.Contains(m.Text, "did not open") {
		t.Errorf("from her home, Olga was told %q", m.Text)
	}
}

func TestB2_ANewDateIsShownWithItsDaysOffBeforeItIsRecorded(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.click(olga, notify.ActionNewDate, &v)
	m := r.modal()
	change := func(promise string) string {
		r.handle(Interactions, map[string]any{
			"type": "block_actions", "user": map[string]any{"id": olga, "team_id": fakeslack.TeamID},
			"view": map[string]any{"id": m.ID, "type": "modal", "callback_id": m.Callback, "private_metadata": m.Private, "state": map[string]any{"values": map[string]any{
				"promise": map[string]any{inputID: day(promise)}, "why": map[string]any{inputID: map[string]any{"value": "half a sen"}}}}},
			"actions": []any{map[string]any{"type": "datepicker", "action_id": inputID, "block_id": "promise", "selected_date": promise}},
		})
		return r.modal().Text
	}
	if got := change(soon(30)); !strings.Contains(got, "The customer hears") || !strings.Contains(got, "We aim for") || !strings.Contains(got, "half a sen") {
		t.Errorf("the modal is %s", got)
	}
	if got := change(soon(-2)); !strings.Contains(got, "is already over") {
		t.Errorf("the modal is %s", got)
	}
	if got := r.events(&v); len(got) != 0 {
		t.Errorf("recorded: %v", got)
	}
}
