package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nextVersion builds Kept as its next version might be: with one more migration, which
// only adds something, as the first half of every change of the schema does.
func nextVersion(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	step := filepath.Join(dir, "step.sql")
	write(t, step, "ALTER TABLE customers ADD COLUMN storms BIGINT NOT NULL DEFAULT 0;\n")
	store, err := filepath.Abs("../../commitments/store")
	if err != nil {
		t.Fatal(err)
	}
	known, err := filepath.Glob(store + "/migrations/*.sql")
	if err != nil || len(known) == 0 {
		t.Fatal(known, err)
	}
	next := filepath.Join(store, "migrations", "0000"+string(rune('1'+len(known)))+"_next.sql")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{next: step}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))
	path := filepath.Join(dir, "kept")
	if text, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", path, "kept/cmd/kept").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Two processes are replaced by the next version one after the other, while they send;
// for a while both versions are at work on one database.
func TestF61_ARollingUpgrade(t *testing.T) {
	t.Parallel()
	r := storm(t, options{allDay: true, server: server(t), seed: 1, grace: usualGrace, lag: usualLag})
	old, next := r.kept, nextVersion(t)
	r.hire(40)
	r.breakSlack()
	up := func(version, name string) *process {
		r.kept = version
		p, err := r.serve(name)
		if err == nil {
			t.Cleanup(p.kill)
			err = p.ready(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	owe := func() {
		if err := r.burden(t.Context(), 40); err != nil {
			t.Fatal(err)
		}
		if err := r.nextMessage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first, second := up(old, "serve-0"), up(old, "serve-1")
	owe()
	third := up(next, "serve-2") // from here on the schema is the next version's
	owe()
	// Both are at work; the old one says that it is to be replaced.
	for p, says := range map[*process]string{second: "start the newer one in its place", third: ""} {
		if _, words, err := p.readiness(); err != nil || !strings.Contains(words, says) {
			t.Errorf("%s %v; want %s", words, err, says)
		}
	}
	if _, err := first.stop(); err != nil {
		t.Errorf("%v: %s", err, first.lastWords())
	}
	owe()
	fourth := up(next, "serve-3")
	if _, err := second.stop(); err != nil {
		t.Errorf("%v: %s", err, second.lastWords())
	}
	owe()
	r.kept = old
	if _, err := r.command(t.Context(), "list"); err == nil || !strings.Contains(err.Error(), "use a newer kept") {
		t.Errorf("the old version begins anew: %v", err)
	}
	r.fixed()
	v, err := r.ending(t.Context(), []*process{third, fourth})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.failed(); err != nil {
		t.Errorf("seed %d: %s: %v", r.seed, v, err)
	}
}
