package notify_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

func TestF31_RefusedTokenPausesAllAndEverythingGoesOnceAfterRepair(t *testing.T) {
	answers := map[string]fakeslack.Answer{"401": fakeslack.Status(401), "403": fakeslack.Status(403)}
	for _, code := range []string{
		"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "no_permission",
		"access_denied", "ekm_access_denied", "org_login_required", "team_added_to_org",
	} {
		answers[code] = fakeslack.Error(code)
	}
	for code, a := range answers {
		t.Run(code, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann", "Bob", "Cid", "Dan", "Eve", "Fay")
				lift := w.slack.Inject(fakeslack.Fault{Answer: a})
				w.tick(10 * time.Minute)
				if n := len(w.slack.Calls()); n > 20 {
					t.Errorf("%d calls while Slack refused us", n)
				}
				if n := w.logged("Slack takes no messages"); n != 1 {
					t.Errorf("%d log lines for one change:\n%s", n, w.log)
				}
				if _, why := w.n.Trouble(); !strings.HasPrefix(why, code) {
					t.Errorf("trouble is %q", why)
				}
				for _, d := range w.deliveries() {
					if d.Attempt != 0 || d.State != store.Pending && d.State != store.Blocked {
						t.Errorf("a refused token cost a message something: %+v", d)
					}
				}
				lift()
				w.settle(2 * time.Hour)
				w.onceEach()
				if n := w.logged("Slack takes messages again"); n != 1 {
					t.Errorf("the repair was logged %d times", n)
				}
			})
		})
	}
}

// Whoever repairs the app in Slack sees it work at once, without a restart.
func TestG11_WithinAMinuteOfTheRepairTheFirstAlertGoes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("account_inactive")})
		w.tick(40*time.Minute + 30*time.Second)
		if n := len(w.slack.Calls()); n > 60 {
			t.Errorf("%d calls in 40 minutes of refusal", n)
		}
		lift()
		w.tick(61 * time.Second)
		w.onceEach()
	})
}

// The token is asked about even while nothing is owed; once it is refused, no more
// often than messages are tried.
func TestF31_ARevokedTokenIsNoticedThoughNothingIsOwed(t *testing.T) {
	inWorld(t, func(w *world) {
		if err := w.n.Ask(w.t.Context()); err != nil {
			t.Error(err)
		}
		heard := w.n.Heard()
		if heard.IsZero() {
			t.Error("Slack was not heard")
		}
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
		before := len(w.slack.Calls())
		for range 60 {
			if w.n.Ask(w.t.Context()) == nil {
				t.Fatal("a revoked token passes")
			}
			time.Sleep(30 * time.Second)
		}
		if _, why := w.n.Trouble(); why != "token_revoked" {
			t.Errorf("trouble is %q", why)
		}
		if n := len(w.slack.Calls()) - before; n > 35 {
			t.Errorf("%d calls in half an hour", n)
		}
		if !w.n.Heard().Equal(heard) {
			t.Error("a refusal counts as heard")
		}
		lift()
		time.Sleep(time.Minute)
		if err := w.n.Ask(w.t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A message needs a scope that the probe does not.
func TestF31_MissingScopeForPostingOnly(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann", "Bob", "Cid", "Dan", "Eve", "Fay")
		lift := w.slack.Inject(fakeslack.Fault{Method: post, Answer: fakeslack.Body(200, "application/json", `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"im:write"}`)})
		w.pass(3 * time.Hour)
		if n := w.slack.Count(post); n > 30 {
			t.Errorf("%d posts in three hours in which none could get through", n)
		}
		if n := w.logged("Slack takes no messages"); n != 1 || w.logged("needs chat:write, has im:write") == 0 {
			t.Errorf("%d log lines for one change, which names the scope:\n%s", n, w.log)
		}
		lift()
		w.settle(2 * time.Hour)
		w.onceEach()
	})
}

func TestG11_AfterTheTokenIsReplacedTheFirstAlertGoesWithinAMinute(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.slack.RemoveToken(fakeslack.BotToken)
		w.pass(4 * time.Hour)
		w.slack.AddToken(fakeslack.Token{Value: "xoxb-new"})
		w.cfg.BotToken = "xoxb-new"
		w.restart()
		w.tick(65 * time.Second)
		w.onceEach()
	})
}

// Nothing is left to be sent that could show that Slack works again.
func TestTroubleEndsWithTheOutageEvenIfNothingIsOwed(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{"unreachable": fakeslack.Refuse(), "token": fakeslack.Error("token_revoked")} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				lift := w.slack.Inject(fakeslack.Fault{Answer: a})
				w.pass(10 * time.Minute)
				if _, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: "1"}); err != nil {
					t.Fatal(err)
				}
				if _, why := w.n.Trouble(); why == "" {
					t.Error("no trouble, though nothing gets through")
				}
				lift()
				w.pass(time.Hour)
				if since, why := w.n.Trouble(); why != "" || since != 0 {
					t.Errorf("trouble is still %q", why)
				}
				if w.cancelled() != 1 {
					t.Error("what was delivered meanwhile was told all the same")
				}
			})
		})
	}
}

func TestF32_BlockedChannelPausesThatChannelOnly(t *testing.T) {
	for _, code := range []string{"channel_not_found", "is_archived", "not_in_channel", "restricted_action_read_only_channel"} {
		t.Run(code, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.hire("Ann")
				w.team("Ops", "channel", "Ann")
				w.team("Web", "channel", "Boss")
				w.promise("Ann", "Acme", "One")
				w.promise("Boss", "Globex", "Two")
				lift := w.slack.Inject(fakeslack.Fault{Method: post, Channel: "C0OPS", Answer: fakeslack.Error(code)})
				w.noon()
				w.pass(time.Hour)
				if n := len(w.calls(post, "C0OPS")); n < 2 || n > 8 {
					t.Errorf("a channel that takes nothing was tried %d times in an hour", n)
				}
				if n := len(w.slack.Messages("C0WEB")); n != 1 {
					t.Errorf("the other channel got %d messages", n)
				}
				if w.logged("a channel takes no messages") != 1 {
					t.Errorf("one change, logged otherwise:\n%s", w.log)
				}
				lift()
				w.settle(15 * time.Minute)
				w.onceEach()
			})
		})
	}
}

func TestF32_WhoCannotBeReachedIsToldInTheTeamsChannel(t *testing.T) {
	for name, stop := range map[string]func(*world){
		"post refused": func(w *world) {
			w.slack.Inject(fakeslack.Fault{Method: post, Channel: direct("Ann"), Answer: fakeslack.Error("channel_not_found")})
		},
		"user disabled": func(w *world) {
			w.slack.Inject(fakeslack.Fault{Method: "conversations.open", Answer: fakeslack.Error("user_disabled")})
		},
		"not in Slack": func(w *world) { w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann", Email: "else@example.com"}) },
		"no such scope": func(w *world) {
			w.slack.AddToken(fakeslack.Token{Value: fakeslack.BotToken, Scopes: []string{"chat:write", "channels:history"}})
		},
		"left the place": func(w *world) {
			w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann", Email: "ann@example.com", Deleted: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.hire("Ann")
				w.team("Ops", "dm", "Ann")
				w.promise("Ann", "Acme", "One")
				stop(w)
				w.noon()
				w.settle(time.Hour)
				w.onceEach()
				if n := len(w.slack.Messages("C0OPS")); n != 1 {
					t.Errorf("the team's channel got %d messages:\n%s", n, w.log)
				}
			})
		})
	}
}

func TestF32_WhoCannotBeReachedIsNotToldTwiceInTheTeamsChannel(t *testing.T) {
	for name, f := range map[string]fakeslack.Fault{
		"post refused":  {Method: post, Channel: direct("Ann"), Answer: fakeslack.Error("channel_not_found")},
		"user disabled": {Method: "conversations.open", Answer: fakeslack.Error("user_disabled")},
		"not in Slack":  {Method: "users.lookupByEmail", Answer: fakeslack.Error("users_not_found")},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.hire("Ann")
				w.team("Ops", "both", "Ann")
				w.promise("Ann", "Acme", "One")
				w.slack.Inject(f)
				w.noon()
				w.settle(time.Hour)
				w.onceEach()
				w.toldElsewhere()
			})
		})
	}
}

func TestNobodyToTellIsVisibleAndTriedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.promise("Zoe", "Acme", "One") // known by name only
		w.noon()
		if o := w.deliver(); o.Blocked != 1 {
			t.Errorf("outcome %+v, want one blocked", o)
		}
		if d := w.the(); d.State != store.Blocked || d.ErrorClass != "no-destination" || d.Attempt != 0 {
			t.Errorf("delivery %+v", d)
		}
		user := "UZOE"
		w.slack.AddUser(fakeslack.User{ID: user, Name: "zoe"})
		if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Zoe", store.PersonInput{Slack: &user}); err != nil {
			t.Fatal(err)
		}
		w.settle(15 * time.Minute)
		w.onceEach()
	})
}

func TestAddressSlackDoesNotKnowIsAskedOnceADay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann", Email: "else@example.com"})
		w.pass(23 * time.Hour)
		if n := w.slack.Count("users.lookupByEmail"); n != 1 {
			t.Errorf("asked %d times in 23 hours", n)
		}
		w.slack.AddUser(fakeslack.User{ID: "UANN", Name: "ann", Email: "ann@example.com"})
		w.settle(3 * time.Hour)
		w.onceEach()
		ann, err := w.store.Person(w.t.Context(), "Ann")
		if err != nil || ann.SlackUser != "UANN" {
			t.Errorf("Ann is remembered as %q, %v", ann.SlackUser, err)
		}
	})
}

func TestF33_RefusedMessageGoesOnceAsPlainText(t *testing.T) {
	for _, code := range []string{
		"msg_too_long", "invalid_blocks", "invalid_blocks_format", "too_many_attachments", "metadata_too_large", "no_text", "invalid_arguments", "msg_blocks_too_long",
	} {
		t.Run(code, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Error(code)})
				w.settle(10 * time.Minute)
				w.onceEach()
				m := w.slack.Accepted()[0]
				if m.Blocks != nil || !strings.Contains(m.Text, "Promise of Ann") {
					t.Errorf("the plain message has blocks %s and the text %q", m.Blocks, m.Text)
				}
			})
		})
	}
}

// Between the refusal and the plain text, other things happen.
func TestF33_PlainTextSurvivesOtherFaults(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{"429": fakeslack.RateLimited("1"), "reset": fakeslack.Reset(), "refused": fakeslack.Refuse(), "auth": fakeslack.Error("invalid_auth")} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Error("invalid_blocks")})
				w.slack.Inject(fakeslack.Fault{Method: post, Times: 2, Answer: a})
				w.settle(time.Hour)
				w.onceEach()
				if m := w.slack.Accepted()[0]; m.Blocks != nil {
					t.Error("the blocks that Slack refuses were sent again")
				}
			})
		})
	}
}

func TestF33_WhatIsRefusedPlainTooIsADeadLetter(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Method: post, Answer: fakeslack.Error("invalid_blocks")})
		w.settle(time.Hour)
		d := w.the()
		if d.State != store.Dead || !strings.Contains(d.Error, "invalid_blocks") || w.slack.Count(post) != 2 {
			t.Fatalf("after %d posts: %+v", w.slack.Count(post), d)
		}
		if n := w.logged("given up"); n != 1 {
			t.Errorf("a dead letter was logged %d times", n)
		}
		lift()
		if err := w.store.RetryDelivery(w.t.Context(), d.ID, false); err != nil {
			t.Fatal(err)
		}
		w.settle(time.Minute)
		w.onceEach()
	})
}

func TestF39_LongOutageCostsFewCallsAndNoMessage(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{"refused": fakeslack.Refuse(), "503": fakeslack.Status(503)} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				for i := range 24 {
					w.hire(fmt.Sprint("P", i))
					w.promise(fmt.Sprint("P", i), "Acme", "One of many")
				}
				gone := w.promise("Boss", "Globex", "Delivered meanwhile")
				w.noon()
				lift := w.slack.Inject(fakeslack.Fault{Answer: a})
				var calls atomic.Int64
				inner := w.cfg.Transport
				w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) { calls.Add(1); return inner.RoundTrip(r) })
				w.restart()
				if _, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: fmt.Sprint(gone)}); err != nil {
					t.Fatal(err)
				}
				w.pass(24 * time.Hour)
				if n := calls.Load(); n > 100 {
					t.Errorf("%d calls in a day of outage", n)
				}
				lift()
				w.settle(time.Hour)
				w.onceEach()
				if n := w.cancelled(); n != 1 {
					t.Errorf("%d messages cancelled, want the one that is no longer true", n)
				}
			})
		})
	}
}

func TestF40_OneStoppedChannelHoldsUpNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "channel", "Ann")
		w.team("Web", "channel", "Boss")
		w.promise("Ann", "Acme", "One")
		w.slack.Inject(fakeslack.Fault{Method: post, Channel: "C0OPS", Times: 4, Answer: fakeslack.RateLimited("900")})
		w.noon()
		w.deliver()
		w.promiseNow("Boss")
		began := time.Now()
		w.deliver()
		if len(w.slack.Messages("C0WEB")) != 1 || time.Since(began) > 5*time.Second {
			t.Errorf("the other channel waited %s", time.Since(began))
		}
		w.settle(2 * time.Hour)
		w.onceEach()
		if at := w.calls(post, "C0OPS"); len(at) != 5 {
			t.Errorf("the stopped channel was called %d times", len(at))
		}
	})
}

func TestMessagesToOneChannelComeOneASecond(t *testing.T) {
	inWorld(t, func(w *world) {
		var names []string
		for i := range 30 {
			name := fmt.Sprint("P", i)
			names = append(names, name)
			w.hire(name)
		}
		w.team("Ops", "channel", names...)
		for _, n := range names {
			w.promise(n, "Acme", "Promise of "+n)
		}
		w.slack.SetRateLimit(1, 1)
		w.noon()
		began := time.Now()
		o := w.deliver()
		if took := time.Since(began); o.Sent != 30 || took > 45*time.Second {
			t.Errorf("sent %d of 30 in %s", o.Sent, took)
		}
		w.onceEach()
		for _, c := range w.slack.Calls() {
			if c.Status == 429 {
				t.Error("Slack had to ask for patience")
			}
		}
	})
}
