package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/commitments/store/pgtest"

	"github.com/jackc/pgx/v5/pgconn"
)

// Two transactions that wait for each other: PostgreSQL ends one of them, which is run
// again, so that both are recorded.
func TestF56_ADeadlockIsRunAgain(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	a, b := number(h.promise().View.ID), number(h.promise().View.ID)
	var both, done sync.WaitGroup
	both.Add(2)
	tries := 0
	var mu sync.Mutex
	for _, order := range [][2]string{{a, b}, {b, a}} {
		met := false
		done.Go(func() {
			err := h.Writing(h.ctx, func(exec func(string, ...any) (int64, error)) error {
				mu.Lock()
				tries++
				mu.Unlock()
				for i, id := range order {
					if i == 1 && !met {
						met = true
						both.Done()
						both.Wait()
					}
					if _, err := exec("UPDATE commitments SET title = title || '+' WHERE id = CAST(? AS BIGINT)", id); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	for _, id := range []string{a, b} {
		if got := h.title(id); got != "Single sign-on++" {
			t.Errorf("promise %s is titled %q: want both changes", id, got)
		}
	}
	if tries < 3 {
		t.Errorf("%d tries, want one to be run again", tries)
	}
}

func (h *home) title(id string) (title string) {
	h.t.Helper()
	must(h.t, h.Raw().Get(&title, "SELECT title FROM commitments WHERE id = CAST($1 AS BIGINT)", id))
	return title
}

func TestF56_WhatKeepsFailingIsGivenUp(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	tries := 0
	err := h.Writing(h.ctx, func(exec func(string, ...any) (int64, error)) error {
		tries++
		_, err := exec("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
		return err
	})
	var said *pgconn.PgError
	if !errors.As(err, &said) || tries != 3 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestF56_AStatementThatTakesTooLongFailsOnce(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	tries := 0
	err := h.Writing(h.ctx, func(exec func(string, ...any) (int64, error)) error {
		tries++
		if _, err := exec("SET LOCAL statement_timeout = '50ms'"); err != nil {
			return err
		}
		_, err := exec("SELECT pg_sleep(30)")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "statement timeout") || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestF56_AServerThatTakesNoMoreConnectionsIsNamed(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	_, err := h.Raw().Exec("CREATE ROLE " + h.database() + " LOGIN CONNECTION LIMIT 0")
	must(t, err)
	t.Cleanup(func() { _, _ = h.Raw().Exec("DROP ROLE " + h.database()) })
	_, err = store.Open(h.ctx, strings.Replace(h.dsn, "postgres@", h.database()+"@", 1))
	if err == nil || !strings.Contains(err.Error(), "too many connections") || strings.Contains(err.Error(), "\n") {
		t.Errorf("opening: %v", err)
	}
}

func (h *home) database() (name string) {
	h.t.Helper()
	must(h.t, h.Raw().Get(&name, "SELECT current_database()"))
	return name
}

// The sessions of a process that records are ended again and again: each record is
// there once if it was acknowledged, and not at all if it was refused.
func TestF53_SessionsEndedAgainAndAgain(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	other, err := store.Open(h.ctx, h.dsn)
	must(t, err)
	defer other.Close()
	ctx, stop := context.WithCancel(h.ctx)
	defer stop()
	var ending sync.WaitGroup
	ending.Go(func() {
		for ctx.Err() == nil {
			_, _ = other.Raw().Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			time.Sleep(30 * time.Millisecond)
		}
	})
	acknowledged, refused := map[string]bool{}, 0
	for i := range 150 {
		title := fmt.Sprintf("promise %03d", i)
		if _, err := h.Add(h.ctx, h.op("", "2020-11-02T09:00:00Z"), store.NewPromise{Customer: "Acme", Owner: "Ada", Title: title, Promise: "2020-11-20", Create: true}); err != nil {
			refused++
			continue
		}
		acknowledged[title] = true
	}
	stop()
	ending.Wait()
	var titles []string
	must(t, other.Raw().Select(&titles, "SELECT title FROM commitments"))
	for _, title := range titles {
		if !acknowledged[title] {
			t.Errorf("%s is there, twice or though it was refused", title)
		}
		delete(acknowledged, title)
	}
	if len(acknowledged) > 0 || refused == 150 {
		t.Errorf("%d refused; acknowledged and not there: %v", refused, acknowledged)
	}
}

// A server that has become read-only under our connections: they are given up, and the
// next are made to whichever host takes writes.
func TestF54_AConnectionThatTakesNoWritesIsGivenUp(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	h.Raw().SetMaxIdleConns(1)
	_, err := h.Raw().Exec("SET default_transaction_read_only = on")
	must(t, err)
	h.promise()
}

func TestF54_AStandbyIsRefused(t *testing.T) {
	h := fresh(t, pgtest.Open(t))
	_, err := h.Raw().Exec("ALTER DATABASE " + h.database() + " SET default_transaction_read_only = on")
	must(t, err)
	_, err = store.Open(h.ctx, h.dsn)
	if err == nil || !strings.Contains(err.Error(), "read") || strings.Contains(err.Error(), "\n") {
		t.Errorf("opening a database that takes no writes: %v", err)
	}
}
