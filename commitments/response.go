package commitments

import (
	"slices"
	"time"

	"kept/commitments/calendar"
)

// talks are the channels on which a contact that reached somebody is a conversation:
// whoever began it, both were heard.
var talks = [...]string{"phone", "meeting", "video"}

// Heard reports whether the customer heard from us in this contact: we reached them,
// or they reached us and we talked. A message of theirs is no word of ours.
func (t *Touch) Heard() bool {
	return t.Reached && (!t.Inbound || slices.Contains(talks[:], t.Channel))
}

// Responses is how soon customers were answered. Every duration is in working hours.
type Responses struct {
	Answered   []time.Duration // for each contact of theirs that was answered, shortest first
	Unanswered []Instant       // when they came to us and have not heard from us since, oldest first
}

// ResponseTimes finds, for each time one customer came to us up to an instant, the next
// in which they heard from us, in working hours of cal, the customer's calendar. What
// they said in a conversation is answered in it. The touches are those of one customer,
// of one instant in the order in which they were recorded.
func ResponseTimes(touches []Touch, cal *calendar.Calendar, at Instant) Responses {
	var r Responses
	for _, t := range inOrder(touches, at, func(t Touch) Instant { return t.At }) {
		if t.Inbound {
			r.Unanswered = append(r.Unanswered, t.At)
		}
		if t.Heard() {
			for _, asked := range r.Unanswered {
				r.Answered = append(r.Answered, cal.HoursBetween(asked, t.At))
			}
			r.Unanswered = nil
		}
	}
	slices.Sort(r.Answered)
	return r
}

// Add takes in the responses to another customer.
func (r *Responses) Add(other Responses) {
	r.Answered = append(r.Answered, other.Answered...)
	r.Unanswered = append(r.Unanswered, other.Unanswered...)
	slices.Sort(r.Answered)
	slices.Sort(r.Unanswered)
}

// Median is the time of the answer in the middle, or the mean of the two there, as in
// reports; 0 if there were none.
func (r *Responses) Median() time.Duration {
	n := len(r.Answered)
	if n == 0 {
		return 0
	}
	return (r.Answered[(n-1)/2] + r.Answered[n/2]) / 2
}

// Slow is the least time that nine answers of ten did not exceed; 0 if there were none.
func (r *Responses) Slow() time.Duration {
	n := len(r.Answered)
	if n == 0 {
		return 0
	}
	return r.Answered[(n*9+9)/10-1]
}
