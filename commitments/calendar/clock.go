package calendar

import (
	"database/sql/driver"
	"fmt"
)

// Clock is a wall-clock time of day to the minute, counted from midnight:
// 09:30 is 570. 24:00 (1440) is allowed as the end of a day.
type Clock int16

// NoClock is "no time was given".
const NoClock Clock = -1

// ParseClock reads HH:MM, 00:00 to 24:00.
func ParseClock(s string) (Clock, error) {
	bad := fmt.Errorf("%s is not a time of day: write HH:MM, as in 17:00", quote(s))
	if len(s) != 5 || s[2] != ':' {
		return NoClock, bad
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return NoClock, bad
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if m > 59 || h > 24 || (h == 24 && m > 0) {
		return NoClock, bad
	}
	return Clock(h*60 + m), nil
}

// String is HH:MM, or "" if no time was given.
func (c Clock) String() string {
	if c < 0 {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", c/60, c%60)
}

// IsZero reports whether no time was given.
func (c Clock) IsZero() bool { return c < 0 }

// MarshalJSON writes "HH:MM", or null if no time was given.
func (c Clock) MarshalJSON() ([]byte, error) {
	if c < 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + c.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Clock) UnmarshalJSON(b []byte) (err error) {
	if string(b) == "null" {
		*c = NoClock
		return nil
	}
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("calendar: %s is not a time of day", b)
	}
	*c, err = ParseClock(string(b[1 : len(b)-1]))
	return err
}

// Value stores a time of day as its minutes, and no time as NULL.
func (c Clock) Value() (driver.Value, error) {
	if c < 0 {
		return nil, nil
	}
	return int64(c), nil
}

// Scan reads what Value wrote.
func (c *Clock) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*c = NoClock
	case int64:
		*c = Clock(v)
	default:
		return fmt.Errorf("calendar: cannot read %T as a time of day", src)
	}
	return nil
}
