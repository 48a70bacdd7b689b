package notify_test

import (
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// leading makes Ann the lead of a team whose promises are told to both, and owner of one
// that is overdue.
func (w *world) leading() {
	w.t.Helper()
	w.hire("Ann")
	w.team("Ops", "both", "Ann")
	lead := "Ann"
	if _, err := w.store.EditTeam(w.t.Context(), w.boss, "Ops", store.TeamInput{Lead: &lead}); err != nil {
		w.t.Fatal(err)
	}
	w.promise("Ann", "Acme", "One")
	w.noon()
}

// toldOnce fails unless one message of two told what there was to tell.
func (w *world) toldOnce(m *mailServer) {
	w.t.Helper()
	n := len(m.to("Ann")) + len(w.slack.Accepted())
	if n != 1 || w.cancelled() != 1 {
		w.t.Errorf("told %d times, %d of two deliveries cancelled", n, w.cancelled())
		for _, d := range w.deliveries() {
			w.t.Logf("%s: %s (%s: %s)", d.Destination, d.State, d.ErrorClass, d.Error)
		}
	}
}

// What a person is not sent, because their team's channel is told it, is no reason for
// not telling the channel.
func TestMailForAChannelIsNotToldByACancelledMessage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byWebhook()
		m := w.byMail()
		w.leading()
		w.slack.Inject(fakeslack.Fault{Method: "webhook", Answer: fakeslack.Refuse()})
		w.tick(30 * time.Minute)
		w.toldOnce(m)
	})
}

// The same the other way round: what the channel is not told, because the team's lead
// is sent an e-mail, is no reason for not sending it.
func TestMessageIsNotToldInAChannelThatWasCancelled(t *testing.T) {
	inWorld(t, func(w *world) {
		m := w.byMail()
		w.leading()
		nobody := "U0GONE"
		if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Ann", store.PersonInput{Slack: &nobody}); err != nil {
			t.Fatal(err)
		}
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_expired")})
		m.failing("rcpt", 1, answers(450, 4))
		w.tick(16 * time.Minute)
		lift()
		w.tick(30 * time.Minute)
		w.toldOnce(m)
	})
}
