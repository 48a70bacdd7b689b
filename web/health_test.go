package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
	"kept/notify/slackapp"
	"kept/web"
)

func TestF17_AJobThatHangsNeedsARestart(t *testing.T) {
	r := newRig(t)
	r.jobs.job, r.jobs.still = "sweep", 179*time.Second
	if w := r.get("/healthz"); w.Code != 200 {
		t.Errorf("a sweep that takes long: %d", w.Code)
	}
	r.jobs.still = 3 * time.Minute
	if w := r.get("/healthz"); w.Code != 503 || !strings.Contains(w.Body.String(), `"sweep" has hung for 3m0s`) {
		t.Errorf("a sweep that hangs: %d %s", w.Code, w.Body)
	}
}

func TestF17_ABeatThatStoppedNeedsARestart(t *testing.T) {
	r := newRig(t, func(r *rig, c *web.Config) { c.Health.Began = time.Now().Add(-time.Hour) })
	r.jobs.beat = func() time.Time { return time.Now().Add(-time.Minute) }
	if w := r.get("/healthz"); w.Code != 503 || !strings.Contains(w.Body.String(), "stood still for 1m0s") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestF62_NotReadyWhileTheClockIsDoubted(t *testing.T) {
	r := newRig(t)
	sweep(t, r.store, time.Now())
	r.jobs.doubted = true
	if status, reasons, _ := r.ready(t); status != 503 || len(reasons) != 1 || !strings.Contains(reasons[0], "clock jumped ahead") {
		t.Errorf("%d %q", status, reasons)
	}
}

// later is a Slack whose clock is ahead of ours.
type later struct{ http.RoundTripper }

func (l later) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Header.Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
	}
	return answer, err
}

// onSlack makes the rig's Slack a bot's, by a transport.
func onSlack(t *testing.T, transport func(http.RoundTripper) http.RoundTripper) func(*rig, *web.Config) {
	return func(r *rig, c *web.Config) {
		var err error
		c.Health.Slack, err = notify.New(notify.Config{
			BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: transport(r.slack.RoundTripper()),
		}, r.store, slog.New(slog.DiscardHandler))
		must(t, err)
		r.notify = c.Health.Slack
	}
}

func plainly(rt http.RoundTripper) http.RoundTripper { return rt }

func TestF62_NotReadyWhileSlackHasAnotherTime(t *testing.T) {
	r := newRig(t, onSlack(t, func(rt http.RoundTripper) http.RoundTripper { return later{rt} }))
	sweep(t, r.store, time.Now())
	if status, reasons, _ := r.ready(t); status != 200 {
		t.Errorf("before Slack was asked: %d %q", status, reasons)
	}
	must(t, r.notify.Ask(t.Context()))
	status, reasons, _ := r.ready(t)
	if status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "this machine's clock is ") || !strings.HasSuffix(reasons[0], " behind Slack's") {
		t.Errorf("%d %q", status, reasons)
	}
	if metrics := r.get("/metrics").Body.String(); !strings.Contains(metrics, `kept_clock_skew_seconds{against="slack"} -`) {
		t.Error("the metrics do not tell the skew")
	}
}

func TestF31_RedOnceTheTokenIsRevokedThoughNothingIsOwed(t *testing.T) {
	r := newRig(t, onSlack(t, plainly))
	sweep(t, r.store, time.Now())
	must(t, r.notify.Ask(t.Context()))
	r.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("token_revoked")})
	if err := r.notify.Ask(t.Context()); err == nil {
		t.Error("a revoked token passes")
	}
	status, reasons, _ := r.ready(t)
	if status != 503 || len(reasons) != 1 || !strings.Contains(reasons[0], "token_revoked") {
		t.Errorf("%d %q", status, reasons)
	}
	if metrics := r.get("/metrics").Body.String(); !strings.Contains(metrics, `kept_destination_blocked{dest="slack",reason="token_revoked"} 1`) {
		t.Error("the metrics do not tell it")
	}
}

func TestNotReadyOnceSlackIsSilent(t *testing.T) {
	r := newRig(t, onSlack(t, plainly), func(_ *rig, c *web.Config) { c.Health.Began = time.Now().Add(-16 * time.Minute) })
	sweep(t, r.store, time.Now())
	if status, reasons, _ := r.ready(t); status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "the token has not been accepted by Slack for 16m") {
		t.Errorf("%d %q", status, reasons)
	}
	must(t, r.notify.Ask(t.Context()))
	if status, reasons, _ := r.ready(t); status != 200 {
		t.Errorf("once it answers: %d %q", status, reasons)
	}
}

func TestReadyBetweenSweepsThatAreFarApart(t *testing.T) {
	daily := func(last time.Time) time.Time { return last.Add(24 * time.Hour) }
	r := newRig(t, func(_ *rig, c *web.Config) { c.Health.Next = daily })
	sweep(t, r.store, time.Now().Add(-20*time.Hour))
	if status, reasons, _ := r.ready(t); status != 200 {
		t.Errorf("within the day: %d %q", status, reasons)
	}
}

func TestNotReadyWithoutABackupThatIsWanted(t *testing.T) {
	r := newRig(t, func(_ *rig, c *web.Config) { c.Health.Backups = true })
	sweep(t, r.store, time.Now())
	if status, reasons, _ := r.ready(t); status != 503 || len(reasons) != 1 || reasons[0] != "no backup has been made yet" {
		t.Errorf("%d %q", status, reasons)
	}
	must(t, r.store.Ran(t.Context(), store.JobBackup, calendar.InstantOf(time.Now().Add(-27*time.Hour))))
	if status, reasons, _ := r.ready(t); status != 503 || len(reasons) != 1 || !strings.HasPrefix(reasons[0], "last backup was 27h") {
		t.Errorf("%d %q", status, reasons)
	}
	must(t, r.store.Ran(t.Context(), store.JobBackup, calendar.InstantOf(time.Now())))
	if status, reasons, _ := r.ready(t); status != 200 {
		t.Errorf("%d %q", status, reasons)
	}
}

func TestWarningsDoNotStopTheHeartbeat(t *testing.T) {
	r := newRig(t)
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	manager, customer := "Old Tom", "Acme"
	_, err = r.store.AddPerson(t.Context(), ada, store.PersonInput{Name: &manager})
	must(t, err)
	_, err = r.store.AddCustomer(t.Context(), ada, store.CustomerInput{Name: &customer, Manager: &manager})
	must(t, err)
	managers, err := r.store.Managers(t.Context())
	must(t, err)
	at := calendar.InstantOf(time.Now())
	_, _, err = r.store.IssueDigest(t.Context(), managers[0], "2026-W40", at, at, true)
	must(t, err)
	sweep(t, r.store, time.Now())
	status, _, warnings := r.ready(t)
	all := strings.Join(warnings, "\n")
	for _, want := range []string{"people whom Slack cannot find: 1", "weekly digests missed while nothing ran: 1 (Old Tom 2026-W40)"} {
		if status != 200 || !strings.Contains(all, want) {
			t.Errorf("%d, warnings %q lack %q", status, warnings, want)
		}
	}
	if metrics := r.get("/metrics").Body.String(); !strings.Contains(metrics, "kept_missed_runs_total 1\n") {
		t.Error("the metrics do not count the missed digest")
	}
}

func TestAMessageWithNobodyToSendItToIsAWarning(t *testing.T) {
	r := newRig(t, onSlack(t, plainly))
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	_, err = r.store.EditCalendar(t.Context(), ada, "default", store.CalendarInput{Hours: new("mon-sun 00:00-24:00"), Apply: true})
	must(t, err)
	owe(t, r.store, time.Now().Add(-14*24*time.Hour))
	backdate(t, r.path, time.Hour)
	_, err = r.notify.Deliver(t.Context(), calendar.InstantOf(time.Now())) // nobody in Slack has Ada's address
	must(t, err)
	status, reasons, warnings := r.ready(t)
	if status != 200 || !strings.Contains(strings.Join(warnings, "\n"), "messages with nobody to send them to: 1") {
		t.Errorf("%d %q %q", status, reasons, warnings)
	}
}

// monitor is a service elsewhere that waits for heartbeats.
type monitor struct {
	beats  int
	answer func(*http.Request) (*http.Response, error)
}

func (m *monitor) RoundTrip(r *http.Request) (*http.Response, error) {
	m.beats++
	if m.answer != nil {
		return m.answer(r)
	}
	w := httptest.NewRecorder()
	return w.Result(), nil
}

func TestHeartbeatOnlyWhileAllIsWell(t *testing.T) {
	r, m, log := newRig(t), &monitor{}, &bytes.Buffer{}
	b := web.NewHeartbeat("https://hc.example.com/hunter2", r.health, slog.New(slog.NewTextHandler(log, nil)), m)
	b.Beat(t.Context())
	if m.beats != 0 {
		t.Error("it beats before the first sweep")
	}
	sweep(t, r.store, time.Now())
	b = web.NewHeartbeat("https://hc.example.com/hunter2", r.health, slog.New(slog.NewTextHandler(log, nil)), m)
	b.Beat(t.Context())
	b.Beat(t.Context())
	if m.beats != 1 {
		t.Errorf("%d beats within a minute, want 1", m.beats)
	}
}

func TestHeartbeatKeepsItsAddressAndFollowsNothing(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"redirect": func(*http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			w.Header().Set("Location", "https://elsewhere.example.com/")
			w.WriteHeader(http.StatusFound)
			return w.Result(), nil
		},
		"down": func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") },
		"broken": func(*http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			w.WriteHeader(500)
			return w.Result(), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, m, log := newRig(t), &monitor{answer: answer}, &bytes.Buffer{}
			sweep(t, r.store, time.Now())
			web.NewHeartbeat("https://hc.example.com/hunter2", r.health, slog.New(slog.NewTextHandler(log, nil)), m).Beat(t.Context())
			if m.beats != 1 || !strings.Contains(log.String(), "does not get through") || strings.Contains(log.String(), "hunter2") {
				t.Errorf("%d calls; log %q", m.beats, log)
			}
		})
	}
}

// endless is a body that never ends.
type endless struct{ read *int }

func (e endless) Read(p []byte) (int, error) { *e.read += len(p); return len(p), nil }

func TestHeartbeatReadsLittle(t *testing.T) {
	read := 0
	r := newRig(t)
	sweep(t, r.store, time.Now())
	m := &monitor{answer: func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(endless{&read})}, nil
	}}
	web.NewHeartbeat("https://hc.example.com/x", r.health, slog.New(slog.DiscardHandler), m).Beat(context.Background())
	if read == 0 || read > 128<<10 {
		t.Errorf("%d bytes read", read)
	}
}

func TestASocketThatIsNotOpenIsNoticed(t *testing.T) {
	r := newRig(t, func(r *rig, c *web.Config) {
		c.Health.App = slackapp.New(slackapp.Config{Slack: notify.Config{BotToken: fakeslack.BotToken, APIURL: "http://127.0.0.1:1/api/"}, AppToken: fakeslack.AppToken, SigningSecrets: []string{"s1"}}, r.store, nil, slog.New(slog.DiscardHandler))
	})
	sweep(t, r.store, time.Now())
	if status, reasons, _ := r.ready(t); status != 503 || !strings.Contains(strings.Join(reasons, "\n"), "Slack's socket is not open: it has not been yet") {
		t.Errorf("%d %q", status, reasons)
	}
	if w := r.ask("POST", "/slack/events", strings.NewReader("{}")); w.Code != 401 || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("a request without a signature: %d", w.Code)
	}
	figures := r.get("/metrics").Body.String()
	for _, want := range []string{`kept_requests_total{door="events",result="refused"} 1`, "kept_socket_open 0"} {
		if !strings.Contains(figures, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

func TestI62_WithoutASecretNothingIsTakenOverHTTP(t *testing.T) {
	r := newRig(t, func(r *rig, c *web.Config) {
		c.Health.App = slackapp.New(slackapp.Config{Slack: notify.Config{BotToken: fakeslack.BotToken}}, r.store, nil, slog.New(slog.DiscardHandler))
	})
	for _, door := range []string{"commands", "interactions", "events"} {
		if w := r.ask("POST", "/slack/"+door, strings.NewReader("{}")); w.Code != 404 && w.Code != 405 {
			t.Errorf("%s: %d", door, w.Code)
		}
	}
}
