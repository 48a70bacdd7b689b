package notify

import (
	"cmp"
	"fmt"

	"kept/commitments/calendar"
	"kept/commitments/store"

	"github.com/slack-go/slack"
)

// wordOwed is "Acme is owed an update".
func wordOwed(c *store.Card) string { return line(c.Customer, 120) + " is owed an update" }

// updateCard asks the owner for the word that the customer was promised.
func updateCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	u := c.Update
	parts := []slack.RichTextElement{
		title(wordOwed(c)+": ", c),
		paragraph(plain(fmt.Sprintf("They were promised word every %s; the next is due by %s. It is %s.",
			count(u.Every, "working day"), u.By.Human(), promisedFor(&c.Promise)))),
	}
	parts = append(parts, whom(c, at)...)
	parts = append(parts, labelled("Last heard from us", lastHeard(c, at)))
	return append(parts,
		paragraph(strong("What to say")), list(slack.RTEListOrdered, []string{
			"Where it stands, in one sentence. If nothing is new, say just that.",
			"Whether the date holds. If you doubt it, say so now.",
			"When they hear from you next.",
		}),
		paragraph(strong("Afterwards")), commands(
			fmt.Sprintf("kept touch %s --channel email --out --id %d --note TEXT", word(c.Customer), c.Promise.ID),
			fmt.Sprintf("kept call %d --outcome still-on --note TEXT", c.Promise.ID)))
}

// lastHeard is when the customer last heard from us of a promise, and what.
func lastHeard(c *store.Card, at calendar.Instant) string {
	u, today := c.Update, c.Calendar.Today(at)
	if u.Heard == 0 {
		made := c.Calendar.Today(c.Promise.MadeAt)
		return fmt.Sprintf("not since the promise was made, %s (%s ago)", made.Human(), count(c.Calendar.Workdays(made, today), "working day"))
	}
	day := c.Calendar.Today(u.Heard)
	text := fmt.Sprintf("%s (%s ago)", day.Human(), count(c.Calendar.Workdays(day, today), "working day"))
	if u.Said != "" {
		text += ": " + line(u.Said, maxReason)
	}
	return text
}

// handedOver is "Yours now, for Acme" or, to the account manager, "Max owns a promise to Acme now".
func handedOver(c *store.Card) string {
	if c.Handed.Mine {
		return "Yours now, for " + line(c.Customer, 120)
	}
	return fmt.Sprintf("%s owns a promise to %s now", line(c.OwnerName, 120), line(c.Customer, 120))
}

// handedCard tells of a new owner, with the note that was left for them.
func handedCard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	h := c.Handed
	given := fmt.Sprintf("%s to %s", line(h.From, 120), line(c.OwnerName, 120))
	if h.By != h.From && h.By != "" {
		given += ", by " + line(h.By, 120)
	}
	parts := []slack.RichTextElement{
		title(handedOver(c)+": ", c),
		paragraph(plain(capital(promisedFor(&c.Promise)) + timeLeft(c, at) + ". It went from " + given + ".")),
		paragraph(strong("What the next owner must know")), quote(cmp.Or(clip(h.Note, maxWords), "(no text)")),
	}
	if h.Mine {
		parts = append(parts, told(c)...)
	}
	return append(parts, commands(fmt.Sprintf("kept show %d", c.Promise.ID)))
}
