package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// under runs kept under a shell's restrictions and gives its exit code and what it
// said, on pipes: the restrictions are for files.
func under(t *testing.T, restriction string, args ...string) (status int, out, errs string) {
	t.Helper()
	c := exec.Command("sh", append([]string{"-c", restriction + ` exec "$@"`, "sh", "kept"}, args...)...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// said checks that a command failed with one line that says what to do.
func said(t *testing.T, status int, errs string, wants ...string) {
	t.Helper()
	if status != 1 || strings.Count(errs, "\n") != 1 {
		t.Errorf("ended with %d: %s", status, errs)
	}
	for _, want := range wants {
		if !strings.Contains(errs, want) {
			t.Errorf("it does not say %q: %s", want, errs)
		}
	}
}

// hold locks a database as another program would, until it is told to let go.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	conn, err := db.Conn(context.WithoutCancel(t.Context()))
	must(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
	must(t, err)
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(t.Context()), "ROLLBACK") // once is enough
		_ = db.Close()
	}
}

var addOne = []string{"add", "--customer", "Acme", "--what", "One more", "--owner", "Ada", "--promise", "2030-01-04", "--create"}

func TestF41_ALockIsWaitedForAndThenTold(t *testing.T) {
	path, db := database(t)
	must(t, db.Close())
	release := hold(t, path)
	time.AfterFunc(time.Second, release) // this is what the test is about
	if status, _, errs := under(t, "", append([]string{"--db", path}, addOne...)...); status != 0 {
		t.Errorf("a second's lock was not waited for: %s", errs)
	}
	release = hold(t, path)
	defer release()
	status, _, errs := under(t, "", append([]string{"--db", path}, addOne...)...)
	said(t, status, errs, "database "+path+" is locked by another program: try again when that is done")
	if status, out, errs := under(t, "", "--db", path, "list"); status != 0 || strings.Count(out, "One more") != 1 {
		t.Errorf("reading under a lock: %d %s%s", status, out, errs)
	}
}

func TestF41_ServeTellsOfALockAndGoesOnAfterIt(t *testing.T) {
	path, db := database(t)
	must(t, db.Close())
	p := start(t, nil, "--db", path, "serve")
	p.ready(t)
	release := hold(t, path)
	for {
		if status, body := p.get(t, "readyz"); status == 503 && strings.Contains(body, "is locked by another program") {
			break
		}
	}
	release()
	p.ready(t)
	p.signal(t, syscall.SIGTERM)
	p.endsWell(t)
}

func TestF42_F43_AFullDiskIsToldInWords(t *testing.T) {
	path, db := database(t)
	must(t, db.Close())
	status, _, errs := under(t, "ulimit -f 0;", "--db", path, "serve", "--listen", "127.0.0.1:0")
	said(t, status, errs, "disk full on "+path+" (", " MB free): make room")
	status, _, errs = under(t, "ulimit -f 0;", append([]string{"--db", path}, addOne...)...)
	said(t, status, errs, "disk full on "+path)

	list := longList(t)
	status, _, errs = under(t, "ulimit -f 1500;", "--db", path, "import", list, "--create", "--at", "2025-02-01")
	said(t, status, errs, "disk full on "+path)
	backup := filepath.Join(t.TempDir(), "x.backup")
	status, _, errs = under(t, "ulimit -f 100;", "--db", path, "backup", backup)
	said(t, status, errs, "disk full on "+backup)
	if left, _ := os.ReadDir(filepath.Dir(backup)); len(left) > 0 {
		t.Errorf("%v is left of the backup", left)
	}
	if n := stored(t, path); n != 0 {
		t.Errorf("%d promises were recorded", n)
	}
	if status, _, errs := under(t, "", append([]string{"--db", path}, addOne...)...); status != 0 || stored(t, path) != 1 {
		t.Errorf("with room again: %d %s", status, errs)
	}
}

func TestF44_NoRightToWriteIsToldInWords(t *testing.T) {
	path, db := database(t)
	must(t, db.Close())
	must(t, os.Chmod(path, 0o400))
	defer func() { must(t, os.Chmod(path, 0o600)) }()
	restriction := ""
	if os.Geteuid() == 0 { // whom no mode stops, unless that right is taken away
		restriction = "exec setpriv --bounding-set=-dac_override,-dac_read_search -- "
	}
	run := func(args ...string) (int, string) {
		c := exec.Command("sh", append([]string{"-c", strings.TrimSpace(restriction) + ` "$@"`, "sh", "kept"}, args...)...)
		if restriction == "" {
			c = exec.Command("kept", args...)
		}
		var stderr bytes.Buffer
		c.Stderr = &stderr
		_ = c.Run() // its exit code is what counts
		return c.ProcessState.ExitCode(), stderr.String()
	}
	for _, args := range [][]string{addOne, {"serve", "--listen", "127.0.0.1:0"}} {
		status, errs := run(append([]string{"--db", path}, args...)...)
		said(t, status, errs, "database "+path+" cannot be written: make the file", "writable for this user")
	}
	must(t, os.Chmod(path, 0o000))
	status, errs := run("--db", path, "list")
	said(t, status, errs, path, "permission denied")
}

func TestF47_ServeOnADamagedDatabaseIsRed(t *testing.T) {
	path, db := database(t)
	overdue(t, db)
	must(t, db.Close())
	page := func(query string) (n int64) {
		raw, err := sql.Open("sqlite3", path)
		must(t, err)
		defer raw.Close()
		must(t, raw.QueryRow(query).Scan(&n))
		return n
	}
	root, size := page("SELECT rootpage FROM sqlite_schema WHERE name = 'commitments'"), page("PRAGMA page_size")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0xee}, int(size)), (root-1)*size)
	must(t, err)
	must(t, f.Close())

	status, _, errs := under(t, "", "--db", path, "list")
	said(t, status, errs, "database "+path+" is damaged: stop Kept and restore a backup with `kept restore FILE --replace`")
	p := start(t, nil, "--db", path, "serve")
	for {
		if status, body := p.get(t, "readyz"); status == 503 && strings.Contains(body, "is damaged") {
			break
		}
	}
	p.signal(t, syscall.SIGTERM)
	<-p.ended
}
