package slackapp

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"kept/notify/kit"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// Limits of Socket Mode.
const (
	inHand    = 32               // requests that are carried out at a time
	answerFor = 10 * time.Second // how long one may take: Slack shows an error after 3
	quietFor  = 30 * time.Second // without a ping from Slack the connection counts as dead
	stands    = 10 * time.Second // a connection that lasted so long was a good one
	lingers   = 10 * time.Second // how long Slack may use one that it wants replaced
	maxAck    = 20<<10 - 1       // an answer from there on is dropped by Slack, in bytes
	maxAnswer = maxAck - 200     // … without its envelope
)

// Listen keeps a Socket Mode connection open, and answers what comes over it, until ctx
// ends: then nothing more is begun, and what is in hand is finished. It goes on for
// ever, whatever Slack says: a token may be put right there.
//
// An answer takes the connection its request came by, and Slack still sends requests by
// one that it wants replaced: so that is kept until Slack closes it and all that came by
// it is answered, while the next is opened. What was not answered Slack sends again, and
// it is carried out once.
func (a *App) Listen(ctx context.Context) {
	var closing sync.WaitGroup
	defer closing.Wait()
	api := a.cfg.Slack.AppClient(a.cfg.AppToken)
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		s, err := a.openSocket(ctx, api)
		if err == nil {
			err = s.read(ctx)
			if s.greeted && !errors.Is(err, errDismissed) {
				failures = 0
			}
			closing.Go(func() { s.leave(ctx, err) })
		}
		if failures++; time.Since(began) > stands {
			failures = 0
		}
		a.line.broken(err)
		a.pause(ctx, pauseAfter(failures, err))
	}
}

// pause waits, and no longer than until ctx ends.
func (a *App) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// pauseAfter is how long to wait after some failures in a row, the last of which is
// given: up to a minute, or as long as Slack asks for.
func pauseAfter(failures int, err error) time.Duration {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return min(max(limited.RetryAfter, time.Second), 5*time.Minute)
	}
	if failures == 0 {
		return 0
	}
	longest := min(250*time.Millisecond<<min(failures, 10), time.Minute)
	return longest/2 + rand.N(longest/2) //nolint:gosec // it keeps processes apart, no more
}

// socket is one connection of Socket Mode.
type socket struct {
	app     *App
	conn    *websocket.Conn
	greeted bool // Slack has said hello
	write   sync.Mutex
	busy    sync.WaitGroup // what came by it and is not answered yet
}

// envelope is what comes over a socket.
type envelope struct {
	ID         string          `json:"envelope_id"`
	Type       string          `json:"type"`
	Reason     string          `json:"reason"` // of a disconnect
	Payload    json.RawMessage `json:"payload"`
	Connection struct {
		App string `json:"app_id"`
	} `json:"connection_info"` // in a greeting
}

// kinds are the doors as Socket Mode names them.
var kinds = map[string]Door{"slash_commands": Commands, "interactive": Interactions, "events_api": Events}

func (a *App) openSocket(ctx context.Context, api *slack.Client) (*socket, error) {
	_, address, err := api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, err
	}
	if !a.mayDial(address) {
		return nil, errors.New("the address that Slack gave is not one of Slack's")
	}
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: answerFor, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		WriteBufferSize: maxAck + 1, // Slack does not put together what comes in pieces
	}
	conn, answer, err := dialer.DialContext(ctx, address, nil) //nolint:bodyclose // it is no body: the library keeps the connection
	if err != nil {
		if answer != nil {
			err = fmt.Errorf("%w: %s", err, answer.Status)
		}
		return nil, err
	}
	conn.SetReadLimit(MaxRequest)
	conn.SetCloseHandler(func(int, string) error { return nil }) // answered once the rest is: nothing can be written after that
	return &socket{app: a, conn: conn}, nil
}

// mayDial reports whether a connection may be opened to an address: to Slack only,
// unless we were told of another Slack.
func (a *App) mayDial(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if a.cfg.Slack.APIURL != "" {
		return u.Scheme == "ws" || u.Scheme == "wss"
	}
	host := u.Hostname()
	return u.Scheme == "wss" && (strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com"))
}

// Why Slack asks for the end of a connection.
var (
	errRefresh   = errors.New("asked by Slack for a new connection") // which is no failure
	errDismissed = errors.New("Slack does not want this connection") //nolint:staticcheck // Slack is a name
)

// farewell is what Slack's asking for the end of a connection means.
func farewell(reason string) error {
	switch reason {
	case "link_disabled", "too_many_websockets":
		return fmt.Errorf("%w: %s", errDismissed, reason)
	}
	return fmt.Errorf("%w: %s", errRefresh, kit.Line(reason, 100))
}

// read begins whatever comes, until the connection is to be replaced, or ctx ends.
func (s *socket) read(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Now()) })()
	s.conn.SetPingHandler(func(data string) error {
		_ = s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(answerFor)) // what fails shows in reading
		return s.listenOn(ctx)
	})
	for {
		if err := s.listenOn(ctx); err != nil {
			return err
		}
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			return s.ended(ctx, err)
		}
		var e envelope
		if err := json.Unmarshal(raw, &e); err != nil {
			s.app.log.Warn("a message on Slack's socket cannot be read", "error", err)
			continue
		}
		switch {
		case e.Type == "hello":
			s.greeted = true
			s.app.line.opened(e.Connection.App)
		case e.Type == "disconnect":
			return farewell(e.Reason)
		case e.ID != "":
			s.begin(ctx, e)
		}
	}
}

// ended is why nothing more can be read.
func (s *socket) ended(ctx context.Context, err error) error {
	var timed net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &timed) && timed.Timeout():
		return fmt.Errorf("no word from Slack for %s", s.app.quiet)
	}
	return err
}

// listenOn waits for what comes as long as Slack may be quiet.
func (s *socket) listenOn(ctx context.Context) error {
	err := s.conn.SetReadDeadline(time.Now().Add(s.app.quiet))
	return errors.Join(ctx.Err(), err) // in this order: else ctx could end unseen in between
}

// begin carries a request out and acknowledges it, as soon as there is a hand free.
func (s *socket) begin(ctx context.Context, e envelope) {
	select {
	case s.app.hands <- struct{}{}:
	case <-ctx.Done():
		return // Slack sends it again, to whoever listens then
	}
	s.busy.Go(func() {
		defer func() { <-s.app.hands }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerFor)
		defer cancel()
		var answer json.RawMessage
		if door, known := kinds[e.Type]; known {
			answer = s.app.Handle(ctx, door, e.Payload)
		} else {
			s.app.log.Warn("a request on Slack's socket is not known", "type", e.Type)
		}
		s.acknowledge(e.ID, answer)
	})
}

// acknowledge answers a request. Where that fails, Slack sends it again.
func (s *socket) acknowledge(id string, answer json.RawMessage) {
	raw, err := json.Marshal(struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload,omitempty"`
	}{id, answer})
	if err == nil && len(raw) > maxAck {
		s.app.log.Error("an answer is too long for Slack's socket: it is left out", "bytes", len(raw))
		raw, err = json.Marshal(map[string]string{"envelope_id": id})
	}
	if err != nil {
		s.app.log.Error("an answer to Slack cannot be written", "error", err)
		return
	}
	s.write.Lock()
	defer s.write.Unlock()
	err = s.conn.SetWriteDeadline(time.Now().Add(answerFor))
	if err = errors.Join(err, s.conn.WriteMessage(websocket.TextMessage, raw)); err != nil {
		s.app.log.Info("an answer did not reach Slack, which asks again", "error", err)
	}
}

// leave ends the connection once all that came by it is answered; one that Slack wants
// replaced not before Slack does, or has had the time to.
func (s *socket) leave(ctx context.Context, why error) {
	ctx, cancel := context.WithTimeout(ctx, lingers)
	defer cancel()
	for errors.Is(why, errRefresh) {
		why = s.read(ctx)
	}
	s.busy.Wait()
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = s.conn.Close() // it is gone either way
}
