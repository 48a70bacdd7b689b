package main

import (
	"kept/commitments"
	"kept/commitments/store"
)

type editCmd struct {
	recording
	ID          text   `arg:"" help:"Number of the promise, or its id elsewhere."`
	What        *text  `help:"What is promised, in a few words." placeholder:"TEXT"`
	Words       *maybe `help:"What the customer was told, word for word." placeholder:"TEXT"`
	Link        *maybe `help:"Where it was said." placeholder:"URL"`
	DoneMeans   *maybe `help:"What it takes to be done." placeholder:"TEXT"`
	Price       *maybe `help:"What the customer pays for it." placeholder:"N"`
	Value       *maybe `help:"What it is worth." placeholder:"N"`
	Kind        *maybe `help:"Kind of promise." placeholder:"KIND"`
	Team        *maybe `help:"Team." placeholder:"TEAM"`
	UpdateEvery *maybe `help:"How often the customer was promised word, as 5d (working days)." placeholder:"5d"`
	Target      *maybe `help:"Internal target date." placeholder:"DATE"`
	DateBy      *day   `help:"For a promise without a date: the day by which we owe the customer one." placeholder:"DATE"`
}

// Help is shown by kept help edit.
func (editCmd) Help() string {
	return "An empty value takes back what was set. The promise date is not edited: kept new-date agrees another with the customer.\n\n" +
		example("kept edit 42 --what 'Single sign-on with Okta' --link https://example.com/mail/7")
}

// Run changes a promise.
func (c *editCmd) Run(a *app) error {
	in := store.PromiseEdit{
		Title: given(c.What), Words: given(c.Words), Link: given(c.Link), DoneMeans: given(c.DoneMeans), Price: given(c.Price), Value: given(c.Value),
		Kind: given(c.Kind), Team: given(c.Team), UpdateEvery: given(c.UpdateEvery), Target: given(c.Target), DateBy: given(c.DateBy),
	}
	if in == (store.PromiseEdit{}) {
		return commitments.Invalid("", "say what to change, as --what or --link: see `kept edit --help`")
	}
	return a.record(c.ID, c.At, "Changed", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.EditPromise(a.ctx, op, in)
	})
}

type handOverCmd struct {
	recording
	ID   text `arg:"" help:"Number of the promise, or its id elsewhere."`
	To   text `required:"" help:"The next owner." placeholder:"EMAIL"`
	Note text `required:"" help:"What the next owner must know." placeholder:"TEXT"`
}

// Help is shown by kept help hand-over.
func (handOverCmd) Help() string {
	return example("kept hand-over 42 --to bob@example.com --note 'waiting for their certificate; Jo knows'")
}

// Run gives a promise to another owner.
func (c *handOverCmd) Run(a *app) error {
	return a.record(c.ID, c.At, "Handed over to "+string(c.To), func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.HandOver(a.ctx, op, string(c.To), string(c.Note))
	})
}
