// Package scheduler runs Kept's standing jobs: the sweep, the digests, the
// deliveries and the upkeep. A cron runner gives the beat; whether something is due
// is always answered by what the database says was done, so that downtime, clock
// changes and restarts lose nothing and repeat nothing.
package scheduler

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ParseSpec reads a schedule of five fields, or @hourly and the like, in UTC. It
// refuses what robfig/cron v3.0.1 takes and should not: zones in the spec (two
// spellings make it panic), beats faster than a minute (@every 0s becomes every
// second), and days that never come (30 February: no error, and it never fires).
func ParseSpec(spec string) (schedule cron.Schedule, err error) {
	bad := func(why string) (cron.Schedule, error) {
		return nil, fmt.Errorf("schedule %q: %s", spec, why)
	}
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") {
		return bad("schedules are in UTC; leave the zone out")
	}
	defer func() {
		if r := recover(); r != nil {
			schedule, err = bad(fmt.Sprint(r))
		}
	}()
	schedule, err = cron.ParseStandard(spec)
	if err != nil {
		return bad(err.Error() + "; write five fields (minute hour day month weekday, Sunday is 0), as */5 * * * *")
	}
	if every, ok := schedule.(cron.ConstantDelaySchedule); ok && (every.Delay < time.Minute || strings.Contains(spec, "-")) {
		return bad("at most once a minute")
	}
	start := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	if schedule.Next(start).IsZero() {
		return bad("that day never comes")
	}
	return schedule, nil
}
