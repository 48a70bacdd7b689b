package commitments

import (
	"fmt"
	"strings"
	"time"

	"kept/commitments/calendar"
)

// TooFew is the count under which a share means nothing.
const TooFew = 10

// ShareText is n of of in words: "23 of 25 (92%)", or, under ten, "3 of 4 (too few to say)".
func ShareText(n, of int) string {
	switch {
	case of == 0:
		return "none counted"
	case of < TooFew:
		return fmt.Sprintf("%d of %d (too few to say)", n, of)
	}
	return fmt.Sprintf("%d of %d (%d%%)", n, of, percent(n, of))
}

// percent is rounded, but only all is 100, and only none is 0.
func percent(n, of int) int {
	switch n {
	case 0:
		return 0
	case of:
		return 100
	}
	return min(99, max(1, (n*100+of/2)/of))
}

// Rows are the promises and customers of the digest as one table, for CSV and XLSX:
// every list in full.
func (d *Digest) Rows() (columns []string, rows [][]any) {
	columns = []string{"section", "customer", "lifetime_value", "id", "title", "owner", "promise_date", "stage", "days_late", "last_told_at", "move", "reasons"}
	add := func(section string, items []DigestItem) {
		for _, i := range items {
			rows = append(rows, []any{section, i.Customer, i.Lifetime, i.ID, i.Title, i.Owner, i.Promise, string(i.Stage), lateOrNil(i.DaysLate), i.LastToldAt, i.Move, ReasonTexts(i.Reasons)})
		}
	}
	for _, c := range d.Overdue {
		add("overdue", c.Items)
	}
	add("at risk", d.AtRisk)
	add("due this week", d.DueThisWeek)
	for _, i := range d.Unanswered {
		rows = append(rows, []any{"unanswered", i.Customer, i.Lifetime, nil, fmt.Sprintf("no answer for %d working days", i.Days), nil, nil, nil, nil, i.At, nil, nil})
	}
	for _, q := range d.Quiet {
		rows = append(rows, []any{"quiet", q.Customer, q.Lifetime, nil, fmt.Sprintf("no touch for %d working days", q.Days), nil, nil, nil, nil, q.LastTouchAt, nil, nil})
	}
	for _, r := range d.Rescues {
		rows = append(rows, []any{"rescue", r.Customer, r.Lifetime, r.ID, r.Title, r.Owner, r.Promise, string(r.Stage), lateOrNil(r.DaysLate), r.LastToldAt, r.Move, r.Text()})
	}
	for _, i := range d.Ratings {
		rows = append(rows, []any{fmt.Sprintf("rated %d of 5", i.Rating), i.Customer, i.Lifetime, i.ID, i.Title, i.Owner, nil, nil, nil, nil, nil, i.Words()})
	}
	for _, k := range d.Asks {
		rows = append(rows, []any{"asked for", k.Customer, k.Lifetime, k.ID, k.Words, nil, nil, nil, nil, nil, "ours", "open for " + count(k.DaysOpen, "working day")})
	}
	for _, o := range d.PlusOnes {
		rows = append(rows, []any{"no plus one for long", o.Customer, o.Lifetime, nil, o.Text(d.zone()), nil, nil, nil, nil, nil, "ours", nil})
	}
	add("new since the last digest", d.New)
	add("worse since the last digest", d.Worse)
	add("cleared since the last digest", d.Cleared)
	return columns, rows
}

func lateOrNil(days int) any {
	if days == 0 {
		return nil
	}
	return days
}

// ReasonTexts are reasons in one line.
func ReasonTexts(reasons []Reason) string {
	texts := make([]string, len(reasons))
	for i, r := range reasons {
		texts[i] = r.Text
	}
	return strings.Join(texts, "; ")
}

// Text is the digest for a terminal.
func (d *Digest) Text() string { return d.render(plainDigest) }

// Markdown is the digest as a Markdown page. User text is escaped.
func (d *Digest) Markdown() string { return d.render(markdownDigest) }

// digestStyle is what differs between the plain and the Markdown form.
type digestStyle struct {
	title, section, item, sub string // formats of one text
	escape                    func(string) string
}

var (
	plainDigest    = digestStyle{"%s\n", "\n%s\n", "  %s\n", "    %s\n", func(s string) string { return s }}
	markdownDigest = digestStyle{"# %s\n", "\n## %s\n\n", "- %s\n", "  - %s\n", escapeMarkdown}
)

// escapeMarkdown keeps user text from acting as Markdown or HTML.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			r = ' '
		case r < 128 && strings.ContainsRune("\\`*_{}[]()<>#+-.!|&~", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (d *Digest) render(s digestStyle) string {
	w := &digestWriter{style: s, zone: d.zone()}
	who := "The whole company"
	if d.Manager != nil {
		who = s.escape(*d.Manager)
	}
	title := fmt.Sprintf("%s: week %s", who, d.Week)
	if d.Late {
		title += " (late)"
	}
	w.line(s.title, title)
	w.scores(d)
	w.overdue(d)
	w.items("At risk", d.AtRisk, true)
	w.items("Due this week", d.DueThisWeek, false)
	w.quiet(d.Quiet)
	w.unanswered(d.Unanswered)
	w.rescues(d.Rescues)
	w.ratings(d.Ratings)
	w.asks(d.Asks)
	w.plusOnes(d.PlusOnes)
	w.items("New since the last digest", d.New, false)
	w.items("Worse since the last digest", d.Worse, false)
	w.items("Cleared since the last digest", d.Cleared, false)
	return w.String()
}

// zone is the one in which the digest's days are told; UTC where its own was renamed
// after it was stored.
func (d *Digest) zone() *time.Location {
	zone, err := calendar.Zone(d.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

type digestWriter struct {
	strings.Builder
	style digestStyle
	zone  *time.Location
}

func (w *digestWriter) line(format, text string) { fmt.Fprintf(&w.Builder, format, text) }

func (w *digestWriter) scores(d *Digest) {
	w.line(w.style.section, "Last week, beside the week before")
	for _, s := range []struct {
		name          string
		n, of, n1, o1 int
	}{
		{"kept by the first date", d.KeptFirst.Kept, d.KeptFirst.Of, d.Previous.KeptFirst.Kept, d.Previous.KeptFirst.Of},
		{"kept as last agreed", d.KeptAgreed.Kept, d.KeptAgreed.Of, d.Previous.KeptAgreed.Kept, d.Previous.KeptAgreed.Of},
		{"told before late", d.ToldBeforeLate.Told, d.ToldBeforeLate.Of, d.Previous.ToldBeforeLate.Told, d.Previous.ToldBeforeLate.Of},
	} {
		w.line(w.style.item, fmt.Sprintf("%s: %s; before: %s", s.name, ShareText(s.n, s.of), ShareText(s.n1, s.o1)))
	}
}

func (w *digestWriter) overdue(d *Digest) {
	n := 0
	for _, c := range d.Overdue {
		n += len(c.Items)
	}
	if n == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("Overdue (%d)", n))
	for _, c := range d.Overdue {
		name := w.style.escape(c.Customer)
		if c.Lifetime.Known {
			name += ", lifetime value " + c.Lifetime.Grouped()
		}
		w.line(w.style.item, name)
		for _, i := range c.Items {
			w.line(w.style.sub, w.late(i))
		}
	}
}

func (w *digestWriter) late(i DigestItem) string {
	return fmt.Sprintf("%d %s (%s): promised %s, %s late; last told %s; the move is %s",
		i.ID, w.style.escape(i.Title), w.style.escape(i.Owner), i.Promise.Human(), count(i.DaysLate, "working day"), w.day(i.LastToldAt), i.Move)
}

// day is the day of an instant for people, in the digest's zone.
func (w *digestWriter) day(at Instant) string {
	if at == 0 {
		return "never"
	}
	return at.Time().In(w.zone).Format("Mon 2 Jan")
}

// items lists promises. Why they are at risk is told where they are listed as such, once.
func (w *digestWriter) items(name string, items []DigestItem, why bool) {
	if len(items) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("%s (%d)", name, len(items)))
	for _, i := range items {
		text := fmt.Sprintf("%d %s for %s (%s), promised %s", i.ID, w.style.escape(i.Title), w.style.escape(i.Customer), w.style.escape(i.Owner), i.Promise.Human())
		if why && len(i.Reasons) > 0 {
			text += ": " + w.style.escape(ReasonTexts(i.Reasons))
		}
		w.line(w.style.item, text)
	}
}

func (w *digestWriter) rescues(open []RescueItem) {
	if len(open) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("Open rescues (%d)", len(open)))
	for _, r := range open {
		w.line(w.style.item, fmt.Sprintf("%d %s for %s (%s): %s", r.ID, w.style.escape(r.Title), w.style.escape(r.Customer), w.style.escape(r.Owner), w.style.escape(r.Text())))
	}
}

// Text says how long a rescue has been open, and what is owed next.
func (r *RescueItem) Text() string {
	text := "open for " + count(r.Days, "working day") + ", " + map[string]string{
		ClockOwn: "nobody owns it", ClockCall: "nobody has called them", ClockMakeRight: "not made right yet", "close": "made right, not closed yet",
	}[r.Owes]
	if r.Severity != nil {
		text += "; severity " + *r.Severity
	}
	if r.Reason != nil {
		text += "; reason: " + *r.Reason
	}
	return text
}

func (w *digestWriter) quiet(customers []QuietCustomer) {
	if len(customers) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("Went quiet (%d)", len(customers)))
	for _, q := range customers {
		w.line(w.style.item, fmt.Sprintf("%s: no touch for %d working days, since %s; %s open%s", w.style.escape(q.Customer), q.Days, w.day(q.LastTouchAt), count(q.Open, "promise"), w.style.escape(after(": ", q.Text()))))
	}
}

// after is a text behind what leads to it; "" if there is none.
func after(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

func (w *digestWriter) unanswered(items []UnansweredItem) {
	if len(items) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("Not answered (%d)", len(items)))
	for _, i := range items {
		w.line(w.style.item, fmt.Sprintf("%s came to us on %s, %s ago", w.style.escape(i.Customer), w.day(i.At), count(i.Days, "working day")))
	}
}

func (w *digestWriter) asks(asks []AskItem) {
	if len(asks) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("What they asked for (%d)", len(asks)))
	for _, k := range asks {
		text := fmt.Sprintf("%d “%s”: %s, open for %s", k.ID, w.style.escape(Headline(k.Words)), w.style.escape(k.Customer), count(k.DaysOpen, "working day"))
		if k.Link != nil {
			text += ", " + w.style.escape(*k.Link)
		}
		w.line(w.style.item, text)
	}
}

func (w *digestWriter) plusOnes(customers []PlusOneItem) {
	if len(customers) == 0 {
		return
	}
	w.line(w.style.section, fmt.Sprintf("No plus one for long (%d)", len(customers)))
	for _, c := range customers {
		w.line(w.style.item, fmt.Sprintf("%s: %s", w.style.escape(c.Customer), c.Text(w.zone)))
	}
}
