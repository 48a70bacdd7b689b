package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type touchCmd struct {
	recording
	Customer   text `arg:"" help:"Name or number of the customer."`
	Channel    text `required:"" help:"How, in one word: phone, email, chat, meeting, letter …" placeholder:"C"`
	In         bool `help:"They came to us."`
	Out        bool `help:"We went to them."`
	NotReached bool `help:"Nobody was reached; with --in, they did not reach us."`
	ID         text `help:"The promise it was about." placeholder:"ID"`
	Note       text `required:"" help:"What was said." placeholder:"TEXT"`
}

// Help is shown by kept help touch.
func (touchCmd) Help() string {
	return "A touch neither clears an alert nor counts as told: kept call does. One that goes out about a promise (--id) is the word " +
		"that its --update-every owes, and the first one after a touch of theirs is our answer to it.\n\n" +
		example("kept touch Acme --channel email --out --id 42 --note 'sent the agenda'",
			"kept touch Acme --channel chat --in --note 'asked whether Friday holds'")
}

// Run records a contact.
func (c *touchCmd) Run(a *app) error {
	if c.In == c.Out {
		return commitments.Invalid("in", "who went to whom? --in if they came to us, --out if we went to them: one of the two")
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	at, err := s.Touch(a.ctx, store.TouchInput{
		By: by, Customer: string(c.Customer), Commitment: string(c.ID), Channel: string(c.Channel),
		Inbound: c.In, NotReached: c.NotReached, Note: string(c.Note), At: string(c.At),
	})
	if err != nil {
		return err
	}
	page, err := s.CustomerPage(a.ctx, by, string(c.Customer), at)
	if err == nil && !a.flags.JSON {
		a.out.line("Contact recorded.")
	}
	return a.customer(page.CustomerView, err)
}
