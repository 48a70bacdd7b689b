package store

import (
	"context"
	"fmt"
	"strings"

	"kept/commitments"
)

// setUp runs f in a transaction for someone who may do something that is about no
// one promise. Such changes queue, so that two never give the same name twice.
func (s *Store) setUp(ctx context.Context, by commitments.Actor, act commitments.Action, f func(*tx) error) error {
	if !by.MayAlways(act) {
		return commitments.Refused("as", fmt.Sprintf("%s, a %s, may not change this: ask an admin", by.Name, by.Role))
	}
	return s.write(ctx, func(t *tx) error {
		if err := t.queue(queueNames); err != nil {
			return err
		}
		return f(t)
	})
}

// field is one field of a form: where the typed text goes, unless it was not given.
type field struct {
	flag  string
	typed *string // nil leaves the value as it is; the empty text clears it
	set   func(string) error
}

// apply sets the fields that were given, and lists their names.
func apply(fields []field) (given []string, err error) {
	for _, f := range fields {
		if f.typed == nil {
			continue
		}
		if err := f.set(*f.typed); err != nil {
			return nil, err
		}
		given = append(given, f.flag)
	}
	return given, nil
}

// text is a field that keeps its cleaned text.
func text(flag string, typed *string, most int, lines bool, into *string) field {
	return field{flag, typed, func(s string) (err error) {
		*into, err = clean(flag, s, most, lines)
		return err
	}}
}

// rule is a field that keeps a padding rule as it is typed.
func rule(typed *string, into *string) field {
	return field{"padding", typed, func(s string) error {
		r, err := commitments.ParseRule(strings.TrimSpace(s))
		*into = r.String()
		return err
	}}
}

// money is a field that keeps an amount.
func money(flag string, typed *string, into *commitments.Money) field {
	return field{flag, typed, func(s string) (err error) {
		if *into = (commitments.Money{}); s == "" {
			return nil
		}
		if *into, err = commitments.ParseMoney(s); err != nil {
			return commitments.Invalid(flag, err.Error())
		}
		return nil
	}}
}

// link is a field that keeps the id of a thing known by name.
func (t *tx) link(flag, table, noun string, typed *string, into *ID) field {
	return field{flag, typed, func(s string) error {
		if *into = 0; s == "" {
			return nil
		}
		n, err := t.named(table, noun, s)
		*into = n.ID
		return err
	}}
}

// someone is a field that keeps the id of a person.
func (t *tx) someone(flag string, typed *string, into *ID) field {
	return field{flag, typed, func(s string) error {
		if *into = 0; s == "" {
			return nil
		}
		p, err := t.person(flag, s)
		*into = p.ID
		return err
	}}
}

// freeName refuses a name that another row of a table of named things has.
func (t *tx) freeName(table, noun, name string, id ID) error {
	if name == "" {
		return commitments.Invalid("name", "is required")
	}
	var taken []string
	err := t.all(&taken, "SELECT name FROM "+table+" WHERE name_key = ? AND id <> ?", nameKey(name), int64(id))
	if err == nil && len(taken) > 0 {
		err = commitments.Refused("name", fmt.Sprintf("there is a %s called %q already: `kept %s edit` changes it", noun, taken[0], noun))
	}
	return err
}
