package commitments

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"kept/commitments/calendar"
)

// Text is the report for a terminal, with small bars.
func (r *Report) Text() string { return r.page(plainReport) }

// Markdown is the report as a Markdown page. User text is escaped.
func (r *Report) Markdown() string { return r.page(markdownReport) }

// reportStyle is what differs between the plain and the Markdown form.
type reportStyle struct {
	title, section, note string // formats of one text
	table                func(*strings.Builder, [][]string)
	escape               func(string) string
	bars                 bool
}

var (
	plainReport    = reportStyle{"%s\n", "\n%s\n", "  %s\n", plainTable, func(s string) string { return s }, true}
	markdownReport = reportStyle{"# %s\n", "\n## %s\n", "\n%s\n", markdownTable, escapeMarkdown, false}
)

// plainTable aligns rows; the first are the titles.
func plainTable(b *strings.Builder, rows [][]string) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, "  "+strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	_ = w.Flush() // a strings.Builder takes everything
}

func markdownTable(b *strings.Builder, rows [][]string) {
	b.WriteByte('\n') // or it is taken for more of what is above
	for i, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(b, "|%s\n", strings.Repeat("---|", len(row)))
		}
	}
}

// reportWriter writes a page.
type reportWriter struct {
	strings.Builder
	style reportStyle
}

func (r *Report) page(style reportStyle) string {
	w := &reportWriter{style: style}
	fmt.Fprintf(w, style.title, fmt.Sprintf("Report: %s to %s", r.From.Human(), r.To.Human()))
	fmt.Fprintf(w, style.note, "As known on "+inZone(r.At, r.Zone)+".")
	if r.Score.empty() {
		fmt.Fprintf(w, style.note, "No promise was due in that time.")
	} else {
		w.overTime(r)
		w.groups(r)
		w.late(r)
		w.misses(&r.Misses)
		w.padding(&r.Padding)
	}
	w.rescues(&r.Rescues)
	w.responses(&r.Responses)
	w.ratings(&r.Ratings)
	return w.String()
}

// inZone is an instant on the clocks of a zone.
func inZone(at Instant, zone string) string {
	location, err := calendar.Zone(zone)
	if err != nil {
		location = time.UTC
	}
	return at.Time().In(location).Format("Mon 2 Jan 2006 15:04")
}

func (w *reportWriter) section(title string, notes ...string) {
	fmt.Fprintf(w, w.style.section, title)
	for _, note := range notes {
		fmt.Fprintf(w, w.style.note, note)
	}
}

func (w *reportWriter) table(titles []string, rows [][]string) {
	w.style.table(&w.Builder, append([][]string{titles}, rows...))
}

// share is n of of, behind a bar where there are bars and enough to say.
func (w *reportWriter) share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return w.bar(n, of) + ShareText(n, of)
}

// part is n of of where the columns beside it say of how many: a bare number if there
// are too few.
func (w *reportWriter) part(n, of int) string {
	if of < TooFew {
		return strconv.Itoa(n)
	}
	return w.share(n, of)
}

const barLength = 10

func (w *reportWriter) bar(n, of int) string {
	if !w.style.bars {
		return ""
	}
	if of < TooFew {
		return strings.Repeat(" ", barLength+1)
	}
	filled := n * barLength / of // a full bar is all of them
	return strings.Repeat("█", filled) + strings.Repeat("·", barLength-filled) + " "
}

func (w *reportWriter) scores(s *Score) []string {
	return []string{w.share(s.KeptFirst.Kept, s.KeptFirst.Of), w.share(s.KeptAgreed.Kept, s.KeptAgreed.Of), w.share(s.ToldBeforeLate.Told, s.ToldBeforeLate.Of)}
}

var scoreTitles = []string{"kept by the first date", "kept as last agreed", "told before late"}

func (w *reportWriter) overTime(r *Report) {
	w.section("The three numbers", "A promise counts where its date falls; what is open past its date is not kept.")
	var rows [][]string
	for _, p := range busy(r.OverTime) {
		rows = append(rows, append([]string{p.Name}, w.scores(&p.Score)...))
	}
	rows = append(rows, append([]string{"all"}, w.scores(&r.Score)...))
	w.table(append([]string{r.Step}, scoreTitles...), rows)
}

// busy leaves out the periods before the first that counts something, and after the last.
func busy(periods []Period) []Period {
	for len(periods) > 0 && periods[0].empty() {
		periods = periods[1:]
	}
	for len(periods) > 0 && periods[len(periods)-1].empty() {
		periods = periods[:len(periods)-1]
	}
	return periods
}

// shownGroups is how many groups a page shows; the other formats have all.
const shownGroups = 20

// groupOrder says how groups are ordered.
var groupOrder = map[Grouping]string{
	ByTeam: "Largest first.", ByKind: "Largest first.", ByCustomer: "Most valuable first.", ByOwner: "By name: this is no ranking of people.",
}

func (w *reportWriter) groups(r *Report) {
	if r.By == "" {
		return
	}
	note := groupOrder[r.By]
	if more := len(r.Groups) - shownGroups; more > 0 {
		note += fmt.Sprintf(" And %d more: --format csv has them all.", more)
	}
	w.section("By "+string(r.By), note)
	var rows [][]string
	for i := range r.Groups[:min(len(r.Groups), shownGroups)] {
		g := &r.Groups[i]
		row := append([]string{w.groupName(r.By, g)}, w.scores(&g.Score)...)
		rows = append(rows, append(row, few(g.DaysLate.Median(), g.DaysLate.Count(), 1), few(g.Ratings.Mean(), g.Ratings.Count(), 2)))
	}
	w.table(append(append([]string{string(r.By)}, scoreTitles...), "median working days late", "rating"), rows)
}

func (w *reportWriter) groupName(by Grouping, g *Group) string {
	if g.Name == nil {
		return "(no " + string(by) + ")"
	}
	return w.style.escape(*g.Name)
}

// few is a figure made of n values: "3.5 (of 12)".
func few(figure *float64, n, decimals int) string {
	switch {
	case n == 0:
		return "–"
	case figure == nil:
		return fmt.Sprintf("too few to say (%d)", n)
	}
	text := strconv.FormatFloat(*figure, 'f', decimals, 64)
	if decimals == 1 {
		text = strings.TrimSuffix(text, ".0")
	}
	return fmt.Sprintf("%s (of %d)", text, n)
}

func (w *reportWriter) late(r *Report) {
	broken := r.KeptFirst.Of - r.KeptFirst.Kept
	w.section("How late", fmt.Sprintf("Of %d not kept by the first date, %s delivered late and %d not delivered. Dates moved: %d by us, %d because the customer asked.",
		broken, were(r.Late.Delivered), r.Late.NotDelivered, r.Moves.ByUs, r.Moves.ByCustomer))
	if r.Late.Delivered == 0 {
		return
	}
	var rows [][]string
	for i, b := range r.Late.ByWorking {
		rows = append(rows, []string{strings.ReplaceAll(b.Days, "-", "–"), w.part(b.Count, r.Late.Delivered), w.part(r.Late.ByCalendar[i].Count, r.Late.Delivered)})
	}
	w.table([]string{"days late", "working days", "calendar days"}, rows)
	w.table([]string{"days late", "median", "nine tenths within"}, [][]string{
		append([]string{"working days"}, spread(&r.Late.WorkingDays)...), append([]string{"calendar days"}, spread(&r.Late.CalendarDays)...)})
}

// were is n with its verb.
func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return strconv.Itoa(n) + " were"
}

// shareTexts are sharesUsed in words.
var shareTexts = [len(sharesUsed)]string{"none of it", "up to a third", "up to two thirds", "more, but not all", "all of it", "all, and late"}

func (w *reportWriter) padding(u *PadUse) {
	if u.Promises == 0 {
		return
	}
	w.section("Padding used", fmt.Sprintf("Of %s delivered that had a target and padding; %d more had a target and no padding.", count(u.Promises-u.Unpadded, "promise"), u.Unpadded))
	var rows [][]string
	for i, used := range u.Used {
		rows = append(rows, []string{shareTexts[i], w.part(used.Count, u.Promises-u.Unpadded)})
	}
	w.table([]string{"padding used", "promises"}, rows)
	w.table([]string{"working days", "median", "nine tenths within"}, [][]string{
		append([]string{"padding"}, spread(&u.Days)...), append([]string{"from the target to delivery"}, spread(&u.SlipDays)...)})
}

func (w *reportWriter) misses(m *Misses) {
	if m.Of == 0 {
		return
	}
	w.section("Why", "What the rescues of promises that were not kept by the first date say.")
	w.table([]string{"reason", "promises"}, w.counted(m.Reasons, m.Of, "no reason given"))
}

// counted are the names that count, those that count most first, what has none last.
func (w *reportWriter) counted(counts []Counted, of int, none string) (rows [][]string) {
	counts = slices.Clone(counts)
	slices.SortStableFunc(counts[:len(counts)-1], func(a, b Counted) int { return cmp.Compare(b.Count, a.Count) })
	for _, c := range counts {
		name := none
		if c.Name != nil {
			name = *c.Name
		}
		if c.Count > 0 {
			rows = append(rows, []string{name, w.part(c.Count, of)})
		}
	}
	return rows
}

func (w *reportWriter) rescues(r *RescuesIn) {
	if r.Opened == 0 {
		return
	}
	note := fmt.Sprintf("%s opened, %d by a person. Closed: %s; won back: %s.", count(r.Opened, "rescue"), r.ByPerson, ShareText(r.Closed, r.Opened), ShareText(r.WonBack, r.Closed))
	if r.Cost.Known {
		note += fmt.Sprintf(" Making it right cost %s %s.", r.Cost.Grouped(), r.Currency)
	}
	w.section("Rescues", note)
	w.table([]string{"working hours from the opening", "median", "nine tenths within"}, [][]string{
		append([]string{"to own it"}, spread(&r.Own)...),
		append([]string{"to the first call"}, spread(&r.Call)...),
		append([]string{"to make it right"}, spread(&r.MakeRight)...),
	})
	w.table([]string{"severity", "rescues"}, w.counted(r.Severities, r.Opened, "not said"))
}

func (w *reportWriter) responses(r *ResponsesIn) {
	if r.Inbound == 0 {
		return
	}
	w.section("Response times", fmt.Sprintf("Customers came to us %s; not answered yet: %s.", times(r.Inbound), ShareText(r.Unanswered, r.Inbound)))
	w.table([]string{"working hours", "median", "nine tenths within"}, [][]string{append([]string{"to the first answer"}, spread(&r.Hours)...)})
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

func (w *reportWriter) ratings(r *RatingsBy) {
	if r.All.Count() == 0 {
		return
	}
	w.section("Ratings", "What customers said, from 1 to 5; silence is not counted.")
	var rows [][]string
	add := func(name string, s Stars) {
		if s.Count() > 0 {
			rows = append(rows, []string{name, few(s.Mean(), s.Count(), 2), w.part(s.Low(), s.Count())})
		}
	}
	add("all", r.All)
	add("kept", r.Kept)
	add("broken", r.Broken)
	add("… delivered late", r.Late)
	add("… not delivered", r.NotDelivered)
	for _, d := range r.ByDays {
		add(daysText(d.Days), d.Ratings)
	}
	w.table([]string{"promises", "mean", "1 or 2 stars"}, rows)
}

// daysText is the name of a range in words: "2–3 days late".
func daysText(name string) string {
	days, when, _ := strings.Cut(name, " ")
	switch days {
	case "on":
		return name
	case "1":
		return "1 day " + when
	}
	return strings.ReplaceAll(days, "-", "–") + " days " + when
}

// spread is a distribution's median and nine tenths, for a table.
func spread(d *Distribution) []string {
	return []string{few(d.Median(), d.Count(), 1), few(d.P90(), d.Count(), 1)}
}
