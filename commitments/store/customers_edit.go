package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// CustomerInput is a customer as typed. Nil leaves a field as it is; the empty text
// clears it.
type CustomerInput struct {
	Name     *string
	Manager  *string // the account manager
	Calendar *string
	Padding  *string
	Sale     *string // money per sale
	Every    *string // time between sales: 3y, 6m
	Years    *string // years the customer stays
	Margin   *string // share of a sale that is kept: 40%
	Note     *string
	Contact  *ContactInput // added, or changed if there is one of that name
	Drop     *string       // the contact of this name goes
	Apply    bool          // an edit that moves dates is only listed without it
}

// ContactInput is a person at a customer as typed. Nil leaves a field as it is.
type ContactInput struct {
	Name    string
	Role    *string
	Phone   *string
	Email   *string
	Prefers *string // phone, email or chat
}

// AddCustomer adds a customer, and warns of one whose name is much like its own.
func (s *Store) AddCustomer(ctx context.Context, by commitments.Actor, in CustomerInput) (v CustomerView, err error) {
	err = s.setUp(ctx, by, commitments.ActCustomers, func(t *tx) error {
		var c customerRow
		if _, err := in.apply(t, &c); err != nil {
			return err
		}
		warnings, err := t.lookalikes(c.Name)
		if err != nil {
			return err
		}
		if c.ID, err = t.addCustomer(c.Name, by.ID); err != nil {
			return err
		}
		if err := t.saveCustomer(&c, &in); err != nil {
			return err
		}
		v, err = t.customerView(by, c.ID)
		v.Warnings = warnings
		return err
	})
	return v, err
}

// CustomerEdited is what an edit did, or would do.
type CustomerEdited struct {
	CustomerView
	Edited
}

// EditCustomer changes what was given of a customer. If another calendar moves the dates
// of open promises, it lists them, as EditCalendar does, and changes nothing unless
// in.Apply is set.
func (s *Store) EditCustomer(ctx context.Context, by commitments.Actor, name string, in CustomerInput) (out CustomerEdited, err error) {
	err = s.setUp(ctx, by, commitments.ActCustomers, func(t *tx) error {
		n, err := t.named("customers", "customer", name)
		if err != nil {
			return err
		}
		before, err := t.book()
		if err != nil {
			return err
		}
		var c customerRow
		if err := t.get(&c, selectCustomers+"WHERE cu.id = ?", n.ID); err != nil {
			return err
		}
		was := c.CalendarID
		given, err := in.apply(t, &c)
		if err != nil {
			return err
		}
		if err := t.saveCustomer(&c, &in); err != nil {
			return err
		}
		if err := t.event(t.now, by.ID, "edited", "customer", c.ID, map[string]any{"fields": given}); err != nil {
			return err
		}
		out.Moves = []Move{}
		if was != c.CalendarID {
			own := func(r *row) *calendar.Calendar { return before.calendarOf(was, r.TeamID) }
			if out.Moves, err = t.recount(by.ID, own, "c.customer_id = ?", c.ID); err != nil {
				return err
			}
		}
		if out.CustomerView, err = t.customerView(by, c.ID); err != nil {
			return err
		}
		if err := t.staleOpen("a.commitment_id IN (SELECT c.id FROM commitments c WHERE c.customer_id = ?)", c.ID); err != nil {
			return err
		}
		return out.settle(in.Apply)
	})
	return out, unlessDryRun(err)
}

func (in *CustomerInput) apply(t *tx, c *customerRow) ([]string, error) {
	given, err := apply([]field{
		text("name", in.Name, maxName, false, &c.Name),
		t.someone("manager", in.Manager, &c.ManagerID),
		t.link("calendar", "calendars", "calendar", in.Calendar, &c.CalendarID),
		rule(in.Padding, &c.Padding),
		money("sale", in.Sale, &c.Sale),
		{"every", in.Every, func(s string) (err error) { c.Every, err = months(s); return err }},
		{"years", in.Years, func(s string) (err error) { c.Years, err = number("years", s, 100, "15"); return err }},
		{"margin", in.Margin, func(s string) (err error) {
			c.Margin, err = number("margin", strings.TrimSuffix(s, "%"), 100, "40%")
			return err
		}},
		text("note", in.Note, maxNote, true, &c.Note),
	})
	if err != nil {
		return nil, err
	}
	if in.Contact != nil || in.Drop != nil {
		given = append(given, "contact")
	}
	return given, t.freeName("customers", "customer", c.Name, c.ID)
}

// number reads a whole number from 1 to most; "" is 0, unknown.
func number(flag, typed string, most int, example string) (int, error) {
	if typed == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 1 || n > most {
		return 0, commitments.Invalid(flag, fmt.Sprintf("%q: want a whole number from 1 to %d, as %s", shorten(typed), most, example))
	}
	return n, nil
}

// months reads a length of time: 3y or 6m; "" is 0, unknown.
func months(typed string) (int, error) {
	if typed == "" {
		return 0, nil
	}
	length, unit := typed[:len(typed)-1], typed[len(typed)-1]
	n, err := number("every", length, 1200, "3y or 6m")
	switch {
	case err != nil || n == 0 || unit != 'y' && unit != 'm':
		return 0, commitments.Invalid("every", fmt.Sprintf("%q: write how often they buy as 3y or 6m", shorten(typed)))
	case unit == 'y':
		n *= 12
	}
	return n, nil
}

func (t *tx) saveCustomer(c *customerRow, in *CustomerInput) error {
	if err := t.manages(c.ManagerID); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE customers SET name = ?, name_key = ?, manager_id = ?, calendar_id = ?, padding = ?,
		sale = ?, every_months = ?, years = ?, margin = ?, lifetime_value = ?, note = ? WHERE id = ?`,
		c.Name, nameKey(c.Name), c.ManagerID, c.CalendarID, c.Padding,
		c.Sale, known(c.Every), known(c.Years), known(c.Margin), c.worth().Lifetime(), c.Note, c.ID)
	if err != nil {
		return err
	}
	if in.Drop != nil {
		if err := t.dropContact(c.ID, *in.Drop); err != nil {
			return err
		}
	}
	if in.Contact != nil {
		return t.saveContact(c.ID, in.Contact)
	}
	return nil
}

// known stores a number of which 0 says "unknown".
func known(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// manages notes, before somebody is given a customer, that they look after customers
// from now on, unless they do already: digests are owed from then.
func (t *tx) manages(person ID) error {
	if person == 0 {
		return nil
	}
	_, err := t.exec("UPDATE people SET manages_since = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM customers WHERE manager_id = people.id)", t.now, person)
	return err
}

// contact finds a person at a customer by name; a zero id if there is none.
func (t *tx) contact(customer ID, name string) (ID, Contact, error) {
	var contacts []struct {
		ID ID `db:"id"`
		Contact
	}
	err := t.all(&contacts, "SELECT id, name, role, phone, email, prefers FROM contacts WHERE customer_id = ? ORDER BY id", customer)
	for _, k := range contacts {
		if nameKey(k.Name) == nameKey(name) {
			return k.ID, k.Contact, err
		}
	}
	return 0, Contact{}, err
}

func (t *tx) saveContact(customer ID, in *ContactInput) error {
	name, err := required("contact", in.Name, maxName)
	if err != nil {
		return err
	}
	id, k, err := t.contact(customer, name)
	if err != nil {
		return err
	}
	k.Name = name
	_, err = apply([]field{
		text("contact-role", in.Role, maxName, false, &k.Role),
		text("phone", in.Phone, maxName, false, &k.Phone),
		{"email", in.Email, func(s string) (err error) { k.Email, err = emailAddress("email", s); return err }},
		{"prefers", in.Prefers, func(s string) error { return k.setPrefers(s) }},
	})
	if err != nil {
		return err
	}
	if id == 0 {
		_, err = t.exec("INSERT INTO contacts (customer_id, name, role, phone, email, prefers) VALUES (?, ?, ?, ?, ?, ?)",
			customer, k.Name, k.Role, k.Phone, k.Email, k.Prefers)
		return err
	}
	_, err = t.exec("UPDATE contacts SET name = ?, role = ?, phone = ?, email = ?, prefers = ? WHERE id = ?", k.Name, k.Role, k.Phone, k.Email, k.Prefers, id)
	return err
}

func (k *Contact) setPrefers(typed string) error {
	switch typed {
	case "", "phone", "email", "chat":
		k.Prefers = typed
		return nil
	}
	return commitments.Invalid("prefers", fmt.Sprintf("%q: write phone, email or chat", shorten(typed)))
}

func (t *tx) dropContact(customer ID, name string) error {
	id, k, err := t.contact(customer, name)
	if err != nil {
		return err
	}
	if id == 0 {
		return commitments.NotFound("contact", fmt.Sprintf("this customer has no contact called %q", shorten(name)))
	}
	if _, err = t.exec("DELETE FROM contacts WHERE id = ?", id); err != nil {
		return err
	}
	return t.eraseContact(customer, k.Name)
}

// lookalikes warns of customers whose names differ from a new one by a slip of the
// finger, or by a legal form only.
func (t *tx) lookalikes(name string) ([]commitments.Warning, error) {
	var names []string
	if err := t.all(&names, "SELECT name FROM customers"); err != nil {
		return nil, err
	}
	bare := bareName(name)
	for _, n := range names {
		if other := bareName(n); other == bare || len(bare) > 4 && distance(other, bare) == 1 {
			return []commitments.Warning{{Code: "similar-customer", Text: fmt.Sprintf("there is a customer %q already: is %q the same?", n, name)}}, nil
		}
	}
	return nil, nil
}
