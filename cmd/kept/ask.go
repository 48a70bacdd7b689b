package main

import (
	"slices"

	"kept/commitments"
	"kept/commitments/store"
)

type askCmd struct {
	Add     askAdd     `cmd:"" help:"Record what a customer asked for, in their own words."`
	List    askList    `cmd:"" help:"List what customers asked for, open ones first, oldest first."`
	Promise askPromise `cmd:"" help:"Promise it: the ask becomes a promise."`
	Give    askGive    `cmd:"" help:"Record that they got it, without a promise."`
	Decline askDecline `cmd:"" help:"Record that they will not get it, and what they were told."`
}

type askAdd struct {
	recording
	Customer text   `arg:"" help:"Name or number of the customer."`
	Words    text   `required:"" help:"What they said, word for word." placeholder:"TEXT"`
	Link     text   `help:"Where they said it." placeholder:"URL"`
	Price    amount `help:"What they would pay for it; 0 is nothing." placeholder:"N"`
}

// Help is shown by kept help ask add.
func (askAdd) Help() string {
	return example("kept ask add Acme --words 'Could the invoice carry our order number?' --link https://example.com/mail/12")
}

// Run records an ask.
func (c *askAdd) Run(a *app) error {
	s, op, err := a.op("", c.At)
	if err != nil {
		return err
	}
	v, err := s.AddAsk(a.ctx, op, store.NewAsk{Customer: string(c.Customer), Words: string(c.Words), Link: string(c.Link), Price: string(c.Price)})
	return a.ask("Recorded", v, err)
}

type askList struct {
	looking
	Customer text `help:"Only those of this customer." placeholder:"NAME"`
	All      bool `help:"Those given and declined too."`
}

// Help is shown by kept help ask list.
func (askList) Help() string { return example("kept ask list --customer Acme --all") }

// Run lists asks.
func (c *askList) Run(a *app) error {
	s, by, at, err := a.look(c.At)
	if err != nil {
		return err
	}
	found, err := s.Asks(a.ctx, by, store.AskFilter{Customer: string(c.Customer), All: c.All}, at)
	if err != nil || a.flags.JSON {
		return a.answer(found, err)
	}
	if len(found) == 0 {
		a.out.line("Nothing is asked for. Record an ask with `kept ask add`, or see `kept ask list --all`.")
		return nil
	}
	rows := askRows(found)
	for i, v := range found {
		rows[i] = slices.Insert(rows[i], 3, v.Customer)
	}
	a.out.table(slices.Insert(slices.Clone(askColumns), 3, "CUSTOMER"), rows)
	return nil
}

var askColumns = []string{"ID", "STATE", "OPEN FOR", "WORDS", "PRICE", "ANSWER"}

func askRows(asks []commitments.AskView) [][]string {
	rows := make([][]string, len(asks))
	for i, v := range asks {
		rows[i] = []string{idOf(v.ID), string(v.State), askAge(v), commitments.Headline(v.Words), price(v.Price, v.Currency), askOutcome(v)}
	}
	return rows
}

// askAge is how long an ask has been open.
func askAge(v commitments.AskView) string {
	if v.DaysOpen == nil {
		return ""
	}
	return plural(*v.DaysOpen, "working day")
}

// askOutcome is what became of an ask.
func askOutcome(v commitments.AskView) string {
	text := or(v.Told, "")
	if v.Promise != 0 {
		text = "promise " + idOf(v.Promise)
	}
	return text
}

// askPromise takes what kept add takes, but for what the ask says already.
type askPromise struct {
	Ask   text   `arg:"" help:"Number of the ask."`
	What  text   `help:"What is promised, in a few words. Default: the beginning of their words." placeholder:"TEXT"`
	Words text   `help:"What the customer was told, word for word. Default: their own words." placeholder:"TEXT"`
	Link  text   `help:"Where it was said. Default: where they asked." placeholder:"URL"`
	Price amount `help:"What the customer pays for it. Default: as they asked." placeholder:"N"`
	terms
}

// Help is shown by kept help ask promise.
func (askPromise) Help() string {
	return "It is logged as by kept add, with the same dates and padding. Once it is delivered the ask is given; withdrawn, the ask is open again.\n\n" +
		example("kept ask promise 7 --owner ada@example.com --promise 'next friday'")
}

// Run shows the two dates, then saves the promise.
func (c *askPromise) Run(a *app) error {
	s, op, err := a.op(c.Ask, c.At)
	if err != nil {
		return err
	}
	in := c.typed()
	in.Title, in.Words, in.Link, in.Price = string(c.What), string(c.Words), string(c.Link), string(c.Price)
	return a.log(in, func(in store.NewPromise) (store.Added, any, error) {
		out, err := s.PromiseAsk(a.ctx, op, in)
		return out.Added, out, err
	})
}

type askGive struct {
	recording
	Ask  text `arg:"" help:"Number of the ask."`
	Note text `help:"What they got, or were told." placeholder:"TEXT"`
}

// Help is shown by kept help ask give.
func (askGive) Help() string {
	return example("kept ask give 7 --note 'switched it on while we talked'")
}

// Run records that an ask was given.
func (c *askGive) Run(a *app) error {
	s, op, err := a.op(c.Ask, c.At)
	if err != nil {
		return err
	}
	v, err := s.GiveAsk(a.ctx, op, string(c.Note))
	return a.ask("Given", v, err)
}

type askDecline struct {
	recording
	Ask  text `arg:"" help:"Number of the ask."`
	Told text `required:"" help:"What the customer was told." placeholder:"TEXT"`
}

// Help is shown by kept help ask decline.
func (askDecline) Help() string {
	return example("kept ask decline 7 --told 'not this year: it would need another printer; they understand'")
}

// Run records that an ask was declined.
func (c *askDecline) Run(a *app) error {
	s, op, err := a.op(c.Ask, c.At)
	if err != nil {
		return err
	}
	v, err := s.DeclineAsk(a.ctx, op, string(c.Told))
	return a.ask("Declined", v, err)
}

// ask shows one ask after something was recorded about it.
func (a *app) ask(done string, v commitments.AskView, err error) error {
	if err != nil || a.flags.JSON {
		return a.answer(v, err)
	}
	a.out.line("%s: ask %d of %s.", done, v.ID, v.Customer)
	a.out.list([][2]string{
		{"words", v.Words}, {"link", or(v.Link, "")}, {"price", price(v.Price, v.Currency)}, {"asked", clockTime(v.AskedAt, v.Zone)},
		{"heard by", or(v.HeardBy, "")}, {"state", string(v.State)}, {"answered", clockTime(v.AnsweredAt, v.Zone)}, {"told", or(v.Told, "")},
	})
	return nil
}

// price is what a customer pays for something.
func price(m commitments.Money, currency string) string {
	if m == commitments.Dollars(0) {
		return "free"
	}
	return money(m, currency)
}
