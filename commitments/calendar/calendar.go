// Package calendar knows civil dates and instants, which days a team or a
// customer works, between which hours and in which zone, and the words people
// use for dates.
//
// A civil date is in no zone and an instant is on no calendar; they are
// different types, and only a Calendar turns one into the other.
package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Calendar says which days are worked, between which hours and in which zone.
// It is immutable and safe for concurrent use. New makes one; the zero
// Calendar is not usable.
type Calendar struct {
	name   string
	region string
	zone   *time.Location
	hours  Hours
	days   map[Date]Day // the exceptions
	table  *table
	known  [2]Date
}

// Day is an exception to the weekly pattern: a holiday, a closure (a name that
// begins with "closed"), or an extra working day.
type Day struct {
	Date  Date
	Name  string
	Works bool
}

// closed reports whether d is the customer's own closure and no public holiday.
func (d Day) closed() bool {
	return d.Name == "" || strings.HasPrefix(strings.ToLower(d.Name), "closed")
}

// Spec is what a Calendar is made from.
type Spec struct {
	Name   string
	Zone   string // IANA name; "" is UTC
	Hours  string // as ParseHours reads them; "" is DefaultHours
	Region string // whose holidays these are, shown with their names: "PL", "US-NY"
	Days   []Day  // in any order; of two for one date the working one wins, else the first
}

// New makes a calendar. Its errors name the field of the Spec: zone, hours or
// days. A calendar on which nobody ever works is refused.
func New(s Spec) (*Calendar, error) {
	zone, err := Zone(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	if s.Hours == "" {
		s.Hours = DefaultHours
	}
	hours, err := ParseHours(s.Hours)
	if err != nil {
		return nil, fmt.Errorf("hours: %w", err)
	}
	days, err := exceptions(s.Days)
	if err != nil {
		return nil, fmt.Errorf("days: %w", err)
	}
	c := &Calendar{name: s.Name, region: s.Region, zone: zone, hours: hours, days: days}
	c.table = newTable(hours.mask(), days)
	c.known = knownYears(days)
	if c.Workdays(MinDate-1, MaxDate) == 0 {
		return nil, fmt.Errorf("days: %d days off leave no working day at all", len(days))
	}
	return c, nil
}

// exceptions indexes days by date.
func exceptions(days []Day) (map[Date]Day, error) {
	byDate := make(map[Date]Day, len(days))
	for _, d := range days {
		if d.Date < MinDate || d.Date > MaxDate {
			return nil, fmt.Errorf("%s on %s: days go from %v to %v", quote(d.Name), d.Date.Human(), MinDate, MaxDate)
		}
		if _, taken := byDate[d.Date]; !taken || d.Works {
			byDate[d.Date] = d
		}
	}
	return byDate, nil
}

// knownYears is the first and last day of the years that have holidays.
func knownYears(days map[Date]Day) (span [2]Date) {
	for date, d := range days {
		if d.Works || d.closed() {
			continue
		}
		year, _, _ := date.Civil()
		from, through := NewDate(year, time.January, 1), NewDate(year, time.December, 31)
		if span[0] == 0 || from < span[0] {
			span[0] = from
		}
		span[1] = max(span[1], through)
	}
	return span
}

// Default is the calendar of those who set none: UTC, Monday to Friday, 09:00
// to 17:00, no holidays.
func Default() *Calendar {
	c, err := New(Spec{Name: "default"})
	if err != nil {
		panic(err) // the defaults are constants; a test makes them
	}
	return c
}

// Name of the calendar.
func (c *Calendar) Name() string { return c.name }

// Region whose holidays these are, or "".
func (c *Calendar) Region() string { return c.region }

// Location is the calendar's zone.
func (c *Calendar) Location() *time.Location { return c.zone }

// Zone is the IANA name of the calendar's zone.
func (c *Calendar) Zone() string { return c.zone.String() }

// Hours of the week.
func (c *Calendar) Hours() Hours { return c.hours }

// In is the same days and hours read on clocks of another zone, as when a
// team's calendar holds for a member abroad. It shares all tables with c.
func (c *Calendar) In(zone *time.Location) *Calendar {
	moved := *c
	moved.zone = zone
	return &moved
}

// Known is the span of years over which holidays are recorded, zero if none
// are: past it a promise may fall on a holiday nobody has entered yet.
func (c *Calendar) Known() (from, through Date) { return c.known[0], c.known[1] }

// IsWorkday reports whether d is worked.
func (c *Calendar) IsWorkday(d Date) bool { return c.table.has(index(d)) }

// Why says in words why d is not worked: "Wigilia, PL", "closed", "weekend".
// It is "" for a working day.
func (c *Calendar) Why(d Date) string {
	if c.IsWorkday(d) {
		return ""
	}
	day, special := c.days[d]
	switch {
	case special:
		return c.reason(day)
	case d.Weekday() == time.Saturday || d.Weekday() == time.Sunday:
		return "weekend"
	}
	return "no work on " + d.Weekday().String() + "s"
}

func (c *Calendar) reason(d Day) string {
	switch {
	case d.Name == "":
		return "closed"
	case d.closed() || c.region == "":
		return d.Name
	}
	return d.Name + ", " + c.region
}

// Workdays counts the working days d with after < d ≤ through; 0 if through
// is not after.
func (c *Calendar) Workdays(after, through Date) int {
	if through <= after {
		return 0
	}
	return int(c.table.rank(index(through)) - c.table.rank(index(after)))
}

// maxWorkdays bounds AddWorkdays: more would leave the dates a Date can hold.
const maxWorkdays = 1 << 30

// AddWorkdays is the n-th working day after d, for n < 0 the |n|-th before it,
// and d itself for 0.
func (c *Calendar) AddWorkdays(d Date, n int) Date {
	k := int64(min(max(n, -maxWorkdays), maxWorkdays))
	switch {
	case k > 0:
		return dateAt(c.table.nth(c.table.rank(index(d)) + k))
	case k < 0:
		return dateAt(c.table.nth(c.table.rank(index(d)-1) + k + 1))
	}
	return d
}

// NextWorkday is d if it is worked, else the first working day after it.
func (c *Calendar) NextWorkday(d Date) Date {
	if c.IsWorkday(d) {
		return d
	}
	return c.AddWorkdays(d, 1)
}

// PrevWorkday is d if it is worked, else the last working day before it.
func (c *Calendar) PrevWorkday(d Date) Date {
	if c.IsWorkday(d) {
		return d
	}
	return c.AddWorkdays(d, -1)
}

// Skipped are the days off d with after < d ≤ through, each with its Why as
// Name.
func (c *Calendar) Skipped(after, through Date) []Day {
	var skipped []Day
	for d := after + 1; d <= through; d++ {
		if why := c.Why(d); why != "" {
			skipped = append(skipped, Day{Date: d, Name: why})
		}
	}
	return skipped
}
