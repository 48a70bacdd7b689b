package slackapp

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"
)

// questions are the modals about one promise, by the action that opens each; it is also
// their callback_id.
var questions = map[string]question{
	notify.ActionCheckIn: {title: "Check in", submit: "Check in", main: "left",
		must: map[string]string{"left": "how many working days of work are left? 0 if it is done"},
		asks: askCheckIn,
		does: func(a *answer) error {
			return errOf(a.store.CheckIn(a.ctx, a.op, store.CheckIn{Left: a.text("left"), Blocked: a.text("blocked"), Note: a.text("note")}))
		}},
	notify.ActionNewDate: {title: "Agree a new date", submit: "Record the date", main: "promise",
		must: map[string]string{"promise": "which date was agreed?", "why": "say why the date moves"},
		asks: askNewDate, does: doNewDate},
	notify.ActionSlipping: {title: "It will slip", submit: "Record the call", main: "date-by",
		must: map[string]string{"date-by": "by which day do we owe the customer a date?"},
		asks: func(s *sheet) {
			s.about()
			s.date(asked{block: "date-by", label: "When will they get a date?", hint: "You told the customer that the date will not hold. By this day you owe them another.",
				begins: s.Desk.Calendar.AddWorkdays(s.today(), 2).String()})
			s.note("What was said", "", true)
		},
		does: func(a *answer) error {
			return errOf(a.store.Call(a.ctx, a.op, store.Call{Outcome: string(commitments.Slipping), DateBy: a.text("date-by"), Note: a.text("note")}))
		}},
	notify.ActionSnooze: {title: "The call can wait", submit: "Remind me then", main: "until",
		must: map[string]string{"until": "until when can it wait?", "why": "say why the call can wait"},
		asks: askSnooze,
		does: func(a *answer) error {
			until := calendar.InstantOf(time.Unix(a.at("until").DateTime, 0))
			return errOf(a.store.Snooze(a.ctx, a.op, until.String(), a.text("why")))
		}},
	notify.ActionTouch: {title: "Log a contact", submit: "Log it", main: "note",
		must: map[string]string{"note": "what was said?"},
		asks: askTouch,
		does: func(a *answer) error {
			return errOf(a.store.Touch(a.ctx, store.TouchInput{
				By: a.op.By, Commitment: a.op.Ref, Version: a.op.Version, Once: a.op.Once,
				Channel: cmp.Or(a.text("channel"), "phone"), Inbound: a.text("way") == "in", NotReached: a.text("way") == "not-reached", Note: a.text("note"),
			}))
		}},
	notify.ActionDelivered: {title: "Delivered earlier", submit: "Record it", main: "at",
		must: map[string]string{"at": "on which day was it delivered?"},
		asks: func(s *sheet) {
			s.about()
			s.date(asked{block: "at", label: "It was delivered on", hint: "By the end of that day. The day decides whether the promise was kept.", begins: s.today().String()})
		},
		does: func(a *answer) error {
			op := a.op
			op.At = a.text("at")
			return errOf(a.store.Deliver(a.ctx, op))
		}},
	notify.ActionRescueOpen: {title: "We dropped the ball", submit: "Open a rescue", main: "note",
		must: map[string]string{"note": "what went wrong, in a few words?"},
		asks: func(s *sheet) {
			s.about()
			s.note("What went wrong", "Whoever takes it on reads this first.", false)
			s.causes()
		},
		does: func(a *answer) error { return a.step(commitments.RescueOpened) }},
	notify.ActionRescueCall: {title: "The rescue call", submit: "Log the call", main: "note",
		must: map[string]string{"note": "what was said?"},
		asks: func(s *sheet) {
			s.about()
			s.note("What was said", "Own it, tell the truth, ask what it has cost them, agree on what comes next.", false)
			s.causes()
		},
		does: func(a *answer) error { return a.step(commitments.RescueCalled) }},
	notify.ActionMakeRight: {title: "Make it right", submit: "Record it", main: "what",
		must: map[string]string{"what": "what did we give to make it right?"},
		asks: func(s *sheet) {
			s.about()
			s.text(asked{block: "what", label: "What we gave", hint: "A free month, a visit, a replacement: what the customer got.", lines: true})
			s.number(asked{block: "cost", label: "What it cost us, in " + kit.Line(cmp.Or(s.Currency, "money"), 20), optional: true}, 1_000_000_000)
			s.note("Note", "", true)
		},
		does: func(a *answer) error { return a.step(commitments.RescueMadeRight) }},
	notify.ActionRescueClose: {title: "Close the rescue", submit: "Close it", main: "won",
		must: map[string]string{"won": "did we win the customer back?"},
		asks: func(s *sheet) {
			s.about()
			s.either(asked{block: "won", label: "Is the customer won back?"}, choice{"yes", "Won back"}, choice{"no", "Lost"}, choice{"unknown", "Nobody knows yet"})
			s.note("Note", "", true)
			s.causes()
		},
		does: func(a *answer) error { return a.step(commitments.RescueClosed) }},
	notify.ActionWait: {title: "Wait for the customer", submit: "Record it", main: "why",
		must: map[string]string{"why": "what do we wait for?"},
		asks: func(s *sheet) {
			s.about()
			s.text(asked{block: "why", label: "What do we wait for?", hint: "It is shown beside the date, which stays as the customer was told it.", lines: true})
		},
		does: func(a *answer) error { return errOf(a.store.Wait(a.ctx, a.op, a.text("why"))) }},
	notify.ActionSurvey: {title: "Ask how we did", submit: "Make the link", main: "to", asks: askSurvey, does: doSurvey},
	notify.ActionRate: {title: "They told us", submit: "Record it", main: "rating", must: map[string]string{"rating": "how did they say we did?"},
		asks: askRate, does: doRate},
	notify.ActionReopen: {title: "Reopen", submit: "Reopen it", main: "why", must: map[string]string{"why": "say why it is reopened"},
		asks: because("Why is it open again?"), does: func(a *answer) error { return errOf(a.store.Reopen(a.ctx, a.op, a.text("why"))) }},
	notify.ActionWithdraw: {title: "Withdraw", submit: "Withdraw it", main: "why", must: map[string]string{"why": "say why it is withdrawn"},
		asks: because("Why is it no longer owed?"), does: func(a *answer) error { return errOf(a.store.Withdraw(a.ctx, a.op, a.text("why"))) }},
	notify.ActionHandOver: {title: "Hand over", submit: "Hand it over", main: "to",
		must: map[string]string{"to": "who takes it?", "note": "what must the next owner know?"},
		asks: func(s *sheet) {
			s.about()
			s.person(asked{block: "to", label: "Who takes it?"})
			s.text(asked{block: "note", label: "What must they know?", hint: "They are told, and the account manager is.", lines: true})
		},
		does: func(a *answer) error {
			to, err := a.someone("to")
			if err != nil {
				return err
			}
			return errOf(a.store.HandOver(a.ctx, a.op, to, a.text("note")))
		}},
}

func because(label string) func(*sheet) {
	return func(s *sheet) {
		s.about()
		s.text(asked{block: "why", label: label, lines: true})
	}
}

func askCheckIn(s *sheet) {
	s.about()
	hint := "Half days are fine: 0.5. 0 if it is done."
	if w := s.WorkLeft; w != nil {
		hint = fmt.Sprintf("%s It was %s, said %s.", hint, commitments.Days(w.Days*100).String(), clock(w.At, s.AsOf, s.location()))
	}
	s.number(asked{block: "left", label: "How many working days of work are left?", hint: hint}, 1000)
	s.text(asked{block: "blocked", label: "Is something in the way?", hint: "Leave it empty if nothing is.", begins: given(s.Blocked), optional: true, lines: true})
	s.note("Note", "", true)
}

func askSnooze(s *sheet) {
	s.about()
	latest := s.Desk.SnoozeUntil
	s.say(kit.Paragraph(kit.Plain("The call can wait until " + clock(latest, s.AsOf, s.location()) + " at the latest. Then you are told again, and after you the others.")))
	begins := min(latest, s.Desk.Calendar.NextOpening(s.Desk.Calendar.Start(s.today()+1)))
	s.moment(asked{block: "until", label: "Until when can it wait?"}, begins)
	s.text(asked{block: "why", label: "Why can it wait?", lines: true})
}

func askTouch(s *sheet) {
	s.about()
	s.say(kit.Paragraph(kit.Plain("A contact that is no call about the date: it ends no alarm.")))
	s.either(asked{block: "way", label: "Who was in touch?", begins: "out"}, choice{"out", "We with them"}, choice{"in", "They with us"}, choice{"not-reached", "We tried, and did not reach them"})
	s.one(asked{block: "channel", label: "How?", begins: "email"}, choicesOf("phone", "email", "chat", "meeting", "letter")...)
	s.note("What was said", "", false)
}

// note asks for words.
func (s *sheet) note(label, hint string, optional bool) {
	s.text(asked{block: "note", label: label, hint: hint, lines: true, optional: optional})
}

// causes asks why it happened, and how bad it is; what was said before stands there.
func (s *sheet) causes() {
	reason, severity := "", ""
	if r := s.Rescue; r.Open() {
		reason, severity = given(r.Reason), given(r.Severity)
	}
	s.one(asked{block: "reason", label: "Why did it happen?", begins: reason, optional: true}, choicesOf(commitments.RescueReasons[:]...)...)
	s.one(asked{block: "severity", label: "How bad is it for the customer?", begins: severity, optional: true}, choicesOf(commitments.Severities[:]...)...)
}

// step records a step of a rescue.
func (a *answer) step(act commitments.RescueAct) error {
	in := store.RescueStep{Act: act, Note: a.text("note"), Reason: a.text("reason"), Severity: a.text("severity"), What: a.text("what"), Cost: a.text("cost")}
	if won := a.text("won"); won == "yes" || won == "no" {
		in.WonBack = new(won == "yes")
	}
	return errOf(a.store.Rescue(a.ctx, a.op, in))
}

// someone is the person in Kept whom somebody chose in Slack.
func (a *answer) someone(block string) (string, error) {
	p, err := a.who(a.ctx, account{ID: a.text(block)})
	if errors.Is(err, errUnknown) {
		return "", commitments.Invalid(block, "Kept does not know them yet: an administrator can map them")
	}
	return fmt.Sprint(p.person.ID), err
}

// errOf is the error of a method that gives something beside it.
func errOf[T any](_ T, err error) error { return err }

// given is a text, "" where there is none.
func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
