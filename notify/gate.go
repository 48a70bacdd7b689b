package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kept/commitments/calendar"
)

// gate stops everything while Slack takes nothing from us: at once when it refuses
// our token, and when it cannot be reached or answers nonsense several times in a
// row. It opens again when a probe gets through.
type gate struct {
	mu       sync.Mutex
	closed   bool
	why      verdict
	since    calendar.Instant
	until    time.Time // the next probe
	closings int       // since a message was last accepted
	odd      int       // answers in a row that may mean an outage
	accepted time.Time // when the last message was
	taken    bool      // that was the last answer
}

// Waits between probes double from the first to the last.
const (
	firstProbe      = time.Minute
	lastProbe       = time.Hour
	lastOutageProbe = 20 * time.Minute
)

// outageAfter is how many doubtful answers in a row make us ask whether Slack is up.
const outageAfter = 3

// proven reports whether Slack takes messages, as far as its last answers show.
func (g *gate) proven() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.taken
}

// closedFor says why nothing may be sent now; accepted if something may.
func (g *gate) closedFor() verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		return verdict{}
	}
	return g.why
}

func (g *gate) trouble() (calendar.Instant, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.why.ok() {
		return 0, ""
	}
	return g.since, g.why.String()
}

// close stops everything until a probe gets through. It logs once per change.
func (g *gate) close(v verdict, log *slog.Logger) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed && g.why.code == v.code {
		return
	}
	news := g.why.code != v.code
	if g.why.ok() {
		g.since = calendar.InstantOf(time.Now())
	}
	g.closed, g.why, g.taken = true, v, false
	g.later()
	if news {
		log.Error("Slack takes no messages: all wait", "code", v.code, "detail", v.text, "fix", Fix(v.code))
	}
}

// soonProbes is how many probes after a refusal of the token come without waiting any
// longer than before the first: for an hour whoever repairs the app sees it work within
// a minute. A refusal that only a message meets is tried with messages, so seldom.
const soonProbes = 60

// later puts the next probe off, twice as long as the last time.
func (g *gate) later() {
	most, doubled := lastProbe, g.closings
	if g.why.class != refused {
		most = lastOutageProbe
	} else if aboutToken[g.why.code] {
		doubled = max(g.closings-soonProbes, 0)
	}
	g.until = time.Now().Add(min(most, firstProbe<<min(doubled, 10)))
	g.closings++
}

// noteAccepted opens the gate for good: a message got through.
func (g *gate) noteAccepted(log *slog.Logger) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(log)
	g.closed, g.closings, g.odd, g.accepted, g.taken = false, 0, 0, time.Now(), true
}

func (g *gate) forget(log *slog.Logger) {
	if g.why.ok() {
		return
	}
	log.Info("Slack takes messages again", "after", time.Since(g.since.Time()).Round(time.Second).String(), "was", g.why.code)
	g.why, g.since = verdict{}, 0
}

// noteOdd counts an answer that may mean an outage, and reports whether it is time
// to ask.
func (g *gate) noteOdd() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.odd++
	g.taken = false
	return g.odd >= outageAfter
}

// probeDue reports whether the gate is closed and it is this caller's turn to knock.
func (g *gate) probeDue() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed || time.Now().Before(g.until) {
		return false
	}
	g.later()
	return true
}

// reopen lets messages through again after a probe. What was wrong is forgotten then
// only if the probe would have met it too: it needs no scope, as a message does.
func (g *gate) reopen(log *slog.Logger) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.why.class != refused || aboutToken[g.why.code] {
		g.forget(log)
	}
	g.closed, g.odd = false, 0
}

// aboutToken are refusals that any call would meet.
var aboutToken = map[string]bool{
	"invalid_auth": true, "not_authed": true, "account_inactive": true, "token_revoked": true, "token_expired": true, "401": true,
}

// admitted reports whether messages may be claimed, knocking if it is time to.
func (n *Notifier) admitted(ctx context.Context) bool {
	if n.gate.probeDue() && n.door.probe(ctx).ok() {
		n.gate.reopen(n.log)
		n.folds.soon()
	}
	return n.gate.closedFor().ok()
}

// suspect looks whether Slack is down, after an answer that may mean so. One channel
// or one message that always fails must not stop the others.
func (n *Notifier) suspect(ctx context.Context, v verdict) {
	if !n.gate.noteOdd() {
		return
	}
	if n.door.probe(ctx).ok() {
		n.gate.reopen(n.log)
		return
	}
	n.gate.close(v, n.log)
}
