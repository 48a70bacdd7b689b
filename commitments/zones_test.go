package commitments_test

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// zonesByData are all zones of the data that is compiled into the program. Those with
// the same data go under one of their names; all counts them by every name.
func zonesByData(t *testing.T) (names []string, all int) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	known := map[uint32]bool{}
	for _, f := range archive.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if all++; !known[f.CRC32] {
			known[f.CRC32] = true
			names = append(names, f.Name)
		}
	}
	if all < 400 || len(names) < 200 {
		t.Fatalf("only %d zones: this proves nothing", all)
	}
	return names, all
}

// digestTimes are nine times of the day, each on the day that is hardest for it: clocks
// jump at night, most often on a Sunday, and some of them over Monday's first hour.
var digestTimes = []string{
	"mon 00:00", "mon 00:30", "sun 01:30", "sun 02:00", "sun 02:30", "fri 03:00", "mon 09:00", "sat 23:30", "sun 23:59",
}

// TestG7_F63_OneDigestPerLocalWeek looks at every zone, seven years and nine times of
// day: each local week has exactly one time for its digest. With -v it says how many.
func TestG7_F63_OneDigestPerLocalWeek(t *testing.T) {
	names, all := zonesByData(t)
	digests := 0
	for _, name := range names {
		cal, err := calendar.New(calendar.Spec{Name: name, Zone: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, at := range digestTimes {
			weekly, err := commitments.ParseWeekly(at)
			if err != nil {
				t.Fatal(err)
			}
			digests += weeksOf(t, name, weekly, cal)
		}
	}
	t.Logf("%d zones by %d names × 7 years × %d times of day: %d digests, one for each local week", len(names), all, len(digestTimes), digests)
}

// weeksOf follows the digests of one zone, and wants every week of 2024 to 2030 once,
// at the first moment at which its clocks have reached the time.
func weeksOf(t *testing.T, zone string, weekly commitments.Weekly, cal *calendar.Calendar) (n int) {
	location, err := calendar.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	monday := calendar.NewDate(2024, time.January, 1)
	at := weekly.After(cal.Start(monday)-1, cal)
	for ; monday < calendar.NewDate(2031, time.January, 1); monday += 7 {
		if got, want := commitments.Week(at, cal), commitments.Week(cal.At(monday+3, 12*60), cal); got != want {
			t.Errorf("%s, %s: the digest at %s is of week %s, want %s", zone, weekly, at, got, want)
			return n
		}
		wanted := onClocks(monday+calendar.Date((int(weekly.Day)+6)%7), weekly.Time)
		if wall(at, location).Before(wanted) || !wall(at.Add(-time.Minute), location).Before(wanted) {
			t.Errorf("%s, %s: the digest at %s comes at %s there", zone, weekly, at, wall(at, location))
			return n
		}
		n++
		next := weekly.After(at, cal)
		if next <= at {
			t.Fatalf("%s, %s: after %s comes %s", zone, weekly, at, next)
		}
		at = next
	}
	return n
}

// wall is what the clocks of a zone show, as if they were in UTC.
func wall(at calendar.Instant, location *time.Location) time.Time {
	t := at.Time().In(location)
	_, offset := t.Zone()
	return time.Unix(t.Unix()+int64(offset), 0).UTC()
}

// onClocks is a date and time, as wall shows it.
func onClocks(d calendar.Date, at calendar.Clock) time.Time {
	year, month, day := d.Civil()
	return time.Date(year, month, day, 0, int(at), 0, 0, time.UTC)
}

func TestF68_DigestAtTheTurnOfTheYearAndOnLeapDay(t *testing.T) {
	cal, err := calendar.New(calendar.Spec{Name: "Warsaw", Zone: "Europe/Warsaw"})
	if err != nil {
		t.Fatal(err)
	}
	var weeks []string
	at := cal.At(calendar.NewDate(2026, time.December, 14), 0)
	for range 5 {
		at = commitments.Weekly{Day: time.Thursday, Time: 9 * 60}.After(at, cal)
		weeks = append(weeks, commitments.Week(at, cal))
	}
	if want := []string{"2026-W51", "2026-W52", "2026-W53", "2027-W01", "2027-W02"}; !slices.Equal(weeks, want) {
		t.Errorf("weeks %v, want %v", weeks, want)
	}
	leap := commitments.Weekly{Day: time.Tuesday, Time: 9 * 60}.After(cal.At(calendar.NewDate(2028, time.February, 28), 0), cal)
	if day := cal.Today(leap); day != calendar.NewDate(2028, time.February, 29) || commitments.Week(leap, cal) != "2028-W09" {
		t.Errorf("the digest of leap day is at %s", leap)
	}
}
