package notify_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// world is a small company with a database, a Slack, and Kept between them, on a
// Monday noon of a clock that moves only when everybody waits.
type world struct {
	t     *testing.T
	slack *fakeslack.Server
	store *store.Store
	file  string // the database
	cfg   notify.Config
	n     *notify.Notifier
	log   *safeBuffer
	boss  commitments.Actor
}

// inWorld runs a test in a world of its own.
func inWorld(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	time.Sleep(58 * time.Hour) // from Saturday midnight, where such clocks begin, to Monday 10:00
	file := filepath.Join(t.TempDir(), "kept.db")
	s, err := store.Create(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Init(t.Context(), store.Setup{AdminEmail: "boss@example.com", AdminName: "Boss"}); err != nil {
		t.Fatal(err)
	}
	boss, err := s.Actor(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, slack: fakeslack.New(), store: s, file: file, log: &safeBuffer{}, boss: boss}
	w.cfg = notify.Config{BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: w.slack.RoundTripper()}
	w.restart()
	return w
}

// restart begins a new process on the same database.
func (w *world) restart() {
	w.t.Helper()
	n, err := notify.New(w.cfg, w.store, slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		w.t.Fatal(err)
	}
	w.n = n
}

// hire adds a person to the company, and to Slack.
func (w *world) hire(name string) {
	w.t.Helper()
	email := strings.ToLower(name) + "@example.com"
	if _, err := w.store.AddPerson(w.t.Context(), w.boss, store.PersonInput{Name: &name, Email: &email}); err != nil {
		w.t.Fatal(err)
	}
	w.slack.AddUser(fakeslack.User{ID: "U" + strings.ToUpper(name), Name: name, RealName: name, Email: email})
}

// direct is the channel in which a person hears from Kept.
func direct(name string) string { return fakeslack.DirectChannel("U" + strings.ToUpper(name)) }

// team makes people a team with a channel, C and its name.
func (w *world) team(name, alerts string, members ...string) {
	w.t.Helper()
	channel := "C0" + strings.ToUpper(name)
	if _, err := w.store.AddTeam(w.t.Context(), w.boss, store.TeamInput{Name: &name, Channel: &channel, Alerts: &alerts}); err != nil {
		w.t.Fatal(err)
	}
	for _, m := range members {
		if _, err := w.store.EditPerson(w.t.Context(), w.boss, m, store.PersonInput{Teams: &[]string{name}}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.slack.AddChannel(fakeslack.Channel{ID: channel, Name: strings.ToLower(name)})
}

// promise logs what an owner promised a customer for eleven o'clock today.
func (w *world) promise(owner, customer, title string) commitments.ID {
	w.t.Helper()
	added, err := w.store.Add(w.t.Context(), store.Op{By: w.boss}, store.NewPromise{
		Customer: customer, Owner: owner, Title: title, Promise: time.Now().UTC().Format(time.DateOnly) + " 11:00", Create: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return added.ID
}

// noon lets the clock reach twelve, when what was promised for eleven is overdue, and sweeps.
func (w *world) noon() {
	w.t.Helper()
	time.Sleep(time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)))
	if _, err := w.store.Sweep(w.t.Context(), now()); err != nil {
		w.t.Fatal(err)
	}
}

func now() calendar.Instant { return calendar.InstantOf(time.Now()) }

// owe makes one overdue promise, and so one message, for each of the owners.
func (w *world) owe(owners ...string) {
	w.t.Helper()
	for i, o := range owners {
		w.hire(o)
		w.promise(o, fmt.Sprint("Customer ", i), "Promise of "+o)
	}
	w.noon()
}

func (w *world) deliver() notify.Outcome {
	w.t.Helper()
	o, err := w.n.Deliver(w.t.Context(), now())
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// tick delivers every five seconds for a while, as the scheduler does.
func (w *world) tick(d time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Second) {
		w.deliver()
	}
}

// pass delivers every minute for a while.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Minute) {
		w.deliver()
	}
}

// settle delivers as tick does until nothing is owed any more, for at most so long,
// and for a minute after that.
func (w *world) settle(most time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(5 * time.Second) {
		w.deliver()
		owed := func(d store.Delivery) bool {
			return d.State != store.Sent && d.State != store.Dead && d.State != store.Cancelled
		}
		if !slices.ContainsFunc(w.deliveries(), owed) {
			break
		}
	}
	w.tick(time.Minute)
}

func (w *world) deliveries() []store.Delivery {
	w.t.Helper()
	all, err := w.store.Deliveries(w.t.Context(), "", 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// cancelled counts the deliveries that were no longer true.
func (w *world) cancelled() (n int) {
	w.t.Helper()
	for _, d := range w.deliveries() {
		if d.State == store.Cancelled {
			n++
		}
	}
	return n
}

// the is the only delivery there is.
func (w *world) the() store.Delivery {
	w.t.Helper()
	all := w.deliveries()
	if len(all) != 1 {
		w.t.Fatalf("there are %d deliveries", len(all))
	}
	return all[0]
}

// onceEach fails unless every delivery is recorded as sent and Slack's own log holds
// it exactly once; one that was cancelled must not be there at all.
func (w *world) onceEach() {
	w.t.Helper()
	copies := map[string]int{}
	for _, m := range w.slack.Accepted() {
		copies[m.Payload("key")]++
	}
	all := w.deliveries()
	if len(all) == 0 {
		w.t.Error("nothing was owed, so nothing is shown")
	}
	for _, d := range all {
		if d.State == store.Cancelled && copies[d.Key] == 0 {
			continue
		}
		if d.State != store.Sent || copies[d.Key] != 1 {
			w.t.Errorf("delivery %d to %s is %s (%s: %s) and was accepted %d times", d.ID, d.Destination, d.State, d.ErrorClass, d.Error, copies[d.Key])
		}
	}
}

// calls are the times at which Slack got calls of a method about a channel; "" is all channels.
func (w *world) calls(method, channel string) (at []time.Time) {
	for _, c := range w.slack.Calls() {
		if c.Method == method && (channel == "" || c.Channel == channel) {
			at = append(at, c.At)
		}
	}
	return at
}

// logged counts the log's lines that hold a text.
func (w *world) logged(text string) (n int) {
	for l := range strings.Lines(w.log.String()) {
		if strings.Contains(l, text) {
			n++
		}
	}
	return n
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// tripper is a transport made of a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// promiseNow makes a promise that is overdue in a minute, lets that pass, and sweeps.
func (w *world) promiseNow(owner string) {
	w.t.Helper()
	due := time.Now().UTC().Add(time.Minute)
	_, err := w.store.Add(w.t.Context(), store.Op{By: w.boss}, store.NewPromise{
		Customer: "Soon", Owner: owner, Title: "Soon due", Promise: due.Format("2006-01-02 15:04"), Create: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(2 * time.Minute)
	if _, err := w.store.Sweep(w.t.Context(), now()); err != nil {
		w.t.Fatal(err)
	}
}
