// Package pgtest gives each test a PostgreSQL database of its own.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Variable names the server to use: a postgres:// address of a user who may
// create databases. The check script starts a server and sets it.
const Variable = "KEPT_TEST_POSTGRES"

// Open creates an empty database for one test and returns its address, a
// postgres:// URL. The database is dropped when the test ends, even if
// connections to it are still open. Without a server the test is skipped, or
// fails when the variable CI is set.
func Open(t testing.TB) (dsn string) {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not set: in CI every test runs on PostgreSQL too", Variable)
		}
		t.Skipf("no PostgreSQL: run ./check, or set %s=postgres://…", Variable)
	}
	name := "kept_test_" + strings.ToLower(rand.Text())
	dsn, err := withDatabase(server, name)
	if err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	if err := execute(server, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("create a database in %s: %v", Variable, err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return dsn
}

// withDatabase returns the address of another database on the same server.
// Its errors do not repeat the address, which may hold a password.
func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", fmt.Errorf("not an address of the form postgres://user@host/database")
	}
	u.Path = "/" + name
	return u.String(), nil
}

// execute runs one statement on a connection of its own: a statement about a
// database cannot be part of a transaction.
func execute(server, statement string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	return err
}
