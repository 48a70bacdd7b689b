package store

import (
	"context"
	"time"

	"kept/commitments"
)

// Report tells how the promises a person may see were kept over a span of days, in
// memory that does not grow with them.
func (s *Store) Report(ctx context.Context, by commitments.Actor, spec commitments.ReportSpec) (commitments.Report, error) {
	r, err := commitments.NewReporter(spec)
	if err != nil {
		return commitments.Report{}, err
	}
	err = s.read(ctx, func(t *tx) error {
		return t.pages(func(from, through ID) error { return t.reportPage(by, spec, from, through, r) })
	})
	return r.Report(), err
}

// reportSlack is how far from a day of the report the end of a promised day may be, in
// whatever zone.
const reportSlack = 48 * time.Hour

// reportPage takes the promises of a range of numbers that have a date in the span.
func (t *tx) reportPage(by commitments.Actor, spec commitments.ReportSpec, from, through ID, r *commitments.Reporter) error {
	ratings, err := t.ratings(spec.At, from, through)
	if err != nil {
		return err
	}
	where := `WHERE c.id BETWEEN ? AND ? AND c.made_at <= ? AND EXISTS
		(SELECT 1 FROM promise_dates d WHERE d.commitment_id = c.id AND d.due_at BETWEEN ? AND ?)`
	first, last := spec.Calendar.Start(spec.From).Add(-reportSlack), spec.Calendar.End(spec.To).Add(reportSlack)
	return t.each(by, spec.At, where, []any{from, through, spec.At, first, last}, func(row *row, p *commitments.Promise) {
		r.Take(commitments.Reported{Promise: p, Rating: ratings[p.ID], Lifetime: row.Lifetime})
	})
}

// ratings are the newest ratings known of a range of promises. One that a list brought,
// which does not say when it was given, is known from the beginning.
func (t *tx) ratings(at Instant, from, through ID) (map[ID]int, error) {
	var rows []struct {
		Commitment ID      `db:"commitment_id"`
		Rating     int     `db:"rating"`
		At         Instant `db:"at"`
		ID         ID      `db:"id"`
	}
	err := t.all(&rows, `SELECT commitment_id, rating, at, id FROM ratings WHERE commitment_id BETWEEN ? AND ? AND at <= ?
		UNION ALL SELECT c.id, c.rating, 0, 0 FROM commitments c WHERE c.id BETWEEN ? AND ? AND c.rating IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM ratings r WHERE r.commitment_id = c.id)
		ORDER BY 3, 4`, from, through, at, from, through)
	known := make(map[ID]int, len(rows))
	for _, r := range rows {
		known[r.Commitment] = r.Rating
	}
	return known, err
}
