package main

import (
	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

type reportCmd struct {
	looking
	From   moment   `help:"First day. Default: the first of this month, a year ago." placeholder:"DATE"`
	To     moment   `help:"Last day. Default: today." placeholder:"DATE"`
	By     grouping `help:"Also by team, kind, owner or customer." placeholder:"team|kind|owner|customer"`
	Format pageAs   `help:"text, json, md, csv or xlsx. Default: text." placeholder:"FORMAT"`
	Out    text     `help:"Write it to this file instead of here." placeholder:"FILE"`
}

// Help is shown by kept help report.
func (reportCmd) Help() string {
	return "A promise counts where the date falls that a number scores: the first by the date first told, the second by the date last agreed,\n" +
		"the third by the date that was missed or replaced. Under ten, no share is told.\n\n" +
		example("kept report", "kept report --from 2026-01-01 --to 2026-03-31 --by kind", "kept report --by customer --format xlsx --out report.xlsx")
}

// Run tells how promises were kept.
func (c *reportCmd) Run(a *app) error {
	if a.flags.JSON && c.Format == "" {
		c.Format = "json"
	}
	if c.Format == "xlsx" && c.Out == "" && a.onTerminal() {
		return commitments.Invalid("out", "a workbook is not for a terminal: name a file, as --out report.xlsx")
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	spec, err := c.spec(a, s)
	if err != nil {
		return err
	}
	r, err := s.Report(a.ctx, by, spec)
	if err != nil {
		return err
	}
	return a.output(c.Out, func(out *printer) error {
		switch c.Format {
		case "json":
			return out.json(r)
		case "csv", "xlsx":
			columns, rows := r.Rows()
			return writeSheet(out, columns, rows, "Report", c.Format == "xlsx")
		case "md":
			return lines(out, r.Markdown())
		}
		return lines(out, r.Text())
	})
}

// spec reads the days as the default calendar has them.
func (c *reportCmd) spec(a *app, s *store.Store) (spec commitments.ReportSpec, err error) {
	spec = commitments.ReportSpec{By: commitments.Grouping(c.By)}
	if spec.At, err = a.instant(s, c.At); err != nil {
		return spec, err
	}
	cal, err := s.DefaultCalendar(a.ctx)
	if err != nil {
		return spec, err
	}
	spec.Calendar = cal
	if spec.To, err = dayOf("to", c.To, cal, spec.At, cal.Today(spec.At)); err != nil {
		return spec, err
	}
	spec.From, err = dayOf("from", c.From, cal, spec.At, commitments.UsualSpan(spec.To))
	return spec, err
}

// dayOf is the day of a typed time; usual if none was typed.
func dayOf(field string, typed moment, cal *calendar.Calendar, at calendar.Instant, usual calendar.Date) (calendar.Date, error) {
	if typed == "" {
		return usual, nil
	}
	when, err := calendar.ParseWhen(string(typed), at, cal)
	if err != nil {
		return 0, commitments.Invalid(field, err.Error())
	}
	return cal.Today(when.Moment(cal)), nil
}
