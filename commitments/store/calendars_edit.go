package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// CalendarInput is a calendar as typed. Nil leaves a field as it is.
type CalendarInput struct {
	Name     *string
	Zone     *string
	Hours    *string
	Holidays *Holidays // take the place of those it had; closures stay
	Closed   []string  // dates to add as closures
	Reopen   []string  // dates that are no longer closures
	Default  bool      // make it the one that applies where nobody says otherwise
	Apply    bool      // an edit that moves dates is only listed without it
}

// Holidays are days off by name: of a region, or read from a file.
type Holidays struct {
	Region string
	Days   []calendar.Day
}

// CalendarEdited is what an edit did, or would do.
type CalendarEdited struct {
	Calendar CalendarView `json:"calendar"`
	Edited
}

// AddCalendar adds a calendar. One made the default is an edit as EditCalendar's: it
// takes effect only if no date moves, or in.Apply says so.
func (s *Store) AddCalendar(ctx context.Context, by commitments.Actor, in CalendarInput) (CalendarEdited, error) {
	return s.editCalendar(ctx, by, in, func(t *tx) (CalendarView, error) {
		v := CalendarView{Hours: calendar.DefaultHours}
		if in.Name == nil {
			return v, commitments.Invalid("name", "is required")
		}
		return v, nil
	})
}

// EditCalendar changes what was given of a calendar. If that moves the dates of open
// promises it lists them, and changes nothing unless in.Apply is set. The date a
// customer was told never moves; a target that a padding rule gave does.
func (s *Store) EditCalendar(ctx context.Context, by commitments.Actor, name string, in CalendarInput) (CalendarEdited, error) {
	return s.editCalendar(ctx, by, in, func(t *tx) (CalendarView, error) {
		n, err := t.named("calendars", "calendar", name)
		if err != nil {
			return CalendarView{}, err
		}
		return t.calendarView(n.ID)
	})
}

func (s *Store) editCalendar(ctx context.Context, by commitments.Actor, in CalendarInput, find func(*tx) (CalendarView, error)) (out CalendarEdited, err error) {
	err = s.setUp(ctx, by, commitments.ActSetUp, func(t *tx) error {
		v, err := find(t)
		if err != nil {
			return err
		}
		before, err := t.book()
		if err != nil {
			return err
		}
		if err := in.apply(t, &v); err != nil {
			return err
		}
		event := "edited"
		if v.ID == 0 {
			event = "created"
		}
		if err := t.saveCalendar(&v); err != nil {
			return err
		}
		if err := t.event(t.now, by.ID, event, "calendar", v.ID, nil); err != nil {
			return err
		}
		out.Calendar = v
		concerned, err := t.onCalendar(before, v.ID)
		if err != nil {
			return err
		}
		if out.Moves, err = t.recount(by.ID, concerned, "1 = 1"); err != nil {
			return err
		}
		return out.settle(in.Apply)
	})
	return out, unlessDryRun(err)
}

func (in *CalendarInput) apply(t *tx, v *CalendarView) error {
	_, err := apply([]field{
		text("name", in.Name, maxName, false, &v.Name),
		{"zone", in.Zone, func(s string) error { v.Zone = s; return nil }},
		{"hours", in.Hours, func(s string) error { return v.setHours(s) }},
	})
	if err != nil {
		return err
	}
	if v.Zone == "" {
		return commitments.Invalid("zone", "is required: write a name such as Europe/Warsaw or UTC")
	}
	if in.Holidays != nil {
		if err := v.setHolidays(in.Holidays); err != nil {
			return err
		}
	}
	if err := v.setClosures(in.Closed, in.Reopen); err != nil {
		return err
	}
	v.Default = v.Default || in.Default
	if _, err := calendar.New(v.spec()); err != nil {
		field, message, _ := strings.Cut(err.Error(), ": ")
		return commitments.Invalid(field, message)
	}
	return t.freeName("calendars", "calendar", v.Name, v.ID)
}

func (v *CalendarView) setHours(typed string) error {
	if typed == "" {
		typed = calendar.DefaultHours
	}
	h, err := calendar.ParseHours(typed)
	if err != nil {
		return commitments.Invalid("hours", err.Error())
	}
	v.Hours = h.String()
	return nil
}

// closure is the name of a day on which we are closed for reasons of our own.
const closure = "closed"

func (v *CalendarView) setHolidays(h *Holidays) error {
	v.Holidays = commitments.Text(h.Region)
	v.Days = slices.DeleteFunc(v.Days, func(d DayView) bool { return d.Name != closure })
	for _, d := range h.Days {
		name, err := clean("holidays", d.Name, maxName, false)
		if err != nil {
			return err
		}
		v.put(DayView{d.Date, name, d.Works}, false)
	}
	return nil
}

func (v *CalendarView) setClosures(closed, reopened []string) error {
	for _, typed := range reopened {
		date, err := calendar.ParseDate(strings.TrimSpace(typed))
		if err != nil {
			return commitments.Invalid("reopen", err.Error())
		}
		n := len(v.Days)
		v.Days = slices.DeleteFunc(v.Days, func(d DayView) bool { return d.Date == date && d.Name == closure })
		if len(v.Days) == n {
			return commitments.Invalid("reopen", fmt.Sprintf("%s is no closure of calendar %s", date, v.Name))
		}
	}
	for _, typed := range closed {
		date, err := calendar.ParseDate(strings.TrimSpace(typed))
		if err != nil {
			return commitments.Invalid("closed", err.Error())
		}
		v.put(DayView{date, closure, false}, true)
	}
	return nil
}

// put adds a day; one of that date stays unless it is a working day and over says so.
func (v *CalendarView) put(d DayView, over bool) {
	i, taken := slices.BinarySearchFunc(v.Days, d.Date, func(have DayView, date Date) int { return cmp.Compare(have.Date, date) })
	switch {
	case !taken:
		v.Days = slices.Insert(v.Days, i, d)
	case over && v.Days[i].Works:
		v.Days[i] = d
	}
}

func (t *tx) saveCalendar(v *CalendarView) error {
	if v.Default {
		if _, err := t.exec("UPDATE calendars SET is_default = 0 WHERE is_default = 1 AND id <> ?", int64(v.ID)); err != nil {
			return err
		}
	}
	var err error
	if v.ID == 0 {
		v.ID, err = t.insert("INSERT INTO calendars (name, name_key, zone, hours, region, is_default) VALUES (?, ?, ?, ?, ?, ?)",
			v.Name, nameKey(v.Name), v.Zone, v.Hours, string(v.Holidays), yes(v.Default))
	} else {
		_, err = t.exec("UPDATE calendars SET name = ?, name_key = ?, zone = ?, hours = ?, region = ?, is_default = ?, version = version + 1 WHERE id = ?",
			v.Name, nameKey(v.Name), v.Zone, v.Hours, string(v.Holidays), yes(v.Default), v.ID)
	}
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM calendar_days WHERE calendar_id = ?", v.ID); err != nil {
		return err
	}
	for _, d := range v.Days {
		_, err := t.exec("INSERT INTO calendar_days (calendar_id, day, name, works) VALUES (?, ?, ?, ?)", v.ID, d.Date, d.Name, yes(d.Works))
		if err != nil {
			return err
		}
	}
	return t.touchBook()
}
