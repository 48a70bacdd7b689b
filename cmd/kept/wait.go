package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type waitCmd struct {
	recording
	ID   text `arg:"" help:"Number of the promise, or its id elsewhere."`
	For  text `help:"What we wait for from the customer." placeholder:"TEXT"`
	Over bool `help:"The wait is over."`
}

// Help is shown by kept help wait.
func (waitCmd) Help() string {
	return "The date the customer was told stays as it is.\n\n" +
		example("kept wait 42 --for 'their logo files'", "kept wait 42 --over")
}

// Run starts or ends a wait for the customer.
func (c *waitCmd) Run(a *app) error {
	if (c.For == "") != c.Over {
		return commitments.Invalid("for", "say what we wait for with --for TEXT, or that it is over with --over: one of the two")
	}
	done := "Waiting for the customer"
	if c.Over {
		done = "The wait is over"
	}
	return a.record(c.ID, c.At, done, func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Wait(a.ctx, op, string(c.For))
	})
}
