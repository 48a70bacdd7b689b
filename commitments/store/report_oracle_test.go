package store_test

import (
	stdcsv "encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// TestAReportIsWhatTheListSays compares every figure of reports, over several spans and as
// of several moments, with one reckoned from the text of the list alone, in the
// plainest way there is.
func TestAReportIsWhatTheListSays(t *testing.T) {
	text := someList(3000)
	each(t, func(t *testing.T, h *home) {
		h.importing(text)
		for _, c := range []struct{ from, to, at string }{
			{"2020-01-01", "2021-12-31", "2022-06-01 00:00"},
			{"2020-03-04", "2020-05-05", "2022-06-01 00:00"},
			{"2020-02-01", "2020-12-15", "2020-06-15 11:30"},
			{"2020-05-10", "2020-08-08", "2020-07-01 00:00"},
			{"2020-05-10", "2020-08-09", "2020-07-01 00:00"},
			{"2019-01-01", "2019-02-01", "2022-06-01 00:00"},
		} {
			spec := commitments.ReportSpec{From: day(c.from), To: day(c.to), At: instant(c.at), By: commitments.ByKind, Calendar: calendar.Default()}
			r, err := h.Report(h.ctx, h.ada, spec)
			must(t, err)
			for i := range r.Groups {
				r.Groups[i].ID = 0 // which the list does not say
			}
			want := reckon(t, text, c.from, c.to, c.at)
			for name, w := range want {
				if got := generic(t, r)[name]; !reflect.DeepEqual(got, generic(t, want)[name]) {
					g, _ := json.Marshal(got)
					w, _ := json.Marshal(w)
					t.Errorf("%s to %s as of %s: %s\nis   %s\nwant %s", c.from, c.to, c.at, name, g, w)
				}
			}
		}
	})
}

// generic is a value as whoever reads its JSON has it.
func generic(t testing.TB, v any) (m map[string]any) {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	must(t, json.Unmarshal(text, &m))
	return m
}

const layout = "2006-01-02T15:04:05"

// someList is a list of promises of 2020 in which everything occurs that a list can say:
// early and late, at midnight, on weekends, moved in time and too late, open, withdrawn.
func someList(n int) string {
	r := rand.New(rand.NewPCG(20, 26))
	var b strings.Builder
	b.WriteString("id,customer,owner,kind,title,made_at,target_date,first_promise_date,told_at,promise_date,delivered_at,withdrawn_at,rating\n")
	for i := range n {
		made := time.Date(2020, 1, 1, 0, 0, r.IntN(330*86400), 0, time.UTC)
		day := made.Truncate(24*time.Hour).AddDate(0, 0, 3+r.IntN(40))
		promise, first, told, target := day, "", "", ""
		if r.IntN(5) == 0 {
			promise, first = day.AddDate(0, 0, 1+r.IntN(20)), day.Format(time.DateOnly)
			told = made.Add(time.Duration(r.IntN(45*86400)) * time.Second).Format(layout)
		} else if r.IntN(5) > 0 {
			target = promise.AddDate(0, 0, -r.IntN(12)).Format(time.DateOnly)
		}
		delivered, withdrawn, rating := "", "", ""
		at := promise.Add(time.Duration(r.IntN(40*86400)-30*86400) * time.Second)
		switch at = latest(at, made); r.IntN(12) {
		case 0:
		case 1:
			withdrawn = at.Format(layout)
		case 2:
			delivered = latest(promise.AddDate(0, 0, 1), made).Format(layout) // at its very end
		default:
			delivered = at.Format(layout)
		}
		if withdrawn == "" && r.IntN(3) > 0 {
			rating = fmt.Sprint(1 + r.IntN(5))
		}
		kind := []string{"", "pickup", "install", "rare"}[min(r.IntN(20)/6, 3)]
		fmt.Fprintf(&b, "R%d,Customer %d,Owner %d,%s,Order,%s,%s,%s,%s,%s,%s,%s,%s\n",
			i, r.IntN(200), r.IntN(9), kind, made.Format(layout), target, first, told, promise.Format(time.DateOnly), delivered, withdrawn, rating)
	}
	return b.String()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

type (
	object = map[string]any
	// listed is a row of the list, as known at a moment.
	listed struct {
		kind, first, last, target     string // days; the target goes with the only date there is
		made, delivered, gone, toldAt time.Time
		rating                        int
	}
	// reckoning is what is reckoned for one span.
	reckoning struct {
		from, to                         string
		first, agreed, told              [2]int // kept, or told; and of how many
		working, calendar, padding, slip []int
		notDelivered, unpadded, moved    int
		used                             map[string]int
		stars                            map[string][]int
	}
)

// reckon makes a report of a list.
func reckon(t testing.TB, text, from, to, at string) object {
	t.Helper()
	records, err := stdcsv.NewReader(strings.NewReader(text)).ReadAll()
	must(t, err)
	moment, err := time.Parse("2006-01-02 15:04", at)
	must(t, err)
	all, kinds := newReckoning(from, to), map[string]*reckoning{}
	step, periods := cut(from, to)
	for _, record := range records[1:] {
		row := readRow(record, moment)
		if row == nil {
			continue
		}
		if kinds[row.kind] == nil {
			kinds[row.kind] = newReckoning(from, to)
		}
		for _, s := range append([]*reckoning{all, kinds[row.kind]}, periods...) {
			s.count(row, moment)
		}
	}
	return all.report(step, periods, kinds)
}

func newReckoning(from, to string) *reckoning {
	return &reckoning{from: from, to: to, used: map[string]int{}, stars: map[string][]int{}}
}

// cut makes the weeks or months of a span.
func cut(from, to string) (step string, periods []*reckoning) {
	step = "month"
	if len(days(from, to)) < 91 {
		step = "week"
	}
	for _, d := range days(parse(from).AddDate(0, 0, -1).Format(time.DateOnly), to) {
		starts := d.Day() == 1 && step == "month" || d.Weekday() == time.Monday && step == "week"
		if starts || len(periods) == 0 {
			periods = append(periods, newReckoning(d.Format(time.DateOnly), ""))
		}
		periods[len(periods)-1].to = d.Format(time.DateOnly)
	}
	return step, periods
}

// days are those after one day and through another.
func days(after, through string) (found []time.Time) {
	for d := parse(after).AddDate(0, 0, 1); !d.After(parse(through)); d = d.AddDate(0, 0, 1) {
		found = append(found, d)
	}
	return found
}

func workdays(after, through string) (n int) {
	for _, d := range days(after, through) {
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			n++
		}
	}
	return n
}

func parse(s string) time.Time {
	for _, l := range []string{layout, time.DateOnly} {
		if t, err := time.Parse(l, s); err == nil {
			return t
		}
	}
	return time.Time{}
}

// readRow reads a row as it was known at a moment; nil if it was not, or counts nowhere.
func readRow(r []string, at time.Time) *listed {
	row := &listed{kind: r[3], made: parse(r[5]), target: r[6], first: r[9], last: r[9]}
	known := func(s string) time.Time {
		if when := parse(s); !when.After(at) {
			return when
		}
		return time.Time{}
	}
	row.delivered, row.gone = known(r[10]), known(r[11])
	if r[7] != "" {
		row.first, row.last, row.toldAt = r[7], r[7], known(r[8])
		if !row.toldAt.IsZero() {
			row.last = r[9]
		}
	}
	if r[12] != "" && (r[10] == "" || !row.delivered.IsZero()) {
		row.rating = int(r[12][0] - '0')
	}
	if row.made.After(at) || !row.gone.IsZero() && !row.gone.After(end(row.first)) {
		return nil
	}
	return row
}

func end(day string) time.Time { return parse(day).AddDate(0, 0, 1) }

// met tells whether a day was met: nil if nobody can say yet.
func (r *listed) met(day string, at time.Time) *bool {
	switch {
	case !r.delivered.IsZero():
		return new(!r.delivered.After(end(day)))
	case !r.gone.IsZero() && !r.gone.After(end(day)), r.gone.IsZero() && !at.After(end(day)):
		return nil
	}
	return new(false)
}

func (s *reckoning) in(day string) bool { return day >= s.from && day <= s.to }

func (s *reckoning) count(r *listed, at time.Time) {
	moved := r.first != r.last
	inTime := moved && r.toldAt.Before(end(r.first))
	first, agreed := r.met(r.first, at), r.met(r.last, at)
	if moved && s.in(r.first) {
		s.moved++
	}
	if s.in(r.last) && (agreed != nil || moved && !inTime && !r.gone.IsZero()) {
		s.agreed[1]++
		if agreed != nil && *agreed && (!moved || inTime) {
			s.agreed[0]++
		}
	}
	slipped, heard := moved && s.in(r.first), inTime
	if s.in(r.last) && agreed != nil && !*agreed {
		slipped, heard = true, false
	}
	if slipped {
		s.told[1]++
		if heard {
			s.told[0]++
		}
	}
	if s.in(r.first) && first != nil {
		s.ended(r, *first)
	}
}

// ended counts a row that was kept, or not, by its first date.
func (s *reckoning) ended(r *listed, kept bool) {
	s.first[1]++
	group := "broken"
	if kept {
		s.first[0]++
		group = "kept"
	}
	groups := []string{"all", group}
	switch {
	case r.delivered.IsZero():
		s.notDelivered++
		groups = append(groups, "not_delivered")
	default:
		on := r.delivered.Add(-time.Nanosecond).Format(time.DateOnly)
		late := len(days(r.first, on)) - len(days(on, r.first))
		if !kept {
			s.working = append(s.working, max(1, workdays(r.first, on)))
			s.calendar = append(s.calendar, late)
			groups = append(groups, "delivered_late")
		}
		groups = append(groups, inRange(late, rated))
		s.pad(r, on, kept)
	}
	if r.rating != 0 {
		for _, g := range groups {
			s.stars[g] = append(s.stars[g], r.rating)
		}
	}
}

func (s *reckoning) pad(r *listed, on string, kept bool) {
	if r.target == "" {
		return
	}
	padding, eaten := workdays(r.target, r.first), workdays(r.target, on)
	s.padding, s.slip = append(s.padding, padding), append(s.slip, eaten)
	share := float64(eaten) / float64(padding)
	switch {
	case padding == 0:
		s.unpadded++
	case !kept:
		s.used["beyond"]++
	case eaten == 0:
		s.used["none"]++
	case share < 0.3334:
		s.used["to 1/3"]++
	case share < 0.6667:
		s.used["to 2/3"]++
	case share < 1:
		s.used["under all"]++
	default:
		s.used["all"]++
	}
}

var (
	rated = []string{"15+ early", "8-14 early", "4-7 early", "1-3 early", "on the day", "1 late", "2-3 late", "4-7 late", "8+ late"}
	ends  = map[string]int{
		"15+ early": -15, "8-14 early": -8, "4-7 early": -4, "1-3 early": -1, "on the day": 0, "1 late": 1, "2-3 late": 3, "4-7 late": 7,
		"1": 1, "2-3": 3, "4-7": 7, "8-14": 14,
	}
)

// inRange names the range that a number of days is in.
func inRange(n int, ranges []string) string {
	for _, name := range ranges {
		if last, bounded := ends[name]; !bounded || n <= last {
			return name
		}
	}
	return ""
}

func (s *reckoning) report(step string, periods []*reckoning, kinds map[string]*reckoning) object {
	over, groups := []object{}, []object{}
	for _, p := range periods {
		o := p.scores()
		year, week := parse(p.from).ISOWeek()
		if o["name"] = fmt.Sprintf("%d-W%02d", year, week); step == "month" {
			o["name"] = p.from[:7]
		}
		o["from"], o["to"] = p.from, p.to
		over = append(over, o)
	}
	names := []string{}
	for name, k := range kinds {
		if k.first[1]+k.agreed[1]+k.told[1] > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if n := kinds[b].first[1] - kinds[a].first[1]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		o := kinds[name].scores()
		o["id"] = nil
		if o["name"] = name; name == "" {
			o["name"] = nil
		}
		o["working_days_late"], o["ratings"] = spread(kinds[name].working), stars(kinds[name].stars["all"])
		groups = append(groups, o)
	}
	report := s.scores()
	report["step"], report["over_time"] = step, over
	report["late"] = object{
		"delivered": len(s.working), "not_delivered": s.notDelivered, "working_days": spread(s.working), "calendar_days": spread(s.calendar),
		"by_working_days": buckets(s.working), "by_calendar_days": buckets(s.calendar),
	}
	report["moves"] = object{"by_us": s.moved, "by_customer": 0}
	used := []object{}
	for _, share := range []string{"none", "to 1/3", "to 2/3", "under all", "all", "beyond"} {
		used = append(used, object{"share": share, "count": s.used[share]})
	}
	report["padding"] = object{"promises": len(s.padding), "unpadded": s.unpadded, "used": used, "days": spread(s.padding), "slip_days": spread(s.slip)}
	byDays := []object{}
	for _, name := range rated {
		byDays = append(byDays, object{"days": name, "ratings": stars(s.stars[name])})
	}
	report["ratings"] = object{"by_days_late": byDays}
	for _, name := range []string{"all", "kept", "broken", "delivered_late", "not_delivered"} {
		report["ratings"].(object)[name] = stars(s.stars[name])
	}
	report["groups"] = groups
	return report
}

func (s *reckoning) scores() object {
	return object{
		"kept_first": object{"kept": s.first[0], "of": s.first[1]}, "kept_agreed": object{"kept": s.agreed[0], "of": s.agreed[1]},
		"told_before_late": object{"told": s.told[0], "of": s.told[1]},
	}
}

func buckets(late []int) (found []object) {
	names := []string{"1", "2-3", "4-7", "8-14", "15+"}
	counts := map[string]int{}
	for _, n := range late {
		counts[inRange(n, names)]++
	}
	for _, name := range names {
		found = append(found, object{"days": name, "count": counts[name]})
	}
	return found
}

func spread(values []int) object {
	o := object{"count": len(values), "median": nil, "p90": nil}
	if n := len(values); n >= 10 {
		slices.Sort(values)
		o["median"] = float64(values[n/2])
		if n%2 == 0 {
			o["median"] = (float64(values[n/2-1]) + float64(values[n/2])) / 2
		}
		o["p90"] = values[int(math.Ceil(0.9*float64(n)))-1]
	}
	return o
}

func stars(ratings []int) object {
	count, sum := [5]int{}, 0
	for _, r := range ratings {
		count[r-1]++
		sum += r
	}
	o := object{"count": len(ratings), "mean": nil, "low": count[0] + count[1], "stars": count}
	if len(ratings) >= 10 {
		o["mean"] = math.Round(100*float64(sum)/float64(len(ratings))) / 100
	}
	return o
}
