package main

import (
	"strings"
	"testing"
	"time"
)

// Without root no small disk can be mounted: a limit on the size of files, which every
// write then meets, stands in for it.
func TestF42_NothingIsLostOrDoubledByFullDisks(t *testing.T) {
	t.Parallel()
	r := storm(t, options{allDay: true, seed: 1, grace: usualGrace, lag: usualLag})
	full := func(p *process) error {
		if err := limitFiles(p, 1); err != nil {
			return err
		}
		ready, words, err := p.readiness()
		if ready || !strings.Contains(words, "disk full on "+r.dsn) {
			t.Errorf("on a full disk /readyz says %t: %s", ready, words)
		}
		return err
	}
	free := func(p *process) error { return limitFiles(p, ^uint64(0)) }
	v, err := r.fullDisks(t.Context(), fullDisks{cycles: 3, wave: 20, most: 2 * time.Second}, full, free)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.failed(); err != nil {
		t.Errorf("seed %d: %s: %v", r.seed, v, err)
	}
}
