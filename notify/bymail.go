package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"

	gomail "github.com/wneessen/go-mail"
)

// post is the second way out: e-mail, for what Slack does not take. What the mail
// server has taken is recorded as sent, and never goes to Slack. Unlike Slack it
// cannot be asked afterwards: a message is mailed at least once, under one Message-ID.
type post struct {
	relay  *relay
	ledger mailLedger
	after  time.Duration

	mu      sync.Mutex // one round at a time; guards the rest
	session *session   // nil until there is something to send, and after a fault
	until   time.Time  // the server is left alone till then
	faults  int        // in a row
	why     string     // of the last fault; "" once the server takes messages
	watch   watch
}

// Bounds of a round by e-mail.
const (
	mailHand     = 4               // deliveries claimed together
	mailLease    = 4 * time.Minute // longer than handing over one message can take
	mailPatience = time.Minute     // no message is begun after that
)

// Waits of a message that did not go by e-mail, before e-mail is tried again.
const (
	mailAgain   = 5 * time.Minute
	mailHourly  = time.Hour
	doubtfulFor = time.Hour // how long Slack is left to say whether it has a message
)

// mailLedger is what e-mail needs of the ledger, besides what Slack does: a *store.Store.
type mailLedger interface {
	ClaimForMail(ctx context.Context, c store.MailClaim) ([]store.Delivery, error)
	MailTo(ctx context.Context, d *store.Delivery) (to store.Person, told bool, err error)
	IntendMail(ctx context.Context, d *store.Delivery, lease time.Duration) error
	MailFailed(ctx context.Context, d *store.Delivery, f store.MailFailure) error

	Trouble(ctx context.Context) (now store.Trouble, lasted time.Duration, err error)
	TroubleMet(ctx context.Context, class, code, why string) error
	TroubleOver(ctx context.Context) error
	ClaimNotice(ctx context.Context, after, lease time.Duration) (n store.Notice, owed bool, err error)
	NoticeSent(ctx context.Context, n *store.Notice) error
}

func newPost(m Mail, l Ledger) (*post, error) {
	if m.URL == "" {
		if m.From != "" {
			return nil, errors.New("KEPT_MAIL_FROM is set and KEPT_SMTP_URL is not: e-mail needs both")
		}
		return nil, nil
	}
	r, err := newRelay(m)
	if err != nil {
		return nil, err
	}
	ledger, ok := l.(mailLedger)
	if !ok {
		return nil, errors.New("this ledger keeps no account of e-mail")
	}
	return &post{relay: r, ledger: ledger, after: cmp.Or(m.After, 15*time.Minute)}, nil
}

// deliverByMail sends what is owed and what Slack has not taken for too long, and
// tells the administrators of it.
func (n *Notifier) deliverByMail(ctx context.Context, r *round) error {
	p := n.post
	if p == nil || !p.mu.TryLock() {
		return nil
	}
	defer p.mu.Unlock()
	s, err := n.troubled(ctx)
	if err != nil || p.resting() {
		return err
	}
	defer p.hangUp()
	m := &mailRound{n: n, r: r, slack: s, claim: store.MailClaim{Worker: n.worker, At: r.at, Limit: mailHand, Lease: mailLease, Grace: n.cfg.Grace}}
	m.claim.Owed = n.mode == Off || s.ID != 0 && s.lasted >= p.after
	if n.mode == Off || s.lasted >= doubtfulFor {
		m.claim.Doubtful = doubtfulFor
	}
	if err := m.notices(ctx); err != nil {
		return err
	}
	return m.run(ctx)
}

// resting reports whether the mail server is left alone for now.
func (p *post) resting() bool { return time.Now().Before(p.until) }

func (p *post) hangUp() {
	if p.session != nil {
		p.session.close()
		p.session = nil
	}
}

// mailRound is one round of e-mails.
type mailRound struct {
	n     *Notifier
	r     *round
	slack standing
	claim store.MailClaim
}

func (m *mailRound) run(ctx context.Context) error {
	ends := time.Now().Add(mailPatience)
	goes := func() bool { return ctx.Err() == nil && time.Now().Before(ends) && !m.n.post.resting() }
	for goes() {
		held, err := m.n.post.ledger.ClaimForMail(context.WithoutCancel(ctx), m.claim)
		if err != nil || len(held) == 0 {
			return err
		}
		for i := range held {
			d := &held[i]
			if goes() {
				err = m.deliver(ctx, d)
			} else {
				err = m.putBack(d, store.MailFailure{Mailed: d.MailedAt != 0})
			}
			if err != nil && !errors.Is(err, store.ErrFenced) {
				return err
			}
		}
	}
	return nil
}

// deliver takes one claimed delivery as far as e-mail takes it. A panic is contained
// as it is in deliveries to Slack.
func (m *mailRound) deliver(ctx context.Context, d *store.Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			v := m.n.panicked(fmt.Sprint("delivery ", d.ID), p)
			m.n.post.drop()
			err = m.putBack(d, store.MailFailure{Mailed: d.MailedAt != 0, After: mailHourly, Class: string(v.class), Message: v.String()})
		}
	}()
	reading := context.WithoutCancel(ctx)
	letter, err := m.n.ledger.Letter(reading, d, m.claim.At)
	if err != nil {
		return err
	}
	to, told, err := m.n.post.ledger.MailTo(reading, d)
	if err != nil {
		return err
	}
	switch v := stillTrue(d, &letter); {
	case v.ok() && !told && to.Email != "":
		return m.write(ctx, d, &letter, &to)
	case v.ok() && !told:
		return m.putBack(d, store.MailFailure{After: mailHourly, Class: string(nowhere), Message: "Slack takes nothing, and there is no e-mail address to turn to"})
	case d.Ambiguous: // Slack must be asked first
		return m.putBack(d, store.MailFailure{Mailed: d.MailedAt != 0, After: mailHourly})
	case told:
		return m.end(d, verdict{class: twin, code: "told-elsewhere", text: "told in an e-mail of their own"})
	default:
		return m.end(d, v)
	}
}

// write makes an e-mail of a delivery and sends it.
func (m *mailRound) write(ctx context.Context, d *store.Delivery, l *store.Letter, to *store.Person) error {
	unfit := func(err error) error {
		return m.putBack(d, store.MailFailure{After: store.MailLater, Class: string(mailRefused), Message: "it cannot be written as e-mail: " + brief(err.Error())})
	}
	pages, err := write(d, l, false)
	if err != nil {
		return unfit(err)
	}
	e, err := m.n.post.relay.compose(to.Email, d.Key, pages[0], m.head(d))
	if err != nil {
		return unfit(err)
	}
	if err := m.n.addParts(ctx, d, pages[1:]); err != nil {
		return err
	}
	return m.send(ctx, d, to, e)
}

// head says why a message comes by e-mail.
func (m *mailRound) head(d *store.Delivery) (h letterhead) {
	if m.slack.ID != 0 {
		h = append(h, "Slack has taken no messages from Kept since "+moment(m.slack.Since, time.UTC)+", so this comes by e-mail.")
	}
	if strings.HasPrefix(d.Destination, "channel:") {
		h = append(h, "In Slack your team's channel would be told. You get it because you lead the team.")
	}
	if d.Ambiguous {
		h = append(h, "You may have seen this in Slack already.")
	}
	return h
}

// moment is an instant as people read it, with its zone.
func moment(at calendar.Instant, zone *time.Location) string {
	return at.Time().In(zone).Format("Mon 2 Jan 15:04 MST")
}

// send notes, durably, that the mail server may have a message from here on, sends it
// once, and records what came of it.
func (m *mailRound) send(ctx context.Context, d *store.Delivery, to *store.Person, e *gomail.Msg) error {
	before := d.MailedAt != 0 // in doubt; if it ends in doubt again, and Slack is there, Slack is next
	if v := m.n.pickUp(ctx); !v.ok() {
		return m.putBack(d, store.MailFailure{Mailed: before && m.slack.ID != 0})
	}
	lasting, cancel := m.n.lasting(ctx)
	defer cancel()
	if err := m.n.post.ledger.IntendMail(lasting, d, mailLease); err != nil {
		return err
	}
	v := m.n.hand(e)
	var f store.MailFailure
	switch v.class {
	case accepted:
		err := m.n.recordSent(ctx, d, sent{channel: fmt.Sprintf("mailto:%d", to.ID)})
		if err == nil {
			m.r.note(d, accepted, 0)
		}
		return err
	case doubtful:
		f = store.MailFailure{Mailed: m.slack.ID != 0 || m.n.mode == Off || !before, Class: string(doubtful), Message: brief(v.text)}
		f.After = min(mailHourly, m.n.cfg.Grace<<min(d.Attempt, 6))
	case busy:
		f.After = mailAgain
	case mailRefused:
		f = store.MailFailure{After: store.MailLater, Class: string(mailRefused), Message: brief(v.text)}
		m.n.log.Warn("an e-mail is refused: its message waits for Slack", "delivery", d.ID, "detail", v.text)
	}
	return m.putBack(d, f)
}

// putBack leaves a delivery to Slack, and to a later round.
func (m *mailRound) putBack(d *store.Delivery, f store.MailFailure) error {
	ctx, cancel := m.n.lasting(context.Background())
	defer cancel()
	err := m.n.post.ledger.MailFailed(ctx, d, f)
	if err == nil {
		m.r.note(d, shut, 0)
	}
	return err
}

// end is for what is not to be told any more.
func (m *mailRound) end(d *store.Delivery, v verdict) error {
	return m.n.putBack(context.Background(), d, v, m.r)
}

// pickUp opens a session with the mail server where there is none.
func (n *Notifier) pickUp(ctx context.Context) verdict {
	p := n.post
	if p.session != nil {
		return verdict{}
	}
	l, v := p.relay.connect(ctx)
	if v.ok() {
		p.session = l
	} else if ctx.Err() == nil {
		n.mailFault(v)
	}
	return v
}

// hand gives one e-mail to the mail server.
func (n *Notifier) hand(e *gomail.Msg) verdict {
	p := n.post
	v := p.session.send(e)
	switch v.class {
	case accepted:
		if p.why != "" {
			n.log.Info("the mail server takes messages again", "was", p.why)
		}
		p.faults, p.why = 0, ""
		return v
	case mailDown, doubtful:
		n.mailFault(v)
	}
	p.drop()
	return v
}

// drop ends a session on which something went wrong: the next message gets another.
func (p *post) drop() {
	if p.session != nil {
		p.session.hangUp()
		p.session = nil
	}
}

// mailFault leaves the mail server alone for a while, longer with each fault in a row.
func (n *Notifier) mailFault(v verdict) {
	p := n.post
	p.until = time.Now().Add(min(maxWait, 10*time.Second<<min(p.faults, 10)))
	p.faults++
	if p.why != v.code {
		p.why = v.code
		n.log.Error("no e-mail can be sent", "code", v.code, "detail", v.text)
	}
}

// compose makes an e-mail. The key makes its Message-ID, so that mail programs know a
// repeated one for the same. Nothing from outside gets into its head but the address
// and one line of subject, which are encoded.
func (r *relay) compose(to, key string, m message, head letterhead) (*gomail.Msg, error) {
	text, page, err := m.mailText(head)
	if err != nil {
		return nil, err
	}
	e := gomail.NewMsg()
	if err := e.From(r.from); err != nil {
		return nil, err
	}
	if err := e.To(to); err != nil {
		return nil, errors.New("the address is not one")
	}
	_, domain, _ := strings.Cut(r.from, "@")
	e.SetMessageIDWithValue(key + "@" + domain)
	e.SetDate()
	e.SetGenHeader("Auto-Submitted", "auto-generated")
	e.Subject(m.subject())
	e.SetBodyString(gomail.TypeTextPlain, text)
	e.AddAlternativeString(gomail.TypeTextHTML, page)
	return e, nil
}
