package commitments

import (
	"testing"

	"kept/commitments/calendar"
)

// story is a history told in times of day on the clocks of cal.
type story struct {
	cal *calendar.Calendar
	h   History
}

// newStory is a promise of 30 November 2026 for Friday 18 December.
func newStory(t *testing.T) *story {
	s := &story{cal: warsaw(t)}
	s.h.MadeAt = on(s.cal, "2026-11-30 09:00")
	return s.date("2026-11-30 09:00", "2026-12-18", "")
}

func (s *story) date(told, promise, askedBy string) *story {
	s.h.Dates = append(s.h.Dates, PromiseDate{
		Place: len(s.h.Dates) + 1, Promise: day(promise), PromiseTime: calendar.NoClock,
		DueAt: s.cal.End(day(promise)), ToldAt: on(s.cal, told), AskedBy: askedBy,
	})
	return s
}

func (s *story) touch(at string, outcome Outcome, reached bool) *story {
	s.h.Touches = append(s.h.Touches, Touch{At: on(s.cal, at), Channel: "phone", Outcome: outcome, Reached: reached, DateBy: day("2027-01-15")})
	return s
}

func (s *story) turn(at string, kind TurnKind) *story {
	s.h.Turns = append(s.h.Turns, Turn{At: on(s.cal, at), Kind: kind})
	return s
}

// short writes a verdict as three letters: y, n, or - for nothing to say.
func (v Verdict) short() string {
	text := ""
	for _, b := range []*bool{v.KeptFirst, v.KeptAgreed, v.ToldBeforeLate} {
		switch {
		case b == nil:
			text += "-"
		case *b:
			text += "y"
		default:
			text += "n"
		}
	}
	return text
}

type verdictCase struct {
	name  string
	story *story
	at    string
	want  string // kept_first, kept_agreed, told_before_late
}

func runVerdicts(t *testing.T, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.story.h.Verdict(on(c.story.cal, c.at), c.story.cal).short(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestVerdictOfOneDate(t *testing.T) {
	made := func() *story { return newStory(t) }
	runVerdicts(t, []verdictCase{
		{"not yet made", made(), "2026-11-30 08:59", "---"},
		{"open, not yet due", made(), "2026-12-19 00:00", "---"},
		{"open, a minute after due", made(), "2026-12-19 00:01", "nnn"},
		{"delivered early", made().turn("2026-12-10 10:00", TurnDelivered), "2026-12-10 10:00", "yy-"},
		{"delivered at the due instant", made().turn("2026-12-19 00:00", TurnDelivered), "2027-01-10 00:00", "yy-"},
		{"delivered a minute later", made().turn("2026-12-19 00:01", TurnDelivered), "2027-01-10 00:00", "nnn"},
		{"delivery not yet known", made().turn("2026-12-10 10:00", TurnDelivered), "2026-12-10 09:59", "---"},
		{"reopened before due", made().turn("2026-12-10 10:00", TurnDelivered).turn("2026-12-11 10:00", TurnReopened), "2026-12-12 00:00", "---"},
		{"reopened, and due passed", made().turn("2026-12-10 10:00", TurnDelivered).turn("2026-12-11 10:00", TurnReopened), "2026-12-20 00:00", "nnn"},
		{"withdrawn before the first due", made().turn("2026-12-18 23:59", TurnWithdrawn), "2027-01-10 00:00", "---"},
		{"withdrawn later keeps its false", made().turn("2026-12-21 10:00", TurnWithdrawn), "2027-01-10 00:00", "nnn"},
	})
	timed := newStory(t)
	timed.h.Dates[0].PromiseTime, timed.h.Dates[0].DueAt = 15*60, on(timed.cal, "2026-12-18 15:00")
	runVerdicts(t, []verdictCase{
		{"at the promised time", timed.turn("2026-12-18 15:00", TurnDelivered), "2027-01-10 00:00", "yy-"},
	})
}

func TestVerdictOfMovedDates(t *testing.T) {
	made := func() *story { return newStory(t) }
	customer := func() *story { return made().date("2026-12-10 10:00", "2026-12-23", "customer") }
	ours := func() *story { return made().date("2026-12-10 10:00", "2026-12-23", "us") }
	late := func() *story { return made().date("2026-12-21 10:00", "2026-12-23", "customer") }
	runVerdicts(t, []verdictCase{
		{"customer asked in time, open past the first date", customer(), "2026-12-20 00:00", "---"},
		{"customer asked in time, delivered by the second", customer().turn("2026-12-23 10:00", TurnDelivered), "2027-01-10 00:00", "yy-"},
		{"customer asked in time, second missed", customer(), "2026-12-24 00:01", "nnn"},
		{"customer asked twice in time", customer().date("2026-12-22 10:00", "2027-01-08", "customer").turn("2027-01-08 10:00", TurnDelivered), "2027-01-10 00:00", "yy-"},
		{"we moved it after the customer had", customer().date("2026-12-22 10:00", "2027-01-08", "us").turn("2027-01-08 10:00", TurnDelivered), "2027-01-10 00:00", "nyy"},
		{"we moved it in time, first not yet due", ours(), "2026-12-12 00:00", "--y"},
		{"we moved it in time, first date passed", ours(), "2026-12-20 00:00", "n-y"},
		{"we moved it in time, delivered by the second", ours().turn("2026-12-23 10:00", TurnDelivered), "2027-01-10 00:00", "nyy"},
		{"we moved it in time, delivered by the first all the same", ours().turn("2026-12-17 10:00", TurnDelivered), "2027-01-10 00:00", "yyy"},
		{"we moved it in time, second missed unsaid", ours(), "2026-12-24 00:01", "nnn"},
		{"the move is not yet known", ours(), "2026-12-10 09:59", "---"},
		{"a customer's move after due counts as ours", late(), "2026-12-22 00:00", "n-n"},
		{"a move after due, last date met", late().turn("2026-12-22 10:00", TurnDelivered), "2027-01-10 00:00", "nnn"},
		{"a move at the due instant is too late", made().date("2026-12-19 00:00", "2026-12-23", "customer").turn("2026-12-19 00:00", TurnDelivered), "2027-01-10 00:00", "ynn"},
		{"withdrawn after the first due, moved by us before", ours().turn("2026-12-21 10:00", TurnWithdrawn), "2027-01-10 00:00", "n-y"},
		{"withdrawn after the first due, moved by the customer before", customer().turn("2026-12-21 10:00", TurnWithdrawn), "2027-01-10 00:00", "---"},
		{"withdrawn after a late move keeps its false", late().turn("2026-12-22 10:00", TurnWithdrawn), "2027-01-10 00:00", "nnn"},
	})
}

func TestVerdictToldBeforeLate(t *testing.T) {
	made := func() *story { return newStory(t) }
	runVerdicts(t, []verdictCase{
		{"slipping, said before", made().touch("2026-12-18 16:00", Slipping, true), "2026-12-20 00:00", "nny"},
		{"slipping, said after", made().touch("2026-12-19 00:01", Slipping, true), "2026-12-20 00:00", "nnn"},
		{"slipping, said at the due instant", made().touch("2026-12-19 00:00", Slipping, true), "2026-12-20 00:00", "nnn"},
		{"a reached call is enough", made().touch("2026-12-16 10:00", StillOn, true), "2026-12-20 00:00", "nny"},
		{"not reached is not", made().touch("2026-12-16 10:00", NotReached, false), "2026-12-20 00:00", "nnn"},
		{"a plain touch is not", made().touch("2026-12-16 10:00", "", true), "2026-12-20 00:00", "nnn"},
		{"said, and kept after all", made().touch("2026-12-16 10:00", Slipping, true).turn("2026-12-18 10:00", TurnDelivered), "2026-12-20 00:00", "yy-"},
		{"said before, moved after", made().touch("2026-12-18 16:00", Slipping, true).date("2026-12-21 10:00", "2026-12-23", "us").
			turn("2026-12-22 10:00", TurnDelivered), "2027-01-10 00:00", "nny"},
		{"every date counts: first told, second not", made().date("2026-12-10 10:00", "2026-12-22", "us"), "2026-12-23 00:01", "nnn"},
		{"the call that told a date is no news of its slipping", made().date("2026-12-10 10:00", "2026-12-22", "us").
			touch("2026-12-10 10:00", NewDate, true), "2026-12-23 00:01", "nnn"},
		{"a call about the first date is no news of the second", made().touch("2026-12-09 10:00", Slipping, true).
			date("2026-12-10 10:00", "2026-12-22", "us"), "2026-12-23 00:01", "nnn"},
		{"a call about each", made().date("2026-12-10 10:00", "2026-12-22", "us").
			touch("2026-12-21 10:00", Slipping, true), "2026-12-23 00:01", "nny"},
	})
	imported := newStory(t).touch("2026-12-02 10:00", Slipping, true)
	imported.h.Dates[0].ToldAt = on(imported.cal, "2026-12-03 10:00")
	runVerdicts(t, []verdictCase{
		{"when a list says the first date was told informs only", imported, "2026-12-20 00:00", "nny"},
	})
}

func TestVerdictOfAnUndatedPromise(t *testing.T) {
	s := &story{cal: warsaw(t)}
	s.h.MadeAt, s.h.DateBy = on(s.cal, "2026-11-30 09:00"), day("2026-12-11")
	runVerdicts(t, []verdictCase{
		{"open", s, "2026-12-01 00:00", "---"},
		{"date-by passed", s, "2026-12-20 00:00", "---"},
	})
	s.date("2026-12-15 10:00", "2026-12-18", "us")
	runVerdicts(t, []verdictCase{
		{"before its date was told", s, "2026-12-15 09:59", "---"},
		{"its first date missed", s, "2026-12-19 00:01", "nnn"},
	})
	runVerdicts(t, []verdictCase{
		{"its first date kept", s.turn("2026-12-18 10:00", TurnDelivered), "2026-12-20 00:00", "yy-"},
	})
}
