package store_test

import (
	"slices"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// deeds are all that can be done to one promise.
var deeds = map[commitments.Action]func(*home, store.Op) error{
	commitments.ActView: func(h *home, op store.Op) error { return second(h.Show(h.ctx, op.By, op.Ref, now())) },
	commitments.ActEdit: func(h *home, op store.Op) error {
		return second(h.EditPromise(h.ctx, op, store.PromiseEdit{Title: new("Another title")}))
	},
	commitments.ActCheckIn: func(h *home, op store.Op) error { return second(h.CheckIn(h.ctx, op, store.CheckIn{Left: "2"})) },
	commitments.ActCall: func(h *home, op store.Op) error {
		return second(h.Call(h.ctx, op, store.Call{Outcome: "not-reached"}))
	},
	commitments.ActAck: func(h *home, op store.Op) error { h.atRisk(op); return second(h.Ack(h.ctx, op)) },
	commitments.ActSnooze: func(h *home, op store.Op) error {
		h.atRisk(op)
		return second(h.Snooze(h.ctx, op, "2020-11-11 12:00", "later"))
	},
	commitments.ActNewDate: func(h *home, op store.Op) error {
		return second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-12-18", Why: "more work"}))
	},
	commitments.ActAccept:   func(h *home, op store.Op) error { return second(h.Accept(h.ctx, op, store.Accept{Date: true})) },
	commitments.ActWait:     func(h *home, op store.Op) error { return second(h.Wait(h.ctx, op, "an answer")) },
	commitments.ActHandOver: func(h *home, op store.Op) error { return second(h.HandOver(h.ctx, op, "Someone", "a note")) },
	commitments.ActPlusOne: func(h *home, op store.Op) error {
		return second(h.PlusOne(h.ctx, op, store.PlusOne{What: "a lamp"}))
	},
	commitments.ActDeliver:  func(h *home, op store.Op) error { return second(h.Deliver(h.ctx, op)) },
	commitments.ActWithdraw: func(h *home, op store.Op) error { return second(h.Withdraw(h.ctx, op, "cancelled")) },
	commitments.ActSurvey: func(h *home, op store.Op) error {
		h.live(op.Ref, "deliver 2020-11-10T09:00:00Z")
		return second(h.Rate(h.ctx, op, store.Rating{Rating: "4"}))
	},
}

// atRisk opens a call card.
func (h *home) atRisk(op store.Op) {
	_, err := h.CheckIn(h.ctx, h.op(op.Ref, "2020-11-09T10:00:00Z"), store.CheckIn{Left: "30"})
	must(h.t, err)
	_, err = h.Raw().Exec(h.Raw().Rebind("UPDATE commitments SET stage = 'at-risk', alerted = 'at-risk', alerted_at = ? WHERE id = "+op.Ref), instant("2020-11-09 10:00"))
	must(h.t, err)
}

// TestEveryDeedAsksForItsRight holds each method to the table of rights, for every
// role: on promises of its team and of another, of its own, and of its customers.
// What may not be seen is not found.
func TestEveryDeedAsksForItsRight(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		h.person("Someone", commitments.Member)
		for _, role := range commitments.Roles {
			actor := h.person("my-"+string(role), role, "Core")
			_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("customer of " + actor.Name), Manager: &actor.Name})
			must(t, err)
			for _, c := range []struct{ owner, team, customer string }{
				{"Ada", "Core", "Acme"}, {"Ada", "Web", "Acme"}, {actor.Name, "Core", "Acme"}, {actor.Name, "Web", "Acme"},
				{"Ada", "", "Acme"}, {"Ada", "Web", "customer of " + actor.Name},
			} {
				for act, do := range deeds { // each on a promise of its own: one may end the next
					p := h.promise(func(p *store.NewPromise) { p.Owner, p.Team, p.Customer = c.owner, c.team, c.customer })
					err := do(h, store.Op{By: actor, Ref: number(p.ID), At: "2020-11-10T10:00:00Z"})
					h.judge(t, actor, act, p.ID, c.owner == actor.Name, err)
				}
			}
		}
	})
}

func (h *home) judge(t *testing.T, actor commitments.Actor, act commitments.Action, id commitments.ID, owns bool, err error) {
	t.Helper()
	var s commitments.Subject
	row := h.Raw().QueryRow("SELECT c.team_id, cu.manager_id FROM commitments c JOIN customers cu ON cu.id = c.customer_id WHERE c.id = " + number(id))
	must(t, row.Scan(&s.Team, &s.Manager))
	if s.Owner = h.ada.ID; owns {
		s.Owner = actor.ID
	}
	switch {
	case !actor.Sees(s):
		refused(t, err, commitments.ErrNotFound, "id")
	case !actor.May(act, s):
		refused(t, err, commitments.ErrRefused, "")
	case err != nil:
		t.Errorf("%s, action %d, on %+v: %v", actor.Role, act, s, err)
	}
}

func TestAListHoldsOnlyWhatMayBeSeen(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		mo := h.person("Mo", commitments.Manager)
		cy := h.person("Cy", commitments.Viewer, "Core")
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Globex"), Manager: new("Mo")})
		must(t, err)
		for _, c := range []struct{ customer, team string }{{"Acme", "Core"}, {"Acme", "Web"}, {"Globex", "Web"}, {"Acme", ""}} {
			h.promise(func(p *store.NewPromise) { p.Title, p.Customer, p.Team = c.customer+" "+c.team, c.customer, c.team })
		}
		for actor, want := range map[*commitments.Actor]int{&h.ada: 4, &mo: 2, &cy: 2} {
			views, err := h.List(h.ctx, *actor, store.Filter{}, instant("2020-11-03 00:00"))
			must(t, err)
			if len(views) != want {
				t.Errorf("%s sees %d promises, want %d", actor.Name, len(views), want)
			}
		}
	})
}

func TestWhoMayLogPromises(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		for _, role := range commitments.Roles {
			actor := h.person("my-"+string(role), role, "Core")
			for _, c := range []struct {
				owner, team string
				may         []commitments.Role
			}{
				{actor.Name, "Core", []commitments.Role{commitments.Admin, commitments.Lead, commitments.Member}},
				{"Ada", "Core", []commitments.Role{commitments.Admin, commitments.Lead}},
				{"Ada", "Web", []commitments.Role{commitments.Admin}},
			} {
				_, err := h.Add(h.ctx, store.Op{By: actor, At: "2020-11-02"}, store.NewPromise{Customer: "Acme", Owner: c.owner, Team: c.team, Title: "Login", Promise: "2020-11-20", Create: true})
				if may := slices.Contains(c.may, role); may != (err == nil) {
					t.Errorf("%s logs a promise of %s, team %s: %v", role, c.owner, c.team, err)
				} else if !may {
					refused(t, err, commitments.ErrRefused, "owner")
				}
			}
		}
	})
}
