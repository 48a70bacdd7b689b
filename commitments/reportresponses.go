package commitments

import (
	"time"

	"kept/commitments/calendar"
)

// ResponsesIn is how soon customers were answered who came to us in the span.
type ResponsesIn struct {
	Inbound    int          `json:"inbound"` // contacts of theirs
	Unanswered int          `json:"unanswered"`
	Hours      Distribution `json:"hours"` // working hours to the first answer
}

// Contact is a touch with whether it may be shown.
type Contact struct {
	Touch
	Hidden bool // about a promise that whoever looks may not see
}

// Contacts counts how soon one customer was answered: the contacts are all of theirs, in
// the order in which they were recorded, and cal is their calendar. An answer counts
// whatever it is about; what was asked counts if it is in the span, and not hidden.
func (r *Reporter) Contacts(contacts []Contact, cal *calendar.Calendar) {
	counts := func(c *Contact) bool { return r.spec.in(cal.Today(c.At)) }
	found, in := ContactResponses(contacts, counts, cal, r.spec.At), &r.report.Responses
	in.Inbound += len(found.Answered) + len(found.Unanswered)
	in.Unanswered += len(found.Unanswered)
	for _, took := range found.Answered {
		in.Hours.add(inTenths(took))
	}
}

// ContactResponses finds how soon one customer was answered, as ResponseTimes does, where
// not everything they asked counts: what is hidden never does.
func ContactResponses(contacts []Contact, counts func(*Contact) bool, cal *calendar.Calendar, at Instant) Responses {
	touches := make([]Touch, 0, len(contacts))
	for _, c := range contacts {
		if c.Inbound && (c.Hidden || !counts(&c)) {
			if !c.Heard() {
				continue
			}
			c.Inbound = false // a conversation that answers what was asked before, and asks nothing
		}
		touches = append(touches, c.Touch)
	}
	return ResponseTimes(touches, cal, at)
}

// inTenths is working time in tenths of an hour, rounded.
func inTenths(d time.Duration) int {
	const tenth = time.Hour / tenths
	return int((d + tenth/2) / tenth)
}
