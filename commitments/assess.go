package commitments

import (
	"fmt"

	"kept/commitments/calendar"
)

// Code names a reason for a stage.
type Code string

// The reasons of the stage table, loudest first.
const (
	ReasonOverdue      Code = "overdue"
	ReasonNoDate       Code = "no-date"
	ReasonPastPromise  Code = "past-promise"
	ReasonPaddingBurn  Code = "padding-burn"
	ReasonTargetPassed Code = "target-passed"
	ReasonBlocked      Code = "blocked"
	ReasonSilent       Code = "silent"
)

// Reason says in words, with its arithmetic, why a promise is in a stage.
type Reason struct {
	Code  Code   `json:"code"`
	Text  string `json:"text"`
	Stage Stage  `json:"-"` // how far this reason alone raises the promise
}

// Assessment is what the rules make of a promise at one instant.
type Assessment struct {
	Stage   Stage
	Reasons []Reason // every one that holds, in the order of the codes above
	Next    Instant  // nothing above changes before then without a new fact; 0 = never
}

// Assess applies the risk rules to facts known at now, on the days of cal and in
// its zone. It is pure: as time alone passes the stage never falls, and neither
// the stage nor a word of the reasons changes before Next.
func Assess(f *Facts, t *Thresholds, cal *calendar.Calendar, now Instant) Assessment {
	switch {
	case f.DeliveredAt != 0:
		return Assessment{Stage: Delivered}
	case f.WithdrawnAt != 0:
		return Assessment{Stage: Withdrawn}
	}
	a := assessor{Facts: f, Thresholds: t, cal: cal, now: now, today: localDay(cal, now)}
	a.out.Stage = OnTrack
	a.overdue()
	a.noDate()
	a.pastPromise()
	a.paddingBurn()
	a.targetPassed()
	a.blocked()
	a.silent()
	if a.day != 0 {
		a.wake(cal.Start(a.day))
	}
	return a.out
}

// localDay is the last day that has begun in the zone of cal. Where clocks once
// went back over midnight, the day that had begun goes on: no day comes twice.
func localDay(cal *calendar.Calendar, now Instant) Date {
	today := cal.Today(now)
	if now >= cal.End(today) {
		today++
	}
	return today
}

type assessor struct {
	*Facts
	*Thresholds
	cal   *calendar.Calendar
	now   Instant
	today Date
	day   Date // the first day to come on which something changes
	out   Assessment
}

func (a *assessor) because(code Code, stage Stage, format string, args ...any) {
	a.out.Reasons = append(a.out.Reasons, Reason{code, fmt.Sprintf(format, args...), stage})
	if stage.Rank() > a.out.Stage.Rank() {
		a.out.Stage = stage
	}
}

// wake asks for another look at an instant, if it is still to come.
func (a *assessor) wake(at Instant) {
	if at > a.now && (a.out.Next == 0 || at < a.out.Next) {
		a.out.Next = at
	}
}

// from reports whether the local day d has come, and otherwise wakes when it does.
func (a *assessor) from(d Date) bool {
	if a.today >= d {
		return true
	}
	if a.day == 0 || d < a.day {
		a.day = d
	}
	return false
}

// after reports whether at has passed, and otherwise wakes when it has. An
// instant that is exactly the end of a day is still within it.
func (a *assessor) after(at Instant) bool {
	if a.now > at {
		return true
	}
	a.wake(at + 1)
	return false
}

// within is the first day from which at most n working days remain up to and
// including d.
func within(cal *calendar.Calendar, d Date, n int) Date {
	return cal.AddWorkdays(cal.PrevWorkday(d), -n)
}

// finish is the projected finish as the last answer alone gives it: the n-th
// working day after the local day of the answer.
func (a *assessor) finish() Date {
	return a.cal.AddWorkdays(a.cal.Today(a.WorkLeftAt), a.WorkLeft.Whole())
}

func (a *assessor) overdue() {
	switch {
	case !a.after(a.DueAt):
	case a.Undated():
		a.because(ReasonOverdue, Overdue, "the day by which we owed them a date, %s, is over", a.DateBy.Human())
	case a.PromiseTime >= 0:
		a.because(ReasonOverdue, Overdue, "promised for %s %s, and that has passed", a.Promise.Human(), a.PromiseTime)
	default:
		a.because(ReasonOverdue, Overdue, "promised for %s, and that day is over", a.Promise.Human())
	}
}

func (a *assessor) noDate() {
	if a.DateBy == 0 {
		return
	}
	switch {
	case a.after(a.cal.End(a.DateBy)):
		a.because(ReasonNoDate, Overdue, "we owed the customer a date by %s and have not given one", a.DateBy.Human())
	case a.from(within(a.cal, a.DateBy, a.NoDateWithin)):
		a.because(ReasonNoDate, Watch, "we owe the customer a date by %s, at most %s away", a.DateBy.Human(), count(a.NoDateWithin, "working day"))
	}
}

func (a *assessor) pastPromise() {
	if a.WorkLeftAt == 0 || a.Undated() {
		return
	}
	switch finish := a.finish(); {
	case finish > a.Promise:
		a.because(ReasonPastPromise, AtRisk, "projected finish %s is after the promise, %s (%s of work left on %s)",
			finish.Human(), a.Promise.Human(), workingDays(a.WorkLeft), a.cal.Today(a.WorkLeftAt).Short())
	case a.from(a.Promise + 1):
		a.because(ReasonPastPromise, AtRisk, "projected finish was %s; it is not done, and the promise, %s, is over", finish.Human(), a.Promise.Human())
	}
}

// paddingBurn compares the padding eaten by today, or by the projected finish if
// that is later, with the shares that worry us.
func (a *assessor) paddingBurn() {
	if a.Target == 0 || a.Undated() {
		return
	}
	padding := a.cal.Workdays(a.Target, a.Promise)
	if padding == 0 {
		return
	}
	burnt := min(a.cal.Workdays(a.Target, a.today), padding)
	var finish Date // the projected finish, if it is what eats the padding
	if a.WorkLeftAt != 0 {
		f := a.finish()
		if n := min(a.cal.Workdays(a.Target, f), padding); n >= burnt {
			burnt, finish = n, f
		}
	}
	if burnt < padding {
		a.from(a.cal.AddWorkdays(a.Target, burnt+1))
	}
	switch {
	case a.RiskBurn.reached(burnt, padding):
		a.burn(AtRisk, burnt, padding, finish)
	case a.WatchBurn.reached(burnt, padding):
		a.burn(Watch, burnt, padding, finish)
	}
}

func (a *assessor) burn(stage Stage, burnt, padding int, finish Date) {
	by := "today"
	if finish != 0 {
		by = "the projected finish, " + finish.Short()
	}
	a.because(ReasonPaddingBurn, stage, "%d of %s eaten by %s (watch from %s, at risk from %s)",
		burnt, count(padding, "padding day"), by, a.WatchBurn, a.RiskBurn)
}

func (a *assessor) targetPassed() {
	if a.Target != 0 && a.from(a.Target+1) {
		a.because(ReasonTargetPassed, Watch, "the internal target, %s, has passed", a.Target.Human())
	}
}

// blocked stands on the promise date where there is no target, or no padding to
// tell the two apart.
func (a *assessor) blocked() {
	if a.Blocked == "" {
		return
	}
	anchor, name := a.Target, "target"
	if a.Target == 0 || a.cal.Workdays(a.Target, a.Promise) == 0 {
		anchor, name = a.Promise, "promise"
	}
	if anchor != 0 && a.from(within(a.cal, anchor, a.BlockedWithin)) {
		a.because(ReasonBlocked, AtRisk, "blocked: %s; and the %s, %s, is at most %s away or past",
			a.Blocked, name, anchor.Human(), count(a.BlockedWithin, "working day"))
		return
	}
	a.because(ReasonBlocked, Watch, "blocked: %s", a.Blocked)
}

// silent holds while nobody has said anything for a while and the promise is near.
func (a *assessor) silent() {
	if a.Undated() || a.WaitingSince != 0 {
		return
	}
	heard := a.cal.Today(max(a.MadeAt, a.CheckedInAt, a.CalledAt, a.NewDateAt))
	quiet := a.cal.AddWorkdays(heard, a.SilentDays)
	if !a.from(max(quiet, within(a.cal, a.Promise, a.SilentWithin))) {
		return
	}
	stage := Watch
	if a.from(a.cal.AddWorkdays(a.Promise, -1)) {
		stage = AtRisk
	}
	a.because(ReasonSilent, stage, "no word since %s, %s or more, and the promise is for %s",
		heard.Human(), count(a.SilentDays, "working day"), a.Promise.Human())
}

// workingDays is an amount of work with its noun: "1 working day", "4.5 working days".
func workingDays(d Days) string {
	if d == 100 {
		return "1 working day"
	}
	return d.String() + " working days"
}
