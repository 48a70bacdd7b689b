package commitments

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kept/commitments/calendar"
)

// reporting is a report in the making, of promises on the clocks of Warsaw.
type reporting struct {
	t   *testing.T
	cal *calendar.Calendar
	*Reporter
}

func newReporting(t *testing.T, from, to, at string, by Grouping) *reporting {
	t.Helper()
	cal := warsaw(t)
	r, err := NewReporter(ReportSpec{From: day(from), To: day(to), At: on(cal, at), By: by, Calendar: cal})
	if err != nil {
		t.Fatal(err)
	}
	return &reporting{t, cal, r}
}

// take takes promises that went as a story tells.
func (r *reporting) take(n int, s *story, change ...func(*Reported)) {
	for range n {
		p := Reported{Promise: &Promise{Calendar: r.cal, TeamCalendar: r.cal}}
		p.History, p.Owner, p.Customer = s.h, Ref{1, "Ada"}, Ref{1, "Acme"}
		for _, f := range change {
			f(&p)
		}
		r.Take(p)
	}
}

func TestAReportCountsAPromiseWhereEachOfItsDatesFalls(t *testing.T) {
	r := newReporting(t, "2026-10-01", "2027-01-31", "2027-02-10 12:00", "")
	r.take(1, newStory(t).date("2026-12-10 09:00", "2027-01-15", "us").turn("2027-01-15 10:00", TurnDelivered))
	december, january := r.Report().OverTime[2], r.Report().OverTime[3]
	if got, want := december.Score, (Score{KeptFirst: KeptOf{0, 1}, ToldBeforeLate: ToldOf{1, 1}}); got != want {
		t.Errorf("December %+v, want %+v", got, want)
	}
	if got, want := january.Score, (Score{KeptAgreed: KeptOf{1, 1}}); got != want {
		t.Errorf("January %+v, want %+v", got, want)
	}
	if got, want := r.Report().Moves, (Moves{ByUs: 1}); got != want {
		t.Errorf("moves %+v, want %+v", got, want)
	}
}

func TestAReportScoresTheDateTheCustomerAskedFor(t *testing.T) {
	r := newReporting(t, "2026-10-01", "2027-01-31", "2027-02-10 12:00", "")
	r.take(1, newStory(t).date("2026-12-10 09:00", "2027-01-15", "customer").turn("2027-01-18 10:00", TurnDelivered))
	report := r.Report()
	if report.OverTime[2].Score != (Score{}) || report.OverTime[3].KeptFirst != (KeptOf{0, 1}) || report.Moves != (Moves{ByCustomer: 1}) {
		t.Errorf("December %+v, January %+v, moves %+v", report.OverTime[2].Score, report.OverTime[3].Score, report.Moves)
	}
	if late := report.Late; late.WorkingDays.ranked(1) != 1 || late.CalendarDays.ranked(1) != 3 {
		t.Errorf("from Friday to Monday is %d working days and %d days late", late.WorkingDays.ranked(1), late.CalendarDays.ranked(1))
	}
}

func TestLateOnADayOffIsAWorkingDayLate(t *testing.T) {
	r := newReporting(t, "2026-12-01", "2026-12-31", "2027-02-10 12:00", "")
	r.take(1, newStory(t).turn("2026-12-19 10:00", TurnDelivered))
	r.take(1, newStory(t).turn("2026-12-19 00:00", TurnDelivered)) // the end of Friday
	if report := r.Report(); report.KeptFirst != (KeptOf{1, 2}) || report.Late.WorkingDays.ranked(1) != 1 || report.Late.CalendarDays.ranked(1) != 1 {
		t.Errorf("%+v", report.Late)
	}
}

func TestAReportOrdersItsGroups(t *testing.T) {
	kept := newStory(t).turn("2026-12-01 10:00", TurnDelivered)
	for _, c := range []struct {
		by   Grouping
		want []string
	}{
		{ByOwner, []string{"Ada", "Zoe"}},
		{ByCustomer, []string{"Globex", "Acme"}}, // by what they are worth
		{ByKind, []string{"", "bulk"}},           // by how many
		{"", nil},
	} {
		r := newReporting(t, "2026-12-01", "2026-12-31", "2026-12-15 12:00", c.by)
		r.take(1, kept, func(p *Reported) {
			p.Owner, p.Customer, p.Kind, p.Lifetime = Ref{2, "Zoe"}, Ref{2, "Globex"}, Ref{9, "bulk"}, Dollars(25000)
		})
		r.take(2, kept, func(p *Reported) { p.Lifetime = Dollars(300) })
		r.take(5, newStory(t), func(p *Reported) { // open, and not due yet
			p.Owner, p.Customer, p.Kind = Ref{7, "Nobody"}, Ref{7, "Nobody"}, Ref{7, "nothing"}
		})
		var got []string
		for _, g := range r.Report().Groups {
			got = append(got, name(g))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("by %q: %q, want %q", c.by, got, c.want)
		}
	}
}

func TestADistributionSaysNothingOfTooFew(t *testing.T) {
	var d Distribution
	for i := 1; i <= 9; i++ {
		d.add(i * i)
	}
	text, err := json.Marshal(d)
	if err != nil || string(text) != `{"count":9,"median":null,"p90":null}` {
		t.Errorf("nine: %s, %v", text, err)
	}
	d.add(100)
	if text, _ = json.Marshal(d); string(text) != `{"count":10,"median":30.5,"p90":81}` {
		t.Errorf("ten: %s", text)
	}
	d.add(7)
	if text, _ = json.Marshal(d); string(text) != `{"count":11,"median":25,"p90":81}` {
		t.Errorf("eleven: %s", text)
	}
	hours := Distribution{parts: tenths}
	for range 10 {
		hours.add(15)
	}
	if *hours.Median() != 1.5 {
		t.Errorf("fifteen tenths of an hour are %v hours", *hours.Median())
	}
}

func TestAReportTellsHowSoonCustomersWereAnswered(t *testing.T) {
	r := newReporting(t, "2026-12-01", "2026-12-31", "2027-01-10 12:00", "")
	asks := func(at, channel string, hidden bool) Contact {
		return Contact{Touch{At: on(r.cal, at), Channel: channel, Inbound: true, Reached: true}, hidden}
	}
	answer := Contact{Touch: Touch{At: on(r.cal, "2026-12-02 11:15"), Channel: "email", Reached: true}}
	r.Contacts([]Contact{
		asks("2026-11-30 16:00", "email", false), // before the span
		asks("2026-12-02 10:00", "email", false), // answered after an hour and a quarter
		asks("2026-12-02 10:30", "email", true),  // not for these eyes
		answer,
		asks("2026-12-30 16:00", "email", false),
		asks("2027-01-04 09:30", "phone", false), // after the span: no question any more, but an answer
		asks("2027-01-05 09:00", "email", false),
	}, r.cal)
	r.Contacts([]Contact{asks("2026-12-30 16:00", "email", false)}, r.cal)
	got := r.Report().Responses
	if got.Inbound != 3 || got.Unanswered != 1 || got.Hours.Count() != 2 || got.Hours.ranked(1) != 13 || got.Hours.ranked(2) != 175 {
		t.Errorf("%+v", got)
	}
}

func TestAReportOfASpanThatMakesNoSenseIsRefused(t *testing.T) {
	for _, c := range []struct{ from, to, field string }{
		{"2026-12-02", "2026-12-01", "to"}, {"1999-01-01", "2050-01-01", "from"},
	} {
		_, err := NewReporter(ReportSpec{From: day(c.from), To: day(c.to), Calendar: warsaw(t)})
		var e *Error
		if !errors.As(err, &e) || e.Kind != ErrInvalid || e.Field != c.field {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestPeriodsAreCutToTheSpan(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"2026-12-30", "2027-01-05", "2026-W53 2026-12-30 2027-01-03, 2027-W01 2027-01-04 2027-01-05"},
		{"2026-12-30", "2026-12-30", "2026-W53 2026-12-30 2026-12-30"},
		{"2026-10-30", "2027-01-29", "2026-10 2026-10-30 2026-10-31, 2026-11 2026-11-01 2026-11-30, 2026-12 2026-12-01 2026-12-31, 2027-01 2027-01-01 2027-01-29"},
	} {
		spec := ReportSpec{From: day(c.from), To: day(c.to)}
		_, periods := spec.periods()
		var got []string
		for _, p := range periods {
			got = append(got, fmt.Sprint(p.Name, " ", p.From, " ", p.To))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s to %s: %s; want %s", c.from, c.to, text, c.want)
		}
	}
	if from := UsualSpan(day("2026-11-22")); from != day("2025-11-01") {
		t.Errorf("usually from %s", from)
	}
}

// User text neither acts as Markdown nor breaks its tables, and every row of a
// spreadsheet is as wide as its head.
func TestAReportIsWrittenInEveryForm(t *testing.T) {
	r := newReporting(t, "2026-12-01", "2026-12-31", "2027-02-10 12:00", ByCustomer)
	rated := newStory(t).turn("2026-12-21 10:00", TurnDelivered)
	rated.h.Ratings = []Rating{{At: on(r.cal, "2026-12-22 10:00"), Rating: 2}, {At: on(r.cal, "2027-03-01 10:00"), Rating: 5}}
	rated.h.Dates[0].Target = day("2026-12-11")
	for i := range 25 {
		r.take(1, rated, func(p *Reported) { p.Customer = Ref{ID(i + 1), fmt.Sprintf("Cust|omer <%d>", i)} })
	}
	report := r.Report()
	for _, want := range []string{
		"And 5 more", `Cust|omer <3>`, "·········· 0 of 25 (0%)", "2.00 (of 25)", "██████████ 25 of 25 (100%)", "all, and late", "2–3 days late", "1 (of 25)",
	} {
		if !strings.Contains(report.Text(), want) {
			t.Errorf("the text lacks %q:\n%s", want, report.Text())
		}
	}
	if md := report.Markdown(); !strings.Contains(md, `| Cust\|omer \<3\> |`) || strings.Contains(md, "█") {
		t.Errorf("Markdown:\n%s", md)
	}
	columns, rows := report.Rows()
	for _, row := range rows {
		if len(row) != len(columns) {
			t.Errorf("%d cells under %d columns: %v", len(row), len(columns), row)
		}
	}
	if len(rows) < 25*6 {
		t.Errorf("only %d rows", len(rows))
	}
}

func TestAReportTellsOfRescues(t *testing.T) {
	r := newReporting(t, "2026-12-01", "2026-12-31", "2027-01-20 12:00", "")
	step := func(act RescueAct, at string, more RescueStep) RescueStep {
		more.Act, more.At, more.By = act, on(r.cal, at), 1
		return more
	}
	saved := newStory(t).turn("2026-12-22 12:00", TurnDelivered) // missed at the end of Friday the 18th
	saved.h.RescueSteps = []RescueStep{
		step(RescueOwned, "2026-12-21 10:00", RescueStep{Reason: "supplier", Severity: "high"}),
		step(RescueCalled, "2026-12-21 11:30", RescueStep{}),
		step(RescueMadeRight, "2026-12-22 12:00", RescueStep{What: "a month free", Cost: Money{12050, true}}),
		step(RescueClosed, "2026-12-23 12:00", RescueStep{WonBack: verdict(true)}),
	}
	r.take(1, saved)
	opened := newStory(t).turn("2026-12-17 12:00", TurnDelivered) // kept, and yet
	opened.h.RescueSteps = []RescueStep{step(RescueOpened, "2026-12-18 09:00", RescueStep{Reason: "quality"})}
	r.take(1, opened)
	r.take(1, newStory(t)) // missed, and nothing done
	later := newStory(t).turn("2026-12-17 12:00", TurnDelivered)
	later.h.RescueSteps = []RescueStep{step(RescueOpened, "2027-01-18 09:00", RescueStep{})}
	r.take(1, later)

	report := r.Report()
	got := report.Rescues
	if got.Opened != 3 || got.ByPerson != 1 || got.Closed != 1 || got.WonBack != 1 || got.NotWonBack != 0 || got.Cost != (Money{12050, true}) {
		t.Errorf("%+v", got)
	}
	for name, d := range map[string]struct {
		Distribution
		tenths int
	}{"own": {got.Own, 10}, "call": {got.Call, 25}, "make right": {got.MakeRight, 110}} {
		if d.Count() != 1 || d.ranked(1) != d.tenths {
			t.Errorf("%s: %d of %d tenths of an hour, want %d", name, d.Count(), d.ranked(1), d.tenths)
		}
	}
	if text := fmt.Sprint(namedCounts(got.Severities), namedCounts(report.Misses.Reasons), report.Misses.Of); text != "[high:1 -:2] [supplier:1 -:1] 2" {
		t.Error(text)
	}
	for _, want := range []string{"3 rescues opened, 1 by a person.", "Making it right cost 120.50", "supplier", "no reason given"} {
		if !strings.Contains(report.Text(), want) {
			t.Errorf("the text lacks %q:\n%s", want, report.Text())
		}
	}
}

// namedCounts are the names that count.
func namedCounts(counts []Counted) (texts []string) {
	for _, c := range counts {
		name := "-"
		if c.Name != nil {
			name = *c.Name
		}
		if c.Count > 0 {
			texts = append(texts, fmt.Sprint(name, ":", c.Count))
		}
	}
	return texts
}
