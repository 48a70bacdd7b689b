package store

import (
	"slices"

	"kept/commitments"
)

// EscalationView is who will be told next, and when, if nobody calls or does what a
// rescue asks for.
type EscalationView struct {
	Who  string  `json:"who"`
	For  *string `json:"for"` // who will be away then, and would be told
	As   string  `json:"as"`  // owner, backup, account manager or team lead
	At   Instant `json:"at"`
	Step string  `json:"step"`
}

// escalation is what is still to come at an instant if nobody does anything, but for
// what the alerts say was told already.
func (t *tx) escalation(p *commitments.Promise, alerts []AlertView, at Instant) ([]EscalationView, error) {
	views := []EscalationView{}
	b, err := t.book()
	if err != nil {
		return nil, err
	}
	for _, rung := range append(p.Escalation(at, callCard(alerts)), p.RescueSteps(at)...) {
		o := opening{p: p, step: rung.Step, place: rung.Place}
		if o.rung() && slices.ContainsFunc(alerts, func(a AlertView) bool { return a.Step == rung.Step && a.ClosedAt == 0 }) {
			continue
		}
		people, err := t.seats(b, []opening{o}, rung.At)
		if err != nil {
			return nil, err
		}
		if r := people.taker(&o); r != nil {
			views = append(views, EscalationView{r.Name, named(r.ForName), people.as(&o, r), rung.At, rung.Step})
		}
	}
	return views, nil
}

// callCard is when the call card that the alerts show as open was opened; 0 if none is.
func callCard(alerts []AlertView) (opened Instant) {
	for _, a := range alerts {
		if a.Stage == commitments.AtRisk && a.Step == commitments.StepOwner && a.ClosedAt == 0 {
			opened = a.At
		}
	}
	return opened
}

// recallRescue puts back when the owner was told of the rescue that was open at an
// instant, by the alerts of up to then: a promise remembers it of the newest rescue, and
// for as long as that one's clocks run.
func recallRescue(p *commitments.Promise, alerts []AlertView, at Instant) {
	all := p.History.Rescues(at)
	if len(all) == 0 {
		return
	}
	opened := all[len(all)-1].OpenedAt
	if told := p.State.RescueClockAt; told >= opened && told <= at {
		return
	}
	for _, a := range alerts {
		if a.At >= opened && (a.Step == commitments.StepRescue || a.Stage == commitments.Overdue && a.Step == commitments.StepOwner) {
			p.State.RescueClockAt = a.At
			return
		}
	}
}

// as says in which place somebody takes a step, for themselves or for who is away.
func (s *seats) as(o *opening, r *recipient) string {
	meant := r.ID
	if r.For != 0 {
		meant = r.For
	}
	chain := s.chains[o.p.ID]
	return chain.Seat(o.place, meant).String()
}
