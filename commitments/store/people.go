package store

import (
	"context"
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
		where, arg = "WHERE id = ?", id
	} else if strings.Contains(who, "@") {
		where, arg = "WHERE erased_at IS NULL AND email = ?", nameKey(who)
	}
	if err := t.all(&found, selectPeople+where, arg); err != nil {
		return Person{}, err
	}
	if len(found) == 0 && arg != any(nameKey(who)) { // a number or an address may also be somebody's name
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
	return commitments.NotFound(field, fmt.Sprintf("nobody is called %q: %s", shorten(who),
		suggestion(who, names, "add them with `kept person add`, or add --create")))
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
		a = commitments.Actor{ID: p.ID, Name: p.Name, Role: p.Role}
		return t.all(&a.Teams, "SELECT team_id FROM team_members WHERE person_id = ? UNION SELECT id FROM teams WHERE lead_id = ?", p.ID, p.ID)
	})
	return a, err
}
