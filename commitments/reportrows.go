package commitments

// Rows are the figures of the report as one table, for CSV and XLSX: in each row how
// many count of how many, and what there are enough of to say.
func (r *Report) Rows() (columns []string, rows [][]any) {
	t := &reportRows{}
	for i := range r.OverTime {
		t.score("over time", r.OverTime[i].Name, &r.OverTime[i].Score)
	}
	t.score("over time", "all", &r.Score)
	for i := range r.Groups {
		t.group(r.By, &r.Groups[i])
	}
	t.counted("reasons for misses", "promises", r.Misses.Reasons, r.Misses.Of)
	t.late(r)
	t.rescues(&r.Rescues)
	t.padding(&r.Padding)
	t.part("responses", "all", "unanswered", r.Responses.Unanswered, r.Responses.Inbound)
	t.spread("responses", "all", "working hours to the first answer", &r.Responses.Hours)
	t.ratings(&r.Ratings)
	return []string{"section", "item", "figure", "count", "of", "percent", "mean", "median", "p90", "sum"}, t.rows
}

type reportRows struct{ rows [][]any }

// part adds n of of.
func (t *reportRows) part(section, item, figure string, n, of int) {
	var percent any
	if of >= TooFew {
		percent = float64((n*1000+of/2)/of) / 10
	}
	t.rows = append(t.rows, []any{section, item, figure, n, of, percent, nil, nil, nil, nil})
}

func (t *reportRows) spread(section, item, figure string, d *Distribution) {
	t.rows = append(t.rows, []any{section, item, figure, d.Count(), nil, nil, nil, d.Median(), d.P90(), nil})
}

func (t *reportRows) stars(section, item string, s Stars) {
	t.rows = append(t.rows, []any{section, item, "rating", s.Count(), nil, nil, s.Mean(), nil, nil, nil})
	t.part(section, item, "one or two stars", s.Low(), s.Count())
}

func (t *reportRows) score(section, item string, s *Score) {
	t.part(section, item, "kept by the first date", s.KeptFirst.Kept, s.KeptFirst.Of)
	t.part(section, item, "kept as last agreed", s.KeptAgreed.Kept, s.KeptAgreed.Of)
	t.part(section, item, "told before late", s.ToldBeforeLate.Told, s.ToldBeforeLate.Of)
}

func (t *reportRows) group(by Grouping, g *Group) {
	section, item := "by "+string(by), "(no "+string(by)+")"
	if g.Name != nil {
		item = *g.Name
	}
	t.score(section, item, &g.Score)
	t.spread(section, item, "working days late", &g.DaysLate)
	t.stars(section, item, g.Ratings)
}

func (t *reportRows) late(r *Report) {
	broken := r.KeptFirst.Of - r.KeptFirst.Kept
	t.part("late", "all", "delivered", r.Late.Delivered, broken)
	t.part("late", "all", "not delivered", r.Late.NotDelivered, broken)
	for i, b := range r.Late.ByWorking {
		days := daysText(b.Days + " late") // a spreadsheet takes 2-3 for a date
		t.part("late", days, "working days", b.Count, r.Late.Delivered)
		t.part("late", days, "calendar days", r.Late.ByCalendar[i].Count, r.Late.Delivered)
	}
	t.spread("late", "all", "working days", &r.Late.WorkingDays)
	t.spread("late", "all", "calendar days", &r.Late.CalendarDays)
	moves := r.Moves.ByUs + r.Moves.ByCustomer
	t.part("moved", "all", "by us", r.Moves.ByUs, moves)
	t.part("moved", "all", "by the customer", r.Moves.ByCustomer, moves)
}

// counted adds what goes by each name.
func (t *reportRows) counted(section, figure string, counts []Counted, of int) {
	for _, c := range counts {
		item := "(not given)"
		if c.Name != nil {
			item = *c.Name
		}
		t.part(section, item, figure, c.Count, of)
	}
}

func (t *reportRows) rescues(r *RescuesIn) {
	t.part("rescues", "all", "opened by a person", r.ByPerson, r.Opened)
	t.part("rescues", "all", "closed", r.Closed, r.Opened)
	t.part("rescues", "all", "won back", r.WonBack, r.Closed)
	t.part("rescues", "all", "not won back", r.NotWonBack, r.Closed)
	t.counted("rescues", "severity", r.Severities, r.Opened)
	t.spread("rescues", "all", "working hours to own it", &r.Own)
	t.spread("rescues", "all", "working hours to the first call", &r.Call)
	t.spread("rescues", "all", "working hours to make it right", &r.MakeRight)
	t.rows = append(t.rows, []any{"rescues", "all", "cost in " + r.Currency, nil, nil, nil, nil, nil, nil, r.Cost})
}

func (t *reportRows) padding(u *PadUse) {
	for i, used := range u.Used {
		t.part("padding used", shareTexts[i], "promises", used.Count, u.Promises-u.Unpadded)
	}
	t.spread("padding used", "all", "working days of padding", &u.Days)
	t.spread("padding used", "all", "working days after the target", &u.SlipDays)
}

func (t *reportRows) ratings(r *RatingsBy) {
	t.stars("ratings", "all", r.All)
	t.stars("ratings", "kept", r.Kept)
	t.stars("ratings", "broken", r.Broken)
	t.stars("ratings", "delivered late", r.Late)
	t.stars("ratings", "not delivered", r.NotDelivered)
	for _, d := range r.ByDays {
		t.stars("ratings by days", daysText(d.Days), d.Ratings)
	}
}
