package main

import (
	"errors"
	"fmt"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// What a hand-written digest of one manager reads, a list each, from what the last
// sweep made of the promises.
var digestLists = []string{
	// overdue, and when the customer last heard of it
	`SELECT c.id, cu.name, cu.lifetime_value, c.title, o.name, c.promise_date,
		(SELECT max(told_at) FROM promise_dates d WHERE d.commitment_id = c.id), (SELECT max(at) FROM touches x WHERE x.commitment_id = c.id AND x.outcome <> '')
		FROM customers cu JOIN commitments c ON c.customer_id = cu.id JOIN people o ON o.id = c.owner_id
		WHERE cu.manager_id = ? AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL AND c.stage = 'overdue' ORDER BY cu.lifetime_value DESC, c.promise_date`,
	// at risk
	`SELECT c.id, cu.name, cu.lifetime_value, c.title, o.name, c.promise_date,
		(SELECT max(told_at) FROM promise_dates d WHERE d.commitment_id = c.id), (SELECT max(at) FROM touches x WHERE x.commitment_id = c.id AND x.outcome <> '')
		FROM customers cu JOIN commitments c ON c.customer_id = cu.id JOIN people o ON o.id = c.owner_id
		WHERE cu.manager_id = ? AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL AND c.stage = 'at-risk' ORDER BY cu.lifetime_value DESC, c.promise_date`,
	// due this week
	`SELECT c.id, cu.name, c.title, c.promise_date FROM customers cu JOIN commitments c ON c.customer_id = cu.id
		WHERE cu.manager_id = ? AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL AND c.due_at >= ? AND c.due_at < ? ORDER BY c.due_at`,
	// the numbers of the week before, and of the one before that
	`SELECT c.due_at < ?, count(*), sum(CASE WHEN c.delivered_at <= c.due_at THEN 1 ELSE 0 END), sum(CASE WHEN c.called_at < c.due_at THEN 1 ELSE 0 END)
		FROM customers cu JOIN commitments c ON c.customer_id = cu.id
		WHERE cu.manager_id = ? AND c.due_at >= ? AND c.due_at < ? GROUP BY 1`,
	// quiet customers
	`SELECT cu.name, cu.lifetime_value, (SELECT max(at) FROM touches x WHERE x.customer_id = cu.id) AS touched,
		(SELECT count(*) FROM commitments c WHERE c.customer_id = cu.id AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL) AS open
		FROM customers cu WHERE cu.manager_id = ?`,
}

// wholeTable reads every promise once, as a digest without an index must.
const wholeTable = `SELECT cu.manager_id, c.stage, count(*), min(c.promise_date), max(c.last_fact_at), max(length(c.title))
	FROM commitments c NOT INDEXED JOIN customers cu ON cu.id = c.customer_id GROUP BY 1, 2`

// digest measures P10.
func (b *bench) digest() error {
	path, err := b.stock(b.big)
	if err != nil {
		return err
	}
	s, err := store.Open(b.ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	hand, err := openRaw(b.ctx, path)
	if err != nil {
		return err
	}
	defer hand.Close()
	people, err := s.Managers(b.ctx)
	if err != nil {
		return err
	}
	if err := b.digestAll(s, hand, people); err != nil {
		return err
	}
	return b.digestOne(s, hand, people)
}

func (b *bench) digestAll(s *store.Store, hand *raw, people []store.Person) error {
	all := timed("kept", func(int) error { return b.makeDigests(s, people) })
	lists := timed("the lists in SQL", func(int) error {
		for _, p := range people {
			if err := hand.digest(int64(p.ID), b.now); err != nil {
				return err
			}
		}
		return nil
	})
	scan := timed("a full scan", func(int) error { return hand.drain(wholeTable) })
	if err := inTurn(rounds, all, lists, scan); err != nil {
		return err
	}
	what := fmt.Sprintf("digests of %d managers over %d", len(people), b.big)
	b.slower("P10", what, all, lists, "2.5×")
	b.slower("P10", what, all, scan, "0.25×")
	return nil
}

func (b *bench) makeDigests(s *store.Store, people []store.Person) error {
	said := 0
	for _, p := range people {
		d, err := s.MakeDigest(b.ctx, p.Name, calendar.InstantOf(b.now))
		if err != nil {
			return err
		}
		said += len(d.Overdue)
	}
	if said == 0 {
		return errors.New("nothing is overdue: that measures nothing")
	}
	return nil
}

func (b *bench) digestOne(s *store.Store, hand *raw, people []store.Person) error {
	next := func(round int) store.Person { return people[round%len(people)] }
	one := timed("kept", func(round int) error {
		_, err := s.MakeDigest(b.ctx, next(round).Name, calendar.InstantOf(b.now))
		return err
	})
	lists := timed("the lists in SQL", func(round int) error { return hand.digest(int64(next(round).ID), b.now) })
	if err := inTurn(7*rounds, one, lists); err != nil {
		return err
	}
	b.slower("P10", fmt.Sprintf("digest of one manager of %d", len(people)), one, lists, "2 ms")
	return nil
}

// digest reads all lists of one manager.
func (r *raw) digest(manager int64, now time.Time) error {
	day := 24 * time.Hour
	monday := now.Truncate(day).Add(-day * time.Duration((now.UTC().Weekday()+6)%7))
	week, before, twoBefore, after := monday.UnixMicro(), monday.Add(-7*day).UnixMicro(), monday.Add(-14*day).UnixMicro(), monday.Add(7*day).UnixMicro()
	for i, args := range [][]any{{manager}, {manager}, {manager, week, after}, {before, manager, twoBefore, week}, {manager}} {
		if err := r.drain(digestLists[i], args...); err != nil {
			return err
		}
	}
	return nil
}

// drain reads all rows of a query.
func (r *raw) drain(query string, args ...any) error {
	st, err := r.statement(query)
	if err != nil {
		return err
	}
	return drain(r, st, args...)
}
