package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type plusOneCmd struct {
	recording
	ID      text   `arg:"" help:"Number of the promise it goes with, or its id elsewhere."`
	What    text   `help:"What it was, in a few words." placeholder:"TEXT"`
	Cost    amount `help:"What it cost us." placeholder:"N"`
	Noticed bool   `help:"The customer noticed. Alone: they noticed the last one."`
}

// Help is shown by kept help plus-one.
func (plusOneCmd) Help() string {
	return "A plus one is one small extra that the customer does not expect, given on purpose. Delivering early is none.\n\n" +
		example("kept plus-one 42 --what 'a map of their own route, framed' --cost 12", "kept plus-one 42 --noticed")
}

// Run records a small extra.
func (c *plusOneCmd) Run(a *app) error {
	if c.What == "" && !c.Noticed {
		return commitments.Invalid("what", "say what it was with --what TEXT, or that they noticed the last one with --noticed")
	}
	s, op, err := a.op(c.ID, c.At)
	if err != nil {
		return err
	}
	v, err := s.PlusOne(a.ctx, op, store.PlusOne{What: string(c.What), Cost: string(c.Cost), Noticed: c.Noticed})
	if err != nil || a.flags.JSON {
		return a.answer(v, err)
	}
	a.out.line("Plus one for %s, with promise %d, %s.", v.Customer, v.Promise, v.Title)
	a.out.list([][2]string{
		{"what", v.What}, {"cost", money(v.Cost, v.Currency)}, {"given", clockTime(v.At, v.Zone)}, {"by", or(v.By, "")},
		{"noticed", noticed(v)},
	})
	return nil
}

func noticed(v store.PlusOneView) string {
	if v.NoticedAt == 0 {
		return "not known"
	}
	return clockTime(v.NoticedAt, v.Zone)
}
