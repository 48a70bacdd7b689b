package commitments

import (
	"cmp"
	"fmt"

	"kept/commitments/calendar"
)

// Promise is everything a transition may look at: the commitment, its history, and
// the rules it lives under.
type Promise struct {
	Commitment
	History      History
	Calendar     *calendar.Calendar
	TeamCalendar *calendar.Calendar // in whose hours the ladder is climbed
	Thresholds   *Thresholds
	Padding      []Source // where its padding rule may come from, in order
}

// Change is what a transition adds to a promise: facts, an event, and whether the
// alert now open has been dealt with. A transition changes nothing itself. Its JSON is
// what the event says, so that a fact added here is in the events too.
type Change struct {
	Event    string       `json:"-"` // past tense: "checked-in", "called"
	At       Instant      `json:"-"`
	By       ID           `json:"-"`
	CheckIn  *CheckIn     `json:"check_in,omitempty"`
	Touch    *Touch       `json:"touch,omitempty"`
	Date     *PromiseDate `json:"date,omitempty"`
	Turn     *Turn        `json:"turn,omitempty"`
	Survey   *Survey      `json:"survey,omitempty"`
	Rescue   *RescueStep  `json:"rescue,omitempty"`
	Rating   *Rating      `json:"rating,omitempty"`
	PlusOne  *PlusOne     `json:"plus_one,omitempty"`
	Accepted *Acceptance  `json:"accepted,omitempty"`
	Owner    *Ref         `json:"-"`                 // the next owner, with the turn that says so; the event tells of both
	Corrects Instant      `json:"corrects,omitzero"` // Turn is no new one: it says when the one of its kind recorded for then truly was

	Clears  func(open Stage) bool `json:"-"` // which open alert this deals with; nil for none
	Renews  bool                  `json:"-"` // whatever opens next is news again
	Padding string                `json:"-"` // with Date: what set its target
}

// Tells reports whether the change is something done, that whoever was told of the promise
// wants to hear of.
func (c *Change) Tells() bool {
	return c.Corrects == 0 && (c.CheckIn != nil || c.Touch != nil || c.Date != nil || c.Turn != nil || c.Rescue != nil || c.Accepted != nil)
}

// known refuses what happened before the promise was made, or after it was closed.
func (p *Promise) known(at Instant) error {
	if at < p.MadeAt {
		return Refused("at", fmt.Sprintf("that is before the promise was made, %s", p.MadeAt))
	}
	return nil
}

func (p *Promise) open(at Instant) error {
	switch {
	case p.DeliveredAt != 0:
		return Refused("", fmt.Sprintf("promise %d was delivered on %s; reopen it first", p.ID, p.Calendar.Today(p.DeliveredAt-1).Human()))
	case p.WithdrawnAt != 0:
		return Refused("", fmt.Sprintf("promise %d was withdrawn on %s; reopen it first", p.ID, p.Calendar.Today(p.WithdrawnAt).Human()))
	}
	return p.known(at)
}

// overtaken refuses to put a turn before the one that took its like back: it
// would change nothing.
func (p *Promise) overtaken(at Instant, back TurnKind) error {
	for _, t := range p.History.Turns {
		if t.Kind == back && t.At > at {
			return Refused("at", fmt.Sprintf("promise %d was %s later, on %s: say a time after that", p.ID, back, p.Calendar.Today(t.At).Human()))
		}
	}
	return nil
}

// CheckIn records the owner's answer.
func (p *Promise) CheckIn(at Instant, by ID, left Days, blocked, note string) (Change, error) {
	if err := p.open(at); err != nil {
		return Change{}, err
	}
	if left < 0 || left > maxWork {
		return Change{}, Invalid("left", "want 0 to 1000 working days")
	}
	return Change{
		Event: "checked-in", At: at, By: by,
		CheckIn: &CheckIn{At: at, By: by, WorkLeft: left, Blocked: blocked, Note: note},
	}, nil
}

// CallReport is what came of a call to the customer.
type CallReport struct {
	Outcome Outcome
	Date    DateReport // for NewDate
	DateBy  Date       // for Slipping
	Note    string
}

// DateReport is a new date agreed with the customer.
type DateReport struct {
	Promise     Date
	PromiseTime Clock
	Target      Date // 0 keeps the padding in days
	Why         string
	AskedBy     string // "us" or "customer"
	ToldBy      ID
}

// Call records a call about the promise and what it came to.
func (p *Promise) Call(at Instant, by ID, r CallReport) (Change, error) {
	if err := p.open(at); err != nil {
		return Change{}, err
	}
	c := Change{Event: "called", At: at, By: by}
	c.Touch = &Touch{At: at, By: by, Channel: "phone", Reached: r.Outcome != NotReached, Outcome: r.Outcome, Summary: r.Note}
	switch r.Outcome {
	case StillOn:
		c.Clears = func(open Stage) bool { return open == AtRisk }
		return c, p.mayConfirm(at)
	case Slipping:
		c.Clears = alarms
		c.Touch.DateBy = r.DateBy
		return c, p.mayOwe(at, r.DateBy)
	case NewDate:
		dated, err := p.NewDate(at, by, r.Date)
		c.Date, c.Clears, c.Renews, c.Padding = dated.Date, dated.Clears, dated.Renews, dated.Padding
		return c, err
	case NotReached:
		return c, nil
	}
	return Change{}, Invalid("outcome", fmt.Sprintf("%q is not an outcome: write still-on, new-date, slipping or not-reached", r.Outcome))
}

// alarms are the alerts that a reached call deals with; the check-in question is not one.
func alarms(open Stage) bool { return open == AtRisk || open == Overdue }

func (p *Promise) mayConfirm(at Instant) error {
	f, _ := p.History.AsOf(at, p.Calendar)
	switch {
	case f.Undated():
		return Refused("outcome", "there is no date to confirm yet: agree one with new-date")
	case at > f.DueAt:
		return Refused("outcome", fmt.Sprintf("the promise, %s, is already over: it cannot be still on; agree a new date, or say slipping", f.Promise.Human()))
	}
	return nil
}

func (p *Promise) mayOwe(at Instant, dateBy Date) error {
	switch {
	case dateBy == 0:
		return Invalid("date-by", "slipping needs the day by which we owe the customer a date: --date-by DATE")
	case dateBy < p.Calendar.Today(at):
		return Refused("date-by", fmt.Sprintf("%s is over: we owe the customer a date in time to come", dateBy.Human()))
	}
	return nil
}

// NewDate records a date agreed in the place of the last one, or the first of a
// promise that had none. It keeps the padding in days unless a target is given.
func (p *Promise) NewDate(at Instant, by ID, r DateReport) (Change, error) {
	if err := p.open(at); err != nil {
		return Change{}, err
	}
	if err := p.mayAgree(at, r); err != nil {
		return Change{}, err
	}
	target, padding, err := p.targetFor(at, r)
	if err != nil {
		return Change{}, err
	}
	d := PromiseDate{
		Place: len(p.History.Dates) + 1, Promise: r.Promise, PromiseTime: r.PromiseTime, Target: target,
		DueAt: DueAt(p.Calendar, r.Promise, r.PromiseTime), ToldAt: at, ToldBy: r.ToldBy, AskedBy: r.AskedBy, Why: r.Why,
	}
	return Change{
		Event: "new-date", At: at, By: by, Date: &d, Clears: alarms, Renews: true, Padding: padding,
	}, nil
}

// PlanNewDate is what a new date would come to: its target, the padding, and the days
// off between them. It is refused where NewDate is, but need not say why it moves.
func (p *Promise) PlanNewDate(at Instant, r DateReport) (Plan, error) {
	if err := p.open(at); err != nil {
		return Plan{}, err
	}
	if err := p.mayBe(at, r); err != nil {
		return Plan{}, err
	}
	target, why, err := p.targetFor(at, r)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Target: target, Promise: r.Promise, Why: why}
	plan.count(r.Target, r.Promise, p.Calendar)
	return plan, nil
}

func (p *Promise) mayAgree(at Instant, r DateReport) error {
	switch {
	case r.Promise == 0:
		return p.mayBe(at, r)
	case r.Why == "":
		return Invalid("why", "say why the date moves: --why TEXT")
	case r.AskedBy != "us" && r.AskedBy != "customer":
		return Invalid("asked-by", fmt.Sprintf("%q: write us or customer", r.AskedBy))
	}
	return p.mayBe(at, r)
}

// mayBe refuses a date that cannot be agreed on, whatever the reason.
func (p *Promise) mayBe(at Instant, r DateReport) error {
	switch {
	case r.Promise == 0:
		return Invalid("promise", "which date was agreed? --promise DATE")
	case DueAt(p.Calendar, r.Promise, r.PromiseTime) < at:
		return Refused("promise", fmt.Sprintf("%s is already over: a new date lies ahead", r.Promise.Human()))
	}
	for _, d := range p.History.Dates {
		if !p.History.madeWith(d) && d.ToldAt > at {
			return Refused("at", fmt.Sprintf("%s was agreed later, on %s: a date cannot be slipped in before it", d.Promise.Human(), p.Calendar.Today(d.ToldAt).Human()))
		}
	}
	if r.Promise == p.Promise && r.PromiseTime == p.PromiseTime {
		return Refused("promise", fmt.Sprintf("%s is the date the customer has already", r.Promise.Human()))
	}
	return nil
}

// targetFor is the target that goes with a new date, and what set it.
func (p *Promise) targetFor(at Instant, r DateReport) (target Date, why string, err error) {
	today := p.Calendar.Today(at)
	switch {
	case r.Target > r.Promise:
		return 0, "", Refused("target", fmt.Sprintf("%s is after the promise, %s", r.Target.Human(), r.Promise.Human()))
	case r.Target != 0:
		return r.Target, "both dates as typed", nil
	case p.Undated():
		rule, why, _, err := ResolveRule(Rule{}, p.Padding...)
		if err != nil {
			return 0, "", err
		}
		plan, err := PlanDates(today, 0, r.Promise, rule, why, p.Calendar)
		return plan.Target, plan.Why, err
	case p.Target == 0:
		return 0, "", nil
	}
	padding := p.Calendar.Workdays(p.Target, p.Promise)
	why = "kept from the date before"
	if padding == 0 {
		return r.Promise, why, nil
	}
	return min(r.Promise, max(today, within(p.Calendar, r.Promise, padding))), why, nil
}

// Deliver records that the promise was delivered, by our word.
func (p *Promise) Deliver(at Instant, by ID) (Change, error) {
	return p.close("delivered", TurnDelivered, at, by, "")
}

// Withdraw records that nothing is owed any more, and why.
func (p *Promise) Withdraw(at Instant, by ID, why string) (Change, error) {
	if why == "" {
		return Change{}, Invalid("why", "say why the promise is withdrawn: --why TEXT")
	}
	return p.close("withdrawn", TurnWithdrawn, at, by, why)
}

func (p *Promise) close(event string, kind TurnKind, at Instant, by ID, why string) (Change, error) {
	if err := p.open(at); err != nil {
		return Change{}, err
	}
	if err := p.overtaken(at, TurnReopened); err != nil {
		return Change{}, err
	}
	return Change{
		Event: event, At: at, By: by, Turn: &Turn{At: at, By: by, Kind: kind, Why: why},
		Clears: func(Stage) bool { return true },
	}, nil
}

// Reopen takes a delivery or withdrawal back. It starts a new episode.
func (p *Promise) Reopen(at Instant, by ID, why string) (Change, error) {
	switch closed := max(p.DeliveredAt, p.WithdrawnAt); {
	case closed == 0:
		return Change{}, Refused("", fmt.Sprintf("promise %d is open already", p.ID))
	case why == "":
		return Change{}, Invalid("why", "say why the promise is reopened: --why TEXT")
	case at < closed:
		return Change{}, Refused("at", fmt.Sprintf("that is before it was closed, %s", closed))
	}
	return Change{
		Event: "reopened", At: at, By: by, Turn: &Turn{At: at, By: by, Kind: TurnReopened, Why: why}, Renews: true,
	}, nil
}

// Wait records that we wait for the customer; the date they were told stays.
func (p *Promise) Wait(at Instant, by ID, what string) (Change, error) {
	if err := p.open(at); err != nil {
		return Change{}, err
	}
	switch {
	case what == "":
		return Change{}, Invalid("for", "say what we wait for: --for TEXT")
	case p.WaitingSince != 0:
		return Change{}, Refused("", fmt.Sprintf("promise %d waits already, for %s", p.ID, p.WaitingFor))
	}
	for _, back := range []TurnKind{TurnResumed, TurnReopened} { // what was closed in between did not wait any more
		if err := p.overtaken(at, back); err != nil {
			return Change{}, err
		}
	}
	return Change{Event: "waiting", At: at, By: by, Turn: &Turn{At: at, By: by, Kind: TurnWaiting, Why: what}}, nil
}

// Resume records that the wait is over.
func (p *Promise) Resume(at Instant, by ID) (Change, error) {
	if err := p.open(at); err != nil {
		return Change{}, err
	}
	if p.WaitingSince == 0 || at < p.WaitingSince {
		return Change{}, Refused("", fmt.Sprintf("promise %d did not wait for the customer then", p.ID))
	}
	return Change{Event: "resumed", At: at, By: by, Turn: &Turn{At: at, By: by, Kind: TurnResumed}}, nil
}

// Apply takes a change into the promise and says which alert it closes, if any.
// The next review is the earlier of the present one and the fact's own instant, so
// that no sweep, of whatever day, passes over it.
func (p *Promise) Apply(c Change) (closes Stage) {
	h := &p.History
	if c.Date != nil {
		if n := len(h.Dates); n > 0 {
			h.Dates[n-1].ReplacedAt = c.Date.ToldAt
		} else {
			p.FirstDate = c.Date.Promise
		}
		h.Dates = append(h.Dates, *c.Date)
		p.PaddingWhy = cmp.Or(c.Padding, p.PaddingWhy)
	}
	if c.CheckIn != nil {
		h.CheckIns = append(h.CheckIns, *c.CheckIn)
	}
	if c.Touch != nil {
		h.Touches = append(h.Touches, *c.Touch)
	}
	if c.Turn != nil {
		h.turn(*c.Turn, c.Corrects)
	}
	if c.Rating != nil {
		h.Ratings = append(h.Ratings, *c.Rating)
	}
	if a := c.Accepted; a != nil {
		h.Dates[a.Place-1].AcceptedAt, h.Dates[a.Place-1].AcceptedBy = a.At, a.By
	}
	if c.Owner != nil {
		p.Owner, p.State.UpdateTold = *c.Owner, 0 // whom nobody has asked for an update
	}
	if c.Rescue != nil {
		h.RescueSteps = append(h.RescueSteps, *c.Rescue)
	}
	was, last := p.Facts, h.LastFact()
	p.Facts, _ = h.AsOf(last, p.Calendar)
	if known := max(last, p.State.RescueClockAt, p.State.RescueLadderedAt); was.rescueAt(known).opened != p.Facts.rescueAt(known).opened {
		p.State.RescueClockAt, p.State.RescueLadderedAt = 0, 0 // they ran for another rescue
	}
	p.PaddingDays = padding(&p.Facts, p.Calendar)
	if p.dealtWith(c) {
		closes = p.State.Alerted
		p.State.settle()
	}
	if c.Renews {
		p.State.Settled, p.State.OldNews, p.State.AsksNothing = true, false, false
	}
	p.LastFact = max(p.LastFact, c.At)
	if c.Rating != nil {
		p.Rating = h.RatingAsOf(p.LastFact).Rating
	}
	p.NextReview = calendar.Earliest(p.NextReview, c.At)
	p.Version++
	return closes
}

// dealtWith reports whether a change, already folded in, deals with the alert that is
// open. A call recorded late, that was made before the alert opened, does so only if
// the alert would not have opened had the call been known: else the same fact would
// be told a second time.
func (p *Promise) dealtWith(c Change) bool {
	s := &p.State
	if c.Clears == nil || s.Alerted == "" || !c.Clears(s.Alerted) {
		return false
	}
	onlyCalled := c.Touch != nil && c.Date == nil
	return !onlyCalled || c.At >= s.AlertedAt || quietUntil(&p.Facts, s.Alerted, p.Thresholds, p.Calendar, s.AlertedAt) > s.AlertedAt
}
