package slackapp

import (
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"
)

// location is the zone on whose clocks somebody reads instants: their own, else that of
// the promise.
func (w *visitor) location(zone string) *time.Location {
	for _, name := range []string{w.person.Zone, zone} {
		if name == "" {
			continue
		}
		if l, err := calendar.Zone(name); err == nil {
			return l
		}
	}
	return time.UTC
}

// clock is an instant as somebody reads it: "14:02" of today, "Fri 20 Nov 14:02" of
// another day.
func clock(at, now calendar.Instant, in *time.Location) string {
	t, today := at.Time().In(in), now.Time().In(in)
	switch {
	case t.Format(time.DateOnly) == today.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == today.Year():
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("Mon 2 Jan 2006 15:04")
}

// meanwhile says what people did to a promise since a version, the last of it last: "Ben
// called at 14:02: still on."
func meanwhile(d *store.Detail, since int64, who visitor) string {
	var said []string
	for i := range d.Events {
		if told := d.Events[i].Told(); told.Version > since {
			said = append(said, deedLine(&d.Events[i], &told, d, who.location(d.Zone)))
		}
	}
	if len(said) == 0 {
		return "Somebody changed this promise meanwhile."
	}
	const few = 3
	return strings.Join(said[max(0, len(said)-few):], " ")
}

// deedLine is an event in one sentence.
func deedLine(e *store.EventView, told *store.EventData, d *store.Detail, in *time.Location) string {
	deed := store.Deed{At: e.At, Kind: e.Kind, By: e.By, Change: told.Change}
	return kit.Line(notify.Retold(&deed, func(at calendar.Instant) string { return clock(at, d.AsOf, in) }), 400)
}

// promised is "Promised for Fri 4 Dec 2026", or what stands in for a date.
func promised(v *commitments.View) string {
	switch {
	case v.Promise == 0:
		return "A date is owed by " + v.DateBy.Human()
	case v.PromiseTime != nil:
		return "Promised for " + v.Promise.Human() + " " + notify.Clock(*v.PromiseTime, v.Zone)
	}
	return "Promised for " + v.Promise.Human()
}
