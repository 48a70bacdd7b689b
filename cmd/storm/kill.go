package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// killing is one storm of kills.
type killing struct {
	alerts, kills, processes int
	life                     time.Duration // that a process serves, on average
}

// wave is how many alerts come to be owed at once, each to another owner.
const wave = 200

// patience is how long a storm waits at its end until nothing is owed.
const patience = 15 * time.Minute

func killCommand(ctx context.Context, args []string, out io.Writer) error {
	o := options{out: out, grace: usualGrace, lag: usualLag}
	var k killing
	flags, short := common("kill", &o)
	flags.IntVar(&k.alerts, "alerts", 10_000, "alerts owed")
	flags.IntVar(&k.kills, "kills", 1000, "processes killed")
	flags.IntVar(&k.processes, "processes", 1, "processes at a time; more than one needs -db")
	flags.DurationVar(&k.life, "life", 300*time.Millisecond, "how long a process serves on average")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		k.alerts, k.kills = 300, 40
	}
	if k.processes > 1 && o.server == "" {
		return errOneProcess
	}
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	v, err := r.killing(ctx, k)
	if err = errors.Join(err, r.close()); err != nil {
		return err
	}
	_, err = r.plainBeside(ctx, k)
	return errors.Join(err, v.failed())
}

// killing lets processes serve, kills them at random moments while more and more is
// owed, and then lets them send what is left.
func (r *rig) killing(ctx context.Context, k killing) (verdict, error) {
	r.say("%d alerts, %d kills, %d at a time, seed %d", k.alerts, k.kills, k.processes, r.seed)
	r.hire(min(wave, k.alerts))
	r.breakSlack()
	begun := time.Now()
	seen, stop := r.watch(ctx)
	defer stop()
	if err := r.underFire(ctx, k); err != nil {
		return verdict{}, err
	}
	sent := len(r.slack.Accepted())
	r.say("%s under fire: %d of %d messages had come by then", time.Since(begun).Round(time.Second), sent, k.alerts)
	if sent < k.alerts/20 {
		return verdict{}, errors.New("hardly anything was sent under fire, so surviving it shows nothing: let the processes live longer with -life")
	}
	v, err := r.calm(ctx, k.processes, patience)
	stop()
	r.say("%s", seen.interrupted(r.slack.Accepted()))
	return v, err
}

// underFire kills processes, and in step with that makes promises come to be at risk. It
// goes on killing until all are owed, so at least as often as was asked for.
func (r *rig) underFire(ctx context.Context, k killing) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var killed atomic.Int64
	fed := make(chan struct{})
	over := func() bool {
		select {
		case <-fed:
			return killed.Load() >= int64(k.kills)
		default:
			return ctx.Err() != nil
		}
	}
	var all sync.WaitGroup
	for slot := range k.processes {
		chance := rand.New(rand.NewPCG(r.seed, uint64(slot)))
		all.Go(func() {
			for !over() {
				if err := r.oneLife(ctx, fmt.Sprint("serve-", slot), k.life, chance); err != nil {
					cancel(err)
					return
				}
				killed.Add(1)
			}
		})
	}
	all.Go(func() {
		defer close(fed)
		if err := r.feed(ctx, k, &killed); err != nil {
			cancel(err)
		}
	})
	all.Wait()
	r.say("%d kills", killed.Load())
	return context.Cause(ctx)
}

// oneLife starts a process and kills it at some moment.
func (r *rig) oneLife(ctx context.Context, name string, life time.Duration, chance *rand.Rand) error {
	p, err := r.serve(name)
	if err != nil {
		return err
	}
	defer p.kill()
	return p.someMoment(ctx, life, chance)
}

// someMoment waits until the moment for a process to end: mostly after it has served for
// a while, sometimes while it is still on its way up. Where that takes longer than it
// is to live, because the machine is busy, it lives as long: or nothing would be done.
func (p *process) someMoment(ctx context.Context, life time.Duration, chance *rand.Rand) error {
	born := time.Now()
	part := 2 * chance.Float64()
	if chance.IntN(5) > 0 {
		if err := p.ready(ctx); err != nil {
			return err
		}
		life = max(life, time.Since(born))
	}
	return p.live(ctx, time.Duration(part*float64(life)))
}

// feed imports the alerts wave by wave, over the first nine tenths of the kills, and at
// once calls a few of each off again. A wave comes when the last one has been found:
// a process dies before it has found very many.
func (r *rig) feed(ctx context.Context, k killing, killed *atomic.Int64) error {
	size := max(1, min(wave/k.processes, k.alerts/10))
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for owed := 0; owed < k.alerts; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		found, err := r.alerted(ctx)
		if err != nil {
			return err
		}
		if found < owed || killed.Load()*10*int64(k.alerts) < int64(k.kills)*9*int64(owed) {
			continue
		}
		if err := r.owe(ctx, min(size, k.alerts-owed)); err != nil {
			return err
		}
		if err := r.callOff(ctx, max(1, size/100)); err != nil {
			return err
		}
		owed += size
	}
	return nil
}

// calm lifts Slack's faults, lets processes send what is left, stops them in good order
// and asks the checker.
func (r *rig) calm(ctx context.Context, processes int, limit time.Duration) (v verdict, err error) {
	r.fixed()
	var serving []*process
	for slot := range processes {
		p, err := r.serve(fmt.Sprint("serve-", slot))
		if err != nil {
			return v, err
		}
		defer p.kill()
		serving = append(serving, p)
	}
	if err := r.settle(ctx, limit); err != nil {
		return v, err
	}
	for _, p := range serving {
		if _, err := p.stop(); err != nil {
			return v, fmt.Errorf("a process did not stop well: %w\n%s", err, p.lastWords())
		}
	}
	return r.verdict(ctx)
}

// verdict waits until Slack is done, asks the checker, and says what it found.
func (r *rig) verdict(ctx context.Context) (v verdict, err error) {
	if err := r.quiet(ctx); err != nil {
		return v, err
	}
	ledger, err := r.ledger(ctx)
	if err != nil {
		return v, err
	}
	v = check(r.owed, r.slack.Accepted(), ledger)
	r.say("Kept: %s", v)
	return v, nil
}
