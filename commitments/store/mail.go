package store

import (
	"context"
	"time"
)

// mailsFor is how long a message that the mail server may have is left to e-mail.
// After that it may go to Slack all the same: better twice than never.
const mailsFor = time.Hour

// MailClaim says which messages may go by e-mail now.
type MailClaim struct {
	Worker   string
	At       Instant // as of when recipients' hours are judged
	Limit    int
	Lease    time.Duration
	Grace    time.Duration // after a try whose end nobody knows
	Owed     bool          // what Slack does not take; else only what the mail server may have already
	Doubtful time.Duration // how long ago Slack must have been sent what it may have; 0 leaves all of that to Slack
}

// mailable selects what may go by e-mail, the oldest first: not what answers in a thread
// of Slack alone. By the bare id SQLite would
// look through all that was ever sent instead of what is owed.
const mailable = `SELECT id FROM deliveries WHERE opens_at <= ? AND kind <> 'follow-up' AND state IN ('pending', 'sending', 'uncertain', 'blocked')
	AND (state <> 'sending' OR lease_until <= ? OR lease_until > ?) AND (mail_at IS NULL OR mail_at <= ? OR mail_at > ?)
	AND ` + crashed + ` < ? AND (mailed_at IS NULL AND ? = 1 AND (ambiguous = 0 OR last_send_at <= ?) OR mailed_at <= ? OR mailed_at > ?)
	ORDER BY +id LIMIT ?`

// ClaimForMail takes messages whose time has come for one worker to send by e-mail, as
// Claim does for Slack. One that seems to end the process is left to Claim.
func (s *Store) ClaimForMail(ctx context.Context, c MailClaim) ([]Delivery, error) {
	for {
		var claimed, held []Delivery
		err := s.write(ctx, func(t *tx) error {
			now, err := t.clock()
			if err != nil {
				return err
			}
			doubted := Instant(0)
			if c.Doubtful > 0 {
				doubted = now.Add(-c.Doubtful)
			}
			claimed = nil
			err = t.all(&claimed, `UPDATE deliveries SET state = 'sending', fence = fence + 1, crashes = `+crashed+`, worker = ?, lease_until = ?
				WHERE id IN (`+mailable+t.s.d.claimable+`) RETURNING `+deliveryColumns,
				c.Worker, c.Worker, now.Add(c.Lease), c.At, now, now.Add(ahead), now, now.Add(MailLater), c.Worker, PoisonAfter, yes(c.Owed), doubted, now.Add(-c.Grace), now.Add(ahead), c.Limit)
			if err != nil {
				return err
			}
			claimed, held, err = t.holdOutsideHours(claimed, c.At)
			return err
		})
		if err != nil || len(claimed) > 0 || len(held) == 0 {
			return claimed, err
		}
	}
}

// MailLater is the longest that a message is kept from e-mail.
const MailLater = 24 * time.Hour

// MailTo is the person who gets a delivery by e-mail: the one it is for, or for a
// channel the lead of the team it is about; the zero Person if there is none. Told is
// true if that person is sent the same alerts in a message of their own.
func (s *Store) MailTo(ctx context.Context, d *Delivery) (to Person, told bool, err error) {
	id := personOf(d.Destination)
	err = s.read(ctx, func(t *tx) error {
		if id == 0 {
			err := t.get(&id, `SELECT coalesce((SELECT te.lead_id FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id
				JOIN commitments c ON c.id = a.commitment_id JOIN teams te ON te.id = c.team_id JOIN people p ON p.id = te.lead_id
				WHERE da.delivery_id = ? AND p.email <> '' ORDER BY te.id LIMIT 1), 0)`, d.ID)
			if err != nil || id == 0 {
				return err
			}
			var alone int
			err = t.get(&alone, `SELECT count(*) FROM delivery_alerts mine JOIN alerts a ON a.id = mine.alert_id WHERE mine.delivery_id = ? AND a.closed_at IS NULL
				AND NOT EXISTS (SELECT 1 FROM delivery_alerts theirs JOIN deliveries d ON d.id = theirs.delivery_id
					WHERE theirs.alert_id = mine.alert_id AND d.destination = ? AND d.state NOT IN ('dead', 'cancelled'))`, d.ID, personDestination(id))
			if err != nil {
				return err
			}
			told = alone == 0
		}
		return t.get(&to, selectPeople+"WHERE id = ?", id)
	})
	return to, told, err
}

// IntendMail notes, durably, that the mail server may have a message from here on.
// Only after it has returned nil may the message be sent.
func (s *Store) IntendMail(ctx context.Context, d *Delivery, lease time.Duration) error {
	return s.settle(ctx, d, func(t *tx, now Instant) (int64, error) {
		d.MailedAt, d.LeaseUntil = now, now.Add(lease)
		return t.exec("UPDATE deliveries SET mailed_at = ?, crashes = 0, lease_until = ? WHERE id = ? AND fence = ? AND state = 'sending'", now, d.LeaseUntil, d.ID, d.Fence)
	})
}

// MailFailure is why a message was not sent by e-mail, or not for certain.
type MailFailure struct {
	Mailed  bool          // the mail server may have it all the same; counted as a try
	After   time.Duration // when e-mail is tried again, at most MailLater
	Class   string        // "" leaves what was recorded last
	Message string
}

// MailFailed puts back a delivery that was claimed for e-mail. When Slack is tried
// again stays as it was.
func (s *Store) MailFailed(ctx context.Context, d *Delivery, f MailFailure) error {
	return s.settle(ctx, d, func(t *tx, now Instant) (int64, error) {
		d.State = Blocked
		if d.Ambiguous || f.Mailed {
			d.State = Uncertain
		}
		if f.Class != "" {
			d.ErrorClass, d.Error = f.Class, f.Message
		}
		if f.Mailed {
			d.Attempt++
		} else {
			d.MailedAt = 0
		}
		return t.exec(`UPDATE deliveries SET state = ?, mail_at = ?, mailed_at = ?, attempt = ?, crashes = 0, error_class = ?, error = ?, lease_until = NULL
			WHERE id = ? AND fence = ? AND state = 'sending'`,
			string(d.State), now.Add(f.After), d.MailedAt, d.Attempt, d.ErrorClass, d.Error, d.ID, d.Fence)
	})
}
