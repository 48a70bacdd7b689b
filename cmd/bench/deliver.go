package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

const (
	letters = 1000
	senders = 4 // as many as Kept has
)

// slackBase is where the stand-in for Slack is reached, without a socket.
const slackBase = "http://slack.invalid/api/"

// deliver measures P11: messages claimed, intended, sent and recorded, each durably,
// against the same number of bare requests, of which nothing is kept.
func (b *bench) deliver() error {
	owed, err := b.owed()
	if err != nil {
		return err
	}
	kept := &side{name: "kept", run: func(round int) (time.Duration, error) { return b.sendAll(owed, round) }}
	bare := &side{name: "bare requests, nothing kept", run: func(int) (time.Duration, error) { return b.postAll() }}
	if err := inTurn(rounds, kept, bare); err != nil {
		return err
	}
	b.rate("P11", fmt.Sprintf("%d messages to a stand-in for Slack", letters), "/s", letters, kept, bare, "0.5×")
	return nil
}

// owed is a database in which each of many people is owed one message.
func (b *bench) owed() (path string, err error) {
	path = filepath.Join(b.dir, "owed.db")
	list := filepath.Join(b.dir, "owed.csv")
	today := calendar.Default().Today(calendar.InstantOf(b.now))
	text := []byte("id,customer,owner,title,made_at,target_date,promise_date\n")
	for i := range letters {
		text = fmt.Appendf(text, "P-%d,Customer %d,owner%d@example.com,Order %d of health and beauty,%sT09:00:00Z,%s,%s\n", i, i, i, i, today-30, today-10, today+1)
	}
	if err := os.WriteFile(list, text, 0o600); err != nil {
		return "", err
	}
	if _, _, err := b.importInto(path, list); err != nil {
		return "", err
	}
	if err := b.firstSweep(path); err != nil {
		return "", err
	}
	r, err := openRaw(b.ctx, path)
	if err != nil {
		return "", err
	}
	_, err = r.ExecContext(b.ctx, "UPDATE people SET slack_user = 'U' || id")
	return path, errors.Join(err, r.Close())
}

// sendAll lets Kept send what is owed, in a fresh copy of the database.
func (b *bench) sendAll(owed string, round int) (time.Duration, error) {
	path, err := b.copyOf(owed, fmt.Sprint("owed-", round))
	if err != nil {
		return 0, err
	}
	defer b.remove(path)
	s, err := store.Open(b.ctx, path)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	slack := fakeslack.New()
	for i := range letters + 10 {
		slack.AddUser(fakeslack.User{ID: fmt.Sprint("U", i), Name: fmt.Sprint("owner", i)})
	}
	n, err := notify.New(notify.Config{
		BotToken: fakeslack.BotToken, APIURL: slackBase, Transport: slack.RoundTripper(), PerSecond: 1e6, PerChannel: 1e6,
	}, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	out, err := n.Deliver(b.ctx, b.inHours())
	took := time.Since(begun)
	if err == nil && out.Sent != letters {
		err = fmt.Errorf("%d messages were sent: %+v", out.Sent, out)
	}
	return took, err
}

// inHours is a moment to come at which everybody is at work.
func (b *bench) inHours() calendar.Instant {
	day := b.now.UTC().Truncate(24 * time.Hour)
	for day.Weekday() != time.Wednesday || !day.After(b.now) {
		day = day.Add(24 * time.Hour)
	}
	return calendar.InstantOf(day.Add(12 * time.Hour))
}

// postAll posts messages as fast as a client can, and forgets them.
func (b *bench) postAll() (time.Duration, error) {
	slack := fakeslack.New()
	for i := range letters {
		slack.AddChannel(fakeslack.Channel{ID: fmt.Sprint("C", i), Name: fmt.Sprint("channel", i)})
	}
	client := &http.Client{Transport: slack.RoundTripper()}
	errs := make([]error, senders)
	var wg sync.WaitGroup
	begun := time.Now()
	for w := range senders {
		wg.Go(func() {
			for i := w; i < letters && errs[w] == nil; i += senders {
				errs[w] = post(b.ctx, client, fmt.Sprint("C", i))
			}
		})
	}
	wg.Wait()
	return time.Since(begun), errors.Join(errs...)
}

// post sends a message of a card's size.
func post(ctx context.Context, client *http.Client, channel string) error {
	section := map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": string(bytes.Repeat([]byte("call the customer "), 20))}}
	body, err := json.Marshal(map[string]any{"channel": channel, "text": "Call Acme", "blocks": []any{section, section, section}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, slackBase+"chat.postMessage", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+fakeslack.BotToken)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	text, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(text, &said)
	}
	if err == nil && !said.OK {
		err = fmt.Errorf("the stand-in said %s", said.Error)
	}
	return err
}
