package slackapp

import (
	"context"
	"errors"

	"kept/commitments"
	"kept/commitments/store"
)

// visitor is who made a request, once it is known that they may make any.
type visitor struct {
	person store.Person
	actor  commitments.Actor
	user   string // Slack's
}

// errUnknown says that nobody in Kept has the Slack account. Such a person reads nothing.
var errUnknown = errors.New("not known")

// who finds the person behind a Slack account. The error is errUnknown where there is
// none, and the database's.
func (a *App) who(ctx context.Context, from account) (visitor, error) {
	p, actor, err := a.store.InSlack(ctx, from.ID)
	if errors.Is(err, commitments.ErrNotFound) || errors.Is(err, commitments.ErrRefused) {
		return visitor{}, errUnknown
	}
	return visitor{p, actor, from.ID}, err
}
