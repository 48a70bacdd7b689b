package commitments

import (
	"fmt"
	"slices"
	"strings"
)

// RescueReport is a step of a rescue, as somebody reports it.
type RescueReport struct {
	Act      RescueAct
	Note     string
	Reason   string // "" leaves what was said before
	Severity string
	What     string // for RescueMadeRight
	Cost     Money
	WonBack  *bool // for RescueClosed; nil = nobody knows
}

// Rescue records a step of a rescue. A person may open one as long as the promise was
// not withdrawn; every other step needs one that is open.
func (p *Promise) Rescue(at Instant, by ID, r RescueReport) (Change, error) {
	if err := r.check(); err != nil {
		return Change{}, err
	}
	if err := p.known(at); err != nil {
		return Change{}, err
	}
	if err := p.mayRescue(at, r.Act); err != nil {
		return Change{}, err
	}
	c := Change{
		Event: "rescue-" + string(r.Act), At: at, By: by,
		Rescue: &RescueStep{At: at, By: by, Act: r.Act, Note: r.Note, Reason: r.Reason, Severity: r.Severity, What: r.What, Cost: r.Cost, WonBack: r.WonBack},
	}
	if r.Act == RescueCalled {
		c.Clears = alarms
		c.Touch = &Touch{At: at, By: by, Channel: "phone", Reached: true, Outcome: RescueCall, Summary: r.Note}
	}
	return c, nil
}

// check refuses what no rescue has.
func (r *RescueReport) check() error {
	switch {
	case r.Reason != "" && !slices.Contains(RescueReasons[:], r.Reason):
		return Invalid("reason", fmt.Sprintf("%q is not a reason: write one of %s", r.Reason, strings.Join(RescueReasons[:], ", ")))
	case r.Severity != "" && !slices.Contains(Severities[:], r.Severity):
		return Invalid("severity", fmt.Sprintf("%q: write low, medium or high", r.Severity))
	case r.Act == RescueMadeRight && r.What == "":
		return Invalid("what", "say what we gave to make it right: --what TEXT, and --cost N if it cost something")
	case r.Act != RescueMadeRight && (r.What != "" || r.Cost.Known):
		return Invalid("what", "what we gave, and its cost, go with make-right only")
	}
	return nil
}

// mayRescue refuses a step that would change nothing, or undo a later one.
func (p *Promise) mayRescue(at Instant, act RescueAct) error {
	r := p.rescueDuring(at)
	switch {
	case act == RescueOpened && r != nil:
		return Refused("", fmt.Sprintf("a rescue of promise %d is open since %s: own it with `kept rescue own %d`, or close it first", p.ID, p.clock(r.OpenedAt), p.ID))
	case act == RescueOpened:
		return p.mayOpen(at)
	case r == nil:
		return Refused("", fmt.Sprintf("no rescue of promise %d is open: open one with `kept rescue open %d`", p.ID, p.ID))
	case act == RescueOwned && r.OwnedAt != 0 && r.OwnedAt <= at:
		return Refused("", fmt.Sprintf("the rescue of promise %d is owned already, since %s", p.ID, p.clock(r.OwnedAt)))
	case act == RescueClosed:
		return p.lastStep(at)
	}
	return nil
}

func (p *Promise) mayOpen(at Instant) error {
	f, _ := p.History.AsOf(at, p.Calendar)
	if f.WithdrawnAt != 0 {
		return Refused("", fmt.Sprintf("promise %d was withdrawn on %s: nothing is owed that could be rescued", p.ID, p.Calendar.Today(f.WithdrawnAt).Human()))
	}
	return p.lastStep(at)
}

// lastStep refuses to begin or end a rescue before a step that somebody recorded.
func (p *Promise) lastStep(at Instant) error {
	for _, s := range p.History.RescueSteps {
		if s.At > at {
			return Refused("at", fmt.Sprintf("the rescue of promise %d was %s later, on %s: say a time after that", p.ID, s.Act, p.clock(s.At)))
		}
	}
	return nil
}

// rescueDuring is the rescue that was open at an instant, by all that is known now; nil
// if none was.
func (p *Promise) rescueDuring(at Instant) *Rescue {
	all := p.History.Rescues(max(at, p.History.LastFact()))
	for i := range all {
		if r := &all[i]; r.OpenedAt <= at && (r.Open() || at < r.ClosedAt) {
			return r
		}
	}
	return nil
}
