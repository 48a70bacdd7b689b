package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// Five processes look at one database at the same instant, 200 times over, and then
// send at the same time: every alert is told once, every digest issued once, and
// every message handed to one of them.
func TestF58_FiveProcessesSweepAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		all := []*store.Store{h.Store}
		for range 4 {
			other, err := store.Open(h.ctx, h.dsn)
			must(t, err)
			defer other.Close()
			all = append(all, other)
		}
		monday := time.Date(2025, time.June, 2, 9, 0, 0, 0, time.UTC)
		customer, manager := "Acme", "ada@example.com"
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: &customer, Manager: &manager})
		must(t, err)
		for i := range 40 {
			_, err := h.Add(h.ctx, store.Op{By: h.ada, At: monday.Format(time.RFC3339)}, store.NewPromise{
				Customer: "Acme", Owner: "ada@example.com", Title: fmt.Sprint("promise ", i), Target: fmt.Sprintf("2025-06-%02d", 5+i%5), Promise: fmt.Sprintf("2025-06-%02d", 12+i%4)})
			must(t, err)
		}
		admin, err := h.Person(h.ctx, "ada@example.com")
		must(t, err)
		alerts, digests := newTally(), newTally()
		for round := range 200 {
			at := calendar.InstantOf(monday.Add(time.Duration(round) * 2 * time.Hour))
			week := fmt.Sprintf("2025-W%02d", 23+round/50)
			at2 := at
			race(all, func(s *store.Store) error {
				swept, err := s.Sweep(h.ctx, at2)
				for _, a := range swept.Alerts {
					alerts.add(a.Key)
				}
				if err != nil {
					return err
				}
				state, made, err := s.IssueDigest(h.ctx, store.Person{ID: admin.ID, Name: "Ada"}, week, at2, at2, false)
				if made && state == store.DigestStored {
					digests.add(week)
				}
				return err
			}, func(err error) { t.Error(round, err) })
		}
		carried := sendAll(t, h, all, calendar.InstantOf(monday.Add(23*24*time.Hour)))
		if alerts.n == 0 || digests.n < 2 {
			t.Fatalf("%d alerts and %d digests: this proves nothing", alerts.n, digests.n)
		}
		for key, n := range alerts.seen {
			if n != 1 {
				t.Errorf("alert %s was opened %d times", key, n)
			}
		}
		for id, n := range carried.seen {
			if n != 1 {
				t.Errorf("delivery %s was sent %d times", id, n)
			}
		}
		for week, n := range digests.seen {
			if n != 1 {
				t.Errorf("the digest of %s was issued %d times", week, n)
			}
		}
	})
}

// sendAll has every process send until nothing is left, and tallies what each sent.
func sendAll(t *testing.T, h *home, all []*store.Store, at calendar.Instant) *tally {
	sent := newTally()
	race(all, func(s *store.Store) error {
		for {
			claimed, err := s.Claim(h.ctx, "worker", at, 3, time.Minute, time.Minute)
			if err != nil || len(claimed) == 0 {
				return err
			}
			for i := range claimed {
				d := &claimed[i]
				if err := s.Intend(h.ctx, d, "{}", "C1", time.Minute); err != nil {
					return err
				}
				sent.add(d.Key)
				if err := s.RecordSent(h.ctx, d, "C1", "1"); err != nil {
					return err
				}
			}
		}
	}, func(err error) { t.Error(err) })
	counts, _, err := h.DeliveryCounts(h.ctx)
	must(t, err)
	if counts[store.Sent] != sent.n || counts[store.Sent]+counts[store.Cancelled] != total(counts) {
		t.Errorf("sent %d, recorded %v", sent.n, counts)
	}
	return sent
}

func total(counts map[store.DeliveryState]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// race runs f on every store from one starting line.
func race(stores []*store.Store, f func(*store.Store) error, failed func(error)) {
	var line, done sync.WaitGroup
	line.Add(1)
	for _, s := range stores {
		done.Go(func() {
			line.Wait()
			if err := f(s); err != nil {
				failed(err)
			}
		})
	}
	line.Done()
	done.Wait()
}

type tally struct {
	mu   sync.Mutex
	seen map[string]int
	n    int
}

func newTally() *tally { return &tally{seen: map[string]int{}} }

func (t *tally) add(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[key]++
	t.n++
}
