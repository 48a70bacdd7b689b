// Command kept logs what a company promises its customers, finds the promises at
// risk, and tells their owners whom to call.
package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kept/commitments/calendar"

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv)) }

// run is the whole program. It alone knows signals, the environment and exit codes.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string) int {
	// Without this a reader that goes away, as in `kept list | head -1`, would end
	// the process before its work is done.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	terminal := isTerminal(stdout)
	//nolint:misspell // the variable is called so everywhere: https://no-color.org
	colour := terminal && env("NO_COLOR") == "" && env("TERM") != "dumb"
	a := &app{
		ctx: ctx, env: env, in: stdin, now: calendar.InstantOf(time.Now()), terminal: terminal,
		out: &printer{Writer: bufio.NewWriter(stdout), colour: colour}, err: stderr,
	}
	err := a.carryOut(args)
	if failed := a.out.Flush(); err == nil && failed != nil {
		err = failed
	}
	return report(err, stderr, a.flags.JSON || wantsJSON(args))
}

// carryOut parses the whole command line before anything is done.
func (a *app) carryOut(args []string) error {
	var all commands
	parser, err := newParser(&all, a)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return wrongUse(err)
	}
	a.flags = all.globals
	defer a.close()
	return parsed.Run(a)
}

func newParser(all *commands, a *app) (*kong.Kong, error) {
	return kong.New(all,
		kong.Name("kept"),
		kong.Description(description),
		kong.Writers(a.out, a.err),
		kong.ExplicitGroups(groups),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.NoDefaultHelp(),
		kong.Bind(a),
	)
}

// errHelped says that help was asked for and printed, and nothing else is wanted.
var errHelped = errors.New("help was printed")
