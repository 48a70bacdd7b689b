package notify_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// BenchmarkDeliver sends messages to different people, each claimed, noted and
// recorded durably, to a Slack without a network before it.
func BenchmarkDeliver(b *testing.B) {
	const messages = 500
	for b.Loop() {
		b.StopTimer()
		n, at := owedTo(b, messages)
		b.StartTimer()
		if o, err := n.Deliver(b.Context(), at); err != nil || o.Sent != messages {
			b.Fatalf("%+v, %v", o, err)
		}
	}
	b.ReportMetric(float64(b.N)*messages/b.Elapsed().Seconds(), "messages/s")
}

func owedTo(b *testing.B, people int) (*notify.Notifier, store.Instant) {
	b.Helper()
	ctx, at := b.Context(), instant("2026-01-13T10:00:00Z")
	s, err := store.Create(ctx, filepath.Join(b.TempDir(), "kept.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	if err := s.Init(ctx, store.Setup{AdminEmail: "boss@example.com", AdminName: "Boss"}); err != nil {
		b.Fatal(err)
	}
	boss, err := s.Actor(ctx, "")
	if err != nil {
		b.Fatal(err)
	}
	slackServer := fakeslack.New()
	for i := range people {
		user := fmt.Sprint("U0", i)
		owe(b, s, boss, user)
		slackServer.AddUser(fakeslack.User{ID: user})
	}
	if _, err := s.Sweep(ctx, at); err != nil {
		b.Fatal(err)
	}
	n, err := notify.New(notify.Config{
		BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: slackServer.RoundTripper(), PerSecond: 1e6,
	}, s, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	return n, at
}

func owe(b *testing.B, s *store.Store, boss commitments.Actor, user string) {
	b.Helper()
	name := "person " + user
	if _, err := s.AddPerson(b.Context(), boss, store.PersonInput{Name: &name, Slack: &user}); err != nil {
		b.Fatal(err)
	}
	_, err := s.Add(b.Context(), store.Op{By: boss, At: "2026-01-05 10:00"}, store.NewPromise{
		Customer: "Customer of " + user, Owner: name, Title: "Promise", Promise: "2026-01-09", Create: true,
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBlocks writes the message of an owner with ten calls to make.
func BenchmarkBlocks(b *testing.B) {
	l := letter("2026-12-02T09:35:00Z")
	for range 10 {
		l.Cards = append(l.Cards, aCard(b, commitments.AtRisk, late, burnt))
	}
	for b.Loop() {
		notify.Blocks(l, false)
	}
}
