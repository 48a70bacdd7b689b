package notify_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kept/commitments/store"
)

// due logs what an owner promised for some minutes from now.
func (w *world) due(owner, title string, minutes time.Duration) {
	w.t.Helper()
	_, err := w.store.Add(w.t.Context(), store.Op{By: w.boss}, store.NewPromise{
		Customer: "Customer of " + owner, Owner: owner, Title: title, Create: true,
		Promise: time.Now().UTC().Add(minutes * time.Minute).Format("2006-01-02 15:04"),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sweep() {
	w.t.Helper()
	if _, err := w.store.Sweep(w.t.Context(), now()); err != nil {
		w.t.Fatal(err)
	}
}

// comeBack loses the database, restores a backup in its place and starts anew.
func (w *world) comeBack(backup string) {
	w.t.Helper()
	w.file = filepath.Join(w.t.TempDir(), "kept.db")
	if _, err := store.Restore(w.t.Context(), w.file, backup, false); err != nil {
		w.t.Fatal(err)
	}
	s, err := store.Open(w.t.Context(), w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.store = s
	w.restart()
}

func (w *world) backup() string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "kept.backup")
	if _, err := w.store.Backup(w.t.Context(), file, "a test"); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// told counts by alert how often Slack was told it, out of Slack's own log.
func (w *world) told() map[string]int {
	w.t.Helper()
	times := map[string]int{}
	for _, m := range w.slack.Accepted() {
		var metadata struct {
			Payload struct{ Alerts []string } `json:"event_payload"`
		}
		if err := json.Unmarshal(m.Metadata, &metadata); err != nil {
			w.t.Fatal(err)
		}
		for _, key := range metadata.Payload.Alerts {
			times[key]++
		}
	}
	return times
}

// tellsAllOnce fails unless every alert of the ledger was told exactly once, in all of
// Slack's history.
func (w *world) tellsAllOnce(alerts int) {
	w.t.Helper()
	times := w.told()
	if len(times) != alerts {
		w.t.Errorf("%d alerts were told, want %d", len(times), alerts)
	}
	for key, n := range times {
		if n != 1 {
			w.t.Errorf("alert %s was told %d times", key, n)
		}
	}
	for _, d := range w.deliveries() {
		if d.State != store.Sent && d.State != store.Cancelled {
			w.t.Errorf("delivery %d to %s is %s (%s)", d.ID, d.Destination, d.State, d.Error)
		}
	}
}

// TestF70_NothingInSlackIsPostedAgainAfterARestore: 500 alerts sent after the backup was
// made, some of them in other groups than the restored Kept puts them in; some that were
// on their way when it was made; some that were never sent.
func TestF70_NothingInSlackIsPostedAgainAfterARestore(t *testing.T) {
	inWorld(t, func(w *world) {
		const owners = 250
		name := func(i int) string { return fmt.Sprint("Owner", i) }
		for i := range owners {
			w.hire(name(i))
		}
		time.Sleep(2 * time.Hour)
		w.due(name(0), "told before the backup", 5)
		w.due(name(1), "owed when it is made", 20)
		time.Sleep(10 * time.Minute)
		w.sweep()
		w.deliver()
		time.Sleep(15 * time.Minute)
		w.sweep()
		for i := range owners {
			w.due(name(i), "told after it", 10)
			w.due(name(i), "told later", 20)
		}
		w.due(name(2), "never told", 60)
		backup := w.backup()
		w.tick(time.Minute) // what was owed goes out
		for range 2 {
			time.Sleep(11 * time.Minute)
			w.sweep()
			w.tick(2 * time.Minute)
		}
		w.tellsAllOnce(2 + 2*owners)
		before := len(w.slack.Accepted())

		w.comeBack(backup)
		w.sweep()
		w.settle(2 * time.Hour)
		if n := len(w.slack.Accepted()); n != before {
			t.Errorf("%d messages were posted again", n-before)
		}
		w.tellsAllOnce(2 + 2*owners)
		time.Sleep(time.Hour)
		w.sweep()
		w.settle(2 * time.Hour)
		w.tellsAllOnce(2 + 2*owners + 1)
	})
}
