package slackapp

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// TestI70_OutsidersAreToldNothingByAnyMessage: once people of another company read the
// team's channel, no card is posted there, nothing is said in a thread, and a card that is
// changed says no more than that it is gone. Whom it is for is told directly.
func TestI70_OutsidersAreToldNothingByAnyMessage(t *testing.T) {
	r := newRig(t)
	r.config.Interactive = true
	r.refit()
	_, err := r.store.EditTeam(t.Context(), r.admin, "Ops", store.TeamInput{Alerts: new("channel")})
	r.must(err)
	v := r.atRisk("Single sign-on")
	card := r.last(opsChannel)
	if !strings.Contains(card.Text, "Single sign-on") {
		t.Fatalf("the channel was told %q", card.Text)
	}
	r.slack.AddChannel(fakeslack.Channel{ID: opsChannel, Name: "ops", Shared: true})
	r.refit() // a process asks once an hour who reads a channel
	before := len(r.slack.Calls())

	r.must(r.slack.Click(t.Context(), ben, opsChannel, card.TS, notify.ActionNotReached)) // changes the card, and says so in its thread
	if got := r.view(v.ID); got.Version == v.Version {
		t.Fatal("the click was not done")
	}
	r.sweep()
	_, err = r.store.HandOver(t.Context(), store.Op{By: r.admin, Ref: v.Key}, "Ben", "Olga is away")
	r.must(err)
	other := r.atRisk("Data export")
	_, err = r.store.Rescue(t.Context(), store.Op{By: r.admin, Ref: other.Key}, store.RescueStep{Act: commitments.RescueOpened, Note: "we lost their data"})
	r.must(err)
	r.sweep()
	_, err = r.send.Edit(t.Context(), calendar.InstantOf(time.Now()))
	r.must(err)
	r.must(r.slack.Slash(t.Context(), ben, opsChannel, "/promise", "list"))

	for _, c := range r.slack.Calls()[before:] {
		if c.Channel == opsChannel && c.Error == "" && c.Method == "chat.postMessage" {
			t.Errorf("%s in a channel that outsiders read", c.Method)
		}
	}
	for _, m := range r.slack.Messages(opsChannel) {
		if m.TS == card.TS && (!strings.HasPrefix(m.Text, "Kept has taken this message back") || strings.Contains(m.Text+string(m.Blocks), "Single sign-on")) {
			t.Errorf("the card was changed to %q: %s", m.Text, m.Blocks)
		}
		if m.TS != card.TS && m.For == "" {
			t.Errorf("the channel was told %q", m.Text)
		}
	}
	told := func(m fakeslack.Message) bool { return strings.Contains(m.Text, "Data export") }
	if !slices.ContainsFunc(r.slack.Messages(fakeslack.DirectChannel(olga)), told) {
		t.Error("Olga was not told in the channel's place")
	}
}

// refit begins a new process that sends.
func (r *rig) refit() {
	r.Helper()
	var err error
	r.send, err = notify.New(r.config, r.store, slog.New(slog.DiscardHandler))
	r.must(err)
}
