package store

import (
	"context"

	"kept/commitments"
)

// MakeWholeDigest is MakeDigest made from every promise there is, with nothing left
// out because of what a sweep has made of it.
func (s *Store) MakeWholeDigest(ctx context.Context, manager string, at Instant) (d commitments.Digest, err error) {
	err = s.read(ctx, func(t *tx) error {
		var p Person
		if manager != "" {
			if p, err = t.person("manager", manager); err != nil {
				return err
			}
		}
		r, err := t.digestReader(p, at)
		if err != nil {
			return err
		}
		if err := r.promises("WHERE c.made_at <= ? AND "+r.mine(), append([]any{at}, r.args...)); err != nil {
			return err
		}
		d = commitments.MakeDigest(r.facts)
		return nil
	})
	return d, err
}
