package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Mail says how e-mail is sent when Slack takes nothing. The zero Mail sends none.
type Mail struct {
	URL   string        // smtp://user:password@host:587, smtps://host:465; a secret
	From  string        // the sender's address
	After time.Duration // 15m: how long Slack must have been taking nothing

	Roots *x509.CertPool                                                       // who may vouch for the server; nil is whom this machine trusts
	Dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil is a plain connection
}

// ErrNoMail says that no e-mail is configured.
var ErrNoMail = errors.New("no e-mail is configured: set KEPT_SMTP_URL and KEPT_MAIL_FROM")

// CheckMail looks whether the mail server would take messages: it connects, encrypts,
// signs in, and sends nothing. Its error is ErrNoMail, or says what is wrong without
// any secret.
func (n *Notifier) CheckMail(ctx context.Context) error {
	if n.post == nil {
		return ErrNoMail
	}
	l, v := n.post.relay.connect(ctx)
	if !v.ok() {
		return errors.New(v.String())
	}
	l.close()
	return nil
}

// relay is the mail server that takes our messages.
type relay struct {
	host, user, pass string
	port             int
	secure           security
	from             string
	tls              *tls.Config
	dial             func(ctx context.Context, network, address string) (net.Conn, error)
}

// security is how a connection is encrypted.
type security int

const (
	whereOffered security = iota // STARTTLS
	demanded                     // STARTTLS, or nothing is sent
	fromTheStart
	none
)

// What the mail server's answers mean for a message, besides those of Slack's.
const (
	mailDown    class = "mail-down"    // the server takes nothing from us now
	mailRefused class = "mail-refused" // it will never take this message
)

// How long the mail server may take to answer one question. Many look through a message
// before they say that they have it, and one given up too early is sent again.
const (
	maxStep    = 10 * time.Second
	maxReading = 30 * time.Second // while a message is handed over
)

// newRelay reads the settings of e-mail, and refuses those that cannot work.
func newRelay(m Mail) (*relay, error) {
	r, err := readRelay(m.URL)
	if err != nil {
		return nil, fmt.Errorf("KEPT_SMTP_URL %w", err)
	}
	if err := CheckMailFrom(m.From); err != nil {
		return nil, fmt.Errorf("KEPT_MAIL_FROM %w", err)
	}
	r.from, r.dial = m.From, m.Dial
	r.tls = &tls.Config{ServerName: r.host, MinVersion: tls.VersionTLS12, RootCAs: m.Roots}
	if r.dial == nil {
		r.dial = (&net.Dialer{Timeout: maxStep}).DialContext
	}
	return r, nil
}

// CheckMailURL says what is wrong with the address of a mail server, and never what it
// holds.
func CheckMailURL(address string) error {
	_, err := readRelay(address)
	return err
}

// CheckMailFrom says what is wrong with the address that e-mail comes from.
func CheckMailFrom(address string) error {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		return errors.New("is not an e-mail address: write it as kept@example.com")
	}
	return nil
}

func readRelay(address string) (*relay, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("is not a mail server: write smtp://user:password@host:587 or smtps://user:password@host:465, with signs such as @ or / in the password as %40 or %2F")
	}
	r := &relay{host: u.Hostname(), user: u.User.Username()}
	r.pass, _ = u.User.Password()
	switch {
	case u.RawQuery != "" && u.RawQuery != "tls=none":
		return nil, errors.New("may hold nothing but tls=none after the question mark")
	case u.RawQuery != "" && (u.Scheme == "smtps" || u.User != nil || !onLoopback(r.host)):
		return nil, errors.New("may say tls=none only of a relay on this machine, without user and password: smtp://127.0.0.1:25?tls=none")
	case u.User != nil && (r.user == "" || r.pass == ""):
		return nil, errors.New("wants both a user and a password, or neither")
	case u.RawQuery != "":
		r.secure = none
	case u.Scheme == "smtps":
		r.secure = fromTheStart
	case u.User != nil:
		r.secure = demanded
	}
	if r.port, err = strconv.Atoi(cmp.Or(u.Port(), r.secure.port())); err != nil || r.port < 1 || r.port > 65535 {
		return nil, errors.New("wants a port up to 65535")
	}
	return r, nil
}

func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (s security) port() string {
	switch s {
	case fromTheStart:
		return "465"
	case none:
		return "25"
	}
	return "587"
}

// session is a connection to the mail server, signed in.
type session struct {
	client *gomail.Client
	conn   *stepped
}

// connect opens a session. A verdict that is not accepted says why the server takes
// nothing at all now.
func (r *relay) connect(ctx context.Context) (*session, verdict) {
	l, patient := &session{}, func() bool { return true }
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := r.dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		l.conn, patient = &stepped{Conn: conn, step: maxStep}, context.AfterFunc(ctx, func() { _ = conn.Close() })
		if r.secure == fromTheStart {
			return tls.Client(l.conn, r.tls), nil
		}
		return l.conn, nil
	}
	client, err := gomail.NewClient(r.host, append(r.options(), gomail.WithDialContextFunc(dial))...)
	if err == nil {
		err = client.DialWithContext(ctx)
	}
	patient()
	if err != nil {
		l.hangUp()
		return nil, judgeConnect(err)
	}
	l.client = client
	return l, verdict{}
}

func (r *relay) options() []gomail.Option {
	o := []gomail.Option{gomail.WithPort(r.port), gomail.WithTimeout(maxStep), gomail.WithTLSConfig(r.tls), gomail.WithTLSPolicy(gomail.TLSOpportunistic)}
	switch r.secure {
	case demanded:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case fromTheStart:
		o = append(o, gomail.WithSSL())
	case none:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if r.user != "" {
		o = append(o, gomail.WithUsername(r.user), gomail.WithPassword(r.pass),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return o
}

// judgeConnect says why there is no session. What the server says for itself is not
// repeated: it knows our password.
func judgeConnect(err error) verdict {
	var answer *textproto.Error
	var nonsense textproto.ProtocolError
	var untrusted *tls.CertificateVerificationError
	v := verdict{class: mailDown, code: "mail-unreachable", text: "the mail server cannot be reached: " + brief(err.Error())}
	switch {
	case errors.As(err, &answer) && answer.Code >= 530 && answer.Code <= 538:
		v.code, v.text = "mail-sign-in", fmt.Sprintf("the mail server refuses our user and password (%d): set the right ones in KEPT_SMTP_URL", answer.Code)
	case errors.As(err, &answer):
		v.code, v.text = "mail-closed", fmt.Sprintf("the mail server refuses us (%d)", answer.Code)
	case errors.As(err, &nonsense):
		v.code, v.text = "mail-nonsense", "the mail server does not speak as one: check the port in KEPT_SMTP_URL, and smtp:// against smtps://"
	case errors.As(err, &untrusted):
		v.code, v.text = "mail-certificate", "the mail server's certificate is not to be trusted: "+brief(untrusted.Err.Error())
	}
	return v
}

// send hands over one message, exactly once. A server that stops answering ends it
// within maxReading, one that takes all the time it may within mailLease.
func (l *session) send(m *gomail.Msg) verdict {
	l.conn.step = maxReading
	err := l.client.Send(m)
	if err == nil || m.IsDelivered() {
		return verdict{}
	}
	return judgeMail(err)
}

// judgeMail says what became of a message, from how far it got and the code it met:
// once its text has ended, no answer means that nobody knows.
func judgeMail(err error) verdict {
	var e *gomail.SendError
	if !errors.As(err, &e) {
		return verdict{class: doubtful, code: "mail-unclear", text: "the mail server may have it"}
	}
	code := e.ErrorCode()
	said := strings.TrimSpace(fmt.Sprintf("%d %s", code, e.EnhancedStatusCode()))
	switch {
	case e.Reason == gomail.ErrSMTPMailFrom && code != 0:
		return verdict{class: mailDown, code: "mail-sender", text: "the mail server does not take the sender of KEPT_MAIL_FROM (" + said + ")"}
	case code == 0 && e.Reason == gomail.ErrSMTPDataClose:
		return verdict{class: doubtful, code: "mail-unclear", text: "the mail server may have it: the connection broke before it said so"}
	case code == 0:
		return verdict{class: mailDown, code: "mail-broken", text: "the connection broke while " + e.Reason.String()}
	case code < 500:
		return verdict{class: busy, code: "mail-later", text: "the mail server takes it later (" + said + ")"}
	}
	return verdict{class: mailRefused, code: "mail-refused", text: "the mail server refuses it (" + said + ")"}
}

// close ends a session in good order.
func (l *session) close() {
	_ = l.client.Close() // whatever was sent is settled
	l.hangUp()
}

func (l *session) hangUp() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// stepped is a connection on which each question must be answered in time, and within
// bounds.
type stepped struct {
	net.Conn
	step time.Duration
	read int // since the last question
}

// Write sends a question, or a part of it.
func (c *stepped) Write(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.step)); err != nil {
		return 0, err
	}
	c.read = 0
	return c.Conn.Write(b)
}

// Read takes a part of the answer.
func (c *stepped) Read(b []byte) (int, error) {
	if c.read > maxAnswer {
		return 0, errors.New("the answer is too long")
	}
	n, err := c.Conn.Read(b)
	c.read += n
	return n, err
}
