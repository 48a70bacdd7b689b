package notify

import (
	"cmp"
	"fmt"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// maxDone is how much of what was done since a card was sent stands on it.
const maxDone = 3

// doneLines are what was done since a card was sent, the newest last.
func doneLines(c *store.Card) (lines []slack.RichTextElement) {
	for i := range c.Done[max(0, len(c.Done)-maxDone):] {
		lines = append(lines, kit.Paragraph(doneLine(&c.Done[max(0, len(c.Done)-maxDone)+i], c.Calendar)...))
	}
	return lines
}

func doneLine(d *store.Deed, cal *calendar.Calendar) []slack.RichTextSectionElement {
	return retold("✓ ", d, when(d.At, cal), cal)
}

// outcome is what came of a card that is dealt with; of a rescue, its end.
func outcome(c *store.Card) []slack.RichTextSectionElement {
	for i := len(c.Done) - 1; i >= 0; i-- {
		d := &c.Done[i]
		if d.Rescue != nil && d.Rescue.Act == commitments.RescueClosed || d.Kind == c.ClosedWhy && d.At == c.ClosedAt {
			return doneLine(d, c.Calendar)
		}
	}
	return []slack.RichTextSectionElement{kit.Plain(overBecause(c))}
}

// overBecause says in words why a sweep, or something long ago, ended a card.
func overBecause(c *store.Card) string {
	switch why := c.ClosedWhy; {
	case why == "now "+string(commitments.Overdue) && c.Promise.Rescue != nil:
		return "Now overdue: see the rescue card."
	case strings.HasPrefix(why, "now "):
		return "Now " + stageWord(why[len("now "):]) + ": see the newer card."
	case strings.HasPrefix(why, "back to "):
		return "✓ Back to " + stageWord(why[len("back to "):]) + "."
	case why == string(commitments.Delivered):
		return "✓ Delivered."
	case why == string(commitments.Withdrawn):
		return "Withdrawn: nothing is owed any more."
	case why == "called":
		return "✓ Called meanwhile."
	}
	return "✓ Dealt with."
}

func stageWord(s string) string { return strings.ReplaceAll(s, "-", " ") }

// followUpLine is one thing that was done, as it is told in the thread of a card.
func followUpLine(f *store.FollowUp) []slack.RichTextSectionElement {
	what := ""
	if !f.Alone {
		what = fmt.Sprintf("%s (#%d): ", kit.Line(f.Title, 200), f.Promise)
	}
	return retold(what, &f.Deed, nil, nil)
}

// retold tells a deed: "Olga called today at 14:02: still on. “they are fine with it”".
// Without an instant it is one that has just been done. First is what the line begins with.
func retold(first string, d *store.Deed, at slack.RichTextSectionElement, cal *calendar.Calendar) []slack.RichTextSectionElement {
	return saying(d).line(first, at, func(until calendar.Instant) slack.RichTextSectionElement {
		if cal == nil {
			return kit.Moment(until.Time(), until.Time().UTC().Format("Mon 2 Jan 2006 15:04")+", UTC")
		}
		return when(until, cal)
	})
}

// Retold tells a deed in plain text. Clock is an instant as whoever reads it would read it
// on their clocks: "14:02", or "Fri 20 Nov 14:02".
func Retold(d *store.Deed, clock func(calendar.Instant) string) string {
	s, at := saying(d), clock(d.At)
	if s.since == "" {
		s.since = " on"
		if len(at) == len("15:04") {
			s.since = " at"
		}
	}
	return spoken(s.line("", kit.Plain(at), func(until calendar.Instant) slack.RichTextSectionElement { return kit.Plain(clock(until)) }))
}

func (s said) line(first string, at slack.RichTextSectionElement, until func(calendar.Instant) slack.RichTextSectionElement) []slack.RichTextSectionElement {
	line := []slack.RichTextSectionElement{kit.Plain(first + s.did)}
	if at != nil {
		line[0] = kit.Plain(first + s.did + s.since + " ")
		line = append(line, at)
	}
	if s.came != "" {
		line = append(line, kit.Plain(": "+s.came))
	}
	if s.until != 0 {
		line = append(line, until(s.until))
	}
	end := "."
	if note := strings.TrimSpace(s.note); note != "" {
		end = ". “" + kit.Line(note, maxReason) + "”"
	}
	return append(line, kit.Plain(end))
}

// said are the parts of a deed in words.
type said struct {
	did   string // Olga called
	since string // what joins that with when it was
	came  string // still on
	until calendar.Instant
	note  string // as somebody typed it
}

func saying(d *store.Deed) said {
	by := kit.Line(cmp.Or(d.By, "Somebody"), 120)
	if by == "the customer" { // where they are no name
		by = kit.Capital(by)
	}
	switch {
	case d.Touch != nil && d.Touch.Outcome != "":
		return called(d, by)
	case d.Touch != nil:
		return touched(d.Touch, by)
	case d.Date != nil:
		return said{did: by + " agreed a new date", came: newDate(d.Date), note: d.Date.Why}
	case d.CheckIn != nil:
		return checkedIn(d.CheckIn, by)
	case d.Rescue != nil:
		return rescueStep(d, by)
	case d.Accepted != nil:
		return said{did: by + " noted that the customer accepted the date"}
	}
	return turned(d, by)
}

func called(d *store.Deed, by string) said {
	s := said{did: by + " called", note: d.Touch.Summary}
	switch d.Touch.Outcome {
	case commitments.StillOn:
		s.came = "still on"
	case commitments.Slipping:
		s.came = "it will slip; they get a date by " + d.Touch.DateBy.Human()
	case commitments.NotReached:
		s.did, s.came = by+" tried to call", "nobody answered"
	case commitments.RescueCall:
		s.came = "the call of the rescue"
	}
	if d.Date != nil {
		s.came, s.note = "new date "+newDate(d.Date), cmp.Or(d.Touch.Summary, d.Date.Why)
	}
	return s
}

// newDate is "Fri 4 Dec 2026, asked by the customer".
func newDate(d *commitments.PromiseDate) string {
	text := d.Promise.Human()
	if d.PromiseTime != calendar.NoClock {
		text += " " + d.PromiseTime.String()
	}
	if d.AskedBy == "customer" {
		return text + ", asked by the customer"
	}
	return text
}

func touched(t *commitments.Touch, by string) said {
	channel := kit.Line(t.Channel, 20)
	switch {
	case t.Inbound:
		return said{did: by + " heard from them by " + channel, note: t.Summary}
	case !t.Reached:
		return said{did: by + " tried them by " + channel, came: "nobody answered", note: t.Summary}
	}
	return said{did: by + " gave them word by " + channel, note: t.Summary}
}

func checkedIn(k *commitments.CheckIn, by string) said {
	s := said{did: by + " checked in", came: workLeft(k.WorkLeft) + " of work left", note: k.Note}
	if k.Blocked != "" {
		s.came, s.note = s.came+", blocked", strings.TrimSpace(k.Blocked+"\n"+k.Note)
	}
	return s
}

func workLeft(d commitments.Days) string {
	if d == 100 {
		return "1 working day"
	}
	return d.String() + " working days"
}

func rescueStep(d *store.Deed, by string) said {
	r := d.Rescue
	s := said{note: r.Note}
	switch r.Act {
	case commitments.RescueOpened:
		s.did = by + " opened a rescue"
	case commitments.RescueOwned:
		s.did, s.since = by+" owns the rescue", " since"
	case commitments.RescueMadeRight:
		s.did, s.came = by+" made it right", kit.Line(r.What, maxReason)
	case commitments.RescueClosed:
		s.did = by + " closed the rescue"
		if r.WonBack != nil {
			s.came = map[bool]string{true: "won back", false: "lost"}[*r.WonBack]
		}
	default:
		s.did = by + " called"
	}
	return s
}

// otherDeeds are those that no fact tells, by the kind of their event.
var otherDeeds = map[string]string{
	"promised": " made the promise", "edited": " changed what it says", "survey-asked": " asked how we did",
	"date-accepted": " noted that the date was accepted", "delivery-accepted": " noted that the delivery was accepted",
}

func turned(d *store.Deed, by string) said {
	switch {
	case d.Rating != nil:
		return said{did: by + " said how we did", came: fmt.Sprintf("%d of 5", d.Rating.Rating), note: d.Rating.Comment}
	case d.PlusOne != nil:
		return said{did: by + " gave a plus one", came: kit.Line(d.PlusOne.What, maxReason)}
	case d.Turn == nil:
		return said{did: by + cmp.Or(otherDeeds[d.Kind], " changed it")}
	}
	s := said{note: d.Turn.Why}
	switch d.Turn.Kind {
	case commitments.TurnDelivered:
		s.did = by + " delivered it"
	case commitments.TurnWithdrawn:
		s.did = by + " withdrew it"
	case commitments.TurnReopened:
		s.did = by + " reopened it"
	case commitments.TurnWaiting:
		s.did = by + " noted that we wait for the customer"
	case commitments.TurnResumed:
		s.did = by + " noted that the wait for the customer is over"
	case commitments.TurnHandedOver:
		s.did = by + " handed it over"
		if d.To != "" {
			s.did += " to " + kit.Line(d.To, 120)
		}
	case commitments.TurnAcked:
		s.did, s.since = by+" is on it", " since"
	case commitments.TurnSnoozed:
		s.did, s.came, s.until = by+" put the call off", "until ", d.Turn.Until
	case commitments.TurnAccepted:
		s.did = by + " noted that the customer accepted the delivery"
	}
	return s
}

// spoken is a line as it is where no rich text is shown.
func spoken(line []slack.RichTextSectionElement) string { return joinPieces(pieces(line)) }
