package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cluster is a PostgreSQL primary and its synchronous standby, on loopback and in a
// folder that goes with them.
type cluster struct {
	dir, bin string
	as       *syscall.Credential // PostgreSQL refuses root; nil is whoever we are
	nodes    []*node
	primary  int // which of the nodes takes writes
}

// node is one of the two servers.
type node struct {
	data    string
	port    int
	process *exec.Cmd
}

// newCluster starts a primary with its standby, and makes an empty database.
func newCluster(ctx context.Context) (c *cluster, err error) {
	c = &cluster{}
	if c.bin, err = serverPrograms(); err != nil {
		return nil, err
	}
	// Under /tmp whatever TMPDIR says: a socket's path is short, and postgres must reach it.
	if c.dir, err = os.MkdirTemp("/tmp", "kept-storm-pg-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if err := c.own(); err != nil {
		return nil, err
	}
	for i := range 2 {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, &node{data: filepath.Join(c.dir, fmt.Sprint("node-", i)), port: port})
	}
	first := c.nodes[0]
	if err := c.run(ctx, "initdb", "-D", first.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return nil, err
	}
	if err := c.start(ctx, first); err != nil {
		return nil, err
	}
	if err := c.on(ctx, first, "CREATE DATABASE kept TEMPLATE template0"); err != nil {
		return nil, err
	}
	return c, c.addStandby(ctx)
}

// serverPrograms finds PostgreSQL's programs; Debian keeps them out of PATH.
func serverPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("PostgreSQL's server is not on this machine: install the package postgresql")
	}
	return filepath.Dir(slices.Max(found)), nil
}

// own gives the folder to a user that PostgreSQL accepts.
func (c *cluster) own() error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	gid, bad := strconv.ParseUint(u.Gid, 10, 32)
	if err = errors.Join(err, bad); err != nil {
		return err
	}
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(c.dir, int(uid), int(gid))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// program is one of PostgreSQL's, not yet started.
func (c *cluster) program(ctx context.Context, name string, args ...string) *exec.Cmd {
	p := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	p.Dir = c.dir
	p.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	return p
}

func (c *cluster) run(ctx context.Context, name string, args ...string) error {
	if text, err := c.program(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, text)
	}
	return nil
}

// start starts a server and waits until it answers. It need not wait for the disk: what
// a killed process has written, the kernel keeps.
func (c *cluster) start(ctx context.Context, n *node) error {
	n.process = c.program(context.WithoutCancel(ctx), "postgres", "-D", n.data, "-p", strconv.Itoa(n.port), "-k", c.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=100", "-c", "wal_receiver_status_interval=1s")
	log, err := os.OpenFile(n.data+".log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		return err
	}
	return c.until(ctx, n, "SELECT true")
}

// until asks a server the same until it says yes.
func (c *cluster) until(ctx context.Context, n *node, question string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", n.address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		var yes sql.NullBool
		if err = db.QueryRowContext(ctx, question).Scan(&yes); err == nil && yes.Bool {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s on port %d: never so: %w", question, n.port, errors.Join(err, ctx.Err()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *cluster) on(ctx context.Context, n *node, statement string) error {
	return onServer(ctx, n.address("postgres"), statement)
}

func (n *node) address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", n.port, database)
}

// dsn names both servers, as people are told to.
func (c *cluster) dsn() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/kept?sslmode=disable&target_session_attrs=read-write", c.nodes[0].port, c.nodes[1].port)
}

// addStandby makes the node that is not the primary into its standby, anew, and lets
// every commit wait for it.
func (c *cluster) addStandby(ctx context.Context) error {
	primary, standby := c.nodes[c.primary], c.nodes[1-c.primary]
	if err := os.RemoveAll(standby.data); err != nil {
		return err
	}
	if err := c.run(ctx, "pg_basebackup", "-D", standby.data, "-h", "127.0.0.1", "-p", strconv.Itoa(primary.port), "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync"); err != nil {
		return err
	}
	// Once promoted it goes on alone until it has a standby of its own.
	if err := appendTo(filepath.Join(standby.data, "postgresql.auto.conf"), "\nsynchronous_standby_names = ''\n"); err != nil {
		return err
	}
	if err := c.start(ctx, standby); err != nil {
		return err
	}
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if err := c.on(ctx, primary, statement); err != nil {
			return err
		}
	}
	return c.until(ctx, primary, "SELECT bool_and(sync_state = 'sync' AND flush_lsn >= pg_current_wal_lsn()) FROM pg_stat_replication")
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// failOver kills every process of the primary and promotes its standby. It returns once
// that takes writes.
func (c *cluster) failOver(ctx context.Context) error {
	c.nodes[c.primary].kill()
	c.primary = 1 - c.primary
	if err := c.on(ctx, c.nodes[c.primary], "SELECT pg_promote(false)"); err != nil {
		return err
	}
	return c.until(ctx, c.nodes[c.primary], "SELECT NOT pg_is_in_recovery()")
}

// kill ends a server and all it has started at once. Its children are in groups of
// their own, so they are looked for while it cannot start more.
func (n *node) kill() {
	if n.process == nil || n.process.Process == nil {
		return
	}
	pid := n.process.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	for _, child := range childrenOf(pid) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	_ = n.process.Process.Kill()
	_ = n.process.Wait() // it was killed: that is how it ended
	n.process = nil
}

// childrenOf lists the processes that a process has started, as the kernel knows them.
func childrenOf(pid int) (children []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path) // it may have ended meanwhile
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

func (c *cluster) close() error {
	for _, n := range c.nodes {
		n.kill()
	}
	return os.RemoveAll(c.dir)
}
