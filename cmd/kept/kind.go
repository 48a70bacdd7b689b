package main

import "kept/commitments/store"

type kindCmd struct {
	Add  kindAdd  `cmd:"" help:"Add a kind of promise."`
	List kindList `cmd:"" help:"List the kinds."`
	Show kindShow `cmd:"" help:"Show one kind."`
	Edit kindEdit `cmd:"" help:"Change what is given of a kind; an empty value takes it back."`
}

type kindAdd struct {
	Name    text  `arg:"" help:"Name of the kind."`
	Padding *text `help:"Padding rule of its promises: 5d or 20%." placeholder:"RULE"`
}

// Help is shown by kept help kind add.
func (kindAdd) Help() string { return example("kept kind add Integration --padding 40%") }

// Run adds a kind.
func (c *kindAdd) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	v, err := s.AddKind(a.ctx, by, store.KindInput{Name: given(&c.Name), Padding: given(c.Padding)})
	return a.kinds([]store.KindView{v}, v, err)
}

type kindEdit struct {
	Kind    text   `arg:"" help:"Name or number of the kind."`
	Name    *maybe `help:"Another name."`
	Padding *maybe `help:"Padding rule of its promises: 5d or 20%." placeholder:"RULE"`
}

// Help is shown by kept help kind edit.
func (kindEdit) Help() string { return example("kept kind edit Integration --padding 8d") }

// Run changes a kind.
func (c *kindEdit) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	v, err := s.EditKind(a.ctx, by, string(c.Kind), store.KindInput{Name: given(c.Name), Padding: given(c.Padding)})
	return a.kinds([]store.KindView{v}, v, err)
}

type kindList struct{}

// Help is shown by kept help kind list.
func (kindList) Help() string { return example("kept kind list") }

// Run lists the kinds.
func (kindList) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	all, err := s.Kinds(a.ctx)
	return a.kinds(all, all, err)
}

type kindShow struct {
	Kind text `arg:"" help:"Name or number of the kind."`
}

// Help is shown by kept help kind show.
func (kindShow) Help() string { return example("kept kind show Integration") }

// Run shows a kind.
func (c *kindShow) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	v, err := s.Kind(a.ctx, string(c.Kind))
	return a.kinds([]store.KindView{v}, v, err)
}

// kinds shows kinds to people, and v to programs.
func (a *app) kinds(kinds []store.KindView, v any, err error) error {
	if err != nil || a.flags.JSON {
		return a.answer(v, err)
	}
	rows := make([][]string, len(kinds))
	for i, k := range kinds {
		rows[i] = []string{idOf(k.ID), k.Name, string(k.Padding)}
	}
	a.out.table([]string{"ID", "KIND", "PADDING"}, rows)
	return nil
}
