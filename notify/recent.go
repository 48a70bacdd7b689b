package notify

import (
	"maps"
	"sync"
	"time"

	"kept/commitments/store"
)

// recent remembers when this process last posted each message, by the monotonic clock.
// Lease and grace run on the database's clock: set ahead while a message is on its way,
// it would have this very process look for it before Slack can show it.
type recent struct {
	mu     sync.Mutex
	posted map[store.ID]time.Time
	swept  time.Time // when those of long ago were last forgotten
}

// note remembers that a message is posted now, and forgets, once a grace, those posted
// longer ago than that.
func (r *recent) note(id store.ID, grace time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.posted == nil {
		r.posted = map[store.ID]time.Time{}
	}
	if time.Since(r.swept) > grace {
		maps.DeleteFunc(r.posted, func(_ store.ID, at time.Time) bool { return time.Since(at) > grace })
		r.swept = time.Now()
	}
	r.posted[id] = time.Now()
}

// left is how much of the grace of a message this process has still to wait.
func (r *recent) left(id store.ID, grace time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.posted[id]
	if !known {
		return 0
	}
	return grace - time.Since(at)
}
