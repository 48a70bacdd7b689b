package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"
)

// watch is what one process knows of a trouble that all of them, and those to come,
// share through the database.
type watch struct {
	noted  bool // the trouble our own gate knows is in the database
	knocks int  // of our gate, when we last noted it
	looked time.Time
}

// lookEvery is how often a process without trouble of its own looks for that of others.
const lookEvery = time.Minute

// standing is how Slack has been treating us.
type standing struct {
	store.Trouble // the zero Trouble if it takes messages, for all this process knows
	lasted        time.Duration
	looked        bool // in the database, just now
}

// troubled is how it stands with Slack. What our gate has met is noted for the others;
// what they, or the process before this one, have met makes our gate knock before
// anything is sent.
func (n *Notifier) troubled(ctx context.Context) (s standing, err error) {
	w, ctx := &n.post.watch, context.WithoutCancel(ctx)
	why, knocks := n.gate.state()
	switch {
	case n.mode == Off:
		return s, nil
	case !why.ok() && (!w.noted || w.knocks != knocks):
		err = n.post.ledger.TroubleMet(ctx, string(why.class), why.code, why.text)
	case why.ok() && w.noted:
		err = n.post.ledger.TroubleOver(ctx)
	case why.ok() && time.Since(w.looked) < lookEvery:
		return s, nil
	}
	if err != nil {
		return s, err
	}
	w.noted, w.knocks, w.looked = !why.ok(), knocks, time.Now()
	s.looked = true
	if s.Trouble, s.lasted, err = n.post.ledger.Trouble(ctx); err != nil || s.ID == 0 || !why.ok() {
		return s, err
	}
	if n.gate.acceptedWithin(lookEvery) {
		return standing{looked: true}, n.post.ledger.TroubleOver(ctx)
	}
	n.gate.adopt(verdict{class: class(s.Class), code: s.Code, text: s.Why}, s.Since)
	w.noted = true
	if n.admitted(ctx) {
		return standing{looked: true}, nil // the next round sees whether a message is taken too
	}
	return s, nil
}

// state is why the gate is closed, or was when it last was, and how often it has been
// closed or knocked at since a message was last accepted.
func (g *gate) state() (why verdict, knocks int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.why, g.closings
}

// acceptedWithin reports whether a message was accepted so lately.
func (g *gate) acceptedWithin(d time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.accepted.IsZero() && time.Since(g.accepted) < d
}

// adopt closes the gate for a trouble that another process has met, until a first knock.
func (g *gate) adopt(v verdict, since calendar.Instant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.why.ok() {
		g.closed, g.why, g.since, g.until = true, v, since, time.Now()
	}
}

// notices tell the administrators, once each, that Slack takes nothing, and that it
// does again.
func (m *mailRound) notices(ctx context.Context) error {
	for m.slack.looked && ctx.Err() == nil && !m.n.post.resting() {
		notice, owed, err := m.n.post.ledger.ClaimNotice(context.WithoutCancel(ctx), m.n.post.after, mailLease)
		if err != nil || !owed {
			return err
		}
		if err := m.tell(ctx, &notice); err != nil {
			return err
		}
	}
	return nil
}

// tell sends one notice. One that is not taken is owed again after its lease.
func (m *mailRound) tell(ctx context.Context, notice *store.Notice) error {
	key := fmt.Sprintf("kept-slack-%d-%d-%s", notice.Trouble.Since, notice.To.ID, notice.News)
	e, err := m.n.post.relay.compose(notice.To.Email, key, noticeText(notice), nil)
	if err != nil {
		m.n.log.Warn("an administrator cannot be told by e-mail", "person", notice.To.ID, "detail", brief(err.Error()))
		return nil
	}
	if !m.n.pickUp(ctx).ok() || !m.n.hand(e).ok() {
		return nil
	}
	return m.n.post.ledger.NoticeSent(context.WithoutCancel(ctx), notice)
}

// noticeText is what an administrator reads of a trouble.
func noticeText(n *store.Notice) message {
	zone, err := calendar.Zone(n.To.Zone)
	if err != nil || n.To.Zone == "" {
		zone = time.UTC
	}
	t := &n.Trouble
	since := moment(t.Since, zone)
	if n.News == "over" {
		return message{Text: fmt.Sprintf("Slack takes messages again, as of %s\nIt had taken none from Kept since %s. What was not sent by e-mail meanwhile goes to Slack now.", moment(t.Over, zone), since)}
	}
	why := strings.TrimSuffix(verdict{code: t.Code, text: t.Why}.String(), ".")
	return message{Text: fmt.Sprintf("Slack takes no messages from Kept since %s\nWhy: %s.\nWhat to do: %s.\n%s not sent yet. Until Slack takes messages again, Kept sends e-mail to those with an address.",
		since, why, Fix(t.Code), kit.Count(n.Waiting, "message"))}
}
