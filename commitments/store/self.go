package store

import (
	"context"

	"kept/commitments"
)

// ChooseZone sets the zone in which times are shown to the person who asks for it, and in
// which their working hours and their digest are. The empty text is their team's.
func (s *Store) ChooseZone(ctx context.Context, by commitments.Actor, zone string) error {
	return s.setUp(ctx, by, commitments.ActSelf, func(t *tx) error {
		var p Person
		if err := t.get(&p, selectPeople+"WHERE id = ? AND erased_at IS NULL", by.ID); err != nil {
			return found(err, "as", "nobody has that number")
		}
		if err := p.setZone(zone); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE people SET zone = ? WHERE id = ?", p.Zone, p.ID); err != nil {
			return err
		}
		return t.event(t.now, by.ID, "edited", "person", p.ID, map[string]any{"fields": []string{"zone"}})
	})
}
