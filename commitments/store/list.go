package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Filter says which promises to list. Names are names, addresses or numbers.
type Filter struct {
	Stage    commitments.Stage
	Owner    string
	Customer string
	Manager  string
	Team     string
	Closed   bool // the closed ones instead of the open ones
}

// List gives the promises a person may see, as they stood at an instant: the loudest
// first, of those the ones to the most valuable customers, then in the order they are due.
func (s *Store) List(ctx context.Context, by commitments.Actor, f Filter, at Instant) ([]commitments.View, error) {
	views := []commitments.View{}
	worth := map[ID]int64{} // by promise: its customer's lifetime value
	err := s.read(ctx, func(t *tx) error {
		where, args, err := t.filter(f, at)
		if err != nil {
			return err
		}
		err = t.each(by, at, where, args, func(r *row, p *commitments.Promise) {
			v, made := p.View(at)
			if made && v.Stage.Open() != f.Closed && (f.Stage == "" || v.Stage == f.Stage) {
				v.Subject = r.subject()
				views, worth[p.ID] = append(views, v), r.Lifetime.Hundredths
			}
		})
		if err != nil {
			return err
		}
		return t.nameRescues(pointers(views)...)
	})
	slices.SortStableFunc(views, func(a, b commitments.View) int {
		return cmp.Or(-cmp.Compare(a.Stage.Rank(), b.Stage.Rank()), -cmp.Compare(worth[a.ID], worth[b.ID]), cmp.Compare(a.DueAt, b.DueAt), cmp.Compare(a.ID, b.ID))
	})
	return views, err
}

func pointers(views []commitments.View) []*commitments.View {
	all := make([]*commitments.View, len(views))
	for i := range views {
		all[i] = &views[i]
	}
	return all
}

// filter is the part of a Filter the database can answer. Whether a promise was open
// then is left to the rules where it has newer facts.
func (t *tx) filter(f Filter, at Instant) (string, []any, error) {
	where, args := "WHERE c.made_at <= ?", []any{at}
	if f.Closed || f.Stage == commitments.Delivered || f.Stage == commitments.Withdrawn {
		where += " AND (c.delivered_at IS NOT NULL OR c.withdrawn_at IS NOT NULL OR c.last_fact_at > ?)"
	} else {
		where += " AND (c.delivered_at IS NULL AND c.withdrawn_at IS NULL OR c.last_fact_at > ?)"
	}
	args = append(args, at)
	for _, by := range []struct {
		name, column string
		find         func(string) (ID, error)
	}{
		{f.Owner, "c.owner_id", func(n string) (ID, error) { p, err := t.person("owner", n); return p.ID, err }},
		{f.Manager, "cu.manager_id", func(n string) (ID, error) { p, err := t.person("manager", n); return p.ID, err }},
		{f.Team, "c.team_id", func(n string) (ID, error) { x, err := t.named("teams", "team", n); return x.ID, err }},
		{f.Customer, "c.customer_id", func(n string) (ID, error) { x, err := t.named("customers", "customer", n); return x.ID, err }},
	} {
		if by.name == "" {
			continue
		}
		id, err := by.find(by.name)
		if err != nil {
			return "", nil, err
		}
		where += " AND " + by.column + " = ?"
		args = append(args, id)
	}
	return where, args, nil
}

// each calls f with every promise of a selection that a person may see, its history
// loaded.
func (t *tx) each(by commitments.Actor, at Instant, where string, args []any, f func(*row, *commitments.Promise)) error {
	var rows []row
	if err := t.all(&rows, selectRows+where+" ORDER BY c.id", args...); err != nil {
		return err
	}
	return t.eachOf(by, rows, f)
}

// eachOf is each for rows that are read already.
func (t *tx) eachOf(by commitments.Actor, rows []row, f func(*row, *commitments.Promise)) error {
	b, err := t.book()
	if err != nil {
		return err
	}
	const page = 5000
	for chunk := range slices.Chunk(rows, page) {
		promises := make(map[ID]*commitments.Promise, len(chunk))
		ids := make([]ID, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].ID
			promises[chunk[i].ID] = chunk[i].promise(b, t.s.settings.Currency)
		}
		if err := t.readHistories(promises, "IN "+t.s.d.ids, idList(ids)); err != nil {
			return err
		}
		for i := range chunk {
			if by.Sees(chunk[i].subject()) {
				f(&chunk[i], promises[chunk[i].ID])
			}
		}
	}
	return nil
}

// idList is ids as the parameter that dialect.ids takes.
func idList(ids []ID) string {
	if len(ids) == 0 {
		return "[]" // nil would be null, which is no list
	}
	text, _ := json.Marshal(ids) // integers cannot fail
	return string(text)
}

// Detail is a promise with everything known about it.
type Detail struct {
	commitments.View
	Dates      []DateView               `json:"dates"`
	Touches    []TouchView              `json:"touches"`
	Events     []EventView              `json:"events"`
	Alerts     []AlertView              `json:"alerts"`
	Escalation []EscalationView         `json:"escalation"`
	Ratings    []commitments.RatingView `json:"ratings"`
	Surveys    []SurveyView             `json:"surveys"`
	Desk       Desk                     `json:"-"`
}

// Desk is what somebody needs at hand who acts on a promise.
type Desk struct {
	Contacts    []Contact          // whom to call at the customer
	Calendar    *calendar.Calendar // the days, hours and zone in which the promise is counted
	SnoozeUntil Instant            // until when a call could be put off at the latest
	May         May                // what can be done to it
}

// DateView is a date the customer was told, as it is shown.
type DateView struct {
	Place       int            `json:"place"` // 1 is the first date
	Promise     Date           `json:"promise_date"`
	PromiseTime calendar.Clock `json:"promise_time"`
	Target      Date           `json:"target_date"`
	DueAt       Instant        `json:"due_at"`
	ToldAt      Instant        `json:"told_at"`
	ToldBy      *string        `json:"told_by"`
	AskedBy     *string        `json:"asked_by"` // us or customer; null for the first date
	Why         *string        `json:"why"`
	ReplacedAt  Instant        `json:"replaced_at"`
	AcceptedAt  Instant        `json:"accepted_at"`
	AcceptedBy  *string        `json:"accepted_by"` // who of the customer's people
}

// TouchView is a contact as it is shown.
type TouchView struct {
	At      Instant          `json:"at" db:"at"`
	By      commitments.Text `json:"by" db:"by_name"`
	Channel string           `json:"channel" db:"channel"`
	Inbound bool             `json:"inbound" db:"inbound"`
	Reached bool             `json:"reached" db:"reached"`
	Outcome commitments.Text `json:"outcome" db:"outcome"` // commitments.Outcome
	Summary commitments.Text `json:"summary" db:"summary"`
}

// jsonText is JSON as it is stored.
type jsonText string

// MarshalJSON gives it as it is.
func (j jsonText) MarshalJSON() ([]byte, error) { return []byte(j), nil }

// EventView is an event as it is shown.
type EventView struct {
	At   Instant  `json:"at" db:"at"`
	By   string   `json:"by" db:"by_name"`
	Kind string   `json:"kind" db:"kind"`
	Data jsonText `json:"data" db:"data"`
}

// EventData is what an event tells.
type EventData struct {
	Step string `json:"step"` // of an alert; a rescue's own step is within its object
	commitments.Record
}

// Told is what the event tells; of an older Kept, nothing: its kind says what it was.
func (e *EventView) Told() (told EventData) {
	if json.Unmarshal([]byte(e.Data), &told) != nil {
		return EventData{}
	}
	return told
}

// AlertView is an alert as it is shown.
type AlertView struct {
	Key       string            `json:"key" db:"key"`
	At        Instant           `json:"at" db:"at"`
	Stage     commitments.Stage `json:"stage" db:"stage"`
	Episode   int               `json:"episode" db:"episode"`
	Recipient string            `json:"recipient" db:"recipient"`
	For       *string           `json:"for" db:"for_name"` // who was away, and would have been told
	Step      string            `json:"step" db:"step"`
	Reasons   jsonText          `json:"reasons" db:"reasons"`
	ClosedAt  Instant           `json:"closed_at" db:"closed_at"`
	ClosedWhy commitments.Text  `json:"closed_why" db:"closed_why"`
	State     commitments.Text  `json:"delivery" db:"delivery"` // state of the message that carries it; "" if none
}

// Show gives one promise as it stood at an instant, with its history up to then.
func (s *Store) Show(ctx context.Context, by commitments.Actor, ref string, at Instant) (Detail, error) {
	d := Detail{Touches: []TouchView{}, Events: []EventView{}, Alerts: []AlertView{}}
	err := s.read(ctx, func(t *tx) error {
		p, r, err := t.load(by, ref, false)
		if err != nil {
			return err
		}
		if err := t.details(&d, p.ID, at); err != nil {
			return err
		}
		recallRescue(p, d.Alerts, at)
		var made bool
		if d.View, made = p.View(at); !made {
			return commitments.NotFound("id", "promise "+shorten(ref)+" was not made yet at that time")
		}
		if d.Dates, err = t.dates(p, at); err != nil {
			return err
		}
		if err := t.nameRescues(&d.View); err != nil {
			return err
		}
		if err := t.desk(&d, p, r, at); err != nil {
			return err
		}
		d.Ratings = ratingsOf(p, at)
		if d.Surveys, err = t.surveys(p.ID, at); err != nil {
			return err
		}
		d.Escalation, err = t.escalation(p, d.Alerts, at)
		return err
	})
	return d, err
}

// desk adds what somebody needs to act on a promise, and what decides whether they may.
func (t *tx) desk(d *Detail, p *commitments.Promise, r *row, at Instant) (err error) {
	d.Subject = r.subject()
	if d.Subject.Deputies, err = t.deputies(r, p.Calendar.Today(at)); err != nil {
		return err
	}
	d.Desk.Calendar, d.Desk.SnoozeUntil, d.Desk.May = p.Calendar, p.LatestSnooze(at), mayNow(p, at)
	d.Desk.Contacts, err = t.contacts(p.Customer.ID)
	return err
}

// dates are the dates told by an instant, with who told them.
func (t *tx) dates(p *commitments.Promise, at Instant) ([]DateView, error) {
	var tellers []string
	err := t.all(&tellers, "SELECT coalesce(p.name, '') FROM promise_dates d LEFT JOIN people p ON p.id = d.told_by WHERE d.commitment_id = ? ORDER BY d.place", p.ID)
	if err != nil {
		return nil, err
	}
	views := []DateView{}
	for i, d := range p.History.DatesAsOf(at) {
		views = append(views, DateView{d.Place, d.Promise, d.PromiseTime, d.Target, d.DueAt, d.ToldAt, named(tellers[i]), named(d.AskedBy), named(d.Why), d.ReplacedAt, d.AcceptedAt, named(d.AcceptedBy)})
	}
	return views, nil
}

func (t *tx) details(d *Detail, id ID, at Instant) error {
	err := t.all(&d.Touches, `SELECT x.at, coalesce(p.name, '') AS by_name, x.channel, x.inbound, x.reached, x.outcome, x.summary
		FROM touches x LEFT JOIN people p ON p.id = x.by_id WHERE x.commitment_id = ? AND x.at <= ? ORDER BY x.at, x.id`, id, at)
	if err != nil {
		return err
	}
	err = t.all(&d.Events, `SELECT e.at, coalesce(p.name, CASE WHEN e.kind = 'rated' THEN 'the customer' ELSE 'Kept' END) AS by_name, e.kind, e.data
		FROM events e LEFT JOIN people p ON p.id = e.actor_id WHERE e.subject = 'commitment' AND e.subject_id = ? AND e.at <= ? ORDER BY e.at, e.id`, id, at)
	if err != nil {
		return err
	}
	return t.all(&d.Alerts, `SELECT a.key, a.at, a.stage, a.episode, p.name AS recipient, away.name AS for_name, a.step, a.reasons,
		CASE WHEN a.closed_at <= ? THEN a.closed_at END AS closed_at, CASE WHEN a.closed_at <= ? THEN a.closed_why ELSE '' END AS closed_why,
		coalesce((SELECT min(d.state) FROM delivery_alerts da JOIN deliveries d ON d.id = da.delivery_id WHERE da.alert_id = a.id), '') AS delivery
		FROM alerts a JOIN people p ON p.id = a.recipient_id LEFT JOIN people away ON away.id = a.for_id WHERE a.commitment_id = ? AND a.at <= ? ORDER BY a.id`, at, at, id, at)
}
