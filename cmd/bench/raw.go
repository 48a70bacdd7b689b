package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"
)

// raw is a database as a hand-written program would use it: plain database/sql, each
// statement prepared once, one connection.
type raw struct {
	*sql.DB
	ctx      context.Context
	postgres bool
	prepared map[string]*sql.Stmt
}

// openRaw opens a database as durably as Kept does.
func openRaw(ctx context.Context, dsn string) (*raw, error) {
	r := &raw{ctx: context.WithoutCancel(ctx), postgres: strings.HasPrefix(dsn, "postgres"), prepared: map[string]*sql.Stmt{}}
	driver := "pgx"
	if !r.postgres {
		driver = "sqlite3"
		dsn = "file:" + dsn + "?_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=on&_cache_size=-65536"
	}
	var err error
	if r.DB, err = sql.Open(driver, dsn); err != nil {
		return nil, err
	}
	r.SetMaxOpenConns(1)
	return r, nil
}

// statement gives the prepared form of a query written with ?.
func (r *raw) statement(query string) (*sql.Stmt, error) {
	if st := r.prepared[query]; st != nil {
		return st, nil
	}
	st, err := r.PrepareContext(r.ctx, r.bound(query))
	if err == nil {
		r.prepared[query] = st
	}
	return st, err
}

// bound is a query with the engine's own placeholders.
func (r *raw) bound(query string) string {
	for n := 1; r.postgres && strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", "$"+strconv.Itoa(n), 1)
	}
	return query
}

// in gives statements for one transaction, or the first error met preparing them.
func (r *raw) in(t *sql.Tx, queries ...string) ([]*sql.Stmt, error) {
	var all []*sql.Stmt
	for _, q := range queries {
		st := r.prepared[q]
		if st == nil {
			return nil, fmt.Errorf("not prepared: %s", q)
		}
		all = append(all, t.StmtContext(r.ctx, st))
	}
	return all, nil
}

// prepare readies queries before the transaction that runs them: there is but one
// connection.
func (r *raw) prepare(queries ...string) error {
	for _, q := range queries {
		if _, err := r.statement(q); err != nil {
			return err
		}
	}
	return nil
}
