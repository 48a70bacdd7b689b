package store

import (
	"encoding/json"
	"slices"

	"kept/commitments"
	"kept/commitments/calendar"
)

// opening is an alert a sweep is about to open, before it has a recipient.
type opening struct {
	p       *commitments.Promise
	due     Instant
	reasons []commitments.Reason
	stage   commitments.Stage
	step    string
	place   commitments.Place // whose step it is
	of      int64             // beside the stage: what it tells of; see commitments.BesideKey
	episode int               // of the alert
}

// recipientAt is one person in one place, or one thread: what shares a message.
type recipientAt struct {
	person      ID
	destination string
	thread      ID // the message that is answered; 0 for none
}

// message is a delivery in the making. A sweep of many batches keeps adding to it as
// long as nobody has begun to send it.
type message struct {
	id     ID
	parent string   // key of the message it answers
	keys   []string // of every alert it carries
	added  []string // of those, the ones of this batch
	open   Instant
}

// open notes what a look at a promise says must be told.
func (w *sweeper) open(p *commitments.Promise, f *commitments.Facts, look commitments.Review) {
	o := opening{p: p, due: f.DueAt, reasons: look.Reasons, episode: look.Decision.State.Episode}
	if o.stage = look.Decision.Opens; o.stage != "" {
		o.step, o.place = commitments.StepOwner, commitments.PlaceOwner
		w.openings = append(w.openings, o)
	}
	if look.Rung.Step != "" {
		o.stage, o.step, o.place = commitments.AtRisk, look.Rung.Step, look.Rung.Place
		w.openings = append(w.openings, o)
	}
	beside := func(step string, of int64) {
		o.stage, o.step, o.place, o.of = look.Stage, step, commitments.PlaceOf(step), of
		w.openings = append(w.openings, o)
	}
	if look.Lost != 0 {
		beside(commitments.StepSecondMiss, int64(look.Lost))
	}
	if look.Update != 0 {
		beside(commitments.StepUpdate, int64(look.Update))
	}
	if look.Handed {
		beside(commitments.StepHandOver, int64(f.HandedAt))
		beside(commitments.StepNewOwner, int64(f.HandedAt))
	}
	w.openRescue(o, f, look)
}

// openRescue notes what a look at a promise says must be told of its rescue.
func (w *sweeper) openRescue(o opening, f *commitments.Facts, look commitments.Review) {
	if !look.Rescued && len(look.Clocks) == 0 {
		return
	}
	o.stage = look.Stage
	_, o.episode = f.RescueNews(w.at)
	o.of = int64(o.episode)
	if look.Rescued {
		o.step, o.place = commitments.StepRescue, commitments.PlaceOwner
		w.openings = append(w.openings, o)
	}
	for _, rung := range look.Clocks {
		o.step, o.place = rung.Step, rung.Place
		w.openings = append(w.openings, o)
	}
}

// address gives the batch's alerts their recipients, and the messages they travel in.
func (w *sweeper) address(t *tx, b *book) error {
	if len(w.openings) == 0 {
		return nil
	}
	people, err := t.seats(b, w.openings, w.at)
	if err != nil {
		return err
	}
	threads, err := t.threads(w.openings)
	if err != nil {
		return err
	}
	var touched []recipientAt // in the order in which they are first told something
	for _, o := range w.openings {
		r := people.taker(&o)
		if r == nil {
			continue // nobody is left to take this step
		}
		key, err := w.alert(t, &o, r)
		if err != nil {
			return err
		}
		if key == "" {
			continue // it was told before
		}
		for _, to := range letterboxes(&o, r, b.teams[o.p.Team.ID], threads[o.thread()], people) {
			m := w.messages[to.recipientAt]
			if m == nil {
				m = &message{parent: to.parent}
				w.messages[to.recipientAt] = m
			}
			if len(m.added) == 0 {
				touched = append(touched, to.recipientAt)
			}
			m.added, m.open = append(m.added, key), calendar.Earliest(m.open, to.hours.opensFor(w.at, o.due))
		}
	}
	w.openings = w.openings[:0]
	for _, at := range touched {
		if err := w.post(t, at, w.messages[at]); err != nil {
			return err
		}
	}
	return nil
}

// alert records that someone must act, and gives the alert's key. The key makes it the
// only one of its kind; it is "" if there was one already.
func (w *sweeper) alert(t *tx, o *opening, r *recipient) (string, error) {
	again, err := t.toldBefore(o)
	if err != nil || again {
		return "", err
	}
	key := o.key(t.s.settings.Instance, r.Key)
	if o.reasons == nil {
		o.reasons = []commitments.Reason{}
	}
	reasons, err := json.Marshal(o.reasons)
	if err != nil {
		return "", err
	}
	n, err := t.exec(`INSERT INTO alerts (key, commitment_id, stage, episode, step, recipient_id, for_id, reasons, codes, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`, key, o.p.ID, string(o.stage), o.episode, o.step, r.ID, r.For, string(reasons), codesOf(o.reasons), w.at)
	if err != nil || n == 0 {
		return "", err
	}
	w.out.Alerts = append(w.out.Alerts, Alerted{key, o.p.ID, o.stage, r.Name, named(r.ForName), o.step})
	if o.step == commitments.StepOwner && r.For == 0 {
		return key, nil
	}
	detail := map[string]any{"step": o.step, "to": r.ID}
	if r.For != 0 {
		detail["for"] = r.For
	}
	return key, t.event(w.at, 0, "told", "commitment", o.p.ID, detail)
}

func (o *opening) key(instance, recipient string) string {
	if o.of != 0 {
		return commitments.BesideKey(instance, o.p.Key, o.step, o.of, recipient)
	}
	return commitments.AlertKey(instance, o.p.Key, o.stage, o.episode, recipient, o.step)
}

// named is nil for nobody.
func named(name string) *string {
	if name == "" {
		return nil
	}
	return &name
}

// destinations is where an owner's alerts for a team's promises go.
func destinations(person ID, team *teamRules) []string {
	dm := personDestination(person)
	if team == nil || team.Channel == "" || team.Alerts == "dm" {
		return []string{dm}
	}
	channel := "channel:" + team.Channel
	if team.Alerts == "both" {
		return []string{dm, channel}
	}
	return []string{channel}
}

// post writes a message, or adds to the one this sweep wrote in an earlier batch.
func (w *sweeper) post(t *tx, at recipientAt, m *message) error {
	m.keys = append(m.keys, m.added...)
	slices.Sort(m.keys)
	key := m.key(at)
	if m.id != 0 {
		n, err := t.exec("UPDATE deliveries SET key = ?, opens_at = ? WHERE id = ? AND state = 'pending' AND fence = 0", key, m.open, m.id)
		if err != nil {
			return err
		}
		if n == 0 {
			m.id, m.keys = 0, m.added
			key = m.key(at)
		}
	}
	if m.id == 0 {
		now, err := t.clock()
		if err != nil {
			return err
		}
		m.id, err = t.insert("INSERT INTO deliveries (key, kind, destination, thread_of, opens_at, next_at, created_at) VALUES (?, 'alerts', ?, ?, ?, ?, ?)",
			key, at.destination, at.thread, m.open, now, t.now)
		if err != nil {
			return err
		}
		w.out.Deliveries = append(w.out.Deliveries, m.id)
	}
	added, err := json.Marshal(m.added)
	if err != nil {
		return err
	}
	m.added = nil
	_, err = t.exec("INSERT INTO delivery_alerts (delivery_id, alert_id) SELECT ?, id FROM alerts WHERE key IN "+t.s.d.texts, m.id, string(added))
	if err != nil || at.thread == 0 {
		return err
	}
	return t.staleWhere("state = 'sent' AND slack_ts <> '' AND id = ?", at.thread) // who was on it is no longer
}

func (m *message) key(at recipientAt) string {
	if at.thread != 0 {
		return commitments.UpdateKey(m.parent, m.keys)
	}
	return commitments.DeliveryKey(at.destination, m.keys)
}
