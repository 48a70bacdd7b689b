package commitments

import (
	"testing"
	"time"

	"kept/commitments/calendar"
)

func TestParseWeekly(t *testing.T) {
	for typed, want := range map[string]string{
		"mon 09:00": "mon 09:00", " Monday 09:00 ": "mon 09:00", "SUN 00:00": "sun 00:00", "wed 23:59": "wed 23:59",
	} {
		w, err := ParseWeekly(typed)
		if err != nil || w.String() != want {
			t.Errorf("%q: got %s, %v; want %s", typed, w, err, want)
		}
	}
	for _, typed := range []string{"", "mon", "09:00", "mo 09:00", "mond 09:00", "mon 9:00", "mon 24:00", "mon 09:00 10:00", "every day 09:00"} {
		if w, err := ParseWeekly(typed); err == nil {
			t.Errorf("%q was taken for %s", typed, w)
		}
	}
}

// Over seven years, in zones whose clocks change at every hour there is, each local
// week has exactly one digest time, and it falls on the right local day.
func TestF63_OneDigestTimeALocalWeek(t *testing.T) {
	zones := []string{
		"UTC", "Europe/Warsaw", "Europe/London", "America/New_York", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "America/Havana",
		"Atlantic/Azores", "Australia/Lord_Howe", "America/Nuuk", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca",
	}
	for _, zone := range zones {
		cal, err := calendar.New(calendar.Spec{Name: zone, Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		for _, clock := range []Clock{0, 30, 90, 150, 9 * 60, 23*60 + 59} {
			for day := time.Sunday; day <= time.Saturday; day++ {
				oneAWeek(t, cal, Weekly{day, clock})
			}
		}
	}
}

func oneAWeek(t *testing.T, cal *calendar.Calendar, w Weekly) {
	t.Helper()
	first := calendar.NewDate(2024, time.January, 1)
	at, weeks := cal.Start(first)-1, 0
	for at = w.After(at, cal); cal.Today(at) < calendar.NewDate(2031, time.January, 6); at = w.After(at, cal) {
		weeks++
		day := cal.Today(at)
		if day.Weekday() != w.Day && at == cal.Start(day) {
			day-- // the clocks jumped from before the time over midnight, as Nuuk's do on a Saturday
		}
		if day.Weekday() != w.Day || int(day-first)/7 != weeks-1 {
			t.Fatalf("%s, %s: week %d has %s", cal.Zone(), w, weeks, day.Human())
		}
		if again := w.After(at-1, cal); again != at {
			t.Fatalf("%s, %s: %s and %s are both the first after the same instant", cal.Zone(), w, at, again)
		}
	}
	if weeks != 366 {
		t.Fatalf("%s, %s: %d weeks", cal.Zone(), w, weeks)
	}
}
