package commitments

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kept/commitments/calendar"
)

func rule(t testing.TB, s string) Rule {
	t.Helper()
	r, err := ParseRule(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRule(t *testing.T) {
	for _, s := range []string{"0d", "5d", "1000d", "1%", "20%", "1000%", "learned:50", "learned:99"} {
		if r, err := ParseRule(s); err != nil || r.String() != s || r.IsZero() {
			t.Errorf("%s: %v %q %v", s, r, r.String(), err)
		}
	}
	if r, err := ParseRule(""); err != nil || !r.IsZero() || r.String() != "" {
		t.Errorf("no rule: %v %v", r, err)
	}
	for _, s := range []string{"5", "d", "%", "-0d", "-1d", "+5d", "5.5d", "1001d", "0%", "1001%", "learned:", "learned:49", "learned:100", "learned", "5 d", "soon"} {
		if _, err := ParseRule(s); !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), "padding: ") {
			t.Errorf("%q: %v, want wrong use of padding", s, err)
		}
	}
}

func TestResolveRule(t *testing.T) {
	none := Rule{}
	five, ten, learned := rule(t, "5d"), rule(t, "10%"), rule(t, "learned:95")
	for _, c := range []struct {
		name      string
		typed     Rule
		inherited []Source
		rule, why string
		warnings  int
	}{
		{"typed", five, []Source{{"customer Acme", ten}}, "5d", "5d, as typed", 0},
		{"0d is a rule", rule(t, "0d"), []Source{{"customer Acme", ten}}, "0d", "0d, as typed", 0},
		{"first of those inherited", none, []Source{{"customer Acme", none}, {"kind SSO", ten}, {"team North", five}}, "10%", "10% of kind SSO", 0},
		{"inherited 0d", none, []Source{{"customer Acme", rule(t, "0d")}}, "0d", "0d of customer Acme", 0},
		{"default", none, []Source{{"customer Acme", none}}, "20%", "20%, the default", 0},
		{"learned is passed over", none, []Source{{"customer Acme", learned}, {"team North", five}}, "5d", "5d of team North", 1},
		{"learned of all", none, []Source{{"customer Acme", learned}, {"team North", learned}}, "20%", "20%, the default", 2},
	} {
		r, why, warnings, err := ResolveRule(c.typed, c.inherited...)
		if err != nil || r.String() != c.rule || why != c.why || len(warnings) != c.warnings {
			t.Errorf("%s: %s, %q, %v, %v", c.name, r, why, warnings, err)
		}
	}
	_, _, warnings, _ := ResolveRule(none, Source{"customer Acme", learned})
	if want := "learned:95 of customer Acme needs history that Kept does not have yet; the next rule was used"; warnings[0].Text != want {
		t.Errorf("%q, want %q", warnings[0].Text, want)
	}
	if _, _, _, err := ResolveRule(learned, Source{"customer Acme", five}); !errors.Is(err, ErrRefused) {
		t.Errorf("typed learned: %v, want refused", err)
	}
}

func TestPlanDates(t *testing.T) {
	cal := warsaw(t)
	const made = "2026-12-01" // a Tuesday
	for _, c := range []struct {
		name, rule, target, promise string
		wantTarget, wantPromise     string
		padding                     int
		warned                      string
	}{
		{"promise is the n-th working day after", "5d", "2026-12-11", "", "2026-12-11", "2026-12-18", 5, ""},
		{"promise moves over holidays", "2d", "2026-12-23", "", "2026-12-23", "2026-12-29", 2, ""},
		{"target is the latest with n after it", "5d", "", "2026-12-18", "2026-12-11", "2026-12-18", 5, ""},
		{"target moves over holidays", "2d", "", "2026-12-29", "2026-12-23", "2026-12-29", 2, ""},
		{"typed promise on a Saturday stays", "1d", "", "2026-12-19", "2026-12-17", "2026-12-19", 1, "day-off"},
		{"typed target on a Sunday stays", "1d", "2026-12-13", "", "2026-12-13", "2026-12-14", 1, "day-off"},
		{"no padding copies the target", "0d", "2026-12-11", "", "2026-12-11", "2026-12-11", 0, ""},
		{"no padding copies a promise on a day off", "0d", "", "2026-12-24", "2026-12-24", "2026-12-24", 0, "day-off"},
		{"both are counted", "1d", "2026-12-11", "2026-12-18", "2026-12-11", "2026-12-18", 5, ""},
		{"both on one day", "1d", "2026-12-11", "2026-12-11", "2026-12-11", "2026-12-11", 0, ""},
		{"20% of 8 days up to the target", "20%", "2026-12-11", "", "2026-12-11", "2026-12-15", 2, ""},
		{"20% of 5 days", "20%", "2026-12-08", "", "2026-12-08", "2026-12-09", 1, ""},
		{"20% of a day is at least 1", "20%", "2026-12-02", "", "2026-12-02", "2026-12-03", 1, ""},
		{"20% of nothing is at least 1", "20%", made, "", made, "2026-12-02", 1, ""},
		{"20% before a promise", "20%", "", "2026-12-15", "2026-12-11", "2026-12-15", 2, ""},
		{"target on the day made", "20%", "", "2026-12-02", made, "2026-12-02", 1, ""},
		{"no room: the day made", "20%", "", made, made, made, 0, "little-padding"},
		{"no room for 5d: the day made", "5d", "", "2026-12-03", made, "2026-12-03", 2, "little-padding"},
		{"past the known holidays", "5d", "2026-12-29", "", "2026-12-29", "2027-01-05", 5, "beyond-calendar"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := PlanDates(day(made), day(c.target), day(c.promise), rule(t, c.rule), c.rule, cal)
			if err != nil || p.Target != day(c.wantTarget) || p.Promise != day(c.wantPromise) || p.Padding != c.padding {
				t.Errorf("%s to %s, padding %d, %v", p.Target, p.Promise, p.Padding, err)
			}
			codes := ""
			for _, w := range p.Warnings {
				codes += w.Code
			}
			if codes != c.warned {
				t.Errorf("warned of %q, want %q", codes, c.warned)
			}
		})
	}
}

func TestPlanDatesRefusesAPromiseBeforeTheTarget(t *testing.T) {
	_, err := PlanDates(day("2026-12-01"), day("2026-12-11"), day("2026-12-10"), Rule{}, "", warsaw(t))
	want := "promise: Thu 10 Dec 2026 is before the target, Fri 11 Dec 2026: the promise comes after it"
	if !errors.Is(err, ErrRefused) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestPlanDatesNamesEverySkippedDay(t *testing.T) {
	p, _ := PlanDates(day("2026-12-01"), day("2026-12-23"), 0, rule(t, "1d"), "1d, as typed", warsaw(t))
	got := ""
	for _, s := range p.Skipped {
		got += s.Date.Short() + " skipped: " + s.Why + "\n"
	}
	want := "Thu 24 Dec skipped: Wigilia, PL\nFri 25 Dec skipped: Boże Narodzenie, PL\nSat 26 Dec skipped: weekend\nSun 27 Dec skipped: weekend\n"
	if got != want || p.Promise != day("2026-12-28") || p.Why != "1d, as typed" {
		t.Errorf("%s %q\n%swant\n%s", p.Promise, p.Why, got, want)
	}
}

func TestPlanDatesWarnsInWords(t *testing.T) {
	cal := warsaw(t)
	off, _ := PlanDates(day("2026-12-01"), 0, day("2026-12-24"), rule(t, "1d"), "1d, as typed", cal)
	if want := "the promise, Thu 24 Dec 2026, is a day off (Wigilia, PL)"; off.Warnings[0].Text != want {
		t.Errorf("%q, want %q", off.Warnings[0].Text, want)
	}
	tight, _ := PlanDates(day("2026-12-01"), 0, day("2026-12-02"), rule(t, "5d"), "5d of team North", cal)
	if want := "there is no room for 5d of team North before the promise: the target is the day made"; tight.Warnings[0].Text != want {
		t.Errorf("%q, want %q", tight.Warnings[0].Text, want)
	}
}

func TestPlanDatesByTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made := drawBase(t)
		cal := drawCalendar(t, made)
		typed := made + Date(rapid.IntRange(0, 60).Draw(t, "typed"))
		r := Rule{Percent: rapid.IntRange(1, 300).Draw(t, "percent")}
		if rapid.Bool().Draw(t, "fixed") {
			r = Rule{fixed: true, Days: rapid.IntRange(0, 15).Draw(t, "days")}
		}
		forth, err := PlanDates(made, typed, 0, r, "", cal)
		if want := promiseByHand(made, typed, r, cal); err != nil || forth.Target != typed || forth.Promise != want {
			t.Fatalf("%s from made %s, target %s: promise %s, want %s", r, made, typed, forth.Promise, want)
		}
		back, err := PlanDates(made, 0, typed, r, "", cal)
		want := targetByHand(made, typed, r, cal)
		if err != nil || back.Promise != typed || back.Target != max(want, made) || warned(back, "little-padding") != (want < made) {
			t.Fatalf("%s from made %s, promise %s: target %s, want %s; %v", r, made, typed, back.Target, want, back.Warnings)
		}
		for _, p := range []Plan{forth, back} {
			if p.Padding != countDays(cal, p.Target, p.Promise) || len(p.Skipped) != int(p.Promise-p.Target)-p.Padding {
				t.Fatalf("%+v", p)
			}
		}
	})
}

func warned(p Plan, code string) bool {
	for _, w := range p.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

// needed is the padding that a rule wants for a target, by its definition.
func needed(made, target Date, r Rule, cal *calendar.Calendar) int {
	if r.fixed {
		return r.Days
	}
	n := 1
	for 100*n < r.Percent*countDays(cal, made, target) {
		n++
	}
	return n
}

// promiseByHand goes on day by day until there is padding enough.
func promiseByHand(made, target Date, r Rule, cal *calendar.Calendar) Date {
	n, d := needed(made, target, r, cal), target
	for countDays(cal, target, d) < n {
		d++
	}
	return d
}

// targetByHand goes back day by day to the latest working day with padding enough;
// it gives up a day before the day made.
func targetByHand(made, promise Date, r Rule, cal *calendar.Calendar) Date {
	if r.fixed && r.Days == 0 {
		return promise
	}
	for d := promise; d >= made; d-- {
		if cal.IsWorkday(d) && countDays(cal, d, promise) >= needed(made, d, r, cal) {
			return d
		}
	}
	return made - 1
}
