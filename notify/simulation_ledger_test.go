package notify_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// books are a model of the ledger: what the SQL of the deliveries does, said once more
// in Go and without a database. TestModelIsTheLedger holds the two together.
type books struct {
	clock func() calendar.Instant // the database's own
	hours *calendar.Calendar      // everybody's

	blind bool // takes closed alerts for open in letters: a mistake, to be found

	mu     sync.Mutex
	people map[store.ID]*store.Person
	alerts map[store.ID]*owedAlert // by the number of the promise each is about
	rows   []*owedRow              // row n has the number n+1
	look   lookBack
}

// lookBack says that a message made since a restore may have been sent before it.
type lookBack struct{ from, at, until calendar.Instant }

type owedAlert struct {
	id       store.ID
	person   store.ID
	channel  string // of the promise's team; "" for none
	due      calendar.Instant
	closedAt calendar.Instant
	gone     time.Time // as closedAt, by the simulation's true clock
	undone   bool      // it was closed, and a restored ledger does not know: a message may have left it out
}

func (a *owedAlert) key() string { return fmt.Sprintf("alert-%d", a.id) }

func (a *owedAlert) open() bool { return a.closedAt == 0 }

type owedRow struct {
	store.Delivery
	worker string
	alerts []*owedAlert
}

func newBooks(clock func() calendar.Instant, hours *calendar.Calendar) *books {
	return &books{clock: clock, hours: hours, people: map[store.ID]*store.Person{}, alerts: map[store.ID]*owedAlert{}}
}

func (b *books) locked(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
}

// owe adds a message that carries alerts.
func (b *books) owe(key, destination string, opensAt calendar.Instant, alerts ...*owedAlert) *owedRow {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	r := &owedRow{alerts: alerts, Delivery: store.Delivery{
		ID: store.ID(len(b.rows) + 1), Key: key, Kind: "alerts", Destination: destination, Part: 1,
		State: store.Pending, OpensAt: opensAt, NextAt: now, CreatedAt: now,
	}}
	for _, a := range alerts {
		b.alerts[a.id] = a
	}
	b.rows = append(b.rows, r)
	return r
}

// closeAlert ends an alert, and cancels the messages that would have carried nothing else.
func (b *books) closeAlert(id store.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.alerts[id]
	if a == nil || !a.open() {
		return
	}
	a.closedAt, a.gone = b.clock(), time.Now()
	for _, r := range b.rows {
		unsent := (r.State == store.Pending || r.State == store.Blocked) && !r.Ambiguous
		if unsent && slices.Contains(r.alerts, a) && !slices.ContainsFunc(r.alerts, (*owedAlert).open) {
			r.State, r.Error = store.Cancelled, "no longer true"
		}
	}
}

func (b *books) Claim(_ context.Context, worker string, at calendar.Instant, limit int, lease, grace time.Duration) ([]store.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		b.lookBackFirst()
		due := b.due(worker, at, grace, limit)
		now := b.clock()
		var claimed []store.Delivery
		for _, r := range due {
			r.Crashes = r.crashed(worker)
			if r.Crashes >= store.PoisonAfter {
				r.NextAt = now.Add(store.PoisonRest(r.Crashes, lease))
			}
			r.State, r.worker, r.LeaseUntil = store.Sending, worker, now.Add(lease)
			r.Fence++
			if opens := b.opensAgain(r, at); opens > at {
				r.State, r.LeaseUntil, r.OpensAt = store.Pending, 0, opens
				continue
			}
			claimed = append(claimed, b.read(r))
		}
		if len(claimed) > 0 || len(due) == 0 {
			return claimed, nil
		}
	}
}

// backup keeps the books as they are, and gives the way back to them.
func (b *books) backup() (restore func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows, closed, made := copied(b.rows), map[store.ID]owedAlert{}, b.clock()
	for _, a := range b.alerts {
		closed[a.id] = *a
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, a := range b.alerts {
			was := closed[a.id]
			a.undone = a.undone || a.closedAt != was.closedAt
			a.closedAt, a.gone = was.closedAt, was.gone
		}
		now := b.clock()
		b.rows, b.look = copied(rows), lookBack{made.Add(-time.Hour), now, now.Add(7 * 24 * time.Hour)}
		for _, r := range b.rows {
			if !r.owed() && r.State != store.Dead {
				continue
			}
			r.Ambiguous, r.LastSendAt, r.LeaseUntil, r.Place = true, b.look.at, 0, ""
			r.FirstSendAt = min(cmp.Or(r.FirstSendAt, r.CreatedAt), b.look.from)
			if r.State == store.Pending || r.State == store.Sending {
				r.State = store.Uncertain
			}
		}
	}
}

func copied(rows []*owedRow) (copies []*owedRow) {
	for _, r := range rows {
		c := *r
		c.alerts = slices.Clone(r.alerts)
		copies = append(copies, &c)
	}
	return copies
}

// lookBackFirst marks the messages made since a restore.
func (b *books) lookBackFirst() {
	now := b.clock()
	for _, r := range b.rows {
		if now <= b.look.until && r.NextAt <= now && r.State == store.Pending && !r.Ambiguous && r.FirstSendAt == 0 {
			r.Ambiguous, r.FirstSendAt, r.LastSendAt = true, b.look.from, b.look.at
		}
	}
}

// due are the messages to claim now, in the order in which they became due. One that
// seems to end whoever handles it comes alone, and last.
func (b *books) due(worker string, at calendar.Instant, grace time.Duration, limit int) []*owedRow {
	var due, poison []*owedRow
	for _, r := range b.rows {
		switch {
		case !b.claimable(r, at, grace):
		case r.crashed(worker) < store.PoisonAfter:
			due = append(due, r)
		default:
			poison = append(poison, r)
		}
	}
	if len(due) == 0 {
		due, limit = poison, 1
	}
	slices.SortFunc(due, func(x, y *owedRow) int { return cmp.Or(cmp.Compare(x.NextAt, y.NextAt), cmp.Compare(x.ID, y.ID)) })
	return due[:min(limit, len(due))]
}

func (b *books) claimable(r *owedRow, at calendar.Instant, grace time.Duration) bool {
	now := b.clock()
	ahead := now.Add(time.Hour)
	come := func(i calendar.Instant) bool { return i <= now || i > ahead }
	leased := r.State == store.Sending && !come(r.LeaseUntil)
	fresh := r.Ambiguous && r.LastSendAt > now.Add(-grace) && r.LastSendAt <= ahead
	waits := r.ThreadOf != 0 && b.rows[r.ThreadOf-1].owed()
	return r.owed() && come(r.NextAt) && r.OpensAt <= at && !leased && !fresh && !waits
}

// crashed counts the claims in a row of which nothing more was heard, as somebody
// claims who is alive.
func (r *owedRow) crashed(worker string) int {
	switch {
	case r.State != store.Sending:
		return r.Crashes
	case r.worker == worker:
		return 0
	}
	return r.Crashes + 1
}

func (r *owedRow) owed() bool {
	return r.State != store.Sent && r.State != store.Dead && r.State != store.Cancelled
}

// read is a row as it is read: with where the message is that it answers.
func (b *books) read(r *owedRow) store.Delivery {
	d := r.Delivery
	if d.ThreadOf != 0 {
		if p := b.rows[d.ThreadOf-1]; p.State == store.Sent {
			d.ThreadTS = p.SlackTS
			if p.SlackTS != "" {
				d.ThreadPlace = p.Place
			}
		}
	}
	return d
}

// opensAgain is when a message that has waited may go out, by the hours of whom it is for.
func (b *books) opensAgain(r *owedRow, at calendar.Instant) calendar.Instant {
	if r.Kind != "alerts" || r.Ambiguous || r.OpensAt > at.Add(-30*time.Minute) {
		return at
	}
	var due calendar.Instant
	open := false
	for _, a := range r.alerts {
		if !a.open() {
			continue
		}
		if open = true; a.due >= at {
			due = calendar.Earliest(due, a.due)
		}
	}
	if opening := b.hours.NextOpening(at); open && (due < at || due >= opening) {
		return opening
	}
	return at
}

// held is the row of a delivery if its claim is still the newest.
func (b *books) held(d *store.Delivery) *owedRow {
	if r := b.rows[d.ID-1]; r.Fence == d.Fence && r.State == store.Sending {
		return r
	}
	return nil
}

func (b *books) Intend(_ context.Context, d *store.Delivery, payload, place string, lease time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	d.Payload, d.Place, d.Ambiguous, d.LastSendAt, d.LeaseUntil = payload, place, true, now, now.Add(lease)
	if d.FirstSendAt == 0 {
		d.FirstSendAt = now
	}
	r := b.held(d)
	if r == nil {
		return store.ErrFenced
	}
	r.Crashes = 0
	r.Payload, r.Place, r.Ambiguous, r.FirstSendAt, r.LastSendAt, r.LeaseUntil = payload, place, true, d.FirstSendAt, now, d.LeaseUntil
	return nil
}

func (b *books) RecordSent(_ context.Context, d *store.Delivery, channel, ts string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	d.State, d.Place, d.SlackTS, d.SentAt = store.Sent, channel, ts, now
	r := b.held(d)
	if again := b.rows[d.ID-1]; again.Fence == d.Fence && again.State == store.Sent && again.Place == channel && again.SlackTS == ts {
		r = again
	}
	if r == nil {
		return store.ErrFenced
	}
	r.State, r.Place, r.SlackTS, r.SentAt = store.Sent, channel, ts, now
	r.Ambiguous, r.Crashes, r.LeaseUntil, r.Error, r.ErrorClass = false, 0, 0, "", ""
	return nil
}

// RecordTold moves alerts into the deliveries whose messages tell them.
func (b *books) RecordTold(_ context.Context, d *store.Delivery, told []store.Told) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.held(d)
	if r == nil {
		return store.ErrFenced
	}
	r.Crashes = 0
	for _, m := range told {
		other := b.entered(d, &m)
		r.alerts = slices.DeleteFunc(slices.Clone(r.alerts), func(a *owedAlert) bool {
			moves := slices.Contains(m.Alerts, a.key())
			if moves && !slices.Contains(other.alerts, a) {
				other.alerts = append(other.alerts, a)
			}
			return moves
		})
	}
	return nil
}

// entered is the delivery of a message that Slack has: as known, else as sent.
func (b *books) entered(d *store.Delivery, m *store.Told) *owedRow {
	for _, r := range b.rows {
		if r.Key == m.Key {
			return r
		}
	}
	now := b.clock()
	r := &owedRow{Delivery: store.Delivery{
		ID: store.ID(len(b.rows) + 1), Key: m.Key, Kind: d.Kind, Destination: d.Destination, Part: 1, State: store.Sent,
		OpensAt: d.OpensAt, NextAt: now, Place: m.Place, SlackTS: m.TS, CreatedAt: now, SentAt: now,
	}}
	b.rows = append(b.rows, r)
	return r
}

func (b *books) RecordFailure(_ context.Context, d *store.Delivery, f store.Failure) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	d.State, d.Ambiguous, d.ErrorClass, d.Error = f.State, f.Ambiguous, f.Class, f.Message
	if f.Counts {
		d.Attempt++
	}
	r := b.held(d)
	if r == nil {
		return store.ErrFenced
	}
	r.Crashes = 0
	r.State, r.NextAt, r.ErrorClass, r.Error, r.Ambiguous, r.Attempt, r.LeaseUntil = f.State, now.Add(f.After), f.Class, f.Message, f.Ambiguous, d.Attempt, 0
	return nil
}

func (b *books) RetryDelivery(_ context.Context, id store.ID, anyway bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.rows[id-1]
	if r.State != store.Dead && r.State != store.Blocked && r.State != store.Uncertain {
		return commitments.Refused("id", fmt.Sprintf("message %d is %s: only one that is dead, blocked or uncertain can be sent again", id, r.State))
	}
	r.State, r.NextAt, r.Attempt, r.Ambiguous = store.Pending, b.clock(), 0, r.Ambiguous && !anyway
	if r.Ambiguous {
		r.State = store.Uncertain
	}
	return nil
}

func (b *books) Letter(_ context.Context, d *store.Delivery, at calendar.Instant) (store.Letter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := store.Letter{At: at, Update: d.ThreadOf != 0}
	if p := b.people[personOf(d.Destination)]; p != nil {
		l.Recipient = *p
	}
	r := b.rows[d.ID-1]
	channels := map[string]bool{}
	for _, a := range r.alerts {
		channels[a.channel] = true
		if !a.open() && !b.blind {
			l.Gone++
			continue
		}
		l.Keys = append(l.Keys, a.key())
		l.Cards = append(l.Cards, store.Card{
			Stage: commitments.Watch, Customer: "Acme", OwnerName: "Ann", Calendar: b.hours,
			Promise: commitments.View{ID: a.id, Title: "Promise", DueAt: a.due, Promise: b.hours.Today(a.due)},
		})
	}
	if len(channels) == 1 {
		l.Channel = r.alerts[0].channel
	}
	l.Twin = l.Recipient.ID != 0 && !l.Update && !slices.ContainsFunc(r.alerts, func(a *owedAlert) bool { return a.open() && !b.toldInChannel(a) })
	return l, nil
}

// toldInChannel reports whether an alert goes to a channel in a message of its own
// that is, or is to be, sent.
func (b *books) toldInChannel(a *owedAlert) bool {
	return slices.ContainsFunc(b.rows, func(r *owedRow) bool {
		return strings.HasPrefix(r.Destination, "channel:") && r.ThreadOf == 0 && r.State != store.Dead && r.State != store.Cancelled && slices.Contains(r.alerts, a)
	})
}

func (b *books) FoundInSlack(_ context.Context, p *store.Person, user string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.people[p.ID]; known.Email == p.Email && (known.SlackUser == "" || known.SoughtAt != 0) {
		known.SlackUser, known.SoughtAt = user, calendar.InstantOf(time.Now())
	}
	return nil
}

func (b *books) AddParts(context.Context, *store.Delivery, []string) error {
	return errors.New("the model has no digests")
}

// personOf reads a destination's person; 0 for a channel.
func personOf(destination string) store.ID {
	number, _ := strings.CutPrefix(destination, "person:")
	id, _ := strconv.ParseInt(number, 10, 64)
	return store.ID(id)
}
