package main

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"
	"testing"

	"kept/commitments/calendar"
)

// drawn is a table as it is printed.
func drawn(colour bool, titles []string, rows [][]string) string {
	var out bytes.Buffer
	p := &printer{Writer: bufio.NewWriter(&out), colour: colour}
	p.table(titles, rows)
	_ = p.Flush() // a buffer takes everything
	return out.String()
}

func TestColoursLeaveColumnsAligned(t *testing.T) {
	titles := []string{"ID", stageTitle, "WHAT"}
	rows := [][]string{{"1", "overdue", "Login"}, {"12", "on-track", "Łódź"}, {"3", "at-risk", ""}}
	plain, coloured := drawn(false, titles, rows), drawn(true, titles, rows)
	if stripped := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured, ""); stripped != plain || coloured == plain {
		t.Errorf("in colour\n%swithout\n%s", coloured, plain)
	}
	if strings.Contains(plain, "\x1b") {
		t.Error("there is colour where none was wanted")
	}
}

func TestTablesShowWhatWouldAct(t *testing.T) {
	got := drawn(true, []string{"WHAT"}, [][]string{{"a\x1b[2Jb\nc\td"}})
	if want := "WHAT\na\\x1b[2Jb\\nc\\td\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheEndOfADayIsThatDay(t *testing.T) {
	zone := "Europe/Warsaw"
	for _, c := range []struct{ at, want string }{
		{"2025-03-14T23:00:00Z", "Fri 14 Mar 2025"},
		{"2025-03-14T16:00:00Z", "Fri 14 Mar 2025 17:00"},
		{"2025-03-15T00:00:00Z", "Sat 15 Mar 2025 01:00"},
	} {
		var at calendar.Instant
		if err := at.UnmarshalJSON([]byte(`"` + c.at + `"`)); err != nil {
			t.Fatal(err)
		}
		if got := deadline(at, zone); got != c.want {
			t.Errorf("%s in %s is shown as %q, want %q", c.at, zone, got, c.want)
		}
	}
}
