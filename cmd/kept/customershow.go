package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
)

type customerShow struct {
	looking
	Customer text `arg:"" help:"Name or number of the customer."`
}

// Help is shown by kept help customer show.
func (customerShow) Help() string {
	return "Who they are, everything outstanding, then everything closed, as far as you may see it.\n\n" +
		example("kept customer show Acme", "kept customer show Acme --at 2026-11-02")
}

// Run shows everything about a customer.
func (c *customerShow) Run(a *app) error {
	s, by, at, err := a.look(c.At)
	if err != nil {
		return err
	}
	p, err := s.CustomerPage(a.ctx, by, string(c.Customer), at)
	if err != nil || a.flags.JSON {
		return a.answer(p, err)
	}
	a.customerPage(p)
	return nil
}

// customerPage shows what is outstanding, then what is closed.
func (a *app) customerPage(p store.CustomerPage) {
	a.out.line("Customer %d, %s", p.ID, p.Name)
	a.out.list(append(customerRows(p.CustomerView, daysWords(p)), [2]string{"answered", answeredWords(p.Response)}))
	open, closed := splitAsks(p.Asks)
	rescuing, rescued := splitRescues(p.Rescues)
	a.section("Open promises", p.Open, []string{"ID", stageTitle, "PROMISED", "WHAT", "OWNER", "WHY"}, openRows(p.Promises))
	a.section("Open rescues", len(rescuing), rescueColumns, rescueTable(rescuing, p.Days.Zone))
	a.section("Asked for, and not yet given", len(open), askColumns, askRows(open))
	a.section("Asked how we did, and not yet answered", len(p.Surveys), []string{"WHO", "WHEN", "UNTIL", "PROMISE"}, surveyRows(p))
	a.section("Closed promises", p.ClosedCount, []string{"ID", stageTitle, "PROMISED", "WHAT", "OWNER", "CLOSED", "KEPT"}, closedRows(p.Closed))
	a.section("Closed rescues", len(rescued), rescueColumns, rescueTable(rescued, p.Days.Zone))
	a.section("Asked for, and answered", len(closed), askColumns, askRows(closed))
	a.section("What they said of us", len(p.Ratings), []string{"RATING", "WHEN", "WHO", "PROMISE", "WORDS"}, ratingRows(p))
	a.section("Plus ones", len(p.PlusOnes), []string{"WHEN", "WHAT", "COST", "NOTICED", "PROMISE"}, plusOneRows(p.PlusOnes))
	a.section("Contacts", p.TouchCount, []string{"WHEN", "PROMISE", "WHO, HOW AND WHAT"}, touchRows(p))
}

// section shows a table under its title, which says how much there is and how much of it is shown.
func (a *app) section(title string, n int, columns []string, rows [][]string) {
	if n == 0 {
		return
	}
	count := strconv.Itoa(n)
	if len(rows) < n {
		count = fmt.Sprintf("the last %d of %d", len(rows), n)
	}
	a.out.line("\n%s (%s):", title, count)
	a.out.table(columns, rows)
}

// daysWords are the days and hours of a customer, and when nobody works next.
func daysWords(p store.CustomerPage) string {
	text := fmt.Sprintf("%s: %s, %s", p.Days.Calendar, p.Days.Hours, p.Days.Zone)
	var off []string
	for _, d := range p.Days.Off {
		off = append(off, d.Date.Human()+" "+d.Name)
	}
	if len(off) > 0 {
		text += "\nnext off " + strings.Join(off, ", ")
	}
	return text
}

// answeredWords says how soon a customer was answered.
func answeredWords(r store.ResponseView) string {
	var parts []string
	if r.MedianHours != nil {
		parts = append(parts, fmt.Sprintf("half of %s within %s working hours, nine of ten within %s", plural(r.Answered, "time"), oneDecimal(*r.MedianHours), oneDecimal(*r.SlowHours)))
	}
	if r.Unanswered > 0 {
		parts = append(parts, plural(r.Unanswered, "time")+" not yet")
	}
	return strings.Join(parts, "; ")
}

func oneDecimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func splitAsks(all []commitments.AskView) (open, closed []commitments.AskView) {
	for _, v := range all {
		if v.State.Rank() <= commitments.AskPromised.Rank() {
			open = append(open, v)
		} else {
			closed = append(closed, v)
		}
	}
	return open, closed
}

func splitRescues(all []store.CustomerRescue) (open, closed []store.CustomerRescue) {
	n := slices.IndexFunc(all, func(r store.CustomerRescue) bool { return !r.Open() })
	if n < 0 {
		return all, nil
	}
	return all[:n], all[n:]
}

var rescueColumns = []string{"ID", "WHAT", "OPENED", "BY NOW", "REASON", "GIVEN"}

func rescueTable(rescues []store.CustomerRescue, zone string) [][]string {
	rows := make([][]string, len(rescues))
	for i, r := range rescues {
		what := or(r.What, "")
		if r.Cost.Known {
			what += " (" + r.Cost.Grouped() + ")"
		}
		rows[i] = []string{idOf(r.ID), r.Title, clockTime(r.OpenedAt, zone), byNow(r.RescueView), or(r.Reason, ""), what}
	}
	return rows
}

// byNow is how far a rescue has come.
func byNow(r *commitments.RescueView) string {
	switch {
	case r.ClosedAt != 0 && r.WonBack == nil:
		return "closed"
	case r.ClosedAt != 0 && *r.WonBack:
		return "won back"
	case r.ClosedAt != 0:
		return "lost"
	case r.MadeRightAt != 0:
		return "made right"
	case r.CalledAt != 0:
		return "called"
	case r.OwnedAt != 0:
		return "owned by " + or(r.OwnedBy, "somebody")
	}
	return "nobody owns it"
}

func openRows(promises []commitments.View) [][]string {
	rows := make([][]string, len(promises))
	for i, v := range promises {
		rows[i] = []string{idOf(v.ID), string(v.Stage), promiseWords(v), v.Title, v.Owner, because(v)}
	}
	return rows
}

func closedRows(promises []commitments.View) [][]string {
	rows := make([][]string, len(promises))
	for i, v := range promises {
		closed := max(v.DeliveredAt, v.WithdrawnAt)
		rows[i] = []string{idOf(v.ID), string(v.Stage), promiseWords(v), v.Title, v.Owner, deadline(closed, v.Zone), keptWord(v.Verdict.KeptFirst)}
	}
	return rows
}

// keptWord says whether a promise was kept by its first date.
func keptWord(kept *bool) string {
	switch {
	case kept == nil:
		return ""
	case *kept:
		return "kept"
	}
	return "not kept"
}

func surveyRows(p store.CustomerPage) [][]string {
	rows := make([][]string, len(p.Surveys))
	for i, s := range p.Surveys {
		rows[i] = []string{or(s.Contact, ""), clockTime(s.AskedAt, p.Days.Zone), clockTime(s.ExpiresAt, p.Days.Zone), idOf(s.ID) + " " + s.Title}
	}
	return rows
}

func ratingRows(p store.CustomerPage) [][]string {
	rows := make([][]string, len(p.Ratings))
	for i, r := range p.Ratings {
		rows[i] = []string{strconv.Itoa(r.Rating) + " of 5", clockTime(r.At, p.Days.Zone), or(r.By, ""), idOf(r.ID) + " " + r.Title, or(r.Comment, "")}
	}
	return rows
}

func plusOneRows(all []store.PlusOneView) [][]string {
	rows := make([][]string, len(all))
	for i, v := range all {
		rows[i] = []string{clockTime(v.At, v.Zone), v.What, money(v.Cost, v.Currency), noticed(v), idOf(v.Promise) + " " + v.Title}
	}
	return rows
}

func touchRows(p store.CustomerPage) [][]string {
	rows := make([][]string, len(p.Touches))
	for i, t := range p.Touches {
		about := ""
		if t.Promise != 0 {
			about = idOf(t.Promise)
		}
		rows[i] = []string{clockTime(t.At, p.Days.Zone), about, touchWords(t.TouchView)}
	}
	return rows
}
