package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
)

// process is one running Kept: the real protocol between a model of the ledger and a
// model of Slack. Once it is killed nothing it does has any effect.
type process struct {
	s      *simulation
	n      int // the how many-th
	skew   time.Duration
	killed chan struct{}
	stop   context.CancelFunc
	gone   sync.WaitGroup
	claims map[string]time.Time // when it last claimed the delivery of a key
}

// start begins a process that delivers every five seconds.
func (s *simulation) start(n int, dice *dice) *process {
	ctx, stop := context.WithCancel(context.Background())
	p := &process{s: s, n: n, killed: make(chan struct{}), stop: stop, claims: map[string]time.Time{}}
	if dice.chance(0.2) {
		p.skew = dice.between(-30*time.Second, 30*time.Second)
	}
	cfg := s.settings
	cfg.Transport, cfg.Chance = p, p.chance
	var l notify.Ledger = p
	if s.broken != nil {
		l = s.broken(p)
	}
	kept, err := notify.New(cfg, l, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	p.gone.Go(func() {
		for ctx.Err() == nil {
			dice := s.step(p, "tick", "")
			_, _ = kept.Deliver(ctx, p.now()) // what the ledger refuses is tried at the next tick
			_ = p.lasts(ctx, 5*time.Second+s.hop(dice))
		}
	})
	return p
}

func (p *process) now() calendar.Instant { return calendar.InstantOf(time.Now().Add(p.skew)) }

// kill ends a process at once.
func (p *process) kill() {
	p.s.locked(func() {
		if !p.dead() {
			p.stop() // before anything hears of it: what then still happens must not depend on who hears first
			close(p.killed)
			p.s.v.kills++
			p.s.v.steps++
		}
	})
}

func (p *process) dead() bool {
	select {
	case <-p.killed:
		return true
	default:
		return false
	}
}

func (p *process) chance(below time.Duration) time.Duration {
	return p.s.roll(p.n, "chance", "").between(0, below)
}

// errDatabase is what the ledger says when it cannot.
var errDatabase = errors.New("database is locked")

// calls is one transaction of the ledger: it may fail before or after it is
// committed, and a process may sleep before it hears of that.
func (p *process) calls(ctx context.Context, what, id string, commit func() error) error {
	dice := p.s.step(p, what, id)
	fails := dice.chance(p.s.odds(0.01))
	if err := p.lasts(ctx, p.s.hop(dice)); err != nil {
		return err
	}
	if fails && dice.chance(0.5) {
		return errDatabase
	}
	p.s.fate(p, dice)
	err := commit()
	p.s.tell(p, what, id, err, " killed: ", p.dead())
	if slept := p.s.pause(dice); slept > 0 {
		time.Sleep(slept) // a stopped process cannot be told that it is late
	}
	if p.dead() {
		return errKilled
	}
	if fails {
		return errDatabase
	}
	return err
}

func (p *process) Claim(ctx context.Context, worker string, at calendar.Instant, limit int, lease, grace time.Duration) (claimed []store.Delivery, err error) {
	err = p.calls(ctx, "claim", "", func() (err error) {
		claimed, err = p.s.books.Claim(ctx, worker, at, limit, lease, grace)
		p.s.locked(func() {
			for _, d := range claimed {
				p.claims[d.Key] = time.Now()
			}
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func (p *process) Intend(ctx context.Context, d *store.Delivery, payload, place string, lease time.Duration) error {
	return p.calls(ctx, "intend", d.Key, func() error { return p.s.books.Intend(ctx, d, payload, place, lease) })
}

func (p *process) RecordSent(ctx context.Context, d *store.Delivery, channel, ts string) error {
	return p.calls(ctx, "sent", d.Key, func() error { return p.s.books.RecordSent(ctx, d, channel, ts) })
}

func (p *process) RecordFailure(ctx context.Context, d *store.Delivery, f store.Failure) error {
	return p.calls(ctx, "failure", d.Key, func() error { return p.s.books.RecordFailure(ctx, d, f) })
}

func (p *process) Letter(ctx context.Context, d *store.Delivery, at calendar.Instant) (l store.Letter, err error) {
	err = p.calls(ctx, "letter", d.Key, func() (err error) {
		l, err = p.s.books.Letter(ctx, d, at)
		return err
	})
	return l, err
}

func (p *process) AddParts(ctx context.Context, first *store.Delivery, payloads []string) error {
	return p.calls(ctx, "parts", first.Key, func() error { return p.s.books.AddParts(ctx, first, payloads) })
}

func (p *process) RecordTold(ctx context.Context, d *store.Delivery, told []store.Told) error {
	return p.calls(ctx, "told", d.Key, func() error { return p.s.books.RecordTold(ctx, d, told) })
}

// Fold does nothing: in the model every message waits for itself.
func (p *process) Fold(context.Context, calendar.Instant) (int, error) { return 0, nil }

func (p *process) FoundInSlack(ctx context.Context, person *store.Person, user string) error {
	return p.calls(ctx, "found", user, func() error { return p.s.books.FoundInSlack(ctx, person, user) })
}
