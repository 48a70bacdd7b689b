package slackapp

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// logForm opens the modal for a click on "Log a promise".
func (a *App) logForm(_ context.Context, c *click) reply {
	return later(func(ctx context.Context) {
		a.openForm(ctx, &c.interaction, c.who, draft{source: source{Once: c.once, Channel: c.Channel.ID, Response: c.Response}})
	})
}

// changeDraft opens the modal with what was typed in one line.
func (a *App) changeDraft(_ context.Context, c *click) reply {
	d, ok := parseDraft(c.value)
	if !ok {
		return a.logForm(context.Background(), c)
	}
	d.Response, d.Replace = c.Response, true
	return later(func(ctx context.Context) { a.openForm(ctx, &c.interaction, c.who, d) })
}

// openForm opens the modal with a draft in it. Where Slack does not open it, nothing of
// that is lost.
func (a *App) openForm(ctx context.Context, in *interaction, who visitor, d draft) {
	choices, err := a.store.Choices(ctx, who.actor)
	if err != nil {
		a.tell(ctx, in, a.words(err))
		return
	}
	d.User = a.ownerInSlack(ctx, who, &d)
	d.newCustomer(&choices)
	if err := a.present(ctx, in, logModal(&d, state{}, &choices, a.planned(ctx, who, d))); err != nil {
		a.log.Warn("a modal in Slack was not opened", "modal", callbackLog, "error", err)
		a.notShown(ctx, in, &d)
	}
}

// newCustomer takes a customer that Kept does not know for a new one, of those who may
// add one: a list has no place for it.
func (d *draft) newCustomer(c *store.Choices) {
	known := slices.ContainsFunc(c.Customers, func(name string) bool { return strings.EqualFold(name, d.Customer) })
	if _, err := strconv.Atoi(d.Customer); err != nil && c.AddCustomers && !known && d.NewCustomer == "" {
		d.Customer, d.NewCustomer = "", d.Customer
	}
}

// ownerInSlack is the Slack account of a draft's owner, who is the logger where nobody was
// named; "" for somebody whose account is not known.
func (a *App) ownerInSlack(ctx context.Context, who visitor, d *draft) string {
	if d.User != "" || d.Owner == "" {
		return cmp.Or(d.User, who.user)
	}
	p, err := a.store.Person(ctx, d.Owner)
	if err != nil {
		return ""
	}
	return p.SlackUser
}

// notShown gives back what was typed, and says how it is logged all the same.
func (a *App) notShown(ctx context.Context, in *interaction, d *draft) {
	text := "Slack did not open the form in time. Nothing is lost, and nothing was logged."
	blocks := []slack.Block{sentence(text), slack.NewRichTextBlock("", kit.Paragraph(kit.Plain("In one line: "), kit.Code(d.asLine())))}
	if words := kit.Clip(d.Words, maxTyped); words != "" {
		blocks = append(blocks, slack.NewRichTextBlock("", kit.Quote(words)))
	}
	if d.Link != "" {
		blocks = append(blocks, kit.Note(d.Link))
	}
	if value := d.text(); utf8.RuneCountInString(value) <= maxButtonValue {
		blocks = append(blocks, slack.NewActionBlock("", plainButton("Try again", actionChange, value)))
	}
	a.tellSurely(ctx, in, text, blocks, false)
}

// asLine is a draft as one would type it, with capitals for what is missing.
func (d *draft) asLine() string {
	line := "/promise " + kit.Line(cmp.Or(d.NewCustomer, d.Customer, "CUSTOMER"), 120) + ": " + kit.Line(cmp.Or(d.What, "WHAT"), 200)
	switch {
	case d.DateBy != "":
		return line + " --date-by " + kit.Line(d.DateBy, 40)
	case d.Target != "":
		line += " target " + kit.Line(d.Target, 40)
	}
	if d.Promise == "" && d.Target != "" {
		return line
	}
	return line + " by " + kit.Line(cmp.Or(d.Promise, "DATE"), 40)
}

// planned says what the dates of a draft come to so far.
func (a *App) planned(ctx context.Context, who visitor, d draft) []slack.Block {
	if d.Customer == "" && d.NewCustomer == "" || d.Promise == "" && d.Target == "" && d.DateBy == "" {
		return []slack.Block{kit.Note("Choose the customer and a date: then both dates stand here, with the padding between them and every day off on the way.")}
	}
	d.What = kit.Cut(cmp.Or(d.What, "(what is promised)"), 200)
	added, err := a.add(ctx, who, d, true)
	if err != nil {
		return []slack.Block{sentence("⚠ " + a.trouble(err))}
	}
	return planBlocks(&added)
}

// replan shows what the dates come to once an input of the modal has changed.
func (a *App) replan(_ context.Context, c *click) reply {
	id, ts := c.View.ID, c.Actions[0].TS
	a.latest.note(id, ts)
	return later(func(ctx context.Context) {
		if !a.latest.is(id, ts) {
			return
		}
		d := c.View.filled()
		choices, err := a.store.Choices(ctx, c.who.actor)
		if err != nil {
			a.log.Error("a modal in Slack cannot be made", "modal", callbackLog, "error", err)
			return
		}
		m := logModal(&d, c.View.State, &choices, a.planned(ctx, c.who, d))
		_, err = a.api.UpdateViewContext(ctx, m.view(), "", c.View.Hash, id)
		if err != nil && strings.Contains(err.Error(), "hash_conflict") {
			if !a.latest.is(id, ts) {
				return
			}
			_, err = a.api.UpdateViewContext(ctx, m.view(), "", "", id) // only what is older was shown in between
		}
		if err != nil {
			a.log.Warn("a modal in Slack was not changed", "modal", callbackLog, "error", err)
		}
	})
}

// latest knows the newest change of each modal, so that an older one is not shown over it.
type latest struct {
	mu sync.Mutex
	of map[string]string // by modal, Slack's time of it
}

// maxLatest is how many modals are known. Of one that is forgotten while two of its
// changes are on their way, the older may be shown until the next.
const maxLatest = 10_000

// note notes a change.
func (l *latest) note(view, ts string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil || len(l.of) >= maxLatest {
		l.of = map[string]string{}
	}
	l.of[view] = max(l.of[view], ts)
}

// is reports whether none is newer.
func (l *latest) is(view, ts string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of[view] <= ts
}

// submitLog saves what stands in the modal, and then confirms it where it began.
func (a *App) submitLog(ctx context.Context, s *submission) reply {
	if errs := s.View.unfit(); len(errs) > 0 {
		return wrong(errs)
	}
	d := s.View.filled()
	added, err := a.add(ctx, s.who, d, false)
	switch {
	case errors.Is(err, store.ErrRepeated):
		return later(func(ctx context.Context) {
			a.confirm(ctx, s.who, &d.source, loggedAlready, sentence(loggedAlready))
		})
	case err != nil:
		field := ""
		var told *commitments.Error
		if errors.As(err, &told) {
			field = told.Field
		}
		if field == "customer" && d.NewCustomer != "" {
			field = blockNewCustomer
		}
		return wrong(map[string]string{s.View.blockOf(field): a.words(err)})
	}
	return reply{changed: true, after: func(ctx context.Context) {
		a.confirm(ctx, s.who, &d.source, loggedText(&added), loggedBlocks(&added)...)
	}}
}

// confirm tells somebody alone what came of a modal: where they began it or, where that
// cannot be, directly.
func (a *App) confirm(ctx context.Context, who visitor, from *source, text string, shown ...slack.Block) {
	began := interaction{User: account{ID: who.user}, Channel: place{ID: from.Channel}, Response: from.Response, Message: message{ThreadTS: from.Thread}}
	a.tellSurely(ctx, &began, text, shown, from.Replace)
}

// tellSurely tells somebody whom Kept knows where they clicked or, where that cannot be,
// directly.
func (a *App) tellSurely(ctx context.Context, in *interaction, text string, shown []slack.Block, replace bool) {
	err := a.tellOnce(ctx, in, text, shown, replace)
	if err != nil {
		_, _, err = a.api.PostMessageContext(ctx, in.User.ID, slack.MsgOptionText(kit.Escape(text), false), slack.MsgOptionBlocks(shown...))
	}
	if err != nil {
		a.log.Warn("a private answer in Slack was not sent", "error", err)
	}
}

// linkWithin is how long the link to a message may take: the trigger that opens the modal
// is good for three seconds.
const linkWithin = time.Second

// logShortcut opens the modal for "Log a promise" in the menu of a message, with its words
// and its link, or anywhere else.
func (a *App) logShortcut(_ context.Context, in *interaction, who visitor) reply {
	return later(func(ctx context.Context) {
		a.openForm(ctx, in, who, a.draftFrom(ctx, in, who))
	})
}

func (a *App) draftFrom(ctx context.Context, in *interaction, who visitor) draft {
	if in.Message.TS == "" {
		return draft{source: source{Response: in.Response}}
	}
	said := a.said(ctx, in.Message.Text)
	d := draft{
		source: source{Channel: in.Channel.ID, Thread: in.Message.ThreadTS, Author: in.Message.User, Response: in.Response},
		Words:  kit.Clip(said, maxTyped), Customer: a.guess(ctx, who, said, in.Channel.Name),
	}
	if first := kit.OneLine(said); first != "" {
		d.What = kit.Cut(first, 200)
	}
	soon, cancel := context.WithTimeout(ctx, linkWithin)
	defer cancel()
	link, err := a.api.GetPermalinkContext(soon, &slack.PermalinkParameters{Channel: in.Channel.ID, Ts: in.Message.TS})
	if err != nil {
		a.log.Warn("Slack gave no link to a message", "error", err)
	}
	d.Link, d.NoLink = link, err != nil
	return d
}

// said is what a message says, with people by their names: Slack sends no more of them
// than their ids.
func (a *App) said(ctx context.Context, text string) string {
	said, mentioned := unslack(text)
	for name, user := range mentioned {
		if p, _, err := a.store.InSlack(ctx, user); err == nil && name == "@"+user {
			said = strings.ReplaceAll(said, name, "@"+p.Name)
		}
	}
	return said
}

// guess is the customer whose name occurs in what was said, or in the channel's name; the
// longest of several.
func (a *App) guess(ctx context.Context, who visitor, said, channel string) (name string) {
	choices, err := a.store.Choices(ctx, who.actor)
	if err != nil {
		return ""
	}
	where := " " + wordsOf(said) + " " + wordsOf(channel) + " "
	for _, c := range choices.Customers {
		if w := wordsOf(c); w != "" && len(c) > len(name) && strings.Contains(where, " "+w+" ") {
			name = c
		}
	}
	return name
}

// wordsOf are the words of a text in lower case, one space between them.
func wordsOf(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}
