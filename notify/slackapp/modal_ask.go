package slackapp

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// question is a modal that asks for what an action needs to know, and then does it. Its
// blocks are named as the store names the fields, so that an error finds its block.
type question struct {
	title  string
	submit string
	main   string              // the block in which an error about no block is told
	must   map[string]string   // what to say of a block that was left empty
	asks   func(*sheet)        // adds the inputs
	does   func(*answer) error // carries out what was answered
}

// sheet is the modal of a question about one promise, in the making.
type sheet struct {
	modal
	*store.Detail
	who  visitor
	plan *plan // of a new date
}

// answer is what was answered to a question.
type answer struct {
	*App
	state
	ctx   context.Context
	op    store.Op
	shows *modal // in place of the question, once it is carried out; nil closes it
}

// metadata is what a modal about a promise must know again: the promise, and the modal
// from which it was opened, if any.
func metadata(ref notify.Ref, from string) string { return ref.String() + "\n" + from }

// ask opens the modal of the question that belongs to what was clicked.
func (a *App) ask(_ context.Context, c *click) reply {
	return later(func(ctx context.Context) {
		ref, _ := notify.ParseRef(c.value)
		d, err := a.store.Show(ctx, c.who.actor, ref.Key, a.now())
		if err == nil {
			err = askable(c, &d)
		}
		if err != nil {
			a.refuse(ctx, c, err)
			return
		}
		s := a.sheet(ctx, c.action, c.who, &d, state{}, c.View.Callback)
		if ref.Version != 0 && ref.Version < d.Version {
			s.warn("Meanwhile: " + meanwhile(&d, ref.Version, c.who))
		}
		questions[c.action].asks(s)
		if err := a.present(ctx, &c.interaction, &s.modal); err != nil {
			a.notOpened(ctx, c, err)
		}
	})
}

// askable refuses to ask what cannot be recorded: nobody is to type in vain.
func askable(c *click, d *store.Detail) error {
	for _, o := range offers {
		switch {
		case o.action != c.action:
		case !c.who.actor.May(o.right, d.Subject):
			return commitments.Refused("", fmt.Sprintf("%s may not do that to promise %d: it is %s's", c.who.actor.Name, d.ID, d.Owner))
		case !o.can(&d.Desk.May) && d.Stage.Open():
			return commitments.Refused("", fmt.Sprintf("promise %d is %s: there is nothing to do of that kind", d.ID, stageWords(d.Stage)))
		case !o.can(&d.Desk.May):
			return commitments.Refused("", "it is "+stageWords(d.Stage))
		}
	}
	return nil
}

// notOpened offers a button anew whose modal Slack did not open, as it does not where
// more than three seconds have passed: where it was clicked or, if that is no message, in
// a direct one.
func (a *App) notOpened(ctx context.Context, c *click, err error) {
	a.log.Warn("a modal in Slack was not opened", "modal", c.action, "error", err)
	ref, _ := notify.ParseRef(c.value)
	text := "Slack did not open the window in time. Nothing was changed. Please click again."
	shown := []slack.Block{slack.NewSectionBlock(plain(text, maxTyped), nil, nil), slack.NewActionBlock("", notify.Button("Try again", c.action, ref))}
	if c.View.Type == "" {
		a.tell(ctx, &c.interaction, text, shown...)
	} else if _, _, err := a.api.PostMessageContext(ctx, c.who.user, slack.MsgOptionText(text, false), slack.MsgOptionBlocks(shown...)); err != nil {
		a.log.Warn("a private answer in Slack was not sent", "error", err)
	}
}

// sheet begins the modal of a question about a promise.
func (a *App) sheet(ctx context.Context, callback string, who visitor, d *store.Detail, typed state, from string) *sheet {
	q := questions[callback]
	s := &sheet{Detail: d, who: who, modal: modal{
		callback: callback, title: q.title, submit: q.submit, private: metadata(notify.RefTo(&d.View), from), typed: typed,
	}}
	if callback == notify.ActionNewDate {
		s.plan = a.plan(ctx, who, d.Key, typed)
	}
	return s
}

// warn tells something before all else.
func (s *sheet) warn(text string) {
	s.say(kit.Paragraph(kit.Strong(kit.Line(text, maxTyped))))
}

// about says which promise it is.
func (s *sheet) about() {
	v := &s.View
	s.say(kit.Paragraph(kit.Strong(kit.Line(v.Title, 200)), kit.Plain(" for "+kit.Line(v.Customer, 120)+fmt.Sprintf(" (#%d)", v.ID))),
		kit.Paragraph(kit.Plain(promised(v)+s.left()+"."+ours(v))))
}

// left is ": 3 working days left" of an open promise, counting from tomorrow.
func (s *sheet) left() string {
	day, today := s.Promise, s.today()
	if day == 0 {
		day = s.DateBy
	}
	switch {
	case !s.Stage.Open():
		return ""
	case today > day:
		return ": the day is over"
	case today == day:
		return ": today"
	}
	return ": " + kit.Count(s.Desk.Calendar.Workdays(today, day), "working day") + " left"
}

// ours are the internal target and the padding.
func ours(v *commitments.View) string {
	if v.Target == 0 || v.PaddingDays == nil {
		return ""
	}
	return " Our own target is " + v.Target.Human() + ", with " + kit.Count(*v.PaddingDays, "working day") + " of padding; the customer does not know of it."
}

func (s *sheet) today() calendar.Date { return s.Desk.Calendar.Today(s.AsOf) }

func (s *sheet) location() *time.Location { return s.who.location(s.Zone) }

// submit carries out what was answered to a question, before Slack is answered.
func (a *App) submit(ctx context.Context, s *submission) reply {
	q, op := questions[s.View.Callback], s.op()
	if errs := q.missing(s.View.State); len(errs) > 0 {
		return wrong(errs)
	}
	got := &answer{a, s.View.State, ctx, op, nil}
	err := q.does(got)
	switch {
	case err == nil, errors.Is(err, store.ErrRepeated):
		a.poke()
		r := reply{changed: true, after: func(ctx context.Context) { a.afterwards(ctx, s) }}
		if got.shows != nil {
			r.body = instead(got.shows).body
		}
		return r
	case errors.Is(err, commitments.ErrConflict):
		return a.askAgain(ctx, s, err)
	}
	return a.blame(q, s.View.State, err)
}

// missing are the blocks that were left empty and may not be, and those with more than
// fits.
func (q *question) missing(s state) map[string]string {
	errs := map[string]string{}
	for block, text := range q.must {
		if in := s.at(block); s.text(block) == "" && in.DateTime == 0 {
			errs[block] = text
		}
	}
	for block := range s.Values {
		if n := utf8.RuneCountInString(s.text(block)); n > maxTyped {
			errs[block] = fmt.Sprintf("too long: %d characters, at most %d", n, maxTyped)
		}
	}
	return errs
}

// blame tells an error in the block that it is about.
func (a *App) blame(q question, s state, err error) reply {
	var told *commitments.Error
	if errors.As(err, &told) {
		switch _, there := s.Values[told.Field]; {
		case there:
			return wrong(map[string]string{told.Field: a.words(err)})
		case told.Field == "id":
			return wrong(map[string]string{q.main: notThere})
		}
	}
	return wrong(map[string]string{q.main: a.words(err)})
}

// askAgain shows what others did to the promise since the modal was opened. What was
// typed stands there still: submitted again, it is recorded.
func (a *App) askAgain(ctx context.Context, s *submission, err error) reply {
	q := questions[s.View.Callback]
	d, gone := a.store.Show(ctx, s.who.actor, s.ref.Key, a.now())
	if gone != nil {
		return a.blame(q, s.View.State, err)
	}
	again := a.sheet(ctx, s.View.Callback, s.who, &d, s.View.State, s.shownIn())
	why := "Meanwhile: " + meanwhile(&d, s.ref.Version, s.who) + " Nothing was changed by you yet. Submit again if it still holds."
	again.warn(why)
	q.asks(again)
	return a.insteadOf(&s.interaction, &again.modal, q.main, why)
}

// afterwards shows what came of a modal in the one from which it was opened.
func (a *App) afterwards(ctx context.Context, s *submission) {
	if s.shownIn() == notify.ActionShow && s.View.Root != s.View.ID {
		a.showAgain(ctx, s.View.Root, s.who, s.ref)
	}
}
