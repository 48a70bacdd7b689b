package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type checkinCmd struct {
	recording
	ID      text   `arg:"" help:"Number of the promise, or its id elsewhere."`
	Left    effort `required:"" help:"Working days of work left; 0 when the work is done." placeholder:"DAYS"`
	Blocked text   `help:"What keeps the work from going on." placeholder:"WHY"`
	Note    text   `help:"Anything worth remembering." placeholder:"TEXT"`
}

// Help is shown by kept help checkin.
func (checkinCmd) Help() string {
	return example("kept checkin 42 --left 2.5 --note 'review tomorrow'")
}

// Run records the owner's answer.
func (c *checkinCmd) Run(a *app) error {
	in := store.CheckIn{Left: string(c.Left), Blocked: string(c.Blocked), Note: string(c.Note)}
	return a.record(c.ID, c.At, "Checked in", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.CheckIn(a.ctx, op, in)
	})
}
