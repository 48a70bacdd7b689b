package main

import (
	"kept/commitments"
)

type valueCmd struct {
	Profit    amount `required:"" help:"Profit of the company in a customer's lifetime." placeholder:"N"`
	Customers int    `required:"" help:"Number of customers." placeholder:"N"`
	Currency  text   `help:"Currency. Default: the database's, else USD." placeholder:"CODE"`
}

// Help is shown by kept help value.
func (valueCmd) Help() string { return example("kept value --profit 700000 --customers 2000") }

// Run shows what a customer is worth. It needs no database.
func (c *valueCmd) Run(a *app) error {
	profit, err := commitments.ParseMoney(string(c.Profit))
	if err != nil {
		return commitments.Invalid("profit", err.Error())
	}
	currency := c.currency(a)
	each, text, err := commitments.CompanyValue(profit, c.Customers, currency)
	if err != nil || a.flags.JSON {
		return a.answer(map[string]any{"lifetime_value": each, "currency": currency, "value_text": text}, err)
	}
	a.out.line("%s", text)
	return nil
}

func (c *valueCmd) currency(a *app) string {
	if c.Currency != "" {
		return string(c.Currency)
	}
	if s, err := a.open(); err == nil {
		return s.Settings().Currency
	}
	return "USD"
}
