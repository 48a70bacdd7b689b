package main

import (
	"fmt"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

type addCmd struct {
	recording
	Customer    text    `required:"" help:"To whom it is promised." placeholder:"NAME"`
	What        text    `required:"" help:"What is promised, in a few words." placeholder:"TEXT"`
	Owner       text    `required:"" help:"The one person accountable for it." placeholder:"EMAIL"`
	Target      day     `help:"Internal target date." placeholder:"DATE"`
	Promise     day     `help:"Date told to the customer; a time of day may follow." placeholder:"DATE [HH:MM]"`
	DateBy      day     `help:"For a promise without a date: the day by which we owe the customer one." placeholder:"DATE"`
	Padding     padding `help:"Working days between target and promise: 5d, or 20% of those before the target. Default: the customer's, the kind's or the team's rule, else 20%." placeholder:"RULE"`
	Kind        text    `help:"Kind of promise." placeholder:"KIND"`
	Team        text    `help:"Team. Default: the owner's first." placeholder:"TEAM"`
	Price       amount  `help:"What the customer pays for it." placeholder:"N"`
	Value       amount  `help:"What it is worth." placeholder:"N"`
	UpdateEvery padding `help:"How often the customer was promised word, as 5d (working days)." placeholder:"5d"`
	Words       text    `help:"What the customer was told, word for word." placeholder:"TEXT"`
	Link        text    `help:"Where it was said." placeholder:"URL"`
	DoneMeans   text    `help:"What it takes to be done." placeholder:"TEXT"`
	Create      bool    `help:"Make the customer, owner or kind if there is none of that name."`
	DryRun      bool    `help:"Show the dates and save nothing."`
}

// Help is shown by kept help add.
func (addCmd) Help() string {
	return "Give the promise date and Kept computes the target, or the target and Kept computes the promise date, " +
		"or both and Kept counts the padding. Every day off on the way is named.\n\n" +
		example("kept add --customer Acme --what 'Single sign-on' --owner ada@example.com --promise 'next friday' --padding 2d")
}

// Run shows the two dates, then saves the promise.
func (c *addCmd) Run(a *app) error {
	s, op, err := a.op("", c.At)
	if err != nil {
		return err
	}
	in := c.typed()
	if !a.flags.JSON && !c.DryRun {
		in.DryRun = true
		planned, err := s.Add(a.ctx, op, in)
		if err != nil {
			return err
		}
		a.plan(planned)
		in.DryRun = false
	}
	added, err := s.Add(a.ctx, op, in)
	if err != nil {
		return err
	}
	switch {
	case a.flags.JSON:
		return a.out.json(added)
	case c.DryRun:
		a.plan(added)
		a.out.line("Nothing was saved: that was a dry run.")
	default:
		a.out.line("Saved as promise %d.", added.ID)
	}
	return nil
}

func (c *addCmd) typed() store.NewPromise {
	return store.NewPromise{
		Customer: string(c.Customer), Owner: string(c.Owner), Team: string(c.Team), Kind: string(c.Kind), Title: string(c.What),
		Target: string(c.Target), Promise: string(c.Promise), DateBy: string(c.DateBy), Padding: string(c.Padding),
		Words: string(c.Words), Link: string(c.Link), DoneMeans: string(c.DoneMeans),
		Price: string(c.Price), Value: string(c.Value), UpdateEvery: string(c.UpdateEvery), Create: c.Create, DryRun: c.DryRun,
	}
}

// plan shows a promise before it is saved: both dates, the padding and its rule, and
// every day that was skipped.
func (a *app) plan(p store.Added) {
	a.out.line("%s: %s", p.Customer, p.Title)
	rows := [][2]string{{"promise", promiseWords(p.View)}}
	if p.Promise == 0 {
		rows = [][2]string{{"promise", "no date yet"}, {"date by", p.DateBy.Human() + distance(p.DueAt, a.now)}}
	}
	if p.Target != 0 {
		rows = append(rows, [2]string{"target", p.Target.Human() + "  internal"})
	}
	if p.PaddingDays != nil {
		rows = append(rows, [2]string{"padding", plural(*p.PaddingDays, "working day") + "  " + p.PaddingWhy})
	}
	a.out.list(append(rows, [2]string{"owner", p.Owner}, [2]string{"team", or(p.Team, "")}))
	for _, skip := range p.Skipped {
		a.out.line("  %s skipped: %s", skip.Date.Short(), skip.Why)
	}
	_ = a.out.Flush() // what was understood comes before the warnings and before it is saved
	a.warnings(p.Warnings)
}

// distance is how far away an instant is, in days of 24 hours; nothing once it has passed.
func distance(to, now calendar.Instant) string {
	days := int(to.Sub(now) / (24 * time.Hour))
	if days < 1 {
		return ""
	}
	return fmt.Sprintf("  in %s", plural(days, "day"))
}
