package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// sent has Slack take what is owed on Monday morning.
func (h *home) sent() {
	h.t.Helper()
	claimed, err := h.Claim(h.ctx, "w", instant("2020-11-09 09:00"), 10, lease, grace)
	must(h.t, err)
	for i := range claimed {
		d := &claimed[i]
		must(h.t, h.Intend(h.ctx, d, "{}", "C0001", lease))
		must(h.t, h.RecordSent(h.ctx, d, "C0001", fmt.Sprint(d.ID)))
	}
}

// answered has somebody say how much work is left.
func (h *home) answered(at, left string) {
	h.t.Helper()
	_, err := h.CheckIn(h.ctx, h.op("1", at), store.CheckIn{Left: left})
	must(h.t, err)
}

// edits takes the cards that are to be edited, and edits them: how many there were.
func (h *home) edits() int {
	h.t.Helper()
	claimed, err := h.ClaimEdits(h.ctx, 100, time.Minute)
	must(h.t, err)
	for i := range claimed {
		must(h.t, h.RecordEdit(h.ctx, &claimed[i]))
	}
	return len(claimed)
}

// whole is the letter of the first message, with what came of it.
func (h *home) whole(at string) store.Letter {
	h.t.Helper()
	d, err := h.Delivery(h.ctx, 1)
	must(h.t, err)
	l, err := h.WholeLetter(h.ctx, &d, instant(at))
	must(h.t, err)
	return l
}

func TestE2_EveryChangeMakesItsCardsStale(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.answered("2020-11-09T09:05:00Z", "30")
		if n := h.edits(); n != 0 {
			t.Errorf("%d edits of what was not sent", n)
		}
		h.sent()
		if n := h.edits(); n != 0 {
			t.Errorf("%d edits of a card that is news", n)
		}
		ack := func() {
			_, err := h.Ack(h.ctx, h.op("1", "2020-11-09T10:00:00Z"))
			must(t, err)
		}
		touch := func() {
			_, err := h.Touch(h.ctx, store.TouchInput{By: h.ada, Commitment: "1", At: "2020-11-09T10:10:00Z", Channel: "email", Note: "soon"})
			must(t, err)
		}
		edit := func() {
			_, err := h.EditPromise(h.ctx, h.op("1", ""), store.PromiseEdit{Title: new("Another title")})
			must(t, err)
		}
		follow := []int{1, 1, 0}
		for i, change := range []func(){ack, touch, edit} {
			before := len(h.all(store.Pending))
			change()
			if n := h.edits(); n != 1 {
				t.Errorf("change %d: %d edits", i, n)
			}
			if told := len(h.all(store.Pending)) - before; told != follow[i] {
				t.Errorf("change %d: %d follow-ups", i, told)
			}
			if n := h.edits(); n != 0 {
				t.Errorf("change %d: %d edits again", i, n)
			}
		}
		c := h.whole("2020-11-09 11:00").Cards[0]
		var done []string
		for _, d := range c.Done {
			done = append(done, d.Kind+" by "+d.By)
		}
		equal(t, done, "checked-in by Ada", "acked by Ada", "touched by Ada")
		if c.ClosedAt != 0 || c.May.Ack || !c.May.StillOn || !c.May.Snooze || c.May.Own {
			t.Errorf("the card is %+v", c.May)
		}
	})
}

// A card shows what came of it once it is dealt with, and is left alone after that.
func TestE2_ACardThatIsDealtWithSaysWhatCameOfIt(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		_, err := h.Call(h.ctx, h.op("1", "2020-11-09T10:00:00Z"), store.Call{Outcome: "still-on"})
		must(t, err)
		if n := h.edits(); n != 1 {
			t.Errorf("%d edits", n)
		}
		c := h.whole("2020-11-09 11:00").Cards[0]
		if c.ClosedWhy != "called" || c.ClosedAt != instant("2020-11-09 10:00") || len(c.Done) != 1 || c.Done[0].Touch.Outcome != commitments.StillOn {
			t.Errorf("it is dealt with since %s, by %s: %+v", c.ClosedAt, c.ClosedWhy, c.Done)
		}
		h.answered("2020-11-09T12:00:00Z", "1")
		if n := h.edits(); n != 0 {
			t.Errorf("%d edits of what is dealt with", n)
		}
		told := h.all(store.Pending)
		if len(told) != 1 || told[0].Kind != "follow-up" || told[0].ThreadOf != 1 {
			t.Fatalf("the thread is told %+v", told)
		}
		l, err := h.Letter(h.ctx, &told[0], instant("2020-11-09 11:00"))
		must(t, err)
		if f := l.FollowUp; f == nil || f.By != "Ada" || f.Touch.Outcome != commitments.StillOn || !f.Alone || f.Promise != 1 {
			t.Errorf("the follow-up tells %+v", f)
		}
		mine, err := h.ClaimForMail(h.ctx, store.MailClaim{Worker: "w", At: instant("2020-11-10 11:00"), Limit: 9, Lease: time.Minute, Owed: true, Doubtful: time.Hour})
		must(t, err)
		if len(mine) != 0 {
			t.Errorf("by e-mail go %+v", mine)
		}
	})
}

// A new reason in the same stage is shown on the card that was posted; the same ones are not.
func TestE2_ANewReasonUpdatesTheCardThatWasPosted(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		var codes string
		shown := func() string {
			must(t, h.Raw().Get(&codes, "SELECT codes FROM alerts WHERE id = 1"))
			return codes
		}
		first := shown()
		var edited []string
		for day := 10; day <= 24; day++ {
			before := shown()
			at := fmt.Sprintf("2020-11-%d 09:00", day)
			step := len(h.sweep(at).Alerts) > 0 // who was on it is no longer
			open := h.whole(at).Cards[0].ClosedAt == 0
			n := h.edits()
			if open && (n > 0) != (step || shown() != before) {
				t.Errorf("%s: %d edits, the reasons were %s and are %s", at, n, before, shown())
			}
			if open && shown() != before {
				edited = append(edited, shown())
			}
		}
		if first == "" || len(edited) == 0 || slices.Contains(edited, first) {
			t.Errorf("the card showed %q, and later %q", first, edited)
		}
	})
}

// A card shows whom to call, and by when, as they are by now.
func TestE2_WhatMovesDatesOrContactsMakesCardsStale(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		for what, change := range map[string]func() error{
			"contact": func() error {
				_, err := h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Contact: &store.ContactInput{Name: "Jo", Phone: new("+1 555 0100")}})
				return err
			},
			"calendar": func() error {
				out, err := h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Zone: new("Europe/Warsaw"), Apply: true})
				if len(out.Moves) != 1 {
					t.Errorf("%d dates move", len(out.Moves))
				}
				return err
			},
		} {
			must(t, change())
			if n := h.edits(); n != 1 {
				t.Errorf("%s: %d edits", what, n)
			}
		}
	})
}

// "I'm on it" can be said again when it has lapsed: the step that says so finds a card that offers it.
func TestE2_ACardIsEditedWhenItsLadderIsClimbed(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		_, err := h.Ack(h.ctx, h.op("1", "2020-11-09T10:00:00Z"))
		must(t, err)
		h.edits()
		for _, at := range []string{"2020-11-09 13:30", "2020-11-10 10:30"} {
			step, n := len(h.sweep(at).Alerts) > 0, h.edits()
			if step != (n > 0) || step != h.whole(at).Cards[0].May.Ack {
				t.Errorf("%s: a step is taken: %t; %d edits; it can be said again: %t", at, step, n, h.whole(at).Cards[0].May.Ack)
			}
		}
	})
}

// What was done at an earlier time is told by a sweep of that time.
func TestE2_AFollowUpWaitsForNobodysClock(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		h.answered("2020-11-09T09:05:00Z", "30")
		told := h.all(store.Pending)
		if len(told) != 1 || told[0].OpensAt != instant("2020-11-09 09:05") {
			t.Errorf("the thread is told %+v", told)
		}
	})
}

// What was marked while it was edited is edited again, and only by who has the newest claim.
func TestE2_AnEditClearsNoNewerMark(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		h.answered("2020-11-09T10:00:00Z", "30")
		first, err := h.ClaimEdits(h.ctx, 9, time.Hour)
		must(t, err)
		h.answered("2020-11-09T10:01:00Z", "29")
		if other, err := h.ClaimEdits(h.ctx, 9, time.Hour); err != nil || len(first) != 1 || len(other) != 0 {
			t.Errorf("claimed %d, and %d by another, %v", len(first), len(other), err)
		}
		must(t, h.RecordEdit(h.ctx, &first[0]))
		second, err := h.ClaimEdits(h.ctx, 9, time.Minute)
		must(t, err)
		if len(second) != 1 {
			t.Fatalf("%d are edited again", len(second))
		}
		must(t, h.RecordEdit(h.ctx, &first[0]))
		must(t, h.PutOffEdit(h.ctx, &second[0], 10*time.Minute, true))
		if n := h.edits(); n != 0 {
			t.Errorf("%d edits of what was put off", n)
		}
		_, err = h.Raw().Exec("UPDATE deliveries SET edit_at = 1")
		must(t, err)
		third, err := h.ClaimEdits(h.ctx, 9, time.Minute)
		must(t, err)
		if len(third) != 1 || third[0].Edits != 1 {
			t.Errorf("then %+v", third)
		}
	})
}

// A database that was restored knows an older state than its cards show.
func TestE2_ARestoredDatabaseHasItsCardsEdited(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		h.sent()
		must(t, h.LookBack(h.ctx))
		if n := h.edits(); n != 1 {
			t.Errorf("%d edits", n)
		}
	})
}

// … and nothing of what the cards say that were sent since.
func TestE2_ACardFoundAfterARestoreIsEdited(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.ladder()
		h.sweep("2020-11-09 09:00")
		must(t, h.LookBack(h.ctx))
		h.rewind(2 * grace)
		h.sent()
		if n := h.edits(); n != 1 {
			t.Errorf("%d edits of what was found in Slack", n)
		}
	})
}
