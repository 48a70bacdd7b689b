package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"
	"kept/notify/fakeslack"
)

// These tests live through steps of the clock with a kept of their own: in it, time.Now
// adds an offset that a file says, for every library in the program.

const (
	plainNow = "\tsec, nsec, mono := runtimeNow()\n"
	movedNow = plainNow + "\tsec += *clockOffset\n"

	// Now also runs where the scheduler does, and nothing can be called: so the file is mapped.
	readOffset = `
// clockOffset is how far the clock is moved, in seconds: the first eight bytes of the
// file that KEPT_TEST_CLOCK names.
var clockOffset = func() *int64 {
	name, _ := syscall.Getenv("KEPT_TEST_CLOCK")
	fd, err := syscall.Open(name, syscall.O_RDONLY, 0)
	if err != nil {
		return new(int64)
	}
	page, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return (*int64)(unsafe.Pointer(&page[0]))
}()
`
)

// moved builds that kept. The first time nearly all is compiled anew, as every package
// knows the time; SQLite so that it takes little.
func moved(t *testing.T) (binary string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	must(t, err)
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(original)
	must(t, err)
	changed := strings.Replace(string(text), plainNow, movedNow, 1)
	changed = strings.Replace(changed, "import (\n", "import (\n\t\"syscall\"\n\t\"unsafe\"\n", 1) + readOffset
	if !strings.Contains(changed, movedNow) {
		t.Fatalf("%s has no %q", original, plainNow)
	}
	dir := t.TempDir()
	replacement, overlay, binary := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "kept")
	must(t, os.WriteFile(replacement, []byte(changed), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: replacement}})
	must(t, err)
	must(t, os.WriteFile(overlay, replace, 0o600))
	build := exec.Command("go", "build", "-overlay", overlay, "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_CFLAGS=-O0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// machine is one whose clock the test moves; several may share a database.
type machine struct {
	*program
	clock *os.File
}

// world is a machine, and a Slack that may have the same time.
type world struct {
	*testing.T
	*machine
	binary, path string
	db           *store.Store
	slack        *fakeslack.Server
	env          []string
	there        atomic.Int64        // how far Slack's clock is moved, in seconds
	hold         func(*http.Request) // may hold a question to Slack; nil does not
}

func newWorld(t *testing.T, binary string) *world {
	t.Helper()
	path, db := database(t)
	return newWorldOn(t, binary, path, db)
}

func newWorldOn(t *testing.T, binary, path string, db *store.Store) *world {
	t.Helper()
	w := &world{T: t, binary: binary, path: path, db: db, hold: func(*http.Request) {}}
	w.slack = fakeslack.New(fakeslack.WithClock(func() time.Time { return time.Now().Add(time.Duration(w.there.Load()) * time.Second) }))
	w.slack.AddUser(fakeslack.User{ID: "U0ADA", Name: "ada", RealName: "Ada", Email: "ada@example.com"})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.hold(r)
		w.slack.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.env = []string{"KEPT_SLACK_BOT_TOKEN=" + fakeslack.BotToken, "KEPT_SLACK_API_URL=" + server.URL + "/api/"}
	w.machine = w.newMachine()
	return w
}

func (w *world) newMachine() *machine {
	w.Helper()
	clock, err := os.Create(filepath.Join(w.TempDir(), "clock"))
	must(w.T, err)
	w.Cleanup(func() { _ = clock.Close() }) // nothing is left to lose
	m := &machine{clock: clock}
	w.set(m, 0)
	return m
}

// set sets a machine's clock off by so much.
func (w *world) set(m *machine, by time.Duration) {
	w.Helper()
	_, err := m.clock.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(by/time.Second)), 0)
	must(w.T, err)
}

// move sets the clock of kept off by so much, and Slack's if it is to agree.
func (w *world) move(by time.Duration, slackToo bool) {
	w.Helper()
	if slackToo {
		w.there.Store(int64(by / time.Second))
	}
	w.set(w.machine, by)
}

func (w *world) serve() { w.serveOn(w.machine) }

func (w *world) serveOn(m *machine) {
	w.Helper()
	m.program = startAs(w.T, w.binary, append([]string{"KEPT_TEST_CLOCK=" + m.clock.Name()}, w.env...), "--db", w.path, "serve")
}

func (w *world) stop() {
	w.Helper()
	w.signal(w.T, syscall.SIGTERM)
	w.endsWell(w.T)
}

// until waits until something is so; the test's own time limit ends it.
func (w *world) until(what string, so func() bool) time.Duration {
	w.Helper()
	for began := time.Now(); ; {
		select {
		case err := <-w.ended:
			w.Fatalf("it ended before %s: %v %s", what, err, w.errs)
		case <-w.Context().Done():
			w.Fatal("never: " + what)
		case <-time.After(50 * time.Millisecond):
		}
		if so() {
			return time.Since(began)
		}
	}
}

// wellAgain waits until /readyz has nothing to say.
func (w *world) wellAgain() {
	w.Helper()
	w.until("all is well", func() bool { status, _ := w.get(w.T, "readyz"); return status == 200 })
}

// says waits until a page says something.
func (w *world) says(page, text string) {
	w.Helper()
	w.until(page+" says "+text, func() bool { _, body := w.get(w.T, page); return strings.Contains(body, text) })
}

// told counts the messages in Slack that hold a text.
func (w *world) told(text string) (n int) {
	for _, m := range w.slack.Accepted() {
		if strings.Contains(m.Text+string(m.Blocks), text) {
			n++
		}
	}
	return n
}

// swept is the instant of the last sweep.
func (w *world) swept() time.Time {
	w.Helper()
	last, err := w.db.LastRun(w.Context(), store.JobSweep)
	must(w.T, err)
	return last.Time()
}

// promise logs a promise of Ada's that is due that many days from now.
func (w *world) promise(title string, days int) {
	w.Helper()
	ada, err := w.db.Actor(w.Context(), "")
	must(w.T, err)
	made := time.Now().AddDate(0, 0, -30).Format(time.DateOnly)
	_, err = w.db.Add(w.Context(), store.Op{By: ada, At: made}, store.NewPromise{
		Customer: "Acme", Owner: "ada@example.com", Title: title, Promise: time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly), Create: true,
	})
	must(w.T, err)
}

// digestAt makes Ada a manager whose digest comes weekly at the time of day and week
// that it is after a while.
func (w *world) digestAt(after time.Duration) {
	w.Helper()
	ada, err := w.db.Actor(w.Context(), "")
	must(w.T, err)
	at := strings.ToLower(time.Now().UTC().Add(after).Format("Mon 15:04"))
	_, err = w.db.EditPerson(w.Context(), ada, "ada@example.com", store.PersonInput{Digest: &at})
	must(w.T, err)
	manager := "ada@example.com"
	_, err = w.db.EditCustomer(w.Context(), ada, "Acme", store.CustomerInput{Manager: &manager})
	must(w.T, err)
}

// once fails unless each of these was told in one message, and no message came twice.
func (w *world) once(titles ...string) {
	w.Helper()
	for _, title := range titles {
		if n := w.told(title); n != 1 {
			w.Errorf("%q was told %d times", title, n)
		}
	}
	w.nothingTwice()
}

// nothingTwice fails unless Slack took each message that was sent, once.
func (w *world) nothingTwice() {
	w.Helper()
	w.until("all is sent", func() bool {
		counts, _, err := w.db.DeliveryCounts(w.Context())
		must(w.T, err)
		return counts[store.Pending]+counts[store.Sending]+counts[store.Uncertain]+counts[store.Blocked] == 0
	})
	sent, err := w.db.Deliveries(w.Context(), store.Sent, 1000)
	must(w.T, err)
	if n := len(w.slack.Accepted()); n != len(sent) {
		w.Errorf("Slack took %d messages, and %d are recorded as sent", n, len(sent))
	}
}

// digests counts those that were sent.
func (w *world) digests() (n int) {
	sent, err := w.db.Deliveries(w.Context(), store.Sent, 1000)
	must(w.T, err)
	for _, d := range sent {
		if d.Kind == "digest" {
			n++
		}
	}
	return n
}

const aDay = 24 * time.Hour

// TestTheClockMoves builds that kept once for all of them. They mostly wait, so they
// all run at once.
func TestF60_F62_F64_F65_F66_TheClockMoves(t *testing.T) {
	binary := moved(t)
	var all sync.WaitGroup
	for name, test := range map[string]func(*world){
		"F62 an hour ahead": func(w *world) { stepAhead(w, time.Hour) }, "F62 a day ahead": func(w *world) { stepAhead(w, aDay) },
		"F62 an hour back": func(w *world) { stepBack(w, time.Hour) }, "F62 a day back": func(w *world) { stepBack(w, aDay) },
		"G8 to and fro":         toAndFro,
		"F64 F65 an hour late":  func(w *world) { downAcrossTheDigest(w, aDay, aDay+time.Hour, 1, 0) },
		"F64 F65 47 hours late": func(w *world) { downAcrossTheDigest(w, aDay, 3*aDay-time.Hour, 1, 0) },
		"F64 F65 8 days late":   func(w *world) { downAcrossTheDigest(w, aDay, 9*aDay, 1, 1) },
		"F66 asleep for 3 days": sleepAndWake,
	} {
		all.Go(func() { t.Run(name, func(t *testing.T) { test(newWorld(t, binary)) }) })
	}
	all.Go(func() { t.Run("F60", func(t *testing.T) { clocksApart(t, binary) }) })
	all.Wait()
}

// stepAhead: nothing is found due by a clock that Slack contradicts.
func stepAhead(w *world, step time.Duration) {
	w.promise("Overdue already", -10)
	w.promise("Due today", 0)
	w.serve()
	w.until("the first is told", func() bool { return w.told("Overdue already") == 1 })
	w.wellAgain()
	before := w.told("Due today")
	w.move(step, false)
	w.says("readyz", "the clock jumped ahead")
	w.says("metrics", "kept_clock_jump_total 1")
	w.promise("Overdue as well", -5)
	if ahead := time.Until(w.swept()); ahead > time.Minute {
		w.Errorf("swept %s ahead of time", ahead)
	}
	if w.told("Due today") != before {
		w.Error("told of a promise that is not overdue yet")
	}
	w.move(0, false)
	w.until("sweeps go on", func() bool { return w.told("Overdue as well") == 1 })
	w.wellAgain()
	w.once("Overdue already", "Overdue as well")
	w.stop()
}

// stepBack: sweeps go on, and nothing is told twice.
func stepBack(w *world, step time.Duration) {
	w.promise("Overdue already", -10)
	w.serve()
	w.until("the first is told", func() bool { return w.told("Overdue already") == 1 })
	w.wellAgain()
	w.move(-step, false)
	w.says("metrics", "kept_clock_jump_total 1")
	w.promise("Overdue as well", -5)
	w.until("sweeps go on", func() bool { return w.told("Overdue as well") == 1 })
	w.says("readyz", "ahead of the clock")
	w.move(0, false)
	w.wellAgain()
	w.once("Overdue already", "Overdue as well")
	w.stop()
}

// toAndFro: all clocks jump together, again and again, over the time of the digest and
// back. It comes once, and whatever is promised is told. KEPT_TEST_CLOCK_JUMPS says how
// often, at about five seconds each.
func toAndFro(w *world) {
	jumps := 6
	if set := os.Getenv("KEPT_TEST_CLOCK_JUMPS"); set != "" {
		_, err := fmt.Sscan(set, &jumps)
		must(w.T, err)
	}
	w.promise("Overdue already", -10)
	w.digestAt(12 * time.Hour)
	w.serve()
	w.wellAgain()
	var titles []string
	to := []time.Duration{time.Hour, aDay, 0, -time.Hour, -aDay, 0}
	for i := range jumps {
		w.move(to[i%len(to)], true)
		w.says("metrics", fmt.Sprintf("kept_clock_jump_total %d\n", i+1))
		titles = append(titles, fmt.Sprintf("Overdue after jump %d.", i))
		w.promise(titles[i], -5)
	}
	w.move(aDay, true)
	w.until("the digest is there", func() bool { return w.digests() == 1 })
	for _, title := range titles {
		w.until(title, func() bool { return w.told(title) > 0 })
	}
	w.wellAgain()
	w.nothingTwice()
	if n := w.digests(); n != 1 {
		w.Errorf("%d digests", n)
	}
	w.stop()
}

// sleepAndWake: a digest that became due meanwhile comes at once.
func sleepAndWake(w *world) {
	w.promise("Overdue already", -10)
	w.digestAt(2 * aDay)
	w.serve()
	w.wellAgain()
	w.move(3*aDay, true)
	if took := w.until("the digest is there", func() bool { return w.digests() == 1 }); took > 30*time.Second {
		w.Errorf("the digest came %s after the machine woke", took.Round(time.Second))
	}
	w.wellAgain()
	w.nothingTwice()
	w.stop()
}

// downAcrossTheDigest: due and back after so long, it is late within 48 hours, else
// recorded as missed.
func downAcrossTheDigest(w *world, due, back time.Duration, sent, missed int) {
	w.promise("Overdue already", -10)
	w.promise("Overdue by then", 0)
	w.digestAt(due)
	w.serve()
	w.until("the first is told", func() bool { return w.told("Overdue already") == 1 })
	w.stop()
	w.move(back, true)
	w.serve()
	w.until("what became overdue while down is told", func() bool { return w.told("Overdue by then") > 0 })
	w.until("the digest is there", func() bool { return w.digests() == sent })
	w.says("metrics", fmt.Sprintf("kept_missed_runs_total %d\n", missed))
	w.wellAgain()
	if missed > 0 {
		w.says("readyz", fmt.Sprintf("weekly digests missed while nothing ran: %d", missed))
	}
	w.nothingTwice()
	w.stop()
}

// clocksApart: two machines on one PostgreSQL whose clocks are ten minutes ahead and
// behind. While one has a message in hand, the other does not take it for abandoned.
func clocksApart(t *testing.T, binary string) {
	dsn := pgtest.Open(t)
	db, err := store.Create(t.Context(), dsn)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() }) // nothing is left to lose
	must(t, db.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}))
	allHours(t, db)
	w := newWorldOn(t, binary, dsn, db)
	arrived, release := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	w.hold = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "chat.postMessage") && held.CompareAndSwap(false, true) {
			close(arrived)
			<-release
		}
	}
	slow, fast := w.machine, w.newMachine()
	w.set(slow, -10*time.Minute)
	w.set(fast, 10*time.Minute)
	w.promise("Overdue already", -10)
	w.serveOn(slow)
	<-arrived
	w.serveOn(fast)
	w.promise("Overdue as well", -5)
	_, err = db.Sweep(t.Context(), calendar.InstantOf(time.Now()))
	must(t, err)
	w.until("the other one tells", func() bool { return w.told("Overdue as well") == 1 })
	close(release)
	w.until("the first is told", func() bool { return w.told("Overdue already") == 1 })
	w.once("Overdue already", "Overdue as well")
	for _, m := range []*machine{slow, fast} {
		w.machine = m
		w.until("the skew is seen", func() bool {
			_, body := m.get(t, "metrics")
			_, after, _ := strings.Cut(body, `kept_clock_skew_seconds{against="database"} `)
			var seconds float64
			_, err := fmt.Sscan(after, &seconds)
			return err == nil && (m == slow && seconds < -590 && seconds > -610 || m == fast && seconds > 590 && seconds < 610)
		})
		w.stop()
	}
}
