package notify

import (
	"fmt"
	"strconv"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// row is a card's buttons in the making: each is there only where it can be pressed.
type row struct {
	to  Ref
	all []slack.BlockElement
}

func rowOf(c *store.Card) *row { return &row{to: RefTo(&c.Promise)} }

func (r *row) add(may bool, label, action string) *row {
	if may {
		r.all = append(r.all, Button(label, action, r.to))
	}
	return r
}

// deliver is the one that asks once more.
func (r *row) deliver(c *store.Card) *row {
	if !c.May.Deliver {
		return r
	}
	r.all = append(r.all, DeliverButton(&c.Promise))
	return r
}

// DeliverButton closes a promise, once the clicker has said so twice.
func DeliverButton(v *commitments.View) *slack.ButtonBlockElement {
	text := fmt.Sprintf("“%s” is closed as delivered to %s, as of now.", kit.Line(v.Title, 120), kit.Line(v.Customer, 80))
	return kit.Confirmed(Button("Delivered", ActionDeliver, RefTo(v)), "Delivered?", text, "Delivered")
}

// QuickDays are the answers to a check-in that take one click.
var QuickDays = [...]int{0, 1, 2, 3, 5}

func checkInButtons(c *store.Card) []slack.BlockElement {
	r := rowOf(c)
	for _, days := range QuickDays {
		r.add(c.May.Deliver, strconv.Itoa(days), ActionCheckIn+"/"+strconv.Itoa(days))
	}
	return r.add(c.May.Deliver, "Other, or blocked…", ActionCheckIn).deliver(c).all
}

func callButtons(c *store.Card) []slack.BlockElement {
	m := &c.May
	return rowOf(c).add(m.Ack, "I’m on it", ActionAck).add(m.StillOn, "Called, still on", ActionStillOn).
		add(m.Call, "Called, new date…", ActionNewDate).add(m.Call, "Called, will slip…", ActionSlipping).
		add(m.Call, "Could not reach", ActionNotReached).deliver(c).add(m.Snooze, "Snooze…", ActionSnooze).all
}

func overdueButtons(c *store.Card) []slack.BlockElement {
	m := &c.May
	return rowOf(c).add(m.Call, "Called, new date…", ActionNewDate).add(m.Call, "Called, will slip…", ActionSlipping).
		add(m.Call, "Could not reach", ActionNotReached).deliver(c).all
}

func rescueButtons(c *store.Card) []slack.BlockElement {
	m := &c.May
	return rowOf(c).add(m.Own, "Own it", ActionRescueOwn).add(m.Rescue, "Log the call…", ActionRescueCall).
		add(m.Call, "Called, new date…", ActionNewDate).add(m.Rescue, "Make it right…", ActionMakeRight).
		deliver(c).add(m.Rescue, "Close…", ActionRescueClose).all
}

func updateButtons(c *store.Card) []slack.BlockElement {
	return rowOf(c).add(c.May.Call, "Word given…", ActionTouch).add(c.May.StillOn, "Called, still on", ActionStillOn).all
}

// opens is for a card that only tells.
func opens(c *store.Card) []slack.BlockElement {
	return rowOf(c).add(true, "Open…", ActionShow).all
}
