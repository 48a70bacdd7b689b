package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"testing/fstest"

	"kept"
	"kept/commitments"

	"github.com/jmoiron/sqlx"
)

// CreateAtFirstVersion makes a database as the first release of Kept did, by the
// first migration alone.
func CreateAtFirstVersion(ctx context.Context, dsn string) error {
	if !isPostgres(dsn) {
		if err := create(dsn); err != nil {
			return err
		}
		if err := stamp(ctx, dsn); err != nil {
			return err
		}
	}
	s, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.climb(ctx, 1)
}

// Raw is the database itself, for tests of what it refuses and how it is built.
func (s *Store) Raw() *sqlx.DB { return s.w.DB }

// LookBack is what a restored database begins with.
func (s *Store) LookBack(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error { return t.startLookBack(lookBack{From: t.now, At: t.now, Until: t.now}) })
}

// Writing runs one transaction as every method that writes does.
func (s *Store) Writing(ctx context.Context, f func(exec func(query string, args ...any) (int64, error)) error) error {
	return s.write(ctx, func(t *tx) error { return f(t.exec) })
}

// CreateAsReleased makes a database as a release did that knew the first version, and
// fills it with the rows it had.
func CreateAsReleased(ctx context.Context, dsn, rows string) error {
	if err := CreateAtFirstVersion(ctx, dsn); err != nil {
		return err
	}
	s, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.write(ctx, func(t *tx) error {
		if _, err := t.ExecContext(ctx, rows); err != nil {
			return err
		}
		for _, table := range []string{"people", "calendars", "teams", "customers", "commitments", "promise_dates", "touches", "alerts", "deliveries", "events"} {
			if err := t.numberOn(table, []string{"id"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// OpenLater opens a database as a later release would, with further migrations.
func OpenLater(ctx context.Context, dsn string, later map[string]string) (*Store, error) {
	road := fstest.MapFS{}
	names, err := fs.Glob(migrations, "migrations/*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		road[name] = &fstest.MapFile{Data: text}
	}
	for name, text := range later {
		road["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	s.steps = road
	if err := s.ready(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Connect opens a database as it is, without a look at its version.
func Connect(ctx context.Context, dsn string) (*Store, error) { return connect(ctx, dsn) }

// Meet is what a store makes of an error of the engine, met in a transaction that reads.
func (s *Store) Meet(ctx context.Context, err error) error {
	return s.read(ctx, func(*tx) error { return err })
}

// Tables are all tables of the schema.
func Tables() (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllStringSubmatch(kept.Schema, -1) {
		names = append(names, m[1])
	}
	return names
}

// BackupFromLater makes a backup as a later release would.
func (s *Store) BackupFromLater(ctx context.Context, file string) error {
	if err := s.dump(ctx, file); err != nil {
		return err
	}
	f := scratch(file)
	_, err := f.w.ExecContext(ctx, "INSERT INTO schema_versions (version_id, is_applied) VALUES (99, 1)")
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return (&Backup{}).seal(ctx, file)
}

// Promise gives one promise as it is stored, with all of its history.
func (s *Store) Promise(ctx context.Context, id ID) (p *commitments.Promise, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, _, err = t.load(commitments.Actor{Role: commitments.Admin}, fmt.Sprint(id), false)
		return err
	})
	return p, err
}
