package notify_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"

	"pgregory.net/rapid"
)

// The model that the simulation stands on answers as the SQL does: the same calls in
// the same order, whatever they are, get the same answers and leave the same rows.
func TestSimulationModelIsTheLedger(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) (driver, dsn string){
		"sqlite":   func(t *testing.T) (string, string) { return "sqlite3", filepath.Join(t.TempDir(), "kept.db") },
		"postgres": func(t *testing.T) (string, string) { return "pgx", pgtest.Open(t) },
	} {
		t.Run(name, func(t *testing.T) {
			driver, dsn := dsn(t)
			p := newPair(t, driver, dsn)
			rapid.Check(t, func(t *rapid.T) {
				p.reset(t)
				for range rapid.IntRange(1, 40).Draw(t, "calls") {
					p.call(t)
				}
				p.compareRows(t)
			})
		})
	}
}

// pair is a ledger and its model. Time passes in minutes: in the model's clock, and in
// the ledger by moving its instants back.
type pair struct {
	ctx   context.Context
	store *store.Store
	raw   *sql.DB
	pg    bool
	boss  commitments.Actor

	model  *books
	clock  calendar.Instant
	at     calendar.Instant
	held   [2][]*store.Delivery // what was ever claimed, by each
	closed map[store.ID]bool
}

// remembered are the tables that a run changes.
var remembered = []string{"deliveries", "alerts", "commitments", "people"}

func newPair(t *testing.T, driver, dsn string) *pair {
	ctx := context.WithoutCancel(t.Context())
	s, err := store.Create(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Init(ctx, store.Setup{AdminEmail: "boss@example.com", AdminName: "Boss"}); err != nil {
		t.Fatal(err)
	}
	boss, err := s.Actor(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	p := &pair{ctx: ctx, store: s, raw: raw, pg: driver == "pgx", boss: boss}
	p.populate(t)
	return p
}

// populate makes messages of every kind: to people, to a channel, to both, of one alert
// and of several, due before, within and after the hours, and answers to others.
func (p *pair) populate(t *testing.T) {
	hours := "mon-sun 09:00-12:00,13:00-17:00"
	if _, err := p.store.EditCalendar(p.ctx, p.boss, "default", store.CalendarInput{Hours: &hours, Apply: true}); err != nil {
		t.Fatal(err)
	}
	for i, alerts := range []string{"dm", "both", "channel"} {
		team, channel := fmt.Sprint("Team ", i), fmt.Sprint("C000TEAM", i)
		if _, err := p.store.AddTeam(p.ctx, p.boss, store.TeamInput{Name: &team, Channel: &channel, Alerts: &alerts}); err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			name := fmt.Sprint("Owner ", i, j)
			email := fmt.Sprintf("o%d%d@example.com", i, j)
			if _, err := p.store.AddPerson(p.ctx, p.boss, store.PersonInput{Name: &name, Email: &email, Teams: &[]string{team}}); err != nil {
				t.Fatal(err)
			}
			for k := range 1 + j*2 {
				_, err := p.store.Add(p.ctx, store.Op{By: p.boss, At: "2020-11-02T09:00:00Z"}, store.NewPromise{
					Customer: "Acme", Owner: email, Title: fmt.Sprint("Promise ", i, j, k), Promise: fmt.Sprintf("2020-11-19 %02d:30", 10+3*k), Create: true,
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := p.store.Sweep(p.ctx, instant("2020-11-19T08:10:00Z")); err != nil {
		t.Fatal(err)
	}
	p.exec(t, `INSERT INTO deliveries (key, kind, destination, thread_of, opens_at, next_at, created_at)
		SELECT key || '-answer', kind, destination, id, opens_at, next_at, created_at FROM deliveries WHERE id <= 2`)
	p.exec(t, "INSERT INTO delivery_alerts (delivery_id, alert_id) SELECT d.id, da.alert_id FROM deliveries d JOIN delivery_alerts da ON da.delivery_id = d.thread_of")
	for _, table := range remembered {
		p.exec(t, "CREATE TABLE first_"+table+" AS SELECT * FROM "+table)
	}
}

// failer is a test, or a run of one.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (p *pair) exec(t failer, query string, args ...any) {
	t.Helper()
	if p.pg {
		for i := range args {
			query = strings.Replace(query, "?", fmt.Sprintf("$%d", i+1), 1)
		}
	}
	if _, err := p.raw.ExecContext(p.ctx, query, args...); err != nil {
		t.Fatal(err)
	}
}

// reset begins anew with both.
func (p *pair) reset(t failer) {
	for _, table := range remembered {
		rows, err := p.raw.QueryContext(p.ctx, "SELECT * FROM first_"+table+" WHERE 1 = 0")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
			t.Fatal(err)
		}
		all := strings.Join(columns, ", ")
		p.exec(t, fmt.Sprintf("UPDATE %s SET (%s) = (SELECT %s FROM first_%s f WHERE f.id = %s.id)", table, all, all, table, table))
	}
	p.exec(t, "DELETE FROM turns")
	p.clock, p.at = calendar.InstantOf(time.Now()), instant("2020-11-19T08:10:00Z")
	p.held, p.closed = [2][]*store.Delivery{}, map[store.ID]bool{}
	p.model = p.read(t)
}

// read makes the model of what is in the ledger.
func (p *pair) read(t failer) *books {
	cal, err := calendar.New(calendar.Spec{Hours: "mon-sun 09:00-12:00,13:00-17:00"})
	if err != nil {
		t.Fatal(err)
	}
	b := newBooks(func() calendar.Instant { p.clock++; return p.clock }, cal)
	all := p.deliveries(t)
	for _, d := range all {
		l, err := p.store.Letter(p.ctx, &d, p.at)
		if err != nil {
			t.Fatal(err)
		}
		var alerts []*owedAlert
		for _, c := range l.Cards {
			a := b.alerts[c.Promise.ID]
			if a == nil {
				a = &owedAlert{id: c.Promise.ID, channel: l.Channel, due: c.Promise.DueAt}
			}
			alerts = append(alerts, a)
		}
		if len(alerts) == 0 || len(l.Keys) != len(alerts) {
			t.Fatalf("delivery %d carries %d alerts", d.ID, len(alerts))
		}
		if l.Recipient.ID != 0 {
			b.people[l.Recipient.ID] = &l.Recipient
		}
		r := b.owe(d.Key, d.Destination, d.OpensAt, alerts...)
		r.ThreadOf, r.NextAt = d.ThreadOf, d.NextAt
	}
	return b
}

// deliveries are all there are, in the order of their numbers.
func (p *pair) deliveries(t failer) []store.Delivery {
	all, err := p.store.Deliveries(p.ctx, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	return all
}

const (
	pairLease = 7 * time.Minute
	pairGrace = 5 * time.Minute
)

// call makes one call of both, or lets time pass, and compares the answers.
func (p *pair) call(t *rapid.T) {
	what := rapid.SampledFrom([]string{"claim", "claim", "claim", "intend", "intend", "sent", "failure", "failure", "pass", "pass", "crashes", "close", "retry", "letter", "found"}).Draw(t, "what")
	switch what {
	case "claim":
		p.claim(t, rapid.SampledFrom([]string{"one", "other"}).Draw(t, "worker"))
	case "pass":
		p.pass(t, time.Duration(rapid.SampledFrom([]int{1, 2, 4, 8, 30, 59, 61, 600, -3, -70}).Draw(t, "minutes"))*time.Minute)
	case "crashes":
		for i := range store.PoisonAfter {
			p.claim(t, fmt.Sprint("killed ", i))
			p.pass(t, 8*time.Minute)
		}
	case "close":
		p.close(t)
	case "retry":
		id, anyway := p.anyID(t), rapid.Bool().Draw(t, "anyway")
		sameError(t, what, p.store.RetryDelivery(p.ctx, id, anyway), p.model.RetryDelivery(p.ctx, id, anyway))
	case "letter":
		p.letter(t, p.anyID(t))
	case "found":
		p.found(t)
	default:
		if len(p.held[0]) > 0 {
			i := rapid.IntRange(0, len(p.held[0])-1).Draw(t, "which")
			p.settle(t, what, p.held[0][i], p.held[1][i])
		}
	}
}

func (p *pair) anyID(t *rapid.T) store.ID {
	return store.ID(rapid.IntRange(1, len(p.model.rows)).Draw(t, "id"))
}

func (p *pair) claim(t *rapid.T, worker string) {
	limit := rapid.IntRange(1, 4).Draw(t, "limit")
	p.at = p.at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 20, 50, 180, 700}).Draw(t, "at")) * time.Minute)
	got, err := p.store.Claim(p.ctx, worker, p.at, limit, pairLease, pairGrace)
	want, _ := p.model.Claim(p.ctx, worker, p.at, limit, pairLease, pairGrace)
	if err != nil || len(got) != len(want) {
		t.Fatalf("claimed %v, %v; the model %v", ids(got), err, ids(want))
	}
	for i := range got {
		p.same(t, &got[i], &want[i], p.now())
		p.held[0], p.held[1] = append(p.held[0], &got[i]), append(p.held[1], &want[i])
	}
}

func ids(list []store.Delivery) (ids []store.ID) {
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	return ids
}

// pass lets time go by, or sets the clock back.
func (p *pair) pass(t *rapid.T, d time.Duration) {
	p.clock = p.clock.Add(d)
	p.exec(t, "UPDATE deliveries SET lease_until = lease_until - ?, next_at = next_at - ?, first_send_at = first_send_at - ?, last_send_at = last_send_at - ?",
		d.Microseconds(), d.Microseconds(), d.Microseconds(), d.Microseconds())
	for _, h := range p.held[0] { // what a worker holds in its memory is of the same time
		for _, i := range []*calendar.Instant{&h.FirstSendAt, &h.LastSendAt, &h.LeaseUntil, &h.NextAt} {
			if *i != 0 {
				*i = i.Add(-d)
			}
		}
	}
}

// close has somebody deliver what a message is about.
func (p *pair) close(t *rapid.T) {
	row := p.model.rows[p.anyID(t)-1]
	for _, a := range row.alerts {
		if p.closed[a.id] {
			continue
		}
		p.closed[a.id] = true
		if _, err := p.store.Deliver(p.ctx, store.Op{By: p.boss, Ref: fmt.Sprint(a.id)}); err != nil {
			t.Fatal(err)
		}
		p.exec(t, "DELETE FROM deliveries WHERE kind = 'follow-up'") // of which the model knows nothing
		p.model.closeAlert(a.id)
		return
	}
}

func (p *pair) settle(t *rapid.T, what string, real, model *store.Delivery) {
	var got, want error
	switch what {
	case "intend":
		got = p.store.Intend(p.ctx, real, "{}", "D1", pairLease)
		want = p.model.Intend(p.ctx, model, "{}", "D1", pairLease)
	case "sent":
		got = p.store.RecordSent(p.ctx, real, "D1", "1.2")
		want = p.model.RecordSent(p.ctx, model, "D1", "1.2")
	case "failure":
		f := store.Failure{
			State: rapid.SampledFrom([]store.DeliveryState{store.Pending, store.Uncertain, store.Blocked, store.Dead}).Draw(t, "state"),
			After: time.Duration(rapid.SampledFrom([]int{0, 3, 11, 65}).Draw(t, "after")) * time.Minute,
			Class: "class", Message: "message", Ambiguous: rapid.Bool().Draw(t, "ambiguous"), Counts: rapid.Bool().Draw(t, "counts"),
		}
		got = p.store.RecordFailure(p.ctx, real, f)
		want = p.model.RecordFailure(p.ctx, model, f)
	}
	sameError(t, what, got, want)
	if got == nil {
		p.same(t, real, model, p.now())
	}
}

func sameError(t *rapid.T, what string, got, want error) {
	if (got == nil) != (want == nil) || errors.Is(got, store.ErrFenced) != errors.Is(want, store.ErrFenced) {
		t.Fatalf("%s: %v, the model: %v", what, got, want)
	}
}

func (p *pair) letter(t *rapid.T, id store.ID) {
	row := p.model.rows[id-1].Delivery
	got, err := p.store.Letter(p.ctx, &row, p.at)
	want, _ := p.model.Letter(p.ctx, &row, p.at)
	if err != nil || got.Gone != want.Gone || len(got.Cards) != len(want.Cards) || len(got.Keys) != len(want.Keys) ||
		got.Channel != want.Channel || got.Twin != want.Twin || got.Update != want.Update || got.Broadcast != want.Broadcast || got.Recipient.ID != want.Recipient.ID || got.Recipient.SlackUser != want.Recipient.SlackUser {
		t.Fatalf("letter %d: %v, %d gone, %d cards, channel %q, twin %t, to %+v\nthe model: %d gone, %d cards, channel %q, twin %t, to %+v", id, err,
			got.Gone, len(got.Cards), got.Channel, got.Twin, got.Recipient, want.Gone, len(want.Cards), want.Channel, want.Twin, want.Recipient)
	}
}

func (p *pair) found(t *rapid.T) {
	id := personOf(p.model.rows[p.anyID(t)-1].Destination)
	if id == 0 {
		return
	}
	who := *p.model.people[id]
	if rapid.IntRange(0, 4).Draw(t, "moved") == 0 {
		who.Email = "another@example.com"
	}
	user := rapid.SampledFrom([]string{"", "U1", "U2"}).Draw(t, "user")
	sameError(t, "found", p.store.FoundInSlack(p.ctx, &who, user), p.model.FoundInSlack(p.ctx, &who, user))
}

// now is how far the model's clock is from the ledger's.
func (p *pair) now() time.Duration { return p.clock.Sub(calendar.InstantOf(time.Now())) }

// same compares two accounts of one delivery. Instants of the clock may differ by as
// much as the test itself takes.
func (p *pair) same(t *rapid.T, got, want *store.Delivery, apart time.Duration) {
	g, w := *got, *want
	for _, pair := range [][2]*calendar.Instant{
		{&g.LeaseUntil, &w.LeaseUntil}, {&g.NextAt, &w.NextAt}, {&g.FirstSendAt, &w.FirstSendAt}, {&g.LastSendAt, &w.LastSendAt}, {&g.SentAt, &w.SentAt}, {&g.CreatedAt, &w.CreatedAt},
	} {
		near := pair[1].Sub(pair[0].Add(apart)).Abs() < 30*time.Second
		if (*pair[0] == 0) == (*pair[1] == 0) && (near || *pair[0] == 0 || pair[0] == &g.CreatedAt || pair[0] == &g.SentAt) {
			*pair[0], *pair[1] = 0, 0
		}
	}
	if g != w {
		t.Fatalf("delivery %d is\n%+v, and in the model\n%+v", g.ID, g, w)
	}
}

func (p *pair) compareRows(t *rapid.T) {
	apart := p.now()
	for i, d := range p.deliveries(t) {
		want := p.model.read(p.model.rows[i])
		p.same(t, &d, &want, apart)
	}
}
