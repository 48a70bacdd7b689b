package store

import (
	"database/sql/driver"

	"kept/commitments"
)

// save writes a change to a promise whose terms were was before: the new facts, the row
// folded from all of them, the event, and the end of the alert it deals with. The cards
// that Slack has of the promise are to be edited, and what was done told in their threads.
func (t *tx) save(p *commitments.Promise, c commitments.Change, was commitments.Terms) error {
	cards, err := t.cardsOut(p.ID)
	if err != nil {
		return err
	}
	heard := p.HeardAt
	told := max(p.State.RescueClockAt, p.State.RescueLadderedAt)
	closes := p.Apply(c)
	if err := t.addFacts(p, c); err != nil {
		return err
	}
	if err := t.updateRow(p); err != nil {
		return err
	}
	if closes != "" || p.Closed() {
		if err := t.closeAlerts(p.ID, &p.Facts, max(c.At, told), c.At, c.Event); err != nil {
			return err
		}
	}
	if told != 0 {
		if err := t.closeRescue(p.ID, &p.Facts, max(c.At, told), c.At, c.Event); err != nil {
			return err
		}
	}
	if steps := dealtWith(p, c, heard); steps != nil {
		if err := t.closeSteps(p.ID, c.At, c.Event, steps...); err != nil {
			return err
		}
	}
	event, err := t.newEvent(c.At, c.By, c.Event, "commitment", p.ID, p.Record(c, was))
	if err != nil || len(cards) == 0 {
		return err
	}
	if err := t.stale(cards); err != nil || !c.Tells() {
		return err
	}
	return t.followUp(p, event, c.At, cards)
}

// dealtWith are the steps beside the stage that a change, already taken in, has dealt
// with. Heard is when the customer had last heard from us before it.
func dealtWith(p *commitments.Promise, c commitments.Change, heard Instant) []string {
	switch {
	case c.Owner != nil:
		return []string{commitments.StepUpdate, commitments.StepHandOver, commitments.StepNewOwner}
	case p.HeardAt != heard:
		return []string{commitments.StepUpdate}
	}
	return nil
}

func (t *tx) addFacts(p *commitments.Promise, c commitments.Change) error {
	if c.Date != nil {
		if err := t.replaceDate(p.ID, *c.Date, c.By); err != nil {
			return err
		}
	}
	if a := c.Accepted; a != nil {
		_, err := t.exec("UPDATE promise_dates SET accepted_at = ?, accepted_by = ? WHERE commitment_id = ? AND place = ?", a.At, a.By, p.ID, a.Place)
		if err != nil {
			return err
		}
	}
	if c.Owner != nil {
		if _, err := t.exec("UPDATE commitments SET owner_id = ? WHERE id = ?", c.Owner.ID, p.ID); err != nil {
			return err
		}
	}
	if k := c.CheckIn; k != nil {
		_, err := t.exec("INSERT INTO check_ins (commitment_id, at, by_id, work_left, blocked, note, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			p.ID, k.At, k.By, int64(k.WorkLeft), k.Blocked, k.Note, t.now)
		if err != nil {
			return err
		}
	}
	if k := c.Touch; k != nil {
		if err := t.addTouch(p.Customer.ID, p.ID, *k); err != nil {
			return err
		}
	}
	if k := c.Turn; k != nil && c.Corrects != 0 {
		_, err := t.exec("UPDATE turns SET at = ? WHERE commitment_id = ? AND turn = ? AND at = ?", k.At, p.ID, string(k.Kind), c.Corrects)
		return err
	} else if k != nil {
		_, err := t.exec("INSERT INTO turns (commitment_id, at, by_id, turn, why, until, who, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			p.ID, k.At, k.By, string(k.Kind), k.Why, k.Until, k.Who, t.now)
		if err != nil {
			return err
		}
	}
	if o := c.PlusOne; o != nil {
		if err := t.addPlusOne(p, o); err != nil {
			return err
		}
	}
	if err := t.addRescueStep(p.ID, c.Rescue); err != nil {
		return err
	}
	return t.addFeedback(p, c)
}

func (t *tx) replaceDate(id ID, d commitments.PromiseDate, by ID) error {
	_, err := t.exec("UPDATE promise_dates SET replaced_at = ? WHERE commitment_id = ? AND replaced_at IS NULL", d.ToldAt, id)
	if err != nil {
		return err
	}
	return t.addDate(id, d, by)
}

func (t *tx) addDate(id ID, d commitments.PromiseDate, by ID) error {
	_, err := t.exec(`INSERT INTO promise_dates (commitment_id, place, promise_date, promise_time, target_date, due_at, told_at, told_by, asked_by, why, recorded_at, recorded_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, d.Place, d.Promise, d.PromiseTime, d.Target, d.DueAt, d.ToldAt, d.ToldBy, d.AskedBy, d.Why, t.now, by)
	return err
}

func (t *tx) addTouch(customer, commitment ID, k commitments.Touch) error {
	_, err := t.exec(`INSERT INTO touches (customer_id, commitment_id, at, by_id, channel, inbound, reached, outcome, date_by, summary, recorded_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		customer, commitment, k.At, k.By, k.Channel, yes(k.Inbound), yes(k.Reached), string(k.Outcome), k.DateBy, k.Summary, t.now)
	return err
}

// updateRow writes what the fold and the alerts' memory made of a promise.
func (t *tx) updateRow(p *commitments.Promise) error {
	f, s := &p.Facts, &p.State
	_, err := t.exec(`UPDATE commitments SET promise_date = ?, promise_time = ?, target_date = ?, date_by = ?, due_at = ?, padding_days = ?, padding_why = ?,
		work_left = ?, work_left_at = ?, blocked = ?, checked_in_at = ?, called_at = ?, still_on_at = ?, slipping_at = ?, new_date_at = ?, lost = ?,
		waiting_for = ?, waiting_since = ?, heard_at = ?, handed_at = ?, delivered_at = ?, accepted_at = ?, withdrawn_at = ?,
		rescue_opened_at = ?, rescue_owned_at = ?, rescue_called_at = ?, rescue_made_right_at = ?, rescue_closed_at = ?, rescue_clock_at = ?, rescue_laddered_at = ?, last_fact_at = ?,
		stage = ?, episode = ?, alerted = ?, alerted_at = ?, settled = ?, asks_nothing = ?, old_news = ?, laddered_at = ?, lost_told = ?, update_told_at = ?, handed_told_at = ?, next_review_at = ?, version = ? WHERE id = ?`,
		f.Promise, f.PromiseTime, f.Target, f.DateBy, f.DueAt, p.PaddingDays, p.PaddingWhy,
		workLeft(f), f.WorkLeftAt, f.Blocked, f.CheckedInAt, f.CalledAt, f.StillOnAt, f.SlippingAt, f.NewDateAt, f.Lost,
		f.WaitingFor, f.WaitingSince, f.HeardAt, f.HandedAt, f.DeliveredAt, f.AcceptedAt, f.WithdrawnAt,
		f.RescueOpenedAt, f.RescueOwnedAt, f.RescueCalledAt, f.RescueMadeRightAt, f.RescueClosedAt, s.RescueClockAt, s.RescueLadderedAt, p.LastFact,
		string(s.Stage), s.Episode, string(s.Alerted), s.AlertedAt, yes(s.Settled), yes(s.AsksNothing), yes(s.OldNews), s.LadderedAt, s.LostTold, s.UpdateTold, s.HandedTold, p.NextReview, p.Version, p.ID)
	return err
}

// workLeft is NULL until the owner has answered.
func workLeft(f *commitments.Facts) driver.Value {
	if f.WorkLeftAt == 0 {
		return nil
	}
	return int64(f.WorkLeft)
}

// closeAlerts ends the alerts now open for a promise. What is told beside the stage stays
// true for as long as the promise is open, and what a rescue asks for as long as it
// does, as of known. Their cards are to be edited.
func (t *tx) closeAlerts(commitment ID, f *commitments.Facts, known, at Instant, why string) error {
	keep, _ := f.RescueNews(known)
	if !f.Closed() {
		keep = append(keep, commitments.Beside[:]...)
	}
	return t.closeWhere(commitment, at, why, "step NOT IN "+t.s.d.texts, textList(keep))
}

// closeWhere ends those of the alerts open for a promise that a selection names.
func (t *tx) closeWhere(commitment ID, at Instant, why, which string, args ...any) error {
	cards, err := t.cardsOut(commitment)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE alerts SET closed_at = ?, closed_why = ? WHERE commitment_id = ? AND closed_at IS NULL AND "+which,
		append([]any{at, why, commitment}, args...)...)
	if err != nil || n == 0 {
		return err
	}
	if err := t.stale(cards); err != nil {
		return err
	}
	return t.cancelUntrue(commitment)
}

// closeSteps ends the alerts of a promise that were told in some steps.
func (t *tx) closeSteps(commitment ID, at Instant, why string, steps ...string) error {
	return t.closeWhere(commitment, at, why, "step IN "+t.s.d.texts, textList(steps))
}

// cancelUntrue cancels the messages about a promise that would carry nothing but closed
// alerts. A message Slack may have already is left to the worker, who finds out first.
func (t *tx) cancelUntrue(commitment ID) error {
	_, err := t.exec(`UPDATE deliveries SET state = 'cancelled', error = 'no longer true' WHERE state IN ('pending', 'blocked') AND ambiguous = 0
		AND id IN (SELECT da.delivery_id FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id WHERE a.commitment_id = ?)
		AND NOT EXISTS (SELECT 1 FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id
			WHERE da.delivery_id = deliveries.id AND a.closed_at IS NULL)`, commitment)
	return err
}
