package store_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// TestACustomersPageHidesWhatMayNotBeSeen fills every list from a promise of one team, and
// looks with the eyes of another.
func TestACustomersPageHidesWhatMayNotBeSeen(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		bob := h.person("Bob", commitments.Member, "Web")
		h.promise(func(p *store.NewPromise) { p.Team, p.Title = "Core", "Xylophone" })
		op := h.op("1", "2020-11-10T12:00:00Z")
		must(t, second(h.Touch(h.ctx, store.TouchInput{By: h.ada, Commitment: "1", Channel: "email", Inbound: true, Note: "Xylophone?", At: "2020-11-09T12:00:00Z"})))
		_, err := h.Call(h.ctx, op, store.Call{Outcome: "still-on", Note: "Xylophone!"})
		must(t, err)
		_, err = h.PlusOne(h.ctx, op, store.PlusOne{What: "Xylophone lesson"})
		must(t, err)
		_, err = h.Deliver(h.ctx, h.op("1", "2020-11-25T12:00:00Z"))
		must(t, err)
		_, err = h.Rate(h.ctx, h.op("1", "2020-11-26T12:00:00Z"), store.Rating{Rating: "4", Comment: "Xylophone heard"})
		must(t, err)
		for actor, want := range map[*commitments.Actor]int{&h.ada: 6, &bob: 0} {
			page, err := h.CustomerPage(h.ctx, *actor, "acme", now())
			must(t, err)
			text, err := json.Marshal(page)
			must(t, err)
			if strings.Contains(string(text), "Xylophone") != (want > 0) {
				t.Errorf("%s reads %s", actor.Name, text)
			}
			if got := len(page.Closed) + len(page.Touches) + len(page.PlusOnes) + len(page.Ratings) + len(page.Rescues); got != want {
				t.Errorf("%s sees %d things, want %d: %+v", actor.Name, got, want, page)
			}
			if seen := want > 0; (page.Response.Answered > 0) != seen || (page.Broken > 0) != seen {
				t.Errorf("%s: response %+v, broken %d", actor.Name, page.Response, page.Broken)
			}
		}
	})
}

// TestACustomersPageKnowsNothingLater looks on the day before everything happened.
func TestACustomersPageKnowsNothingLater(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		_, err := h.AddAsk(h.ctx, h.op("", "2020-11-10T12:00:00Z"), store.NewAsk{Customer: "Acme", Words: "a lamp"})
		must(t, err)
		_, err = h.PlusOne(h.ctx, h.op("1", "2020-11-10T12:00:00Z"), store.PlusOne{What: "a map"})
		must(t, err)
		_, err = h.PlusOne(h.ctx, h.op("1", "2020-11-12T12:00:00Z"), store.PlusOne{Noticed: true})
		must(t, err)
		h.live("1", "deliver 2020-11-11T12:00:00Z")
		_, err = h.Rate(h.ctx, h.op("1", "2020-11-12T12:00:00Z"), store.Rating{Rating: "4"})
		must(t, err)
		for at, want := range map[string]struct{ open, closed, asks, extras, noticed, ratings int }{
			"2020-11-10 11:59": {1, 0, 0, 0, 0, 0},
			"2020-11-11 12:00": {0, 1, 1, 1, 0, 0},
			"2020-11-12 12:00": {0, 1, 1, 1, 1, 1},
		} {
			page, err := h.CustomerPage(h.ctx, h.ada, "acme", instant(at))
			must(t, err)
			got := want
			got.open, got.closed, got.asks, got.extras, got.ratings = len(page.Promises), len(page.Closed), len(page.Asks), len(page.PlusOnes), len(page.Ratings)
			got.noticed = 0
			for _, o := range page.PlusOnes {
				if o.NoticedAt != 0 {
					got.noticed++
				}
			}
			if got != want {
				t.Errorf("%s: %+v, want %+v", at, got, want)
			}
		}
	})
}
