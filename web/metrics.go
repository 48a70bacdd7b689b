package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

// metrics answers in the text format of Prometheus, version 0.0.4. Figures of the
// database are asked for, not counted, so that several processes agree.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), maxProbe)
	defer cancel()
	var out exposition
	out.family("kept_build_info", "gauge", "Always 1; the labels say what runs.")
	out.sample(fmt.Sprintf("kept_build_info{version=%q,database=%q,go=%q}", s.Version, s.Health.Store.Engine(), runtime.Version()), 1)
	for _, figures := range []func(context.Context, *exposition) error{s.outbox, s.jobs, s.digests, s.clocks} {
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
		out.sample(fmt.Sprintf("kept_clock_skew_seconds{against=%q}", other.whose), other.ahead.Seconds())
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
