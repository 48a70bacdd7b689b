package store_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// missed makes the promise of ladder, for Friday 13 November, and lets it pass: its owner
// is told on Saturday. The clocks begin on Monday at 09:00.
func (h *home) missed(change ...func(*store.NewPromise)) {
	h.t.Helper()
	h.ladder(append([]func(*store.NewPromise){func(p *store.NewPromise) { p.Promise = "2020-11-13" }}, change...)...)
	_, err := h.Call(h.ctx, h.op("1", "2020-11-09T08:30:00Z"), store.Call{Outcome: "still-on"})
	must(h.t, err)
	h.climb("2020-11-14 10:00")
}

// rescue takes a step.
func (h *home) rescue(at string, in store.RescueStep) *commitments.RescueView {
	h.t.Helper()
	v, err := h.Rescue(h.ctx, h.op("1", at), in)
	must(h.t, err)
	return v.Rescue
}

var monday = []string{"2020-11-16 09:59", "2020-11-16 10:00", "2020-11-16 11:00", "2020-11-16 13:00", "2020-11-17 17:00", "2020-11-19 17:00"}

func TestG1_ClocksNotMetAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		equal(t, h.escalation("1", "2020-11-16 09:30"), "basia backup 10:00", "basia backup 11:00", "mo account manager 11:00",
			"mo account manager 13:00", "basia backup 17:00", "mo account manager 17:00")
		equal(t, h.climb(monday...), "16 10:00 basia overdue own-backup", "16 11:00 basia overdue call-backup", "16 11:00 mo overdue own-manager",
			"16 13:00 mo overdue call-manager", "17 17:00 basia overdue make-right-backup", "19 17:00 mo overdue make-right-manager")
		l := h.letterTo("mo", "2020-11-19 17:00")
		if c := l.Cards[0]; !c.Rescue || c.Climbed == nil || c.Climbed.Step != "own-manager" || c.Climbed.Hours != 2 || len(c.Clocks) != 3 || len(c.Dates) != 1 {
			t.Errorf("%+v", c)
		}
	})
}

func TestG1_AfterDowntimeOnlyTheHighestStepIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		equal(t, h.climb("2020-11-18 10:00"), "18 10:00 mo overdue call-manager")
		equal(t, h.climb("2020-11-19 17:00"), "19 17:00 mo overdue make-right-manager")
	})
}

func TestG1_EachStepMeetsItsClock(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		equal(t, h.climb(monday[:2]...), "16 10:00 basia overdue own-backup")
		r := h.rescue("2020-11-16T10:30:00Z", store.RescueStep{Act: commitments.RescueOwned, Severity: "high"})
		if r.OwnedBy == nil || *r.OwnedBy != "Ada" || r.OpenedBy != nil || r.OwnBy != 0 || r.CallBy != instant("2020-11-16 11:00") {
			t.Errorf("owned %+v", r)
		}
		equal(t, h.open("1"), "owner")
		equal(t, h.climb(monday[2:4]...), "16 11:00 basia overdue call-backup", "16 13:00 mo overdue call-manager")
		h.rescue("2020-11-16T14:00:00Z", store.RescueStep{Act: commitments.RescueCalled, Note: "they can wait", Reason: "supplier"})
		equal(t, h.open("1"))
		equal(t, h.climb(monday[4:5]...), "17 17:00 basia overdue make-right-backup")
		r = h.rescue("2020-11-17T18:00:00Z", store.RescueStep{Act: commitments.RescueMadeRight, What: "a free month", Cost: "250"})
		if r.Cost != commitments.Dollars(250) || *r.What != "a free month" || *r.Reason != "supplier" || *r.Severity != "high" || r.MakeRightBy != 0 {
			t.Errorf("made right %+v", r)
		}
		equal(t, h.open("1"))
		r = h.rescue("2020-11-18T10:00:00Z", store.RescueStep{Act: commitments.RescueClosed, WonBack: new(true)})
		if r.ClosedAt != instant("2020-11-18 10:00") || r.WonBack == nil || !*r.WonBack {
			t.Errorf("closed %+v", r)
		}
		equal(t, h.climb("2020-11-20 10:00", "2020-11-23 09:59", "2020-11-23 10:00"), "23 10:00 bo overdue") // still overdue, three working days on
		h.replays(t, 1)
	})
}

// open are the steps of the alerts that are open.
func (h *home) open(ref string) (steps []string) {
	h.t.Helper()
	for _, a := range h.show(ref).Alerts {
		if a.ClosedAt == 0 {
			steps = append(steps, a.Step)
		}
	}
	return steps
}

// A new date clears the overdue card. What is to be made right is still owed.
func TestG1_ANewDateLeavesTheRescueOpen(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		_, err := h.Call(h.ctx, h.op("1", "2020-11-16T09:30:00Z"), store.Call{Outcome: "new-date", NewDate: store.NewDate{Promise: "2020-11-18", Why: "more work"}})
		must(t, err)
		equal(t, h.climb(monday[1:5]...), "17 17:00 bo at-risk", "17 17:00 basia at-risk make-right-backup")
		// The second miss ends it, not won back, and opens the next.
		told := h.climb("2020-11-19 09:00", "2020-11-19 10:00")
		if !slices.Contains(told, "19 09:00 bo overdue") || !slices.Contains(told, "19 10:00 basia overdue own-backup") || strings.Contains(strings.Join(told, ""), "make-right-manager") {
			t.Errorf("told %q", told)
		}
		if r := h.show("1").Rescue; r.Number != 2 || r.OwnedAt != 0 {
			t.Errorf("%+v", r)
		}
		if open := h.open("1"); slices.Contains(open, "make-right-backup") {
			t.Errorf("of the first rescue is still told: %q", open)
		}
	})
}

func TestG1_ADeliveryStopsTheClocks(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		h.climb(monday[:2]...)
		h.live("1", "deliver 2020-11-16T10:30:00Z")
		equal(t, h.open("1"))
		equal(t, h.climb(monday[2:]...))
		if r := h.show("1").Rescue; !r.Open() {
			t.Error("the delivery closed the rescue")
		}
		equal(t, rescues(h.digestAt("2020-12-21 09:00")), "1 own")
		// One that a person opens afterwards has its clocks.
		h.rescue("2020-12-21T09:00:00Z", store.RescueStep{Act: commitments.RescueClosed})
		h.rescue("2020-12-21T09:30:00Z", store.RescueStep{Act: commitments.RescueOpened, Note: "it fell over"})
		equal(t, h.climb("2020-12-21 10:00", "2020-12-21 11:00"), "21 10:00 bo delivered rescue", "21 11:00 basia delivered own-backup")
		equal(t, h.open("1"), "rescue", "own-backup")
		h.rescue("2020-12-21T11:30:00Z", store.RescueStep{Act: commitments.RescueCalled})
		equal(t, h.open("1"))
		equal(t, rescues(h.digestAt("2020-12-21 12:00")), "1 make-right")
		equal(t, rescues(h.digestAt("2020-12-21 09:10")))
	})
}

func (h *home) digestAt(at string) commitments.Digest {
	h.t.Helper()
	d, err := h.MakeDigest(h.ctx, "", instant(at))
	must(h.t, err)
	return d
}

func rescues(d commitments.Digest) (all []string) {
	for _, r := range d.Rescues {
		all = append(all, number(r.ID)+" "+r.Owes)
	}
	return all
}

// A delivery recorded late says that nothing was missed: no rescue, and nothing more told.
func TestG1_WhatIsRecordedLateUndoesARescue(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		h.climb(monday[:2]...)
		h.live("1", "deliver 2020-11-13T16:00:00Z")
		equal(t, h.open("1"))
		equal(t, h.climb(monday[2:]...))
		if d := h.show("1"); d.Rescue != nil {
			t.Errorf("%+v", d.Rescue)
		}
	})
}

// The answers go into the thread of the card, and the next person gets a card.
func TestG1_StepsAnswerTheCard(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		h.climb(monday[:3]...)
		all, err := h.Deliveries(h.ctx, "", 50)
		must(t, err)
		slices.Reverse(all)
		var got []string
		for _, d := range all {
			to := d.Destination
			if d.ThreadOf != 0 {
				to += " in " + number(d.ThreadOf)
			}
			got = append(got, to)
		}
		equal(t, got, "person:6", "person:6 in 1", "person:2", "person:6 in 1", "person:2", "person:3")
	})
}

func TestG1_WhoeverIsToldMayAct(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed(func(p *store.NewPromise) { p.Team = "" })
		_, err := h.SetAway(h.ctx, h.ada, "mo", store.Away{First: "2020-01-01", Last: "2099-12-31", Substitute: "sub"})
		must(t, err)
		for name, may := range map[string]bool{"bo": true, "basia": true, "sub": true, "lee": false} {
			by, err := h.Actor(h.ctx, name)
			must(t, err)
			_, err = h.Rescue(h.ctx, store.Op{By: by, Ref: "1", At: "2020-11-16T10:00:00Z"}, store.RescueStep{Act: commitments.RescueMadeRight, What: "a month"})
			if may != (err == nil) {
				t.Errorf("%s: %v", name, err)
			} else if !may {
				refused(t, err, commitments.ErrRefused, "")
			}
		}
	})
}

// No step is shown before the one it followed: all are cut to the second alike.
func TestG1_StepsAreShownInOrder(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		h.rescue("2020-11-16T09:30:00.900Z", store.RescueStep{Act: commitments.RescueMadeRight, What: "a month"})
		r := h.rescue("2020-11-16T09:30:00.950Z", store.RescueStep{Act: commitments.RescueClosed})
		if want := instant("2020-11-16 09:30"); r.OwnedAt != want || r.MadeRightAt != want || r.ClosedAt != want {
			t.Errorf("owned %s, made right %s, closed %s; want %s", r.OwnedAt, r.MadeRightAt, r.ClosedAt, want)
		}
	})
}

// A backup from another team sees the promise for as long as they are to act on it.
func TestG1_WhoeverIsToldSeesThePromise(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		h.team("Elsewhere")
		_, err := h.EditPerson(h.ctx, h.ada, "basia", store.PersonInput{Teams: &[]string{"Elsewhere"}})
		must(t, err)
		own := func(at string) error {
			by, err := h.Actor(h.ctx, "basia")
			must(t, err)
			_, err = h.Rescue(h.ctx, store.Op{By: by, Ref: "1", At: at}, store.RescueStep{Act: commitments.RescueOwned})
			return err
		}
		refused(t, own("2020-11-16T09:30:00Z"), commitments.ErrNotFound, "id")
		h.climb("2020-11-16 10:00")
		must(t, own("2020-11-16T10:05:00Z"))
		_, err = h.Deliver(h.ctx, h.op("1", "2020-11-16T10:30:00Z"))
		must(t, err)
		refused(t, own("2020-11-16T10:40:00Z"), commitments.ErrNotFound, "id")
	})
}

func TestG1_AnImportOpensNone(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing("id,customer,owner,title,made_at,promise_date,delivered_at\n"+
			"A1,Acme,Ada,Overdue,2020-10-01,2020-11-05,\nA2,Acme,Ada,Late,2020-10-01,2020-11-05,2020-11-07\nA3,Acme,Ada,Open,2020-10-01,2020-11-13,\n",
			func(o *store.ImportOptions) { o.At = "2020-11-09T10:00:00Z" })
		h.climb("2020-11-09 10:00", "2020-11-14 10:00", "2020-11-16 11:00")
		equal(t, rescues(h.digestAt("2020-11-16 11:00")), "3 own")
		for _, id := range []commitments.ID{1, 2, 3} {
			h.replays(t, id)
		}
		_, err := h.Reopen(h.ctx, h.op("2", "2020-11-16T12:00:00Z"), "it broke")
		must(t, err)
		equal(t, rescues(h.digestAt("2020-11-16 12:30")), "3 own", "2 own")
	})
}

// Once a promise is handed over, its new owner's card is answered, not the old owner's.
func TestG1_AHandOverMovesTheThread(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		_, err := h.Raw().Exec("UPDATE deliveries SET state = 'sent', sent_at = created_at")
		must(t, err)
		_, err = h.HandOver(h.ctx, h.op("1", "2020-11-16T09:10:00Z"), "lee", "Jo knows")
		must(t, err)
		h.climb("2020-11-16 09:30", "2020-11-16 10:00")
		all, err := h.Deliveries(h.ctx, "", 50)
		must(t, err)
		answers := 0
		for _, d := range all {
			if d.ThreadOf == 0 {
				continue
			}
			answers++
			if card, err := h.Delivery(h.ctx, d.ThreadOf); err != nil || card.Destination == all[len(all)-1].Destination {
				t.Errorf("told in the thread of %+v, %v", card, err)
			}
		}
		if answers != 1 {
			t.Errorf("%d answers", answers)
		}
	})
}

// As of an earlier time the clocks are shown as they ran then, whatever happened since.
func TestG1_ShowKnowsTheClocksOfThen(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.missed()
		const at = "2020-11-16 09:30"
		shown := func() (commitments.RescueView, string) {
			d, err := h.Show(h.ctx, h.ada, "1", instant(at))
			must(t, err)
			return *d.Rescue, strings.Join(h.escalation("1", at), ", ")
		}
		was, wasTold := shown()
		if was.OwnBy != instant("2020-11-16 10:00") {
			t.Fatalf("own by %v", was.OwnBy)
		}
		h.rescue("2020-11-16T12:00:00Z", store.RescueStep{Act: commitments.RescueClosed})
		h.climb("2020-11-16 13:00")
		h.rescue("2020-11-16T14:00:00Z", store.RescueStep{Act: commitments.RescueOpened})
		h.climb("2020-11-16 14:30")
		if is, told := shown(); !reflect.DeepEqual(is, was) || told != wasTold {
			t.Errorf("%+v, %s\nwas %+v, %s", is, told, was, wasTold)
		}
	})
}
