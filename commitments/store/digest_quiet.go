package store

import (
	"slices"
	"time"

	"kept/commitments"
)

// calm names the promises that were not read of the customers who seem quiet.
func (r *digestReader) calm() error {
	at := r.facts.At
	var quiet []ID
	for id, c := range r.facts.Customers {
		if c.Calm > 0 && c.SeemsQuiet(at) {
			quiet = append(quiet, id)
		}
	}
	if len(quiet) == 0 {
		return nil
	}
	read := make(map[ID]bool, len(r.facts.Promises))
	for _, p := range r.facts.Promises {
		read[p.ID] = true
	}
	var calm []struct {
		Customer ID `db:"customer_id"`
		commitments.QuietPromise
	}
	err := r.all(&calm, "SELECT c.id, c.customer_id, c.title FROM commitments c WHERE c.customer_id IN "+r.s.d.ids+" AND "+isOpen+" AND c.last_fact_at <= ?", idList(quiet), at)
	for _, p := range calm {
		if c := r.facts.Customers[p.Customer]; !read[p.ID] {
			c.Calmly = append(c.Calmly, p.QuietPromise)
		}
	}
	return err
}

// answerWithin is how far back a digest looks for what nobody has answered.
const answerWithin = 60 * 24 * time.Hour

// unheard finds since when customers wait for an answer of ours: the first time they
// came to us after they last heard from us.
func (r *digestReader) unheard() error {
	at := r.facts.At
	from := at.Add(-answerWithin)
	var rows []struct {
		Customer ID `db:"customer_id"`
		commitments.Touch
	}
	err := r.all(&rows, `SELECT x.customer_id, x.at, x.channel, x.inbound, x.reached FROM touches x
		WHERE x.customer_id IN (SELECT cu.id FROM customers cu WHERE `+r.whose+` AND EXISTS (
			SELECT 1 FROM touches i WHERE i.customer_id = cu.id AND i.inbound = 1 AND i.at > ? AND i.at <= ?)) AND x.at > ? AND x.at <= ? ORDER BY x.at, x.id`,
		slices.Concat(r.args, []any{from, at, from, at})...)
	if err != nil {
		return err
	}
	for i := range rows {
		c := r.facts.Customers[rows[i].Customer]
		switch {
		case c == nil:
		case rows[i].Heard():
			c.AskedAt = 0
		case rows[i].Inbound && c.AskedAt == 0:
			c.AskedAt = rows[i].At
		}
	}
	return nil
}
