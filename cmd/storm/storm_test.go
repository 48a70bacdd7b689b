package main

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"kept/commitments/store/pgtest"
)

// TestMain lets the test binary be the plain worker that a storm starts itself as.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plainWorker {
		main()
		return
	}
	os.Exit(tests(m))
}

func tests(m *testing.M) int {
	var err error
	if built, err = os.MkdirTemp("", "kept-storm-built-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(built)
	return m.Run()
}

// server is PostgreSQL for a test.
func server(t *testing.T) string {
	t.Helper()
	pgtest.Open(t) // skips the test, or fails it, where there is no server
	return os.Getenv(pgtest.Variable)
}

// build makes the program once for all tests, in a folder that TestMain removes.
var build = sync.OnceValues(func() (string, error) {
	return buildKept(context.Background(), built)
})

var built string

// storm is a rig for a test, whose seed is told if it fails.
func storm(t *testing.T, o options) *rig {
	t.Helper()
	var err error
	if o.kept, err = build(); err != nil {
		t.Fatal(err)
	}
	o.out, o.temp = t.Output(), t.TempDir()
	r, err := newRig(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestF12_NothingIsLostOrDoubledByKills(t *testing.T) {
	for name, tt := range map[string]struct {
		server func(*testing.T) string
		k      killing
	}{
		"SQLite":     {func(*testing.T) string { return "" }, killing{alerts: 300, kills: 40, processes: 1}},
		"PostgreSQL": {server, killing{alerts: 300, kills: 100, processes: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.k.life = 300 * time.Millisecond
			r := storm(t, options{server: tt.server(t), seed: 1, grace: usualGrace, lag: usualLag})
			v, err := r.killing(t.Context(), tt.k)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.failed(); err != nil {
				t.Errorf("seed %d: %s: %v", r.seed, v, err)
			}
		})
	}
}

func TestF13_NothingIsLostOrDoubledByRestarts(t *testing.T) {
	for name, tt := range map[string]struct {
		server func(*testing.T) string
		k      restarting
	}{
		"SQLite":     {func(*testing.T) string { return "" }, restarting{alerts: 200, restarts: 30, processes: 1}},
		"PostgreSQL": {server, restarting{alerts: 200, restarts: 30, processes: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.k.life = 300 * time.Millisecond
			r := storm(t, options{server: tt.server(t), seed: 1, grace: usualGrace, lag: usualLag})
			v, err := r.restarting(t.Context(), tt.k)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.failed(); err != nil {
				t.Errorf("seed %d: %s: %v", r.seed, v, err)
			}
		})
	}
}

// A storm that every way of working survives shows nothing. With a grace shorter than
// Slack's history lags behind, Kept looks for its messages too early.
func TestStormFindsAGraceThatIsTooShort(t *testing.T) {
	t.Parallel()
	r := storm(t, options{seed: 1, grace: 300 * time.Millisecond, lag: 20 * time.Second})
	v, err := r.killing(t.Context(), killing{alerts: 100, kills: 10, processes: 1, life: 300 * time.Millisecond})
	if err != nil || v.duplicate == 0 || v.lost != 0 {
		t.Errorf("seed %d: %s: %v; want duplicates, and nothing lost", r.seed, v, err)
	}
}

// Were the storm a breeze, nothing would follow from surviving it.
func TestPlainSendingRepeatsItselfInTheSameStorm(t *testing.T) {
	t.Parallel()
	r := &rig{options: options{out: t.Output(), temp: t.TempDir(), seed: 1, lag: usualLag}}
	duplicate, err := r.plainBeside(t.Context(), killing{alerts: 1000, kills: 200, life: 300 * time.Millisecond})
	if err != nil || duplicate == 0 {
		t.Errorf("it has sent %d messages twice: %v", duplicate, err)
	}
}
