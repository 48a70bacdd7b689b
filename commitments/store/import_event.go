package store

import (
	"encoding/json"

	"kept/commitments"
)

var importEventColumns = []string{"at", "recorded_at", "actor_id", "kind", "subject", "subject_id", "data"}

// event is the event with which an imported promise begins, as the columns of
// importEventColumns.
func (p *imported) event(im *importer) ([]any, error) {
	data, err := json.Marshal(commitments.Record{Made: p.begins(im), Version: 1})
	return []any{int64(p.made), int64(im.t.now), nullable(im.by.ID), "imported", "commitment", int64(p.id), string(data)}, err
}

func (p *imported) begins(im *importer) *commitments.Made {
	m := commitments.NewMade(commitments.Terms{
		Key: p.key, ExternalID: p.externalID, Customer: p.customerID, Owner: p.ownerID, Team: p.team, Kind: p.kind,
		Title: p.title, Words: p.words, Link: p.link, DoneMeans: p.doneMeans, Price: p.price, Value: p.value,
		MadeAt: p.made, DateBy: p.dateBy, DoneAt: p.done, Rule: p.paddingWhy, Padding: p.padding, DueAt: p.due, Target: p.target,
		OldBefore: p.oldBefore(im),
	}, p.dates, p.stage)
	if closed := max(p.delivered, p.withdrawn); closed != 0 {
		m.Turn = &commitments.Turn{At: closed, By: im.by.ID, Kind: commitments.TurnKind(p.stage), Why: "import"}
	}
	if p.rated != 0 {
		m.Rating = &commitments.Rating{At: p.rated, By: im.by.ID, Rating: p.importRow.rating}
	}
	return m
}
