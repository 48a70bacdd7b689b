package slackapp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kept/commitments"
	"kept/notify"
	"kept/notify/fakeslack"
)

// overHTTP makes the app answer signed requests, and log where it can be read.
func (r *rig) overHTTP(secrets ...string) *bytes.Buffer {
	var log bytes.Buffer
	r.app = New(Config{Slack: r.config, SigningSecrets: secrets}, r.store, nil, slog.New(slog.NewTextHandler(&log, nil)))
	return &log
}

// post sends a request to a door, and waits for all that follows.
func (r *rig) post(door Door, request *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.app.Endpoint(door).ServeHTTP(w, request)
	r.app.Wait()
	return w
}

// clickOf is a payload of a button of a promise's that somebody clicks on a card of Olga's.
func (r *rig) clickOf(user, action string, v *commitments.View) map[string]any {
	card := r.last(olga)
	return map[string]any{
		"type": "block_actions", "trigger_id": r.slack.TriggerID(), "api_app_id": fakeslack.AppID,
		"team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID},
		"channel": map[string]any{"id": card.Channel}, "message": map[string]any{"ts": card.TS},
		"actions": []any{map[string]any{"type": "button", "action_id": action, "value": notify.RefTo(v).String()}},
	}
}

// form is a payload as Slack sends it over HTTP.
func form(t *testing.T, payload any) []byte {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(url.Values{"payload": {string(raw)}}.Encode())
}

// signedBy signs a body, whatever is given as the timestamp.
func signedBy(secret, timestamp string, body []byte) *http.Request {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", timestamp, body)
	r := httptest.NewRequest(http.MethodPost, "/slack/interactions", bytes.NewReader(body))
	r.Header.Set("X-Slack-Request-Timestamp", timestamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

func stamp() string { return fmt.Sprint(time.Now().Unix()) }

func TestI62_X16_OnlyWhatSlackHasSignedIsRead(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	body := form(t, r.clickOf(olga, notify.ActionStillOn, &v))
	good := signedBy("s1", stamp(), body).Header.Get("X-Slack-Signature")
	log := r.overHTTP("s1", "s2")
	for name, signature := range map[string]string{
		"none": "", "wrong": "v0=" + strings.Repeat("0", 64), "of another length": good[:len(good)-2], "of version 1": "v1" + good[2:], "not hex": "v0=" + strings.Repeat("z", 64),
		"of another secret": signedBy("s3", stamp(), body).Header.Get("X-Slack-Signature"), "of an empty secret": signedBy("", stamp(), body).Header.Get("X-Slack-Signature"),
	} {
		q := signedBy("s1", stamp(), body)
		q.Header.Set("X-Slack-Signature", signature)
		if w := r.post(Interactions, q); w.Code != http.StatusUnauthorized || w.Body.Len() > 0 {
			t.Errorf("a signature that is %s: %d %q", name, w.Code, w.Body)
		}
	}
	if got := r.view(v.ID); got.Version != v.Version {
		t.Error("a request that Slack has not signed changed a promise")
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("refusals fill the log with %d lines: %s", n, log)
	}
	for _, secret := range []string{"s1", "s2"} { // one is about to be replaced by the other
		if w := r.post(Interactions, signedBy(secret, stamp(), body)); w.Code != http.StatusOK {
			t.Errorf("signed by %s: %d", secret, w.Code)
		}
	}
	if got := r.detail(v.ID); len(got.Touches) != 1 {
		t.Errorf("%d calls are recorded, want 1", len(got.Touches))
	}
	r.overHTTP("") // as an empty setting might give
	if w := r.post(Interactions, signedBy("", stamp(), body)); w.Code != http.StatusUnauthorized {
		t.Errorf("with an empty secret: %d", w.Code)
	}
}

func TestI63_X16_StaleRequestsAreRefused(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	body := form(t, r.clickOf(olga, notify.ActionStillOn, &v))
	r.overHTTP("s1")
	at := func(by time.Duration) string { return fmt.Sprint(time.Now().Add(by).Unix()) }
	for _, timestamp := range []string{at(-301 * time.Second), at(302 * time.Second), "yesterday", "", "1" + strings.Repeat("0", 30), "-1", "1e9", " " + stamp()} {
		if w := r.post(Interactions, signedBy("s1", timestamp, body)); w.Code != http.StatusUnauthorized {
			t.Errorf("with the timestamp %q: %d", timestamp, w.Code)
		}
	}
	if got := r.view(v.ID); got.Version != v.Version {
		t.Error("a stale request changed a promise")
	}
	if w := r.post(Interactions, signedBy("s1", at(-290*time.Second), body)); w.Code != http.StatusOK || len(r.detail(v.ID).Touches) != 1 {
		t.Errorf("one that is not stale: %d", w.Code)
	}
}

func TestI64_X16_AReplayIsAnsweredAgainWithoutEffect(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.overHTTP("s1")
	for _, user := range []string{olga, zoe} { // one may, the other is told privately that she may not
		body, at := form(t, r.clickOf(user, notify.ActionStillOn, &v)), stamp()
		first := r.post(Interactions, signedBy("s1", at, body))
		told := len(r.slack.Accepted())
		again := r.post(Interactions, signedBy("s1", at, body))
		if first.Code != http.StatusOK || again.Code != first.Code || again.Body.String() != first.Body.String() {
			t.Errorf("the replay is answered %d %q, and the first %d %q", again.Code, again.Body, first.Code, first.Body)
		}
		if n := len(r.slack.Accepted()); n != told {
			t.Errorf("the replay told %s %d more", user, n-told)
		}
	}
	if got := r.detail(v.ID); len(got.Touches) != 1 {
		t.Errorf("%d calls are recorded, want 1", len(got.Touches))
	}
}

func TestI65_TheRawBodyIsWhatIsSigned(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	log := r.overHTTP("s1")
	body := form(t, r.clickOf(olga, notify.ActionStillOn, &v))
	twice := append(append([]byte{}, body...), append([]byte("&"), body...)...)
	two := []byte("a=1&" + string(body))
	for name, c := range map[string]struct {
		signed, sent []byte
		want         int
	}{
		"tampered":           {body, bytes.Replace(body, []byte("still-on"), []byte("slipping"), 1), http.StatusUnauthorized},
		"in another order":   {two, append(append([]byte{}, body...), []byte("&a=1")...), http.StatusUnauthorized},
		"the payload twice":  {twice, twice, http.StatusBadRequest},
		"no payload":         {[]byte("a=1"), []byte("a=1"), http.StatusBadRequest},
		"not a form":         {[]byte("payload=%zz"), []byte("payload=%zz"), http.StatusBadRequest},
		"a payload too long": {bytes.Repeat([]byte("a"), MaxRequest+1), bytes.Repeat([]byte("a"), MaxRequest+1), http.StatusRequestEntityTooLarge},
	} {
		q := signedBy("s1", stamp(), c.sent)
		q.Header.Set("X-Slack-Signature", signedBy("s1", stamp(), c.signed).Header.Get("X-Slack-Signature"))
		if w := r.post(Interactions, q); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
	if got := r.view(v.ID); got.Version != v.Version {
		t.Error("a promise was changed")
	}
	if strings.Contains(log.String(), "still-on") || strings.Contains(log.String(), v.Key) {
		t.Errorf("the log quotes what people do: %s", log)
	}
}

func TestI78_FormalitiesAreAnswered(t *testing.T) {
	r := newRig(t)
	r.overHTTP("s1")
	w := r.post(Events, signedBy("s1", stamp(), []byte(`{"type":"url_verification","challenge":"3eZbrw1\"aB","token":"x"}`)))
	if w.Code != http.StatusOK || w.Body.String() != `{"challenge":"3eZbrw1\"aB"}` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("url_verification: %d %q", w.Code, w.Body)
	}
	w = r.post(Commands, signedBy("s1", stamp(), []byte("ssl_check=1&token=x")))
	if w.Code != http.StatusOK || w.Body.Len() > 0 {
		t.Errorf("ssl_check: %d %q", w.Code, w.Body)
	}
	if w = r.post(Events, signedBy("s2", stamp(), []byte(`{"type":"url_verification","challenge":"3eZbrw1"}`))); w.Code != http.StatusUnauthorized {
		t.Errorf("url_verification by somebody else: %d %q", w.Code, w.Body)
	}
}

func TestI66_ABodyThatDoesNotArriveIsNotTooLarge(t *testing.T) {
	r := newRig(t)
	r.overHTTP("s1")
	request := httptest.NewRequest(http.MethodPost, "/slack/interactions", iotest.ErrReader(errors.New("it ended early")))
	if got := r.post(Interactions, request).Code; got != http.StatusRequestTimeout {
		t.Errorf("it is answered %d", got)
	}
}
