package commitments

import (
	"errors"
	"strings"
	"testing"

	"kept/commitments/calendar"
)

// toCall is December's promise, at risk since a check-in, its call card open since
// Monday 7 December 09:00; change makes it another.
func toCall(t *testing.T, change ...func(*Promise)) *Promise {
	p := alerted(t, "2026-12-07 09:00")
	p.History.CheckIns = []CheckIn{{At: on(p.Calendar, "2026-12-04 09:00"), WorkLeft: 100_00}}
	for _, f := range change {
		f(p)
	}
	p.Facts, _ = p.History.AsOf(p.History.LastFact(), p.Calendar)
	return p
}

func promisedFor(date string, clock Clock) func(*Promise) {
	return func(p *Promise) {
		d := &p.History.Dates[0]
		d.Promise, d.PromiseTime, d.DueAt = day(date), clock, DueAt(p.Calendar, day(date), clock)
	}
}

func TestSnoozesEndInTime(t *testing.T) {
	for _, c := range []struct {
		name    string
		promise func(*Promise)
		at      string
		latest  string
	}{
		{"two working days", promisedFor("2026-12-18", calendar.NoClock), "2026-12-07 10:00", "2026-12-09 10:00"},
		{"over a weekend", promisedFor("2026-12-18", calendar.NoClock), "2026-12-10 10:00", "2026-12-14 10:00"},
		{"a working day before it is due", promisedFor("2026-12-09", calendar.NoClock), "2026-12-07 10:00", "2026-12-09 00:00"},
		{"… at the promised time of day", promisedFor("2026-12-09", 15*60), "2026-12-07 10:00", "2026-12-08 15:00"},
		{"… which may be a Friday", promisedFor("2026-12-14", 15*60), "2026-12-11 10:00", "2026-12-11 15:00"},
		{"… or the end of one", promisedFor("2026-12-14", calendar.NoClock), "2026-12-11 10:00", "2026-12-12 00:00"},
		{"due on a day off", promisedFor("2026-12-13", calendar.NoClock), "2026-12-11 10:00", "2026-12-12 00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := toCall(t, c.promise)
			latest := on(p.Calendar, c.latest)
			if _, err := p.Snooze(on(p.Calendar, c.at), 1, latest, "why"); err != nil {
				t.Error(err)
			}
			_, err := p.Snooze(on(p.Calendar, c.at), 1, latest+1, "why")
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), p.clock(latest)) {
				t.Errorf("%v: want the latest, %s", err, p.clock(latest))
			}
		})
	}
}

func TestAcksAndSnoozesNeedACallToMake(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Promise)
		at     string
		want   string
	}{
		{"overdue", promisedFor("2026-12-08", calendar.NoClock), "2026-12-09 10:00", "overdue"},
		{"no card", func(p *Promise) { p.State.settle() }, "2026-12-07 10:00", "no call card is open"},
		{"a question, not a card", func(p *Promise) { p.State.Alerted = Watch }, "2026-12-07 10:00", "no call card is open"},
		{"before the card", func(p *Promise) {}, "2026-12-07 08:59", "before the call card"},
		{"out of danger", func(p *Promise) { p.History.CheckIns[0].WorkLeft = 0 }, "2026-12-07 10:00", "is on-track"},
		{"delivered", func(p *Promise) {
			p.History.Turns = []Turn{{At: on(p.Calendar, "2026-12-07 09:30"), Kind: TurnDelivered}}
		}, "2026-12-07 10:00", "was delivered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := toCall(t, c.change)
			at := on(p.Calendar, c.at)
			_, ack := p.Ack(at, 1)
			_, snooze := p.Snooze(at, 1, at+1, "why")
			for _, err := range []error{ack, snooze} {
				if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
			}
		})
	}
	p := toCall(t, promisedFor("2026-12-08", calendar.NoClock))
	if _, err := p.Snooze(on(p.Calendar, "2026-12-08 10:00"), 1, on(p.Calendar, "2026-12-08 11:00"), "why"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "due too soon") {
		t.Errorf("on the last day: %v", err)
	}
	if _, err := p.Snooze(on(p.Calendar, "2026-12-07 10:00"), 1, on(p.Calendar, "2026-12-07 09:59"), "why"); !errors.Is(err, ErrInvalid) {
		t.Errorf("into the past: %v", err)
	}
	if _, err := p.Snooze(on(p.Calendar, "2026-12-07 10:00"), 1, on(p.Calendar, "2026-12-07 11:00"), ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
}

func TestAcksAndSnoozesShowWhileTheyHold(t *testing.T) {
	p := toCall(t)
	do := func(c Change, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		p.Apply(c)
	}
	shows := func(at, acked, snoozed string) {
		t.Helper()
		v, _ := p.View(on(p.Calendar, at))
		if v.AckedAt != on(p.Calendar, acked) || v.Snoozed != on(p.Calendar, snoozed) {
			t.Errorf("at %s acked %s, snoozed until %s", at, v.AckedAt, v.Snoozed)
		}
	}
	do(p.Ack(on(p.Calendar, "2026-12-07 10:00"), 1))
	do(p.Snooze(on(p.Calendar, "2026-12-08 10:00"), 1, on(p.Calendar, "2026-12-09 10:00"), "why"))
	shows("2026-12-07 09:59", "", "")
	shows("2026-12-07 10:00", "2026-12-07 10:00", "")
	shows("2026-12-07 14:00", "", "")
	shows("2026-12-08 10:00", "", "2026-12-09 10:00")
	shows("2026-12-09 10:00", "", "")
	if p.State.Alerted != AtRisk {
		t.Error("the card was closed")
	}
}

// TestLostDatesAreTold moves a promise through the dates a customer was told and looks at it at
// some instants, as a sweep would.
func TestLostDatesAreTold(t *testing.T) {
	cal := warsaw(t)
	type move struct{ at, to, by string }
	for _, c := range []struct {
		name  string
		moves []move
		looks string // instants, and how many lost dates are then told
	}{
		{"kept so far", nil, "2026-12-18 10:00 0"},
		{"missed once", nil, "2026-12-19 10:00 0"},
		{"moved once", []move{{"2026-12-10 10:00", "2026-12-23", "us"}}, "2026-12-10 10:00 0"},
		{"moved, then missed", []move{{"2026-12-10 10:00", "2026-12-23", "us"}}, "2026-12-10 10:00 0; 2026-12-24 00:01 2; 2026-12-25 10:00 0"},
		{"moved twice", []move{{"2026-12-10 10:00", "2026-12-23", "us"}, {"2026-12-14 10:00", "2026-12-30", "us"}}, "2026-12-14 10:00 2; 2026-12-31 00:01 3"},
		{"moved as they asked", []move{{"2026-12-10 10:00", "2026-12-23", "customer"}, {"2026-12-14 10:00", "2026-12-30", "us"}}, "2026-12-14 10:00 0; 2026-12-31 00:01 2"},
		{"moved as they asked, too late", []move{{"2026-12-21 10:00", "2026-12-23", "customer"}}, "2026-12-19 10:00 0; 2026-12-21 10:00 0; 2026-12-24 00:01 2"},
		{"missed and moved is one", []move{{"2026-12-21 10:00", "2026-12-23", "us"}}, "2026-12-19 10:00 0; 2026-12-21 10:00 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := toCall(t)
			for _, look := range strings.Split(c.looks, "; ") {
				for len(c.moves) > 0 && c.moves[0].at <= look[:16] {
					m := c.moves[0]
					change, err := p.NewDate(on(cal, m.at), 1, DateReport{Promise: day(m.to), PromiseTime: calendar.NoClock, Why: "why", AskedBy: m.by, ToldBy: 1})
					if err != nil {
						t.Fatal(err)
					}
					p.Apply(change)
					c.moves = c.moves[1:]
				}
				r := p.Review(&p.Facts, on(cal, look[:16]))
				p.State = r.Decision.State
				if want := int(look[17] - '0'); r.Lost != want {
					t.Errorf("at %s: %d lost dates told, want %d", look[:16], r.Lost, want)
				}
			}
		})
	}
}

func TestOldNewsIsNoSecondMiss(t *testing.T) {
	p := toCall(t)
	p.State.OldNews, p.Lost = true, 1
	if r := p.Review(&p.Facts, on(p.Calendar, "2026-12-21 10:00")); r.Lost != 0 || r.Decision.State.LostTold != 2 {
		t.Errorf("%d told, %d remembered", r.Lost, r.Decision.State.LostTold)
	}
}
