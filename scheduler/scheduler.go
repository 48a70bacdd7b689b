package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"

	"github.com/robfig/cron/v3"
)

// Deliverer sends whatever is due as of an instant.
type Deliverer interface {
	Deliver(ctx context.Context, at calendar.Instant) error
}

// Config is how often the jobs beat. The zero Config has the defaults.
type Config struct {
	Sweep string        // cron spec in UTC, of the sweep and the digests; "" is every minute
	Send  time.Duration // between two looks at what is to be sent; 0 is 5 seconds
	Keep  time.Duration // how long the text of messages is kept once they are done with; 0 is 90 days
}

// Scheduler is the standing jobs of one process. Several processes may run on one
// database: each job is claimed there.
type Scheduler struct {
	store *store.Store
	send  Deliverer
	log   *slog.Logger
	sweep cron.Schedule
	every time.Duration
	keep  time.Duration
	beat  atomic.Pointer[time.Time] // when the watchdog last looked, with its monotonic reading
	jumps atomic.Int64
}

// New checks the config. A nil logger is silent.
func New(c Config, s *store.Store, send Deliverer, log *slog.Logger) (*Scheduler, error) {
	if c.Sweep == "" {
		c.Sweep = "* * * * *"
	}
	spec, err := ParseSpec(c.Sweep)
	if err != nil {
		return nil, err
	}
	if c.Send == 0 {
		c.Send = 5 * time.Second
	}
	if c.Keep == 0 {
		c.Keep = 90 * 24 * time.Hour
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Scheduler{store: s, send: send, log: log, sweep: spec, every: c.Send, keep: c.Keep}, nil
}

// watch is how often the watchdog compares the wall clock with the monotonic one.
const watch = 15 * time.Second

// Run catches up with whatever became due while nothing ran, then keeps the jobs
// going until ctx ends. It returns when the jobs in hand are done; their own work is
// not cut off.
//
// robfig/cron sleeps by the wall clock: set back by a day, it stays silent for a day.
// So a monotonic ticker watches for the two clocks moving apart, and starts a new
// runner when they do.
func (s *Scheduler) Run(ctx context.Context) error {
	working := context.WithoutCancel(ctx)
	s.all(working)
	runner := s.start(working)
	ticker := time.NewTicker(watch)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			<-runner.Stop().Done()
			return nil
		case <-ticker.C:
			now := time.Now()
			s.looked(now)
			if jump := now.Round(0).Sub(last.Round(0)) - now.Sub(last); jump.Abs() > 2*time.Second {
				s.jumps.Add(1)
				s.log.Warn("the clock jumped", "by", jump)
				<-runner.Stop().Done()
				s.all(working)
				runner = s.start(working)
			}
			last = now
		}
	}
}

// Beat is when the watchdog last looked (the zero time before Run), and how often it
// saw the clock jump. How long ago that was is told by the monotonic clock.
func (s *Scheduler) Beat() (last time.Time, jumps int64) {
	if at := s.beat.Load(); at != nil {
		last = *at
	}
	return last, s.jumps.Load()
}

func (s *Scheduler) looked(at time.Time) { s.beat.Store(&at) }

func (s *Scheduler) start(ctx context.Context) *cron.Cron {
	log := cronLog{s.log}
	// Skip must be outside Recover: the other way round, one panic leaves the job
	// marked as running for ever.
	runner := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	runner.Schedule(s.sweep, s.job(ctx, "sweep", s.Sweep))
	runner.Schedule(s.sweep, s.job(ctx, "digest", s.Digests))
	runner.Schedule(cron.Every(s.every), s.job(ctx, "deliver", s.Deliver))
	runner.Schedule(cron.Every(time.Hour), s.job(ctx, "upkeep", s.Upkeep))
	runner.Start()
	return runner
}

func (s *Scheduler) job(ctx context.Context, name string, run func(context.Context) error) cron.Job {
	return cron.FuncJob(func() {
		if err := run(ctx); err != nil {
			s.log.Error("job failed", "job", name, "error", err)
		}
	})
}

// all runs every job once, for a start and after a jump of the clock.
func (s *Scheduler) all(ctx context.Context) {
	s.looked(time.Now())
	for _, j := range []cron.Job{
		s.job(ctx, "sweep", s.Sweep), s.job(ctx, "digest", s.Digests), s.job(ctx, "deliver", s.Deliver), s.job(ctx, "upkeep", s.Upkeep),
	} {
		cron.Recover(cronLog{s.log})(j).Run()
	}
}

// Sweep sweeps as of now, or as of the last sweep if the clock has been set back since.
func (s *Scheduler) Sweep(ctx context.Context) error {
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	swept, err := s.store.Sweep(ctx, now)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if len(swept.Changed)+len(swept.Alerts) > 0 {
		s.log.Info("swept", "reviewed", swept.Reviewed, "changed", len(swept.Changed), "alerts", len(swept.Alerts))
	}
	if len(swept.Alerts) == 0 {
		return nil
	}
	return s.Deliver(ctx)
}

func (s *Scheduler) now(ctx context.Context) (calendar.Instant, error) {
	last, err := s.store.LastRun(ctx, store.JobSweep)
	return max(last, calendar.InstantOf(time.Now())), err
}

// Deliver sends what is due.
func (s *Scheduler) Deliver(ctx context.Context) error {
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	return s.send.Deliver(ctx, now)
}

// Upkeep forgets the text of messages that were done with long ago.
func (s *Scheduler) Upkeep(ctx context.Context) error {
	return s.store.ForgetPayloads(ctx, calendar.InstantOf(time.Now().Add(-s.keep)))
}

// cronLog hands cron's own log lines to ours; its Info lines are about every beat.
type cronLog struct{ *slog.Logger }

func (l cronLog) Info(string, ...any) {}

func (l cronLog) Error(err error, msg string, keysAndValues ...any) {
	l.Logger.Error(msg, append([]any{"error", err}, keysAndValues...)...)
}
