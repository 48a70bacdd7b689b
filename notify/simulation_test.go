package notify_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
)

// go test ./notify -run Simulation -count=1 -args -steps 1000000 -seed 7
var (
	simulatedSteps = flag.Int("steps", 30_000, "how many steps the simulation takes in all")
	simulatedStory = flag.String("story", "", "tell every step that has this in it, such as a delivery's key")
	simulatedSeed  = flag.Uint64("seed", 1, "the seed of its first run; each further run has the next")
)

// runSteps is how long one run is kept under fire, in steps.
const runSteps = 2000

// TestSimulation runs the delivery protocol against models of the ledger and of Slack
// in which everything goes wrong that can, in virtual time. One step is one call of
// the ledger or of Slack, one kill, or one tick. A run is all decided by its seed.
func TestSimulation(t *testing.T) {
	var mu sync.Mutex
	var all verdict
	began, lanes := time.Now(), runtime.GOMAXPROCS(0)
	t.Run("runs", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				steps := 0
				for seed := *simulatedSeed + uint64(lane); steps*lanes < *simulatedSteps && !t.Failed(); seed += uint64(lanes) {
					v := simulate(t, seed, nil)
					if v.bad() {
						t.Errorf("seed %d: %s\n%s", seed, v.String(), strings.Join(v.faults, "\n"))
					}
					steps += v.steps
					mu.Lock()
					all.add(v)
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d runs, seeds from %d: %s; %.0f steps a second", all.runs, *simulatedSeed, all.String(), float64(all.steps)/time.Since(began).Seconds())
	if all.sent == 0 || all.kills == 0 {
		t.Error("nothing was sent or nobody killed, so nothing is shown")
	}
}

// The same seed gives the same run, step by step. Runs that restore the ledger are not
// held to that: afterwards many messages are looked for at one instant, in no order.
func TestSimulationIsReproducible(t *testing.T) {
	for seed := range uint64(2) {
		if one, two := simulate(t, seed, withoutRestores), simulate(t, seed, withoutRestores); one.trace != two.trace || one.steps != two.steps {
			t.Errorf("seed %d: %d steps and trace %x, then %d and %x", seed, one.steps, one.trace, two.steps, two.trace)
		}
	}
}

func withoutRestores(s *simulation) { s.size.restores = false }

// wrong is a protocol with a mistake in it, by which the simulation shows that it
// would see one.
type wrong struct{ *process }

// noIntent sends without noting first that it does.
type noIntent struct{ wrong }

func (noIntent) Intend(context.Context, *store.Delivery, string, string, time.Duration) error {
	return nil
}

// markFirst notes that a message was sent before it is.
type markFirst struct{ wrong }

func (w markFirst) Intend(ctx context.Context, d *store.Delivery, _, place string, _ time.Duration) error {
	return w.RecordSent(ctx, d, place, "1.0")
}

// hasty claims what is not to be told yet.
type hasty struct{ wrong }

func (w hasty) Claim(ctx context.Context, worker string, at calendar.Instant, limit int, lease, grace time.Duration) ([]store.Delivery, error) {
	return w.process.Claim(ctx, worker, at.Add(time.Hour), limit, lease, grace)
}

func withoutIntent(p *process) notify.Ledger { return noIntent{wrong{p}} }
func markedFirst(p *process) notify.Ledger   { return markFirst{wrong{p}} }
func tooEarly(p *process) notify.Ledger      { return hasty{wrong{p}} }

func TestSimulationFindsWhatIsWrong(t *testing.T) {
	lost := func(v verdict) int { return v.lost }
	twice := func(v verdict) int { return v.duplicate }
	for name, c := range map[string]struct {
		change func(*simulation)
		seen   func(v verdict) int
	}{
		"no intent":                              {func(s *simulation) { s.broken = withoutIntent }, twice},
		"marked, then sent":                      {func(s *simulation) { s.broken = markedFirst }, lost},
		"claimed too early":                      {func(s *simulation) { s.broken = tooEarly }, func(v verdict) int { return v.early }},
		"told what is over":                      {func(s *simulation) { s.books.blind = true }, func(v verdict) int { return v.untrue }},
		"a grace shorter than the history's lag": {func(s *simulation) { s.settings.Grace, s.size.work = time.Second, 0 }, twice},
		"a grace shorter than Slack's work":      {func(s *simulation) { s.settings.Grace, s.size.lag = time.Second, 0 }, twice},
	} {
		t.Run(name, func(t *testing.T) {
			seed := uint64(1)
			for c.seen(simulate(t, seed, c.change)) == 0 && !t.Failed() {
				if seed++; seed > 20 {
					t.Fatal("this is not seen in twenty runs")
				}
			}
		})
	}
}

// simulation is one run.
type simulation struct {
	t        *testing.T
	seed     uint64
	settings notify.Config
	broken   func(*process) notify.Ledger // a protocol that has forgotten something; nil for the real one
	books    *books
	size     size

	mu      sync.Mutex
	slack   workspace
	calm    bool          // no more faults
	offset  time.Duration // how far the database's clock is ahead of ours
	stepped time.Duration // the same, now that it was set
	v       verdict

	saved     func() // brings back the books as they were
	savedOwed int    // how much was owed then

	processes []*process
	owed      []owed
	keys      int
}

// owed is an alert and the places it may be told in.
type owed struct {
	alert  *owedAlert
	row    *owedRow
	places []string
	opens  calendar.Instant
}

// size is how bad things get.
type size struct {
	processes int
	work      time.Duration // the longest that Slack works on a message
	lag       time.Duration // the longest until the history shows it
	restores  bool          // the ledger is restored from a backup, and else its clock set, now and then
	slow      bool          // often as slow as can be, and processes often asleep
	fires     float64       // how often things go wrong, as a multiple of a bad day
}

// simulate runs one simulation and judges it.
func simulate(t *testing.T, seed uint64, change func(*simulation)) (v verdict) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, seed)
		if change != nil {
			change(s)
		}
		s.run()
		v = s.judge()
	})
	return v
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	s := &simulation{t: t, seed: seed}
	dice := s.roll(0, "world", "")
	s.size = size{processes: 1 + int(dice.next()%4), work: 15 * time.Second, lag: 15 * time.Second, slow: dice.chance(0.3), restores: dice.chance(0.3), fires: []float64{0.3, 1, 1, 2}[dice.next()%4]}
	s.settings = notify.Config{BotToken: "xoxb-simulated", PerChannel: []float64{1, 1, 20}[dice.next()%3]}
	ahead := dice.between(-20*time.Minute, 20*time.Minute)
	if dice.chance(0.5) {
		s.offset = dice.between(-20*time.Minute, 20*time.Minute)
		s.stepped = s.offset
	}
	if dice.chance(0.3) {
		s.settings.FallbackChannel = "CFALL"
	}
	hours := "mon-sun 00:00-24:00"
	if dice.chance(0.3) {
		hours = "mon-sun 00:05-00:20,00:50-01:10,01:45-02:00,02:45-24:00"
	}
	cal, err := calendar.New(calendar.Spec{Hours: hours})
	if err != nil {
		t.Fatal(err)
	}
	s.books = newBooks(func() calendar.Instant { return calendar.InstantOf(time.Now().Add(s.stepped)) }, cal)
	s.slack = workspace{ahead: ahead, users: map[string]string{}, refuses: map[string]string{}, rooms: map[string][]*taken{}}
	for id := store.ID(1); id <= 9; id++ {
		p := &store.Person{ID: id, Email: fmt.Sprintf("p%d@example.com", id)}
		if id%3 == 0 {
			p.SlackUser = fmt.Sprintf("U%d", id)
		} else if id%8 != 0 {
			s.slack.users[p.Email] = fmt.Sprintf("U%d", id)
		}
		s.books.people[id] = p
	}
	return s
}

func (s *simulation) locked(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// fault notes that something happened that must not. The lock is held.
func (s *simulation) fault(format string, args ...any) {
	s.v.faults = append(s.v.faults, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// step counts one step, and gives the dice for whatever chance has to say in it.
func (s *simulation) step(p *process, what, id string) *dice {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.roll(p.n, what, id)
	if p.dead() { // what the killed would still have done is no step
		return d
	}
	s.v.steps++
	s.v.trace += mix(uint64(time.Now().UnixNano()) ^ uint64(*d)) // a sum: what happens at one instant has no order
	return d
}

// tell says what happens, to whoever looks for a mistake.
func (s *simulation) tell(p *process, what, id string, more ...any) {
	if *simulatedStory != "" && strings.Contains(id, *simulatedStory) {
		s.t.Log(time.Now().Format("15:04:05.000"), "process", p.n, what, id, fmt.Sprint(more...))
	}
}

// fate kills a process in the middle of a step, now and then.
func (s *simulation) fate(p *process, d *dice) {
	if d.chance(s.odds(0.005)) {
		p.kill()
	}
}

// roll gives dice that depend on nothing but the seed, who throws them, what for, and
// when: not on who of those at one instant came first.
func (s *simulation) roll(who int, what, id string) *dice {
	h := mix(s.seed) ^ uint64(who)*0x9e3779b97f4a7c15
	for _, c := range []byte(what + "/" + id) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	d := dice(mix(h ^ mix(uint64(time.Now().UnixNano()))))
	return &d
}

// dice is a sequence of numbers by chance.
type dice uint64

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *dice) next() uint64 {
	*d++
	return mix(uint64(*d))
}

func (d *dice) chance(p float64) bool { return float64(d.next()>>11)/(1<<53) < p }

// between is a time of least or more and less than most, to the nanosecond: each wait
// ends at an instant of its own, so that what follows has one order only.
func (d *dice) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.next()%uint64(max(1, most-least)))
}

// odds is how likely something is that happens so often on a bad day.
func (s *simulation) odds(p float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calm {
		return 0
	}
	return p * s.size.fires
}

// hop is how long a call is on its way.
func (s *simulation) hop(d *dice) time.Duration {
	return d.between(time.Millisecond, 30*time.Millisecond)
}

// outbound is how long it takes until Slack has all of a call.
func (s *simulation) outbound(d *dice) time.Duration {
	if d.chance(s.odds(0.02)) {
		return d.between(time.Second, 20*time.Second)
	}
	return s.hop(d)
}

// pause is how long a process is stopped, as a machine that is suspended is.
func (s *simulation) pause(d *dice) time.Duration {
	if s.size.slow && d.chance(s.odds(0.1)) {
		return d.between(30*time.Second, 45*time.Second)
	}
	if d.chance(s.odds(0.01)) {
		return d.between(time.Second, 100*time.Second)
	}
	return s.hop(d)
}

// slackTakes is how long Slack works on a call, and how much later its history shows it.
func (s *simulation) slackTakes(d *dice) (work, lag time.Duration) {
	work, lag = s.hop(d), d.between(0, 100*time.Millisecond)
	if d.chance(s.odds(0.05)) {
		work = d.between(0, s.size.work)
	}
	if d.chance(s.odds(0.05)) {
		lag = d.between(0, s.size.lag)
	}
	if s.size.slow && d.chance(s.odds(0.5)) {
		work, lag = s.size.work, s.size.lag
	}
	return min(work, s.size.work), min(lag, s.size.lag)
}

func (s *simulation) trouble(d *dice, method string) trouble {
	at := int(float64(d.next()%1000) / max(s.odds(1), 1e-9))
	for _, t := range troubles {
		if at -= t.weight; at < 0 {
			if t.posting && method != "chat.postMessage" {
				break
			}
			return t
		}
	}
	return trouble{}
}

// run owes messages and lets things go wrong for a while, then lifts all faults and
// waits until nothing is owed any more.
func (s *simulation) run() {
	d := s.roll(0, "events", "")
	for range s.size.processes {
		s.boot(d)
	}
	for s.count() < runSteps {
		time.Sleep(d.between(0, 5*time.Second))
		s.happen(d)
	}
	s.lift(d)
	for range 24 * 60 {
		time.Sleep(time.Minute)
		if s.done() {
			break
		}
	}
	for _, p := range s.processes {
		p.stop()
		p.gone.Wait()
	}
}

func (s *simulation) count() (n int) {
	s.locked(func() { n = s.v.steps })
	return n
}

func (s *simulation) boot(d *dice) {
	s.v.starts++
	s.processes = append(s.processes, s.start(s.v.starts, d))
}

// happen is one thing that changes the world.
func (s *simulation) happen(d *dice) {
	switch n := d.next() % 100; {
	case n < 25:
		s.sweep(d)
	case n < 30 && !s.size.restores:
		s.answer(d)
	case n < 37:
		s.settleOne(d)
	case n < 60:
		s.crash(d)
	case n < 65:
		s.shutDown(d)
	case n < 75:
		s.locked(func() { s.slack.chat(fmt.Sprintf("D%d", 1+d.next()%9), time.Now()) })
	case n < 78:
		s.refuse(d, fmt.Sprintf("D%d", 1+d.next()%9), "not_in_channel", "is_archived", "channel_not_found")
	case n < 80:
		s.refuse(d, "COPS", "is_archived", "restricted_action")
	case n < 82:
		s.locked(func() { s.stepped = s.offset + d.between(-4*time.Second, 4*time.Second) })
	case n < 84 && s.size.restores:
		s.restore(d)
	case n < 84:
		s.setClock(d)
	case n < 85:
		s.refuse(d, "", "invalid_auth", "token_revoked")
	case n < 86:
		down := d.chance(0.4)
		s.locked(func() { s.slack.down = down })
	}
	s.processes = slices.DeleteFunc(s.processes, (*process).dead)
	for len(s.processes) < s.size.processes {
		time.Sleep(d.between(0, 4*time.Second))
		s.boot(d)
	}
}

// setClock sets the database's clock by hours, either way, while Slack has no message of
// which the ledger does not know: it is by this clock that the grace is counted.
func (s *simulation) setClock(d *dice) {
	by, doubt := d.between(-30*time.Hour, 30*time.Hour), false
	s.books.locked(func() {
		doubt = slices.ContainsFunc(s.books.rows, func(r *owedRow) bool { return r.Ambiguous })
	})
	if !doubt {
		s.locked(func() { s.offset += by; s.stepped = s.offset })
	}
}

// restore brings back the ledger of a while ago, once one is kept. The next sweep owes
// again what was owed since: every alert to every place, in messages of other alerts than before.
func (s *simulation) restore(d *dice) {
	back, known := s.saved, s.savedOwed
	s.saved, s.savedOwed = s.books.backup(), len(s.owed)
	if back == nil || d.chance(0.5) {
		return
	}
	for _, p := range s.processes {
		p.kill()
		p.gone.Wait()
	}
	s.processes = nil
	back()
	again := s.owed[known:]
	for i := 0; i < len(again); {
		first := again[i]
		var alerts []*owedAlert
		for ; i < len(again) && again[i].row.Destination == first.row.Destination && first.row.ThreadOf == again[i].row.ThreadOf; i++ {
			alerts = append(alerts, again[i].alert)
		}
		s.tellAgain(first, alerts)
	}
	s.saved, s.savedOwed = nil, len(s.owed)
}

func (s *simulation) tellAgain(first owed, alerts []*owedAlert) {
	s.keys++
	row := s.books.owe(fmt.Sprintf("again-%d", s.keys), first.row.Destination, first.opens, alerts...)
	for _, a := range alerts {
		s.owed = append(s.owed, owed{a, row, first.places, first.opens})
	}
}

// refuse makes a channel take nothing any more, or take messages again.
func (s *simulation) refuse(d *dice, channel string, codes ...string) {
	on, code := d.chance(0.3), codes[d.next()%uint64(len(codes))]
	s.locked(func() {
		delete(s.slack.refuses, channel)
		if on {
			s.slack.refuses[channel] = code
		}
	})
}

// crash kills a process, which does not see it coming.
func (s *simulation) crash(d *dice) {
	p := s.leave(d)
	p.kill()
	p.gone.Wait()
}

// shutDown ends a process the orderly way.
func (s *simulation) shutDown(d *dice) {
	p := s.leave(d)
	p.stop()
	p.gone.Wait()
}

func (s *simulation) leave(d *dice) *process {
	i := int(d.next() % uint64(len(s.processes)))
	p := s.processes[i]
	s.processes = slices.Delete(s.processes, i, i+1)
	return p
}

// sweep owes one to four people a message about one to three promises each; the team's
// channel, too, where the team wants so.
func (s *simulation) sweep(d *dice) {
	for range 1 + d.next()%4 {
		person, team := store.ID(1+d.next()%9), ""
		if d.chance(0.5) {
			team = "COPS"
		}
		now := calendar.InstantOf(time.Now())
		var alerts []*owedAlert
		for range 1 + d.next()%3 {
			s.keys++
			alerts = append(alerts, &owedAlert{id: store.ID(s.keys), person: person, channel: team, due: now.Add(d.between(-time.Hour, 3*time.Hour))})
		}
		destinations := []string{fmt.Sprintf("person:%d", person)}
		if team != "" && d.chance(0.5) {
			destinations = append(destinations, "channel:"+team)
		}
		for _, to := range destinations {
			s.owe(now, to, team, person, alerts)
		}
	}
}

func (s *simulation) owe(now calendar.Instant, to, team string, person store.ID, alerts []*owedAlert) {
	opens := now
	if next := s.books.hours.NextOpening(now); alerts[0].due < now || alerts[0].due >= next {
		opens = next
	}
	row := s.books.owe(fmt.Sprintf("key-%d-%s", alerts[0].id, to), to, opens, alerts...)
	places := []string{team, s.settings.FallbackChannel}
	if strings.HasPrefix(to, "person:") {
		places = append(places, fmt.Sprintf("D%d", person))
	}
	for _, a := range alerts {
		s.owed = append(s.owed, owed{a, row, places, opens})
	}
}

// answer owes a message that answers an earlier one, about the same person's promise.
func (s *simulation) answer(d *dice) {
	if len(s.owed) == 0 {
		return
	}
	first := s.owed[d.next()%uint64(len(s.owed))]
	if first.row.ThreadOf != 0 {
		return // only what is no answer itself is answered
	}
	s.keys++
	now := calendar.InstantOf(time.Now())
	a := &owedAlert{id: store.ID(s.keys), person: first.alert.person, channel: first.alert.channel, due: now.Add(d.between(-time.Hour, 3*time.Hour))}
	s.owe(now, first.row.Destination, a.channel, a.person, []*owedAlert{a})
	s.books.locked(func() { s.owed[len(s.owed)-1].row.ThreadOf = first.row.ID })
}

// settleOne has somebody deliver a promise, so that its alert is no longer true.
func (s *simulation) settleOne(d *dice) {
	if s.keys > 0 {
		s.books.closeAlert(store.ID(1 + d.next()%uint64(s.keys)))
	}
}

// lift ends all faults.
func (s *simulation) lift(d *dice) {
	s.locked(func() {
		s.calm, s.slack.down = true, false
		clear(s.slack.refuses)
	})
	s.books.locked(func() { s.books.people[8].SlackUser = "U8" })
	s.processes = slices.DeleteFunc(s.processes, (*process).dead)
	for len(s.processes) < s.size.processes {
		s.boot(d)
	}
}

// done reports whether nothing is owed any more. A person has what was given up sent
// after all.
func (s *simulation) done() bool {
	s.books.mu.Lock()
	rows := slices.Clone(s.books.rows)
	s.books.mu.Unlock()
	owed := false
	for _, r := range rows {
		s.books.mu.Lock()
		dead := r.State == store.Dead
		owed = owed || r.owed() || dead
		s.books.mu.Unlock()
		if dead {
			_ = s.books.RetryDelivery(s.t.Context(), r.ID, false)
		}
	}
	return !owed
}

// verdict is what became of all that was owed.
type verdict struct {
	runs, steps, starts, kills                 int
	owed, sent, lost, duplicate, early, untrue int
	trace                                      uint64
	faults                                     []string
}

func (v *verdict) bad() bool {
	return len(v.faults) > 0 || v.lost+v.duplicate+v.early+v.untrue > 0
}

func (v *verdict) String() string {
	return fmt.Sprintf("%d steps, %d kills, owed %d, sent %d, lost %d, duplicate %d, early %d, untrue %d", v.steps, v.kills, v.owed, v.sent, v.lost, v.duplicate, v.early, v.untrue)
}

func (v *verdict) add(w verdict) {
	v.runs, v.steps = v.runs+1, v.steps+w.steps
	v.kills, v.owed, v.sent, v.lost = v.kills+w.kills, v.owed+w.owed, v.sent+w.sent, v.lost+w.lost
	v.duplicate, v.early, v.untrue = v.duplicate+w.duplicate, v.early+w.early, v.untrue+w.untrue
}

// judge compares what Slack took with what was owed. Slack's log alone counts.
func (s *simulation) judge() verdict {
	told := map[string]int{} // by delivery, and by alert and place
	owed := map[string]owed{}
	for _, o := range s.owed {
		owed[fmt.Sprint(o.alert.id, o.row.Key)] = o
	}
	for _, m := range s.slack.log {
		s.v.sent++
		if told[m.key]++; told[m.key] > 1 {
			s.v.duplicate++
			s.fault("twice: %s in %s at %s", m.key, m.channel, m.at.Format(time.TimeOnly))
		}
		for _, id := range m.alerts {
			at := fmt.Sprint(id, " in ", m.channel)
			if told[at]++; told[at] > 1 && told[m.key] == 1 {
				s.v.duplicate++
				s.fault("twice: alert %s, the last time by %s", at, m.key)
			}
			s.judgeOne(m, owed[fmt.Sprint(id, m.key)])
		}
	}
	for _, o := range s.owed {
		s.v.owed++
		if o.alert.open() && !o.alert.undone && !slices.ContainsFunc(o.places, func(place string) bool { return told[fmt.Sprint(o.alert.id, " in ", place)] > 0 }) {
			s.v.lost++
			s.fault("lost: alert %d to %s, whose delivery is %s %s %s", o.alert.id, o.row.Destination, o.row.State, o.row.ErrorClass, o.row.Error)
		}
	}
	return s.v
}

// judgeOne looks whether an alert was told before its time, or when it was no longer true.
func (s *simulation) judgeOne(m *taken, o owed) {
	if m.at.Add(m.by.skew).Before(o.opens.Time()) {
		s.v.early++
		s.fault("early: alert %d at %s, and not before %s", o.alert.id, m.at.Format(time.TimeOnly), o.opens)
	}
	if !o.alert.open() && o.alert.gone.Before(m.claimed) {
		s.v.untrue++
		s.fault("untrue: alert %d, over at %s, was told at %s, claimed at %s", o.alert.id, o.alert.gone.Format(time.TimeOnly), m.at.Format(time.TimeOnly), m.claimed.Format(time.TimeOnly))
	}
}
