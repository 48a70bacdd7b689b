package fakeslack

import (
	"math"
	"net/http"
	"time"
)

// Call is one request the server got, refused ones and failed ones included.
type Call struct {
	Method  string // a Web API method, "webhook", "response_url" or "socket"
	Channel string // the channel ID it was about, or ""
	At      time.Time
	Status  int    // of Slack's own answer; 0 if a fault came before it
	Error   string // Slack's code, or ""
}

// Calls lists every request in the order of their answers.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Count is how many requests a method got.
func (s *Server) Count(method string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.Method == method {
			n++
		}
	}
	return n
}

// note writes the call down and hands its reply on.
func (s *Server) note(c *call, r reply) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{c.method, s.about(c), c.at, r.status, r.code})
	return r
}

// about is the channel a call is for, if it is for one.
func (s *Server) about(c *call) string {
	switch {
	case c.method == "webhook":
		return s.hooks[c.key]
	case c.method == "response_url" && s.urls[c.key] != nil:
		return s.urls[c.key].channel
	case c.args["channel"] != "":
		return s.resolve(c.args["channel"])
	}
	return ""
}

// rate is how fast messages may come in each channel; zero means any speed.
type rate struct {
	perSecond float64
	burst     int
}

// bucket is what is left of a channel's allowance.
type bucket struct {
	tokens float64
	filled time.Time
}

// SetRateLimit lets each channel take perSecond messages a second, and burst
// at once; what is above gets a 429. Slack's own pace is about SetRateLimit(1,
// 1). Zero lifts the limit, which is how a server starts.
func (s *Server) SetRateLimit(perSecond float64, burst int) {
	s.locked(func() {
		s.rate = rate{perSecond, burst}
		for _, ch := range s.channels {
			ch.bucket = bucket{}
		}
	})
}

// spend takes one message from the channel's allowance, or refuses.
func (s *Server) spend(ch *channel) error {
	if s.rate.perSecond <= 0 {
		return nil
	}
	b, now := &ch.bucket, s.now()
	if b.filled.IsZero() {
		b.tokens = float64(s.rate.burst)
	} else {
		earned := now.Sub(b.filled).Seconds() * s.rate.perSecond
		b.tokens = min(float64(s.rate.burst), b.tokens+earned)
	}
	b.filled = now
	if b.tokens < 1 {
		wait := math.Ceil((1 - b.tokens) / s.rate.perSecond)
		return &apiError{code: "ratelimited", status: http.StatusTooManyRequests, retryAfter: int(wait)}
	}
	b.tokens--
	return nil
}
