package commitments

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kept/commitments/calendar"
)

// berlin works Monday to Friday with an hour off at noon: seven and a half hours a day.
func berlin(t testing.TB) *calendar.Calendar {
	return newCalendar(t, calendar.Spec{
		Name: "berlin", Zone: "Europe/Berlin", Hours: "mon-fri 09:00-12:30,13:30-17:30", Days: []calendar.Day{{Date: day("2026-12-24"), Name: "Heiligabend"}},
	})
}

// bent is a promise to whose call card something happened: "tried TIME", "acked TIME",
// "snoozed TIME until TIME", each time as YYYY-MM-DD HH:MM on the clocks of cal.
func bent(cal *calendar.Calendar, facts ...string) *Promise {
	p := &Promise{Calendar: cal, TeamCalendar: cal, Thresholds: &DefaultThresholds}
	for _, fact := range facts {
		kind, when, _ := strings.Cut(fact, " ")
		at, until, _ := strings.Cut(when, " until ")
		switch kind {
		case "tried":
			p.History.Touches = append(p.History.Touches, Touch{At: on(cal, at), Outcome: NotReached})
		case "acked", "snoozed":
			p.History.Turns = append(p.History.Turns, Turn{At: on(cal, at), Kind: TurnKind(kind), Until: on(cal, until)})
		}
	}
	return p
}

// timetable is a ladder in words: "owner Mon 7 Dec 09:00".
func timetable(rungs []Rung, cal *calendar.Calendar) (steps []string) {
	for _, r := range rungs {
		steps = append(steps, r.Step+" "+r.At.Time().In(cal.Location()).Format("Mon 2 Jan 15:04"))
	}
	return steps
}

// Every timetable here was worked out by hand.
func TestLadders(t *testing.T) {
	plain, lunch := warsaw(t), berlin(t)
	for _, c := range []struct {
		name   string
		cal    *calendar.Calendar
		opened string
		facts  []string
		want   string
	}{
		{"in the morning", plain, "2026-12-07 09:00", nil, "owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Mon 7 Dec 17:00; manager Tue 8 Dec 13:00"},
		{"in the afternoon", plain, "2026-12-07 15:00", nil, "owner Mon 7 Dec 15:00; owner-again Tue 8 Dec 11:00; backup Tue 8 Dec 15:00; manager Wed 9 Dec 11:00"},
		{"at night", plain, "2026-12-08 00:00", nil, "owner Tue 8 Dec 09:00; owner-again Tue 8 Dec 13:00; backup Tue 8 Dec 17:00; manager Wed 9 Dec 13:00"},
		{"on a Saturday", plain, "2026-12-12 10:00", nil, "owner Mon 14 Dec 09:00; owner-again Mon 14 Dec 13:00; backup Mon 14 Dec 17:00; manager Tue 15 Dec 13:00"},
		{"over a weekend", plain, "2026-12-11 15:00", nil, "owner Fri 11 Dec 15:00; owner-again Mon 14 Dec 11:00; backup Mon 14 Dec 15:00; manager Tue 15 Dec 11:00"},
		{"over Christmas", plain, "2026-12-23 15:00", nil, "owner Wed 23 Dec 15:00; owner-again Mon 28 Dec 11:00; backup Mon 28 Dec 15:00; manager Tue 29 Dec 11:00"},
		{"over lunch", lunch, "2026-12-07 11:00", nil, "owner Mon 7 Dec 11:00; owner-again Mon 7 Dec 16:00; backup Tue 8 Dec 11:30; manager Tue 8 Dec 16:30"},
		{"during lunch", lunch, "2026-12-07 12:45", nil, "owner Mon 7 Dec 13:30; owner-again Mon 7 Dec 17:30; backup Tue 8 Dec 14:00; manager Wed 9 Dec 09:30"},
		{"clocks go forward on Sunday", plain, "2026-03-27 15:00", nil, "owner Fri 27 Mar 15:00; owner-again Mon 30 Mar 11:00; backup Mon 30 Mar 15:00; manager Tue 31 Mar 11:00"},
		{"clocks go back on Sunday", plain, "2026-10-23 16:30", nil, "owner Fri 23 Oct 16:30; owner-again Mon 26 Oct 12:30; backup Mon 26 Oct 16:30; manager Tue 27 Oct 12:30"},

		{"tried before the owner again", plain, "2026-12-07 09:00", []string{"tried 2026-12-07 10:00"},
			"owner Mon 7 Dec 09:00; owner-again-2 Mon 7 Dec 14:00; backup Tue 8 Dec 10:00; manager Tue 8 Dec 14:00"},
		{"tried after the owner again", plain, "2026-12-07 09:00", []string{"tried 2026-12-07 14:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; owner-again-2 Tue 8 Dec 10:00; backup Tue 8 Dec 14:00; manager Wed 9 Dec 10:00"},
		{"tried when the backup was told", plain, "2026-12-07 09:00", []string{"tried 2026-12-07 17:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Mon 7 Dec 17:00; owner-again-2 Tue 8 Dec 13:00; manager Tue 8 Dec 17:00"},
		{"tried when all were told", plain, "2026-12-07 09:00", []string{"tried 2026-12-08 14:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Mon 7 Dec 17:00; manager Tue 8 Dec 13:00; owner-again-2 Wed 9 Dec 10:00"},
		{"tried twice", plain, "2026-12-07 09:00", []string{"tried 2026-12-07 10:00", "tried 2026-12-07 15:00"},
			"owner Mon 7 Dec 09:00; owner-again-2 Mon 7 Dec 14:00; owner-again-3 Tue 8 Dec 11:00; backup Tue 8 Dec 15:00; manager Wed 9 Dec 11:00"},
		{"tried before work began", plain, "2026-12-07 03:00", []string{"tried 2026-12-07 08:00"},
			"owner Mon 7 Dec 09:00; owner-again-2 Mon 7 Dec 13:00; backup Mon 7 Dec 17:00; manager Tue 8 Dec 13:00"},
		{"tried before the card", plain, "2026-12-07 09:00", []string{"tried 2026-12-07 08:59"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Mon 7 Dec 17:00; manager Tue 8 Dec 13:00"},

		{"on it", plain, "2026-12-07 09:00", []string{"acked 2026-12-07 10:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 17:00; backup Tue 8 Dec 13:00; manager Tue 8 Dec 17:00"},
		{"on it after the owner again", plain, "2026-12-07 09:00", []string{"acked 2026-12-07 15:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Tue 8 Dec 13:00; manager Tue 8 Dec 17:00"},
		{"on it twice at once", plain, "2026-12-07 09:00", []string{"acked 2026-12-07 10:00", "acked 2026-12-07 12:00"}, // frozen 10:00 to 16:00
			"owner Mon 7 Dec 09:00; owner-again Tue 8 Dec 11:00; backup Tue 8 Dec 15:00; manager Wed 9 Dec 11:00"},
		{"on it again later", plain, "2026-12-07 09:00", []string{"acked 2026-12-07 10:00", "acked 2026-12-07 16:00"}, // 10 to 14, and 16 to 12
			"owner Mon 7 Dec 09:00; owner-again Tue 8 Dec 13:00; backup Tue 8 Dec 17:00; manager Wed 9 Dec 13:00"},
		{"on it when it is due", plain, "2026-12-07 09:00", []string{"acked 2026-12-07 13:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Tue 8 Dec 13:00; manager Tue 8 Dec 17:00"},
		{"on it, then tried", plain, "2026-12-07 09:00", []string{"acked 2026-12-07 10:00", "tried 2026-12-07 10:30"},
			"owner Mon 7 Dec 09:00; owner-again-2 Mon 7 Dec 14:30; backup Tue 8 Dec 10:30; manager Tue 8 Dec 14:30"},
		{"tried, then on it", plain, "2026-12-07 09:00", []string{"tried 2026-12-07 10:00", "acked 2026-12-07 12:00"},
			"owner Mon 7 Dec 09:00; owner-again-2 Tue 8 Dec 10:00; backup Tue 8 Dec 14:00; manager Wed 9 Dec 10:00"},

		{"put off", plain, "2026-12-07 09:00", []string{"snoozed 2026-12-07 10:00 until 2026-12-08 11:00"},
			"owner Mon 7 Dec 09:00; owner-again-2 Tue 8 Dec 11:00; backup Tue 8 Dec 15:00; manager Wed 9 Dec 11:00"},
		{"put off after the backup", plain, "2026-12-07 09:00", []string{"snoozed 2026-12-08 10:00 until 2026-12-09 10:00"},
			"owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Mon 7 Dec 17:00; owner-again-2 Wed 9 Dec 10:00; manager Wed 9 Dec 14:00"},
		{"put off, and on it when that ends", plain, "2026-12-07 09:00", []string{"snoozed 2026-12-07 10:00 until 2026-12-08 11:00", "acked 2026-12-08 10:00"},
			"owner Mon 7 Dec 09:00; owner-again-2 Tue 8 Dec 14:00; backup Wed 9 Dec 10:00; manager Wed 9 Dec 14:00"},
		{"put off, and tried meanwhile", plain, "2026-12-07 09:00", []string{"snoozed 2026-12-07 10:00 until 2026-12-09 10:00", "tried 2026-12-08 09:00"},
			"owner Mon 7 Dec 09:00; owner-again-3 Tue 8 Dec 13:00; backup Tue 8 Dec 17:00; manager Wed 9 Dec 13:00"},
		{"put off to before work begins", plain, "2026-12-12 10:00", []string{"snoozed 2026-12-12 11:00 until 2026-12-13 11:00"},
			"owner Mon 14 Dec 09:00; owner-again Mon 14 Dec 13:00; backup Mon 14 Dec 17:00; manager Tue 15 Dec 13:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := bent(c.cal, c.facts...)
			got := strings.Join(timetable(p.Ladder(on(c.cal, c.opened), endOfTime), c.cal), "; ")
			if got != c.want {
				t.Errorf("%q\nwant %q", got, c.want)
			}
		})
	}
}

func TestLaddersOfATeamsOwnNumbers(t *testing.T) {
	th := DefaultThresholds
	for _, change := range []string{"owner-again-hours=2", "backup-hours=3", "manager-hours=20", "not-reached-hours=1", "ack-hours=2"} {
		name, value, _ := strings.Cut(change, "=")
		if err := th.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	cal := warsaw(t)
	p := bent(cal, "acked 2026-12-07 09:30", "tried 2026-12-07 14:30")
	p.Thresholds = &th
	want := "owner Mon 7 Dec 09:00; owner-again Mon 7 Dec 13:00; backup Mon 7 Dec 14:00; owner-again-2 Mon 7 Dec 15:30; manager Wed 9 Dec 16:30"
	if got := strings.Join(timetable(p.Ladder(on(cal, "2026-12-07 09:00"), endOfTime), cal), "; "); got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestChainsSkipTheMissingAndTheOwner(t *testing.T) {
	const owner, backup, manager, lead = 1, 2, 3, 4
	for _, c := range []struct {
		chain Chain
		place Place
		want  []ID
	}{
		{Chain{owner, backup, manager, lead}, PlaceOwner, []ID{owner}},
		{Chain{owner, backup, manager, lead}, PlaceBackup, []ID{backup, manager, lead}},
		{Chain{owner, 0, manager, lead}, PlaceBackup, []ID{manager, lead}},
		{Chain{owner, 0, owner, lead}, PlaceBackup, []ID{lead}},
		{Chain{owner, backup, 0, lead}, PlaceManager, []ID{lead}},
		{Chain{owner, backup, 0, backup}, PlaceBackup, []ID{backup}},
		{Chain{owner, backup, 0, owner}, PlaceManager, nil},
	} {
		if got := c.chain.From(c.place); !slices.Equal(got, c.want) {
			t.Errorf("%v from %s: %v, want %v", c.chain, c.place, got, c.want)
		}
	}
}

// drawBent bends a ladder at random within its first days.
func drawBent(t *rapid.T) (p *Promise, opened Instant) {
	cal := drawCalendar(t, day("2026-10-20"))
	p = bent(cal)
	minutes := func(label string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, label)) * time.Minute
	}
	opened = cal.Start(day("2026-10-20")).Add(minutes("opened", 7*24*60))
	for range rapid.IntRange(0, 5).Draw(t, "facts") {
		at := opened.Add(minutes("after", 5*24*60) - time.Hour)
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			p.History.Touches = append(p.History.Touches, Touch{At: at, Outcome: NotReached})
		case 1:
			p.History.Turns = append(p.History.Turns, Turn{At: at, Kind: TurnAcked})
		case 2:
			p.History.Turns = append(p.History.Turns, Turn{At: at, Kind: TurnSnoozed, Until: at.Add(time.Minute + minutes("until", 3*24*60))})
		}
	}
	return p, opened
}

func TestLaddersOnlyClimb(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, opened := drawBent(t)
		rungs := p.Ladder(opened, endOfTime)
		steps := map[string]bool{}
		for i, r := range rungs {
			switch {
			case i == 0 && (r.Step != StepOwner || r.At != p.TeamCalendar.NextOpening(opened)):
				t.Fatalf("it begins with %+v", r)
			case i > 0 && r.At <= rungs[i-1].At:
				t.Fatalf("%s at %s, after %s", r.Step, r.At, rungs[i-1].At)
			case steps[r.Step]:
				t.Fatalf("%s twice", r.Step)
			}
			steps[r.Step] = true
		}
		if !steps[StepBackup] || !steps[StepManager] {
			t.Fatalf("not all are told: %+v", rungs)
		}
	})
}

func TestOnItBringsNoRungForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, opened := drawBent(t)
		before := p.Ladder(opened, endOfTime)
		at := opened.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "acked")) * time.Minute)
		p.History.Turns = append(p.History.Turns, Turn{At: at, Kind: TurnAcked})
		was := map[string]Instant{}
		for _, r := range before {
			was[r.Step] = r.At
		}
		for _, r := range p.Ladder(opened, endOfTime) {
			if r.At < was[r.Step] {
				t.Fatalf("acked at %s: %s at %s, was at %s", at, r.Step, r.At, was[r.Step])
			}
		}
	})
}

// What is shown as still to come is what the sweeps then do, if nothing happens
// meanwhile; and they are asked for at just these instants.
func TestEscalationPredictsTheSweeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, opened := drawBent(t)
		cal := p.Calendar
		promise := cal.AddWorkdays(cal.Today(opened), 20)
		p.History.MadeAt = opened.Add(-24 * time.Hour)
		p.History.Dates = []PromiseDate{{Place: 1, Promise: promise, PromiseTime: calendar.NoClock, DueAt: cal.End(promise), ToldAt: p.History.MadeAt}}
		p.History.CheckIns = []CheckIn{{At: p.History.MadeAt, WorkLeft: 100_00}}
		p.State = NewAlertState()
		now := opened
		look := func() Review {
			f, _ := p.History.AsOf(now, cal)
			r := p.Review(&f, now)
			p.State = r.Decision.State
			return r
		}
		if r := look(); r.Decision.Opens != AtRisk {
			t.Fatalf("opens %q", r.Decision.Opens)
		}
		known := max(now, p.History.LastFact())
		for r := look(); now < known; r = look() { // facts make it look as well
			now = min(known, calendar.Earliest(r.Next, p.History.Following(now)))
		}
		var want, got []string
		for _, r := range p.Escalation(now, 0) {
			want = append(want, fmt.Sprint(r.Step, r.At))
		}
		for r := look(); r.Next != 0; {
			now = r.Next
			r = look()
			if r.Rung.Step != "" {
				got = append(got, fmt.Sprint(r.Rung.Step, now))
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("told %q, foretold %q", got, want)
		}
	})
}

func TestAfterDowntimeOnlyTheHighestRungIsTold(t *testing.T) {
	cal := warsaw(t)
	for at, want := range map[string]string{
		"2026-12-07 12:59": "", "2026-12-07 13:00": StepOwnerAgain, "2026-12-07 17:00": StepBackup, "2026-12-09 09:00": StepManager,
	} {
		p := alerted(t, "2026-12-07 09:00")
		p.History.CheckIns = []CheckIn{{At: on(cal, "2026-12-01 09:00"), WorkLeft: 100_00}}
		p.Facts, _ = p.History.AsOf(p.History.LastFact(), cal)
		r := p.Review(&p.Facts, on(cal, at))
		if r.Rung.Step != want {
			t.Errorf("at %s %q is told, want %q", at, r.Rung.Step, want)
		}
		p.State = r.Decision.State
		if again := p.Review(&p.Facts, on(cal, at)); again.Rung.Step != "" {
			t.Errorf("at %s %q is told again", at, again.Rung.Step)
		}
	}
}

// A try after the backup's hour brings the owner back: the backup, who is higher up and
// was never told, is told all the same.
func TestAfterDowntimeTheBackupComesBeforeTheOwnerAgain(t *testing.T) {
	p := toCall(t, func(p *Promise) {
		p.History.Touches = []Touch{{At: on(p.Calendar, "2026-12-07 17:00"), Outcome: NotReached}}
	})
	if r := p.Review(&p.Facts, on(p.Calendar, "2026-12-08 14:00")); r.Rung.Step != StepBackup {
		t.Errorf("%q is told, want the backup", r.Rung.Step)
	}
}
