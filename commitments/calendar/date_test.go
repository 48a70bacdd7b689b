package calendar

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t testing.TB, s string) Instant {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return InstantOf(at)
}

func anyDate() *rapid.Generator[Date] {
	return rapid.Custom(func(t *rapid.T) Date {
		return Date(rapid.Int32Range(int32(MinDate), int32(MaxDate)).Draw(t, "date"))
	})
}

func TestDateAgreesWithTimePackage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "d")
		year, month, day := d.Civil()
		at := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if got := NewDate(year, month, day); got != d {
			t.Errorf("NewDate(%v) = %v", d, got)
		}
		if d.Weekday() != at.Weekday() || d.String() != at.Format("2006-01-02") || d.Human() != at.Format("Mon 2 Jan 2006") {
			t.Errorf("%v %v %s, want %v", d, d.Weekday(), d.Human(), at)
		}
		if next := d + 1; next.String() != at.AddDate(0, 0, 1).Format("2006-01-02") {
			t.Errorf("day after %v is %v", d, next)
		}
	})
}

func TestDateSurvivesStorageAndJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.OneOf(anyDate(), rapid.Just(Date(0))).Draw(t, "d")
		stored, err := d.Value()
		if err != nil {
			t.Fatal(err)
		}
		var back Date = 1
		if err := back.Scan(stored); err != nil || back != d {
			t.Errorf("scanned %v as %v, %v", stored, back, err)
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &back); err != nil || back != d {
			t.Errorf("read %s as %v, %v", text, back, err)
		}
	})
}

func TestInstantSurvivesStorageAndJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := Instant(rapid.Int64Range(int64(-1e15), int64(7e15)).Draw(t, "i"))
		stored, err := i.Value()
		if err != nil {
			t.Fatal(err)
		}
		var back Instant = 1
		if err := back.Scan(stored); err != nil || back != i {
			t.Errorf("scanned %v as %v, %v", stored, back, err)
		}
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &back); err != nil || back != i {
			t.Errorf("read %s as %v, %v", text, back, err)
		}
	})
}

func TestParseDateRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"2026-02-30":  "does not exist",
		"2023-02-29":  "does not exist",
		"2026-13-01":  "does not exist",
		"0000-12-31":  "does not exist",
		"2026-1-5":    "write YYYY-MM-DD",
		"20261205":    "write YYYY-MM-DD",
		"2026-12-04T": "write YYYY-MM-DD",
		"":            "write YYYY-MM-DD",
	} {
		if d, err := ParseDate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDate(%q) = %v, %v; want an error with %q", text, d, err, want)
		}
	}
}

// F68: leap days, months' ends and week 53.
func TestF68_LeapDaysAndWeek53(t *testing.T) {
	if d := date(t, "2024-02-28") + 1; d.String() != "2024-02-29" {
		t.Errorf("day after 28 February 2024 is %v", d)
	}
	if d := date(t, "2100-02-28") + 1; d.String() != "2100-03-01" {
		t.Errorf("day after 28 February 2100 is %v", d)
	}
	if y, w := date(t, "2027-01-01").ISOWeek(); y != 2026 || w != 53 {
		t.Errorf("1 January 2027 is in week %d of %d, want 53 of 2026", w, y)
	}
}

func TestNoDateIsWrittenAsNothing(t *testing.T) {
	if s := Date(0).String(); s != "" {
		t.Errorf("String() = %q", s)
	}
	if s := Date(0).Human() + Date(0).Short(); s != "no dateno date" {
		t.Errorf("Human and Short: %q", s)
	}
	if s := date(t, "2026-12-24").Short(); s != "Thu 24 Dec" {
		t.Errorf("Short() = %q", s)
	}
}

func TestEarliestTakesUnknownForNever(t *testing.T) {
	for _, c := range []struct{ i, j, want Instant }{{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {3, 5, 3}, {5, 3, 3}} {
		if got := Earliest(c.i, c.j); got != c.want {
			t.Errorf("Earliest(%d, %d) = %d, want %d", c.i, c.j, got, c.want)
		}
	}
}

func TestParseClock(t *testing.T) {
	for text, want := range map[string]Clock{"00:00": 0, "09:30": 570, "23:59": 1439, "24:00": 1440} {
		got, err := ParseClock(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseClock(%q) = %d (%v), %v", text, got, got, err)
		}
	}
	for _, text := range []string{"", "9:00", "24:01", "25:00", "12:60", "12.30", "1200", "-1:00", "12:0a"} {
		if got, err := ParseClock(text); err == nil {
			t.Errorf("ParseClock(%q) = %v, want an error", text, got)
		}
	}
}

func TestFarDatesDoNotWrap(t *testing.T) {
	c := mustNew(t, Spec{Hours: "mon 09:00-17:00"})
	if d := c.AddWorkdays(MaxDate, math.MaxInt); d != math.MaxInt32 {
		t.Errorf("far future is %d", d)
	}
	if d := c.AddWorkdays(MinDate, math.MinInt); d != math.MinInt32 {
		t.Errorf("far past is %d", d)
	}
}
