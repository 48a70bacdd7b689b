package main

import (
	"errors"
	"fmt"
	"os"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// smallStock is what the large database is set beside.
const smallStock = 10_000

// waves of promises fall due one after another, each at a microsecond of its own just
// after the first sweep: rounds of a thousand, then rounds of ten thousand.
func waves(stock int) []int {
	all := []int{1000, 1000, 1000}
	if stock >= 200_000 {
		all = append(all, 10_000, 10_000, 10_000)
	}
	return all
}

// arena is one stock that Kept and a hand-written loop sweep, each its own copy, so
// that neither has the other's pages in its way.
type arena struct {
	b     *bench
	store *store.Store
	raw   *raw
	paths []string

	numbers []int // of the open promises, once asked for
}

func (b *bench) arena(stock int) (*arena, error) {
	path, err := b.stock(stock)
	if err != nil {
		return nil, err
	}
	a := &arena{b: b}
	for _, name := range []string{"swept", "swept-by-hand"} {
		path, err := b.copyOf(path, fmt.Sprintf("%s-%d", name, stock))
		if err != nil {
			return nil, err
		}
		if err := b.makeWaves(path, waves(stock)); err != nil {
			return nil, err
		}
		a.paths = append(a.paths, path)
	}
	if a.store, err = store.Open(b.ctx, a.paths[0]); err != nil {
		return nil, err
	}
	a.raw, err = openRaw(b.ctx, a.paths[1])
	return a, err
}

// makeWaves lets promises that are on track fall due, and be overdue, wave by wave.
// They lie all over the table.
func (b *bench) makeWaves(dsn string, sizes []int) error {
	r, err := openRaw(b.ctx, dsn)
	if err != nil {
		return err
	}
	defer r.Close()
	for i, n := range sizes {
		at := b.wave(i)
		result, err := r.ExecContext(b.ctx, r.bound(`UPDATE commitments SET due_at = ?, next_review_at = ? WHERE id IN (
			SELECT id FROM commitments WHERE stage = 'on-track' AND next_review_at > ? ORDER BY (id * 7919) % 100003, id LIMIT ?)`),
			int64(at-1), int64(at), int64(b.wave(len(sizes))), n)
		if err != nil {
			return err
		}
		if got, _ := result.RowsAffected(); got != int64(n) {
			return fmt.Errorf("only %d promises are left for a wave of %d", got, n)
		}
	}
	return nil
}

// wave is the instant of a wave.
func (b *bench) wave(i int) calendar.Instant {
	return calendar.InstantOf(b.now) + calendar.Instant(i+1)
}

func (a *arena) close() {
	if a.store != nil {
		a.store.Close()
	}
	if a.raw != nil {
		a.raw.Close()
	}
	for _, p := range a.paths {
		_ = os.Remove(p)
	}
}

// idle sweeps as of a moment at which nothing more is due.
func (a *arena) idle(name string) *side {
	return timed(name, func(int) error {
		for range idleSweeps {
			if _, err := a.store.Sweep(a.b.ctx, calendar.InstantOf(a.b.now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// idleSweeps are measured together: one alone is too short.
const idleSweeps = 200

func (a *arena) idleByHand(name string) *side {
	return timed(name, func(int) error {
		for range idleSweeps {
			if n, err := a.raw.sweep(calendar.InstantOf(a.b.now)); err != nil || n != 0 {
				return errors.Join(err, fmt.Errorf("%d promises were due", n))
			}
		}
		return nil
	})
}

// due sweeps one wave a round, from the wave first on.
func (a *arena) due(name string, first, n int) *side {
	return timed(name, func(round int) error {
		swept, err := a.store.Sweep(a.b.ctx, a.b.wave(first+round))
		if err == nil && (swept.Reviewed != n || len(swept.Alerts) != n) {
			err = fmt.Errorf("%d promises reviewed, %d alerts, want %d", swept.Reviewed, len(swept.Alerts), n)
		}
		return err
	})
}

func (a *arena) dueByHand(name string, first, n int) *side {
	return timed(name, func(round int) error {
		done, err := a.raw.sweep(a.b.wave(first + round))
		if err == nil && done != n {
			err = fmt.Errorf("%d promises swept, want %d", done, n)
		}
		return err
	})
}

// sweep measures P2 and P3.
func (b *bench) sweep() error {
	small, err := b.arena(min(smallStock, b.big))
	if err != nil {
		return err
	}
	defer small.close()
	big, err := b.arena(b.big)
	if err != nil {
		return err
	}
	defer big.close()
	if err := b.sweepIdle(small, big); err != nil {
		return err
	}
	return b.sweepDue(small, big)
}

func (b *bench) sweepIdle(small, big *arena) error {
	few, many := small.idle(fmt.Sprintf("of %d", smallStock)), big.idle("kept")
	hand := big.idleByHand("by hand")
	if err := inTurn(rounds, few, many, hand); err != nil {
		return err
	}
	for _, s := range []*side{few, many, hand} {
		for i := range s.took {
			s.took[i] /= idleSweeps
		}
	}
	b.slower("P2", fmt.Sprintf("nothing due of %d, against %d", b.big, smallStock), many, few, "1.3×, 200µs of SQL")
	b.slower("P2", fmt.Sprintf("nothing due of %d, job noted", b.big), many, hand, "")
	return nil
}

func (b *bench) sweepDue(small, big *arena) error {
	few, many := small.due(fmt.Sprintf("of %d", smallStock), 0, 1000), big.due("kept", 0, 1000)
	fewByHand, manyByHand := small.dueByHand("by hand", 0, 1000), big.dueByHand("by hand", 0, 1000)
	if err := inTurn(rounds, few, fewByHand, many, manyByHand); err != nil {
		return err
	}
	b.slower("P3", fmt.Sprintf("1000 due of %d", smallStock), few, fewByHand, "2.5×")
	b.slower("P3", fmt.Sprintf("1000 due of %d", b.big), many, manyByHand, "2.5×")
	b.slower("P3", fmt.Sprintf("1000 due of %d, against %d", b.big, smallStock), many, few, "3.5×")
	if len(waves(b.big)) <= rounds {
		return nil
	}
	more := big.due("kept", rounds, 10_000)
	moreByHand := big.dueByHand("by hand", rounds, 10_000)
	if err := inTurn(rounds, more, moreByHand); err != nil {
		return err
	}
	b.slower("P3", fmt.Sprintf("10000 due of %d", b.big), more, moreByHand, "2.5×")
	many.name = "1000 due"
	b.slower("P3", fmt.Sprintf("10000 due of %d, against 1000", b.big), more, many, "12×")
	return nil
}
