// Package store keeps promises in SQLite or PostgreSQL. Every door of Kept calls
// its methods: each loads, lets package commitments decide, saves, appends the
// event and settles the alerts, in one transaction.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"kept"
	"kept/commitments"
	"kept/commitments/calendar"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	d      *dialect
	dsn    string
	w, r   *pool                 // the one writer and the readers of SQLite; one pool for both on PostgreSQL
	steps  fs.FS                 // the migrations; only tests have others than migrations
	gaveUp atomic.Pointer[error] // why nothing is written any more; nil while all is well

	server *server // nil on SQLite

	group    group // of deliveries being settled
	mu       sync.Mutex
	rebound  sync.Map // query with ? → query with $1
	book     *book    // calendars and team rules, as last read
	settings Settings
	errors   errorCounts
}

// pool is connections with the statements prepared on them.
type pool struct {
	*sqlx.DB
	mu         sync.Mutex
	statements map[string]*sqlx.Stmt
}

func newPool(db *sqlx.DB) *pool { return &pool{DB: db, statements: map[string]*sqlx.Stmt{}} }

// Open opens a database that exists, and brings it up to this version's schema.
// The dsn is a path, or a postgres:// URL.
func Open(ctx context.Context, dsn string) (*Store, error) {
	s, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) ready(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.loadSettings(ctx)
}

// Create makes a new database with an empty schema. It refuses a file, or a
// PostgreSQL schema, that has one already.
func Create(ctx context.Context, dsn string) (*Store, error) {
	if !isPostgres(dsn) {
		if err := create(dsn); err != nil {
			return nil, err
		}
		if err := stamp(ctx, dsn); err != nil {
			return nil, err
		}
	}
	s, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := s.build(ctx, kept.Schema); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func connect(ctx context.Context, dsn string) (*Store, error) {
	s := &Store{dsn: dsn, steps: migrations}
	if isPostgres(dsn) {
		s.d = postgres
		server, db, err := openPostgres(dsn)
		if err != nil {
			return nil, err
		}
		s.server, s.w = server, newPool(db)
		s.w.SetMaxOpenConns(16)
		s.w.SetMaxIdleConns(8)
		s.r = s.w
		if err := s.w.PingContext(ctx); err != nil {
			s.Close()
			return nil, fmt.Errorf("database at %s does not answer: %s", server.hosts(), oneLine(err))
		}
		return s, nil
	}
	s.d = sqlite
	if scheme, _, ok := strings.Cut(dsn, "://"); ok {
		return nil, commitments.Invalid("db", fmt.Sprintf("%s:// is no database Kept knows: name a file, or postgres://…", shorten(scheme)))
	}
	if err := checkFile(dsn); err != nil {
		return nil, err
	}
	// A large cache serves the writer, whose rows lie anywhere; readers scan, and do
	// better with little cache and the file mapped.
	s.w = newPool(openSQLite(dsn, "immediate", 1, "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864"))
	s.r = newPool(openSQLite(dsn, "deferred", 4, "PRAGMA query_only = 1; PRAGMA cache_size = -2048; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY"))
	if err := s.assertPragmas(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// sqliteConnector opens connections that run their pragmas before their first use.
type sqliteConnector struct {
	driver *sqlite3.SQLiteDriver
	dsn    string
}

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c sqliteConnector) Driver() driver.Driver                        { return c.driver }

func openSQLite(path, lock string, connections int, pragmas string) *sqlx.DB {
	hook := func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec(pragmas, nil)
		return err
	}
	options := "?mode=rw&_txlock=" + lock + "&_journal_mode=WAL&_synchronous=FULL&_busy_timeout=2500&_foreign_keys=on"
	dsn := "file:" + escaped(path) + options
	db := sqlx.NewDb(sql.OpenDB(sqliteConnector{&sqlite3.SQLiteDriver{ConnectHook: hook}, dsn}), "sqlite3")
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// escaped is a path as it stands in SQLite's address of a file.
func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// stamp marks a new file as Kept's before anything else is in it.
func stamp(ctx context.Context, path string) error {
	db := openSQLite(path, "immediate", 1, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, firstEpoch()))
	defer db.Close()
	_, err := db.ExecContext(ctx, "CREATE TABLE stamp (x); DROP TABLE stamp")
	if err != nil {
		return fmt.Errorf("cannot make the database: %w", err)
	}
	return nil
}

// assertPragmas checks what durability rests on: an option that the driver stops
// knowing would otherwise be dropped without a word.
func (s *Store) assertPragmas(ctx context.Context) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := s.w.GetContext(ctx, &got, "PRAGMA "+pragma); err != nil {
			return s.trouble(err)
		}
		if got != want {
			return fmt.Errorf("database %s: %s is %s and must be %s", s.dsn, pragma, got, want)
		}
	}
	return nil
}

// Close lets go of the database.
func (s *Store) Close() error {
	if s.r != nil && s.r != s.w {
		s.r.Close()
	}
	return s.w.Close()
}

// LockForServing makes sure that one process at a time serves a SQLite file; on
// PostgreSQL several may, and it only tells others that somebody does. Close what it
// returns when serving ends.
func (s *Store) LockForServing() (io.Closer, error) {
	if s.d == sqlite {
		if syscall.Access(s.dsn, mayWrite) != nil {
			return nil, s.trouble(sqlite3.Error{Code: sqlite3.ErrReadonly})
		}
		return lockFile(s.dsn)
	}
	conn, err := s.w.Connx(context.Background())
	if err != nil {
		return nil, err
	}
	var taken bool
	if err := conn.GetContext(context.Background(), &taken, "SELECT pg_try_advisory_lock_shared($1)", serving); err != nil || !taken {
		conn.Close()
		return nil, errors.Join(err, errors.New("a backup is being restored into that database: start again when that is done"))
	}
	return served{conn}, nil
}

// mayWrite asks access(2) about writing. To open the file and close it again would
// let go of SQLite's own locks.
const mayWrite = 2

// served is the connection on which a process holds its lock on PostgreSQL.
type served struct{ conn *sqlx.Conn }

// Close lets go of the lock, and of the connection.
func (s served) Close() error {
	_, err := s.conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock_shared($1)", serving)
	return errors.Join(err, s.conn.Close())
}

// Engine names the database for people: sqlite or postgres.
func (s *Store) Engine() string { return s.d.name }

// Settings are what the whole database shares.
type Settings struct {
	Instance string // random: part of every key, so that two databases never share one
	Currency string
}

// Settings gives the settings as they were when the database was opened.
func (s *Store) Settings() Settings { return s.settings }

func (s *Store) loadSettings(ctx context.Context) error {
	rows := []struct{ Name, Value string }{}
	if err := s.r.SelectContext(ctx, &rows, "SELECT name, value FROM settings"); err != nil {
		return err
	}
	for _, row := range rows {
		switch row.Name {
		case "instance":
			s.settings.Instance = row.Value
		case "currency":
			s.settings.Currency = row.Value
		}
	}
	return nil
}

// DefaultCalendar is the calendar that applies where neither customer nor team has one.
func (s *Store) DefaultCalendar(ctx context.Context) (cal *calendar.Calendar, err error) {
	err = s.read(ctx, func(t *tx) error {
		b, err := t.book()
		if err == nil {
			cal = b.fallback
		}
		return err
	})
	return cal, err
}
