package slackapp

import (
	"context"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// plan is what a new date would come to, or why there is none.
type plan struct {
	commitments.Plan
	err string
}

// askNewDate asks for a date agreed with the customer. As it is chosen, both dates are
// shown with every day off between them, before anything is recorded.
func askNewDate(s *sheet) {
	s.about()
	s.date(asked{block: "promise", label: "Which date did you agree on?", atOnce: true})
	s.timeOfDay(asked{block: "promise-time", label: "By what time of that day?", hint: "On the clocks of " + s.Zone + ". Leave it empty for the end of the day.", optional: true, atOnce: true})
	s.date(asked{block: "target", label: "Our own target", hint: "The customer does not hear of it. Leave it empty to keep the padding.", optional: true, atOnce: true})
	s.planned()
	s.text(asked{block: "why", label: "Why does it move?", lines: true})
	s.either(asked{block: "asked-by", label: "Who asked for it?", begins: "us"}, choice{"us", "We did"}, choice{"customer", "The customer did"})
	s.person(asked{block: "told-by", label: "Who told the customer?", begins: s.who.user})
	s.note("What was said", "", true)
}

// planned shows what the date would come to.
func (s *sheet) planned() {
	switch p := s.plan; {
	case p == nil:
		s.say(kit.Paragraph(kit.Plain("Choose a date to see both dates before anything is recorded.")))
	case p.err != "":
		s.say(kit.Paragraph(kit.Strong(kit.Line(kit.Capital(p.err), 500) + ".")))
	default:
		away := kit.Count(s.Desk.Calendar.Workdays(s.today(), p.Promise), "working day") + " from now"
		if by := s.typed.text("promise-time"); by != "" {
			away = "by " + notify.Clock(kit.Line(by, 10), s.Zone) + ", " + away
		}
		s.say(planWords(&p.Plan, away)...)
	}
}

// planWords tells of the two dates of a promise, and of every day off between them.
func planWords(p *commitments.Plan, away string) []slack.RichTextElement {
	parts := []slack.RichTextElement{kit.Labelled("The customer hears", p.Promise.Human()+", "+away)}
	if p.Target != 0 {
		parts = append(parts, kit.Labelled("We aim for", p.Target.Human()+": "+kit.Count(p.Padding, "working day")+" of padding, "+kit.Line(p.Why, 200)))
	}
	var lines []string
	const most = 20
	for i, skip := range p.Skipped {
		if i == most {
			lines = append(lines, "and "+kit.Count(len(p.Skipped)-most, "day")+" more")
			break
		}
		lines = append(lines, skip.Date.Human()+": "+kit.Line(skip.Why, 120))
	}
	if len(lines) > 0 {
		parts = append(parts, kit.Paragraph(kit.Strong("Days off between them")), kit.List(slack.RTEListBullet, lines))
	}
	for _, w := range p.Warnings {
		parts = append(parts, kit.Labelled("Mind", kit.Line(w.Text, 300)))
	}
	return parts
}

// newDate is the date that stands in the modal.
func (s state) newDate() store.NewDate {
	return store.NewDate{
		Promise: strings.TrimSpace(s.text("promise") + " " + s.text("promise-time")), Target: s.text("target"),
		Why: s.text("why"), AskedBy: s.text("asked-by"),
	}
}

// dateChanged shows what the date that was chosen would come to.
func (a *App) dateChanged(_ context.Context, c *click) reply {
	return later(func(ctx context.Context) {
		first, _, _ := strings.Cut(c.View.Private, "\n")
		ref, ok := notify.ParseRef(first)
		d, err := a.store.Show(ctx, c.who.actor, ref.Key, a.now())
		if !ok || err != nil {
			return // what was typed is judged when it is submitted
		}
		d.Version = ref.Version // it is still decided on what was shown when it opened
		s := a.sheet(ctx, c.View.Callback, c.who, &d, c.View.State, c.shownIn())
		questions[c.View.Callback].asks(s)
		a.change(ctx, c.View.ID, c.View.Hash, &s.modal)
	})
}

// plan is what the date in a modal would come to; nil where none was chosen.
func (a *App) plan(ctx context.Context, who visitor, key string, s state) *plan {
	in := s.newDate()
	if s.text("promise") == "" {
		return nil
	}
	would, err := a.store.PlanNewDate(ctx, store.Op{By: who.actor, Ref: key}, in)
	if err != nil {
		return &plan{err: a.words(err)}
	}
	return &plan{Plan: would}
}

// doNewDate records the call in which a date was agreed.
func doNewDate(a *answer) error {
	in := a.newDate()
	if a.text("told-by") != "" {
		var err error
		if in.ToldBy, err = a.someone("told-by"); err != nil {
			return err
		}
	}
	return errOf(a.store.Call(a.ctx, a.op, store.Call{Outcome: string(commitments.NewDate), NewDate: in, Note: a.text("note")}))
}
