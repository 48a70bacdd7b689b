package store

import (
	"context"
	"fmt"
	"slices"

	"kept/commitments"
)

// Preview is what a link to a promise shows of it where it was posted: nothing that its
// customer may not see.
type Preview struct {
	Title       string
	Customer    string
	Owner       string
	Promise     Date    // 0: none yet
	PromiseTime *string // nil: by the end of the day
	Zone        string  // of that time
	DateBy      Date    // where there is no promised date: the day by which one is owed
	DeliveredOn Date    // 0: not yet
	Withdrawn   bool
}

// Room is a conversation in Slack in which somebody posted a link.
type Room struct {
	Channel string
	Members []string // everybody's Slack account but Kept's own; nil where that was not asked
}

// Preview gives what a link to a promise shows in a room without outsiders. The error is
// ErrNotFound unless who posted it may see the promise, and ErrRefused unless all there
// may: it is nobody's in particular, or its team's room, or each of the members sees it.
func (s *Store) Preview(ctx context.Context, by commitments.Actor, ref string, room Room, at Instant) (v Preview, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, r, err := t.load(by, ref, false)
		if err != nil {
			return err
		}
		b, err := t.book()
		if err != nil {
			return err
		}
		team := b.teams[r.TeamID]
		if open := r.TeamID == 0 || team != nil && team.Channel != "" && team.Channel == room.Channel; !open {
			if err := t.allSee(r, room.Members); err != nil {
				return err
			}
		}
		f, made := asOf(p, at)
		if !made {
			return commitments.NotFound("id", "that promise was not made yet")
		}
		v = Preview{Title: r.Title, Customer: r.Customer, Owner: r.Owner, Promise: f.Promise, DateBy: f.DateBy, PromiseTime: named(f.PromiseTime.String()), Zone: p.Calendar.Zone(), Withdrawn: f.WithdrawnAt != 0}
		if f.DeliveredAt != 0 {
			v.DeliveredOn = p.Calendar.Today(f.DeliveredAt - 1) // at the stroke of midnight, on the day that ends then
		}
		return nil
	})
	return v, err
}

// allSee refuses a promise unless each of some Slack accounts is a person who may see it.
func (t *tx) allSee(r *row, accounts []string) error {
	var people []Person
	if err := t.all(&people, selectPeople+"WHERE slack_user <> '' AND erased_at IS NULL AND slack_user IN "+t.s.d.texts, textList(accounts)); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range people {
		a, err := t.actor(&people[i])
		if err != nil {
			return err
		}
		seen[people[i].SlackUser] = a.Sees(commitments.Subject{Owner: r.OwnerID, Team: r.TeamID, Manager: r.Manager})
	}
	if len(accounts) == 0 || slices.ContainsFunc(accounts, func(user string) bool { return !seen[user] }) {
		return commitments.Refused("id", fmt.Sprintf("not everybody there may see promise %d", r.ID))
	}
	return nil
}
