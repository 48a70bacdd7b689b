package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"kept/commitments/store"
)

// reconcile finds out whether Slack has a message that it may have, and what else it
// has that tells the same. It reports whether that was all there was to do.
func (n *Notifier) reconcile(ctx context.Context, d *store.Delivery, l *store.Letter, r *round) (over bool, err error) {
	if left := n.recent.left(d.ID, n.cfg.Grace); left > 0 {
		return true, n.putBack(ctx, d, verdict{class: early, code: "early", after: left}, r)
	}
	places, v := n.mayBeIn(ctx, d, l)
	if !v.ok() {
		n.consider(ctx, d, places[0], v)
		d.Ambiguous = v.class != twin
		return true, n.putBack(ctx, d, v, r)
	}
	for i, place := range places {
		d.Place = place
		found, v := n.door.find(ctx, d, tells(d, l))
		n.tally.found(v)
		switch {
		case v.ok() || v.class == absent && len(l.Keys) > 0 && found.alerts() == len(l.Keys):
			return true, n.recordFound(ctx, d, l, found, r)
		case v.class == shut && i > 0: // a place that was never ours
		case v.class != absent && !n.resends(d, v):
			return true, n.stillUncertain(ctx, d, v, r)
		case v.class != absent:
			n.log.Warn("a message that Slack may have is sent again, as KEPT_SLACK_ON_UNCERTAIN says", "delivery", d.ID, "why", v.String())
		}
		if err := n.dropTold(ctx, d, l, found, r); err != nil {
			return false, err
		}
	}
	d.Ambiguous = false
	return false, nil
}

// mayBeIn is where to look for a message. A ledger that was restored does not know where
// it may have been sent since: where it would go now, or where another time it would have.
func (n *Notifier) mayBeIn(ctx context.Context, d *store.Delivery, l *store.Letter) ([]string, verdict) {
	if d.Place != "" {
		return []string{d.Place}, verdict{}
	}
	place, v := n.whereTo(ctx, d, l)
	places := []string{place}
	if !v.ok() || n.bot == nil {
		return places, v
	}
	others := []string{strings.TrimPrefix(d.Destination, "channel:"), l.Channel, n.cfg.FallbackChannel}
	if l.Recipient.ID != 0 {
		others[0], _ = n.bot.direct(ctx, &l.Recipient)
	}
	for _, other := range others {
		if other != "" && !slices.Contains(places, other) {
			places = append(places, other)
		}
	}
	return places, verdict{}
}

// recordFound ends a delivery of which Slack has all. The further pages of a digest may
// be unknown to a ledger that was restored: they are looked for like the first.
func (n *Notifier) recordFound(ctx context.Context, d *store.Delivery, l *store.Letter, found trace, r *round) error {
	if d.Digest != 0 && d.Part == 1 {
		if pages, err := write(d, l, n.answerable()); err == nil {
			if err := n.addParts(ctx, d, pages[1:]); err != nil {
				return err
			}
		}
	}
	if found.ts == "" {
		found.sent = found.others[0].sent
	}
	return n.record(ctx, d, found.sent, r)
}

// heldFor is how long a message that Slack cannot be asked about waits at least.
const heldFor = 24 * time.Hour

// askedInVain is how often it must have been asked meanwhile: a day in which nobody asked,
// because Kept was down, is none in which Slack could not be.
const askedInVain = 12

// resends reports whether a message is sent again though Slack may have it: it could
// not be asked for a day, and that is how the settings want it.
func (n *Notifier) resends(d *store.Delivery, v verdict) bool {
	return n.cfg.OnUncertain == Resend && v.class != limited && d.Attempt >= askedInVain && time.Since(max(d.LastSendAt, d.CreatedAt).Time()) > heldFor
}

// dropTold takes out of a delivery the alerts that other messages of ours have told, as
// they may have before the ledger was restored and grouped them anew.
func (n *Notifier) dropTold(ctx context.Context, d *store.Delivery, l *store.Letter, found trace, r *round) (err error) {
	if len(found.others) == 0 {
		return nil
	}
	told := make([]store.Told, len(found.others))
	for i, o := range found.others {
		told[i] = store.Told{Key: o.key, Place: o.channel, TS: o.ts, Alerts: o.alerts}
	}
	lasting, cancel := n.lasting(ctx)
	defer cancel()
	if err := n.ledger.RecordTold(lasting, d, told); err != nil {
		return err
	}
	*l, err = n.ledger.Letter(lasting, d, r.at)
	return err
}

// trace is what Slack turns out to have of a delivery: the message itself, or others of
// ours that tell some of its alerts.
type trace struct {
	sent
	others []other
}

// other is a message of ours for another delivery.
type other struct {
	sent
	key    string   // the other delivery's
	alerts []string // of those looked for, whose first message this is
}

func (t *trace) alerts() (n int) {
	for _, o := range t.others {
		n += len(o.alerts)
	}
	return n
}

// maxAlertKeys is how many alerts' keys travel in a message's metadata, each shortened
// to keyLength: some 4 KB, as Slack publishes no limit. What a message tells beyond that
// is known only by the message's own key.
const (
	maxAlertKeys = 200
	keyLength    = 16
)

func shortened(key string) string { return key[:min(len(key), keyLength)] }

// tells are the keys of the alerts that a message tells. One that only answers in a
// thread repeats what another message tells.
func tells(d *store.Delivery, l *store.Letter) []string {
	if d.ThreadOf != 0 && !l.Broadcast {
		return nil
	}
	return l.Keys
}

// stillUncertain keeps a message that could not be looked for: it is not sent again
// before Slack has said whether it is there.
func (n *Notifier) stillUncertain(ctx context.Context, d *store.Delivery, v verdict, r *round) error {
	if v.class == refused && v.code == "missing_scope" {
		n.log.Debug("the history cannot be read", "delivery", d.ID, "detail", v.text)
	} else if v.class != shut {
		n.consider(ctx, d, "", v)
	}
	return n.settle(ctx, d, v.class, store.Failure{
		State: store.Uncertain, After: max(v.after, n.backOff(d.Attempt)), Class: string(doubtful), Ambiguous: true, Counts: v.class != limited && v.class != stopping,
		Message: brief("Slack may have it, and cannot be asked: " + v.String()),
	}, r)
}
