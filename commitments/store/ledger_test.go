package store_test

import (
	"errors"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

const (
	lease = time.Minute
	grace = time.Minute
)

// claim claims up to ten messages for a worker.
func (h *home) claim(worker string) []store.Delivery {
	h.t.Helper()
	claimed, err := h.Claim(h.ctx, worker, now(), 10, lease, grace)
	must(h.t, err)
	return claimed
}

// owed sweeps one message into being, open since a while ago.
func (h *home) owed() {
	h.t.Helper()
	h.promise()
	h.sweep("2020-11-19 10:00")
	// now() is a Tuesday at midnight: whoever is told must be at work then.
	_, err := h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Hours: new("mon-sun 00:00-24:00"), Apply: true})
	must(h.t, err)
}

func (h *home) delivery() store.Delivery {
	h.t.Helper()
	d, err := h.Delivery(h.ctx, 1)
	must(h.t, err)
	return d
}

// rewind puts every instant of the ledger into the past, as time passing does.
func (h *home) rewind(d time.Duration) {
	h.t.Helper()
	_, err := h.Raw().Exec(h.Raw().Rebind("UPDATE deliveries SET lease_until = lease_until - ?, next_at = next_at - ?, last_send_at = last_send_at - ?"),
		d.Microseconds(), d.Microseconds(), d.Microseconds())
	must(h.t, err)
}

func TestAMessageIsClaimedByOneWorkerAndSentOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		mine := h.claim("one")
		if len(mine) != 1 || mine[0].State != store.Sending || len(h.claim("two")) != 0 {
			t.Fatalf("claimed %+v", mine)
		}
		must(t, h.Intend(h.ctx, &mine[0], `{"text":"x"}`, "D1", lease))
		if d := h.delivery(); d.Payload != `{"text":"x"}` || !d.Ambiguous || d.Place != "D1" || d.FirstSendAt == 0 {
			t.Errorf("after the intent %+v", d)
		}
		must(t, h.RecordSent(h.ctx, &mine[0], "D1", "1.2"))
		if d := h.delivery(); d.State != store.Sent || d.Ambiguous || d.SlackTS != "1.2" || d.SentAt == 0 {
			t.Errorf("after sending %+v", d)
		}
		h.rewind(time.Hour)
		if again := h.claim("two"); len(again) != 0 {
			t.Errorf("claimed again %+v", again)
		}
		if err := h.RecordSent(h.ctx, &mine[0], "D1", "1.3"); !errors.Is(err, store.ErrFenced) {
			t.Errorf("recorded twice: %v", err)
		}
	})
}

func TestAMessageIsNotClaimedBeforeItsHours(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.sweep("2020-11-21 10:00")
		for at, want := range map[string]int{"2020-11-23 08:59": 0, "2020-11-23 09:00": 1} {
			claimed, err := h.Claim(h.ctx, "one", instant(at), 10, lease, grace)
			must(t, err)
			if len(claimed) != want {
				t.Errorf("at %s claimed %d", at, len(claimed))
			}
			for i := range claimed {
				must(t, h.RecordFailure(h.ctx, &claimed[i], store.Failure{State: store.Pending}))
			}
		}
	})
}

func TestAWorkerThatOversleptIsFencedOff(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		mine := h.claim("one")
		h.rewind(2 * lease)
		theirs := h.claim("two")
		if len(theirs) != 1 || theirs[0].Fence <= mine[0].Fence {
			t.Fatalf("claimed %+v after %+v", theirs, mine)
		}
		for name, err := range map[string]error{
			"intend": h.Intend(h.ctx, &mine[0], "{}", "D1", lease), "sent": h.RecordSent(h.ctx, &mine[0], "D1", "1.2"),
			"failure": h.RecordFailure(h.ctx, &mine[0], store.Failure{State: store.Dead}),
		} {
			if !errors.Is(err, store.ErrFenced) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, h.Intend(h.ctx, &theirs[0], "{}", "D1", lease))
	})
}

// TestWhatSlackMayHaveWaitsForTheGrace: a worker died after its intent. The next one
// gets the message only when a look at Slack's history says for certain.
// What was written by a clock that ran ahead, and was then set back, is not waited for.
func TestF62_AClockSetBackStrandsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		d := h.claim("before")[0]
		must(t, h.Intend(h.ctx, &d, "{}", "C1", lease))
		h.rewind(-24 * time.Hour)
		if got := h.claim("after"); len(got) != 1 || !got[0].Ambiguous {
			t.Errorf("claimed %+v", got)
		}
		h.rewind(24*time.Hour - 30*time.Second)
		if got := h.claim("at once"); len(got) != 0 {
			t.Errorf("a lease that still holds was broken: %+v", got)
		}
	})
}

func TestWhatSlackMayHaveWaitsForTheGrace(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		mine := h.claim("one")
		must(t, h.Intend(h.ctx, &mine[0], "{}", "D1", lease/4))
		h.rewind(lease / 2)
		if early := h.claim("two"); len(early) != 0 {
			t.Errorf("within the grace claimed %+v", early)
		}
		h.rewind(grace)
		late := h.claim("two")
		if len(late) != 1 || !late[0].Ambiguous || late[0].Payload != "{}" {
			t.Errorf("after the grace claimed %+v", late)
		}
	})
}

func TestFailuresAreTriedAgainOrGivenUp(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		mine := h.claim("one")
		must(t, h.RecordFailure(h.ctx, &mine[0], store.Failure{State: store.Pending, After: time.Hour, Class: "rate", Message: "429"}))
		if d := h.delivery(); d.Attempt != 0 || d.State != store.Pending || d.Error != "429" || len(h.claim("one")) != 0 {
			t.Errorf("put off %+v", d)
		}
		h.rewind(time.Hour)
		mine = h.claim("one")
		must(t, h.RecordFailure(h.ctx, &mine[0], store.Failure{State: store.Dead, Class: "auth", Message: "revoked", Counts: true}))
		h.rewind(time.Hour)
		if d := h.delivery(); d.Attempt != 1 || d.State != store.Dead || len(h.claim("one")) != 0 {
			t.Errorf("given up %+v", d)
		}
		must(t, h.RetryDelivery(h.ctx, 1, false))
		refused(t, h.RetryDelivery(h.ctx, 1, false), commitments.ErrRefused, "id")
		if again := h.claim("one"); len(again) != 1 || again[0].Attempt != 0 {
			t.Errorf("retried %+v", again)
		}
		_, err := h.Delivery(h.ctx, 99)
		refused(t, err, commitments.ErrNotFound, "id")
	})
}

func TestWhatCannotBeLookedForIsSentOnAPersonsWord(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		mine := h.claim("one")
		must(t, h.Intend(h.ctx, &mine[0], "{}", "D1", time.Minute))
		must(t, h.RecordFailure(h.ctx, &mine[0], store.Failure{State: store.Uncertain, After: time.Hour, Class: "uncertain", Ambiguous: true}))
		must(t, h.RetryDelivery(h.ctx, 1, false))
		if d := h.delivery(); d.State != store.Uncertain || !d.Ambiguous {
			t.Errorf("looked for now: %+v", d)
		}
		must(t, h.RetryDelivery(h.ctx, 1, true))
		if again := h.claim("two"); len(again) != 1 || again[0].Ambiguous {
			t.Errorf("sent anyway: %+v", again)
		}
	})
}

func TestWhatIsNoLongerTrueIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		h.live("1", "deliver 2020-11-19T11:00:00Z")
		if d := h.delivery(); d.State != store.Cancelled {
			t.Errorf("unsent, and %s", d.State)
		}
		h.promise()
		h.sweep("2020-11-19 12:00")
		mine := h.claim("one")
		must(t, h.Intend(h.ctx, &mine[0], "{}", "D1", lease))
		h.live("2", "deliver 2020-11-19T13:00:00Z")
		d, err := h.Delivery(h.ctx, mine[0].ID)
		must(t, err)
		if d.State != store.Sending {
			t.Errorf("Slack may have it, and it is %s", d.State)
		}
		letter, err := h.Letter(h.ctx, &d, now())
		must(t, err)
		if letter.Gone != 1 || len(letter.Cards) != 0 {
			t.Errorf("letter %+v", letter)
		}
	})
}

func TestAMessageOfTwoPromisesOutlivesOne(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.owed()
		h.live("1", "deliver 2020-11-19T11:00:00Z")
		d := h.delivery()
		letter, err := h.Letter(h.ctx, &d, instant("2020-11-19 12:00"))
		must(t, err)
		if d.State != store.Pending || letter.Gone != 1 || len(letter.Cards) != 1 || letter.Cards[0].Promise.ID != 2 {
			t.Errorf("%s, %d gone, cards %+v", d.State, letter.Gone, letter.Cards)
		}
	})
}

func TestALetterPutsTheMostValuableFirstAndNamesWhoElseCalls(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Globex"), Sale: new("5000"), Every: new("3y"), Years: new("15"),
			Contact: &store.ContactInput{Name: "Jo", Phone: new("+48 123")}})
		must(t, err)
		h.promise()
		h.promise(func(p *store.NewPromise) { p.Customer = "Globex" })
		h.promise(func(p *store.NewPromise) { p.Customer, p.Owner = "Globex", "bo" })
		h.sweep("2020-11-19 10:00")
		messages, err := h.Deliveries(h.ctx, store.Pending, 10)
		must(t, err)
		for _, m := range messages {
			letter, err := h.Letter(h.ctx, &m, instant("2020-11-19 10:00"))
			must(t, err)
			if letter.Recipient.Name != "Ada" {
				continue
			}
			first := letter.Cards[0]
			if len(letter.Cards) != 2 || first.Customer != "Globex" || first.Contacts[0].Phone != "+48 123" || len(first.AlsoCalling) != 1 || first.AlsoCalling[0].Name != "bo" || letter.Cards[1].Customer != "Acme" {
				t.Errorf("cards %+v", letter.Cards)
			}
		}
		if len(messages) != 2 {
			t.Errorf("%d messages, want one for each owner", len(messages))
		}
	})
}

func TestDeliveriesAreCounted(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		counts, oldest, err := h.DeliveryCounts(h.ctx)
		must(t, err)
		if counts[store.Pending] != 1 || len(counts) != 1 || oldest == 0 || oldest > calendar.InstantOf(time.Now()) {
			t.Errorf("counts %v, oldest %s", counts, oldest)
		}
		mine := h.claim("one")
		must(t, h.RecordSent(h.ctx, &mine[0], "D1", "1.2"))
		if counts, oldest, err = h.DeliveryCounts(h.ctx); err != nil || counts[store.Sent] != 1 || oldest != 0 {
			t.Errorf("counts %v, oldest %s, %v", counts, oldest, err)
		}
	})
}
