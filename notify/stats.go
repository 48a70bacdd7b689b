package notify

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"kept/commitments/calendar"
)

// Stats counts what came of it all since this process began.
type Stats struct {
	Sends      map[string]int64 // messages posted, by class; "accepted" are those Slack took
	Found      int64            // doubtful messages that Slack turned out to have
	Missing    int64            // and those it turned out not to have
	FindErrors int64            // looks that said neither
	Fenced     int64            // messages that another worker had claimed meanwhile
}

// BlockedDestination is a channel that takes no messages.
type BlockedDestination struct {
	Place string           `json:"place"`
	Code  string           `json:"code"`
	Since calendar.Instant `json:"since"`
}

// Stats gives the counts up to now.
func (n *Notifier) Stats() Stats {
	n.tally.mu.Lock()
	defer n.tally.mu.Unlock()
	s := n.tally.stats
	s.Sends = maps.Clone(s.Sends)
	if s.Sends == nil {
		s.Sends = map[string]int64{}
	}
	return s
}

// BlockedDestinations are the channels that have refused a message since one last got
// through to them, by their ids.
func (n *Notifier) BlockedDestinations() []BlockedDestination { return n.lanes.shut() }

// ClockSkew is how far our clock is ahead of Slack's, to the second, by the latest
// answer, and when that came; the zero time if none came yet.
func (n *Notifier) ClockSkew() (skew time.Duration, at time.Time) { return n.clock.skew() }

// AskTime asks Slack what time it is there, for ClockSkew, and nothing else. An answer
// that refuses us tells the time as well.
func (n *Notifier) AskTime(ctx context.Context) error {
	if n.mode != Bot {
		return errors.New("without a bot token Slack cannot be asked for the time")
	}
	_, before := n.clock.skew()
	_, v := n.bot.authTest(ctx)
	if _, after := n.clock.skew(); after.Equal(before) {
		return errors.New("Slack does not say what time it is: " + v.String())
	}
	return nil
}

// tally keeps the counts.
type tally struct {
	mu    sync.Mutex
	stats Stats
}

func (t *tally) sent(v verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stats.Sends == nil {
		t.stats.Sends = map[string]int64{}
	}
	name := string(v.class)
	if v.ok() {
		name = "accepted"
	}
	t.stats.Sends[name]++
}

func (t *tally) fenced() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Fenced++
}

func (t *tally) found(v verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch v.class {
	case accepted:
		t.stats.Found++
	case absent:
		t.stats.Missing++
	default:
		t.stats.FindErrors++
	}
}

// slackClock is what Slack's answers say of the time there.
type slackClock struct {
	mu    sync.Mutex
	ahead time.Duration
	at    time.Time
}

// note takes the Date of an answer that has just come. It names the second that had
// begun, so half of one later is the best guess.
func (c *slackClock) note(date string) {
	there, err := http.ParseTime(date)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Now()
	c.ahead = c.at.Round(0).Sub(there.Add(time.Second / 2))
}

func (c *slackClock) skew() (time.Duration, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead, c.at
}
