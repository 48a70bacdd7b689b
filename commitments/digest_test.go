package commitments

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
)

// desk of an account manager: promises told on the first of June 2026, a Monday.
type managed struct {
	*testing.T
	cal       *calendar.Calendar
	promises  []*Promise
	customers map[ID]*DigestCustomer
}

func newManaged(t *testing.T) *managed {
	return &managed{t, calendar.Default(), nil, map[ID]*DigestCustomer{}}
}

func (m *managed) at(s string) Instant {
	m.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		m.Fatal(err)
	}
	return calendar.InstantOf(at)
}

func (m *managed) date(s string) Date {
	m.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		m.Fatal(err)
	}
	return d
}

// customer adds a customer with a lifetime value and the day of their last contact.
func (m *managed) customer(id ID, name string, lifetime int64, touched string) {
	m.customers[id] = &DigestCustomer{ID: id, Name: name, Lifetime: Dollars(lifetime), LastTouch: m.at(touched + " 12:00"), Calendar: m.cal}
}

// promise adds a promise made on the first of June, with no target.
func (m *managed) promise(customer ID, promise string, delivered ...string) *Promise {
	made := m.at("2026-06-01 09:00")
	d := m.date(promise)
	p := &Promise{Calendar: m.cal, Thresholds: &DefaultThresholds}
	p.ID, p.Title, p.Customer, p.Owner = ID(len(m.promises)+1), "promise for "+promise, Ref{customer, m.customers[customer].Name}, Ref{1, "Ada"}
	p.History = History{MadeAt: made, Dates: []PromiseDate{{Place: 1, Promise: d, PromiseTime: calendar.NoClock, DueAt: m.cal.End(d), ToldAt: made}}}
	for _, at := range delivered {
		p.History.Turns = append(p.History.Turns, Turn{At: m.at(at), Kind: TurnDelivered})
	}
	m.promises = append(m.promises, p)
	return p
}

// moves replaces the last date of a promise.
func (m *managed) moves(p *Promise, told, to, askedBy string) {
	h := &p.History
	d := m.date(to)
	h.Dates[len(h.Dates)-1].ReplacedAt = m.at(told)
	h.Dates = append(h.Dates, PromiseDate{Place: len(h.Dates) + 1, Promise: d, PromiseTime: calendar.NoClock, DueAt: m.cal.End(d), ToldAt: m.at(told), AskedBy: askedBy, Why: "x"})
}

func (m *managed) digest(at string, before *Digest) Digest {
	return MakeDigest(DigestFacts{Manager: "Mia", At: m.at(at), Calendar: m.cal, Promises: m.promises, Customers: m.customers, Before: before})
}

func TestDigestCountsTheWeekBefore(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Acme", 100, "2026-06-22")
	m.promise(1, "2026-06-15", "2026-06-15 23:59")                                                        // Monday, kept on the day
	m.promise(1, "2026-06-21", "2026-06-22 00:00")                                                        // Sunday, kept at its very end
	m.promise(1, "2026-06-19", "2026-06-20 00:01")                                                        // broken by a minute
	m.promise(1, "2026-06-17")                                                                            // open past due: not kept
	m.promise(1, "2026-06-12", "2026-06-10 10:00")                                                        // the week before that
	m.promise(1, "2026-06-14")                                                                            // … and broken there
	m.promise(1, "2026-06-22", "2026-06-19 10:00")                                                        // this week's
	m.moves(m.promise(1, "2026-06-18", "2026-06-23 10:00"), "2026-06-16 10:00", "2026-06-24", "us")       // moved by us in time
	m.moves(m.promise(1, "2026-06-18", "2026-06-19 10:00"), "2026-06-16 10:00", "2026-06-19", "customer") // moved by them: scored by the new date
	d := m.digest("2026-06-24 09:00", nil)
	if d.Week != "2026-W26" || *d.Manager != "Mia" {
		t.Errorf("week %s of %s", d.Week, *d.Manager)
	}
	want := Score{KeptOf{3, 6}, KeptOf{3, 5}, ToldOf{1, 3}}
	if d.Score != want {
		t.Errorf("last week: got %+v, want %+v", d.Score, want)
	}
	want = Score{KeptOf{1, 2}, KeptOf{1, 2}, ToldOf{0, 1}}
	if d.Previous != want {
		t.Errorf("the week before: got %+v, want %+v", d.Previous, want)
	}
}

func TestDigestOverdueByCustomerMostValuableFirst(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Small", 100, "2026-06-22")
	m.customer(2, "Large", 90_000, "2026-06-22")
	m.promise(1, "2026-06-01")
	m.promise(2, "2026-06-19") // Friday
	m.promise(2, "2026-06-12")
	m.promise(2, "2026-06-20") // Saturday
	waiting := m.promise(1, "2026-06-18")
	waiting.History.Turns = []Turn{{At: m.at("2026-06-17 10:00"), Kind: TurnWaiting, Why: "their data"}}
	d := m.digest("2026-06-21 09:00", nil) // Sunday
	if len(d.Overdue) != 2 || d.Overdue[0].Customer != "Large" || d.Overdue[1].Customer != "Small" {
		t.Fatalf("%+v", d.Overdue)
	}
	type late struct {
		id   ID
		days int
		age  string
		move string
	}
	var got []late
	for _, c := range d.Overdue {
		for _, i := range c.Items {
			got = append(got, late{i.ID, i.DaysLate, i.Age, i.Move})
		}
	}
	want := []late{{3, 5, "4-7", "ours"}, {2, 1, "1-3", "ours"}, {4, 1, "1-3", "ours"}, {1, 14, "8-14", "ours"}, {5, 1, "1-3", "the customer's"}}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("item %d: got %+v, want %+v", i, got[i], w)
		}
	}
}

func TestDigestComparesWithTheLastOne(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Acme", 100, "2026-06-22")
	cleared := m.promise(1, "2026-06-05", "2026-06-16 10:00")
	worse := m.promise(1, "2026-06-16")
	fresh := m.promise(1, "2026-06-17")
	same := m.promise(1, "2026-06-02")
	check := func(d Digest) {
		t.Helper()
		ids := func(items []DigestItem) (ids []ID) {
			for _, i := range items {
				ids = append(ids, i.ID)
			}
			return ids
		}
		if n, w, c := ids(d.New), ids(d.Worse), ids(d.Cleared); len(n) != 1 || len(w) != 1 || len(c) != 1 || n[0] != fresh.ID || w[0] != worse.ID || c[0] != cleared.ID {
			t.Errorf("new %v, worse %v, cleared %v", n, w, c)
		}
	}
	// As computed a week before: on Monday the 15th, worse was at risk, being silent the
	// day before it was due.
	check(m.digest("2026-06-22 09:00", nil))
	before := Digest{
		AtRisk:  []DigestItem{{ID: worse.ID, Stage: AtRisk}},
		Overdue: []OverdueCustomer{{Items: []DigestItem{{ID: cleared.ID}, {ID: same.ID}}}},
	}
	check(m.digest("2026-06-18 09:00", &before))
}

func TestDigestWentQuiet(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "ten days, open", 1, "2026-06-10")
	m.customer(2, "nine days, open", 1, "2026-06-11")
	m.customer(3, "ninety days, idle", 1, "2026-03-26")
	m.customer(4, "less than ninety, idle", 1, "2026-03-27")
	m.customer(5, "never touched", 1, "2026-03-01")
	m.customers[5].Since, m.customers[5].LastTouch = m.customers[5].LastTouch, 0
	m.promise(1, "2026-08-01")
	m.promise(2, "2026-08-01")
	d := m.digest("2026-06-24 09:00", nil)
	if len(d.Quiet) == 3 && d.Quiet[0].Customer == "never touched" && d.Quiet[0].LastTouchAt == 0 {
		d.Quiet = d.Quiet[1:]
	}
	if len(d.Quiet) != 2 || d.Quiet[0].Customer != "ninety days, idle" || d.Quiet[1].Customer != "ten days, open" || d.Quiet[1].Days != 10 || d.Quiet[1].Open != 1 {
		t.Errorf("%+v", d.Quiet)
	}
}

func TestDigestHasNothingToSay(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Acme", 100, "2026-06-22")
	m.promise(1, "2026-08-01")
	if d := m.digest("2026-06-23 09:00", nil); !d.Empty() {
		t.Errorf("%+v", d)
	}
	m.promise(1, "2026-06-26", "2026-06-22 10:00")
	if d := m.digest("2026-06-23 09:00", nil); !d.Empty() {
		t.Errorf("a promise delivered early, before its week was counted, is no news: %+v", d)
	}
	if d := m.digest("2026-06-30 09:00", nil); d.Empty() || d.KeptFirst != (KeptOf{1, 1}) {
		t.Errorf("a kept promise was not counted: %+v", d.Score)
	}
}

// Whatever the names, the JSON keeps its shape and both texts keep their lines.
func TestDigestShapeAndTexts(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "# [Acme](x) <b>*co*</b>", 25_000, "2026-06-22")
	m.promise(1, "2026-06-12").Title = "an `SSO`\n# heading"
	d := m.digest("2026-06-24 09:00", nil)
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(text, &shape); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"manager", "week", "at", "kept_first", "kept_agreed", "told_before_late", "previous", "new", "worse", "cleared", "overdue", "at_risk", "due_this_week", "quiet", "rescues", "asks", "plus_ones"} {
		if v, ok := shape[field]; !ok || (string(v) == "null" && field != "manager") {
			t.Errorf("field %s is %s", field, v)
		}
	}
	if plain := d.Text(); !strings.Contains(plain, "lifetime value 25,000") || !strings.Contains(plain, "8 working days late") || !strings.Contains(plain, "0 of 1 (too few to say)") && !strings.Contains(plain, "none counted") {
		t.Error(plain)
	}
	for _, line := range strings.Split(d.Markdown(), "\n") {
		if strings.HasPrefix(line, "# heading") || strings.Contains(line, "<b>") || strings.Contains(line, "](x)") && !strings.Contains(line, `\]\(x\)`) {
			t.Errorf("user text acts as Markdown: %s", line)
		}
	}
}

// TestADigestNamesWhoHadNoPlusOneForLong: the most valuable first, and never alone.
func TestADigestNamesWhoHadNoPlusOneForLong(t *testing.T) {
	m := newManaged(t)
	for id, c := range map[ID]struct {
		name     string
		lifetime int64
		last     string
		regular  bool
	}{
		1: {"small, never", 10, "", true}, 2: {"big, long ago", 1000, "2025-12-11 08:00", true}, 3: {"just within", 50, "2025-12-11 10:00", true}, 4: {"no regular", 90, "", false},
	} {
		m.customer(id, c.name, c.lifetime, "2026-06-08")
		m.customers[id].Regular = c.regular
		if c.last != "" {
			m.customers[id].PlusOneAt = m.at(c.last)
		}
	}
	make := func() Digest {
		return MakeDigest(DigestFacts{At: m.at("2026-06-09 09:00"), Calendar: m.cal, Promises: m.promises, Customers: m.customers})
	}
	if d := make(); !d.Empty() || len(d.PlusOnes) > 0 {
		t.Errorf("a digest of nothing else: %+v", d.PlusOnes)
	}
	m.promise(1, "2026-06-12")
	d := make()
	if len(d.PlusOnes) != 2 || d.PlusOnes[0].Customer != "big, long ago" || d.PlusOnes[1].Customer != "small, never" {
		t.Errorf("no plus one for long: %+v", d.PlusOnes)
	}
}

func TestADigestTellsOfOpenAsksOldestFirst(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Acme", 10, "2026-06-08")
	ask := func(id ID, at string, answers ...AskAnswer) *Ask {
		return &Ask{ID: id, Customer: Ref{1, "Acme"}, Words: "a lamp", At: m.at(at), Calendar: m.cal, Answers: answers}
	}
	d := MakeDigest(DigestFacts{At: m.at("2026-06-09 09:00"), Calendar: m.cal, Customers: m.customers, Asks: []*Ask{
		ask(1, "2026-06-08 10:00"), ask(2, "2026-06-05 10:00"), ask(3, "2026-06-10 10:00"),
		ask(4, "2026-06-04 10:00", AskAnswer{At: m.at("2026-06-08 10:00"), Answer: AskGiven}),
	}})
	if len(d.Asks) != 2 || d.Asks[0].ID != 2 || d.Asks[0].DaysOpen != 2 || d.Asks[1].ID != 1 || d.Asks[0].Lifetime != Dollars(10) || d.Empty() {
		t.Errorf("asks %+v", d.Asks)
	}
}

func TestDigestTellsWhatCustomersSaidSinceTheLastOne(t *testing.T) {
	m := newManaged(t)
	m.customer(1, "Acme", 100, "2026-06-22")
	m.customer(2, "Globex", 900, "2026-06-22")
	say := func(p *Promise, at string, rating int) {
		p.History.Ratings = append(p.History.Ratings, Rating{At: m.at(at), Rating: rating})
	}
	acme, globex := m.promise(1, "2026-06-03", "2026-06-02 12:00"), m.promise(2, "2026-06-03", "2026-06-02 12:00")
	say(acme, "2026-06-15 09:00", 1) // a week ago to the minute: in the digest before
	say(acme, "2026-06-15 09:01", 5)
	say(acme, "2026-06-16 09:00", 2)
	say(globex, "2026-06-17 09:00", 2)
	say(globex, "2026-06-22 09:01", 1) // still to come
	say(m.promise(2, "2026-06-04", "2026-06-02 12:00"), "2026-06-20 09:00", 3)
	for _, c := range []struct {
		before *Digest
		want   string
	}{{nil, "Globex 2, Acme 2, Globex 3, Acme 5"}, {&Digest{At: m.at("2026-06-16 12:00")}, "Globex 2, Globex 3"}, {&Digest{At: m.at("2026-06-01 09:00")}, "Acme 1, Globex 2, Acme 2, Globex 3, Acme 5"}} {
		d := m.digest("2026-06-22 09:00", c.before)
		var got []string
		for _, i := range d.Ratings {
			got = append(got, fmt.Sprint(i.Customer, " ", i.Rating))
			if i.LetDown != (i.Rating == 2) || (i.ToDo() == "") == i.LetDown { // Acme's 1 is old news: they have said otherwise since
				t.Errorf("%s, %d of 5: %q", i.Customer, i.Rating, i.ToDo())
			}
		}
		if strings.Join(got, ", ") != c.want || d.Empty() {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
