package slackapp

import (
	"cmp"
	"maps"
	"strings"
	"sync"
	"time"
)

// Stats is what became of requests in this process.
type Stats struct {
	Requests map[Request]int64
	Took     time.Duration // until those that were carried out were answered, in all
}

// Request is a kind of request by its door and by what became of it.
type Request struct {
	Door   Door
	Result string // answered, refused or unreadable
}

// Compare orders requests by door, then by result.
func (r Request) Compare(o Request) int {
	return cmp.Or(strings.Compare(string(r.Door), string(o.Door)), strings.Compare(r.Result, o.Result))
}

// tally counts. It is safe for concurrent use; its zero value is ready.
type tally struct {
	mu    sync.Mutex
	stats Stats
	quiet time.Time // until then refusals are not logged
}

func (t *tally) count(door Door, result string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(door, result)
}

func (t *tally) add(door Door, result string) {
	if t.stats.Requests == nil {
		t.stats.Requests = map[Request]int64{}
	}
	t.stats.Requests[Request{door, result}]++
}

// answered counts a request that was carried out, however long that took.
func (t *tally) answered(door Door, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(door, "answered")
	t.stats.Took += took
}

// refused counts one that is not Slack's, and reports whether to log it.
func (t *tally) refused(door Door, now time.Time) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(door, "refused")
	if now.Before(t.quiet) {
		return false
	}
	t.quiet = now.Add(time.Minute)
	return true
}

// Stats counts what came in since the start.
func (a *App) Stats() Stats {
	a.tally.mu.Lock()
	defer a.tally.mu.Unlock()
	s := a.tally.stats
	s.Requests = maps.Clone(s.Requests)
	return s
}
