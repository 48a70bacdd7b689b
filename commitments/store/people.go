package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"kept/commitments"
)

// Person is someone who works with Kept.
type Person struct {
	ID        ID               `db:"id" json:"id"`
	Key       string           `db:"key" json:"-"`
	Name      string           `db:"name" json:"name"`
	Email     string           `db:"email" json:"email"`
	Role      commitments.Role `db:"role" json:"role"`
	Zone      string           `db:"zone" json:"zone"`
	Backup    ID               `db:"backup_id" json:"-"`
	SlackUser string           `db:"slack_user" json:"slack_user"`
	SoughtAt  Instant          `db:"sought_at" json:"-"`
	DigestAt  string           `db:"digest_at" json:"digest"`
	CreatedAt Instant          `db:"created_at" json:"created_at"`
	Manages   Instant          `db:"manages_since" json:"-"`
	ErasedAt  Instant          `db:"erased_at" json:"-"`
}

const selectPeople = "SELECT id, key, name, email, role, zone, backup_id, slack_user, sought_at, digest_at, created_at, manages_since, erased_at FROM people "

// person finds one person by e-mail address, number, or name. Field is what the
// error blames.
func (t *tx) person(field, who string) (Person, error) {
	var found []Person
	where, arg := "WHERE erased_at IS NULL AND name_key = ?", any(nameKey(who))
	if id, ok := reference(who); ok {
		where, arg = "WHERE erased_at IS NULL AND id = ?", id
	} else if strings.Contains(who, "@") {
		where, arg = "WHERE erased_at IS NULL AND email = ?", nameKey(who)
	}
	if err := t.all(&found, selectPeople+where, arg); err != nil {
		return Person{}, err
	}
	if len(found) == 0 && !strings.Contains(where, "name_key") { // a number or an address may also be somebody's name
		if err := t.all(&found, selectPeople+"WHERE erased_at IS NULL AND name_key = ?", nameKey(who)); err != nil {
			return Person{}, err
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Person{}, t.nobody(field, who)
	}
	return Person{}, commitments.Invalid(field, fmt.Sprintf("%q is the name of %d people: use the e-mail address or the number", shorten(who), len(found)))
}

func (t *tx) nobody(field, who string) error {
	var names []string
	if err := t.all(&names, "SELECT CASE WHEN ? LIKE '%@%' AND email <> '' THEN email ELSE name END FROM people WHERE erased_at IS NULL", who); err != nil {
		return err
	}
	otherwise := "add them with `kept person add`"
	if field == "owner" {
		otherwise += ", or add --create"
	}
	return commitments.NotFound(field, fmt.Sprintf("nobody is called %q: %s", shorten(who), suggestion(who, names, otherwise)))
}

// Actor is the person a command is carried out as; "" is the first admin.
func (s *Store) Actor(ctx context.Context, who string) (a commitments.Actor, err error) {
	err = s.read(ctx, func(t *tx) error {
		var p Person
		if who == "" {
			err := t.get(&p, selectPeople+"WHERE role = 'admin' AND erased_at IS NULL ORDER BY id LIMIT 1")
			if err != nil {
				return found(err, "as", "this database has no admin: run `kept init --admin EMAIL --name NAME`")
			}
		} else if p, err = t.person("as", who); err != nil {
			return err
		}
		a, err = t.actor(&p)
		return err
	})
	return a, err
}

// actor is a person with what decides what they may do.
func (t *tx) actor(p *Person) (commitments.Actor, error) {
	a := commitments.Actor{ID: p.ID, Name: p.Name, Role: p.Role}
	err := t.all(&a.Teams, "SELECT team_id FROM team_members WHERE person_id = ? UNION SELECT id FROM teams WHERE lead_id = ?", p.ID, p.ID)
	return a, err
}

// PersonView is a person as they are shown.
type PersonView struct {
	Person
	Teams    []string  `json:"teams"` // the first decides their working hours
	Backup   string    `json:"backup"`
	Absences []Absence `json:"away"`
}

// MarshalJSON writes what is not known, or not set, as null.
func (v PersonView) MarshalJSON() ([]byte, error) {
	type plain PersonView
	return json.Marshal(struct {
		plain
		Email  *string `json:"email"`
		Zone   *string `json:"zone"`
		Slack  *string `json:"slack_user"`
		Backup *string `json:"backup"`
	}{plain(v), given(v.Email), given(v.Zone), given(v.SlackUser), given(v.Backup)})
}

// Absence is a time a person is away, and who stands in.
type Absence struct {
	Person     ID     `db:"person_id" json:"-"`
	First      Date   `db:"first_day" json:"from"`
	Last       Date   `db:"last_day" json:"to"`
	Substitute string `db:"substitute" json:"substitute"`
}

// Person shows one person, by e-mail address, number or name.
func (s *Store) Person(ctx context.Context, who string) (v PersonView, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, err := t.person("person", who)
		if err != nil {
			return err
		}
		v, err = t.personView(p.ID)
		return err
	})
	return v, err
}

// People shows everyone who has not been erased, by name.
func (s *Store) People(ctx context.Context) (views []PersonView, err error) {
	err = s.read(ctx, func(t *tx) error {
		views, err = t.personViews("WHERE erased_at IS NULL ORDER BY name_key, id")
		return err
	})
	return views, err
}

func (t *tx) personView(id ID) (PersonView, error) {
	views, err := t.personViews("WHERE id = ?", id)
	if err != nil {
		return PersonView{}, err
	}
	return views[0], nil
}

func (t *tx) personViews(where string, args ...any) ([]PersonView, error) {
	var people []Person
	if err := t.all(&people, selectPeople+where, args...); err != nil {
		return nil, err
	}
	views := make([]PersonView, len(people))
	at := map[ID]int{}
	for i, p := range people {
		views[i] = PersonView{Person: p, Teams: []string{}, Absences: []Absence{}}
		at[p.ID] = i
	}
	for i := range views {
		if b, ok := at[views[i].Person.Backup]; ok {
			views[i].Backup = views[b].Name
		} else if views[i].Person.Backup != 0 {
			if err := t.get(&views[i].Backup, "SELECT name FROM people WHERE id = ?", views[i].Person.Backup); err != nil {
				return nil, err
			}
		}
	}
	return views, t.aroundPeople(views, at)
}

// aroundPeople adds teams and absences to people, who are at these places.
func (t *tx) aroundPeople(views []PersonView, at map[ID]int) error {
	var members []struct {
		Person ID     `db:"person_id"`
		Team   string `db:"team"`
	}
	err := t.all(&members, "SELECT m.person_id, te.name AS team FROM team_members m JOIN teams te ON te.id = m.team_id ORDER BY m.person_id, m.place")
	if err != nil {
		return err
	}
	for _, m := range members {
		if i, ok := at[m.Person]; ok {
			views[i].Teams = append(views[i].Teams, m.Team)
		}
	}
	var away []Absence
	err = t.all(&away, `SELECT a.person_id, a.first_day, a.last_day, p.name AS substitute
		FROM absences a JOIN people p ON p.id = a.substitute_id ORDER BY a.first_day`)
	for _, a := range away {
		if i, ok := at[a.Person]; ok {
			views[i].Absences = append(views[i].Absences, a)
		}
	}
	return err
}

// namesOf are the names of some people.
func (t *tx) namesOf(ids []ID) (map[ID]string, error) {
	var people []namedRow
	err := t.all(&people, "SELECT id, name FROM people WHERE id IN "+t.s.d.ids, idList(ids))
	names := make(map[ID]string, len(people))
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, err
}
