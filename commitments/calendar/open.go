package calendar

import (
	"iter"
	"time"
)

// lastOpening bounds the search for working hours, so that it ends on any
// input. Nothing Kept accepts comes near it.
var lastOpening = NewDate(9999, time.December, 31)

// openings yields the stretches of working time that end after i, in order, as
// instants from and to. A stretch that the clocks skip in spring is left out.
func (c *Calendar) openings(i Instant) iter.Seq2[Instant, Instant] {
	return func(yield func(from, to Instant) bool) {
		for d := c.NextWorkday(c.Today(i)); d <= lastOpening; d = c.AddWorkdays(d, 1) {
			for _, b := range c.blocks(d) {
				from, to := c.At(d, b.From), c.At(d, b.To)
				if to > i && from < to && !yield(from, to) {
					return
				}
			}
		}
	}
}

// blocks are the hours of a working day.
func (c *Calendar) blocks(d Date) []Block {
	if own := c.hours.On(d.Weekday()); len(own) > 0 {
		return own
	}
	return c.hours.extra()
}

// IsOpen reports whether i is in working hours.
func (c *Calendar) IsOpen(i Instant) bool { return c.NextOpening(i) == i }

// NextOpening is i if it is in working hours, else the next instant that is.
func (c *Calendar) NextOpening(i Instant) Instant {
	for from := range c.openings(i) {
		return max(i, from)
	}
	return c.End(lastOpening)
}

// AddHours is the first instant by which d of working time has passed since i:
// four hours from 13:00 end at 17:00, when the day ends, and not the next
// morning. It is i if d is not positive.
func (c *Calendar) AddHours(i Instant, d time.Duration) Instant {
	if d <= 0 {
		return i
	}
	for from, to := range c.openings(i) {
		from = max(from, i)
		if open := to.Sub(from); open < d {
			d -= open
			continue
		}
		return from.Add(d)
	}
	return c.End(lastOpening)
}

// HoursBetween is the working time from one instant to another; 0 if to is not
// after from.
func (c *Calendar) HoursBetween(from, to Instant) time.Duration {
	if to <= from {
		return 0
	}
	var sum time.Duration
	for opens, closes := range c.openings(from) {
		if opens >= to {
			break
		}
		sum += min(closes, to).Sub(max(opens, from))
	}
	return sum
}
