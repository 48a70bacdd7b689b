package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type ackCmd struct {
	recording
	ID text `arg:"" help:"Number of the promise, or its id elsewhere."`
}

// Help is shown by kept help ack.
func (ackCmd) Help() string {
	return "Nobody else is told for four working hours. Then, unless the customer was called, it goes on.\n\n" + example("kept ack 42")
}

// Run records that somebody is on a call.
func (c *ackCmd) Run(a *app) error {
	return a.record(c.ID, c.At, "Somebody is on it", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Ack(a.ctx, op)
	})
}

type snoozeCmd struct {
	recording
	ID    text   `arg:"" help:"Number of the promise, or its id elsewhere."`
	Until moment `required:"" help:"When the owner is told again: at most two working days on, and a working day before it is due." placeholder:"TIME"`
	Why   text   `required:"" help:"Why the call can wait." placeholder:"TEXT"`
}

// Help is shown by kept help snooze.
func (snoozeCmd) Help() string {
	return example("kept snooze 42 --until 'tomorrow 10:00' --why 'their office is closed today'")
}

// Run puts a call off.
func (c *snoozeCmd) Run(a *app) error {
	return a.record(c.ID, c.At, "The call can wait", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Snooze(a.ctx, op, string(c.Until), string(c.Why))
	})
}
