package main

import (
	"fmt"
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

type deliveryCmd struct {
	List  deliveryList  `cmd:"" help:"List messages, the newest first."`
	Show  deliveryShow  `cmd:"" help:"Show one message and what became of it."`
	Retry deliveryRetry `cmd:"" help:"Send a message again that was given up, is blocked, or is uncertain."`
}

// shownDelivery is a message as it is shown.
type shownDelivery struct {
	ID          store.ID            `json:"id"`
	Key         string              `json:"key"`
	Kind        string              `json:"kind"`
	Destination string              `json:"destination"`
	Place       commitments.Text    `json:"place"`
	State       store.DeliveryState `json:"state"`
	Attempt     int                 `json:"attempt"`
	Ambiguous   bool                `json:"ambiguous"`
	NextAt      calendar.Instant    `json:"next_at"`
	OpensAt     calendar.Instant    `json:"opens_at"`
	CreatedAt   calendar.Instant    `json:"created_at"`
	SentAt      calendar.Instant    `json:"sent_at"`
	ErrorClass  commitments.Text    `json:"error_class"`
	Error       commitments.Text    `json:"error"`
}

func shown(d store.Delivery) shownDelivery {
	return shownDelivery{
		d.ID, d.Key, d.Kind, d.Destination, commitments.Text(d.Place), d.State, d.Attempt, d.Ambiguous,
		d.NextAt, d.OpensAt, d.CreatedAt, d.SentAt, commitments.Text(d.ErrorClass), commitments.Text(d.Error),
	}
}

type deliveryList struct {
	State deliveryState `help:"Only those in this state: pending, sending, uncertain, sent, blocked, dead or cancelled." placeholder:"STATE"`
	Limit int           `help:"How many." default:"50" placeholder:"N"`
}

// Help is shown by kept help delivery list.
func (deliveryList) Help() string { return example("kept delivery list --state dead") }

// Run lists messages.
func (c *deliveryList) Run(a *app) error {
	if c.Limit < 1 || c.Limit > 10_000 {
		return commitments.Invalid("limit", "want 1 to 10000")
	}
	s, err := a.operator()
	if err != nil {
		return err
	}
	found, err := s.Deliveries(a.ctx, store.DeliveryState(c.State), c.Limit)
	if err != nil {
		return err
	}
	all := make([]shownDelivery, len(found))
	rows := make([][]string, len(found))
	for i, d := range found {
		all[i] = shown(d)
		rows[i] = []string{idOf(d.ID), string(d.State), d.Kind, d.Destination, strconv.Itoa(d.Attempt), d.CreatedAt.String(), d.Error}
	}
	if a.flags.JSON {
		return a.out.json(all)
	}
	if len(all) == 0 {
		a.out.line("No such messages.")
		return nil
	}
	a.out.table([]string{"ID", "STATE", "KIND", "TO", "TRIES", "MADE", "ERROR"}, rows)
	return nil
}

type deliveryShow struct {
	ID text `arg:"" help:"Number of the message."`
}

// Help is shown by kept help delivery show.
func (deliveryShow) Help() string { return example("kept delivery show 7") }

// Run shows a message.
func (c *deliveryShow) Run(a *app) error {
	s, id, err := a.delivery(c.ID)
	if err != nil {
		return err
	}
	d, err := s.Delivery(a.ctx, id)
	if err != nil || a.flags.JSON {
		return a.answer(shown(d), err)
	}
	a.out.line("Message %d, %s", d.ID, string(d.State))
	a.out.list([][2]string{
		{"kind", d.Kind}, {"to", d.Destination}, {"sent to", d.Place}, {"tries", strconv.Itoa(d.Attempt)},
		{"made", d.CreatedAt.String()}, {"not before", d.OpensAt.String()}, {"next try", d.NextAt.String()}, {"sent", d.SentAt.String()},
		{"error", strings.TrimSpace(d.ErrorClass + " " + d.Error)},
	})
	return nil
}

type deliveryRetry struct {
	ID     text `arg:"" help:"Number of the message."`
	Anyway bool `help:"Send it even if Slack may have it and cannot be asked: it may come twice."`
}

// Help is shown by kept help delivery retry.
func (deliveryRetry) Help() string {
	return "If Slack may have it already, Kept looks there first.\n\n" + example("kept delivery retry 7")
}

// Run makes a message owed again.
func (c *deliveryRetry) Run(a *app) error {
	s, id, err := a.delivery(c.ID)
	if err != nil {
		return err
	}
	if _, err := s.Delivery(a.ctx, id); err != nil {
		return err
	}
	if err := s.RetryDelivery(a.ctx, id, c.Anyway); err != nil || a.flags.JSON {
		return a.answer(map[string]any{"id": id, "state": "owed"}, err)
	}
	a.out.line("Message %d is owed again: the next sweep or `kept serve` sends it.", id)
	return nil
}

// operator opens the database for someone who may look after messages.
func (a *app) operator() (*store.Store, error) {
	s, by, err := a.actor()
	if err != nil {
		return nil, err
	}
	return s, mayOperate(by)
}

func (a *app) delivery(typed text) (*store.Store, store.ID, error) {
	s, err := a.operator()
	if err != nil {
		return nil, 0, err
	}
	id, err := strconv.ParseInt(string(typed), 10, 64)
	if err != nil {
		return nil, 0, commitments.NotFound("id", fmt.Sprintf("there is no message %q", shorten(string(typed))))
	}
	return s, store.ID(id), nil
}
