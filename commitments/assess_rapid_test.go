package commitments

import (
	"testing"

	"pgregory.net/rapid"

	"kept/commitments/calendar"
)

// drawPromise draws facts, their calendar, and an instant at which they are known.
func drawPromise(t *rapid.T) (Facts, *calendar.Calendar, Instant) {
	base := drawBase(t)
	cal := drawCalendar(t, base)
	f := drawFacts(t, cal, base)
	return f, cal, max(f.known(), drawNear(t, cal, base, -5, 60, "now"))
}

func assess(f Facts, cal *calendar.Calendar, now Instant) Assessment {
	return Assess(&f, &DefaultThresholds, cal, now)
}

const days400 = Instant(400 * 24 * 3600 * 1e6)

func TestAssessSaysTheSameUntilNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, cal, now := drawPromise(t)
		for looks := 0; ; looks++ {
			a := assess(f, cal, now)
			until := a.Next
			if until == 0 {
				until = now + days400
			}
			if until <= now || looks > 100 {
				t.Fatalf("look %d at %s: %v", looks, now, a)
			}
			for _, at := range []Instant{now + 1, until - 1, rapid.Custom(func(t *rapid.T) Instant {
				return Instant(rapid.Int64Range(int64(now), int64(until)-1).Draw(t, "at"))
			}).Draw(t, "between")} {
				if b := assess(f, cal, max(now, min(at, until-1))); b.Stage != a.Stage || told(b) != told(a) {
					t.Fatalf("at %s %v\nyet at %s %v", now, a, at, b)
				}
			}
			if a.Next == 0 {
				return
			}
			now = a.Next
		}
	})
}

func TestAssessOnlyRisesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, cal, now := drawPromise(t)
		a := assess(f, cal, now)
		later := now + Instant(rapid.Int64Range(0, int64(days400)/8).Draw(t, "later"))
		if b := assess(f, cal, later); b.Stage.Rank() < a.Stage.Rank() {
			t.Fatalf("at %s %v\nfell at %s %v", now, a, later, b)
		}
	})
}

func TestAssessMoreWorkIsNoBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, cal, now := drawPromise(t)
		f.WorkLeftAt = max(f.MadeAt, f.CheckedInAt)
		a := assess(f, cal, now)
		f.WorkLeft += Days(rapid.IntRange(0, 3000).Draw(t, "more"))
		if b := assess(f, cal, now); b.Stage.Rank() < a.Stage.Rank() {
			t.Fatalf("%v\nfell with more work left to %v", a, b)
		}
	})
}

func TestAssessDueTodayIsNotOverdueInAnyZone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := drawBase(t)
		cal := drawCalendar(t, base)
		f := Facts{MadeAt: cal.Start(base - 3), Promise: base, PromiseTime: calendar.NoClock, DueAt: DueAt(cal, base, calendar.NoClock)}
		from, to := cal.Start(base), cal.End(base)
		for _, at := range []Instant{from, to, from + Instant(rapid.Int64Range(0, int64(to-from)).Draw(t, "into the day"))} {
			if a := assess(f, cal, at); a.Stage == Overdue {
				t.Fatalf("due %s, and at %s already %v", base, at, a)
			}
		}
		if a := assess(f, cal, to+1); a.Stage != Overdue {
			t.Fatalf("due %s, and a microsecond after that day %v", base, a)
		}
	})
}

// On 7 November 2010 the clocks of St John's went from 00:01 back to 23:01 of the
// day before: what was so at midnight stays so through the hour that came twice.
func TestAssessTakesNoDayTwice(t *testing.T) {
	cal := newCalendar(t, calendar.Spec{Zone: "America/St_Johns"})
	f := Facts{MadeAt: cal.Start(day("2010-11-01")), Target: day("2010-11-06"), Promise: day("2010-11-15"), PromiseTime: calendar.NoClock, DueAt: cal.End(day("2010-11-15"))}
	f.WaitingSince = f.MadeAt
	midnight := cal.End(f.Target)
	for minutes := range 70 {
		at := midnight + Instant(minutes*60e6)
		if a := assess(f, cal, at); a.Stage != Watch || a.Next != cal.Start(day("2010-11-08")) {
			t.Fatalf("%d minutes after the target's day: %v", minutes, a)
		}
	}
	if a := assess(f, cal, midnight-1); a.Stage != OnTrack || a.Next != midnight {
		t.Errorf("a microsecond before: %v", a)
	}
}

func TestAssessEqualsTheRulesByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, cal, now := drawPromise(t)
		a := assess(f, cal, now)
		got := map[Code]Stage{}
		for _, r := range a.Reasons {
			got[r.Code] = r.Stage
		}
		want := byHand(&f, cal, now)
		stage := OnTrack
		for code, s := range want {
			if got[code] != s {
				t.Fatalf("at %s %v\nwant %s to say %s", now, a, code, s)
			}
			if s.Rank() > stage.Rank() {
				stage = s
			}
		}
		if len(got) != len(want) || a.Stage != stage {
			t.Fatalf("at %s %v\nwant %s, because of %v", now, a, stage, want)
		}
	})
}

// byHand applies the table of rules as it is written, counting days one by one.
func byHand(f *Facts, cal *calendar.Calendar, now Instant) map[Code]Stage {
	today, why := localDay(cal, now), map[Code]Stage{}
	graded := func(code Code, watch, risk bool) {
		if risk {
			why[code] = AtRisk
		} else if watch {
			why[code] = Watch
		}
	}
	if now > f.DueAt {
		why[ReasonOverdue] = Overdue
	}
	if f.DateBy != 0 {
		if graded(ReasonNoDate, countDays(cal, today, f.DateBy) <= 2, false); now > cal.End(f.DateBy) {
			why[ReasonNoDate] = Overdue
		}
	}
	finish := today
	if f.WorkLeftAt != 0 {
		finish = max(today, walk(cal, cal.Today(f.WorkLeftAt), f.WorkLeft))
	}
	padding := countDays(cal, f.Target, f.Promise)
	dated, padded := f.Promise != 0, f.Promise != 0 && f.Target != 0 && padding > 0
	if dated && f.WorkLeftAt != 0 {
		graded(ReasonPastPromise, false, finish > f.Promise)
	}
	if padded {
		burnt := countDays(cal, f.Target, finish)
		graded(ReasonPaddingBurn, 3*burnt >= padding, 3*burnt >= 2*padding)
	}
	graded(ReasonTargetPassed, f.Target != 0 && today > f.Target, false)
	if f.Blocked != "" {
		near := f.Promise
		if padded {
			near = f.Target
		}
		graded(ReasonBlocked, true, near != 0 && countDays(cal, today, near) <= 2)
	}
	if dated && f.WaitingSince == 0 {
		heard := cal.Today(max(f.MadeAt, f.CheckedInAt, f.CalledAt, f.NewDateAt))
		quiet := countDays(cal, heard, today) >= 5 && countDays(cal, today, f.Promise) <= 10
		graded(ReasonSilent, quiet, quiet && today >= workdayBefore(cal, f.Promise))
	}
	return why
}

// countDays counts the working days after one day, up to and including another.
func countDays(cal *calendar.Calendar, after, through Date) (n int) {
	if after == 0 {
		return 0
	}
	for d := after + 1; d <= through; d++ {
		if cal.IsWorkday(d) {
			n++
		}
	}
	return n
}

// walk goes on by as many working days as work takes, a part of a day being a day.
func walk(cal *calendar.Calendar, d Date, work Days) Date {
	for work > 0 {
		if d++; cal.IsWorkday(d) {
			work -= 100
		}
	}
	return d
}

func workdayBefore(cal *calendar.Calendar, d Date) Date {
	for d--; !cal.IsWorkday(d); d-- {
	}
	return d
}
