package commitments

import (
	"errors"
	"testing"

	"kept/commitments/calendar"
)

// newPromise is number 7: promised on 30 November 2026 for Friday 18 December, with
// a target a week earlier.
func newPromise(t *testing.T) *Promise {
	cal := warsaw(t)
	p := &Promise{Calendar: cal, Thresholds: &DefaultThresholds}
	p.ID, p.State, p.FirstDate = 7, NewAlertState(), day("2026-12-18")
	f := december(cal)
	p.History = History{MadeAt: f.MadeAt, Dates: []PromiseDate{{
		Place: 1, Promise: f.Promise, PromiseTime: f.PromiseTime, Target: f.Target, DueAt: f.DueAt, ToldAt: f.MadeAt,
	}}}
	return p.fold()
}

func newUndated(t *testing.T) *Promise {
	p := newPromise(t)
	p.FirstDate, p.History.Dates, p.History.DateBy = 0, nil, day("2026-12-11")
	return p.fold()
}

func (p *Promise) fold() *Promise {
	p.LastFact = p.History.LastFact()
	p.Facts, _ = p.History.AsOf(p.LastFact, p.Calendar)
	return p
}

// must applies a change that is not refused.
func must(t *testing.T, p *Promise) func(Change, error) Stage {
	return func(c Change, err error) Stage {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p.Apply(c)
	}
}

func moved(to, askedBy string) DateReport {
	return DateReport{Promise: day(to), PromiseTime: calendar.NoClock, Why: "no steel", AskedBy: askedBy, ToldBy: 1}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	open := func(t *testing.T) *Promise { return newPromise(t) }
	delivered := func(t *testing.T) *Promise {
		p := newPromise(t)
		must(t, p)(p.Deliver(on(p.Calendar, "2026-12-10 00:00"), 1)) // "on 9 December", by its end
		return p
	}
	reopened := func(t *testing.T) *Promise {
		p := delivered(t)
		must(t, p)(p.Reopen(on(p.Calendar, "2026-12-14 10:00"), 1, "it leaks"))
		return p
	}
	waiting := func(t *testing.T) *Promise {
		p := newPromise(t)
		must(t, p)(p.Wait(on(p.Calendar, "2026-12-02 10:00"), 1, "papers"))
		return p
	}
	resumed := func(t *testing.T) *Promise {
		p := waiting(t)
		must(t, p)(p.Resume(on(p.Calendar, "2026-12-07 10:00"), 1))
		return p
	}
	call := func(r CallReport) func(*Promise, Instant) (Change, error) {
		return func(p *Promise, at Instant) (Change, error) { return p.Call(at, 1, r) }
	}
	newDate := func(r DateReport) func(*Promise, Instant) (Change, error) {
		return func(p *Promise, at Instant) (Change, error) { return p.NewDate(at, 1, r) }
	}
	deliver := func(p *Promise, at Instant) (Change, error) { return p.Deliver(at, 1) }
	reopen := func(p *Promise, at Instant) (Change, error) { return p.Reopen(at, 1, "it leaks") }
	checkIn := func(p *Promise, at Instant) (Change, error) { return p.CheckIn(at, 1, 100, "", "") }
	early := moved("2026-12-23", "us")
	early.Target = day("2026-12-24")
	for _, c := range []struct {
		name    string
		promise func(*testing.T) *Promise
		at      string
		do      func(*Promise, Instant) (Change, error)
		kind    error
		words   string
	}{
		{"before it was made", open, "2026-11-30 08:59", checkIn, ErrRefused, "at: that is before the promise was made, 2026-11-30T08:00:00Z"},
		{"delivered twice", delivered, "2026-12-11 10:00", deliver, ErrRefused, "promise 7 was delivered on Wed 9 Dec 2026; reopen it first"},
		{"delivered before it was made", open, "2026-11-29 10:00", deliver, ErrRefused, "at: that is before the promise was made, 2026-11-30T08:00:00Z"},
		{"delivered before it was reopened", reopened, "2026-12-11 10:00", deliver, ErrRefused, "at: promise 7 was reopened later, on Mon 14 Dec 2026: say a time after that"},
		{"open already", open, "2026-12-11 10:00", reopen, ErrRefused, "promise 7 is open already"},
		{"reopened before it was closed", delivered, "2026-12-09 23:59", reopen, ErrRefused, "at: that is before it was closed, 2026-12-09T23:00:00Z"},
		{"too much work", open, "2026-12-01 10:00", func(p *Promise, at Instant) (Change, error) { return p.CheckIn(at, 1, maxWork+1, "", "") }, ErrInvalid, "left: want 0 to 1000 working days"},
		{"still on when overdue", open, "2026-12-19 00:01", call(CallReport{Outcome: StillOn}), ErrRefused,
			"outcome: the promise, Fri 18 Dec 2026, is already over: it cannot be still on; agree a new date, or say slipping"},
		{"still on without a date", func(t *testing.T) *Promise { return newUndated(t) }, "2026-12-01 10:00", call(CallReport{Outcome: StillOn}), ErrRefused,
			"outcome: there is no date to confirm yet: agree one with new-date"},
		{"slipping without a day", open, "2026-12-01 10:00", call(CallReport{Outcome: Slipping}), ErrInvalid,
			"date-by: slipping needs the day by which we owe the customer a date: --date-by DATE"},
		{"slipping until the past", open, "2026-12-08 10:00", call(CallReport{Outcome: Slipping, DateBy: day("2026-12-07")}), ErrRefused,
			"date-by: Mon 7 Dec 2026 is over: we owe the customer a date in time to come"},
		{"no such outcome", open, "2026-12-01 10:00", call(CallReport{Outcome: "fine"}), ErrInvalid,
			`outcome: "fine" is not an outcome: write still-on, new-date, slipping or not-reached`},
		{"no new date", open, "2026-12-01 10:00", newDate(DateReport{Why: "no steel", AskedBy: "us"}), ErrInvalid, "promise: which date was agreed? --promise DATE"},
		{"no reason for a new date", open, "2026-12-01 10:00", newDate(DateReport{Promise: day("2026-12-23"), AskedBy: "us"}), ErrInvalid, "why: say why the date moves: --why TEXT"},
		{"nobody asked", open, "2026-12-01 10:00", newDate(moved("2026-12-23", "them")), ErrInvalid, `asked-by: "them": write us or customer`},
		{"new date in the past", open, "2026-12-10 10:00", newDate(moved("2026-12-09", "us")), ErrRefused, "promise: Wed 9 Dec 2026 is already over: a new date lies ahead"},
		{"the same date", open, "2026-12-10 10:00", newDate(moved("2026-12-18", "us")), ErrRefused, "promise: Fri 18 Dec 2026 is the date the customer has already"},
		{"target after the new date", open, "2026-12-10 10:00", newDate(early), ErrRefused, "target: Thu 24 Dec 2026 is after the promise, Wed 23 Dec 2026"},
		{"waiting twice", waiting, "2026-12-03 10:00", func(p *Promise, at Instant) (Change, error) { return p.Wait(at, 1, "more") }, ErrRefused, "promise 7 waits already, for papers"},
		{"waiting for nothing", open, "2026-12-03 10:00", func(p *Promise, at Instant) (Change, error) { return p.Wait(at, 1, "") }, ErrInvalid, "for: say what we wait for: --for TEXT"},
		{"not waiting", open, "2026-12-03 10:00", func(p *Promise, at Instant) (Change, error) { return p.Resume(at, 1) }, ErrRefused, "promise 7 did not wait for the customer then"},
		{"waited before the last wait was over", resumed, "2026-12-04 10:00", func(p *Promise, at Instant) (Change, error) { return p.Wait(at, 1, "more") }, ErrRefused, "at: promise 7 was resumed later, on Mon 7 Dec 2026: say a time after that"},
		{"withdrawn without a word", open, "2026-12-03 10:00", func(p *Promise, at Instant) (Change, error) { return p.Withdraw(at, 1, "") }, ErrInvalid, "why: say why the promise is withdrawn: --why TEXT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.promise(t)
			_, err := c.do(p, on(p.Calendar, c.at))
			if !errors.Is(err, c.kind) || err.Error() != c.words {
				t.Errorf("%v\nwant %s (%v)", err, c.words, c.kind)
			}
		})
	}
}

func TestNewDateKeepsThePaddingInDays(t *testing.T) {
	for _, c := range []struct {
		name, at, to, target string
		change               func(*Promise)
	}{
		{"a week later", "2026-12-10 10:00", "2026-12-23", "2026-12-16", nil},
		{"over holidays", "2026-12-10 10:00", "2026-12-29", "2026-12-18", nil},
		{"never before the day of the call", "2026-12-17 10:00", "2026-12-21", "2026-12-17", nil},
		{"sooner than promised", "2026-12-02 10:00", "2026-12-14", "2026-12-07", nil},
		{"padding 0 stays 0", "2026-12-10 10:00", "2026-12-24", "2026-12-24", func(p *Promise) { p.History.Dates[0].Target = p.Promise }},
		{"no target, none made up", "2026-12-10 10:00", "2026-12-23", "", func(p *Promise) { p.History.Dates[0].Target = 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPromise(t)
			if c.change != nil {
				c.change(p)
				p.fold()
			}
			planned := moved(c.to, "us")
			planned.Why = "" // nobody has said yet
			plan, err := p.PlanNewDate(on(p.Calendar, c.at), planned)
			if err != nil || plan.Target != day(c.target) || plan.Promise != day(c.to) || len(plan.Skipped) != len(p.Calendar.Skipped(day(c.target), day(c.to))) && c.target != "" {
				t.Errorf("planned: %+v, %v; want target %s", plan, err, c.target)
			}
			must(t, p)(p.NewDate(on(p.Calendar, c.at), 1, moved(c.to, "us")))
			if p.Target != day(c.target) || p.Promise != day(c.to) || p.DueAt != p.Calendar.End(day(c.to)) {
				t.Errorf("target %s, promise %s, due %s; want target %s", p.Target, p.Promise, p.DueAt, c.target)
			}
			if p.FirstDate != day("2026-12-18") || p.History.Dates[0].Promise != p.FirstDate || p.History.Dates[0].ReplacedAt != on(p.Calendar, c.at) {
				t.Errorf("first date %s, kept as %+v", p.FirstDate, p.History.Dates[0])
			}
		})
	}
}

func TestNewDateWithTargetAndTime(t *testing.T) {
	p := newPromise(t)
	r := moved("2026-12-23", "customer")
	r.Target, r.PromiseTime = day("2026-12-22"), 15*60
	must(t, p)(p.NewDate(on(p.Calendar, "2026-12-10 10:00"), 1, r))
	if p.Target != day("2026-12-22") || p.DueAt != on(p.Calendar, "2026-12-23 15:00") || *p.PaddingDays != 1 {
		t.Errorf("target %s, due %s, padding %d", p.Target, p.DueAt, *p.PaddingDays)
	}
	must(t, p)(p.NewDate(on(p.Calendar, "2026-12-11 10:00"), 1, moved("2026-12-23", "customer")))
	if p.PromiseTime != calendar.NoClock || p.DueAt != p.Calendar.End(day("2026-12-23")) {
		t.Errorf("without a time the new date ends with the day, not at %s", p.DueAt)
	}
}

func TestFirstDateOfAnUndatedPromise(t *testing.T) {
	p := newUndated(t)
	p.Padding = []Source{{"customer Acme", rule(t, "2d")}}
	must(t, p)(p.NewDate(on(p.Calendar, "2026-12-10 10:00"), 1, moved("2026-12-23", "us")))
	if p.FirstDate != day("2026-12-23") || p.Target != day("2026-12-21") || p.DateBy != 0 || p.Undated() {
		t.Errorf("first date %s, target %s, date by %s", p.FirstDate, p.Target, p.DateBy)
	}
	if _, err := p.NewDate(on(p.Calendar, "2026-12-09 10:00"), 1, moved("2026-12-29", "us")); !errors.Is(err, ErrRefused) {
		t.Errorf("a date slipped in before the first: %v", err)
	}
}

func TestStillOnUpToTheDueInstant(t *testing.T) {
	p := newPromise(t)
	must(t, p)(p.Call(p.DueAt, 1, CallReport{Outcome: StillOn}))
	if p.StillOnAt != p.DueAt {
		t.Errorf("still on at %s", p.StillOnAt)
	}
}

// What a call deals with, by the alert that is open.
func TestCallsClearAlerts(t *testing.T) {
	slipping := CallReport{Outcome: Slipping, DateBy: day("2026-12-22")}
	dated := CallReport{Outcome: NewDate, Date: moved("2026-12-23", "us")}
	for _, c := range []struct {
		open   Stage
		call   CallReport
		clears bool
	}{
		{AtRisk, CallReport{Outcome: StillOn}, true}, {AtRisk, slipping, true}, {AtRisk, dated, true}, {AtRisk, CallReport{Outcome: NotReached}, false},
		{Overdue, slipping, true}, {Overdue, dated, true}, {Overdue, CallReport{Outcome: NotReached}, false},
		{Watch, CallReport{Outcome: StillOn}, false}, {Watch, slipping, false}, {Watch, dated, false},
	} {
		p := newPromise(t)
		p.State.Alerted = c.open
		closes := must(t, p)(p.Call(on(p.Calendar, "2026-12-16 10:00"), 1, c.call))
		if (closes == c.open) != c.clears || (p.State.Alerted == "") != c.clears {
			t.Errorf("%s with %s open closes %q, leaves %+v", c.call.Outcome, c.open, closes, p.State)
		}
	}
}

func TestClosingClearsEveryAlert(t *testing.T) {
	for _, open := range []Stage{Watch, AtRisk, Overdue} {
		p := newPromise(t)
		p.State.Alerted = open
		if closes := must(t, p)(p.Deliver(on(p.Calendar, "2026-12-10 10:00"), 1)); closes != open {
			t.Errorf("delivery closes %q, want %s", closes, open)
		}
	}
}

func TestReopenAndNewDateMakeNewsAgain(t *testing.T) {
	p := newPromise(t)
	p.State.OldNews = true
	must(t, p)(p.Deliver(on(p.Calendar, "2026-12-21 10:00"), 1))
	if !p.State.OldNews {
		t.Error("a delivery is no news")
	}
	must(t, p)(p.Reopen(on(p.Calendar, "2026-12-22 10:00"), 1, "it leaks"))
	r := Look(&p.Facts, p.State, p.Thresholds, p.Calendar, on(p.Calendar, "2026-12-22 10:00"))
	if r.Stage != Overdue || r.Decision.Opens != Overdue || r.Decision.State.Episode != 2 {
		t.Errorf("reopened past due: %s, %+v; want overdue at once, in a new episode", r.Stage, r.Decision)
	}
	q := newPromise(t)
	q.State.OldNews = true
	must(t, q)(q.NewDate(on(q.Calendar, "2026-12-21 10:00"), 1, moved("2026-12-23", "us")))
	if q.State.OldNews || !q.State.Settled {
		t.Errorf("after a new date: %+v", q.State)
	}
}

func TestApplyLooksAgainAtTheFact(t *testing.T) {
	p := newPromise(t)
	at := on(p.Calendar, "2026-12-10 10:00")
	for _, next := range []Instant{0, at + 1} {
		p.NextReview = next
		if must(t, p)(p.CheckIn(at, 1, 100, "", "")); p.NextReview != at {
			t.Errorf("next review %s, want the fact's instant %s", p.NextReview, at)
		}
	}
	p.NextReview = at - 1
	if must(t, p)(p.CheckIn(at, 1, 100, "", "")); p.NextReview != at-1 {
		t.Errorf("next review %s, want the earlier one kept", p.NextReview)
	}
	if p.Version != 3 || p.LastFact != at {
		t.Errorf("version %d, last fact %s", p.Version, p.LastFact)
	}
}
