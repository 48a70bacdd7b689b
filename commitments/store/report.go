package store

import (
	"context"
	"time"

	"kept/commitments"
)

// Report tells how the promises a person may see were kept over a span of days, in
// memory that does not grow with them.
func (s *Store) Report(ctx context.Context, by commitments.Actor, spec commitments.ReportSpec) (commitments.Report, error) {
	spec.Currency = s.settings.Currency
	r, err := commitments.NewReporter(spec)
	if err != nil {
		return commitments.Report{}, err
	}
	err = s.read(ctx, func(t *tx) error {
		err := t.pages("commitments", func(from, through ID) error { return t.reportPage(by, spec, from, through, r) })
		if err != nil {
			return err
		}
		return t.pages("customers", func(from, through ID) error { return t.reportContacts(by, spec.At, from, through, r) })
	})
	return r.Report(), err
}

// reportSlack is how far from a day of the report the end of a promised day may be, in
// whatever zone.
const reportSlack = 48 * time.Hour

// selectReported reads of commitments what a report needs: much less than selectRows.
const selectReported = `SELECT c.id, c.customer_id, cu.name AS customer, cu.calendar_id AS customer_calendar, cu.manager_id, cu.lifetime_value,
	c.owner_id, o.name AS owner, c.team_id, coalesce(te.name, '') AS team, c.kind_id, coalesce(k.name, '') AS kind,
	c.first_date_by, c.made_at, c.old_before
	FROM commitments c JOIN customers cu ON cu.id = c.customer_id JOIN people o ON o.id = c.owner_id
	LEFT JOIN teams te ON te.id = c.team_id LEFT JOIN kinds k ON k.id = c.kind_id `

// reportPage takes the promises of a range of numbers that have a date in the span, or may
// have had a rescue.
func (t *tx) reportPage(by commitments.Actor, spec commitments.ReportSpec, from, through ID, r *commitments.Reporter) error {
	first, last := spec.Calendar.Start(spec.From).Add(-reportSlack), spec.Calendar.End(spec.To).Add(reportSlack)
	var rows []row
	err := t.all(&rows, selectReported+`WHERE c.id BETWEEN ? AND ? AND c.made_at <= ? AND (c.rescue_opened_at >= ? OR EXISTS
		(SELECT 1 FROM promise_dates d WHERE d.commitment_id = c.id AND d.due_at BETWEEN ? AND ?)) ORDER BY c.id`, from, through, spec.At, first, first, last)
	if err != nil {
		return err
	}
	return t.eachOf(by, rows, func(row *row, p *commitments.Promise) {
		r.Take(commitments.Reported{Promise: p, Lifetime: row.Lifetime})
	})
}

// reportContacts takes all contacts with a range of customers.
func (t *tx) reportContacts(by commitments.Actor, at Instant, from, through ID, r *commitments.Reporter) error {
	b, err := t.book()
	if err != nil {
		return err
	}
	var rows []struct {
		Customer ID `db:"customer_id"`
		Calendar ID `db:"calendar_id"`
		Promise  ID `db:"commitment_id"`
		commitments.Subject
		commitments.Touch
	}
	err = t.all(&rows, `SELECT x.customer_id, cu.calendar_id, x.commitment_id, c.owner_id, c.team_id, cu.manager_id, x.at, x.channel, x.inbound, x.reached
		FROM touches x JOIN customers cu ON cu.id = x.customer_id LEFT JOIN commitments c ON c.id = x.commitment_id
		WHERE x.customer_id BETWEEN ? AND ? AND x.at <= ? AND EXISTS (SELECT 1 FROM touches y WHERE y.customer_id = x.customer_id AND y.inbound = 1)
		ORDER BY x.customer_id, x.id`, from, through, at)
	var contacts []commitments.Contact
	for i := range rows {
		row := &rows[i]
		hidden := row.Promise != 0 && !by.Sees(row.Subject)
		contacts = append(contacts, commitments.Contact{Touch: row.Touch, Hidden: hidden})
		if i == len(rows)-1 || rows[i+1].Customer != row.Customer {
			r.Contacts(contacts, b.calendarOf(row.Calendar, 0))
			contacts = contacts[:0]
		}
	}
	return err
}
