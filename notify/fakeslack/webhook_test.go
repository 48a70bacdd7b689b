package fakeslack_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"kept/notify/fakeslack"
)

func TestIncomingWebhook(t *testing.T) {
	s, _ := inMemory()
	hook := s.AddWebhook("hook1", deliveryID)
	post := func(m *slack.WebhookMessage) error {
		return slack.PostWebhookCustomHTTPContext(t.Context(), hook, httpClient(s), m)
	}
	divider := slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}
	if err := post(&slack.WebhookMessage{Text: "call Acme", Blocks: &divider}); err != nil {
		t.Fatal(err)
	}
	log := s.Accepted()
	if len(log) != 1 || log[0].Via != "webhook" || log[0].Channel != deliveryID || log[0].Blocks == nil {
		t.Errorf("accept log: %+v", log)
	}
}

func TestWebhookAnswersInPlainText(t *testing.T) {
	s, _ := inMemory()
	hook := s.AddWebhook("hook1", deliveryID)
	s.AddChannel(fakeslack.Channel{ID: "C2", Archived: true})
	archived := s.AddWebhook("hook2", "C2")
	for _, c := range []struct {
		name, url, body string
		status          int
		want            string
	}{
		{"taken", hook, `{"text":"x"}`, 200, "ok"},
		{"unknown hook", strings.Replace(hook, "hook1", "hook9", 1), `{"text":"x"}`, 404, "no_service"},
		{"bad blocks", hook, `{"text":"x","blocks":[{"type":"hologram"}]}`, 400, "invalid_blocks"},
		{"nothing to say", hook, `{}`, 400, "no_text"},
		{"archived", archived, `{"text":"x"}`, 410, "channel_is_archived"},
	} {
		resp, err := httpClient(s).Post(c.url, "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if body := read(t, resp); resp.StatusCode != c.status || body != c.want {
			t.Errorf("%s: %d %q, want %d %q", c.name, resp.StatusCode, body, c.status, c.want)
		}
	}
	s.SetRateLimit(1, 1)
	for _, want := range []int{200, 429} {
		resp, err := httpClient(s).Post(hook, "application/json", strings.NewReader(`{"text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		if read(t, resp); resp.StatusCode != want {
			t.Errorf("status %d, want %d", resp.StatusCode, want)
		}
	}
}

func TestResponseURL(t *testing.T) {
	s, api := inMemory()
	ch, ts := post(t, api, deliveryID, text("card"))
	url := s.ResponseURL(ch, annaID, ts)
	answer := func(opts ...slack.MsgOption) error {
		_, _, err := api.PostMessage("", append(opts, slack.MsgOptionResponseURL(url, slack.ResponseTypeEphemeral))...)
		return err
	}
	if err := answer(text("noted")); err != nil {
		t.Fatal(err)
	}
	if err := answer(text("card, changed"), slack.MsgOptionReplaceOriginal(url)); err != nil {
		t.Fatal(err)
	}
	log := s.Accepted()
	if len(log) != 2 || log[1].For != annaID || log[0].Text != "card, changed" || log[0].Edits != 1 {
		t.Fatalf("accept log: %+v", log)
	}
	if err := answer(slack.MsgOptionDeleteOriginal(url)); err != nil {
		t.Fatal(err)
	}
	if !s.Accepted()[0].Deleted {
		t.Error("the original still stands")
	}
	for range 2 {
		if err := answer(text("more")); err != nil {
			t.Fatal(err)
		}
	}
	if err := answer(text("sixth")); err == nil {
		t.Error("a sixth post to one response URL was taken")
	}
}

func TestResponseURLExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := inMemory()
		url := s.ResponseURL(deliveryID, annaID, "")
		time.Sleep(30*time.Minute + time.Second)
		resp, err := httpClient(s).Post(url, "application/json", strings.NewReader(`{"text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		if body := read(t, resp); resp.StatusCode != 404 || !strings.Contains(body, "expired_url") || len(s.Accepted()) != 0 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
}

// The example is the one Slack's documentation works out.
func TestSignatureOfSlacksExample(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
		"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
		"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
		"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	s := fakeslack.New(fakeslack.WithSigningSecret("8f742231b10e8888abcd99yyyzzz85a5"))
	r := s.SignedRequest("POST", "http://kept.invalid/slack/commands", []byte(body), time.Unix(1531420618, 0))
	const want = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	if got := r.Header.Get("X-Slack-Signature"); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestSignedRequestsAreTrusted(t *testing.T) {
	for contentType, body := range map[string]string{
		"application/json":                  `{"type":"event_callback"}`,
		"application/x-www-form-urlencoded": "command=%2Fkept",
	} {
		r := fakeslack.New().SignedRequest(http.MethodPost, "http://kept.invalid/slack/events", []byte(body), time.Now())
		v, err := slack.NewSecretsVerifier(r.Header, fakeslack.SigningSecret)
		if err != nil {
			t.Fatal(err)
		}
		v.Write([]byte(body))
		if err := v.Ensure(); err != nil {
			t.Errorf("%s: %v", contentType, err)
		}
		if got := r.Header.Get("Content-Type"); got != contentType {
			t.Errorf("content type %q, want %q", got, contentType)
		}
	}
}
