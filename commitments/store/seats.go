package store

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// recipient is a person with the hours in which they are told things.
type recipient struct {
	ID       ID     `db:"id"`
	Key      string `db:"key"`
	Name     string `db:"name"`
	Zone     string `db:"zone"`
	Team     ID     `db:"team_id"`
	For      ID     `db:"-"` // who is away, and whom this one stands in for; 0 = nobody
	ForName  string `db:"-"`
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

// seats are the people who may be told of some promises: each as themselves or, where
// the day on which they would next be at work is one on which they are away, the one
// who stands in for them.
type seats struct {
	people map[ID]*recipient        // by the person meant
	chains map[ID]commitments.Chain // by promise, where it is somebody else's turn than the owner's
}

// seats finds who is told of what opens at an instant.
func (t *tx) seats(b *book, openings []opening, at Instant) (*seats, error) {
	s := &seats{people: map[ID]*recipient{}}
	var beyond []ID
	for _, o := range openings {
		s.people[o.p.Owner.ID] = nil
		if o.place != commitments.PlaceOwner {
			beyond = append(beyond, o.p.ID)
		}
	}
	var err error
	if s.chains, err = t.chains(beyond); err != nil {
		return nil, err
	}
	for _, chain := range s.chains {
		for _, id := range chain {
			if id != 0 {
				s.people[id] = nil
			}
		}
	}
	var found []*recipient
	if err := t.all(&found, selectRecipients+"WHERE p.id IN "+t.s.d.ids, idList(slices.Collect(maps.Keys(s.people)))); err != nil {
		return nil, err
	}
	for _, r := range found {
		r.hours(b)
		s.people[r.ID] = r
	}
	return s, t.standIns(b, s.people, at)
}

// taker is who takes a step: the one whose it is, else the next; nil if nobody is left.
func (s *seats) taker(o *opening) *recipient {
	chain := s.chains[o.p.ID]
	chain[commitments.PlaceOwner] = o.p.Owner.ID
	for _, id := range chain.From(o.place) {
		r := s.people[id]
		if r != nil && (o.place == commitments.PlaceOwner || r.ID != o.p.Owner.ID) {
			return r
		}
	}
	return nil
}

// chains finds the people of some promises.
func (t *tx) chains(promises []ID) (map[ID]commitments.Chain, error) {
	chains := make(map[ID]commitments.Chain, len(promises))
	if len(promises) == 0 {
		return chains, nil
	}
	var rows []struct {
		ID      ID `db:"id"`
		Owner   ID `db:"owner_id"`
		Backup  ID `db:"backup_id"`
		Manager ID `db:"manager_id"`
		Lead    ID `db:"lead_id"`
	}
	err := t.all(&rows, `SELECT c.id, c.owner_id, o.backup_id, cu.manager_id, te.lead_id FROM commitments c JOIN people o ON o.id = c.owner_id
		JOIN customers cu ON cu.id = c.customer_id LEFT JOIN teams te ON te.id = c.team_id WHERE c.id IN `+t.s.d.ids, idList(promises))
	for _, r := range rows {
		chains[r.ID] = commitments.Chain{r.Owner, r.Backup, r.Manager, r.Lead}
	}
	return chains, err
}

// standIns puts, in the place of everybody who is away, who stands in for them.
func (t *tx) standIns(b *book, people map[ID]*recipient, at Instant) error {
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
		r := people[a.Person]
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
		substitute.hours(b)
		substitute.For, substitute.ForName = r.ID, r.Name
		people[a.Person] = substitute
	}
	return nil
}

// hours are those of the person's first team, else the default, in the person's own zone.
func (r *recipient) hours(b *book) {
	r.calendar = b.fallback
	if team := b.teams[r.Team]; team != nil && b.calendars[team.CalendarID] != nil {
		r.calendar = b.calendars[team.CalendarID]
	}
	if r.Zone != "" {
		r.calendar = r.calendar.In(zoneOrUTC(r.Zone))
	}
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
