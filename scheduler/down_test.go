package scheduler_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/scheduler"
)

// TestF64_F65_DownAcrossTheDigest: after any downtime there is one sweep at once; a
// digest comes late within 48 hours, and else is recorded as missed.
func TestF64_F65_DownAcrossTheDigest(t *testing.T) {
	const aDay = 24 * time.Hour
	for name, c := range map[string]struct {
		down           time.Duration // from Sunday midnight; the digest is due at Monday 09:00
		stored, missed int
	}{
		"an hour late":    {10 * time.Hour, 1, 0},
		"47 hours late":   {9*time.Hour + 47*time.Hour, 1, 0},
		"49 hours late":   {9*time.Hour + 49*time.Hour, 0, 1},
		"eight days late": {9*time.Hour + 8*aDay, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
				must(t, err)
				defer s.Close()
				must(t, s.Init(t.Context(), store.Setup{AdminName: "Ada"}))
				m := &moving{T: t, store: s}
				m.manager("mon 09:00")
				m.runs(9 * aDay) // from Saturday to the Monday of the second week, 00:00
				time.Sleep(c.down)
				woke := calendar.InstantOf(time.Now())
				m.runs(30 * time.Second)
				last, err := s.LastRun(t.Context(), store.JobSweep)
				must(t, err)
				if last < woke {
					t.Errorf("30 seconds after the start the last sweep is %s", last)
				}
				f, err := s.DigestFigures(t.Context())
				must(t, err)
				stored := 0
				for _, week := range []string{"2000-W02", "2000-W03"} {
					if _, err := s.StoredDigest(t.Context(), "Mia", week); err == nil {
						stored++
					}
				}
				if f.Missed != c.missed || stored != c.stored {
					t.Errorf("%d digests stored and %d missed, want %d and %d", stored, f.Missed, c.stored, c.missed)
				}
			})
		})
	}
}

// runs runs a scheduler for a while.
func (m *moving) runs(d time.Duration) {
	jobs, err := scheduler.New(scheduler.Config{Sweep: "0 * * * *", Send: 24 * time.Hour}, m.store, sending(func(context.Context, calendar.Instant) error { return nil }), nil)
	must(m.T, err)
	ctx, cancel := context.WithTimeout(m.Context(), d)
	defer cancel()
	_ = jobs.Run(ctx)
}
