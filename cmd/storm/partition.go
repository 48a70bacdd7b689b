package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// partitions is one storm of bad networks.
type partitions struct {
	rounds          int // each has every trouble once
	wave            int // alerts that come to be owed with each trouble
	longest, asleep time.Duration
}

func partitionCommand(ctx context.Context, args []string, out io.Writer) (failed error) {
	o := options{out: out, grace: usualGrace, lag: usualLag}
	var t partitions
	flags, short := common("partition", &o)
	flags.IntVar(&t.rounds, "rounds", 3, "times that each trouble comes")
	flags.IntVar(&t.wave, "wave", 100, "alerts owed with each")
	flags.DurationVar(&t.longest, "longest", time.Minute, "how long nothing passes at most; at least a twelfth of it")
	flags.DurationVar(&t.asleep, "asleep", 30*time.Second, "how long a process stands still")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		t = shortPartitions
	}
	if o.server == "" { // SQLite is not reached over a network
		c, err := newCluster(ctx)
		if err != nil {
			return err
		}
		defer func() { failed = errors.Join(failed, c.close()) }()
		o.exists = c.dsn()
	}
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	v, err := r.partitions(ctx, t)
	return errors.Join(err, r.close(), v.failed())
}

var shortPartitions = partitions{rounds: 1, wave: 30, longest: 3 * time.Second, asleep: 14 * time.Second}

// torn is a rig with two processes, and a network between each and what it needs.
type torn struct {
	*rig
	partitions
	serving  []*process
	database []*proxy // one for each process
	slack    []*proxy
	chance   *rand.Rand
}

func (n *torn) accepted() int { return len(n.rig.slack.Accepted()) }

// trouble is something that befalls a network, and has passed when it returns.
type trouble struct {
	name string
	run  func(*torn, context.Context) error
}

// troubles lists them; those of Slack come last, since Kept leaves it alone for a minute
// once it seems to be down.
func troubles() []trouble {
	return []trouble{
		{"nothing passes to the database", func(n *torn, ctx context.Context) error { return n.stall(ctx, n.database[0]) }},
		{"the database's connections are half open", func(n *torn, ctx context.Context) error { n.database[0].orphan(); return n.send(ctx) }},
		{"the database's connections are forgotten", func(n *torn, ctx context.Context) error { n.database[1].deafen(); return n.send(ctx) }},
		{"connections are cut after COMMIT was passed on", func(n *torn, ctx context.Context) error { return n.cutCommits(ctx, true) }},
		{"connections are cut before COMMIT is passed on", func(n *torn, ctx context.Context) error { return n.cutCommits(ctx, false) }},
		{"the database ends every session", (*torn).terminate},
		{"a process stands still with what it has claimed", (*torn).sleep},
		{"everything is reset", (*torn).resets},
		{"Slack's connections are half open", func(n *torn, ctx context.Context) error { n.slack[1].orphan(); return n.send(ctx) }},
		{"Slack's connections are cut in the middle of a message", (*torn).cutMessages},
		{"nothing passes to Slack", func(n *torn, ctx context.Context) error { return n.stall(ctx, n.slack[0]) }},
	}
}

// partitions lets two processes send through bad networks.
func (r *rig) partitions(ctx context.Context, t partitions) (v verdict, err error) {
	r.say("%d rounds of %d troubles, seed %d", t.rounds, len(troubles()), r.seed)
	r.hire(t.wave)
	n := &torn{rig: r, partitions: t, chance: rand.New(rand.NewPCG(r.seed, 2))}
	defer n.close()
	if err := n.connect(ctx); err != nil {
		return v, err
	}
	r.breakSlack()
	for range t.rounds {
		for _, trouble := range troubles() {
			if err := r.burden(ctx, t.wave); err != nil {
				return v, err
			}
			if err := n.send(ctx); err != nil {
				return v, err
			}
			begun, before := time.Now(), n.accepted()
			if err := trouble.run(n, ctx); err != nil {
				return v, fmt.Errorf("%s: %w", trouble.name, err)
			}
			n.lift()
			r.say("%s: %s, %d messages meanwhile", trouble.name, time.Since(begun).Round(time.Second), n.accepted()-before)
		}
	}
	r.fixed()
	if v, err = r.ending(ctx, n.serving); err == nil {
		r.say("%d commits and messages were cut", n.cuts())
	}
	return v, err
}

// connect starts the two processes behind networks of their own.
func (n *torn) connect(ctx context.Context) error {
	config, err := pgx.ParseConfig(n.dsn)
	if err != nil {
		return err
	}
	api, err := url.Parse(n.api)
	if err != nil {
		return err
	}
	for i := range 2 {
		database, err := newProxy(to(pgconn.NetworkAddress(config.Host, config.Port)))
		if err != nil {
			return err
		}
		n.database = append(n.database, database)
		slack, err := newProxy(to("tcp", api.Host))
		if err != nil {
			return err
		}
		n.slack = append(n.slack, slack)
		way := fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", url.UserPassword(config.User, config.Password), database.address(), config.Database)
		p, err := n.serveOn(way, fmt.Sprint("serve-", i), "KEPT_SLACK_API_URL=http://"+slack.address()+"/api/")
		if err != nil {
			return err
		}
		n.serving = append(n.serving, p)
		if err := p.ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (n *torn) close() {
	killAll(n.serving)
	for _, p := range append(n.database, n.slack...) {
		_ = p.close() // the storm is over
	}
}

func (n *torn) lift() {
	for _, p := range append(n.database, n.slack...) {
		p.pass()
	}
}

// stall lets nothing through for a while, from a moment when messages are on their way.
func (n *torn) stall(ctx context.Context, p *proxy) error {
	if err := n.send(ctx); err != nil {
		return err
	}
	p.stall()
	least := n.longest / 12
	return pause(ctx, least+time.Duration(n.chance.Int64N(int64(n.longest-least))))
}

// send waits until the next message has reached Slack, unless none comes for longer than
// Kept ever leaves Slack alone here.
func (n *torn) send(ctx context.Context) error {
	before, limit := n.accepted(), time.Now().Add(70*time.Second)
	for n.accepted() == before && time.Now().Before(limit) {
		if owing, err := n.owing(ctx); err == nil && owing == 0 {
			return nil // there is nothing to be sent
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (n *torn) cuts() (all int) {
	for _, p := range append(n.database, n.slack...) {
		all += p.cutSoFar()
	}
	return all
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// commitBytes are what pgx sends to end a transaction.
const commitBytes = "commit\x00"

// cutCommits breaks connections in the middle of commits: none of those that sweep,
// claim, note an intent or record knows then whether it took place.
func (n *torn) cutCommits(ctx context.Context, after bool) error {
	for _, p := range n.database {
		p.cutOn(commitBytes, after, 10)
	}
	return pause(ctx, n.longest)
}

func (n *torn) cutMessages(ctx context.Context) error {
	for range 10 {
		for _, p := range n.slack {
			p.cutAfter(1 + n.chance.IntN(4000))
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (n *torn) resets(ctx context.Context) error {
	for range 20 {
		for _, p := range append(n.database, n.slack...) {
			p.reset()
		}
		if err := pause(ctx, time.Duration(n.chance.Int64N(int64(200*time.Millisecond)))); err != nil {
			return err
		}
	}
	return nil
}

// terminate lets the server itself end every session, as an operator or a restart does.
func (n *torn) terminate(ctx context.Context) error {
	for range 20 {
		if _, err := n.db.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil &&
			!strings.Contains(err.Error(), "57P01") {
			return err
		}
		if err := pause(ctx, time.Duration(n.chance.Int64N(int64(200*time.Millisecond)))); err != nil {
			return err
		}
	}
	return nil
}

// sleep stops a process for longer than its leases last. What it had claimed is sent by
// the other; when it wakes up it must see that.
func (n *torn) sleep(ctx context.Context) error {
	if err := n.send(ctx); err != nil {
		return err
	}
	sleeper := n.serving[n.chance.IntN(2)].Process
	if err := sleeper.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	defer func() { _ = sleeper.Signal(syscall.SIGCONT) }() // it is there: nobody else ends it
	return pause(ctx, n.asleep)
}
