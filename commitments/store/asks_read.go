package store

import (
	"fmt"

	"kept/commitments"
)

// asked is an ask with what decides who may see and answer what of it.
type asked struct {
	commitments.Ask
	manager  ID                         // of the customer
	subjects map[ID]commitments.Subject // of the promises made of it
}

func (k *asked) view(by commitments.Actor, at Instant) (commitments.AskView, bool) {
	return k.View(at, func(p *commitments.Promise) bool { return by.Sees(k.subjects[p.ID]) })
}

// ask finds one ask by number, for somebody who may answer it, and holds it. Like their customers, all may see asks.
func (t *tx) ask(by commitments.Actor, ref string) (*asked, error) {
	missing := commitments.NotFound("ask", fmt.Sprintf("there is no ask %q: `kept ask list` shows them", shorten(ref)))
	id, ok := reference(ref)
	if !ok {
		return nil, missing
	}
	if err := t.get(&id, "SELECT c.id FROM asks c WHERE c.id = ?"+t.s.d.forUpdate, id); err != nil {
		return nil, found(err, "ask", missing.(*commitments.Error).Message)
	}
	asks, err := t.asks("k.id = ?", id)
	if err != nil {
		return nil, err
	}
	k := asks[0]
	if !by.May(commitments.ActAsk, commitments.Subject{Manager: k.manager}) {
		return nil, commitments.Refused("as", fmt.Sprintf("%s, a %s, may not answer what %s asks for", by.Name, by.Role, k.Customer.Name))
	}
	return k, nil
}

// asks reads asks (k) with their answers, and the histories of the promises made of
// them, in the order they were said.
func (t *tx) asks(where string, args ...any) ([]*asked, error) {
	var rows []struct {
		ID         ID                `db:"id"`
		CustomerID ID                `db:"customer_id"`
		Customer   string            `db:"customer"`
		Calendar   ID                `db:"calendar_id"`
		Manager    ID                `db:"manager_id"`
		Words      string            `db:"words"`
		Link       string            `db:"link"`
		Price      commitments.Money `db:"price"`
		At         Instant           `db:"at"`
		HeardBy    string            `db:"heard_by"`
	}
	err := t.all(&rows, `SELECT k.id, k.customer_id, cu.name AS customer, cu.calendar_id, cu.manager_id, k.words, k.link, k.price, k.at, coalesce(p.name, '') AS heard_by
		FROM asks k JOIN customers cu ON cu.id = k.customer_id LEFT JOIN people p ON p.id = k.by_id WHERE `+where+" ORDER BY k.at, k.id", args...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	b, err := t.book()
	if err != nil {
		return nil, err
	}
	asks, byID := make([]*asked, len(rows)), make(map[ID]*asked, len(rows))
	for i, r := range rows {
		asks[i] = &asked{manager: r.Manager, subjects: map[ID]commitments.Subject{}, Ask: commitments.Ask{
			ID: r.ID, Customer: commitments.Ref{ID: r.CustomerID, Name: r.Customer}, Words: r.Words, Link: r.Link, Price: r.Price,
			Currency: t.s.settings.Currency, At: r.At, HeardBy: r.HeardBy, Calendar: b.calendarOf(r.Calendar, 0),
		}}
		byID[r.ID] = asks[i]
	}
	return asks, t.answers(byID)
}

// answers fills in what became of some asks.
func (t *tx) answers(asks map[ID]*asked) error {
	ids := make([]ID, 0, len(asks))
	for id := range asks {
		ids = append(ids, id)
	}
	var rows []struct {
		Ask     ID                   `db:"ask_id"`
		At      Instant              `db:"at"`
		By      ID                   `db:"by_id"`
		Answer  commitments.AskState `db:"answer"`
		Promise ID                   `db:"commitment_id"`
		Told    string               `db:"told"`
	}
	err := t.all(&rows, "SELECT ask_id, at, by_id, answer, commitment_id, told FROM ask_answers WHERE ask_id IN "+t.s.d.ids+" ORDER BY id", idList(ids))
	if err != nil {
		return err
	}
	var promised []ID
	for _, r := range rows {
		if r.Promise != 0 {
			promised = append(promised, r.Promise)
		}
	}
	promises, subjects := map[ID]*commitments.Promise{}, map[ID]commitments.Subject{}
	if len(promised) > 0 {
		err = t.each(everyone, 0, "WHERE c.id IN "+t.s.d.ids, []any{idList(promised)}, func(r *row, p *commitments.Promise) {
			promises[p.ID], subjects[p.ID] = p, r.subject()
		})
	}
	for _, r := range rows {
		k := asks[r.Ask]
		k.Answers = append(k.Answers, commitments.AskAnswer{At: r.At, By: r.By, Answer: r.Answer, Promise: promises[r.Promise], Told: r.Told})
		if r.Promise != 0 {
			k.subjects[r.Promise] = subjects[r.Promise]
		}
	}
	return err
}
