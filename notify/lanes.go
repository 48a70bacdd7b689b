package notify

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"kept/commitments/calendar"

	"golang.org/x/time/rate"
)

// lanes keep the pace of each channel, and of each method that Slack has told us to
// leave alone for a while. The zero lanes, with every set, are ready for use.
type lanes struct {
	every rate.Limit // messages a second to one channel

	mu   sync.Mutex
	open map[string]*lane
}

type lane struct {
	limit  *rate.Limiter
	queued int       // put back since the last one went
	asked  time.Time // when one last wanted to go
	until  time.Time // nothing goes before then
	why    verdict
	since  calendar.Instant // when it first was stopped for that
}

func (l *lanes) lane(name string) *lane {
	if l.open == nil {
		l.open = map[string]*lane{}
	}
	if l.open[name] == nil {
		l.open[name] = &lane{limit: rate.NewLimiter(l.every, 1)}
	}
	return l.open[name]
}

// hold stops a lane for a while, and reports whether that is news.
func (l *lanes) hold(name string, v verdict, d time.Duration) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.lane(name)
	news = a.why.code != v.code
	if news {
		a.since = calendar.InstantOf(time.Now())
	}
	a.until, a.why = time.Now().Add(d), v
	return news
}

// held says why a lane is stopped, and for how much longer; accepted if it is not.
func (l *lanes) held(name string) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.open[name]
	if a == nil || a.why.ok() {
		return verdict{}
	}
	left := time.Until(a.until)
	if left <= 0 {
		return verdict{}
	}
	v := a.why
	v.after = left
	return v
}

// clear notes that a lane takes messages, and reports whether that is news.
func (l *lanes) clear(name string) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.lane(name)
	news = a.why.class == shut
	a.why = verdict{}
	return news
}

// shut lists the channels that take nothing, by name.
func (l *lanes) shut() []BlockedDestination {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []BlockedDestination{}
	for name, a := range l.open {
		if a.why.class == shut {
			list = append(list, BlockedDestination{name, a.why.code, a.since})
		}
	}
	slices.SortFunc(list, func(a, b BlockedDestination) int { return cmp.Compare(a.Place, b.Place) })
	return list
}

// enter takes the lane's next place. If it is not free yet, the message has to be
// put back: the verdict says for how long, so that those put back come one by one.
func (l *lanes) enter(name string) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, now := l.lane(name), time.Now()
	a.asked = now
	r := a.limit.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		a.queued = 0
		return verdict{}
	}
	r.CancelAt(now)
	wait += time.Duration(float64(a.queued) / float64(l.every) * float64(time.Second))
	a.queued++
	return verdict{class: paced, code: "paced", after: min(wait, maxWait)} // the ledger takes a longer one for a clock that was set back
}

// yield takes the lane's next place if it is free, and nobody who was put back still waits
// for it: else the verdict says for how long that may be so, and no place is kept.
func (l *lanes) yield(name string) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, step := l.lane(name), time.Duration(float64(time.Second)/float64(l.every))
	others := step * time.Duration(a.queued)
	if time.Since(a.asked) > others+lookForEdits { // they have gone another way
		others = 0
	}
	if others == 0 && a.limit.Allow() {
		return verdict{}
	}
	return verdict{class: paced, code: "paced", after: min(others+step, maxWait)}
}
