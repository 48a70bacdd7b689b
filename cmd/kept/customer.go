package main

import (
	"fmt"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
)

type customerCmd struct {
	Add  customerAdd  `cmd:"" help:"Add a customer."`
	List customerList `cmd:"" help:"List the customers, the most valuable first."`
	Show customerShow `cmd:"" help:"Show one customer: everything outstanding, and everything closed."`
	Edit customerEdit `cmd:"" help:"Change what is given of a customer; an empty value takes it back."`
}

// customerFields are what may be said of a customer. Of a new one nothing may be empty.
type customerFields[T ~string] struct {
	Manager     *T   `help:"Account manager." placeholder:"EMAIL"`
	Contact     text `help:"Name of a person there; the next four flags are about them." placeholder:"NAME"`
	ContactRole *T   `help:"What they do." placeholder:"ROLE"`
	Phone       *T   `help:"Their phone number." placeholder:"N"`
	Email       *T   `help:"Their e-mail address." placeholder:"E"`
	Prefers     *T   `help:"What they like best: phone, email or chat." placeholder:"CHANNEL"`
	Calendar    *T   `help:"Calendar in which promises to them are counted. Default: the team's." placeholder:"CAL"`
	Padding     *T   `help:"Padding rule of promises to them: 5d or 20%." placeholder:"RULE"`
	Sale        *T   `help:"What they spend at a time." placeholder:"N"`
	Every       *T   `help:"How often, as 3y or 6m." placeholder:"3y"`
	Years       *T   `help:"How many years they stay." placeholder:"N"`
	Margin      *T   `help:"Share of a sale that we keep. Default: 100%." placeholder:"40%"`
	Note        *T   `help:"Anything worth knowing." placeholder:"TEXT"`
}

func (f *customerFields[T]) input() (store.CustomerInput, error) {
	in := store.CustomerInput{
		Manager: given(f.Manager), Calendar: given(f.Calendar), Padding: given(f.Padding),
		Sale: given(f.Sale), Every: given(f.Every), Years: given(f.Years), Margin: given(f.Margin), Note: given(f.Note),
	}
	if f.Contact != "" {
		in.Contact = &store.ContactInput{Name: string(f.Contact), Role: given(f.ContactRole), Phone: given(f.Phone), Email: given(f.Email), Prefers: given(f.Prefers)}
	} else if f.ContactRole != nil || f.Phone != nil || f.Email != nil || f.Prefers != nil {
		return in, commitments.Invalid("contact", "whose is that? --contact NAME says it")
	}
	return in, nil
}

type customerAdd struct {
	Name text `arg:"" help:"Name of the customer."`
	customerFields[text]
}

// Help is shown by kept help customer add.
func (customerAdd) Help() string {
	return "The lifetime value is sale × sales in the years kept × margin, and decides who is called first.\n\n" +
		example("kept customer add Acme --manager mia@example.com --contact 'Jo Park' --phone '+44 20 7946 0000' --prefers phone --sale 5000 --every 3y --years 15")
}

// Run adds a customer.
func (c *customerAdd) Run(a *app) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in.Name = given(&c.Name)
	v, err := s.AddCustomer(a.ctx, by, in)
	return a.customer(v, err)
}

type customerEdit struct {
	Customer text `arg:"" help:"Name or number of the customer."`
	customerFields[maybe]
	Name        *maybe `help:"Another name."`
	DropContact *text  `help:"Remove the person of this name there." placeholder:"NAME"`
	Yes         bool   `help:"Apply it although dates of open promises move."`
}

// Help is shown by kept help customer edit.
func (customerEdit) Help() string {
	return movesHelp + "\n\n" + example("kept customer edit Acme --contact 'Jo Park' --prefers chat")
}

// Run changes a customer.
func (c *customerEdit) Run(a *app) error {
	in, err := c.input()
	if err != nil {
		return err
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in.Name, in.Drop = given(c.Name), given(c.DropContact)
	return edited(a, func(apply bool) (store.CustomerEdited, error) {
		in.Apply = c.Yes || apply
		return s.EditCustomer(a.ctx, by, string(c.Customer), in)
	}, func(e store.CustomerEdited) error { return a.customer(e.CustomerView, nil) })
}

type customerList struct{}

// Help is shown by kept help customer list.
func (customerList) Help() string { return example("kept customer list") }

// Run lists the customers.
func (customerList) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	all, err := s.Customers(a.ctx, by)
	if err != nil || a.flags.JSON {
		return a.answer(all, err)
	}
	rows := make([][]string, len(all))
	for i, c := range all {
		rows[i] = []string{
			idOf(c.ID), c.Name, or(c.Manager, ""), money(c.Lifetime, c.Currency), plural(c.Open, "open promise"), lastContact(c),
		}
	}
	a.out.table([]string{"ID", "NAME", "MANAGER", "LIFETIME VALUE", "OPEN", "LAST CONTACT"}, rows)
	return nil
}

// customer shows a customer without what they were promised.
func (a *app) customer(c store.CustomerView, err error) error {
	if err != nil || a.flags.JSON {
		return a.answer(c, err)
	}
	a.out.line("Customer %d, %s", c.ID, c.Name)
	a.out.list(customerRows(c, or(c.Calendar, "")))
	a.warnings(c.Warnings)
	return nil
}

// customerRows are who a customer is, in a few labelled lines.
func customerRows(c store.CustomerView, calendar string) [][2]string {
	var people []string
	for _, p := range c.People {
		people = append(people, contactWords(p))
	}
	return [][2]string{
		{"manager", or(c.Manager, "")}, {"people", strings.Join(people, "\n")}, {"calendar", calendar}, {"padding", or(c.Padding, "")},
		{"lifetime value", or(c.ValueText, "")}, {"note", or(c.Note, "")},
		{"promises", fmt.Sprintf("%d open; by the first date %d kept, %d not", c.Open, c.Kept, c.Broken)},
		{"last contact", lastContact(c)},
	}
}

func contactWords(p store.Contact) string {
	parts := []string{p.Name}
	for _, part := range []string{p.Role, p.Phone, p.Email} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if p.Prefers != "" {
		parts = append(parts, "prefers "+p.Prefers)
	}
	return strings.Join(parts, ", ")
}

// lastContact says when the last contact was.
func lastContact(c store.CustomerView) string {
	if c.QuietDays == nil {
		return "none yet"
	}
	if *c.QuietDays == 0 {
		return "today"
	}
	return plural(*c.QuietDays, "working day") + " ago"
}
