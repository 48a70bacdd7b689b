package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
)

// How long things may stand still before they count as broken.
const (
	maxStill = time.Minute     // the scheduler's beat, which comes every 15 seconds
	maxSwept = 5 * time.Minute // since the last sweep, which comes every minute
	maxOwed  = 5 * time.Minute // a message that is due and has not been sent
	maxProbe = 4 * time.Second // for all questions to the database together
)

// health is what /healthz and /readyz answer.
type health struct {
	Ready    bool     `json:"ready"`
	Reasons  []string `json:"reasons"`  // why not
	Warnings []string `json:"warnings"` // what is not as it should be, and no reason to stop
}

// healthz answers 200 while the process is alive, and 503 once its scheduler has
// stopped beating: then only a restart helps.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	last, _ := s.Beat()
	if last.Before(s.started) {
		last = s.started // it has not beaten yet
	}
	still := time.Since(last)
	if still < maxStill {
		return text(w, http.StatusOK, "ok\n")
	}
	return text(w, http.StatusServiceUnavailable, fmt.Sprintf("the scheduler has stood still for %s\n", still.Round(time.Second)))
}

// readyz answers 200 while promises are looked after: found, alerted and told. Else
// 503, with the reasons.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), maxProbe)
	defer cancel()
	h := s.health(ctx)
	w.Header().Set("Content-Type", "application/json")
	if !h.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h) // a prober who left need not be told
	return nil
}

func (s *Server) health(ctx context.Context) health {
	h := health{Reasons: []string{}, Warnings: []string{}}
	if s.draining.Load() {
		h.Reasons = append(h.Reasons, "shutting down")
		return h
	}
	for _, check := range []func(context.Context) error{s.database, s.space, s.swept, s.slackWorks} {
		if err := check(ctx); err != nil {
			h.Reasons = append(h.Reasons, err.Error())
		}
	}
	if s.Slack.Mode() == notify.Off {
		h.Warnings = append(h.Warnings, "Slack is not configured: alerts wait")
	}
	h.Ready = len(h.Reasons) == 0
	return h
}

func (s *Server) database(ctx context.Context) error { return s.Probe.Write(ctx) }

func (s *Server) space(context.Context) error { return s.Probe.Space() }

func (s *Server) swept(ctx context.Context) error {
	last, err := s.Store.LastRun(ctx, store.JobSweep)
	switch ago := calendar.InstantOf(time.Now()).Sub(last); {
	case err != nil:
		return fmt.Errorf("last sweep unknown: %w", err)
	case last == 0:
		return fmt.Errorf("not swept yet")
	case ago < -maxSwept:
		return fmt.Errorf("last sweep was for a time %s ahead of the clock: until then nothing newly due is seen", (-ago).Round(time.Second))
	case ago > maxSwept:
		return fmt.Errorf("last sweep was %s ago", ago.Round(time.Second))
	}
	return nil
}

// slackWorks fails if Slack takes no messages, or if one has been owed for too long.
func (s *Server) slackWorks(ctx context.Context) error {
	if since, why := s.Slack.Trouble(); why != "" {
		return fmt.Errorf("no message reaches Slack since %s: %s", since, why)
	}
	_, oldest, err := s.Store.DeliveryCounts(ctx)
	switch owed := calendar.InstantOf(time.Now()).Sub(oldest); {
	case err != nil:
		return fmt.Errorf("messages owed unknown: %w", err)
	case oldest != 0 && owed > maxOwed:
		return fmt.Errorf("a message has been owed for %s", owed.Round(time.Second))
	}
	return nil
}

func text(w http.ResponseWriter, status int, body string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a prober who left need not be told
	return nil
}

// age is how long ago an instant was; 0 for an unknown one.
func age(since calendar.Instant) time.Duration {
	if since == 0 {
		return 0
	}
	return calendar.InstantOf(time.Now()).Sub(since)
}
