package commitments

import (
	"errors"
	"strings"
	"testing"

	"kept/commitments/calendar"
)

// anAsk was said on Monday 30 November 2026 at nine, in Warsaw.
func anAsk(t *testing.T) *Ask {
	cal := warsaw(t)
	return &Ask{ID: 7, Words: "a lamp", At: on(cal, "2026-11-30 09:00"), Calendar: cal}
}

// promised is an answer of the first of December, by a promise that was closed, or not.
func promised(cal *calendar.Calendar, closed ...Turn) AskAnswer {
	made := on(cal, "2026-12-01 09:00")
	p := &Promise{Calendar: cal, History: History{MadeAt: made, DateBy: day("2026-12-18"), Turns: closed}}
	p.ID = 3
	return AskAnswer{At: made, Answer: AskPromised, Promise: p}
}

func TestAnAskStandsWhereItsAnswersSay(t *testing.T) {
	k := anAsk(t)
	cal := k.Calendar
	delivered := Turn{At: on(cal, "2026-12-10 12:00"), Kind: TurnDelivered}
	withdrawn := Turn{At: on(cal, "2026-12-10 12:00"), Kind: TurnWithdrawn}
	reopened := Turn{At: on(cal, "2026-12-14 12:00"), Kind: TurnReopened}
	later := AskAnswer{At: on(cal, "2026-12-11 09:00"), Answer: AskGiven}
	for _, c := range []struct {
		name    string
		answers []AskAnswer
		at      string
		want    AskState
	}{
		{"nobody has answered", nil, "2026-12-31 09:00", AskOpen},
		{"declined", []AskAnswer{{At: on(cal, "2026-12-02 09:00"), Answer: AskDeclined, Told: "no"}}, "2026-12-02 09:00", AskDeclined},
		{"declined only later", []AskAnswer{{At: on(cal, "2026-12-02 09:00"), Answer: AskDeclined, Told: "no"}}, "2026-12-02 08:59", AskOpen},
		{"promised", []AskAnswer{promised(cal)}, "2026-12-31 09:00", AskPromised},
		{"promised only later", []AskAnswer{promised(cal)}, "2026-12-01 08:00", AskOpen},
		{"its promise delivered", []AskAnswer{promised(cal, delivered)}, "2026-12-10 12:00", AskGiven},
		{"delivered only later", []AskAnswer{promised(cal, delivered)}, "2026-12-10 11:59", AskPromised},
		{"its promise withdrawn", []AskAnswer{promised(cal, withdrawn)}, "2026-12-10 12:00", AskOpen},
		{"reopened", []AskAnswer{promised(cal, withdrawn, reopened)}, "2026-12-14 12:00", AskPromised},
		{"withdrawn, then given", []AskAnswer{promised(cal, withdrawn), later}, "2026-12-11 09:00", AskGiven},
		{"withdrawn, given only later", []AskAnswer{promised(cal, withdrawn), later}, "2026-12-11 08:00", AskOpen},
	} {
		k.Answers = c.answers
		if got, _ := k.AsOf(on(cal, c.at)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAnAskIsAnsweredOnce(t *testing.T) {
	cal := anAsk(t).Calendar
	for _, c := range []struct {
		name   string
		before []AskAnswer
		at     string
		kind   error
		field  string
		words  string
	}{
		{"before it was said", nil, "2026-11-30 08:59", ErrRefused, "at", "before they asked"},
		{"before another answer", []AskAnswer{{At: on(cal, "2026-12-02 09:00"), Answer: AskGiven}}, "2026-12-01 09:00", ErrRefused, "at", "answered later"},
		{"given already", []AskAnswer{{At: on(cal, "2026-12-02 09:00"), Answer: AskGiven}}, "2026-12-03 09:00", ErrRefused, "", "given on Wed 2 Dec 2026"},
		{"promised", []AskAnswer{promised(cal)}, "2026-12-03 09:00", ErrRefused, "", "promise 3 by now"},
		{"nothing told", nil, "2026-12-03 09:00", ErrInvalid, "told", "--told"},
	} {
		k := anAsk(t)
		k.Answers = c.before
		var e *Error
		err := k.Answer(AskAnswer{At: on(cal, c.at), Answer: AskDeclined})
		if !errors.As(err, &e) || e.Kind != c.kind || e.Field != c.field || !strings.Contains(e.Message, c.words) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAnAskAgesInWorkingDaysOfTheCustomer(t *testing.T) {
	k := anAsk(t)
	// Wigilia, Christmas and two weekends are no working days.
	if got := k.DaysOpen(on(k.Calendar, "2026-12-28 00:30")); got != 18 {
		t.Errorf("open for %d working days, want 18", got)
	}
}

func TestHeadline(t *testing.T) {
	long := strings.Repeat("ab ", 40)
	for words, want := range map[string]string{
		"a lamp": "a lamp", "a lamp\nby the gate": "a lamp …", long: strings.TrimSpace(long[:80]) + " …", strings.Repeat("x", 90): strings.Repeat("x", 40) + " …",
	} {
		if got := Headline(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}
