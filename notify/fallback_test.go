package notify_test

import (
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// withFallback gives the world a channel for what cannot be sent where it belongs.
func (w *world) withFallback() {
	w.t.Helper()
	w.slack.AddChannel(fakeslack.Channel{ID: "C0FALL", Name: "kept-fallback"})
	w.cfg.FallbackChannel = "C0FALL"
	w.restart()
}

func TestF32_WhatIsBlockedGoesToTheFallbackChannelOnce(t *testing.T) {
	for name, test := range map[string]struct {
		alerts string
		stop   func(*world)
		says   string
	}{
		"archived":     {"channel", func(w *world) { w.refuse("C0OPS", "is_archived") }, "For the channel C0OPS, which takes no messages."},
		"not a member": {"channel", func(w *world) { w.refuse("C0OPS", "not_in_channel") }, "For the channel C0OPS"},
		"no such":      {"channel", func(w *world) { w.refuse("C0OPS", "channel_not_found") }, "For the channel C0OPS"},
		"restricted":   {"channel", func(w *world) { w.refuse("C0OPS", "restricted_action_read_only_channel") }, "For the channel C0OPS"},
		"outsiders": {"channel", func(w *world) {
			w.slack.AddChannel(fakeslack.Channel{ID: "C0OPS", Name: "ops", Shared: true})
			w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann", Email: "else@example.com"})
		}, "For the channel C0OPS"},
		"person, no DMs": {"", func(w *world) { w.refuse(direct("Ann"), "channel_not_found") }, "For Ann, whom Slack does not reach."},
		"person unknown": {"", func(w *world) { w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann", Email: "else@example.com"}) }, "For Ann"},
		"person and then channel": {"dm", func(w *world) {
			w.refuse(direct("Ann"), "user_disabled")
			w.refuse("C0OPS", "is_archived")
		}, "For Ann"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.withFallback()
				w.hire("Ann")
				if test.alerts != "" {
					w.team("Ops", test.alerts, "Ann")
				}
				w.promise("Ann", "Acme", "One")
				test.stop(w)
				w.noon()
				w.settle(time.Hour)
				w.onceEach()
				got := w.slack.Messages("C0FALL")
				if len(got) != 1 || w.the().Place != "C0FALL" {
					t.Fatalf("%d messages in the fallback channel; %+v\n%s", len(got), w.the(), w.log)
				}
				if !strings.HasPrefix(got[0].Text, test.says) || !strings.Contains(string(got[0].Blocks), test.says) || !strings.Contains(got[0].Text, "Acme") {
					t.Errorf("it says %q\n%s", got[0].Text, got[0].Blocks)
				}
				if strings.Contains(test.says, "channel C0OPS") && w.logged("a channel takes no messages") != 1 {
					t.Errorf("what is blocked is not told once:\n%s", w.log)
				}
			})
		})
	}
}

func (w *world) refuse(channel, code string) (lift func()) {
	return w.slack.Inject(fakeslack.Fault{Method: post, Channel: channel, Answer: fakeslack.Error(code)})
}

// A doubtful message in the fallback channel is found there.
func TestF32_AFallbackThatMayHaveArrivedIsFound(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.withFallback()
			w.hire("Ann")
			w.team("Ops", "channel", "Ann")
			w.promise("Ann", "Acme", "One")
			lift := w.refuse("C0OPS", "is_archived")
			w.slack.Inject(fakeslack.Fault{Method: post, Channel: "C0FALL", Times: 1, Accepted: accepted, Answer: fakeslack.Reset()})
			w.noon()
			w.tick(30 * time.Second)
			lift() // the repair does not make it go there as well
			w.settle(time.Hour)
			w.onceEach()
		})
	}
}

func TestF32_ABlockedFallbackIsNoWorseThanNone(t *testing.T) {
	for name, stop := range map[string]func(*world){
		"archived":  func(w *world) { w.refuse("C0FALL", "is_archived") },
		"outsiders": func(w *world) { w.slack.AddChannel(fakeslack.Channel{ID: "C0FALL", Name: "f", Shared: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.withFallback()
				w.hire("Ann")
				w.team("Ops", "channel", "Ann")
				w.promise("Ann", "Acme", "One")
				lift := w.refuse("C0OPS", "not_in_channel")
				stop(w)
				w.noon()
				w.pass(time.Hour)
				if d := w.the(); d.State != store.Blocked || d.Attempt != 0 || len(w.slack.Accepted()) != 0 {
					t.Errorf("%+v", d)
				}
				if n := w.slack.Count(post); n > 20 {
					t.Errorf("%d posts in an hour in which none could be taken", n)
				}
				lift()
				w.settle(time.Hour)
				w.onceEach()
				if n := len(w.slack.Messages("C0OPS")); n != 1 {
					t.Errorf("%d messages where it belongs, after the repair", n)
				}
			})
		})
	}
}
