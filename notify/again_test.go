package notify_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// What was frozen for a try that came to nothing is no longer so at the next one.
func TestMessageIsWrittenAnewForEachTry(t *testing.T) {
	for name, answers := range map[string][]fakeslack.Answer{
		"refused":     {fakeslack.Refuse()},
		"reset":       {fakeslack.Reset()},
		"goes plain":  {fakeslack.Error("invalid_blocks"), fakeslack.RateLimited("120")},
		"rate limits": {fakeslack.RateLimited("120")},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.hire("Ann")
				w.promise("Ann", "Acme", "Still owed")
				gone := w.promise("Ann", "Acme", "Delivered meanwhile")
				w.noon()
				for _, a := range answers {
					w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: a})
				}
				w.deliver()
				if d := w.the(); !strings.Contains(d.Payload, "Delivered meanwhile") || d.State == store.Sent {
					t.Fatalf("the first try was to tell of both, and to fail: %+v", d)
				}
				if _, err := w.store.Deliver(w.t.Context(), store.Op{By: w.boss, Ref: fmt.Sprint(gone)}); err != nil {
					t.Fatal(err)
				}
				w.settle(10 * time.Minute)
				w.onceEach()
				said := w.slack.Accepted()[0].Text + string(w.slack.Accepted()[0].Blocks)
				if !strings.Contains(said, "Still owed") || strings.Contains(said, "Delivered meanwhile") {
					t.Errorf("the message sent is %s", said)
				}
			})
		})
	}
}

// panicIn makes the next call of a method panic, before Slack has it or after.
func (w *world) panicIn(method string, after bool) {
	inner := w.cfg.Transport
	var armed atomic.Bool // read by every message in hand
	armed.Store(true)
	w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, method) || !armed.CompareAndSwap(true, false) {
			return inner.RoundTrip(r)
		}
		if after {
			if _, err := inner.RoundTrip(r); err != nil {
				w.t.Error(err)
			}
		}
		panic("canary " + r.Header.Get("Authorization"))
	})
	w.restart()
}

func TestPanicBeforeTheIntentIsADeadLetter(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann", "Bob")
		w.panicIn("conversations.open", false)
		w.deliver()
		states := map[store.DeliveryState]store.Delivery{}
		for _, d := range w.deliveries() {
			states[d.State] = d
		}
		dead := states[store.Dead]
		if dead.ErrorClass != "panic" || dead.Ambiguous || states[store.Sent].ID == 0 {
			t.Fatalf("want one dead of a panic and the other sent: %+v", states)
		}
		if w.logged("goroutine") != 1 || strings.Contains(w.log.String()+dead.Error, "canary") {
			t.Errorf("want the stack once, and nothing of what the panic says:\n%s", w.log)
		}
		if err := w.store.RetryDelivery(w.t.Context(), dead.ID, false); err != nil {
			t.Fatal(err)
		}
		w.settle(time.Minute)
		w.onceEach()
	})
}

func TestPanicAfterTheIntentIsUncertain(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.panicIn(post, accepted)
			w.deliver()
			if d := w.the(); d.State != store.Uncertain || !d.Ambiguous || d.ErrorClass != "panic" {
				t.Fatalf("Slack may have it: %+v", d)
			}
			w.settle(10 * time.Minute)
			w.onceEach()
		})
	}
}

// alter changes the database behind Kept's back.
func (w *world) alter(statement string) {
	w.t.Helper()
	db, err := sql.Open("sqlite3", w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err = db.Exec(statement); err != nil {
		w.t.Error(err)
	}
	if err := db.Close(); err != nil {
		w.t.Error(err)
	}
}

// refuseSent makes the database note of no message that it was sent, for a while.
func (w *world) refuseSent(d time.Duration) {
	w.alter("CREATE TRIGGER busy BEFORE UPDATE ON deliveries WHEN NEW.state = 'sent' BEGIN SELECT RAISE(ABORT, 'database is locked'); END")
	go func() {
		time.Sleep(d)
		w.alter("DROP TRIGGER busy")
	}()
}

func TestSentIsRecordedOnceTheDatabaseTakesIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.refuseSent(50 * time.Second)
		if o := w.deliver(); o.Sent != 1 {
			t.Errorf("outcome %+v", o)
		}
		w.onceEach()
		if n := w.slack.Count(history); n != 0 {
			t.Errorf("looked %d times for what was known to be sent", n)
		}
	})
}

func TestSentThatTheDatabaseNeverTakesIsLookedForLater(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		w.refuseSent(5 * time.Minute)
		began := time.Now()
		if _, err := w.n.Deliver(w.t.Context(), now()); err == nil || !strings.Contains(err.Error(), "locked") {
			t.Errorf("the database failed, and Deliver says %v", err)
		}
		if took := time.Since(began); took < 55*time.Second || took > 65*time.Second {
			t.Errorf("tried for %s, want as long as the lease", took)
		}
		if d := w.the(); d.State != store.Sending || !d.Ambiguous {
			t.Errorf("left as %+v", d)
		}
		time.Sleep(5 * time.Minute)
		w.settle(10 * time.Minute)
		w.onceEach()
	})
}
