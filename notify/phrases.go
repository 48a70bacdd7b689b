package notify

import (
	"fmt"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// promisedFor is "promised for Fri 4 Dec 2026", or what stands in for a date.
func promisedFor(v *commitments.View) string {
	switch {
	case v.Promise == 0:
		return "a date owed by " + v.DateBy.Human()
	case v.PromiseTime != nil:
		return "promised for " + v.Promise.Human() + " " + Clock(*v.PromiseTime, v.Zone)
	}
	return "promised for " + v.Promise.Human()
}

// Clock is a promised time of day, which is on the clocks of the promise and not of
// whoever reads it: "17:00 (America/New_York)".
func Clock(time, zone string) string { return time + " (" + zone + ")" }

// day is the civil date that counts: the promise's, or the one a date is owed by.
func day(v *commitments.View) calendar.Date {
	if v.Promise == 0 {
		return v.DateBy
	}
	return v.Promise
}

// timeLeft is ": 3 working days left", counting from tomorrow.
func timeLeft(c *store.Card, at calendar.Instant) string {
	today, last := c.Calendar.Today(at), day(&c.Promise)
	switch {
	case today > last:
		return ": the day is over"
	case today == last:
		return ": today"
	}
	return ": " + kit.Count(c.Calendar.Workdays(today, last), "working day") + " left"
}

// dates are the internal target and the padding, for the team's eyes.
func dates(v *commitments.View) string {
	if v.Target == 0 || v.PaddingDays == nil {
		return ""
	}
	return fmt.Sprintf(" Our own target is %s, with %s of padding; the customer does not know of it.", v.Target.Human(), kit.Count(*v.PaddingDays, "working day"))
}

// daysLate counts the working days after the day that counts up to and including
// today, at least 1.
func daysLate(c *store.Card, at calendar.Instant) int {
	v := &c.Promise
	return commitments.DaysLate(&commitments.Facts{Promise: v.Promise, DateBy: v.DateBy, DueAt: v.DueAt}, c.Calendar, at)
}

// owesDate reports whether what is over is not the promise but the day by which we
// owed the customer a date: for an undated promise, and for one that is slipping.
func owesDate(v *commitments.View, at calendar.Instant) bool {
	return v.Promise == 0 || v.DateBy != 0 && at <= v.DueAt
}

// whom is who to call, and when they can be reached.
func whom(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	parts := []slack.RichTextElement{}
	for _, k := range c.Contacts[:min(len(c.Contacts), maxContacts)] {
		parts = append(parts, kit.Labelled("Call", contact(&k)))
	}
	if len(parts) == 0 {
		parts = append(parts, kit.Labelled("Call", fmt.Sprintf("nobody is on record at %s; add them: kept customer edit %s --contact NAME --phone NUMBER",
			kit.Line(c.Customer, 120), kit.Word(c.Customer))))
	}
	parts = append(parts, kit.Labelled("Their hours", theirHours(c, at)))
	return append(parts, colleagues(c)...)
}

func contact(k *store.Contact) string {
	about := kit.Line(k.Name, 120)
	if k.Role != "" {
		about += ", " + kit.Line(k.Role, 120)
	}
	switch {
	case k.Phone != "":
		about += " · " + kit.Line(k.Phone, 60)
	case k.Email != "":
		about += " · no phone on record, " + kit.Line(k.Email, 254)
	default:
		about += " · no phone on record"
	}
	if k.Prefers != "" {
		about += " · prefers " + kit.Line(k.Prefers, 20)
	}
	return about
}

// colleagues are the others who call this customer, or have today, so that they do not
// all ring on the same morning.
func colleagues(c *store.Card) []slack.RichTextElement {
	var calling, reached [][]slack.RichTextSectionElement
	for _, k := range c.AlsoCalling {
		name := kit.Line(k.Name, 120)
		switch {
		case k.Reached != 0:
			text := ""
			if k.Outcome != "" {
				text = ": " + strings.ReplaceAll(string(k.Outcome), "-", " ")
			}
			reached = append(reached, []slack.RichTextSectionElement{kit.Plain(name + " by " + kit.Line(string(k.How), 20) + " "), when(k.Reached, c.Calendar), kit.Plain(text)})
		case k.OnIt != 0:
			calling = append(calling, []slack.RichTextSectionElement{kit.Plain(name + ", who is on it since "), when(k.OnIt, c.Calendar)})
		default:
			calling = append(calling, []slack.RichTextSectionElement{kit.Plain(name)})
		}
	}
	var parts []slack.RichTextElement
	if len(calling) > 0 {
		parts = append(parts, some("Also calling them", calling, ". Agree on one call."))
	}
	if len(reached) > 0 {
		parts = append(parts, some("Reached them today", reached, ". Ask before you ring again."))
	}
	return parts
}

// some names the first of many, and how many more there are.
func some(label string, all [][]slack.RichTextSectionElement, end string) *slack.RichTextSection {
	line := []slack.RichTextSectionElement{kit.Strong(label + " ")}
	for i, one := range all[:min(len(all), maxAlsoCalls)] {
		if i > 0 {
			line = append(line, kit.Plain(", "))
		}
		line = append(line, one...)
	}
	if left := len(all) - maxAlsoCalls; left > 0 {
		end = fmt.Sprintf(", %d more", left) + end
	}
	return kit.Paragraph(append(line, kit.Plain(end))...)
}

// when is an instant in each reader's own zone; in a calendar's where that cannot be.
func when(at calendar.Instant, cal *calendar.Calendar) slack.RichTextSectionElement {
	return kit.Moment(at.Time(), at.Time().In(cal.Location()).Format("Mon 2 Jan 2006 15:04")+", "+cal.Zone())
}

// theirHours are the customer's hours, what time it is there, and if they are not in,
// when they will be.
func theirHours(c *store.Card, at calendar.Instant) string {
	cal := c.Calendar
	text := fmt.Sprintf("%s, %s; %s there", kit.Cut(cal.Hours().String(), 200), cal.Zone(), localTime(cal, at))
	if !cal.IsOpen(at) {
		text += ", closed until " + localTime(cal, cal.NextOpening(at))
	}
	return text
}

func localTime(cal *calendar.Calendar, at calendar.Instant) string {
	return at.Time().In(cal.Location()).Format("Mon 2 Jan 15:04")
}

// heard is when the customer last heard of this from us.
func heard(c *store.Card, at calendar.Instant) []slack.RichTextElement {
	today, made := c.Calendar.Today(at), c.Calendar.Today(c.Promise.MadeAt)
	if c.LastTold <= c.Promise.MadeAt {
		return []slack.RichTextElement{kit.Labelled("Last heard from us", fmt.Sprintf("not since the promise was made, %s (%s ago)",
			made.Human(), kit.Count(c.Calendar.Workdays(made, today), "working day")))}
	}
	last := c.Calendar.Today(c.LastTold)
	return []slack.RichTextElement{kit.Labelled("Last heard from us", fmt.Sprintf("%s (%s ago)", last.Human(), kit.Count(c.Calendar.Workdays(last, today), "working day")))}
}

// because reports whether one of the card's reasons has a code.
func because(c *store.Card, code commitments.Code) bool {
	for _, r := range c.Promise.Reasons {
		if r.Code == code {
			return true
		}
	}
	return false
}

// callLines are three things to say before a date slips: own it, tell it plainly,
// agree on a date. They are what a customer may hear, so no target and no padding.
func callLines(c *store.Card, at calendar.Instant) []string {
	v := &c.Promise
	what := kit.Line(v.Title, 200)
	if v.Promise == 0 {
		return []string{
			fmt.Sprintf("Own it: “I promised you a date for %s, and I owe it to you by %s.”", what, v.DateBy.Human()),
			"Tell it plainly: say what is known today, and what is not.",
			"Give a date you are sure of. If you cannot yet, say on which day you will.",
		}
	}
	return []string{
		fmt.Sprintf("Own it: “We promised you %s for %s. I am calling today because I would rather you hear it early, and from me.”", what, v.Promise.Human()),
		"Tell it plainly: " + plainTruth(c),
		newDateLine(c, at),
	}
}

func plainTruth(c *store.Card) string {
	switch {
	case because(c, commitments.ReasonPastPromise):
		return "“It takes longer than we planned. As it stands, it will not be ready on that day.” Say what took longer, without excuses."
	case because(c, commitments.ReasonBlocked):
		return "“Something is in our way that we have not solved yet.” Say what it is, and what you do about it."
	case because(c, commitments.ReasonSilent):
		return "“You have not heard from us for a while.” Say what is done, what is not, and whether the date holds."
	}
	return "“It has become tight.” Say what is done, what is left, and whether the date holds."
}

func newDateLine(c *store.Card, at calendar.Instant) string {
	if because(c, commitments.ReasonPastPromise) && c.Promise.WorkLeft != nil {
		return fmt.Sprintf("Agree on one new date, with room in it: by the owner’s own count it is done %s at the earliest. Ask what the delay means for them.", earliest(c, at).Human())
	}
	return "“Is that day still the one you need it?” Then confirm the date, or agree on one new date, with room in it."
}

// earliest is the day on which the owner's last answer says the work is done, but
// not one that has passed.
func earliest(c *store.Card, at calendar.Instant) calendar.Date {
	left := c.Promise.WorkLeft
	days := int(left.Days)
	if float64(days) < left.Days {
		days++
	}
	done := c.Calendar.AddWorkdays(c.Calendar.Today(left.At), days)
	return max(done, c.Calendar.NextWorkday(c.Calendar.Today(at)))
}

// overdueLines are three things to say when a date has passed.
func overdueLines(c *store.Card, at calendar.Instant) []string {
	v := &c.Promise
	what := kit.Line(v.Title, 200)
	if owesDate(v, at) {
		return []string{
			fmt.Sprintf("Own it: “We promised you a date for %s by %s, and did not give you one. I am sorry.”", what, v.DateBy.Human()),
			"Tell it plainly: say what keeps you from naming a day.",
			"Give a date you are sure of now, or the day on which you will.",
		}
	}
	return []string{
		fmt.Sprintf("Own it: “We promised you %s for %s, and did not deliver. That is our doing, and I am sorry.”", what, v.Promise.Human()),
		"Tell it plainly: what happened, and where it stands today. No excuses, nobody else to blame.",
		"Agree on one new date that you are sure of, and ask: “What has this cost you, and what would make it right?”",
	}
}
