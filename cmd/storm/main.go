// Command storm kills Kept, restarts it and takes Slack away from it, while it has
// alerts to send, and then lets a checker say whether one was lost or sent twice. Kept
// runs as it is shipped; Slack is the stand-in of package fakeslack with all its faults
// on, and its accept log is the truth.
//
//	go run ./cmd/storm kill -alerts 10000 -kills 1000 -seed 1
//	go run ./cmd/storm kill -alerts 10000 -kills 1000 -db postgres://postgres@localhost/postgres -processes 5
//	go run ./cmd/storm restarts -restarts 500
//	go run ./cmd/storm outage -owed 5000 -down 5m
//	go run ./cmd/storm clicks -clicks 10000 -clients 8
//	go run ./cmd/storm failover -times 20
//	go run ./cmd/storm partition -rounds 3
//	go run ./cmd/storm disk -cycles 100
//	go run ./cmd/storm power -cuts 500
//	go run ./cmd/storm all
//
// The exit status is 1 if anything was lost, doubled or early, or if a bound was not
// kept. The same seed gives the same faults and the same moments to kill at; what
// Kept is doing then depends on the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

// command is one kind of storm. It reads its own flags.
type command struct {
	name, what string
	run        func(ctx context.Context, args []string, out io.Writer) error
}

func commands() []command {
	return []command{
		{"kill", "SIGKILL at random moments, and the plain way of sending beside it", killCommand},
		{"failover", "PostgreSQL's primary is killed and its standby promoted", failoverCommand},
		{"partition", "the network to the database and to Slack breaks in every way", partitionCommand},
		{"disk", "SQLite's disk fills up and is freed again", diskCommand},
		{"restarts", "SIGTERM at random moments, one restart after another", restartsCommand},
		{"clicks", "ten thousand clicks, a tenth of them not to be done", clicksCommand},
		{"outage", "Slack is gone for a while with many messages owed", outageCommand},
		{"power", "the power goes at any moment of what SQLite writes", powerCommand},
		{"all", "short forms of all of them", allCommand},
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == plainWorker {
		return plainCommand(ctx, args[1:], out)
	}
	var known []string
	for _, c := range commands() {
		if len(args) > 0 && args[0] == c.name {
			if err := c.run(ctx, args[1:], out); !errors.Is(err, flag.ErrHelp) {
				return err
			}
			return nil
		}
		known = append(known, fmt.Sprintf("  %-9s %s", c.name, c.what))
	}
	return fmt.Errorf("name a storm, and -h after it for its flags:\n%s", strings.Join(known, "\n"))
}

// allCommand runs every storm in a short form with one seed.
func allCommand(ctx context.Context, args []string, out io.Writer) error {
	for _, c := range commands() {
		if c.name == "all" {
			continue
		}
		fmt.Fprintf(out, "%s\n", c.name)
		if err := c.run(ctx, append([]string{"-short"}, args...), out); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// common are the flags that every storm has.
func common(name string, o *options) (f *flag.FlagSet, short *bool) {
	f = flag.NewFlagSet("storm "+name, flag.ContinueOnError)
	f.Uint64Var(&o.seed, "seed", 1, "decides faults and moments")
	f.StringVar(&o.server, "db", "", "postgres:// address of a user who may create databases; default: a SQLite file")
	f.StringVar(&o.temp, "temp", "", "folder to work in; default: the system's")
	f.DurationVar(&o.grace, "grace", o.grace, "KEPT_SLACK_GRACE of the processes")
	return f, f.Bool("short", false, "a short form")
}
