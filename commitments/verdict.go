package commitments

import (
	"slices"

	"kept/commitments/calendar"
)

// Verdict is how a promise was kept. Nil means that there is nothing to say yet,
// or that the promise is out of the counts.
type Verdict struct {
	KeptFirst      *bool `json:"kept_first"`       // by the date first told
	KeptAgreed     *bool `json:"kept_agreed"`      // every move agreed in time, and the last date met
	ToldBeforeLate *bool `json:"told_before_late"` // they heard of every slip from us before the date passed
}

// Verdict judges the facts known at an instant. An undated promise, and one
// withdrawn before its first date was due, is out of all three numbers.
func (h *History) Verdict(at Instant, cal *calendar.Calendar) Verdict {
	f, dates := h.judged(at, cal)
	if dates == nil {
		return Verdict{}
	}
	return Verdict{
		KeptFirst:      metBy(&f, dates[h.scored(dates)].DueAt, at),
		KeptAgreed:     keptAgreed(&f, dates, at),
		ToldBeforeLate: h.toldBeforeLate(&f, dates, at, func(Date) bool { return true }),
	}
}

// judged is the dates by which a promise is judged, as known at an instant, with its
// facts then; nil if it is out of the counts.
func (h *History) judged(at Instant, cal *calendar.Calendar) (Facts, []PromiseDate) {
	f, made := h.AsOf(at, cal)
	if !made || f.Undated() {
		return f, nil
	}
	dates := h.datesKnown(at)
	if f.WithdrawnAt != 0 && f.WithdrawnAt <= dates[0].DueAt {
		return f, nil
	}
	return f, dates
}

// scored is the index of the date that kept_first is judged by: the first, or the
// one that took its place because the customer asked for it before it was due.
func (h *History) scored(dates []PromiseDate) int {
	i := 0
	for i+1 < len(dates) && movedForThem(dates[i], dates[i+1]) {
		i++
	}
	return i
}

// movedForThem reports whether a date was replaced because the customer asked for it,
// and before it was due. Any other move counts as ours.
func movedForThem(d, next PromiseDate) bool {
	return next.AskedBy == "customer" && next.ToldAt < d.DueAt
}

// metBy judges one deadline: nil while open and not yet over, and for good if the
// promise was withdrawn before it.
func metBy(f *Facts, due, at Instant) *bool {
	if f.WithdrawnAt != 0 {
		at = f.WithdrawnAt
	}
	switch {
	case f.DeliveredAt != 0:
		return verdict(f.DeliveredAt <= due)
	case at > due:
		return verdict(false)
	}
	return nil
}

func keptAgreed(f *Facts, dates []PromiseDate, at Instant) *bool {
	met := metBy(f, dates[len(dates)-1].DueAt, at)
	if met == nil && !f.Closed() {
		return nil
	}
	for i, d := range dates[1:] {
		if d.ToldAt >= dates[i].DueAt {
			return verdict(false)
		}
	}
	return met
}

// toldBeforeLate looks at every date that was missed, or moved by us: before it was
// due a call must have reached the customer, or a new date have been told.
// Only dates that count are looked at.
func (h *History) toldBeforeLate(f *Facts, dates []PromiseDate, at Instant, counts func(Date) bool) *bool {
	var told *bool
	for i, d := range dates {
		if !counts(d.Promise) {
			continue
		}
		last := i == len(dates)-1
		moved := !last && !movedForThem(d, dates[i+1])
		missed := last && isFalse(metBy(f, d.DueAt, at))
		if !moved && !missed {
			continue
		}
		if (last || dates[i+1].ToldAt >= d.DueAt) && !h.calledBetween(d) {
			return verdict(false)
		}
		told = verdict(true)
	}
	return told
}

// calledBetween reports whether a call about this promise reached the customer
// after a date was told and before it was due. The call that told a date is no
// news of its slipping.
func (h *History) calledBetween(d PromiseDate) bool {
	told := d.ToldAt
	if h.madeWith(d) {
		told = h.MadeAt
	}
	return slices.ContainsFunc(h.Touches, func(t Touch) bool {
		return t.Reached && slices.Contains([]Outcome{StillOn, Slipping, RescueCall}, t.Outcome) && t.At >= told && t.At < d.DueAt
	})
}

func verdict(b bool) *bool       { return &b }
func isFalse(verdict *bool) bool { return verdict != nil && !*verdict }
