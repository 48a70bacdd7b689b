package main

import (
	"context"
	"fmt"
	"time"

	"kept/notify/fakeslack"
)

// sightings are the messages that were found in somebody's hands, claimed and not
// settled, for longer than the living take: there a process died.
type sightings struct {
	patience time.Duration
	hands    map[hand]*sighting
}

// hand is one claim of one message, before or after its intent was noted.
type hand struct {
	id, fence int64
	intended  bool
}

type sighting struct {
	key         string
	lastSend    time.Time
	first, last time.Time
}

// watch looks into the ledger several times a second until it is stopped. A database
// that does not answer just then is asked again.
func (r *rig) watch(ctx context.Context) (seen *sightings, stop func()) {
	// The living are done with a message when five sixths of its lease are over.
	seen = &sightings{patience: r.lease()*5/6 + 500*time.Millisecond, hands: map[hand]*sighting{}}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = r.look(ctx, seen)
			}
		}
	}()
	return seen, func() {
		cancel()
		<-done
	}
}

func (r *rig) look(ctx context.Context, seen *sightings) error {
	rows, err := r.db.QueryContext(ctx, "SELECT id, key, fence, ambiguous, COALESCE(last_send_at, 0) FROM deliveries WHERE state = 'sending'")
	if err != nil {
		return err
	}
	defer rows.Close()
	now := time.Now()
	for rows.Next() {
		var h hand
		var s sighting
		var ambiguous, lastSend int64
		if err := rows.Scan(&h.id, &s.key, &h.fence, &ambiguous, &lastSend); err != nil {
			return err
		}
		h.intended, s.lastSend, s.first, s.last = ambiguous == 1, time.UnixMicro(lastSend), now, now
		if before := seen.hands[h]; before != nil {
			s.first = before.first
		}
		seen.hands[h] = &s
	}
	return rows.Err()
}

// interrupted says in words where messages were when their processes died.
func (s *sightings) interrupted(accepted []fakeslack.Message) string {
	taken := map[string][]time.Time{}
	for i := range accepted {
		key := accepted[i].Payload("key")
		taken[key] = append(taken[key], accepted[i].At)
	}
	var claimed, unsent, unrecorded int
	for h, seen := range s.hands {
		switch {
		case seen.last.Sub(seen.first) < s.patience:
		case !h.intended:
			claimed++
		case seen.inSlack(taken[seen.key]):
			unrecorded++
		default:
			unsent++
		}
	}
	return fmt.Sprintf("found in dead hands: %d claimed, %d intended but not sent, %d sent but not recorded", claimed, unsent, unrecorded)
}

// inSlack says whether Slack has the message, from whichever try.
func (s *sighting) inSlack(at []time.Time) bool { return len(at) > 0 && !at[0].After(s.last) }
