package pgtest

import (
	"database/sql"
	"strings"
	"testing"
)

func TestEachTestHasItsOwnEmptyDatabase(t *testing.T) {
	first, second := connect(t, Open(t)), connect(t, Open(t))
	if _, err := first.ExecContext(t.Context(), "CREATE TABLE promises (id BIGINT)"); err != nil {
		t.Fatal(err)
	}
	if n := tables(t, first); n != 1 {
		t.Errorf("the first database has %d tables, want 1", n)
	}
	if n := tables(t, second); n != 0 {
		t.Errorf("the second database has %d tables, want 0", n)
	}
}

func TestDatabaseIsDroppedThoughConnectionsAreOpen(t *testing.T) {
	server := connect(t, Open(t))
	var name string
	t.Run("a test that forgets to close", func(t *testing.T) {
		db, err := sql.Open("pgx", Open(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var left int
	err := server.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("database %s is still there", name)
	}
}

func TestServerAddress(t *testing.T) {
	for _, c := range []struct{ server, want string }{
		{"postgres://u:p@127.0.0.1:5433/postgres?sslmode=disable", "postgres://u:p@127.0.0.1:5433/x?sslmode=disable"},
		{"postgres://postgres@/postgres?host=/tmp/a", "postgres://postgres@/x?host=/tmp/a"},
		{"postgresql://127.0.0.1", "postgresql://127.0.0.1/x"},
	} {
		got, err := withDatabase(c.server, "x")
		if err != nil || got != c.want {
			t.Errorf("withDatabase(%q) = %q, %v; want %q", c.server, got, err, c.want)
		}
	}
	for _, server := range []string{"host=127.0.0.1 password=hush", "kept.db", "postgres://u:hush@[::1/x"} {
		_, err := withDatabase(server, "x")
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("withDatabase(%q): %v; want an error without the password", server, err)
		}
	}
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func tables(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
