package web_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/commitments/store/pgtest"
	"kept/notify"
	"kept/notify/fakeslack"
	"kept/web"
)

// rig is a Server over a new database, with all it leans on within reach.
type rig struct {
	*web.Server
	store *store.Store
	path  string
	slack *fakeslack.Server
	log   *bytes.Buffer
	jobs  *jobs

	notify *notify.Notifier
	health *web.Health
}

// jobs are standing jobs that say what they are told to.
type jobs struct {
	beat    func() time.Time
	job     string
	still   time.Duration
	doubted bool
}

func (j *jobs) Beat() (time.Time, int64)         { return j.beat(), 3 }
func (j *jobs) Slowest() (string, time.Duration) { return j.job, j.still }
func (j *jobs) Doubted() bool                    { return j.doubted }
func (j *jobs) Panics() int64                    { return 2 }

func newRig(t *testing.T, change ...func(*rig, *web.Config)) *rig {
	t.Helper()
	return newRigOn(t, filepath.Join(t.TempDir(), "kept.db"), change...)
}

func newRigOn(t *testing.T, database string, change ...func(*rig, *web.Config)) *rig {
	t.Helper()
	r := &rig{path: database, slack: fakeslack.New(), log: &bytes.Buffer{}, jobs: &jobs{beat: time.Now}}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if r.store, err = store.Create(t.Context(), r.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() }) // once more does no harm
	must(t, r.store.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}))
	c := web.Config{Health: &web.Health{Store: r.store, Jobs: r.jobs, Began: time.Now()}, Version: "test", Log: log}
	if c.Health.Probe, err = r.store.NewProbe(); err != nil {
		t.Fatal(err)
	}
	if c.Health.Slack, err = notify.New(notify.Config{}, r.store, log); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(r, &c)
	}
	r.health = c.Health
	if r.Server, err = web.New(c); err != nil {
		t.Fatal(err)
	}
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask makes one request.
func (r *rig) ask(method, target string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(method, target, body))
	return w
}

func (r *rig) get(target string) *httptest.ResponseRecorder { return r.ask("GET", target, nil) }

// ready is the answer of /readyz.
func (r *rig) ready(t *testing.T) (status int, reasons, warnings []string) {
	t.Helper()
	w := r.get("/readyz")
	var h struct {
		Ready             bool
		Reasons, Warnings []string
	}
	must(t, json.Unmarshal(w.Body.Bytes(), &h))
	if h.Ready != (w.Code == 200) || h.Ready != (len(h.Reasons) == 0) {
		t.Errorf("status %d with ready %t and reasons %q", w.Code, h.Ready, h.Reasons)
	}
	return w.Code, h.Reasons, h.Warnings
}

func sweep(t *testing.T, s *store.Store, at time.Time) {
	t.Helper()
	if _, err := s.Sweep(t.Context(), calendar.InstantOf(at)); err != nil {
		t.Fatal(err)
	}
}

func TestF17_AliveWhileTheSchedulerBeats(t *testing.T) {
	r := newRig(t)
	if w := r.get("/healthz"); w.Code != 200 {
		t.Errorf("with a beat just now: %d", w.Code)
	}
	r.jobs.beat = func() time.Time { return time.UnixMicro(0) }
	if w := r.get("/healthz"); w.Code != 200 {
		t.Errorf("before the first beat: %d", w.Code)
	}
}

func TestReadyOnceSwept(t *testing.T) {
	r := newRig(t)
	if status, reasons, _ := r.ready(t); status != 503 || !slices.Equal(reasons, []string{"not swept yet"}) {
		t.Errorf("before the first sweep: %d %q", status, reasons)
	}
	sweep(t, r.store, time.Now().Add(-6*time.Minute))
	if status, reasons, _ := r.ready(t); status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "last sweep was 6m") {
		t.Errorf("long after a sweep: %d %q", status, reasons)
	}
	sweep(t, r.store, time.Now())
	status, reasons, warnings := r.ready(t)
	if status != 200 || len(reasons) != 0 {
		t.Errorf("after a sweep: %d %q", status, reasons)
	}
	if !slices.Equal(warnings, []string{"Slack is not configured: alerts wait"}) {
		t.Errorf("warnings %q", warnings)
	}
}

func TestReadyOnPostgreSQL(t *testing.T) {
	r := newRigOn(t, pgtest.Open(t))
	sweep(t, r.store, time.Now())
	if status, reasons, _ := r.ready(t); status != 200 {
		t.Errorf("%d %q", status, reasons)
	}
	if metrics := r.get("/metrics").Body.String(); !strings.Contains(metrics, `database="postgres"`) {
		t.Errorf("metrics %s", metrics)
	}
}

func TestNotReadyWhenTheDatabaseCannotBeWritten(t *testing.T) {
	r := newRig(t)
	sweep(t, r.store, time.Now())
	other, err := sql.Open("sqlite3", r.path+"?_txlock=exclusive")
	must(t, err)
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil)
	must(t, err)
	status, reasons, _ := r.ready(t)
	if status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "database cannot be written: ") {
		t.Errorf("while another holds it: %d %q", status, reasons)
	}
	must(t, tx.Rollback())
	if status, reasons, _ := r.ready(t); status != 200 {
		t.Errorf("once it is free again: %d %q", status, reasons)
	}
}

func TestF31_NotReadyWhileSlackRefusesUs(t *testing.T) {
	r := newRig(t, func(r *rig, c *web.Config) {
		r.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("invalid_auth")})
		var err error
		c.Health.Slack, err = notify.New(notify.Config{
			BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: r.slack.RoundTripper(),
		}, r.store, slog.New(slog.DiscardHandler))
		must(t, err)
		owe(t, r.store, time.Now().Add(-14*24*time.Hour))
		backdate(t, r.path, 0)
		_, err = c.Health.Slack.Deliver(t.Context(), calendar.InstantOf(time.Now()))
		must(t, err)
	})
	status, reasons, warnings := r.ready(t)
	if status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "no message reaches Slack since ") || len(warnings) != 0 {
		t.Errorf("%d %q %q", status, reasons, warnings)
	}
}

func TestF13_NotReadyWhileShuttingDown(t *testing.T) {
	r := newRig(t)
	sweep(t, r.store, time.Now())
	r.Drain()
	if status, reasons, _ := r.ready(t); status != 503 || !slices.Equal(reasons, []string{"shutting down"}) {
		t.Errorf("%d %q", status, reasons)
	}
}

func TestF45_NotReadyOnceTheFileIsReplaced(t *testing.T) {
	for name, replace := range map[string]func(path string) error{
		"removed":  os.Remove,
		"replaced": func(path string) error { return os.Rename(copied(t, path), path) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			sweep(t, r.store, time.Now())
			must(t, replace(r.path))
			status, reasons, _ := r.ready(t)
			if status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "database file replaced or removed") {
				t.Errorf("%d %q", status, reasons)
			}
		})
	}
}

func copied(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".copy", content, 0o600))
	return path + ".copy"
}

// owe makes a message that has been due for a while.
func owe(t *testing.T, s *store.Store, since time.Time) {
	t.Helper()
	ada, err := s.Actor(t.Context(), "")
	must(t, err)
	made := since.Add(-21 * 24 * time.Hour)
	op := store.Op{By: ada, At: made.UTC().Format(time.RFC3339)}
	due := since.UTC().Format(time.DateOnly)
	_, err = s.Add(t.Context(), op, store.NewPromise{Customer: "Acme", Owner: "ada@example.com", Title: "Single sign-on", Promise: due, Create: true})
	must(t, err)
	sweep(t, s, since)
	sweep(t, s, time.Now())
}

// backdate makes every message due since a while ago.
func backdate(t *testing.T, path string, by time.Duration) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "UPDATE deliveries SET created_at = ?1, opens_at = ?1", time.Now().Add(-by).UnixMicro())
	must(t, err)
}

func TestNotReadyWhileAMessageIsOwed(t *testing.T) {
	r := newRig(t)
	owe(t, r.store, time.Now().Add(-14*24*time.Hour))
	backdate(t, r.path, time.Hour)
	status, reasons, _ := r.ready(t)
	if status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "a message has been owed for 1h") {
		t.Errorf("%d %q", status, reasons)
	}
	metrics := r.get("/metrics").Body.String()
	for _, want := range []string{
		`kept_outbox{state="pending"} 1`, `kept_outbox{state="sent"} 0`, "kept_outbox_oldest_seconds 36", "kept_clock_jump_total 3",
		`kept_build_info{`, `database="sqlite"`, "kept_sweep_last_success_timestamp 1", "go_goroutines ", "# TYPE kept_outbox gauge",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
}

func TestI57_I58_PathsAndMethods(t *testing.T) {
	r := newRig(t)
	sweep(t, r.store, time.Now())
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"HEAD", "/healthz", 200},
		{"POST", "/", 405},
		{"DELETE", "/healthz", 405},
		{"TRACE", "/readyz", 405},
		{"OPTIONS", "/metrics", 405},
		{"GET", "/nowhere", 404},
		{"GET", "//healthz", 404},
		{"GET", "/static/../healthz", 404},
		{"GET", "/static/%2e%2e/server.go", 404},
		{"GET", "/static/", 404},
		{"GET", "/static/%00", 404},
		{"GET", "/static/" + strings.Repeat("x", 10_000), 404},
		{"GET", "/slack/C1", 404},
		{"GET", "/static/kept.css", 200},
		{"GET", "/debug/pprof/", 404},
	} {
		w := r.ask(c.method, c.path, nil)
		if w.Code != c.want {
			t.Errorf("%s %.40s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
		if c.want == 405 && w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow %q", c.method, c.path, w.Header().Get("Allow"))
		}
	}
}

func TestX20_EveryAnswerIsProtected(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/static/kept.css", "/nowhere", "//"} {
		h := r.get(path).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}

func TestX30_ErrorsAreToldInTheLogOnly(t *testing.T) {
	r := newRig(t)
	must(t, r.store.Close())
	w := r.get("/metrics")
	if w.Code != 500 || strings.Contains(w.Body.String(), "sql") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if !strings.Contains(r.log.String(), "sql: database is closed") {
		t.Errorf("the log does not say why: %s", r.log)
	}
}

func TestF16_APanicIsAnsweredAndLogged(t *testing.T) {
	r := newRig(t, func(r *rig, _ *web.Config) { r.jobs.beat = func() time.Time { panic("no beat") } })
	if w := r.get("/healthz?token=secret"); w.Code != 500 {
		t.Errorf("%d", w.Code)
	}
	if log := r.log.String(); !strings.Contains(log, "no beat") || strings.Contains(log, "secret") {
		t.Errorf("log %q", log)
	}
}

func TestIndexSaysWhatRunsHere(t *testing.T) {
	r := newRig(t)
	page := r.get("/").Body.String()
	for _, want := range []string{"Kept test runs here, on sqlite", "not swept yet", "Slack is not configured: alerts wait", `href="/readyz"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestI60_SlowAndLargeRequestsHaveLimits(t *testing.T) {
	r := newRig(t)
	h := r.HTTP()
	if h.ReadHeaderTimeout == 0 || h.ReadTimeout == 0 || h.WriteTimeout == 0 || h.IdleTimeout == 0 {
		t.Error("a timeout is missing")
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = h
	server.Start()
	defer server.Close()
	request, err := http.NewRequest("GET", server.URL, nil)
	must(t, err)
	request.Header.Set("X-Long", strings.Repeat("x", 100<<10))
	answer, err := server.Client().Do(request)
	must(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("100 KiB of header: %d", answer.StatusCode)
	}
}
