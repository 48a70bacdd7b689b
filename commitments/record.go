package commitments

import (
	"encoding/json"
	"strings"
)

// Event is what happened to a promise, as it is kept for ever: who, when, what, why.
type Event struct {
	At   Instant `db:"at"`
	By   ID      `db:"actor_id"` // 0 = Kept itself
	Kind string  `db:"kind"`
	Data string  `db:"data"` // a Record as JSON
}

// Record is the data of an event: all that Replay needs to know of it. It names people,
// customers, teams and kinds by id only, so that a person can be erased; the words
// somebody typed (a title, a note, a reason) are part of the promise and stand as typed.
type Record struct {
	Made *Made `json:"made,omitempty"` // the promise begins
	Change
	Edited  map[string]Edit `json:"edited,omitempty"` // of Terms, by name
	Stage   *StageMove      `json:"stage,omitempty"`  // a sweep found it in another stage
	Version int64           `json:"version,omitzero"` // the promise's from then on; 0 = not changed by a person
}

// Made is a promise as it was logged or imported.
type Made struct {
	Terms  Terms         `json:"terms"`
	Dates  []PromiseDate `json:"dates,omitempty"`
	Turn   *Turn         `json:"turn,omitempty"`   // imported as delivered or withdrawn
	Rating *Rating       `json:"rating,omitempty"` // imported with it
	Stage  Stage         `json:"stage"`
}

// Edit is what one of the terms was, and what it became; null for none.
type Edit struct {
	From json.RawMessage `json:"from"`
	To   json.RawMessage `json:"to"`
}

// StageMove is what a sweep made of a promise.
type StageMove struct {
	From    Stage  `json:"from"`
	To      Stage  `json:"to"`
	Reasons []Code `json:"reasons"`
}

// Terms are what a promise says that is not folded from its dated facts: events tell
// how each changes. Of its last date they hold what may be corrected later.
type Terms struct {
	Key        string  `json:"key,omitzero"`
	ExternalID string  `json:"external_id,omitzero"`
	Customer   ID      `json:"customer,omitzero"`
	Owner      ID      `json:"owner,omitzero"`
	Team       ID      `json:"team,omitzero"`
	Kind       ID      `json:"kind,omitzero"`
	Title      string  `json:"title,omitzero"`
	Words      string  `json:"words,omitzero"`
	Link       string  `json:"link,omitzero"`
	DoneMeans  string  `json:"done_means,omitzero"`
	Price      Money   `json:"price,omitzero"`
	Value      Money   `json:"value,omitzero"`
	Every      int     `json:"update_every,omitzero"`
	MadeAt     Instant `json:"made_at,omitzero"`
	DateBy     Date    `json:"first_date_by,omitzero"`
	DoneAt     Instant `json:"internal_done_at,omitzero"`
	Rule       string  `json:"padding,omitzero"` // what set the padding, without whose it was
	Padding    *int    `json:"padding_days,omitzero"`
	DueAt      Instant `json:"due_at,omitzero"`
	Target     Date    `json:"target_date,omitzero"`
	ToldAt     Instant `json:"told_at,omitzero"`
	OldBefore  Instant `json:"old_before,omitzero"`
}

// Terms are the promise's, as they stand.
func (p *Promise) Terms() Terms {
	rule, _, _ := strings.Cut(p.PaddingWhy, " of ")
	t := Terms{
		Key: p.Key, ExternalID: p.ExternalID, Customer: p.Customer.ID, Owner: p.Owner.ID, Team: p.Team.ID, Kind: p.Kind.ID,
		Title: p.Title, Words: p.Words, Link: p.Link, DoneMeans: p.DoneMeans, Price: p.Price, Value: p.Value,
		Every: p.Every, MadeAt: p.MadeAt, DateBy: p.History.DateBy, DoneAt: p.DoneAt,
		Rule: rule, Padding: p.PaddingDays, DueAt: p.DueAt, Target: p.Target, OldBefore: p.History.OldBefore,
	}
	if d := p.History.last(); d != nil {
		t.ToldAt = d.ToldAt
	}
	return t
}

// Begins is the data of the event with which a promise begins.
func (p *Promise) Begins() Record {
	return Record{Made: NewMade(p.Terms(), p.History.Dates, p.State.Stage), Version: p.Version}
}

// NewMade is a promise as it begins. What its last date says, the terms do not say again:
// a list of a million rows is a million such events.
func NewMade(t Terms, dates []PromiseDate, s Stage) *Made {
	if len(dates) > 0 {
		t.DueAt, t.Target, t.ToldAt = 0, 0, 0
	}
	return &Made{Terms: t, Dates: dates, Stage: s}
}

// Record is the data of the event of a change that was applied to the promise, whose
// terms were was before.
func (p *Promise) Record(c Change, was Terms) Record {
	is := p.Terms()
	if c.Date != nil { // which says these itself
		was.DueAt, was.Target, was.ToldAt = is.DueAt, is.Target, is.ToldAt
	}
	return Record{Change: c, Edited: edits(was, is), Version: p.Version}
}

// Recount takes in what became of the promise's days on another calendar, and is the data
// of the event that tells of it.
func (p *Promise) Recount(target Date, due Instant, padding *int) Record {
	was := p.Terms()
	p.Target, p.DueAt, p.PaddingDays = target, due, padding
	return Record{Edited: edits(was, p.Terms())}
}

// edits are the terms that differ; nil if none does.
func edits(was, is Terms) map[string]Edit {
	from, to := was.fields(), is.fields()
	var edited map[string]Edit
	note := func(name string) {
		if string(from[name]) != string(to[name]) {
			if edited == nil {
				edited = map[string]Edit{}
			}
			edited[name] = Edit{from[name], to[name]}
		}
	}
	for name := range from {
		note(name)
	}
	for name := range to {
		note(name)
	}
	return edited
}

// fields are the terms by name, those that are not given left out.
func (t Terms) fields() map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	text, err := json.Marshal(t)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic(err) // no value of these types fails
	}
	return fields
}
