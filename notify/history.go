package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"

	"github.com/slack-go/slack"
)

// lookBack is how far before the first sending the search begins: a clock may have been
// put right by some minutes since.
const lookBack = 10 * time.Minute

// farBack is how far the search goes back when the first sending seems not to have been
// yet, because the database's clock was set back since.
const farBack = 48 * time.Hour

// since is the instant in Slack's time before which a claimed message was not sent: as
// long before now there as the database counts since the first sending. So it does not
// matter if the two clocks differ.
func (b *bot) since(d *store.Delivery) calendar.Instant {
	age := d.LeaseUntil.Add(-b.lease).Sub(d.FirstSendAt)
	if age < 0 {
		age = farBack
	}
	skew, _ := b.clock.skew()
	return calendar.InstantOf(time.Now().Add(-skew - age - lookBack))
}

// find looks for our own message with the delivery's key: through the thread it would
// be in, and through the channel, where Slack puts what answers a message that is gone. Only an answer that is complete to the last page says that it is absent.
func (b *bot) find(ctx context.Context, d *store.Delivery) (sent, verdict) {
	if d.Place == webhookPlace { // sent before there was a token: as good as the webhook was
		return sent{}, verdict{class: absent}
	}
	self, v := b.whoAmI(ctx)
	if !v.ok() {
		return sent{}, v
	}
	if threaded(d) && d.Place == d.ThreadPlace {
		found, v := b.search(ctx, d, self, "conversations.replies")
		if v.class != absent && v.code != "thread_not_found" {
			return found, v
		}
	}
	return b.search(ctx, d, self, "conversations.history")
}

// search looks through all pages of a thread, or of a channel.
func (b *bot) search(ctx context.Context, d *store.Delivery, self identity, method string) (sent, verdict) {
	query := url.Values{
		"channel": {d.Place}, "oldest": {timestamp(b.since(d))},
		"include_all_metadata": {"true"}, "limit": {"20"},
	}
	if method == "conversations.replies" {
		query.Set("ts", d.ThreadTS)
	}
	for {
		page, v := b.history(ctx, method, query)
		if !v.ok() {
			return sent{}, v
		}
		for _, m := range page.Messages {
			if m.ours(self, d.Key) {
				return sent{d.Place, m.TS}, verdict{}
			}
		}
		if !page.HasMore {
			return sent{}, verdict{class: absent}
		}
		query.Set("cursor", page.Metadata.Next)
	}
}

// timestamp is an instant as Slack writes it.
func timestamp(i calendar.Instant) string { return fmt.Sprintf("%d.%06d", i/1e6, i%1e6) }

// historyPage is what is read of an answer to conversations.history and
// conversations.replies. Slack's client
// would read every message in full, and fail on one that another app made odd.
type historyPage struct {
	slack.SlackResponse
	Messages []historyMessage `json:"messages"`
	HasMore  bool             `json:"has_more"`
	Metadata struct {
		Next string `json:"next_cursor"`
	} `json:"response_metadata"`
}

type historyMessage struct {
	TS       string `json:"ts"`
	User     string `json:"user"`
	Bot      string `json:"bot_id"`
	Metadata struct {
		Type    string          `json:"event_type"`
		Payload json.RawMessage `json:"event_payload"`
	} `json:"metadata"`
}

func (b *bot) history(ctx context.Context, method string, query url.Values) (page historyPage, v verdict) {
	if v := b.lanes.held(method); !v.ok() {
		return page, v
	}
	ctx, x := observe(ctx)
	err := b.call(ctx, method, query, &page)
	complete := page.Ok && page.Messages != nil && (!page.HasMore || page.Metadata.Next != "")
	return page, b.asked(method, x.judge(err, complete))
}

// ours reports whether we sent the message for the delivery with that key. The key
// alone would not do: any app may copy it.
func (m *historyMessage) ours(self identity, key string) bool {
	var payload struct {
		Key string `json:"key"`
	}
	if m.Metadata.Type != eventType || json.Unmarshal(m.Metadata.Payload, &payload) != nil || payload.Key != key {
		return false
	}
	if m.Bot != "" && self.bot != "" {
		return m.Bot == self.bot
	}
	return m.User != "" && m.User == self.user
}
