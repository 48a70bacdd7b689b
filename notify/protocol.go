package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"kept/commitments/store"
)

// deliver takes one claimed delivery as far as it gets. Whatever happens on the way,
// a panic included, the ledger says of every message that Slack may have that it may.
func (n *Notifier) deliver(ctx context.Context, d *store.Delivery, r *round) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = n.putBack(ctx, d, n.panicked(fmt.Sprint("delivery ", d.ID), p), r)
		}
	}()
	return n.attempt(ctx, d, r)
}

// panicked notes a panic over something. What it says for itself is kept only if the
// runtime says it: anything else may quote a secret.
func (n *Notifier) panicked(over string, p any) verdict {
	what := fmt.Sprintf("a panic of type %T", p)
	if e, ok := p.(runtime.Error); ok {
		what = brief(e.Error())
	}
	n.log.Error("Kept panicked", "over", over, "panic", what, "stack", string(debug.Stack()))
	return verdict{class: panicking, code: "panic", text: what}
}

func (n *Notifier) attempt(ctx context.Context, d *store.Delivery, r *round) error {
	if v := n.standing(ctx); !v.ok() {
		return n.putBack(ctx, d, v, r)
	}
	letter, err := n.ledger.Letter(context.WithoutCancel(ctx), d, r.at)
	if err != nil {
		return err
	}
	if d.Ambiguous {
		if over, err := n.reconcile(ctx, d, &letter, r); over || err != nil {
			return err
		}
	}
	if v := stillTrue(d, &letter); !v.ok() {
		return n.putBack(ctx, d, v, r)
	}
	place, v := n.route(ctx, d, &letter)
	if !v.ok() {
		n.consider(ctx, d, place, v)
		return n.putBack(ctx, d, v, r)
	}
	m, v, err := n.compose(ctx, d, &letter)
	if err != nil {
		return err
	}
	if !v.ok() {
		return n.putBack(ctx, d, v, r)
	}
	p := &parcel{message: n.explained(m, d, &letter, place), place: place, key: d.Key, alerts: tells(d, &letter)}
	if threaded(d) && place == d.ThreadPlace {
		p.thread, p.broadcast = d.ThreadTS, letter.Broadcast
	}
	return n.send(ctx, d, p, n.otherPlace(place, letter.Channel), r)
}

// standing says whether this process may send at all: it may be about to end, or
// Slack may have closed its doors since the delivery was claimed.
func (n *Notifier) standing(ctx context.Context) verdict {
	if ctx.Err() != nil {
		return verdict{class: stopping, code: "stopping"}
	}
	v := n.gate.closedFor()
	if !v.ok() && v.class != refused {
		v.class = outage
	}
	return v
}

// oddAnswersFor is how long a message is tried against answers nobody understands.
const oddAnswersFor = 72 * time.Hour

// digestFor is how long after its time a digest is still news.
const digestFor = 48 * time.Hour

// stillTrue says whether there is still a reason to send.
func stillTrue(d *store.Delivery, l *store.Letter) verdict {
	switch {
	case d.Event != 0 && (l.FollowUp == nil || !threaded(d)):
		return verdict{class: untrue, code: "no-thread", text: "there is no card that it could answer"}
	case d.Event == 0 && d.Digest == 0 && len(l.Cards) == 0:
		return verdict{class: untrue, code: "no-longer-true", text: "nothing it says is still so"}
	case d.Digest != 0 && l.At.Sub(l.DigestDue) > digestFor && d.ErrorClass != string(stale): // unless a person wants it all the same
		return verdict{class: stale, code: "too-late", text: "the digest was due more than 48 hours ago, and is no longer news"}
	case d.ErrorClass == string(unknown) && d.Attempt > 0 && d.LastSendAt.Sub(d.FirstSendAt) > oddAnswersFor:
		return verdict{class: givenUp, code: "given-up", text: "three days of answers nobody understands, the last: " + brief(d.Error)}
	}
	return verdict{}
}

// route finds where a delivery goes, and takes its place in that channel's pace and
// in everybody's.
func (n *Notifier) route(ctx context.Context, d *store.Delivery, l *store.Letter) (place string, v verdict) {
	if place, v = n.whereTo(ctx, d, l); !v.ok() {
		return place, v
	}
	if v = n.lanes.enter(place); !v.ok() {
		return place, v
	}
	if n.pace.Wait(ctx) != nil || ctx.Err() != nil {
		return place, verdict{class: stopping, code: "stopping"}
	}
	return place, verdict{}
}

func (n *Notifier) whereTo(ctx context.Context, d *store.Delivery, l *store.Letter) (place string, v verdict) {
	if place, v = n.door.destination(ctx, d, l); !v.ok() {
		place, v = n.orFallback(ctx, d, place, v)
	}
	return place, v
}

// compose is the message, plain once Slack has refused its blocks. The further pages
// of a digest become deliveries of their own before the first is sent.
func (n *Notifier) compose(ctx context.Context, d *store.Delivery, l *store.Letter) (message, verdict, error) {
	pages, err := write(d, l, n.answerable())
	if err != nil {
		return message{}, verdict{class: givenUp, code: "unreadable", text: "the message cannot be written: " + brief(err.Error())}, nil
	}
	switch m := pages[0]; {
	case d.ErrorClass == string(malformed) && !goesPlain(d):
		return m, verdict{class: givenUp, code: d.ErrorClass, text: brief(d.Error)}, nil
	case d.ErrorClass == string(malformed), wentPlain(d):
		return m.plain(), verdict{}, nil
	default:
		return m, verdict{}, n.addParts(ctx, d, pages[1:])
	}
}

// write makes the pages of a message, always of what is so now: what was frozen for a
// try that came to nothing may have changed since. Only the further pages of a digest,
// which does not change, are as they were frozen with the first.
func write(d *store.Delivery, l *store.Letter, buttons bool) (pages []message, err error) {
	switch {
	case d.Part > 1:
		m, err := thaw(d.Payload)
		return []message{m}, err
	case d.Digest != 0:
		if !buttons {
			return digestMessages(l.Digest, nil)
		}
		return digestMessages(l.Digest, l.DigestKeys)
	}
	m, err := newMessage(Text(l), Blocks(l, buttons))
	return []message{m}, err
}

func (n *Notifier) addParts(ctx context.Context, d *store.Delivery, pages []message) error {
	if len(pages) == 0 {
		return nil
	}
	payloads := make([]string, len(pages))
	for i, m := range pages {
		var err error
		if payloads[i], err = m.frozen(); err != nil {
			return err
		}
	}
	ctx, cancel := n.lasting(ctx)
	defer cancel()
	return n.ledger.AddParts(ctx, d, payloads)
}

// send notes, durably, that Slack may have the message from here on, sends it once,
// and records what came of it.
func (n *Notifier) send(ctx context.Context, d *store.Delivery, p *parcel, fallback string, r *round) error {
	payload, err := p.frozen()
	if err != nil {
		return err
	}
	if v := n.standing(ctx); !v.ok() { // it may have waited a while for its turn
		return n.putBack(ctx, d, v, r)
	}
	lease := time.Now().Add(n.cfg.Lease)
	if err := n.intend(ctx, d, payload, p.place); err != nil {
		return err
	}
	if time.Until(lease) <= n.cfg.trust() { // the machine slept: somebody else may hold it by now
		d.Ambiguous = false
		return n.putBack(ctx, d, verdict{class: paced, code: "late"}, r)
	}
	n.recent.note(d.ID, n.cfg.Grace)
	where, v := n.door.post(ctx, p)
	n.tally.sent(v)
	d.Ambiguous = v.class == doubtful || v.class == unknown
	if v.ok() {
		n.gate.noteAccepted(n.log)
		return n.record(ctx, d, where, r)
	}
	n.consider(ctx, d, p.place, v)
	switch {
	case v.class != shut:
	case p.thread != "":
		v.class = unthreaded
	case fallback != "" && fallback != p.place:
		v.class = elsewhere
	}
	return n.putBack(ctx, d, v, r)
}

func (n *Notifier) intend(ctx context.Context, d *store.Delivery, payload, place string) error {
	ctx, cancel := n.lasting(ctx)
	defer cancel()
	return n.ledger.Intend(ctx, d, payload, place, n.cfg.Lease)
}

func (n *Notifier) record(ctx context.Context, d *store.Delivery, where sent, r *round) error {
	if n.lanes.clear(where.channel) {
		n.log.Info("a channel takes messages again", "channel", where.channel)
	}
	err := n.recordSent(ctx, d, where)
	if err == nil {
		r.note(d, accepted, 0)
	}
	return err
}

// recordAgain is the wait before the database is asked once more.
const recordAgain = 200 * time.Millisecond

// recordSent notes that a message was sent. It tries for as long as a lease: the
// database may be locked by an import. The error is the last that the database gave.
func (n *Notifier) recordSent(ctx context.Context, d *store.Delivery, where sent) error {
	ctx, cancel := n.lasting(ctx)
	defer cancel()
	err := n.ledger.RecordSent(ctx, d, where.channel, where.ts)
	for err != nil && !errors.Is(err, store.ErrFenced) && rest(ctx, recordAgain) {
		if again := n.ledger.RecordSent(ctx, d, where.channel, where.ts); again == nil || ctx.Err() == nil {
			err = again
		}
	}
	return err
}

// rest waits for a while, and reports whether ctx lasted that long.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// blockedFor is when a message without a destination, or with one that takes nothing,
// is looked at again.
const blockedFor = 10 * time.Minute

// consider draws the conclusions from a verdict that go beyond its own message.
func (n *Notifier) consider(ctx context.Context, d *store.Delivery, place string, v verdict) {
	switch v.class {
	case refused:
		n.gate.close(v, n.log)
	case shut:
		if place != "" && n.lanes.held(place).ok() && n.lanes.hold(place, v, blockedFor) {
			n.log.Error("a channel takes no messages: those to it wait", "channel", place, "code", v.code, "fix", Fix(v.code))
		}
	case limited:
		if place != "" && n.lanes.held(place).ok() {
			n.lanes.hold(place, v, v.after)
		}
	case unreachable, doubtful:
		n.suspect(ctx, v)
	}
	n.log.Debug("a message was not sent", "delivery", d.ID, "class", string(v.class), "code", v.code, "detail", v.text)
}

// putBack records that a message was not sent, or not for certain.
func (n *Notifier) putBack(ctx context.Context, d *store.Delivery, v verdict, r *round) error {
	f := n.failure(d, v)
	if f.State == store.Dead {
		n.log.Error("a message is given up; `kept delivery retry` sends it after all", "delivery", d.ID, "code", v.code, "detail", v.text)
	}
	return n.settle(ctx, d, v.class, f, r)
}

func (n *Notifier) settle(ctx context.Context, d *store.Delivery, c class, f store.Failure, r *round) error {
	ctx, cancel := n.lasting(ctx)
	defer cancel()
	err := n.ledger.RecordFailure(ctx, d, f)
	if err == nil {
		r.note(d, c, f.After)
	}
	return err
}

// failure is what a verdict means for the delivery's row.
func (n *Notifier) failure(d *store.Delivery, v verdict) store.Failure {
	f := store.Failure{State: store.Pending, Class: string(v.class), Message: brief(v.String()), Ambiguous: d.Ambiguous, After: v.after}
	switch v.class {
	case unreachable, busy:
		f.After, f.Counts = n.backOff(d.Attempt), true
	case doubtful, unknown:
		f.After, f.Counts = n.backOff(d.Attempt), true
		if d.Ambiguous {
			f.After = max(f.After, n.cfg.Grace)
		}
	case outage:
		f.After = firstProbe // the gate decides when it is really tried
	case refused:
		f.State, f.After = store.Blocked, firstProbe
	case shut, nowhere:
		f.State = store.Blocked
		if f.After == 0 {
			f.After = blockedFor
		}
	case malformed, unthreaded:
		f.Counts = true
	case panicking:
		f.State, f.Counts = store.Dead, true
		if d.Ambiguous {
			f.State, f.After = store.Uncertain, max(n.backOff(d.Attempt), n.cfg.Grace)
		}
	case givenUp, stale:
		f.State = store.Dead
	case untrue, twin:
		f.State = store.Cancelled
	}
	if f.Ambiguous && f.State == store.Pending {
		f.State = store.Uncertain
	}
	ends := f.State == store.Dead || f.State == store.Cancelled
	if !ends && (uneventful(v.class) && d.ErrorClass != "" || goesPlain(d)) {
		f.Class, f.Message = d.ErrorClass, d.Error
	}
	return f
}

// threaded reports whether a message is an answer to one that can be answered.
func threaded(d *store.Delivery) bool {
	return d.ThreadTS != "" && d.ThreadPlace != "" && d.ErrorClass != string(unthreaded)
}

// uneventful reports whether a class says nothing about the message or its way.
func uneventful(c class) bool { return c == paced || c == stopping || c == early }

// goesPlain reports whether Slack has refused the message as it was written, and it
// is still to be sent as plain text.
func goesPlain(d *store.Delivery) bool {
	return d.ErrorClass == string(malformed) && !wentPlain(d)
}

// wentPlain reports whether the message was last sent as plain text, which is only
// done once Slack has refused its blocks.
func wentPlain(d *store.Delivery) bool {
	m, err := thaw(d.Payload)
	return err == nil && m.isPlain()
}
