package store

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
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
	steps, err := s.d.steps()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.d.goose, s.w.DB.DB, nil, goose.WithGoMigrations(steps...), goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, 1)
	return err
}

// Raw is the database itself, for tests of what it refuses and how it is built.
func (s *Store) Raw() *sqlx.DB { return s.w.DB }

// Writing runs one transaction as every method that writes does.
func (s *Store) Writing(ctx context.Context, f func(exec func(query string, args ...any) (int64, error)) error) error {
	return s.write(ctx, func(t *tx) error { return f(t.exec) })
}
