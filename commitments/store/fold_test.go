package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kept/commitments/store"
)

// pile sweeps a message of its own into being for each of so many promises to Acme.
func (h *home) pile(n int) {
	h.t.Helper()
	for i := range n {
		h.promise()
		h.sweep(fmt.Sprintf("2020-11-19 10:%02d", i))
	}
}

func (h *home) all(state store.DeliveryState) []store.Delivery {
	h.t.Helper()
	found, err := h.Deliveries(h.ctx, state, 100)
	must(h.t, err)
	return found
}

func TestF39_WhatHasPiledUpIsToldInOneMessage(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.pile(5)
		_, err := h.Raw().Exec("UPDATE deliveries SET thread_of = 1, destination = 'person:9' WHERE id = 5")
		must(t, err)
		_, err = h.Raw().Exec("UPDATE deliveries SET ambiguous = 1, state = 'uncertain', last_send_at = 1, first_send_at = 1 WHERE id = 4")
		must(t, err)
		h.live("2", "deliver 2020-11-19T11:00:00Z")
		if n, err := h.Fold(h.ctx, instant("2020-11-19 10:30")); n != 0 || err != nil {
			t.Errorf("folded %d that are news still, %v", n, err)
		}
		_, err = h.Raw().Exec("UPDATE deliveries SET created_at = opens_at") // the sweeps were long ago
		must(t, err)
		n, err := h.Fold(h.ctx, instant("2020-11-19 12:00"))
		must(t, err)
		one := h.all(store.Pending)
		if n != 2 || len(one) != 2 || one[0].ID != 6 || one[1].ThreadOf != 6 || len(h.all(store.Cancelled)) != 3 || len(h.all(store.Uncertain)) != 1 {
			t.Fatalf("folded %d: pending %+v, cancelled %d", n, one, len(h.all(store.Cancelled)))
		}
		letter, err := h.Letter(h.ctx, &one[0], instant("2020-11-19 12:00"))
		must(t, err)
		if len(letter.Keys) != 2 || letter.Gone != 0 {
			t.Errorf("it tells %v, and %d that are no longer so", letter.Keys, letter.Gone)
		}
		if n, err := h.Fold(h.ctx, instant("2020-11-19 12:00")); n != 0 || err != nil {
			t.Errorf("folded %d again, %v", n, err)
		}
	})
}

// Killed before the sweep's commit: nothing is there, and the next sweep finds it all.
func TestF01_ASweepThatWasNotCommittedIsSweptAgain(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		trigger := "CREATE TRIGGER killed BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'killed'); END"
		if h.Engine() == "postgres" {
			trigger = `CREATE FUNCTION killed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
				CREATE TRIGGER killed BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION killed()`
		}
		_, err := h.Raw().Exec(trigger)
		must(t, err)
		if _, err := h.Sweep(h.ctx, instant("2020-11-19 10:00")); err == nil {
			t.Fatal("the sweep was to fail at its end")
		}
		if n := len(h.all("")); n != 0 {
			t.Errorf("%d messages of a sweep that never was", n)
		}
		drop := map[string]string{"sqlite": "DROP TRIGGER killed", "postgres": "DROP TRIGGER killed ON jobs"}
		_, err = h.Raw().Exec(drop[h.Engine()])
		must(t, err)
		h.sweep("2020-11-19 10:00")
		if n := len(h.all(store.Pending)); n != 1 {
			t.Errorf("%d messages after the next sweep", n)
		}
	})
}

// Killed after the sweep's commit, before anybody claimed: it waits for whoever comes.
func TestF02_WhatASweepLeftIsClaimedByTheNextProcess(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		h.sweep("2020-11-19 11:00")
		if got := h.claim("after the restart"); len(got) != 1 {
			t.Errorf("claimed %d", len(got))
		}
	})
}

func TestF15_AMessageThatEndsProcessesComesAloneAndLast(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		for i := range store.PoisonAfter {
			if got := h.claim(fmt.Sprint("killed ", i)); len(got) != 1 || got[0].Crashes >= store.PoisonAfter {
				t.Fatalf("claimed %+v", got)
			}
			h.rewind(2 * lease)
		}
		h.promise()
		h.sweep("2020-11-19 10:00")
		if got := h.claim("first"); len(got) != 1 || got[0].ID != 2 {
			t.Fatalf("what is well was to go first: %+v", got)
		}
		alone := h.claim("then")
		if len(alone) != 1 || alone[0].ID != 1 || alone[0].Crashes != store.PoisonAfter {
			t.Fatalf("then what is not: %+v", alone)
		}
		must(t, h.Intend(h.ctx, &alone[0], "{}", "D1", lease))
		if d := h.delivery(); d.Crashes != 0 {
			t.Errorf("it got as far as its intent, and still counts %d crashes", d.Crashes)
		}
	})
}

func TestF42_AWorkerThatLivesIsNotEndedByAnyMessage(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.owed()
		for range 2 * store.PoisonAfter { // the database takes nothing more than claims
			if got := h.claim("alive"); len(got) != 1 || got[0].Crashes != 0 {
				t.Fatalf("claimed %+v", got)
			}
			h.rewind(2 * lease)
		}
	})
}

// Many settle at once: each in a transaction with others, and nobody for another.
func TestF58_SettlingTogetherFencesEachAlone(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.pile(12)
		_, err := h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Hours: new("mon-sun 00:00-24:00"), Apply: true})
		must(t, err)
		mine, err := h.Claim(h.ctx, "one", now(), 20, lease, grace)
		must(t, err)
		_, err = h.Raw().Exec("UPDATE deliveries SET fence = fence + 1 WHERE id > 6") // another worker took those
		must(t, err)
		errs := make([]error, len(mine))
		var all sync.WaitGroup
		for i := range mine {
			all.Go(func() { errs[i] = h.Intend(h.ctx, &mine[i], "{}", fmt.Sprint("D", mine[i].ID), lease) })
		}
		all.Wait()
		for i, err := range errs {
			if fenced := mine[i].ID > 6; errors.Is(err, store.ErrFenced) != fenced || !fenced && err != nil {
				t.Errorf("delivery %d: %v", mine[i].ID, err)
			}
			d, err := h.Delivery(h.ctx, mine[i].ID)
			must(t, err)
			if d.Ambiguous != (d.ID <= 6) || d.Ambiguous && d.Place != fmt.Sprint("D", d.ID) {
				t.Errorf("recorded as %+v", d)
			}
		}
		if len(mine) != 12 {
			t.Errorf("claimed %d", len(mine))
		}
	})
}

// One of many cannot be recorded: the others are all the same.
func TestSettlingTogetherFailsAlone(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.pile(8)
		_, err := h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Hours: new("mon-sun 00:00-24:00"), Apply: true})
		must(t, err)
		mine, err := h.Claim(h.ctx, "one", now(), 20, lease, grace)
		must(t, err)
		errs := make([]error, len(mine))
		var all sync.WaitGroup
		for i := range mine {
			state := store.Pending
			if mine[i].ID == 3 {
				state = "no such state"
			}
			all.Go(func() {
				errs[i] = h.RecordFailure(h.ctx, &mine[i], store.Failure{State: state, After: time.Hour, Counts: true})
			})
		}
		all.Wait()
		for i, err := range errs {
			d, found := h.Delivery(h.ctx, mine[i].ID)
			must(t, found)
			if bad := d.ID == 3; (err != nil) != bad || (d.State == store.Pending) == bad || !bad && d.Attempt != 1 {
				t.Errorf("delivery %d: %v, and it is %s after %d tries", d.ID, err, d.State, d.Attempt)
			}
		}
	})
}

// The ledger was restored, and Slack has a message it does not know.
func TestF70_AlertsToldElsewhereLeaveTheMessage(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.owed()
		mine := h.claim("one")
		letter, err := h.Letter(h.ctx, &mine[0], now())
		must(t, err)
		if len(letter.Keys) != 2 {
			t.Fatalf("tells %v", letter.Keys)
		}
		told := []store.Told{{Key: "forgotten", Place: "D1", TS: "1.2", Alerts: letter.Keys[:1]}}
		must(t, h.RecordTold(h.ctx, &mine[0], told))
		must(t, h.RecordTold(h.ctx, &mine[0], told))
		if letter, err = h.Letter(h.ctx, &mine[0], now()); err != nil || len(letter.Keys) != 1 || len(letter.Cards) != 1 {
			t.Errorf("still tells %v, %v", letter.Keys, err)
		}
		if sent := h.all(store.Sent); len(sent) != 1 || sent[0].Key != "forgotten" || sent[0].Place != "D1" || sent[0].SlackTS != "1.2" {
			t.Errorf("the ledger has learnt %+v", sent)
		}
		mine[0].Fence++
		if err := h.RecordTold(h.ctx, &mine[0], told); !errors.Is(err, store.ErrFenced) {
			t.Errorf("by a worker that lost its claim: %v", err)
		}
	})
}

// Of what is to be told in one message another process claims one at the same moment:
// that is no failure, and nothing is folded before the next time.
func TestF58_FoldingWhatIsBeingClaimed(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		if h.Engine() != "postgres" {
			return // where nobody else writes meanwhile
		}
		h.pile(2)
		_, err := h.Raw().Exec("UPDATE deliveries SET created_at = opens_at")
		must(t, err)
		claim, err := h.Raw().Begin()
		must(t, err)
		defer func() { _ = claim.Rollback() }()
		_, err = claim.Exec("UPDATE deliveries SET state = 'sending' WHERE id = 1")
		must(t, err)
		done := make(chan error)
		go func() {
			n, err := h.Fold(h.ctx, instant("2020-11-19 12:00"))
			if n != 0 && err == nil {
				err = fmt.Errorf("folded %d", n)
			}
			done <- err
		}()
		for waiting := 0; waiting == 0; {
			must(t, claim.QueryRow("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = (SELECT backend_xid FROM pg_stat_activity WHERE pid = pg_backend_pid())").Scan(&waiting))
		}
		must(t, claim.Commit())
		must(t, <-done)
		if n := len(h.all(store.Cancelled)); n != 0 {
			t.Errorf("%d are cancelled", n)
		}
	})
}
