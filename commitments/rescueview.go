package commitments

import (
	"cmp"
	"slices"
)

// RescueView is a rescue as it is shown. Its JSON is a contract: unknown is null.
type RescueView struct {
	Number      int     `json:"number"` // 1 is the promise's first
	OpenedAt    Instant `json:"opened_at"`
	OpenedBy    *string `json:"opened_by"` // null: a date was missed
	OwnedAt     Instant `json:"owned_at"`
	OwnedBy     *string `json:"owned_by"`
	CalledAt    Instant `json:"called_at"`
	MadeRightAt Instant `json:"made_right_at"`
	ClosedAt    Instant `json:"closed_at"`
	OwnBy       Instant `json:"own_by"` // when each clock not yet met runs out; null while it does not run
	CallBy      Instant `json:"call_by"`
	MakeRightBy Instant `json:"make_right_by"`
	Reason      *string `json:"reason"`
	Severity    *string `json:"severity"`
	What        *string `json:"what"`
	Cost        Money   `json:"cost"`
	WonBack     *bool   `json:"won_back"`
	Note        *string `json:"note"`

	Opener ID `json:"-"` // whose names OpenedBy and OwnedBy are to be
	Owner  ID `json:"-"`
}

// Open reports whether something is still owed to the customer.
func (r *RescueView) Open() bool { return r != nil && r.ClosedAt == 0 }

// View shows the rescue, with no clocks.
func (r *Rescue) View() *RescueView {
	return &RescueView{
		Number: r.Number, OpenedAt: r.OpenedAt.Second(), OwnedAt: r.OwnedAt.Second(), CalledAt: r.CalledAt.Second(), MadeRightAt: r.MadeRightAt.Second(), ClosedAt: r.ClosedAt.Second(),
		Reason: given(r.Reason), Severity: given(r.Severity), What: given(r.What), Cost: r.Cost, WonBack: r.WonBack, Note: given(r.Note),
		Opener: r.OpenedBy, Owner: r.OwnedBy,
	}
}

// RescueViews are all rescues of the promise as they stood at an instant, oldest first.
func (p *Promise) RescueViews(at Instant) []*RescueView {
	f, _ := p.History.AsOf(at, p.Calendar)
	var views []*RescueView
	for _, r := range p.History.Rescues(at) {
		views = append(views, r.View())
	}
	if n := len(views); n > 0 {
		views[n-1] = p.rescueView(&f, at)
	}
	return views
}

// rescueView is the newest rescue as it stood at an instant; nil if there was none.
func (p *Promise) rescueView(f *Facts, at Instant) *RescueView {
	all := p.History.Rescues(at)
	if len(all) == 0 {
		return nil
	}
	r := &all[len(all)-1]
	v := r.View()
	for _, d := range p.clocks(f, at) {
		*map[string]*Instant{ClockOwn: &v.OwnBy, ClockCall: &v.CallBy, ClockMakeRight: &v.MakeRightBy}[d.Clock] = d.At
	}
	return v
}

// Clocks are those of the open rescue that run at an instant, or have run out unmet.
func (p *Promise) Clocks(at Instant) []Deadline {
	f, _ := p.History.AsOf(at, p.Calendar)
	return p.clocks(&f, at)
}

func (p *Promise) clocks(f *Facts, at Instant) []Deadline {
	m, told := f.rescueAt(at), p.stateAt(at).RescueClockAt
	if !f.clocksRun(m) || told < m.opened {
		return nil
	}
	return p.deadlines(m, told)
}

// RescueSteps is what is still to come, as of an instant, if nobody does what an open
// rescue asks for. Where its owner was not told yet, that is taken to happen at once or,
// for a card that is held back, when it opens.
func (p *Promise) RescueSteps(at Instant) []Rung {
	f, made := p.History.AsOf(at, p.Calendar)
	m := f.rescueAt(at)
	if !made || !f.clocksRun(m) {
		return nil
	}
	look := p.Review(&f, at)
	told := cmp.Or(look.Decision.State.RescueClockAt, look.Decision.Next)
	if told == 0 {
		return nil
	}
	return slices.DeleteFunc(p.clockSteps(m, told), func(r Rung) bool { return r.At < at })
}
