package store

import (
	"context"

	"kept/commitments"
)

// PlusOne is a small extra as it was typed.
type PlusOne struct {
	What    string // "" with Noticed: they noticed the last one
	Cost    string
	Noticed bool // the customer did
}

// PlusOneView is a small extra as it is shown.
type PlusOneView struct {
	Promise   ID                `json:"promise" db:"commitment_id"`
	Title     string            `json:"title" db:"title"`
	Customer  string            `json:"customer" db:"customer"`
	What      string            `json:"what" db:"what"`
	Cost      commitments.Money `json:"cost" db:"cost"`
	Currency  string            `json:"currency" db:"-"`
	At        Instant           `json:"at" db:"at"`
	By        *string           `json:"by" db:"by_name"`
	NoticedAt Instant           `json:"noticed_at" db:"noticed_at"`
	Zone      string            `json:"zone" db:"-"`
}

// PlusOne records a small extra that went with a promise, or that the last one was noticed.
func (s *Store) PlusOne(ctx context.Context, op Op, in PlusOne) (out PlusOneView, err error) {
	var cost commitments.Money
	_, err = apply([]field{text("what", &in.What, maxTitle, false, &in.What), money("cost", &in.Cost, &cost)})
	if err != nil {
		return out, err
	}
	if in.What == "" && cost.Known {
		return out, commitments.Invalid("cost", "goes with --what TEXT: what did it buy?")
	}
	_, err = s.change(ctx, op, commitments.ActPlusOne, false, func(t *tx, p *commitments.Promise, at Instant) (c commitments.Change, err error) {
		if in.What == "" && in.Noticed {
			var last commitments.PlusOne
			if last, err = t.lastPlusOne(p.ID, at); err != nil {
				return c, err
			}
			c, err = p.Noticed(last, at, op.By.ID)
		} else {
			o := commitments.PlusOne{At: at, By: op.By.ID, What: in.What, Cost: cost}
			if in.Noticed {
				o.NoticedAt = at
			}
			c, err = p.GivePlusOne(o)
		}
		if err != nil {
			return c, err
		}
		o := c.PlusOne
		out = PlusOneView{
			Promise: p.ID, Title: p.Title, Customer: p.Customer.Name, What: o.What, Cost: o.Cost, Currency: p.Currency, At: o.At,
			NoticedAt: o.NoticedAt, Zone: p.Calendar.Zone(),
		}
		return c, t.nameBy(&out, o.By)
	})
	return out, err
}

// nameBy says who gave a plus one.
func (t *tx) nameBy(v *PlusOneView, by ID) error {
	if by == 0 {
		return nil
	}
	return t.get(&v.By, "SELECT name FROM people WHERE id = ?", by)
}

// lastPlusOne is the last one that went with a promise, by an instant; a zero id if there is none.
func (t *tx) lastPlusOne(commitment ID, at Instant) (o commitments.PlusOne, err error) {
	var all []commitments.PlusOne
	err = t.all(&all, "SELECT id, at, by_id, what, cost, noticed_at FROM plus_ones WHERE commitment_id = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1", commitment, at)
	if err == nil && len(all) > 0 {
		o = all[0]
	}
	return o, err
}

// addPlusOne writes a small extra, or that it was noticed.
func (t *tx) addPlusOne(p *commitments.Promise, o *commitments.PlusOne) (err error) {
	if o.ID != 0 {
		_, err = t.exec("UPDATE plus_ones SET noticed_at = ? WHERE id = ?", o.NoticedAt, o.ID)
		return err
	}
	o.ID, err = t.insert("INSERT INTO plus_ones (customer_id, commitment_id, at, by_id, what, cost, noticed_at, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		p.Customer.ID, p.ID, o.At, o.By, o.What, o.Cost, o.NoticedAt, t.now)
	return err
}

// plusOnes shows the small extras of a customer up to an instant, newest first, as far
// as somebody may see the promises they went with. What was noticed later is not yet known.
func (t *tx) plusOnes(by commitments.Actor, customer ID, zone string, at Instant) ([]PlusOneView, error) {
	var rows []struct {
		PlusOneView
		commitments.Subject
	}
	err := t.all(&rows, `SELECT o.commitment_id, c.title, cu.name AS customer, o.what, o.cost, o.at, p.name AS by_name,
		CASE WHEN o.noticed_at <= ? THEN o.noticed_at END AS noticed_at, c.owner_id, c.team_id, cu.manager_id
		FROM plus_ones o JOIN commitments c ON c.id = o.commitment_id JOIN customers cu ON cu.id = o.customer_id LEFT JOIN people p ON p.id = o.by_id
		WHERE o.customer_id = ? AND o.at <= ? ORDER BY o.at DESC, o.id DESC`, at, customer, at)
	views := []PlusOneView{}
	for _, r := range rows {
		if by.Sees(r.Subject) {
			r.Currency, r.Zone = t.s.settings.Currency, zone
			views = append(views, r.PlusOneView)
		}
	}
	return views, err
}
