package calendar

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// zoneNames are the area/place names of the zone database of 2025.
//
//go:embed testdata/zones.txt
var zoneNames string

// The rule for a time of day on a date, in every zone, around every change of
// its clocks from 2024 to 2030, at nine times of day: exactly one instant,
// later for later dates, and the first at which the clock has come so far.
func TestAtIsOneIncreasingInstantPerDateInEveryZone(t *testing.T) {
	clocks := []Clock{0, 30, 60, 90, 120, 150, 180, 9 * 60, 24 * 60}
	checked := 0
	for name := range strings.FieldsSeq(zoneNames) {
		zone, err := Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		c := Default().In(zone)
		for _, change := range changes(zone, date(t, "2024-01-01"), date(t, "2030-12-31")) {
			for _, clock := range clocks {
				before := c.At(change-3, clock)
				for d := change - 2; d <= change+2; d++ {
					at := c.At(d, clock)
					if at <= before {
						t.Errorf("%s: %v %v is %v, not after %v", name, d, clock, at, before)
					}
					if err := isFirst(c, at, d, clock); err != nil {
						t.Errorf("%s: %v", name, err)
					}
					before = at
					checked++
				}
			}
		}
	}
	if checked < 100_000 {
		t.Errorf("only %d zone-days were checked", checked)
	}
}

// changes are the local dates on which a zone's clocks change, and one more.
func changes(zone *time.Location, from, through Date) []Date {
	dates := []Date{from}
	at := from.utc().In(zone)
	for {
		_, end := at.ZoneBounds()
		if end.IsZero() || dateOf(end) > through {
			return dates
		}
		dates = append(dates, dateOf(end))
		at = end
	}
}

// wall is the reading of a zone's clocks at an instant, in seconds since 1970.
func wall(zone *time.Location, t time.Time) int64 {
	_, offset := t.In(zone).Zone()
	return t.Unix() + int64(offset)
}

// isFirst checks that the clocks have come to clock on d by at, and had not at
// any second of the 40 hours before: between two changes they only go forward,
// so the last second before each change is enough.
func isFirst(c *Calendar, at Instant, d Date, clock Clock) error {
	want := int64(d-unixEpoch)*86400 + int64(clock)*60
	t := at.Time()
	if wall(c.zone, t) < want {
		return fmt.Errorf("%v %v: not reached at %v", d, clock, at)
	}
	for last := t; t.Sub(last) < 40*time.Hour; {
		last = last.Add(-time.Second)
		if wall(c.zone, last) >= want {
			return fmt.Errorf("%v %v: reached before %v, at %v", d, clock, at, last)
		}
		last, _ = last.In(c.zone).ZoneBounds()
		if last.IsZero() {
			break
		}
	}
	return nil
}

func TestAtWhereClocksChange(t *testing.T) {
	for _, row := range []struct{ zone, date, clock, want string }{
		{"America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"}, // skipped: after the gap
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"}, // shown twice: the first
		{"Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00:00Z"},     // no midnight that day
		{"Asia/Beirut", "2026-03-29", "00:30", "2026-03-28T22:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"}, // half an hour only
		{"Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T10:00:00Z"},        // a date that never was
		{"Europe/Warsaw", "2026-12-04", "17:00", "2026-12-04T16:00:00Z"},
		{"Europe/Warsaw", "2026-12-04", "24:00", "2026-12-04T23:00:00Z"},
	} {
		c := mustNew(t, Spec{Zone: row.zone})
		clock, err := ParseClock(row.clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.At(date(t, row.date), clock); got.String() != row.want {
			t.Errorf("%s %s %s is %v, want %s", row.zone, row.date, row.clock, got, row.want)
		}
	}
}

// Due today is not overdue, in any zone: a day's instants are its own.
func TestTodayLiesBetweenStartAndEnd(t *testing.T) {
	for name := range strings.FieldsSeq(zoneNames) {
		c := mustNew(t, Spec{Zone: name})
		for _, d := range changes(c.zone, date(t, "2024-01-01"), date(t, "2030-12-31")) {
			start, end := c.Start(d), c.End(d)
			if c.Today(start) != d || c.Today(end-1) != d || c.Today(end) != d+1 || end != c.Start(d+1) {
				t.Errorf("%s: %v lasts from %v to %v, which are on %v and %v",
					name, d, start, end, c.Today(start), c.Today(end-1))
			}
		}
	}
}

func TestZoneRefusesWhatDependsOnTheMachine(t *testing.T) {
	for _, name := range []string{"Local", "CEST", "Europe/Warszawa", "../etc/passwd", "UTC+1", " ", "Europe/Warsaw\n"} {
		zone, err := Zone(name)
		if err == nil || !strings.Contains(err.Error(), "Europe/Warsaw") {
			t.Errorf("Zone(%q) = %v, %v; want an error that shows the form", name, zone, err)
		}
	}
	for _, name := range []string{"", "UTC"} {
		if zone, err := Zone(name); err != nil || zone != time.UTC {
			t.Errorf("Zone(%q) = %v, %v", name, zone, err)
		}
	}
	first, _ := Zone("Asia/Kathmandu")
	if again, _ := Zone("Asia/Kathmandu"); first == nil || first != again {
		t.Error("a zone was read twice")
	}
}

func TestInReadsTheSameHoursOnOtherClocks(t *testing.T) {
	c := warsaw(t)
	newYork, err := Zone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	there := c.In(newYork)
	d := date(t, "2026-12-04")
	if there.At(d, 540).Sub(c.At(d, 540)) != 6*time.Hour {
		t.Errorf("09:00 is %v there, %v here", there.At(d, 540), c.At(d, 540))
	}
	if there.Why(date(t, "2026-12-24")) != "Wigilia, PL" || c.Zone() != "Europe/Warsaw" || there.Zone() != "America/New_York" {
		t.Errorf("%q, %q, %q", there.Why(date(t, "2026-12-24")), c.Zone(), there.Zone())
	}
}

// answers are results that must be the same on every machine.
func answers(t *testing.T) string {
	c := warsaw(t)
	w, err := ParseWhen("fri at 17:00", instant(t, "2026-11-19T22:59:00Z"), c)
	return fmt.Sprint(c.At(date(t, "2026-03-29"), 150), c.Today(instant(t, "2026-12-03T23:30:00Z")), w.Moment(c), err)
}

// I13, F67: neither TZ nor a missing zone database changes an answer. The test
// runs itself again in such environments.
func TestI13_TheMachinesZoneDoesNotMatter(t *testing.T) {
	const inChild = "KEPT_TEST_ZONE_ANSWERS"
	if os.Getenv(inChild) != "" {
		fmt.Println("answers:", answers(t))
		return
	}
	want := "answers: " + answers(t)
	for _, env := range []string{"TZ=garbage", "TZ=America/Sao_Paulo", "ZONEINFO=" + t.TempDir()} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestI13_TheMachinesZoneDoesNotMatter$")
		cmd.Env = append(os.Environ(), inChild+"=1", env)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v\n%swant %s", env, err, out, want)
		}
	}
}
