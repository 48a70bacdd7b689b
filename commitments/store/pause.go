package store

import (
	"context"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Ack records that somebody is on the call that a promise needs: the ladder waits for
// a while.
func (s *Store) Ack(ctx context.Context, op Op) (commitments.View, error) {
	return s.change(ctx, op, commitments.ActAck, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		return p.Ack(at, op.By.ID)
	})
}

// Snooze puts the call that a promise needs off until a time, as typed: a date alone is
// the beginning of work on that day.
func (s *Store) Snooze(ctx context.Context, op Op, until, why string) (commitments.View, error) {
	why, err := clean("why", why, maxNote, true)
	if err != nil {
		return commitments.View{}, err
	}
	return s.change(ctx, op, commitments.ActSnooze, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		w, err := calendar.ParseWhen(until, at, p.Calendar)
		if err != nil {
			return commitments.Change{}, commitments.Invalid("until", err.Error())
		}
		then := w.Moment(p.Calendar)
		if w.Instant == 0 && w.Clock == calendar.NoClock {
			then = p.Calendar.NextOpening(then)
		}
		return p.Snooze(at, op.By.ID, then, why)
	})
}
