package commitments

import "slices"

// Misses is why the broken promises broke, as their rescues say.
type Misses struct {
	Of      int       `json:"of"`      // promises not kept by the first date
	Reasons []Counted `json:"reasons"` // each of RescueReasons; null: none was given
}

// RescuesIn is what was done about the let-downs of the span: rescues opened in it.
// Hours are working hours of the team from the opening on.
type RescuesIn struct {
	Opened     int          `json:"opened"`
	ByPerson   int          `json:"by_person"` // the others were opened by a date that was missed
	Closed     int          `json:"closed"`
	WonBack    int          `json:"won_back"`
	NotWonBack int          `json:"not_won_back"` // of the other closed ones nobody knows
	Severities []Counted    `json:"severities"`   // each of Severities; null: none was given
	Cost       Money        `json:"cost"`         // of making right, as far as it is known
	Currency   string       `json:"currency"`
	Own        Distribution `json:"own_hours"`
	Call       Distribution `json:"call_hours"`
	MakeRight  Distribution `json:"make_right_hours"`
}

// Counted counts what goes by one name; null for what nobody named.
type Counted struct {
	Name  *string `json:"name"`
	Count int     `json:"count"`
}

// newCounts begins to count by each of the names, and by none.
func newCounts(names []string) []Counted {
	counts := make([]Counted, 0, len(names)+1)
	for _, name := range names {
		counts = append(counts, Counted{Name: &name})
	}
	return append(counts, Counted{})
}

// countName counts one more by a name; "" is none.
func countName(counts []Counted, name string) {
	i := slices.IndexFunc(counts, func(c Counted) bool { return c.Name == nil || *c.Name == name })
	counts[i].Count++
}

// rescues counts the rescues of a promise that were opened in the span, and gives the
// reason that was named last.
func (r *Reporter) rescues(p *Promise) (reason string) {
	in := &r.report.Rescues
	for _, rescue := range p.History.Rescues(r.spec.At) {
		if rescue.Reason != "" {
			reason = rescue.Reason
		}
		if r.spec.in(p.Calendar.Today(rescue.OpenedAt)) {
			in.add(&rescue, p)
		}
	}
	return reason
}

func (in *RescuesIn) add(rescue *Rescue, p *Promise) {
	in.Opened++
	if rescue.OpenedBy != 0 {
		in.ByPerson++
	}
	if !rescue.Open() {
		in.Closed++
	}
	if rescue.WonBack != nil && *rescue.WonBack {
		in.WonBack++
	} else if rescue.WonBack != nil {
		in.NotWonBack++
	}
	countName(in.Severities, rescue.Severity)
	if rescue.Cost.Known {
		in.Cost = Money{in.Cost.Hundredths + rescue.Cost.Hundredths, true}
	}
	for _, step := range []struct {
		at    Instant
		hours *Distribution
	}{{rescue.OwnedAt, &in.Own}, {rescue.CalledAt, &in.Call}, {rescue.MadeRightAt, &in.MakeRight}} {
		if step.at != 0 {
			step.hours.add(inTenths(p.TeamCalendar.HoursBetween(rescue.OpenedAt, step.at)))
		}
	}
}
