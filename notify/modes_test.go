package notify_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// byWebhook makes Kept reach Slack by an incoming webhook only.
func (w *world) byWebhook() {
	w.slack.AddChannel(fakeslack.Channel{ID: "C0HOOK", Name: "hook"})
	w.cfg.BotToken, w.cfg.WebhookURL = "", w.slack.AddWebhook("canary-hook", "C0HOOK")
	w.restart()
}

func TestWebhookTakesEverythingToItsChannel(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byWebhook()
		w.owe("Ann", "Bob")
		w.promiseNow("Zoe")
		w.settle(time.Minute)
		got := w.slack.Messages("C0HOOK")
		if len(got) != 3 || got[0].Via != "webhook" || got[0].Blocks == nil || w.n.Mode() != notify.Webhook {
			t.Errorf("%d messages by %s", len(got), w.n.Mode())
		}
		for _, d := range w.deliveries() {
			if d.State != store.Sent {
				t.Errorf("%+v", d)
			}
		}
	})
}

func TestWebhookRetryAfterHoldsAllItsMessages(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byWebhook()
		w.owe("Ann", "Bob", "Cid")
		w.slack.Inject(fakeslack.Fault{Method: "webhook", Times: 1, Answer: fakeslack.RateLimited("120")})
		w.settle(5 * time.Minute)
		if n := len(w.slack.Messages("C0HOOK")); n != 3 {
			t.Errorf("%d messages of 3", n)
		}
		if at := w.calls("webhook", ""); len(at) != 4 || at[1].Sub(at[0]) < 2*time.Minute {
			t.Errorf("told to wait two minutes, called at %v", at)
		}
	})
}

// The webhook's channel gets what goes to the person and to the team once.
func TestWebhookTellsWhatIsForBothOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byWebhook()
		w.hire("Ann")
		w.team("Ops", "both", "Ann")
		w.promise("Ann", "Acme", "One")
		w.noon()
		w.settle(time.Minute)
		if n := len(w.slack.Messages("C0HOOK")); n != 1 || len(w.deliveries()) != 2 {
			t.Errorf("%d messages of %d deliveries", n, len(w.deliveries()))
		}
		w.toldElsewhere()
	})
}

// toldElsewhere fails unless what was for a person was cancelled, as the team's channel is told.
func (w *world) toldElsewhere() {
	w.t.Helper()
	for _, d := range w.deliveries() {
		want := store.Sent
		if strings.HasPrefix(d.Destination, "person:") {
			want = store.Cancelled
		}
		if d.State != want || want == store.Cancelled && !strings.Contains(d.Error, "told in the team's channel") {
			w.t.Errorf("the message to %s is %s: %s", d.Destination, d.State, d.Error)
		}
	}
}

// Nothing can be looked up, so a doubtful message comes again: better twice than never.
func TestWebhookSendsDoubtfulMessagesAgainAfterTheGrace(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.byWebhook()
			w.owe("Ann")
			w.slack.Inject(fakeslack.Fault{Method: "webhook", Times: 1, Accepted: accepted, Answer: fakeslack.Reset()})
			began := time.Now()
			w.settle(5 * time.Minute)
			want := map[bool]int{true: 2, false: 1}[accepted]
			got := w.slack.Messages("C0HOOK")
			if len(got) != want || got[len(got)-1].At.Sub(began) < time.Minute {
				t.Errorf("accepted %t: %d messages, the last after %s", accepted, len(got), got[len(got)-1].At.Sub(began))
			}
		})
	}
}

func TestWebhookAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer   fakeslack.Answer
		messages int
		trouble  bool
	}{
		"429":            {fakeslack.RateLimited("3"), 1, false},
		"refused blocks": {fakeslack.Body(400, "text/plain", "invalid_blocks"), 1, false},
		"gone":           {fakeslack.Body(404, "text/plain", "no_service"), 1, true},
		"forbidden":      {fakeslack.Body(403, "text/plain", "action_prohibited"), 1, true},
		"archived":       {fakeslack.Body(410, "text/plain", "channel_is_archived"), 1, true},
		"hotel":          {fakeslack.Body(200, "text/html", "<html>Welcome</html>"), 1, false},
		"unreachable":    {fakeslack.Refuse(), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.byWebhook()
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Method: "webhook", Times: 1, Answer: test.answer})
				w.deliver()
				if _, why := w.n.Trouble(); (why != "") != test.trouble {
					t.Errorf("trouble is %q", why)
				}
				w.settle(10 * time.Minute)
				if n := len(w.slack.Messages("C0HOOK")); n != test.messages || w.the().State != store.Sent {
					t.Errorf("%d messages, the delivery is %s: %s", n, w.the().State, w.the().Error)
				}
			})
		})
	}
}

// No secret gets into a log line, an error, or a stored row, whatever goes wrong.
func TestX28_X29_NoSecretLeaks(t *testing.T) {
	const token, hook = "xoxb-canary-7d1c0b6e5f", "canary-hook-93ab41c7"
	answers := []fakeslack.Answer{
		fakeslack.Error("invalid_auth"), fakeslack.Reset(), fakeslack.Refuse(), fakeslack.Status(500), fakeslack.Body(200, "text/html", token),
		fakeslack.Redirect(302, "https://"+token+"@elsewhere.invalid/"+hook+"?token="+token), fakeslack.Hang(), fakeslack.RateLimited(token), fakeslack.Body(403, "text/plain", "no_service"),
	}
	for mode := range 2 {
		for i, a := range answers {
			inWorld(t, func(w *world) {
				w.slack.AddToken(fakeslack.Token{Value: token})
				w.cfg.BotToken = token
				if mode == 1 {
					w.slack.AddChannel(fakeslack.Channel{ID: "C0HOOK"})
					w.cfg.BotToken, w.cfg.WebhookURL = "", w.slack.AddWebhook(hook, "C0HOOK")
				}
				w.restart()
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Times: 4, Answer: a})
				w.tick(3 * time.Minute)
				said := w.log.String() + fmt.Sprintf("%+v %+v", w.deliveries(), w.n.Check(w.t.Context(), notify.Scopes(true, true), "C0OPS"))
				for _, secret := range []string{token, hook} {
					for _, form := range []string{secret, secret[:13], url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
						if strings.Contains(said, form) {
							t.Errorf("mode %d, answer %d: %q leaks:\n%s", mode, i, form, said)
						}
					}
				}
			})
		}
	}
	for _, cfg := range []notify.Config{{BotToken: " " + token}, {BotToken: "canary-7d1c0b6e5f"}, {WebhookURL: "ftp://slack/" + hook}, {WebhookURL: "http://slack.invalid/" + hook}} {
		_, err := notify.New(cfg, nil, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("error %v", err)
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, cfg := range map[string]notify.Config{
		"KEPT_SLACK_API_URL: want":     {APIURL: "http://127.0.0.1/api"},
		"KEPT_SLACK_API_URL":           {APIURL: "slack.invalid/"},
		"KEPT_SLACK_BOT_TOKEN":         {BotToken: "xapp-1"},
		"KEPT_SLACK_WEBHOOK_URL":       {WebhookURL: "hooks"},
		"KEPT_SLACK_WEBHOOK_URL: want": {WebhookURL: "http://hooks.invalid/x"},
		"a lease of 15s":               {Lease: 15 * time.Second},
		"KEPT_SLACK_GRACE: 5s":         {Grace: 5 * time.Second, Timeout: 6 * time.Second},
	} {
		if _, err := notify.New(cfg, nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestCheckSaysWhatToFix(t *testing.T) {
	inWorld(t, func(w *world) {
		w.slack.AddChannel(fakeslack.Channel{ID: "C0OPEN", Name: "open"})
		w.slack.AddChannel(fakeslack.Channel{ID: "C0OUT", Name: "out", NotMember: true})
		w.slack.AddChannel(fakeslack.Channel{ID: "C0OLD", Name: "old", Archived: true})
		w.slack.AddChannel(fakeslack.Channel{ID: "C0SHARED", Name: "shared", Shared: true})
		found := w.n.Check(w.t.Context(), notify.Scopes(true, true), "C0OPEN", "C0OUT", "C0OLD", "C0SHARED", "C0NONE")
		want := []struct {
			ok        bool
			what, fix string
		}{
			{true, "token is valid", ""},
			{true, "every scope", ""},
			{true, "#open", ""},
			{false, "not in channel #out", "/invite @kept"},
			{false, "#old is archived", "unarchive"},
			{false, "another company, or has invited them: what is for it goes to each owner directly", "kept team edit"},
			{false, "channel_not_found", "check the channel's id"},
		}
		if len(found) != len(want) {
			t.Fatalf("found %+v", found)
		}
		for i, f := range found {
			if f.OK != want[i].ok || !strings.Contains(f.What, want[i].what) || !strings.Contains(f.Fix, want[i].fix) {
				t.Errorf("found %+v, want %+v", f, want[i])
			}
		}
		w.slack.AddToken(fakeslack.Token{Value: fakeslack.BotToken, Scopes: slices.DeleteFunc(fakeslack.BotScopes(), func(s string) bool { return s == "im:history" })})
		if found = w.n.Check(w.t.Context(), notify.Scopes(true, true)); len(found) != 2 || found[1].OK || !strings.Contains(found[1].What, "im:history") {
			t.Errorf("without im:history: %+v", found)
		}
		w.slack.AddToken(fakeslack.Token{Value: fakeslack.BotToken, Scopes: []string{"chat:write"}})
		found = w.n.Check(w.t.Context(), notify.Scopes(true, true), "C0OPEN")
		if last := found[len(found)-1]; last.OK || !strings.Contains(last.What, "channels:read") || !strings.Contains(last.Fix, "reinstall") {
			t.Errorf("without channels:read: %+v", last)
		}
		w.slack.RemoveToken(fakeslack.BotToken)
		if found = w.n.Check(w.t.Context(), notify.Scopes(true, true)); len(found) != 1 || found[0].OK || !strings.Contains(found[0].Fix, "KEPT_SLACK_BOT_TOKEN") {
			t.Errorf("with a token Slack does not know: %+v", found)
		}
	})
}

// What people write is shown as they wrote it, and pings nobody.
func TestI75_X22_UserTextIsLiteral(t *testing.T) {
	inWorld(t, func(w *world) {
		const title = "<!channel> <https://evil.example|bank> *_~` :rotating_light: @here &lt;"
		w.hire("Ann")
		w.promise("Ann", "<@U1> & Sons", title)
		var sent url.Values
		inner := w.cfg.Transport
		w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, post) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				if sent, err = url.ParseQuery(string(body)); err != nil {
					return nil, err
				}
				r.Body = io.NopCloser(strings.NewReader(string(body)))
			}
			return inner.RoundTrip(r)
		})
		w.restart()
		w.noon()
		w.settle(time.Minute)
		w.onceEach()
		for name, want := range map[string]string{"parse": "none", "link_names": "false", "unfurl_links": "false", "unfurl_media": "false", "mrkdwn": "false"} {
			if got := sent.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		text, blocks := sent.Get("text"), sent.Get("blocks")
		if strings.ContainsAny(text, "<>") || !strings.Contains(text, "&lt;!channel&gt;") || !strings.Contains(text, "@here &amp;lt;") {
			t.Errorf("text %q", text)
		}
		if strings.Contains(blocks, "mrkdwn") || !strings.Contains(blocks, `\u003c!channel\u003e \u003chttps://evil.example|bank\u003e *_~`) {
			t.Errorf("blocks %s", blocks)
		}
		if meta := sent.Get("metadata"); !regexp.MustCompile(`^{"event_type":"kept_alert","event_payload":{"key":"` + w.the().Key + `","v":1,"alerts":\["[0-9a-f]{16}"\]}}$`).MatchString(meta) {
			t.Errorf("metadata %s", meta)
		}
	})
}

// Over real sockets: what certainly never left is told from what may have.
func TestF25_RealConnectionsThatFailBeforeAnythingIsSent(t *testing.T) {
	secure := httptest.NewTLSServer(fakeslack.New()) // with a certificate nobody vouches for
	secure.Config.ErrorLog = fakeslack.ErrorLog()
	t.Cleanup(secure.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, base := range map[string]string{"certificate": secure.URL + "/api/", "port": "http://" + closed.Addr().String() + "/api/"} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			n, err := notify.New(notify.Config{BotToken: fakeslack.BotToken, APIURL: base}, s, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			found := n.Check(t.Context(), nil)
			if len(found) != 1 || found[0].OK || !strings.Contains(found[0].What, "unreachable") {
				t.Errorf("found %+v", found)
			}
		})
	}
}
