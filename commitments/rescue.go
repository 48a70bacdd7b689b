package commitments

import (
	"cmp"
	"slices"
)

// RescueAct names a step of a rescue.
type RescueAct string

// The steps of a rescue, in the order in which they are owed.
const (
	RescueOpened    RescueAct = "opened"
	RescueOwned     RescueAct = "owned"
	RescueCalled    RescueAct = "called"
	RescueMadeRight RescueAct = "made-right"
	RescueClosed    RescueAct = "closed"
)

// RescueReasons are why promises break, as reports count them.
var RescueReasons = [...]string{"estimate", "capacity", "supplier", "dependency", "quality", "scope", "customer", "miscommunication", "other"}

// Severities are how bad a let-down is for the customer.
var Severities = [...]string{"low", "medium", "high"}

// RescueStep is a step of a rescue as somebody recorded it.
type RescueStep struct {
	At       Instant   `db:"at" json:"at"`
	By       ID        `db:"by_id" json:"by"`
	Act      RescueAct `db:"step" json:"step"`
	Note     string    `db:"note" json:"note,omitempty"`
	Reason   string    `db:"reason" json:"reason,omitempty"`
	Severity string    `db:"severity" json:"severity,omitempty"`
	What     string    `db:"what" json:"what,omitempty"` // we gave to make it right
	Cost     Money     `db:"cost" json:"cost,omitzero"`  // of that
	WonBack  *bool     `db:"won_back" json:"won_back,omitempty"`
}

// Rescue is what was done after one let-down; an instant of 0 is a step not taken.
type Rescue struct {
	Number      int // 1 is the promise's first
	OpenedAt    Instant
	OpenedBy    ID // 0 for a missed date
	OwnedAt     Instant
	OwnedBy     ID
	CalledAt    Instant // the first call in it that reached the customer
	MadeRightAt Instant
	ClosedAt    Instant
	Note        string // of all these, the latest that was given
	Reason      string
	Severity    string
	What        string
	Cost        Money
	WonBack     *bool // nil while it is open, and where nobody knows
}

// Open reports whether something is still owed to the customer.
func (r *Rescue) Open() bool { return r.ClosedAt == 0 }

// Rescues are the rescues of the promise as known at an instant, oldest first. One is
// opened by a date that passes unkept, by a reopening after the date, and by a person;
// a miss ends the one that is open, not won back, and opens the next. A list that was
// imported opens none for what it says was missed before.
func (h *History) Rescues(at Instant) []Rescue {
	if !h.mayRescue(at) {
		return nil
	}
	f := rescueFold{oldBefore: h.OldBefore}
	for _, fact := range h.rescueFacts(at) {
		f.pass(fact.at)
		f.take(fact)
	}
	f.pass(at)
	return f.all
}

// mayRescue is false where there certainly is no rescue, as for most promises.
func (h *History) mayRescue(at Instant) bool {
	reopened := slices.ContainsFunc(h.Turns, func(t Turn) bool { return t.Kind == TurnReopened })
	return len(h.RescueSteps) > 0 ||
		slices.ContainsFunc(h.datesKnown(at), func(d PromiseDate) bool { return d.DueAt < at && (d.DueAt > h.OldBefore || reopened) })
}

// rescueFact is a fact of which rescues know: exactly one of its pointers is set.
type rescueFact struct {
	at    Instant
	date  *PromiseDate
	turn  *Turn
	touch *Touch
	step  *RescueStep
}

// rescueFacts are the facts of at most at, in order. Those of one instant come as
// dates, turns, calls, steps.
func (h *History) rescueFacts(at Instant) []rescueFact {
	var facts []rescueFact
	add := func(f rescueFact) {
		if f.at <= at {
			facts = append(facts, f)
		}
	}
	for i := range h.datesKnown(at) {
		d := &h.Dates[i]
		if h.madeWith(*d) {
			add(rescueFact{at: h.MadeAt, date: d})
		} else {
			add(rescueFact{at: d.ToldAt, date: d})
		}
	}
	for i := range h.Turns {
		add(rescueFact{at: h.Turns[i].At, turn: &h.Turns[i]})
	}
	for i := range h.Touches {
		if t := &h.Touches[i]; t.Reached && t.Outcome != "" {
			add(rescueFact{at: t.At, touch: t})
		}
	}
	for i := range h.RescueSteps {
		add(rescueFact{at: h.RescueSteps[i].At, step: &h.RescueSteps[i]})
	}
	slices.SortStableFunc(facts, func(a, b rescueFact) int { return cmp.Compare(a.at, b.at) })
	return facts
}

// rescueFold carries the rescues through a promise's facts.
type rescueFold struct {
	oldBefore Instant
	due       Instant // of the date last told; 0 = none
	told      Instant // when that was
	missed    bool    // it has passed already
	closed    bool    // the promise was delivered or withdrawn
	all       []Rescue
}

// pass lets time go by, up to an instant.
func (f *rescueFold) pass(at Instant) {
	if f.due == 0 || f.missed || f.closed || f.due >= at {
		return
	}
	f.missed = true
	if f.due > f.oldBefore {
		f.miss(max(f.due+1, f.told))
	}
}

func (f *rescueFold) miss(at Instant) {
	if r := f.open(); r != nil {
		r.ClosedAt, r.WonBack = at, verdict(false)
	}
	f.all = append(f.all, Rescue{Number: len(f.all) + 1, OpenedAt: at})
}

// open is the rescue that is open; nil if none is.
func (f *rescueFold) open() *Rescue {
	if n := len(f.all); n > 0 && f.all[n-1].Open() {
		return &f.all[n-1]
	}
	return nil
}

func (f *rescueFold) take(fact rescueFact) {
	switch {
	case fact.date != nil:
		f.due, f.told, f.missed = fact.date.DueAt, fact.at, false
		if fact.date.Place > 1 {
			f.open().reached(fact.at, fact.date.ToldBy)
		}
	case fact.turn != nil:
		f.turn(fact.turn)
	case fact.touch != nil:
		f.open().reached(fact.at, fact.touch.By)
	default:
		f.step(fact.step)
	}
}

func (f *rescueFold) turn(t *Turn) {
	switch t.Kind {
	case TurnDelivered, TurnWithdrawn:
		f.closed = true
	case TurnReopened:
		f.closed = false
		if f.due != 0 && f.due < t.At {
			f.missed = true
			f.miss(t.At)
		}
	}
}

func (f *rescueFold) step(s *RescueStep) {
	r := f.open()
	if s.Act == RescueOpened && r == nil {
		f.all = append(f.all, Rescue{Number: len(f.all) + 1, OpenedAt: s.At, OpenedBy: s.By})
		r = f.open()
	}
	if r == nil {
		return // a fact recorded later says that there was nothing to rescue
	}
	r.Note, r.Reason, r.Severity = cmp.Or(s.Note, r.Note), cmp.Or(s.Reason, r.Reason), cmp.Or(s.Severity, r.Severity)
	switch s.Act {
	case RescueOwned:
		r.owned(s.At, s.By)
	case RescueCalled:
		r.reached(s.At, s.By)
	case RescueMadeRight:
		r.owned(s.At, s.By)
		r.MadeRightAt = cmp.Or(r.MadeRightAt, s.At)
		r.What = cmp.Or(s.What, r.What)
		if s.Cost.Known {
			r.Cost = s.Cost
		}
	case RescueClosed:
		r.ClosedAt, r.WonBack = s.At, s.WonBack
	}
}

// owned notes who took the rescue on, if nobody had.
func (r *Rescue) owned(at Instant, by ID) {
	if r.OwnedAt == 0 {
		r.OwnedAt, r.OwnedBy = at, by
	}
}

// reached notes that the customer heard from us in a rescue, if one is open. Whoever
// calls owns it.
func (r *Rescue) reached(at Instant, by ID) {
	if r == nil {
		return
	}
	r.owned(at, by)
	r.CalledAt = cmp.Or(r.CalledAt, at)
}

// rescueMarks are the instants of the newest rescue; 0 is a step not taken.
type rescueMarks struct{ opened, owned, called, madeRight, closed Instant }

// rescueAt is the newest rescue at an instant: what the facts say and, beyond them,
// the miss that time alone brings.
func (f *Facts) rescueAt(now Instant) rescueMarks {
	if !f.Undated() && !f.Closed() && now > f.DueAt && f.DueAt > f.OldBefore && f.RescueOpenedAt <= f.DueAt {
		return rescueMarks{opened: f.DueAt + 1}
	}
	return rescueMarks{f.RescueOpenedAt, f.RescueOwnedAt, f.RescueCalledAt, f.RescueMadeRightAt, f.RescueClosedAt}
}

// open reports whether something is still owed to the customer.
func (m rescueMarks) open() bool { return m.opened != 0 && m.closed == 0 }

// owes is the step owed next: what the clocks are named after, or close.
func (m rescueMarks) owes() string {
	switch {
	case m.owned == 0:
		return ClockOwn
	case m.madeRight != 0:
		return "close"
	case m.called == 0:
		return ClockCall
	}
	return ClockMakeRight
}

// rescue takes in the newest rescue.
func (f *Facts) rescue(all []Rescue) {
	if len(all) == 0 {
		return
	}
	r := all[len(all)-1]
	f.RescueOpenedAt, f.RescueOwnedAt, f.RescueCalledAt = r.OpenedAt, r.OwnedAt, r.CalledAt
	f.RescueMadeRightAt, f.RescueClosedAt = r.MadeRightAt, r.ClosedAt
}
