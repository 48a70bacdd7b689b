package slackapp

import (
	"encoding/json"
	"strings"
	"testing"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

func TestI73_AFormThatDoesNotOpenFromTheHomeIsToldDirectly(t *testing.T) {
	r := newRig(t)
	r.people()
	r.did(r.slack.OpenHome(t.Context(), olga))
	defer r.slack.Inject(fakeslack.Fault{Method: "views.open", Answer: fakeslack.Error("expired_trigger_id")})()
	r.did(r.slack.ClickView(t.Context(), olga, notify.ActionLog))
	mustSay(t, r.last(olga).Text, "Slack did not open the form in time")
}

func TestI73_ALineTooLongForAButtonIsGivenBack(t *testing.T) {
	r := newRig(t)
	words := strings.TrimSpace(strings.Repeat("word ", 500)) + " &amp; end"
	mustSay(t, r.typed(olga, "Acme: SSO by 3w --words "+words).words(), "Target date", "more than one line can carry", "You typed: /promise Acme: SSO by 3w --words word", "word & end")
}

func TestA4_ANewCustomerTypedInALineStandsInTheForm(t *testing.T) {
	r := newRig(t)
	r.people()
	r.did(r.slack.Slash(t.Context(), ada, opsChannel, "/promise", "Globex: SSO by 3w"))
	r.did(r.slack.Click(t.Context(), ada, opsChannel, r.last(opsChannel).TS, actionChange))
	if got := r.entered(ada, blockNewCustomer); got != "Globex" {
		t.Errorf("the new customer begins as %q", got)
	}
	r.did(r.slack.Submit(t.Context(), ada, nil))
	if v := r.open(); len(v) != 1 || v[0].Customer != "Globex" {
		t.Errorf("logged: %+v", v)
	}
}

// Slack sends people in a message by their ids alone.
func TestA3_PeopleInAMessageAreShownByName(t *testing.T) {
	r := newRig(t)
	r.people()
	said := r.slack.Say(fakeslack.Message{Channel: opsChannel, User: ben, Text: "<@U0OLGA> and <@U0EVE> do it"})
	r.did(r.slack.Shortcut(t.Context(), olga, logPromise, opsChannel, said.TS))
	if got := r.entered(olga, "words"); got != "@Olga and @U0EVE do it" {
		t.Errorf("the words begin as %q", got)
	}
}

func TestA2_ATimeOfDayIsOnTheClocksOfTheCustomer(t *testing.T) {
	r := newRig(t)
	_, err := r.store.AddCalendar(t.Context(), r.admin, store.CalendarInput{Name: new("NY"), Zone: new("America/New_York"), Hours: new("mon-fri 09:00-17:00")})
	r.must(err)
	_, err = r.store.EditCustomer(t.Context(), r.admin, "Acme", store.CustomerInput{Calendar: new("NY")})
	r.must(err)
	shown := r.typed(olga, "Acme: SSO by "+ahead(21)+" 17:00")
	mustSay(t, shown.words(), "17:00 (America/New_York)")
	r.press(olga, actionLogIt, shown.value(t, actionLogIt))
	mustSay(t, r.typed(olga, "list").words(), "17:00 (America/New_York)")
}

func TestA2_ANewDateIsShownWithItsTimeBeforeItIsRecorded(t *testing.T) {
	r := newRig(t)
	r.people()
	r.promise("Single sign-on", 1, 30)
	r.did(r.slack.OpenHome(t.Context(), olga))
	r.did(r.slack.ClickView(t.Context(), olga, notify.ActionShow))
	r.did(r.slack.ClickView(t.Context(), olga, notify.ActionNewDate))
	r.did(r.slack.Fill(t.Context(), olga, "promise", ahead(40)))
	r.did(r.slack.Fill(t.Context(), olga, "promise-time", "16:30"))
	mustSay(t, r.form(olga), ", by 16:30 (Europe/Warsaw), 40 working days from now")
}

// The second click on “Log it” leaves the confirmation of the first where it is.
func TestI68_ASecondClickDoesNotHideWhatTheFirstLogged(t *testing.T) {
	r := newRig(t)
	r.people()
	r.did(r.slack.Slash(t.Context(), olga, opsChannel, "/promise", "Acme: SSO by 3w"))
	shown := r.last(opsChannel)
	r.did(r.slack.Click(t.Context(), olga, opsChannel, shown.TS, actionLogIt))
	all := r.slack.Requests()
	var again map[string]any
	r.must(json.Unmarshal(all[len(all)-1].Payload, &again))
	again["trigger_id"] = r.slack.TriggerID()
	r.handle(Interactions, again)
	mustSay(t, r.last(opsChannel).Text, "logged already")
	var found bool
	for _, m := range r.slack.Messages(opsChannel) {
		found = found || m.TS == shown.TS && strings.Contains(m.Text, "Logged as promise 1")
	}
	if !found {
		t.Error("the confirmation is gone")
	}
}

func TestA3_AMessageInADirectConversationNamesNoChannel(t *testing.T) {
	m := modal{}
	m.from(&source{Author: ben, Channel: "D0BEN"})
	if raw, _ := json.Marshal(m.blocks); strings.Contains(string(raw), "D0BEN") {
		t.Errorf("it begins with %s", raw)
	}
}
