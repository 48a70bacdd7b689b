package scheduler

import (
	"sync"
	"time"
)

// pulse knows what the jobs in hand are at, so that one that hangs is told from one
// that only takes long.
type pulse struct {
	mu     sync.Mutex
	moved  map[string]time.Time // when a job in hand last got further, with its monotonic reading
	panics map[string]int64
}

// mustMove names the jobs that promises hang on. The others may take long in one piece.
func mustMove(job string) bool { return job == "sweep" || job == "digest" || job == "deliver" }

// move notes that a job begins, or gets further.
func (p *pulse) move(job string) {
	if !mustMove(job) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved == nil {
		p.moved = map[string]time.Time{}
	}
	p.moved[job] = time.Now()
}

func (p *pulse) end(job string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.moved, job)
}

// panicked counts a panic of a job, and reports whether it is the first.
func (p *pulse) panicked(job string) (first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.panics == nil {
		p.panics = map[string]int64{}
	}
	p.panics[job]++
	return p.panics[job] == 1
}

// slowest is the job in hand that has not got further for the longest time; "" if no
// job is in hand.
func (p *pulse) slowest() (job string, still time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, at := range p.moved {
		if s := time.Since(at); job == "" || s > still {
			job, still = name, s
		}
	}
	return job, still
}

func (p *pulse) panicCount() (n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, of := range p.panics {
		n += of
	}
	return n
}
