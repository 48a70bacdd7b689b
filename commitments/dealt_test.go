package commitments

import (
	"testing"

	"kept/commitments/calendar"
)

// alerted is December's promise with its call card open since a morning.
func alerted(t *testing.T, since string) *Promise {
	cal := warsaw(t)
	p := &Promise{Calendar: cal, TeamCalendar: cal, Thresholds: &DefaultThresholds}
	p.ID, p.State = 1, NewAlertState()
	p.History = History{MadeAt: on(cal, "2026-11-30 09:00"), Dates: []PromiseDate{{
		Place: 1, Promise: day("2026-12-18"), PromiseTime: calendar.NoClock, Target: day("2026-12-11"), DueAt: cal.End(day("2026-12-18")), ToldAt: on(cal, "2026-11-30 09:00"),
	}}}
	p.Facts, _ = p.History.AsOf(p.History.LastFact(), cal)
	p.State.Alerted, p.State.AlertedAt = AtRisk, on(cal, since)
	return p
}

// A call that is recorded late deals with the card only if the card would not have
// been sent had the call been known: otherwise the next sweep would send it again.
func TestCallsRecordedLate(t *testing.T) {
	for _, c := range []struct {
		name    string
		at      string
		outcome Outcome
		closes  Stage
	}{
		{"after the card", "2026-12-16 10:00", StillOn, AtRisk},
		{"the evening before it", "2026-12-15 17:00", StillOn, AtRisk},
		{"so long before that the card was due all the same", "2026-12-03 10:00", StillOn, ""},
		{"slipping, with a date owed after the card", "2026-12-03 10:00", Slipping, AtRisk},
		{"not reached", "2026-12-16 10:00", NotReached, ""},
	} {
		p := alerted(t, "2026-12-16 09:00")
		report := CallReport{Outcome: c.outcome}
		if c.outcome == Slipping {
			report.DateBy = day("2026-12-17")
		}
		change, err := p.Call(on(p.Calendar, c.at), 1, report)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := p.Apply(change); got != c.closes {
			t.Errorf("%s: closes %q, want %q", c.name, got, c.closes)
		}
	}
}

// What happened to a date later is not known yet.
func TestDatesAsOf(t *testing.T) {
	p := alerted(t, "2026-12-16 09:00")
	at := on(p.Calendar, "2026-12-10 10:00")
	change, err := p.NewDate(at, 1, DateReport{Promise: day("2026-12-22"), PromiseTime: calendar.NoClock, Why: "x", AskedBy: "us"})
	if err != nil {
		t.Fatal(err)
	}
	p.Apply(change)
	if before := p.History.DatesAsOf(at - 1); len(before) != 1 || before[0].ReplacedAt != 0 {
		t.Errorf("before: %+v", before)
	}
	if after := p.History.DatesAsOf(at); len(after) != 2 || after[0].ReplacedAt != at {
		t.Errorf("after: %+v", after)
	}
}
