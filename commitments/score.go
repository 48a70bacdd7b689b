package commitments

// Score is the three numbers of a span of days, always with their counts.
type Score struct {
	KeptFirst      KeptOf `json:"kept_first"`
	KeptAgreed     KeptOf `json:"kept_agreed"`
	ToldBeforeLate ToldOf `json:"told_before_late"`
}

// KeptOf counts promises kept among those whose date fell in the span.
type KeptOf struct {
	Kept int `json:"kept"`
	Of   int `json:"of"`
}

// ToldOf counts the promises whose date slipped in the span, and those of them whose
// customer heard it from us before the date.
type ToldOf struct {
	Told int `json:"told"`
	Of   int `json:"of"`
}

// add counts a promise that is judged by some dates: by the date first told, by the
// date last agreed, and by the dates that slipped, each if the span has that date in it.
func (s *Score) add(h *History, f *Facts, dates []PromiseDate, at Instant, in func(Date) bool) {
	first, last := dates[h.scored(dates)], dates[len(dates)-1]
	if in(first.Promise) {
		s.KeptFirst.tally(metBy(f, first.DueAt, at))
	}
	if in(last.Promise) {
		s.KeptAgreed.tally(keptAgreed(f, dates, at))
	}
	if told := h.toldBeforeLate(f, dates, at, in); told != nil {
		s.ToldBeforeLate.Of++
		if *told {
			s.ToldBeforeLate.Told++
		}
	}
}

// empty reports whether nothing was counted.
func (s *Score) empty() bool { return s.KeptFirst.Of+s.KeptAgreed.Of+s.ToldBeforeLate.Of == 0 }

func (n *KeptOf) tally(verdict *bool) {
	if verdict == nil {
		return
	}
	n.Of++
	if *verdict {
		n.Kept++
	}
}
