package commitments

import (
	"cmp"
	"fmt"
	"slices"
)

// RatingItem is what a customer said of how we did, beside the promise it is about.
type RatingItem struct {
	ID       ID     `json:"id"` // of the promise
	Customer string `json:"customer"`
	Lifetime Money  `json:"lifetime_value"`
	Title    string `json:"title"`
	Owner    string `json:"owner"`
	RatingView
	LetDown bool `json:"let_down"` // and no rescue has taken it up
}

// ToDo is what is owed to a customer who was let down; "" to any other.
func (i *RatingItem) ToDo() string {
	if !i.LetDown {
		return ""
	}
	return fmt.Sprintf("call them, and kept rescue open %d", i.ID)
}

// ratings takes in what was said of a promise since the last digest, or, without one
// that is stored, in the week before.
func (m *digestMaker) ratings(p *Promise) {
	since := m.At - 7*24*60*60*1_000_000
	if m.Before != nil {
		since = m.Before.At
	}
	said := p.History.RatingsAsOf(m.At)
	if len(said) == 0 {
		return
	}
	down := p.History.LetDownAt(m.At)
	for _, r := range said {
		if r.At <= since {
			continue
		}
		i := RatingItem{ID: p.ID, Customer: p.Customer.Name, Title: p.Title, Owner: p.Owner.Name, RatingView: r.View(), LetDown: r.At == down && r.Rating <= LetDown}
		if c := m.Customers[p.Customer.ID]; c != nil {
			i.Lifetime = c.Lifetime
		}
		m.d.Ratings = append(m.d.Ratings, i)
	}
}

// sortRatings puts whoever was let down most in front, among equals the most valuable.
func sortRatings(ratings []RatingItem) {
	slices.SortFunc(ratings, func(a, b RatingItem) int {
		return cmp.Or(cmp.Compare(a.Rating, b.Rating), cmp.Compare(b.Lifetime.Hundredths, a.Lifetime.Hundredths), cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID))
	})
}

func (w *digestWriter) ratings(ratings []RatingItem) {
	if len(ratings) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("What customers said (%d)", len(ratings)))
	for _, i := range ratings {
		text := fmt.Sprintf("%d of 5 from %s: %d %s (%s)", i.Rating, w.style.escape(i.Customer), i.ID, w.style.escape(i.Title), w.style.escape(i.Owner))
		if words := i.Words(); words != "" {
			text += ", “" + w.style.escape(Headline(words)) + "”"
		}
		if do := i.ToDo(); do != "" {
			text += ": " + do
		}
		w.line(w.style.item, text)
	}
}
