package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type acceptCmd struct {
	recording
	ID       text `arg:"" help:"Number of the promise, or its id elsewhere."`
	Date     bool `help:"They agreed to the date they have."`
	Delivery bool `help:"They took what was delivered for good."`
	By       text `help:"Who of them did." placeholder:"NAME"`
}

// Help is shown by kept help accept.
func (acceptCmd) Help() string {
	return "Without --date or --delivery it is what was delivered, or the date if nothing was yet. " +
		"Delivered is our word, accepted is theirs: the verdict goes by what was delivered.\n\n" +
		example("kept accept 42 --by 'Jo Park'", "kept accept 42 --delivery --at yesterday")
}

// Run records that the customer accepted something.
func (c *acceptCmd) Run(a *app) error {
	in := store.Accept{Date: c.Date, Delivery: c.Delivery, By: string(c.By)}
	return a.record(c.ID, c.At, "Accepted", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Accept(a.ctx, op, in)
	})
}
