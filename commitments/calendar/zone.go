package calendar

import (
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // zones must be the same on a machine without any
)

// zones remembers what LoadLocation found: reading a zone anew costs more than
// everything else a calendar does. It only ever holds names that exist.
var zones sync.Map // string → *time.Location

// Zone is the location with an IANA name; "" is UTC. "Local" is refused: it
// would mean another thing on each machine.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := loadZone(name)
	if err != nil {
		return nil, fmt.Errorf("%s is not a time zone: write a name such as Europe/Warsaw or UTC", quote(name))
	}
	zones.Store(name, zone)
	return zone, nil
}

func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New("depends on the machine")
	}
	return time.LoadLocation(name)
}

// Today is the civil date on the calendar's clocks at i.
func (c *Calendar) Today(i Instant) Date {
	return dateOf(time.UnixMicro(int64(i)).In(c.zone))
}

// Start is the first instant of a date, also where the clocks skip midnight.
func (c *Calendar) Start(d Date) Instant { return c.At(d, 0) }

// End is the instant at which a date is over: the Start of the next one.
func (c *Calendar) End(d Date) Instant { return c.At(d+1, 0) }

// farEast is further than any zone's clocks are ahead of UTC, in seconds.
const farEast = 16 * 3600

// At is the first instant at which the wall clock, date and time together, has
// reached clock on d. A time the clocks skip in spring is thus the instant
// after the gap, a time they show twice in autumn the first of the two, and
// 24:00 is End(d). There is exactly one such instant for every date, and later
// dates have later instants, unless a zone dropped the whole date (as Samoa
// did 30 December 2011): then it is the instant after.
func (c *Calendar) At(d Date, clock Clock) Instant {
	wall := int64(d-unixEpoch)*86400 + int64(max(clock, 0))*60
	t := time.Unix(wall-farEast, 0).In(c.zone)
	for {
		_, offset := t.Zone()
		reached := max(wall-int64(offset), t.Unix())
		// Past the last transition that the zone's data lists (2037), Go computes bounds
		// by rule, and on 31 December of leap years gives an end that is not after t.
		_, end := t.ZoneBounds()
		if !end.After(t) || reached < end.Unix() {
			return Instant(reached * 1e6)
		}
		t = end.In(c.zone)
	}
}

// clockAt is the wall clock at i, to the minute begun.
func (c *Calendar) clockAt(i Instant) Clock {
	t := time.UnixMicro(int64(i)).In(c.zone)
	return Clock(t.Hour()*60 + t.Minute())
}
