package commitments

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"kept/commitments/calendar"
)

// zones to be wary of: half hours and quarters, half-hour summer time, summer time
// that begins or ends at midnight, a day that came twice for an hour (St John's
// until 2011) and one that never was (Apia 2011).
var zones = []string{
	"UTC", "Europe/Warsaw", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
	"America/St_Johns", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Pacific/Kiritimati", "America/Havana",
}

var weeks = []string{
	calendar.DefaultHours, "sun-thu 08:00-16:00", "mon-fri 09:00-12:30,13:30-17:30; sat 10:00-14:00",
	"wed 10:00-12:00", "mon-sun 00:00-24:00", "tue,fri 22:00-24:00",
}

// drawCalendar draws zone, week and days off, most of them around base.
func drawCalendar(t *rapid.T, base Date) *calendar.Calendar {
	s := calendar.Spec{Zone: rapid.SampledFrom(zones).Draw(t, "zone"), Hours: rapid.SampledFrom(weeks).Draw(t, "hours")}
	for _, n := range rapid.SliceOfN(rapid.IntRange(-40, 60), 0, 15).Draw(t, "days off") {
		s.Days = append(s.Days, calendar.Day{Date: base + Date(n), Name: "holiday", Works: n%5 == 0})
	}
	cal, err := calendar.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// drawBase draws a day, often near the turn of a clock.
func drawBase(t *rapid.T) Date {
	turns := []Date{
		day("2026-03-29"), day("2026-10-25"), day("2026-03-08"), day("2026-11-01"), day("2026-04-05"),
		day("2010-11-07"), day("2011-12-30"), day("2018-11-04"), day("2024-04-26"), day("2026-12-24"),
	}
	if rapid.Bool().Draw(t, "near a turn of the clock") {
		return rapid.SampledFrom(turns).Draw(t, "turn")
	}
	first, last := calendar.NewDate(2000, time.January, 1), calendar.NewDate(2190, time.January, 1)
	return rapid.Custom(func(t *rapid.T) Date { return Date(rapid.Int32Range(int32(first), int32(last)).Draw(t, "day")) }).Draw(t, "base")
}

// drawNear draws an instant within days of a date: borders of days and minutes
// beside them, or any microsecond.
func drawNear(t *rapid.T, cal *calendar.Calendar, base Date, from, to int, what string) Instant {
	d := base + Date(rapid.IntRange(from, to).Draw(t, what+" day"))
	at := cal.Start(d)
	switch rapid.IntRange(0, 3).Draw(t, what+" at") {
	case 0:
		return at + Instant(rapid.IntRange(-1, 1).Draw(t, what+" beside midnight"))
	case 1:
		return at.Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, what+" minute")) * time.Minute)
	}
	return at + Instant(rapid.Int64Range(0, 24*3600*1e6-1).Draw(t, what+" microsecond"))
}

// drawFacts draws facts that may be true together, all of them known before the
// last day of base's fortnight.
func drawFacts(t *rapid.T, cal *calendar.Calendar, base Date) Facts {
	f := Facts{MadeAt: drawNear(t, cal, base, -14, 0, "made"), PromiseTime: calendar.NoClock}
	maybe := func(what string) Instant {
		if !rapid.Bool().Draw(t, what+"?") {
			return 0
		}
		return max(f.MadeAt, drawNear(t, cal, base, -5, 10, what))
	}
	f.DateBy = base + Date(rapid.IntRange(0, 20).Draw(t, "date by"))
	f.DueAt = cal.End(f.DateBy)
	if rapid.IntRange(0, 4).Draw(t, "dated?") > 0 {
		drawDates(t, &f, cal, base)
		if f.SlippingAt = maybe("slipping"); f.SlippingAt == 0 {
			f.DateBy, f.StillOnAt = 0, maybe("still on")
		}
	}
	if f.WorkLeftAt = maybe("check-in"); f.WorkLeftAt != 0 {
		f.WorkLeft = Days(rapid.IntRange(0, 3000).Draw(t, "work left"))
		f.CheckedInAt = f.WorkLeftAt
		f.Blocked = rapid.SampledFrom([]string{"", "no steel"}).Draw(t, "blocked")
	}
	f.CalledAt = max(f.StillOnAt, f.SlippingAt, maybe("called"))
	f.NewDateAt = maybe("new date")
	f.WaitingSince = maybe("waiting")
	return f
}

func drawDates(t *rapid.T, f *Facts, cal *calendar.Calendar, base Date) {
	f.Promise = base + Date(rapid.IntRange(-3, 40).Draw(t, "promise"))
	if rapid.IntRange(0, 3).Draw(t, "timed?") == 0 {
		f.PromiseTime = Clock(rapid.IntRange(0, 24*60).Draw(t, "time"))
	}
	if rapid.IntRange(0, 3).Draw(t, "target?") > 0 {
		f.Target = f.Promise - Date(rapid.IntRange(0, 15).Draw(t, "padding"))
	}
	f.DueAt = DueAt(cal, f.Promise, f.PromiseTime)
}

// known is the newest instant among facts: the first at which all are known.
func (f *Facts) known() Instant {
	return max(f.MadeAt, f.WorkLeftAt, f.CheckedInAt, f.CalledAt, f.StillOnAt, f.SlippingAt, f.NewDateAt, f.WaitingSince)
}

func (a Assessment) String() string {
	return fmt.Sprintf("%s until %s:\n%s", a.Stage, a.Next, told(a))
}
