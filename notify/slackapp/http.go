package slackapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"
)

// MaxRequest is the largest request of Slack's that is read, in bytes. A modal that is
// full of text stays far below.
const MaxRequest = 1 << 20

// Signed reports whether requests over HTTP can be told from forged ones. Without a
// signing secret none may be answered.
func (a *App) Signed() bool { return len(a.cfg.SigningSecrets) > 0 }

// Endpoint answers the requests that Slack sends to one door over HTTP: 401 unless the
// raw body is signed by one of our secrets, within five minutes; 400 if it is not what
// Slack sends there; 200 whatever else is in it.
func (a *App) Endpoint(door Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := a.endpoint(door, w, r)
		if body != nil {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write(body) // if Slack did not wait, it asks again
	})
}

func (a *App) endpoint(door Door, w http.ResponseWriter, r *http.Request) (status int, answer []byte) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
	if err != nil {
		a.refused(door, err)
		return unread(err), nil
	}
	if err := a.signed(r.Header, raw); err != nil {
		a.refused(door, err)
		return http.StatusUnauthorized, nil
	}
	payload, err := unwrapped(door, raw)
	if err != nil {
		a.tally.count(door, "unreadable")
		a.log.Warn("a request from Slack cannot be read", "door", string(door), "error", err)
		return http.StatusBadRequest, nil
	}
	if answer, is := formality(payload); is {
		return http.StatusOK, answer
	}
	return http.StatusOK, a.Handle(r.Context(), door, payload)
}

// unread is the status for a body that could not be read: it is too large, or does not
// arrive.
func unread(err error) int {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusRequestTimeout
}

// formality answers what Slack asks to see whether anybody is there.
func formality(payload json.RawMessage) (answer json.RawMessage, is bool) {
	var asked struct {
		Type      string          `json:"type"`
		Challenge json.RawMessage `json:"challenge"`
		SSLCheck  string          `json:"ssl_check"`
	}
	switch err := json.Unmarshal(payload, &asked); {
	case err != nil:
		return nil, false
	case asked.Type == "url_verification" && asked.Challenge != nil:
		return append(append(json.RawMessage(`{"challenge":`), asked.Challenge...), '}'), true
	}
	return nil, asked.SSLCheck == "1"
}

// signed says why a request is not known to be Slack's.
func (a *App) signed(header http.Header, body []byte) error {
	err := errors.New("there is no signing secret")
	for _, secret := range a.cfg.SigningSecrets {
		var v slack.SecretsVerifier
		if v, err = slack.NewSecretsVerifier(header, secret); err != nil {
			continue
		}
		if _, err = v.Write(body); err != nil {
			continue
		}
		if err = v.Ensure(); err == nil {
			return nil
		}
	}
	return err
}

// refused counts a request that is not Slack's, and tells the log of the first in a
// minute: anybody can send as many as they like.
func (a *App) refused(door Door, err error) {
	if a.tally.refused(door, time.Now()) {
		a.log.Warn("requests were refused that are not whole, or that Slack has not signed with our secret just now", "door", string(door), "error", err)
	}
}

// unwrapped is the JSON of the payload in a request's body.
func unwrapped(door Door, body []byte) (json.RawMessage, error) {
	if door == Events {
		if !json.Valid(body) {
			return nil, errors.New("the body is not JSON")
		}
		return body, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the body is not a form") // the error would quote it
	}
	fields := make(map[string]string, len(form))
	for name, values := range form {
		if len(values) != 1 {
			return nil, fmt.Errorf("a field is there %d times", len(values))
		}
		fields[name] = values[0]
	}
	if door == Interactions {
		payload, there := fields["payload"]
		if !there || !json.Valid([]byte(payload)) {
			return nil, errors.New("there is no payload of JSON")
		}
		return json.RawMessage(payload), nil
	}
	return json.Marshal(fields)
}
