package commitments

import (
	"testing"

	"kept/commitments/calendar"
)

// warsaw works Monday to Friday, with the holidays of a Polish Christmas.
func warsaw(t testing.TB) *calendar.Calendar {
	t.Helper()
	return newCalendar(t, calendar.Spec{
		Name: "warsaw", Zone: "Europe/Warsaw", Region: "PL",
		Days: []calendar.Day{
			{Date: day("2026-12-24"), Name: "Wigilia"},
			{Date: day("2026-12-25"), Name: "Boże Narodzenie"},
		},
	})
}

func newCalendar(t testing.TB, s calendar.Spec) *calendar.Calendar {
	t.Helper()
	cal, err := calendar.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// day reads YYYY-MM-DD; "" is no date.
func day(s string) Date {
	if s == "" {
		return 0
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// on reads "YYYY-MM-DD HH:MM" on the clocks of cal; "" is unknown.
func on(cal *calendar.Calendar, s string) Instant {
	if s == "" {
		return 0
	}
	clock, err := calendar.ParseClock(s[len("2006-01-02 "):])
	if err != nil {
		panic(err)
	}
	return cal.At(day(s[:len("2006-01-02")]), clock)
}

// december is a promise made on Monday 30 November 2026 for Friday 18 December,
// with a target a week earlier. It waits for the customer, so that silence does
// not get in the way of the other rules.
func december(cal *calendar.Calendar) Facts {
	made := on(cal, "2026-11-30 09:00")
	return Facts{
		MadeAt: made, Target: day("2026-12-11"), Promise: day("2026-12-18"), PromiseTime: calendar.NoClock,
		DueAt: cal.End(day("2026-12-18")), WaitingFor: "papers", WaitingSince: made,
	}
}

// undated is a promise for which the customer is owed a date by Friday 11 December 2026.
func undated(cal *calendar.Calendar) Facts {
	d := day("2026-12-11")
	return Facts{MadeAt: on(cal, "2026-11-30 09:00"), DateBy: d, DueAt: cal.End(d), PromiseTime: calendar.NoClock}
}
