package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"kept/commitments"
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

	// Ahead asks other clocks how far this machine's is ahead of theirs; known is false
	// if none answers. Nil is nobody to ask.
	Ahead func(context.Context) (by time.Duration, known bool)
	// Swept is called after every good sweep, if it is not nil.
	Swept func(context.Context)

	Backups Backups
}

// Scheduler is the standing jobs of one process. Several processes may run on one
// database: each job is claimed there.
type Scheduler struct {
	store   *store.Store
	send    Deliverer
	log     *slog.Logger
	sweep   cron.Schedule
	every   time.Duration
	keep    time.Duration
	backups Backups
	swept   func(context.Context)
	alert   chan struct{}             // there is something to send
	beat    atomic.Pointer[time.Time] // when the watchdog last looked, with its monotonic reading
	clock   clock
	pulse   pulse
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
	return &Scheduler{
		store: s, send: send, log: log, sweep: spec, every: c.Send, keep: c.Keep, backups: c.Backups, swept: c.Swept, alert: make(chan struct{}, 1),
		clock: clock{log: log, ahead: c.Ahead, began: time.Now()},
	}, nil
}

// watch is how often the watchdog compares the wall clock with the monotonic one.
const watch = 15 * time.Second

// Run catches up with whatever became due while nothing ran, then keeps the jobs
// going until ctx ends. It returns when what the jobs have begun is done: a batch of
// promises, a message on its way.
//
// robfig/cron sleeps by the wall clock: set back by a day, it stays silent for a day.
// So a monotonic ticker watches for the two clocks moving apart, and starts a new
// runner, with a new catch-up, when they do.
func (s *Scheduler) Run(ctx context.Context) error {
	s.ask(ctx, askFirst, true)
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	deliveries.Go(func() { s.deliveries(ctx) })
	steps := s.clock.steps()
	stop := s.start(ctx)
	ticker := time.NewTicker(watch)
	defer ticker.Stop()
	for {
		now := time.Now()
		s.beat.Store(&now)
		select {
		case <-ctx.Done():
			stop()
			return nil
		case <-ticker.C:
			s.clock.look(s.clock.read())
			s.ask(ctx, askAgain, false)
			if now := s.clock.steps(); now != steps {
				steps = now
				stop()
				stop = s.start(ctx)
			}
		}
	}
}

// How long other clocks have to answer: when starting, which must not take long, and
// later.
const (
	askFirst = 2 * time.Second
	askAgain = 5 * time.Second
)

// ask lets the other clocks speak about this one.
func (s *Scheduler) ask(ctx context.Context, patience time.Duration, first bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.clock.settle(ctx, first)
}

// Beat is when the watchdog last looked (the zero time before Run), and how often it
// saw the clock jump. How long ago that was is told by the monotonic clock.
func (s *Scheduler) Beat() (last time.Time, jumps int64) {
	if at := s.beat.Load(); at != nil {
		last = *at
	}
	return last, s.clock.seen()
}

// Doubted reports whether sweeps and digests are held back because the clock jumped
// ahead, and no other clock agrees with it.
func (s *Scheduler) Doubted() bool { return s.clock.doubted() }

// Slowest is the sweep, digest or delivery round in hand that has not got further for
// the longest time, by the monotonic clock; "" if there is none.
func (s *Scheduler) Slowest() (job string, still time.Duration) { return s.pulse.slowest() }

// Panics counts the panics of jobs, each of which was contained.
func (s *Scheduler) Panics() int64 { return s.pulse.panicCount() }

// Next is when a sweep is due after another.
func (s *Scheduler) Next(last time.Time) time.Time { return s.sweep.Next(last.UTC()) }

// start begins a beat, each job once at its beginning. What it returns ends the beat
// and waits for the jobs in hand.
func (s *Scheduler) start(ctx context.Context) (stop func()) {
	log := cronLog{s.log}
	runner := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log))
	// Panics are contained within the job. Were Skip inside of what contains them, one
	// would leave the job marked as running for ever.
	guard := cron.NewChain(cron.SkipIfStillRunning(log))
	var first sync.WaitGroup
	for _, j := range []struct {
		name string
		when cron.Schedule
		run  func(context.Context) error
	}{
		{"sweep", s.sweep, s.Sweep}, {"digest", s.sweep, s.Digests}, {"upkeep", cron.Every(time.Hour), s.Upkeep},
		{"check", cron.Every(time.Hour), s.Check}, {"backup", cron.Every(time.Hour), s.Backup},
	} {
		job := guard.Then(s.job(ctx, j.name, j.run))
		runner.Schedule(j.when, job)
		first.Go(job.Run)
	}
	runner.Start()
	return func() {
		<-runner.Stop().Done()
		first.Wait()
	}
}

// job is a job that lives through panics, and whose errors are logged.
func (s *Scheduler) job(ctx context.Context, name string, run func(context.Context) error) cron.Job {
	return cron.FuncJob(func() {
		s.pulse.move(name)
		defer s.pulse.end(name)
		defer s.contain(name)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("job failed", "job", name, "error", err)
		}
	})
}

// contain ends a panic: the job runs again at its next beat. What the panic says for
// itself is logged only if the runtime says it: anything else may quote a secret.
func (s *Scheduler) contain(name string) {
	p := recover()
	if p == nil {
		return
	}
	what := fmt.Sprintf("a panic of type %T", p)
	if e, ok := p.(runtime.Error); ok {
		what = e.Error()
	}
	stack := ""
	if s.pulse.panicked(name) {
		stack = string(debug.Stack())
	}
	s.log.Error("job panicked", "job", name, "panic", what, "stack", stack)
}

// roundFor is how long one round of deliveries claims messages. Bounded, a round that
// does not end is known to hang.
const roundFor = time.Minute

// deliveries sends what is due, every few seconds and whenever there is known to
// be something, until ctx ends.
func (s *Scheduler) deliveries(ctx context.Context) {
	deliver := s.job(ctx, "deliver", s.Deliver)
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		deliver.Run()
		select {
		case <-ctx.Done():
			return
		case <-s.alert:
		case <-ticker.C:
		}
	}
}

// Sweep sweeps as of now, or as of the last sweep if the clock has been set back since.
// It does nothing while the clock is doubted.
func (s *Scheduler) Sweep(ctx context.Context) error {
	if s.clock.doubted() {
		return nil
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	swept, err := s.store.Sweep(ctx, now, func() { s.pulse.move("sweep") })
	if len(swept.Changed)+len(swept.Alerts) > 0 {
		s.log.Info("swept", "reviewed", swept.Reviewed, "changed", len(swept.Changed), "alerts", len(swept.Alerts))
	}
	if len(swept.Alerts) > 0 {
		s.Wake()
	}
	if errors.Is(err, commitments.ErrRefused) {
		err = nil // another process has swept as of a later instant meanwhile
	}
	if err == nil && s.swept != nil {
		s.swept(ctx)
	}
	return err
}

// Wake begins the next round of deliveries at once.
func (s *Scheduler) Wake() {
	select {
	case s.alert <- struct{}{}:
	default: // told already
	}
}

// now is the time to go by: the wall clock's, as far as it is believed, but never
// before the last sweep.
func (s *Scheduler) now(ctx context.Context) (calendar.Instant, error) {
	last, err := s.store.LastRun(ctx, store.JobSweep)
	return max(last, s.clock.look(s.clock.read())), err
}

// Deliver sends what is due.
func (s *Scheduler) Deliver(ctx context.Context) error {
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, roundFor)
	defer cancel()
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
