package main

import (
	"strings"
	"testing"
)

// TestI68_EveryClickIsDoneOnceByWhomItMayBe, from several clients at once, over HTTP and
// Socket Mode.
func TestI68_EveryClickIsDoneOnceByWhomItMayBe(t *testing.T) {
	for name, at := range map[string]func(*testing.T) string{"SQLite": func(*testing.T) string { return "" }, "PostgreSQL": server} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := storm(t, options{server: at(t), seed: 1, grace: usualGrace, lag: usualLag, allDay: true})
			late, err := r.clicking(t.Context(), clicking{clicks: 400, clients: 8, rate: 200, way: "both"})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d too late for Slack", late)
		})
	}
}

// TestTheModelOfClicksSeesWhatIsWrong: a change that nobody clicked for is found.
func TestTheModelOfClicksSeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := storm(t, options{seed: 1, grace: usualGrace, lag: usualLag, allDay: true})
	table := table{rig: r, seed: 1}
	p, err := r.serve("clicks")
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if err := table.lay(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := table.judge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.command(t.Context(), "checkin", table.lanes[0].id, "--left", "3"); err != nil {
		t.Fatal(err)
	}
	if err := table.judge(t.Context()); err == nil || !strings.Contains(err.Error(), "P0000000: the database says {version:2 checkIns:1 left:300") {
		t.Errorf("the model says %v", err)
	}
}
