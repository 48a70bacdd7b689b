package commitments

import "kept/commitments/calendar"

// Waiting is that we wait for the customer: shown beside the date they were told, which
// stays. Days are the working days since then.
type Waiting struct {
	For   string  `json:"for"`
	Since Instant `json:"since"`
	Days  int     `json:"days"`
}

// waiting is what we wait for at an instant; nil for nothing, and while nothing is owed.
func waiting(f *Facts, cal *calendar.Calendar, at Instant) *Waiting {
	if f.WaitingSince == 0 || f.Closed() {
		return nil
	}
	return &Waiting{f.WaitingFor, f.WaitingSince, cal.Workdays(cal.Today(f.WaitingSince), cal.Today(at))}
}

// WaitedDays counts the working days spent waiting for the customer up to an instant,
// over all waits, as far as anything was owed meanwhile.
func (h *History) WaitedDays(at Instant, cal *calendar.Calendar) (days int) {
	var f Facts
	var since Instant // when the wait now going on began; 0 for none
	for _, t := range inOrder(h.Turns, at, func(t Turn) Instant { return t.At }) {
		f.turn(t)
		switch waits := f.WaitingSince != 0 && !f.Closed(); {
		case waits && since == 0:
			since = t.At
		case !waits && since != 0:
			days, since = days+cal.Workdays(cal.Today(since), cal.Today(t.At)), 0
		}
	}
	if since != 0 {
		days += cal.Workdays(cal.Today(since), cal.Today(at))
	}
	return days
}

// QuietDays counts the working days up to an instant since the last contact of any kind
// about the promise: a touch, a date told, the day it was made.
func (h *History) QuietDays(at Instant, cal *calendar.Calendar) int {
	last := h.MadeAt
	for _, d := range h.datesKnown(at) {
		last = max(last, min(d.ToldAt, at))
	}
	for _, t := range h.Touches {
		if t.At <= at {
			last = max(last, t.At)
		}
	}
	return cal.Workdays(cal.Today(last), cal.Today(at))
}
