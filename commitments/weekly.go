package commitments

import (
	"fmt"
	"strings"
	"time"

	"kept/commitments/calendar"
)

// Weekly is a moment of every week in some zone: "mon 09:00".
type Weekly struct {
	Day  time.Weekday
	Time Clock
}

// ParseWeekly reads a weekday, short or long, and a time of day: "mon 09:00".
func ParseWeekly(s string) (Weekly, error) {
	bad := fmt.Errorf("%q is not a time of the week: write it as mon 09:00", s)
	day, clock, ok := strings.Cut(strings.ToLower(strings.TrimSpace(s)), " ")
	if !ok || len(day) < 3 {
		return Weekly{}, bad
	}
	at, err := calendar.ParseClock(strings.TrimSpace(clock))
	if err != nil || at == 24*60 {
		return Weekly{}, bad
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); day == name || day == name[:3] {
			return Weekly{d, at}, nil
		}
	}
	return Weekly{}, bad
}

// String is the form ParseWeekly reads: "mon 09:00".
func (w Weekly) String() string {
	return strings.ToLower(w.Day.String()[:3]) + " " + w.Time.String()
}

// After is the first such moment later than an instant, in the calendar's zone. On a
// day on which the clocks jump over the time it is the first moment after the gap;
// there is exactly one each week.
func (w Weekly) After(at Instant, cal *calendar.Calendar) Instant {
	day := cal.Today(at)
	day += Date((int(w.Day) - int(day.Weekday()) + 7) % 7)
	if next := cal.At(day, w.Time); next > at {
		return next
	}
	return cal.At(day+7, w.Time)
}
