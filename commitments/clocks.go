package commitments

import (
	"cmp"
	"slices"
	"strings"

	"kept/commitments/calendar"
)

// StepRescue tells the owner of a rescue of which no overdue card speaks.
const StepRescue = "rescue"

// The clocks of a rescue. A step that tells of one not met is its name with the place
// of who is told, as own-backup.
const (
	ClockOwn       = "own"
	ClockCall      = "call"
	ClockMakeRight = "make-right"
)

var clockNames = [...]string{ClockOwn, ClockCall, ClockMakeRight}

// met reports whether a clock was met. A later step meets the clocks of those before it.
func (m rescueMarks) met(clock string) bool {
	switch clock {
	case ClockOwn:
		return m.owned != 0
	case ClockCall:
		return m.called != 0 || m.madeRight != 0
	}
	return m.madeRight != 0
}

// ClockOf is the clock of which a step says that it was not met; "" for any other step.
func ClockOf(step string) string {
	clock := strings.TrimSuffix(strings.TrimSuffix(step, "-backup"), "-manager")
	if clock != step && slices.Contains(clockNames[:], clock) {
		return clock
	}
	return ""
}

// IsRescue reports whether a step tells of a rescue.
func IsRescue(step string) bool { return step == StepRescue || ClockOf(step) != "" }

// Deadline is when a clock of a rescue runs out, if nobody does what it asks for.
type Deadline struct {
	Clock string
	Hours int // working hours of the team, from the opening on or after the owner was told
	At    Instant
}

// deadlines are those of the clocks not yet met, in order, of a rescue whose owner was
// told at an instant.
func (p *Promise) deadlines(m rescueMarks, told Instant) []Deadline {
	t, start := p.Thresholds, p.TeamCalendar.NextOpening(told)
	var open []Deadline
	for i, h := range [...]int{t.RescueOwn, t.RescueCall, t.RescueMakeRight} {
		if clock := clockNames[i]; !m.met(clock) {
			open = append(open, Deadline{clock, h, p.TeamCalendar.AddHours(start, hours(h))})
		}
	}
	return open
}

// clockSteps are who is told of each of these clocks, and when: the backup when it runs
// out, the account manager after as long again.
func (p *Promise) clockSteps(m rescueMarks, told Instant) []Rung {
	start := p.TeamCalendar.NextOpening(told)
	var steps []Rung
	for _, d := range p.deadlines(m, told) {
		steps = append(steps, Rung{d.Clock + "-backup", PlaceBackup, d.At},
			Rung{d.Clock + "-manager", PlaceManager, p.TeamCalendar.AddHours(start, hours(2*d.Hours))})
	}
	slices.SortStableFunc(steps, func(a, b Rung) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Place, b.Place)) })
	return steps
}

// clocksRun reports whether the clocks of a rescue run: it is open, and what it is
// about was not delivered or withdrawn since.
func (f *Facts) clocksRun(m rescueMarks) bool {
	return m.open() && max(f.DeliveredAt, f.WithdrawnAt) < m.opened
}

// rescue lets the clocks of the open rescue run from the moment its owner is told, and
// notes the steps that have come due since it was last looked at: after a long gap, only
// the highest of them.
func (p *Promise) rescue(r *Review, f *Facts, now Instant) {
	s, m := &r.Decision.State, f.rescueAt(now)
	if !f.clocksRun(m) || s.OldNews && m.opened == f.DueAt+1 {
		s.RescueClockAt, s.RescueLadderedAt = 0, 0
		return
	}
	if s.RescueClockAt < m.opened && !p.startClocks(r, f, m, now) {
		return
	}
	for _, step := range p.clockSteps(m, s.RescueClockAt) {
		switch {
		case step.At > now:
			r.Next = calendar.Earliest(r.Next, step.At)
		case step.At > s.RescueLadderedAt:
			r.Clocks = highest(r.Clocks, step)
		}
	}
	if len(r.Clocks) > 0 {
		s.RescueLadderedAt = now
	}
}

// highest takes in a step later than, or as late as, those at hand: it takes their place,
// unless one of them went higher. Of the same instant all stay.
func highest(steps []Rung, next Rung) []Rung {
	switch {
	case len(steps) == 0 || steps[0].At == next.At:
		return append(steps, next)
	case slices.ContainsFunc(steps, func(s Rung) bool { return s.Place > next.Place }):
		return steps
	}
	return []Rung{next}
}

// startClocks begins the clocks once the owner knows: by the overdue card or, where
// that one says nothing of this rescue, by a card of its own. A miss whose overdue card
// is held back, because the customer was told that it slips, is held back with it.
func (p *Promise) startClocks(r *Review, f *Facts, m rescueMarks, now Instant) bool {
	s := &r.Decision.State
	s.RescueClockAt, s.RescueLadderedAt = now, 0
	switch {
	case r.Decision.Opens == Overdue, m.owned != 0:
	case s.Alerted == Overdue && s.AlertedAt >= m.opened:
		s.RescueClockAt = s.AlertedAt
	case m.opened == f.DueAt+1 && s.Alerted == "" && r.Decision.Next != 0:
		s.RescueClockAt = 0
		return false
	default:
		r.Rescued = true
	}
	return true
}

// RescueNews are the steps whose news of the newest rescue are still so at an instant,
// and the episode of its alerts.
func (f *Facts) RescueNews(at Instant) (steps []string, episode int) {
	m := f.rescueAt(at)
	if !f.clocksRun(m) {
		return nil, 0
	}
	for _, step := range RescueAlerts() {
		if clock := cmp.Or(ClockOf(step), ClockCall); !m.met(clock) {
			steps = append(steps, step)
		}
	}
	return steps, RescueEpisode(m.opened)
}

// RescueAlerts lists every step that tells of a rescue.
func RescueAlerts() []string {
	steps := []string{StepRescue}
	for _, clock := range clockNames {
		steps = append(steps, clock+"-backup", clock+"-manager")
	}
	return steps
}
