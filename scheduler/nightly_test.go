package scheduler_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/scheduler"
)

// nights is a database whose scheduler makes backups.
type nights struct {
	*testing.T
	store *store.Store
	dir   string
	jobs  *scheduler.Scheduler
}

// atNight runs a test on a Saturday midnight of a clock that moves when all wait.
func atNight(t *testing.T, keep int, test func(*nights)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Init(t.Context(), store.Setup{AdminName: "Ada"}); err != nil {
			t.Fatal(err)
		}
		n := &nights{T: t, store: s, dir: t.TempDir()}
		n.jobs, err = scheduler.New(scheduler.Config{Backups: scheduler.Backups{Dir: n.dir, Keep: keep, MadeBy: "a test"}}, s, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		test(n)
	})
}

func (n *nights) files() (names []string) {
	n.Helper()
	entries, err := os.ReadDir(n.dir)
	if err != nil {
		n.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (n *nights) backup() {
	n.Helper()
	if err := n.jobs.Backup(n.Context()); err != nil {
		n.Fatal(err)
	}
}

func (n *nights) last(job string) time.Time {
	n.Helper()
	at, err := n.store.LastRun(n.Context(), job)
	if err != nil {
		n.Fatal(err)
	}
	return at.Time()
}

func TestABackupIsMadeEachNightAndTheOldestGoes(t *testing.T) {
	atNight(t, 3, func(n *nights) {
		for range 5 * 24 { // every hour, as the beat comes
			n.backup()
			time.Sleep(time.Hour)
		}
		want := []string{"kept-2000-01-03.backup", "kept-2000-01-04.backup", "kept-2000-01-05.backup"}
		if got := n.files(); !slices.Equal(got, want) {
			n.Errorf("after five days there are %v", got)
		}
		for _, job := range []string{store.JobBackup, store.JobTestRestore} {
			if ago := time.Since(n.last(job)); ago < 20*time.Hour || ago > 24*time.Hour {
				n.Errorf("%s last ran %s ago", job, ago)
			}
		}
		b, err := store.ReadBackup(n.Context(), filepath.Join(n.dir, want[2]))
		if err != nil || b.MadeBy != "a test" || b.MadeAt != calendar.InstantOf(n.last(store.JobBackup)) {
			n.Errorf("%+v %v", b, err)
		}
	})
}

func TestAfterDowntimeOneBackupIsMadeAtOnce(t *testing.T) {
	atNight(t, 14, func(n *nights) {
		n.backup()
		time.Sleep(10 * 24 * time.Hour)
		n.backup()
		n.backup()
		if got := n.files(); len(got) != 2 {
			n.Errorf("there are %v", got)
		}
	})
}

func TestF10_WhatAKillLeavesOfABackupIsMadeGood(t *testing.T) {
	atNight(t, 14, func(n *nights) {
		// Killed while it was written, and, another night, before that was noted.
		left := filepath.Join(n.dir, ".kept-123.tmp")
		if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
			n.Fatal(err)
		}
		if err := os.Chtimes(left, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
			n.Fatal(err)
		}
		file := filepath.Join(n.dir, "kept-"+time.Now().UTC().Add(-2*time.Hour).Format(time.DateOnly)+".backup")
		b, err := n.store.Backup(n.Context(), file, "a test")
		if err != nil {
			n.Fatal(err)
		}
		time.Sleep(time.Minute)
		n.backup()
		if got := n.files(); len(got) != 1 || got[0] != filepath.Base(file) {
			n.Errorf("there are %v", got)
		}
		if n.last(store.JobBackup) != b.MadeAt.Time() || n.last(store.JobTestRestore) != b.MadeAt.Time() {
			n.Errorf("noted as made %s", n.last(store.JobBackup))
		}
	})
}

func TestABackupThatCannotBeMadeIsTriedAgain(t *testing.T) {
	atNight(t, 14, func(n *nights) {
		away := n.dir + ".away"
		if err := os.Rename(n.dir, away); err != nil {
			n.Fatal(err)
		}
		if err := n.jobs.Backup(n.Context()); err == nil || !strings.Contains(err.Error(), "no backup was made") {
			n.Errorf("without its folder: %v", err)
		}
		if at := n.last(store.JobBackup); !at.IsZero() && at.Unix() != 0 {
			n.Errorf("noted as made %s", at)
		}
		if err := os.Rename(away, n.dir); err != nil {
			n.Fatal(err)
		}
		time.Sleep(time.Hour)
		n.backup()
		if got := n.files(); len(got) != 1 {
			n.Errorf("there are %v", got)
		}
	})
}

func TestTheDatabaseIsCheckedOnceANight(t *testing.T) {
	atNight(t, 14, func(n *nights) {
		for range 3 {
			if err := n.jobs.Check(n.Context()); err != nil {
				n.Fatal(err)
			}
			if ago := time.Since(n.last(store.JobCheck)); ago > 24*time.Hour {
				n.Errorf("last checked %s ago", ago)
			}
			time.Sleep(24 * time.Hour)
		}
	})
}
