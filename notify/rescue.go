package notify

import (
	"fmt"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// rescueCard is all that is needed after a let-down: who to call, what was promised,
// what to say, by when, and how to record it.
func rescueCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	var parts []slack.RichTextElement
	if c.Climbed != nil {
		parts = append(parts, kit.Paragraph(kit.Strong(nobodyCalled(c)+" "+yourTurn(c))))
	}
	parts = append(parts, brokenPromise(c, at))
	parts = append(parts, whom(c, at)...)
	parts = append(parts, told(c)...)
	if len(c.Dates) > 1 {
		parts = append(parts, kit.Paragraph(kit.Strong("Every date they were told")), kit.List(slack.RTEListBullet, datesTold(c, c.Dates)))
	}
	parts = append(parts, heard(c, at)...)
	if len(c.Clocks) > 0 {
		parts = append(parts, kit.Paragraph(kit.Strong("By when")), kit.Items(slack.RTEListBullet, clockLines(c, at)))
	}
	return append(parts, kit.Paragraph(kit.Strong("What to say")), kit.List(slack.RTEListOrdered, rescueLines(c, at)))
}

func rescueTitle(c *store.Card) string {
	if c.Promise.Stage == commitments.Overdue {
		return "Overdue: "
	}
	return "We let them down: "
}

// brokenPromise is what was promised, and how it was broken.
func brokenPromise(c *store.Card, at calendar.Instant) *slack.RichTextSection {
	text := kit.Paragraph(kit.Plain(kit.Capital(promisedFor(&c.Promise)) + ". "))
	if c.Promise.DeliveredAt != 0 {
		text.Elements = append(text.Elements, kit.Plain("Delivered "+c.Calendar.Today(c.Promise.DeliveredAt-1).Human()+". "))
	} else if at > c.Promise.DueAt {
		text.Elements = append(text.Elements, kit.Strong(kit.Count(daysLate(c, at), "working day")+" late. "))
	}
	if r := c.Promise.Rescue; r != nil && r.OpenedBy != nil {
		text.Elements = append(text.Elements, kit.Plain(kit.Line(*r.OpenedBy, 120)+" opened a rescue: we dropped the ball. "))
	}
	if r := c.Promise.Rescue; r != nil && r.Note != nil {
		text.Elements = append(text.Elements, kit.Plain("“"+kit.Line(*r.Note, maxReason)+"”"))
	}
	return text
}

// clockLines are the clocks of a rescue that still run, or have run out.
func clockLines(c *store.Card, at calendar.Instant) (lines [][]slack.RichTextSectionElement) {
	for _, d := range c.Clocks {
		what := map[string]string{
			commitments.ClockOwn: "Own it", commitments.ClockCall: "Call " + kit.Line(c.Customer, 120), commitments.ClockMakeRight: "Make it right",
		}[d.Clock]
		line := []slack.RichTextSectionElement{
			kit.Plain(fmt.Sprintf("%s within %s: by ", what, kit.Count(d.Hours, "working hour"))), when(d.At, c.TeamCalendar),
		}
		if d.At <= at {
			line = append(line, kit.Plain("; that is over"))
		}
		lines = append(lines, line)
	}
	return lines
}

// rescueLines are what to say after a let-down: own it, the truth, how we fix it, the
// new date.
func rescueLines(c *store.Card, at calendar.Instant) []string {
	v := &c.Promise
	own := fmt.Sprintf("Own it: “We promised you %s for %s, and did not deliver. That is our doing, and I am sorry.”", kit.Line(v.Title, 200), day(v).Human())
	if v.DeliveredAt != 0 || at <= v.DueAt {
		own = fmt.Sprintf("Own it: “We let you down with %s. That is our doing, and I am sorry.”", kit.Line(v.Title, 200))
	}
	lines := []string{
		own,
		"Tell the truth: what happened, and where it stands today. No excuses, nobody else to blame.",
		"Say how you fix it, and ask: “What has this cost you, and what would make it right?”",
	}
	if v.DeliveredAt != 0 {
		return lines
	}
	return append(lines, "Agree on one new date that you are sure of. If you cannot yet, say on which day you will.")
}

// rescueCommands are what to type after each step that is still owed.
func rescueCommands(c *store.Card) []slack.RichTextElement {
	v := &c.Promise
	var lines []string
	if v.Rescue == nil || v.Rescue.OwnedAt == 0 {
		lines = append(lines, fmt.Sprintf("kept rescue own %d", v.ID))
	}
	lines = append(lines, fmt.Sprintf("kept rescue call %d --note TEXT", v.ID))
	if v.DeliveredAt == 0 {
		lines = append(lines, fmt.Sprintf("kept call %d --outcome new-date --promise DATE --why TEXT", v.ID), fmt.Sprintf("kept deliver %d", v.ID))
	}
	lines = append(lines, fmt.Sprintf("kept rescue make-right %d --what TEXT --cost N", v.ID), fmt.Sprintf("kept rescue close %d --won-back", v.ID))
	return []slack.RichTextElement{kit.Paragraph(kit.Strong("Say what you did")), kit.Commands(lines...)}
}

// missedClock is "Nobody has taken on the rescue for Acme in 1 working hour."
func missedClock(c *store.Card, clock string) string {
	customer, waited := kit.Line(c.Customer, 120), kit.Count(c.Climbed.Hours, "working hour")
	switch clock {
	case commitments.ClockOwn:
		return fmt.Sprintf("Nobody has taken on the rescue for %s in %s.", customer, waited)
	case commitments.ClockCall:
		return fmt.Sprintf("Nobody has called %s in %s since we let them down.", customer, waited)
	}
	return fmt.Sprintf("After %s it has not been made right for %s.", waited, customer)
}
