package store

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// How far from its instant a digest looks: the two weeks before this one are scored,
// and what is due until this one ends is listed, in whatever zones.
const (
	digestBack  = 22 * 24 * time.Hour
	digestAhead = 9 * 24 * time.Hour
	digestWeek  = 7 * 24 * time.Hour // a digest without another before it compares with a week ago
)

// What the partial indexes commitments_open and commitments_closed are of.
const (
	isOpen   = "c.delivered_at IS NULL AND c.withdrawn_at IS NULL"
	isClosed = "(c.delivered_at IS NOT NULL OR c.withdrawn_at IS NOT NULL)"
)

// digestReader reads what one digest is made from.
type digestReader struct {
	*tx
	book  *book
	facts commitments.DigestFacts
	whose string // restricts customers cu to the manager's
	args  []any
}

func (t *tx) digestFacts(manager Person, at Instant) (commitments.DigestFacts, error) {
	r, err := t.digestReader(manager, at)
	if err != nil {
		return r.facts, err
	}
	where, args, err := r.selection()
	if err != nil {
		return r.facts, err
	}
	if err := r.promises(where, args); err != nil {
		return r.facts, err
	}
	return r.facts, r.calm()
}

// digestReader knows all that a digest needs but the promises.
func (t *tx) digestReader(manager Person, at Instant) (*digestReader, error) {
	r := &digestReader{tx: t, whose: "1 = 1"}
	r.facts = commitments.DigestFacts{Manager: manager.Name, At: at, Customers: map[ID]*commitments.DigestCustomer{}}
	var err error
	if r.book, err = t.book(); err != nil {
		return r, err
	}
	if r.facts.Calendar, err = t.managerCalendar(r.book, manager); err != nil {
		return r, err
	}
	if manager.ID != 0 {
		r.whose, r.args = "cu.manager_id = ?", []any{manager.ID}
		if r.facts.Before, err = t.digestBefore(manager.ID, at); err != nil {
			return r, err
		}
	}
	if err := r.customers(); err != nil {
		return r, err
	}
	return r, r.wishes()
}

// mine restricts commitments c to those of the manager's customers.
func (r *digestReader) mine() string {
	return "c.customer_id IN (SELECT cu.id FROM customers cu WHERE " + r.whose + ")"
}

// managerCalendar gives the zone of a manager's week: their own, else their first
// team's, else the default.
func (t *tx) managerCalendar(b *book, manager Person) (*calendar.Calendar, error) {
	if manager.ID == 0 {
		return b.fallback, nil
	}
	var r recipient
	if err := t.get(&r, selectRecipients+"WHERE p.id = ?", manager.ID); err != nil {
		return nil, err
	}
	r.hours(b)
	return r.calendar, nil
}

func (t *tx) digestBefore(manager ID, at Instant) (*commitments.Digest, error) {
	var bodies []string
	err := t.all(&bodies, "SELECT body FROM digests WHERE manager_id = ? AND state <> 'missed' AND due_at < ? AND made_at < ? ORDER BY due_at DESC LIMIT 1", manager, at, at)
	if err != nil || len(bodies) == 0 {
		return nil, err
	}
	var d commitments.Digest
	return &d, json.Unmarshal([]byte(bodies[0]), &d)
}

// customers reads the customers, when each last heard from us, and how many of their
// promises are open.
func (r *digestReader) customers() error {
	var rows []struct {
		ID       ID                `db:"id"`
		Name     string            `db:"name"`
		Calendar ID                `db:"calendar_id"`
		Lifetime commitments.Money `db:"lifetime_value"`
		Touched  Instant           `db:"touched"`
		Made     Instant           `db:"made"`
		MadeOnce Instant           `db:"made_once"`
		Open     int               `db:"still_open"`
		Created  Instant           `db:"created_at"`
	}
	at := r.facts.At
	err := r.all(&rows, `SELECT cu.id, cu.name, cu.calendar_id, cu.lifetime_value, cu.created_at,
		(SELECT max(x.at) FROM touches x WHERE x.customer_id = cu.id AND x.at <= ?) AS touched,
		(SELECT max(c.made_at) FROM commitments c WHERE c.customer_id = cu.id AND `+isOpen+` AND c.made_at <= ?) AS made,
		(SELECT max(c.made_at) FROM commitments c WHERE c.customer_id = cu.id AND `+isClosed+` AND c.made_at <= ?) AS made_once,
		(SELECT count(*) FROM commitments c WHERE c.customer_id = cu.id AND `+isOpen+` AND c.last_fact_at <= ?) AS still_open
		FROM customers cu WHERE `+r.whose, slices.Concat([]any{at, at, at, at}, r.args)...)
	for _, c := range rows {
		r.facts.Customers[c.ID] = &commitments.DigestCustomer{
			ID: c.ID, Name: c.Name, Lifetime: c.Lifetime, Calendar: r.book.calendarOf(c.Calendar, 0),
			LastTouch: max(c.Touched, c.Made, c.MadeOnce), Since: c.Created, Calm: c.Open,
		}
	}
	if err != nil {
		return err
	}
	return r.told()
}

// heard is how recently a customer has heard from us who is certainly not quiet yet.
const heard = 8 * 24 * time.Hour

// told finds when customers who seem quiet were last told a date: of a promise, then,
// of which there is a newer fact than what made them seem so.
func (r *digestReader) told() error {
	at := r.facts.At
	for id, c := range r.facts.Customers {
		if c.LastTouch > at.Add(-heard) {
			continue
		}
		var told Instant
		err := r.get(&told, `SELECT max(d.told_at) FROM promise_dates d WHERE d.told_at <= ? AND d.commitment_id IN (
			SELECT c.id FROM commitments c WHERE c.customer_id = ? AND `+isOpen+` AND c.last_fact_at > ?
			UNION ALL SELECT c.id FROM commitments c WHERE c.customer_id = ? AND `+isClosed+` AND c.last_fact_at > ?)`,
			at, id, c.LastTouch, id, c.LastTouch)
		if err != nil {
			return err
		}
		c.LastTouch = max(c.LastTouch, told)
	}
	return nil
}

// promises reads a selection of promises. Open ones left out of it are calm: counted,
// no more.
func (r *digestReader) promises(where string, args []any) error {
	at := r.facts.At
	return r.each(everyone, at, where, args, func(_ *row, p *commitments.Promise) {
		r.facts.Promises = append(r.facts.Promises, p)
		c := r.facts.Customers[p.Customer.ID]
		if c == nil {
			return
		}
		c.LastTouch = max(c.LastTouch, p.History.LastTold(at))
		if p.DeliveredAt == 0 && p.WithdrawnAt == 0 && p.LastFact <= at {
			c.Calm-- // MakeDigest counts it itself
		}
	})
}

// selection says which promises are read. As of a moment before the last sweep that
// is all that could matter: what the sweep has made of them came later. Otherwise the
// open ones of which it says that they are calm, and will be until after the moment,
// are left out, but for those that may not have been so at the digest before.
func (r *digestReader) selection() (string, []any, error) {
	last, err := r.lastRun(JobSweep)
	if err != nil {
		return "", nil, err
	}
	at := r.facts.At
	from, until, before := at.Add(-digestBack), at.Add(digestAhead), at.Add(-digestWeek)
	var parts []string
	var args []any
	add := func(where string, more ...any) {
		parts = append(parts, "SELECT c.id FROM commitments c WHERE "+where+" AND "+r.mine())
		args = append(append(args, more...), r.args...)
	}
	if at < last {
		add(isOpen)
	} else {
		add(isOpen+" AND (c.stage IN ('at-risk', 'overdue') OR c.next_review_at <= ? OR c.last_fact_at > ?)", at, at)
		add(isOpen+" AND c.last_fact_at >= ? AND c.made_at < ?", before, before)
	}
	add(isClosed+" AND c.last_fact_at >= ?", from)
	add("c.rescue_opened_at IS NOT NULL AND c.rescue_closed_at IS NULL")
	add("c.due_at >= ? AND c.due_at < ?", from, until)
	add("c.id IN (SELECT d.commitment_id FROM promise_dates d WHERE d.replaced_at IS NOT NULL AND d.due_at >= ? AND d.due_at < ?)", from, until)
	if r.facts.Before != nil {
		var ids []ID
		for id := range r.facts.Before.Stages() {
			ids = append(ids, id)
		}
		add("c.id IN "+r.s.d.ids, idList(ids))
	}
	return "WHERE c.id IN (" + strings.Join(parts, " UNION ALL ") + ") AND c.made_at <= ?", append(args, at), nil
}
