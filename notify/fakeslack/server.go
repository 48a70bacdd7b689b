// Package fakeslack is a Slack workspace in a value: an http.Handler that
// answers the Web API, incoming webhooks, response URLs and Socket Mode the
// way Slack does, refuses what Slack refuses, and can be told to fail in every
// way Slack and the network between can fail. Its accept log is the truth a
// delivery test is judged by, and what the demo shows.
//
// People use it as Slack's own client would let them: they click what they see,
// fill and submit what is open, type commands. What they do reaches the app by
// one of the ways Connect is given.
//
// Nothing here was copied from a running Slack: limits and error codes follow
// Slack's published documentation, and the same contract tests run against an
// independent public emulator.
package fakeslack

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The tokens and the secret every Server knows from the start. They open
// nothing outside this package.
const (
	BotToken      = "xoxb-fake-bot"
	AppToken      = "xapp-fake-app"
	SigningSecret = "fake-signing-secret"
)

// Identity of the app the default tokens belong to.
const (
	TeamID    = "T0FAKE"
	TeamName  = "Fake Workspace"
	BotUserID = "U0KEPTBOT"
	BotID     = "B0KEPT"
	AppID     = "A0KEPT"
)

// Server is one workspace. It is safe for use by many goroutines.
type Server struct {
	now           func() time.Time
	sleep         func(context.Context, time.Duration) error
	pingEvery     time.Duration
	signingSecret string
	patience      time.Duration

	mu       sync.Mutex
	rand     *rand.Rand
	baseURL  string
	lag      time.Duration
	rate     rate
	tokens   map[string]Token
	users    map[string]User
	order    []string // channel ids in the order they were added or opened
	channels map[string]*channel
	hooks    map[string]string // webhook token → channel id
	urls     map[string]*responseURL
	triggers map[string]*trigger
	views    []*View
	domains  []string // whose links the app is told of
	log      []*Message
	calls    []Call
	faults   []*injected
	sockets  map[string]*socket // by ticket; nil until dialled
	requests []Request
	lastTS   int64 // µs of the newest message: timestamps never repeat
	lastID   int

	connection Connection
}

// Option changes a Server while New makes it.
type Option func(*Server)

// WithClock makes the server tell time by now instead of time.Now.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.now = now } }

// WithSleep makes delays wait by sleep, which returns early with the context's
// error once that is done.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return func(s *Server) { s.sleep = sleep }
}

// WithSeed seeds the chance by which faults strike. The default seed is 1.
func WithSeed(seed uint64) Option {
	return func(s *Server) { s.rand = rand.New(rand.NewPCG(seed, seed)) }
}

// WithSigningSecret replaces SigningSecret.
func WithSigningSecret(secret string) Option { return func(s *Server) { s.signingSecret = secret } }

// WithPingEvery sets how often open sockets are pinged; 5 s unless told.
func WithPingEvery(d time.Duration) Option { return func(s *Server) { s.pingEvery = d } }

// New makes a workspace with Kept's app installed and nobody else in it. It
// knows BotToken and AppToken.
func New(opts ...Option) *Server {
	s := &Server{
		now: time.Now, sleep: sleep, pingEvery: 5 * time.Second, signingSecret: SigningSecret, patience: patience,
		rand: rand.New(rand.NewPCG(1, 1)), baseURL: "http://slack.invalid",
		tokens: map[string]Token{}, users: map[string]User{}, channels: map[string]*channel{},
		hooks: map[string]string{}, urls: map[string]*responseURL{},
		triggers: map[string]*trigger{}, sockets: map[string]*socket{},
	}
	for _, o := range opts {
		o(s)
	}
	s.AddUser(User{ID: BotUserID, Name: "kept", RealName: "Kept", Bot: true})
	s.AddToken(Token{Value: BotToken})
	s.AddToken(Token{Value: AppToken, Scopes: []string{"connections:write"}})
	return s
}

// sleep waits for d or for ctx to be done, whichever is first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SetBaseURL tells the server where it can be reached, without a trailing
// slash: response URLs and webhooks handed out afterwards begin with it.
func (s *Server) SetBaseURL(url string) {
	s.locked(func() { s.baseURL = strings.TrimSuffix(url, "/") })
}

// SetHistoryLag hides messages from conversations.history and .replies until
// they are d old, as Slack's own reads may trail its writes.
func (s *Server) SetHistoryLag(d time.Duration) { s.locked(func() { s.lag = d }) }

func (s *Server) locked(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// ServeHTTP answers one request: the Web API under /api/, incoming webhooks
// under /webhook/, response URLs under /response/, sockets under /socket/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	c, err := s.parse(r)
	if err != nil {
		s.note(c, s.render(c, nil, err)).write(w)
		return
	}
	if c.method == "socket" {
		s.serveSocket(w, r, c)
		return
	}
	f := s.strike(c)
	if m, ok := w.(*memoryWriter); ok && !f.Answer.unsent {
		m.sent()
	}
	truth := s.work(r.Context(), c, f)
	if f.Delay > 0 && s.sleep(r.Context(), f.Delay) != nil {
		return
	}
	if f.Answer.write == nil {
		truth.write(w)
		return
	}
	f.Answer.write(s, w, r, truth)
}

// work does what the call asks as far as the fault lets it, and answers the
// truth about it. What Slack has begun it finishes, whether or not the caller
// waits.
func (s *Server) work(ctx context.Context, c *call, f Fault) reply {
	if f.Work > 0 {
		s.sleep(context.WithoutCancel(ctx), f.Work)
	}
	if f.Accepted || f.Answer.write == nil {
		return s.note(c, s.run(c))
	}
	return s.note(c, reply{})
}

// run does what the call asks, with the workspace locked.
func (s *Server) run(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.method {
	case "webhook":
		return s.webhook(c)
	case "response_url":
		return s.respond(c)
	}
	m, ok := methods[c.method]
	if !ok {
		return s.render(c, nil, failure("unknown_method"))
	}
	if err := s.authorise(c, m); err != nil {
		return s.render(c, nil, err)
	}
	answer, err := m.run(s, c)
	return s.render(c, answer, err)
}

// ErrorLog is a logger for an http.Server in front of a Server that keeps
// quiet about the connections its faults break on purpose.
func ErrorLog() *log.Logger { return log.New(io.Discard, "", 0) }
