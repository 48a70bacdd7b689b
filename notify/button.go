package notify

import (
	"strconv"
	"strings"

	"kept/commitments"

	"github.com/slack-go/slack"
)

// Ref is a promise as a button carries it: by its random key, because row numbers repeat
// after a restore, and at the version that was shown, so that what somebody decides on
// a card that is out of date is not done.
type Ref struct {
	Key     string
	Version int64 // 0 takes whatever is there
}

// RefTo is the promise as it is shown.
func RefTo(v *commitments.View) Ref { return Ref{v.Key, v.Version} }

func (r Ref) String() string { return r.Key + ":" + strconv.FormatInt(r.Version, 10) }

// ParseRef reads what a button carried; false if no button of ours carries that.
func ParseRef(value string) (Ref, bool) {
	key, version, ok := strings.Cut(value, ":")
	n, err := strconv.ParseInt(version, 10, 64)
	return Ref{key, n}, ok && err == nil && n >= 0 && key != "" && len(key) <= 64
}

// Actions are what the buttons on cards, in modals and on the home tab do. A button's
// action_id is one of them, with "/" and an argument where it has one.
const (
	ActionCheckIn     = "checkin"      // argument: the days of work left; without, a modal asks
	ActionAck         = "ack"          // I'm on it
	ActionStillOn     = "still-on"     // called, the date holds
	ActionNewDate     = "new-date"     // called, and agreed on another: a modal
	ActionSlipping    = "slipping"     // called, it will slip, no date yet: a modal
	ActionNotReached  = "not-reached"  // could not reach them
	ActionSnooze      = "snooze"       // later: a modal
	ActionDeliver     = "deliver"      // delivered, just now
	ActionTouch       = "touch"        // word was given: a modal
	ActionRescueOwn   = "rescue-own"   // it is mine
	ActionRescueCall  = "rescue-call"  // a call in the rescue: a modal
	ActionMakeRight   = "make-right"   // what was given: a modal
	ActionRescueClose = "rescue-close" // a modal
	ActionShow        = "show"         // a modal with all of the promise
	ActionLog         = "log"          // of no promise yet: the modal in which one is logged
	ActionZone        = "zone"         // of no promise: the zone in its value is the clicker's
	ActionDelivered   = "delivered"    // on an earlier day: a modal
	ActionRescueOpen  = "rescue-open"  // we dropped the ball: a modal
	ActionWait        = "wait"         // for the customer: a modal
	ActionResume      = "resume"       // the wait is over
	ActionHandOver    = "hand-over"    // to another owner: a modal
	ActionReopen      = "reopen"       // a modal
	ActionWithdraw    = "withdraw"     // a modal
	ActionSurvey      = "survey"       // how did we do? a modal, which gives the link for the customer
	ActionRate        = "rate"         // what the customer said of that: a modal
)

// Button is a button that does something to a promise, or asks about it in a modal.
func Button(label, action string, to Ref) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, to.String(), slack.NewTextBlockObject(slack.PlainTextType, label, true, false))
}
