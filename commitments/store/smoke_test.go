package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"
)

func TestSmoke(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "kept.db") },
		"postgres": func(t *testing.T) string { return pgtest.Open(t) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			s, err := store.Create(ctx, dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Init(ctx, store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}); err != nil {
				t.Fatal(err)
			}
			ada, err := s.Actor(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			at := "2026-11-02T09:00:00Z"
			added, err := s.Add(ctx, store.Op{By: ada, At: at}, store.NewPromise{Customer: "Acme", Owner: "ada@example.com", Title: "SSO", Promise: "2026-11-20", Create: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", added)
			when := func(s string) calendar.Instant {
				x, err := time.Parse(time.RFC3339, s)
				if err != nil {
					t.Fatal(err)
				}
				return calendar.InstantOf(x)
			}
			for _, at := range []string{"2026-11-03T09:00:00Z", "2026-11-18T10:00:00Z", "2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z"} {
				swept, err := s.Sweep(ctx, when(at))
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%+v", swept)
			}
			claimed, err := s.Claim(ctx, "me", when("2026-11-21T10:00:00Z"), 10, time.Minute, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for i := range claimed {
				l, err := s.Letter(ctx, &claimed[i], when("2026-11-21T10:00:00Z"))
				t.Logf("%+v %+v %v", claimed[i], l, err)
			}
			if _, err := s.Call(ctx, store.Op{By: ada, Ref: "1", At: "2026-11-20T11:00:00Z"}, store.Call{Outcome: "slipping", DateBy: "2026-11-24"}); err != nil {
				t.Fatal(err)
			}
			if v, err := s.Deliver(ctx, store.Op{By: ada, Ref: "1", At: "2026-11-20"}); err != nil {
				t.Fatal(err)
			} else {
				t.Logf("%+v", v)
			}
			l, err := s.List(ctx, ada, store.Filter{Closed: true}, calendar.InstantOf(time.Now()))
			t.Logf("%+v %v", l, err)
			d, err := s.Show(ctx, ada, "1", calendar.InstantOf(time.Now()))
			t.Logf("%+v %v", d, err)
			_ = commitments.OnTrack
		})
	}
}
