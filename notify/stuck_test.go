package notify_test

import (
	"fmt"
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
