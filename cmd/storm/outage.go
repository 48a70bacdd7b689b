package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"kept/notify/fakeslack"
)

// What an outage may cost at most.
const (
	mostCalls  = 100       // to a Slack that does not answer
	mostMemory = 100 << 20 // bytes resident
)

// darkness is one outage: how much is owed in it, how much of that is called off again,
// and how long it lasts.
type darkness struct {
	owed, calledOff int
	down            time.Duration
}

func outageCommand(ctx context.Context, args []string, out io.Writer) error {
	o := options{out: out, grace: 10 * time.Second, lag: usualLag}
	var k darkness
	flags, short := common("outage", &o)
	flags.IntVar(&k.owed, "owed", 5000, "alerts owed")
	flags.IntVar(&k.calledOff, "called-off", 50, "of these, delivered to the customer during the outage")
	flags.DurationVar(&k.down, "down", 5*time.Minute, "how long Slack is gone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		k = darkness{owed: 200, calledOff: 10, down: 20 * time.Second}
	}
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	err = r.outage(ctx, k)
	return errors.Join(err, r.close())
}

// outage takes Slack away, lets alerts pile up, brings Slack back and waits until all
// is sent.
func (r *rig) outage(ctx context.Context, k darkness) error {
	r.say("%d alerts, %d of them called off, Slack down for %s", k.owed, k.calledOff, k.down)
	r.hire(k.owed)
	r.slack.SetHistoryLag(r.lag)
	lift := r.slack.Inject(fakeslack.Fault{Answer: fakeslack.Reset()})
	p, err := r.serve("serve", "KEPT_SLACK_PER_SECOND=20")
	if err != nil {
		return err
	}
	defer p.kill()
	if err := p.ready(ctx); err != nil {
		return err
	}
	begun := time.Now()
	if err := r.owe(ctx, k.owed); err != nil {
		return err
	}
	if err := r.callOff(ctx, k.calledOff); err != nil {
		return err
	}
	dark, err := p.through(ctx, max(0, k.down-time.Since(begun)))
	if err != nil {
		return err
	}
	calls := len(r.slack.Calls())
	lift()
	repaired := time.Now()
	bright, err := p.until(ctx, r)
	if err != nil {
		return err
	}
	r.say("in the dark: %d calls to Slack, at most %d MiB resident", calls, dark>>20)
	r.say("afterwards: all sent %s after the repair, at most %d messages in a second, at most %d MiB resident",
		time.Since(repaired).Round(time.Second), busiest(r.slack.Accepted()), bright>>20)
	if _, err := p.stop(); err != nil {
		return fmt.Errorf("the process did not stop well: %w\n%s", err, p.lastWords())
	}
	v, err := r.verdict(ctx)
	if err != nil {
		return err
	}
	return errors.Join(v.failed(), bounded("calls to a Slack that was down", calls, mostCalls), bounded("bytes resident", max(dark, bright), mostMemory))
}

func bounded(what string, n, most int) error {
	if n > most {
		return fmt.Errorf("%d %s: at most %d were promised", n, what, most)
	}
	return nil
}

// weighing is how often a process is weighed.
const weighing = 500 * time.Millisecond

// through lets a process serve for a while, and gives the most memory it had.
func (p *process) through(ctx context.Context, d time.Duration) (most int, err error) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := p.live(ctx, min(weighing, time.Until(end))); err != nil {
			return most, err
		}
		most = max(most, p.memory())
	}
	return max(most, p.memory()), nil
}

// until lets it serve until nothing is owed any more, or patience is out.
func (p *process) until(ctx context.Context, r *rig) (most int, err error) {
	limit := patience + time.Duration(len(r.owed))*time.Second/10 // twice what the pace needs
	for end := time.Now().Add(limit); time.Now().Before(end); {
		n, err := r.owing(ctx)
		if err != nil || n == 0 {
			return most, err
		}
		if err := p.live(ctx, weighing); err != nil {
			return most, err
		}
		most = max(most, p.memory())
	}
	return most, nil
}

// memory is what the process holds now, in bytes; 0 where the kernel does not say.
func (p *process) memory() int {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/status")
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")))
			return n << 10
		}
	}
	return 0
}

// busiest is the most messages that Slack took within one second.
func busiest(accepted []fakeslack.Message) (most int) {
	from := 0
	for i := range accepted {
		for accepted[i].At.Sub(accepted[from].At) >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
