package calendar

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseHours(t *testing.T) {
	for text, want := range map[string]string{
		"mon-fri 09:00-17:00":                              "mon-fri 09:00-17:00",
		"mon-fri 09:00-12:30,13:30-17:30; sat 10:00-14:00": "mon-fri 09:00-12:30,13:30-17:30; sat 10:00-14:00",
		"sun-thu 08:00-16:00":                              "mon-thu 08:00-16:00; sun 08:00-16:00",
		"Monday-Friday 09:00 - 17:00":                      "mon-fri 09:00-17:00",
		"mon,wed 09:00-17:00;tue 09:00-17:00":              "mon-wed 09:00-17:00",
		"mon 13:00-17:00,09:00-12:00":                      "mon 09:00-12:00,13:00-17:00",
		"mon 09:00-12:00,12:00-17:00":                      "mon 09:00-17:00",
		"fri 22:00-24:00; sat 00:00-06:00":                 "fri 22:00-24:00; sat 00:00-06:00",
		"mon-sun 00:00-24:00":                              "mon-sun 00:00-24:00",
	} {
		h, err := ParseHours(text)
		if err != nil || h.String() != want {
			t.Errorf("ParseHours(%q) = %q, %v; want %q", text, h, err, want)
		}
	}
}

func TestParseHoursRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "not working hours",
		"mon-fri":                              "not working hours",
		"mon-fri 09:00-17:00;":                 "not working hours",
		"funday 09:00-17:00":                   "not a day of the week",
		"mon-xyz 09:00-17:00":                  "not a day of the week",
		"mon 09:00":                            "not a block of hours",
		"mon 9-17":                             "not a time of day",
		"mon 09:00-09:00":                      "ends before it begins",
		"mon 22:00-06:00":                      "two blocks",
		"mon 09:00-13:00,12:00-17:00":          "overlap on mon",
		"mon-fri 09:00-17:00; fri 16:00-18:00": "overlap on fri",
		"mon 09:00-24:30":                      "not a time of day",
	} {
		if h, err := ParseHours(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseHours(%q) = %q, %v; want an error with %q", text, h, err, want)
		}
	}
}

func TestErrorsQuoteAShortPieceOfWhatWasTyped(t *testing.T) {
	_, err := ParseHours("mon " + strings.Repeat("\x1b[31m", 1000))
	if err == nil || len(err.Error()) > 300 || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("error of %d bytes: %v", len(err.Error()), err)
	}
}

func TestHoursReadBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHours(t)
		again, err := ParseHours(h.String())
		if err != nil {
			t.Fatalf("%q: %v", h, err)
		}
		for _, d := range week {
			if !slices.Equal(h.On(d), again.On(d)) {
				t.Errorf("%v: %v read back as %v", d, h.On(d), again.On(d))
			}
		}
	})
}

// anyHours draws hours with up to three blocks a day and at least one worked day.
func anyHours(t *rapid.T) Hours {
	var h Hours
	worked := rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 7, rapid.ID).Draw(t, "days")
	for _, d := range worked {
		edges := rapid.SliceOfNDistinct(rapid.IntRange(0, 96), 2, 6, rapid.ID).Draw(t, "edges")
		slices.Sort(edges)
		for i := 0; i+1 < len(edges); i += 2 {
			h.days[d] = append(h.days[d], Block{Clock(edges[i] * 15), Clock(edges[i+1] * 15)})
		}
	}
	return h
}
