package store

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// silence is how long an answer may be on its way before the server is asked, on
// another connection, whether it is still at work on it. The network's own signs of
// life are not enough: something in between may take every byte and pass on none.
const silence = 15 * time.Second

// watched is a connection to PostgreSQL that ends once nobody works on what was asked.
type watched struct {
	net.Conn
	backend atomic.Pointer[backend] // nil until the connection is set up
	last    atomic.Int64            // when something was read, in ns since 1970
}

// backend is the server's process at the other end: its number, and since when, as
// numbers are given again.
type backend struct {
	server *server
	pid    int32
	since  string
}

// Read waits for the server's answer.
func (c *watched) Read(p []byte) (int, error) {
	over := new(atomic.Bool)
	doubt := time.AfterFunc(silence, func() { c.watch(over) })
	n, err := c.Conn.Read(p)
	over.Store(true)
	doubt.Stop()
	if n > 0 {
		c.last.Store(time.Now().UnixNano())
	}
	return n, err
}

func (c *watched) heard() time.Time { return time.Unix(0, c.last.Load()) }

// watch ends the connection as soon as nobody works on the answer it waits for.
func (c *watched) watch(over *atomic.Bool) {
	at := c.backend.Load()
	if at == nil {
		return // connecting has its own limit
	}
	for !over.Load() {
		if !at.atWork() && !over.Load() {
			_ = c.Conn.Close() // who reads gets the error
			return
		}
		time.Sleep(silence)
	}
}

// tooMany is the code of a server that takes no further connection, and so is alive.
const tooMany = "53300"

// atWork reports whether the backend works on an answer, or did a moment ago. One that
// does not waits for words that never came, and holds locks meanwhile: it is ended.
func (b *backend) atWork() bool {
	ctx, cancel := context.WithTimeout(context.Background(), dialWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, b.server.config)
	if err != nil {
		var said *pgconn.PgError
		return errors.As(err, &said) && said.Code == tooMany
	}
	defer func() { _ = conn.Close(ctx) }() // it was for one question
	var works bool
	err = conn.QueryRow(ctx, `SELECT state = 'active' OR state_change > clock_timestamp() - interval '2 s' OR NOT pg_terminate_backend(pid)
		FROM pg_stat_activity WHERE pid = $1 AND CAST(backend_start AS text) = $2`, b.pid, b.since).Scan(&works)
	return err == nil && works
}

// underneath finds our own connection below an encrypted one; nil if there is none.
func underneath(c net.Conn) *watched {
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	own, _ := c.(*watched)
	return own
}
