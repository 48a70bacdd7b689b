package commitments

import (
	"cmp"
	"slices"
	"strings"
)

// Reported is a promise as a report needs it.
type Reported struct {
	*Promise
	Lifetime Money // of its customer
}

// rating is the newest known at an instant; 0 if there is none.
func (p *Reported) rating(at Instant) int {
	if r := p.History.RatingAsOf(at); r != nil {
		return r.Rating
	}
	return 0
}

// Reporter makes a report of promises it is given one by one. Its memory grows with the
// periods and groups of the report, and not with the promises.
type Reporter struct {
	spec   ReportSpec
	report Report
	groups map[ID]*Group
}

// NewReporter begins a report. It refuses a span that makes no sense.
func NewReporter(spec ReportSpec) (*Reporter, error) {
	if err := spec.valid(); err != nil {
		return nil, err
	}
	r := &Reporter{spec: spec, groups: map[ID]*Group{}}
	r.report = Report{From: spec.From, To: spec.To, At: spec.At.Second(), Zone: spec.Calendar.Zone(), By: spec.By, Groups: []Group{}}
	r.report.Step, r.report.OverTime = spec.periods()
	r.report.Responses.Hours.parts = tenths
	r.report.Misses.Reasons = newCounts(RescueReasons[:])
	hours := Distribution{parts: tenths}
	r.report.Rescues = RescuesIn{Severities: newCounts(Severities[:]), Currency: spec.Currency, Own: hours, Call: hours, MakeRight: hours}
	r.report.Late = Lateness{ByWorking: daysLate.buckets(), ByCalendar: daysLate.buckets()}
	for _, share := range sharesUsed {
		r.report.Padding.Used = append(r.report.Padding.Used, ShareUsed{Share: share})
	}
	for _, b := range daysRated {
		r.report.Ratings.ByDays = append(r.report.Ratings.ByDays, RatedDays{Days: b.name})
	}
	return r, nil
}

func (s *ReportSpec) in(d Date) bool { return d >= s.From && d <= s.To }

// Take counts one promise.
func (r *Reporter) Take(p Reported) {
	h, at, reason := &p.History, r.spec.At, r.rescues(p.Promise)
	f, dates := h.judged(at, p.Calendar)
	if !slices.ContainsFunc(dates, func(d PromiseDate) bool { return r.spec.in(d.Promise) }) {
		return
	}
	r.report.add(h, &f, dates, at, r.spec.in)
	r.overTime(h, &f, dates)
	r.moves(dates)
	group := r.group(&p)
	group.add(h, &f, dates, at, r.spec.in)
	scored := dates[h.scored(dates)]
	if kept := metBy(&f, scored.DueAt, at); kept != nil && r.spec.in(scored.Promise) {
		r.ended(ending(&p, &f, scored, *kept, at), group)
		if !*kept {
			r.report.Misses.Of++
			countName(r.report.Misses.Reasons, reason)
		}
	}
}

// overTime counts the promise in each period that has one of its dates.
func (r *Reporter) overTime(h *History, f *Facts, dates []PromiseDate) {
	var seen []int
	for _, d := range dates {
		i := r.period(d.Promise)
		if i < 0 || slices.Contains(seen, i) {
			continue
		}
		seen = append(seen, i)
		p := &r.report.OverTime[i]
		p.add(h, f, dates, r.spec.At, func(d Date) bool { return d >= p.From && d <= p.To })
	}
}

// period is the index of the period a date is in; -1 if none.
func (r *Reporter) period(d Date) int {
	i, _ := slices.BinarySearchFunc(r.report.OverTime, d, func(p Period, d Date) int { return cmp.Compare(p.To, d) })
	if !r.spec.in(d) {
		return -1
	}
	return i
}

func (r *Reporter) moves(dates []PromiseDate) {
	for i, d := range dates[:len(dates)-1] {
		switch {
		case !r.spec.in(d.Promise):
		case movedForThem(d, dates[i+1]):
			r.report.Moves.ByCustomer++
		default:
			r.report.Moves.ByUs++
		}
	}
}

// group is the group of a promise; one that is thrown away if there is no grouping.
func (r *Reporter) group(p *Reported) *Group {
	var ref Ref
	switch r.spec.By {
	case ByTeam:
		ref = p.Team
	case ByKind:
		ref = p.Kind
	case ByOwner:
		ref = p.Owner
	case ByCustomer:
		ref = p.Customer
	default:
		return &Group{}
	}
	g := r.groups[ref.ID]
	if g == nil {
		g = &Group{ID: ref.ID, Name: given(ref.Name)}
		if r.spec.By == ByCustomer {
			g.lifetime = p.Lifetime
		}
		r.groups[ref.ID] = g
	}
	return g
}

// Report is the report of what was taken so far.
func (r *Reporter) Report() Report {
	report := r.report
	report.Groups = []Group{}
	for _, g := range r.groups {
		if !g.empty() {
			report.Groups = append(report.Groups, *g)
		}
	}
	slices.SortFunc(report.Groups, r.order)
	return report
}

// order is that of the groups: customers by what a lifetime of them is worth, owners by
// name, for a report is no ranking of people, and else those with most promises first.
func (r *Reporter) order(a, b Group) int {
	byName := cmp.Or(strings.Compare(name(a), name(b)), cmp.Compare(a.ID, b.ID))
	if r.spec.By == ByOwner {
		return byName
	}
	return cmp.Or(cmp.Compare(b.lifetime.Hundredths, a.lifetime.Hundredths), cmp.Compare(b.KeptFirst.Of, a.KeptFirst.Of), byName)
}

func name(g Group) string {
	if g.Name == nil {
		return ""
	}
	return *g.Name
}
