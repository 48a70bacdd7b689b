package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// stopsWithin is the time after which a supervisor loses patience.
const stopsWithin = 20 * time.Second

// restarting is one storm of restarts.
type restarting struct {
	alerts, restarts, processes int
	life                        time.Duration // between one restart and the next, on average
}

func restartsCommand(ctx context.Context, args []string, out io.Writer) error {
	// A grace of at least ten seconds leaves calls the ten seconds they have in the field.
	o := options{out: out, grace: 15 * time.Second, lag: usualLag}
	var k restarting
	flags, short := common("restarts", &o)
	flags.IntVar(&k.restarts, "restarts", 500, "restarts, one after another")
	flags.IntVar(&k.alerts, "alerts", 5000, "alerts owed")
	flags.IntVar(&k.processes, "processes", 1, "processes at a time; more than one needs -db")
	flags.DurationVar(&k.life, "life", 300*time.Millisecond, "time between one restart and the next, on average")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		k.alerts, k.restarts, o.grace = 300, 40, usualGrace
	}
	if k.processes > 1 && o.server == "" {
		return errOneProcess
	}
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	v, err := r.restarting(ctx, k)
	if err = errors.Join(err, r.close()); err != nil {
		return err
	}
	return v.failed()
}

var errOneProcess = errors.New("-processes: one process at a time serves a SQLite file: name a PostgreSQL server with -db")

// restarting stops processes in good order at any moment, one after another, each time
// starting one in its place.
func (r *rig) restarting(ctx context.Context, k restarting) (verdict, error) {
	r.say("%d alerts, %d restarts, %d at a time, seed %d", k.alerts, k.restarts, k.processes, r.seed)
	r.hire(min(wave, k.alerts))
	r.breakSlack()
	chance := rand.New(rand.NewPCG(r.seed, 0))
	var s stops
	serving := make([]*process, k.processes)
	for i := range k.restarts + k.processes { // the first of them replace nobody
		if err := r.oweUpTo(ctx, k.alerts*(i+1)*10/(k.restarts*9)+1, k.alerts); err != nil {
			return verdict{}, err
		}
		slot := i % k.processes
		if err := s.stop(serving[slot]); err != nil {
			return verdict{}, err
		}
		p, err := r.serve(fmt.Sprint("serve-", slot))
		if err != nil {
			return verdict{}, err
		}
		defer p.kill()
		serving[slot] = p
		if err := p.someMoment(ctx, k.life, chance); err != nil {
			return verdict{}, err
		}
	}
	for _, p := range serving {
		if err := s.stop(p); err != nil {
			return verdict{}, err
		}
	}
	r.say("%s; %d messages had come by then", &s, len(r.slack.Accepted()))
	return r.calm(ctx, k.processes, patience)
}

// oweUpTo imports as many alerts as are missing to n of all, a wave or what is left at once.
func (r *rig) oweUpTo(ctx context.Context, n, all int) error {
	for size := min(wave, max(all/10, 1)); len(r.owed) < min(n, all); {
		if err := r.owe(ctx, min(size, all-len(r.owed))); err != nil {
			return err
		}
	}
	return nil
}

// stops are processes that were told to stop: how long each took, in order, and how many
// had not come up so far that they could heed it.
type stops struct {
	took   []time.Duration
	unborn int
}

// stop stops a process; nil is none. It must end in time and with status 0, unless the
// system has ended it because it did not listen for signals yet: nothing was in hand.
func (s *stops) stop(p *process) error {
	if p == nil {
		return nil
	}
	up := p.isUp()
	took, err := p.stop()
	var failed *exec.ExitError
	switch {
	case !up && errors.As(err, &failed) && failed.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM:
		s.unborn++
	case err != nil:
		return fmt.Errorf("a process did not stop well: %w\n%s", err, p.lastWords())
	case took > stopsWithin:
		return fmt.Errorf("a process took %s to stop: at most %s were promised", took, stopsWithin)
	default:
		s.took = append(s.took, took)
	}
	return nil
}

func (s *stops) String() string {
	slices.Sort(s.took)
	at := func(part float64) time.Duration {
		return s.took[int(part*float64(len(s.took)-1))].Round(time.Millisecond)
	}
	return fmt.Sprintf("%d stopped, median %s, p99 %s, most %s; %d more before they heeded signals", len(s.took), at(0.5), at(0.99), at(1), s.unborn)
}
