package notify_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// Slack could not be asked for a day because nobody asked: that is no reason to send
// again what one more question would find.
func TestF35_DowntimeIsNoDayOfQuestionsInVain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.OnUncertain = notify.Resend
		w.restart()
		w.owe("Ann")
		w.lost()
		w.deliver()
		time.Sleep(48 * time.Hour) // Kept is down
		w.restart()
		w.slack.Inject(fakeslack.Fault{Method: history, Times: 1, Answer: fakeslack.RateLimited("30")})
		w.slack.Inject(fakeslack.Fault{Method: history, Times: 1, Answer: fakeslack.Error("internal_error")})
		w.settle(time.Hour)
		w.onceEach()
	})
}

// However many wait for one slow channel, each is taken up again in its turn.
func TestF39_ManyForOneSlowChannel(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.PerChannel = 0.005 // one in 200 s
		w.byWebhook()
		for i := range 30 {
			w.hire(fmt.Sprint("Ann", i))
			w.promise(fmt.Sprint("Ann", i), fmt.Sprint("Customer ", i), "One")
		}
		w.noon()
		w.pass(4 * time.Hour)
		for _, d := range w.deliveries() {
			if d.State != store.Sent {
				t.Errorf("delivery %d is %s", d.ID, d.State)
			}
		}
	})
}

// Looks that Slack's limit cuts short go on where they were: begun anew together, none
// would ever get to the end.
func TestF35_LooksThroughABusyChannelGetToTheEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		owners := []string{"Ann", "Bob", "Cid", "Dan"}
		for _, o := range owners {
			w.hire(o)
		}
		w.team("Ops", "channel", owners...)
		for _, o := range owners {
			w.promise(o, "Customer of "+o, "One")
		}
		inner, minute, asked := w.cfg.Transport, time.Time{}, 0
		var mu sync.Mutex
		w.cfg.Transport = tripper(func(r *http.Request) (*http.Response, error) {
			if mu.Lock(); r.URL.Path == "/api/"+history {
				if m := time.Now().Truncate(time.Minute); m != minute {
					minute, asked = m, 0
				}
				asked++
			}
			limited := r.URL.Path == "/api/"+history && asked > 50
			mu.Unlock()
			if !limited {
				return inner.RoundTrip(r)
			}
			wait := time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)) / time.Second
			return &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {fmt.Sprint(int(wait) + 1)}}, Body: http.NoBody, Request: r}, nil
		})
		w.restart()
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 4, Accepted: true, Answer: fakeslack.Reset()})
		w.noon()
		for range 6 {
			w.deliver()
			time.Sleep(2 * time.Second)
		}
		for i := range 600 {
			w.slack.Say(fakeslack.Message{Channel: "C0OPS", Text: fmt.Sprint("chatter ", i), User: "UANN"})
		}
		w.tick(20 * time.Minute)
		w.onceEach()
	})
}
