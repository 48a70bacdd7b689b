package scheduler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/scheduler"
)

// postman delivers into a list: what a person would have read, and when.
type postman struct {
	store *store.Store
	mu    sync.Mutex
	read  []letter
}

type letter struct {
	at     calendar.Instant
	kind   string
	person string
	week   string
	cards  []store.Card
	answer bool // in the thread of a call card
}

func (p *postman) Deliver(ctx context.Context, at calendar.Instant) error {
	for {
		claimed, err := p.store.Claim(ctx, "postman", at, 10, time.Minute, time.Minute)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for i := range claimed {
			if err := p.deliver(ctx, &claimed[i], at); err != nil {
				return err
			}
		}
	}
}

func (p *postman) deliver(ctx context.Context, d *store.Delivery, at calendar.Instant) error {
	l, err := p.store.Letter(ctx, d, at)
	if err != nil {
		return err
	}
	if d.Kind == "alerts" && len(l.Cards) == 0 {
		return p.store.RecordFailure(ctx, d, store.Failure{State: store.Cancelled})
	}
	if err := p.store.Intend(ctx, d, "{}", "D1", time.Minute); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = append(p.read, letter{calendar.InstantOf(time.Now()), d.Kind, l.Recipient.Name, weekOf(l.Digest), l.Cards, l.Update})
	return p.store.RecordSent(ctx, d, "D1", fmt.Sprint(len(p.read)))
}

// TestYear lives through a year of two teams in two zones, with holidays, both clock
// changes, days of downtime and restarts at random, and then asks the rules, hour by
// hour, what should have been told.
func TestYear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t)
		defer y.store.Close()
		for range 371 { // 52 Mondays after the first promises
			y.liveDay()
		}
		y.stop()
		y.checkAlerts()
		y.checkDigests()
	})
}

type year struct {
	*testing.T
	store   *store.Store
	ada     commitments.Actor
	post    *postman
	rand    *rand.Rand
	stop    func()
	running chan struct{} // closed when the scheduler has stopped; nil while it is down
	down    int           // days the process stays down
	teams   []yearTeam
	lives   map[commitments.ID]*life
	outs    [][2]calendar.Instant // when nothing ran
}

type yearTeam struct {
	name, owner string
	cal         *calendar.Calendar
}

// life is what the test itself knows of a promise.
type life struct {
	team      yearTeam
	history   commitments.History // the facts as the test knows them
	due       calendar.Instant
	delivered calendar.Instant
	patience  int // how much it takes until the owner acts
}

func newYear(t *testing.T) *year {
	s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
	must(t, err)
	must(t, s.Init(t.Context(), store.Setup{AdminName: "Ada", AdminEmail: "ada@example.com"}))
	ada, err := s.Actor(t.Context(), "")
	must(t, err)
	y := &year{T: t, store: s, ada: ada, post: &postman{store: s}, rand: rand.New(rand.NewPCG(2000, 1)), lives: map[commitments.ID]*life{}, stop: func() {}}
	y.team("Warsaw", "Europe/Warsaw", "Wiola", calendar.NewDate(2000, 5, 1), calendar.NewDate(2000, 5, 3), calendar.NewDate(2000, 11, 1))
	y.team("New York", "America/New_York", "Nick", calendar.NewDate(2000, 7, 4), calendar.NewDate(2000, 11, 23))
	return y
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func weekOf(digest string) string {
	var d commitments.Digest
	if digest == "" || json.Unmarshal([]byte(digest), &d) != nil {
		return ""
	}
	return d.Week
}

// team makes a team of one owner with a calendar of its own, and a customer in it.
func (y *year) team(name, zone, owner string, holidays ...calendar.Date) {
	ctx := y.Context()
	days := make([]calendar.Day, len(holidays))
	for i, d := range holidays {
		days[i] = calendar.Day{Date: d, Name: "holiday"}
	}
	_, err := y.store.AddCalendar(ctx, y.ada, store.CalendarInput{Name: &name, Zone: &zone, Holidays: &store.Holidays{Days: days}})
	must(y.T, err)
	_, err = y.store.AddTeam(ctx, y.ada, store.TeamInput{Name: &name, Calendar: &name})
	must(y.T, err)
	_, err = y.store.AddPerson(ctx, y.ada, store.PersonInput{Name: &owner, Teams: &[]string{name}, Zone: &zone})
	must(y.T, err)
	manager, role := owner+"'s manager", "manager"
	_, err = y.store.AddPerson(ctx, y.ada, store.PersonInput{Name: &manager, Role: &role, Zone: &zone})
	must(y.T, err)
	customer := "customer of " + name
	_, err = y.store.AddCustomer(ctx, y.ada, store.CustomerInput{Name: &customer, Manager: &manager})
	must(y.T, err)
	cal, err := calendar.New(calendar.Spec{Name: name, Zone: zone, Days: days})
	must(y.T, err)
	y.teams = append(y.teams, yearTeam{name, owner, cal})
}

// liveDay is one day: perhaps the process goes down or comes back; at half past two
// promises are made, and people do, or do not do, what the cards asked.
func (y *year) liveDay() {
	if y.down--; y.down <= 0 && y.running == nil {
		y.start()
	} else if y.rand.IntN(40) == 0 {
		y.stop()
		y.down = 1 + y.rand.IntN(2) // less than 48 hours after any digest's time
	}
	time.Sleep(14*time.Hour + 30*time.Minute)
	for _, team := range y.teams {
		if team.cal.IsWorkday(team.cal.Today(now())) && (len(y.lives) < 8 || y.rand.IntN(3) > 0) {
			y.promise(team)
		}
	}
	for id, l := range y.lives {
		y.act(id, l)
	}
	time.Sleep(9*time.Hour + 30*time.Minute)
}

func now() calendar.Instant { return calendar.InstantOf(time.Now()) }

func (y *year) start() {
	s, err := scheduler.New(scheduler.Config{Sweep: "0 * * * *", Send: time.Hour}, y.store, y.post, nil)
	must(y.T, err)
	if len(y.outs) > 0 {
		y.outs[len(y.outs)-1][1] = now()
	}
	ctx, cancel := context.WithCancel(y.Context())
	y.running = make(chan struct{})
	go func() { defer close(y.running); s.Run(ctx) }()
	y.stop = func() {
		cancel()
		if y.running != nil {
			<-y.running
			y.running = nil
			y.outs = append(y.outs, [2]calendar.Instant{now(), now() + 1<<60})
		}
	}
}

func (y *year) promise(team yearTeam) {
	today := team.cal.Today(now())
	target := team.cal.AddWorkdays(today, 3+y.rand.IntN(8))
	promise := team.cal.AddWorkdays(target, 1+y.rand.IntN(5))
	v, err := y.store.Add(y.Context(), store.Op{By: y.ada}, store.NewPromise{
		Customer: "customer of " + team.name, Owner: team.owner, Team: team.name, Title: "a thing", Target: target.String(), Promise: promise.String()})
	must(y.T, err)
	l := &life{team: team, patience: y.rand.IntN(4)}
	l.history = commitments.History{MadeAt: v.MadeAt, Dates: []commitments.PromiseDate{{
		Place: 1, Promise: promise, PromiseTime: calendar.NoClock, Target: target, DueAt: v.DueAt, ToldAt: v.MadeAt}}}
	l.due = v.DueAt
	y.lives[v.ID] = l
}

// act is what an owner does about a promise of whose stage they have read.
func (y *year) act(id commitments.ID, l *life) {
	if l.delivered != 0 {
		return
	}
	op := store.Op{By: y.ada, Ref: fmt.Sprint(id)}
	switch stage := y.lastRead(id); {
	case stage == commitments.Watch && l.patience == 0 && len(l.history.CheckIns) == 0:
		_, err := y.store.CheckIn(y.Context(), op, store.CheckIn{Left: "1"})
		must(y.T, err)
		l.history.CheckIns = append(l.history.CheckIns, commitments.CheckIn{At: now(), WorkLeft: 100})
	case stage == commitments.AtRisk && l.patience < 2, stage == commitments.Overdue && l.patience < 3, now() > l.due+10*24*3600*1e6, stage == "" && l.patience == 3 && now() > l.due-5*24*3600*1e6:
		_, err := y.store.Deliver(y.Context(), op)
		must(y.T, err)
		l.delivered = now()
		l.history.Turns = append(l.history.Turns, commitments.Turn{At: now(), Kind: commitments.TurnDelivered})
	}
}

func (y *year) lastRead(id commitments.ID) (stage commitments.Stage) {
	y.post.mu.Lock()
	defer y.post.mu.Unlock()
	for _, told := range y.lives[id].told(y.post.read, id) {
		stage = told.stage
	}
	return stage
}

type told struct {
	at    calendar.Instant
	stage commitments.Stage
	step  string // of the ladder; "owner" for the card itself
	to    string
	first calendar.Instant // due instant of the first of the promises in the same message that is not over
}

func (l *life) told(letters []letter, id commitments.ID) (all []told) {
	for _, letter := range letters {
		first, about := calendar.Instant(0), []told{}
		for _, c := range letter.cards {
			if c.Promise.DueAt > letter.at {
				first = calendar.Earliest(first, c.Promise.DueAt)
			}
			if c.Promise.ID == id {
				t := told{at: letter.at, stage: c.Stage, step: commitments.StepOwner, to: letter.person}
				if c.Climbed != nil {
					t.step = c.Climbed.Step
				}
				if letter.answer {
					t.to = "thread"
				}
				about = append(about, t)
			}
		}
		for _, t := range about {
			t.first = first
			all = append(all, t)
		}
	}
	return all
}

// wentAtRisk asks the rules, hour by hour, when the promise first was at risk; 0 for never.
func (l *life) wentAtRisk() calendar.Instant {
	const hour = 3600 * 1_000_000
	for at := (l.history.MadeAt/hour + 1) * hour; at <= l.due; at += hour {
		f, _ := l.history.AsOf(at, l.team.cal)
		if commitments.Assess(&f, &commitments.DefaultThresholds, l.team.cal, at).Stage == commitments.AtRisk {
			return at
		}
	}
	return 0
}

// up moves an instant past the time in which nothing ran.
func (y *year) up(at calendar.Instant) calendar.Instant {
	for _, out := range y.outs {
		if at >= out[0] && at < out[1] {
			return out[1]
		}
	}
	return at
}

func (y *year) checkAlerts() {
	risks, alerted, steps := 0, 0, 0
	for id, l := range y.lives {
		cards, climbed := 0, []told{}
		for _, told := range l.told(y.post.read, id) {
			if l.delivered != 0 && told.at > l.delivered {
				y.Errorf("promise %d: %s card at %s, after it was delivered at %s", id, told.stage, told.at, l.delivered)
			}
			hours := l.hoursOf(told.to)
			if !hours.IsOpen(told.at) && (told.first == 0 || told.first > hours.NextOpening(told.at)) {
				y.Errorf("promise %d: %s card at %s, outside working hours, nothing in it due before %s", id, told.stage, told.at, told.first)
			}
			if told.stage == commitments.AtRisk && told.step != commitments.StepOwner {
				climbed = append(climbed, told)
			} else if told.stage == commitments.AtRisk {
				cards++
				if told.at > l.due {
					y.Errorf("promise %d: call card at %s, after it was due at %s", id, told.at, l.due)
				}
			}
		}
		risk := l.wentAtRisk()
		steps += y.checkLadder(id, l, y.up(risk), climbed)
		if risk == 0 {
			if cards > 0 {
				y.Errorf("promise %d was never at risk and got %d call cards", id, cards)
			}
			continue
		}
		risks++
		alerted += cards
		owed := y.up(l.team.cal.NextOpening(y.up(risk)))
		if owed < l.due && (l.delivered == 0 || owed < l.delivered) && owed < y.outs[len(y.outs)-1][0] && cards != 1 || cards > 1 {
			y.Errorf("promise %d, at risk from %s, due %s, delivered %s: %d call cards, want 1 at %s", id, risk, l.due, l.delivered, cards, owed)
		}
	}
	y.Logf("%d promises, %d went at risk, %d call cards, %d steps of their ladders", len(y.lives), risks, alerted, steps)
	if risks < 50 || steps < 50 {
		y.Errorf("only %d promises went at risk: this year proves nothing", risks)
	}
}

// checkLadder wants each step of a promise's ladder told once, to whom and when the
// rules say, and no other: the owner is told again in the thread, the manager, who takes
// the missing backup's step too, there and in person. Nobody in this year ever calls.
func (y *year) checkLadder(id commitments.ID, l *life, opened calendar.Instant, climbed []told) (steps int) {
	want := map[[2]string]calendar.Instant{}
	for at, rung := range y.rungsDue(l, opened) {
		steps++
		want[[2]string{rung.Step, "thread"}] = at
		if rung.Place != commitments.PlaceOwner {
			want[[2]string{rung.Step, l.team.owner + "'s manager"}] = at
		}
	}
	for _, t := range climbed {
		key := [2]string{t.step, t.to}
		due, owed := want[key]
		if opens := y.up(l.hoursOf(t.to).NextOpening(due)); !owed || t.at != opens && t.at != y.up(due) {
			y.Errorf("promise %d, opened %s: %s told to %s at %s, want %s", id, opened, t.step, t.to, t.at, opens)
		}
		delete(want, key)
	}
	for key, at := range want {
		if opens := y.up(l.team.cal.NextOpening(at)); opens < l.due && (l.delivered == 0 || opens < l.delivered) && opens < y.outs[len(y.outs)-1][0] {
			y.Errorf("promise %d, opened %s, due %s, delivered %s: %s not told to %s at %s", id, opened, l.due, l.delivered, key[0], key[1], opens)
		}
	}
	return steps
}

// hoursOf are those in which somebody is told; account managers are in no team.
func (l *life) hoursOf(who string) *calendar.Calendar {
	if who == l.team.owner+"'s manager" {
		return calendar.Default().In(l.team.cal.Location())
	}
	return l.team.cal
}

// rungsDue are the rungs to be told, by the instant of the sweep that finds them due:
// of several found at once, after downtime, the highest.
func (y *year) rungsDue(l *life, opened calendar.Instant) map[calendar.Instant]commitments.Rung {
	due := map[calendar.Instant]commitments.Rung{}
	if opened == 0 {
		return due
	}
	p := commitments.Promise{History: l.history, TeamCalendar: l.team.cal, Thresholds: &commitments.DefaultThresholds}
	for _, rung := range p.Ladder(opened, opened)[1:] {
		at := y.up(rung.At)
		if at <= l.due && (l.delivered == 0 || at < l.delivered) {
			due[at] = rung
		}
	}
	return due
}

// checkDigests wants exactly one digest a week for each manager.
func (y *year) checkDigests() {
	for _, team := range y.teams {
		weeks := map[string]int{}
		for _, l := range y.post.read {
			if l.kind == "digest" && l.person == team.owner+"'s manager" {
				weeks[l.week]++
			}
		}
		owed := 0
		for at := (commitments.Weekly{Day: time.Monday, Time: 9 * 60}).After(calendar.InstantOf(time.Date(2000, 1, 8, 0, 0, 0, 0, time.UTC)), team.cal); at < y.outs[len(y.outs)-1][0]; at = (commitments.Weekly{Day: time.Monday, Time: 9 * 60}).After(at, team.cal) {
			owed++
			if n := weeks[commitments.Week(at, team.cal)]; n != 1 {
				y.Errorf("%s: %d digests for week %s", team.name, n, commitments.Week(at, team.cal))
			}
		}
		if owed < 52 || len(weeks) != owed {
			y.Errorf("%s: %d digests, want %d, one for each of at least 52 weeks", team.name, len(weeks), owed)
		}
	}
}
