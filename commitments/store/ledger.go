package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// DeliveryState is how far a message got.
type DeliveryState string

// The states of a delivery.
const (
	Pending   DeliveryState = "pending"   // to be sent when its time comes
	Sending   DeliveryState = "sending"   // a worker has claimed it
	Uncertain DeliveryState = "uncertain" // Slack may have it: look before sending again
	Sent      DeliveryState = "sent"
	Blocked   DeliveryState = "blocked" // its destination cannot take anything now; no try was burnt
	Dead      DeliveryState = "dead"    // given up; visible, and sent again only by a person
	Cancelled DeliveryState = "cancelled"
)

// Delivery is one message owed to one destination.
type Delivery struct {
	ID          ID            `db:"id"`
	Key         string        `db:"key"`
	Kind        string        `db:"kind"` // alerts, digest or follow-up
	Destination string        `db:"destination"`
	Digest      ID            `db:"digest_id"`
	Part        int           `db:"part"`
	Event       ID            `db:"event_id"`     // what a follow-up tells
	ThreadOf    ID            `db:"thread_of"`    // the message it answers; 0 = none
	ThreadPlace string        `db:"thread_place"` // where that one is, once it is sent; "" if it has no place to answer it at
	ThreadTS    string        `db:"thread_ts"`
	Payload     string        `db:"payload"`
	State       DeliveryState `db:"state"`
	Attempt     int           `db:"attempt"`
	Crashes     int           `db:"crashes"` // claims in a row of which nothing more was heard
	Fence       int64         `db:"fence"`
	LeaseUntil  Instant       `db:"lease_until"`
	OpensAt     Instant       `db:"opens_at"`
	NextAt      Instant       `db:"next_at"`
	Ambiguous   bool          `db:"ambiguous"`
	FirstSendAt Instant       `db:"first_send_at"`
	LastSendAt  Instant       `db:"last_send_at"`
	Place       string        `db:"place"`
	SlackTS     string        `db:"slack_ts"`
	ErrorClass  string        `db:"error_class"`
	Error       string        `db:"error"`
	MailedAt    Instant       `db:"mailed_at"`
	CreatedAt   Instant       `db:"created_at"`
	SentAt      Instant       `db:"sent_at"`
}

// deliveryColumns are read from deliveries without an alias. A message that was not
// sent, or where nothing can be answered, is no thread.
const deliveryColumns = `id, key, kind, destination, digest_id, part, event_id, thread_of,
	coalesce((SELECT p.place FROM deliveries p WHERE p.id = deliveries.thread_of AND p.state = 'sent' AND p.slack_ts <> ''), '') AS thread_place,
	coalesce((SELECT p.slack_ts FROM deliveries p WHERE p.id = deliveries.thread_of AND p.state = 'sent'), '') AS thread_ts,
	payload, state, attempt, crashes, fence, lease_until, opens_at, next_at,
	ambiguous, first_send_at, last_send_at, place, slack_ts, error_class, error, mailed_at, created_at, sent_at`

// ErrFenced says that another worker has claimed the delivery since: whatever this
// one was about to record no longer counts.
var ErrFenced = errors.New("claimed by another worker since")

// Intend freezes a message and notes, durably, that Slack may have it from here on.
// Only after it has returned nil may the message be sent.
func (s *Store) Intend(ctx context.Context, d *Delivery, payload, place string, lease time.Duration) error {
	return s.settle(ctx, d, func(t *tx, now Instant) (int64, error) {
		d.Payload, d.Place, d.Ambiguous, d.LastSendAt, d.LeaseUntil = payload, place, true, now, now.Add(lease)
		if d.FirstSendAt == 0 {
			d.FirstSendAt = now
		}
		return t.exec(`UPDATE deliveries SET payload = ?, place = ?, ambiguous = 1, crashes = 0, first_send_at = ?, last_send_at = ?, lease_until = ?
			WHERE id = ? AND fence = ? AND state = 'sending'`, payload, place, d.FirstSendAt, now, d.LeaseUntil, d.ID, d.Fence)
	})
}

// RecordSent ends a delivery well: Slack has the message, in that channel under that timestamp.
// Doing it twice changes nothing more.
func (s *Store) RecordSent(ctx context.Context, d *Delivery, channel, ts string) error {
	return s.settle(ctx, d, func(t *tx, now Instant) (int64, error) {
		d.State, d.Place, d.SlackTS, d.SentAt = Sent, channel, ts, now
		return t.exec(`UPDATE deliveries SET state = 'sent', place = ?, slack_ts = ?, sent_at = ?, ambiguous = 0, crashes = 0, lease_until = NULL, error = '', error_class = ''
			WHERE id = ? AND fence = ? AND (state = 'sending' OR state = 'sent' AND place = ? AND slack_ts = ?)`,
			channel, ts, now, d.ID, d.Fence, channel, ts)
	})
}

// Told is a message that Slack has, for another delivery, and those alerts of a
// claimed one that it tells.
type Told struct {
	Key    string // of the other delivery, which the ledger may not know
	Place  string
	TS     string
	Alerts []string // their keys
}

// RecordTold moves alerts out of a claimed delivery into those whose messages tell
// them. One that the ledger does not know, because it was restored from a backup made
// before, is entered as sent, and is to be edited: nobody knows what it shows.
func (s *Store) RecordTold(ctx context.Context, d *Delivery, told []Told) error {
	return s.settle(ctx, d, func(t *tx, now Instant) (int64, error) {
		for i := range told {
			if err := t.moveTold(d, &told[i], now); err != nil {
				return 0, err
			}
		}
		return t.exec("UPDATE deliveries SET crashes = 0 WHERE id = ? AND fence = ? AND state = 'sending'", d.ID, d.Fence)
	})
}

func (t *tx) moveTold(d *Delivery, m *Told, now Instant) error {
	_, err := t.exec(`INSERT INTO deliveries (key, kind, destination, state, opens_at, next_at, place, slack_ts, created_at, sent_at, stale_at)
		VALUES (?, ?, ?, 'sent', ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		m.Key, d.Kind, d.Destination, d.OpensAt, now, m.Place, m.TS, t.now, now, t.now)
	if err != nil {
		return err
	}
	keys, err := json.Marshal(m.Alerts)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO delivery_alerts (delivery_id, alert_id) SELECT (SELECT id FROM deliveries WHERE key = ?), id FROM alerts
		WHERE key IN `+t.s.d.texts+` ON CONFLICT DO NOTHING`, m.Key, string(keys))
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM delivery_alerts WHERE delivery_id = ? AND alert_id IN (SELECT id FROM alerts WHERE key IN "+t.s.d.texts+")", d.ID, string(keys))
	return err
}

// Failure is why a message was not sent, and what that means for it.
type Failure struct {
	State     DeliveryState // Pending, Uncertain, Blocked, Dead or Cancelled
	After     time.Duration // when to look at it again
	Class     string
	Message   string
	Ambiguous bool // Slack may have it all the same
	Counts    bool // a try that counts towards giving up
}

// RecordFailure puts a claimed delivery back, or ends it.
func (s *Store) RecordFailure(ctx context.Context, d *Delivery, f Failure) error {
	attempt := d.Attempt
	if f.Counts {
		attempt++
	}
	return s.settle(ctx, d, func(t *tx, now Instant) (int64, error) {
		d.State, d.Ambiguous, d.ErrorClass, d.Error, d.Attempt = f.State, f.Ambiguous, f.Class, f.Message, attempt
		return t.exec(`UPDATE deliveries SET state = ?, next_at = ?, error_class = ?, error = ?, ambiguous = ?, attempt = ?, crashes = 0, lease_until = NULL
			WHERE id = ? AND fence = ? AND state = 'sending'`,
			string(f.State), now.Add(f.After), f.Class, f.Message, yes(f.Ambiguous), d.Attempt, d.ID, d.Fence)
	})
}

// Deliveries lists deliveries, newest first; state "" lists all.
func (s *Store) Deliveries(ctx context.Context, state DeliveryState, limit int) ([]Delivery, error) {
	found := []Delivery{}
	err := s.read(ctx, func(t *tx) error {
		return t.all(&found, "SELECT "+deliveryColumns+" FROM deliveries WHERE ? = '' OR state = ? ORDER BY id DESC LIMIT ?", string(state), string(state), limit)
	})
	return found, err
}

// Delivery finds one delivery by its number.
func (s *Store) Delivery(ctx context.Context, id ID) (d Delivery, err error) {
	err = s.read(ctx, func(t *tx) error {
		return found(t.get(&d, "SELECT "+deliveryColumns+" FROM deliveries WHERE id = ?", id), "id", fmt.Sprintf("there is no message %d: see `kept delivery list`", id))
	})
	return d, err
}

// RetryDelivery makes a dead or blocked delivery owed again, and has an uncertain one
// looked at now. If Slack may have it, the worker looks first, as always; anyway is a
// person's word to send it even so.
func (s *Store) RetryDelivery(ctx context.Context, id ID, anyway bool) error {
	return s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		n, err := t.exec(`UPDATE deliveries SET state = CASE WHEN ambiguous = 1 AND ? = 0 THEN 'uncertain' ELSE 'pending' END,
			ambiguous = CASE WHEN ? = 0 THEN ambiguous ELSE 0 END, next_at = ?, attempt = 0
			WHERE id = ? AND state IN ('dead', 'blocked', 'uncertain')`, yes(anyway), yes(anyway), now, id)
		if err != nil || n > 0 {
			return err
		}
		var state DeliveryState
		if err := found(t.get(&state, "SELECT state FROM deliveries WHERE id = ?", id), "id", fmt.Sprintf("there is no message %d: see `kept delivery list`", id)); err != nil {
			return err
		}
		return commitments.Refused("id", fmt.Sprintf("message %d is %s: only one that is dead, blocked or uncertain can be sent again", id, state))
	})
}

// DeliveryCounts counts the deliveries by state, and says since when the oldest of
// those whose time has come is waiting (0 if none is).
func (s *Store) DeliveryCounts(ctx context.Context) (counts map[DeliveryState]int, oldest Instant, err error) {
	counts = map[DeliveryState]int{}
	err = s.read(ctx, func(t *tx) error {
		var rows []struct {
			State DeliveryState `db:"state"`
			N     int           `db:"n"`
		}
		if err := t.all(&rows, "SELECT state, count(*) AS n FROM deliveries GROUP BY state"); err != nil {
			return err
		}
		for _, r := range rows {
			counts[r.State] = r.N
		}
		now := calendar.InstantOf(time.Now())
		return t.get(&oldest, `SELECT min(CASE WHEN opens_at > created_at THEN opens_at ELSE created_at END) FROM deliveries
			WHERE state IN ('pending', 'sending', 'uncertain', 'blocked') AND opens_at <= ?`, now)
	})
	return counts, oldest, err
}

// ForgetPayloads drops the text of messages that were done with before an instant, and
// which requests were carried out by then. What was sent to whom, and when, stays.
func (s *Store) ForgetPayloads(ctx context.Context, before Instant) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec("DELETE FROM requests WHERE at < ?", before); err != nil {
			return err
		}
		return t.forgetPayloads(before)
	})
}

func (t *tx) forgetPayloads(before Instant) error {
	_, err := t.exec("UPDATE deliveries SET payload = '' WHERE state IN ('sent', 'dead', 'cancelled') AND created_at < ? AND payload <> ''", before)
	return err
}
