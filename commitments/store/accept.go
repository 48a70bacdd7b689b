package store

import (
	"context"

	"kept/commitments"
)

// Accept is what the customer accepted, and who of them did.
type Accept struct {
	Date, Delivery bool   // neither: what was delivered, or the date if nothing was yet
	By             string // name of one of the customer's people; "" if that is not known
}

// Accept records that the customer accepted the date they have, or what was delivered.
func (s *Store) Accept(ctx context.Context, op Op, in Accept) (commitments.View, error) {
	who, err := clean("by", in.By, maxName, false)
	if err != nil {
		return commitments.View{}, err
	}
	if in.Date && in.Delivery {
		return commitments.View{}, commitments.Invalid("date", "what was accepted: --date or --delivery? Give one of them")
	}
	return s.change(ctx, op, commitments.ActAccept, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		if in.Delivery || !in.Date && p.DeliveredAt != 0 {
			return p.AcceptDelivery(at, op.By.ID, who)
		}
		return p.AcceptDate(at, op.By.ID, who)
	})
}
