package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"
)

// home is a database a behaviour must hold in, with its first admin.
type home struct {
	*store.Store
	t   testing.TB
	ctx context.Context
	dsn string
	ada commitments.Actor
}

// engines are where databases live.
var engines = []struct {
	name string
	dsn  func(t testing.TB) string
}{
	{"sqlite", func(t testing.TB) string { return filepath.Join(t.TempDir(), "kept.db") }},
	{"postgres", pgtest.Open},
}

// each runs one behaviour on SQLite and PostgreSQL, in a database made today and in
// one made by the first version and brought up to this one.
func each(t *testing.T, f func(t *testing.T, h *home)) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			t.Run("fresh", func(t *testing.T) { f(t, fresh(t, e.dsn(t))) })
			t.Run("migrated", func(t *testing.T) { f(t, migrated(t, e.dsn(t))) })
		})
	}
}

func fresh(t testing.TB, dsn string) *home {
	t.Helper()
	s, err := store.Create(t.Context(), dsn)
	must(t, err)
	return settle(t, s, dsn)
}

func migrated(t testing.TB, dsn string) *home {
	t.Helper()
	must(t, store.CreateAtFirstVersion(t.Context(), dsn))
	s, err := store.Open(t.Context(), dsn)
	must(t, err)
	return settle(t, s, dsn)
}

func settle(t testing.TB, s *store.Store, dsn string) *home {
	t.Helper()
	t.Cleanup(func() { s.Close() })
	ctx := context.WithoutCancel(t.Context())
	must(t, s.Init(ctx, store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}))
	ada, err := s.Actor(ctx, "")
	must(t, err)
	return &home{s, t, ctx, dsn, ada}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// instant reads RFC 3339, or a date and time in UTC.
func instant(s string) calendar.Instant {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04"} {
		if at, err := time.Parse(layout, s); err == nil {
			return calendar.InstantOf(at)
		}
	}
	panic(s + " is no instant")
}

func day(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// refused checks that an error is of a kind, and blames a field.
func refused(t testing.TB, err, kind error, field string) {
	t.Helper()
	var e *commitments.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Field != field {
		t.Errorf("error %v: want %q blaming %q", err, kind, field)
	}
}

// person adds a person known by name, with an address made of it.
func (h *home) person(name string, role commitments.Role, teams ...string) commitments.Actor {
	h.t.Helper()
	email := name + "@example.com"
	_, err := h.AddPerson(h.ctx, h.ada, store.PersonInput{Name: &name, Email: &email, Role: new(string(role)), Teams: &teams})
	must(h.t, err)
	actor, err := h.Actor(h.ctx, email)
	must(h.t, err)
	return actor
}

// team adds a team with nothing set.
func (h *home) team(name string) {
	h.t.Helper()
	_, err := h.AddTeam(h.ctx, h.ada, store.TeamInput{Name: &name})
	must(h.t, err)
}

// promise logs a promise to Acme by Ada, made 2020-11-02 09:00 unless changed.
func (h *home) promise(change ...func(*store.NewPromise)) store.Added {
	h.t.Helper()
	in := store.NewPromise{Customer: "Acme", Owner: "Ada", Title: "Single sign-on", Promise: "2020-11-20", Create: true}
	for _, f := range change {
		f(&in)
	}
	added, err := h.Add(h.ctx, h.op("", "2020-11-02T09:00:00Z"), in)
	must(h.t, err)
	return added
}

func (h *home) op(ref, at string) store.Op { return store.Op{By: h.ada, Ref: ref, At: at} }

// live takes a promise through one step: deliver AT, withdraw AT, or move WHO AT to
// the first of December.
func (h *home) live(ref, step string) {
	h.t.Helper()
	words := strings.Fields(step)
	op := h.op(ref, words[len(words)-1])
	var err error
	switch words[0] {
	case "deliver":
		_, err = h.Deliver(h.ctx, op)
	case "withdraw":
		_, err = h.Withdraw(h.ctx, op, "no longer needed")
	case "move":
		_, err = h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-12-01", Why: "more work", AskedBy: words[1]})
	default:
		h.t.Fatalf("no step %q", step)
	}
	must(h.t, err)
}

// number is a promise's number as it is typed.
func number(id commitments.ID) string { return strconv.FormatInt(int64(id), 10) }

// now is an instant after everything a test has recorded.
func now() calendar.Instant { return instant("2021-06-01 00:00") }
