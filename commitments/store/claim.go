package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kept/commitments/calendar"
)

// Claim takes up to limit deliveries whose time has come for one worker, for the
// length of a lease. Recipients' hours are judged at the instant at, everything else
// by the database's clock. A message that Slack may have already is not handed out
// before grace has passed since it was last sent: only then does a look at Slack's
// history say for certain. One that answers another waits until that one is done with,
// as a digest's page does for the page before it, and what was done is told in the order
// in which it was; one that the mail server may have is left to it for an hour. One that
// seems to end the process that handles it comes alone, only when nothing else is due,
// and ever more seldom.
func (s *Store) Claim(ctx context.Context, worker string, at Instant, limit int, lease, grace time.Duration) ([]Delivery, error) {
	for {
		var claimed, held []Delivery
		err := s.write(ctx, func(t *tx) error {
			now, err := t.clock()
			if err != nil {
				return err
			}
			if err := t.lookBackFirst(now); err != nil {
				return err
			}
			c := claim{worker: worker, at: at, now: now, lease: lease, grace: grace}
			if claimed, err = c.take(t, " < ?", limit); err == nil && len(claimed) == 0 {
				claimed, err = c.takePoison(t)
			}
			if err != nil {
				return err
			}
			claimed, held, err = t.holdOutsideHours(claimed, at)
			return err
		})
		if err != nil || len(claimed) > 0 || len(held) == 0 {
			return claimed, err
		}
	}
}

// PoisonAfter is how many claims in a row may come to nothing before a message counts
// as one that ends the process.
const PoisonAfter = 3

// mostPoisonRest is how long a message that ends the process is left alone at most.
const mostPoisonRest = 10 * time.Minute

// PoisonRest is how long a message is left alone after so many claims that came to
// nothing: at first as long as a lease, for it may only have been there when something
// else ended the process, and twice as long each time.
func PoisonRest(crashes int, lease time.Duration) time.Duration {
	return min(mostPoisonRest, lease<<min(max(crashes-PoisonAfter, 0), 10))
}

// claim is one worker's claim at one instant.
type claim struct {
	worker       string
	at, now      Instant
	lease, grace time.Duration
}

// crashed counts the claims in a row of which nothing more was heard, one that has
// lapsed among them; the parameter is who claims now. A worker that comes upon a claim
// of its own is alive: only the database was away.
const crashed = "(CASE WHEN state <> 'sending' THEN crashes WHEN worker = ? THEN 0 ELSE crashes + 1 END)"

// take claims some of what is due, in the order in which it became due. It is written
// after that, of what is so by then; one that Slack may have already may say what was so
// before, and is edited once it is found.
func (c *claim) take(t *tx, which string, limit int) ([]Delivery, error) {
	later := c.now.Add(ahead)
	var claimed []Delivery
	err := t.all(&claimed, `UPDATE deliveries SET state = 'sending', fence = fence + 1, worker = ?, lease_until = ?, crashes = `+crashed+`,
		stale_at = CASE WHEN ambiguous = 1 THEN coalesce(stale_at, ?) END
		WHERE id IN (SELECT d.id FROM deliveries d WHERE (next_at <= ? OR next_at > ?) AND opens_at <= ?
			AND state IN ('pending', 'sending', 'uncertain', 'blocked') AND (state <> 'sending' OR lease_until <= ? OR lease_until > ?)
			AND (ambiguous = 0 OR last_send_at IS NULL OR last_send_at <= ? OR last_send_at > ?) AND (mailed_at IS NULL OR mailed_at <= ? OR mailed_at > ?) AND `+crashed+which+`
			AND (thread_of IS NULL OR NOT EXISTS (SELECT 1 FROM deliveries p
				WHERE p.id = d.thread_of AND p.state IN ('pending', 'sending', 'uncertain', 'blocked')))
			AND (event_id IS NULL OR NOT EXISTS (SELECT 1 FROM deliveries p
				WHERE p.thread_of = d.thread_of AND p.event_id IS NOT NULL AND p.id < d.id AND p.state IN ('pending', 'sending')))
			AND (part = 1 OR NOT EXISTS (SELECT 1 FROM deliveries p
				WHERE p.digest_id = d.digest_id AND p.part = d.part - 1 AND p.state IN ('pending', 'sending', 'uncertain', 'blocked')))
			ORDER BY next_at, id LIMIT ?`+t.s.d.claimable+`) RETURNING `+deliveryColumns,
		c.worker, c.now.Add(c.lease), c.worker, c.now, c.now, later, c.at, c.now, later, c.now.Add(-c.grace), later, c.now.Add(-mailsFor), later, c.worker, PoisonAfter, limit)
	slices.SortFunc(claimed, func(a, b Delivery) int { return cmp.Or(cmp.Compare(a.NextAt, b.NextAt), cmp.Compare(a.ID, b.ID)) })
	return claimed, err
}

// takePoison claims one of those that seem to end the process.
func (c *claim) takePoison(t *tx) ([]Delivery, error) {
	claimed, err := c.take(t, " >= ?", 1)
	for i := range claimed {
		d := &claimed[i]
		d.NextAt = c.now.Add(PoisonRest(d.Crashes, c.lease))
		if _, err := t.exec("UPDATE deliveries SET next_at = ? WHERE id = ?", d.NextAt, d.ID); err != nil {
			return nil, err
		}
	}
	return claimed, err
}

// ahead is further than anything waits: an instant of the ledger that lies more than
// this in the future was written before the clock was set back, and counts as come.
const ahead = time.Hour

// overslept is how long after its recipient's hours let a message go their hours are
// looked at again: it may have waited, through downtime or back-off, into the night.
const overslept = 30 * time.Minute

// holdOutsideHours puts back those of the deliveries just claimed that could have gone
// out a while ago and whose recipients are not at work now.
func (t *tx) holdOutsideHours(claimed []Delivery, at Instant) (ready, held []Delivery, err error) {
	for _, d := range claimed {
		opens := at
		if d.Kind == "alerts" && !d.Ambiguous && d.OpensAt <= at.Add(-overslept) {
			if opens, err = t.opensAgain(d.ID, at); err != nil {
				return nil, nil, err
			}
		}
		if opens <= at {
			ready = append(ready, d)
			continue
		}
		held = append(held, d)
		if _, err := t.exec("UPDATE deliveries SET state = 'pending', lease_until = NULL, opens_at = ? WHERE id = ?", opens, d.ID); err != nil {
			return nil, nil, err
		}
	}
	return ready, held, nil
}

// opensAgain is when a message may go out, judged anew at an instant.
func (t *tx) opensAgain(id ID, at Instant) (Instant, error) {
	b, err := t.book()
	if err != nil {
		return 0, err
	}
	var about []struct {
		recipient
		Due Instant `db:"due"`
	}
	err = t.all(&about, `SELECT p.id, p.key, p.name, p.zone,
		(SELECT m.team_id FROM team_members m WHERE m.person_id = p.id ORDER BY m.place LIMIT 1) AS team_id,
		min(CASE WHEN c.due_at >= ? THEN c.due_at END) AS due
		FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id JOIN commitments c ON c.id = a.commitment_id JOIN people p ON p.id = a.recipient_id
		WHERE da.delivery_id = ? AND a.closed_at IS NULL GROUP BY p.id, p.key, p.name, p.zone`, at, id)
	if err != nil || len(about) == 0 {
		return at, err
	}
	opens := Instant(0)
	for i := range about {
		r := &about[i].recipient
		r.hours(b)
		opens = calendar.Earliest(opens, r.opensFor(at, about[i].Due))
	}
	return opens, nil
}
