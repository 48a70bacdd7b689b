package notify_test

import (
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

const info = "conversations.info"

// oweInChannel makes one overdue promise that is to be told in the channel of a team.
func (w *world) oweInChannel() {
	w.t.Helper()
	w.hire("Ann")
	w.team("Ops", "channel", "Ann")
	w.promise("Ann", "Acme", "One")
	w.noon()
}

// unknown makes Slack know nobody by a person's address.
func (w *world) unknown(name string) {
	w.slack.AddUser(fakeslack.User{ID: "U" + strings.ToUpper(name), Name: name, Email: "else@example.com"})
}

func answerInfo(channel string) fakeslack.Fault {
	return fakeslack.Fault{Method: info, Answer: fakeslack.Body(200, "application/json", `{"ok":true,"channel":`+channel+`}`)}
}

func TestNothingIsToldWhereOutsidersRead(t *testing.T) {
	for name, channel := range map[string]string{
		"shared":             `{"id":"C0OPS","is_ext_shared":true}`,
		"invited":            `{"id":"C0OPS","is_pending_ext_shared":true}`,
		"team invited":       `{"id":"C0OPS","pending_connected_team_ids":["T0ELSE"]}`,
		"across the company": `{"id":"C0OPS","is_org_shared":true,"internal_team_ids":["T0OURS"],"connected_team_ids":["T0OURS","T0ELSE"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.oweInChannel()
				w.unknown("Ann")
				lift := w.slack.Inject(answerInfo(channel))
				w.pass(3 * time.Hour)
				if d := w.the(); w.slack.Count(post) != 0 || d.State != store.Blocked || !strings.Contains(d.Error, "another company") || d.Attempt != 0 {
					t.Fatalf("%d posts, and the message is %+v", w.slack.Count(post), d)
				}
				if w.logged("a channel takes no messages") != 1 || w.logged("kept team edit TEAM --channel") != 1 {
					t.Errorf("want one line that says what to do:\n%s", w.log)
				}
				if n := w.slack.Count(info); n > 4 {
					t.Errorf("asked %d times in three hours", n)
				}
				lift()
				w.pass(2 * time.Hour)
				w.onceEach()
			})
		})
	}
}

// TestWhatOutsidersWouldReadGoesToWhomItIsFor: directly, once, and again to the channel when
// outsiders are gone.
func TestWhatOutsidersWouldReadGoesToWhomItIsFor(t *testing.T) {
	for _, alerts := range []string{"channel", "both"} {
		inWorld(t, func(w *world) {
			w.hire("Ann")
			w.hire("Bob")
			w.team("Ops", alerts, "Ann", "Bob")
			w.slack.AddChannel(fakeslack.Channel{ID: "C0OPS", Name: "ops", Shared: true})
			w.promise("Ann", "Acme", "One")
			w.promise("Bob", "Acme", "Two")
			w.noon()
			w.settle(time.Hour)
			for name, want := range map[string]string{"Ann": "One", "Bob": "Two"} {
				got := w.slack.Messages(direct(name))
				if len(got) != 1 || !strings.Contains(got[0].Text, want) {
					t.Errorf("%s: %s has %+v", alerts, name, got)
				}
			}
			if n := len(w.slack.Messages("C0OPS")); n != 0 {
				t.Errorf("%s: outsiders read %d messages", alerts, n)
			}
			w.slack.AddChannel(fakeslack.Channel{ID: "C0OPS", Name: "ops"})
			time.Sleep(time.Hour)
			w.promiseNow("Ann")
			w.deliver()
			if n := len(w.slack.Messages("C0OPS")); n != 1 {
				t.Errorf("%s: %d messages in the channel once outsiders are gone", alerts, n)
			}
		})
	}
}

// Who cannot be reached is not told in front of outsiders either.
func TestTheTeamsChannelIsNoWayOutIfOutsidersReadIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "dm", "Ann")
		w.slack.AddChannel(fakeslack.Channel{ID: "C0OPS", Name: "ops", Shared: true})
		w.unknown("Ann")
		w.promise("Ann", "Acme", "One")
		w.noon()
		w.pass(time.Hour)
		if d := w.the(); w.slack.Count(post) != 0 || d.State != store.Blocked {
			t.Errorf("%d posts, and the message is %+v", w.slack.Count(post), d)
		}
	})
}

func TestAlertsGoWhereWhoReadsThemIsInternalOrUnknown(t *testing.T) {
	for name, f := range map[string]fakeslack.Fault{
		"internal":           answerInfo(`{"id":"C0OPS","is_channel":true}`),
		"across the company": answerInfo(`{"id":"C0OPS","is_org_shared":true,"internal_team_ids":["T1","T2"],"connected_team_ids":["T1"]}`),
		"no scope":           {Method: info, Answer: fakeslack.Error("missing_scope")},
		"not found":          {Method: info, Answer: fakeslack.Error("channel_not_found")},
		"down":               {Method: info, Answer: fakeslack.Status(503)},
		"busy":               {Method: info, Answer: fakeslack.RateLimited("900")},
		"odd":                answerInfo(`{"topic":3}`),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.slack.Inject(f)
				w.oweInChannel()
				w.deliver()
				w.onceEach()
			})
		})
	}
}

// Once outsiders were seen, an answer that says nothing does not make them go away.
func TestOutsidersAreRememberedWhenSlackDoesNotSay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.oweInChannel()
		w.unknown("Ann")
		shared := w.slack.Inject(answerInfo(`{"id":"C0OPS","is_ext_shared":true}`))
		w.deliver()
		shared()
		lift := w.slack.Inject(fakeslack.Fault{Method: info, Answer: fakeslack.Error("missing_scope")})
		w.pass(3 * time.Hour)
		if n := w.slack.Count(post); n != 0 {
			t.Errorf("%d posts to a channel last seen with outsiders", n)
		}
		lift()
		w.pass(2 * time.Hour)
		w.onceEach()
	})
}

// A channel that outsiders join after a card was posted there: they read no edit of it, and
// nothing that was said in its thread goes astray.
func TestOutsidersWhoJoinLaterReadNoEdits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.FallbackChannel = "C0FALL"
		w.slack.AddChannel(fakeslack.Channel{ID: "C0FALL", Name: "fall"})
		w.restart()
		w.oweInChannel()
		w.settle(time.Minute)
		w.slack.AddChannel(fakeslack.Channel{ID: "C0OPS", Name: "ops", Shared: true})
		time.Sleep(10 * time.Second)
		for range 2 {
			_, err := w.store.CheckIn(w.t.Context(), store.Op{By: w.boss, Ref: "1"}, store.CheckIn{Left: "2"})
			w.done(err)
			w.settle(time.Minute)
			w.edits(time.Minute)
		}
		got := w.slack.Messages("C0OPS")
		if len(got) != 1 || got[0].Edits == 0 || !strings.HasPrefix(got[0].Text, "Kept has taken this message back") || strings.Contains(string(got[0].Blocks), "Acme") {
			t.Errorf("outsiders read %+v", got)
		}
		if got := w.slack.Messages("C0FALL"); len(got) != 0 {
			t.Errorf("without its card goes %+v", got)
		}
		if n := w.cancelled(); n != 2 {
			t.Errorf("%d of 2 follow-ups are cancelled", n)
		}
	})
}
