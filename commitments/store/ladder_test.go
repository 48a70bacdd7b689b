package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// ladder makes a promise of bo's to Acme, at risk from Monday 9 November 09:00, with
// bo's backup, Acme's account manager and the team's lead, and opens its call card.
func (h *home) ladder(change ...func(*store.NewPromise)) {
	h.t.Helper()
	h.team("Core")
	for _, name := range []string{"basia", "mo", "lee", "sub"} {
		h.person(name, commitments.Member, "Core")
	}
	h.person("bo", commitments.Member, "Core")
	_, err := h.EditPerson(h.ctx, h.ada, "bo", store.PersonInput{Backup: new("basia")})
	must(h.t, err)
	_, err = h.EditTeam(h.ctx, h.ada, "Core", store.TeamInput{Lead: new("lee"), Channel: new("C0001")})
	must(h.t, err)
	_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme"), Manager: new("mo")})
	must(h.t, err)
	h.promise(append([]func(*store.NewPromise){func(p *store.NewPromise) { p.Owner, p.Team = "bo", "Core" }}, change...)...)
	_, err = h.CheckIn(h.ctx, h.op("1", "2020-11-09T08:00:00Z"), store.CheckIn{Left: "30"})
	must(h.t, err)
}

// climb sweeps at instants and says who was told what at each.
func (h *home) climb(instants ...string) (told []string) {
	h.t.Helper()
	for _, at := range instants {
		for _, a := range alerted(h.sweep(at)) {
			told = append(told, at[8:]+" "+a)
		}
	}
	return told
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

var week = []string{
	"2020-11-09 09:00", "2020-11-09 12:59", "2020-11-09 13:00", "2020-11-09 14:00", "2020-11-09 17:00", "2020-11-10 09:00",
	"2020-11-10 13:00", "2020-11-10 17:00", "2020-11-11 13:00", "2020-11-12 13:00",
}

func TestTheLadderIsClimbedUnlessSomebodyCalls(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		equal(t, h.climb(week...), "09 09:00 bo at-risk", "09 13:00 bo at-risk owner-again", "09 17:00 basia at-risk backup", "10 13:00 mo at-risk manager")
		_, err := h.Call(h.ctx, h.op("1", "2020-11-12T14:00:00Z"), store.Call{Outcome: "still-on"})
		must(t, err)
		for _, a := range h.show("1").Alerts {
			if a.ClosedAt != instant("2020-11-12 14:00") {
				t.Errorf("after the call %+v", a)
			}
		}
	})
}

func (h *home) show(ref string) store.Detail {
	h.t.Helper()
	d, err := h.Show(h.ctx, h.ada, ref, now())
	must(h.t, err)
	return d
}

func TestACallEndsTheLadder(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.climb("2020-11-09 09:00", "2020-11-09 13:00")
		_, err := h.Call(h.ctx, h.op("1", "2020-11-09T15:00:00Z"), store.Call{Outcome: "still-on"})
		must(t, err)
		equal(t, h.climb("2020-11-09 17:00", "2020-11-10 13:00"))
		// When the quiet of "still on" is over, it is told again, from the owner on.
		equal(t, h.climb("2020-11-12 15:00", "2020-11-13 11:00", "2020-11-13 15:00"),
			"12 15:00 bo at-risk", "13 11:00 bo at-risk owner-again", "13 15:00 basia at-risk backup")
	})
}

func TestAfterDowntimeOnlyTheHighestStepIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		equal(t, h.climb("2020-11-09 09:00", "2020-11-10 12:00", "2020-11-10 13:00"), "09 09:00 bo at-risk", "10 12:00 basia at-risk backup", "10 13:00 mo at-risk manager")
	})
}

func TestPausesMoveTheLadder(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.climb("2020-11-09 09:00")
		_, err := h.Ack(h.ctx, h.op("1", "2020-11-09T10:00:00Z"))
		must(t, err)
		equal(t, h.climb("2020-11-09 13:00", "2020-11-09 17:00"), "09 17:00 bo at-risk owner-again")
		_, err = h.Call(h.ctx, h.op("1", "2020-11-10T10:00:00Z"), store.Call{Outcome: "not-reached"})
		must(t, err)
		equal(t, h.climb("2020-11-10 13:00", "2020-11-10 14:00"), "10 14:00 bo at-risk owner-again-2")
		v, err := h.Snooze(h.ctx, h.op("1", "2020-11-10T15:00:00Z"), "2020-11-12 11:00", "they are away")
		must(t, err)
		if v.Snoozed != instant("2020-11-12 11:00") {
			t.Errorf("snoozed until %s", v.Snoozed)
		}
		equal(t, h.climb("2020-11-11 12:00", "2020-11-12 11:00", "2020-11-12 15:00", "2020-11-13 11:00"),
			"12 11:00 bo at-risk owner-again-3", "12 15:00 basia at-risk backup", "13 11:00 mo at-risk manager")
		if kinds := h.kinds("1"); !strings.Contains(kinds, "acked") || !strings.Contains(kinds, "snoozed") || strings.Count(kinds, "told") != 5 {
			t.Errorf("events %s", kinds)
		}
	})
}

func (h *home) kinds(ref string) string {
	var kinds []string
	for _, e := range h.show(ref).Events {
		kinds = append(kinds, e.Kind)
	}
	return strings.Join(kinds, " ")
}

// What is recorded late moves the timetable, and repeats nothing of it.
func TestWhatIsRecordedLateRepeatsNoStep(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.climb("2020-11-09 09:00", "2020-11-09 13:00", "2020-11-09 17:00")
		_, err := h.Ack(h.ctx, h.op("1", "2020-11-09T10:00:00Z"))
		must(t, err)
		_, err = h.SetAway(h.ctx, h.ada, "basia", store.Away{First: "2020-11-10", Last: "2020-11-20", Substitute: "sub"})
		must(t, err)
		equal(t, h.climb(week[5:]...), "10 17:00 mo at-risk manager")
	})
}

func TestAMissingStepIsTakenByTheNext(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		_, err := h.EditPerson(h.ctx, h.ada, "bo", store.PersonInput{Backup: new("")})
		must(t, err)
		_, err = h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Manager: new("bo")})
		must(t, err)
		equal(t, h.climb(week...), "09 09:00 bo at-risk", "09 13:00 bo at-risk owner-again", "09 17:00 lee at-risk backup", "10 13:00 lee at-risk manager")
		h.promise(func(p *store.NewPromise) { p.Owner, p.Team, p.Customer = "lee", "Core", "Globex" })
		equal(t, h.climb("2020-11-19 09:00", "2020-11-19 13:00", "2020-11-19 17:00", "2020-11-20 13:00"), "19 09:00 lee at-risk", "19 13:00 lee at-risk owner-again")
	})
}

func TestSubstitutesTakeStepsAndTheTrailNamesBoth(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		for who, substitute := range map[string]string{"basia": "sub", "mo": "bo"} { // bo owns it: the lead takes mo's step
			_, err := h.SetAway(h.ctx, h.ada, who, store.Away{First: "2020-11-09", Last: "2020-11-20", Substitute: substitute})
			must(t, err)
		}
		before := h.escalation("1", "2020-11-09 08:30")
		equal(t, h.climb(week...), "09 09:00 bo at-risk", "09 13:00 bo at-risk owner-again", "09 17:00 sub for basia at-risk backup", "10 13:00 lee at-risk manager")
		equal(t, before, "bo owner 09:00", "bo owner 13:00", "sub for basia backup 17:00", "lee team lead 13:00")
		if a := h.show("1").Alerts[2]; a.Recipient != "sub" || a.For == nil || *a.For != "basia" {
			t.Errorf("alert %+v", a)
		}
		l := h.letterTo("sub", "2020-11-10 13:00")
		if c := l.Cards[0].Climbed; c == nil || c.Who != "sub" || c.For != "basia" || c.As != "backup" || c.Hours != 8 || c.Tries != 0 {
			t.Errorf("letter %+v", l.Cards[0].Climbed)
		}
	})
}

// escalation is what is still to come at an instant.
func (h *home) escalation(ref, at string) (steps []string) {
	h.t.Helper()
	d, err := h.Show(h.ctx, h.ada, ref, instant(at))
	must(h.t, err)
	for _, e := range d.Escalation {
		who := e.Who
		if e.For != nil {
			who += " for " + *e.For
		}
		steps = append(steps, fmt.Sprint(who, " ", e.As, " ", e.At.Time().Format("15:04")))
	}
	return steps
}

// letterTo is the letter of the first message in person to somebody, written at an instant.
func (h *home) letterTo(name, at string) store.Letter {
	h.t.Helper()
	all, err := h.Deliveries(h.ctx, "", 50)
	must(h.t, err)
	slices.Reverse(all)
	for i := range all {
		l, err := h.Letter(h.ctx, &all[i], instant(at))
		must(h.t, err)
		if l.Recipient.Name == name {
			return l
		}
	}
	h.t.Fatalf("no message to %s", name)
	return store.Letter{}
}

func TestShowForetellsTheLadder(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		equal(t, h.escalation("1", "2020-11-08 12:00")) // on track
		equal(t, h.escalation("1", "2020-11-09 08:30"), "bo owner 09:00", "bo owner 13:00", "basia backup 17:00", "mo account manager 13:00")
		h.climb("2020-11-09 09:00", "2020-11-09 13:00")
		equal(t, h.escalation("1", "2020-11-09 13:00"), "basia backup 17:00", "mo account manager 13:00")
		_, err := h.Snooze(h.ctx, h.op("1", "2020-11-09T14:00:00Z"), "tomorrow", "they are away")
		must(t, err)
		equal(t, h.escalation("1", "2020-11-09 14:00"), "bo owner 09:00", "basia backup 13:00", "mo account manager 17:00")
		_, err = h.Call(h.ctx, h.op("1", "2020-11-09T15:00:00Z"), store.Call{Outcome: "still-on"})
		must(t, err)
		equal(t, h.escalation("1", "2020-11-09 15:00"), "bo owner 15:00", "bo owner 11:00", "basia backup 15:00", "mo account manager 11:00") // from Thursday
		h.live("1", "deliver 2020-11-09T16:00:00Z")
		equal(t, h.escalation("1", "2020-11-09 16:00"))
	})
}

// TestStepsAreToldInTheThreadAndToTheNext: the owner again in the thread alone, the
// others there and in person; what a call makes untrue is not sent.
func TestStepsAreToldInTheThreadAndToTheNext(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for alerts, want := range map[string][]string{
			"dm":   {"person:6", "person:6 in 1", "person:6 in 1", "person:2"},
			"both": {"person:6", "channel:C0001", "person:6 in 1", "channel:C0001 in 2", "person:6 in 1", "channel:C0001 in 2", "person:2"},
		} {
			h := fresh(t, engineOf(t, h))
			h.ladder()
			_, err := h.EditTeam(h.ctx, h.ada, "Core", store.TeamInput{Alerts: &alerts})
			must(t, err)
			h.climb("2020-11-09 09:00", "2020-11-09 13:00", "2020-11-09 17:00")
			all, err := h.Deliveries(h.ctx, "", 50)
			must(t, err)
			slices.Reverse(all)
			var got []string
			for i, d := range all {
				to := d.Destination
				if d.ThreadOf != 0 {
					to += fmt.Sprintf(" in %d", d.ThreadOf)
				}
				got = append(got, to)
				l, err := h.Letter(h.ctx, &all[i], instant("2020-11-09 17:00"))
				must(t, err)
				again := len(l.Cards) == 1 && l.Cards[0].Climbed != nil && l.Cards[0].Climbed.Step == "owner-again"
				if l.Update != (d.ThreadOf != 0) || l.Broadcast != (l.Update && again) || len(l.Cards) != 1 {
					t.Errorf("%s: update %t, broadcast %t, cards %+v", to, l.Update, l.Broadcast, l.Cards)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %q\nwant %q", alerts, got, want)
			}
			h.live("1", "deliver 2020-11-09T17:30:00Z")
			all, err = h.Deliveries(h.ctx, store.Cancelled, 50)
			must(t, err)
			if len(all) != len(want) {
				t.Errorf("%s: %d of %d messages were cancelled", alerts, len(all), len(want))
			}
		}
	})
}

// engineOf is an empty database on the engine of another.
func engineOf(t *testing.T, h *home) string {
	for _, e := range engines {
		if e.name == h.Engine() {
			return e.dsn(t)
		}
	}
	t.Fatal("no engine " + h.Engine())
	return ""
}

// TestOneAnswerPerThread: two promises in one message share its answers.
func TestOneAnswerPerThread(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.promise(func(p *store.NewPromise) { p.Owner, p.Team, p.Title = "bo", "Core", "Pickup" })
		_, err := h.CheckIn(h.ctx, h.op("2", "2020-11-09T08:00:00Z"), store.CheckIn{Left: "30"})
		must(t, err)
		h.climb("2020-11-09 09:00", "2020-11-09 17:00")
		if n := h.rows("deliveries"); n != 3 {
			t.Errorf("%d messages: want the cards, the answer, and the backup's", n)
		}
		if n := h.rows("delivery_alerts"); n != 6 {
			t.Errorf("they carry %d alerts, want 6", n)
		}
	})
}

func TestTheManagerHearsOfASecondMissAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder(func(p *store.NewPromise) { p.Promise = "2020-11-13" })
		h.climb("2020-11-09 09:00")
		move := func(at, to, by string) {
			_, err := h.NewDate(h.ctx, h.op("1", at), store.NewDate{Promise: to, Why: "more work", AskedBy: by})
			must(t, err)
		}
		move("2020-11-10T10:00:00Z", "2020-11-27", "us")
		_, err := h.CheckIn(h.ctx, h.op("1", "2020-11-10T10:00:00Z"), store.CheckIn{Left: "1"})
		must(t, err)
		equal(t, h.climb("2020-11-10 10:00"))
		move("2020-11-11T10:00:00Z", "2020-12-18", "us")
		equal(t, h.climb("2020-11-11 10:00", "2020-11-11 11:00"), "11 10:00 mo on-track second-miss")
		l := h.letterTo("mo", "2020-11-11 11:00")
		if c := l.Cards[0]; len(l.Cards) != 1 || len(c.Lost) != 3 || c.LostDates != 2 {
			t.Errorf("%d cards, %+v", len(l.Cards), c)
		}
		// The third is missed: the owner's card and the manager's notice, neither of which clears the other.
		equal(t, h.climb("2020-12-18 12:00", "2020-12-19 00:01", "2020-12-21 10:00"), "18 12:00 bo at-risk", "19 00:01 bo overdue", "19 00:01 mo overdue second-miss",
			"21 10:00 basia overdue own-backup")
		move("2020-12-21T11:00:00Z", "2020-12-23", "us")
		open := 0
		for _, a := range h.show("1").Alerts {
			if a.ClosedAt == 0 {
				open++
			}
		}
		if open != 2 {
			t.Errorf("%d alerts are open, want the two notices", open)
		}
		h.live("1", "deliver 2020-12-21T12:00:00Z")
		for _, a := range h.show("1").Alerts {
			if a.ClosedAt == 0 {
				t.Errorf("after the delivery %+v", a)
			}
		}
	})
}

func TestAnImportTellsNoOldMisses(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing("id,customer,owner,title,made_at,first_promise_date,promise_date\n"+
			"A1,Acme,Ada,Login,2020-10-01,2020-10-20,2020-11-05\nA2,Acme,Ada,Pickup,2020-10-01,2020-10-20,2020-11-20\n",
			func(o *store.ImportOptions) { o.At = "2020-11-09T10:00:00Z" })
		_, err := h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Manager: new(h.person("mo", commitments.Manager).Name)})
		must(t, err)
		told := h.climb("2020-11-09 10:00", "2020-11-21 09:00")
		if n := strings.Count(strings.Join(told, ";"), "second-miss"); n != 1 || !slices.Contains(told, "21 09:00 mo overdue second-miss") {
			t.Errorf("told %q: want the one missed since", told)
		}
	})
}

// Sweeps of earlier times that come after everything was recorded tell what they would
// have told then: a call stops the ladder when its time has come.
func TestTheLadderStopsAtACallRecordedBefore(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		_, err := h.Call(h.ctx, h.op("1", "2020-11-09T14:00:00Z"), store.Call{Outcome: "still-on"})
		must(t, err)
		equal(t, h.climb(week...), "09 09:00 bo at-risk", "09 13:00 bo at-risk owner-again")
		equal(t, h.open("1"))
	})
}
