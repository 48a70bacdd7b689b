package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"

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

// steps reads the migrations as goose runs them: in the engine's own words, each in
// one transaction.
func (d *dialect) steps() ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, name := range names {
		text, err := migrations.ReadFile(name)
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

// migration is one step; the first also makes the events append-only, as build does.
func (d *dialect) migration(version int64, text string) string {
	if version == 1 {
		text += d.appends
	}
	return d.schema(text)
}

// build makes the schema in an empty database, at this version.
func (s *Store) build(ctx context.Context, schema string) error {
	steps, err := s.d.steps()
	if err != nil {
		return err
	}
	versions, err := database.NewStore(s.d.goose, versionTable)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		var n int
		if err := t.get(&n, s.d.hasTable, "settings"); err != nil {
			return err
		}
		if n > 0 {
			return commitments.Refused("db", "that database has Kept's tables already: name another, or use this one as it is")
		}
		if _, err := t.ExecContext(ctx, s.d.schema(schema)+s.d.appends); err != nil {
			return fmt.Errorf("schema: %w", err)
		}
		if err := versions.CreateVersionTable(ctx, t.Tx.Tx); err != nil {
			return err
		}
		for version := int64(0); version <= int64(len(steps)); version++ {
			if err := versions.Insert(ctx, t.Tx.Tx, database.InsertRequest{Version: version}); err != nil {
				return err
			}
		}
		return nil
	})
}

// migrate brings an older database up to this version, and refuses a newer one.
func (s *Store) migrate(ctx context.Context) error {
	var n int
	if err := s.w.GetContext(ctx, &n, s.w.Rebind(s.d.hasTable), versionTable); err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("that database holds no Kept schema: run `kept init`")
	}
	steps, err := s.d.steps()
	if err != nil {
		return err
	}
	has, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if knows := int64(len(steps)); has == knows {
		return nil
	} else if has > knows {
		return fmt.Errorf("the database is version %d and this binary knows %d: use a newer kept, or restore the backup made before the upgrade", has, knows)
	}
	p, err := goose.NewProvider(s.d.goose, s.w.DB.DB, nil, goose.WithGoMigrations(steps...), goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Version is the schema version of the database.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	err = s.w.GetContext(ctx, &version, "SELECT max(version_id) FROM "+versionTable)
	return version, err
}
