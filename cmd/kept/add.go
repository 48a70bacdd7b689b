package main

import (
	"fmt"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

type addCmd struct {
	Customer text   `required:"" help:"To whom it is promised." placeholder:"NAME"`
	What     text   `required:"" help:"What is promised, in a few words." placeholder:"TEXT"`
	Words    text   `help:"What the customer was told, word for word." placeholder:"TEXT"`
	Link     text   `help:"Where it was said." placeholder:"URL"`
	Price    amount `help:"What the customer pays for it." placeholder:"N"`
	terms
}

// terms are what may be said of a promise whatever it is made of: who answers for it,
// its dates, and the rules they follow.
type terms struct {
	recording
	Owner       text    `required:"" help:"The one person accountable for it." placeholder:"EMAIL"`
	Target      day     `help:"Internal target date." placeholder:"DATE"`
	Promise     day     `help:"Date told to the customer; a time of day may follow." placeholder:"DATE [HH:MM]"`
	DateBy      day     `help:"For a promise without a date: the day by which we owe the customer one." placeholder:"DATE"`
	Padding     padding `help:"Working days between target and promise: 5d, or 20% of those before the target. Default: the customer's, the kind's or the team's rule, else 20%." placeholder:"RULE"`
	Kind        text    `help:"Kind of promise." placeholder:"KIND"`
	Team        text    `help:"Team. Default: the owner's first." placeholder:"TEAM"`
	Value       amount  `help:"What it is worth." placeholder:"N"`
	UpdateEvery padding `help:"How often the customer was promised word, as 5d (working days)." placeholder:"5d"`
	DoneMeans   text    `help:"What it takes to be done." placeholder:"TEXT"`
	Create      bool    `help:"Make the customer, owner or kind if there is none of that name."`
	DryRun      bool    `help:"Show the dates and save nothing."`
}

func (c *terms) typed() store.NewPromise {
	return store.NewPromise{
		Owner: string(c.Owner), Team: string(c.Team), Kind: string(c.Kind), Target: string(c.Target), Promise: string(c.Promise),
		DateBy: string(c.DateBy), Padding: string(c.Padding), Value: string(c.Value), UpdateEvery: string(c.UpdateEvery),
		DoneMeans: string(c.DoneMeans), Create: c.Create, DryRun: c.DryRun,
	}
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
	in.Customer, in.Title, in.Words, in.Link, in.Price = string(c.Customer), string(c.What), string(c.Words), string(c.Link), string(c.Price)
	return a.log(in, func(in store.NewPromise) (store.Added, any, error) {
		added, err := s.Add(a.ctx, op, in)
		return added, added, err
	})
}

// log logs a promise: people see its dates before it is saved. Add gives the promise,
// and the answer for programs.
func (a *app) log(in store.NewPromise, add func(store.NewPromise) (store.Added, any, error)) error {
	dry := in.DryRun
	if !a.flags.JSON {
		in.DryRun = true
		planned, _, err := add(in)
		if err != nil {
			return err
		}
		a.plan(planned)
		if dry {
			a.out.line("Nothing was saved: that was a dry run.")
			return nil
		}
		in.DryRun = false
	}
	added, answer, err := add(in)
	if err != nil || a.flags.JSON {
		return a.answer(answer, err)
	}
	a.out.line("Saved as promise %d.", added.ID)
	return nil
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
		rows = append(rows, [2]string{"padding", plural(*p.PaddingDays, "working day") + "  " + or(p.PaddingWhy, "")})
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
