package calendar

import (
	"errors"
	"fmt"
	"time"
)

// When is a moment as a person gave it: a date, perhaps with a time of day, or
// an exact instant.
type When struct {
	Date    Date
	Clock   Clock   // NoClock if no time was given
	Instant Instant // only if the text was an RFC 3339 instant or "now"; Date and Clock are then the calendar's
}

// Forms lists what ParseWhen accepts, for messages and help.
const Forms = "2026-12-04, 2026-12-04 17:00, today, tomorrow, yesterday, friday, next friday, 5 Dec, Dec 5 2027, " +
	"in 3 days|weeks|months, 3w, 10bd or +10d (working days), eom, eoq, eoy, now, 2026-12-04T17:00:00Z; a time may follow a date: friday 17:00"

// ParseWhen reads a date as people type it, as of now on the calendar's
// clocks. The grammar is closed: a text is understood entirely or refused, and
// the error lists what is accepted. Nothing that can be read in two ways is
// ever guessed at.
//
//	2026-12-04                 also with 17:00 or T17:00
//	2026-12-04T17:00:00+01:00  RFC 3339: an instant; so is now
//	today tomorrow yesterday
//	friday fri                 the first after today
//	next friday                the one of the next ISO week
//	in 3 days|weeks|months     calendar days; a month later at most the month's last day
//	3w 10bd +10d               weeks; working days; working days
//	eom eoq eoy                last day of this month, quarter, year
//	5 Dec, Dec 5, 5 Dec 2026   without a year the next such date, today included
//
// A time of day may follow every date, as 17:00 or at 17:00. Letter case and
// extra spaces do not matter. Dates outside MinDate to MaxDate are refused.
func ParseWhen(text string, now Instant, c *Calendar) (When, error) {
	p, err := newPhrase(text)
	if err != nil {
		return When{}, err
	}
	if i, ok := p.instant(now); ok {
		return instantWhen(text, i, c)
	}
	clock, err := p.takeClock()
	if err != nil {
		return When{}, err
	}
	date, err := p.date(c.Today(now), c)
	if errors.Is(err, errForm) {
		return When{}, unreadable(text)
	}
	if err != nil {
		return When{}, err
	}
	if date < MinDate || date > MaxDate {
		return When{}, outside(text)
	}
	return When{Date: date, Clock: clock}, nil
}

func instantWhen(text string, i Instant, c *Calendar) (When, error) {
	w := When{Date: c.Today(i), Clock: c.clockAt(i), Instant: i}
	if w.Date < MinDate || w.Date > MaxDate {
		return When{}, outside(text)
	}
	return w, nil
}

func outside(text string) error {
	return fmt.Errorf("%s is outside %v to %v", quote(text), MinDate, MaxDate)
}

func unreadable(text string) error {
	return fmt.Errorf("%s is not a date Kept knows: write %s", quote(text), Forms)
}

// Moment is w as an instant: the one given, else its time on its date, else
// the start of its date.
func (w When) Moment(c *Calendar) Instant {
	if w.Instant != 0 {
		return w.Instant
	}
	return c.At(w.Date, max(w.Clock, 0))
}

// Within is an instant at which one may look at what w says: its Moment, or, for a
// date alone, the first moment at which that day is under way. At its very start the
// day before has only just ended, and what was due by then is not yet over.
func (w When) Within(c *Calendar) Instant {
	if w.Instant == 0 && w.Clock == NoClock {
		return c.Start(w.Date) + 1
	}
	return w.Moment(c)
}

// String is w in a form that ParseWhen reads back as w.
func (w When) String() string {
	switch {
	case w.Instant != 0:
		return w.Instant.String()
	case w.Clock != NoClock:
		return w.Date.String() + " " + w.Clock.String()
	}
	return w.Date.String()
}

// Echo says how w was understood and how far off it is:
// "Fri 4 Dec 2026 at 17:00, 12 working days".
func (w When) Echo(now Instant, c *Calendar) string {
	text := w.Date.Human()
	if w.Clock != NoClock {
		text += " at " + w.Clock.String()
	}
	return text + ", " + distance(c.Today(now), w.Date, c)
}

// distance from today in working days, in words.
func distance(today, d Date, c *Calendar) string {
	switch {
	case d == today:
		return "today"
	case d < today:
		return workingDays(c.Workdays(d, today)) + " ago"
	}
	return workingDays(c.Workdays(today, d))
}

func workingDays(n int) string {
	if n == 1 {
		return "1 working day"
	}
	return fmt.Sprintf("%d working days", n)
}

// monthEnd is the last day of the month that lies a number of months after
// that of d.
func monthEnd(d Date, months int) Date {
	year, month, _ := d.Civil()
	return NewDate(year, month+time.Month(months)+1, 0)
}

// addMonths is the same day of a later month, or its last day if it has fewer.
func addMonths(d Date, months int) Date {
	year, month, day := d.Civil()
	return min(NewDate(year, month+time.Month(months), day), monthEnd(d, months))
}
