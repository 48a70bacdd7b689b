package scheduler

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/calendar"
)

// watched is a clock whose readings the test makes up.
type watched struct {
	clock
	log   bytes.Buffer
	off   time.Duration // how wrong the wall clock is
	began time.Time
	ahead time.Duration // what another clock says
	known bool          // whether it says anything
	asked int
}

func newWatched() *watched {
	w := &watched{began: time.Now()}
	w.clock.began = w.began
	w.clock.log = slog.New(slog.NewTextHandler(&w.log, nil))
	w.clock.ahead = func(context.Context) (time.Duration, bool) { w.asked++; return w.ahead, w.known }
	w.tick(0)
	return w
}

// tick lets time pass, looks at the clocks, and gives how far the time to go by is ahead.
func (w *watched) tick(d time.Duration) time.Duration {
	time.Sleep(d)
	now := time.Now()
	return w.clock.look(reading{calendar.InstantOf(now.Add(w.off)), now.Sub(w.began)}).Sub(calendar.InstantOf(now))
}

func TestF62_AStepAheadThatNobodyConfirmsIsBelievedAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		w.off = 24 * time.Hour
		if by := w.tick(15 * time.Second); by != 0 {
			t.Errorf("right after the step, the time to go by is %s ahead", by)
		}
		w.settle(t.Context(), false)
		if by := w.tick(9 * time.Minute); by != 0 || w.asked == 0 {
			t.Errorf("nine minutes later it is %s ahead, others were asked %d times", by, w.asked)
		}
		if by := w.tick(time.Minute); by != 24*time.Hour {
			t.Errorf("ten minutes later it is %s ahead", by)
		}
		if jumps := w.seen(); jumps != 1 {
			t.Errorf("%d jumps", jumps)
		}
	})
}

func TestF66_AStepAheadThatAnotherClockConfirmsIsBelievedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		w.off, w.known = 72*time.Hour, true // a machine that slept for three days
		if by := w.tick(15 * time.Second); by != 0 {
			t.Errorf("before anybody was asked it is %s ahead", by)
		}
		w.settle(t.Context(), false)
		if by := w.tick(0); by != 72*time.Hour {
			t.Errorf("it is %s ahead", by)
		}
	})
}

func TestF62_AStepAheadThatAnotherClockDeniesIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		w.off, w.ahead, w.known = time.Hour, time.Hour, true
		w.tick(15 * time.Second)
		w.settle(t.Context(), false)
		if by := w.tick(time.Minute); by != 0 {
			t.Errorf("it is %s ahead", by)
		}
		w.off, w.ahead = 0, 0
		if by := w.tick(15 * time.Second); by != 0 || !strings.Contains(w.log.String(), "the step was undone") {
			t.Errorf("after it was undone it is %s ahead; log %s", by, &w.log)
		}
	})
}

func TestF62_ASmallStepAndOneBackAreNotDoubted(t *testing.T) {
	for name, step := range map[string]time.Duration{"an hour back": -time.Hour, "four minutes ahead": 4 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWatched()
				w.off = step
				if by := w.tick(15 * time.Second); by != step {
					t.Errorf("it is %s ahead", by)
				}
				if w.seen() != 1 || w.steps() != 1 {
					t.Errorf("%d jumps, %d reasons to begin anew", w.seen(), w.steps())
				}
			})
		})
	}
}

// A clock that was wrong before the process began is doubted if another one says so,
// and only then: a start must not wait for a network.
func TestF62_AClockThatIsWrongFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		w.settle(t.Context(), true)
		if w.doubt != nil {
			t.Error("nobody answered, and it is doubted")
		}
		w.ahead, w.known = time.Hour, true
		w.settle(t.Context(), true)
		if by := w.tick(time.Minute); by != -time.Hour {
			t.Errorf("the time to go by is %s ahead, want an hour less than the wall clock's", by)
		}
		if by := w.tick(9 * time.Minute); by != 0 {
			t.Errorf("ten minutes later: %s ahead", by)
		}
	})
}
