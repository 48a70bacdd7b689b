// Package notify turns what Kept has to say into Slack messages and gets each of
// them there once: it writes the cards and the digest, claims deliveries from the
// ledger, finds out where they go, sends them, and judges what came of it.
//
// With a bot token a message is never sent twice, whatever fails, because a doubtful
// one is looked for in Slack before it is sent again. An incoming webhook cannot be
// asked, so there a doubtful message is sent again: at least once.
package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"

	"golang.org/x/time/rate"
)

// Config says how Slack is reached. Zero durations and rates mean the defaults named.
type Config struct {
	BotToken   string // preferred over the webhook where both are set
	WebhookURL string
	APIURL     string // another API base, ending in "/"; "" is Slack's own

	Interactive bool // what people click in Slack reaches Kept: messages have buttons

	Grace   time.Duration // 60s: until Slack's history shows whatever was sent
	Timeout time.Duration // 10s, or the grace if that is shorter: for one call
	Lease   time.Duration // six timeouts, 60s: how long a claimed message is one worker's

	Mail            Mail   // the second way out
	FallbackChannel string // where what cannot be delivered elsewhere goes, C…; "" is none

	PerSecond  float64 // 20: messages in all
	PerChannel float64 // 1: messages to one channel

	OnUncertain string // hold: what becomes of a message about which Slack cannot be asked for a day

	Transport http.RoundTripper // nil is a plain one that verifies certificates

	Chance func(below time.Duration) time.Duration // nil is math/rand: spreads the waits after failures
}

// What becomes of a message that Slack may have, when it could not be asked for a day.
const (
	Hold   = "hold"   // it waits until Slack can be asked
	Resend = "resend" // it is sent again, and may come twice
)

// Mode is how Slack is reached.
type Mode string

// The modes.
const (
	Bot     Mode = "bot"
	Webhook Mode = "webhook"
	Off     Mode = "off" // deliveries wait until Slack is configured
)

// Notifier sends what is owed. It is safe for use by many goroutines, and beside
// other processes on the same database.
type Notifier struct {
	cfg    Config
	mode   Mode
	ledger Ledger
	log    *slog.Logger
	door   door // nil when off
	bot    *bot // nil unless by bot token
	worker string
	post   *post      // nil without e-mail
	edits  editLedger // nil unless by bot token, and where the ledger keeps no account of edits
	poked  chan struct{}
	gate   gate
	lanes  lanes
	pace   *rate.Limiter
	tally  tally
	folds  folds
	recent recent
	clock  slackClock
}

// door is one way into Slack. None of its methods retries.
type door interface {
	// destination is the place a delivery goes to, as post takes it.
	destination(ctx context.Context, d *store.Delivery, l *store.Letter) (place string, v verdict)
	// find looks for a message that may have been sent. The verdict is accepted if it
	// is there and absent if it certainly is not.
	// Where it is absent, the trace may hold others that tell some of the alerts.
	find(ctx context.Context, d *store.Delivery, alerts []string) (trace, verdict)
	// post sends a message exactly once.
	post(ctx context.Context, p *parcel) (sent, verdict)
	// probe reports whether messages would be taken again.
	probe(ctx context.Context) verdict
}

// sent is where a message ended up.
type sent struct{ channel, ts string }

// Ledger is what the protocol asks of the database, each step durable once it returns.
// A *store.Store is one.
type Ledger interface {
	Claim(ctx context.Context, worker string, at calendar.Instant, limit int, lease, grace time.Duration) ([]store.Delivery, error)
	Letter(ctx context.Context, d *store.Delivery, at calendar.Instant) (store.Letter, error)
	AddParts(ctx context.Context, first *store.Delivery, payloads []string) error
	Intend(ctx context.Context, d *store.Delivery, payload, place string, lease time.Duration) error
	RecordSent(ctx context.Context, d *store.Delivery, channel, ts string) error
	RecordTold(ctx context.Context, d *store.Delivery, told []store.Told) error
	RecordFailure(ctx context.Context, d *store.Delivery, f store.Failure) error
	Fold(ctx context.Context, at calendar.Instant) (folded int, err error)
	FoundInSlack(ctx context.Context, p *store.Person, user string) error
}

// New makes a Notifier, and refuses settings that cannot work. Its errors never
// hold a secret.
func New(cfg Config, l Ledger, log *slog.Logger) (*Notifier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	n := &Notifier{
		cfg: cfg, mode: cfg.mode(), ledger: l, log: log, worker: rand.Text(),
		poked: make(chan struct{}, 1), lanes: lanes{every: rate.Limit(cfg.PerChannel)}, pace: rate.NewLimiter(rate.Limit(cfg.PerSecond), burst),
	}
	var err error
	if n.post, err = newPost(cfg.Mail, l); err != nil {
		return nil, err
	}
	switch n.mode {
	case Bot:
		n.bot = newBot(cfg, l, &n.lanes, &n.clock)
		n.door = n.bot
		if n.edits, _ = l.(editLedger); n.edits != nil {
			n.bot.joined = n.takeBackFrom
		}
	case Webhook:
		n.door = newWebhook(cfg, &n.lanes, &n.clock)
		log.Info("Slack is reached by an incoming webhook: everything goes to its one channel, and a message whose sending was doubtful is sent again")
	default:
		if n.post != nil {
			log.Info("Slack is not configured: everything goes by e-mail")
			break
		}
		log.Info("deliveries wait until Slack is configured: set KEPT_SLACK_BOT_TOKEN or KEPT_SLACK_WEBHOOK_URL")
	}
	return n, nil
}

// burst is how many messages may go at once before the pace holds them back.
const burst = 5

// Mode is how this Notifier reaches Slack.
func (n *Notifier) Mode() Mode { return n.mode }

// answerable reports whether messages may have buttons: a bot's, that somebody answers.
func (n *Notifier) answerable() bool { return n.mode == Bot && n.cfg.Interactive }

// Mails reports whether there is e-mail to turn to.
func (n *Notifier) Mails() bool { return n.post != nil }

// Trouble says since when and why no messages can be sent; 0 and "" if they can.
func (n *Notifier) Trouble() (since calendar.Instant, why string) { return n.gate.trouble() }

func (c Config) withDefaults() Config {
	c.Grace = cmp.Or(c.Grace, time.Minute)
	c.Timeout = cmp.Or(c.Timeout, min(10*time.Second, c.Grace))
	c.Lease = cmp.Or(c.Lease, 6*c.Timeout)
	c.PerSecond = cmp.Or(c.PerSecond, 20)
	c.OnUncertain = cmp.Or(c.OnUncertain, Hold)
	c.PerChannel = cmp.Or(c.PerChannel, 1)
	if c.Transport == nil {
		c.Transport = defaultTransport()
	}
	if c.Chance == nil {
		c.Chance = chance
	}
	return c
}

func (c Config) mode() Mode {
	switch {
	case c.BotToken != "":
		return Bot
	case c.WebhookURL != "":
		return Webhook
	}
	return Off
}

// trust is how much of a lease must be left for a message to be sent: Slack then has it
// within two timeouts of the intent, or never, and what is left of lease and grace is
// Slack's to show it in.
func (c Config) trust() time.Duration { return c.Lease - c.Timeout }

func (c Config) check() error {
	switch {
	case c.APIURL != "" && (!absolute(c.APIURL, "http", "https") || !strings.HasSuffix(c.APIURL, "/")):
		return errors.New("KEPT_SLACK_API_URL: want an http or https address that ends in /")
	case c.mode() == Bot && (strings.TrimSpace(c.BotToken) != c.BotToken || !strings.HasPrefix(c.BotToken, "xoxb-")):
		return errors.New("KEPT_SLACK_BOT_TOKEN: a bot token begins with xoxb- and has no spaces around it")
	case c.mode() == Webhook && c.APIURL == "" && !absolute(c.WebhookURL, "https"),
		c.mode() == Webhook && !absolute(c.WebhookURL, "https", "http"):
		return errors.New("KEPT_SLACK_WEBHOOK_URL: want the https address that Slack shows for the incoming webhook")
	case c.Lease < 3*c.Timeout:
		return fmt.Errorf("a lease of %s is too short for calls of up to %s", c.Lease, c.Timeout)
	case c.OnUncertain != Hold && c.OnUncertain != Resend:
		return fmt.Errorf("KEPT_SLACK_ON_UNCERTAIN: %q is neither hold nor resend", brief(c.OnUncertain))
	case c.Grace < c.Timeout:
		return fmt.Errorf("KEPT_SLACK_GRACE: %s is shorter than one call may take, %s", c.Grace, c.Timeout)
	}
	return nil
}

func absolute(address string, schemes ...string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return true
		}
	}
	return false
}
