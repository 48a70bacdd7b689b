package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"kept/commitments/calendar"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// bulkWriter adds many rows at once, inside a transaction: on PostgreSQL by COPY, on
// SQLite by a statement that is prepared once.
type bulkWriter struct {
	t          *tx
	conn       *sqlx.Conn
	statements map[string]*sql.Stmt
}

// bulkWrite is write with a bulkWriter at hand.
func (s *Store) bulkWrite(ctx context.Context, f func(*tx, *bulkWriter) error) error {
	if err := s.Damage(); err != nil {
		return err
	}
	return s.trouble(s.bulkTransaction(ctx, f))
}

func (s *Store) bulkTransaction(ctx context.Context, f func(*tx, *bulkWriter) error) error {
	conn, err := s.w.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	raw, err := conn.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer raw.Rollback() // ends it should f panic: the connection waits for that
	t := &tx{Tx: raw, ctx: ctx, s: s, pool: s.w, now: calendar.InstantOf(time.Now()), ready: map[string]*sqlx.Stmt{}}
	if err := f(t, &bulkWriter{t, conn, map[string]*sql.Stmt{}}); err != nil {
		return errors.Join(ctx.Err(), err, ignoreDone(raw.Rollback()))
	}
	return s.commit(ctx, t)
}

// insert adds rows whose values are of type int64 or string, or nil.
func (w *bulkWriter) insert(table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if w.t.s.d == postgres {
		return w.copy(table, columns, rows)
	}
	st, err := w.statement(table, columns)
	if err != nil {
		return err
	}
	// Without a way to cancel it each row costs the driver a third less; the batch is
	// what can be cancelled.
	ctx := context.WithoutCancel(w.t.ctx)
	for _, row := range rows {
		if _, err := st.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

func (w *bulkWriter) statement(table string, columns []string) (*sql.Stmt, error) {
	if st := w.statements[table]; st != nil {
		return st, nil
	}
	query := fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s)", table, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1))
	st, err := w.t.PrepareContext(w.t.ctx, query)
	if err == nil {
		w.statements[table] = st
	}
	return st, err
}

func (w *bulkWriter) copy(table string, columns []string, rows [][]any) error {
	return w.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(w.t.ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
}

// reserve gives n new ids of a table, in order.
func (t *tx) reserve(table string, n int) ([]ID, error) {
	ids := make([]ID, 0, n)
	if t.s.d == postgres {
		err := t.all(&ids, "SELECT nextval(pg_get_serial_sequence('"+table+"', 'id')) FROM generate_series(1, ?)", n)
		return ids, err
	}
	var last ID
	if err := t.get(&last, "SELECT coalesce(max(id), 0) FROM "+table); err != nil {
		return nil, err
	}
	for i := range n {
		ids = append(ids, last+1+ID(i))
	}
	return ids, nil
}
