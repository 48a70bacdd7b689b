package commitments

import (
	"cmp"
	"slices"
)

// CustomerGlance is a customer as their account manager sees them at a glance.
type CustomerGlance struct {
	ID        ID
	Name      string
	Lifetime  Money
	Open      int     // promises
	Overdue   int     // … of which so many are overdue
	LastTouch Instant // 0 = never
	QuietDays int     // working days without any contact; 0 unless that is too many
}

// Glance is the digest made from the facts, and beside it every customer they are of:
// those with something overdue first, then those gone quiet, the most valuable first.
func (f DigestFacts) Glance() (Digest, []CustomerGlance) {
	m := newDigestMaker(f)
	d := *m.d
	overdue, quiet := map[string]int{}, map[string]int{} // by name, of which there is one each
	for _, c := range d.Overdue {
		overdue[c.Customer] = len(c.Items)
	}
	for _, q := range d.Quiet {
		quiet[q.Customer] = q.Days
	}
	all := make([]CustomerGlance, 0, len(f.Customers))
	for id, c := range f.Customers {
		all = append(all, CustomerGlance{id, c.Name, c.Lifetime, m.open[id] + c.Calm, overdue[c.Name], c.LastTouch, quiet[c.Name]})
	}
	slices.SortFunc(all, func(a, b CustomerGlance) int {
		return cmp.Or(cmp.Compare(min(b.Overdue, 1), min(a.Overdue, 1)), cmp.Compare(min(b.QuietDays, 1), min(a.QuietDays, 1)),
			cmp.Compare(b.Lifetime.Hundredths, a.Lifetime.Hundredths), cmp.Compare(a.Name, b.Name))
	})
	return d, all
}

// ScoreBetween is the three numbers of some promises over the days from first to last, as
// they stand at an instant.
func ScoreBetween(promises []*Promise, at Instant, first, last Date) (s Score) {
	for _, p := range promises {
		if f, dates := p.History.judged(at, p.Calendar); dates != nil {
			s.add(&p.History, &f, dates, at, func(d Date) bool { return d >= first && d <= last })
		}
	}
	return s
}

// LastWeeks are the days of the n whole weeks before the one that a day is in.
func LastWeeks(n int, today Date) (first, last Date) {
	m := monday(today)
	return m - Date(7*n), m - 1
}
