package fakeslack

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// SignedRequest makes a request as Slack would send it to an app: a slash
// command, an interaction or an event, signed with the signing secret at the
// moment at. The body is taken for JSON if it begins with a brace, for a form
// otherwise. It panics if method or url cannot make a request.
func (s *Server) SignedRequest(method, url string, body []byte, at time.Time) *http.Request {
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		panic(fmt.Sprintf("fakeslack: %v", err))
	}
	contentType := "application/x-www-form-urlencoded"
	if strings.HasPrefix(string(body), "{") {
		contentType = "application/json"
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	r.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(at.Unix()))
	r.Header.Set("X-Slack-Signature", sign(s.signingSecret, at.Unix(), body))
	return r
}

// sign is Slack's signature, version 0, of a raw body.
func sign(secret string, unix int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%d:%s", unix, body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
