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
	listed, err := t.listed(from, through)
	if err != nil {
		return err
	}
	where := `WHERE c.id BETWEEN ? AND ? AND c.made_at <= ? AND EXISTS
		(SELECT 1 FROM promise_dates d WHERE d.commitment_id = c.id AND d.due_at BETWEEN ? AND ?)`
	first, last := spec.Calendar.Start(spec.From).Add(-reportSlack), spec.Calendar.End(spec.To).Add(reportSlack)
	return t.each(by, spec.At, where, []any{from, through, spec.At, first, last}, func(row *row, p *commitments.Promise) {
		r.Take(commitments.Reported{Promise: p, Listed: listed[p.ID], Lifetime: row.Lifetime})
	})
}

// listed are the ratings of a range of promises that a list brought, which does not say
// when they were given: those of promises without any other.
func (t *tx) listed(from, through ID) (map[ID]int, error) {
	var rows []struct {
		ID     ID  `db:"id"`
		Rating int `db:"rating"`
	}
	err := t.all(&rows, `SELECT c.id, c.rating FROM commitments c
		WHERE c.id BETWEEN ? AND ? AND c.rating IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ratings r WHERE r.commitment_id = c.id)`, from, through)
	known := make(map[ID]int, len(rows))
	for _, r := range rows {
		known[r.ID] = r.Rating
	}
	return known, err
}
