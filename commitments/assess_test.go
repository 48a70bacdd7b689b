package commitments

import (
	"strings"
	"testing"

	"kept/commitments/calendar"
)

type assessCase struct {
	name  string
	facts Facts
	at    string
	stage Stage
	why   string // a line for each reason: code, stage, text
}

func runAssess(t *testing.T, cal *calendar.Calendar, cases []assessCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name+" "+c.at, func(t *testing.T) {
			a := Assess(&c.facts, &DefaultThresholds, cal, on(cal, c.at))
			if a.Stage != c.stage {
				t.Errorf("stage %s, want %s", a.Stage, c.stage)
			}
			if why := told(a); why != c.why {
				t.Errorf("reasons:\n%s\nwant:\n%s", why, c.why)
			}
		})
	}
}

// told writes reasons as the tables below do.
func told(a Assessment) string {
	lines := make([]string, len(a.Reasons))
	for i, r := range a.Reasons {
		lines[i] = string(r.Code) + " | " + string(r.Stage) + " | " + r.Text
	}
	return strings.Join(lines, "\n")
}

// but is f with a change.
func but(f Facts, change func(*Facts)) Facts {
	change(&f)
	return f
}

// left is f with an answer of some days of work left.
func left(f Facts, days string, at Instant) Facts {
	work, err := ParseDays(days)
	if err != nil {
		panic(err)
	}
	f.WorkLeft, f.WorkLeftAt, f.CheckedInAt = work, at, at
	return f
}

const targetPassed = "target-passed | watch | the internal target, Fri 11 Dec 2026, has passed"

func TestAssessTargetAndPaddingBurn(t *testing.T) {
	cal := warsaw(t)
	f := december(cal)
	monday := on(cal, "2026-12-07 10:00")
	burn := func(stage Stage, words string) string {
		return "padding-burn | " + string(stage) + " | " + words + " (watch from 1/3, at risk from 2/3)"
	}
	runAssess(t, cal, []assessCase{
		{"target's last minute", f, "2026-12-11 23:59", OnTrack, ""},
		{"target's day has ended", f, "2026-12-12 00:00", Watch, targetPassed},
		{"a fifth is no third", f, "2026-12-14 23:59", Watch, targetPassed},
		{"two fifths are", f, "2026-12-15 00:00", Watch, burn(Watch, "2 of 5 padding days eaten by today") + "\n" + targetPassed},
		{"three fifths are not two thirds", f, "2026-12-16 23:59", Watch, burn(Watch, "3 of 5 padding days eaten by today") + "\n" + targetPassed},
		{"four fifths are", f, "2026-12-17 00:00", AtRisk, burn(AtRisk, "4 of 5 padding days eaten by today") + "\n" + targetPassed},
		{"finish eats one day", left(f, "5", monday), "2026-12-07 10:00", OnTrack, ""},
		{"fractions of a day count up", left(f, "5.01", monday), "2026-12-07 10:00", Watch,
			burn(Watch, "2 of 5 padding days eaten by the projected finish, Tue 15 Dec")},
		{"finish eats four", left(f, "8", monday), "2026-12-07 10:00", AtRisk,
			burn(AtRisk, "4 of 5 padding days eaten by the projected finish, Thu 17 Dec")},
		{"today is later than the finish", left(f, "5", monday), "2026-12-15 00:00", Watch,
			burn(Watch, "2 of 5 padding days eaten by today") + "\n" + targetPassed},
		{"nothing left, nothing eaten", left(f, "0", monday), "2026-12-11 23:59", OnTrack, ""},
		{"an answer of a day off counts from the next working day", left(f, "1", on(cal, "2026-12-12 12:00")), "2026-12-12 12:00", Watch, targetPassed},
	})
	none := but(f, func(f *Facts) { f.Target = 0 })
	zero := but(f, func(f *Facts) { f.Target = f.Promise })
	runAssess(t, cal, []assessCase{
		{"no target burns nothing", left(none, "9", monday), "2026-12-18 23:59", OnTrack, ""},
		{"padding 0 burns nothing", left(zero, "9", monday), "2026-12-18 23:59", OnTrack, ""},
		{"padding 0 on the promise's last instant", zero, "2026-12-19 00:00", Watch,
			"target-passed | watch | the internal target, Fri 18 Dec 2026, has passed"},
	})
	one := but(f, func(f *Facts) { f.Target = day("2026-12-17") })
	runAssess(t, cal, []assessCase{
		{"all of one day", one, "2026-12-18 00:00", AtRisk, burn(AtRisk, "1 of 1 padding day eaten by today") +
			"\ntarget-passed | watch | the internal target, Thu 17 Dec 2026, has passed"},
	})
}

func TestAssessPastPromise(t *testing.T) {
	cal := warsaw(t)
	f := but(december(cal), func(f *Facts) { f.Target = 0 })
	monday := on(cal, "2026-12-07 10:00")
	friday := on(cal, "2026-12-18 16:00")
	runAssess(t, cal, []assessCase{
		{"finish on the day", left(f, "9", monday), "2026-12-18 23:59", OnTrack, ""},
		{"finish a working day late", left(f, "9.5", monday), "2026-12-07 10:00", AtRisk,
			"past-promise | at-risk | projected finish Mon 21 Dec 2026 is after the promise, Fri 18 Dec 2026 (9.5 working days of work left on Mon 7 Dec)"},
		{"one day left on the last day", left(f, "1", friday), "2026-12-18 16:00", AtRisk,
			"past-promise | at-risk | projected finish Mon 21 Dec 2026 is after the promise, Fri 18 Dec 2026 (1 working day of work left on Fri 18 Dec)"},
		{"holidays are no working days", left(but(f, func(f *Facts) { f.Promise = day("2026-12-24"); f.DueAt = cal.End(f.Promise) }), "3", on(cal, "2026-12-21 10:00")), "2026-12-21 10:00", AtRisk,
			"past-promise | at-risk | projected finish Mon 28 Dec 2026 is after the promise, Thu 24 Dec 2026 (3 working days of work left on Mon 21 Dec)"},
		{"nothing left, not delivered, day not over", left(f, "0", friday), "2026-12-18 23:59", OnTrack, ""},
		{"nothing left, not delivered, day over", left(f, "0", friday), "2026-12-19 00:00", AtRisk,
			"past-promise | at-risk | projected finish was Fri 18 Dec 2026; it is not done, and the promise, Fri 18 Dec 2026, is over"},
	})
}

func TestAssessOverdue(t *testing.T) {
	cal := warsaw(t)
	f := but(december(cal), func(f *Facts) { f.Target = 0 })
	timed := but(f, func(f *Facts) { f.PromiseTime = 15 * 60; f.DueAt = on(cal, "2026-12-18 15:00") })
	saturday := but(f, func(f *Facts) { f.Promise = day("2026-12-19"); f.DueAt = cal.End(f.Promise) })
	over := "overdue | overdue | promised for Fri 18 Dec 2026, and that day is over"
	runAssess(t, cal, []assessCase{
		{"the day before", f, "2026-12-17 23:59", OnTrack, ""},
		{"due today is not overdue", f, "2026-12-18 23:59", OnTrack, ""},
		{"midnight at its end is the due instant", f, "2026-12-19 00:00", OnTrack, ""},
		{"a minute later", f, "2026-12-19 00:01", Overdue, over},
		{"promised time", timed, "2026-12-18 15:00", OnTrack, ""},
		{"a minute after the promised time", timed, "2026-12-18 15:01", Overdue,
			"overdue | overdue | promised for Fri 18 Dec 2026 15:00, and that has passed"},
		{"promised for a day off", saturday, "2026-12-19 23:59", OnTrack, ""},
		{"a minute after a day off", saturday, "2026-12-20 00:01", Overdue,
			"overdue | overdue | promised for Sat 19 Dec 2026, and that day is over"},
		{"delivered", but(f, func(f *Facts) { f.DeliveredAt = f.DueAt }), "2026-12-25 00:00", Delivered, ""},
		{"withdrawn", but(f, func(f *Facts) { f.WithdrawnAt = f.DueAt }), "2026-12-25 00:00", Withdrawn, ""},
	})
	micro := Assess(&f, &DefaultThresholds, cal, f.DueAt+1)
	if micro.Stage != Overdue || micro.Next != 0 {
		t.Errorf("a microsecond after due: %s, next %s; want overdue, never", micro.Stage, micro.Next)
	}
}

func TestAssessSilent(t *testing.T) {
	cal := warsaw(t)
	f := but(december(cal), func(f *Facts) { f.Target, f.WaitingFor, f.WaitingSince = 0, "", 0 })
	since := func(stage Stage, day string) string {
		return "silent | " + string(stage) + " | no word since " + day + ", 5 working days or more, and the promise is for Fri 18 Dec 2026"
	}
	far := but(f, func(f *Facts) { f.Promise = day("2027-01-29"); f.DueAt = cal.End(f.Promise) })
	checked := but(f, func(f *Facts) { f.CheckedInAt = on(cal, "2026-12-11 08:00") })
	called := but(f, func(f *Facts) { f.CalledAt = on(cal, "2026-12-03 08:00") })
	moved := but(f, func(f *Facts) { f.NewDateAt = on(cal, "2026-12-04 08:00") })
	runAssess(t, cal, []assessCase{
		{"four working days", f, "2026-12-06 23:59", OnTrack, ""},
		{"five working days", f, "2026-12-07 00:00", Watch, since(Watch, "Mon 30 Nov 2026")},
		{"two days before", f, "2026-12-16 23:59", Watch, since(Watch, "Mon 30 Nov 2026")},
		{"last working day before", f, "2026-12-17 00:00", AtRisk, since(AtRisk, "Mon 30 Nov 2026")},
		{"promise more than 10 working days away", far, "2027-01-14 23:59", OnTrack, ""},
		{"promise 10 working days away", far, "2027-01-15 00:00", Watch,
			"silent | watch | no word since Mon 30 Nov 2026, 5 working days or more, and the promise is for Fri 29 Jan 2027"},
		{"a check-in is word", checked, "2026-12-17 23:59", OnTrack, ""},
		{"five days after the check-in", checked, "2026-12-18 00:00", AtRisk, since(AtRisk, "Fri 11 Dec 2026")},
		{"a call is word", called, "2026-12-09 23:59", OnTrack, ""},
		{"five days after the call", called, "2026-12-10 00:00", Watch, since(Watch, "Thu 3 Dec 2026")},
		{"a new date is word", moved, "2026-12-10 23:59", OnTrack, ""},
		{"five days after the new date", moved, "2026-12-11 00:00", Watch, since(Watch, "Fri 4 Dec 2026")},
		{"waiting for the customer is no silence", but(f, func(f *Facts) { f.WaitingSince = f.MadeAt }), "2026-12-18 12:00", OnTrack, ""},
	})
}

func TestAssessBlocked(t *testing.T) {
	cal := warsaw(t)
	f := but(december(cal), func(f *Facts) { f.Blocked = "no steel" })
	none := but(f, func(f *Facts) { f.Target = 0 })
	zero := but(f, func(f *Facts) { f.Target = f.Promise })
	watch := "blocked | watch | blocked: no steel"
	near := func(what string) string {
		return "blocked | at-risk | blocked: no steel; and the " + what + ", is at most 2 working days away or past"
	}
	runAssess(t, cal, []assessCase{
		{"target three working days away", f, "2026-12-08 23:59", Watch, watch},
		{"target two working days away", f, "2026-12-09 00:00", AtRisk, near("target, Fri 11 Dec 2026")},
		{"target past", f, "2026-12-12 00:00", AtRisk, targetPassed + "\n" + near("target, Fri 11 Dec 2026")},
		{"no target, promise three days away", none, "2026-12-15 23:59", Watch, watch},
		{"no target, promise two days away", none, "2026-12-16 00:00", AtRisk, near("promise, Fri 18 Dec 2026")},
		{"padding 0, promise three days away", zero, "2026-12-15 23:59", Watch, watch},
		{"padding 0, promise two days away", zero, "2026-12-16 00:00", AtRisk, near("promise, Fri 18 Dec 2026")},
		{"undated", but(undated(cal), func(f *Facts) { f.Blocked = "no steel" }), "2026-12-08 12:00", Watch, watch},
	})
}

func TestAssessOwedDate(t *testing.T) {
	cal := warsaw(t)
	f := undated(cal)
	slipping := but(december(cal), func(f *Facts) {
		f.Target, f.DateBy = 0, day("2026-12-11")
		f.SlippingAt = on(cal, "2026-12-07 10:00")
		f.CalledAt = f.SlippingAt
	})
	soon := "no-date | watch | we owe the customer a date by Fri 11 Dec 2026, at most 2 working days away"
	late := "no-date | overdue | we owed the customer a date by Fri 11 Dec 2026 and have not given one"
	runAssess(t, cal, []assessCase{
		{"undated, three working days", f, "2026-12-08 23:59", OnTrack, ""},
		{"undated, two working days", f, "2026-12-09 00:00", Watch, soon},
		{"undated, the day itself", f, "2026-12-12 00:00", Watch, soon},
		{"undated, a minute later", f, "2026-12-12 00:01", Overdue,
			"overdue | overdue | the day by which we owed them a date, Fri 11 Dec 2026, is over\n" + late},
		{"undated work left measures against nothing", left(f, "40", f.MadeAt), "2026-12-08 23:59", OnTrack, ""},
		{"slipping, three working days", slipping, "2026-12-08 23:59", OnTrack, ""},
		{"slipping, two working days", slipping, "2026-12-09 00:00", Watch, soon},
		{"slipping, a minute after D", slipping, "2026-12-12 00:01", Overdue, late},
		{"slipping, both over", slipping, "2026-12-19 00:01", Overdue,
			"overdue | overdue | promised for Fri 18 Dec 2026, and that day is over\n" + late},
	})
}
