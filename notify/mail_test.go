package notify_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"

	"github.com/emersion/go-smtp"
)

// notBySlack fails if Slack took anything.
func (w *world) notBySlack() {
	w.t.Helper()
	if n := len(w.slack.Accepted()); n != 0 {
		w.t.Errorf("Slack was sent %d messages", n)
	}
}

// mailedOnce fails unless each of these people got one e-mail, and their messages are
// recorded as sent so.
func (w *world) mailedOnce(m *mailServer, names ...string) {
	w.t.Helper()
	for _, name := range names {
		if n := len(m.to(name)); n != 1 {
			w.t.Errorf("%s got %d e-mails:\n%s", name, n, w.log)
		}
	}
	for _, d := range w.deliveries() {
		if d.State != store.Sent || !strings.HasPrefix(d.Place, "mailto:") || d.SlackTS != "" {
			w.t.Errorf("delivery %d is %s at %q: %s", d.ID, d.State, d.Place, d.Error)
		}
		if strings.Contains(d.Place+d.Error, "@") {
			w.t.Errorf("an address in the ledger: %+v", d)
		}
	}
}

func TestF31_WhatSlackRefusesForTooLongIsMailedOnceAndNeverPosted(t *testing.T) {
	for name, again := range map[string]time.Duration{"one process": time.Hour, "restarted every four minutes": 4 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				m := w.byMail()
				w.owe("Ann", "Bob")
				lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
				began := time.Now()
				for time.Since(began) < 20*time.Minute {
					w.tick(min(again, 20*time.Minute-time.Since(began)))
					if again < time.Hour {
						w.restart()
					}
				}
				w.mailedOnce(m, "Ann", "Bob")
				for _, e := range m.mails() {
					if after := e.at.Sub(began); after < 15*time.Minute || after > 16*time.Minute {
						t.Errorf("an e-mail to %s after %s", e.to, after)
					}
				}
				lift()
				w.pass(2 * time.Hour)
				w.notBySlack()
				w.mailedOnce(m, "Ann", "Bob")
				notices := m.to("boss")
				if len(notices) != 2 {
					t.Fatalf("the administrator got %d e-mails:\n%s", len(notices), w.log)
				}
				head, text, _ := letterOf(t, notices[0])
				if s := subjectOf(t, head); s != "Slack takes no messages from Kept since Mon 3 Jan 12:00 UTC (and 3 more)" ||
					!strings.Contains(text, "token_revoked") || !strings.Contains(text, "reinstall the app") {
					t.Errorf("%s\n%s", s, text)
				}
				if head, _, _ := letterOf(t, notices[1]); !strings.HasPrefix(subjectOf(t, head), "Slack takes messages again") {
					t.Errorf("the second: %v", head)
				}
				w.promiseNow("Ann") // and Slack is the first way again
				w.settle(time.Hour)
				if len(w.slack.Accepted()) != 1 || len(m.mails()) != 4 {
					t.Errorf("%d in Slack, %d e-mails", len(w.slack.Accepted()), len(m.mails()))
				}
			})
		})
	}
}

func TestF31_TwoProcessesMailOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.owe("Ann", "Bob", "Cid")
		w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("invalid_auth")})
		one := w.n
		w.restart()
		two := w.n
		for range 240 {
			for _, n := range []any{one, two} {
				w.n = one
				if n == any(two) {
					w.n = two
				}
				w.deliver()
			}
			time.Sleep(5 * time.Second)
		}
		w.mailedOnce(m, "Ann", "Bob", "Cid", "boss")
		w.notBySlack()
	})
}

func TestF31_AShortTroubleIsNotMailed(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("invalid_auth")})
		w.tick(14 * time.Minute)
		lift()
		w.pass(time.Hour)
		w.onceEach()
		if n := len(m.mails()); n != 0 {
			t.Errorf("%d e-mails of a trouble of 14 minutes", n)
		}
	})
}

// What Slack may have is left to it for an hour, and the e-mail then says so.
func TestWhatSlackMayHaveIsMailedOnlyAfterAnHour(t *testing.T) {
	for name, test := range map[string]struct {
		down   time.Duration
		mailed int
	}{"down for long": {3 * time.Hour, 1}, "back in time": {20 * time.Minute, 0}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				m := w.byMail()
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
				w.deliver()
				lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
				time.AfterFunc(test.down, lift)
				w.tick(59 * time.Minute)
				if n := len(m.to("Ann")); n != 0 {
					t.Errorf("%d e-mails within the hour", n)
				}
				w.pass(3 * time.Hour)
				mails := m.to("Ann")
				if len(mails) != test.mailed || len(w.slack.Accepted()) != 1 || w.the().State != store.Sent {
					t.Fatalf("%d e-mails, %d in Slack, %+v", len(mails), len(w.slack.Accepted()), w.the())
				}
				if test.mailed > 0 {
					if _, text, _ := letterOf(t, mails[0]); !strings.Contains(text, "You may have seen this in Slack already.") {
						t.Errorf("it does not say that it may be there twice:\n%s", text)
					}
				}
			})
		})
	}
}

// What was in doubt long before the trouble is left to Slack for an hour of it, too.
func TestWhatSlackMayHaveSinceLongIsMailedOnlyAfterAnHourOfTrouble(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.owe("Ann")
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Reset()})
		w.slack.Inject(fakeslack.Fault{Method: "conversations.history", Answer: fakeslack.Status(500)})
		w.pass(2 * time.Hour)
		w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
		w.pass(50 * time.Minute)
		if n := len(m.to("Ann")); n != 0 {
			t.Errorf("%d e-mails within the hour", n)
		}
		w.pass(2 * time.Hour)
		if n := len(m.to("Ann")); n != 1 {
			t.Errorf("%d e-mails after it", n)
		}
	})
}

// What the mail server may have is not posted while that is in doubt, though Slack is back.
func TestMailInDoubtIsNotPosted(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
		w.tick(14 * time.Minute)
		m.failing("taken", 1, cut)
		w.tick(65 * time.Second)
		if d := w.the(); len(m.to("Ann")) != 1 || d.State != store.Uncertain || d.MailedAt == 0 {
			t.Fatalf("%d e-mails, %+v", len(m.to("Ann")), d)
		}
		lift()
		w.restart()
		w.tick(30 * time.Second)
		w.notBySlack()
		w.pass(time.Hour)
		w.notBySlack()
		if n := len(m.to("Ann")); n != 2 || w.the().State != store.Sent {
			t.Errorf("%d e-mails, %+v", n, w.the())
		}
	})
}

// What the mail server answers decides what becomes of a message.
func TestMailAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		stage string
		times int
		fail  func(string, *smtp.Conn) error
		mails int // to Ann, in an hour
		slack int // to Ann, after the repair
	}{
		"taken":                 {"none", 0, nil, 1, 0},
		"recipient later":       {"rcpt", 1, answers(450, 4), 1, 0},
		"recipient never":       {"rcpt", 0, answers(550, 5), 0, 1},
		"text later":            {"data", 1, answers(451, 4), 1, 0},
		"text never":            {"data", 0, answers(554, 5), 0, 1},
		"sender later":          {"mail", 1, answers(451, 4), 1, 0},
		"sender never":          {"mail", 0, answers(553, 5), 0, 1},
		"cut at the sender":     {"mail", 1, cut, 1, 0},
		"cut at the recipient":  {"rcpt", 1, cut, 1, 0},
		"cut, not taken":        {"data", 1, cut, 1, 0},
		"cut, taken":            {"taken", 1, cut, 2, 0},
		"refused though taken":  {"taken", 1, answers(451, 4), 2, 0},
		"no answer, taken":      {"taken", 1, hang, 2, 0},
		"no answer at all":      {"rcpt", 0, hang, 0, 1},
		"unknown host":          {"dial", 0, noSuchHost, 0, 1},
		"unknown host at first": {"dial", 3, noSuchHost, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				m := w.byMail()
				w.owe("Ann")
				lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("account_inactive")})
				w.tick(14 * time.Minute)
				m.failing(test.stage, test.times, test.fail)
				w.tick(40 * time.Minute)
				lift()
				w.pass(2 * time.Hour)
				mails := m.to("Ann")
				if len(mails) != test.mails || len(w.slack.Accepted()) != test.slack {
					t.Fatalf("%d e-mails, %d in Slack; the delivery is %+v\n%s", len(mails), len(w.slack.Accepted()), w.the(), w.log)
				}
				if w.the().State != store.Sent {
					t.Errorf("%+v", w.the())
				}
				ids := map[string]bool{}
				for _, e := range mails {
					head, _, _ := letterOf(t, e)
					ids[head.Get("Message-Id")] = true
					if !strings.HasPrefix(head.Get("Message-Id"), "<"+w.the().Key+"@") {
						t.Errorf("Message-Id %q of delivery %s", head.Get("Message-Id"), w.the().Key)
					}
				}
				if test.mails > 0 && len(ids) != 1 {
					t.Errorf("Message-Ids %v", ids)
				}
				if n := w.logged("no e-mail can be sent"); n > 1 {
					t.Errorf("one change, %d log lines:\n%s", n, w.log)
				}
			})
		})
	}
}

func hang(_ string, c *smtp.Conn) error {
	time.Sleep(2 * time.Minute)
	return answers(450, 4)("", c)
}

func noSuchHost(string, *smtp.Conn) error {
	return &net.DNSError{Err: "no such host", Name: "mail.invalid", IsNotFound: true}
}

// One refused address holds up nobody else.
func TestMailToOneRefusedAddressHoldsUpNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.promise("Zoe", "Zed", "No address") // known by name only
		w.owe("Ann", "Bob", "Cid", "Dan", "Eve", "Fay")
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_expired")})
		m.failing("rcpt", 0, func(to string, c *smtp.Conn) error {
			if strings.HasPrefix(to, "ann") {
				return answers(550, 5)(to, c)
			}
			return nil
		})
		w.tick(17 * time.Minute)
		for _, name := range []string{"Bob", "Cid", "Dan", "Eve", "Fay"} {
			if n := len(m.to(name)); n != 1 {
				t.Errorf("%s got %d e-mails", name, n)
			}
		}
		waiting := map[string]bool{}
		for _, d := range w.deliveries() {
			if d.State != store.Sent {
				waiting[d.ErrorClass] = true
			}
		}
		if !waiting["mail-refused"] || !waiting["no-destination"] || len(waiting) != 2 {
			t.Errorf("waiting, and visibly so, are %v", waiting)
		}
		lift()
		w.pass(2 * time.Hour)
		if n := len(w.slack.Messages(direct("Ann"))); n != 1 || len(w.slack.Accepted()) != 1 {
			t.Errorf("Ann got %d messages in Slack, all %d", n, len(w.slack.Accepted()))
		}
	})
}

func TestMailForAChannelGoesToTheTeamsLead(t *testing.T) {
	for name, test := range map[string]struct {
		alerts, lead string
		mails        map[string]int
	}{
		"channel":           {"channel", "Lea", map[string]int{"Lea": 1, "Ann": 0}},
		"both":              {"both", "Lea", map[string]int{"Lea": 1, "Ann": 1}},
		"both, to one":      {"both", "Ann", map[string]int{"Ann": 1}},
		"channel, no leads": {"channel", "", map[string]int{"Ann": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				m := w.byMail()
				w.hire("Ann")
				w.hire("Lea")
				w.team("Ops", test.alerts, "Ann")
				if test.lead != "" {
					if _, err := w.store.EditTeam(w.t.Context(), w.boss, "Ops", store.TeamInput{Lead: &test.lead}); err != nil {
						t.Fatal(err)
					}
				}
				w.promise("Ann", "Acme", "One")
				w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_expired")})
				w.noon()
				w.tick(20 * time.Minute)
				for who, want := range test.mails {
					if n := len(m.to(who)); n != want {
						t.Errorf("%s got %d e-mails, want %d", who, n, want)
					}
				}
				if mails := m.to("Lea"); len(mails) == 1 {
					if _, text, _ := letterOf(t, mails[0]); !strings.Contains(text, "because you lead the team") {
						t.Errorf("it does not say why she gets it:\n%s", text)
					}
				}
			})
		})
	}
}

func TestMailWithoutSlackGoesAtOnceInWorkingHours(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.BotToken = ""
		m := w.byMail()
		w.hire("Ann")
		w.promise("Ann", "Acme", "One")
		time.Sleep(14 * time.Hour) // to midnight
		if _, err := w.store.Sweep(w.t.Context(), now()); err != nil {
			t.Fatal(err)
		}
		w.pass(8 * time.Hour)
		if n := len(m.mails()); n != 0 {
			t.Errorf("%d e-mails at night", n)
		}
		w.pass(90 * time.Minute)
		w.mailedOnce(m, "Ann")
		if n := len(m.mails()); n != 1 {
			t.Errorf("%d e-mails", n)
		}
		_, text, _ := letterOf(t, m.mails()[0])
		if strings.Contains(text, "Slack") {
			t.Errorf("it speaks of Slack, which is not used:\n%s", text)
		}
	})
}

func TestMailBesideAWebhook(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{"gone": fakeslack.Body(404, "text/plain", "no_service"), "unreachable": fakeslack.Refuse()} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.byWebhook()
				m := w.byMail()
				w.owe("Ann")
				lift := w.slack.Inject(fakeslack.Fault{Method: "webhook", Answer: a})
				w.tick(20 * time.Minute)
				w.mailedOnce(m, "Ann", "boss")
				lift()
				w.pass(time.Hour)
				w.notBySlack()
				if _, why := w.n.Trouble(); why != "" && name == "unreachable" {
					t.Errorf("trouble is still %s", why)
				}
			})
		})
	}
}

// A mail server that takes every message and never says so must not be the end of
// anybody's inbox, nor of the message.
func TestMailServerThatNeverSaysThatItHasAMessage(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
		m.failing("taken", 0, hang)
		w.tick(3 * time.Hour)
		if n := len(m.to("Ann")); n < 2 || n > 10 {
			t.Errorf("%d copies in three hours", n)
		}
		lift()
		w.pass(4 * time.Hour)
		if w.the().State != store.Sent || len(w.slack.Accepted()) != 1 {
			t.Errorf("%d in Slack; %+v", len(w.slack.Accepted()), w.the())
		}
		before := len(m.to("Ann"))
		w.pass(4 * time.Hour)
		if n := len(m.to("Ann")); n != before {
			t.Errorf("%d more copies after Slack has it", n-before)
		}
	})
}

func TestMailOfWhatIsNoLongerTrueIsNotSent(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.owe("Ann")
		w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_expired")})
		w.tick(10 * time.Minute)
		if _, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: "1"}); err != nil {
			t.Fatal(err)
		}
		w.tick(10 * time.Minute)
		if n := len(m.to("Ann")); n != 0 || w.cancelled() != 1 {
			t.Errorf("%d e-mails, %d cancelled", n, w.cancelled())
		}
	})
}

// A digest goes to its manager by e-mail too, all of its pages.
func TestMailOfADigest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.BotToken = ""
		m := w.byMail()
		w.longDigest()
		w.settle(time.Hour)
		mails := m.to("Mia")
		if len(mails) != len(w.deliveries()) || len(mails) < 2 {
			t.Fatalf("%d e-mails of %d parts:\n%s", len(mails), len(w.deliveries()), w.log)
		}
		head, text, page := letterOf(t, mails[0])
		if !strings.HasPrefix(subjectOf(t, head), "Kept, week ") || !strings.Contains(text, "Overdue") || !strings.Contains(page, "<li>") {
			t.Errorf("%v\n%s", head, text)
		}
	})
}

// Nothing that people type gets out of its place: no header, no markup, no second
// recipient.
func TestMailIsLiteral(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.BotToken = ""
		m := w.byMail()
		w.hire("Ann")
		w.promise("Ann", `Ac<script>alert(1)</script>&"Me`, "One Bcc: eve@example.com <b>bold</b> =?utf-8?q?x?= é☎ .")
		w.noon()
		w.settle(time.Minute)
		mails := m.mails()
		if len(mails) != 1 || mails[0].to != "ann@example.com" || mails[0].from != "kept@example.com" {
			t.Fatalf("%+v", mails)
		}
		head, text, page := letterOf(t, mails[0])
		if head.Get("Bcc") != "" || len(head["To"]) != 1 || head.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%v", head)
		}
		if s := subjectOf(t, head); !strings.HasPrefix(s, `Overdue for Ac<script>alert(1)</script>&"Me: One Bcc: eve@example.com <b>bold</b> =?utf-8?q?x?= é☎ .`) {
			t.Errorf("subject %q", s)
		}
		if strings.Contains(page, "<script") || strings.Contains(page, "<b>") || !strings.Contains(page, "&lt;b&gt;bold&lt;/b&gt;") {
			t.Error(page)
		}
		for _, want := range []string{"Overdue: One", "What to say", "1. Own it", "kept deliver 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
	})
}

func TestMailManyOverOneConnection(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.BotToken = ""
		m := w.byMail()
		var owners []string
		for i := range 30 {
			owners = append(owners, fmt.Sprintf("P%02d", i))
		}
		w.owe(owners...)
		w.deliver()
		w.mailedOnce(m, owners...)
		if m.dialed != 1 {
			t.Errorf("%d connections for one round", m.dialed)
		}
	})
}
