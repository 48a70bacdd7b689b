package store

import (
	"context"

	"kept/commitments"
)

// Choices are the names to choose from where a promise is logged, in their order.
type Choices struct {
	Customers, Kinds, Teams []string
	AddCustomers            bool // the actor may also name a new customer
}

// Choices gives what somebody may choose from.
func (s *Store) Choices(ctx context.Context, by commitments.Actor) (c Choices, err error) {
	c.AddCustomers = by.MayAlways(commitments.ActCustomers)
	err = s.read(ctx, func(t *tx) error {
		for _, of := range []struct {
			table string
			names *[]string
		}{{"customers", &c.Customers}, {"kinds", &c.Kinds}, {"teams", &c.Teams}} {
			if err := t.all(of.names, "SELECT name FROM "+of.table+" ORDER BY name_key"); err != nil {
				return err
			}
		}
		return nil
	})
	return c, err
}
