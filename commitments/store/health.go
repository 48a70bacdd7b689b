package store

import (
	"context"
	"fmt"
	"os"
)

// Probe finds out whether an open database can still be relied on. It is safe for
// concurrent use.
type Probe struct {
	s    *Store
	file os.FileInfo // the database's file when the probe was made; nil on PostgreSQL
}

// NewProbe makes a probe of an open database. Make it right after opening: it takes
// the file that is there now for the one that is open.
func (s *Store) NewProbe() (*Probe, error) {
	if s.d == postgres {
		return &Probe{s: s}, nil
	}
	file, err := os.Stat(s.dsn)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return &Probe{s, file}, nil
}

// SameFile fails once the path of the database leads to another file, or to none.
// SQLite would not notice: it goes on writing into a file that nobody can open any more.
func (p *Probe) SameFile() error {
	if p.file == nil {
		return nil
	}
	now, err := os.Stat(p.s.dsn)
	if err != nil || !os.SameFile(p.file, now) {
		return fmt.Errorf("database file replaced or removed: %s", p.s.dsn)
	}
	return nil
}

// Write fails if nothing can be recorded now. It changes one row, durably.
func (p *Probe) Write(ctx context.Context) error {
	if err := p.SameFile(); err != nil {
		return err
	}
	if err := p.s.write(ctx, func(t *tx) error { return t.jobRan("probe", t.now) }); err != nil {
		return fmt.Errorf("database cannot be written: %w", err)
	}
	return nil
}

// leastFree is the free space, in bytes, below which a database is in danger: the
// write-ahead log alone may take as much.
const leastFree = 64 << 20

// Space fails if the disk under the database is nearly full. On PostgreSQL the disk
// is the server's concern.
func (p *Probe) Space() error {
	if p.file == nil {
		return nil
	}
	if free := freeSpace(p.s.dsn); free < leastFree {
		return fmt.Errorf("disk nearly full: %d MB free, at least %d MB are needed", free>>20, leastFree>>20)
	}
	return nil
}

// Schema fails if the database's schema is no longer the one this version knows:
// another version has brought it further since it was opened.
func (p *Probe) Schema(ctx context.Context) error {
	known, err := p.s.d.knows(p.s.steps)
	if err != nil {
		return err
	}
	var version int64
	if err := p.s.r.GetContext(ctx, &version, "SELECT max(version_id) FROM "+versionTable); err != nil {
		return fmt.Errorf("schema version unknown: %w", err)
	}
	if version != known {
		return fmt.Errorf("database is version %d, this program knows %d: start the newer one in its place", version, known)
	}
	return nil
}

// Checkpoint moves the write-ahead log into the database file, so that the file alone
// is whole. It does nothing on PostgreSQL.
func (s *Store) Checkpoint(ctx context.Context) error {
	if s.d == postgres {
		return nil
	}
	var busy, log, moved int
	err := s.w.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if err == nil && busy != 0 {
		err = fmt.Errorf("checkpoint: another process is using the database")
	}
	return err
}
