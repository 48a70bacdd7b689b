package store

import (
	"context"
	"errors"
	"fmt"

	"kept/commitments"
)

// ErrRepeated says that a request was carried out before, and that nothing more was done.
// What comes with it is how things stand now.
var ErrRepeated = errors.New("this was done already")

// once notes that a request is carried out in this transaction; ErrRepeated if one
// before did. A request without a key is its own each time.
func (t *tx) once(key string) error {
	if key == "" {
		return nil
	}
	n, err := t.exec("INSERT INTO requests (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", key, t.now)
	if err == nil && n == 0 {
		return ErrRepeated
	}
	return err
}

// Once notes that a request which changes nothing here is answered; ErrRepeated if it was
// before.
func (s *Store) Once(ctx context.Context, key string) error {
	return s.write(ctx, func(t *tx) error { return t.once(key) })
}

// InSlack finds the person who has a Slack account, and what they may do. The error is
// ErrNotFound if Kept knows nobody by it, and ErrRefused if several people have it.
func (s *Store) InSlack(ctx context.Context, user string) (p Person, a commitments.Actor, err error) {
	err = s.read(ctx, func(t *tx) error {
		var found []Person
		if err := t.all(&found, selectPeople+"WHERE slack_user = ? AND slack_user <> '' AND erased_at IS NULL", user); err != nil {
			return err
		}
		switch len(found) {
		case 0:
			return commitments.NotFound("slack", fmt.Sprintf("nobody in Kept has the Slack account %s", shorten(user)))
		case 1:
		default:
			return commitments.Refused("slack", fmt.Sprintf("%d people in Kept have the Slack account %s", len(found), shorten(user)))
		}
		p = found[0]
		a, err = t.actor(&p)
		return err
	})
	return p, a, err
}
