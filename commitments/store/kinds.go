package store

import (
	"context"

	"kept/commitments"
)

// KindInput is a kind of promise as typed. Nil leaves a field as it is.
type KindInput struct {
	Name    *string
	Padding *string
}

// KindView is a kind of promise.
type KindView struct {
	ID      ID               `db:"id" json:"id"`
	Name    string           `db:"name" json:"name"`
	Padding commitments.Text `db:"padding" json:"padding"`
}

// AddKind adds a kind of promise.
func (s *Store) AddKind(ctx context.Context, by commitments.Actor, in KindInput) (KindView, error) {
	var v KindView
	err := s.setUp(ctx, by, commitments.ActCustomers, func(t *tx) error {
		if _, err := in.apply(t, &v); err != nil {
			return err
		}
		var err error
		if v.ID, err = t.addKind(v.Name, by.ID); err != nil {
			return err
		}
		return t.saveKind(&v)
	})
	return v, err
}

// EditKind changes what was given of a kind.
func (s *Store) EditKind(ctx context.Context, by commitments.Actor, name string, in KindInput) (v KindView, err error) {
	err = s.setUp(ctx, by, commitments.ActCustomers, func(t *tx) error {
		if v, err = t.kind(name); err != nil {
			return err
		}
		given, err := in.apply(t, &v)
		if err != nil {
			return err
		}
		if err := t.saveKind(&v); err != nil {
			return err
		}
		return t.event(t.now, by.ID, "edited", "kind", v.ID, map[string]any{"fields": given})
	})
	return v, err
}

// Kind shows one kind, by name or number.
func (s *Store) Kind(ctx context.Context, name string) (v KindView, err error) {
	err = s.read(ctx, func(t *tx) error {
		v, err = t.kind(name)
		return err
	})
	return v, err
}

// Kinds shows all kinds, by name.
func (s *Store) Kinds(ctx context.Context) ([]KindView, error) {
	views := []KindView{}
	err := s.read(ctx, func(t *tx) error {
		return t.all(&views, "SELECT id, name, padding FROM kinds ORDER BY name_key")
	})
	return views, err
}

func (in *KindInput) apply(t *tx, v *KindView) ([]string, error) {
	given, err := apply([]field{text("name", in.Name, maxName, false, &v.Name), rule(in.Padding, (*string)(&v.Padding))})
	if err != nil {
		return nil, err
	}
	return given, t.freeName("kinds", "kind", v.Name, v.ID)
}

func (t *tx) kind(name string) (v KindView, err error) {
	n, err := t.named("kinds", "kind", name)
	if err == nil {
		err = t.get(&v, "SELECT id, name, padding FROM kinds WHERE id = ?", n.ID)
	}
	return v, err
}

func (t *tx) addKind(name string, by ID) (ID, error) {
	id, err := t.insert("INSERT INTO kinds (name, name_key) VALUES (?, ?)", name, nameKey(name))
	if err != nil {
		return 0, err
	}
	return id, t.event(t.now, by, "created", "kind", id, nil)
}

func (t *tx) saveKind(v *KindView) error {
	_, err := t.exec("UPDATE kinds SET name = ?, name_key = ?, padding = ? WHERE id = ?", v.Name, nameKey(v.Name), string(v.Padding), v.ID)
	return err
}
