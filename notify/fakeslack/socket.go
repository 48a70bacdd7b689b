package fakeslack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// maxSockets is how many Socket Mode connections an app may have open.
const maxSockets = 10

// ErrNoSocket says that no Socket Mode connection is open.
var ErrNoSocket = errors.New("fakeslack: no socket is open")

// socket is one Socket Mode connection.
type socket struct {
	conn  *websocket.Conn
	write sync.Mutex
	gone  chan struct{}

	mu   sync.Mutex
	acks map[string]chan json.RawMessage // by envelope id
}

func (k *socket) send(v any) error {
	k.write.Lock()
	defer k.write.Unlock()
	return k.conn.WriteJSON(v)
}

func (s *Server) openConnection(c *call) (fields, error) {
	if len(s.open()) >= maxSockets {
		return nil, failure("too_many_websockets")
	}
	ticket := s.id("S")
	s.sockets[ticket] = nil
	return fields{"url": "ws://" + c.host + "/socket/" + ticket}, nil
}

// open lists the connections that stand.
func (s *Server) open() (list []*socket) {
	for _, k := range s.sockets {
		if k != nil {
			list = append(list, k)
		}
	}
	return list
}

// Sockets is how many Socket Mode connections are open.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open())
}

// serveSocket keeps one connection: greets, pings, and hands acknowledgements
// to those who wait for them. A ticket opens one connection.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request, c *call) {
	s.mu.Lock()
	used, known := s.sockets[c.key]
	s.mu.Unlock()
	if !known || used != nil {
		s.note(c, s.plain(http.StatusNotFound, "invalid_ticket")).write(w)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{conn: conn, gone: make(chan struct{}), acks: map[string]chan json.RawMessage{}}
	// The greeting goes out first: nothing else can be sent before the socket
	// is known.
	k.send(fields{"type": "hello", "num_connections": s.Sockets() + 1,
		"connection_info": fields{"app_id": AppID},
		"debug_info":      fields{"host": "fake", "approximate_connection_time": 3600}})
	s.locked(func() { s.sockets[c.key] = k })
	s.note(c, reply{status: http.StatusSwitchingProtocols})
	defer func() {
		s.locked(func() { delete(s.sockets, c.key) })
		close(k.gone)
		conn.Close()
	}()
	go k.ping(s.pingEvery)
	k.read()
}

// ping keeps the other side from thinking that the connection died.
func (k *socket) ping(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if k.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(every)) != nil {
			return
		}
		select {
		case <-t.C:
		case <-k.gone:
			return
		}
	}
}

// read hands out acknowledgements until the connection ends.
func (k *socket) read() {
	for {
		var ack struct {
			Envelope string          `json:"envelope_id"`
			Payload  json.RawMessage `json:"payload"`
		}
		if k.conn.ReadJSON(&ack) != nil {
			return
		}
		k.mu.Lock()
		if waiting := k.acks[ack.Envelope]; waiting != nil {
			waiting <- ack.Payload
			delete(k.acks, ack.Envelope)
		}
		k.mu.Unlock()
	}
}

func (k *socket) forget(envelope string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.acks, envelope)
}

// SendSocket sends an envelope ("slash_commands", "interactive", "events_api")
// over one open connection and waits for its acknowledgement, whose payload
// it answers. The error is ErrNoSocket if there is no connection, or if it
// closed meanwhile, and the context's once that is done.
func (s *Server) SendSocket(ctx context.Context, kind string, payload any) (json.RawMessage, error) {
	return s.sendEnvelope(ctx, kind, payload, 0)
}

// InsistSocket is SendSocket that sends again over whatever connection is open then, as
// Slack does with what was not acknowledged, until it is or the context is done. It
// answers how often it was sent, too.
func (s *Server) InsistSocket(ctx context.Context, kind string, payload any) (answer json.RawMessage, sent int, err error) {
	for {
		answer, err = s.sendEnvelope(ctx, kind, payload, sent)
		if sent++; !errors.Is(err, ErrNoSocket) {
			return answer, sent, err
		}
		if err := s.sleep(ctx, time.Millisecond); err != nil {
			return nil, sent, err
		}
	}
}

func (s *Server) sendEnvelope(ctx context.Context, kind string, payload any, attempt int) (json.RawMessage, error) {
	s.mu.Lock()
	open, id := s.open(), s.id("E")
	s.mu.Unlock()
	if len(open) == 0 {
		return nil, ErrNoSocket
	}
	k, ack := open[0], make(chan json.RawMessage, 1)
	k.mu.Lock()
	k.acks[id] = ack
	k.mu.Unlock()
	defer k.forget(id)
	if err := k.send(fields{"type": kind, "envelope_id": id, "payload": payload,
		"accepts_response_payload": kind != "events_api", "retry_attempt": attempt}); err != nil {
		return nil, ErrNoSocket
	}
	select {
	case body := <-ack:
		return body, nil
	case <-k.gone:
		return nil, ErrNoSocket
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Disconnect asks every open connection to come back, as Slack does every few
// hours ("refresh_requested"), and says goodbye; after a "warning" it does not yet.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	open := s.open()
	s.mu.Unlock()
	for _, k := range open {
		k.send(fields{"type": "disconnect", "reason": reason, "debug_info": fields{"host": "fake"}})
		if reason == "warning" {
			continue
		}
		k.conn.WriteControl(websocket.CloseMessage,
			websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	}
}

// Drop cuts every open connection, as a network that fails does.
func (s *Server) Drop() {
	s.mu.Lock()
	open := s.open()
	s.mu.Unlock()
	for _, k := range open {
		k.conn.Close()
	}
}
