package commitments

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kept/commitments/calendar"
)

// The steps in which people are told of a promise. The first four are the rungs of
// the ladder; owner-again may be followed by owner-again-2 and so on.
const (
	StepOwner      = "owner"
	StepOwnerAgain = "owner-again"
	StepBackup     = "backup"
	StepManager    = "manager"
	StepSecondMiss = "second-miss" // told at once, beside the ladder
	StepUpdate     = "update"      // the customer was promised word by today
	StepHandOver   = "hand-over"   // the account manager hears who owns the promise now
	StepNewOwner   = "new-owner"   // … and the new owner, what they must know
)

// Beside are the steps that tell of something beside the stage, and do not end with it.
var Beside = [...]string{StepSecondMiss, StepUpdate, StepHandOver, StepNewOwner}

// IsRung reports whether a step belongs to the ladder of a call card, after the card
// itself.
func IsRung(step string) bool {
	return step == StepBackup || step == StepManager || strings.HasPrefix(step, StepOwnerAgain)
}

// Place is somebody's place among those who are told, one after the other, when
// nobody calls the customer.
type Place int

// The places, in the order in which they are told.
const (
	PlaceOwner Place = iota
	PlaceBackup
	PlaceManager // the customer's account manager
	PlaceLead    // of the team: takes what nobody else can
)

func (p Place) String() string {
	return [...]string{"owner", "backup", "account manager", "team lead"}[p]
}

// Chain holds the people of one promise by their place; 0 where there is nobody.
type Chain [PlaceLead + 1]ID

// From lists who may take a step, the one meant first, then those who take it if that
// one is missing. Someone who owns the promise counts as missing for any other's step.
func (c *Chain) From(p Place) []ID {
	if p == PlaceOwner {
		return c[:1]
	}
	var takers []ID
	for _, id := range c[p:] {
		if id != 0 && id != c[PlaceOwner] && !slices.Contains(takers, id) {
			takers = append(takers, id)
		}
	}
	return takers
}

// Seat is the place somebody has from another on; that other if they have none.
func (c *Chain) Seat(from Place, id ID) Place {
	for p := from; p <= PlaceLead; p++ {
		if c[p] == id {
			return p
		}
	}
	return from
}

// Rung is one step of a ladder: who is told, and when, unless the customer was called
// before.
type Rung struct {
	Step  string
	Place Place
	At    Instant
}

// PlaceOf says whose step one is.
func PlaceOf(step string) Place {
	if clock := ClockOf(step); clock != "" {
		step = strings.TrimPrefix(step, clock+"-")
	}
	switch step {
	case StepBackup:
		return PlaceBackup
	case StepManager, StepSecondMiss, StepHandOver:
		return PlaceManager
	}
	return PlaceOwner
}

// Tries counts the calls, from one instant up to another, that reached nobody.
func (h *History) Tries(from, through Instant) (n int) {
	for _, b := range h.bends(from, through) {
		if b.kind == tried {
			n++
		}
	}
	return n
}

// bend is a fact that changes a ladder's timetable.
type bend struct {
	at    Instant
	kind  bendKind
	until Instant // of a snooze
}

// bendKind orders the bends of one instant.
type bendKind int

const (
	tried bendKind = iota
	snoozed
	acked
)

// bends are the facts, from one instant up to another, that change a timetable, in order.
func (h *History) bends(from, through Instant) []bend {
	var bends []bend
	add := func(b bend) {
		if b.at >= from && b.at <= through {
			bends = append(bends, b)
		}
	}
	for _, t := range h.Touches {
		if t.Outcome == NotReached {
			add(bend{at: t.At, kind: tried})
		}
	}
	for _, t := range h.Turns {
		switch t.Kind {
		case TurnAcked:
			add(bend{at: t.At, kind: acked})
		case TurnSnoozed:
			add(bend{at: t.At, kind: snoozed, until: t.Until})
		}
	}
	slices.SortStableFunc(bends, func(a, b bend) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind)) })
	return bends
}

// Ladder is the timetable of a call card that opened at an instant, by the facts known
// at another: the card itself, then who is told in working hours of the team until
// somebody calls. "I'm on it" stops its clock for a while. A try that reached nobody,
// and a snooze, begin it anew with the owner; rungs taken by then are not repeated.
// Later rungs come strictly later, none before the first opening after the card opened.
func (p *Promise) Ladder(opened, known Instant) []Rung {
	l := newLadder(p.Thresholds, p.TeamCalendar, opened)
	for _, b := range p.History.bends(opened, known) {
		switch b.kind {
		case acked:
			l.freeze(b.at)
		case tried:
			l.take(b.at)
			l.restart(b.at, hours(p.Thresholds.NotReached))
		case snoozed:
			if b.until > l.start {
				l.take(b.at)
				l.restart(p.TeamCalendar.NextOpening(b.until), 0)
			}
		}
	}
	l.take(endOfTime)
	return l.rungs
}

// endOfTime is later than anything.
const endOfTime = Instant(1<<63 - 1)

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

// ladder is a timetable in the making. Its clock runs in working hours from base.
type ladder struct {
	t      *Thresholds
	cal    *calendar.Calendar
	start  Instant      // the first opening after the card opened
	base   Instant      // when the clock began, or began anew
	frozen [][2]Instant // when it stood still since, in order, apart from each other
	left   []climb      // still to be taken, in order
	rungs  []Rung       // taken
	begun  int          // times the clock began
}

// climb is a rung not yet given its instant.
type climb struct {
	step  string
	place Place
	gap   time.Duration // after the rung before, in a ladder that nothing bends
	after time.Duration // on the clock
}

func newLadder(t *Thresholds, cal *calendar.Calendar, opened Instant) *ladder {
	start := cal.NextOpening(opened)
	l := &ladder{t: t, cal: cal, start: start, base: start, begun: 1, rungs: []Rung{{StepOwner, PlaceOwner, start}}}
	l.left = []climb{
		{step: StepOwnerAgain, place: PlaceOwner, after: hours(t.OwnerAgain)},
		{step: StepBackup, place: PlaceBackup, after: hours(t.Backup), gap: hours(t.Backup - t.OwnerAgain)},
		{step: StepManager, place: PlaceManager, after: hours(t.Manager), gap: hours(t.Manager - t.Backup)},
	}
	return l
}

// freeze stops the clock: somebody is on it.
func (l *ladder) freeze(at Instant) {
	until := l.cal.AddHours(at, hours(l.t.Ack))
	if last := len(l.frozen) - 1; last >= 0 && at <= l.frozen[last][1] {
		l.frozen[last][1] = max(l.frozen[last][1], until)
		return
	}
	l.frozen = append(l.frozen, [2]Instant{at, until})
}

// take gives the rungs that are due by an instant their own.
func (l *ladder) take(by Instant) {
	for len(l.left) > 0 {
		c := l.left[0]
		at := l.due(c.after)
		if at > by {
			return
		}
		l.rungs = append(l.rungs, Rung{c.step, c.place, at})
		l.left = l.left[1:]
	}
}

// due is when the clock shows a time.
func (l *ladder) due(after time.Duration) Instant {
	from := l.base
	for _, f := range l.frozen {
		if at := l.cal.AddHours(from, after); at <= f[0] {
			return at
		}
		after -= l.cal.HoursBetween(from, f[0])
		from = max(from, f[1])
	}
	return l.cal.AddHours(from, after)
}

// restart begins the clock anew: the owner again after a while, then whoever was still
// to be told, as far apart as ever. Whoever was on it has tried, or put it off.
func (l *ladder) restart(base Instant, first time.Duration) {
	l.base, l.frozen = max(base, l.start), nil
	l.begun++
	next := []climb{{step: StepOwnerAgain + "-" + strconv.Itoa(l.begun), place: PlaceOwner, after: first}}
	for _, c := range l.left {
		if c.place != PlaceOwner {
			c.after = next[len(next)-1].after + c.gap
			next = append(next, c)
		}
	}
	l.left = next
}

// climb notes the highest rung of the ladder that has come due since it was last
// looked at, and asks for a look when the next one does.
func (p *Promise) climb(r *Review, now Instant) {
	s := &r.Decision.State
	if s.Alerted != AtRisk {
		return
	}
	for _, rung := range p.Ladder(s.AlertedAt, now)[1:] {
		if rung.At > now {
			r.Next = calendar.Earliest(r.Next, rung.At)
			break
		}
		if rung.At > s.LadderedAt && (r.Rung.Step == "" || rung.Place >= r.Rung.Place) {
			r.Rung = rung
		}
	}
	if r.Rung.Step != "" {
		s.LadderedAt = now
	}
}

// Escalation is what is still to come, as of an instant, if nobody calls: the rest of
// the ladder of the call card that was open then or, if none was, of the one that opens
// next. card is when the open one opened, which tells of cards since closed; 0 = the
// one, if any, that is open to this day.
func (p *Promise) Escalation(at, card Instant) []Rung {
	f, made := p.History.AsOf(at, p.Calendar)
	if !made {
		return nil
	}
	s := p.stateAt(at)
	if card != 0 {
		s.Alerted, s.AlertedAt = AtRisk, card
	}
	look := Look(&f, s, p.Thresholds, p.Calendar, at)
	opened, open := look.Decision.State.AlertedAt, look.Decision.Opens == ""
	if look.Decision.State.Alerted == "" {
		opened, open = look.Decision.Next, false
	}
	if look.Stage != AtRisk || opened == 0 {
		return nil
	}
	rungs := p.Ladder(opened, at)
	if open {
		rungs = rungs[1:]
	}
	return slices.DeleteFunc(rungs, func(r Rung) bool { return r.At > f.DueAt || r.At < at || open && r.At == at })
}

// stateAt is what was remembered of the alerts at an instant, as far as that is known:
// an alert that opened later was not open.
func (p *Promise) stateAt(at Instant) AlertState {
	s := p.State
	if s.AlertedAt > at {
		s.Alerted, s.AlertedAt, s.LadderedAt = "", 0, 0
	}
	if s.RescueClockAt > at {
		s.RescueClockAt, s.RescueLadderedAt = 0, 0
	}
	return s
}
