package holidays

import (
	"fmt"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/us"
	"pgregory.net/rapid"

	"kept/commitments/calendar"
)

// library is the business calendar of the library the seeds come from, the
// second opinion on working days.
func library(rules []*cal.Holiday) *cal.BusinessCalendar {
	c := cal.NewBusinessCalendar()
	c.AddHoliday(rules...)
	return c
}

func kept(t testing.TB, region string) *calendar.Calendar {
	t.Helper()
	days, err := Seed(region, 2000, 2060)
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(calendar.Spec{Region: region, Days: days})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func noon(d calendar.Date) time.Time {
	year, month, day := d.Civil()
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

func TestWorkdaysEqualTheLibrarys(t *testing.T) {
	for region, rules := range map[string][]*cal.Holiday{"US": us.Holidays, "DE": de.Holidays} {
		ours, theirs := kept(t, region), library(rules)
		rapid.Check(t, func(t *rapid.T) {
			first := calendar.NewDate(2005, time.January, 1)
			d := first + calendar.Date(rapid.IntRange(0, 18000).Draw(t, "day"))
			n := rapid.IntRange(-250, 250).Draw(t, "n")
			if got, want := ours.AddWorkdays(d, n), dateOf(theirs.WorkdaysFrom(noon(d), n)); got != want {
				t.Errorf("%s: %d working days from %v is %v, the library says %v", region, n, d, got, want)
			}
			through := d + calendar.Date(rapid.IntRange(1, 400).Draw(t, "span"))
			if got, want := ours.Workdays(d, through), theirs.WorkdaysInRange(noon(d+1), noon(through)); got != want {
				t.Errorf("%s: %d working days from %v to %v, the library says %d", region, got, d, through, want)
			}
		})
	}
}

func BenchmarkAddWorkdaysBesideLibrary(b *testing.B) {
	ours, theirs, cached := kept(b, "US"), library(us.Holidays), library(us.Holidays)
	cached.Cacheable = true
	d := calendar.NewDate(2026, time.November, 20)
	for _, n := range []int{1, 10, 250} {
		b.Run(fmt.Sprintf("kept/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ours.AddWorkdays(d, n)
			}
		})
		b.Run(fmt.Sprintf("library/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				theirs.WorkdaysFrom(noon(d), n)
			}
		})
		b.Run(fmt.Sprintf("cached/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cached.WorkdaysFrom(noon(d), n)
			}
		})
	}
}
