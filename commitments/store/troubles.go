package store

import (
	"context"
	"time"
)

// Trouble is a time in which Slack took nothing from us, whichever process met it.
type Trouble struct {
	ID    ID      `db:"id"`
	Since Instant `db:"since"`
	Class string  `db:"class"`
	Code  string  `db:"code"` // the latest
	Why   string  `db:"why"`
	Over  Instant `db:"over_at"`
}

const selectTroubles = "SELECT id, since, class, code, why, over_at FROM troubles "

// Trouble is the one there is now, and for how long it has lasted by the database's
// clock; the zero Trouble if there is none.
func (s *Store) Trouble(ctx context.Context) (now Trouble, lasted time.Duration, err error) {
	err = s.read(ctx, func(t *tx) error {
		clock, err := t.clock()
		if err != nil {
			return err
		}
		var open []Trouble
		if err := t.all(&open, selectTroubles+"WHERE over_at IS NULL"); err != nil || len(open) == 0 {
			return err
		}
		now, lasted = open[0], clock.Sub(open[0].Since)
		return nil
	})
	return now, lasted, err
}

// TroubleMet notes that Slack takes nothing: a new trouble, or what is known of the
// one there is.
func (s *Store) TroubleMet(ctx context.Context, class, code, why string) error {
	return s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		n, err := t.exec("UPDATE troubles SET class = ?, code = ?, why = ? WHERE over_at IS NULL", class, code, why)
		if err != nil || n > 0 {
			return err
		}
		_, err = t.exec("INSERT INTO troubles (since, class, code, why) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", now, class, code, why)
		return err
	})
}

// TroubleOver notes that Slack takes messages again.
func (s *Store) TroubleOver(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		_, err = t.exec("UPDATE troubles SET over_at = ? WHERE over_at IS NULL", now)
		return err
	})
}

// Notice is one e-mail to one administrator about a trouble.
type Notice struct {
	Trouble Trouble
	To      Person
	News    string // began or over
	Waiting int    // messages not sent yet
}

// noticesFor is how long the end of a trouble is news.
const noticesFor = 7 * 24 * time.Hour

// owedNotices selects whom to tell what: of a trouble that has lasted for a while, every
// administrator with an address; of its end, those who were told that it began.
const owedNotices = `SELECT tr.id AS trouble_id, p.id AS person_id, CASE WHEN tr.over_at IS NULL THEN 'began' ELSE 'over' END AS news
	FROM troubles tr CROSS JOIN people p LEFT JOIN notices n ON n.trouble_id = tr.id AND n.person_id = p.id
		AND n.news = CASE WHEN tr.over_at IS NULL THEN 'began' ELSE 'over' END
	WHERE p.email <> '' AND p.erased_at IS NULL AND p.role = 'admin' AND (tr.over_at IS NULL AND tr.since <= ? OR tr.over_at > ?
		AND EXISTS (SELECT 1 FROM notices b WHERE b.trouble_id = tr.id AND b.person_id = p.id AND b.news = 'began' AND b.sent_at IS NOT NULL))
		AND n.sent_at IS NULL AND (n.next_at IS NULL OR n.next_at <= ? OR n.next_at > ?) ORDER BY tr.id, p.id LIMIT 1`

// ClaimNotice takes one e-mail that is owed to an administrator, for the length of a
// lease; false if none is. A trouble is told once it has lasted for after.
func (s *Store) ClaimNotice(ctx context.Context, after, lease time.Duration) (n Notice, owed bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		var next []struct {
			Trouble ID     `db:"trouble_id"`
			Person  ID     `db:"person_id"`
			News    string `db:"news"`
		}
		if err := t.all(&next, owedNotices, now.Add(-after), now.Add(-noticesFor), now, now.Add(ahead)); err != nil || len(next) == 0 {
			return err
		}
		n.News = next[0].News
		taken, err := t.exec(`INSERT INTO notices (trouble_id, person_id, news, next_at) VALUES (?, ?, ?, ?) ON CONFLICT (trouble_id, person_id, news)
			DO UPDATE SET next_at = excluded.next_at WHERE notices.sent_at IS NULL AND (notices.next_at <= ? OR notices.next_at > ?)`,
			next[0].Trouble, next[0].Person, n.News, now.Add(lease), now, now.Add(ahead))
		if err != nil || taken == 0 {
			return err
		}
		owed = true
		if err := t.get(&n.Trouble, selectTroubles+"WHERE id = ?", next[0].Trouble); err != nil {
			return err
		}
		if err := t.get(&n.To, selectPeople+"WHERE id = ?", next[0].Person); err != nil {
			return err
		}
		return t.get(&n.Waiting, "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending', 'uncertain', 'blocked')")
	})
	return n, owed, err
}

// NoticeSent notes that an administrator was told. If they were not, the notice is owed
// again when its lease is over.
func (s *Store) NoticeSent(ctx context.Context, n *Notice) error {
	return s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		_, err = t.exec("UPDATE notices SET sent_at = ? WHERE trouble_id = ? AND person_id = ? AND news = ?", now, n.Trouble.ID, n.To.ID, n.News)
		return err
	})
}
