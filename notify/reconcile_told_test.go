package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// said is a message of ours that Slack has and the ledger does not know, telling alerts.
func (w *world) said(channel, key string, alerts ...string) fakeslack.Message {
	short := make([]string, len(alerts))
	for i, a := range alerts {
		short[i] = fmt.Sprintf("%q", a[:16])
	}
	return w.slack.Say(fakeslack.Message{
		Channel: channel, Text: "sent before the restore", User: fakeslack.BotUserID, Bot: fakeslack.BotID, App: fakeslack.AppID,
		Metadata: fmt.Appendf(nil, `{"event_type":"kept_alert","event_payload":{"key":%q,"v":1,"alerts":[%s]}}`, key, strings.Join(short, ",")),
	})
}

// restored makes what is owed look as it does after a restore: Slack may have it, and nobody knows where.
func (w *world) restored() {
	w.alter(fmt.Sprintf("UPDATE deliveries SET ambiguous = 1, state = 'uncertain', first_send_at = %d, last_send_at = %d",
		now().Add(-24*time.Hour), now()))
}

// keys are the alerts a delivery tells.
func (w *world) keys(d store.Delivery) []string {
	w.t.Helper()
	l, err := w.store.Letter(w.t.Context(), &d, now())
	if err != nil {
		w.t.Fatal(err)
	}
	return l.Keys
}

func TestF70_AfterARestoreNothingIsToldTwice(t *testing.T) {
	for name, c := range map[string]struct {
		say   func(w *world, d store.Delivery, keys []string)
		posts int
		shows int // of two promises, in what is posted now
	}{
		"by its own key": {func(w *world, d store.Delivery, keys []string) { w.said(direct("Ann"), d.Key) }, 0, 0},
		"all in another": {func(w *world, _ store.Delivery, keys []string) { w.said(direct("Ann"), "other", keys...) }, 0, 0},
		"all in two others": {func(w *world, _ store.Delivery, keys []string) {
			w.said(direct("Ann"), "one", keys[0])
			w.said(direct("Ann"), "two", keys...)
		}, 0, 0},
		"one of two": {func(w *world, _ store.Delivery, keys []string) { w.said(direct("Ann"), "other", keys[1]) }, 1, 1},
		"none":       {func(*world, store.Delivery, []string) {}, 1, 2},
		"by another app's message": {func(w *world, _ store.Delivery, keys []string) {
			w.slack.Say(fakeslack.Message{Channel: direct("Ann"), Text: "a copy", User: "UANN",
				Metadata: fmt.Appendf(nil, `{"event_type":"kept_alert","event_payload":{"key":"x","v":1,"alerts":[%q,%q]}}`, keys[0][:16], keys[1][:16])})
		}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.hire("Ann")
				w.promise("Ann", "Acme", "First promise")
				w.promise("Ann", "Acme", "Second promise")
				w.noon()
				w.open("Ann")
				d := w.the()
				c.say(w, d, w.keys(d))
				w.restored()
				w.settle(10 * time.Minute)
				if n := w.slack.Count(post); n != c.posts {
					t.Errorf("%d posts, want %d", n, c.posts)
				}
				shown := 0
				for _, m := range w.slack.Accepted() {
					if m.Via == post {
						shown += strings.Count(m.Text, "First promise") + strings.Count(m.Text, "Second promise")
					}
				}
				if shown != c.shows {
					t.Errorf("told %d of the two, want %d", shown, c.shows)
				}
				for _, d := range w.deliveries() {
					if d.State != store.Sent || d.SlackTS == "" || d.Ambiguous {
						t.Errorf("the ledger says %+v", d)
					}
				}
			})
		})
	}
}

// All pages of a digest were sent before the restore, and none is known.
func TestF70_AllPagesOfADigestAreLookedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.longDigest()
		w.settle(20 * time.Minute)
		pages := len(w.slack.Messages(direct("Mia")))
		posts := w.slack.Count(post)
		w.alter("DELETE FROM deliveries WHERE part > 1; UPDATE deliveries SET state = 'uncertain', ambiguous = 1, place = '', slack_ts = '', sent_at = NULL, payload = ''")
		day := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(time.RFC3339) }
		w.alter(fmt.Sprintf(`INSERT INTO settings (name, value) VALUES ('look_back', '{"from":%q,"at":%q,"until":%q}')`,
			day(-24*time.Hour), day(-time.Hour), day(24*time.Hour)))
		w.restart()
		w.settle(20 * time.Minute)
		w.onceEach()
		if n := len(w.deliveries()); n != pages || w.slack.Count(post) != posts {
			t.Errorf("%d of %d pages are known again, and %d were posted twice", n, pages, w.slack.Count(post)-posts)
		}
	})
}

// Page two waits for page one, whatever becomes of it.
func TestPagesOfADigestComeInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.longDigest()
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 3, Answer: fakeslack.Error("request_timeout")})
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
		w.settle(30 * time.Minute)
		w.onceEach()
		for i, m := range w.slack.Messages(direct("Mia")) {
			if want := fmt.Sprintf(", page %d", i+1); i > 0 && !strings.Contains(m.Text, want) {
				t.Errorf("message %d is %q", i+1, m.Text)
			}
		}
	})
}

func TestF35_OnUncertainResendSendsAfterADay(t *testing.T) {
	for policy, want := range map[string]int{notify.Hold: 1, notify.Resend: 2} {
		inWorld(t, func(w *world) {
			w.cfg.OnUncertain = policy
			w.restart()
			w.owe("Ann")
			w.lost()
			w.slack.Inject(fakeslack.Fault{Method: history, Answer: fakeslack.Error("missing_scope")})
			w.pass(23 * time.Hour)
			if n := len(w.slack.Accepted()); n != 1 {
				t.Errorf("%s: %d copies within the day", policy, n)
			}
			w.pass(24 * time.Hour)
			if n := len(w.slack.Accepted()); n != want {
				t.Errorf("%s: %d copies after a day, want %d", policy, n, want)
			}
		})
	}
	if _, err := notify.New(notify.Config{OnUncertain: "perhaps"}, nil, nil); err == nil || !strings.Contains(err.Error(), "KEPT_SLACK_ON_UNCERTAIN") {
		t.Errorf("an odd policy: %v", err)
	}
}

// A day without Slack: what each destination is owed comes as one message, only what is
// still so, at Slack's pace, once.
func TestF39_ADayOfOutageComesAsOneMessageToEach(t *testing.T) {
	inWorld(t, func(w *world) {
		const people, each = 10, 6
		var names []string
		for i := range people {
			names = append(names, fmt.Sprint("P", i))
			w.hire(names[i])
		}
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
		w.pass(2 * time.Minute)
		for range each {
			for _, n := range names {
				w.promiseSoon(n)
			}
			time.Sleep(2 * time.Minute)
			if _, err := w.store.Sweep(w.t.Context(), now()); err != nil {
				t.Fatal(err)
			}
			w.pass(10 * time.Minute)
		}
		if n := len(w.deliveries()); n != people*each {
			t.Fatalf("%d messages are owed", n)
		}
		for _, ref := range []string{"1", "2"} { // of P0 and P1, before Slack is back
			if _, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: ref}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		lift()
		w.settle(40 * time.Minute)
		for i, n := range names {
			got := w.slack.Messages(direct(n))
			want := each
			if i < 2 {
				want--
			}
			if len(got) != 1 || strings.Count(got[0].Text, "Overdue for") != want {
				t.Errorf("%s got %d messages, want one of %d promises", n, len(got), want)
			}
		}
		if n := w.logged("told together"); n == 0 {
			t.Error("nobody said that messages were folded")
		}
	})
}

// promiseSoon makes a promise that is overdue in a minute.
func (w *world) promiseSoon(owner string) {
	w.t.Helper()
	_, err := w.store.Add(w.t.Context(), store.Op{By: w.boss}, store.NewPromise{
		Customer: "Soon", Owner: owner, Title: "Soon due", Promise: time.Now().UTC().Add(time.Minute).Format("2006-01-02 15:04"), Create: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// A process is killed with many messages in hand, some with Slack and some not yet.
func TestF12_ABatchKilledBetweenIntentAndPostIsSentOnceEach(t *testing.T) {
	inWorld(t, func(w *world) {
		var names []string
		for i := range 30 {
			names = append(names, fmt.Sprint("P", i))
		}
		w.owe(names...)
		killed, posts := context.WithCancel(context.Background())
		defer posts()
		inner, n := w.cfg.Transport, atomic.Int64{}
		w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, post) {
				if n.Add(1)%2 == 0 { // these never leave the machine; of the others no answer comes back
					<-killed.Done()
					return nil, killed.Err()
				}
				if _, err := inner.RoundTrip(r); err != nil {
					t.Error(err)
				}
				<-killed.Done()
				return nil, killed.Err()
			}
			return inner.RoundTrip(r)
		})
		w.cfg.Timeout = 59 * time.Second
		w.cfg.Lease = 200 * time.Second
		dying, err := notify.New(w.cfg, deaf{w.store}, nopLog())
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = dying.Deliver(w.t.Context(), now())
		}()
		time.Sleep(5 * time.Second)
		posts()
		<-done
		doubtful := 0
		for _, d := range w.deliveries() {
			if d.State == store.Sending && d.Ambiguous {
				doubtful++
			}
		}
		if doubtful < 2 {
			t.Fatalf("%d messages were killed after their intent", doubtful)
		}
		w.cfg.Transport, w.cfg.Timeout, w.cfg.Lease = inner, 0, 0
		w.restart()
		w.settle(30 * time.Minute)
		w.onceEach()
	})
}

// deaf is the ledger of a process that is killed before it records anything.
type deaf struct{ *store.Store }

func (deaf) RecordSent(context.Context, *store.Delivery, string, string) error {
	return store.ErrFenced
}

func (deaf) RecordFailure(context.Context, *store.Delivery, store.Failure) error {
	return store.ErrFenced
}

// A panic that belongs to no message ends the round, not the process.
func TestF16_PanicsOutsideAMessageAreContained(t *testing.T) {
	for _, where := range []string{"claim", "fold"} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			broken := &panicky{Store: w.store, where: where}
			n, err := notify.New(w.cfg, broken, nopLog())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := n.Deliver(w.t.Context(), now()); err == nil || !strings.Contains(err.Error(), "panic") {
				t.Errorf("%s panicked, and Deliver says %v", where, err)
			}
			if _, err := n.Deliver(w.t.Context(), now()); err != nil {
				t.Errorf("the next round after a panic in %s: %v", where, err)
			}
			w.onceEach()
		})
	}
}

// panicky panics once.
type panicky struct {
	*store.Store
	where string
}

func (p *panicky) trip(where string) {
	if p.where == where {
		p.where = ""
		panic("canary")
	}
}

func (p *panicky) Claim(ctx context.Context, worker string, at calendar.Instant, limit int, lease, grace time.Duration) ([]store.Delivery, error) {
	p.trip("claim")
	return p.Store.Claim(ctx, worker, at, limit, lease, grace)
}

func (p *panicky) Fold(ctx context.Context, at calendar.Instant) (int, error) {
	p.trip("fold")
	return p.Store.Fold(ctx, at)
}

func nopLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestF16_APanicInAProbeIsContained(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.panicIn("auth.test", false)
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Error("token_revoked")})
		w.deliver()
		time.Sleep(2 * time.Minute)
		if _, err := w.n.Deliver(w.t.Context(), now()); err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("the probe panicked, and Deliver says %v", err)
		}
		w.settle(time.Hour)
		w.onceEach()
	})
}
