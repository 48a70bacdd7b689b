package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// bot reaches Slack's Web API with a bot token.
type bot struct {
	api    *slack.Client
	http   *http.Client
	base   string
	token  string
	ledger Ledger
	lanes  *lanes
	clock  *slackClock
	lease  time.Duration

	joined func(ctx context.Context, channel string) // outsiders have, where there were none

	mu      sync.Mutex
	self    identity           // zero until asked
	heard   time.Time          // when our token was last accepted
	asking  *inquiry           // nil unless somebody is at it
	directs map[string]line    // user id → the direct channel with them
	rooms   map[string]room    // channel id → who is in it
	aside   map[string]*search // looks that Slack's limit has cut short, by delivery and place
}

// identity is who we are in Slack.
type identity struct{ user, bot string }

func newBot(cfg Config, ledger Ledger, l *lanes, clock *slackClock) *bot {
	client := httpClient(cfg, cfg.BotToken, clock)
	base := cmp.Or(cfg.APIURL, slack.APIURL)
	return &bot{
		joined: func(context.Context, string) {},
		api:    slack.New(cfg.BotToken, slack.OptionAPIURL(base), slack.OptionHTTPClient(client)),
		http:   client, base: base, token: cfg.BotToken, ledger: ledger, lanes: l, clock: clock, lease: cfg.Lease, directs: map[string]line{}, rooms: map[string]room{}, aside: map[string]*search{},
	}
}

// eventType marks our messages' metadata; the payload holds keys and this format's
// version, and nothing that other apps in the workspace may not read.
const eventType = "kept_alert"

// post does not go through Slack's client, which takes the message apart to put it
// together again, and reads back all of what Slack repeats.
func (b *bot) post(ctx context.Context, p *parcel) (sent, verdict) {
	form, err := p.form()
	if err != nil {
		return sent{}, verdict{class: malformed, code: "unreadable", text: brief(err.Error())}
	}
	var answer struct {
		slack.SlackResponse
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	ctx, x := observe(ctx)
	err = b.call(ctx, "chat.postMessage", form, &answer)
	return sent{answer.Channel, answer.TS}, x.judge(err, answer.Ok && answer.Channel != "" && answer.TS != "")
}

// form is a message as chat.postMessage takes it: what people typed is shown as they
// typed it, pings nobody, and unfolds no links.
func (p *parcel) form() (url.Values, error) {
	metadata, err := json.Marshal(metadata{eventType, payload{p.key, 1, shortKeys(p.alerts)}})
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"channel": {p.place}, "text": {kit.Escape(p.Text)}, "metadata": {string(metadata)},
		"parse": {"none"}, "link_names": {"false"}, "mrkdwn": {"false"}, "unfurl_links": {"false"}, "unfurl_media": {"false"},
	}
	if !p.isPlain() {
		form.Set("blocks", string(p.Blocks))
	}
	if p.thread != "" {
		form.Set("thread_ts", p.thread)
		form.Set("reply_broadcast", strconv.FormatBool(p.broadcast))
	}
	return form, nil
}

func (b *bot) probe(ctx context.Context) verdict {
	_, v := b.authTest(ctx)
	return v
}

func (b *bot) authTest(ctx context.Context) (*exchange, verdict) {
	ctx, x := observe(ctx)
	me, err := b.api.AuthTestContext(ctx)
	v := x.judge(err, me != nil && me.UserID != "")
	if v.ok() {
		b.mu.Lock()
		b.self, b.heard = identity{me.UserID, me.BotID}, time.Now()
		b.mu.Unlock()
	}
	return x, v
}

// whoAmI is asked once for all who want to know at the same time.
func (b *bot) whoAmI(ctx context.Context) (identity, verdict) {
	b.mu.Lock()
	self, question, asked := b.self, b.asking, b.asking != nil
	if self == (identity{}) && !asked {
		question = &inquiry{done: make(chan struct{})}
		b.asking = question
	}
	b.mu.Unlock()
	switch {
	case self != (identity{}):
		return self, verdict{}
	case asked:
		<-question.done
	default:
		b.inquire(ctx, question)
	}
	v := question.answer
	if asked && (v.class == unreachable || v.class == doubtful) {
		v.class = busy // it was one answer, and counts once
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.self, v
}

// inquiry is a question that one asks and others wait for.
type inquiry struct {
	done   chan struct{}
	answer verdict
}

func (b *bot) inquire(ctx context.Context, q *inquiry) {
	q.answer = verdict{class: busy, code: "panic"} // for those who wait, should it end in one
	defer func() {
		b.mu.Lock()
		b.asking = nil
		b.mu.Unlock()
		close(q.done)
	}()
	_, q.answer = b.authTest(ctx)
}

// destination is where what it answers is, else the channel named, or the direct channel with the recipient; where
// Slack does not know the recipient, or does not let us write to them, their team's,
// unless that is told the same anyway.
func (b *bot) destination(ctx context.Context, d *store.Delivery, l *store.Letter) (string, verdict) {
	if d.Event != 0 {
		return d.ThreadPlace, b.mayAnswer(ctx, d.ThreadPlace)
	}
	if threaded(d) && b.lanes.held(d.ThreadPlace).class != shut {
		return b.amongUs(ctx, d.ThreadPlace, l)
	}
	if channel, ok := strings.CutPrefix(d.Destination, "channel:"); ok {
		return b.amongUs(ctx, channel, l)
	}
	direct, v := b.direct(ctx, &l.Recipient)
	if v.ok() {
		v = b.lanes.held(direct)
	}
	if v.class != nowhere && v.class != shut {
		return direct, v
	}
	if told := toldInChannel(d, l); !told.ok() {
		return "", told
	}
	if l.Channel == "" {
		return "", v
	}
	return l.Channel, b.mayTell(ctx, l.Channel)
}

// toldInChannel cancels a person's message that would go to their team's channel, if
// that channel is sent the same alerts: nobody is told twice in one place.
func toldInChannel(d *store.Delivery, l *store.Letter) verdict {
	if l.Twin && strings.HasPrefix(d.Destination, "person:") {
		return verdict{class: twin, code: "told-elsewhere", text: "told in the team's channel"}
	}
	return verdict{}
}

// asked is the verdict on a question, which changes nothing in Slack: what is
// doubtful about the answer makes it worth asking again, no more.
func (b *bot) asked(method string, v verdict) verdict {
	switch v.class {
	case limited:
		b.lanes.hold(method, v, v.after)
	case unknown:
		v.class = busy
	}
	return v
}

// call asks one method that Slack's client does not ask as we need it.
func (b *bot) call(ctx context.Context, method string, query url.Values, into interface{ Err() error }) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+method, strings.NewReader(query.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return err
	}
	return into.Err()
}
