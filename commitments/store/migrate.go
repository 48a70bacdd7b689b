package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"kept/commitments"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// The road from the first schema to this one. Each file is one step, numbered; all
// of them together end where schema.sql stands, which a test holds.
//
//go:embed migrations/*.sql
var migrations embed.FS

const versionTable = "schema_versions"

// road reads the migrations as goose runs them: in the engine's own words, each in
// one transaction.
func (d *dialect) road(files fs.FS) ([]*goose.Migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		version, err := strconv.ParseInt(name[len("migrations/"):][:5], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: a migration's name begins with five digits", name)
		}
		up := func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, d.migration(version, string(text)))
			return err
		}
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{RunTx: up}, nil))
	}
	return steps, nil
}

// knows is the newest version that a road leads to.
func (d *dialect) knows(files fs.FS) (int64, error) {
	steps, err := d.road(files)
	return int64(len(steps)), err
}

// migration is one step; the first also makes the events append-only, as build does.
func (d *dialect) migration(version int64, text string) string {
	if version == 1 {
		text += d.appends
	}
	return d.schema(text)
}

// build makes the schema in an empty database, at this version.
func (s *Store) build(ctx context.Context, schema string) error {
	return s.write(ctx, func(t *tx) error {
		var n int
		if err := t.get(&n, s.d.hasTable, "settings"); err != nil {
			return err
		}
		if n > 0 {
			return commitments.Refused("db", "that database has Kept's tables already: name another, or use this one as it is")
		}
		return t.build(schema)
	})
}

func (t *tx) build(schema string) error {
	knows, err := t.s.d.knows(t.s.steps)
	if err != nil {
		return err
	}
	versions, err := database.NewStore(t.s.d.goose, versionTable)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(t.ctx, t.s.d.schema(schema)+t.s.d.appends); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if err := versions.CreateVersionTable(t.ctx, t.Tx.Tx); err != nil {
		return err
	}
	for version := int64(0); version <= knows; version++ {
		if err := versions.Insert(t.ctx, t.Tx.Tx, database.InsertRequest{Version: version}); err != nil {
			return err
		}
	}
	return nil
}

// migrate brings an older database up to this version, after a backup of what is in
// it, and refuses a newer one.
func (s *Store) migrate(ctx context.Context) error {
	var n int
	if err := s.w.GetContext(ctx, &n, s.w.Rebind(s.d.hasTable), versionTable); err != nil {
		return s.trouble(err)
	}
	if n == 0 {
		return fmt.Errorf("that database holds no Kept schema: run `kept init`")
	}
	knows, err := s.d.knows(s.steps)
	if err != nil {
		return err
	}
	has, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if has == knows {
		return nil
	} else if has > knows {
		return fmt.Errorf("the database is version %d and this binary knows %d: use a newer kept, or restore the backup made before the upgrade", has, knows)
	}
	if err := s.backUpBefore(ctx, has); err != nil {
		return fmt.Errorf("the database is version %d and must be brought up to %d, but cannot be backed up before: %w", has, knows, err)
	}
	return s.climb(ctx, knows)
}

// backUpBefore makes a backup of a database before it is migrated: beside a SQLite
// file, in the current folder for PostgreSQL.
func (s *Store) backUpBefore(ctx context.Context, has int64) error {
	var holds bool
	err := s.w.GetContext(ctx, &holds, "SELECT EXISTS (SELECT 1 FROM settings)")
	if err != nil || !holds {
		return err
	}
	name := s.dsn
	if s.d == postgres {
		name = "kept"
	}
	_, err = s.Backup(ctx, fmt.Sprintf("%s.version-%d.%s.backup", name, has, time.Now().UTC().Format(nameable)), "the upgrade from version "+strconv.FormatInt(has, 10))
	return err
}

// nameable is a time as it stands in names of files.
const nameable = "20060102T150405.000000Z"

// climb runs the migrations up to a version. Another process may do the same at the
// same time: what counts is where the database is in the end.
func (s *Store) climb(ctx context.Context, to int64) error {
	steps, err := s.d.road(s.steps)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.d.goose, s.w.DB.DB, nil, goose.WithGoMigrations(steps...), goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, to)
	if err != nil {
		if has, again := s.Version(ctx); again == nil && has == to {
			return nil
		}
	}
	return s.trouble(err)
}

// Version is the schema version of the database.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	err = s.w.GetContext(ctx, &version, "SELECT max(version_id) FROM "+versionTable)
	return version, s.trouble(err)
}
