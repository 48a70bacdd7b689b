package commitments

import (
	"fmt"
)

// Ack records that somebody is on it: the ladder's clock stands still for a while.
func (p *Promise) Ack(at Instant, by ID) (Change, error) {
	if err := p.toCall(at); err != nil {
		return Change{}, err
	}
	return Change{Event: "acked", At: at, By: by, Turn: &Turn{At: at, By: by, Kind: TurnAcked}}, nil
}

// Snooze puts a call off, with a reason: the owner is told again at until, and the
// ladder goes on from there.
func (p *Promise) Snooze(at Instant, by ID, until Instant, why string) (Change, error) {
	if why == "" {
		return Change{}, Invalid("why", "say why the call can wait: --why TEXT")
	}
	if err := p.toCall(at); err != nil {
		return Change{}, err
	}
	if until <= at {
		return Change{}, Invalid("until", fmt.Sprintf("%s is over by then: say a time still to come", p.clock(until)))
	}
	if latest := p.LatestSnooze(at); latest <= at {
		return Change{}, Refused("until", fmt.Sprintf("promise %d is due too soon for the call to wait; it could have waited until %s at the latest", p.ID, p.clock(latest)))
	} else if until > latest {
		return Change{}, Refused("until", fmt.Sprintf("%s is too late: the call can wait until %s at the latest", p.clock(until), p.clock(latest)))
	}
	return Change{
		Event: "snoozed", At: at, By: by,
		Turn: &Turn{At: at, By: by, Kind: TurnSnoozed, Why: why, Until: until},
	}, nil
}

// LatestSnooze is the latest instant until which a call may be put off at another: some
// working days later, but never past due less the least notice, at the promised time of
// day or, where a date alone was promised, at the end of that day.
func (p *Promise) LatestSnooze(at Instant) Instant {
	f, _ := p.History.AsOf(at, p.Calendar)
	latest := workdaysLater(p.Calendar, at, p.Thresholds.SnoozeDays)
	if f.Undated() {
		return latest
	}
	return min(latest, DueAt(p.Calendar, p.Calendar.AddWorkdays(f.Promise, -p.Thresholds.NoticeDays), f.PromiseTime))
}

// toCall refuses where there is no call to make: no call card is open, or it was not
// yet, or the date has passed meanwhile.
func (p *Promise) toCall(at Instant) error {
	if err := p.open(at); err != nil {
		return err
	}
	f, _ := p.History.AsOf(at, p.Calendar)
	stage := Assess(&f, p.Thresholds, p.Calendar, at).Stage
	switch {
	case stage == Overdue:
		return Refused("", fmt.Sprintf("promise %d is overdue: the call cannot wait; record it with `kept call %d`", p.ID, p.ID))
	case stage != AtRisk:
		return Refused("", fmt.Sprintf("promise %d is %s: nobody was told to call about it", p.ID, stage))
	case p.State.Alerted != AtRisk:
		return Refused("", fmt.Sprintf("no call card is open for promise %d: nobody was told to call about it", p.ID))
	case at < p.State.AlertedAt:
		return Refused("at", fmt.Sprintf("that is before the call card of promise %d opened, %s", p.ID, p.State.AlertedAt.Second()))
	}
	return nil
}

// clock is an instant on the promise's clocks; midnight is the end of the day before.
func (p *Promise) clock(at Instant) string {
	if day := p.Calendar.Today(at); at == p.Calendar.Start(day) {
		return "the end of " + (day - 1).Human()
	}
	return at.Time().In(p.Calendar.Location()).Format("Mon 2 Jan 2006 15:04")
}

// OnIt is who said that they are on the call, and since when, as far as that still
// holds at an instant; 0 for nobody.
func (p *Promise) OnIt(at Instant) (ID, Instant) {
	since, _ := p.Paused(at)
	for _, t := range p.History.Turns {
		if since != 0 && t.Kind == TurnAcked && t.At == since {
			return t.By, since
		}
	}
	return 0, 0
}

// Paused says since when somebody is on it, and until when the call was put off, of
// what still holds at an instant; 0 where nothing does.
func (p *Promise) Paused(at Instant) (ackedAt, snoozedUntil Instant) {
	s := p.stateAt(at)
	if s.Alerted != AtRisk {
		return 0, 0
	}
	for _, b := range p.History.bends(s.AlertedAt, at) {
		switch b.kind {
		case acked:
			ackedAt = b.at
		case tried:
			ackedAt, snoozedUntil = 0, 0
		case snoozed:
			ackedAt, snoozedUntil = 0, b.until
		}
	}
	if ackedAt != 0 && p.TeamCalendar.AddHours(ackedAt, hours(p.Thresholds.Ack)) <= at {
		ackedAt = 0
	}
	if snoozedUntil <= at {
		snoozedUntil = 0
	}
	return ackedAt, snoozedUntil
}
