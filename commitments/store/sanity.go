package store

import (
	"fmt"
	"slices"

	"kept/commitments"
)

// sane warns, and never more than that, of a new promise that experience speaks against:
// too many of one owner's due in a week, or less padding than its like have needed.
func (d *draft) sane() error {
	for _, look := range []func() (*commitments.Warning, error){d.busyWeek, d.thinPadding} {
		w, err := look()
		if err != nil {
			return err
		}
		if w != nil {
			d.plan.Warnings = append(d.plan.Warnings, *w)
		}
	}
	return nil
}

// busyWeek counts what the owner has to deliver in the week in which this is due.
func (d *draft) busyWeek() (*commitments.Warning, error) {
	due := d.p.Promise
	if due == 0 {
		due = d.p.DateBy
	}
	monday := due - Date((int(due.Weekday())+6)%7)
	var others int
	err := d.t.get(&others, `SELECT count(*) FROM commitments c WHERE c.owner_id = ? AND c.delivered_at IS NULL AND c.withdrawn_at IS NULL
		AND coalesce(c.promise_date, c.date_by) BETWEEN ? AND ?`, d.p.Owner.ID, monday, monday+6)
	most := d.p.Thresholds.BusyWeek
	if err != nil || others+1 <= most {
		return nil, err
	}
	return &commitments.Warning{Code: "owner-overloaded", Text: fmt.Sprintf("with this, %s has %d promises due in the week of %s; more than %d is a lot",
		d.p.Owner.Name, others+1, monday.Human(), most)}, nil
}

// enoughLike is how many promises it takes to speak of their median.
const enoughLike = 10

// slipped is a promise that was delivered, with the day it was first meant for.
type slipped struct {
	Kind        ID      `db:"kind_id"`
	Team        ID      `db:"team_id"`
	CustomerCal ID      `db:"customer_calendar"`
	Meant       Date    `db:"meant"`
	DeliveredAt Instant `db:"delivered_at"`
}

// recentEnough is how many of the newest promises are looked at: what is older says little of
// how things go now, and to log a promise must not take longer the more there are.
const recentEnough = 5000

// thinPadding compares the padding with how late such promises have been done: working
// days after the target, or after the promise date of those that had none.
func (d *draft) thinPadding() (*commitments.Warning, error) {
	if d.p.PaddingDays == nil {
		return nil, nil
	}
	var done []slipped
	err := d.t.all(&done, `SELECT n.kind_id, n.team_id, n.delivered_at, (SELECT cu.calendar_id FROM customers cu WHERE cu.id = n.customer_id) AS customer_calendar,
		(SELECT coalesce(f.target_date, f.promise_date) FROM promise_dates f WHERE f.commitment_id = n.id AND f.place = 1) AS meant
		FROM (SELECT c.id, c.customer_id, c.kind_id, c.team_id, c.delivered_at FROM commitments c ORDER BY c.id DESC LIMIT ?) n
		WHERE n.delivered_at IS NOT NULL AND n.delivered_at <= ?`, recentEnough, d.at)
	if err != nil {
		return nil, err
	}
	b, err := d.t.book()
	if err != nil {
		return nil, err
	}
	for _, group := range d.groups() {
		var slips []int
		for i := range done {
			if s := &done[i]; s.Meant != 0 && group.holds(s) {
				cal := b.calendarOf(s.CustomerCal, s.Team)
				slips = append(slips, commitments.Slip(s.Meant, s.DeliveredAt, cal))
			}
		}
		if len(slips) < enoughLike {
			continue
		}
		slices.Sort(slips)
		if median := slips[(len(slips)-1)/2]; *d.p.PaddingDays < median {
			return &commitments.Warning{Code: "padding-below-slip", Text: fmt.Sprintf("half of the %d promises %s that were delivered took %d working days or more beyond their target; this has %d of padding",
				len(slips), group.name, median, *d.p.PaddingDays)}, nil
		}
		return nil, nil
	}
	return nil, nil
}

// peers is the promises that are like a new one.
type peers struct {
	name  string
	holds func(*slipped) bool
}

// groups are those of its kind, of its team, and all, the nearest first.
func (d *draft) groups() (groups []peers) {
	if kind := d.p.Kind; kind.ID != 0 {
		groups = append(groups, peers{"of kind " + kind.Name, func(s *slipped) bool { return s.Kind == kind.ID }})
	}
	if team := d.p.Team; team.ID != 0 {
		groups = append(groups, peers{"of team " + team.Name, func(s *slipped) bool { return s.Team == team.ID }})
	}
	return append(groups, peers{"of all teams", func(*slipped) bool { return true }})
}
