package web

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/slackapp"
)

// metrics answers in the text format of Prometheus, version 0.0.4. Figures of the
// database are asked for, not counted, so that several processes agree.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), maxProbe)
	defer cancel()
	var out exposition
	out.family("kept_build_info", "gauge", "Always 1; the labels say what runs.")
	out.sample(fmt.Sprintf("kept_build_info{version=%q,database=%q,go=%q}", s.Version, s.Health.Store.Engine(), runtime.Version()), 1)
	for _, figures := range []func(context.Context, *exposition) error{s.outbox, s.slack, s.requests, s.jobs, s.digests, s.clocks, s.database} {
		if err := figures(ctx, &out); err != nil {
			return err
		}
	}
	out.process()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = out.WriteTo(w) // a scraper who left need not be told
	return nil
}

func (s *Server) outbox(ctx context.Context, out *exposition) error {
	counts, since, err := s.Health.Store.DeliveryCounts(ctx)
	if err != nil {
		return err
	}
	out.family("kept_outbox", "gauge", "Deliveries by state.")
	for _, state := range []store.DeliveryState{store.Pending, store.Sending, store.Uncertain, store.Sent, store.Blocked, store.Dead, store.Cancelled} {
		out.sample(fmt.Sprintf("kept_outbox{state=%q}", state), float64(counts[state]))
	}
	out.family("kept_outbox_oldest_seconds", "gauge", "Age of the oldest delivery that is due and not sent.")
	out.sample("kept_outbox_oldest_seconds", age(since).Seconds())
	return nil
}

func (s *Server) slack(_ context.Context, out *exposition) error {
	stats := s.Health.Slack.Stats()
	out.family("kept_sends_total", "counter", "Messages posted by this process, by what Slack made of them.")
	if stats.Sends["accepted"] == 0 { // shown from the start, so that its rate is known from the first message on
		out.sample(`kept_sends_total{class="accepted"}`, 0)
	}
	out.samples("kept_sends_total", "class", stats.Sends)
	out.family("kept_reconcile_total", "counter", "Doubtful messages that were looked for in Slack, by what was found.")
	out.samples("kept_reconcile_total", "result", map[string]int64{"found": stats.Found, "missing": stats.Missing, "error": stats.FindErrors})
	out.family("kept_fenced_total", "counter", "Messages that another worker had claimed meanwhile.")
	out.sample("kept_fenced_total", float64(stats.Fenced))
	out.family("kept_destination_blocked", "gauge", "1 for each channel that takes no messages, and for all of Slack.")
	for _, b := range s.Health.Slack.BlockedDestinations() {
		out.sample(fmt.Sprintf("kept_destination_blocked{dest=%q,reason=%q}", b.Place, b.Code), 1)
	}
	if _, why := s.Health.Slack.Trouble(); why != "" {
		code, _, _ := strings.Cut(why, ":")
		out.sample(fmt.Sprintf("kept_destination_blocked{dest=\"slack\",reason=%q}", code), 1)
	}
	return nil
}

// requests are what people did in Slack, as far as it reached this process.
func (s *Server) requests(_ context.Context, out *exposition) error {
	app := s.Health.App
	var stats slackapp.Stats
	if app != nil {
		stats = app.Stats()
	}
	out.family("kept_requests_total", "counter", "Requests from Slack, by the door they came by and what became of them.")
	for _, q := range slices.SortedFunc(maps.Keys(stats.Requests), slackapp.Request.Compare) {
		out.sample(fmt.Sprintf("kept_requests_total{door=%q,result=%q}", q.Door, q.Result), float64(stats.Requests[q]))
	}
	out.family("kept_answer_seconds_total", "counter", "How long Slack waited for the requests that were answered: it gives up on one after 3 seconds.")
	out.sample("kept_answer_seconds_total", stats.Took.Seconds())
	out.family("kept_socket_open", "gauge", "Whether Slack reaches this process by Socket Mode, where it is to.")
	if app != nil && app.Listens() {
		open, _, _ := app.Socket()
		out.sample("kept_socket_open", map[bool]float64{true: 1}[open])
	}
	return nil
}

func (s *Server) database(_ context.Context, out *exposition) error {
	out.family("kept_db_errors_total", "counter", "Errors of the database in this process, by their code.")
	out.samples("kept_db_errors_total", "code", s.Health.Store.Errors())
	return nil
}

func (s *Server) jobs(ctx context.Context, out *exposition) error {
	swept, err := s.Health.Store.LastRun(ctx, store.JobSweep)
	out.family("kept_sweep_last_success_timestamp", "gauge", "Instant of the last sweep, in seconds since 1970.")
	out.sample("kept_sweep_last_success_timestamp", seconds(swept))
	out.family("kept_panics_total", "counter", "Panics of jobs; each was contained.")
	out.sample("kept_panics_total", float64(s.Health.Jobs.Panics()))
	return err
}

func (s *Server) digests(ctx context.Context, out *exposition) error {
	f, err := s.Health.Store.DigestFigures(ctx)
	out.family("kept_digest_last_due", "gauge", "Instant at which the newest digest was due, in seconds since 1970.")
	out.sample("kept_digest_last_due", seconds(f.LastDue))
	out.family("kept_digest_last_sent", "gauge", "Instant at which a digest last went out, in seconds since 1970.")
	out.sample("kept_digest_last_sent", seconds(f.LastSent))
	out.family("kept_missed_runs_total", "counter", "Digests that were due while nothing ran, and found too late to be sent.")
	out.sample("kept_missed_runs_total", float64(f.Missed))
	return err
}

func (s *Server) clocks(ctx context.Context, out *exposition) error {
	_, jumps := s.Health.Jobs.Beat()
	out.family("kept_clock_jump_total", "counter", "Times the wall clock was seen to jump.")
	out.sample("kept_clock_jump_total", float64(jumps))
	out.family("kept_clock_skew_seconds", "gauge", "How far this machine's clock is ahead of another.")
	for _, other := range s.Health.skews(ctx) {
		out.sample(fmt.Sprintf("kept_clock_skew_seconds{against=%q}", other.name), other.ahead.Seconds())
	}
	return nil
}

// seconds is an instant as Prometheus counts time; 0 for none.
func seconds(i calendar.Instant) float64 { return float64(i) / 1e6 }

// exposition is metrics as text.
type exposition struct{ bytes.Buffer }

func (e *exposition) family(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (e *exposition) sample(series string, value float64) { fmt.Fprintf(e, "%s %g\n", series, value) }

// samples are the counts of one family by the values of one label, in their order.
func (e *exposition) samples(name, label string, counts map[string]int64) {
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		e.sample(fmt.Sprintf("%s{%s=%q}", name, label, value), float64(counts[value]))
	}
}

// process adds what the Go runtime knows, under the names Prometheus' own client uses.
func (e *exposition) process() {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	for _, m := range []struct {
		name, kind, help string
		value            float64
	}{
		{"go_goroutines", "gauge", "Goroutines that exist.", float64(runtime.NumGoroutine())},
		{"go_memstats_alloc_bytes", "gauge", "Bytes of heap in use.", float64(mem.Alloc)},
		{"go_memstats_sys_bytes", "gauge", "Bytes obtained from the system.", float64(mem.Sys)},
		{"go_memstats_mallocs_total", "counter", "Heap objects ever made.", float64(mem.Mallocs)},
		{"go_memstats_last_gc_time_seconds", "gauge", "Instant of the last garbage collection, in seconds since 1970.", float64(mem.LastGC) / 1e9},
	} {
		e.family(m.name, m.kind, m.help)
		e.sample(m.name, m.value)
	}
}
