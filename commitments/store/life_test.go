package store_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"

	"pgregory.net/rapid"
)

// lived is a promise that lives through random weeks in a database, with others before it.
type lived struct {
	*home
	clock    calendar.Instant // when the next thing is recorded
	customer string
	id       commitments.ID
	key      string           // what an import calls the promise
	tokens   []string         // of surveys
	earliest calendar.Instant // at which the present step says that anything happened
	log      []string
}

// acts are what a promise can undergo, by the method of Store that does it. Of a method
// that takes several forms each has a share.
var acts = map[string]func(*rapid.T, *lived) error{
	"CheckIn": func(t *rapid.T, l *lived) error {
		return second(l.CheckIn(l.ctx, l.op(t), store.CheckIn{Left: oneOf(t, "left", "0", "0.5", "3", "12"), Blocked: oneOf(t, "blocked", "", "", "no steel"), Note: oneOf(t, "note", "", "soon")}))
	},
	"Call": func(t *rapid.T, l *lived) error {
		in := store.Call{Outcome: oneOf(t, "outcome", "still-on", "new-date", "slipping", "not-reached"), Note: oneOf(t, "note", "", "they are calm")}
		switch in.Outcome {
		case "new-date":
			in.NewDate = l.drawDate(t)
		case "slipping":
			in.DateBy = l.drawDay(t, "date by")
		}
		return second(l.Call(l.ctx, l.op(t), in))
	},
	"NewDate": func(t *rapid.T, l *lived) error { return second(l.NewDate(l.ctx, l.op(t), l.drawDate(t))) },
	"Deliver": func(t *rapid.T, l *lived) error { return second(l.Deliver(l.ctx, l.op(t))) },
	"Withdraw": func(t *rapid.T, l *lived) error {
		if rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
			return nil
		}
		return second(l.Withdraw(l.ctx, l.op(t), "they cancelled"))
	},
	"Reopen": func(t *rapid.T, l *lived) error { return second(l.Reopen(l.ctx, l.op(t), "it broke")) },
	"Wait":   func(t *rapid.T, l *lived) error { return second(l.Wait(l.ctx, l.op(t), oneOf(t, "for", "", "papers"))) },
	"Ack": func(t *rapid.T, l *lived) error {
		l.alarm()
		return second(l.Ack(l.ctx, l.home.op(number(l.id), l.clock.String())))
	},
	"Snooze": func(t *rapid.T, l *lived) error {
		l.alarm()
		return second(l.Snooze(l.ctx, l.op(t), l.clock.Add(20*time.Hour).String(), "they are at a fair"))
	},
	"EditPromise": func(t *rapid.T, l *lived) error {
		in := store.PromiseEdit{}
		for _, f := range []struct {
			into   **string
			values []string
		}{
			{&in.Title, []string{"Login", "Ramp"}}, {&in.Words, []string{"", "by Friday"}}, {&in.Link, []string{"", "https://example.com/1"}}, {&in.DoneMeans, []string{"", "it opens"}},
			{&in.Price, []string{"", "0", "12.50"}}, {&in.Value, []string{"", "1500"}}, {&in.Kind, []string{"", "SSO"}}, {&in.Team, []string{"", "Core", "Web"}},
			{&in.UpdateEvery, []string{"", "5d"}}, {&in.Target, []string{"", l.drawDay(t, "target")}}, {&in.DateBy, []string{l.drawDay(t, "date by")}},
		} {
			if rapid.IntRange(0, 4).Draw(t, "edited?") == 0 {
				*f.into = new(oneOf(t, "value", f.values...))
			}
		}
		return second(l.EditPromise(l.ctx, l.op(t), in))
	},
	"HandOver": func(t *rapid.T, l *lived) error {
		return second(l.HandOver(l.ctx, l.op(t), oneOf(t, "to", "Ada", "Bo"), "see the plan"))
	},
	"Touch": func(t *rapid.T, l *lived) error {
		op := l.op(t)
		return second(l.Touch(l.ctx, store.TouchInput{By: op.By, Commitment: op.Ref, At: op.At, Channel: oneOf(t, "channel", "email", "chat"),
			Inbound: rapid.Bool().Draw(t, "in"), NotReached: rapid.Bool().Draw(t, "not reached"), Note: "a word"}))
	},
	"Survey": func(t *rapid.T, l *lived) error {
		op := l.op(t)
		if rapid.Bool().Draw(t, "today") { // else the link is too old to be answered
			op.At = ""
		}
		asked, err := l.Survey(l.ctx, op, "")
		if err == nil {
			l.tokens = append(l.tokens, asked.Token)
		}
		return err
	},
	"AnswerSurvey": func(t *rapid.T, l *lived) error {
		if len(l.tokens) == 0 {
			return nil
		}
		return l.AnswerSurvey(l.ctx, oneOf(t, "token", l.tokens...), store.Rating{Rating: "5", Comment: "thank you"})
	},
	"Rate": func(t *rapid.T, l *lived) error {
		return second(l.Rate(l.ctx, l.op(t), store.Rating{Rating: oneOf(t, "rating", "1", "4"), Comment: "so so"}))
	},
	"Accept": func(t *rapid.T, l *lived) error {
		what := rapid.IntRange(0, 2).Draw(t, "what")
		return second(l.Accept(l.ctx, l.op(t), store.Accept{Date: what == 1, Delivery: what == 2, By: oneOf(t, "by", "", "Jo")}))
	},
	"Rescue": func(t *rapid.T, l *lived) error {
		in := store.RescueStep{Act: rapid.SampledFrom([]commitments.RescueAct{commitments.RescueOpened, commitments.RescueOwned, commitments.RescueCalled, commitments.RescueMadeRight, commitments.RescueClosed}).Draw(t, "step"),
			Note: oneOf(t, "note", "", "we dropped it"), Reason: oneOf(t, "reason", "", "supplier"), Severity: oneOf(t, "severity", "", "high")}
		switch in.Act {
		case commitments.RescueMadeRight:
			in.What, in.Cost = "a lamp", oneOf(t, "cost", "", "12")
		case commitments.RescueClosed:
			in.WonBack = rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, "won back")
		}
		return second(l.Rescue(l.ctx, l.op(t), in))
	},
	"PlusOne": func(t *rapid.T, l *lived) error {
		return second(l.PlusOne(l.ctx, l.op(t), store.PlusOne{What: oneOf(t, "what", "", "a lamp"), Cost: oneOf(t, "cost", "", "12"), Noticed: rapid.Bool().Draw(t, "noticed")}))
	},
	"Import": func(t *rapid.T, l *lived) error {
		columns := []string{"id", "title", "promise_date"}
		row := []string{l.key, oneOf(t, "title", "Login", "Gate"), l.drawDay(t, "promise")}
		for _, c := range []struct{ column, value string }{
			{"target_date", l.drawDay(t, "target")}, {"told_at", l.late(t)}, {"made_at", l.clock.Add(-90 * 24 * time.Hour).String()}, {"delivered_at", l.late(t)}, {"withdrawn_at", l.late(t)},
			{"owner", "Bo"}, {"team", "Web"}, {"rating", "3"}, {"internal_done_at", l.late(t)}, {"value", "99"}, {"customer", "Elsewhere"},
		} {
			if rapid.IntRange(0, 3).Draw(t, "column?") == 0 {
				columns, row = append(columns, c.column), append(row, c.value)
			}
		}
		out, err := l.tryImport(strings.Join(columns, ",") + "\n" + strings.Join(row, ",") + "\n")
		if err == nil && len(out.Rejected) > 0 {
			return nil
		}
		return err
	},
	"EditCalendar": func(t *rapid.T, l *lived) error {
		return second(l.EditCalendar(l.ctx, l.ada, oneOf(t, "calendar", "default", "Tokyo"), store.CalendarInput{Apply: true,
			Zone: new(oneOf(t, "zone", "UTC", "Asia/Tokyo", "America/New_York")), Hours: new(oneOf(t, "hours", "mon-fri 09:00-17:00", "mon-sun 00:00-24:00", "tue 10:00-12:00")),
			Closed: []string{l.drawDay(t, "closed")}}))
	},
	"EditTeam": func(t *rapid.T, l *lived) error {
		return second(l.EditTeam(l.ctx, l.ada, "Core", store.TeamInput{Calendar: new(oneOf(t, "calendar", "", "Tokyo")), Thresholds: []string{oneOf(t, "threshold", "silent-days=2", "silent-days=")}, Apply: true}))
	},
	"EditCustomer": func(t *rapid.T, l *lived) error {
		return second(l.EditCustomer(l.ctx, l.ada, l.customer, store.CustomerInput{Calendar: new(oneOf(t, "calendar", "", "Tokyo")), Padding: new(oneOf(t, "padding", "", "2d")), Apply: true}))
	},
	"Sweep": func(t *rapid.T, l *lived) error { return second(l.Sweep(l.ctx, l.clock)) },
}

// elsewhere are the methods that write and touch no promise that is there already.
var elsewhere = map[string]string{
	"Add": "each life begins with it", "PromiseAsk": "adds a promise as Add does",
	"AddAsk": "asks", "GiveAsk": "asks", "DeclineAsk": "asks",
	"AddCalendar": "EditCalendar does as much", "AddCustomer": "people and things", "AddKind": "people and things", "AddPerson": "people and things", "AddTeam": "people and things",
	"EditKind": "people and things", "EditPerson": "people and things", "ErasePerson": "people and things", "SetAway": "people and things", "ChooseZone": "people and things",
}

func oneOf(t *rapid.T, what string, values ...string) string {
	return rapid.SampledFrom(values).Draw(t, what)
}

// alarm has a call card opened, if the promise can have one.
func (l *lived) alarm() {
	_, err := l.CheckIn(l.ctx, l.home.op(number(l.id), l.clock.String()), store.CheckIn{Left: "40"})
	if err == nil {
		l.clock = l.clock.Add(time.Minute)
		must(l.t, second(l.Sweep(l.ctx, l.clock)))
	}
}

// late is an instant at which something happened that is recorded now: often now, or
// some days ago, perhaps before the promise was made.
func (l *lived) late(t *rapid.T) string {
	if rapid.Bool().Draw(t, "at once") {
		return l.clock.String()
	}
	at := l.clock.Add(-time.Duration(rapid.IntRange(0, 8*24*60).Draw(t, "minutes ago")) * time.Minute)
	l.earliest = min(l.earliest, at)
	return at.String()
}

func (l *lived) op(t *rapid.T) store.Op { return l.home.op(number(l.id), l.late(t)) }

func (l *lived) drawDay(t *rapid.T, what string) string {
	return calendar.Default().Today(l.clock.Add(time.Duration(rapid.IntRange(-3, 30).Draw(t, what)) * 24 * time.Hour)).String()
}

func (l *lived) drawDate(t *rapid.T) store.NewDate {
	return store.NewDate{Promise: l.drawDay(t, "promise") + oneOf(t, "time", "", " 17:00"), Why: "more work",
		AskedBy: oneOf(t, "asked by", "", "us", "customer"), ToldBy: oneOf(t, "told by", "", "Bo"), Target: oneOf(t, "target", "", l.drawDay(t, "target"))}
}

// begin logs the promise, or imports it.
func (l *lived) begin(t *rapid.T) {
	l.customer = fmt.Sprintf("Customer at %d", l.clock)
	_, err := l.AddCustomer(l.ctx, l.ada, store.CustomerInput{Name: &l.customer, Contact: &store.ContactInput{Name: "Jo"}})
	must(l.t, err)
	if rapid.IntRange(0, 3).Draw(t, "logged?") > 0 || !l.imported(t) {
		in := store.NewPromise{Customer: l.customer, Owner: "Ada", Title: "Gate", Team: oneOf(t, "team", "", "Core"), Promise: l.drawDayAhead(t)}
		if rapid.IntRange(0, 3).Draw(t, "undated?") == 0 {
			in.Promise, in.DateBy = "", in.Promise
		} else {
			in.Padding = oneOf(t, "padding", "", "0d", "4d", "50%")
		}
		must(l.t, second(l.Add(l.ctx, l.home.op("", l.clock.String()), in)))
	}
	must(l.t, l.Raw().Get(&l.id, "SELECT max(id) FROM commitments"))
	must(l.t, l.Raw().Get(&l.key, "SELECT CASE WHEN external_id = '' THEN key ELSE external_id END FROM commitments ORDER BY id DESC LIMIT 1"))
}

// imported begins with a row of a list, unless that says what cannot be.
func (l *lived) imported(t *rapid.T) bool {
	made := l.late(t)
	columns, row := "id,customer,owner,title,team,made_at", fmt.Sprintf("new%d,%s,Ada,Gate,Core,%s", l.clock, l.customer, made)
	for _, c := range []struct{ column, value string }{
		{"first_promise_date", l.drawDay(t, "first")}, {"told_at", l.clock.String()}, {"promised_at", made}, {"target_date", l.drawDay(t, "target")},
		{"delivered_at", l.clock.String()}, {"rating", "4"}, {"internal_done_at", l.late(t)}, {"price", "0"}, {"words", "by Friday"},
	} {
		if rapid.IntRange(0, 2).Draw(t, "column?") == 0 {
			columns, row = columns+","+c.column, row+","+c.value
		}
	}
	column := oneOf(t, "date", "promise_date", "promise_date", "date_by")
	out, err := l.tryImport(columns + "," + column + "\n" + row + "," + l.drawDay(t, "promise") + "\n")
	return err == nil && out.Created == 1
}

func (l *lived) drawDayAhead(t *rapid.T) string {
	return calendar.Default().Today(l.clock.Add(time.Duration(rapid.IntRange(2, 30).Draw(t, "ahead")) * 24 * time.Hour)).String()
}

// step does one thing, which may be refused but not fail.
func (l *lived) step(t *rapid.T, names []string) {
	l.clock = l.clock.Add(time.Duration(rapid.IntRange(1, 3*24*60).Draw(t, "later")) * time.Minute)
	name := rapid.SampledFrom(names).Draw(t, "act")
	before := l.promise(t)
	l.earliest = l.clock
	err := acts[name](t, l)
	l.log = append(l.log, fmt.Sprintf("%s %s: %v", l.clock, name, err))
	var refusal *commitments.Error
	if err != nil && !errors.As(err, &refusal) {
		t.Fatalf("%s failed: %v\n%s", name, err, strings.Join(l.log, "\n"))
	}
	if !slices.Contains(rewrite, name) {
		was, is := known(before, l.earliest-1), known(l.promise(t), l.earliest-1)
		if !reflect.DeepEqual(was, is) {
			t.Fatalf("before %s, %s knew\n%+v\nand after it\n%+v\n%s", l.earliest, name, was, is, strings.Join(l.log, "\n"))
		}
	}
}

// rewrite are the acts that also mend what was said before.
var rewrite = []string{"EditPromise", "EditCalendar", "EditTeam", "EditCustomer", "Import"}

// known is all that is known of a promise as of an instant.
func known(p *commitments.Promise, at calendar.Instant) []any {
	f, made := p.History.AsOf(at, p.Calendar)
	return []any{f, made, p.History.DatesAsOf(at), p.History.Verdict(at, p.Calendar), p.History.Rescues(at), p.History.RatingsAsOf(at), p.History.LastTold(at)}
}

func (l *lived) promise(t *rapid.T) *commitments.Promise {
	p, err := l.Promise(l.ctx, l.id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// end takes the promise out of the way of the next.
func (l *lived) end() {
	p, err := l.Promise(l.ctx, l.id)
	must(l.t, err)
	if !p.Closed() {
		must(l.t, second(l.Withdraw(l.ctx, l.home.op(number(l.id), l.clock.String()), "the test is over")))
	}
}

// TestEveryLifeIsReplayedFromItsEvents takes promises through random sequences of all
// that can happen to them, some of it recorded late, with sweeps between. After each
// step the promise's events alone give its row and its history, and neither is one that
// cannot be.
func TestEveryLifeIsReplayedFromItsEvents(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(acts))
	names = append(names, "Call", "Call", "CheckIn", "NewDate", "Sweep", "Survey", "AnswerSurvey", "AnswerSurvey", "Rescue", "Rescue", "Rescue")
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var h *home
			var clock calendar.Instant
			rapid.Check(t, func(rt *rapid.T) {
				if h == nil || clock > instant("2024-01-01 00:00") {
					h, clock = inhabited(t, e.dsn(t)), instant("1999-01-04 09:00") // a Monday
				}
				t, l := rt, &lived{home: h, clock: clock}
				defer func() { // the next begins on a later Monday, whatever becomes of this one
					for week := calendar.Instant(7 * 24 * 3600 * 1e6); clock <= l.clock; {
						clock += week
					}
				}()
				l.begin(t)
				for range rapid.IntRange(1, 25).Draw(t, "steps") {
					l.step(t, names)
					h.replays(t, l.id)
					l.possible(t)
				}
				l.end()
			})
		})
	}
}

// inhabited is a database with all that lives need.
func inhabited(t *testing.T, dsn string) *home {
	h := fresh(t, dsn)
	h.person("Bo", commitments.Member)
	h.team("Core")
	h.team("Web")
	must(t, second(h.AddKind(h.ctx, h.ada, store.KindInput{Name: new("SSO")})))
	must(t, second(h.AddCalendar(h.ctx, h.ada, store.CalendarInput{Name: new("Tokyo"), Zone: new("Asia/Tokyo")})))
	return h
}

// possible holds the promise to what is true of each.
func (l *lived) possible(t *rapid.T) {
	p := l.promise(t)
	no := func(wrong bool, what string) {
		if wrong {
			t.Fatalf("%s: %+v\n%s", what, p.Commitment, strings.Join(l.log, "\n"))
		}
	}
	no(p.DeliveredAt != 0 && p.WithdrawnAt != 0, "delivered and withdrawn")
	no(p.Undated() != (len(p.History.Dates) == 0), "undated with dates, or dated without")
	for i, d := range p.History.Dates {
		no(d.Place != i+1 || i > 0 && p.History.Dates[i-1].ReplacedAt != d.ToldAt, "dates out of place")
		first := i == 1 && p.History.DateBy == 0 // which counts from the day made, whenever a list says it was told
		no(i > 0 && !first && d.ToldAt < p.History.Dates[i-1].ToldAt, "a date told before the one it replaces")
		no((i == len(p.History.Dates)-1) != (d.ReplacedAt == 0), "not just the last date stands")
	}
	if n := len(p.History.Dates); n > 0 {
		last := p.History.Dates[n-1]
		no(p.Promise != last.Promise || p.Target != last.Target || p.DueAt != last.DueAt || p.FirstDate != p.History.Dates[0].Promise, "other dates than were told")
	}
	no(p.Lost > len(p.History.Dates), "more dates lost than told")
	no(p.LastFact < p.History.LastFact(), "a fact newer than the newest")
	rescues := p.History.Rescues(p.LastFact)
	for i, r := range rescues {
		no(r.Number != i+1 || r.Open() != (r.ClosedAt == 0) || r.Open() && i < len(rescues)-1, "two rescues open at once")
		for _, step := range []calendar.Instant{r.OwnedAt, r.CalledAt, r.MadeRightAt, r.ClosedAt} {
			no(step != 0 && (step < r.OpenedAt || r.ClosedAt != 0 && step > r.ClosedAt), "a step of a rescue outside of it")
		}
		no(r.OwnedAt == 0 && (r.CalledAt != 0 || r.MadeRightAt != 0) || r.OwnedAt > r.CalledAt && r.CalledAt != 0, "a rescue worked on by nobody")
		no(i > 0 && r.OpenedAt < rescues[i-1].ClosedAt, "rescues out of order")
	}
	if folded, _ := p.History.AsOf(p.LastFact, p.Calendar); folded != p.Facts {
		folded.DueAt = p.DueAt // of an undated promise that is closed, counted on the calendar of its time
		no(folded != p.Facts, fmt.Sprintf("a row that is not the fold of its facts, %+v", folded))
	}
	v, made := p.View(p.LastFact)
	no(!made, "not made by its last fact")
	k := v.Verdict
	no(k.KeptFirst != nil && *k.KeptFirst && !p.Closed(), "kept while it is open")
	no(p.Undated() && (k.KeptFirst != nil || k.KeptAgreed != nil), "kept or broken without a date")
	no(p.DeliveredAt != 0 && !p.Undated() && (k.KeptFirst == nil || k.KeptAgreed == nil), "delivered, and neither kept nor broken")
	no(k.KeptAgreed != nil && *k.KeptAgreed && p.DeliveredAt > p.DueAt, "kept by a late delivery")
}
