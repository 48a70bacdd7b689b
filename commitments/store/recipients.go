package store

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// opening is an alert a sweep is about to open, before it has a recipient.
type opening struct {
	p       *commitments.Promise
	due     Instant
	reasons []commitments.Reason
}

// recipientAt is one person in one place: what shares a message.
type recipientAt struct {
	person      ID
	destination string
}

// message is a delivery in the making. A sweep of many batches keeps adding to it as
// long as nobody has begun to send it.
type message struct {
	id    ID
	keys  []string // of every alert it carries
	added []string // of those, the ones of this batch
	open  Instant
}

func (w *sweeper) open(p *commitments.Promise, f *commitments.Facts, look commitments.Review) {
	w.openings = append(w.openings, opening{p, f.DueAt, look.Reasons})
}

// address gives the batch's alerts their recipients, and the messages they travel in.
func (w *sweeper) address(t *tx, b *book) error {
	if len(w.openings) == 0 {
		return nil
	}
	people, err := t.recipients(b, w.openings, w.at)
	if err != nil {
		return err
	}
	var touched []recipientAt // in the order in which they are first told something
	for _, o := range w.openings {
		r := people[o.p.Owner.ID]
		key, err := w.alert(t, o, r)
		if err != nil {
			return err
		}
		if key == "" {
			continue // it was told before
		}
		for _, destination := range destinations(r.ID, b.teams[o.p.Team.ID]) {
			at := recipientAt{r.ID, destination}
			m := w.messages[at]
			if m == nil {
				m = &message{}
				w.messages[at] = m
			}
			if len(m.added) == 0 {
				touched = append(touched, at)
			}
			m.added, m.open = append(m.added, key), calendar.Earliest(m.open, r.opensFor(w.at, o.due))
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
func (w *sweeper) alert(t *tx, o opening, r *recipient) (string, error) {
	s := &o.p.State
	key := commitments.AlertKey(t.s.settings.Instance, o.p.Key, s.Stage, s.Episode, r.Key, commitments.StepOwner)
	reasons, err := json.Marshal(o.reasons)
	if err != nil {
		return "", err
	}
	n, err := t.exec(`INSERT INTO alerts (key, commitment_id, stage, episode, step, recipient_id, reasons, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`, key, o.p.ID, string(s.Stage), s.Episode, commitments.StepOwner, r.ID, string(reasons), w.at)
	if err != nil || n == 0 {
		return "", err
	}
	w.out.Alerts = append(w.out.Alerts, Alerted{key, o.p.ID, s.Stage, r.Name, commitments.StepOwner})
	return key, nil
}

// destinations is where a person's alerts for a team's promises go.
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
	key := commitments.DeliveryKey(at.destination, m.keys)
	if m.id != 0 {
		n, err := t.exec("UPDATE deliveries SET key = ?, opens_at = ? WHERE id = ? AND state = 'pending' AND fence = 0", key, m.open, m.id)
		if err != nil {
			return err
		}
		if n == 0 {
			m.id, m.keys = 0, m.added
			key = commitments.DeliveryKey(at.destination, m.keys)
		}
	}
	if m.id == 0 {
		now, err := t.clock()
		if err != nil {
			return err
		}
		m.id, err = t.insert("INSERT INTO deliveries (key, kind, destination, opens_at, next_at, created_at) VALUES (?, 'alerts', ?, ?, ?, ?)",
			key, at.destination, m.open, now, t.now)
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
	return err
}

// recipient is a person with the hours in which they are told things.
type recipient struct {
	ID       ID     `db:"id"`
	Key      string `db:"key"`
	Name     string `db:"name"`
	Zone     string `db:"zone"`
	Team     ID     `db:"team_id"`
	calendar *calendar.Calendar
}

// opensFor is when the recipient may be told: in their working hours, or at once if
// the promise is due before they next begin. What is already overdue waits for them.
func (r *recipient) opensFor(at, due Instant) Instant {
	opening := r.calendar.NextOpening(at)
	if due >= at && due < opening {
		return at
	}
	return opening
}

const selectRecipients = `SELECT p.id, p.key, p.name, p.zone,
	(SELECT m.team_id FROM team_members m WHERE m.person_id = p.id ORDER BY m.place LIMIT 1) AS team_id FROM people p `

// recipients finds who is told for each owner: the owner, or, where the day on which
// the owner would next be at work is one on which they are away, the substitute.
func (t *tx) recipients(b *book, openings []opening, at Instant) (map[ID]*recipient, error) {
	owners := map[ID]*recipient{}
	var ids []ID
	for _, o := range openings {
		if owners[o.p.Owner.ID] == nil {
			owners[o.p.Owner.ID] = &recipient{}
			ids = append(ids, o.p.Owner.ID)
		}
	}
	var found []*recipient
	if err := t.all(&found, selectRecipients+"WHERE p.id IN "+t.s.d.ids, idList(ids)); err != nil {
		return nil, err
	}
	for _, r := range found {
		if err := r.hours(b); err != nil {
			return nil, err
		}
		owners[r.ID] = r
	}
	return owners, t.standIns(b, owners, at)
}

func (t *tx) standIns(b *book, owners map[ID]*recipient, at Instant) error {
	var away []struct {
		Person     ID   `db:"person_id"`
		Substitute ID   `db:"substitute_id"`
		First      Date `db:"first_day"`
		Last       Date `db:"last_day"`
	}
	if err := t.all(&away, "SELECT person_id, substitute_id, first_day, last_day FROM absences"); err != nil {
		return err
	}
	for _, a := range away {
		r := owners[a.Person]
		if r == nil || r.ID != a.Person {
			continue
		}
		if day := r.calendar.Today(r.calendar.NextOpening(at)); day < a.First || day > a.Last {
			continue
		}
		substitute := &recipient{}
		if err := t.get(substitute, selectRecipients+"WHERE p.id = ?", a.Substitute); err != nil {
			return err
		}
		if err := substitute.hours(b); err != nil {
			return err
		}
		owners[a.Person] = substitute
	}
	return nil
}

// hours are those of the person's first team, else the default, in the person's own zone.
func (r *recipient) hours(b *book) error {
	r.calendar = b.fallback
	if team := b.teams[r.Team]; team != nil && b.calendars[team.CalendarID] != nil {
		r.calendar = b.calendars[team.CalendarID]
	}
	if r.Zone == "" {
		return nil
	}
	zone, err := calendar.Zone(r.Zone)
	if err == nil {
		r.calendar = r.calendar.In(zone)
	}
	return err
}

func personDestination(id ID) string { return "person:" + strconv.FormatInt(int64(id), 10) }

// personOf reads a destination's person; 0 for a channel.
func personOf(destination string) ID {
	number, ok := strings.CutPrefix(destination, "person:")
	if !ok {
		return 0
	}
	id, _ := reference(number)
	return id
}
