package notify_test

import (
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// done records what a person did, by the command line or any other door.
func (w *world) done(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) edit() (edited int) {
	w.t.Helper()
	edited, err := w.n.Edit(w.t.Context(), now())
	if err != nil {
		w.t.Fatal(err)
	}
	return edited
}

// edits edits every two seconds for a while, as Tend does.
func (w *world) edits(d time.Duration) (edited int) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(2 * time.Second) {
		edited += w.edit()
	}
	return edited
}

// shown is what a message in Slack says by now.
func (w *world) shown(channel string) fakeslack.Message {
	w.t.Helper()
	for _, m := range w.slack.Messages(channel) {
		if m.ThreadTS == "" {
			return m
		}
	}
	w.t.Fatalf("there is no message in %s", channel)
	return fakeslack.Message{}
}

// answers are the messages in the thread of the first message of a channel.
func (w *world) answers(channel string) (said []string) {
	for _, m := range w.slack.Messages(channel) {
		if m.ThreadTS != "" {
			said = append(said, m.Text)
		}
	}
	return said
}

func TestE2_ACardSaysInPlaceWhatCameOfIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "both", "Ann")
		id := w.promise("Ann", "Acme", "Single sign-on")
		w.noon()
		w.settle(time.Minute)
		before := w.shown("C0OPS")
		_, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: "1"})
		w.done(err)
		if n := w.edits(time.Minute); n != 2 {
			t.Errorf("%d cards were edited", n)
		}
		w.settle(time.Minute)
		for _, channel := range []string{"C0OPS", direct("Ann")} {
			m := w.shown(channel)
			if !strings.Contains(string(m.Blocks), "✓ Boss delivered it") || strings.Contains(string(m.Blocks), "What to say") || m.Edits != 1 {
				t.Errorf("promise %d is shown in %s as %s, after %d edits", id, channel, m.Blocks, m.Edits)
			}
			if got := w.answers(channel); len(got) != 1 || got[0] != "Boss delivered it." {
				t.Errorf("in its thread in %s: %q", channel, got)
			}
		}
		if after := w.shown("C0OPS"); after.TS != before.TS || after.Payload("key") != before.Payload("key") {
			t.Errorf("it is another message: %+v, before %+v", after, before)
		}
		if n := w.edits(time.Minute); n != 0 {
			t.Errorf("%d cards were edited though nothing had changed", n)
		}
	})
}
