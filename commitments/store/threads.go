package store

import "kept/commitments"

// thread is a message that carried an owner's card: what came of it is told in answer
// to it.
type thread struct {
	Promise     ID     `db:"commitment_id"`
	Recipient   ID     `db:"recipient_id"`
	ID          ID     `db:"id"`
	Key         string `db:"key"`
	Destination string `db:"destination"`
}

// threadOf says whose thread it is: a promise's call card, or the card that told its
// owner of the rescue.
type threadOf struct {
	promise ID
	rescue  bool
}

func (o *opening) thread() threadOf {
	return threadOf{o.p.ID, commitments.ClockOf(o.step) != ""}
}

// threads finds the messages that carried the cards whose next steps are about to be
// told.
func (t *tx) threads(openings []opening) (map[threadOf][]thread, error) {
	var climbed, rescued []ID
	for _, o := range openings {
		switch {
		case commitments.ClockOf(o.step) != "":
			rescued = append(rescued, o.p.ID)
		case o.rung():
			climbed = append(climbed, o.p.ID)
		}
	}
	found := map[threadOf][]thread{}
	err := t.findThreads(found, false, climbed, "a.stage = 'at-risk' AND a.step = ? AND a.closed_at IS NULL", commitments.StepOwner)
	if err != nil {
		return nil, err
	}
	return found, t.findThreads(found, true, rescued, "(a.step = ? OR a.stage = 'overdue' AND a.step = ?) AND a.closed_why <> 'handed-over' AND a.at >= (SELECT c.rescue_clock_at FROM commitments c WHERE c.id = a.commitment_id)",
		commitments.StepRescue, commitments.StepOwner)
}

func (t *tx) findThreads(found map[threadOf][]thread, rescue bool, of []ID, where string, args ...any) error {
	if len(of) == 0 {
		return nil
	}
	var threads []thread
	err := t.all(&threads, `SELECT a.commitment_id, a.recipient_id, d.id, d.key, d.destination FROM alerts a
		JOIN delivery_alerts da ON da.alert_id = a.id JOIN deliveries d ON d.id = da.delivery_id
		WHERE `+where+" AND d.state NOT IN ('dead', 'cancelled') AND a.commitment_id IN "+t.s.d.ids+" ORDER BY d.id", append(args, idList(of))...)
	for _, th := range threads {
		of := threadOf{th.Promise, rescue}
		found[of] = append(found[of], th)
	}
	return err
}

// rung reports whether it is a step of a ladder, or of a rescue's clocks, after the card
// itself.
func (o *opening) rung() bool { return isRung(o.step) }

func isRung(step string) bool { return commitments.IsRung(step) || commitments.ClockOf(step) != "" }

// toldBefore reports whether a rung was told already, be it to somebody else: facts
// recorded late move a ladder's instants, and absences those who take its steps.
func (t *tx) toldBefore(o *opening) (bool, error) {
	if !o.rung() {
		return false, nil
	}
	var n int
	err := t.get(&n, "SELECT count(*) FROM alerts WHERE commitment_id = ? AND episode = ? AND step = ?", o.p.ID, o.episode, o.step)
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
