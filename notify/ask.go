package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"kept/commitments/store"
)

// Ask asks Slack whether it knows our token, and draws the conclusions: one that it
// refuses stops all messages at once, and is told by Trouble. While they are stopped
// it asks no more often than messages are tried. Only a bot token can be asked about.
func (n *Notifier) Ask(ctx context.Context) error {
	if n.mode != Bot {
		return nil
	}
	if v := n.gate.closedFor(); !v.ok() {
		n.admitted(ctx)
		return judged(n.gate.closedFor())
	}
	_, v := n.bot.authTest(ctx)
	switch v.class {
	case accepted, limited:
	case refused:
		n.gate.close(v, n.log)
	default:
		n.suspect(ctx, v)
	}
	return judged(v)
}

func judged(v verdict) error {
	if v.ok() {
		return nil
	}
	return errors.New(v.String())
}

// Heard is when Slack last accepted our token, or a message; the zero time if it has not
// since this process began.
func (n *Notifier) Heard() time.Time {
	n.gate.mu.Lock()
	at := n.gate.accepted
	n.gate.mu.Unlock()
	if n.bot == nil {
		return at
	}
	n.bot.mu.Lock()
	defer n.bot.mu.Unlock()
	if n.bot.heard.After(at) {
		at = n.bot.heard
	}
	return at
}

// Test sends one message that says it is a test, the way alerts go: to a channel if
// one is named, else to the person. The finding says what Slack made of it.
func (n *Notifier) Test(ctx context.Context, channel string, to store.Person) Finding {
	if n.mode == Off {
		return n.Check(ctx, nil)[0]
	}
	d := &store.Delivery{Kind: "test", Destination: fmt.Sprintf("person:%d", to.ID)}
	if channel != "" {
		d.Destination = "channel:" + channel
	}
	place, v := n.door.destination(ctx, d, &store.Letter{Recipient: to})
	if v.ok() {
		const text = "This is a test of Kept. Alerts and digests will arrive here. Nothing needs to be done."
		_, v = n.door.post(ctx, &parcel{message: message{Text: text}, place: place, key: rand.Text()})
	}
	where := d.Destination
	switch {
	case n.mode == Webhook:
		where = "the webhook's channel"
	case channel != "":
		where = channel
	case to.Name != "":
		where = to.Name
	}
	if !v.ok() {
		return Finding{What: fmt.Sprintf("the test to %s did not arrive: %s", brief(where), v), Fix: Fix(v.code)}
	}
	return Finding{OK: true, What: "a test was sent to " + brief(where)}
}
