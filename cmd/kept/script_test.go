package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"

	"kept/notify/fakeslack"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"kept": main}) }

// TestScripts runs testdata/script, which reads as a manual of the command line.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: slackFor,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": endsWith, "slack": accepted},
	})
}

// slackFor gives each script a Slack of its own, where Ada and Mia have accounts. It
// is used once a script sets KEPT_SLACK_BOT_TOKEN.
func slackFor(env *testscript.Env) error {
	workspace := fakeslack.New()
	workspace.AddUser(fakeslack.User{ID: "UADA", Name: "ada", Email: "ada@example.com"})
	workspace.AddUser(fakeslack.User{ID: "UMIA", Name: "mia", Email: "mia@example.com"})
	server := httptest.NewServer(workspace)
	env.Defer(server.Close)
	env.Setenv("KEPT_SLACK_API_URL", server.URL+"/api/")
	env.Values[slackKey{}] = workspace
	return nil
}

type slackKey struct{}

// accepted prints what Slack accepted: its channel, its text and its blocks.
func accepted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: slack")
	}
	for _, m := range ts.Value(slackKey{}).(*fakeslack.Server).Accepted() {
		place := m.Channel
		if m.ThreadTS != "" && m.ThreadTS != m.TS {
			place += " in a thread:"
		}
		fmt.Fprintf(ts.Stdout(), "%s %s %s\n", place, m.Text, m.Blocks)
	}
}

// endsWith runs a command that must end with an exit code: exits 3 kept show 9.
func endsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%q ended with %d, want %d", args[1:], got, want)
	}
}
