package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Managers gives everyone who looks after a customer.
func (s *Store) Managers(ctx context.Context) ([]Person, error) {
	var people []Person
	err := s.read(ctx, func(t *tx) error {
		return t.all(&people, selectPeople+"WHERE erased_at IS NULL AND id IN (SELECT manager_id FROM customers) ORDER BY id")
	})
	return people, err
}

// LastDigest is the due instant of the newest digest recorded for a manager, sent,
// missed or empty; 0 if there is none.
func (s *Store) LastDigest(ctx context.Context, manager ID) (due Instant, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.get(&due, "SELECT max(due_at) FROM digests WHERE manager_id = ?", manager)
	})
	return due, err
}

// MakeDigest computes the digest of one manager, or, for "", of the whole company,
// as of an instant. It stores nothing.
func (s *Store) MakeDigest(ctx context.Context, manager string, at Instant) (d commitments.Digest, err error) {
	err = s.read(ctx, func(t *tx) error {
		var p Person
		if manager != "" {
			if p, err = t.person("manager", manager); err != nil {
				return err
			}
		}
		facts, err := t.digestFacts(p, at)
		if err == nil {
			d = commitments.MakeDigest(facts)
		}
		return err
	})
	return d, err
}

// DigestState says what became of a manager's digest of one week.
type DigestState string

// A digest is stored (and sent), there was nothing to say, or it was missed.
const (
	DigestStored  DigestState = "stored"
	DigestNothing DigestState = "nothing"
	DigestMissed  DigestState = "missed"
)

// IssueDigest computes a manager's digest, stores it as it will be sent, and creates
// the message, once a week whoever asks: the second result is false if that week has
// been dealt with. Missed records that its time went by while Kept was down.
func (s *Store) IssueDigest(ctx context.Context, manager Person, week string, due, at Instant, missed bool) (DigestState, bool, error) {
	state, body, owed, err := s.draftDigest(ctx, manager, week, due, at, missed)
	if err != nil || !owed {
		return state, false, err
	}
	made := false
	err = s.write(ctx, func(t *tx) error {
		var ids []ID
		err := t.all(&ids, `INSERT INTO digests (manager_id, week, due_at, state, body, made_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (manager_id, week) DO NOTHING RETURNING id`, manager.ID, week, due, string(state), body, at)
		if made = len(ids) > 0; err != nil || !made {
			return err
		}
		if err := t.event(at, 0, "digest", "person", manager.ID, map[string]any{"week": week, "state": state}); err != nil {
			return err
		}
		if state != DigestStored {
			return nil
		}
		return t.postDigest(ids[0], manager, week, at)
	})
	return state, made, err
}

// draftDigest computes what is to be stored, while others write; false if the week
// has been dealt with.
func (s *Store) draftDigest(ctx context.Context, manager Person, week string, due, at Instant, missed bool) (state DigestState, body string, owed bool, err error) {
	state = DigestMissed
	err = s.read(ctx, func(t *tx) error {
		var known int
		err := t.get(&known, "SELECT count(*) FROM digests WHERE manager_id = ? AND week = ?", manager.ID, week)
		if owed = known == 0; err != nil || !owed || missed {
			return err
		}
		facts, err := t.digestFacts(manager, at)
		if err != nil {
			return err
		}
		d := commitments.MakeDigest(facts)
		d.Week, d.Late = week, at.Sub(due) >= lateAfter
		if state = DigestStored; d.Empty() {
			state = DigestNothing
		}
		text, err := json.Marshal(d)
		body = string(text)
		return err
	})
	return state, body, owed, err
}

// lateAfter is how long after its time a digest says that it is late.
const lateAfter = 15 * time.Minute

func (t *tx) postDigest(id ID, manager Person, week string, at Instant) error {
	now, err := t.clock()
	if err != nil {
		return err
	}
	destination := personDestination(manager.ID)
	key := commitments.DeliveryKey(destination, []string{t.s.settings.Instance, manager.Key, week})
	_, err = t.exec("INSERT INTO deliveries (key, kind, destination, digest_id, opens_at, next_at, created_at) VALUES (?, 'digest', ?, ?, ?, ?, ?)",
		key, destination, id, at, now, t.now)
	return err
}

// AddParts creates the further pages of a long digest, frozen, in the order they are
// to be sent. Doing it twice adds nothing.
func (s *Store) AddParts(ctx context.Context, first *Delivery, payloads []string) error {
	return s.write(ctx, func(t *tx) error {
		for i, payload := range payloads {
			part := i + 2
			_, err := t.exec(`INSERT INTO deliveries (key, kind, destination, digest_id, part, payload, opens_at, next_at, created_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
				commitments.DeliveryKey(first.Key, []string{strconv.Itoa(part)}), first.Kind, first.Destination, first.Digest, part, payload,
				first.OpensAt, first.NextAt.Add(time.Duration(part)*time.Second), t.now)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// StoredDigest gives a manager's digest of a week as it was sent.
func (s *Store) StoredDigest(ctx context.Context, manager, week string) (d commitments.Digest, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, err := t.person("manager", manager)
		if err != nil {
			return err
		}
		var stored struct {
			State DigestState `db:"state"`
			Body  string      `db:"body"`
		}
		err = t.get(&stored, "SELECT state, body FROM digests WHERE manager_id = ? AND week = ?", p.ID, week)
		if err != nil {
			return found(err, "week", "no digest of "+p.Name+" is stored for "+shorten(week))
		}
		if stored.State == DigestMissed {
			return commitments.NotFound("week", "the digest of "+p.Name+" for "+week+" was missed: Kept was down")
		}
		return json.Unmarshal([]byte(stored.Body), &d)
	})
	return d, err
}

// ManagerCalendar gives the zone, days and hours in which a manager's week is counted.
func (s *Store) ManagerCalendar(ctx context.Context, manager Person) (cal *calendar.Calendar, err error) {
	err = s.read(ctx, func(t *tx) error {
		b, err := t.book()
		if err == nil {
			cal, err = t.managerCalendar(b, manager)
		}
		return err
	})
	return cal, err
}
