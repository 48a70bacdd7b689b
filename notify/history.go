package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
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
// be in, and through the channel, where Slack puts what answers a message that is gone.
// Only an answer that is complete to the last page says that it is absent.
func (b *bot) find(ctx context.Context, d *store.Delivery, alerts []string) (t trace, v verdict) {
	if d.Place == webhookPlace { // sent before there was a token: as good as the webhook was
		return trace{}, verdict{class: absent}
	}
	self, v := b.whoAmI(ctx)
	if !v.ok() {
		return trace{}, v
	}
	s := b.pickUp(d, self, alerts)
	defer func() { b.putAside(s, v) }()
	if threaded(d) && d.Place == d.ThreadPlace {
		v = b.search(ctx, s, "conversations.replies")
		if v.class != absent && v.code != "thread_not_found" {
			return s.trace, v
		}
	}
	v = b.search(ctx, s, "conversations.history")
	return s.trace, v
}

// search is a look for one delivery. It keeps no more than what it looks for.
type search struct {
	d      *store.Delivery
	self   identity
	alerts []string
	left   map[string]string // the alerts not met yet, by their shortened keys
	began  time.Time
	sentAt calendar.Instant // when the message was last sent
	thread string
	pages  map[string]url.Values // the page each method has come to
	trace
}

// asideFor is how long a search that Slack's limit has cut short can be gone on with.
const asideFor = time.Hour

// pickUp goes on with the search for a delivery that Slack's limit has cut short, else
// it begins one. Begun anew each time, many searches through busy channels would share
// the limit, and none would ever get to the end.
func (b *bot) pickUp(d *store.Delivery, self identity, alerts []string) *search {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.aside[d.Key+d.Place]
	delete(b.aside, d.Key+d.Place)
	if s != nil && s.self == self && s.sentAt == d.LastSendAt && s.thread == d.ThreadTS && slices.Equal(s.alerts, alerts) && time.Since(s.began) < asideFor {
		s.d = d
		return s
	}
	s = &search{
		d: d, self: self, alerts: alerts, left: map[string]string{},
		began: time.Now(), sentAt: d.LastSendAt, thread: d.ThreadTS, pages: map[string]url.Values{},
	}
	for _, key := range alerts {
		s.left[shortened(key)] = key
	}
	return s
}

// putAside keeps a search that is to be gone on with.
func (b *bot) putAside(s *search, v verdict) {
	if v.class != limited {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.aside, func(_ string, s *search) bool { return time.Since(s.began) >= asideFor })
	b.aside[s.d.Key+s.d.Place], s.d = s, nil
}

// firstPage asks for the beginning of a thread, or of a channel.
func (b *bot) firstPage(d *store.Delivery, method string) url.Values {
	query := url.Values{
		"channel": {d.Place}, "oldest": {timestamp(b.since(d))},
		"include_all_metadata": {"true"}, "limit": {"20"},
	}
	if method == "conversations.replies" {
		query.Set("ts", d.ThreadTS)
	}
	return query
}

// search looks through all pages of a thread, or of a channel.
func (b *bot) search(ctx context.Context, s *search, method string) verdict {
	query := s.pages[method]
	if query == nil {
		query = b.firstPage(s.d, method)
		s.pages[method] = query
	}
	for {
		page, v := b.history(ctx, method, query)
		if !v.ok() {
			return v
		}
		for i := range page.Messages {
			if s.met(&page.Messages[i]) {
				return verdict{}
			}
		}
		if !page.HasMore {
			return verdict{class: absent}
		}
		if ctx.Err() != nil { // the next process looks
			return verdict{class: stopping, code: "stopping"}
		}
		query.Set("cursor", page.Metadata.Next)
	}
}

// met reports whether a message is the one looked for, and notes which alerts it tells.
func (s *search) met(m *historyMessage) bool {
	p, ours := m.ours(s.self)
	if !ours {
		return false
	}
	where := sent{s.d.Place, m.TS}
	if p.Key == s.d.Key {
		s.trace = trace{sent: where}
		return true
	}
	var told []string
	for _, short := range p.Alerts {
		if key, wanted := s.left[short]; wanted {
			told = append(told, key)
			delete(s.left, short)
		}
	}
	if len(told) > 0 {
		s.others = append(s.others, other{where, p.Key, told})
	}
	return false
}

// timestamp is an instant as Slack writes it.
func timestamp(i calendar.Instant) string { return fmt.Sprintf("%d.%06d", i/1e6, i%1e6) }

// historyPage is what is read of an answer to conversations.history and
// conversations.replies. Slack's client would read every message in full, and fail on one that another app made odd.
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

// metadata is what travels with our messages, for us to find them by.
type metadata struct {
	Type    string  `json:"event_type"`
	Payload payload `json:"event_payload"`
}

type payload struct {
	Key    string   `json:"key"` // the delivery's
	V      int      `json:"v"`
	Alerts []string `json:"alerts,omitempty"` // the shortened keys of those it tells
}

func shortKeys(keys []string) []string {
	short := make([]string, 0, min(len(keys), maxAlertKeys))
	for _, k := range keys[:cap(short)] {
		short = append(short, shortened(k))
	}
	return short
}

// ours reads what a message of our own carries. The metadata alone would not do: any
// app may copy it.
func (m *historyMessage) ours(self identity) (p payload, ours bool) {
	if m.Metadata.Type != eventType || json.Unmarshal(m.Metadata.Payload, &p) != nil {
		return p, false
	}
	if m.Bot != "" && self.bot != "" {
		return p, m.Bot == self.bot
	}
	return p, m.User != "" && m.User == self.user
}
