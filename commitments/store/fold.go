package store

import (
	"context"
	"errors"
	"time"

	"kept/commitments"
)

const (
	piledUp = time.Hour // how long a message must have waited before others join it
	maxFold = 200       // alerts in one message: as many as can be found again in Slack
)

// Fold makes one message of those that have piled up for one destination, where the
// oldest has been due for over an hour as of at: nobody wants a day's messages one by
// one. The new one tells what is still so; the others are cancelled. What Slack may
// have, and what answers another message, stays as it is. It returns how many messages
// went into others.
func (s *Store) Fold(ctx context.Context, at Instant) (folded int, err error) {
	var piles []string
	err = s.read(ctx, func(t *tx) error {
		return t.all(&piles, "SELECT d.destination FROM deliveries d WHERE "+foldable+`
			GROUP BY d.destination HAVING count(*) > 1 AND min(CASE WHEN d.opens_at > d.created_at THEN d.opens_at ELSE d.created_at END) <= ?`,
			at, at.Add(-piledUp))
	})
	for _, destination := range piles {
		var n int
		once := s.write(ctx, func(t *tx) (err error) {
			n, err = t.foldPile(destination, at)
			return err
		})
		if errors.Is(once, errClaimedMeanwhile) { // it is tried again with what is left
			continue
		}
		err = errors.Join(err, once)
		folded += n
	}
	return folded, err
}

// errClaimedMeanwhile says that another process has begun with one of a pile.
var errClaimedMeanwhile = errors.New("claimed meanwhile")

// foldable are deliveries (alias d) that may become one as of an instant. The second
// list of states is that of the index.
const foldable = `d.state IN ('pending', 'blocked') AND d.state IN ('pending', 'sending', 'uncertain', 'blocked')
	AND d.kind = 'alerts' AND d.ambiguous = 0 AND d.mailed_at IS NULL AND d.thread_of IS NULL AND d.error_class <> 'message-refused' AND d.opens_at <= ?`

// foldPile folds what waits for one destination, oldest first.
func (t *tx) foldPile(destination string, at Instant) (folded int, err error) {
	var waiting []struct {
		ID   ID  `db:"id"`
		Open int `db:"open"` // alerts that are still so
	}
	err = t.all(&waiting, `SELECT d.id, count(*) AS open FROM deliveries d JOIN delivery_alerts da ON da.delivery_id = d.id JOIN alerts a ON a.id = da.alert_id
		WHERE `+foldable+" AND d.destination = ? AND a.closed_at IS NULL GROUP BY d.id ORDER BY d.id", at, destination)
	if err != nil {
		return 0, err
	}
	var ids []ID
	alerts := 0
	for i, w := range waiting {
		if alerts+w.Open > maxFold {
			if err := t.foldInto(destination, ids, &folded); err != nil {
				return 0, err
			}
			ids, alerts = nil, 0
		}
		ids, alerts = append(ids, w.ID), alerts+w.Open
		if i == len(waiting)-1 {
			err = t.foldInto(destination, ids, &folded)
		}
	}
	return folded, err
}

// foldInto makes one message of several.
func (t *tx) foldInto(destination string, ids []ID, folded *int) error {
	if len(ids) < 2 {
		return nil
	}
	var old []Delivery
	err := t.all(&old, `UPDATE deliveries SET state = 'cancelled', error_class = 'folded', error = 'told in one message with others, after a long wait'
		WHERE state IN ('pending', 'blocked') AND ambiguous = 0 AND id IN `+t.s.d.ids+" RETURNING "+deliveryColumns, idList(ids))
	if err != nil {
		return err
	}
	if len(old) < len(ids) {
		return errClaimedMeanwhile
	}
	var keys []string
	if err := t.all(&keys, `SELECT DISTINCT a.key FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id
		WHERE a.closed_at IS NULL AND da.delivery_id IN `+t.s.d.ids, idList(ids)); err != nil {
		return err
	}
	now, err := t.clock()
	if err != nil {
		return err
	}
	opens, created := old[0].OpensAt, old[0].CreatedAt
	for _, d := range old {
		opens, created = min(opens, d.OpensAt), min(created, d.CreatedAt)
	}
	one, err := t.insert("INSERT INTO deliveries (key, kind, destination, opens_at, next_at, created_at) VALUES (?, 'alerts', ?, ?, ?, ?)",
		commitments.DeliveryKey(destination, keys), destination, opens, now, created)
	if err != nil {
		return err
	}
	*folded += len(old)
	return t.carryOver(ids, one)
}

// carryOver gives what messages carry that is still so, and the answers to them, to
// another message.
func (t *tx) carryOver(from []ID, to ID) error {
	const open = "alert_id IN (SELECT id FROM alerts WHERE closed_at IS NULL) AND delivery_id IN "
	ids := idList(from)
	_, err := t.exec("INSERT INTO delivery_alerts (delivery_id, alert_id) SELECT DISTINCT CAST(? AS BIGINT), alert_id FROM delivery_alerts WHERE "+open+t.s.d.ids, to, ids)
	if err != nil {
		return err
	}
	if _, err = t.exec("DELETE FROM delivery_alerts WHERE "+open+t.s.d.ids, ids); err != nil {
		return err
	}
	_, err = t.exec("UPDATE deliveries SET thread_of = ? WHERE thread_of IN "+t.s.d.ids, to, ids)
	return err
}
