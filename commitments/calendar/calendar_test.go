package calendar

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustNew(t testing.TB, s Spec) *Calendar {
	t.Helper()
	c, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// warsaw has the holidays around the end of 2026, a closure and an extra
// working Saturday.
func warsaw(t testing.TB) *Calendar {
	return mustNew(t, Spec{Name: "warsaw", Zone: "Europe/Warsaw", Region: "PL", Days: []Day{
		{Date: date(t, "2026-11-11"), Name: "Narodowe Święto Niepodległości"},
		{Date: date(t, "2026-12-24"), Name: "Wigilia"},
		{Date: date(t, "2026-12-25"), Name: "pierwszy dzień Bożego Narodzenia"},
		{Date: date(t, "2026-12-26"), Name: "drugi dzień Bożego Narodzenia"},
		{Date: date(t, "2026-12-31"), Name: "closed: stocktaking"},
		{Date: date(t, "2027-01-01"), Name: "Nowy Rok"},
		{Date: date(t, "2026-12-12"), Name: "for 24 December", Works: true},
	}})
}

func TestWhyNamesTheReason(t *testing.T) {
	c := warsaw(t)
	for day, want := range map[string]string{
		"2026-12-23": "",
		"2026-12-24": "Wigilia, PL",
		"2026-12-26": "drugi dzień Bożego Narodzenia, PL",
		"2026-12-27": "weekend",
		"2026-12-31": "closed: stocktaking",
		"2026-12-12": "",
	} {
		if got := c.Why(date(t, day)); got != want {
			t.Errorf("Why(%s) = %q, want %q", day, got, want)
		}
	}
	short := mustNew(t, Spec{Hours: "mon-thu 09:00-17:00", Days: []Day{{Date: date(t, "2026-12-24"), Name: "Christmas Eve"}, {Date: date(t, "2026-12-28")}}})
	for day, want := range map[string]string{
		"2026-12-18": "no work on Fridays",
		"2026-12-24": "Christmas Eve",
		"2026-12-28": "closed",
	} {
		if got := short.Why(date(t, day)); got != want {
			t.Errorf("Why(%s) = %q, want %q", day, got, want)
		}
	}
}

func TestSkippedListsDaysOffWithReasons(t *testing.T) {
	var got []string
	for _, d := range warsaw(t).Skipped(date(t, "2026-12-22"), date(t, "2026-12-28")) {
		got = append(got, d.Date.Short()+" skipped: "+d.Name)
	}
	want := []string{
		"Thu 24 Dec skipped: Wigilia, PL",
		"Fri 25 Dec skipped: pierwszy dzień Bożego Narodzenia, PL",
		"Sat 26 Dec skipped: drugi dzień Bożego Narodzenia, PL",
		"Sun 27 Dec skipped: weekend",
	}
	if !slices.Equal(got, want) {
		t.Errorf("skipped %q, want %q", got, want)
	}
}

func TestWorkdayArithmetic(t *testing.T) {
	c := warsaw(t)
	for _, row := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-12-23", 1, "2026-12-28"},
		{"2026-12-24", 1, "2026-12-28"},
		{"2026-12-24", 0, "2026-12-24"},
		{"2026-12-28", -1, "2026-12-23"},
		{"2026-12-25", -1, "2026-12-23"},
		{"2026-12-11", 1, "2026-12-12"},
		{"2026-12-30", 1, "2027-01-04"},
	} {
		if got := c.AddWorkdays(date(t, row.from), row.n); got.String() != row.want {
			t.Errorf("AddWorkdays(%s, %d) = %v, want %s", row.from, row.n, got, row.want)
		}
	}
	if got := c.Workdays(date(t, "2026-12-22"), date(t, "2026-12-28")); got != 2 {
		t.Errorf("Workdays over Christmas = %d, want 2", got)
	}
	if got := c.Workdays(date(t, "2026-12-28"), date(t, "2026-12-22")); got != 0 {
		t.Errorf("Workdays backwards = %d, want 0", got)
	}
}

func TestNewNamesTheFieldItRefuses(t *testing.T) {
	never := mustNew(t, Spec{Hours: "mon 09:00-17:00"})
	var mondays []Day
	for d := never.NextWorkday(MinDate); d <= MaxDate; d += 7 {
		mondays = append(mondays, Day{Date: d, Name: "closed"})
	}
	for want, spec := range map[string]Spec{
		`zone: "Mars/Olympus" is not a time zone: write a name such as Europe/Warsaw`: {Zone: "Mars/Olympus"},
		`zone: "Local"`:   {Zone: "Local"},
		`hours: "always"`: {Hours: "always"},
		`days: "early" on Sun 31 Dec 1989: days go from 1990-01-01`: {Days: []Day{{Date: date(t, "1989-12-31"), Name: "early"}}},
		`days: "none" on no date`:                                   {Days: []Day{{Name: "none"}}},
	} {
		if _, err := New(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(%+v): %v, want %q", spec, err, want)
		}
	}
	if _, err := New(Spec{Hours: "mon 09:00-17:00", Days: mondays}); err == nil {
		t.Error("a calendar with no working day left in two centuries was accepted")
	}
}

func TestOfTwoDaysForOneDateTheWorkingOneWins(t *testing.T) {
	d := date(t, "2026-12-24")
	off, on := Day{Date: d, Name: "Wigilia"}, Day{Date: d, Name: "all hands", Works: true}
	for _, days := range [][]Day{{off, on}, {on, off}} {
		if c := mustNew(t, Spec{Days: days}); !c.IsWorkday(d) {
			t.Errorf("%v: not worked", days)
		}
	}
}

func TestDefaultIsWeekdaysInUTC(t *testing.T) {
	c := Default()
	if c.Name() != "default" || c.Zone() != "UTC" || c.Hours().String() != DefaultHours || c.Region() != "" {
		t.Errorf("default is %q %q %q %q", c.Name(), c.Zone(), c.Hours(), c.Region())
	}
	if c.IsWorkday(date(t, "2026-11-21")) || !c.IsWorkday(date(t, "2026-12-25")) {
		t.Error("default does not work Monday to Friday without holidays")
	}
	if from, through := c.Known(); from != 0 || through != 0 {
		t.Errorf("default knows holidays from %v to %v", from, through)
	}
}

func TestKnownSpansYearsWithHolidaysOnly(t *testing.T) {
	c := mustNew(t, Spec{Days: []Day{
		{Date: date(t, "2025-12-24"), Name: "Wigilia"},
		{Date: date(t, "2027-01-01"), Name: "Nowy Rok"},
		{Date: date(t, "2031-05-05"), Name: "closed"},
		{Date: date(t, "2030-05-05"), Name: "working Sunday", Works: true},
	}})
	from, through := c.Known()
	if from.String() != "2025-01-01" || through.String() != "2027-12-31" {
		t.Errorf("known from %v to %v", from, through)
	}
}

// plain answers the same questions by looking at one day after another.
type plain struct {
	mask uint8
	days map[Date]bool // exceptions: worked?
}

func (p plain) works(d Date) bool {
	if works, ok := p.days[d]; ok {
		return works
	}
	return p.mask>>d.Weekday()&1 == 1
}

func (p plain) add(d Date, n int) Date {
	step := Date(1)
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		d += step
		if p.works(d) {
			n--
		}
	}
	return d
}

func (p plain) count(after, through Date) (n int) {
	for d := after + 1; d <= through; d++ {
		if p.works(d) {
			n++
		}
	}
	return n
}

// anyCalendar draws a calendar and its plain double, with exceptions around a
// date.
func anyCalendar(t *rapid.T, around Date) (*Calendar, plain) {
	hours := anyHours(t)
	zone := rapid.SampledFrom([]string{"", "Europe/Warsaw", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"}).Draw(t, "zone")
	p := plain{hours.mask(), map[Date]bool{}}
	var days []Day
	for _, offset := range rapid.SliceOfNDistinct(rapid.IntRange(-400, 400), 0, 80, rapid.ID).Draw(t, "exceptions") {
		d := min(max(around+Date(offset), MinDate), MaxDate)
		if _, taken := p.days[d]; taken {
			continue
		}
		works := rapid.Bool().Draw(t, "works")
		p.days[d] = works
		days = append(days, Day{Date: d, Name: "x", Works: works})
	}
	c, err := New(Spec{Zone: zone, Hours: hours.String(), Days: days})
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

func TestWorkdaysEqualCountingDayByDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Also dates beyond the table on both sides, and across its edges.
		d := Date(rapid.Int32Range(int32(tableFrom)-900, int32(tableFrom)+tableDays+900).Draw(t, "d"))
		c, p := anyCalendar(t, d)
		n := rapid.IntRange(-300, 300).Draw(t, "n")
		if got, want := c.AddWorkdays(d, n), p.add(d, n); got != want {
			t.Errorf("AddWorkdays(%v, %d) = %v, want %v", d, n, got, want)
		}
		other := d + Date(rapid.IntRange(-50, 700).Draw(t, "span"))
		if got, want := c.Workdays(d, other), p.count(d, other); got != want {
			t.Errorf("Workdays(%v, %v) = %d, want %d", d, other, got, want)
		}
		if got := c.IsWorkday(d); got != p.works(d) {
			t.Errorf("IsWorkday(%v) = %v", d, got)
		}
		if got, want := c.NextWorkday(d), p.add(d-1, 1); got != want {
			t.Errorf("NextWorkday(%v) = %v, want %v", d, got, want)
		}
		if got, want := c.PrevWorkday(d), p.add(d+1, -1); got != want {
			t.Errorf("PrevWorkday(%v) = %v, want %v", d, got, want)
		}
	})
}

// The rule of padding: target and promise are each other's inverse.
func TestAddingAndCountingAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "d")
		c, _ := anyCalendar(t, d)
		n := rapid.IntRange(1, 20000).Draw(t, "n")
		later := c.AddWorkdays(d, n)
		if got := c.Workdays(d, later); got != n || !c.IsWorkday(later) {
			t.Errorf("%d working days after %v is %v, with %d between", n, d, later, got)
		}
		if back := c.AddWorkdays(later, -n); c.NextWorkday(d) == d && back != d {
			t.Errorf("%d before %v is %v, want %v", n, later, back, d)
		}
	})
}

func TestSkippedAndWorkdaysMakeUpTheSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "d")
		c, _ := anyCalendar(t, d)
		span := rapid.IntRange(0, 500).Draw(t, "span")
		through := d + Date(span)
		if got := c.Workdays(d, through) + len(c.Skipped(d, through)); got != span {
			t.Errorf("worked and skipped make %d of %d days", got, span)
		}
	})
}

func TestArithmeticAllocatesNothing(t *testing.T) {
	c, d := warsaw(t), date(t, "2026-11-20")
	allocs := testing.AllocsPerRun(100, func() {
		far := c.AddWorkdays(d, 250)
		if c.Workdays(d, far) != 250 || c.NextWorkday(c.PrevWorkday(d)) == 0 {
			t.Fatal("wrong day")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// Go's Time.ZoneBounds gives bounds that do not hold the time on 31 December of leap
// years after 2037: a loop over them would never end.
func TestLastDayOfLeapYearsAfterTheZoneTableEnds(t *testing.T) {
	for _, zone := range []string{"Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "America/Santiago"} {
		c, err := New(Spec{Name: zone, Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		for year := 2036; year <= 2200; year++ {
			before := c.Start(NewDate(year, 12, 29))
			for d := NewDate(year, 12, 30); d <= NewDate(year+1, 1, 2); d++ {
				if got := c.Start(d); got.Sub(before) != 24*time.Hour || c.Today(got) != d || c.Today(got-1) != d-1 {
					t.Errorf("%s: %s begins at %s, %s after the day before", zone, d, got, got.Sub(before))
				}
				before = c.Start(d)
			}
		}
	}
}
