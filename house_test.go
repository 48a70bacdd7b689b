package kept_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ours says which of Kept's own packages each of its packages may import.
// "x/..." means x and all below it.
var ours = map[string][]string{
	"kept":                               {},
	"kept/commitments/calendar":          {},
	"kept/commitments/calendar/holidays": {"kept/commitments/calendar"},
	"kept/commitments":                   {"kept/commitments/calendar"},
	"kept/commitments/forecast":          {"kept/commitments", "kept/commitments/calendar"},
	"kept/commitments/sheet":             {"kept/commitments/calendar"},
	"kept/commitments/store":             {"kept", "kept/commitments", "kept/commitments/calendar"},
	"kept/commitments/store/pgtest":      {},
	"kept/notify":                        {"kept/commitments/...", "kept/notify/kit"},
	"kept/notify/kit":                    {},
	"kept/notify/slackapp":               {"kept/commitments/...", "kept/notify", "kept/notify/kit"},
	"kept/notify/fakeslack":              {},
	"kept/scheduler":                     {"kept/commitments/..."},
	"kept/web":                           {"kept/commitments/...", "kept/notify/..."},
	"kept/cmd/kept":                      {"kept/..."},
	"kept/cmd/bench":                     {"kept/..."},
	"kept/cmd/storm":                     {"kept/..."},
}

// theirs says which package may import each module that is not ours. More than
// one is an exception: a program that measures the library bare, the tests' own
// server, or text.
var theirs = map[string][]string{
	"github.com/alecthomas/kong":          {"kept/cmd/kept"},
	"github.com/arran4/golang-ical":       {"kept/commitments/calendar/holidays"},
	"github.com/emersion/go-smtp":         {"kept/notify"},                                   // the tests' own mail server
	"github.com/gorilla/websocket":        {"kept/notify/slackapp", "kept/notify/fakeslack"}, // the two ends of Socket Mode
	"github.com/jackc/pgx/v5":             {"kept/commitments/store", "kept/commitments/store/pgtest", "kept/cmd/bench", "kept/cmd/storm"},
	"github.com/jmoiron/sqlx":             {"kept/commitments/store"},
	"github.com/mattn/go-sqlite3":         {"kept/commitments/store", "kept/cmd/bench", "kept/cmd/storm"},
	"github.com/pressly/goose/v3":         {"kept/commitments/store"},
	"github.com/prometheus/client_golang": {"kept/web"},
	"github.com/rickar/cal/v2":            {"kept/commitments/calendar/holidays"},
	"github.com/robfig/cron/v3":           {"kept/scheduler"},
	"github.com/slack-go/slack":           {"kept/notify", "kept/notify/kit", "kept/notify/slackapp"},
	"github.com/wneessen/go-mail":         {"kept/notify"},
	"github.com/xuri/excelize/v2":         {"kept/commitments/sheet"},
	"github.com/xuri/nfp":                 {"kept/commitments/sheet"},                           // number formats, as excelize itself reads them
	"golang.org/x/text":                   {"kept/commitments/sheet", "kept/commitments/store"}, // encodings there, folding of names here
	"golang.org/x/term":                   {"kept/cmd/kept"},
	"golang.org/x/time":                   {"kept/notify"},
}

// rooms are the only names at the top of the house, besides what .gitignore names.
var rooms = []string{
	".ci", ".git", ".gitignore", ".golangci.yml", "CHANGELOG.md", "LICENSE", "README.md", "check", "cmd", "commitments",
	"go.mod", "go.sum", "house_test.go", "notify", "schema.go", "schema.sql", "scheduler", "web",
}

// vague are names that say nothing of what is inside.
var vague = []string{"common", "helpers", "internal", "models", "pkg", "utils"}

// maxLines is what one file may hold and still be read in one go.
const maxLines = 400

// source is one Go file that is not a test.
type source struct {
	path, pkg string
	imports   []string
	lines     int
}

// sources reads every Go file of the module that is not a test, whatever its
// build tags. It reads imports rather than asking the go command, which sees
// only the files of the platform it runs on.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			found = append(found, read(t, name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(found, func(s source) bool { return s.pkg == "kept/commitments/calendar" }) {
		t.Fatal("the walk did not find kept/commitments/calendar, so it proves nothing")
	}
	return found
}

func read(t *testing.T, name string) source {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	s := source{path: name, pkg: path.Join("kept", filepath.ToSlash(filepath.Dir(name))), lines: bytes.Count(text, []byte("\n"))}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s.imports = append(s.imports, imported)
	}
	return s
}

// wrongEdge says why a package may not import another, or nothing if it may.
func wrongEdge(from, to string) string {
	allowed, known := ours[from]
	switch {
	case !known:
		return "is not in the table of packages: add it with what it may import"
	case within(to, "kept"):
		if isTestRig(to) && !isTestRig(from) {
			return "is not a test, and only tests use " + to
		}
		if !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(to, pattern) }) {
			return "may not import " + to
		}
	case isStandard(to):
	default:
		for module, packages := range theirs {
			if within(to, module) && slices.Contains(packages, from) {
				return ""
			}
		}
		return "may not import " + to + ": each library has its one package"
	}
	return ""
}

func matches(pkg, pattern string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return pkg == root || below && within(pkg, root)
}

func within(pkg, root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") }

// isStandard tells the standard library by its paths, which begin without a dot.
func isStandard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

func isTestRig(pkg string) bool { return strings.HasSuffix(pkg, "test") }

func TestImportsFollowTheTable(t *testing.T) {
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			if why := wrongEdge(s.pkg, imported); why != "" {
				t.Errorf("%s: %s %s", s.path, s.pkg, why)
			}
		}
	}
}

func TestWrongEdgesAreSeen(t *testing.T) {
	for _, edge := range []struct {
		from, to string
		wrong    bool
	}{
		{"kept/commitments", "time", false},
		{"kept/commitments", "kept/commitments/calendar", false},
		{"kept/commitments", "kept/commitments/store", true},
		{"kept/commitments", "golang.org/x/text/cases", true},
		{"kept/commitments/calendar", "kept/commitments", true},
		{"kept/commitments/calendar", "kept/commitments/calendar/holidays", true},
		{"kept/commitments/calendar", "github.com/rickar/cal/v2/pl", true},
		{"kept/commitments/calendar/holidays", "github.com/rickar/cal/v2/pl", false},
		{"kept/commitments/store", "kept", false},
		{"kept/commitments/store", "kept/notify", true},
		{"kept/commitments/store", "github.com/jackc/pgx/v5/stdlib", false},
		{"kept/commitments/store", "kept/commitments/store/pgtest", true},
		{"kept/notify", "kept/commitments/store", false},
		{"kept/notify", "kept/scheduler", true},
		{"kept/notify", "github.com/jmoiron/sqlx", true},
		{"kept/scheduler", "kept/notify", true},
		{"kept/scheduler", "github.com/robfig/cron/v3", false},
		{"kept/scheduler", "github.com/robfig/cron/v33", true},
		{"kept/web", "kept/notify/fakeslack", false},
		{"kept/web", "kept/scheduler", true},
		{"kept/web", "github.com/slack-go/slack", true},
		{"kept/cmd/kept", "kept/scheduler", false},
		{"kept/cmd/kept", "github.com/mattn/go-sqlite3", true},
		{"kept/cmd/bench", "github.com/mattn/go-sqlite3", false},
		{"kept/somewhere/new", "time", true},
		{"kept/web", "example.org/anything", true},
	} {
		why := wrongEdge(edge.from, edge.to)
		if (why != "") != edge.wrong {
			t.Errorf("%s → %s: wrong is %t, want %t (%s)", edge.from, edge.to, why != "", edge.wrong, why)
		}
	}
}

func TestSchedulerAndNotifyNeverMeet(t *testing.T) {
	for from, to := range map[string]string{"kept/scheduler": "kept/notify", "kept/notify": "kept/scheduler"} {
		if slices.ContainsFunc(ours[from], func(pattern string) bool { return matches(to, pattern) }) {
			t.Errorf("the table lets %s import %s", from, to)
		}
	}
}

func TestPackagesHaveNamesThatMeanSomething(t *testing.T) {
	for _, s := range sources(t) {
		for word := range strings.SplitSeq(s.pkg, "/") {
			if slices.Contains(vague, word) {
				t.Errorf("%s: %q says nothing of what is inside", s.path, word)
			}
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: split it where the story turns", s.path, s.lines, maxLines)
		}
	}
}

func TestTopLevelHoldsOnlyTheHouse(t *testing.T) {
	text, err := os.ReadFile(".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	ignored := strings.Fields(string(text))
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(rooms, name) || slices.ContainsFunc(ignored, func(p string) bool { return ignores(p, name) }) {
			continue
		}
		t.Errorf("%s has no place at the top level", name)
	}
}

// ignores tells whether a line of .gitignore without a folder covers a name at the top.
func ignores(pattern, name string) bool {
	ok, err := path.Match(strings.Trim(pattern, "/"), name)
	return ok && err == nil
}
