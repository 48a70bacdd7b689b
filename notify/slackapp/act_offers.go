package slackapp

import (
	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"

	"github.com/slack-go/slack"
)

// offer is something that can be done to a promise, as a button: for those who may do it,
// while it can be done. The store decides all the same.
type offer struct {
	action string
	label  string
	right  commitments.Action
	can    func(*store.May) bool
}

// offers are all of them, what is most urgent first.
var offers = []offer{
	{notify.ActionRescueOwn, "Own it", commitments.ActRescue, func(m *store.May) bool { return m.Own }},
	{notify.ActionRescueCall, "Log the call…", commitments.ActCall, canRescue},
	{notify.ActionAck, "I’m on it", commitments.ActAck, func(m *store.May) bool { return m.Ack }},
	{notify.ActionStillOn, "Called, still on", commitments.ActCall, func(m *store.May) bool { return m.StillOn }},
	{notify.ActionNewDate, "Called, new date…", commitments.ActCall, canCall},
	{notify.ActionSlipping, "Called, will slip…", commitments.ActCall, canCall},
	{notify.ActionNotReached, "Could not reach", commitments.ActCall, canCall},
	{notify.ActionSnooze, "Snooze…", commitments.ActSnooze, func(m *store.May) bool { return m.Snooze }},
	{notify.ActionMakeRight, "Make it right…", commitments.ActRescue, canRescue},
	{notify.ActionRescueClose, "Close the rescue…", commitments.ActRescue, canRescue},
	{notify.ActionCheckIn, "Check in…", commitments.ActCheckIn, canDeliver},
	{notify.ActionDeliver, "Delivered", commitments.ActDeliver, canDeliver},
	{notify.ActionDelivered, "Delivered earlier…", commitments.ActDeliver, canDeliver},
	{notify.ActionTouch, "Log a contact…", commitments.ActCall, func(*store.May) bool { return true }},
	{notify.ActionWait, "Wait for the customer…", commitments.ActWait, func(m *store.May) bool { return m.Wait }},
	{notify.ActionResume, "The wait is over", commitments.ActWait, func(m *store.May) bool { return m.Resume }},
	{notify.ActionRescueOpen, "We dropped the ball…", commitments.ActRescue, func(m *store.May) bool { return m.Drop }},
	{notify.ActionHandOver, "Hand over…", commitments.ActHandOver, canDeliver},
	{notify.ActionSurvey, "Ask how we did…", commitments.ActSurvey, func(m *store.May) bool { return m.Survey }},
	{notify.ActionRate, "They told us…", commitments.ActSurvey, func(m *store.May) bool { return m.Rate }},
	{notify.ActionReopen, "Reopen…", commitments.ActDeliver, func(m *store.May) bool { return m.Reopen }},
	{notify.ActionWithdraw, "Withdraw…", commitments.ActWithdraw, canDeliver},
}

func canCall(m *store.May) bool    { return m.Call }
func canDeliver(m *store.May) bool { return m.Deliver }
func canRescue(m *store.May) bool  { return m.Rescue }

// offersFor are the buttons of a promise that somebody may click now, in their order.
func offersFor(who visitor, d *store.Detail) []slack.BlockElement {
	var buttons []slack.BlockElement
	for _, o := range offers {
		if o.can(&d.Desk.May) && who.actor.May(o.right, d.Subject) {
			buttons = append(buttons, o.button(&d.View))
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
// can be done no more.
func offered(c *click, d *store.Detail) *slack.ButtonBlockElement {
	for _, o := range offers {
		if o.action == c.action && o.can(&d.Desk.May) && c.who.actor.May(o.right, d.Subject) {
			b := notify.Button("Do it all the same", o.action, notify.RefTo(&d.View))
			if c.arg != "" {
				b.ActionID += "/" + c.arg
			}
			return b
		}
	}
	return nil
}
