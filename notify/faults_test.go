package notify_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

const post = "chat.postMessage"

// survives checks that a fault that strikes a message a few times costs it nothing:
// in the end it is there, once.
func survives(t *testing.T, f fakeslack.Fault) {
	t.Helper()
	for _, times := range []int{1, 3} {
		inWorld(t, func(w *world) {
			w.owe("Ann", "Bob")
			f := f
			f.Method, f.Times, f.Channel = post, times, direct("Ann")
			w.slack.Inject(f)
			w.settle(30 * time.Minute)
			w.onceEach()
		})
	}
}

// withAndWithout is a fault of which Slack takes the message or not.
func withAndWithout(t *testing.T, a fakeslack.Answer) {
	t.Helper()
	for _, accepted := range []bool{true, false} {
		t.Run(fmt.Sprint("accepted ", accepted), func(t *testing.T) { survives(t, fakeslack.Fault{Answer: a, Accepted: accepted}) })
	}
}

func TestF18_RetryAfterIsHonouredForTheWholeChannel(t *testing.T) {
	for _, seconds := range []int{1, 7, 120} {
		inWorld(t, func(w *world) {
			w.team("Web", "channel", "Boss")
			w.hire("Ann")
			w.hire("Bob")
			w.team("Ops", "channel", "Ann", "Bob")
			for _, o := range []string{"Boss", "Ann", "Bob"} {
				w.promise(o, "Acme", "Promise of "+o)
			}
			w.slack.Inject(fakeslack.Fault{Method: post, Channel: "C0OPS", Times: 1, Answer: fakeslack.RateLimited(fmt.Sprint(seconds))})
			w.noon()
			began := time.Now()
			w.tick(10 * time.Minute)
			w.onceEach()
			at := w.calls(post, "C0OPS")
			if len(at) != 3 || at[1].Sub(at[0]) < time.Duration(seconds)*time.Second {
				t.Errorf("told to wait %d s, called at %v", seconds, at)
			}
			if other := w.calls(post, "C0WEB"); len(other) != 1 || other[0].Sub(began) > 10*time.Second {
				t.Errorf("another channel was called at %v, owed since %v", other, began)
			}
			for _, d := range w.deliveries() {
				if d.Attempt != 0 {
					t.Errorf("a 429 was counted as a try: %+v", d)
				}
			}
		})
	}
}

func TestF19_OddRetryAfterIsBounded(t *testing.T) {
	for header, bounds := range map[string][2]time.Duration{
		"":                              {time.Second, 15 * time.Second},
		"-5":                            {time.Second, 10 * time.Second},
		"0":                             {time.Second, 10 * time.Second},
		"soon":                          {time.Second, 15 * time.Second},
		"86400000":                      {15 * time.Minute, 16 * time.Minute},
		"99999999999999999999":          {15 * time.Minute, 16 * time.Minute},
		"Wed, 21 Oct 1998 07:28:00 GMT": {time.Second, 10 * time.Second},
		"Mon, 03 Jan 2000 12:02:00 GMT": {time.Minute, 3 * time.Minute},
	} {
		t.Run(header, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.RateLimited(header)})
				w.settle(20 * time.Minute)
				w.onceEach()
				at := w.calls(post, "")
				if wait := at[1].Sub(at[0]); wait < bounds[0] || wait > bounds[1] {
					t.Errorf("waited %s, want %v", wait, bounds)
				}
			})
		})
	}
}

func TestF20_RateLimitedInTheBodyIsA429(t *testing.T) {
	for _, code := range []string{"ratelimited", "rate_limited"} {
		inWorld(t, func(w *world) {
			w.owe("Ann")
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 3, Answer: fakeslack.Error(code)})
			w.tick(5 * time.Minute)
			w.onceEach()
			if d := w.the(); d.Attempt != 0 || w.slack.Count("conversations.history") != 0 {
				t.Errorf("%s: %d tries counted, history asked %d times", code, d.Attempt, w.slack.Count("conversations.history"))
			}
		})
	}
}

func TestF21_F22_ServerErrors(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) { withAndWithout(t, fakeslack.Status(status)) })
	}
}

func TestF23_TimeoutAfterAccept(t *testing.T) { withAndWithout(t, fakeslack.Hang()) }

func TestF23_SlowAnswersAreWaitedFor(t *testing.T) {
	survives(t, fakeslack.Fault{Delay: 9 * time.Second})
}

func TestF05_SlackWorksOnAfterWeGaveUp(t *testing.T) {
	survives(t, fakeslack.Fault{Work: 40 * time.Second})
}

func TestF24_Resets(t *testing.T) { withAndWithout(t, fakeslack.Reset()) }

func TestF25_UnreachableIsCertainlyNotSent(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
		w.tick(10 * time.Minute)
		if since, why := w.n.Trouble(); since == 0 || !strings.HasPrefix(why, "unreachable") {
			t.Errorf("Slack is unreachable, and trouble is %q since %s", why, since)
		}
		if n := w.logged("Slack takes no messages"); n != 1 {
			t.Errorf("said %d times that Slack is unreachable, want once:\n%s", n, w.log)
		}
		lift()
		w.tick(30 * time.Minute)
		w.onceEach()
		if n := w.slack.Count("conversations.history"); n != 0 {
			t.Errorf("looked %d times for what was never sent", n)
		}
		if since, why := w.n.Trouble(); since != 0 || why != "" {
			t.Errorf("after the repair trouble is still %q", why)
		}
	})
}

func TestF26_SlowLorisIsCutAndHoldsUpNobody(t *testing.T) {
	withAndWithout(t, fakeslack.Drip(200*time.Millisecond))
	inWorld(t, func(w *world) {
		w.owe("Ann", "Bob", "Cid", "Dan", "Eve", "Fay")
		w.slack.Inject(fakeslack.Fault{Method: post, Channel: direct("Ann"), Times: 1, Answer: fakeslack.Drip(200 * time.Millisecond)})
		began := time.Now()
		w.deliver()
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("one answer that drips held a round up for %s", took)
		}
		if n := len(w.slack.Accepted()); n != 5 {
			t.Errorf("beside the one that dripped %d of 5 were sent", n)
		}
	})
}

func TestF27_AnswersThatSayNothing(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{
		"page":       fakeslack.Body(200, "text/html", "<html>Welcome to the hotel</html>"),
		"empty":      fakeslack.Body(200, "application/json", ""),
		"truncated":  fakeslack.Truncated(),
		"null":       fakeslack.Body(200, "application/json", "null"),
		"object":     fakeslack.Body(200, "application/json", "{}"),
		"not ok":     fakeslack.Body(200, "application/json", `{"ok":false}`),
		"without ts": fakeslack.Body(200, "application/json", `{"ok":true}`),
	} {
		t.Run(name, func(t *testing.T) { withAndWithout(t, a) })
	}
}

func TestF27_HistoryThatSaysNothingIsNoProof(t *testing.T) {
	for name, a := range map[string]fakeslack.Answer{
		"page":          fakeslack.Body(200, "text/html", "<html>Welcome to the hotel</html>"),
		"object":        fakeslack.Body(200, "application/json", "{}"),
		"null":          fakeslack.Body(200, "application/json", "null"),
		"not ok":        fakeslack.Body(200, "application/json", `{"ok":false}`),
		"no list":       fakeslack.Body(200, "application/json", `{"ok":true}`),
		"not ok, empty": fakeslack.Body(200, "application/json", `{"ok":false,"messages":[]}`),
		"no next page":  fakeslack.Body(200, "application/json", `{"ok":true,"messages":[],"has_more":true}`),
		"truncated":     fakeslack.Truncated(),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.owe("Ann")
				w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
				w.slack.Inject(fakeslack.Fault{Method: "conversations.history", Times: 3, Answer: a})
				w.settle(30 * time.Minute)
				w.onceEach()
			})
		})
	}
}

func TestF28_EndlessAnswersAreNotReadToTheEnd(t *testing.T) {
	withAndWithout(t, fakeslack.Big(200<<20))
	withAndWithout(t, fakeslack.Endless())
}

func TestF29_RedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 307} {
		inWorld(t, func(w *world) {
			var mu sync.Mutex
			hosts := map[string]int{}
			inner := w.cfg.Transport
			w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				hosts[r.URL.Host]++
				mu.Unlock()
				return inner.RoundTrip(r)
			})
			w.restart()
			w.owe("Ann")
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Answer: fakeslack.Redirect(status, "https://elsewhere.invalid/api/chat.postMessage?token=1")})
			w.deliver()
			if d := w.the(); !strings.Contains(d.Error, "https://elsewhere.invalid,") || strings.Contains(d.Error, "token") {
				t.Errorf("%d: the error is %q", status, d.Error)
			}
			w.tick(10 * time.Minute)
			w.onceEach()
			if len(hosts) != 1 {
				t.Errorf("%d: called %v", status, hosts)
			}
		})
	}
}

func TestF30_InternalErrors(t *testing.T) {
	for _, code := range []string{"internal_error", "fatal_error"} {
		t.Run(code, func(t *testing.T) { withAndWithout(t, fakeslack.Error(code)) })
	}
}

func TestF34_CodesNobodyKnows(t *testing.T) {
	for _, code := range []string{"service_unavailable", "a_code_of_next_year"} {
		t.Run(code, func(t *testing.T) { withAndWithout(t, fakeslack.Error(code)) })
	}
	t.Run("request_timeout", func(t *testing.T) { survives(t, fakeslack.Fault{Answer: fakeslack.Error("request_timeout")}) })
}

func TestF34_OddAnswersForThreeDaysAreADeadLetter(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owe("Ann")
		lift := w.slack.Inject(fakeslack.Fault{Method: post, Answer: fakeslack.Error("a_code_of_next_year")})
		for range 80 {
			w.deliver()
			time.Sleep(time.Hour)
		}
		d := w.the()
		if d.State != store.Dead || !strings.Contains(d.Error, "a_code_of_next_year") || w.logged("given up") != 1 {
			t.Fatalf("after three days: %+v", d)
		}
		lift()
		if err := w.store.RetryDelivery(w.t.Context(), d.ID, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(14 * time.Hour) // to the morning
		w.settle(time.Hour)
		w.onceEach()
	})
}
