package commitments

import "fmt"

// PlusOne is a small extra given to a customer on purpose. None follows from anything
// else: a delivery out of its padding is no extra.
type PlusOne struct {
	ID        ID      `db:"id" json:"id"` // once it is recorded
	At        Instant `db:"at" json:"at"`
	By        ID      `db:"by_id" json:"by,omitzero"`
	What      string  `db:"what" json:"what"`
	Cost      Money   `db:"cost" json:"cost,omitzero"`
	NoticedAt Instant `db:"noticed_at" json:"noticed_at,omitzero"` // when we saw that they noticed; 0 = not known
}

// GivePlusOne records a small extra that went with the promise, before it was closed
// or after.
func (p *Promise) GivePlusOne(o PlusOne) (Change, error) {
	if err := p.known(o.At); err != nil {
		return Change{}, err
	}
	if o.What == "" {
		return Change{}, Invalid("what", "what was it? --what TEXT, as --what 'a map of their own route'")
	}
	return Change{Event: "plus-one", At: o.At, By: o.By, PlusOne: &o}, nil
}

// Noticed records that the customer noticed the last plus one they had of the promise.
func (p *Promise) Noticed(last PlusOne, at Instant, by ID) (Change, error) {
	switch {
	case last.ID == 0:
		return Change{}, Refused("noticed", fmt.Sprintf("promise %d had no plus one by then: --what TEXT records one", p.ID))
	case last.NoticedAt != 0:
		return Change{}, Refused("noticed", fmt.Sprintf("they noticed %q on %s already", last.What, p.Calendar.Today(last.NoticedAt).Human()))
	}
	last.NoticedAt = at
	return Change{Event: "plus-one-noticed", At: at, By: by, PlusOne: &last}, nil
}
