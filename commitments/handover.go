package commitments

import "fmt"

// HandOver gives the promise to another owner, with a note for them. What the old owner
// was told is dealt with; the new one is told anew.
func (p *Promise) HandOver(at Instant, by ID, to Ref, note string) (Change, error) {
	switch {
	case note == "":
		return Change{}, Invalid("note", "is required: what must the next owner know?")
	case p.Closed():
		return Change{}, Refused("", fmt.Sprintf("promise %d is closed: there is nothing to hand over", p.ID))
	case to.ID == p.Owner.ID:
		return Change{}, Refused("to", fmt.Sprintf("%s owns promise %d already", p.Owner.Name, p.ID))
	}
	if err := p.known(at); err != nil {
		return Change{}, err
	}
	return Change{
		Event: "handed-over", At: at, By: by,
		Turn: &Turn{At: at, By: by, Kind: TurnHandedOver, Why: note}, Owner: &to,
		Clears: func(Stage) bool { return true }, Renews: true,
	}, nil
}

// handOver notes that a new owner, and the account manager, must hear of a hand-over.
func (r *Review) handOver(f *Facts) {
	s := &r.Decision.State
	if f.HandedAt <= s.HandedTold {
		return
	}
	s.HandedTold, r.Handed = f.HandedAt, !f.Closed()
}
