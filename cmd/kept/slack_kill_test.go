package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"syscall"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// TestF11_KilledBetweenSavingAndAnswering: what Slack asked for was saved, no answer
// arrives, and it asks the next process again. Over HTTP, signed.
func TestF11_KilledBetweenSavingAndAnswering(t *testing.T) {
	slack := fakeslack.New()
	slack.AddUser(fakeslack.User{ID: "U0ADA", Name: "ada", RealName: "Ada", Email: "ada@example.com"})
	server := httptest.NewServer(slack)
	t.Cleanup(server.Close)
	path, db := database(t)
	ada, err := db.Actor(t.Context(), "")
	must(t, err)
	added, err := db.Add(t.Context(), store.Op{By: ada}, store.NewPromise{
		Customer: "Acme", Owner: "ada@example.com", Title: "Single sign-on", Promise: time.Now().AddDate(0, 1, 0).Format(time.DateOnly), Create: true,
	})
	must(t, err)
	shown := func() store.Detail {
		d, err := db.Show(t.Context(), ada, strconv.FormatInt(int64(added.ID), 10), calendar.InstantOf(time.Now()))
		must(t, err)
		return d
	}
	env := []string{"KEPT_SLACK_BOT_TOKEN=" + fakeslack.BotToken, "KEPT_SLACK_API_URL=" + server.URL + "/api/", "KEPT_SLACK_SIGNING_SECRET=old," + fakeslack.SigningSecret}
	p := start(t, env, "--db", path, "serve")
	ask := func(body []byte) (*http.Response, error) {
		return http.DefaultClient.Do(slack.SignedRequest(http.MethodPost, p.url+"slack/interactions", body, time.Now()))
	}
	for i := range 3 {
		before := len(shown().Events)
		click, err := json.Marshal(map[string]any{
			"type": "block_actions", "trigger_id": slack.TriggerID(), "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": "U0ADA", "team_id": fakeslack.TeamID},
			"actions": []any{map[string]any{"type": "button", "action_id": notify.ActionCheckIn + "/" + strconv.Itoa(i), "value": notify.Ref{Key: shown().Key}.String()}},
		})
		must(t, err)
		body := []byte(url.Values{"payload": {string(click)}}.Encode())
		lost := make(chan struct{})
		go func() { // whether an answer came is nobody's concern: it is lost
			defer close(lost)
			if answer, err := ask(body); err == nil {
				_ = answer.Body.Close()
			}
		}()
		for len(shown().Events) == before {
		}
		p.signal(t, syscall.SIGKILL)
		<-lost
		<-p.ended
		p = start(t, env, "--db", path, "serve")
		answer, err := ask(body)
		must(t, err)
		must(t, answer.Body.Close())
		if got := len(shown().Events) - before; answer.StatusCode != http.StatusOK || got != 1 {
			t.Errorf("asked again it answers %d, and the click was carried out %d times", answer.StatusCode, got)
		}
	}
	p.signal(t, syscall.SIGTERM)
	p.endsWell(t)
}
