package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pair is a primary and its standby for a test.
func pair(t *testing.T) *cluster {
	t.Helper()
	server(t) // where there is no PostgreSQL, the test is skipped or fails as all of them do
	c, err := newCluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestF52_ThePrimaryIsKilledAndItsStandbyPromoted(t *testing.T) {
	t.Parallel()
	c := pair(t)
	r := storm(t, options{allDay: true, exists: c.dsn(), seed: 1, grace: usualGrace, lag: usualLag})
	v, back, err := r.failOvers(t.Context(), c, failovers{times: 2, wave: 40})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.failed(); err != nil {
		t.Errorf("seed %d: %s: %v", r.seed, v, err)
	}
	if err := inTime(back); err != nil {
		t.Error(err)
	}
}

func TestF54_AStandbyIsPassedOver(t *testing.T) {
	t.Parallel()
	c := pair(t)
	standby := c.nodes[1-c.primary]
	if s, err := store.Create(t.Context(), standby.address("kept")); err == nil || strings.Contains(err.Error(), "\n") {
		s.Close()
		t.Errorf("a standby alone: %v", err)
	}
	// The standby is named first, and nothing says which of the two takes writes.
	s, err := store.Create(t.Context(), fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/kept?sslmode=disable", standby.port, c.nodes[c.primary].port))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestF53_F55_F57_F59_NothingIsLostOrDoubledByBadNetworks(t *testing.T) {
	t.Parallel()
	r := storm(t, options{allDay: true, server: server(t), seed: 1, grace: usualGrace, lag: usualLag})
	v, err := r.partitions(t.Context(), shortPartitions)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.failed(); err != nil {
		t.Errorf("seed %d: %s: %v", r.seed, v, err)
	}
}

// behind is a new database reached through a proxy, and seen without it.
func behind(t *testing.T) (p *proxy, through, beside *store.Store, ada commitments.Actor, dsn string) {
	t.Helper()
	dsn = pgtest.Open(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = newProxy(to(pgconn.NetworkAddress(config.Host, config.Port))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	if beside, err = store.Create(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { beside.Close() })
	if err := beside.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}); err != nil {
		t.Fatal(err)
	}
	way := fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", url.UserPassword(config.User, config.Password), p.address(), config.Database)
	if through, err = store.Open(t.Context(), way); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { through.Close() })
	ada, err = beside.Actor(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return p, through, beside, ada, dsn
}

func promise(ctx context.Context, s *store.Store, by commitments.Actor, title string) error {
	_, err := s.Add(ctx, store.Op{By: by, At: "2020-11-02T09:00:00Z"},
		store.NewPromise{Customer: "Acme", Owner: "Ada", Title: title, Promise: "2020-11-20", Create: true})
	return err
}

// once checks that a promise of a title is there, and one only.
func once(t *testing.T, s *store.Store, by commitments.Actor, title string) {
	t.Helper()
	all, err := s.List(t.Context(), by, store.Filter{}, calendar.InstantOf(time.Now()))
	n := 0
	for _, v := range all {
		if v.Title == title {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("%q is there %d times: %v", title, n, err)
	}
}

// Whoever records learns what became of it, though the connection broke while it was
// committed: nothing is recorded twice, and nothing is refused that was recorded.
func TestF57_TheOutcomeOfACommitIsAskedFor(t *testing.T) {
	t.Parallel()
	p, through, beside, ada, _ := behind(t)
	for i := range 20 {
		after := i%2 == 0
		title := fmt.Sprintf("promise %d, after %t", i, after)
		p.cutOn(commitBytes, after, 1)
		if err := promise(t.Context(), through, ada, title); err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		if p.cutSoFar() != i+1 {
			t.Fatal("no commit was cut: this proves nothing")
		}
		once(t, beside, ada, title)
	}
}

// While the server cannot be asked, people are told that they have to look.
func TestF57_AnOutcomeThatCannotBeLearntIsSaidToBeUnknown(t *testing.T) {
	t.Parallel()
	p, through, _, ada, _ := behind(t)
	p.cutOn(commitBytes, true, 1)
	go func() {
		for p.cutSoFar() == 0 {
			time.Sleep(time.Millisecond)
		}
		p.stall()
	}()
	err := promise(t.Context(), through, ada, "Single sign-on")
	if err == nil || !strings.Contains(err.Error(), "may or may not have been recorded") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// The network forgets the connections: what was asked is never answered, and no end is
// seen. Who recorded goes on, on another connection, within half a minute.
func TestF55_ConnectionsThatAreForgottenAreGivenUp(t *testing.T) {
	t.Parallel()
	for name, tear := range map[string]func(*proxy){"half open": (*proxy).orphan, "forgotten": (*proxy).deafen} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, through, beside, ada, _ := behind(t)
			if err := promise(t.Context(), through, ada, "before"); err != nil {
				t.Fatal(err)
			}
			tear(p) // the connection was used a moment ago, so it is trusted
			begun := time.Now()
			if err := promise(t.Context(), through, ada, "after"); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			once(t, beside, ada, "after")
		})
	}
}

// A long wait is no silence: the server says that it is at work.
func TestF55_ALongStatementIsWaitedFor(t *testing.T) {
	t.Parallel()
	_, through, beside, ada, dsn := behind(t)
	if err := promise(t.Context(), through, ada, "before"); err != nil {
		t.Fatal(err)
	}
	const names = 2 // the queue of those who may make a customer
	holder, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	held, err := holder.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	if _, err := held.ExecContext(t.Context(), "SELECT pg_advisory_xact_lock($1)", names); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- promise(t.Context(), through, ada, "after") }()
	select {
	case err := <-done:
		t.Fatal("it did not wait:", err)
	case <-time.After(17 * time.Second): // longer than a silence may last
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	once(t, beside, ada, "after")
}
