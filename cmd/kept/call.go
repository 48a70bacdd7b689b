package main

import (
	"errors"

	"kept/commitments"
	"kept/commitments/store"
)

type callCmd struct {
	recording
	ID      text  `arg:"" help:"Number of the promise, or its id elsewhere."`
	Outcome text  `required:"" help:"still-on: the date holds. new-date: another was agreed. slipping: it will slip, and we owe a date. not-reached." placeholder:"OUTCOME"`
	Promise day   `help:"With new-date: the date agreed; a time of day may follow." placeholder:"DATE [HH:MM]"`
	Why     text  `help:"With new-date: why it moves." placeholder:"TEXT"`
	AskedBy asker `help:"With new-date: who asked for it, us or customer. Default: us." placeholder:"WHO"`
	Target  day   `help:"With new-date: the internal target. Default: keeps the padding." placeholder:"DATE"`
	DateBy  day   `help:"With slipping: the day by which we owe the customer a date." placeholder:"DATE"`
	Note    text  `help:"What was said." placeholder:"TEXT"`
}

// Help is shown by kept help call.
func (callCmd) Help() string {
	return example("kept call 42 --outcome still-on",
		"kept call 42 --outcome new-date --promise 'next friday' --why 'supplier is late'",
		"kept call 42 --outcome slipping --date-by friday")
}

// Run records a call.
func (c *callCmd) Run(a *app) error {
	in := store.Call{
		Outcome: string(c.Outcome), DateBy: string(c.DateBy), Note: string(c.Note),
		NewDate: store.NewDate{Promise: string(c.Promise), Target: string(c.Target), Why: string(c.Why), AskedBy: string(c.AskedBy)},
	}
	return a.record(c.ID, c.At, "Call recorded", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Call(a.ctx, op, in)
	})
}

type newDateCmd struct {
	recording
	ID      text   `arg:"" help:"Number of the promise, or its id elsewhere."`
	Promise day    `required:"" help:"The date agreed with the customer; a time of day may follow." placeholder:"DATE [HH:MM]"`
	Why     text   `required:"" help:"Why it moves." placeholder:"TEXT"`
	AskedBy asker  `help:"Who asked for it, us or customer. Default: us." placeholder:"WHO"`
	ToldBy  text   `help:"Who told the customer. Default: you." placeholder:"EMAIL"`
	ToldAt  moment `help:"When the customer was told. Default: now." placeholder:"TIME"`
	Target  day    `help:"The internal target. Default: keeps the padding." placeholder:"DATE"`
}

// Help is shown by kept help new-date.
func (newDateCmd) Help() string {
	return example("kept new-date 42 --promise '12 Mar' --why 'they want the pilot first' --asked-by customer")
}

// Run records a new date. When the customer was told is when it happened.
func (c *newDateCmd) Run(a *app) error {
	at := c.At
	if c.ToldAt != "" {
		if at != "" && at != c.ToldAt {
			return commitments.Invalid("told-at", "and --at both say when the customer was told: give one of them")
		}
		at = c.ToldAt
	}
	in := store.NewDate{Promise: string(c.Promise), Target: string(c.Target), Why: string(c.Why), AskedBy: string(c.AskedBy), ToldBy: string(c.ToldBy)}
	return a.record(c.ID, at, "New date", func(s *store.Store, op store.Op) (commitments.View, error) {
		v, err := s.NewDate(a.ctx, op, in)
		return v, c.blamed(err)
	})
}

// blamed is an error about when it happened, naming the flag that said so.
func (c *newDateCmd) blamed(err error) error {
	var known *commitments.Error
	if c.ToldAt != "" && errors.As(err, &known) && known.Field == "at" {
		return &commitments.Error{Kind: known.Kind, Field: "told-at", Message: known.Message}
	}
	return err
}
