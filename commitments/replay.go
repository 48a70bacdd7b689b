package commitments

import (
	"encoding/json"
	"errors"
	"fmt"

	"kept/commitments/calendar"
)

// Replay makes a promise again from its events alone, in the order they were recorded:
// its terms, its history, what is folded from that, its stage and its version. What only
// sweeps remember (alerts, episodes, the next review) is not in them, nor are names. Days
// are not counted anew: each event says what came of that on the calendar of its time.
func Replay(events []Event, cal *calendar.Calendar) (*Promise, error) {
	if len(events) == 0 {
		return nil, errors.New("commitments: a promise without events")
	}
	p := &Promise{Calendar: cal, Thresholds: &DefaultThresholds}
	for i, e := range events {
		r := Record{}
		if err := json.Unmarshal([]byte(e.Data), &r); err != nil {
			return nil, fmt.Errorf("commitments: event %d, %s: %w", i+1, e.Kind, err)
		}
		if (i == 0) != (r.Made != nil) {
			return nil, fmt.Errorf("commitments: event %d, %s: a promise is made once, by its first event", i+1, e.Kind)
		}
		r.Event, r.At, r.By = e.Kind, e.At, e.By
		if err := p.replay(&r); err != nil {
			return nil, fmt.Errorf("commitments: event %d, %s: %w", i+1, e.Kind, err)
		}
	}
	return p, nil
}

func (p *Promise) replay(r *Record) error {
	t := p.Terms()
	if r.Made != nil {
		t = p.begin(r)
	}
	if err := t.edit(r.Edited); err != nil {
		return err
	}
	p.agree(t)
	if r.Stage != nil {
		p.State.Stage = r.Stage.To
	}
	switch {
	case r.Made != nil:
	case r.Version != 0:
		p.Apply(r.Change)
		p.Version = r.Version
	default:
		p.Facts, _ = p.History.AsOf(p.History.LastFact(), p.Calendar)
	}
	if r.Date != nil {
		t.DueAt = r.Date.DueAt
	}
	p.DueAt, p.PaddingDays, p.PaddingWhy = t.DueAt, t.Padding, t.Rule
	return nil
}

// begin takes in the event that a promise begins with.
func (p *Promise) begin(r *Record) Terms {
	m := r.Made
	h := &p.History
	h.MadeAt, h.DateBy, h.OldBefore, h.Dates = m.Terms.MadeAt, m.Terms.DateBy, m.Terms.OldBefore, m.Dates
	if m.Turn != nil {
		h.Turns = []Turn{*m.Turn}
	}
	if m.Rating != nil {
		h.Ratings, p.Rating = []Rating{*m.Rating}, m.Rating.Rating
	}
	if len(h.Dates) > 0 {
		p.FirstDate = h.Dates[0].Promise
	}
	p.Facts, _ = h.AsOf(h.LastFact(), p.Calendar)
	p.State, p.LastFact, p.Version = NewAlertState(), h.LastFact(), r.Version
	p.State.Stage = m.Stage
	t := m.Terms
	if d := h.last(); d != nil {
		t.DueAt, t.Target, t.ToldAt = d.DueAt, d.Target, d.ToldAt
	}
	return t
}

// edit takes in what became of the terms.
func (t *Terms) edit(edited map[string]Edit) error {
	if len(edited) == 0 {
		return nil
	}
	fields := t.fields()
	for name, e := range edited {
		if delete(fields, name); string(e.To) != "null" {
			fields[name] = e.To
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	*t = Terms{}
	return json.Unmarshal(text, t)
}

// agree gives the promise terms, as Terms tells them.
func (p *Promise) agree(t Terms) {
	p.Key, p.ExternalID, p.Title, p.Words, p.Link, p.DoneMeans = t.Key, t.ExternalID, t.Title, t.Words, t.Link, t.DoneMeans
	p.Customer.ID, p.Owner.ID, p.Team.ID, p.Kind.ID = t.Customer, t.Owner, t.Team, t.Kind
	p.Price, p.Value, p.Every, p.DoneAt = t.Price, t.Value, t.Every, t.DoneAt
	p.MadeAt, p.History.MadeAt, p.History.DateBy, p.History.OldBefore = t.MadeAt, t.MadeAt, t.DateBy, t.OldBefore
	d := p.History.last()
	if d == nil {
		return
	}
	d.Target, d.DueAt, d.ToldAt, p.Target = t.Target, t.DueAt, t.ToldAt, t.Target
	if n := len(p.History.Dates); n > 1 {
		p.History.Dates[n-2].ReplacedAt = d.ToldAt
	}
}
