package fakeslack_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"kept/notify/fakeslack"
)

func TestF23_HangAfterAcceptEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 { // who notices first, the caller or the server, is chance
			s, _ := inMemory()
			s.Inject(fakeslack.Fault{Answer: fakeslack.Hang(), Accepted: true})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			began := time.Now()
			o := send(ctx, s, httpClient(s), "http://slack.invalid")
			cancel()
			if !errors.Is(o.err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second || o.accepted != 1 {
				t.Fatalf("after %v: %+v", time.Since(began), o)
			}
		}
	})
}

func TestClientTimeoutWorksInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := inMemory()
		s.Inject(fakeslack.Fault{Delay: time.Minute})
		client := &http.Client{Transport: s.RoundTripper(), Timeout: 10 * time.Second}
		began := time.Now()
		if o := send(t.Context(), s, client, "http://slack.invalid"); o.err == nil || time.Since(began) != 10*time.Second || o.accepted != 1 {
			t.Errorf("after %v: %+v", time.Since(began), o)
		}
	})
}

// What Slack works on it finishes: the message appears after the caller left.
func TestF05_WorkGoesOnBehindTheCallersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := inMemory()
		s.Inject(fakeslack.Fault{Work: 30 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if o := send(ctx, s, httpClient(s), "http://slack.invalid"); o.err == nil || o.accepted != 0 {
			t.Errorf("%+v", o)
		}
		time.Sleep(19 * time.Second)
		if n := len(s.Accepted()); n != 0 {
			t.Errorf("%d messages taken before the work was done", n)
		}
		time.Sleep(2 * time.Second)
		if n := len(s.Accepted()); n != 1 {
			t.Errorf("%d messages taken after the work, want 1", n)
		}
	})
}

func TestF26_SlowLoris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, accepted := range []bool{true, false} {
			s, _ := inMemory()
			s.Inject(fakeslack.Fault{Answer: fakeslack.Drip(200 * time.Millisecond), Accepted: accepted})
			ctx, cancel := context.WithTimeout(t.Context(), 10100*time.Millisecond)
			o := send(ctx, s, httpClient(s), "http://slack.invalid")
			cancel()
			if !errors.Is(o.err, context.DeadlineExceeded) || len(o.body) != 51 || (o.accepted == 1) != accepted {
				t.Errorf("accepted %v: %d bytes of %+v", accepted, len(o.body), o)
			}
		}
	})
}

func TestF36_HistoryLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := inMemory()
		s.SetHistoryLag(5 * time.Second)
		ch, ts := post(t, api, deliveryID, text("late"))
		p := slack.GetConversationHistoryParameters{ChannelID: ch}
		if n := len(history(t, api, p)); n != 0 {
			t.Errorf("%d messages at once", n)
		}
		_, _, _, err := api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: ch, Timestamp: ts})
		wantCode(t, err, "thread_not_found")
		time.Sleep(5 * time.Second)
		if n := len(history(t, api, p)); n != 1 {
			t.Errorf("%d messages after the lag, want 1", n)
		}
	})
}

func TestF40_RateIsPerChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := inMemory()
		s.AddChannel(fakeslack.Channel{ID: "C2"})
		s.SetRateLimit(0.5, 2)
		post(t, api, deliveryID, text("1"))
		post(t, api, deliveryID, text("2"))
		_, _, err := api.PostMessage(deliveryID, text("3"))
		var limited *slack.RateLimitedError
		if !errors.As(err, &limited) || limited.RetryAfter != 2*time.Second {
			t.Fatalf("third message at once: %v", err)
		}
		post(t, api, "C2", text("another channel"))
		time.Sleep(limited.RetryAfter)
		post(t, api, deliveryID, text("3"))
		calls := s.Calls()
		if c := calls[2]; c.Status != 429 || c.Error != "ratelimited" || c.Channel != deliveryID {
			t.Errorf("the refusal is noted as %+v", c)
		}
		time.Sleep(time.Hour)
		for i, want := range []bool{true, true, false} {
			if _, _, err := api.PostMessage(deliveryID, text("after an hour")); (err == nil) != want {
				t.Errorf("message %d of a burst after an hour: %v", i+1, err)
			}
		}
		s.SetRateLimit(0, 0)
		for range 10 {
			post(t, api, deliveryID, text("unlimited"))
		}
	})
}

func TestTriggersExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := inMemory()
		early, late := s.TriggerID(), s.TriggerID()
		time.Sleep(3 * time.Second)
		if _, err := api.OpenView(early, modal("In time")); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Nanosecond)
		_, err := api.OpenView(late, modal("Late"))
		wantCode(t, err, "expired_trigger_id")
	})
}

func TestClockIsTheServers(t *testing.T) {
	at := time.Date(2026, 12, 24, 9, 0, 0, 0, time.UTC)
	s, api := inMemory(fakeslack.WithClock(func() time.Time { return at }))
	_, first := post(t, api, deliveryID, text("1"))
	at = at.Add(-time.Hour)
	_, second := post(t, api, deliveryID, text("2"))
	if first != "1798102800.000000" || second <= first {
		t.Errorf("timestamps %s, %s", first, second)
	}
	if log := s.Accepted(); !log[1].At.Equal(at) {
		t.Errorf("second message at %v, want %v", log[1].At, at)
	}
	o := send(t.Context(), s, httpClient(s), "http://slack.invalid")
	if got := o.header.Get("Date"); got != "Thu, 24 Dec 2026 08:00:00 GMT" {
		t.Errorf("Date header %q", got)
	}
}

func TestDelaysWaitByTheSleepGiven(t *testing.T) {
	var waited []time.Duration
	s, _ := inMemory(fakeslack.WithSleep(func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}))
	s.Inject(fakeslack.Fault{Work: time.Hour, Delay: time.Minute})
	if o := send(t.Context(), s, httpClient(s), "http://slack.invalid"); o.status != 200 {
		t.Errorf("%+v", o)
	}
	if !slices.Equal(waited, []time.Duration{time.Hour, time.Minute}) {
		t.Errorf("waited %v", waited)
	}
}
