package commitments

import (
	"slices"
	"testing"
	"time"
)

func TestResponseTimesCountWorkingHoursUntilTheNextWordFromUs(t *testing.T) {
	cal := warsaw(t)
	at := func(s string) Instant { return on(cal, s) }
	in := func(when, channel string) Touch {
		return Touch{At: at(when), Channel: channel, Inbound: true, Reached: true}
	}
	out := func(when, channel string, reached bool) Touch {
		return Touch{At: at(when), Channel: channel, Reached: reached}
	}
	for name, c := range map[string]struct {
		touches    []Touch
		answered   []time.Duration
		unanswered int
	}{
		"over a weekend":                 {[]Touch{in("2026-12-04 16:00", "email"), out("2026-12-07 10:00", "email", true)}, []time.Duration{2 * time.Hour}, 0},
		"a try that reached nobody":      {[]Touch{in("2026-12-01 09:00", "email"), out("2026-12-01 10:00", "phone", false), out("2026-12-01 12:00", "phone", true)}, []time.Duration{3 * time.Hour}, 0},
		"two of theirs, one answer":      {[]Touch{in("2026-12-01 09:00", "email"), in("2026-12-01 10:00", "chat"), out("2026-12-01 12:00", "chat", true)}, []time.Duration{2 * time.Hour, 3 * time.Hour}, 0},
		"only the first answer":          {[]Touch{in("2026-12-01 09:00", "email"), out("2026-12-01 10:00", "email", true), out("2026-12-01 16:00", "email", true)}, []time.Duration{time.Hour}, 0},
		"they rang, and we talked":       {[]Touch{in("2026-12-01 09:00", "phone")}, []time.Duration{0}, 0},
		"they rang, and nobody answered": {[]Touch{{At: at("2026-12-01 09:00"), Channel: "phone", Inbound: true}}, nil, 1},
		"recorded in another order":      {[]Touch{out("2026-12-01 10:00", "email", true), in("2026-12-01 09:00", "email")}, []time.Duration{time.Hour}, 0},
		"an answer still to come":        {[]Touch{in("2026-12-08 09:00", "email"), out("2026-12-09 10:00", "email", true)}, nil, 1},
	} {
		r := ResponseTimes(c.touches, cal, at("2026-12-08 17:00"))
		if !slices.Equal(r.Answered, c.answered) || len(r.Unanswered) != c.unanswered {
			t.Errorf("%s: answered %v, %d not; want %v, %d not", name, r.Answered, len(r.Unanswered), c.answered, c.unanswered)
		}
	}
}

func TestTheMedianAndTheSlowTailOfResponses(t *testing.T) {
	var r Responses
	if r.Median() != 0 || r.Slow() != 0 {
		t.Error("no answers have a median")
	}
	for h := 10; h >= 1; h-- {
		r.Add(Responses{Answered: []time.Duration{time.Duration(h) * time.Hour}})
	}
	if r.Median() != 5*time.Hour+30*time.Minute || r.Slow() != 9*time.Hour {
		t.Errorf("median %v, slow tail %v; want 5h30m and 9h", r.Median(), r.Slow())
	}
}
