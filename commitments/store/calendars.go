package store

import (
	"context"

	"kept/commitments"
	"kept/commitments/calendar"
)

// CalendarView is a calendar as it is shown.
type CalendarView struct {
	ID       ID               `json:"id"`
	Name     string           `json:"name"`
	Zone     string           `json:"zone"`
	Hours    string           `json:"hours"`
	Holidays commitments.Text `json:"holidays"` // the region they are of; null if none, or from a file
	Default  bool             `json:"default"`
	Days     []DayView        `json:"days"`
}

// DayView is a day that breaks the weekly pattern.
type DayView struct {
	Date  Date   `json:"date" db:"day"`
	Name  string `json:"name" db:"name"`
	Works bool   `json:"works" db:"works"`
}

// Calendar shows one calendar, by name or number.
func (s *Store) Calendar(ctx context.Context, name string) (v CalendarView, err error) {
	err = s.read(ctx, func(t *tx) error {
		n, err := t.named("calendars", "calendar", name)
		if err != nil {
			return err
		}
		v, err = t.calendarView(n.ID)
		return err
	})
	return v, err
}

// Calendars shows all calendars, the default first.
func (s *Store) Calendars(ctx context.Context) ([]CalendarView, error) {
	views := []CalendarView{}
	err := s.read(ctx, func(t *tx) error {
		var ids []ID
		if err := t.all(&ids, "SELECT id FROM calendars ORDER BY is_default DESC, name_key"); err != nil {
			return err
		}
		for _, id := range ids {
			v, err := t.calendarView(id)
			if err != nil {
				return err
			}
			views = append(views, v)
		}
		return nil
	})
	return views, err
}

func (t *tx) calendarView(id ID) (CalendarView, error) {
	var r calendarRow
	if err := t.get(&r, "SELECT id, name, zone, hours, region, is_default FROM calendars WHERE id = ?", id); err != nil {
		return CalendarView{}, err
	}
	v := CalendarView{ID: id, Name: r.Name, Zone: r.Zone, Hours: r.Hours, Holidays: commitments.Text(r.Region), Default: r.Default, Days: []DayView{}}
	return v, t.all(&v.Days, "SELECT day, name, works FROM calendar_days WHERE calendar_id = ? ORDER BY day", id)
}

// spec is a calendar as package calendar makes it.
func (v *CalendarView) spec() calendar.Spec {
	s := calendar.Spec{Name: v.Name, Zone: v.Zone, Hours: v.Hours, Region: string(v.Holidays)}
	for _, d := range v.Days {
		s.Days = append(s.Days, calendar.Day{Date: d.Date, Name: d.Name, Works: d.Works})
	}
	return s
}
