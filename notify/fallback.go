package notify

import (
	"context"
	"encoding/json"
	"strings"

	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// orFallback gives a message whose own destination is blocked a place in the fallback
// channel, if there is one that takes it. What is blocked stays held, and is tried
// again in its time.
func (n *Notifier) orFallback(ctx context.Context, d *store.Delivery, place string, v verdict) (string, verdict) {
	other := n.cfg.FallbackChannel
	if n.bot == nil || other == "" || other == place || v.class != shut && v.class != nowhere {
		return place, v
	}
	n.consider(ctx, d, place, v)
	if blocked := n.bot.mayTell(ctx, other); !blocked.ok() {
		n.consider(ctx, d, other, blocked)
		return place, v
	}
	return other, verdict{}
}

// otherPlace is where a message may go when a place has just refused it: the team's
// channel, else the fallback channel; "" if there is nowhere else.
func (n *Notifier) otherPlace(place, team string) string {
	switch {
	case team != "" && team != place:
		return team
	case n.bot != nil && n.cfg.FallbackChannel != place:
		return n.cfg.FallbackChannel
	}
	return ""
}

// explained is a message that says in the fallback channel whom it is for.
func (n *Notifier) explained(m message, d *store.Delivery, l *store.Letter, place string) message {
	channel, forChannel := strings.CutPrefix(d.Destination, "channel:")
	if place != n.cfg.FallbackChannel || place == channel || place == l.Channel {
		return m
	}
	why := "For " + kit.Line(l.Recipient.Name, 120) + ", whom Slack does not reach."
	if forChannel {
		why = "For the channel " + kit.Line(channel, 40) + ", which takes no messages."
	}
	if strings.HasPrefix(m.Text, why) { // a digest's page that was frozen so
		return m
	}
	m.Text = why + "\n" + m.Text
	var blocks []json.RawMessage
	if m.isPlain() || json.Unmarshal(m.Blocks, &blocks) != nil || len(blocks) == 0 || len(blocks) >= kit.MaxBlocks {
		return m
	}
	first, err := json.Marshal([]slack.Block{kit.Note(why)})
	if err != nil {
		return m
	}
	m.Blocks = append(append(first[:len(first)-1:len(first)-1], ','), m.Blocks[1:]...)
	return m
}
