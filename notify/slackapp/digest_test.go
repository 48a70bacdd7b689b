package slackapp

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/notify"
)

// A digest has a button into each promise it lists, where somebody answers clicks.
func TestE4_DigestOpensItsPromises(t *testing.T) {
	for _, interactive := range []bool{true, false} {
		r := newRig(t)
		v := r.atRisk("Single sign-on")
		manager, err := r.store.Person(t.Context(), "Max")
		r.must(err)
		now := calendar.InstantOf(time.Now())
		_, made, err := r.store.IssueDigest(t.Context(), manager.Person, "2026-W01", now, now, false)
		r.must(err)
		config := r.config
		config.Interactive = interactive
		send, err := notify.New(config, r.store, slog.New(slog.DiscardHandler))
		r.must(err)
		_, err = send.Deliver(t.Context(), now)
		r.must(err)
		button := fmt.Sprintf(`"action_id":"%s/%d","value":"%s"`, notify.ActionShow, v.ID, notify.Ref{Key: v.Key})
		if got := strings.Contains(string(r.last(max_).Blocks), button); !made || got != interactive {
			t.Errorf("interactive %v, made %v, and a button %v: %s", interactive, made, got, r.last(max_).Blocks)
		}
	}
}
