package main

import (
	"fmt"
	"regexp"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/sheet"
	"kept/commitments/store"
)

type digestCmd struct {
	Manager text    `help:"Of this account manager. Default: the whole company." placeholder:"EMAIL"`
	Week    isoWeek `help:"The one sent in this week, as it was sent; needs --manager." placeholder:"2026-W47"`
	At      moment  `help:"As of another time. Default: now." placeholder:"TIME"`
	Send    bool    `help:"Store it and send it; without --manager, everybody's."`
	Format  pageAs  `help:"text, json, md, csv or xlsx. Default: text." placeholder:"FORMAT"`
	Out     text    `help:"Write it to this file instead of here." placeholder:"FILE"`
}

// Help is shown by kept help digest.
func (digestCmd) Help() string {
	return example("kept digest --manager mia@example.com", "kept digest --manager mia@example.com --week 2026-W47 --format md")
}

// Run shows a digest, or sends it.
func (c *digestCmd) Run(a *app) error {
	if err := c.fits(a); err != nil {
		return err
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	if err := c.allowed(a, s, by); err != nil {
		return err
	}
	at, err := a.instant(s, c.At)
	if err != nil {
		return err
	}
	if c.Send {
		return c.send(a, s, at)
	}
	d, err := c.find(a, s, at)
	if err != nil {
		return err
	}
	return c.write(a, d)
}

// fits refuses what does not go together.
func (c *digestCmd) fits(a *app) error {
	if a.flags.JSON && c.Format == "" {
		c.Format = "json"
	}
	switch {
	case c.Week != "" && c.Manager == "":
		return commitments.Invalid("week", "whose? add --manager EMAIL")
	case c.Week != "" && (c.At != "" || c.Send):
		return commitments.Invalid("week", "shows a digest as it was sent: leave out --at and --send")
	case c.Send && (c.Out != "" || c.Format != "" && !a.flags.JSON):
		return commitments.Invalid("send", "sends it to Slack: leave out --format and --out")
	case c.Format == "xlsx" && c.Out == "" && a.onTerminal():
		return commitments.Invalid("out", "a workbook is not for a terminal: name a file, as --out digest.xlsx")
	}
	return nil
}

// allowed: a digest shows all promises to a manager's customers, so it is for them
// and for admins.
func (c *digestCmd) allowed(a *app, s *store.Store, by commitments.Actor) error {
	if by.MayAlways(commitments.ActOperate) {
		return nil
	}
	if c.Manager != "" && !c.Send {
		p, err := s.Person(a.ctx, string(c.Manager))
		if err != nil {
			return err
		}
		if p.ID == by.ID {
			return nil
		}
	}
	return commitments.Refused("as", fmt.Sprintf("%s is a %s: only an admin may see the digests of others, or send one", by.Name, by.Role))
}

func (c *digestCmd) find(a *app, s *store.Store, at calendar.Instant) (commitments.Digest, error) {
	if c.Week != "" {
		return s.StoredDigest(a.ctx, string(c.Manager), string(c.Week))
	}
	return s.MakeDigest(a.ctx, string(c.Manager), at)
}

func (c *digestCmd) write(a *app, d commitments.Digest) error {
	return a.output(c.Out, func(out *printer) error {
		switch c.Format {
		case "json":
			return out.json(d)
		case "csv", "xlsx":
			columns, rows := d.Rows()
			return writeSheet(out, columns, rows, "Digest "+d.Week, c.Format == "xlsx")
		case "md":
			return lines(out, d.Markdown())
		}
		return lines(out, d.Text())
	})
}

// lines prints a text of many lines, each made visible.
func lines(out *printer, text string) error {
	for line := range strings.Lines(text) {
		out.line("%s", strings.TrimSuffix(line, "\n"))
	}
	return nil
}

// writeSheet writes a table as CSV, or as a workbook of one sheet.
func writeSheet(out *printer, columns []string, rows [][]any, name string, workbook bool) error {
	w, err := sheet.NewCSV(out, columns, false)
	if workbook {
		w, err = sheet.NewXLSX(out, columns, name)
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]sheet.Cell, len(row))
		for i, v := range row {
			cells[i] = cell(v)
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	return w.Close()
}

// cell is a value as a spreadsheet holds it.
func cell(v any) sheet.Cell {
	switch v := v.(type) {
	case nil:
		return sheet.Cell{}
	case string:
		return sheet.Text(v)
	case int:
		return sheet.Number(float64(v))
	case float64:
		return sheet.Number(v)
	case *float64:
		if v == nil {
			return sheet.Cell{}
		}
		return sheet.Number(*v)
	case store.ID:
		return sheet.Number(float64(v))
	case commitments.Money:
		if !v.Known {
			return sheet.Cell{}
		}
		return sheet.Number(float64(v.Hundredths) / 100)
	case calendar.Date:
		return sheet.Date(v)
	case calendar.Instant:
		return sheet.Instant(v, nil)
	}
	return sheet.Text(fmt.Sprint(v))
}

// issued is what became of one manager's digest.
type issued struct {
	Manager string            `json:"manager"`
	Week    string            `json:"week"`
	State   store.DigestState `json:"state"` // stored and owed to Slack, or nothing to say
}

// send stores the digests that were not yet, and sends them.
func (c *digestCmd) send(a *app, s *store.Store, at calendar.Instant) error {
	if at > a.now {
		return commitments.Refused("at", at.String()+" is still to come: a digest is sent as of a time that was")
	}
	managers, err := c.managers(a, s)
	if err != nil {
		return err
	}
	done := []issued{}
	for _, m := range managers {
		cal, err := s.ManagerCalendar(a.ctx, m)
		if err != nil {
			return err
		}
		week := commitments.Week(at, cal)
		state, made, err := s.IssueDigest(a.ctx, m, week, at, at, false)
		if err != nil {
			return err
		}
		if !made && c.Manager != "" {
			return commitments.Refused("manager", fmt.Sprintf("the digest of %s for %s was dealt with already: see `kept digest --manager %s --week %s`", m.Name, week, m.Name, week))
		}
		if made {
			done = append(done, issued{m.Name, week, state})
		}
	}
	return a.sent(s, done, at)
}

func (c *digestCmd) managers(a *app, s *store.Store) ([]store.Person, error) {
	if c.Manager == "" {
		return s.Managers(a.ctx)
	}
	p, err := s.Person(a.ctx, string(c.Manager))
	return []store.Person{p.Person}, err
}

// sent sends what was stored, and tells of it.
func (a *app) sent(s *store.Store, done []issued, at calendar.Instant) error {
	counts, err := a.deliver(s, at, nil)
	if err != nil {
		return err
	}
	if a.flags.JSON {
		return a.out.json(map[string]any{"at": at, "digests": done, "deliveries": counts})
	}
	for _, d := range done {
		a.out.line("%s, week %s: %s", d.Manager, d.Week, string(d.State))
	}
	if len(done) == 0 {
		a.out.line("No digest is owed: all of this week were dealt with.")
	}
	a.messages(counts)
	return nil
}

// weekForm is an ISO week.
var weekForm = regexp.MustCompile(`^[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])$`)
