package store

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// errorCounts counts the engine's errors by their codes.
type errorCounts struct {
	mu sync.Mutex
	by map[string]int64
}

// Errors counts the errors of the engine in this process, by its own codes: SQLite's
// numbers, as sqlite-13, and PostgreSQL's, as 57P01. Those of connections are "connection".
func (s *Store) Errors() map[string]int64 {
	s.errors.mu.Lock()
	defer s.errors.mu.Unlock()
	return maps.Clone(s.errors.by)
}

func (c *errorCounts) note(err error) {
	code := engineCode(err)
	if code == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]int64{}
	}
	c.by[code]++
}

// engineCode is the engine's code of an error; "" for errors that are none of its.
func engineCode(err error) string {
	var lite sqlite3.Error
	var server *pgconn.PgError
	var connection *pgconn.ConnectError
	switch {
	case errors.As(err, &lite):
		return fmt.Sprintf("sqlite-%d", lite.Code)
	case errors.As(err, &server):
		return server.Code
	case errors.As(err, &connection):
		return "connection"
	}
	return ""
}
