package commitments

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kept/commitments/calendar"
)

// life is a promise that lives through random days: each applied change, and each
// look the sweep takes.
type life struct {
	p      Promise
	swept  Instant
	log    []string // what every look opened and closed
	opened map[string]bool
	often  bool // look every hour as well
}

func drawLife(t *rapid.T) *life {
	base := drawBase(t)
	cal := drawCalendar(t, base)
	f := Facts{MadeAt: drawNear(t, cal, base, -1, 0, "made"), PromiseTime: calendar.NoClock}
	l := &life{opened: map[string]bool{}}
	l.p.ID, l.p.Calendar, l.p.TeamCalendar, l.p.Thresholds, l.p.State = 7, cal, cal, &DefaultThresholds, NewAlertState()
	l.p.State.OldNews = rapid.IntRange(0, 9).Draw(t, "old news") == 0
	h := &l.p.History
	h.MadeAt = f.MadeAt
	if rapid.IntRange(0, 3).Draw(t, "dated?") == 0 {
		h.DateBy = base + Date(rapid.IntRange(0, 20).Draw(t, "date by"))
	} else {
		drawDates(t, &f, cal, base+3)
		h.Dates = []PromiseDate{{Place: 1, Promise: f.Promise, PromiseTime: f.PromiseTime, Target: f.Target, DueAt: f.DueAt, ToldAt: f.MadeAt}}
		l.p.FirstDate = f.Promise
	}
	if l.p.State.OldNews {
		h.OldBefore = f.DueAt
	}
	l.p.Facts, _ = h.AsOf(h.MadeAt, cal)
	l.p.LastFact, l.p.NextReview, l.swept = h.MadeAt, h.MadeAt, h.MadeAt
	return l
}

// step is one thing that somebody tries, a while after the one before.
type step struct {
	at Instant // some are recorded late
	do func(p *Promise, at Instant) (Change, error)
}

func drawStep(t *rapid.T, cal *calendar.Calendar, clock Instant) step {
	at := clock
	if rapid.IntRange(0, 3).Draw(t, "recorded late?") == 0 {
		at -= Instant(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes late")) * time.Minute / time.Microsecond)
	}
	ahead := cal.Today(clock) + Date(rapid.IntRange(-1, 25).Draw(t, "ahead"))
	dated := DateReport{Promise: ahead, PromiseTime: calendar.NoClock, Why: "why", ToldBy: 1,
		AskedBy: rapid.SampledFrom([]string{"us", "customer"}).Draw(t, "asked by")}
	switch rapid.IntRange(0, 17).Draw(t, "step") {
	case 14, 15, 16, 17:
		act := rapid.SampledFrom([]RescueAct{RescueOpened, RescueOwned, RescueCalled, RescueMadeRight, RescueClosed}).Draw(t, "rescue")
		r := RescueReport{Act: act, WonBack: verdict(true)}
		if act == RescueMadeRight {
			r.What = "a month"
		}
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Rescue(at, 1, r) }}
	case 0, 1:
		work := Days(rapid.IntRange(0, 2500).Draw(t, "left"))
		blocked := rapid.SampledFrom([]string{"", "", "no steel"}).Draw(t, "blocked")
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.CheckIn(at, 1, work, blocked, "") }}
	case 2, 3, 4, 5:
		r := CallReport{Date: dated, DateBy: ahead, Outcome: rapid.SampledFrom([]Outcome{StillOn, NewDate, Slipping, NotReached}).Draw(t, "outcome")}
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Call(at, 1, r) }}
	case 6:
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.NewDate(at, 1, dated) }}
	case 7:
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Deliver(at, 1) }}
	case 8:
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Withdraw(at, 1, "why") }}
	case 9:
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Reopen(at, 1, "why") }}
	case 10:
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Wait(at, 1, "papers") }}
	case 11, 12:
		until := at.Add(time.Duration(rapid.IntRange(1, 48*60).Draw(t, "until")) * time.Minute)
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Snooze(at, 1, until, "why") }}
	}
	if rapid.Bool().Draw(t, "resume?") {
		return step{at, func(p *Promise, at Instant) (Change, error) { return p.Resume(at, 1) }}
	}
	return step{at, func(p *Promise, at Instant) (Change, error) { return p.Ack(at, 1) }}
}

// sweepTo takes every look that is due up to an instant, at the instant it is due,
// or now where something recorded late makes it due in the past.
func (l *life) sweepTo(t *rapid.T, clock Instant) {
	const hour = Instant(3600 * 1e6)
	for {
		next := l.p.NextReview
		if hourly := (l.swept/hour + 1) * hour; l.often && (next == 0 || hourly < next) {
			next = hourly
		}
		if next == 0 || next > clock {
			l.swept = clock
			return
		}
		l.swept = max(l.swept, next)
		l.look(t, l.swept)
	}
}

func (l *life) look(t *rapid.T, now Instant) {
	before := l.p.State
	r := l.p.Review(&l.p.Facts, now)
	l.p.State, l.p.NextReview = r.Decision.State, r.Next
	if before.Episode > l.p.State.Episode || r.Next != 0 && r.Next <= now {
		t.Fatalf("at %s %+v, next look %s, from %+v", now, r.Decision, r.Next, before)
	}
	if d := r.Decision; d.Opens != "" || d.Closes != "" {
		l.log = append(l.log, fmt.Sprintf("%s opens %q of episode %d, closes %q", now, d.Opens, d.State.Episode, d.Closes))
	}
	if says := tells(r); r.Rescued || len(r.Clocks) > 0 {
		l.log = append(l.log, fmt.Sprintf("%s tells%s", now, says))
		l.mayRescue(t, now, r)
	}
	if r.Rung.Step != "" || r.Lost != 0 {
		l.log = append(l.log, fmt.Sprintf("%s takes %q, %d dates lost", now, r.Rung.Step, r.Lost))
	}
	if r.Decision.Opens != "" {
		l.mayOpen(t, now, r.Decision)
	}
	if r.Rung.Step != "" {
		l.mayClimb(t, now, r)
	}
}

// mayRescue checks what is told of a rescue against what is known of it.
func (l *life) mayRescue(t *rapid.T, now Instant, r Review) {
	all := l.p.History.Rescues(now)
	if len(all) == 0 || !all[len(all)-1].Open() {
		t.Fatalf("at %s%s, and no rescue is open: %+v", now, tells(r), all)
	}
	last := all[len(all)-1]
	for _, c := range r.Clocks {
		met := map[string]bool{ClockOwn: last.OwnedAt != 0, ClockCall: last.CalledAt != 0, ClockMakeRight: last.MadeRightAt != 0}[ClockOf(c.Step)]
		if met || c.At > now || c.At <= r.Decision.State.RescueClockAt {
			t.Fatalf("at %s %s of %s, of %+v whose clock began %s", now, c.Step, c.At, last, r.Decision.State.RescueClockAt)
		}
		key := fmt.Sprint(last.OpenedAt, r.Decision.State.RescueClockAt, c.Step) // it starts anew if a delivery is taken back
		if l.opened[key] {
			t.Fatalf("at %s %s again", now, c.Step)
		}
		l.opened[key] = true
	}
}

// mayClimb checks a step of a ladder against what it stands on.
func (l *life) mayClimb(t *rapid.T, now Instant, r Review) {
	switch s := &r.Decision.State; {
	case s.Alerted != AtRisk || r.Stage != AtRisk || now > l.p.DueAt:
		t.Fatalf("at %s %s of a promise %s, alerted %q", now, r.Rung.Step, r.Stage, s.Alerted)
	case r.Rung.At <= s.AlertedAt || r.Rung.At > now:
		t.Fatalf("at %s %s of %s, and the card opened %s", now, r.Rung.Step, r.Rung.At, s.AlertedAt)
	case l.p.CalledAt > s.AlertedAt:
		t.Fatalf("at %s %s, and they were called at %s", now, r.Rung.Step, l.p.CalledAt)
	}
}

// mayOpen checks an alert against what was said before it.
func (l *life) mayOpen(t *rapid.T, now Instant, d Decision) {
	key, f := fmt.Sprint(d.Opens, d.State.Episode), &l.p.Facts
	switch {
	case l.opened[key]:
		t.Fatalf("at %s the same fact again: %s", now, key)
	case f.Closed():
		t.Fatalf("at %s %s of a closed promise", now, d.Opens)
	case d.Opens == Overdue && d.State.OldNews:
		t.Fatalf("at %s old news", now)
	case d.Opens != Watch && f.SlippingAt != 0 && now < l.p.Calendar.Start(f.DateBy):
		t.Fatalf("at %s %s, and the customer was told that it slips until %s", now, d.Opens, f.DateBy)
	case d.Opens == AtRisk && f.StillOnAt != 0 && now < l.p.Calendar.NextOpening(f.StillOnAt):
		t.Fatalf("at %s at risk, and it was still on at %s", now, f.StillOnAt)
	case d.Opens == Watch && d.State.AsksNothing:
		t.Fatalf("at %s asks after a fall", now)
	}
	l.opened[key] = true
}

// live goes through steps and reports the changes that were applied.
func (l *life) live(t *rapid.T, steps int, always func()) (applied []Change) {
	clock := l.p.MadeAt
	for range steps {
		clock = clock.Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(t, "minutes")) * time.Minute)
		l.sweepTo(t, clock)
		s := drawStep(t, l.p.Calendar, clock)
		before := l.p
		c, err := s.do(&l.p, s.at)
		if !reflect.DeepEqual(before, l.p) {
			t.Fatalf("%s changed the promise before it was applied", c.Event)
		}
		if err == nil {
			l.p.Apply(c)
			l.tookEffect(t, c)
			applied = append(applied, c)
			l.sweepTo(t, clock)
		}
		always()
	}
	l.sweepTo(t, clock+days400/4)
	return applied
}

// tookEffect checks that what was not refused is so, also if it was recorded late.
func (l *life) tookEffect(t *rapid.T, c Change) {
	f := &l.p.Facts
	var is bool
	switch c.Event {
	case "delivered":
		is = f.DeliveredAt == c.At
	case "withdrawn":
		is = f.WithdrawnAt == c.At
	case "reopened":
		is = !f.Closed()
	case "waiting":
		is = f.WaitingSince == c.At
	case "rescue-opened", "rescue-owned", "rescue-called", "rescue-made-right", "rescue-closed":
		is = l.p.rescued(c.Rescue)
	case "resumed":
		is = f.WaitingSince == 0
	default:
		is = c.Date == nil || f.Promise == c.Date.Promise && f.NewDateAt == c.At
	}
	if !is {
		t.Fatalf("%s at %s came to nothing: %+v", c.Event, c.At, f)
	}
}

// rescued reports whether a step is one of some rescue.
func (p *Promise) rescued(s *RescueStep) bool {
	return slices.ContainsFunc(p.History.Rescues(p.History.LastFact()), func(r Rescue) bool {
		return s.At == map[RescueAct]Instant{RescueOpened: r.OpenedAt, RescueOwned: r.OwnedAt, RescueCalled: r.CalledAt, RescueMadeRight: r.MadeRightAt, RescueClosed: r.ClosedAt}[s.Act] ||
			(s.Act == RescueCalled || s.Act == RescueMadeRight) && s.At >= r.OpenedAt && (r.Open() || s.At < r.ClosedAt)
	})
}

func TestLifeKeepsTheSchemasPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		first := l.p.FirstDate
		l.live(t, 12, func() {
			p := &l.p
			switch {
			case p.Promise == 0 && p.DateBy == 0:
				t.Fatal("neither a promise date nor a date-by")
			case p.Promise != 0 && p.Target > p.Promise:
				t.Fatalf("target %s after promise %s", p.Target, p.Promise)
			case p.PromiseTime >= 0 && p.Promise == 0:
				t.Fatal("a time of no day")
			case p.DeliveredAt != 0 && (p.WithdrawnAt != 0 || p.DeliveredAt < p.MadeAt):
				t.Fatalf("delivered %s, withdrawn %s, made %s", p.DeliveredAt, p.WithdrawnAt, p.MadeAt)
			case p.WorkLeft < 0 || p.WorkLeftAt == 0 && p.WorkLeft != 0:
				t.Fatalf("work left %s at %s", p.WorkLeft, p.WorkLeftAt)
			case p.LastFact != p.History.LastFact():
				t.Fatalf("last fact %s, in the history %s", p.LastFact, p.History.LastFact())
			case first != 0 && p.FirstDate != first:
				t.Fatalf("first date %s became %s", first, p.FirstDate)
			case len(p.History.Dates) > 0 && p.FirstDate != p.History.Dates[0].Promise:
				t.Fatalf("first date %s, in the history %s", p.FirstDate, p.History.Dates[0].Promise)
			}
		})
	})
}

// Whatever else is looked at in between, the looks that a promise asks for are
// enough: the same alerts open and close at the same instants.
func TestLifeLookingMoreOftenChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seldom := drawLife(t)
		often := &life{p: seldom.p, swept: seldom.swept, often: true, opened: map[string]bool{}}
		often.p.History.Dates = slices.Clone(seldom.p.History.Dates)
		clock := seldom.p.MadeAt
		for range 5 {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(t, "minutes")) * time.Minute)
			s := drawStep(t, seldom.p.Calendar, clock)
			for _, l := range []*life{seldom, often} {
				l.sweepTo(t, clock)
				if c, err := s.do(&l.p, s.at); err == nil {
					l.p.Apply(c)
					l.sweepTo(t, clock)
				}
			}
		}
		seldom.sweepTo(t, clock+days400/8)
		often.sweepTo(t, clock+days400/8)
		if !slices.Equal(seldom.log, often.log) {
			t.Fatalf("asked for:\n%q\nevery hour as well:\n%q", seldom.log, often.log)
		}
	})
}

func TestLifeReplayed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		again := l.p
		again.History.Dates = slices.Clone(l.p.History.Dates)
		changes := l.live(t, 12, func() {})
		for _, c := range changes {
			again.Apply(c)
		}
		if !reflect.DeepEqual(again.Facts, l.p.Facts) || !reflect.DeepEqual(again.History, l.p.History) || again.Version != l.p.Version {
			t.Fatalf("%+v\nreplayed %+v", l.p.Commitment, again.Commitment)
		}
		if f, _ := again.History.AsOf(again.LastFact, again.Calendar); f != l.p.Facts {
			t.Fatalf("%+v\nas of its last fact %+v", l.p.Facts, f)
		}
	})
}

func TestLifeAsOfKnowsNothingLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		l.live(t, 12, func() {})
		h, cal := &l.p.History, l.p.Calendar
		at := Instant(rapid.Int64Range(int64(h.MadeAt), int64(l.p.LastFact)).Draw(t, "at"))
		f, _ := h.AsOf(at, cal)
		cut := h.until(at)
		if g, _ := cut.AsOf(at, cal); f != g {
			t.Fatalf("as of %s %+v\nwithout what came later %+v", at, f, g)
		}
		if next := h.Following(at); next != 0 {
			if g, _ := h.AsOf(next-1, cal); f != g {
				t.Fatalf("as of %s %+v\nyet before the next fact, %s, %+v", at, f, next, g)
			}
		}
		if _, made := h.AsOf(h.MadeAt-1, cal); made {
			t.Fatal("known before it was made")
		}
	})
}

// until is the history without what came after an instant.
func (h *History) until(at Instant) History {
	cut := History{MadeAt: h.MadeAt, DateBy: h.DateBy, OldBefore: h.OldBefore}
	for _, d := range h.Dates {
		if d.ToldAt <= at {
			cut.Dates = append(cut.Dates, d)
		}
	}
	for _, c := range h.CheckIns {
		if c.At <= at {
			cut.CheckIns = append(cut.CheckIns, c)
		}
	}
	for _, c := range h.Touches {
		if c.At <= at {
			cut.Touches = append(cut.Touches, c)
		}
	}
	for _, c := range h.Turns {
		if c.At <= at {
			cut.Turns = append(cut.Turns, c)
		}
	}
	for _, c := range h.RescueSteps {
		if c.At <= at {
			cut.RescueSteps = append(cut.RescueSteps, c)
		}
	}
	return cut
}
