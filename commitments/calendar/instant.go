package calendar

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Instant is a moment in time: microseconds since 1970-01-01T00:00:00Z. Both
// databases store it as a BIGINT, so instants sort and compare as numbers and
// no zone can get lost on the way. The zero Instant is "unknown", stored as
// NULL and written as null; the moment it would otherwise name lies outside
// every range Kept accepts.
type Instant int64

// InstantOf is t to the microsecond.
func InstantOf(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMicro())
}

// IsZero reports whether i is unknown.
func (i Instant) IsZero() bool { return i == 0 }

// Time is i in UTC; the zero time if i is unknown.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// Add is the instant d later, to the microsecond.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Microseconds()) }

// Second is the instant without its fraction of a second, for showing.
func (i Instant) Second() Instant { return i - i%1_000_000 }

// Sub is how long i is after j.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }

// Earliest is the earlier of two instants, where unknown means never.
func Earliest(i, j Instant) Instant {
	if i == 0 || (j != 0 && j < i) {
		return j
	}
	return i
}

// String is i as RFC 3339 in UTC, or "" if unknown.
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format(time.RFC3339Nano)
}

// Value stores an instant as its microseconds, and unknown as NULL.
func (i Instant) Value() (driver.Value, error) {
	if i == 0 {
		return nil, nil
	}
	return int64(i), nil
}

// Scan reads what Value wrote.
func (i *Instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = 0
	case int64:
		*i = Instant(v)
	default:
		return fmt.Errorf("calendar: cannot read %T as an instant", src)
	}
	return nil
}

// MarshalJSON writes RFC 3339 in UTC, or null if unknown.
func (i Instant) MarshalJSON() ([]byte, error) {
	if i == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + i.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *Instant) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*i = 0
		return nil
	}
	t, err := time.Parse(`"`+time.RFC3339+`"`, string(b))
	if err != nil {
		return fmt.Errorf("calendar: %s is not an instant (RFC 3339)", b)
	}
	*i = InstantOf(t)
	return nil
}
