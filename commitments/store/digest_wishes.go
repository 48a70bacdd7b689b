package store

import (
	"slices"
	"time"

	"kept/commitments"
)

// wishes reads what the customers ask for, and when they last had a plus one.
func (r *digestReader) wishes() error {
	if err := r.plusOnes(); err != nil {
		return err
	}
	if err := r.unheard(); err != nil {
		return err
	}
	at := r.facts.At
	asks, err := r.asks("k.at <= ? AND "+unanswered+" AND k.customer_id IN (SELECT cu.id FROM customers cu WHERE "+r.whose+")",
		slices.Concat([]any{at, at, at}, r.args)...)
	for _, k := range asks {
		r.facts.Asks = append(r.facts.Asks, &k.Ask)
	}
	return err
}

// unanswered are the asks (k) that may be open at an instant: of those that were
// promised only the ones whose promise was withdrawn, or has newer facts.
const unanswered = `NOT EXISTS (SELECT 1 FROM ask_answers w WHERE w.ask_id = k.id AND w.at <= ? AND (w.answer <> 'promised'
	OR EXISTS (SELECT 1 FROM commitments c WHERE c.id = w.commitment_id AND c.withdrawn_at IS NULL AND c.last_fact_at <= ?)))`

// plusOnes reads when customers with whom we have had to do for long had their last
// plus one. It asks for one row of each index at most, where there is one.
func (r *digestReader) plusOnes() error {
	at := r.facts.At
	long := at.Add(-commitments.QuietPlusOne * 24 * time.Hour)
	var rows []struct {
		ID   ID      `db:"id"`
		Last Instant `db:"last"`
	}
	const had = "EXISTS (SELECT 1 FROM commitments c WHERE c.customer_id = cu.id AND "
	err := r.all(&rows, `SELECT cu.id, (SELECT max(o.at) FROM plus_ones o WHERE o.customer_id = cu.id AND o.at <= ?) AS last FROM customers cu
		WHERE `+r.whose+` AND (cu.created_at <= ? OR `+had+isOpen+` AND c.made_at <= ?) OR `+had+isClosed+` AND c.made_at <= ?))
		AND (`+had+isOpen+` AND c.made_at <= ?) OR `+had+isClosed+` AND c.made_at <= ?
			AND (c.delivered_at IS NULL OR c.delivered_at > ?) AND (c.withdrawn_at IS NULL OR c.withdrawn_at > ?)))`,
		slices.Concat([]any{at}, r.args, []any{long, long, long, at, at, long, at})...)
	for _, c := range rows {
		if known := r.facts.Customers[c.ID]; known != nil {
			known.Regular, known.PlusOneAt = true, c.Last
		}
	}
	return err
}
