package main

import (
	"database/sql"
	"strconv"
	"time"

	"kept/commitments/calendar"
)

// What a hand-written sweep reads and writes: the same columns and rows as Kept's, with
// none of its rules.
const (
	selectDue = `SELECT c.id, c.key, c.title, c.owner_id, c.team_id, c.first_date_by, coalesce(c.update_every, 0) AS update_every,
		(SELECT cu.calendar_id FROM customers cu WHERE cu.id = c.customer_id) AS customer_calendar,
		c.made_at, c.promise_date, c.promise_time, c.target_date, c.date_by, c.due_at,
		c.work_left, c.work_left_at, c.blocked, c.checked_in_at, c.called_at, c.still_on_at, c.slipping_at, c.new_date_at, c.lost,
		c.waiting_for, c.waiting_since, c.heard_at, c.handed_at, c.delivered_at, c.withdrawn_at,
		c.old_before, c.rescue_opened_at, c.rescue_owned_at, c.rescue_called_at, c.rescue_made_right_at, c.rescue_closed_at, c.rescue_clock_at, c.rescue_laddered_at,
		c.stage, c.alerted, c.alerted_at, c.episode, c.settled, c.asks_nothing, c.old_news, c.laddered_at, c.lost_told, c.update_told_at, c.handed_told_at, c.last_fact_at
		FROM commitments c WHERE c.next_review_at <= ? ORDER BY c.next_review_at LIMIT ?`
	updateDue = `UPDATE commitments SET stage = 'overdue', episode = 1, alerted = 'overdue', alerted_at = ?, settled = 0, asks_nothing = 0, old_news = 0, laddered_at = NULL, lost_told = 0,
		update_told_at = NULL, handed_told_at = NULL, rescue_clock_at = NULL, rescue_laddered_at = NULL, next_review_at = NULL WHERE id = ?`
	insertEvent = `INSERT INTO events (at, recorded_at, kind, subject, subject_id, data)
		VALUES (?, ?, 'stage', 'commitment', ?, '{"from":"on-track","reasons":["overdue"],"to":"overdue"}')`
	insertAlert = `INSERT INTO alerts (key, commitment_id, stage, episode, step, recipient_id, reasons, at) VALUES (?, ?, 'overdue', 1, 'owner', ?,
		'[{"code":"overdue","text":"promised for Thu 24 Dec 2026, and that day is over"}]', ?)`
	insertDelivery = "INSERT INTO deliveries (key, kind, destination, opens_at, next_at, created_at) VALUES (?, 'alerts', ?, ?, ?, ?)"
	linkAlert      = "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)"
	noteJob        = "INSERT INTO jobs (name, as_of, finished_at) VALUES ('sweep', ?, ?) ON CONFLICT (name) DO UPDATE SET as_of = excluded.as_of, finished_at = excluded.finished_at"
)

// handBatch is the size of one transaction, as Kept's.
const handBatch = 1000

// sweep is the loop a good programmer would write for this one purpose.
func (r *raw) sweep(at calendar.Instant) (done int, err error) {
	if err := r.prepare(selectDue, updateDue, insertEvent, insertAlert, insertDelivery, linkAlert, noteJob); err != nil {
		return 0, err
	}
	for n := handBatch; n == handBatch; done += n {
		if n, err = r.sweepBatch(int64(at)); err != nil {
			return 0, err
		}
	}
	return done, nil
}

// dueRow is what the hand-written sweep goes on with of what it has read.
type dueRow struct {
	id, owner int64
	key       string
	rest      [46]any
}

func (r *raw) sweepBatch(at int64) (int, error) {
	t, err := r.BeginTx(r.ctx, nil)
	if err != nil {
		return 0, err
	}
	defer t.Rollback()
	st, err := r.in(t, selectDue, updateDue, insertEvent, insertAlert, insertDelivery, linkAlert, noteJob)
	if err != nil {
		return 0, err
	}
	due, err := r.due(st[0], at)
	if err != nil {
		return 0, err
	}
	h := handSweep{r: r, at: at, update: st[1], event: st[2], alert: st[3], delivery: st[4], link: st[5], messages: map[int64]int64{}}
	for i := range due {
		if err := h.one(&due[i]); err != nil {
			return 0, err
		}
	}
	if len(due) < handBatch {
		if _, err := st[6].ExecContext(r.ctx, at, time.Now().UnixMicro()); err != nil {
			return 0, err
		}
	}
	return len(due), t.Commit()
}

func (r *raw) due(st *sql.Stmt, at int64) ([]dueRow, error) {
	rows, err := st.QueryContext(r.ctx, at, handBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []dueRow
	for rows.Next() {
		var d dueRow
		into := []any{&d.id, &d.key, &d.rest[0], &d.owner}
		for i := 1; i < len(d.rest); i++ {
			into = append(into, &d.rest[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// handSweep is one batch of the hand-written sweep.
type handSweep struct {
	r                                    *raw
	at                                   int64
	update, event, alert, delivery, link *sql.Stmt
	messages                             map[int64]int64 // by owner
}

func (h *handSweep) one(d *dueRow) error {
	now := time.Now().UnixMicro()
	if _, err := h.update.ExecContext(h.r.ctx, h.at, d.id); err != nil {
		return err
	}
	if _, err := h.event.ExecContext(h.r.ctx, h.at, now, d.id); err != nil {
		return err
	}
	alert, err := inserted(h.alert.ExecContext(h.r.ctx, "alert "+d.key, d.id, d.owner, h.at))
	if err != nil {
		return err
	}
	message := h.messages[d.owner]
	if message == 0 {
		message, err = inserted(h.delivery.ExecContext(h.r.ctx, "message "+d.key, "person:"+strconv.FormatInt(d.owner, 10), h.at, now, now))
		if err != nil {
			return err
		}
		h.messages[d.owner] = message
	}
	_, err = h.link.ExecContext(h.r.ctx, message, alert)
	return err
}

func inserted(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
