package slackapp

import (
	"fmt"
	"slices"
	"strconv"
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
	h.more(max(len(all)-mostToDo, 0)+h.page.Unread, "/promise list")
}

// what says what is to be done about a promise, and why.
func (h *homeView) what(do *store.ToDo) []slack.RichTextElement {
	v := &do.View
	line := "For " + kit.Line(v.Customer, 120)
	if do.Lifetime.Known {
		line += fmt.Sprintf(" · lifetime value %s %s", do.Lifetime.Grouped(), v.Currency)
	}
	line += " · " + promised(v)
	if do.Subject.Owner != h.by.ID {
		line += " · owned by " + kit.Line(v.Owner, 120)
	}
	parts := []slack.RichTextElement{
		kit.Paragraph(kit.Strong(h.deed(do)+": "+kit.Line(v.Title, 150)), kit.Plain(fmt.Sprintf(" (#%d)", v.ID))),
		kit.Paragraph(kit.Plain(line)),
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

// clock is an instant on the reader's clocks.
func (h *homeView) clock(at calendar.Instant) string { return clock(at, h.page.At, h.zone) }

// homeOffers are the offers for each duty, but for the quick days.
var homeOffers = map[commitments.Duty][]string{
	commitments.DutyCheckIn: {notify.ActionCheckIn},
	commitments.DutyCall:    {notify.ActionAck, notify.ActionStillOn, notify.ActionNewDate, notify.ActionSlipping, notify.ActionNotReached, notify.ActionSnooze},
	commitments.DutyOverdue: {notify.ActionNewDate, notify.ActionSlipping, notify.ActionNotReached, notify.ActionDeliver},
	commitments.DutyUpdate:  {notify.ActionTouch},
	commitments.DutyRescue:  {notify.ActionRescueOwn, notify.ActionRescueCall, notify.ActionNewDate, notify.ActionMakeRight, notify.ActionRescueClose, notify.ActionDeliver},
}

// buttons are what somebody can do about a promise from here.
func (h *homeView) buttons(do *store.ToDo) (all []slack.BlockElement) {
	ref := notify.RefTo(&do.View)
	for _, o := range offers {
		if !slices.Contains(homeOffers[do.Duty], o.action) || !o.can(&do.May) || !h.by.May(o.right, do.Subject) {
			continue
		}
		if o.action == notify.ActionCheckIn {
			for _, days := range notify.QuickDays {
				all = append(all, notify.Button(strconv.Itoa(days), o.action+"/"+strconv.Itoa(days), ref))
			}
			o.label = "Other, or blocked…"
		}
		all = append(all, o.button(&do.View))
	}
	return append(all, notify.Button("Open", notify.ActionShow, ref))
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
			counts = append(counts, fmt.Sprintf("%d %s", n, stageWords(stage)))
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
		text := fmt.Sprintf("%s: #%d %s for %s · %s", kit.Capital(stageWords(v.Stage)), v.ID, kit.Line(v.Title, 150), kit.Line(v.Customer, 120), promised(v))
		h.add(slack.NewSectionBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false), nil,
			slack.NewAccessory(notify.Button("Open", notify.ActionShow, notify.RefTo(v)))))
	}
	h.more(total-above-p.Unread-len(p.Mine), "/promise list")
}

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
