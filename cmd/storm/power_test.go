package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func TestF51_NoPowerCutLosesWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	straced(t)
	r := storm(t, options{allDay: true, seed: 1, grace: usualGrace, lag: usualLag})
	if err := r.powerCuts(t.Context(), shortCuts); err != nil {
		t.Error(err)
	}
}

// straced skips a test, or fails it in CI, where there is no strace.
func straced(t *testing.T) {
	t.Helper()
	if _, err := recording("", "true"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// found is what a cut leaves of a file that had "safe" before two more writes.
func found(t *testing.T, synced bool, how loss) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("safe"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := newPlatter(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a")
	p.apply(&event{call: "pwrite64", path: path, data: []byte("more"), offset: 4})
	p.apply(&event{call: "pwrite64", path: "/elsewhere/a", data: []byte("nothing"), offset: 0})
	if synced {
		p.apply(&event{call: "fsync", path: path})
	}
	p.apply(&event{call: "ftruncate", path: path, size: 6})
	return string(p.cut(how, rand.New(rand.NewPCG(1, 1)))["a"])
}

func TestCutsKeepWhatWasSynced(t *testing.T) {
	for _, tt := range []struct {
		synced bool
		how    loss
		want   string
	}{
		{false, dropped, "safe"}, {true, dropped, "safemore"}, {false, retained, "safemo"}, {true, retained, "safemo"},
	} {
		if got := found(t, tt.synced, tt.how); got != tt.want {
			t.Errorf("synced %t, %s: %q, want %q", tt.synced, tt.how, got, tt.want)
		}
	}
}

func TestCutsKeepNamesInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	p, err := newPlatter(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, e := range []event{
		{call: "openat", path: at("a"), makes: true}, {call: "pwrite64", path: at("a"), data: []byte("A")},
		{call: "openat", path: at("b"), makes: true}, {call: "fsync", path: at("b")}, // so a is there too, and empty
		{call: "unlink", path: at("b")},
	} {
		p.apply(&e)
	}
	files := p.cut(dropped, nil)
	if a, ok := files["a"]; !ok || len(a) != 0 || len(files) != 2 {
		t.Errorf("%q", files)
	}
	p.apply(&event{call: "fsync", path: dir})
	if files := p.cut(dropped, nil); len(files) != 1 {
		t.Errorf("%q", files)
	}
	if files := p.cut(retained, nil); string(files["a"]) != "A" {
		t.Errorf("%q", files)
	}
}

func TestTornWritesKeepWholeSectors(t *testing.T) {
	e := event{call: "pwrite64", offset: 500, data: make([]byte, 4096)}
	chance := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		for _, s := range sectors(e, chance) {
			end := s.offset + int64(len(s.data))
			if s.offset != e.offset && s.offset%sector != 0 || end != e.offset+4096 && end%sector != 0 {
				t.Fatalf("a part from %d to %d", s.offset, end)
			}
		}
	}
}
