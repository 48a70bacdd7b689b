package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// faults is the fault matrix: whatever may befall Kept. Each has at least one test that
// is named after it, TestF42_…, anywhere in the repository; where that cannot be, here
// is why not, and the tests that stand in for it.
var faults = []struct {
	id, what, why string
	instead       []string
}{
	{id: "F01", what: "killed before a sweep's commit"},
	{id: "F02", what: "killed after a sweep's commit, before anything is claimed"},
	{id: "F03", what: "killed after a claim, before the intent"},
	{id: "F04", what: "killed after the intent, before the first byte"},
	{id: "F05", what: "killed with the request on its way"},
	{id: "F06", what: "killed after Slack has accepted, before that is recorded"},
	{id: "F07", what: "killed in the middle of a commit"},
	{id: "F08", what: "killed during a migration"},
	{id: "F09", what: "killed during an import"},
	{id: "F10", what: "killed during an export or a backup"},
	{id: "F11", what: "killed between answering a Slack modal and saving",
		why: "nothing answers modals yet: no request from Slack is taken, so none can be acknowledged and lost"},
	{id: "F12", what: "killed at random moments, with every fault of Slack's"},
	{id: "F13", what: "told to stop while sending"},
	{id: "F14", what: "told to stop during a sweep or an import"},
	{id: "F15", what: "out of memory, again and again over one message"},
	{id: "F16", what: "a panic in a job, a page or a delivery"},
	{id: "F17", what: "a job that hangs"},
	{id: "F18", what: "429 with Retry-After"},
	{id: "F19", what: "429 with an odd Retry-After, or none"},
	{id: "F20", what: "ratelimited with status 200"},
	{id: "F21", what: "5xx, not accepted"},
	{id: "F22", what: "5xx although accepted"},
	{id: "F23", what: "no answer after accepting"},
	{id: "F24", what: "a reset before or after accepting"},
	{id: "F25", what: "refused connection, unknown name, bad certificate"},
	{id: "F26", what: "an answer one byte at a time"},
	{id: "F27", what: "answers that say nothing"},
	{id: "F28", what: "answers without an end"},
	{id: "F29", what: "redirects"},
	{id: "F30", what: "internal_error, accepted or not"},
	{id: "F31", what: "the token is refused"},
	{id: "F32", what: "a channel is refused"},
	{id: "F33", what: "a message is refused"},
	{id: "F34", what: "codes nobody knows"},
	{id: "F35", what: "the history cannot be read"},
	{id: "F36", what: "the history lags behind"},
	{id: "F37", what: "a person deletes the message"},
	{id: "F38", what: "the same text from somebody else"},
	{id: "F39", what: "Slack is gone for days"},
	{id: "F40", what: "one of two channels takes nothing"},
	{id: "F41", what: "SQLite locked by another program"},
	{id: "F42", what: "a disk that fills up"},
	{id: "F43", what: "a start on a full disk"},
	{id: "F44", what: "a database that cannot be written"},
	{id: "F45", what: "the database's file deleted meanwhile"},
	{id: "F46", what: "no database"},
	{id: "F47", what: "a damaged database"},
	{id: "F48", what: "a newer log beside an older database"},
	{id: "F49", what: "a disk that fails"},
	{id: "F50", what: "a slow disk"},
	{id: "F51", what: "a power cut at any write"},
	{id: "F52", what: "PostgreSQL's primary killed, its standby promoted"},
	{id: "F53", what: "PostgreSQL ends every session"},
	{id: "F54", what: "a PostgreSQL that takes no writes"},
	{id: "F55", what: "nothing passes to PostgreSQL, or connections are forgotten"},
	{id: "F56", what: "no more connections, timeouts, deadlocks"},
	{id: "F57", what: "a connection cut inside COMMIT"},
	{id: "F58", what: "several processes sweep at one instant"},
	{id: "F59", what: "a process stands still with what it has claimed"},
	{id: "F60", what: "processes whose clocks differ"},
	{id: "F61", what: "two versions on one database"},
	{id: "F62", what: "the clock set forward and back"},
	{id: "F63", what: "summer time"},
	{id: "F64", what: "down over many sweeps"},
	{id: "F65", what: "down over a weekly digest"},
	{id: "F66", what: "the machine suspended for days"},
	{id: "F67", what: "a time zone missing or unknown"},
	{id: "F68", what: "leap days and week 53"},
	{id: "F69", what: "an upgrade from every older schema, and a downgrade"},
	{id: "F70", what: "yesterday's backup restored"},
}

var (
	testName = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	faultIDs = regexp.MustCompile(`(?:^Test|_)(F\d\d)`)
)

// namedTests lists the tests of the whole repository.
func namedTests(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range testName.FindAllStringSubmatch(string(text), -1) {
			names = append(names, found[1])
		}
		return err
	})
	if err != nil || len(names) < 100 {
		t.Fatal("the walk found too few tests to prove anything:", len(names), err)
	}
	return names
}

func TestEveryFaultHasItsTest(t *testing.T) {
	names := namedTests(t)
	tests := map[string][]string{}
	for _, name := range names {
		for _, id := range faultIDs.FindAllStringSubmatch(name, -1) {
			tests[id[1]] = append(tests[id[1]], name)
		}
	}
	for i, f := range faults {
		if want := fmt.Sprintf("F%02d", i+1); f.id != want {
			t.Fatalf("%s stands where %s is missing", f.id, want)
		}
		t.Logf("%s %s: %s%s", f.id, f.what, strings.Join(tests[f.id], ", "), f.why)
		if len(tests[f.id]) == 0 && f.why == "" {
			t.Errorf("%s, %s: no test is named after it, and nothing says why not", f.id, f.what)
		}
		for _, name := range f.instead {
			if !slices.Contains(names, name) {
				t.Errorf("%s: %s, which stands in for it, does not exist", f.id, name)
			}
		}
	}
	if len(faults) != 70 {
		t.Errorf("%d faults, want 70", len(faults))
	}
}
