package holidays

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kept/commitments/calendar"
)

// event wraps the lines of one event in a calendar file.
func event(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n" +
		strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// written lists days as "2026-12-24 Wigilia".
func written(days []calendar.Day) []string {
	var list []string
	for _, d := range days {
		line := d.Date.String() + " " + d.Name
		if d.Works {
			line += " (works)"
		}
		list = append(list, line)
	}
	return list
}

func TestReadICS(t *testing.T) {
	for name, row := range map[string]struct {
		file string
		want []string
	}{
		"one day": {
			event("SUMMARY:Wigilia", "DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261225"),
			[]string{"2026-12-24 Wigilia"}},
		"one day, by its start alone": {
			event("SUMMARY:Wigilia", "DTSTART:20261224"),
			[]string{"2026-12-24 Wigilia"}},
		"one day, ending on itself": {
			event("SUMMARY:Wigilia", "DTSTART:20261224", "DTEND:20261224"),
			[]string{"2026-12-24 Wigilia"}},
		"several days, the end excluded": {
			event("SUMMARY:closed for summer", "DTSTART:20260803", "DTEND:20260806"),
			[]string{"2026-08-03 closed for summer", "2026-08-04 closed for summer", "2026-08-05 closed for summer"}},
		"a duration": {
			event("SUMMARY:x", "DTSTART:20260803", "DURATION:P2D"), []string{"2026-08-03 x", "2026-08-04 x"}},
		"weeks, cut to the years": {
			event("SUMMARY:x", "DTSTART:20271230", "DURATION:P1W"), []string{"2027-12-30 x", "2027-12-31 x"}},
		"yearly": {
			event("SUMMARY:x", "DTSTART:20010501", "RRULE:FREQ=YEARLY"), []string{"2026-05-01 x", "2027-05-01 x"}},
		"every second year": {
			event("SUMMARY:x", "DTSTART:20250501", "RRULE:FREQ=YEARLY;INTERVAL=2"), []string{"2027-05-01 x"}},
		"until": {
			event("SUMMARY:x", "DTSTART:20250501", "RRULE:FREQ=YEARLY;UNTIL=20260501T000000Z"), []string{"2026-05-01 x"}},
		"a number of times": {
			event("SUMMARY:x", "DTSTART:20250501", "RRULE:FREQ=YEARLY;COUNT=2"), []string{"2026-05-01 x"}},
		"the fourth Thursday": {
			event("SUMMARY:x", "DTSTART:20201126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"), []string{"2026-11-26 x", "2027-11-25 x"}},
		"the last Monday": {
			event("SUMMARY:x", "DTSTART:20200525", "RRULE:FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5;WKST=SU"), []string{"2026-05-25 x", "2027-05-31 x"}},
		"but not that year": {
			event("SUMMARY:x", "DTSTART:20010501", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20260501"), []string{"2027-05-01 x"}},
		"not before it began": {
			event("SUMMARY:x", "DTSTART:20270501", "RRULE:FREQ=YEARLY"), []string{"2027-05-01 x"}},
		"cancelled": {
			event("SUMMARY:x", "DTSTART:20260501", "STATUS:CANCELLED"), nil},
		"nobody has it off": {
			event("SUMMARY:Mother's Day", "DTSTART:20260510", `DESCRIPTION:Observance\nTo hide observances\, change the settings`), nil},
		"a folded and escaped name": {
			event("SUMMARY:Christmas Eve\\, from", "  noon", "DTSTART:20261224"), []string{"2026-12-24 Christmas Eve, from noon"}},
		"a byte order mark": {
			"\uFEFF" + event("SUMMARY:x", "DTSTART:20261224"), []string{"2026-12-24 x"}},
		"bare line feeds": {
			strings.ReplaceAll(event("SUMMARY:x", "DTSTART:20261224"), "\r\n", "\n"), []string{"2026-12-24 x"}},
	} {
		days, err := ReadICS(strings.NewReader(row.file), 2026, 2027)
		if got := written(days); err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, row.want)
		}
	}
}

// F68: a 29 February is repeated in leap years.
func TestF68_LeapDayIsRepeatedInLeapYears(t *testing.T) {
	file := event("SUMMARY:x", "DTSTART:20240229", "RRULE:FREQ=YEARLY")
	days, err := ReadICS(strings.NewReader(file), 2024, 2033)
	if got := written(days); err != nil || !slices.Equal(got, []string{"2024-02-29 x", "2028-02-29 x", "2032-02-29 x"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReadICSRefuses(t *testing.T) {
	for want, file := range map[string]string{
		"not an iCalendar file": "date,name\n2026-12-24,Wigilia\n",
		"0 events":              "",
		"not UTF-8":             event("SUMMARY:\xff", "DTSTART:20261224"),
		`event 1 ("Standup"): DTSTART: "20261224T090000"`: event("SUMMARY:Standup", "DTSTART:20261224T090000"),
		`DTSTART: "2026-02-30" is a day that does not`:    event("SUMMARY:x", "DTSTART:20260230"),
		`DTSTART: "" is not a date`:                       event("SUMMARY:x"),
		"DTEND":                                           event("SUMMARY:x", "DTSTART:20261224", "DTEND:tomorrow"),
		"lasts -1 days":                                   event("SUMMARY:x", "DTSTART:20261224", "DTEND:20261223"),
		"lasts 367 days":                                  event("SUMMARY:x", "DTSTART:20260101", "DTEND:20270103"),
		"DURATION":                                        event("SUMMARY:x", "DTSTART:20260101", "DURATION:PT8H"),
		"has no name":                                     event("DTSTART:20260101"),
		"control characters":                              event("SUMMARY:x\x1b[31m", "DTSTART:20260101"),
		"the name has 121 letters":                        event("SUMMARY:"+strings.Repeat("ł", 121), "DTSTART:20260101"),
		"only FREQ=YEARLY":                                event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=WEEKLY"),
		`RRULE: "BYYEARDAY=100": is not understood`:       event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=YEARLY;BYYEARDAY=100"),
		`"BYDAY=MO"`:                                      event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=MO"),
		"BYDAY needs BYMONTH":                             event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=YEARLY;BYDAY=1MO"),
		`"INTERVAL=0"`:                                    event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=YEARLY;INTERVAL=0"),
		`"UNTIL="`:                                        event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=YEARLY;UNTIL="),
		"RDATE is not understood":                         event("SUMMARY:x", "DTSTART:20260101", "RDATE:20260102"),
		"EXDATE":                                          event("SUMMARY:x", "DTSTART:20260101", "RRULE:FREQ=YEARLY", "EXDATE:never"),
		"larger than 1024 KiB":                            event("SUMMARY:" + strings.Repeat("x", maxFile)),
	} {
		days, err := ReadICS(strings.NewReader(file), 2026, 2027)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q, %v; want an error with %q", written(days), err, want)
		}
	}
}

// A hostile file must cost no more than a refusal.
func TestReadICSRefusesFilesBuiltToHurt(t *testing.T) {
	one := "BEGIN:VEVENT\nSUMMARY:x\nDTSTART:20260101\nEND:VEVENT\n"
	for want, body := range map[string]string{
		"5001 events":             strings.Repeat(one, maxEvents+1) + "END:VCALENDAR\n",
		"nested more than 8 deep": strings.Repeat("BEGIN:X\n", maxFile/9),
	} {
		_, err := ReadICS(strings.NewReader("BEGIN:VCALENDAR\n"+body), 2026, 2027)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}

func TestReadCSV(t *testing.T) {
	want := []string{"2026-12-24 Wigilia", "2026-12-12 for 24 December (works)"}
	for _, file := range []string{
		"date,name,works\n2026-12-24,Wigilia,no\n2026-12-12,for 24 December,yes\n",
		"Works;Name;Date\r\n;Wigilia;2026-12-24\r\nTRUE; for 24  December;2026-12-12\r\n",
		"date,name,works\n\n2026-12-24,Wigilia,0\n2026-12-12,\"for\n24 December\",1",
	} {
		days, err := ReadCSV(strings.NewReader(file))
		if got := written(days); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", file, got, err, want)
		}
	}
}

func refuseCSV(t *testing.T, files map[string]string) {
	t.Helper()
	for file, want := range files {
		days, err := ReadCSV(strings.NewReader(file))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %q, %v; want an error with %q", file, written(days), err, want)
		}
	}
}

func TestI15_BOMIsStripped(t *testing.T) {
	days, err := ReadCSV(strings.NewReader("\uFEFFdate,name\n2026-12-24,Wigilia\n"))
	if err != nil || len(days) != 1 {
		t.Errorf("%q, %v", written(days), err)
	}
}

func TestI16_I17_OtherEncodingsAreRefused(t *testing.T) {
	refuseCSV(t, map[string]string{
		"\xff\xfed\x00a\x00t\x00e\x00":                    "not UTF-8",
		"date,name\n2026-11-01,Wszystkich \x8cwi\xeatych": "not UTF-8",
	})
}

func TestI19_LineEndsOfOldAreRefused(t *testing.T) {
	refuseCSV(t, map[string]string{"date,name\r2026-12-24,Wigilia\r": "row 1: expected the column names"})
}

func TestI20_I21_BrokenRowsAreRefused(t *testing.T) {
	refuseCSV(t, map[string]string{
		"date,name\n2026-12-24\n":             "line 2: wrong number of fields",
		"date,name\n2026-12-24,a,b\n":         "line 2: wrong number of fields",
		"date,name\n2026-12-24,\"Wigilia\n":   "line 2",
		"date,name\n2026-12-24,Wi\"gi\"lia\n": "line 2",
	})
}

func TestI22_I23_HeadersAreRequired(t *testing.T) {
	days, err := ReadCSV(strings.NewReader("date,name\n"))
	if err != nil || len(days) != 0 {
		t.Errorf("a table without rows: %q, %v", written(days), err)
	}
	refuseCSV(t, map[string]string{
		"":                                   "row 1: expected",
		"\n\n":                               "row 1: expected",
		"2026-12-24,Wigilia\n":               "row 1: expected",
		"date,title\n2026-12-24,x\n":         "row 1: expected",
		"date,name,name\n2026-12-24,x,y\n":   "row 1: expected",
		"date,name,colour\n2026-12-24,x,y\n": "row 1: expected",
	})
}

func TestI24_ControlCharactersAreRefused(t *testing.T) {
	refuseCSV(t, map[string]string{
		"date,name\n2026-12-24,Wi\x1b[31mgilia\n": "row 2: name: the name",
		"date,name\n2026-12-24,Wi\x00gilia\n":     "not UTF-8 text",
	})
}

func TestI33_OtherFormsOfDatesAreRefused(t *testing.T) {
	for _, text := range []string{"45292", "1.2.2026", "2026-1-5", "24/12/2026", "2026-02-30", "", "1989-12-31"} {
		refuseCSV(t, map[string]string{fmt.Sprintf("date,name\n2026-05-01,ok\n%s,x\n", text): "row 3: date:"})
	}
}

func TestCSVRowsAreNamedInErrors(t *testing.T) {
	refuseCSV(t, map[string]string{
		"date,name\n2026-05-01,x\n\n2026-05-01,y\n": "rows 2 and 4: both are for 2026-05-01",
		"date,name\n2026-05-01,\n":                  "row 2: name: has no name",
		"date,name,works\n2026-05-01,x,maybe\n":     `row 2: works: "maybe"`,
		strings.Repeat("date,name\n", maxFile/8):    "larger than",
	})
}

func FuzzReadICS(f *testing.F) {
	f.Add(event("SUMMARY:x", "DTSTART:20010501", "DTEND:20010503", "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "EXDATE:20260501"))
	f.Add(event("SUMMARY:x", "DTSTART;VALUE=DATE:20240229", "DURATION:P2W", "RRULE:FREQ=YEARLY;INTERVAL=4;COUNT=3;UNTIL=20400101"))
	f.Fuzz(func(t *testing.T, file string) {
		days, err := ReadICS(strings.NewReader(file), 2020, 2030)
		checkRead(t, days, err)
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("date,name,works\n2026-12-24,Wigilia,no\n")
	f.Add("\uFEFFname;date\n\"a\nb\";2026-12-24\n")
	f.Fuzz(func(t *testing.T, file string) {
		days, err := ReadCSV(strings.NewReader(file))
		checkRead(t, days, err)
	})
}

// checkRead holds for whatever was read: it makes a calendar, or an error that
// can be shown on one line.
func checkRead(t *testing.T, days []calendar.Day, err error) {
	if err != nil {
		if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("error %q", err)
		}
		return
	}
	if _, err := calendar.New(calendar.Spec{Days: days}); err != nil {
		t.Error(err)
	}
}
