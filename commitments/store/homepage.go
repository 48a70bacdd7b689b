package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kept/commitments"
	"kept/commitments/calendar"
)

// HomePage is what a person's own page shows: what they must do now, what they have
// promised, whom they look after, and how promises were kept.
type HomePage struct {
	At       Instant
	Calendar *calendar.Calendar // their days and hours, in the zone their times are shown in
	ToDo     []ToDo             // the most valuable customers' first
	Unread   int                // so many more of their own may have to be done, none louder than those
	Mine     []commitments.View // of the open promises they own the loudest, not those under ToDo
	Owned    map[commitments.Stage]int
	Newcomer bool // nothing was ever promised by them, or to a customer of theirs

	Customers []commitments.CustomerGlance // those they manage
	Score     commitments.Score
	ScoreOf   string // your customers, your teams, or your own promises
	First     Date   // the days that Score is of
	Last      Date
}

// ToDo is a promise that somebody must do something about now.
type ToDo struct {
	commitments.View
	Duty     commitments.Duty
	Lifetime commitments.Money // the customer's
	May      May               // what can be done about it now
}

// scoredWeeks is how many weeks a home's numbers are of, but for account managers, who
// find those of their digest.
const scoredWeeks = 12

// mostPressing is how many of their own promises that may press are read in full.
const mostPressing = 200

// HomePage reads what the page of one person shows as of an instant, with at most so many
// of their own promises.
func (s *Store) HomePage(ctx context.Context, by commitments.Actor, at Instant, most int) (HomePage, error) {
	h := HomePage{At: at, Owned: map[commitments.Stage]int{}}
	err := s.read(ctx, func(t *tx) error {
		var me Person
		if err := t.get(&me, selectPeople+"WHERE id = ? AND erased_at IS NULL", by.ID); err != nil {
			return found(err, "as", "nobody has that number")
		}
		b, err := t.book()
		if err != nil {
			return err
		}
		if h.Calendar, err = t.managerCalendar(b, me); err != nil {
			return err
		}
		r := homeReader{tx: t, by: by, me: me, most: most, page: &h}
		for _, read := range []func() error{r.promises, r.numbers, r.newcomer} {
			if err := read(); err != nil {
				return err
			}
		}
		return nil
	})
	return h, err
}

// homeReader reads what a home shows.
type homeReader struct {
	*tx
	by   commitments.Actor
	me   Person
	most int
	page *HomePage
}

// owned is an open promise, as far as is needed to decide whether it is shown.
type owned struct {
	ID       ID                `db:"id"`
	Stage    commitments.Stage `db:"stage"`
	Due      Instant           `db:"due_at"`
	Looked   bool              `db:"looked"` // the stage is what the sweep made of it, and still true
	Pressing bool              `db:"pressing"`
	Lifetime int64             `db:"lifetime"`
}

// loudest orders promises as lists do.
func (o owned) loudest(than owned) int {
	return cmp.Or(-cmp.Compare(o.Stage.Rank(), than.Stage.Rank()), -cmp.Compare(o.Lifetime, than.Lifetime), cmp.Compare(o.Due, than.Due), cmp.Compare(o.ID, than.ID))
}

// promises reads what must be done, and what is owned. Of many that are owned only those
// that are shown are read in full: what the sweep made of the others is still so.
func (r *homeReader) promises() error {
	var all []owned
	err := r.all(&all, `SELECT c.id, c.stage, c.due_at, CASE WHEN c.next_review_at IS NULL OR c.next_review_at > ? THEN 1 ELSE 0 END AS looked,
		CASE WHEN c.alerted <> '' OR c.stage IN ('at-risk', 'overdue') OR c.update_every IS NOT NULL OR c.rescue_opened_at IS NOT NULL AND c.rescue_closed_at IS NULL THEN 1 ELSE 0 END AS pressing,
		coalesce(cu.lifetime_value, 0) AS lifetime FROM commitments c JOIN customers cu ON cu.id = c.customer_id WHERE c.owner_id = ? AND `+isOpen, r.page.At, r.by.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(all, owned.loudest)
	var told []ID
	err = r.tx.all(&told, "SELECT DISTINCT a.commitment_id FROM alerts a WHERE a.recipient_id = ? AND a.closed_at IS NULL AND a.step NOT IN ('"+
		commitments.StepSecondMiss+"', '"+commitments.StepHandOver+"', '"+commitments.StepNewOwner+"')", r.by.ID)
	if err != nil {
		return err
	}
	full, pressing := slices.Clone(told), 0
	for i, o := range all {
		if o.Pressing {
			pressing++
		}
		switch {
		case slices.Contains(told, o.ID): // read already
		case i < r.most, !o.Looked, o.Pressing && pressing <= mostPressing:
			full = append(full, o.ID)
		case o.Pressing:
			r.page.Unread++
			r.page.Owned[o.Stage]++
		default:
			r.page.Owned[o.Stage]++
		}
	}
	slices.Sort(full)
	return r.show(slices.Compact(full), told)
}

// show reads promises in full, and puts each where it belongs. Told are those of which
// the person was told, and so may know.
func (r *homeReader) show(ids, told []ID) error {
	var rows []row
	if err := r.all(&rows, selectRows+"WHERE c.id IN "+r.s.d.ids+" ORDER BY c.id", idList(ids)); err != nil {
		return err
	}
	for i := range rows {
		rows[i].Told = slices.Contains(told, rows[i].ID)
	}
	h := r.page
	worth := map[ID]int64{}
	var failed error
	err := r.eachOf(r.by, rows, func(row *row, p *commitments.Promise) {
		v, made := p.View(h.At)
		if !made {
			return
		}
		v.Subject = row.subject()
		worth[v.ID] = row.Lifetime.Hundredths
		mine := row.OwnerID == r.by.ID && v.Stage.Open()
		if mine {
			h.Owned[v.Stage]++
		}
		if duty := p.Duty(&v); duty != "" {
			if duty == commitments.DutyRescue && failed == nil {
				v.Subject.Deputies, failed = r.deputies(row, p.Calendar.Today(h.At))
			}
			h.ToDo = append(h.ToDo, ToDo{v, duty, row.Lifetime, mayNow(p, h.At)})
		} else if mine {
			h.Mine = append(h.Mine, v)
		}
	})
	slices.SortFunc(h.ToDo, func(a, b ToDo) int {
		return cmp.Or(-cmp.Compare(a.Lifetime.Hundredths, b.Lifetime.Hundredths), -cmp.Compare(a.Stage.Rank(), b.Stage.Rank()), cmp.Compare(a.DueAt, b.DueAt), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(h.Mine, func(a, b commitments.View) int {
		return owned{ID: a.ID, Stage: a.Stage, Due: a.DueAt, Lifetime: worth[a.ID]}.loudest(owned{ID: b.ID, Stage: b.Stage, Due: b.DueAt, Lifetime: worth[b.ID]})
	})
	h.Mine = h.Mine[:min(len(h.Mine), r.most)]
	return errors.Join(err, failed)
}

// numbers reads the customers of an account manager with the numbers of their digest, and
// for others those of the teams they lead, else of what they own.
func (r *homeReader) numbers() error {
	h := r.page
	if r.me.Manages != 0 {
		facts, err := r.digestFacts(r.me, h.At)
		if err != nil {
			return err
		}
		if len(facts.Customers) > 0 {
			d, customers := facts.Glance()
			h.Customers, h.Score, h.ScoreOf = customers, d.Score, "your customers"
			h.First, h.Last = commitments.LastWeeks(1, facts.Calendar.Today(h.At))
			return nil
		}
	}
	h.First, h.Last = commitments.LastWeeks(scoredWeeks, h.Calendar.Today(h.At))
	var led []ID
	if err := r.all(&led, "SELECT id FROM teams WHERE lead_id = ?", r.by.ID); err != nil {
		return err
	}
	from, until := h.Calendar.Start(h.First).Add(-reportSlack), h.Calendar.End(h.Last).Add(reportSlack)
	where, args := `WHERE c.id IN (SELECT c.id FROM commitments c WHERE c.owner_id = ? AND `+isOpen+` UNION ALL SELECT c.id FROM commitments c WHERE c.owner_id = ? AND `+isClosed+`)
		AND EXISTS (SELECT 1 FROM promise_dates d WHERE d.commitment_id = c.id AND d.due_at BETWEEN ? AND ?)`, []any{r.by.ID, r.by.ID, from, until}
	if h.ScoreOf = "your own promises"; len(led) > 0 {
		h.ScoreOf = "your teams"
		where, args = `WHERE c.team_id IN `+r.s.d.ids+` AND c.id IN (SELECT c.id FROM commitments c WHERE c.customer_id IN (SELECT cu.id FROM customers cu) AND c.due_at BETWEEN ? AND ?
			UNION ALL SELECT d.commitment_id FROM promise_dates d WHERE d.replaced_at IS NOT NULL AND d.due_at BETWEEN ? AND ?)`, []any{idList(led), from, until, from, until}
	}
	var promises []*commitments.Promise
	err := r.each(r.by, h.At, where, args, func(_ *row, p *commitments.Promise) { promises = append(promises, p) })
	h.Score = commitments.ScoreBetween(promises, h.At, h.First, h.Last)
	return err
}

// newcomer reports whether there is nothing yet that the page could show.
func (r *homeReader) newcomer() error {
	h := r.page
	if len(h.Owned)+len(h.ToDo)+len(h.Customers) > 0 {
		return nil
	}
	var closed int
	err := r.get(&closed, "SELECT count(*) FROM (SELECT 1 FROM commitments c WHERE c.owner_id = ? AND "+isClosed+" LIMIT 1) x", r.by.ID)
	h.Newcomer = closed == 0
	return err
}
