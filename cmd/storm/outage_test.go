package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
	"kept/scheduler"
)

var owedInADay = flag.Int("owed", 300, "messages owed in the outage of a day")

// day is an outage in a time that passes when everybody waits: Kept's scheduler, its
// delivery and its database, and Slack without a socket.
type day struct {
	*testing.T
	rig
	store *store.Store
	ada   commitments.Actor
}

// A day without Slack, thousands owed, an owner having five of them and one promise in
// twenty kept meanwhile.
//
//	go test ./cmd/storm -run SlackIsGoneForADay -count=1 -v -args -owed 5000
func TestG10_SlackIsGoneForADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDay(t)
		lift := d.slack.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			d.serve(ctx)
		}()
		before := heap()
		most := d.dark(24 * time.Hour)
		calls := len(d.slack.Calls())
		lift()
		repaired := time.Now()
		d.drain(90 * time.Minute)
		took := time.Since(repaired)
		most = max(most, heap())
		stop()
		<-over
		v := d.judge()
		t.Logf("owed %d, Slack gone for a day: %d calls to it, memory from %d to at most %d MiB; then all sent within %s in %d messages, at most %d in a second",
			*owedInADay, calls, before>>20, most>>20, took.Round(time.Second), len(d.slack.Accepted()), busiest(d.slack.Accepted()))
		t.Logf("Kept: %s", v)
		if err := v.failed(); err != nil {
			t.Error(err)
		}
		if calls > mostCalls || most > mostMemory {
			t.Errorf("%d calls and %d bytes in the dark: at most %d and %d were promised", calls, most, mostCalls, mostMemory)
		}
		if n := busiest(d.slack.Accepted()); n > 25 {
			t.Errorf("%d messages in one second: 20 a second and 5 at once are the pace", n)
		}
	})
}

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{T: t}
	path := filepath.Join(t.TempDir(), "kept.db")
	var err error
	d.store, err = store.Create(t.Context(), path)
	d.must(err)
	t.Cleanup(func() { d.must(d.store.Close()) })
	d.must(d.store.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}))
	d.ada, err = d.store.Actor(t.Context(), "")
	d.must(err)
	_, err = d.store.EditCalendar(t.Context(), d.ada, "default", store.CalendarInput{Hours: new("mon-sun 00:00-24:00"), Apply: true})
	d.must(err)
	d.db, err = openPlain(path)
	d.must(err)
	t.Cleanup(func() { d.must(d.db.Close()) })
	d.slack = fakeslack.New()
	return d
}

func (d *day) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// serve is kept serve, but for its pages.
func (d *day) serve(ctx context.Context) {
	log := slog.New(slog.DiscardHandler)
	n, err := notify.New(notify.Config{BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: d.slack.RoundTripper()}, d.store, log)
	d.must(err)
	s, err := scheduler.New(scheduler.Config{}, d.store, deliverer{n}, log)
	d.must(err)
	d.must(s.Run(ctx))
}

type deliverer struct{ n *notify.Notifier }

func (d deliverer) Deliver(ctx context.Context, at calendar.Instant) error {
	_, err := d.n.Deliver(ctx, at)
	return err
}

// dark lets promises be broken throughout the outage, and gives the most memory used.
func (d *day) dark(length time.Duration) (most int) {
	const parts = 5
	d.hire(max(*owedInADay/parts, 1))
	for range parts {
		wave := *owedInADay / parts
		for range wave {
			d.breakPromise(len(d.owed))
		}
		time.Sleep(length / parts / 2)
		for i := range wave / 20 {
			d.callOff(len(d.owed) - 1 - i)
		}
		most = max(most, heap())
		time.Sleep(length / parts / 2)
	}
	return max(most, heap())
}

// breakPromise logs a promise that is overdue: it has no ladder, so each is told once.
func (d *day) breakPromise(i int) {
	d.Helper()
	o := owed{promise: fmt.Sprintf("P%07d", i), from: time.Now()}
	day := func(back int) string { return time.Now().AddDate(0, 0, -back).Format(time.DateOnly) }
	_, err := d.store.Add(d.Context(), store.Op{By: d.ada, At: day(30)}, store.NewPromise{
		Customer: fmt.Sprint("Customer ", i%d.owners), Owner: ownerAddress(i % d.owners), Title: "Order " + o.promise, Promise: day(10), Create: true,
	})
	d.must(err)
	d.owed = append(d.owed, o)
}

func (d *day) callOff(i int) {
	d.Helper()
	_, err := d.store.Deliver(d.Context(), store.Op{By: d.ada, Ref: fmt.Sprint(i + 1)}) // they are numbered from 1
	d.must(err)
	d.owed[i].until = time.Now().Add(time.Minute) // a lease: it may be on its way
}

// drain waits until nothing is owed, but no longer than that.
func (d *day) drain(limit time.Duration) {
	d.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Second) {
		n, err := d.owing(d.Context())
		d.must(err)
		if n == 0 {
			return
		}
	}
}

func (d *day) judge() verdict {
	d.Helper()
	ledger, err := d.ledger(d.Context())
	d.must(err)
	return check(d.owed, d.slack.Accepted(), ledger)
}

// heap is the memory in use, in bytes.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
