package store

import "kept/commitments"

// thread is a message that carried an owner's call card: what came of it is told in
// answer to it.
type thread struct {
	Promise     ID     `db:"commitment_id"`
	Recipient   ID     `db:"recipient_id"`
	ID          ID     `db:"id"`
	Key         string `db:"key"`
	Destination string `db:"destination"`
}

// threads finds, by promise, the messages that carried the call cards whose ladders
// have come to another rung.
func (t *tx) threads(openings []opening) (map[ID][]thread, error) {
	var climbed []ID
	for _, o := range openings {
		if o.rung() {
			climbed = append(climbed, o.p.ID)
		}
	}
	if len(climbed) == 0 {
		return nil, nil
	}
	var found []thread
	err := t.all(&found, `SELECT a.commitment_id, a.recipient_id, d.id, d.key, d.destination FROM alerts a
		JOIN delivery_alerts da ON da.alert_id = a.id JOIN deliveries d ON d.id = da.delivery_id
		WHERE a.stage = 'at-risk' AND a.step = ? AND a.closed_at IS NULL AND d.state NOT IN ('dead', 'cancelled')
		AND a.commitment_id IN `+t.s.d.ids+" ORDER BY d.id", commitments.StepOwner, idList(climbed))
	byPromise := map[ID][]thread{}
	for _, f := range found {
		byPromise[f.Promise] = append(byPromise[f.Promise], f)
	}
	return byPromise, err
}

// rung reports whether it is a step of a ladder after the card itself.
func (o *opening) rung() bool { return commitments.IsRung(o.step) }

// toldBefore reports whether a rung was told already, be it to somebody else: facts
// recorded late move a ladder's instants, and absences those who take its steps.
func (t *tx) toldBefore(o *opening) (bool, error) {
	if !o.rung() {
		return false, nil
	}
	var n int
	err := t.get(&n, "SELECT count(*) FROM alerts WHERE commitment_id = ? AND stage = ? AND episode = ? AND step = ?",
		o.p.ID, string(o.stage), o.p.State.Episode, o.step)
	return n > 0, err
}

// letterbox is where a message goes, and in whose hours.
type letterbox struct {
	recipientAt
	parent string // key of the message it answers
	hours  *recipient
}

// letterboxes are the places in which an alert is told. A step of the ladder is told in
// answer to the call card, and to whoever takes it; to the owner again, the answer is enough.
func letterboxes(o *opening, r *recipient, team *teamRules, threads []thread, people *seats) (boxes []letterbox) {
	if !o.rung() {
		threads = nil
	}
	told := false
	for _, th := range threads {
		boxes = append(boxes, letterbox{recipientAt{0, th.Destination, th.ID}, th.Key, people.people[o.p.Owner.ID]})
		told = told || o.place == commitments.PlaceOwner && th.Recipient == r.ID
	}
	if told {
		return boxes
	}
	places := []string{personDestination(r.ID)}
	if o.place == commitments.PlaceOwner {
		places = destinations(r.ID, team)
	}
	for _, destination := range places {
		boxes = append(boxes, letterbox{recipientAt: recipientAt{person: r.ID, destination: destination}, hours: r})
	}
	return boxes
}
