package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"kept/commitments"
)

// customerFor finds the customer of a new promise, or makes it.
func (t *tx) customerFor(name string, create bool, by commitments.Actor, r *row) error {
	var c struct {
		ID       ID                `db:"id"`
		Name     string            `db:"name"`
		Calendar ID                `db:"calendar_id"`
		Padding  string            `db:"padding"`
		Manager  ID                `db:"manager_id"`
		Lifetime commitments.Money `db:"lifetime_value"`
	}
	const query = "SELECT id, name, calendar_id, padding, manager_id, lifetime_value FROM customers WHERE "
	err := t.get(&c, query+"name_key = ?", nameKey(name))
	if id, ok := reference(name); ok && errors.Is(err, sql.ErrNoRows) {
		err = t.get(&c, query+"id = ?", id)
	}
	if errors.Is(err, sql.ErrNoRows) {
		if !create {
			return t.noCustomer(name)
		}
		c.Name = name
		if c.ID, err = t.addCustomer(name, by.ID); err != nil {
			return err
		}
	}
	r.CustomerID, r.Customer, r.CustomerCal, r.CustomerPad, r.Manager, r.Lifetime = c.ID, c.Name, c.Calendar, c.Padding, c.Manager, c.Lifetime
	return err
}

func (t *tx) noCustomer(name string) error {
	var names []string
	if err := t.all(&names, "SELECT name FROM customers"); err != nil {
		return err
	}
	return commitments.NotFound("customer", fmt.Sprintf("no customer is called %q: %s", shorten(name),
		suggestion(name, names, "add it with `kept customer add`, or add --create")))
}

func (t *tx) addCustomer(name string, by ID) (ID, error) {
	id, err := t.insert("INSERT INTO customers (name, name_key, created_at) VALUES (?, ?, ?)", name, nameKey(name), t.now)
	if err != nil {
		return 0, err
	}
	return id, t.event(t.now, by, "created", "customer", id, nil)
}

// ownerFor finds the owner of a new promise, or makes a person known by that name or
// address only.
func (t *tx) ownerFor(who string, create bool, by commitments.Actor) (Person, error) {
	p, err := t.person("owner", who)
	if err == nil || !create || !errors.Is(err, commitments.ErrNotFound) {
		return p, err
	}
	p = Person{Name: who, Role: commitments.Member}
	if strings.Contains(who, "@") {
		if p.Email, err = emailAddress("owner", who); err != nil {
			return p, err
		}
	}
	p.ID, err = t.addPerson(p.Name, p.Email, p.Role, by.ID)
	return p, err
}

func (t *tx) addPerson(name, email string, role commitments.Role, by ID) (ID, error) {
	id, err := t.insert("INSERT INTO people (key, name, name_key, email, role, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		randomKey(), name, nameKey(name), email, string(role), t.now)
	if err != nil {
		return 0, err
	}
	return id, t.event(t.now, by, "created", "person", id, map[string]any{"role": role})
}

// teamFor finds the team a promise belongs to: the one named, else the owner's first.
func (t *tx) teamFor(name string, owner ID, r *row) error {
	if name == "" {
		err := t.get(&r.TeamID, "SELECT team_id FROM team_members WHERE person_id = ? ORDER BY place LIMIT 1", owner)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		return t.get(&r.Team, "SELECT name FROM teams WHERE id = ?", r.TeamID)
	}
	team, err := t.named("teams", "team", name)
	r.TeamID, r.Team = team.ID, team.Name
	return err
}

// kindFor finds the kind of a promise; a kind needs no ceremony and is made when new
// names are.
func (t *tx) kindFor(name string, create bool, by commitments.Actor, r *row) error {
	if name == "" {
		return nil
	}
	kind, err := t.named("kinds", "kind", name)
	if create && errors.Is(err, commitments.ErrNotFound) {
		kind.Name = name
		kind.ID, err = t.addKind(name, by.ID)
	}
	if err != nil {
		return err
	}
	r.KindID, r.Kind = kind.ID, kind.Name
	return t.get(&r.KindPad, "SELECT padding FROM kinds WHERE id = ?", kind.ID)
}

type namedRow struct {
	ID   ID     `db:"id"`
	Name string `db:"name"`
}

// named finds a row of a table of named things by name or number.
func (t *tx) named(table, field, name string) (n namedRow, err error) {
	err = t.get(&n, "SELECT id, name FROM "+table+" WHERE name_key = ?", nameKey(name))
	if id, ok := reference(name); ok && errors.Is(err, sql.ErrNoRows) {
		err = t.get(&n, "SELECT id, name FROM "+table+" WHERE id = ?", id)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return n, err
	}
	var names []string
	if err := t.all(&names, "SELECT name FROM "+table); err != nil {
		return n, err
	}
	return n, commitments.NotFound(field, fmt.Sprintf("no %s is called %q: %s", field, shorten(name),
		suggestion(name, names, fmt.Sprintf("add it with `kept %s add`", field))))
}
