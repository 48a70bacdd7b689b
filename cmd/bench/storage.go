package main

import (
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// What a check-in reads and writes.
var (
	checkInReads = []string{
		"SELECT value FROM settings WHERE name = ?",
		`SELECT c.*, cu.name, cu.calendar_id, cu.padding, cu.manager_id, cu.lifetime_value, o.name, coalesce(te.name, ''), coalesce(k.name, ''),
			(SELECT d.promise_date FROM promise_dates d WHERE d.commitment_id = c.id AND d.place = 1)
			FROM commitments c JOIN customers cu ON cu.id = c.customer_id JOIN people o ON o.id = c.owner_id
			LEFT JOIN teams te ON te.id = c.team_id LEFT JOIN kinds k ON k.id = c.kind_id WHERE c.id = ?`,
		"SELECT * FROM promise_dates WHERE commitment_id = ? ORDER BY place",
		"SELECT commitment_id, at, by_id, work_left, blocked, note FROM check_ins WHERE commitment_id = ? ORDER BY id",
		"SELECT * FROM touches WHERE commitment_id = ? ORDER BY id",
		"SELECT * FROM turns WHERE commitment_id = ? ORDER BY id",
	}
	checkInWrites = []string{
		"INSERT INTO check_ins (commitment_id, at, by_id, work_left, blocked, note, recorded_at) VALUES (?, ?, 1, 300, '', 'as planned', ?)",
		`UPDATE commitments SET promise_date = promise_date, target_date = target_date, due_at = due_at, padding_days = padding_days, work_left = 300, work_left_at = ?,
			blocked = '', checked_in_at = ?, stage = stage, episode = episode, last_fact_at = ?, next_review_at = ?, version = version + 1 WHERE id = ?`,
		"INSERT INTO events (at, recorded_at, actor_id, kind, subject, subject_id, data) VALUES (?, ?, 1, 'checked-in', 'commitment', ?, '{\"left\":3}')",
	}
)

const checkIns = 500

// storage measures durable commits, and P16: what Kept's methods add to plain
// database/sql, in processor time.
func (b *bench) storage() error {
	a, err := b.arena(min(smallStock, b.big))
	if err != nil {
		return err
	}
	defer a.close()
	ada, err := a.store.Actor(b.ctx, "")
	if err != nil {
		return err
	}
	if err := a.raw.prepare(append(checkInReads, checkInWrites...)...); err != nil {
		return err
	}
	kept := timed("kept", func(round int) error { return a.checkIn(ada, round) })
	hand := timed("by hand", func(round int) error { return a.checkInByHand(round) })
	keptCPU, handCPU := kept.inCPU(), hand.inCPU()
	if err := inTurn(rounds, kept, hand, keptCPU, handCPU); err != nil {
		return err
	}
	b.rate("", "check-ins, each a durable commit", "/s", checkIns, kept, hand, "")
	b.slower("P16", fmt.Sprintf("processor time of %d check-ins", checkIns), keptCPU, handCPU, "1.25×")
	return nil
}

// inCPU is the same work measured in processor time.
func (s *side) inCPU() *side {
	return &side{name: s.name, run: func(round int) (time.Duration, error) {
		begun := cpu()
		_, err := s.run(round)
		return cpu() - begun, err
	}}
}

func (a *arena) checkIn(by commitments.Actor, round int) error {
	for i := range checkIns {
		_, err := a.store.CheckIn(a.b.ctx, store.Op{By: by, Ref: strconv.Itoa(a.open(round, i))}, store.CheckIn{Left: "3", Note: "as planned"})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *arena) checkInByHand(round int) error {
	for i := range checkIns {
		if err := a.raw.checkIn(int64(a.open(round, i))); err != nil {
			return err
		}
	}
	return nil
}

// open is the number of a promise that is open.
func (a *arena) open(round, i int) int {
	if a.numbers == nil {
		_, _ = a.raw.each("SELECT id FROM commitments WHERE delivered_at IS NULL ORDER BY (id * 7919) % 100003", func(cells []string) error {
			id, err := strconv.Atoi(cells[0])
			a.numbers = append(a.numbers, id)
			return err
		})
	}
	return a.numbers[(round*checkIns+i)%len(a.numbers)]
}

func (r *raw) checkIn(id int64) error {
	t, err := r.BeginTx(r.ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	reads, err := r.in(t, checkInReads...)
	if err != nil {
		return err
	}
	for i, st := range reads {
		var arg any = id
		if i == 0 {
			arg = "book"
		}
		if err := drain(r, st, arg); err != nil {
			return err
		}
	}
	writes, err := r.in(t, checkInWrites...)
	if err != nil {
		return err
	}
	now := time.Now().UnixMicro()
	for i, args := range [][]any{{id, now, now}, {now, now, now, now, id}, {now, now, id}} {
		if _, err := writes[i].ExecContext(r.ctx, args...); err != nil {
			return err
		}
	}
	return t.Commit()
}

func drain(r *raw, st *sql.Stmt, args ...any) error {
	rows, err := st.QueryContext(r.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}
