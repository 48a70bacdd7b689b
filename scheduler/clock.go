package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kept/commitments/calendar"
)

// How far a clock may be off, or jump ahead, before it is doubted, and for how long
// it is doubted at most. A step that nobody noticed for so long is taken for the truth.
const (
	maxAhead = 5 * time.Minute
	doubtFor = 10 * time.Minute
)

// reading is both clocks at one moment.
type reading struct {
	wall calendar.Instant
	mono time.Duration // since this process began to watch
}

// clock is the wall clock, watched for steps. One that jumps far ahead is doubted
// until another clock agrees with it: what is found due by a wrong clock cannot be
// untold. One that goes back is not doubted: sweeps then go on as of the last one.
type clock struct {
	log   *slog.Logger
	ahead func(context.Context) (by time.Duration, known bool)
	began time.Time

	mu     sync.Mutex
	last   reading
	jumps  int64
	doubts int64 // how often doubt began or ended
	doubt  *reading
}

func (c *clock) read() reading {
	now := time.Now()
	return reading{calendar.InstantOf(now), now.Sub(c.began)}
}

// look compares the two clocks with what they said last, and gives the time to go by:
// while the wall clock is doubted, what it would say had it not jumped.
func (c *clock) look(r reading) calendar.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	jump := r.wall.Sub(c.last.wall) - (r.mono - c.last.mono)
	if c.last.wall != 0 && jump.Abs() > 2*time.Second {
		c.jumps++
		c.log.Warn("the clock jumped", "by", jump)
		if jump > maxAhead && c.doubt == nil {
			c.begin(reading{c.last.wall.Add(r.mono - c.last.mono), r.mono})
		}
	}
	c.last = r
	if c.doubt == nil {
		return r.wall
	}
	believed := c.doubt.wall.Add(r.mono - c.doubt.mono)
	switch {
	case r.wall.Sub(believed) <= maxAhead:
		c.end("the step was undone")
	case r.mono-c.doubt.mono >= doubtFor:
		c.end("nobody contradicted it for long enough")
	default:
		return believed
	}
	return r.wall
}

func (c *clock) begin(from reading) {
	c.doubt = &from
	c.doubts++
	c.log.Warn("the clock is not believed: no sweep and no digest until another clock agrees", "at most", doubtFor)
}

func (c *clock) end(why string) {
	c.doubt = nil
	c.doubts++
	c.log.Info("the clock is believed again", "because", why)
}

// settle asks the other clocks about a doubted one, and, with first, about one that
// nothing speaks against yet: it may have been wrong before this process began.
func (c *clock) settle(ctx context.Context, first bool) {
	c.mu.Lock()
	doubted := c.doubt != nil
	c.mu.Unlock()
	if c.ahead == nil || !doubted && !first {
		return
	}
	by, known := c.ahead(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r := c.read(); {
	case !known:
	case by <= maxAhead && c.doubt != nil:
		c.end("another clock agrees")
	case by > maxAhead && c.doubt == nil && first:
		c.begin(reading{r.wall.Add(-by), r.mono})
	}
}

// doubted reports whether the clock is doubted now.
func (c *clock) doubted() bool {
	c.look(c.read())
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doubt != nil
}

// steps is a number that changes whenever the beat has to be begun anew: cron's own
// timers were set by a clock that has been changed since.
func (c *clock) steps() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jumps + c.doubts
}

func (c *clock) seen() (jumps int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jumps
}
