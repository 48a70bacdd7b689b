package calendar

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a civil date: a day on a wall calendar, in no zone. It counts days,
// with 1 January of year 1 as day 1, so that dates compare and subtract as
// integers; the zero Date is "no date", stored as NULL and written as null.
type Date int32

// unixEpoch is 1970-01-01 as a Date.
const unixEpoch Date = 719163

// MinDate and MaxDate bound every date Kept accepts from people and files.
var (
	MinDate = NewDate(1990, time.January, 1)
	MaxDate = NewDate(2200, time.December, 31)
)

// NewDate normalises its arguments as time.Date does: 32 January is 1 February.
func NewDate(year int, month time.Month, day int) Date {
	return dateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// dateOf reads the calendar day of t in t's own location.
func dateOf(t time.Time) Date {
	_, offset := t.Zone()
	seconds := t.Unix() + int64(offset)
	days := seconds / 86400
	if seconds%86400 < 0 {
		days--
	}
	return unixEpoch + Date(days)
}

// ParseDate reads exactly YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err == nil && t.Year() > 0:
		return dateOf(t), nil
	case looksISO(s):
		return 0, fmt.Errorf("%s is a day that does not exist", quote(s))
	}
	return 0, fmt.Errorf("%s is not a date: write YYYY-MM-DD, as in 2026-12-04", quote(s))
}

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d == 0 }

// utc is midnight UTC on d, for the parts of a date the time package knows.
func (d Date) utc() time.Time { return time.Unix(int64(d-unixEpoch)*86400, 0).UTC() }

// Weekday of d. 1 January of year 1 was a Monday.
func (d Date) Weekday() time.Weekday { return time.Weekday((int(d)%7 + 7) % 7) }

// Civil is the year, month and day of d.
func (d Date) Civil() (year int, month time.Month, day int) { return d.utc().Date() }

// ISOWeek is the ISO 8601 year and week of d.
func (d Date) ISOWeek() (year, week int) { return d.utc().ISOWeek() }

// String is YYYY-MM-DD, or "" for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// Human is d for people, with its weekday and year: "Fri 4 Dec 2026".
func (d Date) Human() string {
	if d == 0 {
		return "no date"
	}
	return d.utc().Format("Mon 2 Jan 2006")
}

// Short is d for people where the year is plain: "Fri 4 Dec".
func (d Date) Short() string {
	if d == 0 {
		return "no date"
	}
	return d.utc().Format("Mon 2 Jan")
}

// Value stores a date as its ISO text, and no date as NULL.
func (d Date) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads what Value wrote.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = 0
		return nil
	case string:
		return d.set(v)
	case []byte:
		return d.set(string(v))
	}
	return fmt.Errorf("calendar: cannot read %T as a date", src)
}

func (d *Date) set(s string) (err error) {
	if s == "" {
		*d = 0
		return nil
	}
	*d, err = ParseDate(s)
	return err
}

// MarshalJSON writes "YYYY-MM-DD", or null for no date.
func (d Date) MarshalJSON() ([]byte, error) {
	if d == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + d.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Date) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*d = 0
		return nil
	}
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("calendar: %s is not a date", b)
	}
	return d.set(string(b[1 : len(b)-1]))
}
