package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kept"
	"kept/commitments"
	"kept/commitments/calendar"
)

// Restored is what became of a backup.
type Restored struct {
	Backup
	Aside     commitments.Text `json:"kept_aside"` // where the database that was there is now; "" if there was none
	LookUntil Instant          `json:"look_until"` // until then every message is looked for in Slack before it is sent
}

// Restore makes a backup the database at dsn, brought up to this version. What is
// there already is ErrRefused unless replace is set, and then kept aside. It refuses
// while Kept serves that database.
//
// Slack may hold messages that the backup knows nothing of: for a week each message is
// looked for before it is sent.
func Restore(ctx context.Context, dsn, file string, replace bool) (Restored, error) {
	b, err := ReadBackup(ctx, file)
	if err != nil {
		return Restored{}, err
	}
	r := Restored{Backup: b}
	if isPostgres(dsn) {
		return r, r.intoPostgres(ctx, dsn, replace)
	}
	return r, r.intoFile(ctx, dsn, replace)
}

// TestRestore restores a backup into a temporary file beside it, checks every page and
// counts every row, and throws it away.
func TestRestore(ctx context.Context, file string) (Backup, error) {
	b, err := ReadBackup(ctx, file)
	if err != nil {
		return b, err
	}
	r := Restored{Backup: b}
	path, err := r.unpack(ctx, filepath.Dir(file))
	defer removeDatabase(path)
	if err != nil {
		return b, err
	}
	s := scratch(path)
	defer s.Close()
	return b, s.read(ctx, func(t *tx) error {
		if err := t.sound("integrity_check"); err != nil {
			return err
		}
		rows, err := t.countRows()
		for table, n := range b.Rows {
			if _, known := rows[table]; err == nil && known && rows[table] < n && table != "settings" {
				err = fmt.Errorf("%s: %d of %d rows of %s were restored", file, rows[table], n, table)
			}
		}
		return err
	})
}

// intoFile puts a SQLite file in its place.
func (r *Restored) intoFile(ctx context.Context, path string, replace bool) error {
	lock, err := lockFile(path)
	if err != nil {
		return err
	}
	defer lock.Close()
	_, err = os.Lstat(path)
	if there := err == nil; there && !replace {
		return commitments.Refused("db", path+" exists already: with --replace the backup takes its place, and it is kept aside")
	}
	unpacked, err := r.unpack(ctx, filepath.Dir(path))
	defer removeDatabase(unpacked) // in vain once it is in its place
	if err != nil {
		return err
	}
	if err := r.setAside(path); err != nil {
		return err
	}
	return errors.Join(os.Rename(unpacked, path), syncFolder(path))
}

// setAside moves away what is at a path, with the log that belongs to it: beside
// another database, SQLite would write it into that.
func (r *Restored) setAside(path string) error {
	aside := path + ".before-" + time.Now().UTC().Format(nameable)
	for _, end := range []string{"", "-wal"} {
		err := os.Rename(path+end, aside+end)
		if err == nil && end == "" {
			r.Aside = commitments.Text(aside)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(path)
}

// unpack makes a database of the backup, in a new file of a folder.
func (r *Restored) unpack(ctx context.Context, folder string) (path string, err error) {
	path, err = copyAside(r.File, folder)
	if err != nil {
		return path, outOfSpace(err, path)
	}
	s := scratch(path)
	_, err = s.w.ExecContext(ctx, fmt.Sprintf("DROP TABLE %s; PRAGMA application_id = %d; PRAGMA user_version = %d", manifestTable, applicationID, firstEpoch()))
	if err := errors.Join(err, s.Close()); err != nil {
		return path, outOfSpace(err, path)
	}
	if s, err = connect(ctx, path); err != nil {
		return path, err
	}
	defer s.Close()
	knows, err := s.d.knows(s.steps)
	if err != nil {
		return path, err
	}
	if r.Schema < knows {
		if err := s.climb(ctx, knows); err != nil {
			return path, err
		}
	}
	err = s.write(ctx, func(t *tx) error {
		look := lookBack{From: r.MadeAt.Add(-clockError), At: t.now, Until: t.now.Add(lookFor)}
		r.LookUntil = look.Until
		return t.startLookBack(look)
	})
	if err != nil {
		return path, err
	}
	return path, s.Checkpoint(ctx)
}

// copyAside copies a file, durably, to a new one that only its owner can read.
func copyAside(file, folder string) (path string, err error) {
	from, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.CreateTemp(folder, UnfinishedBackups)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return to.Name(), errors.Join(err, to.Sync(), to.Close())
}

// removeDatabase removes a database that nobody wants, with what lies beside it.
func removeDatabase(path string) {
	if path == "" {
		return
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + end) // it may not be there
	}
}

// intoPostgres copies the backup into a PostgreSQL database, in one transaction.
func (r *Restored) intoPostgres(ctx context.Context, dsn string, replace bool) error {
	to, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer to.Close()
	path, err := r.unpack(ctx, os.TempDir())
	defer removeDatabase(path)
	if err != nil {
		return err
	}
	from, err := connect(ctx, path)
	if err != nil {
		return err
	}
	defer from.Close()
	return from.read(ctx, func(f *tx) error {
		return to.bulkWrite(ctx, func(t *tx, w *bulkWriter) error {
			if err := t.clear(f, r, replace); err != nil {
				return err
			}
			if err := t.build(kept.Schema); err != nil {
				return err
			}
			return copyTables(f, t, w)
		})
	})
}

// clear makes room for a restored database: the tables that are there move to a
// PostgreSQL schema of their own.
func (t *tx) clear(from *tx, r *Restored, replace bool) error {
	var alone bool
	if err := t.get(&alone, "SELECT pg_try_advisory_xact_lock(?)", serving); err != nil {
		return err
	}
	if !alone {
		return commitments.Refused("db", "`kept serve` is running on that database: stop it first")
	}
	var n int
	if err := t.get(&n, t.s.d.hasTable, "settings"); err != nil || n == 0 {
		return err
	}
	if !replace {
		return commitments.Refused("db", "that database has Kept's tables already: with --replace the backup takes their place, and they are kept aside")
	}
	tables, err := from.tables()
	if err != nil {
		return err
	}
	aside := "kept_before_" + calendar.InstantOf(time.Now()).Time().UTC().Format("20060102_150405")
	r.Aside = commitments.Text(aside)
	statements := "CREATE SCHEMA " + aside + ";"
	for _, name := range append(tables, versionTable) {
		statements += "ALTER TABLE IF EXISTS " + name + " SET SCHEMA " + aside + ";"
	}
	_, err = t.ExecContext(t.ctx, statements+"ALTER FUNCTION events_stay() SET SCHEMA "+aside)
	return err
}
