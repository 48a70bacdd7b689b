package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type deliverCmd struct {
	At moment `help:"When it was delivered; a date alone means the end of that day. Default: now." placeholder:"TIME"`
	ID text   `arg:"" help:"Number of the promise, or its id elsewhere."`
}

// Help is shown by kept help deliver.
func (deliverCmd) Help() string { return example("kept deliver 42", "kept deliver 42 --at yesterday") }

// Run records a delivery.
func (c *deliverCmd) Run(a *app) error {
	return a.record(c.ID, c.At, "Delivered", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Deliver(a.ctx, op)
	})
}

type withdrawCmd struct {
	recording
	ID  text `arg:"" help:"Number of the promise, or its id elsewhere."`
	Why text `required:"" help:"Why it is no longer owed." placeholder:"TEXT"`
}

// Help is shown by kept help withdraw.
func (withdrawCmd) Help() string { return example("kept withdraw 42 --why 'they bought it elsewhere'") }

// Run records that a promise is no longer owed.
func (c *withdrawCmd) Run(a *app) error {
	return a.record(c.ID, c.At, "Withdrawn", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Withdraw(a.ctx, op, string(c.Why))
	})
}

type reopenCmd struct {
	recording
	ID  text `arg:"" help:"Number of the promise, or its id elsewhere."`
	Why text `required:"" help:"Why it is owed again." placeholder:"TEXT"`
}

// Help is shown by kept help reopen.
func (reopenCmd) Help() string { return example("kept reopen 42 --why 'the login page is missing'") }

// Run takes a delivery or a withdrawal back.
func (c *reopenCmd) Run(a *app) error {
	return a.record(c.ID, c.At, "Reopened", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Reopen(a.ctx, op, string(c.Why))
	})
}
