package commitments

import (
	"cmp"
	"fmt"
	"slices"

	"kept/commitments/calendar"
)

// Digest is an account manager's week: how the promises to their customers were
// kept, and what needs them now. Its JSON is a contract, and is frozen as sent.
type Digest struct {
	Manager *string `json:"manager"` // null for the whole company
	Week    string  `json:"week"`    // ISO week of At in the manager's zone, as 2026-W47
	At      Instant `json:"at"`
	Zone    string  `json:"zone"`
	Score
	Previous    Score             `json:"previous"`
	New         []DigestItem      `json:"new"`     // at risk or overdue now, and not in the last digest
	Worse       []DigestItem      `json:"worse"`   // at risk then, overdue now
	Cleared     []DigestItem      `json:"cleared"` // at risk or overdue then, and no longer
	Overdue     []OverdueCustomer `json:"overdue"` // largest lifetime value first
	AtRisk      []DigestItem      `json:"at_risk"`
	DueThisWeek []DigestItem      `json:"due_this_week"`
	Quiet       []QuietCustomer   `json:"quiet"`
	Unanswered  []UnansweredItem  `json:"unanswered"` // who came to us, and has not heard from us since
	Rescues     []RescueItem      `json:"rescues"`    // those open, oldest first
	Ratings     []RatingItem      `json:"ratings"`    // since the last digest, the lowest first
	Asks        []AskItem         `json:"asks"`       // open ones, oldest first
	PlusOnes    []PlusOneItem     `json:"plus_ones"`  // never alone: with nothing else to say, it is empty
	Late        bool              `json:"late"`       // sent after its time, because Kept was down
}

// DigestItem is one promise in a list of the digest.
type DigestItem struct {
	ID         ID       `json:"id"`
	Customer   string   `json:"customer"`
	Lifetime   Money    `json:"lifetime_value"`
	Title      string   `json:"title"`
	Owner      string   `json:"owner"`
	Promise    Date     `json:"promise_date"`
	Stage      Stage    `json:"stage"`
	DaysLate   int      `json:"days_late,omitempty"` // working days after the promise, at least 1
	Age        string   `json:"age,omitempty"`       // 1-3, 4-7, 8-14 or 15+
	LastToldAt Instant  `json:"last_told_at"`
	Move       string   `json:"move"` // ours, or the customer's while we wait for them
	Reasons    []Reason `json:"reasons,omitempty"`
}

// RescueItem is a promise whose rescue is open, and which of its steps is owed next.
type RescueItem struct {
	DigestItem
	OpenedAt Instant `json:"opened_at"`
	Owes     string  `json:"owes"`      // own, call, make-right or close
	Days     int     `json:"days_open"` // working days since it was opened
	Severity *string `json:"severity"`
	Reason   *string `json:"reason"`
}

// OverdueCustomer is a customer with what is overdue to them, latest first.
type OverdueCustomer struct {
	Customer string       `json:"customer"`
	Lifetime Money        `json:"lifetime_value"`
	Items    []DigestItem `json:"items"`
}

// DigestCustomer is a customer as the digest needs it.
type DigestCustomer struct {
	ID        ID
	Name      string
	Lifetime  Money
	Since     Instant // when the customer was first known
	LastTouch Instant // last contact of any kind up to the digest's instant, a date told among them; 0 = none
	Calm      int     // open promises of theirs that are not among DigestFacts.Promises
	AskedAt   Instant // when they first came to us without having heard from us since; 0 = they have
	PlusOneAt Instant // last plus one up to the digest's instant; 0 = none
	Regular   bool    // known for QuietPlusOne days, with a promise open, or delivered in that time
	Calendar  *calendar.Calendar

	Calmly []QuietPromise // the calm ones, where the customer seems quiet
}

// DigestFacts is what a digest is made from.
type DigestFacts struct {
	Manager   string // "" for the whole company
	At        Instant
	Calendar  *calendar.Calendar // gives the manager's zone
	Promises  []*Promise         // of those customers: at risk or overdue at At or at the digest before, or with a date from two weeks before to the week's end
	Customers map[ID]*DigestCustomer
	Asks      []*Ask  // of those customers: at least those open at At
	Before    *Digest // the last one stored; nil: as computed a week before
}

// Week is the ISO week of an instant in a calendar's zone: 2026-W47.
func Week(at Instant, cal *calendar.Calendar) string {
	year, week := cal.Today(at).ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

// MakeDigest computes a digest. It is pure.
func MakeDigest(f DigestFacts) Digest { return *newDigestMaker(f).d }

// newDigestMaker is a maker that has made its digest.
func newDigestMaker(f DigestFacts) *digestMaker {
	today := f.Calendar.Today(f.At)
	d := Digest{
		Manager: given(f.Manager), Week: Week(f.At, f.Calendar), At: f.At.Second(), Zone: f.Calendar.Zone(),
		New: []DigestItem{}, Worse: []DigestItem{}, Cleared: []DigestItem{}, Overdue: []OverdueCustomer{}, AtRisk: []DigestItem{},
		DueThisWeek: []DigestItem{}, Quiet: []QuietCustomer{}, Unanswered: []UnansweredItem{}, Rescues: []RescueItem{}, Ratings: []RatingItem{}, Asks: []AskItem{}, PlusOnes: []PlusOneItem{},
	}
	m := &digestMaker{
		DigestFacts: f, d: &d, monday: monday(today), open: map[ID]int{}, openTo: map[ID][]QuietPromise{}, then: map[ID]Stage{},
		now: map[ID]DigestItem{}, items: map[ID]DigestItem{}, overdue: map[ID]*OverdueCustomer{},
	}
	for _, p := range f.Promises {
		m.take(p)
	}
	m.finish()
	return m
}

// Empty reports whether there is nothing to say: every list is empty and nothing was counted.
func (d *Digest) Empty() bool {
	return len(d.New)+len(d.Worse)+len(d.Cleared)+len(d.Overdue)+len(d.AtRisk)+len(d.DueThisWeek)+len(d.Quiet)+len(d.Unanswered)+
		len(d.Rescues)+len(d.Ratings)+len(d.Asks)+len(d.PlusOnes) == 0 && d.Score.empty()
}

type digestMaker struct {
	DigestFacts
	d       *Digest
	monday  Date
	open    map[ID]int            // open promises by customer
	openTo  map[ID][]QuietPromise // … and which they are
	now     map[ID]DigestItem     // every promise at risk or overdue
	then    map[ID]Stage          // stages a week before, where there is no stored digest
	overdue map[ID]*OverdueCustomer
	items   map[ID]DigestItem // all promises seen, for those that were cleared
}

func (m *digestMaker) take(p *Promise) {
	f, made := p.History.AsOf(m.At, p.Calendar)
	if !made {
		return
	}
	m.score(p)
	m.ratings(p)
	look := Assess(&f, p.Thresholds, p.Calendar, m.At)
	item := m.item(p, &f, look)
	m.seen(p, item)
	m.rescue(p, &f, item)
	if !look.Stage.Open() {
		return
	}
	m.open[p.Customer.ID]++
	m.openTo[p.Customer.ID] = append(m.openTo[p.Customer.ID], QuietPromise{p.ID, p.Title})
	switch look.Stage {
	case Overdue:
		m.late(p.Customer.ID, item)
	case AtRisk:
		m.d.AtRisk = append(m.d.AtRisk, item)
		m.now[p.ID] = item
	}
	if f.Promise >= m.monday && f.Promise < m.monday+7 && look.Stage != Overdue {
		m.d.DueThisWeek = append(m.d.DueThisWeek, item)
	}
}

// rescue lists a rescue that is open, be its promise delivered or not.
func (m *digestMaker) rescue(p *Promise, f *Facts, item DigestItem) {
	marks := f.rescueAt(m.At)
	if !marks.open() {
		return
	}
	all := p.History.Rescues(m.At)
	r := &all[len(all)-1]
	m.d.Rescues = append(m.d.Rescues, RescueItem{
		DigestItem: item, OpenedAt: r.OpenedAt.Second(), Owes: marks.owes(), Severity: given(r.Severity), Reason: given(r.Reason),
		Days: p.Calendar.Workdays(p.Calendar.Today(r.OpenedAt), p.Calendar.Today(m.At)),
	})
}

func (m *digestMaker) item(p *Promise, f *Facts, look Assessment) DigestItem {
	i := DigestItem{
		ID: p.ID, Customer: p.Customer.Name, Title: p.Title, Owner: p.Owner.Name, Promise: f.Promise,
		Stage: look.Stage, LastToldAt: p.History.LastTold(m.At), Move: "ours", Reasons: look.Reasons,
	}
	if c := m.Customers[p.Customer.ID]; c != nil {
		i.Lifetime = c.Lifetime
	}
	if f.WaitingSince != 0 {
		i.Move = "the customer's"
	}
	if look.Stage == Overdue {
		i.DaysLate = DaysLate(f, p.Calendar, m.At)
		i.Age = age(i.DaysLate)
	}
	return i
}

// DaysLate counts the working days after the promised day (or the day by which we
// owed a date, if that is what is over) up to and including today, at least 1.
func DaysLate(f *Facts, cal *calendar.Calendar, at Instant) int {
	day := f.Promise
	if f.Undated() || at <= f.DueAt {
		day = f.DateBy
	}
	return max(1, cal.Workdays(day, cal.Today(at)))
}

func age(days int) string {
	switch {
	case days <= 3:
		return "1-3"
	case days <= 7:
		return "4-7"
	case days <= 14:
		return "8-14"
	}
	return "15+"
}

// score counts the promise in the two weeks before this one: by the date first told,
// by the date last agreed, and by the dates that slipped.
func (m *digestMaker) score(p *Promise) {
	h := &p.History
	f, dates := h.judged(m.At, p.Calendar)
	if dates == nil {
		return
	}
	for weeks, s := range map[Date]*Score{1: &m.d.Score, 2: &m.d.Previous} {
		from := m.monday - 7*weeks
		s.add(h, &f, dates, m.At, func(d Date) bool { return d >= from && d < from+7 })
	}
}

func (m *digestMaker) late(customer ID, item DigestItem) {
	c := m.overdue[customer]
	if c == nil {
		c = &OverdueCustomer{Customer: item.Customer, Lifetime: item.Lifetime}
		m.overdue[customer] = c
	}
	c.Items = append(c.Items, item)
	m.now[item.ID] = item
}

// seen remembers a promise for the comparison with the week before.
func (m *digestMaker) seen(p *Promise, item DigestItem) {
	m.items[p.ID] = item
	if m.Before != nil {
		return
	}
	before := m.At - Instant(7*24*60*60*1_000_000)
	if f, made := p.History.AsOf(before, p.Calendar); made {
		if s := Assess(&f, p.Thresholds, p.Calendar, before).Stage; s == AtRisk || s == Overdue {
			m.then[p.ID] = s
		}
	}
}

func (m *digestMaker) finish() {
	d := m.d
	for _, c := range m.overdue {
		slices.SortFunc(c.Items, func(a, b DigestItem) int {
			return cmp.Or(cmp.Compare(b.DaysLate, a.DaysLate), cmp.Compare(a.ID, b.ID))
		})
		d.Overdue = append(d.Overdue, *c)
	}
	slices.SortFunc(d.Overdue, func(a, b OverdueCustomer) int {
		return cmp.Or(cmp.Compare(b.Lifetime.Hundredths, a.Lifetime.Hundredths), cmp.Compare(b.Items[0].DaysLate, a.Items[0].DaysLate), cmp.Compare(a.Customer, b.Customer))
	})
	m.compare()
	for _, list := range [][]DigestItem{d.New, d.Worse, d.Cleared, d.AtRisk, d.DueThisWeek} {
		slices.SortFunc(list, func(a, b DigestItem) int {
			return cmp.Or(cmp.Compare(b.Lifetime.Hundredths, a.Lifetime.Hundredths), cmp.Compare(a.Promise, b.Promise), cmp.Compare(a.ID, b.ID))
		})
	}
	slices.SortFunc(d.Rescues, func(a, b RescueItem) int {
		return cmp.Or(cmp.Compare(a.OpenedAt, b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	sortRatings(d.Ratings)
	m.quiet()
	m.unanswered()
	m.asks()
	if !d.Empty() {
		m.plusOnes()
	}
}

// compare finds what is new, worse and cleared since the last digest.
func (m *digestMaker) compare() {
	d := m.d
	then := m.then
	if m.Before != nil {
		then = m.Before.Stages()
	}
	for id, item := range m.now {
		switch was, known := then[id]; {
		case !known:
			d.New = append(d.New, item)
		case was == AtRisk && item.Stage == Overdue:
			d.Worse = append(d.Worse, item)
		}
	}
	for id := range then {
		item, seen := m.items[id]
		if _, still := m.now[id]; seen && !still {
			d.Cleared = append(d.Cleared, item)
		}
	}
}

// Stages are the promises a digest tells of as at risk or overdue.
func (d *Digest) Stages() map[ID]Stage {
	s := map[ID]Stage{}
	for _, c := range d.Overdue {
		for _, i := range c.Items {
			s[i.ID] = Overdue
		}
	}
	for _, i := range d.AtRisk {
		s[i.ID] = AtRisk
	}
	return s
}

// Promises are the numbers of the promises that are items of a digest's lists.
func (d *Digest) Promises() (ids []ID) {
	lists := [][]DigestItem{d.New, d.Worse, d.Cleared, d.AtRisk, d.DueThisWeek}
	for _, c := range d.Overdue {
		lists = append(lists, c.Items)
	}
	for _, list := range lists {
		for _, i := range list {
			ids = append(ids, i.ID)
		}
	}
	for _, r := range d.Rescues {
		ids = append(ids, r.ID)
	}
	for _, r := range d.Ratings {
		ids = append(ids, r.ID)
	}
	return ids
}
