package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// webhook posts to an incoming webhook: one channel, no answer but "ok", and nothing
// sent can be looked up or changed.
type webhook struct {
	http  *http.Client
	url   string // a secret
	lanes *lanes
}

// webhookPlace stands for the channel of the webhook, which it does not name.
const webhookPlace = "webhook"

func newWebhook(cfg Config, l *lanes, clock *slackClock) *webhook {
	return &webhook{httpClient(cfg, "", clock), cfg.WebhookURL, l}
}

func (w *webhook) destination(_ context.Context, d *store.Delivery, l *store.Letter) (string, verdict) {
	if v := toldInChannel(d, l); !v.ok() {
		return "", v
	}
	return webhookPlace, w.lanes.held(webhookPlace)
}

// find cannot look. By the time it is asked the grace has passed, and the message is
// sent again: at least once.
func (w *webhook) find(context.Context, *store.Delivery, []string) (trace, verdict) {
	return trace{}, verdict{class: absent}
}

// probe sees whether anything answers at the address. Whether a message would be taken
// only the next one shows.
func (w *webhook) probe(ctx context.Context) verdict {
	ctx, x := observe(ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, w.url, nil)
	if err != nil {
		return verdict{}
	}
	answer, err := w.http.Do(r)
	if err != nil {
		return x.judge(err, false)
	}
	answer.Body.Close()
	return verdict{}
}

func (w *webhook) post(ctx context.Context, p *parcel) (sent, verdict) {
	blocks, err := p.blocks()
	if err != nil {
		return sent{}, verdict{class: malformed, code: "unreadable", text: "the stored message cannot be read"}
	}
	body := slack.WebhookMessage{Text: kit.Escape(p.Text), Parse: "none", UnfurlLinks: new(false), UnfurlMedia: new(false)}
	if len(blocks) > 0 {
		body.Blocks = &slack.Blocks{BlockSet: blocks}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return sent{}, verdict{class: malformed, code: "unreadable", text: brief(err.Error())}
	}
	ctx, x := observe(ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(encoded))
	if err != nil {
		return sent{}, verdict{class: refused, code: "invalid_url", text: "KEPT_SLACK_WEBHOOK_URL is not an address"}
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.http.Do(r)
	if err != nil {
		return sent{}, x.judge(err, false)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	return sent{channel: webhookPlace}, x.judgeWebhook(answer.StatusCode, strings.TrimSpace(string(said)), err)
}

// judgeWebhook reads an incoming webhook's answer: a status, and a word as plain text.
func (x *exchange) judgeWebhook(status int, said string, err error) verdict {
	switch {
	case err != nil || status == http.StatusTooManyRequests || status < 400:
		return x.judge(err, status == http.StatusOK && said == "ok")
	case status == http.StatusBadRequest && (webhookRefusals[said] || classOf(said) == malformed):
		return verdict{class: malformed, code: brief(said)}
	case status == http.StatusForbidden || status == http.StatusNotFound || status == http.StatusGone:
		return verdict{class: refused, code: brief(said), text: "the incoming webhook takes nothing"}
	}
	return verdict{class: doubtful, code: strconv.Itoa(status), text: "the webhook does not say what became of the message"}
}

// webhookRefusals are what a webhook says of a message it will never take, besides
// what the Web API says.
var webhookRefusals = map[string]bool{"invalid_payload": true, "invalid_attachments": true}
