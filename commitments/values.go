package commitments

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"kept/commitments/calendar"
)

// ID is a row's short number. 0 is "none", stored as NULL.
type ID int64

// Value stores an id, and none as NULL.
func (id ID) Value() (driver.Value, error) {
	if id == 0 {
		return nil, nil
	}
	return int64(id), nil
}

// Scan reads what Value wrote.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = 0
	case int64:
		*id = ID(v)
	default:
		return fmt.Errorf("commitments: cannot read %T as an id", src)
	}
	return nil
}

// MarshalJSON writes the number, or null for none.
func (id ID) MarshalJSON() ([]byte, error) {
	if id == 0 {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(id), 10), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (id *ID) UnmarshalJSON(b []byte) error {
	*id = 0
	if string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, (*int64)(id))
}

// Money is an amount in hundredths of its currency's main unit. Unlike zero
// money, unknown money (Known false) is stored as NULL and written as null.
type Money struct {
	Hundredths int64
	Known      bool
}

// Dollars is a known amount of whole main units, whatever the currency.
func Dollars(n int64) Money { return Money{n * 100, true} }

// maxMoney keeps every sum of amounts far inside 64 bits.
const maxMoney = 1_000_000_000_000_00

// ParseMoney reads a plain decimal amount of at most two decimals, as 1500 or 143.46.
func ParseMoney(s string) (Money, error) {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	fraction += strings.Repeat("0", max(0, 2-len(fraction)))
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || whole == "" || strings.HasSuffix(s, ".") || len(fraction) > 2 || n > maxMoney || strings.ContainsAny(whole+fraction, "+-_") {
		return Money{}, fmt.Errorf("%q is not an amount: write it as 1500 or 143.46, up to a million million", s)
	}
	if strings.HasPrefix(s, "-") {
		return Money{}, fmt.Errorf("%q is below zero", s)
	}
	return Money{n, true}, nil
}

// String is the amount with two decimals, or without where they are zero; "" if unknown.
func (m Money) String() string {
	if !m.Known {
		return ""
	}
	if m.Hundredths%100 == 0 {
		return strconv.FormatInt(m.Hundredths/100, 10)
	}
	return fmt.Sprintf("%d.%02d", m.Hundredths/100, m.Hundredths%100)
}

// Grouped is the amount for people, as 25,000 or 1,234.50.
func (m Money) Grouped() string {
	whole, fraction, cut := strings.Cut(m.String(), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if cut {
		return whole + "." + fraction
	}
	return whole
}

// Value stores the hundredths, and unknown as NULL.
func (m Money) Value() (driver.Value, error) {
	if !m.Known {
		return nil, nil
	}
	return m.Hundredths, nil
}

// Scan reads what Value wrote.
func (m *Money) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = Money{}
	case int64:
		*m = Money{v, true}
	default:
		return fmt.Errorf("commitments: cannot read %T as money", src)
	}
	return nil
}

// MarshalJSON writes a number of main units, or null.
func (m Money) MarshalJSON() ([]byte, error) {
	if !m.Known {
		return []byte("null"), nil
	}
	return []byte(m.String()), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Money) UnmarshalJSON(b []byte) (err error) {
	if string(b) == "null" {
		*m = Money{}
		return nil
	}
	*m, err = ParseMoney(string(b))
	return err
}

// Days is an amount of work in hundredths of a working day.
type Days int64

// maxWork bounds an owner's answer: four working years.
const maxWork Days = 1000 * 100

// ParseDays reads a number of working days of at most two decimals, as 3 or 0.5.
func ParseDays(s string) (Days, error) {
	m, err := ParseMoney(s)
	if err != nil || Days(m.Hundredths) > maxWork {
		return 0, fmt.Errorf("%q is not a number of working days: write it as 3 or 0.5, at most 1000", s)
	}
	return Days(m.Hundredths), nil
}

// Scan reads a stored number of hundredths; NULL, for no answer yet, reads as 0.
func (d *Days) Scan(src any) error {
	n, ok := src.(int64)
	if !ok && src != nil {
		return fmt.Errorf("commitments: cannot read %T as days", src)
	}
	*d = Days(n)
	return nil
}

// String is the number of days, as 3 or 0.5.
func (d Days) String() string {
	return strconv.FormatFloat(float64(d)/100, 'f', -1, 64)
}

// MarshalJSON writes the number of days, as 3 or 0.5.
func (d Days) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Days) UnmarshalJSON(b []byte) (err error) {
	*d, err = ParseDays(string(b))
	return err
}

// Whole is the number of days, fractions up.
func (d Days) Whole() int { return int((d + 99) / 100) }

// count is n with its noun: "1 working day", "3 working days".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// DueAt is the instant at which a promise for a day, or for a time of that day, is over.
func DueAt(cal *calendar.Calendar, day Date, at Clock) Instant {
	if at >= 0 {
		return cal.At(day, at)
	}
	return cal.End(day)
}
