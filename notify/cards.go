package notify

import (
	"fmt"
	"slices"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// Blocks are a letter's cards as Slack shows them: grouped by customer, in the
// letter's order, within the limits of one message. What does not fit is counted in
// a last line; what is long overdue is not left out for the sake of what is worth more.
// With buttons, what can be done is clicked; without, it is typed.
func Blocks(l *store.Letter, buttons bool) []slack.Block {
	switch {
	case l.FollowUp != nil:
		return []slack.Block{slack.NewRichTextBlock("", kit.Paragraph(followUpLine(l.FollowUp)...))}
	case l.Update:
		return updates(l, buttons)
	}
	blocks, whole := cardBlocks(l, l.Cards, buttons)
	if !whole {
		blocks, _ = cardBlocks(l, longLateFirst(l.Cards, l.At), buttons)
	}
	return blocks
}

// cardBlocks shows cards in their order, and reports whether all of them fit.
func cardBlocks(l *store.Letter, cards []store.Card, buttons bool) (blocks []slack.Block, whole bool) {
	var p pageful
	for i := range cards {
		c := &cards[i]
		var group []slack.Block
		if i == 0 || cards[i-1].Customer != c.Customer {
			if i > 0 {
				group = append(group, slack.NewDividerBlock())
			}
			group = append(group, kit.Header(customerLine(c)))
		}
		if !p.add(append(group, card(c, l.At, buttons)...)...) {
			p.end(more(l, len(cards)-i))
			return p.blocks, false
		}
	}
	return p.blocks, true
}

// longLateFirst puts the customers with a promise more than mustShow working days late
// in front of the others.
func longLateFirst(cards []store.Card, at calendar.Instant) []store.Card {
	long := map[string]int{}
	for i := range cards {
		if c := &cards[i]; c.Stage == commitments.Overdue && c.ClosedAt == 0 && daysLate(c, at) > mustShow {
			long[c.Customer] = 1
		}
	}
	ordered := slices.Clone(cards)
	slices.SortStableFunc(ordered, func(a, b store.Card) int { return long[b.Customer] - long[a.Customer] })
	return ordered
}

// Text is what a letter says where blocks are not shown: in a notification, to a
// screen reader. It holds nothing that may not be read over somebody's shoulder.
func Text(l *store.Letter) string {
	if l.FollowUp != nil {
		return spoken(followUpLine(l.FollowUp))
	}
	lines := make([]string, len(l.Cards))
	for i := range l.Cards {
		if lines[i] = textLine(&l.Cards[i]); l.Update {
			lines[i] = updateLine(&l.Cards[i], false)
		}
	}
	return summary(lines, func(left int) string { return more(l, left) })
}

func textLine(c *store.Card) string {
	v := &c.Promise
	what := fmt.Sprintf("%s, %s (kept show %d)", kit.Line(v.Title, 200), promisedFor(v), v.ID)
	switch {
	case c.ClosedAt != 0:
		return spoken(outcome(c)) + " " + what
	case c.Lost != nil:
		return fmt.Sprintf("%s: %s", secondMiss(c), what)
	case c.Update != nil:
		return fmt.Sprintf("%s: %s", wordOwed(c), what)
	case c.Handed != nil:
		return fmt.Sprintf("%s: %s", handedOver(c), what)
	case c.Climbed != nil && commitments.ClockOf(c.Climbed.Step) != "":
		return fmt.Sprintf("%s %s", nobodyCalled(c), what)
	case c.Rescue, c.Stage == commitments.Overdue && c.Promise.Stage != commitments.Overdue && c.Promise.Rescue.Open():
		return fmt.Sprintf("We let %s down: %s", kit.Line(c.Customer, 120), what)
	case c.Climbed != nil:
		return fmt.Sprintf("%s Call %s: %s", nobodyCalled(c), kit.Line(c.Customer, 120), what)
	}
	switch c.Stage {
	case commitments.AtRisk:
		return fmt.Sprintf("Call %s: %s", kit.Line(c.Customer, 120), what)
	case commitments.Overdue:
		return fmt.Sprintf("Overdue for %s: %s", kit.Line(c.Customer, 120), what)
	}
	return fmt.Sprintf("How many days of work are left? %s: %s", kit.Line(c.Customer, 120), what)
}

func more(l *store.Letter, left int) string {
	owner := l.Recipient.Email
	if owner == "" {
		owner = l.Cards[0].OwnerName
	}
	return fmt.Sprintf("and %d more: kept list --owner %s", left, kit.Word(owner))
}

func customerLine(c *store.Card) string {
	if !c.Lifetime.Known {
		return c.Customer
	}
	return fmt.Sprintf("%s · lifetime value %s %s", kit.Line(c.Customer, 90), c.Lifetime.Grouped(), c.Promise.Currency)
}

// sort is one sort of card: what it says, and how its reader says what they did, by
// typing or by clicking.
type sort struct {
	label string
	says  func(*store.Card, calendar.Instant) []slack.RichTextElement
	typed func(*store.Card) []slack.RichTextElement
	does  func(*store.Card) []slack.BlockElement
}

func sortOf(c *store.Card) sort {
	switch {
	case c.Lost != nil:
		return sort{secondMiss(c) + ": ", secondMissCard, showCommand, opens}
	case c.Update != nil:
		return sort{wordOwed(c) + ": ", updateCard, updateCommands, updateButtons}
	case c.Handed != nil:
		return sort{handedOver(c) + ": ", handedCard, showCommand, opens}
	case c.Rescue || c.Stage == commitments.Overdue && c.Promise.Rescue.Open():
		return sort{rescueTitle(c), rescueCard, rescueCommands, rescueButtons}
	case c.Stage == commitments.AtRisk:
		return sort{"Call the customer: ", callCard, callCommands, callButtons}
	case c.Stage == commitments.Overdue:
		return sort{"Overdue: ", overdueCard, overdueCommands, overdueButtons}
	}
	return sort{"Check in: ", checkInCard, checkInCommands, checkInButtons}
}

// card is one alert: a question, a call to make, or a promise broken. What was done since
// stands on top; one that is dealt with is no more than that.
func card(c *store.Card, at calendar.Instant, buttons bool) []slack.Block {
	s := sortOf(c)
	parts := []slack.RichTextElement{title(s.label, c)}
	if c.ClosedAt != 0 {
		return []slack.Block{slack.NewRichTextBlock("", append(parts, kit.Paragraph(outcome(c)...))...)}
	}
	parts = append(append(parts, doneLines(c)...), s.says(c, at)...)
	if !buttons {
		return []slack.Block{slack.NewRichTextBlock("", append(parts, s.typed(c)...)...)}
	}
	blocks := []slack.Block{slack.NewRichTextBlock("", parts...)}
	if row := s.does(c); len(row) > 0 {
		blocks = append(blocks, slack.NewActionBlock("", row...))
	}
	return blocks
}

// checkInCard asks the owner the one question on which everything else is reckoned.
func checkInCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Plain("For " + kit.Line(c.Customer, 120) + ", " + promisedFor(&c.Promise) + timeLeft(c, at) + ".")),
	}
	parts = append(parts, reasons(c)...)
	return append(parts, kit.Paragraph(kit.Strong("How many working days of work are left?")))
}

func checkInCommands(c *store.Card) []slack.RichTextElement {
	return []slack.RichTextElement{kit.Commands(fmt.Sprintf("kept checkin %d --left DAYS", c.Promise.ID))}
}

// callCard is all an owner needs to call the customer before the date slips.
func callCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	var parts []slack.RichTextElement
	if c.Climbed != nil {
		parts = append(parts, kit.Paragraph(kit.Strong(nobodyCalled(c)+" "+yourTurn(c))))
	}
	parts = append(parts, kit.Paragraph(kit.Plain(kit.Capital(promisedFor(&c.Promise))+timeLeft(c, at)+"."+dates(&c.Promise))))
	parts = append(parts, whom(c, at)...)
	parts = append(parts, told(c)...)
	parts = append(parts, reasons(c)...)
	parts = append(parts, heard(c, at)...)
	return append(parts, kit.Paragraph(kit.Strong("What to say")), kit.List(slack.RTEListOrdered, callLines(c, at)))
}

func callCommands(c *store.Card) []slack.RichTextElement {
	return []slack.RichTextElement{
		kit.Paragraph(kit.Strong("Afterwards, say how it went")), callOutcomes(&c.Promise),
		kit.Paragraph(kit.Strong("On it, or is it for later?")),
		kit.Commands(fmt.Sprintf("kept ack %d", c.Promise.ID), fmt.Sprintf("kept snooze %d --until TIME --why TEXT", c.Promise.ID)),
	}
}

// overdueCard is the plain card of what has passed without a rescue: a day by which we
// owed a date, or a promise whose rescue was closed.
func overdueCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	late := daysLate(c, at)
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Plain(kit.Capital(promisedFor(&c.Promise))+". "), kit.Strong(kit.Count(late, "working day")+" late.")),
	}
	parts = append(parts, whom(c, at)...)
	parts = append(parts, told(c)...)
	parts = append(parts, heard(c, at)...)
	return append(parts, kit.Paragraph(kit.Strong("What to say")), kit.List(slack.RTEListOrdered, overdueLines(c, at)))
}

func overdueCommands(c *store.Card) []slack.RichTextElement {
	return []slack.RichTextElement{kit.Paragraph(kit.Strong("Afterwards")), kit.Commands(
		fmt.Sprintf("kept call %d --outcome new-date --promise DATE --why TEXT", c.Promise.ID),
		fmt.Sprintf("kept deliver %d", c.Promise.ID),
	)}
}

// showCommand is for a card that only tells.
func showCommand(c *store.Card) []slack.RichTextElement {
	return []slack.RichTextElement{kit.Commands(fmt.Sprintf("kept show %d", c.Promise.ID))}
}

func callOutcomes(v *commitments.View) *slack.RichTextSection {
	call := fmt.Sprintf("kept call %d --outcome ", v.ID)
	outcomes := []string{call + "new-date --promise DATE --why TEXT", call + "slipping --date-by DATE", call + "not-reached"}
	if v.Promise != 0 { // else there is no date that could still be on
		outcomes = append([]string{call + "still-on"}, outcomes...)
	}
	return kit.Commands(outcomes...)
}

func title(label string, c *store.Card) *slack.RichTextSection {
	return kit.Paragraph(kit.Strong(label+kit.Line(c.Promise.Title, 200)), kit.Plain(fmt.Sprintf(" (#%d)", c.Promise.ID)))
}

// Longest lists and texts on a card: so that a single card always fits a message.
const (
	maxReasons   = 6
	maxReason    = 300
	maxWords     = 600
	maxContacts  = 2
	maxAlsoCalls = 5
)

func reasons(c *store.Card) []slack.RichTextElement {
	var why []string
	for _, r := range c.Promise.Reasons[:min(len(c.Promise.Reasons), maxReasons)] {
		why = append(why, kit.Line(kit.Capital(r.Text), maxReason))
	}
	if len(why) == 0 {
		return nil
	}
	return []slack.RichTextElement{kit.Paragraph(kit.Strong("Why")), kit.List(slack.RTEListBullet, why)}
}

// told is what the customer was told, in our words.
func told(c *store.Card) []slack.RichTextElement {
	if c.Promise.Words == nil {
		return nil
	}
	words := kit.Clip(*c.Promise.Words, maxWords)
	if words == "" {
		return nil
	}
	return []slack.RichTextElement{kit.Paragraph(kit.Strong("What we told them")), kit.Quote(words)}
}
