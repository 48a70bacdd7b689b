package notify

import (
	"cmp"
	"fmt"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// wordOwed is "Acme is owed an update".
func wordOwed(c *store.Card) string { return kit.Line(c.Customer, 120) + " is owed an update" }

// updateCard asks the owner for the word that the customer was promised.
func updateCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	u := c.Update
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Plain(fmt.Sprintf("They were promised word every %s; the next is due by %s. It is %s.",
			kit.Count(u.Every, "working day"), u.By.Human(), promisedFor(&c.Promise)))),
	}
	parts = append(parts, whom(c, at)...)
	parts = append(parts, kit.Labelled("Last heard from us", lastHeard(c, at)))
	return append(parts,
		kit.Paragraph(kit.Strong("What to say")), kit.List(slack.RTEListOrdered, []string{
			"Where it stands, in one sentence. If nothing is new, say just that.",
			"Whether the date holds. If you doubt it, say so now.",
			"When they hear from you next.",
		}))
}

func updateCommands(c *store.Card) []slack.RichTextElement {
	return []slack.RichTextElement{kit.Paragraph(kit.Strong("Afterwards")), kit.Commands(
		fmt.Sprintf("kept touch %s --channel email --out --id %d --note TEXT", kit.Word(c.Customer), c.Promise.ID),
		fmt.Sprintf("kept call %d --outcome still-on --note TEXT", c.Promise.ID))}
}

// lastHeard is when the customer last heard from us of a promise, and what.
func lastHeard(c *store.Card, at calendar.Instant) string {
	u, today := c.Update, c.Calendar.Today(at)
	if u.Heard == 0 {
		made := c.Calendar.Today(c.Promise.MadeAt)
		return fmt.Sprintf("not since the promise was made, %s (%s ago)", made.Human(), kit.Count(c.Calendar.Workdays(made, today), "working day"))
	}
	day := c.Calendar.Today(u.Heard)
	text := fmt.Sprintf("%s (%s ago)", day.Human(), kit.Count(c.Calendar.Workdays(day, today), "working day"))
	if u.Said != "" {
		text += ": " + kit.Line(u.Said, maxReason)
	}
	return text
}

// handedOver is "Yours now, for Acme" or, to the account manager, "Max owns a promise to Acme now".
func handedOver(c *store.Card) string {
	if c.Handed.Mine {
		return "Yours now, for " + kit.Line(c.Customer, 120)
	}
	return fmt.Sprintf("%s owns a promise to %s now", kit.Line(c.OwnerName, 120), kit.Line(c.Customer, 120))
}

// handedCard tells of a new owner, with the note that was left for them.
func handedCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	h := c.Handed
	given := fmt.Sprintf("%s to %s", kit.Line(h.From, 120), kit.Line(c.OwnerName, 120))
	if h.By != h.From && h.By != "" {
		given += ", by " + kit.Line(h.By, 120)
	}
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Plain(kit.Capital(promisedFor(&c.Promise)) + timeLeft(c, at) + ". It went from " + given + ".")),
		kit.Paragraph(kit.Strong("What the next owner must know")), kit.Quote(cmp.Or(kit.Clip(h.Note, maxWords), "(no text)")),
	}
	if h.Mine {
		parts = append(parts, told(c)...)
	}
	return parts
}
