package calendar

import (
	"strings"
	"testing"
)

// The tests' now is Friday 20 November 2026, 23:30 in Warsaw, where it is
// still the 20th, as it is in UTC.
const testNow = "2026-11-20T22:30:00Z"

func TestParseWhen(t *testing.T) {
	c, now := warsaw(t), instant(t, testNow)
	for text, want := range map[string]string{
		"2026-12-04":                "2026-12-04",
		"2026-12-04 17:00":          "2026-12-04 17:00",
		"2026-12-04T17:00":          "2026-12-04 17:00",
		"2026-12-04 at 17:00":       "2026-12-04 17:00",
		"2026-12-04T17:00:00+01:00": "2026-12-04T16:00:00Z",
		"2026-12-04t17:00:00.5z":    "2026-12-04T17:00:00.5Z",
		"now":                       testNow,
		"today":                     "2026-11-20",
		"Tomorrow":                  "2026-11-21",
		"yesterday 08:15":           "2026-11-19 08:15",
		"friday":                    "2026-11-27",
		"fri":                       "2026-11-27",
		"sat":                       "2026-11-21",
		"FRIDAY 17:00":              "2026-11-27 17:00",
		"  monday   at  09:00 ":     "2026-11-23 09:00",
		"next friday":               "2026-11-27",
		"next mon":                  "2026-11-23",
		"next sunday 12:00":         "2026-11-29 12:00",
		"in 3 days":                 "2026-11-23",
		"in 1 day":                  "2026-11-21",
		"in 3 weeks":                "2026-12-11",
		"in 3 months at 10:00":      "2027-02-20 10:00",
		"3w":                        "2026-12-11",
		"10bd":                      "2026-12-04",
		"+10d":                      "2026-12-04",
		"+0d":                       "2026-11-20",
		"eom":                       "2026-11-30",
		"eoq":                       "2026-12-31",
		"eoy 12:00":                 "2026-12-31 12:00",
		"5 Dec":                     "2026-12-05",
		"Dec 5":                     "2026-12-05",
		"20 nov":                    "2026-11-20",
		"19 nov":                    "2027-11-19",
		"5 December 2026":           "2026-12-05",
		"Dec 5 2026":                "2026-12-05",
		"December 5, 2026 at 17:00": "2026-12-05 17:00",
		"29 feb":                    "2028-02-29",
		"1990-01-01":                "1990-01-01",
		"2200-12-31":                "2200-12-31",
	} {
		w, err := ParseWhen(text, now, c)
		if err != nil || w.String() != want {
			t.Errorf("ParseWhen(%q) = %v, %v; want %s", text, w, err, want)
		}
	}
}

// On a Sunday "friday" is five days off and "next friday" a week of ISO later
// than people of a Sunday-first calendar think, which the echo tells.
func TestWeekdaysFromASunday(t *testing.T) {
	c, now := Default(), instant(t, "2026-11-22T12:00:00Z")
	for text, want := range map[string]string{
		"friday":      "Fri 27 Nov 2026, 5 working days",
		"next friday": "Fri 27 Nov 2026, 5 working days",
		"sunday":      "Sun 29 Nov 2026, 5 working days",
		"next sunday": "Sun 29 Nov 2026, 5 working days",
	} {
		w, err := ParseWhen(text, now, c)
		if got := w.Echo(now, c); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	w, err := ParseWhen("next friday", instant(t, "2026-11-23T12:00:00Z"), c)
	if err != nil || w.String() != "2026-12-04" {
		t.Errorf("next friday on a Monday is %v, %v", w, err)
	}
}

func TestTodayIsTheCalendarsOwn(t *testing.T) {
	now := instant(t, "2026-11-20T23:30:00Z")
	w, err := ParseWhen("today", now, warsaw(t))
	if err != nil || w.String() != "2026-11-21" {
		t.Errorf("today in Warsaw is %v, %v", w, err)
	}
}

func TestMonthsEndEarlyRatherThanSpillOver(t *testing.T) {
	for day, want := range map[string]string{"2027-01-31": "2027-02-28", "2028-01-31": "2028-02-29", "2026-11-30": "2026-12-30"} {
		c := Default()
		w, err := ParseWhen("in 1 month", c.Start(date(t, day)), c)
		if err != nil || w.String() != want {
			t.Errorf("a month after %s is %v, %v; want %s", day, w, err, want)
		}
	}
}

func TestEcho(t *testing.T) {
	c, now := warsaw(t), instant(t, testNow)
	for text, want := range map[string]string{
		"2026-12-04":                "Fri 4 Dec 2026, 10 working days",
		"2026-12-04 17:00":          "Fri 4 Dec 2026 at 17:00, 10 working days",
		"2026-12-04T17:00:00+02:00": "Fri 4 Dec 2026 at 16:00, 10 working days",
		"today":                     "Fri 20 Nov 2026, today",
		"sunday":                    "Sun 22 Nov 2026, 0 working days",
		"monday":                    "Mon 23 Nov 2026, 1 working day",
		"yesterday":                 "Thu 19 Nov 2026, 1 working day ago",
		"2026-11-09":                "Mon 9 Nov 2026, 8 working days ago",
	} {
		w, err := ParseWhen(text, now, c)
		if got := w.Echo(now, c); err != nil || got != want {
			t.Errorf("%s echoes %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestMoment(t *testing.T) {
	c, now := warsaw(t), instant(t, testNow)
	for text, want := range map[string]string{
		"2026-12-04":                "2026-12-03T23:00:00Z",
		"2026-12-04 17:00":          "2026-12-04T16:00:00Z",
		"2026-12-04T17:00:00+02:00": "2026-12-04T15:00:00Z",
		"now":                       testNow,
	} {
		w, err := ParseWhen(text, now, c)
		if got := w.Moment(c); err != nil || got.String() != want {
			t.Errorf("%s is the moment %v, %v; want %s", text, got, err, want)
		}
	}
}

// I03: what cannot be a date, or can be two, is refused and says what to write.
func TestI03_DatesThatAreRefused(t *testing.T) {
	refuse(t, map[string]string{
		"2026-02-30":                 "a day that does not exist",
		"30 feb":                     "a day that does not exist",
		"31 Nov 2026":                "a day that does not exist",
		"29 Feb 2027":                "a day that does not exist",
		"31/12/26":                   "write it as 2026-12-31",
		"12/31/2026":                 "write it as 2026-12-31",
		"12/11/2026":                 "2026-11-12 (day first) or 2026-12-11 (month first)",
		"05/12/2026":                 "2026-12-05 (day first) or 2026-05-12 (month first)",
		"05/12/2026 17:00":           "2026-12-05 (day first) or 2026-05-12 (month first)",
		"05-12-2026":                 "2026-12-05 (day first) or 2026-05-12 (month first)",
		"05/05/2026":                 "write it as 2026-05-05",
		"2026/12/04":                 "write it as 2026-12-04",
		"99/99/2026":                 Forms,
		"1/2":                        Forms,
		"":                           "a date is missing",
		"   ":                        "a date is missing",
		"soon":                       Forms,
		"next week":                  Forms,
		"next":                       Forms,
		"friday next":                Forms,
		"friday please":              Forms,
		"3d":                         Forms,
		"-3d":                        Forms,
		"in -3 days":                 Forms,
		"in three days":              Forms,
		"in 3":                       Forms,
		"in 3 fortnights":            Forms,
		"17:00":                      Forms,
		"at 17:00":                   Forms,
		"now 17:00":                  Forms,
		"friday at":                  Forms,
		"friday 17:00 18:00":         Forms,
		"dec":                        Forms,
		"5 dec 26":                   Forms,
		"5 foo":                      Forms,
		"friday 5pm":                 Forms,
		"friday 9:00":                "write HH:MM",
		"friday 25:00":               "write HH:MM",
		"2026-12-04T17:00:00":        "write HH:MM",
		"2026-12-04 24:00":           "a date alone ends with its day",
		"2026-12-04T24:00:00Z":       "write HH:MM",
		"2026-12-04T17:00:00Z 18:00": Forms,
		"1989-12-31":                 "outside 1990-01-01 to 2200-12-31",
		"2201-01-01":                 "outside 1990-01-01 to 2200-12-31",
		"5 dec 9999":                 "outside",
		"99999bd":                    "outside",
		"in 99999 months":            "outside",
		"9999-12-31T23:59:59-12:00":  "outside",
		"0001-01-01T00:00:00Z":       "outside",
	})
}

// I33: forms of spreadsheets that are no dates here.
func TestI33_DatesOfSpreadsheetsAreRefused(t *testing.T) {
	refuse(t, map[string]string{
		"45292":    Forms,
		"1.2.2026": "2026-02-01 (day first) or 2026-01-02 (month first)",
		"2026-1-5": "write it as 2026-01-05",
		"20261205": Forms,
	})
}

func refuse(t *testing.T, texts map[string]string) {
	t.Helper()
	c, now := warsaw(t), instant(t, testNow)
	for text, want := range texts {
		w, err := ParseWhen(text, now, c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseWhen(%q) = %v, %v; want an error with %q", text, w, err, want)
		} else if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("ParseWhen(%q): the error is not one line: %q", text, err)
		}
	}
}

func TestI06_RefusalsShowNoControlCharacters(t *testing.T) {
	refuse(t, map[string]string{
		"friday\x1b[31m":                   Forms,
		"friday\n\nor monday":              Forms,
		strings.Repeat("x\x1b[31m", 10000): Forms,
	})
}

// The forms offered in every refusal must themselves be accepted.
func TestFormsAreAccepted(t *testing.T) {
	c, now := warsaw(t), instant(t, testNow)
	list := strings.NewReplacer("in 3 days|weeks|months", "in 3 days, in 3 weeks, in 3 months", " or ", ", ",
		" (working days)", "", "; a time may follow a date: ", ", ").Replace(Forms)
	for text := range strings.SplitSeq(list, ", ") {
		if _, err := ParseWhen(text, now, c); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{
		"2026-12-04", "2026-12-04T17:00", "2026-12-04T17:00:00+01:00", "friday at 17:00", "next fri", "in 3 months",
		"10bd", "+10d", "3w", "eoq", "Dec 5, 2026", "29 feb", "now", "05/12/2026", "1.2.2026", "9999-12-31T23:59:59-12:00",
	} {
		f.Add(text, int64(1795213800e6))
	}
	c := warsaw(f)
	f.Fuzz(func(t *testing.T, text string, at int64) {
		now := Instant(max(at%int64(7e15), 1))
		w, err := ParseWhen(text, now, c)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") || len(err.Error()) > 800 {
				t.Errorf("%q: error %q", text, err)
			}
			return
		}
		if w.Date < MinDate || w.Date > MaxDate || w.Clock >= 24*60 {
			t.Errorf("%q is %+v", text, w)
		}
		if !strings.HasPrefix(w.Echo(now, c), w.Date.Human()) {
			t.Errorf("%q echoes %q", text, w.Echo(now, c))
		}
		if again, err := ParseWhen(w.String(), now, c); err != nil || again != w {
			t.Errorf("%q is %+v, which reads back as %+v, %v", text, w, again, err)
		}
	})
}
