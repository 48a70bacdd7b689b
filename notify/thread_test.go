package notify_test

import (
	"fmt"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// answer adds a message about the first one's alerts that answers it in its thread.
func (w *world) answer(key string) {
	w.t.Helper()
	w.alter(fmt.Sprintf(`INSERT INTO deliveries (key, kind, destination, thread_of, opens_at, next_at, created_at)
		SELECT '%s', kind, destination, id, opens_at, next_at, created_at FROM deliveries WHERE id = 1;
		INSERT INTO delivery_alerts (delivery_id, alert_id) SELECT (SELECT max(id) FROM deliveries), alert_id FROM delivery_alerts WHERE delivery_id = 1`, key))
}

// posted is the message that Slack took for a delivery.
func (w *world) posted(key string) fakeslack.Message {
	w.t.Helper()
	for _, m := range w.slack.Accepted() {
		if m.Payload("key") == key {
			return m
		}
	}
	w.t.Fatalf("Slack took no message of the key %s", key)
	return fakeslack.Message{}
}

func TestAnAnswerWaitsForItsMessageAndGoesIntoTheThread(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		parent := w.the()
		w.answer("answer")
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 2, Answer: fakeslack.Status(503)})
		w.deliver()
		if n := w.slack.Count(post); n != 1 {
			t.Errorf("%d posts before the message it answers was sent", n)
		}
		w.settle(20 * time.Minute)
		w.onceEach()
		if m := w.posted("answer"); m.ThreadTS != w.posted(parent.Key).TS || m.Channel != direct("Ann") || m.Broadcast {
			t.Errorf("the answer went to %s, in the thread %q, broadcast %t", m.Channel, m.ThreadTS, m.Broadcast)
		}
	})
}

func TestAnAnswerThatSlackMayHaveIsFoundInTheThread(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.deliver()
			w.answer("answer")
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: accepted, Answer: fakeslack.Reset()})
			w.settle(20 * time.Minute)
			w.onceEach()
			if w.slack.Count("conversations.replies") == 0 {
				t.Error("nobody looked into the thread")
			}
			if s, want := w.n.Stats(), accepted; (s.Found == 1) != want || s.Found+s.Missing != 1 || s.Sends["uncertain"] != 1 {
				t.Errorf("accepted %t: %+v", accepted, s)
			}
		})
	}
}

// The message it answers has been deleted by a person, so that Slack shows the answer in the channel.
func TestAnAnswerToWhatIsGoneIsFoundInTheChannel(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.deliver()
		m := w.slack.Accepted()[0]
		w.slack.Delete(m.Channel, m.TS)
		w.answer("answer")
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
		w.settle(20 * time.Minute)
		w.onceEach()
	})
}

func TestAnAnswerGoesOnItsOwn(t *testing.T) {
	for name, arrange := range map[string]func(*world){
		"after a dead letter": func(w *world) { w.alter("UPDATE deliveries SET state = 'dead' WHERE id = 1") },
		"after a cancelled":   func(w *world) { w.alter("UPDATE deliveries SET state = 'cancelled' WHERE id = 1") },
		"after a mail": func(w *world) {
			w.alter("UPDATE deliveries SET state = 'sent', sent_at = 1, place = 'mailto:1' WHERE id = 1")
		},
		"no such thread": func(w *world) {
			w.deliver()
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Error("thread_not_found")})
		},
		"archived": func(w *world) {
			w.deliver()
			w.alter("UPDATE deliveries SET place = 'C0GONE' WHERE id = 1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				arrange(w)
				w.answer("answer")
				w.settle(20 * time.Minute)
				if m := w.posted("answer"); m.ThreadTS != "" || m.Channel != direct("Ann") {
					t.Errorf("the answer went to %s, in the thread %q, broadcast %t", m.Channel, m.ThreadTS, m.Broadcast)
				}
			})
		})
	}
}

func TestFiguresForTheOperator(t *testing.T) {
	inWorld(t, func(w *world) {
		w.hire("Ann")
		w.team("Ops", "both", "Ann")
		w.promise("Ann", "Acme", "One")
		w.slack.Inject(fakeslack.Fault{Method: post, Channel: "C0OPS", Answer: fakeslack.Error("is_archived")})
		w.noon()
		if _, at := w.n.ClockSkew(); !at.IsZero() {
			t.Error("knows Slack's clock before it has answered")
		}
		w.deliver()
		began := now()
		if s := w.n.Stats(); s.Sends["accepted"] != 1 || s.Sends["channel-blocked"] != 1 {
			t.Errorf("%+v", s)
		}
		w.tick(10 * time.Second)
		if b := w.n.BlockedDestinations(); len(b) != 1 || b[0] != (notify.BlockedDestination{Place: "C0OPS", Code: "is_archived", Since: began}) {
			t.Errorf("blocked: %+v, since %s", b, began)
		}
		if skew, at := w.n.ClockSkew(); skew.Abs() > time.Second || at.IsZero() {
			t.Errorf("skew %s at %s", skew, at)
		}
	})
}

func TestSlacksClockIsAskedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.slack = fakeslack.New(fakeslack.WithClock(func() time.Time { return time.Now().Add(-time.Hour) }))
		w.cfg.Transport = w.slack.RoundTripper()
		w.restart()
		if err := w.n.AskTime(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		if skew, at := w.n.ClockSkew(); skew < 59*time.Minute || skew > 61*time.Minute || !at.Equal(time.Now()) {
			t.Errorf("ahead by %s at %s, want an hour", skew, at)
		}
		w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
		time.Sleep(time.Second)
		if w.n.AskTime(w.t.Context()) == nil {
			t.Error("Slack did not answer, and that is no error")
		}
		w.slack.RemoveToken(fakeslack.BotToken)
		w.cfg.BotToken = ""
		w.restart()
		if w.n.AskTime(w.t.Context()) == nil {
			t.Error("nobody was asked, and that is no error")
		}
	})
}

// Somebody's new address is looked up again; whom a person has named stays.
func TestAFoundAccountDoesNotOutliveTheAddress(t *testing.T) {
	for _, typed := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			if typed {
				if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Ann", store.PersonInput{Slack: new("UANN")}); err != nil {
					t.Fatal(err)
				}
			}
			w.deliver()
			w.slack.AddUser(fakeslack.User{ID: "UOTHER", Name: "other", Email: "other@example.com"})
			if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Ann", store.PersonInput{Email: new("other@example.com")}); err != nil {
				t.Fatal(err)
			}
			w.promiseNow("Ann")
			w.settle(time.Minute)
			want := map[bool]string{true: direct("Ann"), false: direct("Other")}[typed]
			if m := w.slack.Accepted()[1]; m.Channel != want {
				t.Errorf("typed %t: told in %s, want %s", typed, m.Channel, want)
			}
		})
	}
}
