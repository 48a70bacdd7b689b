package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// rounds is how often everything is measured; the median counts.
const rounds = 3

// side is one of several programs that do the same work.
type side struct {
	name string
	run  func(round int) (time.Duration, error)
	took []time.Duration
}

// timed is a side whose work is all that its function does.
func timed(name string, work func(round int) error) *side {
	return &side{name: name, run: func(round int) (time.Duration, error) {
		begun := time.Now()
		err := work(round)
		return time.Since(begun), err
	}}
}

// inTurn runs each side n times, one after another, each round from another one on:
// what disturbs the machine disturbs all of them.
func inTurn(n int, sides ...*side) error {
	for round := range n {
		for i := range sides {
			s := sides[(i+round)%len(sides)]
			took, err := s.run(round)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			s.took = append(s.took, took)
		}
	}
	return nil
}

func (s *side) median() time.Duration {
	sorted := slices.Sorted(slices.Values(s.took))
	return sorted[len(sorted)/2]
}

// times is how long Kept took in terms of how long the other took.
func (s *side) times(limit *side) float64 {
	return float64(s.median()) / float64(limit.median())
}

// line prints one figure: what it is, Kept's and the limit's, the ratio, and what
// performance is aimed at.
func (b *bench) line(id, what, kept, limit, ratio, aim string) {
	if aim != "" {
		aim = "aim " + aim
	}
	text := fmt.Sprintf("%-4s%-46s%14s  %-42s%8s  %s", id, what, kept, limit, ratio, aim)
	fmt.Fprintln(b.out, strings.TrimRight(text, " "))
}

// slower prints a figure where less is better.
func (b *bench) slower(id, what string, kept, limit *side, aim string) {
	b.line(id, what, short(kept.median()), limit.name+" "+short(limit.median()), fmt.Sprintf("%.2f×", kept.times(limit)), aim)
}

// rate prints a figure where more is better: work done in a second.
func (b *bench) rate(id, what, unit string, n int, kept, limit *side, aim string) {
	b.line(id, what, perSecond(n, kept)+" "+unit, limit.name+" "+perSecond(n, limit), fmt.Sprintf("%.2f×", limit.times(kept)), aim)
}

func perSecond(n int, s *side) string {
	return fmt.Sprintf("%.0f", float64(n)/s.median().Seconds())
}

// short is a duration of three figures.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return d.Round(10 * time.Nanosecond).String()
	case d < 10*time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < 10*time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// command runs a program to its end and gives how long it took and the most memory
// it held, in bytes.
func (b *bench) command(name string, args ...string) (time.Duration, int64, error) {
	c := exec.CommandContext(b.ctx, name, args...)
	c.Env = append(os.Environ(), "KEPT_DB=", "KEPT_CONFIG=")
	begun := time.Now()
	text, err := c.CombinedOutput()
	took := time.Since(begun)
	if err != nil {
		return took, 0, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, text)
	}
	most := int64(0)
	if used, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		most = used.Maxrss << 10
	}
	return took, most, nil
}

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
