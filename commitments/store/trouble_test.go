package store_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"kept/commitments"
	"kept/commitments/store"

	"github.com/mattn/go-sqlite3"
)

// TestF49_AfterAFailingDiskNothingIsWritten: what a failed fsync has lost stays lost,
// however often it is tried again. The next start begins with what the disk holds.
func TestF49_AfterAFailingDiskNothingIsWritten(t *testing.T) {
	for says, met := range map[string]error{
		"the disk under": sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync, SystemErrno: syscall.EIO},
		"is damaged":     fmt.Errorf("saving: %w", sqlite3.Error{Code: sqlite3.ErrCorrupt}),
		"kept restore":   sqlite3.Error{Code: sqlite3.ErrNotADB},
	} {
		h := filled(t, engines[0].dsn(t))
		if err := h.Meet(h.ctx, met); err == nil || !strings.Contains(err.Error(), says) || h.Damage() == nil {
			t.Errorf("%v is told as %v", met, err)
		}
		_, add := h.Add(h.ctx, h.op("", "2020-11-02"), store.NewPromise{Customer: "Acme", Owner: "Ada", Title: "x", Promise: "2020-11-20"})
		_, sweep := h.Sweep(h.ctx, now())
		_, claim := h.Claim(h.ctx, "w", now(), 10, 60e9, 0)
		probe, err := h.NewProbe()
		must(t, err)
		for what, err := range map[string]error{"add": add, "sweep": sweep, "claim": claim, "probe": probe.Write(h.ctx)} {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s after it: %v", what, err)
			}
		}
		if list, err := h.List(h.ctx, h.ada, store.Filter{}, now()); err != nil || len(list) != 2 {
			t.Errorf("reading after it: %d, %v", len(list), err)
		}
		again, err := store.Open(h.ctx, h.dsn)
		must(t, err)
		_, err = again.Sweep(h.ctx, now())
		must(t, err)
		must(t, again.Close())
	}
}

// TestF42_PassingTroublesPass: a full disk or a lock stops nothing for good.
func TestF42_PassingTroublesPass(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	for says, met := range map[string]error{
		"disk full on " + h.dsn + " (": sqlite3.Error{Code: sqlite3.ErrFull},
		" MB free)":                    sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite, SystemErrno: syscall.ENOSPC},
		"disk full":                    sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrWrite, SystemErrno: syscall.EFBIG},
		"is locked by another program": sqlite3.Error{Code: sqlite3.ErrBusy},
		"cannot be written: make":      sqlite3.Error{Code: sqlite3.ErrReadonly},
	} {
		if err := h.Meet(h.ctx, met); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") || !errors.Is(err, met) {
			t.Errorf("%v is told as %v", met, err)
		}
	}
	h.promise()
}

// TestF47_DamageIsFoundAndNothingIsWrittenAfter: a page of the promises is ruined.
func TestF47_DamageIsFoundAndNothingIsWrittenAfter(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	must(t, h.Check(h.ctx))
	if at, err := h.LastRun(h.ctx, store.JobCheck); err != nil || at == 0 {
		t.Errorf("the check left no trace: %v %v", at, err)
	}
	var page, size int64
	must(t, h.Raw().Get(&page, "SELECT rootpage FROM sqlite_schema WHERE name = 'commitments'"))
	must(t, h.Raw().Get(&size, "PRAGMA page_size"))
	must(t, h.Close())
	ruin(t, h.dsn, (page-1)*size, int(size))

	s, err := store.Open(h.ctx, h.dsn)
	must(t, err)
	defer s.Close()
	if err := s.Check(h.ctx); err == nil || !strings.Contains(err.Error(), "is damaged: stop Kept and restore a backup") {
		t.Errorf("the check found %v", err)
	}
	bo := "Bo"
	if _, err := s.AddPerson(h.ctx, h.ada, store.PersonInput{Name: &bo}); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("writing to it: %v", err)
	}
	if _, err := s.Backup(h.ctx, t.TempDir()+"/x.backup", "a test"); err == nil || !strings.Contains(err.Error(), "is damaged") || errors.Is(err, commitments.ErrRefused) {
		t.Errorf("backing it up: %v", err)
	}
}

// ruin writes nonsense into a file.
func ruin(t *testing.T, path string, at int64, n int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.WriteAt([]byte(strings.Repeat("\xee", n)), at)
	must(t, err)
}
