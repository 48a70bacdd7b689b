package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/slackapp"
)

// How long things may stand still before they count as broken.
const (
	maxStill   = time.Minute      // the scheduler's beat, which comes every 15 seconds
	maxStuck   = 3 * time.Minute  // a sweep, a digest or a delivery round that gets no further
	maxSwept   = 5 * time.Minute  // after a sweep was due
	maxOwed    = 5 * time.Minute  // a message that is due and has not been sent
	maxSkew    = 5 * time.Minute  // between this machine's clock and another
	maxUnheard = time.Minute      // without a socket from Slack
	maxSilent  = 15 * time.Minute // since Slack last accepted the token
	maxBackup  = 26 * time.Hour   // since the last backup, which is made daily
	maxProbe   = 4 * time.Second  // for all questions to the database together
	oldNews    = 7 * 24 * time.Hour
)

// Jobs is what there is to know of the standing jobs in this process.
type Jobs interface {
	// Beat is when they last beat, with its monotonic reading, and how often the clock jumped.
	Beat() (last time.Time, clockJumps int64)
	// Slowest is the job in hand that has not got further for the longest time.
	Slowest() (job string, still time.Duration)
	// Doubted reports whether they hold back because the clock jumped ahead.
	Doubted() bool
	// Panics counts those they have lived through.
	Panics() int64
}

// Health judges whether promises are looked after: found, alerted and told. The same
// judgement serves /readyz, the heartbeat and kept status.
type Health struct {
	Store   *store.Store
	Probe   *store.Probe
	Slack   *notify.Notifier
	App     *slackapp.App                  // nil where nothing comes back from Slack
	Jobs    Jobs                           // nil where another process does the work
	Next    func(last time.Time) time.Time // when a sweep is due after another; nil is a minute later
	Backups bool                           // whether daily backups are wanted
	Began   time.Time                      // when this process did
}

// Judgement is what Health comes to.
type Judgement struct {
	Ready    bool     `json:"ready"`
	Reasons  []string `json:"reasons"`  // why not
	Warnings []string `json:"warnings"` // what is not as it should be, and no reason to stop
}

// Judge looks at everything once. It writes one row, to see that it can.
func (h *Health) Judge(ctx context.Context) Judgement {
	j := Judgement{Reasons: []string{}, Warnings: []string{}}
	for _, check := range []func(context.Context) error{
		h.Probe.Write, h.Probe.Schema, h.space, h.swept, h.clock, h.slack, h.socket, h.backedUp,
	} {
		if err := check(ctx); err != nil {
			j.Reasons = append(j.Reasons, err.Error())
		}
	}
	owed, err := h.Store.Owed(ctx, now())
	switch waited := age(owed.Since); {
	case err != nil:
		j.Reasons = append(j.Reasons, fmt.Sprintf("messages owed unknown: %v", err))
	case waited > maxOwed:
		j.Reasons = append(j.Reasons, fmt.Sprintf("a message has been owed for %s", rounded(waited)))
	}
	j.Warnings = append(j.Warnings, h.warnings(ctx, owed)...)
	j.Ready = len(j.Reasons) == 0
	return j
}

// Alive fails once only a restart helps: the jobs have stopped beating, or one hangs.
func (h *Health) Alive() error {
	last, _ := h.Jobs.Beat()
	if last.Before(h.Began) {
		last = h.Began // they have not begun yet
	}
	if still := time.Since(last); still >= maxStill {
		return fmt.Errorf("the scheduler has stood still for %s", rounded(still))
	}
	if job, still := h.Jobs.Slowest(); still >= maxStuck {
		return fmt.Errorf("the job %q has hung for %s", job, rounded(still))
	}
	return nil
}

func (h *Health) space(context.Context) error { return h.Probe.Space() }

func (h *Health) swept(ctx context.Context) error {
	last, err := h.Store.LastRun(ctx, store.JobSweep)
	switch ago := age(last); {
	case err != nil:
		return fmt.Errorf("last sweep unknown: %w", err)
	case last == 0:
		return fmt.Errorf("not swept yet")
	case ago < -maxSwept:
		return fmt.Errorf("last sweep was for a time %s ahead of the clock: until then nothing newly due is seen", rounded(-ago))
	case time.Since(h.next(last.Time())) > maxSwept-time.Minute:
		return fmt.Errorf("last sweep was %s ago", rounded(ago))
	}
	return nil
}

func (h *Health) next(last time.Time) time.Time {
	if h.Next == nil {
		return last.Add(time.Minute)
	}
	return h.Next(last)
}

// clock fails if this machine's clock is not what others say the time is.
func (h *Health) clock(ctx context.Context) error {
	if h.Jobs != nil && h.Jobs.Doubted() {
		return fmt.Errorf("the clock jumped ahead, and no other clock agrees: sweeps and digests are held back for ten minutes at most")
	}
	for _, other := range h.skews(ctx) {
		switch {
		case other.ahead > maxSkew:
			return fmt.Errorf("this machine's clock is %s ahead of %s", rounded(other.ahead), other.whose)
		case other.ahead < -maxSkew:
			return fmt.Errorf("this machine's clock is %s behind %s", rounded(-other.ahead), other.whose)
		}
	}
	return nil
}

// skew is how far this machine's clock is ahead of another.
type skew struct {
	name, whose string
	ahead       time.Duration
}

// skews compares this machine's clock with every other that is known.
func (h *Health) skews(ctx context.Context) (all []skew) {
	if ahead, at := h.Slack.ClockSkew(); !at.IsZero() && time.Since(at) < maxSilent {
		all = append(all, skew{"slack", "Slack's", ahead})
	}
	if ahead, known := h.Store.Ahead(ctx); known {
		all = append(all, skew{"database", "the database's", ahead})
	}
	return all
}

// slack fails if Slack takes no messages, or has been silent for too long.
func (h *Health) slack(context.Context) error {
	if since, why := h.Slack.Trouble(); why != "" {
		return fmt.Errorf("no message reaches Slack since %s: %s", since, why)
	}
	if h.Slack.Mode() != notify.Bot {
		return nil
	}
	heard := h.Slack.Heard()
	if heard.Before(h.Began) {
		heard = h.Began
	}
	if silent := time.Since(heard); silent > maxSilent {
		return fmt.Errorf("the token has not been accepted by Slack for %s", rounded(silent))
	}
	return nil
}

// socket fails if what people do in Slack has not reached us for a while, or not yet.
func (h *Health) socket(context.Context) error {
	if h.App == nil || !h.App.Listens() {
		return nil
	}
	open, since, why := h.App.Socket()
	switch {
	case open || time.Since(since) < maxUnheard:
		return nil
	case since.IsZero():
		return fmt.Errorf("Slack's socket is not open: %s", why) //nolint:staticcheck // Slack is a name
	}
	return fmt.Errorf("Slack's socket is not open since %s: %s", since.UTC().Format(time.RFC3339), why) //nolint:staticcheck // Slack is a name
}

// backedUp fails if daily backups are wanted and the last is too old.
func (h *Health) backedUp(ctx context.Context) error {
	if !h.Backups {
		return nil
	}
	last, err := h.Store.LastRun(ctx, store.JobBackup)
	switch {
	case err != nil:
		return fmt.Errorf("last backup unknown: %w", err)
	case last == 0:
		return fmt.Errorf("no backup has been made yet")
	case age(last) > maxBackup:
		return fmt.Errorf("last backup was %s ago", rounded(age(last)))
	}
	return nil
}

// warnings are what a person ought to see to, though Kept does what it can.
func (h *Health) warnings(ctx context.Context, owed store.Owed) []string {
	var all []string
	if h.Slack.Mode() == notify.Off && !h.Slack.Mails() {
		all = append(all, "Slack is not configured: alerts wait")
	}
	if owed.Dead > 0 {
		all = append(all, fmt.Sprintf("messages given up: %d (kept delivery list --state dead)", owed.Dead))
	}
	if owed.Blocked > 0 {
		all = append(all, fmt.Sprintf("messages to places that take none: %d (kept delivery list --state blocked)", owed.Blocked))
	}
	if owed.Homeless > 0 {
		all = append(all, fmt.Sprintf("messages with nobody to send them to: %d (kept doctor says whose)", owed.Homeless))
	}
	for _, b := range h.Slack.BlockedDestinations() {
		all = append(all, fmt.Sprintf("channel %s has taken no messages since %s: %s", b.Place, b.Since, b.Code))
	}
	people, err := h.Store.Unreachable(ctx)
	if err == nil && len(people) > 0 {
		all = append(all, fmt.Sprintf("people whom Slack cannot find: %d (kept doctor says who)", len(people)))
	}
	zones, err := h.Store.UnknownZones(ctx)
	if err == nil && len(zones) > 0 {
		all = append(all, fmt.Sprintf("time zones that are not known, in whose place UTC is used: %s (kept doctor says whose)", strings.Join(zones[:min(len(zones), 5)], ", ")))
	}
	missed, err := h.Store.MissedDigests(ctx, now().Add(-oldNews))
	if err == nil && len(missed) > 0 {
		var whose []string
		for _, m := range missed[:min(len(missed), 5)] {
			whose = append(whose, m.Manager+" "+m.Week)
		}
		all = append(all, fmt.Sprintf("weekly digests missed while nothing ran: %d (%s)", len(missed), strings.Join(whose, ", ")))
	}
	return all
}

// healthz answers 200 while the process is alive, and 503 once only a restart helps.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	if err := s.Health.Alive(); err != nil {
		return text(w, http.StatusServiceUnavailable, err.Error()+"\n")
	}
	return text(w, http.StatusOK, "ok\n")
}

// readyz answers 200 while promises are looked after. Else 503, with the reasons.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	j := s.judge(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if !j.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(j) // a prober who left need not be told
	return nil
}

func (s *Server) judge(ctx context.Context) Judgement {
	if s.draining.Load() {
		return Judgement{Reasons: []string{"shutting down"}, Warnings: []string{}}
	}
	ctx, cancel := context.WithTimeout(ctx, maxProbe)
	defer cancel()
	return s.Health.Judge(ctx)
}

func text(w http.ResponseWriter, status int, body string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a prober who left need not be told
	return nil
}

func now() calendar.Instant { return calendar.InstantOf(time.Now()) }

// age is how long ago an instant was; 0 for an unknown one.
func age(since calendar.Instant) time.Duration {
	if since == 0 {
		return 0
	}
	return now().Sub(since)
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Second) }
