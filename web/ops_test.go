package web_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	metricName = regexp.MustCompile(`\b(?:kept|go)_[a-z_]+\b`)
	ruleLine   = regexp.MustCompile(`^(groups:|  - name: \w+|    rules:|      - alert: Kept\w+|        (expr|for|labels|annotations): ?.*|          (summary|description): .+|#.*)$`)
)

// exposed are the families that /metrics shows.
func exposed(t *testing.T) (names []string) {
	t.Helper()
	r := newRig(t)
	sweep(t, r.store, time.Now())
	for line := range strings.Lines(r.get("/metrics").Body.String()) {
		if family, found := strings.CutPrefix(line, "# TYPE "); found {
			names = append(names, strings.Fields(family)[0])
		}
	}
	if len(names) < 15 {
		t.Fatalf("only %d families: this proves nothing", len(names))
	}
	return names
}

func TestMetricsAreThoseOfTheRulesAndTheDashboard(t *testing.T) {
	names, watched := exposed(t), ""
	for _, file := range []string{"ops/kept.rules.yml", "ops/grafana.json"} {
		text, err := os.ReadFile(file)
		must(t, err)
		watched += string(text)
		for _, name := range metricName.FindAllString(string(text), -1) {
			if !slices.Contains(names, name) {
				t.Errorf("%s names %s, which /metrics does not show", file, name)
			}
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "kept_") && !strings.Contains(watched, name) {
			t.Errorf("nobody watches %s", name)
		}
	}
	for _, want := range []string{
		"kept_outbox", "kept_outbox_oldest_seconds", "kept_sends_total", "kept_reconcile_total", "kept_fenced_total", "kept_sweep_last_success_timestamp",
		"kept_digest_last_due", "kept_digest_last_sent", "kept_missed_runs_total", "kept_clock_jump_total", "kept_db_errors_total", "kept_destination_blocked",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

// The rules are written in a small part of YAML, line by line.
func TestRulesAreWellFormed(t *testing.T) {
	text, err := os.ReadFile("ops/kept.rules.yml")
	must(t, err)
	for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if !ruleLine.MatchString(line) {
			t.Errorf("line %d is not a line of rules: %s", n+1, line)
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case key == "expr" && !balanced(value):
			t.Errorf("line %d: brackets do not match: %s", n+1, value)
		case (key == "summary" || key == "description") && strings.Contains(value, ": ") && !strings.HasPrefix(value, `"`):
			t.Errorf("line %d: a colon needs quotes: %s", n+1, value)
		}
	}
	rules := strings.Split(string(text), "- alert: ")[1:]
	for _, rule := range rules {
		for _, part := range []string{"expr: ", "labels: {severity: ", "summary: ", "description: "} {
			if strings.Count(rule, part) != 1 {
				t.Errorf("a rule needs one %q:\n%s", part, rule)
			}
		}
	}
}

func balanced(expr string) bool {
	var open []rune
	closes := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for _, r := range expr {
		switch r {
		case '(', '[', '{':
			open = append(open, r)
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != closes[r] {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

func TestDashboardHasSomethingInEveryPanel(t *testing.T) {
	text, err := os.ReadFile("ops/grafana.json")
	must(t, err)
	var board struct {
		Title  string
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	must(t, json.Unmarshal(text, &board))
	if board.Title != "Kept" || len(board.Panels) < 10 {
		t.Errorf("%q with %d panels", board.Title, len(board.Panels))
	}
	for _, p := range board.Panels {
		if p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			if !balanced(target.Expr) || !metricName.MatchString(target.Expr) {
				t.Errorf("panel %q: %q", p.Title, target.Expr)
			}
		}
	}
}
