package slackapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// What the buttons below a line that was understood do. Each carries the draft.
const (
	actionLogIt  = "log-it"
	actionChange = "log-change"
	actionCancel = "log-cancel"
)

// draft is a promise that is being logged: what was typed so far, and where. It travels
// in buttons and in the modal, where it can be edited by hand: it holds nothing that is
// not checked again when it is saved.
type draft struct {
	source
	Customer    string `json:"c,omitempty"`
	NewCustomer string `json:"n,omitempty"` // instead of one that is known
	What        string `json:"w,omitempty"`
	Owner       string `json:"o,omitempty"` // a name, an address or a number
	User        string `json:"u,omitempty"` // Slack's id of the owner, which goes before
	Promise     string `json:"p,omitempty"`
	Target      string `json:"t,omitempty"`
	DateBy      string `json:"b,omitempty"`
	Padding     string `json:"a,omitempty"`
	Kind        string `json:"k,omitempty"`
	Team        string `json:"m,omitempty"`
	Words       string `json:"s,omitempty"`
	Link        string `json:"l,omitempty"`
	Price       string `json:"r,omitempty"`
	Value       string `json:"v,omitempty"`
	DoneMeans   string `json:"d,omitempty"`
	UpdateEvery string `json:"e,omitempty"`
	Shown       string `json:"g,omitempty"` // the dates that were shown, which are those that are saved
}

// source is where a draft began.
type source struct {
	Once    string `json:"i,omitempty"` // identifies the draft, which is saved once
	Channel string `json:"h,omitempty"`
	Thread  string `json:"x,omitempty"`
	Author  string `json:"y,omitempty"` // who wrote the message that it was logged from
	NoLink  bool   `json:"z,omitempty"` // … whose link Slack did not give

	Response string `json:"q,omitempty"` // where Slack takes an answer
	Replace  bool   `json:"f,omitempty"` // … in place of what was shown there
}

// maxButtonValue is what a button can carry, in characters.
const maxButtonValue = 2000

// text is the draft as a button carries it.
func (d *draft) text() string { return compact(d) }

func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

func parseDraft(text string) (d draft, ok bool) {
	return d, json.Unmarshal([]byte(text), &d) == nil
}

func draftOf(l typedLine, from source) draft {
	return draft{
		source: from, Customer: l.Customer, What: l.Title, Owner: l.Owner, User: l.user, Promise: l.Promise, Target: l.Target, DateBy: l.DateBy,
		Padding: l.Padding, Kind: l.Kind, Team: l.Team, Words: l.Words, Link: l.Link, Price: l.Price, Value: l.Value, DoneMeans: l.DoneMeans, UpdateEvery: l.UpdateEvery,
	}
}

// add logs a draft, or only says what that would give. Whoever logs a promise owns it
// unless they say otherwise.
func (a *App) add(ctx context.Context, who visitor, d draft, dry bool) (store.Added, error) {
	owner := d.Owner
	switch {
	case d.User != "":
		p, err := a.who(ctx, account{ID: d.User})
		if err != nil {
			return store.Added{}, ownerUnknown(err)
		}
		owner = fmt.Sprint(p.person.ID)
	case owner == "":
		owner = fmt.Sprint(who.person.ID)
	}
	customer := d.Customer
	if d.NewCustomer != "" {
		customer = d.NewCustomer
	}
	return a.store.Add(ctx, store.Op{By: who.actor, Once: d.onceFor(dry)}, store.NewPromise{
		Customer: customer, NewCustomer: d.NewCustomer != "", Owner: owner, Team: d.Team, Kind: d.Kind, Title: d.What,
		Target: d.Target, Promise: d.Promise, DateBy: d.DateBy, Padding: d.Padding, Words: d.Words, Link: d.Link, DoneMeans: d.DoneMeans,
		Price: d.Price, Value: d.Value, UpdateEvery: d.UpdateEvery, DryRun: dry,
	})
}

// onceFor is the key under which a draft is saved. Looking may be repeated.
func (d *draft) onceFor(dry bool) string {
	if dry {
		return ""
	}
	return "slack draft " + d.Once
}

// ownerUnknown says that nobody in Kept has the Slack account of an owner.
func ownerUnknown(err error) error {
	if !errors.Is(err, errUnknown) {
		return err
	}
	return commitments.NotFound("owner", "Kept does not know this person's Slack account; an administrator of Kept maps it: kept person edit EMAIL --slack ID")
}

// understood is the draft with its dates as they were understood, which stay the same
// however much later it is saved.
func (d *draft) understood(p *store.Added) {
	d.Customer = p.Customer
	if d.Promise != "" {
		d.Promise = p.Promise.String()
		if p.PromiseTime != nil {
			d.Promise += " " + *p.PromiseTime
		}
	}
	if d.Target != "" {
		d.Target = p.Target.String()
	}
	if d.DateBy != "" {
		d.DateBy = p.DateBy.String()
	}
	d.Shown = datesOf(p)
}

func datesOf(p *store.Added) string { return p.Target.String() + " " + p.Promise.String() }

// oneLine answers a promise typed in one line: it shows what was understood, and saves
// nothing yet.
func (a *App) oneLine(ctx context.Context, c *command, who visitor, once string) reply {
	l, err := parseLine(c.Text, a.now())
	d := draftOf(l, source{Once: once, Channel: c.Channel})
	if err != nil {
		return a.misunderstood(d, c.Text, err)
	}
	added, err := a.add(ctx, who, d, true)
	if err != nil {
		return a.misunderstood(d, c.Text, err)
	}
	shown := d.shown(&added)
	if utf8.RuneCountInString(d.text()) > maxButtonValue {
		shown = append(shown, youTyped(c.Text))
	}
	return whispered("Shall this be logged?", shown...)
}

// youTyped gives back a line that was typed, as Slack sent it.
func youTyped(line string) slack.Block {
	line, _ = unslack(line)
	return slack.NewRichTextBlock("", kit.Paragraph(kit.Plain("You typed: "), kit.Code("/promise "+kit.Line(line, 6000))))
}

// shown is a draft with what it comes to, and the buttons that decide.
func (d *draft) shown(p *store.Added) []slack.Block {
	d.understood(p)
	return append(planBlocks(p), choices(d)...)
}

// misunderstood says what is wrong with a line, which is not lost: it is shown again, and
// can be mended in the modal.
func (a *App) misunderstood(d draft, typed string, err error) reply {
	text := "Nothing was logged. " + a.trouble(err)
	blocks := []slack.Block{sentence(text), youTyped(typed)}
	d.Promise, d.Target, d.DateBy = isoDate(d.Promise), isoDate(d.Target), isoDate(d.DateBy)
	if value := d.text(); utf8.RuneCountInString(value) <= maxButtonValue {
		blocks = append(blocks, slack.NewActionBlock("", plainButton("Open the form…", actionChange, value)))
	}
	return whispered(text, blocks...)
}

// choices are the buttons below a draft.
func choices(d *draft) []slack.Block {
	value := d.text()
	if utf8.RuneCountInString(value) > maxButtonValue {
		return []slack.Block{sentence("That is more than one line can carry. Type /promise alone: the form has room for it.")}
	}
	logIt := plainButton("Log it", actionLogIt, value)
	logIt.Style = slack.StylePrimary
	return []slack.Block{slack.NewActionBlock("", logIt, plainButton("Change…", actionChange, value), plainButton("Cancel", actionCancel, value))}
}

func plainButton(label, action, value string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, slack.NewTextBlockObject(slack.PlainTextType, label, false, false))
}

// logIt saves what was shown. Where that comes to other dates by now, as it may on another
// day, it is shown again.
func (a *App) logIt(ctx context.Context, c *click) reply {
	d, ok := parseDraft(c.value)
	if !ok || d.Once == "" {
		a.log.Warn("a button from Slack carries no draft", "action", c.action)
		return reply{}
	}
	if now, err := a.add(ctx, c.who, d, true); err == nil && datesOf(&now) != d.Shown {
		return later(func(ctx context.Context) {
			a.tellInstead(ctx, &c.interaction, "The dates are others by now. Shall this be logged?", append([]slack.Block{sentence("By now this comes to other dates, so nothing was logged yet:")}, d.shown(&now)...)...)
		})
	}
	added, err := a.add(ctx, c.who, d, false)
	return reply{changed: err == nil, after: func(ctx context.Context) {
		switch {
		case errors.Is(err, store.ErrRepeated):
			a.tell(ctx, &c.interaction, loggedAlready, sentence(loggedAlready)) // beside what the first click shows
		case err != nil:
			a.tell(ctx, &c.interaction, "Nothing was logged. "+a.trouble(err))
		default:
			a.tellInstead(ctx, &c.interaction, loggedText(&added), loggedBlocks(&added)...)
		}
	}}
}

// cancel takes back nothing, since nothing was saved.
func (a *App) cancel(_ context.Context, c *click) reply {
	return later(func(ctx context.Context) {
		a.tellInstead(ctx, &c.interaction, "Nothing was logged.", sentence("Nothing was logged."))
	})
}

const loggedAlready = "That is logged already, and was not logged again. See /promise list."

func loggedText(p *store.Added) string {
	return fmt.Sprintf("Logged as promise %d: %s, %s", p.ID, kit.Line(p.Customer, 120), kit.Line(p.Title, 200))
}

// loggedBlocks confirm what was saved, with a way to it.
func loggedBlocks(p *store.Added) []slack.Block {
	return append([]slack.Block{sentence(fmt.Sprintf("Logged as promise %d.", p.ID))},
		append(planBlocks(p), slack.NewActionBlock("", notify.Button("Open", notify.ActionShow, notify.RefTo(&p.View))))...)
}

// maxSkips is how many skipped days, and how many warnings, are shown one by one.
const maxSkips = 12

// planBlocks show what a draft comes to: both dates, the padding and its rule, every day
// that was skipped and why, and what there is to be warned of.
func planBlocks(p *store.Added) []slack.Block {
	lines := []slack.RichTextElement{kit.Paragraph(kit.Strong(kit.Line(p.Customer, 120)+": "), kit.Plain(kit.Line(p.Title, 200)))}
	say := func(label, text string) { lines = append(lines, kit.Labelled(label, text)) }
	if p.Promise == 0 {
		say("No date yet; the customer is owed one by", p.DateBy.Human())
	} else {
		say("Promise date, which the customer was told:", promiseWords(&p.View))
		say("Target date, for us alone:", p.Target.Human())
		say("Padding:", paddingWords(&p.View))
	}
	owner := kit.Line(p.Owner, 120)
	if p.Team != nil {
		owner += ", " + kit.Line(*p.Team, 120)
	}
	say("Owner:", owner)
	blocks := []slack.Block{slack.NewRichTextBlock("", lines...)}
	if len(p.Skipped) > 0 {
		blocks = append(blocks, slack.NewRichTextBlock("", kit.Paragraph(kit.Strong("Days off on the way, which count for nothing:")), kit.List(slack.RTEListBullet, skipWords(p))))
	}
	if len(p.Warnings) > 0 {
		var texts []string
		for _, w := range p.Warnings[:min(len(p.Warnings), maxSkips)] {
			texts = append(texts, kit.Line(kit.Capital(w.Text), 300))
		}
		blocks = append(blocks, slack.NewRichTextBlock("", kit.Paragraph(kit.Strong("⚠ To think about; it can be logged all the same:")), kit.List(slack.RTEListBullet, texts)))
	}
	return blocks
}

func promiseWords(v *commitments.View) string {
	switch {
	case v.Promise == 0:
		return "no date yet, one by " + v.DateBy.Human()
	case v.PromiseTime != nil:
		return v.Promise.Human() + " at " + notify.Clock(*v.PromiseTime, v.Zone)
	}
	return v.Promise.Human()
}

func paddingWords(v *commitments.View) string {
	if v.PaddingDays == nil {
		return "none"
	}
	text := kit.Count(*v.PaddingDays, "working day")
	if v.PaddingWhy != nil {
		text += ", " + kit.Line(*v.PaddingWhy, 200)
	}
	return text
}

func skipWords(p *store.Added) (texts []string) {
	for i, s := range p.Skipped {
		if i == maxSkips {
			return append(texts, fmt.Sprintf("and %d more", len(p.Skipped)-i))
		}
		texts = append(texts, s.Date.Human()+": "+kit.Line(s.Why, 100))
	}
	return texts
}

// isoDate is a typed date as a date picker takes it, with its time of day; "" for what is
// none.
func isoDate(typed string) string {
	w, err := calendar.ParseWhen(typed, calendar.InstantOf(time.Now()), calendar.Default())
	if err != nil {
		return ""
	}
	w.Instant = 0
	return w.String()
}
