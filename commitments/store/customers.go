package store

import (
	"context"

	"kept/commitments"
)

// CustomerView is a customer as it is shown. Its JSON is a contract: fields keep
// their names and meaning.
type CustomerView struct {
	ID        ID                    `json:"id"`
	Name      string                `json:"name"`
	Manager   *string               `json:"manager"`
	People    []Contact             `json:"people"`
	Calendar  *string               `json:"calendar"` // null is the team's, or the default
	Padding   *string               `json:"padding"`
	Lifetime  commitments.Money     `json:"lifetime_value"`
	Currency  string                `json:"currency"`
	ValueText *string               `json:"value_text"` // the arithmetic
	Note      *string               `json:"note"`
	Open      int                   `json:"open"`
	Kept      int                   `json:"kept"`   // by the first date
	Broken    int                   `json:"broken"` // by the first date, open ones past it too
	LastTouch Instant               `json:"last_touch_at"`
	QuietDays *int                  `json:"quiet_days"` // working days since then
	Warnings  []commitments.Warning `json:"warnings,omitempty"`
}

// customerRow is a customer as stored, with the names it points to.
type customerRow struct {
	ID         ID                `db:"id"`
	Name       string            `db:"name"`
	ManagerID  ID                `db:"manager_id"`
	Manager    string            `db:"manager"`
	CalendarID ID                `db:"calendar_id"`
	Calendar   string            `db:"calendar"`
	Padding    string            `db:"padding"`
	Sale       commitments.Money `db:"sale"`
	Every      int               `db:"every_months"` // 0 is unknown
	Years      int               `db:"years"`        // 0 is unknown
	Margin     int               `db:"margin"`       // 0 is all of it
	Lifetime   commitments.Money `db:"lifetime_value"`
	Note       string            `db:"note"`
}

const selectCustomers = `SELECT cu.id, cu.name, cu.manager_id, coalesce(m.name, '') AS manager, cu.calendar_id, coalesce(ca.name, '') AS calendar, cu.padding,
	cu.sale, coalesce(cu.every_months, 0) AS every_months, coalesce(cu.years, 0) AS years, coalesce(cu.margin, 0) AS margin, cu.lifetime_value, cu.note
	FROM customers cu LEFT JOIN people m ON m.id = cu.manager_id LEFT JOIN calendars ca ON ca.id = cu.calendar_id `

func (c *customerRow) worth() commitments.Worth {
	return commitments.Worth{Sale: c.Sale, EveryMonths: c.Every, Years: c.Years, Margin: c.Margin}
}

// Customer shows one customer, by name or number, with what the actor may see of
// its promises.
func (s *Store) Customer(ctx context.Context, by commitments.Actor, name string) (v CustomerView, err error) {
	err = s.read(ctx, func(t *tx) error {
		n, err := t.named("customers", "customer", name)
		if err != nil {
			return err
		}
		v, err = t.customerView(by, n.ID)
		return err
	})
	return v, err
}

// Customers shows all customers, the most valuable first.
func (s *Store) Customers(ctx context.Context, by commitments.Actor) (views []CustomerView, err error) {
	err = s.read(ctx, func(t *tx) error {
		views, err = t.customerViews(by, "1 = 1")
		return err
	})
	return views, err
}

func (t *tx) customerView(by commitments.Actor, id ID) (CustomerView, error) {
	views, err := t.customerViews(by, "cu.id = ?", id)
	if err != nil {
		return CustomerView{}, err
	}
	return views[0], nil
}

// customerViews shows the customers (cu) of a condition.
func (t *tx) customerViews(by commitments.Actor, where string, args ...any) ([]CustomerView, error) {
	var rows []customerRow
	err := t.all(&rows, selectCustomers+"WHERE "+where+" ORDER BY coalesce(cu.lifetime_value, -1) DESC, cu.name_key", args...)
	if err != nil {
		return nil, err
	}
	views := make([]CustomerView, len(rows))
	at := make(map[ID]*CustomerView, len(rows))
	calendars := make(map[ID]ID, len(rows))
	currency := t.s.settings.Currency
	for i, c := range rows {
		views[i] = CustomerView{
			ID: c.ID, Name: c.Name, Manager: given(c.Manager), People: []Contact{}, Calendar: given(c.Calendar), Padding: given(c.Padding),
			Lifetime: c.Lifetime, Currency: currency, ValueText: given(c.worth().Text(currency)), Note: given(c.Note),
		}
		at[c.ID], calendars[c.ID] = &views[i], c.CalendarID
	}
	if err := t.contactsOf(at, where, args); err != nil {
		return nil, err
	}
	if err := t.countPromises(by, at, where, args); err != nil {
		return nil, err
	}
	return views, t.lastTouches(at, calendars, where, args)
}

func (t *tx) contactsOf(customers map[ID]*CustomerView, where string, args []any) error {
	var contacts []struct {
		Customer ID `db:"customer_id"`
		Contact
	}
	err := t.all(&contacts, `SELECT k.customer_id, k.name, k.role, k.phone, k.email, k.prefers FROM contacts k JOIN customers cu ON cu.id = k.customer_id
		WHERE `+where+" ORDER BY k.id", args...)
	for _, k := range contacts {
		if c := customers[k.Customer]; c != nil {
			c.People = append(c.People, k.Contact)
		}
	}
	return err
}

// countPromises counts what is open, and what was kept and broken by the date that
// History.Verdict scores: the first, or the one that took its place because the
// customer asked for it in time. It counts by all that decides who may see a promise.
func (t *tx) countPromises(by commitments.Actor, customers map[ID]*CustomerView, where string, args []any) error {
	var counts []struct {
		Customer ID `db:"customer_id"`
		commitments.Subject
		Open   int `db:"still_open"`
		Kept   int `db:"kept"`
		Broken int `db:"broken"`
	}
	err := t.all(&counts, `SELECT customer_id, owner_id, team_id, manager_id,
		sum(CASE WHEN delivered_at IS NULL AND withdrawn_at IS NULL THEN 1 ELSE 0 END) AS still_open,
		sum(CASE WHEN counts = 1 AND delivered_at <= due_at THEN 1 ELSE 0 END) AS kept,
		sum(CASE WHEN counts = 1 AND coalesce(delivered_at, withdrawn_at, now) > due_at THEN 1 ELSE 0 END) AS broken
		FROM (SELECT c.customer_id, c.owner_id, c.team_id, cu.manager_id, c.delivered_at, c.withdrawn_at, d.due_at, CAST(? AS BIGINT) AS now,
			CASE WHEN d.due_at IS NULL OR c.withdrawn_at <= (SELECT f.due_at FROM promise_dates f WHERE f.commitment_id = c.id AND f.place = 1) THEN 0 ELSE 1 END AS counts
			FROM commitments c JOIN customers cu ON cu.id = c.customer_id
			LEFT JOIN promise_dates d ON d.commitment_id = c.id AND d.place = (SELECT min(s.place) FROM promise_dates s WHERE s.commitment_id = c.id
				AND NOT EXISTS (SELECT 1 FROM promise_dates n WHERE n.commitment_id = s.commitment_id AND n.place = s.place + 1
					AND n.asked_by = 'customer' AND n.told_at < s.due_at))
			WHERE `+where+`) promises
		GROUP BY customer_id, owner_id, team_id, manager_id`, append([]any{t.now}, args...)...)
	for _, n := range counts {
		c := customers[n.Customer]
		if c == nil || !by.Sees(n.Subject) {
			continue
		}
		c.Open, c.Kept, c.Broken = c.Open+n.Open, c.Kept+n.Kept, c.Broken+n.Broken
	}
	return err
}

func (t *tx) lastTouches(customers map[ID]*CustomerView, calendars map[ID]ID, where string, args []any) error {
	b, err := t.book()
	if err != nil {
		return err
	}
	var touches []struct {
		Customer ID      `db:"customer_id"`
		At       Instant `db:"at"`
	}
	err = t.all(&touches, "SELECT x.customer_id, max(x.at) AS at FROM touches x JOIN customers cu ON cu.id = x.customer_id WHERE "+where+" GROUP BY x.customer_id", args...)
	for _, x := range touches {
		if c := customers[x.Customer]; c != nil {
			cal := b.calendarOf(calendars[x.Customer], 0)
			quiet := cal.Workdays(cal.Today(x.At), cal.Today(t.now))
			c.LastTouch, c.QuietDays = x.At, &quiet
		}
	}
	return err
}

// given is nil for a text that was not given.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
