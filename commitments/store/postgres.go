package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// How long the network may leave either side of a connection without a sign of life
// before it counts as broken.
const (
	dialWithin = 5 * time.Second // for each host of the address
	aliveEvery = 5 * time.Second
	deadAfter  = 15 * time.Second
)

// session is what every connection asks of the server: to let go soon of what a
// client holds that is gone, or stands still in the middle of a transaction. What the
// address itself sets is left alone.
var session = [][2]string{
	{"tcp_keepalives_idle", "5"},
	{"tcp_keepalives_interval", "5"},
	{"tcp_keepalives_count", "2"},
	{"tcp_user_timeout", "15s"},
	{"idle_in_transaction_session_timeout", "60s"},
}

// server is what the connections to PostgreSQL have in common.
type server struct {
	config *pgx.ConnConfig
	set    string       // the statement that begins a session; gives the backend's process id
	stale  atomic.Int64 // connections made before this moment, in ns since 1970, are given up
}

// openPostgres makes a pool of connections to a server that takes writes: of several
// hosts the one that is not a standby, each time anew.
func openPostgres(dsn string) (*server, *sqlx.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("database: that is not a PostgreSQL address: write postgres://user@host/name")
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, dialWithin)
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	dialer := &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: aliveEvery, Interval: aliveEvery, Count: 2},
		Control:         giveUpUnheard,
	}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watched{Conn: conn}, nil
	}
	v := &server{config: config, set: beginning(config.RuntimeParams)}
	return v, sqlx.NewDb(stdlib.OpenDB(*config, stdlib.OptionAfterConnect(v.connected),
		stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool { return false }),
		stdlib.OptionResetSession(v.reuse)), "pgx"), nil
}

// hosts names where a server was looked for.
func (v *server) hosts() string {
	names := []string{v.config.Host}
	for _, f := range v.config.Fallbacks {
		if f.Host != names[len(names)-1] {
			names = append(names, f.Host)
		}
	}
	return strings.Join(names, ", ")
}

// giveUpUnheard lets what was written to a host that no longer answers fail in time;
// Linux would go on for a quarter of an hour.
func giveUpUnheard(network, _ string, c syscall.RawConn) error {
	const userTimeout = 0x12 // TCP_USER_TIMEOUT, in ms; package syscall does not name it everywhere
	if runtime.GOOS != "linux" || !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var err error
	if failed := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(deadAfter.Milliseconds()))
	}); failed != nil {
		return failed
	}
	return err
}

func beginning(typed map[string]string) string {
	q := "SELECT a.pid, CAST(a.backend_start AS text)"
	for _, s := range session {
		if _, ok := typed[s[0]]; !ok {
			q += fmt.Sprintf(", set_config('%s', '%s', false)", s[0], s[1])
		}
	}
	return q + " FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()"
}

// When a connection was made, among the data that pgx keeps with it.
const madeAt = "made at"

func (v *server) connected(ctx context.Context, c *pgx.Conn) error {
	first, err := c.PgConn().Exec(ctx, v.set).ReadAll()
	if err != nil {
		return err
	}
	c.PgConn().CustomData()[madeAt] = time.Now()
	row := first[0].Rows[0]
	pid, err := strconv.ParseInt(string(row[0]), 10, 32)
	own := underneath(c.PgConn().Conn())
	if err == nil && own != nil && uint32(pid) == c.PgConn().PID() { // a pooler in between names another
		own.backend.Store(&backend{v, int32(pid), string(row[1])})
	}
	return nil
}

// idleFor is how long a connection may have been left alone and be used again unasked.
const idleFor = time.Second

// Unused connections are asked for a sign of life, which comes at once or not at all.
const answersWithin = 3 * time.Second

// reuse refuses connections that are broken, or that lead to a server which takes no
// writes any more.
func (v *server) reuse(ctx context.Context, c *pgx.Conn) error {
	own := underneath(c.PgConn().Conn())
	made, _ := c.PgConn().CustomData()[madeAt].(time.Time)
	if made.UnixNano() < v.stale.Load() {
		return driver.ErrBadConn
	}
	if own != nil && time.Since(own.heard()) < idleFor {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	if c.Ping(ctx) != nil {
		return driver.ErrBadConn
	}
	return nil
}

// note draws the conclusions for all connections from what befell one: a server that
// has become read-only is a standby now, or about to be one.
func (v *server) note(err error) {
	if v == nil {
		return
	}
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == readOnly {
		v.stale.Store(time.Now().UnixNano())
	}
}

// oneLine is the text of an error whose lines are put after each other.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
