package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
)

// group commits what many goroutines settle at the same time in one transaction: a
// durable commit costs much the same however much is in it. One of them leads while
// the others wait; what comes meanwhile makes up the next transaction.
type group struct {
	mu      sync.Mutex
	led     bool
	waiting []*settlement
}

// settlement is one delivery's part of a transaction.
type settlement struct {
	id     ID
	update func(*tx, Instant) (int64, error)
	lead   chan bool // true: lead the next transaction; false: it is over
	err    error
}

// maxGroup is the most that one transaction settles.
const maxGroup = 100

// errAlone says that a transaction of several failed, whoever of them was at fault.
var errAlone = errors.New("to be settled alone")

// settle writes as the worker that holds the newest claim, or returns ErrFenced. The
// update may run more than once.
func (s *Store) settle(ctx context.Context, d *Delivery, update func(*tx, Instant) (int64, error)) error {
	mine := &settlement{id: d.ID, update: update, lead: make(chan bool, 1)}
	if s.group.join(mine) || <-mine.lead {
		s.leadGroup(ctx)
	}
	if errors.Is(mine.err, errAlone) {
		return s.settleAll(ctx, []*settlement{mine})
	}
	return mine.err
}

// join queues a settlement, and reports whether it has to lead.
func (g *group) join(m *settlement) (lead bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, m)
	lead, g.led = !g.led, true
	return lead
}

// leadGroup settles what is waiting, the leader's own first, and names the next leader.
func (s *Store) leadGroup(ctx context.Context) {
	g := &s.group
	g.mu.Lock()
	n := min(len(g.waiting), maxGroup)
	batch := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		if g.led = len(g.waiting) > 0; g.led {
			g.waiting[0].lead <- true
		}
		g.mu.Unlock()
		for _, m := range batch[1:] {
			m.lead <- false
		}
	}()
	for _, m := range batch {
		m.err = errAlone // should the transaction fail, or panic
	}
	err := s.settleAll(ctx, batch)
	if len(batch) == 1 {
		batch[0].err = err
	}
}

// settleAll settles several in one transaction, or none of them. Its error is that of
// the transaction, or of the only one.
func (s *Store) settleAll(ctx context.Context, batch []*settlement) error {
	ordered := slices.Clone(batch) // so that two processes never wait for each other
	slices.SortFunc(ordered, func(a, b *settlement) int { return cmp.Compare(a.id, b.id) })
	fenced := make([]bool, len(ordered))
	err := s.write(ctx, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		for i, m := range ordered {
			changed, err := m.update(t, now)
			if err != nil {
				return err
			}
			fenced[i] = changed == 0
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, m := range ordered {
		if m.err = nil; fenced[i] {
			m.err = ErrFenced
		}
	}
	if len(batch) == 1 {
		return batch[0].err
	}
	return nil
}
