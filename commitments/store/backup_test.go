package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"
)

// backedUp makes a backup of a home in a folder of its own.
func (h *home) backedUp() string {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "kept.backup")
	_, err := h.Backup(h.ctx, file, "a test")
	must(h.t, err)
	return file
}

// everything is every row of every table, in words that are the same on both engines.
func everything(t testing.TB, s *store.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range store.Tables() {
		rows, err := s.Raw().Queryx("SELECT * FROM " + table)
		must(t, err)
		var lines []string
		for rows.Next() {
			values, err := rows.SliceScan()
			must(t, err)
			lines = append(lines, fmt.Sprintf("%v", values))
		}
		must(t, rows.Err())
		slices.Sort(lines)
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

// filled is a home with something in most tables.
func filled(t testing.TB, dsn string) *home {
	h := fresh(t, dsn)
	h.team("Core")
	h.person("bo", commitments.Member, "Core")
	h.promise()
	h.promise(func(p *store.NewPromise) {
		p.Owner, p.Title, p.Words = "bo", "Płatności \"online\"", "naïve — two\nlines"
	})
	_, err := h.Call(h.ctx, h.op("1", "2020-11-03"), store.Call{Outcome: "new-date", NewDate: store.NewDate{Promise: "2020-12-01", Why: "more work", AskedBy: "us"}})
	must(t, err)
	_, err = h.Sweep(h.ctx, instant("2020-12-20 10:00"))
	must(t, err)
	return h
}

// TestABackupIsRestoredOnEitherEngine: whatever is backed up comes back on the engine
// it was on, and on the other, row by row.
func TestABackupIsRestoredOnEitherEngine(t *testing.T) {
	t.Parallel()
	for _, from := range engines {
		for _, to := range engines {
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				t.Parallel()
				h := filled(t, from.dsn(t))
				file, dsn := h.backedUp(), to.dsn(t)
				was := everything(t, h.Store)
				r, err := store.Restore(h.ctx, dsn, file, false)
				must(t, err)
				if r.Aside != "" || r.Rows["commitments"] != 2 || r.MadeBy != "a test" {
					t.Errorf("restored %+v", r)
				}
				s, err := store.Open(h.ctx, dsn)
				must(t, err)
				defer s.Close()
				is := everything(t, s)
				for table, rows := range was {
					if table == "settings" || table == "deliveries" { // these say that it is a restored one
						continue
					}
					if is[table] != rows {
						t.Errorf("%s\nis  %s\nwas %s", table, is[table], rows)
					}
				}
				if was["alerts"] == "" || was["events"] == "" || s.Settings() != h.Settings() {
					t.Errorf("nothing is shown by %v", was)
				}
				again := &home{s, t, h.ctx, dsn, h.ada}
				if added := again.promise(); added.ID != 3 {
					t.Errorf("the next promise has number %d", added.ID)
				}
			})
		}
	}
}

func TestABackupIsOneMomentWhileOthersWrite(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			h := fresh(t, e.dsn(t))
			h.promise()
			stop := make(chan struct{})
			var writing sync.WaitGroup
			writing.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						h.promise()
					}
				}
			})
			for range 5 {
				b, err := store.TestRestore(h.ctx, h.backedUp())
				must(t, err)
				if b.Rows["promise_dates"] != b.Rows["commitments"] || b.Rows["commitments"] == 0 {
					t.Errorf("half a promise is in %v", b.Rows)
				}
			}
			close(stop)
			writing.Wait()
		})
	}
}

func TestABackupIsForItsOwnerAloneAndWritesOverNothing(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	file := h.backedUp()
	entries, err := os.ReadDir(filepath.Dir(file))
	must(t, err)
	info, err := os.Stat(file)
	must(t, err)
	if len(entries) != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, of mode %o", entries, info.Mode().Perm())
	}
	before, err := os.ReadFile(file)
	must(t, err)
	_, err = h.Backup(h.ctx, file, "a test")
	refused(t, err, commitments.ErrRefused, "file")
	if after, _ := os.ReadFile(file); string(after) != string(before) {
		t.Error("it was written over")
	}
	_, err = h.Backup(h.ctx, filepath.Join(t.TempDir(), "no", "such.backup"), "a test")
	refused(t, err, commitments.ErrRefused, "file")
}

// TestI09_OnlyAWholeBackupIsRestored: cut, edited or foreign files are refused before
// anything is touched.
func TestI09_OnlyAWholeBackupIsRestored(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	whole, err := os.ReadFile(h.backedUp())
	must(t, err)
	live, err := os.ReadFile(filled(t, engines[0].dsn(t)).dsn)
	must(t, err)
	dir := t.TempDir()
	flipped := func(at int) []byte {
		b := append([]byte{}, whole...)
		b[at] ^= 1
		return b
	}
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"half":    {whole[:len(whole)/2], "not copied whole"},
		"page":    {whole[:len(whole)-4096], "not copied whole"},
		"longer":  {append(append([]byte{}, whole...), 0), "not copied whole"},
		"edited":  {[]byte(strings.Replace(string(whole), "two\nlines", "two\nwords", 1)), "damaged"},
		"flipped": {flipped(len(whole) - 9), "damaged"},
		"short":   {whole[:40], "not a backup"},
		"empty":   {nil, "not a backup"},
		"text":    {[]byte("dear diary"), "not a backup"},
		"live":    {live, "a database, not a backup"},
	} {
		path, dsn := filepath.Join(dir, name), filepath.Join(dir, name+".db")
		must(t, os.WriteFile(path, c.content, 0o600))
		_, err := store.Restore(h.ctx, dsn, path, true)
		refused(t, err, commitments.ErrRefused, "file")
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if _, err := os.Stat(dsn); err == nil {
			t.Errorf("%s made a database", name)
		}
	}
	_, err = store.Restore(h.ctx, filepath.Join(dir, "x.db"), filepath.Join(dir, "none"), false)
	refused(t, err, commitments.ErrNotFound, "file")
}

// TestABackupIsNoDatabase: who puts a backup in the place of a database by hand would
// have everything sent again that was sent since.
func TestABackupIsNoDatabase(t *testing.T) {
	file := filled(t, engines[0].dsn(t)).backedUp()
	if _, err := store.Open(t.Context(), file); err == nil || !strings.Contains(err.Error(), "kept restore") {
		t.Errorf("opening a backup: %v", err)
	}
}

func TestRestoreReplacesOnlyWhatItIsToldTo(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			file := filled(t, engines[0].dsn(t)).backedUp()
			h := fresh(t, e.dsn(t))
			h.promise(func(p *store.NewPromise) { p.Title = "Only here" })
			_, err := store.Restore(h.ctx, h.dsn, file, false)
			refused(t, err, commitments.ErrRefused, "db")

			lock, err := h.LockForServing()
			must(t, err)
			if _, err := store.Restore(h.ctx, h.dsn, file, true); err == nil || !strings.Contains(err.Error(), "kept serve") {
				t.Errorf("restored under a running kept: %v", err)
			}
			must(t, lock.Close())
			if view, err := h.Show(h.ctx, h.ada, "1", now()); err != nil || view.Title != "Only here" {
				t.Errorf("a refused restore changed something: %v %v", view.Title, err)
			}
			must(t, h.Close())
			r, err := store.Restore(h.ctx, h.dsn, file, true)
			must(t, err)
			s, err := store.Open(h.ctx, h.dsn)
			must(t, err)
			defer s.Close()
			if list, err := s.List(h.ctx, h.ada, store.Filter{}, now()); err != nil || len(list) != 2 {
				t.Errorf("%d promises after it, %v", len(list), err)
			}
			h.keptAside(s, string(r.Aside))
		})
	}
}

// keptAside checks that what was there before a restore is there still.
func (h *home) keptAside(s *store.Store, aside string) {
	h.t.Helper()
	var titles []string
	if h.Engine() == "postgres" {
		must(h.t, s.Raw().Select(&titles, "SELECT title FROM "+aside+".commitments"))
	} else {
		old, err := store.Open(h.ctx, aside)
		must(h.t, err)
		defer old.Close()
		must(h.t, old.Raw().Select(&titles, "SELECT title FROM commitments"))
	}
	if len(titles) != 1 || titles[0] != "Only here" {
		h.t.Errorf("kept aside: %q", titles)
	}
}

// TestF48_ALogOfAnotherDatabaseIsMovedAway: a newer log beside a restored file would
// be written into it, and ruin it.
func TestF48_ALogOfAnotherDatabaseIsMovedAway(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	file := h.backedUp()
	h.promise(func(p *store.NewPromise) { p.Title = "After the backup" })
	wal, err := os.ReadFile(h.dsn + "-wal")
	must(t, err)
	dsn := filepath.Join(t.TempDir(), "kept.db")
	must(t, os.WriteFile(dsn+"-wal", wal, 0o600))
	if _, err := store.Create(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "-wal is there") {
		t.Errorf("made beside a log: %v", err)
	}
	_, err = store.Restore(h.ctx, dsn, file, false)
	must(t, err)
	s, err := store.Open(h.ctx, dsn)
	must(t, err)
	defer s.Close()
	if list, err := s.List(h.ctx, h.ada, store.Filter{}, now()); err != nil || len(list) != 2 {
		t.Errorf("%d promises after it, %v", len(list), err)
	}
}

func TestABackupOfANewerKeptIsRefused(t *testing.T) {
	h := filled(t, pgtest.Open(t))
	file := filepath.Join(t.TempDir(), "kept.backup")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, h.BackupFromLater(h.ctx, file))
	_, err := store.Restore(h.ctx, filepath.Join(t.TempDir(), "kept.db"), file, false)
	refused(t, err, commitments.ErrRefused, "file")
	if err == nil || !strings.Contains(err.Error(), "the backup is version") || !strings.Contains(err.Error(), "newer kept") {
		t.Errorf("%v", err)
	}
}

// TestF70_WhatMayHaveBeenSentSinceIsLookedForFirst: after a restore every message the
// ledger takes for unsent is claimed as one that Slack may have.
func TestF70_WhatMayHaveBeenSentSinceIsLookedForFirst(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			h := filled(t, e.dsn(t))
			file, dsn := h.backedUp(), e.dsn(t)
			_, err := store.Restore(h.ctx, dsn, file, false)
			must(t, err)
			s, err := store.Open(h.ctx, dsn)
			must(t, err)
			defer s.Close()
			// Another alert, found by a sweep after the restore.
			again := &home{s, t, h.ctx, dsn, h.ada}
			again.person("cy", commitments.Member)
			again.promise(func(p *store.NewPromise) { p.Owner = "cy" })
			_, err = s.Sweep(h.ctx, instant("2020-12-21 10:00"))
			must(t, err)
			claimed, err := s.Claim(h.ctx, "w", instant("2020-12-23 12:00"), 10, 60e9, 0)
			must(t, err)
			if len(claimed) != 3 {
				t.Fatalf("%d claimed, want one for each of Ada, bo and cy", len(claimed))
			}
			for _, d := range claimed {
				if !d.Ambiguous || d.FirstSendAt == 0 || d.FirstSendAt > d.CreatedAt {
					t.Errorf("delivery %d to %s, made %s, would be sent without a look: %+v", d.ID, d.Destination, d.CreatedAt, d)
				}
			}
			// Once looked for in vain, a message is an ordinary one.
			d := claimed[0]
			must(t, s.RecordFailure(h.ctx, &d, store.Failure{State: store.Pending}))
			claimed, err = s.Claim(h.ctx, "w", instant("2020-12-23 12:00"), 10, 60e9, 0)
			must(t, err)
			if len(claimed) != 1 || claimed[0].Ambiguous {
				t.Errorf("claimed again as %+v", claimed)
			}
		})
	}
}
