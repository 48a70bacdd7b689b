package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"

	"github.com/jackc/pgx/v5/stdlib"
)

// onPostgres measures P15, if there is a server.
func (b *bench) onPostgres() error {
	if b.postgres == "" {
		fmt.Fprintln(b.out, "    left out: name a server with -postgres")
		return nil
	}
	if err := b.postgresImport(); err != nil {
		return err
	}
	return b.postgresSweep()
}

// serverDatabase makes a database on the server; drop removes it.
func (b *bench) serverDatabase() (dsn string, drop func() error, err error) {
	at, err := url.Parse(b.postgres)
	if err != nil {
		return "", nil, errors.New("-postgres: not an address of the form postgres://user@host/database")
	}
	name := "kept_bench_" + strings.ToLower(rand.Text())
	if err := b.onServer("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		return "", nil, err
	}
	at.Path = "/" + name
	return at.String(), func() error { return b.onServer("DROP DATABASE " + name + " WITH (FORCE)") }, nil
}

func (b *bench) onServer(statement string) error {
	db, err := sql.Open("pgx", b.postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.WithoutCancel(b.ctx), statement) // a database is dropped even when we are stopped
	return err
}

// withDatabase runs f with a database of Kept's.
func (b *bench) withDatabase(f func(dsn string) error) error {
	dsn, drop, err := b.serverDatabase()
	if err != nil {
		return err
	}
	if err = b.newDatabase(dsn); err == nil {
		err = f(dsn)
	}
	return errors.Join(err, drop())
}

// postgresImport sets kept import beside COPY of the same promises into the same table.
func (b *bench) postgresImport() error {
	list, err := b.writeList(b.rows)
	if err != nil {
		return err
	}
	defer os.Remove(list)
	rows := filepath.Join(b.dir, "rows-postgres.csv")
	kept := &side{name: "kept", run: func(int) (took time.Duration, err error) {
		err = b.withDatabase(func(dsn string) error {
			took, _, err = b.command(b.kept, "import", list, "--create", "--db", dsn)
			if _, missing := os.Stat(rows); err == nil && missing != nil {
				err = b.dumpPostgres(dsn, rows)
			}
			return err
		})
		return took, err
	}}
	if _, err := kept.run(-1); err != nil {
		return err
	}
	limit := &side{name: "COPY", run: func(int) (took time.Duration, err error) {
		err = b.withDatabase(func(dsn string) error {
			took, err = b.copyRows(dsn, rows)
			return err
		})
		return took, err
	}}
	if err := inTurn(rounds, kept, limit); err != nil {
		return err
	}
	b.rate("P15", fmt.Sprintf("import of %d promises, people, dates, events", b.rows), "rows/s", b.rows, kept, limit, "0.5×")
	return nil
}

func (b *bench) dumpPostgres(dsn, to string) error {
	r, err := openRaw(b.ctx, dsn)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	out := csv.NewWriter(f)
	_, err = r.each("SELECT * FROM commitments ORDER BY id", func(cells []string) error { return out.Write(cells) })
	out.Flush()
	return errors.Join(err, out.Error())
}

// copyRows copies rows into a table like commitments, with its checks and indexes.
func (b *bench) copyRows(dsn, rows string) (took time.Duration, err error) {
	f, err := os.Open(rows)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := openRaw(b.ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if _, err := r.ExecContext(b.ctx, "CREATE TABLE copied (LIKE commitments INCLUDING ALL)"); err != nil {
		return 0, err
	}
	conn, err := r.Conn(b.ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	begun := time.Now()
	err = conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().PgConn().CopyFrom(b.ctx, f, "COPY copied FROM STDIN (FORMAT csv, FORCE_NOT_NULL ("+notNull+"))")
		return err
	})
	return time.Since(begun), err
}

// notNull are the texts of a promise that are never NULL: in CSV both look the same.
const notNull = "external_id, words, link, done_means, padding_why, blocked, waiting_for, alerted"

// postgresSweep sets two processes on one wave of due promises beside one.
func (b *bench) postgresSweep() error {
	list, err := b.writeList(b.big / 5)
	if err != nil {
		return err
	}
	defer os.Remove(list)
	return b.withDatabase(func(dsn string) error {
		if _, _, err := b.command(b.kept, "import", list, "--create", "--db", dsn); err != nil {
			return err
		}
		if err := b.firstSweep(dsn); err != nil {
			return err
		}
		wave := min(10_000, b.big/5/20)
		sizes := make([]int, 2*rounds)
		for i := range sizes {
			sizes[i] = wave
		}
		if err := b.makeWaves(dsn, sizes); err != nil {
			return err
		}
		return b.sweepTogether(dsn, wave)
	})
}

func (b *bench) sweepTogether(dsn string, wave int) error {
	var processes []*store.Store
	for range 2 {
		s, err := store.Open(b.ctx, dsn)
		if err != nil {
			return err
		}
		defer s.Close()
		processes = append(processes, s)
	}
	next := 0
	sweep := func(by []*store.Store) func(int) error {
		return func(int) error {
			at := b.wave(next)
			next++
			return b.sweepAt(by, at, wave)
		}
	}
	two, one := timed("two processes", sweep(processes)), timed("one process", sweep(processes[:1]))
	if err := inTurn(rounds, two, one); err != nil {
		return err
	}
	b.slower("P15", fmt.Sprintf("two processes sweep %d due", wave), two, one, "1×")
	return nil
}

// sweepAt lets processes sweep at once, and checks that each promise was swept once.
func (b *bench) sweepAt(by []*store.Store, at calendar.Instant, want int) error {
	swept, errs := make([]store.Swept, len(by)), make([]error, len(by))
	var wg sync.WaitGroup
	for i, s := range by {
		wg.Go(func() { swept[i], errs[i] = s.Sweep(b.ctx, at) })
	}
	wg.Wait()
	alerts := 0
	for _, s := range swept {
		alerts += len(s.Alerts)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if alerts != want {
		return fmt.Errorf("%d alerts, want %d", alerts, want)
	}
	return nil
}
