package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
	"pgregory.net/rapid"
)

// kept runs a command in this process, in an environment of nothing but vars.
func kept(t *testing.T, vars map[string]string, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(args, nil, &stdout, &stderr, func(name string) string { return vars[name] })
	return status, stdout.String(), stderr.String()
}

// inNewDatabase makes a database and gives the environment that names it.
func inNewDatabase(t *testing.T) map[string]string {
	t.Helper()
	vars := map[string]string{"KEPT_DB": filepath.Join(t.TempDir(), "kept.db")}
	if status, _, errs := kept(t, vars, "init", "--admin", "ada@example.com", "--name", "Ada"); status != 0 {
		t.Fatal(errs)
	}
	return vars
}

// leaves are all commands that can be run.
func leaves(t *testing.T) []*kong.Node {
	t.Helper()
	parser, err := newParser(&commands{}, &app{out: &printer{}, err: &bytes.Buffer{}})
	if err != nil {
		t.Fatal(err)
	}
	var found []*kong.Node
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		if n.Hidden {
			return
		}
		if len(n.Children) == 0 {
			found = append(found, n)
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	return found
}

// examples are the command lines in the help of a command.
func examples(help string) [][]string {
	var found [][]string
	for line := range strings.Lines(help) {
		if words := strings.TrimSpace(line); strings.HasPrefix(line, "    kept ") {
			found = append(found, shellWords(words)[1:])
		}
	}
	return found
}

// shellWords splits a line as a shell does, with single quotes only.
func shellWords(line string) []string {
	var words []string
	word, quoted := "", false
	for _, r := range line + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			words = append(words, word)
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}

func TestEveryCommandHasHelpWithAnExampleThatParses(t *testing.T) {
	for _, command := range leaves(t) {
		if command.Help == "" {
			t.Errorf("%s has no help", command.FullPath())
		}
		if command.Name == "completion" {
			continue // its example is a line for the shell
		}
		lines := examples(command.Detail)
		if len(lines) == 0 {
			t.Errorf("%s has no example", command.FullPath())
		}
		for _, words := range lines {
			parser, err := newParser(&commands{}, &app{out: &printer{}, err: &bytes.Buffer{}})
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := parser.Parse(words)
			if err != nil {
				t.Errorf("kept %s: %v", strings.Join(words, " "), err)
			} else if got := "kept " + strings.TrimSpace(nameOf(parsed.Selected())); got != command.FullPath() {
				t.Errorf("the example of %s is of %s", command.FullPath(), got)
			}
		}
	}
}

func nameOf(n *kong.Node) string {
	if n.Parent == nil || n.Parent.Type == kong.ApplicationNode {
		return n.Name
	}
	return nameOf(n.Parent) + " " + n.Name
}

func TestEveryFlagIsExplained(t *testing.T) {
	for _, command := range leaves(t) {
		for _, group := range command.AllFlags(false) {
			for _, flag := range group {
				if flag.Help == "" {
					t.Errorf("%s --%s is not explained", command.FullPath(), flag.Name)
				}
			}
		}
	}
}

// No flag takes a secret: command lines are seen by everybody on the machine.
func TestSecretsAreNotFlags(t *testing.T) {
	for _, command := range leaves(t) {
		for _, group := range command.AllFlags(false) {
			for _, flag := range group {
				for _, s := range allSettings() {
					if s.secret && strings.ReplaceAll(flag.Name, "-", "_") == s.name {
						t.Errorf("%s takes a secret as --%s", command.FullPath(), flag.Name)
					}
				}
			}
		}
	}
}

// X28: whatever goes wrong with a secret, it is not printed.
func TestX28_SecretsAreNeverPrinted(t *testing.T) {
	const secret = "hunter2-canary"
	dir := t.TempDir()
	for _, s := range allSettings() {
		if !s.secret {
			continue
		}
		file := filepath.Join(dir, "kept.conf")
		for _, value := range []string{secret, "xoxb-" + secret, "https://hooks.example.com/" + secret} {
			if err := os.WriteFile(file, []byte(s.name+" = "+value+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, vars := range []map[string]string{{s.variable(): value}, {"KEPT_CONFIG": file}} {
				for _, args := range [][]string{{"config", "show"}, {"config", "show", "--json"}, {"list"}, {"sweep"}} {
					_, out, errs := kept(t, vars, args...)
					if strings.Contains(out+errs, secret) {
						t.Errorf("%v with %s printed the secret: %s%s", args, s.name, out, errs)
					}
				}
			}
		}
	}
}

// brokenPipe is a reader that has gone away, as head does.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestI08_AReaderThatGoesAwayIsNoFailure(t *testing.T) {
	vars := inNewDatabase(t)
	var errs bytes.Buffer
	args := []string{"add", "--at", "2025-03-03", "--customer", "Acme", "--what", "Login", "--owner", "Ada", "--promise", "2025-03-14", "--create", "--json"}
	if status := run(args, nil, brokenPipe{}, &errs, func(name string) string { return vars[name] }); status != 0 || errs.Len() > 0 {
		t.Fatalf("ended with %d: %s", status, errs.String())
	}
	if status, out, _ := kept(t, vars, "show", "1", "--at", "2025-03-04"); status != 0 || !strings.Contains(out, "Login") {
		t.Errorf("the promise was not recorded: %d %s", status, out)
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	var errs bytes.Buffer
	if status := run([]string{"version"}, nil, fullDisk{}, &errs, func(string) string { return "" }); status != 1 || !strings.Contains(errs.String(), "no space left") {
		t.Errorf("ended with %d: %s", status, errs.String())
	}
}

func TestI06_ControlCharactersAreRefused(t *testing.T) {
	vars := inNewDatabase(t)
	for _, evil := range []string{"a\nb", "a\tb", "\x1b[2Jgone", "a\u202eb", "a\x00b", "a\x7fb", "a\u009bb"} {
		status, out, errs := kept(t, vars, "add", "--at", "2025-03-03", "--customer", "Acme", "--what", evil, "--owner", "Ada", "--promise", "2025-03-14", "--create")
		if status != 2 || !strings.HasPrefix(errs, "kept: what: ") || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: ended with %d: %s%s", evil, status, out, errs)
		}
	}
}

func TestI14_TitlesHaveALimit(t *testing.T) {
	vars := inNewDatabase(t)
	long := strings.Repeat("x", 1<<20)
	status, _, errs := kept(t, vars, "add", "--at", "2025-03-03", "--customer", "Acme", "--what", long, "--owner", "Ada", "--promise", "2025-03-14", "--create")
	if status != 2 || errs != "kept: what: too long: 1048576 characters, at most 200\n" {
		t.Errorf("ended with %d: %.200s", status, errs)
	}
}

// X23: whatever text is printed, nothing in it acts on a terminal or breaks its line.
func TestX23_VisibleTextActsOnNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		shown := visible(s)
		if strings.ContainsFunc(shown, hidden) {
			t.Fatalf("%q is shown as %q", s, shown)
		}
		if !strings.ContainsFunc(s, hidden) && shown != s {
			t.Fatalf("%q is shown as %q", s, shown)
		}
	})
}

// Whatever is typed, kept answers in one line and an exit code it has.
func TestAnythingTypedGetsOneLine(t *testing.T) {
	vars := map[string]string{"KEPT_DB": filepath.Join(t.TempDir(), "none.db")}
	words := []string{
		"add", "list", "show", "checkin", "call", "person", "edit", "digest", "1", "--", "-", "--json", "--at", "--left", "--promise",
		"--what", "=", "--as=", "\x00", "24:00", "friday", "--db", "/", "-h", "--help", "é", "--no-json", "--json=maybe",
	}
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(words), rapid.String()), 1, 6).Draw(t, "args")
		var stdout, stderr bytes.Buffer
		status := run(args, nil, &stdout, &stderr, func(name string) string { return vars[name] })
		if status < 0 || status > 5 {
			t.Fatalf("%q ended with %d", args, status)
		}
		if status != 0 && strings.Count(stderr.String(), "\n") != 1 {
			t.Fatalf("%q said %q", args, stderr.String())
		}
	})
}

func TestEveryErrorHasOneExitCode(t *testing.T) {
	seen := map[int]bool{}
	for _, e := range exits {
		var out bytes.Buffer
		status := report(errors.Join(errors.New("saving"), e.kind), &out, true)
		if status != e.status || seen[status] || !strings.Contains(out.String(), `"code":"`+e.code+`"`) {
			t.Errorf("%v: %d %s", e.kind, status, out.String())
		}
		seen[status] = true
	}
}
