package store

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Colleague is somebody who calls a customer, or has today.
type Colleague struct {
	Name    string           `json:"name"`
	ToCall  bool             `json:"to_call"`    // a call of theirs, or an overdue promise, is open
	OnIt    Instant          `json:"on_it_at"`   // since when they are on a call; null = they are not
	Reached Instant          `json:"reached_at"` // when they last reached the customer today; null = they have not
	How     commitments.Text `json:"channel"`    // … on which channel
	Outcome commitments.Text `json:"outcome"`    // … and what that came to; "" for a plain touch
}

// Calling lists who calls a customer, and who has reached them today, as of an instant:
// so that two do not ring on the same morning.
func (s *Store) Calling(ctx context.Context, customer string, at Instant) (who []Colleague, err error) {
	err = s.read(ctx, func(t *tx) error {
		c, err := t.named("customers", "customer", customer)
		if err != nil {
			return err
		}
		cal, err := t.calendarOfCustomer(c.ID)
		if err != nil {
			return err
		}
		by, err := t.calling(c.ID, cal, at)
		who = colleagues(by)
		return err
	})
	return who, err
}

func (t *tx) calling(customer ID, cal *calendar.Calendar, at Instant) (map[ID]*Colleague, error) {
	by := map[ID]*Colleague{}
	colleague := func(id ID) *Colleague {
		if by[id] == nil {
			by[id] = &Colleague{}
		}
		return by[id]
	}
	err := t.each(everyone, at, "WHERE c.customer_id = ? AND c.alerted IN ('at-risk', 'overdue') AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL", []any{customer},
		func(r *row, p *commitments.Promise) {
			colleague(r.OwnerID).ToCall = true
			if id, since := p.OnIt(at); id != 0 {
				colleague(id).OnIt = since
			}
		})
	if err != nil {
		return nil, err
	}
	var touches []struct {
		By      ID               `db:"by_id"`
		At      Instant          `db:"at"`
		Channel commitments.Text `db:"channel"`
		Outcome commitments.Text `db:"outcome"`
	}
	err = t.all(&touches, "SELECT x.by_id, x.at, x.channel, x.outcome FROM touches x WHERE x.customer_id = ? AND x.at >= ? AND x.at <= ? AND x.reached = 1 AND x.inbound = 0 AND x.by_id IS NOT NULL ORDER BY x.at, x.id",
		customer, cal.Start(cal.Today(at)), at)
	if err != nil {
		return nil, err
	}
	for _, x := range touches {
		c := colleague(x.By)
		c.Reached, c.How, c.Outcome = x.At, x.Channel, x.Outcome
	}
	names, err := t.namesOf(slices.Collect(maps.Keys(by)))
	for id, c := range by {
		c.Name = names[id]
	}
	return by, err
}

// colleagues are those who call a customer, by name, but for some.
func colleagues(by map[ID]*Colleague, but ...ID) []Colleague {
	all := []Colleague{}
	for id, c := range by {
		if !slices.Contains(but, id) {
			all = append(all, *c)
		}
	}
	slices.SortFunc(all, func(a, b Colleague) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// customersOf adds whom to call, and who else does.
func (t *tx) customersOf(l *Letter) error {
	contacts, calling := map[ID][]Contact{}, map[ID]map[ID]*Colleague{}
	for i := range l.Cards {
		c := &l.Cards[i]
		if _, known := contacts[c.customer]; !known {
			var err error
			if contacts[c.customer], err = t.contacts(c.customer); err != nil {
				return err
			}
			if calling[c.customer], err = t.calling(c.customer, c.Calendar, l.At); err != nil {
				return err
			}
		}
		c.Contacts = contacts[c.customer]
		c.AlsoCalling = colleagues(calling[c.customer], c.owner, c.reader)
	}
	return nil
}

// contacts are the people at a customer.
func (t *tx) contacts(customer ID) ([]Contact, error) {
	people := []Contact{}
	err := t.all(&people, "SELECT k.name, k.role, k.phone, k.email, k.prefers FROM contacts k WHERE k.customer_id = ? ORDER BY k.id", customer)
	return people, err
}
