package fakeslack_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"kept/notify/fakeslack"
)

// connect runs a Socket Mode client against s until the test ends and answers
// its events.
func connect(t *testing.T, s *fakeslack.Server, appToken string) (*socketmode.Client, chan error) {
	web := httptest.NewServer(s)
	api := slack.New(fakeslack.BotToken, slack.OptionAppLevelToken(appToken), slack.OptionAPIURL(web.URL+"/api/"))
	client := socketmode.New(api, socketmode.OptionPingInterval(500*time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		ended <- <-ended
		web.Close()
	})
	return client, ended
}

// await reads events until one of the wanted type comes.
func await(t *testing.T, client *socketmode.Client, kind socketmode.EventType) socketmode.Event {
	t.Helper()
	for {
		select {
		case e := <-client.Events:
			if e.Type == kind {
				return e
			}
			if e.Type == socketmode.EventTypeConnectionError {
				t.Fatalf("waiting for %s: %s %+v", kind, e.Type, e.Data)
			}
		case <-t.Context().Done():
			t.Fatalf("no event %s", kind)
		}
	}
}

func TestSocketModeDeliversAndAcknowledges(t *testing.T) {
	s := fakeslack.New(fakeslack.WithPingEvery(50 * time.Millisecond))
	if _, err := s.SendSocket(t.Context(), "slash_commands", nil); !errors.Is(err, fakeslack.ErrNoSocket) {
		t.Fatalf("without a socket: %v", err)
	}
	client, _ := connect(t, s, fakeslack.AppToken)
	await(t, client, socketmode.EventTypeHello)
	go func() {
		e := await(t, client, socketmode.EventTypeSlashCommand)
		client.Ack(*e.Request, map[string]string{"text": "logged " + e.Data.(slack.SlashCommand).Text})
	}()
	// The greeting reaches the client a moment before the server counts it.
	until(func() bool { return s.Sockets() == 1 })
	reply, err := s.SendSocket(t.Context(), "slash_commands", map[string]string{"command": "/kept", "text": "Acme by friday"})
	if err != nil || !strings.Contains(string(reply), "logged Acme by friday") {
		t.Errorf("acknowledged with %s, %v", reply, err)
	}
}

func TestSocketModeComesBackAfterDisconnect(t *testing.T) {
	s := fakeslack.New(fakeslack.WithPingEvery(50 * time.Millisecond))
	client, _ := connect(t, s, fakeslack.AppToken)
	await(t, client, socketmode.EventTypeHello)
	until(func() bool { return s.Sockets() == 1 })
	s.Disconnect("refresh_requested")
	await(t, client, socketmode.EventTypeHello)
	if n := s.Count("apps.connections.open"); n != 2 {
		t.Errorf("%d connections opened, want 2", n)
	}
}

// What a client must see on the wire, without a library between: a greeting,
// pings, and a warning before the end.
func TestSocketOnTheWire(t *testing.T) {
	s := fakeslack.New(fakeslack.WithPingEvery(time.Millisecond))
	web := httptest.NewServer(s)
	defer web.Close()
	api := slack.New("", slack.OptionAppLevelToken(fakeslack.AppToken), slack.OptionAPIURL(web.URL+"/api/"))
	_, address, err := api.StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	pings := 0
	conn.SetPingHandler(func(string) error {
		if pings++; pings == 3 {
			s.Disconnect("refresh_requested")
		}
		return nil
	})
	for _, want := range []string{"hello", "disconnect"} {
		var m struct{ Type, Reason string }
		if err := conn.ReadJSON(&m); err != nil || m.Type != want {
			t.Fatalf("read %+v, %v; want %s", m, err, want)
		}
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("after the disconnect: %v", err)
	}
	until(func() bool { return s.Sockets() == 0 })
	if _, resp, err := websocket.DefaultDialer.Dial(address, nil); err == nil || resp == nil || resp.StatusCode != 404 {
		t.Errorf("a used ticket opened another socket: %v", err)
	}
}

func TestSocketModeWantsAnAppToken(t *testing.T) {
	client, ended := connect(t, fakeslack.New(), "xapp-unknown")
	for {
		select {
		case <-client.Events:
			continue
		case err := <-ended:
			if err == nil || err.Error() != "invalid_auth" {
				t.Errorf("ended with %v", err)
			}
			ended <- err
			return
		}
	}
}
