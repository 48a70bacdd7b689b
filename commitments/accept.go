package commitments

import "fmt"

// Acceptance is that the customer agreed to a date they were told.
type Acceptance struct {
	Place int     `json:"place"` // of the date
	At    Instant `json:"at"`
	By    string  `json:"-"` // who of their people, as typed; no event names them
}

// AcceptDate records that the customer agreed to the date they have; who is the name of
// who of them did, as far as it is known.
func (p *Promise) AcceptDate(at Instant, by ID, who string) (Change, error) {
	if err := p.known(at); err != nil {
		return Change{}, err
	}
	d := p.History.last()
	switch {
	case p.WithdrawnAt != 0:
		return Change{}, p.open(at)
	case d == nil:
		return Change{}, Refused("date", fmt.Sprintf("promise %d has no date yet that could be accepted: agree one with `kept new-date %d`", p.ID, p.ID))
	case d.AcceptedAt != 0:
		return Change{}, Refused("date", fmt.Sprintf("%s was accepted already, on %s", d.Promise.Human(), p.Calendar.Today(d.AcceptedAt).Human()))
	case !p.History.madeWith(*d) && at < d.ToldAt:
		return Change{}, Refused("at", fmt.Sprintf("%s was told later, on %s: it cannot have been accepted before", d.Promise.Human(), p.Calendar.Today(d.ToldAt).Human()))
	}
	return Change{Event: "date-accepted", At: at, By: by, Accepted: &Acceptance{Place: d.Place, At: at, By: who}}, nil
}

// AcceptDelivery records that the customer took what was delivered for good. That it was
// delivered is our word, this is theirs; to reopen the promise takes both back.
func (p *Promise) AcceptDelivery(at Instant, by ID, who string) (Change, error) {
	switch {
	case p.DeliveredAt == 0:
		return Change{}, Refused("delivery", fmt.Sprintf("promise %d is not delivered: record that first with `kept deliver %d`", p.ID, p.ID))
	case p.AcceptedAt != 0:
		return Change{}, Refused("delivery", fmt.Sprintf("what was delivered was accepted already, on %s", p.Calendar.Today(p.AcceptedAt).Human()))
	case at < p.DeliveredAt:
		return Change{}, Refused("at", fmt.Sprintf("that is before it was delivered, %s", p.DeliveredAt))
	}
	return Change{Event: "delivery-accepted", At: at, By: by, Turn: &Turn{At: at, By: by, Kind: TurnAccepted, Who: who}}, nil
}

// acceptedBy is who of the customer's people accepted what was delivered, as far as it
// is known at an instant.
func (h *History) acceptedBy(f *Facts) string {
	for _, t := range h.Turns {
		if t.Kind == TurnAccepted && t.At == f.AcceptedAt {
			return t.Who
		}
	}
	return ""
}
