package slackapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/notify"
	"kept/notify/fakeslack"
)

// serverFor lets the fake be reached over the network, and says how.
func (r *rig) serverFor() Config {
	server := httptest.NewUnstartedServer(r.slack)
	server.Config.ErrorLog = fakeslack.ErrorLog()
	server.Start()
	r.Cleanup(server.Close)
	r.slack.SetBaseURL(server.URL)
	return Config{Slack: notify.Config{BotToken: fakeslack.BotToken, APIURL: server.URL + "/api/"}, AppToken: fakeslack.AppToken}
}

// listen is a process that listens by Socket Mode until it is stopped, which waits for
// what it has in hand.
func (r *rig) listen(c Config, log *slog.Logger, change ...func(*App)) (a *App, stop func()) {
	r.Helper()
	a = New(c, r.store, nil, log)
	for _, f := range change {
		f(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Listen(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		a.Wait()
	})
	r.Cleanup(stop)
	return a, stop
}

// until waits for something that comes to be so.
func (r *rig) until(what string, so func() bool) {
	r.Helper()
	for !so() {
		select {
		case <-r.Context().Done():
			r.Fatal(what)
		case <-time.After(time.Millisecond):
		}
	}
}

func (r *rig) dialled() (times int) {
	for _, c := range r.slack.Calls() {
		if c.Method == "apps.connections.open" {
			times++
		}
	}
	return times
}

// checkIns are clicks by which Olga answers again and again how much is left.
func (r *rig) checkIns(key string, n int) []map[string]any {
	var all []map[string]any
	for i := range n {
		all = append(all, map[string]any{
			"type": "block_actions", "trigger_id": fmt.Sprint("trigger.", i), "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": olga, "team_id": fakeslack.TeamID},
			"channel": map[string]any{"id": opsChannel}, "actions": []any{map[string]any{"type": "button", "action_id": notify.ActionCheckIn + "/3", "value": notify.Ref{Key: key}.String()}},
		})
	}
	return all
}

// TestF11_SocketsThatDropLoseNothing: two processes, whose connections are cut or asked
// to come back all the time; what was not acknowledged comes again.
func TestF11_SocketsThatDropLoseNothing(t *testing.T) {
	r := newRig(t)
	v := r.promise("Single sign-on", 20, 30)
	before := len(r.detail(v.ID).Events)
	c := r.serverFor()
	for range 2 {
		r.listen(c, slog.New(slog.DiscardHandler))
	}
	const clicks, hands = 40, 4
	payloads := make(chan map[string]any)
	var people sync.WaitGroup
	var sends, failures int
	var mu sync.Mutex
	for range hands {
		people.Go(func() {
			for p := range payloads {
				_, sent, err := r.slack.InsistSocket(t.Context(), "interactive", p)
				mu.Lock()
				sends += sent
				if err != nil {
					failures++
				}
				mu.Unlock()
			}
		})
	}
	for i, p := range r.checkIns(v.Key, clicks) {
		payloads <- p
		switch i % 10 {
		case 4:
			r.slack.Drop()
		case 9:
			r.slack.Disconnect("refresh_requested")
		}
	}
	close(payloads)
	people.Wait()
	if got := len(r.detail(v.ID).Events) - before; got != clicks || failures > 0 {
		t.Errorf("%d clicks came to %d events, and %d failed", clicks, got, failures)
	}
	if sends == clicks {
		t.Error("nothing had to be sent again, so this shows nothing")
	}
}

// inHand makes Slack slow to say who clicks, so that a request is in hand for a while,
// and waits until one is.
func (r *rig) inHand(c Config, then func(stop func())) error {
	r.Helper()
	v := r.promise("Single sign-on", 20, 30)
	a, stop := r.listen(c, slog.New(slog.DiscardHandler))
	r.until("no socket is opened", func() bool { return r.slack.Sockets() == 1 })
	r.slack.Inject(fakeslack.Fault{Method: "users.info", Delay: 300 * time.Millisecond})
	answered := make(chan error, 1)
	go func() {
		_, err := r.slack.SendSocket(context.Background(), "interactive", r.checkIns(v.Key, 1)[0])
		answered <- err
	}()
	r.until("nothing is in hand", func() bool { return len(a.hands) == 1 })
	then(stop)
	err := <-answered
	if got := r.view(v.ID); got.Version == v.Version {
		r.Error("the click was not carried out")
	}
	return err
}

func TestWhatIsInHandIsAnsweredBeforeASocketIsReplaced(t *testing.T) {
	r := newRig(t)
	err := r.inHand(r.serverFor(), func(func()) {
		r.slack.Disconnect("warning")
		r.until("no other socket is opened", func() bool { return r.dialled() == 2 })
	})
	if err != nil {
		t.Errorf("the click was not acknowledged: %v", err)
	}
}

// TestWhatComesAfterAWarningIsAnswered: by the connection that Slack wants replaced, as
// long as it uses that.
func TestWhatComesAfterAWarningIsAnswered(t *testing.T) {
	r := newRig(t)
	v := r.promise("Single sign-on", 20, 30)
	r.listen(r.serverFor(), slog.New(slog.DiscardHandler))
	r.until("no socket is opened", func() bool { return r.slack.Sockets() == 1 })
	lift := r.slack.Inject(fakeslack.Fault{Method: "apps.connections.open", Answer: fakeslack.Status(500)})
	defer lift()
	r.slack.Disconnect("warning")
	r.until("no other socket is asked for", func() bool { return r.dialled() == 2 })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if _, err := r.slack.SendSocket(ctx, "interactive", r.checkIns(v.Key, 1)[0]); err != nil {
		t.Errorf("the click was not acknowledged: %v", err)
	}
}

// TestSlackDismissesASocket: for what only people can put right, which is told and not
// asked again and again; a refresh is no news.
func TestSlackDismissesASocket(t *testing.T) {
	r := newRig(t)
	var log lockedBuffer
	a, _ := r.listen(r.serverFor(), slog.New(slog.NewTextHandler(&log, nil)))
	for i, reason := range []string{"refresh_requested", "too_many_websockets", "link_disabled"} {
		r.until("no socket is opened", func() bool { open, _, _ := a.Socket(); return open })
		r.slack.Disconnect(reason)
		r.until("no other is asked for", func() bool { return r.dialled() == i+2 })
		if logged := strings.Contains(log.String(), reason); logged == (i == 0) {
			t.Errorf("%s is logged: %t", reason, logged)
		}
	}
}

// TestALineThatBreaksAtOnceWasNeverOpen: so that nobody calls it well.
func TestALineThatBreaksAtOnceWasNeverOpen(t *testing.T) {
	l := line{log: slog.New(slog.DiscardHandler)}
	l.opened("A1")
	l.broken(errDismissed)
	lost := l.since
	l.opened("A1")
	if l.broken(errDismissed); l.since != lost {
		t.Errorf("it is lost since %s, not %s", l.since, lost)
	}
	l.opened("A1")
	l.since = l.since.Add(-2 * stands)
	if l.broken(errRefresh); l.since == lost {
		t.Error("it stood for a while, and is lost since before that")
	}
}

func TestF13_WhatIsInHandIsAnsweredBeforeTheEnd(t *testing.T) {
	r := newRig(t)
	err := r.inHand(r.serverFor(), func(stop func()) { stop() })
	if err != nil {
		t.Errorf("the click was not acknowledged: %v", err)
	}
	r.until("the socket stays open", func() bool { return r.slack.Sockets() == 0 })
	if _, err := r.slack.SendSocket(t.Context(), "interactive", nil); !errors.Is(err, fakeslack.ErrNoSocket) {
		t.Errorf("after the end: %v", err)
	}
}

func TestASocketThatGoesQuietIsReplaced(t *testing.T) {
	r := newRig(t, fakeslack.WithPingEvery(time.Hour))
	a, _ := r.listen(r.serverFor(), slog.New(slog.DiscardHandler), func(a *App) { a.quiet = 50 * time.Millisecond })
	r.until("it was not replaced", func() bool { return r.dialled() >= 3 })
	r.until("nobody says why", func() bool { _, _, why := a.Socket(); return strings.Contains(why, "no word from Slack for 50ms") })
}

func TestPingsKeepASocketOpen(t *testing.T) {
	r := newRig(t, fakeslack.WithPingEvery(10*time.Millisecond))
	a, _ := r.listen(r.serverFor(), slog.New(slog.DiscardHandler), func(a *App) { a.quiet = 2 * time.Second })
	r.until("it does not open", func() bool { open, _, _ := a.Socket(); return open })
	_, opened, _ := a.Socket()
	r.until("time stands still", func() bool { return time.Since(opened) > 3*time.Second })
	if open, since, why := a.Socket(); !open || since != opened {
		t.Errorf("it was replaced: %s", why)
	}
}

// TestX29_ASocketIsTriedForEver: whatever Slack says to it, and each new reason is logged
// once, without a token.
func TestX29_ASocketIsTriedForEver(t *testing.T) {
	r := newRig(t)
	var log lockedBuffer
	c := r.serverFor()
	lift := r.slack.Inject(fakeslack.Fault{Method: "apps.connections.open", Answer: fakeslack.Error("invalid_auth")})
	a, stop := r.listen(c, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	r.until("it gives up", func() bool { return r.dialled() >= 2 })
	if open, _, why := a.Socket(); open || why != "invalid_auth" {
		t.Errorf("open: %t, %q", open, why)
	}
	lift()
	lift = r.slack.Inject(fakeslack.Fault{Method: "apps.connections.open", Answer: fakeslack.Status(404)})
	seen := r.dialled()
	r.until("it gives up", func() bool { return r.dialled() >= seen+1 })
	lift()
	r.until("it does not open once all is well", func() bool { open, _, _ := a.Socket(); return open })
	if _, err := r.slack.SendSocket(t.Context(), "something_new", nil); err != nil {
		t.Errorf("a request that is not known is not acknowledged: %v", err)
	}
	stop()
	for what, times := range map[string]int{"invalid_auth": 1, "404": 1, "socket is open\"": 1, "something_new": 1, "stop": 0, "canceled": 0, fakeslack.AppToken: 0, fakeslack.BotToken: 0, "/socket/": 0} {
		if n := strings.Count(log.String(), what); n != times {
			t.Errorf("the log says %q %d times, want %d: %s", what, n, times, log.String())
		}
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
