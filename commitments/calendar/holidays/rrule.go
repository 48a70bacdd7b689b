package holidays

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"kept/commitments/calendar"
)

// rule is a yearly repetition: the same day every so many years, or with
// weekday set the n-th such weekday of a month, from its end if n < 0.
type rule struct {
	interval int
	count    int           // 0 is without end
	until    calendar.Date // 0 is without end
	month    time.Month
	day      int
	n        int
	weekday  time.Weekday
}

// occurrences lists the first days of an event and its repetitions up to a
// date. A 29 February is repeated in leap years only, as RFC 5545 has it.
func occurrences(e *ics.VEvent, first, through calendar.Date) ([]calendar.Date, error) {
	for _, p := range []ics.ComponentProperty{ics.ComponentPropertyRdate, ics.ComponentPropertyRecurrenceId, ics.ComponentPropertyExrule} {
		if e.HasProperty(p) {
			return nil, fmt.Errorf("%s is not understood: list such days as events of their own", p)
		}
	}
	text := property(e, ics.ComponentPropertyRrule)
	if text == "" {
		return []calendar.Date{first}, nil
	}
	r, err := parseRule(text, first)
	if err != nil {
		return nil, fmt.Errorf("RRULE: %w", err)
	}
	gone, err := exceptDates(e)
	if err != nil {
		return nil, err
	}
	dates := r.dates(first, through)
	return slices.DeleteFunc(dates, func(d calendar.Date) bool { return slices.Contains(gone, d) }), nil
}

// exceptDates reads the EXDATE properties of an event.
func exceptDates(e *ics.VEvent) ([]calendar.Date, error) {
	var gone []calendar.Date
	for _, p := range e.GetProperties(ics.ComponentPropertyExdate) {
		for text := range strings.SplitSeq(p.Value, ",") {
			d, err := parseDay(strings.TrimSpace(text))
			if err != nil {
				return nil, fmt.Errorf("EXDATE: %w", err)
			}
			gone = append(gone, d)
		}
	}
	return gone, nil
}

// dates lists the repetitions from first through a date.
func (r rule) dates(first, through calendar.Date) []calendar.Date {
	var dates []calendar.Date
	last, _, _ := through.Civil()
	year, _, _ := first.Civil()
	for ; year <= last; year += r.interval {
		d, exists := r.in(year)
		if !exists || d < first {
			continue
		}
		if r.until != 0 && d > r.until || r.count > 0 && len(dates) == r.count {
			break
		}
		dates = append(dates, d)
	}
	return dates
}

// in is the rule's day in a year; a year may have no 29 February and a month
// no fifth Monday.
func (r rule) in(year int) (d calendar.Date, exists bool) {
	switch {
	case r.n > 0:
		d = calendar.NewDate(year, r.month, 1)
		d += calendar.Date((int(r.weekday)-int(d.Weekday())+7)%7 + 7*(r.n-1))
	case r.n < 0:
		d = calendar.NewDate(year, r.month+1, 0)
		d -= calendar.Date((int(d.Weekday())-int(r.weekday)+7)%7 - 7*(r.n+1))
	default:
		d = calendar.NewDate(year, r.month, r.day)
	}
	_, month, _ := d.Civil()
	return d, month == r.month
}

// parseRule reads the parts of an RRULE that a holiday needs and refuses the
// others, for a rule half understood gives wrong days.
func parseRule(text string, first calendar.Date) (rule, error) {
	r := rule{interval: 1}
	_, r.month, r.day = first.Civil()
	yearly, byMonth, byDay := false, false, false
	for part := range strings.SplitSeq(strings.ToUpper(text), ";") {
		key, value, _ := strings.Cut(part, "=")
		var err error
		switch key {
		case "FREQ":
			yearly = value == "YEARLY"
		case "INTERVAL":
			r.interval, err = number(value, 1, 1000)
		case "COUNT":
			r.count, err = number(value, 1, 10000)
		case "UNTIL":
			r.until, err = parseDay(value[:min(len(value), 8)])
		case "BYMONTH":
			var m int
			m, err = number(value, 1, 12)
			r.month, byMonth = time.Month(m), true
		case "BYMONTHDAY":
			r.day, err = number(value, 1, 31)
		case "BYDAY":
			r.n, r.weekday, err = ordinalDay(value)
			byDay = true
		case "WKST":
		default:
			err = fmt.Errorf("is not understood")
		}
		if err != nil {
			return rule{}, fmt.Errorf("%.40q: %w", part, err)
		}
	}
	if !yearly {
		return rule{}, fmt.Errorf("%.40q: only FREQ=YEARLY is understood", text)
	}
	if byDay && !byMonth {
		return rule{}, fmt.Errorf("%.40q: BYDAY needs BYMONTH", text)
	}
	return r, nil
}

func number(s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("expected a number from %d to %d", least, most)
	}
	return n, nil
}

// ordinalDay reads 4TH, the fourth Thursday, and -1MO, the last Monday.
func ordinalDay(s string) (int, time.Weekday, error) {
	if len(s) > 2 {
		at := slices.Index([]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}, s[len(s)-2:])
		n, err := strconv.Atoi(s[:len(s)-2])
		if at >= 0 && err == nil && n != 0 && n >= -5 && n <= 5 {
			return n, time.Weekday(at), nil
		}
	}
	return 0, 0, fmt.Errorf("expected one weekday of the month, as in 4TH or -1MO")
}
