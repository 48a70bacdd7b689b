package commitments

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a digest says of customers rather than of promises: who went quiet, what they
// ask for, and who has had no small extra for long.

// QuietCustomer is a customer nobody has been in touch with for long.
type QuietCustomer struct {
	Customer    string  `json:"customer"`
	Lifetime    Money   `json:"lifetime_value"`
	LastTouchAt Instant `json:"last_touch_at"`
	Days        int     `json:"quiet_days"`
	Open        int     `json:"open"`

	Promises []QuietPromise `json:"promises"` // the open ones
}

// QuietPromise is an open promise to a customer who went quiet.
type QuietPromise struct {
	ID    ID     `json:"id" db:"id"`
	Title string `json:"title" db:"title"`
}

// Text names the promises meant, as far as a line holds them; "" if there are none.
func (q *QuietCustomer) Text() string {
	const most = 3
	var names []string
	for _, p := range q.Promises[:min(len(q.Promises), most)] {
		names = append(names, fmt.Sprintf("#%d %s", p.ID, p.Title))
	}
	if left := len(q.Promises) - most; left > 0 {
		names = append(names, fmt.Sprintf("%d more", left))
	}
	return strings.Join(names, ", ")
}

// UnansweredItem is a customer who came to us and has not heard from us since.
type UnansweredItem struct {
	Customer string  `json:"customer"`
	Lifetime Money   `json:"lifetime_value"`
	At       Instant `json:"at"`   // the first time since they last heard from us
	Days     int     `json:"days"` // working days since then
}

// AskItem is something a customer asked for, and nobody has answered.
type AskItem struct {
	ID       ID      `json:"id"`
	Customer string  `json:"customer"`
	Lifetime Money   `json:"lifetime_value"`
	Words    string  `json:"words"`
	Link     *string `json:"link"`
	AskedAt  Instant `json:"asked_at"`
	DaysOpen int     `json:"days_open"` // working days
}

// PlusOneItem is a customer who has had no plus one for long.
type PlusOneItem struct {
	ID       ID      `json:"id"` // the customer's
	Customer string  `json:"customer"`
	Lifetime Money   `json:"lifetime_value"`
	LastAt   Instant `json:"last_at"` // null: never
}

// Text says when they had their last one.
func (i *PlusOneItem) Text(zone *time.Location) string {
	if i.LastAt == 0 {
		return "none yet"
	}
	return "the last one on " + i.LastAt.Time().In(zone).Format("2 Jan 2006")
}

// Numbers of the lists.
const (
	quietOpen = 10 // working days without a touch, with a promise open
	quietIdle = 90 // calendar days without a touch, with none open

	// QuietPlusOne is how many calendar days without a plus one are long.
	QuietPlusOne = 180
)

func (m *digestMaker) quiet() {
	for id, c := range m.Customers {
		since := c.LastTouch
		if since == 0 {
			since = c.Since // nobody has ever been in touch
		}
		if since == 0 || since > m.At {
			continue
		}
		today, last := c.Calendar.Today(m.At), c.Calendar.Today(since)
		days, open := c.Calendar.Workdays(last, today), m.open[id]+c.Calm
		if open > 0 && days >= quietOpen || open == 0 && int(today-last) >= quietIdle {
			meant := append(slices.Clone(m.openTo[id]), c.Calmly...)
			slices.SortFunc(meant, func(a, b QuietPromise) int { return cmp.Compare(a.ID, b.ID) })
			m.d.Quiet = append(m.d.Quiet, QuietCustomer{c.Name, c.Lifetime, c.LastTouch, days, open, slices.Concat([]QuietPromise{}, meant)})
		}
	}
	slices.SortFunc(m.d.Quiet, func(a, b QuietCustomer) int {
		return cmp.Or(cmp.Compare(b.Lifetime.Hundredths, a.Lifetime.Hundredths), cmp.Compare(a.LastTouchAt, b.LastTouchAt), cmp.Compare(a.Customer, b.Customer))
	})
}

// SeemsQuiet reports whether a customer is on the list of a digest of an instant if a
// promise to them is open.
func (c *DigestCustomer) SeemsQuiet(at Instant) bool {
	since := cmp.Or(c.LastTouch, c.Since)
	return c.Calendar.Workdays(c.Calendar.Today(since), c.Calendar.Today(at)) >= quietOpen
}

// unanswered lists the customers who have waited for an answer of ours for more than a
// working day, the longest first.
func (m *digestMaker) unanswered() {
	for _, c := range m.Customers {
		if c.AskedAt == 0 || workdaysLater(c.Calendar, c.AskedAt, 1) >= m.At {
			continue
		}
		days := c.Calendar.Workdays(c.Calendar.Today(c.AskedAt), c.Calendar.Today(m.At))
		m.d.Unanswered = append(m.d.Unanswered, UnansweredItem{c.Name, c.Lifetime, c.AskedAt, days})
	}
	slices.SortFunc(m.d.Unanswered, func(a, b UnansweredItem) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Customer, b.Customer))
	})
}

// asks lists what is open, oldest first.
func (m *digestMaker) asks() {
	for _, k := range m.Asks {
		if state, _ := k.AsOf(m.At); state != AskOpen || k.At > m.At {
			continue
		}
		i := AskItem{ID: k.ID, Customer: k.Customer.Name, Words: k.Words, Link: given(k.Link), AskedAt: k.At, DaysOpen: k.DaysOpen(m.At)}
		if c := m.Customers[k.Customer.ID]; c != nil {
			i.Lifetime = c.Lifetime
		}
		m.d.Asks = append(m.d.Asks, i)
	}
	slices.SortFunc(m.d.Asks, func(a, b AskItem) int {
		return cmp.Or(cmp.Compare(a.AskedAt, b.AskedAt), cmp.Compare(a.ID, b.ID))
	})
}

// plusOnes lists the customers who have had none for long. It goes with what else there
// is to say: a digest is not sent each week for it alone.
func (m *digestMaker) plusOnes() {
	long := m.At - QuietPlusOne*24*60*60*1_000_000
	for _, c := range m.Customers {
		if c.Regular && c.PlusOneAt <= long {
			m.d.PlusOnes = append(m.d.PlusOnes, PlusOneItem{c.ID, c.Name, c.Lifetime, c.PlusOneAt})
		}
	}
	slices.SortFunc(m.d.PlusOnes, func(a, b PlusOneItem) int {
		return cmp.Or(cmp.Compare(b.Lifetime.Hundredths, a.Lifetime.Hundredths), cmp.Compare(a.LastAt, b.LastAt), cmp.Compare(a.Customer, b.Customer))
	})
}
