package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"kept/commitments/calendar"

	"github.com/mattn/go-sqlite3"
)

// trouble says in words what ails a SQLite database, where the driver's error is about
// that. After an error that means that what is on disk is not what was written, nothing
// more is written until the next start: to try again could only make it worse.
func (s *Store) trouble(err error) error {
	var e sqlite3.Error
	if s.d != sqlite || !errors.As(err, &e) {
		return err
	}
	switch {
	case isDiskFull(e):
		return fmt.Errorf("disk full on %s (%d MB free): make room, nothing else needs to be done: %w", s.dsn, freeSpace(s.dsn)>>20, err)
	case e.Code == sqlite3.ErrBusy, e.Code == sqlite3.ErrLocked:
		return fmt.Errorf("database %s is locked by another program: try again when that is done: %w", s.dsn, err)
	case e.Code == sqlite3.ErrReadonly, e.Code == sqlite3.ErrPerm, e.Code == sqlite3.ErrCantOpen:
		return fmt.Errorf("database %s cannot be written: make the file, those beside it that begin with its name, and its folder writable for this user: %w", s.dsn, err)
	case e.Code == sqlite3.ErrCorrupt, e.Code == sqlite3.ErrNotADB:
		return s.giveUp(fmt.Errorf("database %s is damaged: stop Kept and restore a backup with `kept restore FILE --replace`: %w", s.dsn, err))
	case e.Code == sqlite3.ErrIoErr && e.SystemErrno == syscall.EIO:
		return s.giveUp(fmt.Errorf("the disk under %s fails: nothing is written until Kept is started again, on a disk that works: %w", s.dsn, err))
	}
	return err
}

// giveUp makes an error the answer to every write from here on.
func (s *Store) giveUp(why error) error {
	s.gaveUp.CompareAndSwap(nil, &why)
	return why
}

// Check looks whether a SQLite database is whole, in time that grows with its size,
// notes when it did, and begins a new epoch. If it is not whole, nothing is written to it any more. PostgreSQL looks
// after itself.
func (s *Store) Check(ctx context.Context) error {
	if s.d == sqlite {
		db := newPool(openSQLite(s.dsn, "deferred", 1, "PRAGMA query_only = 1; PRAGMA cache_size = -2048")) // unlike a reader, it maps nothing into memory
		defer db.Close()
		if err := s.transact(ctx, db, nil, func(t *tx) error { return t.sound("quick_check") }); err != nil {
			return err
		}
		if err := s.newEpoch(ctx); err != nil {
			return err
		}
	}
	return s.Ran(ctx, JobCheck, calendar.InstantOf(time.Now()))
}

// Damage is why nothing is written any more; nil while all is well.
func (s *Store) Damage() error {
	if why := s.gaveUp.Load(); why != nil {
		return *why
	}
	return nil
}

// isDiskFull tells a full disk, whichever way SQLite met it.
func isDiskFull(e sqlite3.Error) bool {
	switch e.SystemErrno {
	case syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT:
		return true
	}
	return e.Code == sqlite3.ErrFull
}

// copyFailed says in words why a copy of the database could not be made: its disk is
// full, or the database is damaged.
func (s *Store) copyFailed(err error, path string) error {
	var e sqlite3.Error
	if errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB) {
		return s.trouble(e)
	}
	return outOfSpace(err, path)
}

// outOfSpace says of another file than the database that its disk is full.
func outOfSpace(err error, path string) error {
	var e sqlite3.Error
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG)
	if errors.As(err, &e) {
		err, full = e, isDiskFull(e)
	}
	if full {
		return fmt.Errorf("disk full on %s (%d MB free): %w", path, freeSpace(path)>>20, err)
	}
	return err
}

// freeSpace is what a user may still fill of the disk under a file, in bytes; 0 if
// that cannot be found out.
func freeSpace(path string) uint64 {
	var disk syscall.Statfs_t
	if syscall.Statfs(filepath.Dir(path), &disk) != nil {
		return 0
	}
	return disk.Bavail * uint64(disk.Bsize)
}
