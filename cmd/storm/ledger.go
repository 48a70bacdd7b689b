package main

import (
	"context"
	"database/sql"
	"time"

	"kept/commitments/store"
)

// entry is what the ledger says of one message.
type entry struct {
	id        int64
	key, kind string
	state     store.DeliveryState
	place, ts string
	promises  []string // those whose alerts it carries
}

func (e *entry) settled() bool {
	return e.state == store.Sent || e.state == store.Dead || e.state == store.Cancelled
}

// ledger reads every message, oldest first, with what it carries.
func (r *rig) ledger(ctx context.Context) ([]entry, error) {
	rows, err := r.db.QueryContext(ctx, `SELECT d.id, d.key, d.kind, d.state, d.place, d.slack_ts, c.title FROM deliveries d
		LEFT JOIN delivery_alerts da ON da.delivery_id = d.id LEFT JOIN alerts a ON a.id = da.alert_id LEFT JOIN commitments c ON c.id = a.commitment_id
		ORDER BY d.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []entry
	for rows.Next() {
		var e entry
		var title sql.NullString
		if err := rows.Scan(&e.id, &e.key, &e.kind, &e.state, &e.place, &e.ts, &title); err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].id != e.id {
			all = append(all, e)
		}
		if title.Valid {
			last := &all[len(all)-1]
			last.promises = append(last.promises, mark.FindString(title.String))
		}
	}
	return all, rows.Err()
}

// alerted counts the promises that have become alerts, or need not any more.
func (r *rig) alerted(ctx context.Context) (n int, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT count(*) FROM commitments WHERE delivered_at IS NOT NULL OR id IN (SELECT commitment_id FROM alerts)`).Scan(&n)
	return n, err
}

// owing counts the promises that have not become alerts yet, and the messages that are
// neither sent nor given up.
func (r *rig) owing(ctx context.Context) (n int, err error) {
	found, err := r.alerted(ctx)
	if err != nil {
		return 0, err
	}
	err = r.db.QueryRowContext(ctx, "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending', 'uncertain', 'blocked')").Scan(&n)
	return len(r.owed) - found + n, err
}

// settle waits until nothing is owed any more. It is no error if that does not come
// within the limit: the checker says what is open.
func (r *rig) settle(ctx context.Context, limit time.Duration) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); {
		n, err := r.owing(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}
