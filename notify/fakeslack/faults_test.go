package fakeslack_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/slack-go/slack"

	"kept/notify/fakeslack"
)

// outcome is what a caller saw of one post, and how many messages Slack took.
type outcome struct {
	status   int
	header   http.Header
	body     string
	err      error // from the connection, or while the body was read
	accepted int
}

// send posts one message through client and reads at most 1 MiB of the answer.
func send(ctx context.Context, s *fakeslack.Server, client *http.Client, base string) outcome {
	form := url.Values{"token": {fakeslack.BotToken}, "channel": {deliveryID}, "text": {"call Acme"}}
	r, err := http.NewRequestWithContext(ctx, "POST", base+"/api/chat.postMessage", strings.NewReader(form.Encode()))
	if err != nil {
		return outcome{err: err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(r)
	if err != nil {
		return outcome{err: err, accepted: len(s.Accepted())}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return outcome{resp.StatusCode, resp.Header, string(body), err, len(s.Accepted())}
}

// everyWay runs a test over a real listener and in memory: a fault must look
// the same from both.
func everyWay(t *testing.T, f fakeslack.Fault, check func(*testing.T, outcome)) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Run("in memory", func(t *testing.T) {
		s, _ := inMemory()
		s.Inject(f)
		client := *client
		client.Transport = s.RoundTripper()
		check(t, send(t.Context(), s, &client, "http://slack.invalid"))
	})
	t.Run("over loopback", func(t *testing.T) {
		s, _ := inMemory()
		web := httptest.NewUnstartedServer(s)
		web.Config.ErrorLog = fakeslack.ErrorLog()
		web.Start()
		defer web.Close()
		s.Inject(f)
		check(t, send(t.Context(), s, client, web.URL))
	})
}

func TestF18_F19_RateLimitedWithAnyRetryAfter(t *testing.T) {
	for _, after := range []string{"1", "120", "", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "86400000"} {
		everyWay(t, fakeslack.Fault{Answer: fakeslack.RateLimited(after)}, func(t *testing.T, o outcome) {
			if _, has := o.header["Retry-After"]; o.status != 429 || o.header.Get("Retry-After") != after || has != (after != "") || o.accepted != 0 {
				t.Errorf("Retry-After %q: %+v", after, o)
			}
		})
	}
}

func TestF20_F30_F31_RefusedWithAnyCode(t *testing.T) {
	for _, code := range []string{"ratelimited", "internal_error", "token_revoked"} {
		everyWay(t, fakeslack.Fault{Answer: fakeslack.Error(code)}, func(t *testing.T, o outcome) {
			if o.status != 200 || o.body != `{"ok":false,"error":"`+code+`"}` || o.accepted != 0 {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestF21_F22_ServerErrorAcceptedOrNot(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		everyWay(t, fakeslack.Fault{Answer: fakeslack.Status(503), Accepted: accepted}, func(t *testing.T, o outcome) {
			if o.status != 503 || (o.accepted == 1) != accepted {
				t.Errorf("accepted %v: %+v", accepted, o)
			}
		})
	}
}

func TestF24_ResetBeforeAndAfterAccept(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		everyWay(t, fakeslack.Fault{Answer: fakeslack.Reset(), Accepted: accepted}, func(t *testing.T, o outcome) {
			if !errors.Is(o.err, syscall.ECONNRESET) || (o.accepted == 1) != accepted {
				t.Errorf("accepted %v: %+v", accepted, o)
			}
		})
	}
}

func TestF25_RefusedConnectionSendsNothing(t *testing.T) {
	s, _ := inMemory()
	lift := s.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
	var wrote bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote = true }})
	if o := send(ctx, s, httpClient(s), "http://slack.invalid"); !errors.Is(o.err, syscall.ECONNREFUSED) || wrote || o.accepted != 0 {
		t.Errorf("%+v, request written: %v", o, wrote)
	}
	lift()
	if o := send(ctx, s, httpClient(s), "http://slack.invalid"); o.status != 200 || !wrote || o.accepted != 1 {
		t.Errorf("after the fault: %+v, request written: %v", o, wrote)
	}
}

func TestF27_BodiesThatAreNoAnswer(t *testing.T) {
	for _, body := range []string{"", "null", "{}", `{"ok":false}`, `{"ok":true}`, "<html>Welcome to the hotel</html>"} {
		everyWay(t, fakeslack.Fault{Answer: fakeslack.Body(200, "text/html", body), Accepted: true}, func(t *testing.T, o outcome) {
			if o.status != 200 || o.body != body || o.accepted != 1 {
				t.Errorf("body %q: %+v", body, o)
			}
		})
	}
	everyWay(t, fakeslack.Fault{Answer: fakeslack.Truncated(), Accepted: true}, func(t *testing.T, o outcome) {
		if !strings.HasPrefix(o.body, `{"channel":`) || strings.HasSuffix(o.body, "}") || o.accepted != 1 {
			t.Errorf("%+v", o)
		}
	})
}

func TestF28_HugeAndEndlessBodies(t *testing.T) {
	for _, a := range []fakeslack.Answer{fakeslack.Big(200 << 20), fakeslack.Endless()} {
		everyWay(t, fakeslack.Fault{Answer: a, Accepted: true}, func(t *testing.T, o outcome) {
			if o.status != 200 || len(o.body) != 1<<20 || o.accepted != 1 {
				t.Errorf("status %d, %d bytes read, %d accepted", o.status, len(o.body), o.accepted)
			}
		})
	}
	everyWay(t, fakeslack.Fault{Answer: fakeslack.Big(100_000)}, func(t *testing.T, o outcome) {
		if len(o.body) != 100_000 || !strings.HasSuffix(o.body, `x"}`) {
			t.Errorf("asked for 100,000 bytes, got %d ending in %q", len(o.body), o.body[len(o.body)-3:])
		}
	})
}

func TestF29_Redirect(t *testing.T) {
	everyWay(t, fakeslack.Fault{Answer: fakeslack.Redirect(302, "http://elsewhere.invalid/")}, func(t *testing.T, o outcome) {
		if o.status != 302 || o.header.Get("Location") != "http://elsewhere.invalid/" || o.accepted != 0 {
			t.Errorf("%+v", o)
		}
	})
}

func TestF23_HangAfterAcceptOverLoopback(t *testing.T) {
	s, _ := inMemory()
	web := httptest.NewUnstartedServer(s)
	web.Config.ErrorLog = fakeslack.ErrorLog()
	web.Start()
	defer web.Close()
	s.Inject(fakeslack.Fault{Answer: fakeslack.Hang(), Accepted: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		until(func() bool { return len(s.Accepted()) == 1 })
		cancel()
	}()
	if o := send(ctx, s, http.DefaultClient, web.URL); !errors.Is(o.err, context.Canceled) || o.accepted != 1 {
		t.Errorf("%+v", o)
	}
}

func TestFaultsPickTheirCalls(t *testing.T) {
	s, api := inMemory()
	s.AddChannel(fakeslack.Channel{ID: "C2"})
	lift := s.Inject(fakeslack.Fault{Method: "chat.postMessage", Channel: "C2", Answer: fakeslack.Error("fatal_error")})
	s.Inject(fakeslack.Fault{Method: "conversations.history", Times: 2, Answer: fakeslack.Error("internal_error")})
	post(t, api, deliveryID, text("another channel"))
	for range 3 {
		_, _, err := api.PostMessage("C2", text("x"))
		wantCode(t, err, "fatal_error")
	}
	lift()
	post(t, api, "C2", text("lifted"))
	p := &slack.GetConversationHistoryParameters{ChannelID: deliveryID}
	for range 2 {
		_, err := api.GetConversationHistory(p)
		wantCode(t, err, "internal_error")
	}
	if _, err := api.GetConversationHistory(p); err != nil {
		t.Errorf("third call, the fault was for two: %v", err)
	}
}

// A fault on a user's direct message strikes posts to the user's own id too.
func TestFaultOnADirectMessage(t *testing.T) {
	s, api := inMemory()
	s.Inject(fakeslack.Fault{Channel: fakeslack.DirectChannel(annaID), Answer: fakeslack.Error("fatal_error")})
	_, _, err := api.PostMessage(annaID, text("x"))
	wantCode(t, err, "fatal_error")
}

func TestChanceFollowsItsSeed(t *testing.T) {
	strikes := func(seed uint64) (pattern string) {
		s, api := inMemory(fakeslack.WithSeed(seed))
		s.Inject(fakeslack.Fault{Chance: 0.3, Answer: fakeslack.Error("fatal_error")})
		for range 200 {
			if _, err := api.AuthTest(); err != nil {
				pattern += "x"
			} else {
				pattern += "."
			}
		}
		return pattern
	}
	one := strikes(7)
	if one != strikes(7) || one == strikes(8) {
		t.Error("the same seed must strike the same calls, another seed others")
	}
	if n := strings.Count(one, "x"); n < 40 || n > 80 {
		t.Errorf("%d of 200 calls struck at a chance of 0.3", n)
	}
}

func TestCallsAreCounted(t *testing.T) {
	s, api := inMemory()
	post(t, api, deliveryID, text("x"))
	s.Inject(fakeslack.Fault{Times: 1, Answer: fakeslack.RateLimited("1")})
	api.PostMessage(deliveryID, text("struck"))
	api.PostMessage("C0NONE", text("x"))
	calls := s.Calls()
	if len(calls) != 3 || s.Count("chat.postMessage") != 3 || s.Count("auth.test") != 0 {
		t.Fatalf("calls: %+v", calls)
	}
	if calls[0].Channel != deliveryID || calls[0].Status != 200 || calls[0].Error != "" || calls[0].At.IsZero() {
		t.Errorf("first: %+v", calls[0])
	}
	if calls[1].Status != 0 || calls[2].Error != "channel_not_found" {
		t.Errorf("struck: %+v, refused: %+v", calls[1], calls[2])
	}
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
