package scheduler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// Backups says where the nightly backups go.
type Backups struct {
	Dir    string // "" makes none
	Keep   int    // how many are kept
	MadeBy string // what they say of who made them
}

// nightly is the hour, in UTC, from which the nightly jobs are due.
const nightly = 2

// due is when the nightly jobs were last due.
func due(now time.Time) time.Time {
	now = now.UTC()
	at := time.Date(now.Year(), now.Month(), now.Day(), nightly, 0, 0, 0, time.UTC)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// owed tells whether a nightly job has not run since it was due; one that ran in the
// future did so by a clock that was wrong.
func (s *Scheduler) owed(ctx context.Context, job string) (bool, error) {
	last, err := s.store.LastRun(ctx, job)
	now := time.Now()
	return last < calendar.InstantOf(due(now)) || last > calendar.InstantOf(now.Add(time.Hour)), err
}

// Check looks once a night whether the database is whole. One that is not is written
// to no more.
func (s *Scheduler) Check(ctx context.Context) error {
	if owed, err := s.owed(ctx, store.JobCheck); err != nil || !owed {
		return err
	}
	return s.store.Check(ctx)
}

// Backup makes the backup of the last night, if it is not there yet, restores it into
// a temporary file to see that it can be, and removes those that are too old. After
// any time of downtime that is one backup.
func (s *Scheduler) Backup(ctx context.Context) error {
	if s.backups.Dir == "" {
		return nil
	}
	if owed, err := s.owed(ctx, store.JobBackup); err != nil || !owed {
		return err
	}
	file := filepath.Join(s.backups.Dir, "kept-"+due(time.Now()).Format(time.DateOnly)+".backup")
	b, err := store.ReadBackup(ctx, file) // a process that was killed may have made it, and not said so
	if err != nil {
		if b, err = s.store.Backup(ctx, file, s.backups.MadeBy); err != nil {
			return fmt.Errorf("no backup was made: %w", err)
		}
		s.log.Info("backup made", "file", file, "bytes", b.Bytes)
	}
	if err := s.store.Ran(ctx, store.JobBackup, b.MadeAt); err != nil {
		return err
	}
	if _, err := store.TestRestore(ctx, file); err != nil {
		return fmt.Errorf("the backup cannot be restored: %w", err)
	}
	return errors.Join(s.store.Ran(ctx, store.JobTestRestore, b.MadeAt), s.backups.prune())
}

// prune removes all backups but the newest, and what was left of others by a kill.
func (b Backups) prune() error {
	made, err := filepath.Glob(filepath.Join(b.Dir, "kept-????-??-??.backup"))
	if err != nil {
		return err
	}
	slices.Sort(made)
	for _, file := range made[:max(0, len(made)-b.Keep)] {
		err = errors.Join(err, os.Remove(file))
	}
	left, _ := filepath.Glob(filepath.Join(b.Dir, store.UnfinishedBackups))
	for _, file := range left {
		if info, gone := os.Lstat(file); gone == nil && time.Since(info.ModTime()) > 24*time.Hour {
			if failed := os.Remove(file); !errors.Is(failed, fs.ErrNotExist) {
				err = errors.Join(err, failed)
			}
		}
	}
	return err
}
