package store

import (
	"encoding/json"

	"kept/commitments"
)

// Deed is something that was done to a promise.
type Deed struct {
	At   Instant
	Kind string // the event's
	By   string // whose deed; "" = Kept's own, or the customer's
	To   string // of a hand-over: the new owner
	commitments.Change
}

// FollowUp is a deed as it is told in the thread of a card.
type FollowUp struct {
	Deed
	Promise ID
	Title   string
	Alone   bool // the card is the only one of its message
}

// May is what can be done to a promise at an instant, for those who have the right.
type May struct{ Ack, StillOn, Call, Snooze, Deliver, Own, Rescue, Drop, Wait, Resume, Reopen, Survey, Rate bool }

// mayNow tries the transitions themselves, which change nothing.
func mayNow(p *commitments.Promise, at Instant) May {
	tried := func(_ commitments.Change, err error) bool { return err == nil }
	_, on := p.OnIt(at)
	_, snoozed := p.Paused(at)
	return May{
		Ack:     on == 0 && tried(p.Ack(at, 0)),
		StillOn: tried(p.Call(at, 0, commitments.CallReport{Outcome: commitments.StillOn})),
		Call:    tried(p.Call(at, 0, commitments.CallReport{Outcome: commitments.NotReached})),
		Snooze:  snoozed == 0 && tried(p.Snooze(at, 0, p.LatestSnooze(at), "…")),
		Deliver: tried(p.Deliver(at, 0)),
		Own:     tried(p.Rescue(at, 0, commitments.RescueReport{Act: commitments.RescueOwned})),
		Rescue:  tried(p.Rescue(at, 0, commitments.RescueReport{Act: commitments.RescueClosed})),
		Drop:    tried(p.Rescue(at, 0, commitments.RescueReport{Act: commitments.RescueOpened})),
		Wait:    tried(p.Wait(at, 0, "…")),
		Resume:  tried(p.Resume(at, 0)),
		Reopen:  tried(p.Reopen(at, 0, "…")),
		Survey:  tried(p.Ask(at, 0, 0, "")) && !tried(p.Rescue(at, 0, commitments.RescueReport{Act: commitments.RescueClosed})),
		Rate:    tried(p.Rate(at, commitments.Rating{Rating: 5})),
	}
}

// storedEvent is an event with the number of its promise.
type storedEvent struct {
	commitments.Event
	Promise ID `db:"subject_id"`
}

const selectEvents = "SELECT e.at, coalesce(e.actor_id, 0) AS actor_id, e.kind, e.data, e.subject_id FROM events e "

// deed is an event, without names yet.
func (e *storedEvent) deed() (d Deed, by, to ID, err error) {
	var r commitments.Record
	if err := json.Unmarshal([]byte(e.Data), &r); err != nil {
		return d, 0, 0, err
	}
	if owner, ok := r.Edited["owner"]; ok && e.Kind == "handed-over" {
		if err := json.Unmarshal(owner.To, &to); err != nil {
			return d, 0, 0, err
		}
	}
	return Deed{At: e.At, Kind: e.Kind, Change: r.Change}, e.By, to, nil
}

// deeds are some events that tell of something done, with names.
func (t *tx) deeds(events []storedEvent) (map[ID][]Deed, error) {
	type people struct{ by, to ID }
	done, who, ids := map[ID][]Deed{}, map[ID][]people{}, []ID{}
	for i := range events {
		d, by, to, err := events[i].deed()
		if err != nil {
			return nil, err
		}
		if id := events[i].Promise; d.Tells() {
			done[id], who[id], ids = append(done[id], d), append(who[id], people{by, to}), append(ids, by, to)
		}
	}
	names, err := t.namesOf(ids)
	for id := range done {
		for i := range done[id] {
			done[id][i].By, done[id][i].To = names[who[id][i].by], names[who[id][i].to]
		}
	}
	return done, err
}

// doneSince adds what was done to the promises of a letter since its message was made.
func (t *tx) doneSince(made Instant, l *Letter) error {
	var ids []ID
	for i := range l.Cards {
		ids = append(ids, l.Cards[i].Promise.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	var events []storedEvent
	err := t.all(&events, selectEvents+"WHERE e.subject = 'commitment' AND e.recorded_at >= ? AND e.subject_id IN "+t.s.d.ids+" ORDER BY e.at, e.id", made, idList(ids))
	if err != nil {
		return err
	}
	done, err := t.deeds(events)
	for i := range l.Cards {
		l.Cards[i].Done = done[l.Cards[i].Promise.ID]
	}
	return err
}

// followUpLetter reads what a follow-up tells.
func (t *tx) followUpLetter(d *Delivery, l *Letter) error {
	var e storedEvent
	if err := t.get(&e, selectEvents+"WHERE e.id = ?", d.Event); err != nil {
		return err
	}
	done, err := t.deeds([]storedEvent{e})
	if err != nil || len(done[e.Promise]) == 0 {
		return err
	}
	f := &FollowUp{Deed: done[e.Promise][0], Promise: e.Promise}
	var around struct {
		Title  string `db:"title"`
		Others int    `db:"others"`
	}
	err = t.get(&around, `SELECT c.title, (SELECT count(*) FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id
		WHERE da.delivery_id = ? AND a.commitment_id <> c.id) AS others FROM commitments c WHERE c.id = ?`, d.ThreadOf, e.Promise)
	f.Title, f.Alone = around.Title, around.Others == 0
	l.FollowUp = f
	return err
}
