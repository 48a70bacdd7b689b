package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"time"

	"kept/notify/fakeslack"
)

// failovers is one storm of failovers.
type failovers struct {
	times int
	wave  int // alerts that come to be owed before each, and as many after it
}

// backWithin is how soon after a promotion messages have to go out again.
const backWithin = 30 * time.Second

func failoverCommand(ctx context.Context, args []string, out io.Writer) error {
	o := options{out: out, grace: usualGrace, lag: usualLag}
	var f failovers
	flags, short := common("failover", &o)
	flags.IntVar(&f.times, "times", 20, "primaries killed")
	flags.IntVar(&f.wave, "wave", 100, "alerts owed before each, and after it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		f.times, f.wave = 2, 40
	}
	c, err := newCluster(ctx)
	if err != nil {
		return err
	}
	o.server, o.exists = "", c.dsn()
	r, err := newRig(ctx, o)
	if err != nil {
		return errors.Join(err, c.close())
	}
	v, back, err := r.failOvers(ctx, c, f)
	if err = errors.Join(err, r.close(), c.close()); err != nil {
		return err
	}
	return errors.Join(v.failed(), inTime(back))
}

// inTime is an error if sending began again too late after a promotion.
func inTime(back []time.Duration) error {
	if slowest := slices.Max(back); slowest > backWithin {
		return fmt.Errorf("sending began again %s after a promotion: at most %s are allowed", slowest.Round(time.Millisecond), backWithin)
	}
	return nil
}

// failOvers kills the primary while two processes send, again and again, and promotes
// its standby each time. It gives how long it took until messages went out again.
func (r *rig) failOvers(ctx context.Context, c *cluster, f failovers) (v verdict, back []time.Duration, err error) {
	r.say("%d failovers, seed %d", f.times, r.seed)
	r.hire(f.wave)
	r.breakSlack()
	serving, err := r.serveTwice(ctx, r.dsn, r.dsn)
	defer killAll(serving)
	if err != nil {
		return v, nil, err
	}
	chance := rand.New(rand.NewPCG(r.seed, 1))
	for range f.times {
		took, err := r.failOver(ctx, c, f.wave, time.Duration(chance.Int64N(int64(time.Second))))
		if err != nil {
			return v, nil, err
		}
		back = append(back, took)
	}
	slices.Sort(back)
	r.say("sending again after a promotion: median %s, slowest %s", back[len(back)/2].Round(time.Millisecond), back[len(back)-1].Round(time.Millisecond))
	r.fixed()
	v, err = r.ending(ctx, serving)
	return v, back, err
}

// failOver is one of them, a while after a wave of alerts came to be owed.
func (r *rig) failOver(ctx context.Context, c *cluster, wave int, after time.Duration) (back time.Duration, err error) {
	if err := r.burden(ctx, wave); err != nil {
		return 0, err
	}
	time.Sleep(after)
	if err := c.failOver(ctx); err != nil {
		return 0, err
	}
	promoted := time.Now()
	if err := r.burden(ctx, wave); err != nil {
		return 0, err
	}
	if back, err = r.sendsAgain(ctx, promoted); err != nil {
		return 0, err
	}
	return back, c.addStandby(ctx)
}

// sendsAgain waits for the first message that Slack has accepted since.
func (r *rig) sendsAgain(ctx context.Context, since time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*backWithin)
	defer cancel()
	for {
		accepted := r.slack.Accepted()
		if i := slices.IndexFunc(accepted, func(m fakeslack.Message) bool { return m.At.After(since) }); i >= 0 {
			return accepted[i].At.Sub(since), nil
		}
		select {
		case <-ctx.Done():
			return 0, errors.New("no message went out again after a promotion")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// serveTwice starts two processes, each with its own way to the database.
func (r *rig) serveTwice(ctx context.Context, ways ...string) (serving []*process, err error) {
	for i, way := range ways {
		p, err := r.serveOn(way, fmt.Sprint("serve-", i))
		if err != nil {
			return serving, err
		}
		serving = append(serving, p)
		if err := p.ready(ctx); err != nil {
			return serving, err
		}
	}
	return serving, nil
}

func killAll(serving []*process) {
	for _, p := range serving {
		p.kill()
	}
}

// burden makes more alerts be owed, and opens them at once rather than with the next
// minute's sweep; sending them is left to the processes.
func (r *rig) burden(ctx context.Context, n int) error {
	if err := r.owe(ctx, n); err != nil {
		return err
	}
	sweep := exec.CommandContext(ctx, r.kept, "sweep", "--db", r.dsn)
	sweep.Env = r.environment("KEPT_SLACK_BOT_TOKEN=")
	text, err := sweep.CombinedOutput()
	if err != nil && !strings.Contains(string(text), "is before the last sweep") { // a process has swept in this moment
		return fmt.Errorf("kept sweep: %w: %s", err, strings.TrimSpace(string(text)))
	}
	return nil
}

// ending waits until nothing is owed, stops the processes, none of which may have ended
// before, and asks the checker.
func (r *rig) ending(ctx context.Context, serving []*process) (v verdict, err error) {
	if err := r.settle(ctx, patience); err != nil {
		return v, err
	}
	for _, p := range serving {
		select {
		case <-p.ended:
			return v, p.untimely()
		default:
		}
		if _, err := p.stop(); err != nil {
			return v, fmt.Errorf("a process did not stop well: %w\n%s", err, p.lastWords())
		}
	}
	return r.verdict(ctx)
}
