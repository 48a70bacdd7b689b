package fakeslack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The doors by which an app is told what people do: the last part of the
// paths an app without Socket Mode is told at.
const (
	commands     = "commands"
	interactions = "interactions"
	events       = "events"
)

// patience is how long Slack waits for an app's answer, and how long a trigger
// may be used.
const patience = 3 * time.Second

// Errors of what people do.
var (
	ErrNoApp    = errors.New("fakeslack: no app is connected")
	ErrTimeout  = errors.New("operation_timeout") // the app answered too late, or not at all
	ErrNotShown = errors.New("fakeslack: not shown to that person")
)

// Connection brings what people do to the app and gives its answer: nil if it
// answered with nothing. The door is "commands", "interactions" or "events".
type Connection func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error)

// Connect says how the app is reached from now on: ViaSocket, ViaHTTP, or a
// function that hands requests over in process.
func (s *Server) Connect(c Connection) { s.locked(func() { s.connection = c }) }

// WithPatience replaces the three seconds that an app has to answer, and that
// a trigger may be used; 0 waits for ever.
func WithPatience(d time.Duration) Option { return func(s *Server) { s.patience = d } }

// ViaSocket reaches the app over a Socket Mode connection that it has open.
func (s *Server) ViaSocket() Connection {
	kinds := map[string]string{commands: "slash_commands", interactions: "interactive", events: "events_api"}
	return func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		return s.SendSocket(ctx, kinds[door], payload)
	}
}

// ViaHTTP reaches the app by signed requests to base+"/commands" and so on.
func (s *Server) ViaHTTP(base string, client *http.Client) Connection {
	return func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		body, err := httpBody(door, payload)
		if err != nil {
			return nil, err
		}
		r := s.SignedRequest(http.MethodPost, base+"/"+door, body, s.now())
		resp, err := client.Do(r.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
		if err == nil && resp.StatusCode/100 != 2 {
			err = fmt.Errorf("fakeslack: the app answered %s: %.200s", resp.Status, answer)
		}
		return plainly(answer), err
	}
}

// httpBody is a payload as each endpoint gets it: a command as a form, an
// interaction as JSON in a form, an event as JSON.
func httpBody(door string, payload json.RawMessage) ([]byte, error) {
	form := url.Values{}
	switch door {
	case events:
		return payload, nil
	case interactions:
		form.Set("payload", string(payload))
	default:
		var flat map[string]string
		if err := json.Unmarshal(payload, &flat); err != nil {
			return nil, err
		}
		for k, v := range flat {
			form.Set(k, v)
		}
	}
	return []byte(form.Encode()), nil
}

// plainly is an answer as JSON: one in plain text is a message's text.
func plainly(answer []byte) json.RawMessage {
	answer = bytes.TrimSpace(answer)
	if len(answer) == 0 {
		return nil
	}
	if !json.Valid(answer) {
		answer, _ = json.Marshal(fields{"text": string(answer)})
	}
	return answer
}

// Request is one thing the app was told, and how it answered.
type Request struct {
	Door            string
	Payload, Answer json.RawMessage
	Took            time.Duration
	Err             error // ErrTimeout, the connection's, or nil
}

// Requests lists all that the app was told, in the order of its answers.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Send tells the app anything at all: what no client would send, or what it
// was told before. What the app answers is given back and not acted upon.
func (s *Server) Send(ctx context.Context, door string, payload any) (json.RawMessage, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	connection := s.connection
	s.mu.Unlock()
	if connection == nil {
		return nil, ErrNoApp
	}
	r := Request{Door: door, Payload: raw}
	begun := time.Now()
	r.Answer, r.Err = s.wait(ctx, connection, door, raw)
	r.Took = time.Since(begun)
	if s.patience > 0 && r.Took > s.patience {
		r.Err = ErrTimeout
	}
	s.locked(func() { s.requests = append(s.requests, r) })
	return r.Answer, r.Err
}

func (s *Server) wait(ctx context.Context, c Connection, door string, raw json.RawMessage) (json.RawMessage, error) {
	if s.patience == 0 {
		return c(ctx, door, raw)
	}
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	answer, err := c(limited, door, raw)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = ErrTimeout
	}
	return answer, err
}

// SendEvent tells the app of an event, in the envelope events come in, and
// tells it again as often as Slack does (three times) if it does not answer.
// Slack lets a minute and five pass before the last two; here they follow at
// once.
func (s *Server) SendEvent(ctx context.Context, event map[string]any) error {
	s.mu.Lock()
	now := s.now()
	event["event_ts"] = stamp(now)
	envelope := fields{
		"token": verificationToken, "team_id": TeamID, "api_app_id": AppID, "type": "event_callback",
		"event": event, "event_id": s.id("Ev"), "event_time": now.Unix(), "is_ext_shared_channel": false,
		"authorizations": []fields{{"enterprise_id": nil, "team_id": TeamID, "user_id": BotUserID,
			"is_bot": true, "is_enterprise_install": false}},
	}
	s.mu.Unlock()
	var err error
	for range 4 {
		if _, err = s.Send(ctx, events, envelope); err == nil || ctx.Err() != nil || errors.Is(err, ErrNoApp) {
			return err
		}
	}
	return err
}

// shortened is a value in an error.
func shortened(raw json.RawMessage) string {
	return strings.ToValidUTF8(fmt.Sprintf("%.200s", raw), "")
}
