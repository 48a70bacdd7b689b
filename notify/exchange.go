package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
)

// exchange is what was seen of one call on the wire, which Slack's client does not
// tell: whether anything was sent at all, and what the answer's head said.
type exchange struct {
	begun  atomic.Bool // a connection was there: from here on Slack may have it
	status atomic.Int32
	header atomic.Pointer[http.Header]
}

type exchangeKey struct{}

// observe is a context under which one call is observed. The call goes on when its
// parent is cancelled: one given up in the middle is one nobody knows the end of.
func observe(ctx context.Context) (context.Context, *exchange) {
	x := &exchange{}
	ctx = context.WithValue(context.WithoutCancel(ctx), exchangeKey{}, x)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { x.begun.Store(true) },
	}), x
}

func (x *exchange) head(name string) string {
	if h := x.header.Load(); h != nil {
		return h.Get(name)
	}
	return ""
}

// wait is how long a 429 asks us to wait, within bounds.
func (x *exchange) wait() time.Duration { return retryAfter(x.head("Retry-After")) }

// location is where a redirect points, without the parts that may hold a secret.
func (x *exchange) location() string {
	u, err := url.Parse(x.head("Location"))
	if err != nil || u.Host == "" {
		return "another address"
	}
	return brief(u.Scheme + "://" + u.Host)
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 1 << 20

// wire carries calls: it adds the token as a header too, notes what happens and what
// time it is at Slack, and bounds what is read.
type wire struct {
	next  http.RoundTripper
	token string
	clock *slackClock
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	answer, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.clock.note(answer.Header.Get("Date"))
	if x, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		x.begun.Store(true)
		x.status.Store(int32(answer.StatusCode))
		x.header.Store(&answer.Header)
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

// httpClient makes calls that end, go nowhere else, and are never repeated.
func httpClient(cfg Config, token string, clock *slackClock) *http.Client {
	return &http.Client{
		Transport:     wire{cfg.Transport, token, clock},
		Timeout:       cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Client is Slack's own client for this configuration: its calls end, go nowhere else, and
// are never repeated.
func (c Config) Client() *slack.Client { return c.client(c.BotToken) }

// AppClient is the same for what is asked with the app's own token: a socket.
func (c Config) AppClient(token string) *slack.Client {
	return c.client(token, slack.OptionAppLevelToken(token))
}

func (c Config) client(token string, more ...slack.Option) *slack.Client {
	c = c.withDefaults()
	options := []slack.Option{slack.OptionAPIURL(cmp.Or(c.APIURL, slack.APIURL)), slack.OptionHTTPClient(c.tokenClient(token))}
	return slack.New(token, append(options, more...)...)
}

// Bare is an HTTP client for this configuration that carries no token: for addresses
// that Slack hands out, which are their own key.
func (c Config) Bare() *http.Client { return c.withDefaults().tokenClient("") }

func (c Config) tokenClient(token string) *http.Client { return httpClient(c, token, &slackClock{}) }

func defaultTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialAbruptly,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        manyInHand,
		MaxIdleConnsPerHost: manyInHand,
		IdleConnTimeout:     30 * time.Second,
	}
}

// dialAbruptly makes connections that take back, when they are closed, what has not
// arrived yet: else the kernel goes on trying for minutes, and a message given up in a
// broken network would arrive after it was looked for, and sent again.
func dialAbruptly(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetLinger(0))
	}
	return conn, err
}
