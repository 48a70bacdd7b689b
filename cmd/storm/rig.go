package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"kept/notify/fakeslack"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"
)

// options say what a rig is made of.
type options struct {
	kept   string        // the program; "" builds it
	server string        // postgres:// address of a user who may create databases; "" is a SQLite file
	exists string        // address of an empty database that is there already
	temp   string        // folder to work in; "" is the system's
	disk   string        // folder of the SQLite file; "" is the one to work in
	allDay bool          // the late shift has begun, so that nothing has to wait for it
	seed   uint64        // of the stand-in's faults, and of what each storm does
	grace  time.Duration // to be longer than the stand-in's slowest work and the lag together
	lag    time.Duration // how long a message is missing from Slack's history
	out    io.Writer
}

// rig is Kept's program, a database, and a stand-in for Slack. Close removes it all.
type rig struct {
	options
	dir   string
	dsn   string
	drop  func() error
	db    *sql.DB // beside Kept, to look into its database
	slack *fakeslack.Server
	api   string // Slack's base, as KEPT_SLACK_API_URL wants it
	http  *http.Server
	fixed func() // lifts the faults

	company
}

// newRig builds Kept, starts a stand-in for Slack, and makes a company in a new
// database: its people work day and night, but for those of the late shift.
func newRig(ctx context.Context, o options) (*rig, error) {
	dir, err := os.MkdirTemp(o.temp, "kept-storm-")
	if err != nil {
		return nil, err
	}
	r := &rig{options: o, dir: dir, drop: func() error { return nil }, fixed: func() {}}
	if err := r.begin(ctx); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *rig) begin(ctx context.Context) (err error) {
	if r.kept == "" {
		if r.kept, err = buildKept(ctx, r.dir); err != nil {
			return err
		}
	}
	if err := r.startSlack(); err != nil {
		return err
	}
	if err := r.makeDatabase(ctx); err != nil {
		return err
	}
	return r.found(ctx)
}

func (r *rig) close() error {
	var errs []error
	if r.http != nil {
		errs = append(errs, r.http.Close())
	}
	if r.db != nil {
		errs = append(errs, r.db.Close())
	}
	return errors.Join(append(errs, r.drop(), os.RemoveAll(r.dir))...)
}

// buildKept makes the program as plain go build does.
func buildKept(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "kept")
	text, err := exec.CommandContext(ctx, "go", "build", "-o", path, "kept/cmd/kept").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build kept/cmd/kept: %w\n%s", err, text)
	}
	return path, nil
}

func (r *rig) startSlack() error {
	r.slack = fakeslack.New(fakeslack.WithSeed(r.seed))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + l.Addr().String()
	r.slack.SetBaseURL(base)
	r.api = base + "/api/"
	r.http = &http.Server{Handler: r.slack, ErrorLog: fakeslack.ErrorLog()}
	go func() { _ = r.http.Serve(l) }() // it ends when it is closed
	return nil
}

// quiet waits until Slack has finished all that it has begun.
func (r *rig) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return r.http.Shutdown(ctx)
}

// makeDatabase makes an empty one: a file in the rig's folder, or one on the server.
func (r *rig) makeDatabase(ctx context.Context) (err error) {
	if r.exists != "" {
		r.dsn = r.exists
		r.db, err = sql.Open("pgx", r.dsn)
		return err
	}
	if r.server == "" {
		r.dsn = filepath.Join(cmp.Or(r.disk, r.dir), "kept.db")
		r.db, err = sql.Open("sqlite3", "file:"+(&url.URL{Path: r.dsn}).EscapedPath()+"?mode=ro&_busy_timeout=10000")
		return err
	}
	at, err := url.Parse(r.server)
	if err != nil {
		return errors.New("-db: not an address of the form postgres://user@host/database")
	}
	name := "kept_storm_" + strings.ToLower(rand.Text())
	if err := onServer(ctx, r.server, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return err
	}
	r.drop = func() error { return onServer(ctx, r.server, "DROP DATABASE "+name+" WITH (FORCE)") }
	at.Path = "/" + name
	r.dsn = at.String()
	r.db, err = sql.Open("pgx", r.dsn)
	return err
}

// onServer runs one statement, even when the storm is told to stop.
func onServer(ctx context.Context, server, statement string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.WithoutCancel(ctx), statement)
	return err
}

// command runs one of Kept's commands to its end, and gives what it printed.
func (r *rig) command(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, r.kept, append(args, "--db", r.dsn)...)
	c.Env = r.environment()
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("kept %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return string(out), err
}

// environment is that of every kept process: nothing of the caller's own settings.
func (r *rig) environment(more ...string) []string {
	env := []string{
		"KEPT_SLACK_BOT_TOKEN=" + fakeslack.BotToken, "KEPT_SLACK_API_URL=" + r.api,
		"KEPT_SLACK_GRACE=" + r.grace.String(), "KEPT_SLACK_PER_SECOND=1000",
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "KEPT_") {
			env = append(env, v)
		}
	}
	return append(env, more...)
}

// lease is how long a claimed message is one process's, as package notify has it.
func (r *rig) lease() time.Duration { return 6 * min(10*time.Second, r.grace) }

func (r *rig) say(format string, args ...any) { fmt.Fprintf(r.out, "  "+format+"\n", args...) }
