package commitments

import (
	"slices"

	"kept/commitments/calendar"
)

// PromiseDate is a date the customer was told: the first, or one agreed in its place.
type PromiseDate struct {
	Place       int     `db:"place" json:"place"` // 1 is the first date
	Promise     Date    `db:"promise_date" json:"promise_date"`
	PromiseTime Clock   `db:"promise_time" json:"promise_time"`
	Target      Date    `db:"target_date" json:"target_date,omitzero"`
	DueAt       Instant `db:"due_at" json:"due_at"`
	ToldAt      Instant `db:"told_at" json:"told_at"`
	ToldBy      ID      `db:"told_by" json:"told_by,omitzero"`
	AskedBy     string  `db:"asked_by" json:"asked_by,omitempty"` // "us" or "customer"; "" for the first date
	Why         string  `db:"why" json:"why,omitempty"`
	ReplacedAt  Instant `db:"replaced_at" json:"replaced_at,omitzero"`
	AcceptedAt  Instant `db:"accepted_at" json:"accepted_at,omitzero"`
	AcceptedBy  string  `db:"accepted_by" json:"-"` // who of the customer's people, as typed: a name, and so not in events
}

// CheckIn is an owner's answer to "how many days of work are left?".
type CheckIn struct {
	At       Instant `db:"at" json:"at"`
	By       ID      `db:"by_id" json:"by"`
	WorkLeft Days    `db:"work_left" json:"left"`
	Blocked  string  `db:"blocked" json:"blocked,omitempty"`
	Note     string  `db:"note" json:"note,omitempty"`
}

// Outcome is what a call about a promise came to.
type Outcome string

// The four outcomes of a call, and the call of a rescue. Any other touch has none.
const (
	StillOn    Outcome = "still-on"
	NewDate    Outcome = "new-date"
	Slipping   Outcome = "slipping"
	NotReached Outcome = "not-reached"

	RescueCall Outcome = "rescue"
)

// Outcomes lists those of a call.
var Outcomes = [...]Outcome{StillOn, NewDate, Slipping, NotReached}

// Touch is one contact with a customer. A call is a touch with an outcome.
type Touch struct {
	At      Instant `db:"at" json:"at"`
	By      ID      `db:"by_id" json:"by"`
	Channel string  `db:"channel" json:"channel"`
	Inbound bool    `db:"inbound" json:"inbound"`
	Reached bool    `db:"reached" json:"reached"`
	Outcome Outcome `db:"outcome" json:"outcome,omitempty"`
	DateBy  Date    `db:"date_by" json:"date_by,omitzero"`
	Summary string  `db:"summary" json:"summary,omitempty"`
}

// TurnKind names a turn in a promise's life.
type TurnKind string

// The turns. Waiting and Resumed bracket the time spent waiting for the customer; Acked
// and Snoozed pause the ladder of a call card.
const (
	TurnDelivered TurnKind = "delivered"
	TurnWithdrawn TurnKind = "withdrawn"
	TurnReopened  TurnKind = "reopened"
	TurnWaiting   TurnKind = "waiting"
	TurnResumed   TurnKind = "resumed"
	TurnAcked     TurnKind = "acked"
	TurnSnoozed   TurnKind = "snoozed"

	TurnHandedOver TurnKind = "handed-over" // to another owner; why is the note for them
	TurnAccepted   TurnKind = "accepted"    // by the customer, what was delivered
)

// Turn is a change that is neither a date, a check-in nor a contact.
type Turn struct {
	At    Instant  `db:"at" json:"at"`
	By    ID       `db:"by_id" json:"by"`
	Kind  TurnKind `db:"turn" json:"turn"`
	Why   string   `db:"why" json:"why,omitempty"`
	Until Instant  `db:"until" json:"until,omitzero"` // of a snooze
	Who   string   `db:"who" json:"-"`                // accepted: who of the customer's people, as typed: a name, and so not in events
}

// History is every dated fact of one promise. What the promise looked like at any
// instant is folded from it; the stored row is the fold over all of it.
type History struct {
	MadeAt      Instant
	DateBy      Date    // the date-by it was made with
	OldBefore   Instant // dates missed up to then open no rescue: they are old news of a list that was imported
	Dates       []PromiseDate
	CheckIns    []CheckIn
	Touches     []Touch
	Turns       []Turn
	RescueSteps []RescueStep
	Ratings     []Rating
}

// instants gives the instant of every fact, in no order; 0 for what did not happen.
func (h *History) instants(yield func(Instant) bool) {
	more := yield(h.MadeAt)
	for i := 0; more && i < len(h.Dates); i++ {
		more = yield(h.Dates[i].ToldAt) && yield(h.Dates[i].AcceptedAt)
	}
	for i := 0; more && i < len(h.CheckIns); i++ {
		more = yield(h.CheckIns[i].At)
	}
	for i := 0; more && i < len(h.Touches); i++ {
		more = yield(h.Touches[i].At)
	}
	for i := 0; more && i < len(h.Turns); i++ {
		more = yield(h.Turns[i].At)
	}
	for i := 0; more && i < len(h.RescueSteps); i++ {
		more = yield(h.RescueSteps[i].At)
	}
	for i := 0; more && i < len(h.Ratings); i++ {
		more = yield(h.Ratings[i].At)
	}
}

// turn adds a turn, or says when the one of its kind at another instant truly was.
func (h *History) turn(t Turn, corrects Instant) {
	for i := range h.Turns {
		if was := &h.Turns[i]; corrects != 0 && was.Kind == t.Kind && was.At == corrects {
			was.At = t.At
			return
		}
	}
	h.Turns = append(h.Turns, t)
}

// LastFact is the newest instant in the history.
func (h *History) LastFact() Instant { return h.lastBy(endOfTime) }

// lastBy is the newest instant in the history of at most at.
func (h *History) lastBy(at Instant) (last Instant) {
	for i := range h.instants {
		if i <= at {
			last = max(last, i)
		}
	}
	return last
}

// Following is the first instant after at on which a fact of the history happened; 0 if none.
func (h *History) Following(at Instant) (next Instant) {
	for i := range h.instants {
		if i > at {
			next = calendar.Earliest(next, i)
		}
	}
	return next
}

// AsOf folds the facts known at an instant; later ones are not yet known. The
// date told first is known from the day made. Cal gives the zone in which a
// date-by ends. The second result is false while the promise is not yet made.
func (h *History) AsOf(at Instant, cal *calendar.Calendar) (Facts, bool) {
	f := Facts{MadeAt: h.MadeAt, DateBy: h.DateBy, PromiseTime: calendar.NoClock, OldBefore: h.OldBefore}
	if at < h.MadeAt {
		return f, false
	}
	for _, d := range h.datesKnown(at) {
		f.tell(d, !h.madeWith(d))
	}
	for _, c := range inOrder(h.CheckIns, at, func(c CheckIn) Instant { return c.At }) {
		f.WorkLeft, f.WorkLeftAt, f.CheckedInAt, f.Blocked = c.WorkLeft, c.At, c.At, c.Blocked
	}
	for _, t := range inOrder(h.Touches, at, func(t Touch) Instant { return t.At }) {
		f.touch(t)
	}
	for _, t := range inOrder(h.Turns, at, func(t Turn) Instant { return t.At }) {
		f.turn(t)
	}
	f.rescue(h.Rescues(h.lastBy(at)))
	if f.Undated() {
		f.DueAt = cal.End(f.DateBy)
	}
	return f, true
}

// last is the date as last agreed; nil if the customer has none.
func (h *History) last() *PromiseDate {
	if len(h.Dates) == 0 {
		return nil
	}
	return &h.Dates[len(h.Dates)-1]
}

// madeWith reports whether d is the date the promise was made with. It is known
// from the day made, whenever a list says the customer was told.
func (h *History) madeWith(d PromiseDate) bool { return d.Place == 1 && h.DateBy == 0 }

// DatesAsOf is every date told by an instant, without what happened to them later.
func (h *History) DatesAsOf(at Instant) []PromiseDate {
	dates := append([]PromiseDate{}, h.datesKnown(at)...)
	for i := range dates {
		if dates[i].ReplacedAt > at {
			dates[i].ReplacedAt = 0
		}
		if dates[i].AcceptedAt > at {
			dates[i].AcceptedAt, dates[i].AcceptedBy = 0, ""
		}
	}
	return dates
}

func (h *History) datesKnown(at Instant) []PromiseDate {
	n := 0
	for n < len(h.Dates) && (h.madeWith(h.Dates[n]) || h.Dates[n].ToldAt <= at) {
		n++
	}
	return h.Dates[:n:n]
}

// tell takes in a date; fresh tells a date agreed later from the one the promise was
// made with. The date it replaces is lost unless the customer asked for the move in time.
func (f *Facts) tell(d PromiseDate, fresh bool) {
	if fresh {
		f.NewDateAt, f.HeardAt = d.ToldAt, d.ToldAt
	}
	if !f.Undated() && (d.AskedBy != "customer" || d.ToldAt >= f.DueAt) {
		f.Lost++
	}
	f.Promise, f.PromiseTime, f.Target, f.DueAt, f.DateBy = d.Promise, d.PromiseTime, d.Target, d.DueAt, 0
}

// touch takes in a call. What was said before a newer date was told, or together
// with it, is history: it neither keeps a card quiet nor owes a date. A date that
// is on after all is owed no longer.
func (f *Facts) touch(t Touch) {
	if t.Heard() {
		f.HeardAt = max(f.HeardAt, t.At)
	}
	if !t.Reached || t.Outcome == "" {
		return
	}
	f.CalledAt, f.StillOnAt, f.SlippingAt = t.At, 0, 0
	if t.At <= f.NewDateAt {
		return
	}
	switch t.Outcome {
	case StillOn:
		f.StillOnAt = t.At
		if !f.Undated() {
			f.DateBy = 0
		}
	case Slipping:
		f.SlippingAt, f.DateBy = t.At, t.DateBy
	}
}

func (f *Facts) turn(t Turn) {
	switch t.Kind {
	case TurnDelivered:
		f.DeliveredAt = t.At
	case TurnWithdrawn:
		f.WithdrawnAt = t.At
	case TurnReopened:
		f.DeliveredAt, f.WithdrawnAt, f.AcceptedAt = 0, 0, 0
	case TurnAccepted:
		f.AcceptedAt = t.At
	case TurnHandedOver:
		f.HandedAt = t.At
	case TurnWaiting:
		f.WaitingFor, f.WaitingSince = t.Why, t.At
	case TurnResumed:
		f.WaitingFor, f.WaitingSince = "", 0
	}
}

// inOrder gives the facts of at most at, oldest first, those of one instant as recorded.
func inOrder[T any](facts []T, at Instant, when func(T) Instant) []T {
	known := make([]T, 0, len(facts))
	for _, f := range facts {
		if when(f) <= at {
			known = append(known, f)
		}
	}
	slices.SortStableFunc(known, func(a, b T) int { return int(min(1, max(-1, when(a)-when(b)))) })
	return known
}

// LastTold is the last thing the customer heard from us about this promise up to at:
// the date told, or a call that reached them.
func (h *History) LastTold(at Instant) Instant {
	told := Instant(0)
	for _, d := range h.Dates {
		if d.ToldAt <= at {
			told = max(told, d.ToldAt)
		}
	}
	for _, t := range h.Touches {
		if t.At <= at && t.Reached && t.Outcome != "" {
			told = max(told, t.At)
		}
	}
	return told
}
