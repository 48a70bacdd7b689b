package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// longList is a list that takes a while to import.
const longListRows = 15_000

func longList(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,customer,owner,title,made_at,promise_date\n")
	for i := range longListRows {
		fmt.Fprintf(&b, "L-%d,Customer %d,Owner %d,Promise %d,2025-01-%02d,2025-03-%02d\n", i, i%500, i%50, i, 1+i%28, 1+i%28)
	}
	file := filepath.Join(t.TempDir(), "list.csv")
	must(t, os.WriteFile(file, []byte(b.String()), 0o600))
	return file
}

// interrupted runs a command and sends it a signal after a while. It reports whether the
// command had ended well before that.
func interrupted(t *testing.T, s os.Signal, after time.Duration, args ...string) (done bool, errs string) {
	t.Helper()
	c := exec.Command("kept", args...)
	var said bytes.Buffer
	c.Stderr = &said
	must(t, c.Start())
	timer := time.AfterFunc(after, func() { _ = c.Process.Signal(s) })
	defer timer.Stop()
	err := c.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return err == nil, said.String()
}

// dice are random waits, whose seed is logged.
func dice(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// stored counts the promises in a database.
func stored(t *testing.T, path string) int {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	must(t, err)
	defer s.Close()
	ada, err := s.Actor(t.Context(), "")
	must(t, err)
	n := 0
	must(t, s.Export(t.Context(), ada, calendar.InstantOf(time.Now()), func(store.ExportRow) error { n++; return nil }))
	return n
}

// TestF09_F14_AnInterruptedImportIsAllOrNothing: killed or told to stop, at any moment;
// done again it adds what is missing, and nothing twice.
func TestF09_F14_AnInterruptedImportIsAllOrNothing(t *testing.T) {
	list, random := longList(t), dice(t)
	for _, s := range []os.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		path, db := database(t)
		must(t, db.Close())
		done, errs := interrupted(t, s, time.Duration(random.IntN(1000))*time.Millisecond, "--db", path, "import", list, "--create", "--at", "2025-02-01")
		if n := stored(t, path); n != 0 && n != longListRows || done && n == 0 {
			t.Errorf("%v: %d promises are there, and done is %t", s, n, done)
		}
		if s == syscall.SIGTERM && !done && errs != "kept: stopped\n" && errs != "" {
			t.Errorf("told to stop, it said %q", errs)
		}
		if status, out, errs := kept(t, map[string]string{"KEPT_DB": path}, "import", list, "--create", "--at", "2025-02-01"); status != 0 {
			t.Errorf("again: %d %s%s", status, out, errs)
		}
		if n := stored(t, path); n != longListRows {
			t.Errorf("%v: after the second try %d promises are there", s, n)
		}
	}
}

// TestF10_NoHalfFileUnderItsFinalName: an export or a backup that was killed is not
// there, or whole.
func TestF10_NoHalfFileUnderItsFinalName(t *testing.T) {
	list, random := longList(t), dice(t)
	path, db := database(t)
	must(t, db.Close())
	if status, _, errs := kept(t, map[string]string{"KEPT_DB": path}, "import", list, "--create", "--at", "2025-02-01"); status != 0 {
		t.Fatal(errs)
	}
	dir := t.TempDir()
	for i := range 4 {
		out := filepath.Join(dir, fmt.Sprintf("%d.csv", i))
		done, _ := interrupted(t, syscall.SIGKILL, time.Duration(random.IntN(600))*time.Millisecond, "--db", path, "export", "--out", out)
		text, err := os.ReadFile(out)
		if n := bytes.Count(text, []byte("\n")); (err == nil || done) && n != longListRows+1 {
			t.Errorf("an export of %d lines is there, and done is %t", n, done)
		}
		backup := filepath.Join(dir, fmt.Sprintf("%d.backup", i))
		done, _ = interrupted(t, syscall.SIGKILL, time.Duration(random.IntN(300))*time.Millisecond, "--db", path, "backup", backup)
		_, err = os.Stat(backup)
		if err == nil || done {
			b, err := store.ReadBackup(t.Context(), backup)
			if err != nil || b.Rows["commitments"] != longListRows {
				t.Errorf("a backup with %d promises is there, %v", b.Rows["commitments"], err)
			}
		}
	}
}
