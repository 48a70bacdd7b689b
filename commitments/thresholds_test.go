package commitments

import (
	"errors"
	"slices"
	"testing"
)

func TestThresholdsOfATeam(t *testing.T) {
	got, err := ParseThresholds(`{"silent-days":"7","silent-within":"0","risk-burn":"3/4","still-on":"250"}`)
	want := DefaultThresholds
	want.SilentDays, want.SilentWithin, want.RiskBurn, want.StillOn = 7, 0, Share{3, 4}, 250
	if err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	if got, err := ParseThresholds("{}"); err != nil || got != DefaultThresholds {
		t.Errorf("no changes: %+v, %v", got, err)
	}
	for _, stored := range []string{"", "[]", `{"silent-days":7}`, `{"silent-days":"x"}`, `{"loud-days":"7"}`} {
		if _, err := ParseThresholds(stored); err == nil {
			t.Errorf("%s is taken", stored)
		}
	}
}

func TestThresholdsRefuse(t *testing.T) {
	for _, c := range [][2]string{
		{"silent-days", "0"}, {"silent-days", "-1"}, {"silent-days", "251"}, {"silent-days", "5.5"}, {"silent-days", ""},
		{"watch-burn", "0.3"}, {"watch-burn", "0/3"}, {"watch-burn", "4/3"}, {"watch-burn", "1/0"}, {"watch-burn", "1/1001"}, {"watch-burn", "1"},
		{"loud-days", "3"}, {"", "3"},
	} {
		th := DefaultThresholds
		if err := th.Set(c[0], c[1]); !errors.Is(err, ErrInvalid) || th != DefaultThresholds {
			t.Errorf("%s=%s: %v, leaves %+v", c[0], c[1], err, th)
		}
	}
}

func TestThresholdNamesCanAllBeSet(t *testing.T) {
	names := ThresholdNames()
	if len(names) != 20 || !slices.IsSorted(names) {
		t.Fatalf("%q", names)
	}
	for _, name := range names {
		value := "17"
		if name == "watch-burn" || name == "risk-burn" {
			value = "5/7"
		}
		th := DefaultThresholds
		if err := th.Set(name, value); err != nil || th == DefaultThresholds {
			t.Errorf("%s=%s: %v, changes nothing", name, value, err)
		}
	}
}

// A team's numbers, and not the defaults, decide.
func TestAssessUsesTheTeamsThresholds(t *testing.T) {
	cal := warsaw(t)
	f := december(cal)
	now := on(cal, "2026-12-14 12:00") // one of five padding days
	for _, c := range []struct {
		name, value string
		want        Stage
	}{{"watch-burn", "1/3", Watch}, {"risk-burn", "1/5", AtRisk}, {"risk-burn", "1/4", Watch}} {
		th := DefaultThresholds
		if err := th.Set(c.name, c.value); err != nil {
			t.Fatal(err)
		}
		if a := Assess(&f, &th, cal, now); a.Stage != c.want {
			t.Errorf("%s=%s: %v, want %s", c.name, c.value, a, c.want)
		}
	}
}
