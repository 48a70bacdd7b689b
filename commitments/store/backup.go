package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"

	"github.com/mattn/go-sqlite3"
)

// Jobs about backups, as LastRun knows them: when the newest scheduled backup was
// made, and when one was last restored, into a temporary file, to see that it can be.
const (
	JobBackup      = "backup"
	JobTestRestore = "test-restore"
	JobCheck       = "check" // the nightly look whether the database is whole
)

// Backup is what a backup says of itself. Its file is a SQLite file whatever engine
// the database runs on, so that it can be restored on the other as well.
type Backup struct {
	File   string           `json:"file"`
	Bytes  int64            `json:"bytes"`
	MadeAt Instant          `json:"made_at"` // everything recorded before is in it
	MadeBy string           `json:"made_by"`
	Schema int64            `json:"schema"`
	Rows   map[string]int64 `json:"rows"` // by table
}

// Backup copies the database as it is at one moment into a new file, while others
// read and write. The file appears under its name whole and durable, or not at all;
// only its owner can read it. One that exists is ErrRefused. MadeBy names who makes it.
func (s *Store) Backup(ctx context.Context, file, madeBy string) (Backup, error) {
	if _, err := os.Lstat(file); err == nil {
		return Backup{}, commitments.Refused("file", file+" exists already: name another, no backup is written over")
	}
	b := Backup{File: file, MadeAt: calendar.InstantOf(time.Now()), MadeBy: madeBy}
	temporary, err := os.CreateTemp(filepath.Dir(file), UnfinishedBackups)
	if err != nil {
		return b, commitments.Refused("file", "cannot be made: "+err.Error())
	}
	defer removeDatabase(temporary.Name()) // in vain once it has its name
	if err := temporary.Close(); err != nil {
		return b, err
	}
	if err := s.dump(ctx, temporary.Name()); err != nil {
		return b, s.copyFailed(err, file)
	}
	if err := b.seal(ctx, temporary.Name()); err != nil {
		return b, s.copyFailed(err, file)
	}
	if err := os.Rename(temporary.Name(), file); err != nil {
		return b, err
	}
	return b, syncFolder(file)
}

// UnfinishedBackups is the pattern of the names that backups have until they are
// complete, and what a kill leaves of them has for ever.
const UnfinishedBackups = ".kept-*.tmp"

// dump copies every row into an empty file.
func (s *Store) dump(ctx context.Context, path string) error {
	if s.d == postgres {
		return s.dumpTables(ctx, path)
	}
	db := openSQLite(s.dsn, "deferred", 1, "PRAGMA cache_size = -2048")
	defer db.Close()
	_, err := db.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

// dumpTables copies a PostgreSQL database, as one transaction sees it, table by table.
func (s *Store) dumpTables(ctx context.Context, path string) error {
	version, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if err := stamp(ctx, path); err != nil {
		return err
	}
	to := scratch(path)
	defer to.Close()
	if err := to.climb(ctx, version); err != nil {
		return err
	}
	return s.read(ctx, func(from *tx) error {
		return to.bulkWrite(ctx, func(t *tx, w *bulkWriter) error { return copyTables(from, t, w) })
	})
}

// scratch opens a SQLite file that is thrown away should anything fail: nothing is
// done for its durability, and rows come in any order.
func scratch(path string) *Store {
	db := newPool(openSQLite(path, "immediate", 1, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA temp_store = FILE"))
	return &Store{d: sqlite, dsn: path, w: db, r: db, steps: migrations}
}

// manifestTable is in a backup only. It holds the manifest, and the seal.
const manifestTable = "backup"

// seal checks a finished copy, writes into it what it is, and makes it durable. A
// sealed file has another application id than a database: nobody opens it by mistake,
// and sends again what was sent after it was made.
func (b *Backup) seal(ctx context.Context, path string) error {
	mark, err := b.inscribe(ctx, path)
	if err != nil {
		return err
	}
	sum, at, err := checksum(path, mark)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(sum), at); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		b.Bytes = info.Size()
	}
	return err
}

// inscribe writes the manifest, and a mark where the seal goes.
func (b *Backup) inscribe(ctx context.Context, path string) (mark string, err error) {
	s := scratch(path)
	defer s.Close()
	if b.Schema, err = s.Version(ctx); err != nil {
		return "", err
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.sound("integrity_check"); err != nil {
			return err
		}
		if b.Rows, err = t.countRows(); err != nil {
			return err
		}
		manifest, err := json.Marshal(b)
		if err != nil {
			return err
		}
		mark = newMark()
		_, err = t.ExecContext(ctx, "CREATE TABLE "+manifestTable+" (manifest TEXT NOT NULL, seal TEXT NOT NULL)")
		if err == nil {
			_, err = t.exec("INSERT INTO "+manifestTable+" (seal, manifest) VALUES (?, ?)", mark, string(manifest))
		}
		if err == nil {
			_, err = t.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", backupID))
		}
		return err
	})
	return mark, err
}

// sound fails unless SQLite's own check, quick_check or integrity_check, finds
// nothing wrong.
func (t *tx) sound(check string) error {
	var found []string
	if err := t.all(&found, "PRAGMA "+check+"(1)"); err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		return sqlite3.Error{Code: sqlite3.ErrCorrupt}
	}
	return nil
}

// countRows counts the rows of every table of a SQLite file.
func (t *tx) countRows() (map[string]int64, error) {
	tables, err := t.tables()
	if err != nil {
		return nil, err
	}
	rows := map[string]int64{}
	for _, name := range tables {
		var n int64
		if err := t.get(&n, "SELECT count(*) FROM "+name); err != nil {
			return nil, err
		}
		rows[name] = n
	}
	return rows, nil
}

// ReadBackup reads what a backup says of itself, and makes sure that the file is what
// it was when it was made. Anything else is ErrRefused.
func ReadBackup(ctx context.Context, file string) (Backup, error) {
	if err := checkBackup(file); err != nil {
		return Backup{}, err
	}
	damaged := commitments.Refused("file", file+" is damaged, or was not copied whole: its contents are not those it was sealed with; use another backup")
	var row struct{ Manifest, Seal string }
	db, err := openSealed(file)
	if err != nil {
		return Backup{}, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SELECT manifest, seal FROM "+manifestTable).Scan(&row.Manifest, &row.Seal); err != nil {
		return Backup{}, damaged
	}
	var b Backup
	if sum, _, err := checksum(file, row.Seal); err != nil || sum != row.Seal || json.Unmarshal([]byte(row.Manifest), &b) != nil {
		return b, damaged
	}
	info, err := os.Stat(file)
	if err != nil {
		return b, err
	}
	b.File, b.Bytes = file, info.Size()
	if knows, err := sqlite.knows(migrations); err != nil || b.Schema > knows {
		return b, errors.Join(err, commitments.Refused("file", fmt.Sprintf("the backup is version %d and this binary knows %d: use a newer kept", b.Schema, knows)))
	}
	return b, nil
}

// openSealed opens a backup to be read only, and leaves nothing beside it.
func openSealed(file string) (*sql.DB, error) {
	return sql.Open("sqlite3", "file:"+escaped(file)+"?mode=ro&immutable=1")
}

// syncFolder makes the names in a file's folder durable.
func syncFolder(file string) error {
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// checkBackup says in words what a path leads to, if not to a backup.
func checkBackup(path string) error {
	id, err := headerID(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return commitments.NotFound("file", "there is no "+path)
	case err != nil:
		return commitments.Refused("file", path+" is not a backup of Kept: "+err.Error())
	case id == applicationID:
		return commitments.Refused("file", path+" is a database, not a backup: name it with --db to use it, or make a backup of it with `kept backup`")
	case id != backupID:
		return commitments.Refused("file", path+" is not a backup of Kept: it is the SQLite database of another program")
	}
	return nil
}
