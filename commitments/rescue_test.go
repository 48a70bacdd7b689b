package commitments

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rescuable is a promise of december's, with a history.
func rescuable(t *testing.T) *Promise {
	cal := warsaw(t)
	f := december(cal)
	p := &Promise{Calendar: cal, TeamCalendar: cal, Thresholds: &DefaultThresholds}
	p.ID, p.FirstDate, p.State, p.LastFact, p.NextReview = 7, f.Promise, NewAlertState(), f.MadeAt, f.MadeAt
	p.History = History{MadeAt: f.MadeAt, Dates: []PromiseDate{{
		Place: 1, Promise: f.Promise, PromiseTime: f.PromiseTime, Target: f.Target, DueAt: cal.End(f.Promise), ToldAt: f.MadeAt,
	}}}
	p.Facts, _ = p.History.AsOf(f.MadeAt, cal)
	return p
}

// does applies what must not be refused.
func (p *Promise) does(t *testing.T, c Change, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	p.Apply(c)
}

func (p *Promise) step(t *testing.T, at string, act RescueAct) {
	t.Helper()
	c, err := p.Rescue(on(p.Calendar, at), 1, RescueReport{Act: act, What: map[RescueAct]string{RescueMadeRight: "a month"}[act]})
	p.does(t, c, err)
}

// opened are when the rescues known at an instant were opened and closed.
func (p *Promise) opened(at string) string {
	var all []string
	for _, r := range p.History.Rescues(on(p.Calendar, at)) {
		text := p.clock(r.OpenedAt)
		if !r.Open() {
			text += " to " + p.clock(r.ClosedAt)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestAMissOpensARescue(t *testing.T) {
	at := func(p *Promise, s string) Instant { return on(p.Calendar, s) }
	for name, c := range map[string]struct {
		live func(p *Promise)
		want string // on 31 December
	}{
		"missed":        {func(*Promise) {}, "Sat 19 Dec 2026 00:00"},
		"kept":          {func(p *Promise) { c, err := p.Deliver(at(p, "2026-12-19 00:00"), 1); p.does(t, c, err) }, ""},
		"a minute late": {func(p *Promise) { c, err := p.Deliver(at(p, "2026-12-19 00:01"), 1); p.does(t, c, err) }, "Sat 19 Dec 2026 00:00"},
		"withdrawn":     {func(p *Promise) { c, err := p.Withdraw(at(p, "2026-12-18 12:00"), 1, "why"); p.does(t, c, err) }, ""},
		"moved in time": {func(p *Promise) {
			c, err := p.NewDate(at(p, "2026-12-18 12:00"), 1, DateReport{Promise: day("2027-01-15"), PromiseTime: -1, Why: "why", AskedBy: "us"})
			p.does(t, c, err)
		}, ""},
		"moved too late": {func(p *Promise) {
			c, err := p.NewDate(at(p, "2026-12-21 12:00"), 1, DateReport{Promise: day("2026-12-23"), PromiseTime: -1, Why: "why", AskedBy: "us"})
			p.does(t, c, err)
		}, "Sat 19 Dec 2026 00:00 to Thu 24 Dec 2026 00:00, Thu 24 Dec 2026 00:00"},
		"reopened after its date": {func(p *Promise) {
			c, err := p.Deliver(at(p, "2026-12-18 12:00"), 1)
			p.does(t, c, err)
			c, err = p.Reopen(at(p, "2026-12-22 12:00"), 1, "why")
			p.does(t, c, err)
		}, "Tue 22 Dec 2026 12:00"},
		"reopened before its date": {func(p *Promise) {
			c, err := p.Deliver(at(p, "2026-12-17 12:00"), 1)
			p.does(t, c, err)
			c, err = p.Reopen(at(p, "2026-12-18 12:00"), 1, "why")
			p.does(t, c, err)
		}, "Sat 19 Dec 2026 00:00"},
		"imported when overdue": {func(p *Promise) { p.History.OldBefore = at(p, "2026-12-20 12:00") }, ""},
		"imported when overdue, and reopened": {func(p *Promise) {
			p.History.OldBefore = at(p, "2026-12-20 12:00")
			c, err := p.Deliver(at(p, "2026-12-20 12:00"), 1)
			p.does(t, c, err)
			c, err = p.Reopen(at(p, "2026-12-22 12:00"), 1, "why")
			p.does(t, c, err)
		}, "Tue 22 Dec 2026 12:00"},
		"opened by a person": {func(p *Promise) { p.step(t, "2026-12-10 12:00", RescueOpened) },
			"Thu 10 Dec 2026 12:00 to Sat 19 Dec 2026 00:00, Sat 19 Dec 2026 00:00"},
		"a delivery recorded late": {func(p *Promise) {
			p.step(t, "2026-12-21 12:00", RescueOwned)
			c, err := p.Deliver(at(p, "2026-12-18 12:00"), 1)
			p.does(t, c, err)
		}, ""},
		"closed, then opened again": {func(p *Promise) {
			p.step(t, "2026-12-21 12:00", RescueClosed)
			p.step(t, "2026-12-21 12:00", RescueOpened)
		}, "Sat 19 Dec 2026 00:00 to Mon 21 Dec 2026 12:00, Mon 21 Dec 2026 12:00"},
	} {
		t.Run(name, func(t *testing.T) {
			p := rescuable(t)
			c.live(p)
			if got := p.opened("2026-12-31 12:00"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatARescueKnows(t *testing.T) {
	p := rescuable(t)
	p.step(t, "2026-12-21 10:00", RescueOwned)
	c, err := p.Call(on(p.Calendar, "2026-12-21 11:00"), 2, CallReport{Outcome: Slipping, DateBy: day("2026-12-23")})
	p.does(t, c, err)
	for _, r := range []RescueReport{
		{Act: RescueMadeRight, What: "a free month", Cost: Dollars(250), Reason: "supplier", Severity: "high"},
		{Act: RescueMadeRight, What: "two free months", Note: "they asked for it", Severity: "low"},
		{Act: RescueClosed, WonBack: verdict(true)},
	} {
		c, err := p.Rescue(on(p.Calendar, "2026-12-22 10:00"), 3, r)
		p.does(t, c, err)
	}
	all := p.History.Rescues(on(p.Calendar, "2026-12-31 12:00"))
	want := Rescue{
		Number: 1, OpenedAt: p.DueAt + 1, OwnedAt: on(p.Calendar, "2026-12-21 10:00"), OwnedBy: 1, CalledAt: on(p.Calendar, "2026-12-21 11:00"),
		MadeRightAt: on(p.Calendar, "2026-12-22 10:00"), ClosedAt: on(p.Calendar, "2026-12-22 10:00"),
		Note: "they asked for it", Reason: "supplier", Severity: "low", What: "two free months", Cost: Dollars(250), WonBack: verdict(true),
	}
	if len(all) != 1 || !reflect.DeepEqual(all[0], want) {
		t.Errorf("%+v\nwant %+v", all, want)
	}
	if early := p.History.Rescues(on(p.Calendar, "2026-12-21 10:30")); len(early) != 1 || early[0].CalledAt != 0 || early[0].OwnedAt == 0 || early[0].Reason != "" {
		t.Errorf("as of an earlier day %+v", early)
	}
}

func TestRescueStepsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		before []RescueAct // on Monday 21 December at 12:00
		at     string
		report RescueReport
		kind   error
		field  string
	}{
		"own, and none is open":         {nil, "2026-12-10 12:00", RescueReport{Act: RescueOwned}, ErrRefused, ""},
		"call, and none is open":        {nil, "2026-12-10 12:00", RescueReport{Act: RescueCalled}, ErrRefused, ""},
		"before the promise":            {nil, "2026-11-01 12:00", RescueReport{Act: RescueOpened}, ErrRefused, "at"},
		"open twice":                    {nil, "2026-12-21 12:00", RescueReport{Act: RescueOpened}, ErrRefused, ""},
		"own twice":                     {[]RescueAct{RescueOwned}, "2026-12-21 13:00", RescueReport{Act: RescueOwned}, ErrRefused, ""},
		"own after a call":              {[]RescueAct{RescueCalled}, "2026-12-21 13:00", RescueReport{Act: RescueOwned}, ErrRefused, ""},
		"make right what is closed":     {[]RescueAct{RescueClosed}, "2026-12-21 13:00", RescueReport{Act: RescueMadeRight, What: "x"}, ErrRefused, ""},
		"close before another step":     {[]RescueAct{RescueOwned}, "2026-12-21 11:00", RescueReport{Act: RescueClosed}, ErrRefused, "at"},
		"open before another step":      {[]RescueAct{RescueOwned}, "2026-12-17 11:00", RescueReport{Act: RescueOpened}, ErrRefused, "at"},
		"make right without saying how": {nil, "2026-12-21 13:00", RescueReport{Act: RescueMadeRight}, ErrInvalid, "what"},
		"a cost of nothing":             {nil, "2026-12-21 13:00", RescueReport{Act: RescueOwned, Cost: Dollars(5)}, ErrInvalid, "what"},
		"no such reason":                {nil, "2026-12-21 13:00", RescueReport{Act: RescueOwned, Reason: "weather"}, ErrInvalid, "reason"},
		"no such severity":              {nil, "2026-12-21 13:00", RescueReport{Act: RescueOwned, Severity: "awful"}, ErrInvalid, "severity"},
	} {
		t.Run(name, func(t *testing.T) {
			p := rescuable(t)
			for _, act := range c.before {
				p.step(t, "2026-12-21 12:00", act)
			}
			_, err := p.Rescue(on(p.Calendar, c.at), 1, c.report)
			var e *Error
			if !errors.Is(err, c.kind) || !errors.As(err, &e) || e.Field != c.field {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestClocksOfARescue sweeps a promise through the days after its miss, with what people
// do in between: who is told, and what meets which clock.
func TestClocksOfARescue(t *testing.T) {
	step := func(at string, act RescueAct) func(*Promise) { return func(p *Promise) { p.step(t, at, act) } }
	delivered := func(at string) func(*Promise) {
		return func(p *Promise) { c, err := p.Deliver(on(p.Calendar, at), 1); p.does(t, c, err) }
	}
	for name, c := range map[string]struct {
		days []any // when it is swept, and what is done
		want string
	}{
		"nobody does anything": {[]any{"2026-12-19 10:00", "2026-12-21 09:59", "2026-12-21 10:00", "2026-12-21 11:00", "2026-12-21 13:00", "2026-12-22 17:00", "2026-12-28 17:00"},
			"19 10:00 overdue, 21 10:00 own-backup, 21 11:00 call-backup own-manager, 21 13:00 call-manager, 22 17:00 make-right-backup, 28 17:00 make-right-manager"},
		"after downtime, the highest": {[]any{"2026-12-19 10:00", "2026-12-21 15:00", "2026-12-21 16:00", "2026-12-29 17:00"},
			"19 10:00 overdue, 21 15:00 call-manager, 29 17:00 make-right-manager"},
		"a call meets the first two": {[]any{"2026-12-19 10:00", step("2026-12-21 09:30", RescueCalled), "2026-12-21 13:00", "2026-12-22 17:00"},
			"19 10:00 overdue, 22 17:00 make-right-backup"},
		"making right meets all": {[]any{"2026-12-19 10:00", step("2026-12-21 09:30", RescueMadeRight), "2026-12-21 13:00", "2026-12-22 17:00"}, "19 10:00 overdue"},
		"closing ends them":      {[]any{"2026-12-19 10:00", step("2026-12-21 09:30", RescueClosed), "2026-12-21 13:00", "2026-12-22 17:00"}, "19 10:00 overdue"},
		"delivering stops them":  {[]any{"2026-12-19 10:00", delivered("2026-12-21 09:30"), "2026-12-21 13:00", "2026-12-22 17:00"}, "19 10:00 overdue"},
		"called before anybody was told": {[]any{step("2026-12-19 08:00", RescueCalled), "2026-12-19 10:00", "2026-12-21 13:00", "2026-12-22 17:00"},
			"22 17:00 make-right-backup"},
		"slipping holds the card and the clocks back": {[]any{func(p *Promise) {
			c, err := p.Call(on(p.Calendar, "2026-12-18 10:00"), 1, CallReport{Outcome: Slipping, DateBy: day("2026-12-22")})
			p.does(t, c, err)
		}, "2026-12-19 10:00", "2026-12-21 15:00", "2026-12-22 00:00", "2026-12-22 10:00"}, "22 00:00 overdue, 22 10:00 own-backup"},
		"opened by a person after the delivery": {[]any{delivered("2026-12-18 10:00"), step("2026-12-21 09:30", RescueOpened), "2026-12-21 10:00", "2026-12-21 11:00"},
			"21 10:00 rescue, 21 11:00 own-backup"},
		"opened by a person while it is overdue": {[]any{"2026-12-19 10:00", step("2026-12-21 09:00", RescueClosed), step("2026-12-21 09:30", RescueOpened), "2026-12-21 10:00", "2026-12-21 11:00"},
			"19 10:00 overdue, 21 10:00 rescue, 21 11:00 own-backup"},
		"of old news none": {[]any{func(p *Promise) {
			p.State.OldNews, p.History.OldBefore, p.Facts.OldBefore = true, p.DueAt, p.DueAt
		}, "2026-12-21 10:00", "2026-12-22 11:00"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, told := rescuable(t), []string{}
			for _, d := range c.days {
				if do, ok := d.(func(*Promise)); ok {
					do(p)
					continue
				}
				at := d.(string)
				f, _ := p.History.AsOf(on(p.Calendar, at), p.Calendar)
				r := p.Review(&f, on(p.Calendar, at))
				if says := tells(r); says != "" {
					told = append(told, at[len("2026-12-"):]+says)
				}
				p.State = r.Decision.State
			}
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// tells names what a look says must be told.
func tells(r Review) (says string) {
	if r.Decision.Opens != "" {
		says += " " + string(r.Decision.Opens)
	}
	if r.Rescued {
		says += " " + StepRescue
	}
	for _, c := range r.Clocks {
		says += " " + c.Step
	}
	return says
}

// After the call of a rescue the card stays quiet while it is open, and then for as long
// as "still on" would.
func TestTheCallOfARescueKeepsTheCardQuiet(t *testing.T) {
	p := rescuable(t)
	look := func(at string) Review {
		r := p.Review(&p.Facts, on(p.Calendar, at))
		p.State = r.Decision.State
		return r
	}
	look("2026-12-19 10:00")
	c, err := p.Rescue(on(p.Calendar, "2026-12-21 10:00"), 1, RescueReport{Act: RescueCalled})
	if err != nil || p.Apply(c) != Overdue {
		t.Fatalf("the call leaves the card open: %v", err)
	}
	if r := look("2026-12-28 10:00"); r.Decision.Opens != "" {
		t.Error("told again while the rescue is open")
	}
	p.step(t, "2026-12-28 12:00", RescueClosed)
	if r := look("2026-12-30 12:00"); r.Decision.Opens != "" || r.Next != on(p.Calendar, "2026-12-31 12:00") {
		t.Errorf("after it was closed %+v", r)
	}
	if r := look("2026-12-31 12:00"); r.Decision.Opens != Overdue || len(r.Clocks) != 0 || r.Rescued {
		t.Errorf("and nobody is told again: %+v", r)
	}
}

// Whatever happened, what is stored of the newest rescue, with the miss that time alone
// brings, is what the history says.
func TestTheStoredRescueIsThatOfTheHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		l.live(t, 12, func() {})
		h := &l.p.History
		at := Instant(rapid.Int64Range(int64(h.MadeAt), int64(l.p.LastFact)+int64(days400)/10).Draw(t, "at"))
		f, _ := h.AsOf(at, l.p.Calendar)
		var want rescueMarks
		if all := h.Rescues(at); len(all) > 0 {
			r := all[len(all)-1]
			want = rescueMarks{r.OpenedAt, r.OwnedAt, r.CalledAt, r.MadeRightAt, r.ClosedAt}
			for _, earlier := range all[:len(all)-1] {
				if earlier.Open() || earlier.ClosedAt > r.OpenedAt {
					t.Fatalf("two are open at once: %+v", all)
				}
			}
		}
		if got := f.rescueAt(at); got != want {
			t.Fatalf("at %s stored %+v, in the history %+v", at, got, want)
		}
	})
}
