package slackapp

import (
	"cmp"
	"slices"
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
			said = append(said, deedLine(&d.Events[i], &told, d.AsOf, who.location(d.Zone)))
		}
	}
	if len(said) == 0 {
		return "Somebody changed this promise meanwhile."
	}
	const few = 3
	return strings.Join(said[max(0, len(said)-few):], " ")
}

// when is a clock in a sentence: "at 14:02", "on Fri 20 Nov 14:02".
func when(at, now calendar.Instant, in *time.Location) string {
	text := clock(at, now, in)
	if len(text) == len("15:04") {
		return "at " + text
	}
	return "on " + text
}

// deedLine is an event in one sentence.
func deedLine(e *store.EventView, told *store.EventData, now calendar.Instant, in *time.Location) string {
	line := kit.Line(e.By, 120) + " " + cmp.Or(deeds[e.Kind], strings.ReplaceAll(e.Kind, "-", " ")) + " " + when(e.At, now, in)
	words := told.Words()
	if told.Touch != nil {
		words[0] = strings.ReplaceAll(words[0], "-", " ")
	}
	if words = slices.DeleteFunc(words, func(w string) bool { return w == "" }); len(words) > 0 {
		line += ": " + kit.Line(strings.Join(words, ", "), 200)
	}
	return line + "."
}

// deeds are what people did, by the kind of the event that tells of it.
var deeds = map[string]string{
	"promised": "made the promise", "checked-in": "checked in", "called": "called", "touched": "was in touch", "new-date": "agreed a new date",
	"delivered": "delivered it", "withdrawn": "withdrew it", "reopened": "reopened it", "acked": "said “I'm on it”", "snoozed": "put the call off",
	"waiting": "noted that we wait for the customer", "resumed": "noted that the wait is over", "handed-over": "handed it over", "edited": "changed what it says",
	"date-accepted": "noted that the date was accepted", "delivery-accepted": "noted that the delivery was accepted", "alerted": "told somebody",
	"rescue-opened": "opened a rescue", "rescue-owned": "took on the rescue", "rescue-called": "called in the rescue",
	"rescue-made-right": "made it right", "rescue-closed": "closed the rescue", "plus-one": "gave a plus one", "survey-asked": "asked how we did",
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
