package main

import (
	"context"
	"io"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// app is what every command works with.
type app struct {
	ctx      context.Context
	env      func(string) string
	in       io.Reader
	out      *printer
	err      io.Writer
	now      calendar.Instant
	terminal bool // whether standard output is one
	flags    globals
	store    *store.Store // once open
}

// open opens the database that the settings name.
func (a *app) open() (*store.Store, error) {
	if a.store != nil {
		return a.store, nil
	}
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	a.store, err = store.Open(a.ctx, set["db"].value)
	return a.store, err
}

func (a *app) close() {
	if a.store != nil {
		_ = a.store.Close() // everything that was recorded is recorded already
	}
}

// actor opens the database as the person of --as.
func (a *app) actor() (*store.Store, commitments.Actor, error) {
	s, err := a.open()
	if err != nil {
		return nil, commitments.Actor{}, err
	}
	by, err := s.Actor(a.ctx, string(a.flags.As))
	return s, by, err
}

// recording is what every command that records takes.
type recording struct {
	At moment `help:"When it happened: a time in the past, as 2026-12-04 15:00, yesterday or today. Default: now." placeholder:"TIME"`
}

// looking is what every command that reads takes.
type looking struct {
	At moment `help:"Look as of another time: later facts are not yet known. Default: now." placeholder:"TIME"`
}

// op is who records something, about which promise, and when it happened.
func (a *app) op(ref text, at moment) (*store.Store, store.Op, error) {
	s, by, err := a.actor()
	return s, store.Op{By: by, Ref: string(ref), At: string(at)}, err
}

// instant is a typed time on the default calendar's clocks; a date alone is that day,
// just begun.
func (a *app) instant(s *store.Store, at moment) (calendar.Instant, error) {
	if at == "" {
		return a.now, nil
	}
	cal, err := s.DefaultCalendar(a.ctx)
	if err != nil {
		return 0, err
	}
	when, err := calendar.ParseWhen(string(at), a.now, cal)
	if err != nil {
		return 0, commitments.Invalid("at", err.Error())
	}
	return when.Within(cal), nil
}

// look is who looks, at what, and as of when.
func (a *app) look(typed moment) (s *store.Store, by commitments.Actor, at calendar.Instant, err error) {
	if s, by, err = a.actor(); err != nil {
		return s, by, 0, err
	}
	at, err = a.instant(s, typed)
	return s, by, at, err
}

// record carries out one change to a promise and shows what became of it.
func (a *app) record(ref text, at moment, done string, change func(*store.Store, store.Op) (commitments.View, error)) error {
	s, op, err := a.op(ref, at)
	if err != nil {
		return err
	}
	view, err := change(s, op)
	if err != nil {
		return err
	}
	if a.flags.JSON {
		return a.out.json(view)
	}
	a.out.line("%s: promise %d to %s, %s.", done, view.ID, view.Customer, view.Title)
	rows := standing(view)
	if at != "" { // what was understood is echoed
		rows = append([][2]string{{"at", clockTime(view.AsOf, view.Zone)}}, rows...)
	}
	a.out.list(rows)
	_ = a.out.Flush() // what became of it comes before the warnings
	a.warnings(view.Warnings)
	return nil
}

// warnings prints what there is to know about a request that was carried out.
func (a *app) warnings(all []commitments.Warning) {
	for _, w := range all {
		warn(a.err, w.Text)
	}
}

// answer gives programs the value, or the error there is instead.
func (a *app) answer(v any, err error) error {
	if err != nil {
		return err
	}
	return a.out.json(v)
}
