// Package holidays seeds calendars with public holidays: computed for a
// country or region, or read from an ICS or CSV file.
//
// What it returns is a start. The rows then belong to the customer, who knows
// which of them are worked.
package holidays

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"

	"kept/commitments/calendar"
)

// FirstYear and LastYear bound what Seed computes. Orthodox Easter is computed
// with a fixed offset from the Julian calendar that ends with 2099.
const (
	FirstYear = 1990
	LastYear  = 2099
)

// The library computes holidays at midnight in this location. Not every
// midnight exists where clocks change at that hour, so it must not be the
// machine's.
func init() { cal.DefaultLoc = time.UTC }

// Seed lists the public holidays of a region ("PL", "US-NY", "DE-BY") in the
// years given, both included, in order and at most one a day. Where the law
// moves a holiday off a weekend both days are listed, as a shop open on
// Saturdays closes on the holiday itself.
//
// An unknown region is refused with the ones it might have meant.
func Seed(region string, fromYear, toYear int) ([]calendar.Day, error) {
	rules, known := rulesByRegion()[strings.ToUpper(region)]
	if !known {
		return nil, unknownRegion(region)
	}
	if fromYear < FirstYear || toYear > LastYear || fromYear > toYear {
		return nil, fmt.Errorf("years %d to %d: holidays can be computed from %d to %d", fromYear, toYear, FirstYear, LastYear)
	}
	found := newDays(fromYear, toYear)
	// New Year's Day may be observed on the last day of the year before.
	for year := fromYear; year <= toYear+1; year++ {
		for _, rule := range rules {
			addHoliday(found, rule, year)
		}
	}
	return found.sorted(), nil
}

// addHoliday adds the day on which a holiday is kept in a year, and the day it
// falls on, if that is a weekend.
func addHoliday(found *days, rule *cal.Holiday, year int) {
	actual, observed := rule.Calc(year)
	if actual.IsZero() {
		return
	}
	if actual.Equal(observed) {
		found.add(dateOf(actual), rule.Name)
		return
	}
	if w := actual.Weekday(); w == time.Saturday || w == time.Sunday {
		found.add(dateOf(actual), rule.Name)
		found.add(dateOf(observed), rule.Name+" (observed)")
		return
	}
	found.add(dateOf(observed), rule.Name)
}

func dateOf(t time.Time) calendar.Date { return calendar.NewDate(t.Date()) }

// Regions lists the regions that Seed knows, in order.
func Regions() []string { return slices.Sorted(maps.Keys(rulesByRegion())) }

// unknownRegion names the regions near to what was typed: those of the same
// country, else those with the same first letter, else all.
func unknownRegion(region string) error {
	typed := strings.ToUpper(region)
	country, _, _ := strings.Cut(typed, "-")
	near := regionsWithPrefix(country)
	if len(near) == 0 && typed != "" {
		near = regionsWithPrefix(typed[:1])
	}
	if len(near) == 0 {
		near = Regions()
	}
	return fmt.Errorf("%.40q is not a region with known holidays; near it: %s; others come from an ICS or CSV file",
		region, strings.Join(near, ", "))
}

func regionsWithPrefix(prefix string) []string {
	if prefix == "" {
		return nil
	}
	return slices.DeleteFunc(Regions(), func(r string) bool { return !strings.HasPrefix(r, prefix) })
}

// days collects the names of days off within a span of years.
type days struct {
	from, through calendar.Date
	names         map[calendar.Date][]string
}

func newDays(fromYear, toYear int) *days {
	return &days{
		from:    max(calendar.NewDate(fromYear, time.January, 1), calendar.MinDate),
		through: min(calendar.NewDate(toYear, time.December, 31), calendar.MaxDate),
		names:   map[calendar.Date][]string{},
	}
}

// add notes a day off, unless it is outside the span.
func (d *days) add(date calendar.Date, name string) {
	if date < d.from || date > d.through || slices.Contains(d.names[date], name) {
		return
	}
	d.names[date] = append(d.names[date], name)
}

// sorted lists the days off by date; a day with two names has both.
func (d *days) sorted() []calendar.Day {
	var list []calendar.Day
	for _, date := range slices.Sorted(maps.Keys(d.names)) {
		list = append(list, calendar.Day{Date: date, Name: strings.Join(d.names[date], " / ")})
	}
	return list
}
