package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// under starts a kept serve some of whose system calls go wrong. Strace counts the calls
// of each thread for itself.
func (r *rig) under(inject string) (*process, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, err
	}
	call, _, _ := strings.Cut(inject, ":")
	// -D: so that what is started, and stopped, is Kept itself.
	return r.start("serve-0", append([]string{strace, "-D", "-f", "-o", os.DevNull, "-e", "trace=" + call, "-e", "inject=" + inject, r.kept}, serving(r.dsn)...))
}

// calmed serves without faults until nothing is owed, and checks that all was told once.
func calmed(t *testing.T, r *rig) {
	t.Helper()
	v, err := r.calm(t.Context(), 1, patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.failed(); err != nil {
		t.Errorf("seed %d: %s: %v", r.seed, v, err)
	}
}

// injected is a rig in which a wave is owed.
func injected(t *testing.T, wave int, grace time.Duration) *rig {
	t.Helper()
	t.Parallel()
	straced(t)
	r := storm(t, options{allDay: true, seed: 1, grace: grace, lag: usualLag})
	r.hire(wave)
	if err := r.burden(t.Context(), lateOwners+wave); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestF01_KilledBeforeASweepsCommit(t *testing.T) {
	t.Parallel()
	straced(t)
	r := storm(t, options{allDay: true, seed: 1, grace: usualGrace, lag: usualLag})
	r.hire(40)
	if err := r.owe(t.Context(), lateOwners+40); err != nil {
		t.Fatal(err)
	}
	before := 0
	for _, n := range []int{1, 5, 10, 20, 30, 40} {
		p, err := r.under(fmt.Sprint("pwrite64:signal=KILL:when=", n))
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.ended:
		case <-time.After(4 * time.Second):
			p.kill()
		}
		if owing, err := r.owing(t.Context()); err == nil && owing == len(r.owed) && len(r.slack.Accepted()) == 0 {
			before++
		}
	}
	if before == 0 {
		t.Error("it was never killed before the commit: this proves nothing")
	}
	calmed(t, r)
}

func TestF02_KilledBetweenASweepsCommitAndTheFirstClaim(t *testing.T) {
	t.Parallel()
	r := storm(t, options{allDay: true, seed: 1, grace: usualGrace, lag: usualLag})
	r.hire(40)
	if err := r.owe(t.Context(), lateOwners+40); err != nil {
		t.Fatal(err)
	}
	p, err := r.serve("serve-0", "KEPT_SLACK_BOT_TOKEN=") // it sweeps, and claims nothing
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	for opened := 0; opened < len(r.owed); {
		if err := p.live(t.Context(), 10*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if err := r.db.QueryRowContext(t.Context(), "SELECT count(*) FROM alerts").Scan(&opened); err != nil {
			t.Fatal(err)
		}
	}
	p.kill()
	calmed(t, r)
}

func TestF07_KilledInTheMiddleOfACommit(t *testing.T) {
	r := injected(t, 40, usualGrace)
	killed := 0
	for n := 1; n <= 12; n++ {
		p, err := r.under(fmt.Sprint("fsync:signal=KILL:when=", n))
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.ended:
			killed++
		case <-time.After(4 * time.Second):
			p.kill()
		}
	}
	if killed < 5 {
		t.Errorf("only %d of 12 were killed while they synced: this proves little", killed)
	}
	calmed(t, r)
}

// A disk that fails: what could not be made safe was not done, nothing more is written,
// and whoever asks is told. On a disk that works again all goes on where it was.
func TestF49_ADiskThatFails(t *testing.T) {
	for _, inject := range []string{"fsync:error=EIO:when=2+", "pwrite64:error=EIO:when=60+"} {
		t.Run(inject, func(t *testing.T) {
			r := injected(t, 20, usualGrace)
			p, err := r.under(inject)
			if err != nil {
				t.Fatal(err)
			}
			defer p.kill()
			if err := p.ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := saysThat(t.Context(), p, "the disk under "+r.dsn+" fails"); err != nil {
				t.Error(err)
			}
			before := len(r.slack.Accepted())
			if err := p.live(t.Context(), 6*time.Second); err != nil { // the next look at what is to be sent comes after 5
				t.Error(err)
			}
			if after := len(r.slack.Accepted()); after > before+4 { // those on their way
				t.Errorf("%d messages were sent that could not be recorded", after-before)
			}
			p.kill()
			calmed(t, r)
		})
	}
}

// saysThat waits until a process is not ready, for a reason.
func saysThat(ctx context.Context, p *process, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		ready, words, err := p.readiness()
		if err == nil && !ready && strings.Contains(words, reason) {
			return nil
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return fmt.Errorf("never said %q, but: %s %w", reason, words, err)
		}
	}
}

// A lease of the usual length, a minute, outlasts commits of a second each.
func TestF50_ASlowDisk(t *testing.T) {
	for _, tt := range []struct {
		delay, grace time.Duration
		wave         int
	}{{200 * time.Millisecond, usualGrace, 20}, {time.Second, 10 * time.Second, 1}} {
		t.Run(tt.delay.String(), func(t *testing.T) {
			r := injected(t, tt.wave, tt.grace)
			p, err := r.under(fmt.Sprint("fsync:delay_exit=", tt.delay.Microseconds()))
			if err != nil {
				t.Fatal(err)
			}
			defer p.kill()
			v, err := r.ending(t.Context(), []*process{p})
			if err != nil {
				t.Fatal(err)
			}
			if err := v.failed(); err != nil {
				t.Errorf("seed %d: %s: %v", r.seed, v, err)
			}
		})
	}
}
