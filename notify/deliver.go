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

// Deliveries in hand at once: few until Slack has taken one, so that little becomes
// doubtful when it is down, and then many. They share the database's commits.
const (
	fewInHand  = 4
	manyInHand = 64
)

// inHandFor bounds how long the pace alone may keep a claimed delivery waiting: far
// less than a lease.
const inHandFor = 5 * time.Second

// patience is how long Deliver stays for messages that only the pace holds back.
// What is then left waits for the next Deliver.
const patience = time.Minute

// Deliver sends whatever is due as of at, until nothing is. Messages to one channel
// go one by one, at its pace. When ctx is done nothing more is claimed, and what has
// begun is finished. What Slack does not take goes by e-mail. The error is the
// database's; what Slack does is an Outcome.
func (n *Notifier) Deliver(ctx context.Context, at calendar.Instant) (Outcome, error) {
	r := &round{n: n, at: at, states: map[store.ID]store.DeliveryState{}, ends: time.Now().Add(patience), done: make(chan struct{}, manyInHand)}
	if n.mode != Off {
		r.run(ctx)
	}
	if !r.failed() {
		r.fail(n.deliverByMail(ctx, r))
	}
	return r.outcome(), r.err
}

// round is one call of Deliver.
type round struct {
	n      *Notifier
	at     calendar.Instant
	ends   time.Time     // when patience is out
	done   chan struct{} // one for each delivery that is out of hand again
	inHand int
	since  time.Time // when the last of those in hand were claimed

	mu         sync.Mutex
	states     map[store.ID]store.DeliveryState
	pacedUntil time.Time // when the last message that the pace holds back may go
	err        error     // the first
}

// run keeps as many deliveries in hand as it may, until there is nothing more to claim.
func (r *round) run(ctx context.Context) {
	defer r.await(0)
	for {
		most := r.n.mayHold()
		r.await(most - (most+1)/2) // claims of one by one would cost a commit each
		claimed := r.claim(ctx, most-r.inHand)
		switch {
		case len(claimed) > 0:
			r.since = time.Now()
			r.handle(ctx, claimed)
		case r.inHand > 0 && time.Since(r.since) > r.n.cfg.Lease/2:
			r.await(0) // or this process would take a message from itself
		case r.inHand > 0:
			r.awaitFor(time.Second) // what becomes due meanwhile must not wait for the slowest
		case !r.pause(ctx):
			return
		}
	}
}

// mayHold is how many deliveries may be in hand at once.
func (n *Notifier) mayHold() int {
	if !n.gate.proven() {
		return fewInHand
	}
	return max(1, min(manyInHand, int(n.cfg.PerSecond*inHandFor.Seconds())))
}

// await waits until at most so many are in hand.
func (r *round) await(most int) {
	for r.inHand > most {
		<-r.done
		r.inHand--
	}
}

// awaitFor waits for all that are in hand, but no longer than a while.
func (r *round) awaitFor(d time.Duration) {
	over := time.NewTimer(d)
	defer over.Stop()
	for r.inHand > 0 {
		select {
		case <-r.done:
			r.inHand--
		case <-over.C:
			return
		}
	}
}

func (r *round) claim(ctx context.Context, limit int) (claimed []store.Delivery) {
	defer r.contain()
	if ctx.Err() != nil || r.failed() || !r.n.admitted(ctx) {
		return nil
	}
	ctx, cancel := r.n.lasting(ctx)
	defer cancel()
	if err := r.n.fold(ctx, r.at); err != nil {
		r.fail(err)
		return nil
	}
	claimed, err := r.n.ledger.Claim(ctx, r.n.worker, r.at, limit, r.n.cfg.Lease, r.n.cfg.Grace)
	r.fail(err)
	return claimed
}

// handle takes deliveries in hand, each on its own; one that has ended processes
// before only when all others are done with.
func (r *round) handle(ctx context.Context, claimed []store.Delivery) {
	if claimed[0].Crashes >= store.PoisonAfter {
		r.await(0)
		r.n.log.Warn("a message has ended the process that handled it several times: it is tried alone", "delivery", claimed[0].ID, "times", claimed[0].Crashes)
	}
	for i := range claimed {
		r.inHand++
		go func() {
			defer func() { r.done <- struct{}{} }()
			r.work(ctx, &claimed[i])
		}()
	}
	if claimed[0].Crashes >= store.PoisonAfter {
		r.await(0)
	}
}

func (r *round) work(ctx context.Context, d *store.Delivery) {
	defer r.contain()
	err := r.n.deliver(ctx, d, r)
	if errors.Is(err, store.ErrFenced) {
		r.n.tally.fenced()
		r.n.log.Info("a delivery was claimed by another worker meanwhile", "delivery", d.ID)
		return
	}
	r.fail(err)
}

// errPanic is what Deliver says of a panic that belongs to no message.
var errPanic = errors.New("a panic while messages were sent: see the log")

// contain ends a panic here. The round goes no further.
func (r *round) contain() {
	if p := recover(); p != nil {
		r.n.panicked("deliver", p)
		r.fail(errPanic)
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
