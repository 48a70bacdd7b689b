package store_test

import (
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// TestAsksAskForTheirRight holds what can be done about an ask to the table of rights,
// for customers of the actor's and of somebody else's.
func TestAsksAskForTheirRight(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for _, role := range commitments.Roles {
			actor := h.person("my-"+string(role), role)
			_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("customer of " + actor.Name), Manager: &actor.Name})
			must(t, err)
			_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("not of " + actor.Name)})
			must(t, err)
			for customer, subject := range map[string]commitments.Subject{"customer of " + actor.Name: {Manager: actor.ID}, "not of " + actor.Name: {}} {
				op := store.Op{By: actor, At: "2020-11-03"}
				for what, do := range map[string]func(ref string) error{
					"log": func(string) error {
						return second(h.AddAsk(h.ctx, op, store.NewAsk{Customer: customer, Words: "a lamp"}))
					},
					"give":    func(ref string) error { op.Ref = ref; return second(h.GiveAsk(h.ctx, op, "")) },
					"decline": func(ref string) error { op.Ref = ref; return second(h.DeclineAsk(h.ctx, op, "sorry")) },
				} {
					k, err := h.AddAsk(h.ctx, h.op("", "2020-11-02"), store.NewAsk{Customer: customer, Words: "a lamp"})
					must(t, err)
					if err := do(number(k.ID)); actor.May(commitments.ActAsk, subject) {
						if err != nil {
							t.Errorf("%s may %s of %s: %v", role, what, customer, err)
						}
					} else {
						refused(t, err, commitments.ErrRefused, "as")
					}
				}
			}
		}
	})
}

// TestAnAskKeepsQuietAboutAPromiseOneMayNotSee: what became of it is told, not which promise.
func TestAnAskKeepsQuietAboutAPromiseOneMayNotSee(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		bob := h.person("Bob", commitments.Member, "Web")
		h.promise() // makes Acme
		k, err := h.AddAsk(h.ctx, h.op("", "2020-11-02"), store.NewAsk{Customer: "Acme", Words: "a lamp", Price: "20"})
		must(t, err)
		made, err := h.PromiseAsk(h.ctx, h.op(number(k.ID), "2020-11-03"), store.NewPromise{Owner: "Ada", Team: "Core", Promise: "2020-11-20"})
		must(t, err)
		if made.Title != "a lamp" || made.Price != commitments.Dollars(20) || made.Ask.Promise != made.ID {
			t.Errorf("made %+v of it", made)
		}
		for actor, want := range map[*commitments.Actor]commitments.ID{&h.ada: made.ID, &bob: 0} {
			asks, err := h.Asks(h.ctx, *actor, store.AskFilter{}, now())
			must(t, err)
			if len(asks) != 1 || asks[0].State != commitments.AskPromised || asks[0].Promise != want {
				t.Errorf("%s sees %+v, want promise %d", actor.Name, asks, want)
			}
		}
	})
}

// TestAPromiseIsMadeOfAnAskWholeOrNotAtAll: where one of the two is refused, neither is kept.
func TestAPromiseIsMadeOfAnAskWholeOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		k, err := h.AddAsk(h.ctx, h.op("", "2020-11-02"), store.NewAsk{Customer: "Acme", Words: "a lamp"})
		must(t, err)
		op := h.op(number(k.ID), "2020-11-03")
		_, err = h.PromiseAsk(h.ctx, op, store.NewPromise{Owner: "Ada", Promise: "2020-11-01"})
		refused(t, err, commitments.ErrRefused, "promise")
		_, err = h.GiveAsk(h.ctx, op, "")
		must(t, err)
		_, err = h.PromiseAsk(h.ctx, op, store.NewPromise{Owner: "Ada", Promise: "2020-11-20"})
		refused(t, err, commitments.ErrRefused, "")
		views, err := h.List(h.ctx, h.ada, store.Filter{}, now())
		must(t, err)
		if len(views) != 1 {
			t.Errorf("%d promises, want the one that was no ask", len(views))
		}
	})
}

// TestTheDigestTellsOfOpenAsksAsOfItsInstant walks one ask through promised, withdrawn
// and given.
func TestTheDigestTellsOfOpenAsksAsOfItsInstant(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		k, err := h.AddAsk(h.ctx, h.op("", "2020-11-02T10:00:00Z"), store.NewAsk{Customer: "Acme", Words: "a lamp"})
		must(t, err)
		made, err := h.PromiseAsk(h.ctx, h.op(number(k.ID), "2020-11-04T10:00:00Z"), store.NewPromise{Owner: "Ada", Promise: "2020-11-20"})
		must(t, err)
		_, err = h.Withdraw(h.ctx, h.op(number(made.ID), "2020-11-06T10:00:00Z"), "no lamps left")
		must(t, err)
		_, err = h.GiveAsk(h.ctx, h.op(number(k.ID), "2020-11-10T10:00:00Z"), "")
		must(t, err)
		for at, want := range map[string]int{"2020-11-02 09:00": -1, "2020-11-03 12:00": 1, "2020-11-05 12:00": -1, "2020-11-09 12:00": 5, "2020-11-11 12:00": -1} {
			d, err := h.MakeDigest(h.ctx, "", instant(at))
			must(t, err)
			got := -1
			for _, i := range d.Asks {
				got = i.DaysOpen
			}
			if got != want {
				t.Errorf("%s: open for %d working days, want %d", at, got, want)
			}
		}
	})
}
