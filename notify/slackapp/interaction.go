package slackapp

import (
	"context"
	"encoding/json"
	"strings"

	"kept/commitments/store"
	"kept/notify"
)

// click is one button clicked, or one input changed, by somebody who is known.
type click struct {
	interaction
	who    visitor
	action string // what the button does: one of notify's actions
	arg    string // what follows the "/" in its action_id
	value  string // what it carries
	once   string // identifies the request
}

// submission is one modal submitted by somebody who is known.
type submission struct {
	interaction
	who  visitor
	ref  notify.Ref // the promise it is about, as it was shown: the first line of its private_metadata; zero for none
	once string
}

// clicks says what each action does, but for those that only ask a question. What changes
// a promise is done before the reply; what opens a modal, after it.
var clicks = map[string]func(*App, context.Context, *click) reply{
	inputID:                 (*App).changed,
	notify.ActionAck:        (*App).ack,
	notify.ActionStillOn:    (*App).stillOn,
	notify.ActionNotReached: (*App).notReached,
	notify.ActionDeliver:    (*App).deliver,
	notify.ActionRescueOwn:  (*App).rescueOwn,
	notify.ActionResume:     (*App).resume,
	notify.ActionCheckIn:    (*App).checkIn,
	notify.ActionShow:       (*App).show,
	notify.ActionZone:       (*App).chooseZone,

	actionLogIt:  (*App).logIt,
	actionCancel: (*App).cancel,
	actionChange: (*App).changeDraft,

	notify.ActionLog: (*App).logForm,
}

// submissions says what each modal does when it is submitted, by its callback_id, but for
// those of questions.
var submissions = map[string]func(*App, context.Context, *submission) reply{callbackLog: (*App).submitLog}

// shortcuts says what each shortcut does, by its callback_id.
var shortcuts = map[string]func(*App, context.Context, *interaction, visitor) reply{
	logPromise: (*App).logShortcut,
	logAnother: (*App).logShortcut,
}

func (a *App) interaction(ctx context.Context, payload json.RawMessage) reply {
	var in interaction
	if err := json.Unmarshal(payload, &in); err != nil {
		a.log.Warn("an interaction from Slack cannot be read", "error", err)
		return reply{}
	}
	who, err := a.who(ctx, in.User)
	if err != nil {
		return a.turnAway(&in, err)
	}
	switch in.Type {
	case "block_actions":
		if len(in.Actions) > 0 {
			return a.thenHome(&in, a.click(ctx, &in, who, payload))
		}
	case "view_submission":
		do := submissions[in.View.Callback]
		if _, asks := questions[in.View.Callback]; asks {
			do = (*App).submit
		}
		if do != nil {
			first, _, _ := strings.Cut(in.View.Private, "\n")
			ref, _ := notify.ParseRef(first)
			return a.thenHome(&in, do(a, ctx, &submission{in, who, ref, in.View.once()}))
		}
	case "message_action", "shortcut":
		if do := shortcuts[in.CallbackID]; do != nil {
			return do(a, ctx, &in, who)
		}
	case "view_closed":
		return reply{}
	}
	a.log.Warn("an interaction from Slack is not known", "type", in.Type, "callback", in.CallbackID+in.View.Callback)
	return reply{}
}

func (a *App) click(ctx context.Context, in *interaction, who visitor, payload json.RawMessage) reply {
	on := in.Actions[0]
	name, arg, _ := strings.Cut(on.ID, "/")
	do := clicks[name]
	if _, asks := questions[name]; asks && do == nil {
		do = (*App).ask
	}
	if do == nil {
		a.log.Warn("a button from Slack is not known", "action", on.ID)
		return reply{}
	}
	return do(a, ctx, &click{*in, who, name, arg, on.Value, onceOf(payload)})
}

// op is a click's operation on the promise that its button carries.
func (c *click) op() (store.Op, bool) {
	ref, ok := notify.ParseRef(c.value)
	return store.Op{By: c.who.actor, Ref: ref.Key, Version: ref.Version, Once: c.once}, ok
}

// op is a submission's operation on the promise that the modal is about.
func (s *submission) op() store.Op {
	return store.Op{By: s.who.actor, Ref: s.ref.Key, Version: s.ref.Version, Once: s.once}
}
