package commitments

import "math"

// ended is how a promise ended, measured against the date that kept_first scores.
type ended struct {
	kept, delivered bool
	calendarDays    int // from the promised day to the day of delivery: below 0 early, at least 1 if broken
	workingDays     int // … of a broken promise, at least 1
	targeted        bool
	padding, eaten  int // working days from the target to the promise, and to the delivery
	rating          int
}

// ending measures a promise that was kept, or not, by a date, as known at an instant.
func ending(p *Reported, f *Facts, scored PromiseDate, kept bool, at Instant) ended {
	e := ended{kept: kept, delivered: f.DeliveredAt != 0, rating: p.rating(at)}
	if !e.delivered {
		return e
	}
	// What was delivered at the stroke of midnight came in time for the day that ends then.
	day := p.Calendar.Today(f.DeliveredAt - 1)
	e.calendarDays = int(day - scored.Promise)
	if !kept {
		e.calendarDays = max(1, e.calendarDays)
		e.workingDays = max(1, p.Calendar.Workdays(scored.Promise, day))
	}
	if scored.Target != 0 {
		e.targeted = true
		e.padding = p.Calendar.Workdays(scored.Target, scored.Promise)
		e.eaten = p.Calendar.Workdays(scored.Target, day)
	}
	return e
}

// ended counts a promise that the first number counts.
func (r *Reporter) ended(e ended, group *Group) {
	report := &r.report
	if !e.kept {
		report.Late.add(e)
	}
	if e.delivered && !e.kept {
		group.DaysLate.add(e.workingDays)
	}
	if e.targeted {
		report.Padding.add(e)
	}
	if e.rating != 0 {
		report.Ratings.add(e)
		group.Ratings.add(e.rating)
	}
}

func (l *Lateness) add(e ended) {
	if !e.delivered {
		l.NotDelivered++
		return
	}
	l.Delivered++
	l.WorkingDays.add(e.workingDays)
	l.CalendarDays.add(e.calendarDays)
	l.ByWorking[daysLate.of(e.workingDays)].Count++
	l.ByCalendar[daysLate.of(e.calendarDays)].Count++
}

// sharesUsed are the shares of the padding that may be eaten, from the least.
var sharesUsed = [...]string{"none", "to 1/3", "to 2/3", "under all", "all", "beyond"}

// add counts a delivered promise that had a target.
func (u *PadUse) add(e ended) {
	u.Promises++
	u.Days.add(e.padding)
	u.SlipDays.add(e.eaten)
	if e.padding == 0 {
		u.Unpadded++
		return
	}
	u.Used[e.shareUsed()].Count++
}

// shareUsed is the index among sharesUsed of what a promise needed of its padding.
func (e ended) shareUsed() int {
	third, twoThirds := Share{1, 3}, Share{2, 3}
	switch {
	case !e.kept:
		return 5
	case e.eaten == 0:
		return 0
	case third.holds(e.eaten, e.padding):
		return 1
	case twoThirds.holds(e.eaten, e.padding):
		return 2
	case e.eaten < e.padding:
		return 3
	}
	return 4
}

// holds reports whether n of total is at most the share.
func (s Share) holds(n, total int) bool { return n*s.Den <= total*s.Num }

func (r *RatingsBy) add(e ended) {
	r.All.add(e.rating)
	if e.kept {
		r.Kept.add(e.rating)
	} else {
		r.Broken.add(e.rating)
	}
	if !e.delivered {
		r.NotDelivered.add(e.rating)
		return
	}
	if !e.kept {
		r.Late.add(e.rating)
	}
	r.ByDays[daysRated.of(e.calendarDays)].Ratings.add(e.rating)
}

// spans are named ranges of numbers of days, in order and without gaps.
type spans []struct {
	name    string
	through int // the last number in it
}

var (
	daysLate  = spans{{"1", 1}, {"2-3", 3}, {"4-7", 7}, {"8-14", 14}, {"15+", math.MaxInt}}
	daysRated = spans{
		{"15+ early", -15}, {"8-14 early", -8}, {"4-7 early", -4}, {"1-3 early", -1}, {"on the day", 0},
		{"1 late", 1}, {"2-3 late", 3}, {"4-7 late", 7}, {"8+ late", math.MaxInt},
	}
)

// of is the index of the range that holds a number of days.
func (s spans) of(days int) int {
	i := 0
	for days > s[i].through {
		i++
	}
	return i
}

func (s spans) buckets() []Bucket {
	buckets := make([]Bucket, len(s))
	for i := range s {
		buckets[i].Days = s[i].name
	}
	return buckets
}
