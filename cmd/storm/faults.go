package main

import (
	"time"

	"kept/notify/fakeslack"
)

// usualGrace and usualLag are what a storm has unless it is told otherwise.
const (
	usualGrace = 2 * time.Second
	usualLag   = 100 * time.Millisecond
)

// slowest is how long Slack works at most on a message after it has got it.
const slowest = 300 * time.Millisecond

// share is a fault and the part of all calls that it befalls.
type share struct {
	of    float64
	fault fakeslack.Fault
}

// unclear are the answers to chat.postMessage that go wrong, in the proportions under
// which delivery was first proved; many of the good ones are slow.
func unclear() []share {
	return []share{
		{0.05, fakeslack.Fault{Answer: fakeslack.RateLimited("1")}},
		{0.03, fakeslack.Fault{Answer: fakeslack.Status(500)}},
		{0.03, fakeslack.Fault{Answer: fakeslack.Status(503), Accepted: true}},
		{0.02, fakeslack.Fault{Answer: fakeslack.Reset()}},
		{0.03, fakeslack.Fault{Answer: fakeslack.Reset(), Accepted: true, Work: slowest}},
		{0.02, fakeslack.Fault{Answer: fakeslack.Hang(), Accepted: true}},
		{0.02, fakeslack.Fault{Answer: fakeslack.Error("internal_error"), Accepted: true}},
		{0.01, fakeslack.Fault{Answer: fakeslack.Body(200, "application/json", `{"ok":true,"channel":"D`), Accepted: true}},
		{0.30, fakeslack.Fault{Work: 20 * time.Millisecond}},
		{0.15, fakeslack.Fault{Work: 100 * time.Millisecond}},
		{0.05, fakeslack.Fault{Work: slowest}},
	}
}

// failing are the answers to questions that go wrong: one in twenty.
func failing() []share {
	return []share{
		{0.02, fakeslack.Fault{Answer: fakeslack.Status(500)}},
		{0.02, fakeslack.Fault{Answer: fakeslack.Reset()}},
		{0.01, fakeslack.Fault{Answer: fakeslack.RateLimited("1")}},
	}
}

// breakSlack turns on every fault of Slack; fixed then lifts them.
func (r *rig) breakSlack() {
	r.slack.SetHistoryLag(r.lag)
	var lifts []func()
	lifts = append(lifts, inject(r.slack, "chat.postMessage", unclear())...)
	for _, method := range []string{"conversations.history", "conversations.replies", "conversations.open", "users.lookupByEmail"} {
		lifts = append(lifts, inject(r.slack, method, failing())...)
	}
	r.fixed = func() {
		for _, lift := range lifts {
			lift()
		}
	}
}

// inject plans the faults of one method. Of several the stand-in asks one after the
// other, so a later one's chance is among the calls that the earlier ones have spared.
func inject(s *fakeslack.Server, method string, shares []share) (lifts []func()) {
	spared := 1.0
	for _, p := range shares {
		p.fault.Method, p.fault.Chance = method, p.of/spared
		spared -= p.of
		lifts = append(lifts, s.Inject(p.fault))
	}
	return lifts
}
