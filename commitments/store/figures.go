package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kept/commitments/calendar"
)

// NoDestination is the error class of a message that there is nobody to send to.
const NoDestination = "no-destination"

// ChannelBlocked is the error class of messages whose channel takes none.
const ChannelBlocked = "channel-blocked"

// Owed is what waits to be sent, and what was given up.
type Owed struct {
	Since    Instant `db:"since"`    // since when the oldest message waits that is due and has somewhere to go; 0 if none does
	Homeless int     `db:"homeless"` // messages there is nobody to send to
	Blocked  int     `db:"blocked"`  // messages to places that take none
	Dead     int     `db:"dead"`     // messages that were given up
}

// Owed looks at what is due at an instant.
func (s *Store) Owed(ctx context.Context, at Instant) (o Owed, err error) {
	err = s.read(ctx, func(t *tx) error {
		err := t.get(&o, `SELECT min(CASE WHEN error_class = ? THEN NULL WHEN opens_at > created_at THEN opens_at ELSE created_at END) AS since,
			coalesce(sum(CASE WHEN error_class = ? THEN 1 ELSE 0 END), 0) AS homeless,
			coalesce(sum(CASE WHEN state = 'blocked' AND error_class = ? THEN 1 ELSE 0 END), 0) AS blocked FROM deliveries
			WHERE state IN ('pending', 'sending', 'uncertain', 'blocked') AND opens_at <= ?`, NoDestination, NoDestination, ChannelBlocked, at)
		if err != nil {
			return err
		}
		return t.get(&o.Dead, "SELECT count(*) FROM deliveries WHERE state = 'dead'")
	})
	return o, err
}

// DigestFigures says how the weekly digests fare.
type DigestFigures struct {
	LastDue  Instant `db:"last_due"`  // when the newest was due
	LastSent Instant `db:"last_sent"` // when one last went out
	Missed   int     `db:"missed"`    // how many were ever missed
}

// DigestFigures looks at all digests.
func (s *Store) DigestFigures(ctx context.Context) (f DigestFigures, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.get(&f, `SELECT max(due_at) AS last_due, (SELECT max(sent_at) FROM deliveries WHERE digest_id IS NOT NULL) AS last_sent,
			coalesce(sum(CASE WHEN state = 'missed' THEN 1 ELSE 0 END), 0) AS missed FROM digests`)
	})
	return f, err
}

// MissedDigest is one that was due while nothing ran, and found too late to be sent.
type MissedDigest struct {
	Manager string  `db:"manager" json:"manager"`
	Week    string  `db:"week" json:"week"`
	DueAt   Instant `db:"due_at" json:"due_at"`
}

// MissedDigests are those found to be missed since an instant, the newest first.
func (s *Store) MissedDigests(ctx context.Context, since Instant) (missed []MissedDigest, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.all(&missed, `SELECT p.name AS manager, d.week, d.due_at FROM digests d JOIN people p ON p.id = d.manager_id
			WHERE d.state = 'missed' AND d.made_at >= ? ORDER BY d.due_at DESC, d.id`, since)
	})
	return missed, err
}

// Unreachable are people whom alerts or digests are for, and whom Slack cannot find:
// they are not mapped, and have no e-mail address, or one that nobody in Slack has.
func (s *Store) Unreachable(ctx context.Context) (people []Person, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.all(&people, selectPeople+`WHERE erased_at IS NULL AND slack_user = '' AND (email = '' OR sought_at > 0) AND (
			EXISTS (SELECT 1 FROM commitments c WHERE c.owner_id = people.id AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL)
			OR EXISTS (SELECT 1 FROM customers c WHERE c.manager_id = people.id)
			OR EXISTS (SELECT 1 FROM teams t WHERE t.lead_id = people.id)) ORDER BY name_key, id`)
	})
	return people, err
}

// SharedAccounts are people who have a Slack account together, one after another. What
// somebody does with it in Slack is refused: Kept cannot tell whose it is.
func (s *Store) SharedAccounts(ctx context.Context) (people []Person, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.all(&people, selectPeople+`WHERE erased_at IS NULL AND slack_user <> '' AND slack_user IN (
			SELECT slack_user FROM people WHERE erased_at IS NULL GROUP BY slack_user HAVING count(*) > 1) ORDER BY slack_user, name_key, id`)
	})
	return people, err
}

// UnknownZones are the zones of calendars and people that this version's data does not
// have, by name. UTC is used in their place.
func (s *Store) UnknownZones(ctx context.Context) (unknown []string, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.all(&unknown, "SELECT zone FROM calendars UNION SELECT zone FROM people WHERE erased_at IS NULL ORDER BY zone")
	})
	return slices.DeleteFunc(unknown, func(zone string) bool {
		_, err := calendar.Zone(zone)
		return err == nil
	}), err
}

// Ahead is how far this machine's clock is ahead of the database server's. Known is
// false on SQLite, which has no other clock.
func (s *Store) Ahead(ctx context.Context) (by time.Duration, known bool) {
	if s.d.clock == "" {
		return 0, false
	}
	asked := time.Now()
	var theirs Instant
	if s.r.GetContext(ctx, &theirs, s.d.clock) != nil {
		return 0, false
	}
	middle := asked.Add(time.Since(asked) / 2) // the answer was made somewhere between
	return calendar.InstantOf(middle).Sub(theirs), true
}

// Describe names the engine, its version, and what durability rests on.
func (s *Store) Describe(ctx context.Context) (string, error) {
	if s.d == postgres {
		var version, commit string
		err := s.r.GetContext(ctx, &version, "SHOW server_version")
		if err == nil {
			err = s.r.GetContext(ctx, &commit, "SHOW synchronous_commit")
		}
		return fmt.Sprintf("PostgreSQL %s, synchronous_commit %s", version, commit), err
	}
	var version, journal string
	err := s.w.GetContext(ctx, &version, "SELECT sqlite_version()")
	if err == nil {
		err = s.w.GetContext(ctx, &journal, "PRAGMA journal_mode")
	}
	return fmt.Sprintf("SQLite %s in %s, journal %s, every commit synced", version, s.dsn, journal), err
}

// QuickCheck looks for damage in a SQLite file, without comparing indexes with their
// tables: seconds for a gigabyte. PostgreSQL looks after its own files.
func (s *Store) QuickCheck(ctx context.Context) error {
	if s.d == postgres {
		return nil
	}
	var found string
	if err := s.r.GetContext(ctx, &found, "PRAGMA quick_check(1)"); err != nil {
		return s.trouble(err)
	}
	if found != "ok" {
		return fmt.Errorf("database %s is damaged: %s", s.dsn, shorten(found))
	}
	return nil
}
