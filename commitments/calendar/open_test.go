package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWorkingHours(t *testing.T) {
	c := mustNew(t, Spec{Zone: "Europe/Warsaw", Hours: "mon-fri 09:00-12:30,13:30-17:30", Days: []Day{
		{Date: date(t, "2026-12-24"), Name: "Wigilia"},
		{Date: date(t, "2026-12-12"), Name: "extra Saturday", Works: true},
	}})
	local := func(s string) Instant { return instant(t, s+"+01:00") }
	for _, row := range []struct {
		at, next string
		hours    time.Duration
		after    string
	}{
		{"2026-12-04T09:00:00", "2026-12-04T09:00:00", time.Hour, "2026-12-04T10:00:00"},
		{"2026-12-04T12:30:00", "2026-12-04T13:30:00", time.Hour, "2026-12-04T14:30:00"},
		{"2026-12-04T12:00:00", "2026-12-04T12:00:00", 4 * time.Hour, "2026-12-04T17:00:00"},
		{"2026-12-04T13:30:00", "2026-12-04T13:30:00", 4 * time.Hour, "2026-12-04T17:30:00"}, // the day's end, not the next morning
		{"2026-12-04T17:30:00", "2026-12-07T09:00:00", time.Hour, "2026-12-07T10:00:00"},
		{"2026-12-11T16:30:00", "2026-12-11T16:30:00", 2 * time.Hour, "2026-12-12T10:00:00"}, // hours of an extra Saturday
		{"2026-12-23T18:00:00", "2026-12-25T09:00:00", time.Minute, "2026-12-25T09:01:00"},
		{"2026-12-04T08:59:59", "2026-12-04T09:00:00", 0, "2026-12-04T08:59:59"},
	} {
		at := local(row.at)
		if got := c.NextOpening(at); got != local(row.next) {
			t.Errorf("next opening from %s is %v, want %s", row.at, got, row.next)
		}
		if open := c.IsOpen(at); open != (row.at == row.next) {
			t.Errorf("open at %s: %v", row.at, open)
		}
		if got := c.AddHours(at, row.hours); got != local(row.after) {
			t.Errorf("%v after %s is %v, want %s", row.hours, row.at, got, row.after)
		}
	}
	if got := c.HoursBetween(local("2026-12-04T12:00:00"), local("2026-12-07T10:00:00")); got != 5*time.Hour+30*time.Minute {
		t.Errorf("hours between = %v", got)
	}
	if got := c.HoursBetween(local("2026-12-07T11:00:00"), local("2026-12-07T10:00:00")); got != 0 {
		t.Errorf("back within a block: %v", got)
	}
	if got := c.HoursBetween(local("2026-12-07T10:00:00"), local("2026-12-04T12:00:00")); got != 0 {
		t.Errorf("hours backwards = %v", got)
	}
}

func TestWorkingHoursOnNightsOfClockChanges(t *testing.T) {
	night := mustNew(t, Spec{Zone: "America/New_York", Hours: "mon-sun 00:00-08:00"})
	for day, want := range map[string]time.Duration{
		"2026-03-07": 8 * time.Hour,
		"2026-03-08": 7 * time.Hour, // the clocks skip an hour
		"2026-11-01": 9 * time.Hour, // and give it back
	} {
		d := date(t, day)
		if got := night.HoursBetween(night.Start(d), night.End(d)); got != want {
			t.Errorf("%s has %v of work, want %v", day, got, want)
		}
	}
	skipped := mustNew(t, Spec{Zone: "America/New_York", Hours: "sun 02:00-03:00"})
	if got := skipped.NextOpening(instant(t, "2026-03-08T00:00:00Z")); got.String() != "2026-03-15T06:00:00Z" {
		t.Errorf("the skipped hour opens at %v", got)
	}
}

// openMinutes looks at one minute after another.
func openMinutes(c *Calendar, from, to Instant) (n int) {
	for i := from; i < to; i = i.Add(time.Minute) {
		today := c.Today(i)
		if !c.IsWorkday(today) {
			continue
		}
		for _, b := range c.blocks(today) {
			if c.At(today, b.From) <= i && i < c.At(today, b.To) {
				n++
			}
		}
	}
	return n
}

func TestHoursEqualLookingAtEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date(rapid.Int32Range(int32(NewDate(2025, 1, 1)), int32(NewDate(2027, 12, 31))).Draw(t, "d"))
		c, _ := anyCalendar(t, d)
		from := c.At(d, Clock(rapid.IntRange(0, 1439).Draw(t, "clock")))
		to := from.Add(time.Duration(rapid.IntRange(0, 2*1440).Draw(t, "minutes")) * time.Minute)
		want := time.Duration(openMinutes(c, from, to)) * time.Minute
		if got := c.HoursBetween(from, to); got != want {
			t.Errorf("HoursBetween(%v, %v) = %v, want %v", from, to, got, want)
		}
		if open := openMinutes(c, from, from.Add(time.Minute)) > 0; c.IsOpen(from) != open {
			t.Errorf("IsOpen(%v) = %v", from, !open)
		}
	})
}

func TestAddHoursIsTheFirstInstantByWhichTheyPassed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "d")
		c, _ := anyCalendar(t, d)
		i := c.At(d, 0).Add(time.Duration(rapid.Int64Range(0, 86400e6).Draw(t, "µs")) * time.Microsecond)
		hours := time.Duration(rapid.Int64Range(1, 200*3600e6).Draw(t, "hours")) * time.Microsecond
		end := c.AddHours(i, hours)
		if got := c.HoursBetween(i, end); got != hours {
			t.Errorf("between %v and %v lie %v, want %v", i, end, got, hours)
		}
		if got := c.HoursBetween(i, end-1); got >= hours {
			t.Errorf("%v had passed before %v", hours, end)
		}
		next := c.NextOpening(i)
		if !c.IsOpen(next) || c.HoursBetween(i, next) != 0 || next < i {
			t.Errorf("next opening from %v is %v", i, next)
		}
	})
}
