package notify

import (
	"fmt"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// updates are the answers to a call card: a line or two on each promise of which the
// next person is told, because nobody has called.
func updates(l *store.Letter, buttons bool) []slack.Block {
	var p pageful
	for i := range l.Cards {
		if !p.add(slack.NewRichTextBlock("", kit.Paragraph(kit.Plain(updateLine(&l.Cards[i], buttons))))) {
			p.end(more(l, len(l.Cards)-i))
			break
		}
	}
	return p.blocks
}

// updateLine says what was not done, and who is told now.
func updateLine(c *store.Card, buttons bool) string {
	what := fmt.Sprintf("%s (#%d)", kit.Line(c.Promise.Title, 200), c.Promise.ID)
	switch {
	case c.Climbed == nil:
		return textLine(c)
	case c.Climbed.As == "owner" && buttons:
		return fmt.Sprintf("%s: %s %s, please call, or say above that you are on it.", what, nobodyCalled(c), taker(c.Climbed))
	case c.Climbed.As == "owner":
		return fmt.Sprintf("%s: %s %s, please call, or say that you are on it: kept ack %d", what, nobodyCalled(c), taker(c.Climbed), c.Promise.ID)
	}
	return fmt.Sprintf("%s: %s Now it is the turn of %s (%s).", what, nobodyCalled(c), taker(c.Climbed), c.Climbed.As)
}

// taker names who is told, and who would have been.
func taker(c *store.Climbed) string {
	if c.For == "" {
		return kit.Line(c.Who, 120)
	}
	return fmt.Sprintf("%s for %s, who is away", kit.Line(c.Who, 120), kit.Line(c.For, 120))
}

// nobodyCalled is "Nobody has called Acme for 8 working hours."
func nobodyCalled(c *store.Card) string {
	if clock := commitments.ClockOf(c.Climbed.Step); clock != "" {
		return missedClock(c, clock)
	}
	customer, waited := kit.Line(c.Customer, 120), kit.Count(c.Climbed.Hours, "working hour")
	switch c.Climbed.Tries {
	case 0:
		return fmt.Sprintf("Nobody has called %s for %s.", customer, waited)
	case 1:
		return fmt.Sprintf("%s was tried once in %s, and not reached.", customer, waited)
	}
	return fmt.Sprintf("%s was tried %d times in %s, and not reached.", customer, c.Climbed.Tries, waited)
}

// yourTurn says why the reader of a call card is told.
func yourTurn(c *store.Card) string {
	as := ""
	if c.Climbed.As != "owner" {
		as = ", as " + c.Climbed.As + "; " + kit.Line(c.OwnerName, 120) + " owns the promise"
	}
	return fmt.Sprintf("This goes to %s%s.", taker(c.Climbed), as)
}

// secondMiss is "The second date promised to Acme is lost" or, while one of our choosing
// holds, "We have moved the date promised to Acme for the second time".
func secondMiss(c *store.Card) string {
	customer, moved := kit.Line(c.Customer, 120), commitments.MovedByUs(c.Lost)
	if c.Promise.Stage != commitments.Overdue && moved >= 2 && c.Lost[len(c.Lost)-1].AskedBy == "us" {
		return fmt.Sprintf("We have moved the date promised to %s for the %s time", customer, commitments.Ordinal(moved))
	}
	return fmt.Sprintf("The %s date promised to %s is lost", commitments.Ordinal(c.LostDates), customer)
}

// secondMissCard tells the account manager that a promise to their customer was broken,
// or moved by us, more than once.
func secondMissCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Plain("Owned by " + kit.Line(c.OwnerName, 120) + ", now " + promisedFor(&c.Promise) + timeLeft(c, at) + ".")),
		kit.Paragraph(kit.Strong("What the customer was told")), kit.List(slack.RTEListBullet, datesTold(c, c.Lost)),
	}
	parts = append(parts, whom(c, at)...)
	parts = append(parts, heard(c, at)...)
	return append(parts,
		kit.Paragraph(kit.Strong("What to do"), kit.Plain(" Talk to "+kit.Line(c.OwnerName, 120)+" before anybody names another date, and call "+kit.Line(c.Customer, 120)+" yourself.")))
}

// datesTold are the dates of a promise, each with why the next took its place.
func datesTold(c *store.Card, dates []commitments.PromiseDate) (told []string) {
	for i, d := range dates {
		text := d.Promise.Human()
		if i > 0 {
			text += fmt.Sprintf(", agreed on %s: %s", c.Calendar.Today(d.ToldAt).Human(), kit.Line(d.Why, maxReason))
		}
		told = append(told, text)
	}
	return told[max(0, len(told)-maxReasons):]
}
