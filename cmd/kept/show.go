package main

import (
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/slackapp"
)

type showCmd struct {
	looking
	ID text `arg:"" help:"Number of the promise, or its id elsewhere."`
}

// Help is shown by kept help show.
func (showCmd) Help() string { return example("kept show 42") }

// Run shows one promise.
func (c *showCmd) Run(a *app) error {
	s, by, at, err := a.look(c.At)
	if err != nil {
		return err
	}
	d, err := s.Show(a.ctx, by, string(c.ID), at)
	if err != nil {
		return err
	}
	set, err := a.settings()
	if err != nil {
		return err
	}
	url := slackapp.LinkTo(set["public_url"].value, d.Key)
	if a.flags.JSON {
		return a.out.json(struct {
			store.Detail
			URL commitments.Text `json:"url"` // null without public_url
		}{d, commitments.Text(url)})
	}
	a.detail(d, url)
	return nil
}

func (a *app) detail(d store.Detail, url string) {
	a.out.line("Promise %d to %s: %s", d.ID, d.Customer, d.Title)
	padding := ""
	if d.PaddingDays != nil {
		padding = plural(*d.PaddingDays, "working day") + ", " + or(d.PaddingWhy, "as typed")
	}
	a.out.list(append(standing(d.View), [][2]string{
		{"padding", padding}, {"owner", d.Owner}, {"team", or(d.Team, "")}, {"kind", or(d.Kind, "")},
		{"made", clockTime(d.MadeAt, d.Zone)}, {"due", deadline(d.DueAt, d.Zone) + " " + d.Zone},
		{"work left", workLeft(d.View)}, {"words", or(d.Words, "")}, {"link", or(d.Link, "")}, {"address", url}, {"done means", or(d.DoneMeans, "")},
		{"price", money(d.Price, d.Currency)}, {"value", money(d.Value, d.Currency)}, {"known as", or(d.ExternalID, "")},
		{"delivered", deadline(d.DeliveredAt, d.Zone)}, {"withdrawn", clockTime(d.WithdrawnAt, d.Zone)},
		{"next look", clockTime(d.NextReview, d.Zone)},
	}...))
	for _, next := range []struct{ clock, unless string }{
		{"", "If nobody calls"}, {commitments.ClockOwn, "If nobody owns the rescue"},
		{commitments.ClockCall, "If nobody calls them in the rescue"}, {commitments.ClockMakeRight, "If it is not made right"},
	} {
		if steps := nextSteps(d, next.clock); steps != "" {
			a.out.line("\n%s: %s.", next.unless, steps)
		}
	}
	a.feedback(d)
	a.story(d)
}

// story shows what happened, oldest first.
func (a *app) story(d store.Detail) {
	if len(d.Dates) > 1 || len(d.Dates) == 1 && d.Dates[0].AcceptedAt != 0 {
		a.out.line("\nDates told to the customer:")
		var rows [][2]string
		for _, date := range d.Dates {
			rows = append(rows, [2]string{date.Promise.Human(), "told " + clockTime(date.ToldAt, d.Zone) + asked(date) + acceptedWords(date, d.Zone)})
		}
		a.out.list(rows)
	}
	if len(d.Touches) > 0 {
		a.out.line("\nContacts:")
		var rows [][2]string
		for _, t := range d.Touches {
			rows = append(rows, [2]string{clockTime(t.At, d.Zone), touchWords(t)})
		}
		a.out.list(rows)
	}
	if len(d.Alerts) > 0 {
		a.out.line("\nAlerts:")
		var rows [][2]string
		for _, al := range d.Alerts {
			rows = append(rows, [2]string{clockTime(al.At, d.Zone), alertWords(al)})
		}
		a.out.list(rows)
	}
	a.out.line("\nHistory:")
	var rows [][2]string
	for _, e := range d.Events {
		rows = append(rows, [2]string{clockTime(e.At, d.Zone), eventWords(e)})
	}
	a.out.list(rows)
}

func asked(d store.DateView) string {
	text := ""
	if d.AskedBy != nil {
		text = ", asked for by " + *d.AskedBy
	}
	if d.Why != nil {
		text += ": " + *d.Why
	}
	return text
}

func acceptedWords(d store.DateView, zone string) string {
	if d.AcceptedAt == 0 {
		return ""
	}
	return ", accepted " + clockTime(d.AcceptedAt, zone) + byWhom(d.AcceptedBy)
}

func touchWords(t store.TouchView) string {
	by := string(t.By)
	text := by + " by " + t.Channel
	if t.Inbound {
		text = "the customer to " + by + " by " + t.Channel
	}
	switch {
	case t.Outcome != "":
		text += ": " + string(t.Outcome)
	case !t.Reached:
		text += ": not reached"
	}
	if t.Summary != "" {
		text += ". " + string(t.Summary)
	}
	return text
}

func alertWords(al store.AlertView) string {
	text := string(al.Stage) + " to " + al.Recipient + standingIn(al.For) + stepWords(al.Step)
	if al.State != "" {
		text += ", message " + string(al.State)
	}
	if al.ClosedAt != 0 {
		text += ", closed: " + string(al.ClosedWhy)
	}
	return text
}

// standingIn names who is away, and would have been told.
func standingIn(away *string) string {
	if away == nil {
		return ""
	}
	return " for " + *away + ", who is away"
}

// stepWords says which step of the ladder an alert is; the first goes without saying.
func stepWords(step string) string {
	if step == commitments.StepOwner {
		return ""
	}
	return " (" + step + ")"
}

// nextSteps are who will be told, and when, if a clock of the rescue is not met; "" is
// the ladder of the call card.
func nextSteps(d store.Detail, clock string) string {
	var steps []string
	for _, e := range d.Escalation {
		if commitments.ClockOf(e.Step) != clock {
			continue
		}
		who := e.Who + standingIn(e.For)
		switch {
		case e.As != "owner":
			who += " (" + e.As + ")"
		case e.Step != commitments.StepOwner:
			who += " again"
		}
		steps = append(steps, who+" "+soon(e.At, d.AsOf, d.Zone))
	}
	return strings.Join(steps, ", ")
}

// soon is an instant within a week as "Thu 10:00", and a later one with its date.
func soon(at, now calendar.Instant, zone string) string {
	location, err := calendar.Zone(zone)
	if err != nil {
		return at.String()
	}
	if at.Sub(now) < 6*24*time.Hour {
		return at.Time().In(location).Format("Mon 15:04")
	}
	return at.Time().In(location).Format("Mon 2 Jan 15:04")
}

func workLeft(v commitments.View) string {
	if v.WorkLeft == nil {
		return ""
	}
	return commitments.Days(v.WorkLeft.Days*100).String() + " working days, said " + clockTime(v.WorkLeft.At, v.Zone)
}

func money(m commitments.Money, currency string) string {
	if !m.Known {
		return ""
	}
	return m.Grouped() + " " + currency
}
