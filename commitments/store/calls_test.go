package store_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// swept are the steps of the alerts that a sweep opens, with who is told.
func (h *home) swept(at string) (steps []string) {
	h.t.Helper()
	swept, err := h.Sweep(h.ctx, instant(at))
	must(h.t, err)
	for _, a := range swept.Alerts {
		steps = append(steps, a.Step+" "+a.Recipient)
	}
	slices.Sort(steps)
	return steps
}

func wantSteps(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestAnUpdateIsAskedForOnceForEachDay(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		h.promise(func(p *store.NewPromise) { p.Promise, p.UpdateEvery = "2021-02-26", "5d" })
		wantSteps(t, h.swept("2020-11-06 12:00"))
		wantSteps(t, h.swept("2020-11-09 09:00"), "update Ada")
		wantSteps(t, h.swept("2020-11-10 09:00"))

		// The message has not gone out: what is done needs no asking.
		must(t, second(h.Touch(h.ctx, store.TouchInput{By: h.ada, Commitment: "1", Channel: "email", Note: "half done", At: "2020-11-10T10:00:00Z"})))
		if cancelled, err := h.Deliveries(h.ctx, store.Cancelled, 10); err != nil || len(cancelled) != 1 {
			t.Errorf("cancelled %+v, %v: want the message that asked for it", cancelled, err)
		}
		wantSteps(t, h.swept("2020-11-17 09:00"), "update Ada")

		// A new owner has not been asked yet.
		_, err := h.HandOver(h.ctx, h.op("1", "2020-11-17T10:00:00Z"), "bo", "Jo knows")
		must(t, err)
		wantSteps(t, h.swept("2020-11-17 11:00"), "new-owner bo", "update bo")
	})
}

func TestALeaversPromisesGoToTheLead(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("lea", commitments.Lead)
		h.person("mia", commitments.Manager)
		_, err := h.AddTeam(h.ctx, h.ada, store.TeamInput{Name: new("Core")})
		must(t, err)
		h.person("bo", commitments.Member, "Core")
		_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme"), Manager: new("mia")})
		must(t, err)
		h.promise(func(p *store.NewPromise) { p.Owner, p.Promise = "bo", "2021-12-24" })
		h.promise(func(p *store.NewPromise) { p.Owner = "bo" })
		_, err = h.Deliver(h.ctx, h.op("2", "2020-11-10"))
		must(t, err)
		refused(t, h.ErasePerson(h.ctx, h.ada, "bo"), commitments.ErrRefused, "person")
		_, err = h.EditTeam(h.ctx, h.ada, "Core", store.TeamInput{Lead: new("lea")})
		must(t, err)
		must(t, h.ErasePerson(h.ctx, h.ada, "bo"))
		d, err := h.Show(h.ctx, h.ada, "1", calendar.InstantOf(time.Now()))
		must(t, err)
		if d.Owner != "lea" {
			t.Errorf("owned by %s, want the lead", d.Owner)
		}
		d, err = h.Show(h.ctx, h.ada, "2", calendar.InstantOf(time.Now()))
		must(t, err)
		if d.Owner != "(erased)" {
			t.Errorf("what was delivered is owned by %s now", d.Owner)
		}
	})
}

func TestWhoCallsACustomer(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		bea := h.person("bea", commitments.Member)
		h.promise()
		h.atRisk("1")
		_, err := h.Ack(h.ctx, store.Op{By: bea, Ref: "1", At: "2020-11-10T10:00:00Z"})
		must(t, err)
		must(t, second(h.Touch(h.ctx, store.TouchInput{By: h.ada, Customer: "Acme", Channel: "chat", Note: "hello", At: "2020-11-10T10:30:00Z"})))
		who, err := h.Calling(h.ctx, "Acme", instant("2020-11-10 11:00"))
		must(t, err)
		want := []store.Colleague{
			{Name: "Ada", ToCall: true, Reached: instant("2020-11-10 10:30"), How: "chat"},
			{Name: "bea", OnIt: instant("2020-11-10 10:00")},
		}
		if !slices.Equal(who, want) {
			t.Errorf("got  %+v\nwant %+v", who, want)
		}
		if who, err = h.Calling(h.ctx, "Acme", instant("2020-11-11 11:00")); err != nil || len(who) != 1 || who[0] != (store.Colleague{Name: "Ada", ToCall: true}) {
			t.Errorf("the day after: %+v, %v", who, err)
		}
	})
}

// Whoever is told of another's promise does not read that they call the customer, too.
func TestACardDoesNotNameItsReaderAmongTheOthers(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.promise(func(p *store.NewPromise) { p.Owner, p.Team = "basia", "Core" })
		_, err := h.CheckIn(h.ctx, h.op("2", "2020-11-09T08:00:00Z"), store.CheckIn{Left: "30"})
		must(t, err)
		h.climb("2020-11-09 09:00", "2020-11-09 17:00")
		got := map[commitments.ID][]string{}
		for _, m := range h.all(store.Pending) {
			letter, err := h.Letter(h.ctx, &m, instant("2020-11-09 17:00"))
			must(t, err)
			if letter.Recipient.Name != "basia" || letter.Update {
				continue
			}
			for _, c := range letter.Cards {
				got[c.Promise.ID] = []string{}
				for _, who := range c.AlsoCalling {
					got[c.Promise.ID] = append(got[c.Promise.ID], who.Name)
				}
			}
		}
		if want := map[commitments.ID][]string{1: {}, 2: {"bo"}}; !reflect.DeepEqual(got, want) {
			t.Errorf("basia reads that %v call, too; want %v", got, want)
		}
	})
}
