package slackapp

import (
	"fmt"
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// How much of each list a home shows: a view has at most a hundred blocks, and nobody
// reads more. What is left out is counted.
const (
	mostToDo      = 12
	mostMine      = 20
	mostCustomers = 15
)

// homeView is a home tab in the making.
type homeView struct {
	page   *store.HomePage
	by     commitments.Actor
	zone   *time.Location
	blocks []slack.Block
}

// homeBlocks are somebody's home. InSlack is the zone they have set there; "" if that is
// not known.
func homeBlocks(page *store.HomePage, by commitments.Actor, inSlack string) []slack.Block {
	if page.Calendar == nil {
		return nil
	}
	h := &homeView{page: page, by: by, zone: time.UTC}
	if zone, err := calendar.Zone(page.Calendar.Zone()); err == nil {
		h.zone = zone
	}
	h.todo()
	h.log()
	h.mine()
	h.customers()
	h.numbers()
	h.zones(inSlack)
	return h.blocks
}

func (h *homeView) add(blocks ...slack.Block) { h.blocks = append(h.blocks, blocks...) }

func (h *homeView) say(text string) {
	h.add(slack.NewRichTextBlock("", kit.Paragraph(kit.Plain(text))))
}

func (h *homeView) more(left int, command string) {
	if left > 0 {
		h.add(kit.Note(fmt.Sprintf("and %d more: %s", left, command)))
	}
}

func (h *homeView) todo() {
	h.add(kit.Header("What you must do now"))
	all := h.page.ToDo
	switch {
	case len(all) == 0 && h.page.Newcomer:
		h.say("Nothing yet. Once you own a promise to a customer, Kept asks you here how much work is left, and says when it is time to call them.")
	case len(all) == 0:
		h.say("Nothing: every promise of yours is on its way, and nobody waits for your call.")
	}
	for i := range all[:min(len(all), mostToDo)] {
		do := &all[i]
		h.add(slack.NewRichTextBlock("", h.what(do)...), slack.NewActionBlock("", h.buttons(do)...))
	}
	h.more(len(all)-mostToDo, "/promise list")
}

// what says what is to be done about a promise, and why.
func (h *homeView) what(do *store.ToDo) []slack.RichTextElement {
	v := &do.View
	line := "For " + kit.Line(do.Customer, 120)
	if do.Lifetime.Known {
		line += fmt.Sprintf(" · lifetime value %s %s", do.Lifetime.Grouped(), v.Currency)
	}
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Strong(h.deed(do)+": "+kit.Line(v.Title, 150)), kit.Plain(fmt.Sprintf(" (#%d)", v.ID))),
		kit.Paragraph(kit.Plain(line + ", " + dateTold(v))),
	}
	if len(v.Reasons) > 0 && do.Duty != commitments.DutyRescue {
		parts = append(parts, kit.Paragraph(kit.Plain(kit.Line(kit.Capital(v.Reasons[0].Text), 300))))
	}
	if state := h.state(do); state != "" {
		parts = append(parts, kit.Paragraph(kit.Plain(state)))
	}
	return parts
}

// deed is a duty in words.
func (h *homeView) deed(do *store.ToDo) string {
	switch r := do.Rescue; do.Duty {
	case commitments.DutyCheckIn:
		return "How many days of work are left"
	case commitments.DutyCall:
		return "Call the customer"
	case commitments.DutyUpdate:
		return "Send word"
	case commitments.DutyOverdue:
		return "Overdue"
	case commitments.DutyRescue:
		switch {
		case r.OwnedAt == 0:
			return "Rescue, own it"
		case r.CalledAt == 0 && r.MadeRightAt == 0:
			return "Rescue, call them"
		case r.MadeRightAt == 0:
			return "Rescue, make it right"
		}
		return "Rescue, close it"
	}
	return "To do"
}

// state is by when it is to be done, or what was done about it already.
func (h *homeView) state(do *store.ToDo) string {
	v := &do.View
	switch r := v.Rescue; {
	case do.Duty == commitments.DutyRescue:
		by := calendar.Earliest(r.OwnBy, calendar.Earliest(r.CallBy, r.MakeRightBy))
		switch {
		case by == 0:
			return ""
		case by <= h.page.At:
			return "By " + h.clock(by) + ": that is over."
		}
		return "By " + h.clock(by) + "."
	case v.AckedAt != 0:
		return "Somebody is on it since " + h.clock(v.AckedAt) + "."
	case v.Snoozed > h.page.At:
		return "Put off until " + h.clock(v.Snoozed) + "."
	case do.Duty == commitments.DutyUpdate:
		return "The customer was promised word by " + v.UpdateDue.Human() + "."
	}
	return ""
}

// clock is an instant in the reader's zone.
func (h *homeView) clock(at calendar.Instant) string {
	return at.Time().In(h.zone).Format("Mon 2 Jan 15:04")
}

// dateTold is what the customer was told: "promised for Fri 4 Dec 2026 17:00".
func dateTold(v *commitments.View) string {
	switch {
	case v.Promise == 0:
		return "a date owed by " + v.DateBy.Human()
	case v.PromiseTime != nil:
		return "promised for " + v.Promise.Human() + " " + *v.PromiseTime
	}
	return "promised for " + v.Promise.Human()
}

// homeOffer is a button that somebody may click who has the right to what it does.
type homeOffer struct {
	act    commitments.Action
	label  string
	action string
}

// homeOffers are the buttons for each duty.
var homeOffers = map[commitments.Duty][]homeOffer{
	commitments.DutyCheckIn: {
		{commitments.ActCheckIn, "0 days", notify.ActionCheckIn + "/0"}, {commitments.ActCheckIn, "1", notify.ActionCheckIn + "/1"},
		{commitments.ActCheckIn, "2", notify.ActionCheckIn + "/2"}, {commitments.ActCheckIn, "3", notify.ActionCheckIn + "/3"},
		{commitments.ActCheckIn, "5", notify.ActionCheckIn + "/5"}, {commitments.ActCheckIn, "More, or blocked…", notify.ActionCheckIn},
	},
	commitments.DutyCall: {
		{commitments.ActAck, "I'm on it", notify.ActionAck}, {commitments.ActCall, "Called: still on", notify.ActionStillOn},
		{commitments.ActCall, "Called: new date…", notify.ActionNewDate}, {commitments.ActCall, "Called: it will slip…", notify.ActionSlipping},
		{commitments.ActCall, "Could not reach them", notify.ActionNotReached}, {commitments.ActSnooze, "Later…", notify.ActionSnooze},
	},
	commitments.DutyOverdue: {
		{commitments.ActCall, "Called: new date…", notify.ActionNewDate}, {commitments.ActDeliver, "Delivered", notify.ActionDeliver},
	},
	commitments.DutyUpdate: {{commitments.ActCall, "Word was given…", notify.ActionTouch}},
	commitments.DutyRescue: {
		{commitments.ActRescue, "It is mine", notify.ActionRescueOwn}, {commitments.ActCall, "Log the call…", notify.ActionRescueCall},
		{commitments.ActRescue, "Make it right…", notify.ActionMakeRight}, {commitments.ActRescue, "Close…", notify.ActionRescueClose},
		{commitments.ActDeliver, "Delivered", notify.ActionDeliver},
	},
}

// buttons are what can be done about a promise from here, by somebody with these rights.
func (h *homeView) buttons(do *store.ToDo) []slack.BlockElement {
	ref := notify.RefTo(&do.View)
	var all []slack.BlockElement
	for _, o := range homeOffers[do.Duty] {
		if h.by.May(o.act, do.Subject) && leftToDo(o.action, do) {
			all = append(all, notify.Button(o.label, o.action, ref))
		}
	}
	return append(all, notify.Button("Open", notify.ActionShow, ref))
}

// leftToDo reports whether there is anything left for a button to do.
func leftToDo(action string, do *store.ToDo) bool {
	v := &do.View
	switch action {
	case notify.ActionStillOn:
		return v.Promise != 0 // else there is no date that could still be on
	case notify.ActionAck:
		return v.AckedAt == 0
	case notify.ActionRescueOwn:
		return v.Rescue.OwnedAt == 0
	case notify.ActionRescueClose:
		return v.Rescue.CalledAt != 0 || v.Rescue.MadeRightAt != 0
	case notify.ActionDeliver:
		return v.Stage.Open()
	}
	return true
}

// log offers to log a promise, to those who may log any.
func (h *homeView) log() {
	if h.by.May(commitments.ActAdd, commitments.Subject{Owner: h.by.ID}) {
		log := notify.Button("Log a promise", notify.ActionLog, notify.Ref{})
		log.Style = slack.StylePrimary
		h.add(slack.NewActionBlock("", log))
	}
}

func (h *homeView) mine() {
	p := h.page
	total := 0
	var counts []string
	for _, stage := range []commitments.Stage{commitments.Overdue, commitments.AtRisk, commitments.Watch, commitments.OnTrack} {
		if n := p.Owned[stage]; n > 0 {
			total += n
			counts = append(counts, fmt.Sprintf("%d %s", n, homeStage(stage)))
		}
	}
	if total == 0 && !h.by.May(commitments.ActAdd, commitments.Subject{Owner: h.by.ID}) {
		return // they own nothing, and are not meant to
	}
	h.add(kit.Header("Your promises"))
	if total == 0 {
		h.say("You own no open promise. When you tell a customer a date, log it: the button above, /promise, or “Log a promise” in the menu of the message in which you told them.")
		return
	}
	h.add(kit.Note(strings.Join(counts, " · ")))
	above := 0 // shown under what is to be done
	for i := range p.ToDo {
		if p.ToDo[i].Subject.Owner == h.by.ID && p.ToDo[i].Stage.Open() {
			above++
		}
	}
	for i := range p.Mine {
		v := &p.Mine[i]
		text := fmt.Sprintf("%s: #%d %s for %s, %s", kit.Capital(homeStage(v.Stage)), v.ID, kit.Line(v.Title, 150), kit.Line(v.Customer, 120), dateTold(v))
		h.add(slack.NewSectionBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false), nil,
			slack.NewAccessory(notify.Button("Open", notify.ActionShow, notify.RefTo(v)))))
	}
	h.more(total-above-len(p.Mine), "/promise list")
}

// homeStage is a stage as people say it.
func homeStage(s commitments.Stage) string { return strings.ReplaceAll(string(s), "-", " ") }

func (h *homeView) customers() {
	all := h.page.Customers
	if len(all) == 0 {
		return
	}
	h.add(kit.Header("Your customers"))
	var lines []string
	for _, c := range all[:min(len(all), mostCustomers)] {
		line := fmt.Sprintf("%s: %s open", kit.Line(c.Name, 120), kit.Count(c.Open, "promise"))
		if c.Overdue > 0 {
			line += fmt.Sprintf(", %d overdue", c.Overdue)
		}
		if c.LastTouch == 0 {
			line += "; never in touch"
		} else {
			line += "; last in touch " + c.LastTouch.Time().In(h.zone).Format("Mon 2 Jan 2006")
		}
		if c.QuietDays > 0 {
			line += fmt.Sprintf(": quiet for %s", kit.Count(c.QuietDays, "working day"))
		}
		lines = append(lines, line)
	}
	h.add(slack.NewRichTextBlock("", kit.List(slack.RTEListBullet, lines)))
	h.more(len(all)-mostCustomers, "kept digest")
}

func (h *homeView) numbers() {
	p := h.page
	h.add(kit.Header("How promises were kept"))
	h.add(kit.Note(kit.Capital(p.ScoreOf) + ", those due from " + p.First.Human() + " to " + p.Last.Human()))
	s := &p.Score
	h.add(slack.NewRichTextBlock("", kit.List(slack.RTEListBullet, []string{
		"Kept by the first date: " + commitments.ShareText(s.KeptFirst.Kept, s.KeptFirst.Of),
		"Kept as last agreed: " + commitments.ShareText(s.KeptAgreed.Kept, s.KeptAgreed.Of),
		"Told before late: " + commitments.ShareText(s.ToldBeforeLate.Told, s.ToldBeforeLate.Of),
	})))
}

// zones says which zone the times here are in, and offers Slack's where that is another.
func (h *homeView) zones(inSlack string) {
	used := h.page.Calendar.Zone()
	h.add(slack.NewDividerBlock(), kit.Note(fmt.Sprintf("Times here are in %s, and your working hours too. As of %s.", used, h.clock(h.page.At))))
	if inSlack == "" || inSlack == used {
		return
	}
	if _, err := calendar.Zone(inSlack); err != nil {
		return
	}
	use := slack.NewButtonBlockElement(notify.ActionZone, inSlack, slack.NewTextBlockObject(slack.PlainTextType, kit.Line("Use "+inSlack+", as Slack does", 75), false, false))
	h.add(slack.NewActionBlock("", use))
}
