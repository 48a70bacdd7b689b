package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// program is a kept that runs until it is told to stop.
type program struct {
	*exec.Cmd
	url   string
	errs  *bytes.Buffer
	ended chan error
}

// start runs a command that serves, and waits until it says where.
func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	return startAs(t, "kept", env, args...)
}

// startAs is start, of another binary.
func startAs(t *testing.T, binary string, env []string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.Command(binary, append(args, "--listen", "127.0.0.1:0", "--json")...), errs: &bytes.Buffer{}, ended: make(chan error, 1)}
	p.Env = append(os.Environ(), env...)
	p.Stderr = p.errs
	out, err := p.StdoutPipe()
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill() }) // it has usually ended
	var said struct{ URL string }
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		t.Fatalf("it did not say where it serves: %v, %v: %s", err, p.Wait(), p.errs)
	}
	p.url = said.URL
	go func() {
		_, _ = io.Copy(io.Discard, out) // so that it never waits for a reader
		p.ended <- p.Wait()
	}()
	return p
}

// get asks for a page, and gives its status and body.
func (p *program) get(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, err := http.Get(p.url + path)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer.StatusCode, string(body)
}

// ready waits until all is well, or the test's time is out.
func (p *program) ready(t *testing.T) {
	t.Helper()
	for {
		if status, _ := p.get(t, "readyz"); status == 200 {
			return
		}
		select {
		case err := <-p.ended:
			t.Fatalf("it ended: %v %s", err, p.errs)
		case <-t.Context().Done():
			t.Fatal("it never became ready")
		default:
		}
	}
}

func (p *program) signal(t *testing.T, s os.Signal) {
	t.Helper()
	must(t, p.Process.Signal(s))
}

// endsWell waits for the end, which must be in good order.
func (p *program) endsWell(t *testing.T) {
	t.Helper()
	if err := <-p.ended; err != nil {
		t.Errorf("%v: %s", err, p.errs)
	}
}

// database makes a database whose people work day and night.
func database(t *testing.T) (path string, s *store.Store) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "kept.db")
	s, err := store.Create(t.Context(), path)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() }) // once more does no harm
	must(t, s.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada"}))
	allHours(t, s)
	return path, s
}

// allHours makes people work day and night.
func allHours(t *testing.T, s *store.Store) {
	t.Helper()
	ada, err := s.Actor(t.Context(), "")
	must(t, err)
	_, err = s.EditCalendar(t.Context(), ada, "default", store.CalendarInput{Hours: new("mon-sun 00:00-24:00"), Apply: true})
	must(t, err)
}

// overdue logs a promise of Ada's that has passed.
func overdue(t *testing.T, s *store.Store) {
	t.Helper()
	ada, err := s.Actor(t.Context(), "")
	must(t, err)
	day := func(back int) string { return time.Now().AddDate(0, 0, -back).Format(time.DateOnly) }
	_, err = s.Add(t.Context(), store.Op{By: ada, At: day(30)}, store.NewPromise{
		Customer: "Acme", Owner: "ada@example.com", Title: "Single sign-on", Promise: day(10), Create: true,
	})
	must(t, err)
}

func TestServeSweepsAndStopsInGoodOrder(t *testing.T) {
	for name, s := range map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "Ctrl-C": os.Interrupt} {
		t.Run(name, func(t *testing.T) {
			path, db := database(t)
			overdue(t, db)
			must(t, db.Close())
			p := start(t, nil, "--db", path, "serve")
			p.ready(t)
			if _, body := p.get(t, "metrics"); !strings.Contains(body, `kept_outbox{state="pending"} 1`) {
				t.Errorf("the sweep has made no message: %s", body)
			}
			p.signal(t, s)
			p.endsWell(t)
			if !strings.Contains(p.errs.String(), "warning: Slack is not configured: alerts wait") {
				t.Errorf("no warning: %s", p.errs)
			}
			if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
				t.Errorf("%d bytes are left outside the database", wal.Size())
			}
		})
	}
}

func TestI12_SecondServeIsRefused(t *testing.T) {
	path, _ := database(t)
	p := start(t, nil, "--db", path, "serve")
	second := exec.Command("kept", "--db", path, "serve", "--listen", "127.0.0.1:0")
	out, err := second.CombinedOutput()
	want := "kept: another `kept serve` is running on " + path + ": stop it first, or use PostgreSQL for several processes\n"
	var failed *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode() != 4 || string(out) != want {
		t.Errorf("%v %q, want exit 4 and %q", err, out, want)
	}
	p.signal(t, syscall.SIGTERM)
	p.endsWell(t)
}

func TestServeRefusesAddresses(t *testing.T) {
	path, _ := database(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, taken.Close()) }()
	for address, want := range map[string]struct {
		status int
		text   string
	}{
		"8470":                   {2, `kept: listen: is not an address to listen on: write it as 127.0.0.1:8470, or :8470 for every network`},
		"127.0.0.1:70000":        {2, `kept: listen: is not an address`},
		"127.0.0.1:http":         {2, `kept: listen: is not an address`},
		taken.Addr().String():    {1, "kept: listen: " + taken.Addr().String() + " is in use: stop what runs there, or name another with --listen"},
		"no-such-host.invalid:0": {1, "kept: listen: cannot listen on no-such-host.invalid:0"},
	} {
		out, err := exec.Command("kept", "--db", path, "serve", "--listen", address).CombinedOutput()
		var failed *exec.ExitError
		if !errors.As(err, &failed) || failed.ExitCode() != want.status || !strings.HasPrefix(string(out), want.text) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: %v %q", address, err, out)
		}
	}
}

// slowSlack takes messages only when it is told to.
type slowSlack struct {
	*fakeslack.Server
	arrived, release chan struct{}
}

func (s *slowSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "chat.postMessage") {
		s.arrived <- struct{}{}
		<-s.release
	}
	s.Server.ServeHTTP(w, r)
}

// sending starts a kept that has a message on its way to Slack.
func sending(t *testing.T) (*program, *slowSlack, *store.Store) {
	t.Helper()
	slack := &slowSlack{fakeslack.New(), make(chan struct{}, 9), make(chan struct{})}
	slack.AddUser(fakeslack.User{ID: "U0ADA", Name: "ada", RealName: "Ada", Email: "ada@example.com"})
	server := httptest.NewServer(slack)
	t.Cleanup(server.Close)
	path, db := database(t)
	overdue(t, db)
	p := start(t, []string{"KEPT_SLACK_BOT_TOKEN=" + fakeslack.BotToken, "KEPT_SLACK_API_URL=" + server.URL + "/api/"}, "--db", path, "serve")
	<-slack.arrived
	return p, slack, db
}

func TestF13_MessageOnItsWayIsFinished(t *testing.T) {
	p, slack, db := sending(t)
	p.signal(t, syscall.SIGTERM)
	for {
		if status, body := p.get(t, "readyz"); status == 503 && strings.Contains(body, "shutting down") {
			break
		}
	}
	close(slack.release)
	p.endsWell(t)
	sent, err := db.Deliveries(t.Context(), store.Sent, 10)
	must(t, err)
	if n := len(slack.Accepted()); n != 1 || len(sent) != 1 {
		t.Errorf("Slack took %d messages, and %d are recorded as sent; want 1 and 1", n, len(sent))
	}
}

func TestF13_ToldToStopBeforeItServes(t *testing.T) {
	path, _ := database(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	a := &app{ctx: ctx, env: func(string) string { return "" }, out: &printer{Writer: bufio.NewWriter(io.Discard)}, err: io.Discard}
	a.flags.DB = text(path)
	if err := (&serveCmd{Listen: "127.0.0.1:0"}).Run(a); err != nil {
		t.Errorf("it ended with %v, want in good order", err)
	}
}

func TestF13_SecondSignalEndsAtOnce(t *testing.T) {
	p, slack, _ := sending(t)
	defer close(slack.release)
	p.signal(t, syscall.SIGTERM)
	for {
		if _, body := p.get(t, "readyz"); strings.Contains(body, "shutting down") {
			break
		}
	}
	p.signal(t, syscall.SIGTERM)
	var failed *exec.ExitError
	if err := <-p.ended; !errors.As(err, &failed) || failed.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, want by the signal", err)
	}
}

func TestX28_ServeKeepsItsTokenToItself(t *testing.T) {
	p, slack, _ := sending(t)
	close(slack.release)
	p.ready(t)
	for _, page := range []string{"", "readyz", "metrics", "nowhere"} {
		if _, body := p.get(t, page); strings.Contains(body, fakeslack.BotToken) {
			t.Errorf("/%s shows the token", page)
		}
	}
	p.signal(t, syscall.SIGTERM)
	p.endsWell(t)
	if strings.Contains(p.errs.String(), fakeslack.BotToken) {
		t.Error("the log shows the token")
	}
}

func TestF45_SweepingStopsOnceTheFileIsGone(t *testing.T) {
	path, db := database(t)
	probe, err := db.NewProbe()
	must(t, err)
	must(t, os.Rename(path, path+".gone"))
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		v := &service{probe: probe, log: slog.New(slog.NewTextHandler(&log, nil))}
		v.running, v.halt = context.WithCancel(t.Context())
		began := time.Now()
		v.watch()
		if v.running.Err() == nil || time.Since(began) > 30*time.Second {
			t.Errorf("still running after %s", time.Since(began))
		}
	})
	if !strings.Contains(log.String(), "database file replaced or removed") {
		t.Errorf("the log does not say why: %s", &log)
	}
}
