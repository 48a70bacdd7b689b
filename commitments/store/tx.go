package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"

	"github.com/jmoiron/sqlx"
)

type (
	// ID is a row's short number.
	ID = commitments.ID
	// Instant is a moment in time.
	Instant = calendar.Instant
	// Date is a civil date.
	Date = calendar.Date
)

// tx is one transaction. Queries are written with ? on both engines.
type tx struct {
	*sqlx.Tx
	ctx    context.Context
	s      *Store
	pool   *pool
	now    Instant               // when it began, by this process's clock: what recorded_at says
	ready  map[string]*sqlx.Stmt // statements prepared for this transaction
	wanted []string              // those of them the pool does not keep yet

	passing bool   // whether nobody will ask what became of it
	number  string // by which PostgreSQL can be asked that; "" if it changed nothing
}

// write runs f in a transaction that may change the database. Nothing that f does may
// wait for anything but the database. Should the database give the transaction up, f is
// run again: it has to begin anew each time.
func (s *Store) write(ctx context.Context, f func(*tx) error) error {
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, f)
		if err == nil || s.d != postgres || try == tries || ctx.Err() != nil || !passing(err) {
			return err
		}
	}
}

// writeOnce is write for an f that carries on from what it did before.
func (s *Store) writeOnce(ctx context.Context, f func(*tx) error) error {
	if err := s.Damage(); err != nil {
		return err
	}
	return s.transact(ctx, s.w, nil, f)
}

// read runs f in a transaction that sees one moment of the database.
func (s *Store) read(ctx context.Context, f func(*tx) error) error {
	return s.transact(ctx, s.r, &sql.TxOptions{ReadOnly: s.d == postgres, Isolation: s.snapshot()}, f)
}

func (s *Store) snapshot() sql.IsolationLevel {
	if s.d == postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

func (s *Store) transact(ctx context.Context, db *pool, options *sql.TxOptions, f func(*tx) error) error {
	err := s.transaction(ctx, db, options, f)
	s.errors.note(err)
	return s.trouble(err)
}

func (s *Store) transaction(ctx context.Context, db *pool, options *sql.TxOptions, f func(*tx) error) error {
	raw, err := s.begin(ctx, db, options)
	if err != nil {
		return err
	}
	defer raw.Rollback() // ends it should f panic: there is only one connection to write with
	t := &tx{Tx: raw, ctx: s.patient(ctx, db), s: s, pool: db, now: calendar.InstantOf(time.Now()), ready: map[string]*sqlx.Stmt{}, passing: options != nil}
	if err := f(t); err != nil {
		s.server.note(err)
		return errors.Join(err, ignoreDone(raw.Rollback()))
	}
	if err := s.commit(ctx, t); err != nil {
		return err
	}
	db.prepare(ctx, t.wanted)
	return nil
}

// commit ends a transaction well, or finds out how it ended.
func (s *Store) commit(ctx context.Context, t *tx) error {
	if err := t.numbered(); err != nil {
		return errors.Join(err, ignoreDone(t.Rollback()))
	}
	if err := t.Commit(); err != nil {
		return s.outcome(ctx, t.number, err)
	}
	return nil
}

// begin begins a transaction; on another connection if the first turns out to be broken.
func (s *Store) begin(ctx context.Context, db *pool, options *sql.TxOptions) (raw *sqlx.Tx, err error) {
	for range tries {
		if raw, err = db.BeginTxx(ctx, options); err == nil || !lost(err) {
			break
		}
	}
	return raw, err
}

// patient is the context of a transaction's statements. SQLite's driver starts a
// goroutine for each statement that can be cancelled, which costs a short write a
// third more; what can be cancelled there is the wait for the transaction to begin.
func (s *Store) patient(ctx context.Context, db *pool) context.Context {
	if s.d == sqlite && db == s.w {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// statement finds the prepared form of a query; nil where the driver keeps its own.
// The writer has a single connection, so a statement cannot be prepared for the pool
// inside a transaction: a new one is prepared for this transaction alone, and for
// the pool when it is over.
func (t *tx) statement(query string) (*sqlx.Stmt, error) {
	if !t.s.d.prepares {
		return nil, nil
	}
	if st := t.ready[query]; st != nil {
		return st, nil
	}
	t.pool.mu.Lock()
	kept := t.pool.statements[query]
	t.pool.mu.Unlock()
	if kept != nil {
		t.ready[query] = t.StmtxContext(t.ctx, kept)
		return t.ready[query], nil
	}
	st, err := t.PreparexContext(t.ctx, query)
	if err == nil {
		t.ready[query] = st
		t.wanted = append(t.wanted, query)
	}
	return st, err
}

// prepare readies queries for the next transaction. It waits for a connection, so it
// must not hold the lock that transactions take: the one they run on may be the only one.
func (p *pool) prepare(ctx context.Context, queries []string) {
	for _, q := range queries {
		st, err := p.PreparexContext(ctx, q)
		if err != nil {
			return
		}
		p.mu.Lock()
		if p.statements[q] == nil {
			p.statements[q], st = st, nil
		}
		p.mu.Unlock()
		if st != nil {
			st.Close()
		}
	}
}

// bound is the query with the engine's own placeholders.
func (t *tx) bound(query string) string {
	if t.s.d != postgres {
		return query
	}
	if q, ok := t.s.rebound.Load(query); ok {
		return q.(string)
	}
	q := sqlx.Rebind(sqlx.DOLLAR, query)
	t.s.rebound.Store(query, q)
	return q
}

// get reads one row; sql.ErrNoRows if there is none.
func (t *tx) get(into any, query string, args ...any) error {
	st, err := t.statement(query)
	switch {
	case err != nil:
		return err
	case st != nil:
		return st.GetContext(t.ctx, into, args...)
	}
	return t.GetContext(t.ctx, into, t.bound(query), args...)
}

// all reads every row.
func (t *tx) all(into any, query string, args ...any) error {
	st, err := t.statement(query)
	switch {
	case err != nil:
		return err
	case st != nil:
		return st.SelectContext(t.ctx, into, args...)
	}
	return t.SelectContext(t.ctx, into, t.bound(query), args...)
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	st, err := t.statement(query)
	if err != nil {
		return 0, err
	}
	var result sql.Result
	if st != nil {
		result, err = st.ExecContext(t.ctx, args...)
	} else {
		result, err = t.ExecContext(t.ctx, t.bound(query), args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insert adds a row and gives its new id.
func (t *tx) insert(query string, args ...any) (id ID, err error) {
	err = t.get(&id, query+" RETURNING id", args...)
	return id, err
}

// event appends what happened. Data, nil for none, is an object that holds ids and typed
// values, never names or addresses.
func (t *tx) event(at Instant, actor ID, kind, subject string, id ID, data any) error {
	_, err := t.newEvent(at, actor, kind, subject, id, data)
	return err
}

// newEvent is event, and gives the event's number.
func (t *tx) newEvent(at Instant, actor ID, kind, subject string, id ID, data any) (ID, error) {
	text := []byte("{}")
	if data != nil {
		var err error
		if text, err = json.Marshal(data); err != nil {
			return 0, err
		}
	}
	return t.insert("INSERT INTO events (at, recorded_at, actor_id, kind, subject, subject_id, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
		at, t.now, actor, kind, subject, id, string(text))
}

// found turns "no rows" into commitments.ErrNotFound with its words.
func found(err error, field, message string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return commitments.NotFound(field, message)
	}
	return err
}

// randomKey is what identifies a thing for ever, across restores.
func randomKey() string { return rand.Text() }

// yes is a boolean as both engines keep it.
func yes(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
