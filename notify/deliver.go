package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// Outcome counts deliveries by how far they got.
type Outcome struct {
	Sent      int `json:"sent"`
	Pending   int `json:"pending"`
	Uncertain int `json:"uncertain"`
	Blocked   int `json:"blocked"`
	Dead      int `json:"dead"`
	Cancelled int `json:"cancelled"`
}

const (
	workers = 4 // at most so many messages on their way at once
	hand    = 4 // deliveries claimed together: few, as they wait for each other
)

// patience is how long Deliver stays for messages that only the pace holds back.
// What is then left waits for the next Deliver.
const patience = time.Minute

// Deliver sends whatever is due as of at, until nothing is. Messages to one channel
// go one by one, at its pace. When ctx is done nothing more is claimed, and what has
// begun is finished. What Slack does not take goes by e-mail. The error is the
// database's; what Slack does is an Outcome.
func (n *Notifier) Deliver(ctx context.Context, at calendar.Instant) (Outcome, error) {
	r := &round{n: n, at: at, states: map[store.ID]store.DeliveryState{}, ends: time.Now().Add(patience)}
	if n.mode != Off {
		n.deliverToSlack(ctx, r)
	}
	if !r.failed() {
		r.fail(n.deliverByMail(ctx, r))
	}
	return r.outcome(), r.err
}

func (n *Notifier) deliverToSlack(ctx context.Context, r *round) {
	first := r.claim(ctx)
	var wg sync.WaitGroup
	if len(first) == hand {
		for range workers - 1 {
			wg.Go(func() { r.work(ctx, r.claim(ctx)) })
		}
	}
	r.work(ctx, first)
	wg.Wait()
}

// round is one call of Deliver.
type round struct {
	n    *Notifier
	at   calendar.Instant
	ends time.Time // when patience is out

	mu         sync.Mutex
	states     map[store.ID]store.DeliveryState
	pacedUntil time.Time // when the last message that the pace holds back may go
	err        error     // the first
}

func (r *round) claim(ctx context.Context) []store.Delivery {
	if ctx.Err() != nil || r.failed() || !r.n.admitted(ctx) {
		return nil
	}
	ctx, cancel := r.n.lasting(ctx)
	defer cancel()
	claimed, err := r.n.ledger.Claim(ctx, r.n.worker, r.at, hand, r.n.cfg.Lease, r.n.cfg.Grace)
	r.fail(err)
	return claimed
}

// work sends what one worker holds, and claims more until there is no more.
func (r *round) work(ctx context.Context, held []store.Delivery) {
	for {
		for i := range held {
			err := r.n.deliver(ctx, &held[i], r)
			if errors.Is(err, store.ErrFenced) {
				r.n.tally.fenced()
				r.n.log.Info("a delivery was claimed by another worker meanwhile", "delivery", held[i].ID)
				continue
			}
			r.fail(err)
		}
		if held = r.claim(ctx); len(held) == 0 {
			if !r.pause(ctx) {
				return
			}
			held = r.claim(ctx)
		}
	}
}

// pause waits a moment for messages that the pace holds back; false if there are none.
func (r *round) pause(ctx context.Context) bool {
	step := time.Duration(float64(time.Second) / r.n.cfg.PerChannel)
	r.mu.Lock()
	last := r.pacedUntil
	r.mu.Unlock()
	if now := time.Now(); r.failed() || now.After(last.Add(step)) || now.After(r.ends) {
		return false
	}
	return rest(ctx, step)
}

func (r *round) note(d *store.Delivery, c class, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.states[d.ID] = d.State
	if c == paced {
		if until := time.Now().Add(after); until.After(r.pacedUntil) {
			r.pacedUntil = until
		}
	}
}

func (r *round) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *round) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err != nil
}

func (r *round) outcome() (o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, state := range r.states {
		switch state {
		case store.Sent:
			o.Sent++
		case store.Pending:
			o.Pending++
		case store.Uncertain:
			o.Uncertain++
		case store.Blocked:
			o.Blocked++
		case store.Dead:
			o.Dead++
		case store.Cancelled:
			o.Cancelled++
		}
	}
	return o
}

// lasting is a context for the ledger that outlives ctx, but not a lease: what is
// recorded after that no longer counts.
func (n *Notifier) lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), n.cfg.Lease)
}
