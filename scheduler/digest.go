package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// catchUp is how late a digest is still sent; after that it is recorded as missed.
const catchUp = 48 * time.Hour

// Digests issues every digest that is owed by now: one per manager and week, for
// the weeks since the last one recorded. The newest is sent, even if late; those
// before it, and one that is too late, are recorded as missed. It does nothing while
// the clock is doubted.
func (s *Scheduler) Digests(ctx context.Context) error {
	if s.clock.doubted() {
		return nil
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	before, err := s.store.LastRun(ctx, store.JobDigests)
	if err != nil {
		return err
	}
	managers, err := s.store.Managers(ctx)
	if err != nil {
		return fmt.Errorf("digests: %w", err)
	}
	var failed error
	for _, m := range managers {
		s.pulse.move("digest")
		if err := s.digestsOf(ctx, m, before, now); err != nil {
			failed = errors.Join(failed, fmt.Errorf("digest of person %d: %w", m.ID, err))
		}
	}
	if failed == nil {
		failed = s.store.Ran(ctx, store.JobDigests, now)
	}
	return failed
}

// digestsOf issues one manager's digests. Before is when all digests were last seen
// to: a moment before it at which this manager's was not issued was not its time
// then. It has been moved since to earlier in the week, so the week's is owed now.
func (s *Scheduler) digestsOf(ctx context.Context, m store.Person, before, now calendar.Instant) error {
	weekly, err := commitments.ParseWeekly(m.DigestAt)
	if err != nil {
		return err
	}
	cal, err := s.store.ManagerCalendar(ctx, m)
	if err != nil {
		return err
	}
	last, err := s.store.LastDigest(ctx, m.ID)
	if err != nil {
		return err
	}
	due := weekly.After(max(last, m.CreatedAt, m.Manages), cal)
	for due <= now {
		next, week := weekly.After(due, cal), commitments.Week(due, cal)
		if due <= before && next > now && now.Sub(due) >= catchUp {
			due = now
		}
		missed := next <= now || now.Sub(due) >= catchUp
		state, made, err := s.store.IssueDigest(ctx, m, week, due, now, missed)
		if err != nil {
			return err
		}
		if made {
			s.log.Info("digest", "manager", m.ID, "week", week, "state", state)
		}
		due = next
	}
	return nil
}
