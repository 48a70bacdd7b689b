package store

import (
	"encoding/json"
	"maps"
	"slices"

	"kept/commitments"
)

// Update is word that the customer is owed of a promise.
type Update struct {
	By    Date    // the day by which it is owed
	Every int     // working days between updates, as promised
	Heard Instant // when the customer last heard from us; 0 = never since it was made
	Said  string  // what they heard then; "" if nobody wrote it down
}

func updateOwed(p *commitments.Promise, at Instant) *Update {
	f, _ := p.History.AsOf(at, p.Calendar)
	u := &Update{By: p.NextUpdate(&f), Every: p.Every, Heard: f.HeardAt}
	for _, t := range p.History.Touches {
		if t.At == f.HeardAt && t.Heard() {
			u.Said = t.Summary
		}
	}
	return u
}

// Handed is a promise that was given to another owner.
type Handed struct {
	Mine bool   // the reader is the new owner
	From string // who owned it before
	By   string // who gave it away
	Note string
	by   ID
}

// handed is the newest hand-over of a promise by an instant.
func handed(p *commitments.Promise, step string, at Instant) *Handed {
	h := &Handed{Mine: step == commitments.StepNewOwner}
	for _, t := range p.History.Turns {
		if t.Kind == commitments.TurnHandedOver && t.At <= at {
			h.Note, h.by = t.Why, t.By
		}
	}
	return h
}

// handOvers adds who gave the promises of a letter away, and who owned them.
func (t *tx) handOvers(l *Letter) error {
	var ids []ID
	for _, c := range l.Cards {
		if c.Handed != nil {
			ids = append(ids, c.Promise.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	from, err := t.ownersBefore(ids)
	if err != nil {
		return err
	}
	people := slices.Collect(maps.Values(from))
	for _, c := range l.Cards {
		if c.Handed != nil {
			people = append(people, c.Handed.by)
		}
	}
	names, err := t.namesOf(people)
	if err != nil {
		return err
	}
	for i := range l.Cards {
		if h := l.Cards[i].Handed; h != nil {
			h.From, h.By = names[from[l.Cards[i].Promise.ID]], names[h.by]
		}
	}
	return nil
}

// ownersBefore are those who owned some promises before they were last handed over.
func (t *tx) ownersBefore(promises []ID) (map[ID]ID, error) {
	var events []struct {
		Promise ID     `db:"subject_id"`
		Data    string `db:"data"`
	}
	err := t.all(&events, "SELECT e.subject_id, e.data FROM events e WHERE e.subject = 'commitment' AND e.kind = 'handed-over' AND e.subject_id IN "+
		t.s.d.ids+" ORDER BY e.at, e.id", idList(promises))
	if err != nil {
		return nil, err
	}
	owners := make(map[ID]ID, len(events))
	for _, e := range events {
		var data struct {
			Edited struct {
				Owner struct{ From int64 }
			}
		}
		if err := json.Unmarshal([]byte(e.Data), &data); err != nil {
			return nil, err
		}
		owners[e.Promise] = ID(data.Edited.Owner.From)
	}
	return owners, nil
}
