package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

const history = "conversations.history"

// lost makes the next message one that Slack took and never said so.
func (w *world) lost() {
	w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
}

// claim takes the only delivery as a process that is killed right after would.
func (w *world) claim() *store.Delivery {
	w.t.Helper()
	claimed, err := w.store.Claim(w.t.Context(), "killed", now(), 1, time.Minute, time.Minute)
	if err != nil || len(claimed) != 1 {
		w.t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	return &claimed[0]
}

func (w *world) intend(d *store.Delivery, payload string) {
	w.t.Helper()
	if err := w.store.Intend(w.t.Context(), d, payload, direct("Ann"), time.Minute); err != nil {
		w.t.Fatal(err)
	}
}

func TestF03_KilledAfterTheClaim(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.claim()
		w.settle(5 * time.Minute)
		w.onceEach()
	})
}

func TestF04_KilledBetweenIntentAndFirstByte(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.slack.Say(fakeslack.Message{Channel: w.open("Ann"), Text: "hello", User: "UANN"})
		w.intend(w.claim(), `{"text":"frozen before the kill","blocks":[]}`)
		killed := time.Now()
		w.settle(10 * time.Minute)
		w.onceEach()
		looked := w.calls(history, "")
		if len(looked) != 1 || looked[0].Sub(killed) < time.Minute {
			t.Errorf("looked at %v for what may have been sent at %v: want once, after a minute of grace", looked, killed)
		}
		if m := w.slack.Accepted()[1]; !strings.Contains(m.Text, "Promise of Ann") {
			t.Errorf("sent %q, not what is so now", m.Text)
		}
	})
}

// open opens the direct channel with a person.
func (w *world) open(name string) string {
	w.slack.AddChannel(fakeslack.Channel{ID: direct(name), User: "U" + "ANN"})
	return direct(name)
}

func TestF06_KilledAfterSlackAccepted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		d := w.claim()
		w.intend(d, `{"text":"sent before the kill"}`)
		sent := w.slack.Say(fakeslack.Message{
			Channel: w.open("Ann"), Text: "sent before the kill", User: fakeslack.BotUserID, Bot: fakeslack.BotID, App: fakeslack.AppID,
			Metadata: fmt.Appendf(nil, `{"event_type":"kept_alert","event_payload":{"key":%q,"v":1}}`, d.Key),
		})
		w.settle(10 * time.Minute)
		w.onceEach()
		if d := w.the(); d.SlackTS != sent.TS || d.Place != sent.Channel {
			t.Errorf("recorded as %s in %s, is %s in %s", d.SlackTS, d.Place, sent.TS, sent.Channel)
		}
	})
}

func TestF13_StoppingFinishesWhatHasBegunAndClaimsNoMore(t *testing.T) {
	inWorld(t, func(w *world) {
		var names []string
		for i := range 12 {
			names = append(names, fmt.Sprint("P", i))
		}
		w.owe(names...)
		w.slack.Inject(fakeslack.Fault{Method: post, Delay: 5 * time.Second})
		ctx, stop := context.WithCancel(w.t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, err := w.n.Deliver(ctx, now()); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(2 * time.Second)
		stop()
		stopped := time.Now()
		<-done
		if took := time.Since(stopped); took > 10*time.Second {
			t.Errorf("stopping took %s", took)
		}
		begun := len(w.slack.Accepted())
		states := map[store.DeliveryState]int{}
		for _, d := range w.deliveries() {
			states[d.State]++
		}
		if begun == 0 || states[store.Sent] != begun || states[store.Pending] != 12-begun {
			t.Errorf("of 12 messages %d were begun; recorded: %v", begun, states)
		}
		w.settle(5 * time.Minute)
		w.onceEach()
	})
}

func TestF35_HistoryThatFailsLeavesTheMessageUncertain(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{
		"500":           fakeslack.Status(500),
		"429":           fakeslack.RateLimited("30"),
		"missing scope": fakeslack.Error("missing_scope"),
		"refused":       fakeslack.Refuse(),
		"not in it":     fakeslack.Error("not_in_channel"),
		"no answer":     fakeslack.Hang(),
		"odd":           fakeslack.Error("a_code_of_next_year"),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann", "Bob")
				w.slack.Inject(fakeslack.Fault{Method: post, Channel: direct("Ann"), Times: 1, Accepted: true, Answer: fakeslack.Reset()})
				lift := w.slack.Inject(fakeslack.Fault{Method: history, Answer: a})
				w.pass(2 * time.Hour)
				if n := len(w.slack.Messages(direct("Ann"))); n != 1 {
					t.Errorf("%d copies while the history could not be read", n)
				}
				if n := len(w.slack.Messages(direct("Bob"))); n != 1 {
					t.Errorf("what can be sent was sent %d times", n)
				}
				for _, d := range w.deliveries() {
					if d.State != store.Sent && (d.State != store.Uncertain || d.Error == "") {
						t.Errorf("the doubtful message is %s: %q", d.State, d.Error)
					}
				}
				lift()
				w.settle(time.Hour)
				w.onceEach()
			})
		})
	}
}

func TestF36_HistoryMayLagByLessThanTheGrace(t *testing.T) {
	for _, lag := range []time.Duration{time.Second, 20 * time.Second, 50 * time.Second} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.slack.SetHistoryLag(lag)
			w.lost()
			w.settle(10 * time.Minute)
			w.onceEach()
		})
	}
}

// ahead is a ledger whose clock was set ahead: every lease and every grace is over.
type ahead struct{ notify.Ledger }

func (a ahead) Claim(ctx context.Context, worker string, at calendar.Instant, limit int, lease, _ time.Duration) ([]store.Delivery, error) {
	return a.Ledger.Claim(ctx, worker, at, limit, lease, 0)
}

func (a ahead) RecordFailure(ctx context.Context, d *store.Delivery, f store.Failure) error {
	f.After = min(f.After, 5*time.Second)
	return a.Ledger.RecordFailure(ctx, d, f)
}

func TestF62_AClockSetAheadDoesNotShortenTheGrace(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.slack.SetHistoryLag(50 * time.Second)
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
		n, err := notify.New(w.cfg, ahead{w.store}, slog.New(slog.DiscardHandler))
		if err != nil {
			w.t.Fatal(err)
		}
		for range 30 {
			if _, err := n.Deliver(w.t.Context(), now()); err != nil {
				w.t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		w.onceEach()
	})
}

// sleeper is a ledger whose caller falls asleep once it has noted an intent.
type sleeper struct {
	notify.Ledger
	sleeps time.Duration
	noted  []time.Time // when it came to each
}

func (s *sleeper) Intend(ctx context.Context, d *store.Delivery, payload, place string, lease time.Duration) error {
	err := s.Ledger.Intend(ctx, d, payload, place, lease)
	s.noted = append(s.noted, time.Now())
	time.Sleep(s.sleeps)
	s.sleeps = 0
	return err
}

// The grace counts from the intent: a message that left long after it would not be in
// the history yet when somebody else looks there. Found by the simulation.
func TestF59_AMessageIsNotPostedLongAfterItsIntent(t *testing.T) {
	for _, sleeps := range []time.Duration{11 * time.Second, 40 * time.Second, 10 * time.Minute} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			l := &sleeper{Ledger: w.store, sleeps: sleeps}
			n, err := notify.New(w.cfg, l, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			w.n = n
			w.settle(5 * time.Minute)
			w.onceEach()
			if at := w.calls(post, ""); len(l.noted) < 2 || len(at) != 1 || at[0].Before(l.noted[len(l.noted)-1]) {
				t.Errorf("after %s of sleep: intents at %v, posts at %v", sleeps, l.noted, at)
			}
		})
	}
}

// Slack's clock and ours may differ by any amount. Found by the simulation.
func TestF60_FoundWhateverSlacksClockSays(t *testing.T) {
	for _, off := range []time.Duration{-26 * time.Hour, -10 * time.Minute, 10 * time.Minute, 26 * time.Hour} {
		inWorld(t, func(w *world) {
			w.slack = fakeslack.New(fakeslack.WithClock(func() time.Time { return time.Now().Add(off) }))
			w.cfg.Transport = w.slack.RoundTripper()
			w.restart()
			w.owe("Ann")
			w.lost()
			w.settle(10 * time.Minute)
			w.onceEach()
		})
	}
}

func TestF37_DeletedByAPersonIsPostedOnceMore(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.lost()
		w.deliver()
		m := w.slack.Accepted()[0]
		if !w.slack.Delete(m.Channel, m.TS) {
			t.Fatal("there was nothing to delete")
		}
		w.settle(10 * time.Minute)
		if n := len(w.slack.Messages(m.Channel)); n != 1 || len(w.slack.Accepted()) != 2 || w.the().State != store.Sent {
			t.Errorf("%d messages stand of %d, the delivery is %s", n, len(w.slack.Accepted()), w.the().State)
		}
	})
}

func TestF38_AnotherAppsCopyIsNotOurs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Reset()})
		w.deliver()
		lift()
		d := w.the()
		copied := fmt.Appendf(nil, `{"event_type":"kept_alert","event_payload":{"key":%q,"v":1}}`, d.Key)
		w.slack.Say(fakeslack.Message{Channel: d.Place, Text: "copy by an app", Bot: "B0OTHER", App: "A0OTHER", User: "U0OTHER", Metadata: copied})
		w.slack.Say(fakeslack.Message{Channel: d.Place, Text: "copy by a person", User: "UANN", Metadata: copied})
		w.settle(10 * time.Minute)
		own := 0
		for _, m := range w.slack.Messages(d.Place) {
			if m.Bot == fakeslack.BotID {
				own++
			}
		}
		if own != 1 || w.the().State != store.Sent {
			t.Errorf("%d messages of ours, the delivery is %s", own, w.the().State)
		}
	})
}

func TestF22_FoundFarBackInABusyChannel(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "channel", "Ann")
		w.promise("Ann", "Acme", "One")
		w.noon()
		w.lost()
		w.deliver()
		for i := range 150 {
			w.slack.Say(fakeslack.Message{Channel: "C0OPS", Text: fmt.Sprint("chatter ", i), User: "UANN"})
		}
		w.settle(10 * time.Minute)
		w.onceEach()
	})
}

func TestDoubtfulMessageThatIsNoLongerTrueIsLookedForFirst(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: accepted, Answer: fakeslack.Reset()})
			w.deliver()
			if _, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: "1"}); err != nil {
				t.Fatal(err)
			}
			w.settle(10 * time.Minute)
			want := map[bool]store.DeliveryState{true: store.Sent, false: store.Cancelled}[accepted]
			if d := w.the(); d.State != want {
				t.Errorf("accepted %t: the delivery is %s, want %s", accepted, d.State, want)
			}
			w.onceEach()
		})
	}
}

// A second process takes over a message whose worker sleeps; when that one wakes up,
// it neither sends nor records.
func TestF59_SleeperWakesUpAndDoesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		other := w.n
		inner := w.cfg.Transport
		w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/api/conversations.open" {
				time.Sleep(5 * time.Minute) // the whole machine
			}
			return inner.RoundTrip(r)
		})
		w.cfg.Timeout = 10 * time.Second
		w.restart()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, err := w.n.Deliver(w.t.Context(), now()); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(2 * time.Minute)
		if o, err := other.Deliver(w.t.Context(), now()); err != nil || o.Sent != 1 {
			t.Errorf("the other process: %+v, %v", o, err)
		}
		<-done
		w.onceEach()
		if w.logged("claimed by another worker") != 1 {
			t.Errorf("the sleeper did not notice:\n%s", w.log)
		}
	})
}

func TestManyWorkersSendEachMessageOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		var names []string
		for i := range 40 {
			names = append(names, fmt.Sprint("P", i))
		}
		w.owe(names...)
		w.slack.Inject(fakeslack.Fault{Method: post, Chance: 0.2, Accepted: true, Answer: fakeslack.Reset()})
		w.slack.Inject(fakeslack.Fault{Method: post, Chance: 0.2, Answer: fakeslack.Status(503)})
		w.slack.Inject(fakeslack.Fault{Method: post, Chance: 0.1, Answer: fakeslack.RateLimited("2")})
		w.slack.Inject(fakeslack.Fault{Method: history, Chance: 0.2, Answer: fakeslack.Status(500)})
		first := w.n
		w.restart()
		for range 400 {
			done := make(chan struct{})
			go func(at calendar.Instant) {
				defer close(done)
				if _, err := first.Deliver(w.t.Context(), at); err != nil {
					t.Error(err)
				}
			}(now())
			w.deliver()
			<-done
			time.Sleep(5 * time.Second)
		}
		w.onceEach()
	})
}

func TestOffSendsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.cfg.BotToken = ""
		w.restart()
		if o := w.deliver(); o != (notify.Outcome{}) || w.the().State != store.Pending || w.n.Mode() != notify.Off {
			t.Errorf("mode %s: %+v, %s", w.n.Mode(), o, w.the().State)
		}
		if w.logged("KEPT_SLACK_BOT_TOKEN") != 1 {
			t.Errorf("the log does not say what to set:\n%s", w.log)
		}
	})
}
