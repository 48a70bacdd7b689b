package slackapp

import (
	"kept/commitments"
	"kept/notify"

	"github.com/slack-go/slack"

	"kept/commitments/store"
)

// offer is something that a promise can undergo, as a button: to those who may do it,
// while it makes sense. The store decides all the same.
type offer struct {
	action string
	label  string
	right  commitments.Action
	sense  func(*commitments.View) bool
}

// offers are all of them, what is most urgent first.
var offers = []offer{
	{notify.ActionRescueOwn, "Own the rescue", commitments.ActRescue, func(v *commitments.View) bool { return v.Rescue.Open() && v.Rescue.OwnedAt == 0 }},
	{notify.ActionRescueCall, "Log the rescue call", commitments.ActCall, rescueOpen},
	{notify.ActionAck, "I'm on it", commitments.ActAck, func(v *commitments.View) bool { return v.Stage == commitments.AtRisk && v.AckedAt == 0 }},
	{notify.ActionStillOn, "Called: still on", commitments.ActCall, func(v *commitments.View) bool { return open(v) && v.Promise != 0 && v.AsOf <= v.DueAt }},
	{notify.ActionNewDate, "Called: new date", commitments.ActCall, open},
	{notify.ActionSlipping, "Called: it will slip", commitments.ActCall, open},
	{notify.ActionNotReached, "Could not reach them", commitments.ActCall, open},
	{notify.ActionSnooze, "Later", commitments.ActSnooze, func(v *commitments.View) bool { return v.Stage == commitments.AtRisk }},
	{notify.ActionMakeRight, "Make it right", commitments.ActRescue, rescueOpen},
	{notify.ActionRescueClose, "Close the rescue", commitments.ActRescue, rescueOpen},
	{notify.ActionDeliver, "Delivered", commitments.ActDeliver, open},
	{notify.ActionCheckIn, "Check in", commitments.ActCheckIn, open},
	{notify.ActionTouch, "Log a contact", commitments.ActCall, func(*commitments.View) bool { return true }},
	{notify.ActionDelivered, "Delivered earlier", commitments.ActDeliver, open},
	{notify.ActionWait, "Wait for the customer", commitments.ActWait, func(v *commitments.View) bool { return open(v) && v.Waiting == nil }},
	{notify.ActionResume, "The wait is over", commitments.ActWait, func(v *commitments.View) bool { return open(v) && v.Waiting != nil }},
	{notify.ActionRescueOpen, "We dropped the ball", commitments.ActRescue, func(v *commitments.View) bool { return v.WithdrawnAt == 0 && !v.Rescue.Open() }},
	{notify.ActionHandOver, "Hand over", commitments.ActHandOver, open},
	{notify.ActionReopen, "Reopen", commitments.ActDeliver, func(v *commitments.View) bool { return !open(v) }},
	{notify.ActionWithdraw, "Withdraw", commitments.ActWithdraw, open},
}

func open(v *commitments.View) bool { return v.Stage.Open() }

func rescueOpen(v *commitments.View) bool { return v.Rescue.Open() }

// offersFor are the buttons of a promise that somebody may click now, in their order.
func offersFor(who visitor, v *commitments.View) []slack.BlockElement {
	var buttons []slack.BlockElement
	for _, o := range offers {
		if o.sense(v) && who.actor.May(o.right, v.Subject) {
			buttons = append(buttons, o.button(v))
		}
	}
	return buttons
}

// button is the offer made for a promise.
func (o *offer) button(v *commitments.View) *slack.ButtonBlockElement {
	if o.action == notify.ActionDeliver {
		return notify.DeliverButton(v)
	}
	return notify.Button(o.label, o.action, notify.RefTo(v))
}

// offered is the button that was clicked, on the promise as it stands now; nil where it
// makes no sense any more.
func offered(c *click, d *store.Detail) *slack.ButtonBlockElement {
	for _, o := range offers {
		if o.action == c.action && o.sense(&d.View) && c.who.actor.May(o.right, d.Subject) {
			b := notify.Button(o.label+" all the same", o.action, notify.RefTo(&d.View))
			if c.arg != "" {
				b.ActionID += "/" + c.arg
			}
			return b
		}
	}
	return nil
}
