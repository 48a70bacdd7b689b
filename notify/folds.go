package notify

import (
	"context"
	"sync"
	"time"

	"kept/commitments/calendar"
)

// folds is when what has piled up is looked for again.
type folds struct {
	mu   sync.Mutex
	next time.Time
}

// foldEvery is how often that is looked for while Slack takes messages.
const foldEvery = time.Minute

// soon makes the next claim look: Slack has taken nothing for a while.
func (f *folds) soon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = time.Time{}
}

func (f *folds) due() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Before(f.next) {
		return false
	}
	f.next = now.Add(foldEvery)
	return true
}

// fold makes one message of what has piled up for one destination, before any of it
// is claimed.
func (n *Notifier) fold(ctx context.Context, at calendar.Instant) error {
	if !n.folds.due() {
		return nil
	}
	folded, err := n.ledger.Fold(ctx, at)
	if folded > 0 {
		n.log.Info("messages that had to wait for over an hour are told together, each destination's in one", "folded", folded)
	}
	return err
}
