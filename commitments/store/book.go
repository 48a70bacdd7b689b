package store

import (
	"fmt"
	"strconv"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// book is the rules promises live under, read once and shared until somebody
// changes a calendar or a team: precomputed calendars, team rules.
type book struct {
	stamp     string
	calendars map[ID]*calendar.Calendar
	fallback  *calendar.Calendar // where neither customer nor team has one
	teams     map[ID]*teamRules
}

type teamRules struct {
	ID         ID     `db:"id"`
	Name       string `db:"name"`
	Channel    string `db:"channel"`
	Lead       ID     `db:"lead_id"`
	CalendarID ID     `db:"calendar_id"`
	PaddingAs  string `db:"padding"`
	Alerts     string `db:"alerts"`
	Changes    string `db:"thresholds"`

	padding    commitments.Rule
	thresholds commitments.Thresholds
}

const bookStamp = "book"

// book gives the rules as this transaction sees them.
func (t *tx) book() (*book, error) {
	var stamp string
	err := t.get(&stamp, "SELECT coalesce((SELECT value FROM settings WHERE name = ?), '')", bookStamp)
	if err != nil {
		return nil, err
	}
	t.s.mu.Lock()
	known := t.s.book
	t.s.mu.Unlock()
	if known != nil && known.stamp == stamp {
		return known, nil
	}
	b, err := t.readBook(stamp)
	if err != nil {
		return nil, err
	}
	t.s.mu.Lock()
	t.s.book = b
	t.s.mu.Unlock()
	return b, nil
}

// touchBook makes every process read the book again. It is called in the
// transaction that changes a calendar or a team.
func (t *tx) touchBook() error {
	_, err := t.exec(`INSERT INTO settings (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, bookStamp, randomKey())
	t.s.mu.Lock()
	t.s.book = nil
	t.s.mu.Unlock()
	return err
}

func (t *tx) readBook(stamp string) (*book, error) {
	b := &book{stamp: stamp, calendars: map[ID]*calendar.Calendar{}, fallback: calendar.Default(), teams: map[ID]*teamRules{}}
	if err := t.readCalendars(b); err != nil {
		return nil, err
	}
	var teams []*teamRules
	if err := t.all(&teams, "SELECT id, name, channel, lead_id, calendar_id, padding, alerts, thresholds FROM teams"); err != nil {
		return nil, err
	}
	for _, team := range teams {
		var err error
		if team.padding, err = commitments.ParseRule(team.PaddingAs); err != nil {
			return nil, fmt.Errorf("team %s: %w", team.Name, err)
		}
		if team.thresholds, err = commitments.ParseThresholds(team.Changes); err != nil {
			return nil, fmt.Errorf("team %s: %w", team.Name, err)
		}
		b.teams[team.ID] = team
	}
	return b, nil
}

type calendarRow struct {
	ID      ID     `db:"id"`
	Name    string `db:"name"`
	Zone    string `db:"zone"`
	Hours   string `db:"hours"`
	Region  string `db:"region"`
	Default bool   `db:"is_default"`
}

func (t *tx) readCalendars(b *book) error {
	var rows []calendarRow
	if err := t.all(&rows, "SELECT id, name, zone, hours, region, is_default FROM calendars"); err != nil {
		return err
	}
	var days []struct {
		Calendar ID     `db:"calendar_id"`
		Day      Date   `db:"day"`
		Name     string `db:"name"`
		Works    bool   `db:"works"`
	}
	if err := t.all(&days, "SELECT calendar_id, day, name, works FROM calendar_days ORDER BY calendar_id, day"); err != nil {
		return err
	}
	exceptions := map[ID][]calendar.Day{}
	for _, d := range days {
		exceptions[d.Calendar] = append(exceptions[d.Calendar], calendar.Day{Date: d.Day, Name: d.Name, Works: d.Works})
	}
	for _, r := range rows {
		c, err := calendar.New(calendar.Spec{Name: r.Name, Zone: zoneOrUTC(r.Zone).String(), Hours: r.Hours, Region: r.Region, Days: exceptions[r.ID]})
		if err != nil {
			return fmt.Errorf("calendar %s: %w", r.Name, err)
		}
		b.calendars[r.ID] = c
		if r.Default {
			b.fallback = c
		}
	}
	return nil
}

// zoneOrUTC is a zone that was known when it was recorded. Should this version's table
// of zones have lost it, promises are looked after in UTC meanwhile, and kept doctor
// tells that it is to be replaced.
func zoneOrUTC(name string) *time.Location {
	zone, err := calendar.Zone(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// calendarOf is the calendar a promise is counted in: the customer's, else the
// team's, else the default.
func (b *book) calendarOf(customerCalendar, team ID) *calendar.Calendar {
	if c := b.calendars[customerCalendar]; c != nil {
		return c
	}
	if r := b.teams[team]; r != nil {
		if c := b.calendars[r.CalendarID]; c != nil {
			return c
		}
	}
	return b.fallback
}

var defaultThresholds = commitments.DefaultThresholds

func (b *book) thresholdsOf(team ID) *commitments.Thresholds {
	if r := b.teams[team]; r != nil {
		return &r.thresholds
	}
	return &defaultThresholds
}

// reference reads what a person typed for a row: its number, if it is one.
func reference(typed string) (ID, bool) {
	n, err := strconv.ParseInt(typed, 10, 64)
	return ID(n), err == nil && n > 0 && strconv.FormatInt(n, 10) == typed
}
