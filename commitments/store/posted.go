package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"kept/commitments"
)

// posted is a message with a card of a promise.
type posted struct {
	ID          ID            `db:"id"`
	Key         string        `db:"key"`
	Destination string        `db:"destination"`
	State       DeliveryState `db:"state"`
	TS          string        `db:"slack_ts"`
}

// cardsOut are the messages with a card of a promise that asks for something still: those
// that were sent, and those that will be. A card that told of a rescue asks for as long as
// that is open, also once what opened it is dealt with.
func (t *tx) cardsOut(promise ID) (out []posted, err error) {
	err = t.all(&out, `SELECT DISTINCT d.id, d.key, d.destination, d.state, d.slack_ts FROM alerts a
		JOIN delivery_alerts da ON da.alert_id = a.id JOIN deliveries d ON d.id = da.delivery_id
		WHERE a.commitment_id = ? AND d.kind = 'alerts' AND d.thread_of IS NULL AND d.state NOT IN ('dead', 'cancelled')
		AND (a.closed_at IS NULL OR d.state = 'sent' AND a.closed_why <> 'handed-over' AND (a.stage = 'overdue' OR a.step IN `+t.s.d.texts+`)
			AND EXISTS (SELECT 1 FROM commitments c WHERE c.id = a.commitment_id AND c.rescue_closed_at IS NULL AND a.at >= c.rescue_opened_at))
		ORDER BY d.id`, promise, textList(commitments.RescueAlerts()))
	return out, err
}

// stale notes that messages show no longer what is so. Of one that is not sent yet this is
// forgotten when it is claimed, which is before it is written.
func (t *tx) stale(cards []posted) error {
	var ids []ID
	for _, c := range cards {
		if c.State != Sent || c.TS != "" {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return t.staleWhere("id IN "+t.s.d.ids, idList(ids))
}

// staleWhere is stale for the messages of a selection. Each mark is later than the one
// before, so that whoever is at it sees that there is another.
func (t *tx) staleWhere(which string, args ...any) error {
	_, err := t.exec("UPDATE deliveries SET stale_at = CASE WHEN stale_at >= ? THEN stale_at + 1 ELSE ? END WHERE "+which, append([]any{t.now, t.now}, args...)...)
	return err
}

// staleOpen is stale for the messages with a card, of a selection of alerts (a), that asks
// for something still.
func (t *tx) staleOpen(which string, args ...any) error {
	return t.staleWhere(`state NOT IN ('dead', 'cancelled') AND (state <> 'sent' OR slack_ts <> '') AND thread_of IS NULL AND id IN
		(SELECT da.delivery_id FROM alerts a JOIN delivery_alerts da ON da.alert_id = a.id WHERE a.closed_at IS NULL AND `+which+")", args...)
}

// StaleIn notes that no message in a place may show any longer what it does.
func (s *Store) StaleIn(ctx context.Context, place string) error {
	return s.write(ctx, func(t *tx) error { return t.staleWhere("place = ? AND state = 'sent' AND slack_ts <> ''", place) })
}

// codesOf are the codes of reasons as an alert keeps them.
func codesOf(reasons []commitments.Reason) string {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = string(r.Code)
	}
	return strings.Join(codes, ",")
}

// reshow notes the reasons that the alerts open for promises have by now. Where they are
// others than their cards show, those are to be edited.
func (t *tx) reshow(codes map[ID]string) error {
	if len(codes) == 0 {
		return nil
	}
	var alerts []struct {
		ID      ID     `db:"id"`
		Promise ID     `db:"commitment_id"`
		Codes   string `db:"codes"`
	}
	err := t.all(&alerts, "SELECT a.id, a.commitment_id, a.codes FROM alerts a WHERE a.closed_at IS NULL AND a.commitment_id IN "+t.s.d.ids+" ORDER BY a.id",
		idList(slices.Sorted(maps.Keys(codes))))
	for _, a := range alerts {
		if err != nil {
			return err
		}
		if a.Codes == codes[a.Promise] {
			continue
		}
		if _, err = t.exec("UPDATE alerts SET codes = ? WHERE id = ?", codes[a.Promise], a.ID); err == nil {
			err = t.staleOpen("a.id = ?", a.ID)
		}
	}
	return err
}

// followUp tells, in the threads of a promise's cards, what was done. Who was told is told
// as soon as it was done: it answers what somebody has just done.
func (t *tx) followUp(p *commitments.Promise, event ID, done Instant, cards []posted) error {
	now, err := t.clock()
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.State != Sent || c.TS == "" {
			continue // it will say so itself, or nothing can answer it
		}
		_, err := t.exec("INSERT INTO deliveries (key, kind, destination, event_id, thread_of, opens_at, next_at, created_at) VALUES (?, 'follow-up', ?, ?, ?, ?, ?, ?)",
			commitments.FollowUpKey(c.Key, p.Key, p.Version, t.now), c.Destination, event, c.ID, min(done, t.now), now, t.now)
		if err != nil {
			return err
		}
	}
	return nil
}

// Edit is a message that Slack has, and that shows no longer what is so.
type Edit struct {
	Delivery
	StaleAt Instant `db:"stale_at"` // since then
	EditAt  Instant `db:"edit_at"`  // until when it is this worker's
	Edits   int     `db:"edits"`    // tries that came to nothing
}

// editable selects what is to be edited now.
const editable = `SELECT id FROM deliveries WHERE stale_at IS NOT NULL AND state = 'sent' AND (edit_at IS NULL OR edit_at <= ? OR edit_at > ?)
	ORDER BY stale_at LIMIT ?`

// ClaimEdits takes up to limit messages that are to be edited, the longest stale first, for
// the length of a lease.
func (s *Store) ClaimEdits(ctx context.Context, limit int, lease time.Duration) (claimed []Edit, err error) {
	var due []ID
	if err := s.read(ctx, func(t *tx) error { // a look that holds up nobody
		now, err := t.clock()
		if err != nil {
			return err
		}
		return t.all(&due, editable, now, now.Add(ahead), limit)
	}); err != nil || len(due) == 0 {
		return nil, err
	}
	err = s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		claimed = nil
		return t.all(&claimed, "UPDATE deliveries SET edit_at = ? WHERE id IN ("+editable+t.s.d.claimable+") RETURNING "+deliveryColumns+", stale_at, edit_at, edits",
			now.Add(lease), now, now.Add(ahead), limit)
	})
	return claimed, err
}

// RecordEdit notes that a message shows what was so when its edit was claimed. What has
// changed since is edited again.
func (s *Store) RecordEdit(ctx context.Context, e *Edit) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE deliveries SET stale_at = CASE WHEN stale_at > ? THEN stale_at END, edit_at = NULL, edits = 0 WHERE id = ? AND edit_at = ?", e.StaleAt, e.ID, e.EditAt)
		return err
	})
}

// PutOffEdit leaves a message alone for a while; tried says that a try came to nothing.
func (s *Store) PutOffEdit(ctx context.Context, e *Edit, after time.Duration, tried bool) error {
	return s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		_, err = t.exec("UPDATE deliveries SET edit_at = ?, edits = edits + ? WHERE id = ? AND edit_at = ?", now.Add(after), yes(tried), e.ID, e.EditAt)
		return err
	})
}
