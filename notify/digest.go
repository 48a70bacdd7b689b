package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

const (
	digestPages = 3 // of one digest, unless what must not be left out needs more
	mustShow    = 5 // working days late above which nothing is left out
	maxItem     = 400
	plusOnes    = 10 // customers without a plus one for long who are named, of a digest
)

// digestMessages are the messages of a stored digest, one per page. Keys are as Pages
// takes them.
func digestMessages(body string, keys map[commitments.ID]string) ([]message, error) {
	var d commitments.Digest
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		return nil, err
	}
	var messages []message
	for i, page := range Pages(&d, keys) {
		text := digestText(&d)
		if i > 0 {
			text = fmt.Sprintf("Kept, week %s, page %d", kit.Line(d.Week, 20), i+1)
		}
		m, err := newMessage(text, page)
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// Pages are a digest as Slack shows it, each page within the limits of one message.
// What does not fit on three pages is counted on the last, except what is more than
// five working days late: that is always shown, on as many pages as it takes.
// Promises whose keys are given have a button that opens them.
func Pages(d *commitments.Digest, keys map[commitments.ID]string) [][]slack.Block {
	zone, err := calendar.Zone(d.Zone)
	if err != nil {
		zone = time.UTC
	}
	p := pager{zone: zone, keys: keys, opened: map[commitments.ID]bool{}}
	p.newPage()
	p.page().add(kit.Header(digestTitle(d)))
	p.section("Last week, beside the week before", "")
	for _, s := range scores(d) {
		p.item(s, true)
	}
	p.overdue(d)
	p.items("At risk", d.AtRisk, true)
	p.items("Due this week", d.DueThisWeek, false)
	p.quiet(d.Quiet)
	p.unanswered(d.Unanswered)
	p.rescues(d.Rescues)
	p.ratings(d.Ratings)
	p.asks(d.Asks)
	p.plusOnes(d.PlusOnes)
	p.items("New since the last digest", d.New, false)
	p.items("Worse since the last digest", d.Worse, false)
	p.items("Cleared since the last digest", d.Cleared, false)
	return p.finish("kept digest" + whose(d) + " --week " + kit.Line(d.Week, 20))
}

func whose(d *commitments.Digest) string {
	if d.Manager == nil {
		return ""
	}
	return " --manager " + kit.Word(*d.Manager)
}

func digestTitle(d *commitments.Digest) string {
	who := "the whole company"
	if d.Manager != nil {
		who = kit.Line(*d.Manager, 90)
	}
	title := fmt.Sprintf("Promises to customers, week %s: %s", kit.Line(d.Week, 20), who)
	if d.Late {
		title += " (late)"
	}
	return title
}

// digestText is what a notification shows of a digest.
func digestText(d *commitments.Digest) string {
	overdue := 0
	for _, c := range d.Overdue {
		overdue += len(c.Items)
	}
	return fmt.Sprintf("Kept, week %s: %d overdue, %d at risk, %d due this week, %d customers gone quiet",
		kit.Line(d.Week, 20), overdue, len(d.AtRisk), len(d.DueThisWeek), len(d.Quiet))
}

func scores(d *commitments.Digest) []string {
	now, then := &d.Score, &d.Previous
	return []string{
		"Kept by the first date: " + beside(now.KeptFirst.Kept, now.KeptFirst.Of, then.KeptFirst.Kept, then.KeptFirst.Of),
		"Kept as last agreed: " + beside(now.KeptAgreed.Kept, now.KeptAgreed.Of, then.KeptAgreed.Kept, then.KeptAgreed.Of),
		"Told before late: " + beside(now.ToldBeforeLate.Told, now.ToldBeforeLate.Of, then.ToldBeforeLate.Told, then.ToldBeforeLate.Of),
	}
}

func beside(n, of, before, ofBefore int) string {
	return commitments.ShareText(n, of) + "; before: " + commitments.ShareText(before, ofBefore)
}

func (p *pager) overdue(d *commitments.Digest) {
	for _, c := range d.Overdue {
		name := kit.Line(c.Customer, 120)
		if c.Lifetime.Known {
			name += " · lifetime value " + c.Lifetime.Grouped()
		}
		p.section("Overdue", name)
		for _, i := range c.Items {
			p.promise(i.ID, i.Title, p.late(&i), i.DaysLate > mustShow)
		}
	}
}

func (p *pager) late(i *commitments.DigestItem) string {
	return fmt.Sprintf("#%d %s (%s), promised %s, %s late; last told %s; the move is %s",
		i.ID, kit.Line(i.Title, 150), kit.Line(i.Owner, 60), i.Promise.Human(), kit.Count(i.DaysLate, "working day"), p.day(i.LastToldAt), kit.Line(i.Move, 30))
}

func (p *pager) day(at calendar.Instant) string {
	if at == 0 {
		return "never"
	}
	return at.Time().In(p.zone).Format("Mon 2 Jan")
}

// items lists promises. Why they are at risk is told where they are listed as such, once.
func (p *pager) items(section string, items []commitments.DigestItem, why bool) {
	p.section(section, "")
	for _, i := range items {
		text := fmt.Sprintf("#%d %s for %s (%s)", i.ID, kit.Line(i.Title, 150), kit.Line(i.Customer, 60), kit.Line(i.Owner, 60))
		if i.Promise != 0 {
			text += ", promised " + i.Promise.Human()
		}
		if why && len(i.Reasons) > 0 {
			text += ": " + commitments.ReasonTexts(i.Reasons)
		}
		p.promise(i.ID, i.Title, text, false)
	}
}

func (p *pager) rescues(open []commitments.RescueItem) {
	p.section("Open rescues", "")
	for i := range open {
		r := &open[i]
		p.promise(r.ID, r.Title, fmt.Sprintf("#%d %s for %s (%s): %s", r.ID, kit.Line(r.Title, 120), kit.Line(r.Customer, 60), kit.Line(r.Owner, 60), r.Text()), false)
	}
}

func (p *pager) quiet(customers []commitments.QuietCustomer) {
	p.section("Went quiet", "")
	for _, q := range customers {
		text := fmt.Sprintf("%s: no contact for %s, since %s; %s open", kit.Line(q.Customer, 120), kit.Count(q.Days, "working day"), p.day(q.LastTouchAt), kit.Count(q.Open, "promise"))
		if meant := q.Text(); meant != "" {
			text += ": " + kit.Line(meant, 300)
		}
		p.item(text, false)
	}
}

func (p *pager) unanswered(items []commitments.UnansweredItem) {
	p.section("Not answered", "")
	for _, i := range items {
		p.item(fmt.Sprintf("%s came to us on %s, %s ago", kit.Line(i.Customer, 120), p.day(i.At), kit.Count(i.Days, "working day")), false)
	}
}

func (p *pager) ratings(ratings []commitments.RatingItem) {
	p.section("What customers said", "")
	for _, i := range ratings {
		text := fmt.Sprintf("%d of 5 from %s: #%d %s (%s)", i.Rating, kit.Line(i.Customer, 60), i.ID, kit.Line(i.Title, 100), kit.Line(i.Owner, 60))
		if words := i.Words(); words != "" {
			text += ", “" + kit.Line(words, 120) + "”"
		}
		if do := i.ToDo(); do != "" {
			text += ": " + do
		}
		p.promise(i.ID, i.Title, text, false)
	}
}

func (p *pager) asks(asks []commitments.AskItem) {
	p.section("What they asked for", "")
	for _, k := range asks {
		text := fmt.Sprintf("“%s” %s, open for %s", kit.Line(k.Words, 150), kit.Line(k.Customer, 60), kit.Count(k.DaysOpen, "working day"))
		if k.Link != nil {
			text += ", " + kit.Line(*k.Link, 100)
		}
		p.item(fmt.Sprintf("%s: kept ask promise %d, or give, or decline", text, k.ID), false)
	}
}

func (p *pager) plusOnes(customers []commitments.PlusOneItem) {
	p.section("No plus one for long: one small thing they do not expect", "")
	for i, c := range customers {
		if i >= plusOnes {
			p.leave()
			continue
		}
		p.item(kit.Line(c.Customer, 120)+": "+c.Text(p.zone), false)
	}
}
