package fakeslack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"kept/notify/fakeslack"
)

// inMemory is a workspace with Anna and the delivery channel in it, and a
// client that reaches it without a socket.
func inMemory(opts ...fakeslack.Option) (*fakeslack.Server, *slack.Client) {
	s := fakeslack.New(opts...)
	s.AddUser(fakeslack.User{ID: annaID, Name: "anna", RealName: "Anna Nowak", Email: annaEmail, Zone: "Europe/Warsaw"})
	s.AddChannel(fakeslack.Channel{ID: deliveryID, Name: deliveryChannel})
	return s, clientOf(s, fakeslack.BotToken)
}

func clientOf(s *fakeslack.Server, token string) *slack.Client {
	return slack.New(token, slack.OptionAPIURL("http://slack.invalid/api/"),
		slack.OptionHTTPClient(&http.Client{Transport: s.RoundTripper()}))
}

// overLoopback is a client of s through a real listener.
func overLoopback(t *testing.T, s *fakeslack.Server) *slack.Client {
	web := httptest.NewUnstartedServer(s)
	web.Config.ErrorLog = fakeslack.ErrorLog()
	web.Start()
	t.Cleanup(web.Close)
	s.SetBaseURL(web.URL)
	return slack.New(fakeslack.BotToken, slack.OptionAPIURL(web.URL+"/api/"), slack.OptionHTTPClient(web.Client()))
}

// bearer sends the token in the header as well as in the body.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

func delivery(t *testing.T, api *slack.Client) string {
	t.Helper()
	list, _, err := api.GetConversationsContext(t.Context(), &slack.GetConversationsParameters{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range list {
		if ch.Name == deliveryChannel {
			return ch.ID
		}
	}
	t.Fatalf("no channel %q among %d", deliveryChannel, len(list))
	return ""
}

func anna(t *testing.T, api *slack.Client) string {
	t.Helper()
	u, err := api.GetUserByEmailContext(t.Context(), annaEmail)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func post(t *testing.T, api *slack.Client, channel string, opts ...slack.MsgOption) (ch, ts string) {
	t.Helper()
	ch, ts, err := api.PostMessageContext(t.Context(), channel, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if ch == "" || ts == "" {
		t.Fatalf("posted without an address: channel %q, ts %q", ch, ts)
	}
	return ch, ts
}

// latest is the newest message of a channel, with metadata.
func latest(t *testing.T, api *slack.Client, channel string) slack.Message {
	t.Helper()
	list := history(t, api, slack.GetConversationHistoryParameters{ChannelID: channel, Limit: 1, IncludeAllMetadata: true})
	if len(list) != 1 {
		t.Fatalf("history of %s with limit 1 holds %d messages", channel, len(list))
	}
	return list[0]
}

func history(t *testing.T, api *slack.Client, p slack.GetConversationHistoryParameters) []slack.Message {
	t.Helper()
	h, err := api.GetConversationHistoryContext(t.Context(), &p)
	if err != nil {
		t.Fatal(err)
	}
	return h.Messages
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal slack.SlackErrorResponse
	if !errors.As(err, &refusal) || refusal.Err != code {
		t.Errorf("got error %v, want %s", err, code)
	}
}

func text(s string) slack.MsgOption { return slack.MsgOptionText(s, false) }

func key(k string) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: "kept_alert", EventPayload: map[string]any{"key": k, "v": 1},
	})
}

func httpClient(s *fakeslack.Server) *http.Client { return &http.Client{Transport: s.RoundTripper()} }

// answer is the body of the server's answer to a form; args are names and
// values in turn.
func answer(s *fakeslack.Server, method string, args ...string) string {
	form := url.Values{"token": {fakeslack.BotToken}}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	resp, err := httpClient(s).PostForm("http://slack.invalid/api/"+method, form)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// postForm is the refusal in the server's answer to a form, nil if there is
// none.
func postForm(s *fakeslack.Server, method string, args ...string) error {
	var r slack.SlackResponse
	if err := json.Unmarshal([]byte(answer(s, method, args...)), &r); err != nil {
		return err
	}
	return r.Err()
}

// channelNumber makes C0 to C6, of which a plain list hides three: C0 and C5
// are archived, C2 is private.
func channelNumber(i int) fakeslack.Channel {
	return fakeslack.Channel{ID: fmt.Sprint("C", i), Name: fmt.Sprint("n", i), Archived: i == 0 || i == 5, Private: i == 2}
}

// until polls a condition that another goroutine is about to bring about.
func until(holds func() bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		<-tick.C
	}
}
