package store_test

import (
	"fmt"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// page reads somebody's home.
func (h *home) page(by commitments.Actor, at string, most int) store.HomePage {
	h.t.Helper()
	page, err := h.HomePage(h.ctx, by, instant(at), most)
	must(h.t, err)
	return page
}

// todo is what is to be done, as "call login".
func todo(page store.HomePage) string {
	var all []string
	for _, d := range page.ToDo {
		all = append(all, string(d.Duty)+" "+d.Title)
	}
	return strings.Join(all, ", ")
}

// A home counts every open promise of its person as the list does, however few are shown,
// and says what is to be done in the order of what the customers are worth.
func TestE4_HomeCountsWhatIsOwned(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		olga := h.person("Olga", commitments.Member, "Core")
		ben := h.person("Ben", commitments.Member, "Core")
		must(t, second(h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Globex"), Sale: new("5000"), Every: new("3y"), Years: new("15")})))
		for i, customer := range []string{"Acme", "Globex", "Acme", "Acme", "Acme"} {
			v := h.promise(func(p *store.NewPromise) {
				p.Owner, p.Team, p.Customer, p.Title, p.Promise = "Olga", "Core", customer, fmt.Sprint("promise ", i), "2020-12-18"
			})
			if i < 2 {
				h.atRisk(number(v.ID))
			}
		}
		const at = "2020-11-10 10:00"
		for _, most := range []int{20, 1} {
			page := h.page(olga, at, most)
			if got := todo(page); got != "call promise 1, call promise 0" {
				t.Errorf("to do: %s", got)
			}
			if got := page.Owned[commitments.AtRisk]*10 + page.Owned[commitments.OnTrack]; got != 23 || len(page.Mine) != min(most, 3) {
				t.Errorf("of at most %d: %v owned, %d shown", most, page.Owned, len(page.Mine))
			}
		}
		if page := h.page(ben, at, 20); len(page.ToDo)+len(page.Mine)+len(page.Owned) != 0 || !page.Newcomer {
			t.Errorf("X12: of others' promises somebody's home shows %+v", page)
		}
		must(t, second(h.Call(h.ctx, h.op("1", "2020-11-10T09:00:00Z"), store.Call{Outcome: "still-on"})))
		if got := todo(h.page(olga, at, 20)); got != "call promise 1" {
			t.Errorf("after a call is to do: %s", got)
		}
	})
}

// Who was told to act on a promise of another team finds it at home, for as long as Kept
// waits for them.
func TestE4_HomeOfWhoeverWasTold(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		h.person("Olga", commitments.Member, "Core")
		zoe := h.person("Zoe", commitments.Member, "Web")
		v := h.promise(func(p *store.NewPromise) { p.Owner, p.Team, p.Title, p.Promise = "Olga", "Core", "login", "2020-12-18" })
		h.atRisk(number(v.ID))
		for _, step := range []string{commitments.StepSecondMiss, commitments.StepBackup} {
			must(t, second(h.Raw().Exec(h.Raw().Rebind(`INSERT INTO alerts (key, commitment_id, stage, episode, step, recipient_id, reasons, at)
				VALUES (?, ?, 'at-risk', 1, ?, ?, '[]', ?)`), step, int64(v.ID), step, int64(zoe.ID), int64(instant("2020-11-09 10:00")))))
			want := map[bool]string{true: "call login"}[step == commitments.StepBackup] // the other only tells
			if page := h.page(zoe, "2020-11-10 10:00", 20); todo(page) != want || len(page.Owned) != 0 {
				t.Errorf("told of %s: to do: %q, %v", step, todo(page), page.Owned)
			}
		}
		must(t, second(h.Call(h.ctx, h.op(number(v.ID), "2020-11-10T09:00:00Z"), store.Call{Outcome: "still-on"})))
		if got := todo(h.page(zoe, "2020-11-10 10:00", 20)); got != "" {
			t.Errorf("after the call is to do: %s", got)
		}
	})
}

// The numbers are of one's own promises, or of one's teams' for a lead, over twelve weeks.
func TestE4_HomesNumbers(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		olga := h.person("Olga", commitments.Member, "Core")
		lea := h.person("Lea", commitments.Lead, "Core")
		must(t, second(h.EditTeam(h.ctx, h.ada, "Core", store.TeamInput{Lead: new("Lea")})))
		for i, owner := range []string{"Olga", "Olga", "Ada"} {
			v := h.promise(func(p *store.NewPromise) {
				p.Owner, p.Team, p.Title, p.Promise = owner, "Core", fmt.Sprint("promise ", i), "2020-11-20"
			})
			if i != 1 {
				h.done(number(v.ID))
			}
		}
		const at = "2020-11-30 10:00"
		for by, want := range map[*commitments.Actor]commitments.KeptOf{&olga: {Kept: 1, Of: 2}, &lea: {Kept: 2, Of: 3}, &h.ada: {Kept: 1, Of: 1}} {
			if page := h.page(*by, at, 20); page.Score.KeptFirst != want {
				t.Errorf("%s finds %+v of %s, from %s to %s", by.Name, page.Score, page.ScoreOf, page.First, page.Last)
			}
		}
		if page := h.page(olga, "2021-03-30 10:00", 20); page.Score != (commitments.Score{}) {
			t.Errorf("long after: %+v", page.Score)
		}
	})
}
