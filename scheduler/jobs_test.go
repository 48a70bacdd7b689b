package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/scheduler"
)

// sending is a Deliverer that does what the test says.
type sending func(context.Context, calendar.Instant) error

func (f sending) Deliver(ctx context.Context, at calendar.Instant) error { return f(ctx, at) }

// running runs a scheduler over a new database until the test is over.
func running(t *testing.T, c scheduler.Config, send sending, log *slog.Logger) (*scheduler.Scheduler, *store.Store) {
	t.Helper()
	s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
	must(t, err)
	must(t, s.Init(t.Context(), store.Setup{AdminName: "Ada"}))
	jobs, err := scheduler.New(c, s, send, log)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = jobs.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
		_ = s.Close()
	})
	return jobs, s
}

func TestF17_ARoundThatHangsIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		jobs, _ := running(t, scheduler.Config{}, func(context.Context, calendar.Instant) error { <-release; return nil }, nil)
		time.Sleep(3*time.Minute + time.Second)
		if job, still := jobs.Slowest(); job != "deliver" || still < 3*time.Minute {
			t.Errorf("%q has not got further for %s", job, still)
		}
		if last, _ := jobs.Beat(); time.Since(last) > time.Minute {
			t.Error("the beat stopped with it")
		}
		close(release)
		synctest.Wait()
		time.Sleep(time.Second)
		if job, still := jobs.Slowest(); still > time.Minute {
			t.Errorf("afterwards %q has not got further for %s", job, still)
		}
	})
}

// A round in which there is always more to send is ended, and begun anew: it does not
// look as if it hung.
func TestF17_ARoundWithoutEndDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, _ := running(t, scheduler.Config{}, func(ctx context.Context, _ calendar.Instant) error { <-ctx.Done(); return nil }, nil)
		for range 60 {
			time.Sleep(10 * time.Second)
			if job, still := jobs.Slowest(); still > 2*time.Minute {
				t.Fatalf("%q has not got further for %s", job, still)
			}
		}
	})
}

// The order of cron's wrappers matters: with Recover outside of SkipIfStillRunning a job
// that panicked once would never run again.
func TestF16_C12_AJobThatPanicsRunsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var sweeps atomic.Int64
		swept := func(context.Context) {
			if sweeps.Add(1) <= 3 {
				panic("hunter2")
			}
		}
		jobs, _ := running(t, scheduler.Config{Swept: swept}, func(context.Context, calendar.Instant) error { return nil }, slog.New(slog.NewTextHandler(&log, nil)))
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if n := sweeps.Load(); n < 6 {
			t.Errorf("%d sweeps in six minutes", n)
		}
		if n := jobs.Panics(); n != 3 {
			t.Errorf("%d panics counted, want 3", n)
		}
		if n := strings.Count(log.String(), "[running"); n != 1 || strings.Contains(log.String(), "hunter2") {
			t.Errorf("the stack is logged %d times, want once and without what the panic said:\n%s", n, &log)
		}
	})
}

func TestSweptIsCalledAfterGoodSweepsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		_, s := running(t, scheduler.Config{Swept: func(context.Context) { calls.Add(1) }}, func(context.Context, calendar.Instant) error { return errors.New("down") }, nil)
		time.Sleep(90 * time.Second)
		good := calls.Load()
		if good == 0 {
			t.Error("never called")
		}
		must(t, s.Close())
		time.Sleep(3 * time.Minute)
		if n := calls.Load(); n != good {
			t.Errorf("called %d times while the database was gone", n-good)
		}
	})
}

func TestF62_NothingIsFoundDueByAClockThatIsDoubted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := func(context.Context) (time.Duration, bool) { return time.Hour, true }
		jobs, s := running(t, scheduler.Config{Ahead: ahead}, func(context.Context, calendar.Instant) error { return nil }, nil)
		time.Sleep(5 * time.Minute)
		if last, err := s.LastRun(t.Context(), store.JobSweep); err != nil || last != 0 || !jobs.Doubted() {
			t.Errorf("swept as of %s by a clock an hour ahead; doubted %t; %v", last, jobs.Doubted(), err)
		}
		time.Sleep(6 * time.Minute)
		if last, err := s.LastRun(t.Context(), store.JobSweep); err != nil || last == 0 || jobs.Doubted() {
			t.Errorf("not swept after ten minutes; %v", err)
		}
	})
}

// moving is a manager whose digest's time is changed.
type moving struct {
	*testing.T
	store *store.Store
	jobs  *scheduler.Scheduler
}

// TestDigestMovedWithinAWeek: no week gets two digests, and none goes without one.
func TestDigestMovedWithinAWeek(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		on       time.Duration // after Monday 00:00 of the second week
	}{
		"later, after it was sent":         {"mon 09:00", "fri 09:00", 60 * time.Hour},
		"later, before it was sent":        {"mon 09:00", "fri 09:00", time.Hour},
		"earlier, to a time long past":     {"fri 09:00", "mon 09:00", 84 * time.Hour},
		"earlier, to a time just past":     {"fri 09:00", "thu 09:00", 84 * time.Hour},
		"earlier, to a time still ahead":   {"fri 09:00", "thu 18:00", 84 * time.Hour},
		"from the week's end to its start": {"sun 23:59", "mon 00:00", 3 * time.Hour},
		"from its start to its end":        {"mon 00:00", "sun 23:59", 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				jobs, s := running(t, scheduler.Config{Sweep: "0 * * * *", Send: 24 * time.Hour}, func(context.Context, calendar.Instant) error { return nil }, nil)
				m := &moving{t, s, jobs}
				m.manager(c.from)
				time.Sleep(9*24*time.Hour + c.on) // from Saturday 1 January 2000
				m.move(c.to)
				time.Sleep(14 * 24 * time.Hour)
				m.wantWeeks("2000-W02", "2000-W03")
			})
		})
	}
}

func (m *moving) manager(digest string) {
	ada, err := m.store.Actor(m.Context(), "")
	must(m.T, err)
	manager, customer := "Mia", "Acme"
	_, err = m.store.AddPerson(m.Context(), ada, store.PersonInput{Name: &manager, Digest: &digest})
	must(m.T, err)
	_, err = m.store.AddCustomer(m.Context(), ada, store.CustomerInput{Name: &customer, Manager: &manager})
	must(m.T, err)
	_, err = m.store.Add(m.Context(), store.Op{By: ada}, store.NewPromise{Customer: customer, Owner: "Ada", Title: "a thing", Promise: "2000-01-05"})
	must(m.T, err)
}

func (m *moving) move(digest string) {
	ada, err := m.store.Actor(m.Context(), "")
	must(m.T, err)
	_, err = m.store.EditPerson(m.Context(), ada, "Mia", store.PersonInput{Digest: &digest})
	must(m.T, err)
}

// wantWeeks wants a stored digest, not a missed one, for each week.
func (m *moving) wantWeeks(weeks ...string) {
	missed, err := m.store.MissedDigests(m.Context(), 0)
	must(m.T, err)
	if len(missed) > 0 {
		m.Errorf("missed %v", missed)
	}
	for _, week := range weeks {
		if _, err := m.store.StoredDigest(m.Context(), "Mia", week); err != nil {
			m.Errorf("week %s: %v", week, err)
		}
	}
}
