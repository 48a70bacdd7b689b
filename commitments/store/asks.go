package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"kept/commitments"
)

// NewAsk is what a customer said they want, as it was typed.
type NewAsk struct {
	Customer string
	Words    string
	Link     string // where it was said
	Price    string // what they would pay for it; "0" is nothing
}

// AddAsk records what a customer asked for at the op's instant.
func (s *Store) AddAsk(ctx context.Context, op Op, in NewAsk) (v commitments.AskView, err error) {
	var price commitments.Money
	_, err = apply([]field{
		{"words", &in.Words, func(typed string) (err error) { in.Words, err = required("words", typed, maxNote); return err }},
		{"link", &in.Link, func(s string) (err error) { in.Link, err = webAddress("link", s); return err }},
		money("price", &in.Price, &price),
	})
	if err != nil {
		return v, err
	}
	err = s.write(ctx, func(t *tx) error {
		c, err := t.customerNamed(op.By, commitments.ActAsk, in.Customer, "record what %s asks for")
		if err != nil {
			return err
		}
		cal, err := t.calendarOfCustomer(c.ID)
		if err != nil {
			return err
		}
		at, err := moment(op.At, t.now, cal, false)
		if err != nil {
			return err
		}
		id, err := t.insert("INSERT INTO asks (customer_id, words, link, price, at, by_id, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			c.ID, in.Words, in.Link, price, at, op.By.ID, t.now)
		if err != nil {
			return err
		}
		if err := t.event(at, op.By.ID, "asked", "ask", id, map[string]any{"customer": c.ID, "price": price}); err != nil {
			return err
		}
		views, err := t.askViews(op.By, at, "k.id = ?", id)
		if err == nil {
			v = views[0]
		}
		return err
	})
	return v, err
}

// customerNamed finds the customer with whom somebody does what is about no one promise:
// deed says what, of a name.
func (t *tx) customerNamed(by commitments.Actor, act commitments.Action, name, deed string) (namedRow, error) {
	c, err := t.named("customers", "customer", name)
	if err != nil {
		return c, err
	}
	var manager ID
	if err := t.get(&manager, "SELECT manager_id FROM customers WHERE id = ?", c.ID); err != nil {
		return c, err
	}
	if !by.May(act, commitments.Subject{Manager: manager}) {
		return c, commitments.Refused("as", fmt.Sprintf("%s, a %s, may not "+deed, by.Name, by.Role, c.Name))
	}
	return c, nil
}

// AskPromised is the promise that was made of an ask.
type AskPromised struct {
	Added
	Ask commitments.AskView `json:"ask"`
}

// PromiseAsk makes a promise of an ask, as Add does: the customer is theirs, and so
// are the title, the words, the link and the price, unless others are given.
func (s *Store) PromiseAsk(ctx context.Context, op Op, in NewPromise) (out AskPromised, err error) {
	err = s.write(ctx, func(t *tx) error {
		k, err := t.ask(op.By, op.Ref)
		if err != nil {
			return err
		}
		in.Customer = k.Customer.Name
		in.Title = cmp.Or(in.Title, commitments.Headline(k.Words))
		in.Words, in.Link, in.Price = cmp.Or(in.Words, k.Words), cmp.Or(in.Link, k.Link), cmp.Or(in.Price, k.Price.String())
		if out.Added, err = t.add(op, in); err != nil {
			return err
		}
		at := out.MadeAt
		p := &commitments.Promise{Calendar: k.Calendar, History: commitments.History{MadeAt: at}}
		p.ID = out.ID
		if err := k.Answer(commitments.AskAnswer{At: at, By: op.By.ID, Answer: commitments.AskPromised, Promise: p}); err != nil {
			return err
		}
		if !in.DryRun {
			if err := t.saveAnswer(k); err != nil {
				return err
			}
		}
		out.Ask, _ = k.View(at, func(*commitments.Promise) bool { return true })
		return orDryRun(nil, in.DryRun)
	})
	return out, unlessDryRun(err)
}

// GiveAsk records that the customer got what they asked for, without a promise.
func (s *Store) GiveAsk(ctx context.Context, op Op, note string) (commitments.AskView, error) {
	return s.answerAsk(ctx, op, commitments.AskGiven, "note", note)
}

// DeclineAsk records that the customer does not get what they asked for, and what they
// were told.
func (s *Store) DeclineAsk(ctx context.Context, op Op, told string) (commitments.AskView, error) {
	return s.answerAsk(ctx, op, commitments.AskDeclined, "told", told)
}

func (s *Store) answerAsk(ctx context.Context, op Op, answer commitments.AskState, field, told string) (v commitments.AskView, err error) {
	if told, err = clean(field, told, maxNote, true); err != nil {
		return v, err
	}
	err = s.write(ctx, func(t *tx) error {
		k, err := t.ask(op.By, op.Ref)
		if err != nil {
			return err
		}
		at, err := moment(op.At, t.now, k.Calendar, false)
		if err != nil {
			return err
		}
		if err := k.Answer(commitments.AskAnswer{At: at, By: op.By.ID, Answer: answer, Told: told}); err != nil {
			return err
		}
		v, _ = k.view(op.By, at)
		return t.saveAnswer(k)
	})
	return v, err
}

// saveAnswer writes the newest answer to an ask.
func (t *tx) saveAnswer(k *asked) error {
	a := k.Answers[len(k.Answers)-1]
	var promise ID
	data := map[string]any{}
	if a.Promise != nil {
		promise, data["promise"] = a.Promise.ID, a.Promise.ID
	}
	_, err := t.exec("INSERT INTO ask_answers (ask_id, at, by_id, answer, commitment_id, told, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		k.ID, a.At, a.By, string(a.Answer), promise, a.Told, t.now)
	if err != nil {
		return err
	}
	return t.event(a.At, a.By, string(a.Answer), "ask", k.ID, data)
}

// AskFilter says which asks to list.
type AskFilter struct {
	Customer string // name or number; "" is all
	All      bool   // those given and declined too
}

// Asks lists what customers asked for, as it stood at an instant: open ones first,
// oldest first.
func (s *Store) Asks(ctx context.Context, by commitments.Actor, f AskFilter, at Instant) ([]commitments.AskView, error) {
	var views []commitments.AskView
	err := s.read(ctx, func(t *tx) error {
		where, args := "k.at <= ?", []any{at}
		if f.Customer != "" {
			c, err := t.named("customers", "customer", f.Customer)
			if err != nil {
				return err
			}
			where, args = where+" AND k.customer_id = ?", append(args, c.ID)
		}
		var err error
		views, err = t.askViews(by, at, where, args...)
		return err
	})
	if !f.All {
		views = slices.DeleteFunc(views, func(v commitments.AskView) bool {
			return v.State == commitments.AskGiven || v.State == commitments.AskDeclined
		})
	}
	return views, err
}

// askViews shows asks (k), open ones first, oldest first.
func (t *tx) askViews(by commitments.Actor, at Instant, where string, args ...any) ([]commitments.AskView, error) {
	asks, err := t.asks(where, args...)
	views := []commitments.AskView{}
	for _, k := range asks {
		if v, said := k.view(by, at); said {
			views = append(views, v)
		}
	}
	slices.SortStableFunc(views, func(a, b commitments.AskView) int {
		return cmp.Or(cmp.Compare(a.State.Rank(), b.State.Rank()), cmp.Compare(a.AskedAt, b.AskedAt), cmp.Compare(a.ID, b.ID))
	})
	return views, err
}
