package store

import (
	"context"
	"fmt"

	"kept/commitments"
)

// PromiseEdit is what to change of a promise, as typed: anything but the promise
// date. Nil leaves a field as it is; the empty text clears it.
type PromiseEdit struct {
	Title, Words, Link, DoneMeans *string
	Price, Value                  *string
	Kind, Team                    *string
	UpdateEvery                   *string
	Target                        *string // the internal date
	DateBy                        *string // of a promise that has no date yet
}

// EditPromise changes what was given of a promise.
func (s *Store) EditPromise(ctx context.Context, op Op, in PromiseEdit) (commitments.View, error) {
	return s.change(ctx, op, commitments.ActEdit, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		e := editor{t: t, p: p, by: op.By, at: at}
		given, err := e.apply(&in)
		if err != nil {
			return commitments.Change{}, err
		}
		if len(given) == 0 {
			return commitments.Change{}, commitments.Invalid("", "nothing to change was given")
		}
		return commitments.Change{Event: "edited", At: at, By: op.By.ID}, e.save()
	})
}

// editor is a promise being changed.
type editor struct {
	t  *tx
	p  *commitments.Promise
	by commitments.Actor
	at Instant
}

func (e *editor) apply(in *PromiseEdit) ([]string, error) {
	p := e.p
	return apply([]field{
		{"what", in.Title, func(s string) (err error) { p.Title, err = required("what", s, maxTitle); return err }},
		text("words", in.Words, maxNote, true, &p.Words),
		{"link", in.Link, func(s string) (err error) { p.Link, err = webAddress("link", s); return err }},
		text("done-means", in.DoneMeans, maxNote, true, &p.DoneMeans),
		money("price", in.Price, &p.Price),
		money("value", in.Value, &p.Value),
		{"update-every", in.UpdateEvery, func(s string) (err error) { p.Every, err = parseUpdateEvery(s); return err }},
		{"kind", in.Kind, e.setKind},
		{"team", in.Team, e.setTeam},
		{"target", in.Target, e.setTarget},
		{"date-by", in.DateBy, e.setDateBy},
	})
}

// parseUpdateEvery reads a number of working days, as 5d; "" is none.
func parseUpdateEvery(typed string) (int, error) {
	if typed == "" {
		return 0, nil
	}
	rule, err := commitments.ParseRule(typed)
	if err != nil || rule.Days < 1 {
		return 0, commitments.Invalid("update-every", fmt.Sprintf("%q is not a number of working days: write it as 5d", shorten(typed)))
	}
	return rule.Days, nil
}

func (e *editor) setKind(typed string) error {
	e.p.Kind = commitments.Ref{}
	if typed == "" {
		return nil
	}
	k, err := e.t.named("kinds", "kind", typed)
	e.p.Kind = commitments.Ref{ID: k.ID, Name: k.Name}
	return err
}

// setTeam gives the promise to a team, whose calendar and thresholds then hold.
func (e *editor) setTeam(typed string) error {
	var team namedRow
	if typed != "" {
		var err error
		if team, err = e.t.named("teams", "team", typed); err != nil {
			return err
		}
	}
	var customer struct {
		Calendar ID `db:"calendar_id"`
		Manager  ID `db:"manager_id"`
	}
	if err := e.t.get(&customer, "SELECT calendar_id, manager_id FROM customers WHERE id = ?", e.p.Customer.ID); err != nil {
		return err
	}
	if !e.by.May(commitments.ActAdd, commitments.Subject{Owner: e.p.Owner.ID, Team: team.ID, Manager: customer.Manager}) {
		return commitments.Refused("team", fmt.Sprintf("%s may not give promises to team %s", e.by.Name, team.Name))
	}
	b, err := e.t.book()
	if err != nil {
		return err
	}
	e.p.Team = commitments.Ref(team)
	e.p.Calendar, e.p.Thresholds = b.calendarOf(customer.Calendar, team.ID), b.thresholdsOf(team.ID)
	if d := e.lastDate(); d != nil && !e.p.Closed() {
		d.DueAt = commitments.DueAt(e.p.Calendar, d.Promise, d.PromiseTime)
	}
	return nil
}

// lastDate is the date as last agreed; nil if the promise has none.
func (e *editor) lastDate() *commitments.PromiseDate {
	if n := len(e.p.History.Dates); n > 0 {
		return &e.p.History.Dates[n-1]
	}
	return nil
}

func (e *editor) setTarget(typed string) error {
	d := e.lastDate()
	switch {
	case e.p.Closed():
		return commitments.Refused("target", "the promise is closed: reopen it first")
	case d == nil:
		return commitments.Refused("target", "the promise has no date yet: agree one first with `kept new-date`")
	case typed == "":
		d.Target = 0
	default:
		target, _, err := day("target", typed, e.at, e.p.Calendar)
		if err != nil {
			return err
		}
		if target > d.Promise {
			return commitments.Refused("target", fmt.Sprintf("%s is after the promise, %s", target.Human(), d.Promise.Human()))
		}
		d.Target = target
	}
	e.p.PaddingWhy = "both dates as typed"
	return nil
}

func (e *editor) setDateBy(typed string) error {
	switch {
	case e.p.Closed():
		return commitments.Refused("date-by", "the promise is closed: reopen it first")
	case !e.p.Undated():
		return commitments.Refused("date-by", "the customer has a date already: `kept new-date` agrees another, `kept call --outcome slipping` owes one")
	case e.p.SlippingAt != 0:
		return commitments.Refused("date-by", "the customer was told by when they get a date: `kept call --outcome slipping` tells them another")
	}
	by, _, err := day("date-by", typed, e.at, e.p.Calendar)
	if err == nil && e.p.Calendar.End(by) < e.at {
		err = commitments.Refused("date-by", fmt.Sprintf("%s is over: we owe the customer a date in time to come", by.Human()))
	}
	e.p.History.DateBy = by
	return err
}

func (e *editor) save() error {
	p := e.p
	_, err := e.t.exec(`UPDATE commitments SET title = ?, words = ?, link = ?, done_means = ?, price = ?, value = ?, update_every = ?, kind_id = ?, team_id = ?,
		padding_why = ?, first_date_by = ? WHERE id = ?`,
		p.Title, p.Words, p.Link, p.DoneMeans, p.Price, p.Value, nullable(p.Every), p.Kind.ID, p.Team.ID, p.PaddingWhy, p.History.DateBy, p.ID)
	if d := e.lastDate(); err == nil && d != nil {
		_, err = e.t.exec("UPDATE promise_dates SET target_date = ?, due_at = ? WHERE commitment_id = ? AND place = ?", d.Target, d.DueAt, p.ID, d.Place)
	}
	return err
}

// HandOver gives a promise to another owner, with a note for them.
func (s *Store) HandOver(ctx context.Context, op Op, to, note string) (commitments.View, error) {
	note, err := clean("note", note, maxNote, true)
	if err != nil {
		return commitments.View{}, err
	}
	return s.change(ctx, op, commitments.ActHandOver, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		next, err := t.person("to", to)
		if err != nil {
			return commitments.Change{}, err
		}
		return p.HandOver(at, op.By.ID, commitments.Ref{ID: next.ID, Name: next.Name}, note)
	})
}
