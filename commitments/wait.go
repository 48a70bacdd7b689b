package commitments

import "kept/commitments/calendar"

// Waiting is that we wait for the customer: shown beside the date they were told, which
// stays. Days are the working days since then.
type Waiting struct {
	For   string  `json:"for"`
	Since Instant `json:"since"`
	Days  int     `json:"days"`
}

// waiting is what we wait for at an instant; nil for nothing.
func waiting(f *Facts, cal *calendar.Calendar, at Instant) *Waiting {
	if f.WaitingSince == 0 {
		return nil
	}
	return &Waiting{f.WaitingFor, f.WaitingSince, cal.Workdays(cal.Today(f.WaitingSince), cal.Today(at))}
}

// WaitedDays counts the working days spent waiting for the customer up to an instant,
// over all waits. A wait that nobody ended is over when nothing is owed any more.
func (h *History) WaitedDays(at Instant, cal *calendar.Calendar) (days int) {
	var since Instant
	end := func(until Instant) {
		if since != 0 {
			days += cal.Workdays(cal.Today(since), cal.Today(until))
		}
		since = 0
	}
	for _, t := range inOrder(h.Turns, at, func(t Turn) Instant { return t.At }) {
		switch t.Kind {
		case TurnWaiting:
			end(t.At)
			since = t.At
		case TurnResumed, TurnDelivered, TurnWithdrawn:
			end(t.At)
		}
	}
	end(at)
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
