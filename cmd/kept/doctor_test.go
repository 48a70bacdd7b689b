package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// TestF67_AZoneThatIsNoMoreIsTold: kept status warns, and kept doctor says whose it is
// and what to do. Neither stops for it.
func TestF67_AZoneThatIsNoMoreIsTold(t *testing.T) {
	vars := inNewDatabase(t)
	raw, err := sql.Open("sqlite3", vars["KEPT_DB"])
	must(t, err)
	_, err = raw.Exec("UPDATE people SET zone = 'Mars/Base'; UPDATE calendars SET zone = 'Europe/Atlantis'")
	must(t, err)
	must(t, raw.Close())
	if status, out, errs := kept(t, vars, "sweep"); status != 0 {
		t.Errorf("sweep: %d %s%s", status, out, errs)
	}
	if status, out, _ := kept(t, vars, "status"); status != 0 || !strings.Contains(out, "! time zones that are not known, in whose place UTC is used: Europe/Atlantis, Mars/Base") {
		t.Errorf("status: %d %s", status, out)
	}
	status, out, _ := kept(t, vars, "doctor")
	for _, want := range []string{
		`✗ Ada: "Mars/Base" is not a time zone`, "UTC is used in its place", "kept person edit 1 --zone ZONE",
		`✗ calendar default: "Europe/Atlantis" is not a time zone`, "kept calendar edit default --zone ZONE",
	} {
		if status != 1 || !strings.Contains(out, want) {
			t.Errorf("doctor: %d, without %q: %s", status, want, out)
		}
	}
	for _, mend := range [][]string{{"person", "edit", "1", "--zone", "Europe/Warsaw"}, {"calendar", "edit", "default", "--zone", "Europe/Warsaw"}} {
		if status, _, errs := kept(t, vars, mend...); status != 0 {
			t.Errorf("%q: %d %s", mend, status, errs)
		}
	}
	if _, out, _ := kept(t, vars, "status"); strings.Contains(out, "time zones") {
		t.Errorf("mended, it still warns: %s", out)
	}
}

func TestDoctorKnowsOfTheNightlyCheck(t *testing.T) {
	vars := inNewDatabase(t)
	s, err := store.Open(t.Context(), vars["KEPT_DB"])
	must(t, err)
	defer s.Close()
	ran := calendar.InstantOf(time.Now().Add(-3 * 24 * time.Hour))
	must(t, s.Ran(t.Context(), store.JobCheck, ran))
	if _, out, _ := kept(t, vars, "doctor"); !strings.Contains(out, "✗ no nightly check has found all of it whole since "+ran.String()) {
		t.Errorf("an old check: %s", out)
	}
	must(t, s.Check(t.Context()))
	if _, out, _ := kept(t, vars, "doctor"); !strings.Contains(out, "✓ the last nightly check found all of it whole, at ") {
		t.Errorf("a check of now: %s", out)
	}
}
