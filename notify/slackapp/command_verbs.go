package slackapp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// verbs are all that /promise does, in the order help tells them.
func verbs() []verb {
	return []verb{
		{[]string{"list", "ls"}, "/promise list at risk", "yours; or all, at risk, overdue, watch, of customer NAME", (*App).listVerb},
		{[]string{"show", "open"}, "/promise show 12", "everything about one", (*App).showVerb},
		{[]string{"checkin", "check-in"}, "/promise checkin 12 3 blocked no test account", "how many working days of work are left, and what is in the way", (*App).checkInVerb},
		{[]string{"call", "called"}, "/promise call 12 new date 15 Jan why their test system is late", "still on · not reached · slipping by DATE · new date DATE why TEXT", (*App).callVerb},
		{[]string{"ack"}, "/promise ack 12", "you are on the call", (*App).ackVerb},
		{[]string{"done", "deliver", "delivered"}, "/promise done 12", "delivered, just now; or done 12 yesterday", (*App).doneVerb},
		{[]string{"help", "?"}, "/promise help", "this", (*App).helpVerb},
	}
}

func (a *App) helpVerb(context.Context, *request) reply {
	return whispered("What /promise does", append([]slack.Block{kit.Header("What /promise does")}, teaching()...)...)
}

// teaching says how everything is typed.
func teaching() []slack.Block {
	items := []*slack.RichTextSection{
		kit.Paragraph(kit.Code("/promise"), kit.Plain(" opens a form")),
		kit.Paragraph(kit.Code(lineExample), kit.Plain(" shows both dates, and logs it when you say so")),
		kit.Paragraph(kit.Code("/promise Acme: SSO target 5 Dec by friday 17:00, @olga owns it --kind feature"), kit.Plain(" says more")),
	}
	for _, v := range verbs() {
		items = append(items, kit.Paragraph(kit.Code(v.example), kit.Plain(" "+v.about)))
	}
	elements := make([]slack.RichTextElement, len(items))
	for i, item := range items {
		elements[i] = item
	}
	return []slack.Block{slack.NewRichTextBlock("", slack.NewRichTextList(slack.RTEListBullet, 0, elements...)),
		kit.Note("A date is written as 12 Dec, friday, next friday 17:00, 3w, +10d (working days), eom or 2026-12-04.")}
}

// unknownVerb answers what is neither a verb nor a promise: with the nearest verb, and
// how a promise is typed.
func (a *App) unknownVerb(typed string) reply {
	first, _, _ := strings.Cut(typed, " ")
	text := fmt.Sprintf("Kept does not know %q.", kit.Line(first, 40))
	if near := nearestVerb(strings.ToLower(first)); near != nil {
		text += fmt.Sprintf(" Did you mean %s, as in %s?", near.names[0], near.example)
	}
	return whispered(text, append([]slack.Block{sentence(text + " To log a promise, say to whom with a colon after it: " + lineExample)}, teaching()...)...)
}

// nearestVerb is the verb that a word was meant to be; nil if it is like none.
func nearestVerb(word string) (near *verb) {
	best := 3
	for _, v := range verbs() {
		for _, name := range v.names {
			if d := misspelt(word, name); d < best && d < utf8.RuneCountInString(name) {
				best, near = d, &v
			}
		}
	}
	return near
}

// misspelt counts the letters to change, add or leave out to make one word the other;
// of a long word, its length.
func misspelt(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 20 {
		return len(x)
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			swap := diagonal
			if x[i] != y[j] {
				swap++
			}
			diagonal, row[j+1] = row[j+1], min(swap, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

// maxListed is how many promises a list shows.
const maxListed = 10

// listVerb reads what may be a lot: Slack is answered before.
func (a *App) listVerb(_ context.Context, c *request) reply {
	f, what, ok := listFilter(c.rest, c.who)
	if !ok {
		return privately(fmt.Sprintf("Kept has no list %q. There are: /promise list, list all, list at risk, list overdue, list watch, list customer NAME.", kit.Line(c.rest, 60)))
	}
	return later(func(ctx context.Context) {
		text, blocks := a.list(ctx, c.who, f, what)
		a.tell(ctx, c.asInteraction(), text, blocks...)
	})
}

func (a *App) list(ctx context.Context, who visitor, f store.Filter, what string) (text string, blocks []slack.Block) {
	found, err := a.store.List(ctx, who.actor, f, a.now())
	switch {
	case err != nil:
		text = a.trouble(err)
	case len(found) == 0:
		text = fmt.Sprintf("There is none among %s. Others: /promise list all, list at risk, list overdue, list customer NAME. To log one: %s", what, lineExample)
	default:
		return kit.Capital(what), listBlocks(found, what)
	}
	return text, []slack.Block{sentence(text)}
}

// listFilter reads what follows "list".
func listFilter(rest string, who visitor) (f store.Filter, what string, ok bool) {
	word, more, _ := strings.Cut(rest, " ")
	switch strings.ToLower(rest) {
	case "", "mine", "my":
		return store.Filter{Owner: fmt.Sprint(who.person.ID)}, "your open promises", true
	case "all":
		return store.Filter{}, "the open promises", true
	case "at risk", "at-risk":
		return store.Filter{Stage: commitments.AtRisk}, "the promises at risk", true
	case "overdue":
		return store.Filter{Stage: commitments.Overdue}, "the overdue promises", true
	case "watch":
		return store.Filter{Stage: commitments.Watch}, "the promises to watch", true
	}
	if strings.EqualFold(word, "of") {
		word, more, _ = strings.Cut(more, " ")
	}
	name := unquote(more)
	return store.Filter{Customer: name}, "the open promises to " + kit.Line(name, 120), strings.EqualFold(word, "customer") && name != ""
}

func listBlocks(found []commitments.View, what string) []slack.Block {
	blocks := []slack.Block{kit.Header(fmt.Sprintf("%s: %d", kit.Capital(kit.Line(what, 130)), len(found)))}
	for i := range found[:min(len(found), maxListed)] {
		v := &found[i]
		text := fmt.Sprintf("%d · %s · %s\n%s: %s · %s", v.ID, stageWords(v.Stage), promiseWords(v), kit.Line(v.Customer, 120), kit.Line(v.Title, 200), kit.Line(v.Owner, 120))
		blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false), nil,
			slack.NewAccessory(notify.Button("Open", notify.ActionShow, notify.RefTo(v)))))
	}
	if left := len(found) - maxListed; left > 0 {
		blocks = append(blocks, kit.Note(fmt.Sprintf("and %d more; narrow it with list at risk, list overdue, or list customer NAME", left)))
	}
	return blocks
}

func stageWords(s commitments.Stage) string { return strings.ReplaceAll(string(s), "-", " ") }

func (a *App) showVerb(ctx context.Context, c *request) reply {
	id, _ := cutID(c.rest)
	if id == "" {
		return needsID("show", "/promise show 12")
	}
	d, err := a.store.Show(ctx, c.who.actor, id, a.now())
	if err != nil {
		return privately(a.trouble(err))
	}
	return whispered(fmt.Sprintf("Promise %d", d.ID), standing(fmt.Sprintf("Promise %d", d.ID), &d.View)...)
}

// standing is how a promise stands, below what was just done to it.
func standing(done string, v *commitments.View) []slack.Block {
	lines := []slack.RichTextElement{
		kit.Paragraph(kit.Strong(done)), kit.Paragraph(kit.Plain(kit.Line(v.Customer, 120) + ": " + kit.Line(v.Title, 200))),
		kit.Labelled("Stage:", stageWords(v.Stage)), kit.Labelled("Promise date:", promiseWords(v)),
	}
	if v.Target != 0 {
		lines = append(lines, kit.Labelled("Target date, for us alone:", v.Target.Human()))
	}
	lines = append(lines, kit.Labelled("Owner:", kit.Line(v.Owner, 120)))
	var why []string
	for _, r := range v.Reasons[:min(len(v.Reasons), maxListed)] {
		why = append(why, kit.Line(r.Text, 300))
	}
	for _, w := range v.Warnings[:min(len(v.Warnings), maxListed)] {
		why = append(why, kit.Line(w.Text, 300))
	}
	blocks := []slack.Block{slack.NewRichTextBlock("", lines...)}
	if len(why) > 0 {
		blocks = append(blocks, slack.NewRichTextBlock("", kit.List(slack.RTEListBullet, why)))
	}
	return append(blocks, slack.NewActionBlock("", notify.Button("Open", notify.ActionShow, notify.RefTo(v))))
}

// cutID cuts off the number of a promise, or its id elsewhere.
func cutID(rest string) (id, after string) {
	id, after, _ = strings.Cut(rest, " ")
	return strings.TrimPrefix(id, "#"), after
}

func needsID(verb, example string) reply {
	return privately(fmt.Sprintf("Say which promise to %s: %s. Its number is in /promise list.", verb, example))
}

// record answers a verb that changes a promise: it is done before the answer.
func (a *App) record(ctx context.Context, c *request, id, done string, do func(context.Context, store.Op) (commitments.View, error)) reply {
	v, err := do(ctx, store.Op{By: c.who.actor, Ref: id, Once: c.once})
	if err != nil && !errors.Is(err, store.ErrRepeated) {
		return privately("Nothing was recorded. " + a.trouble(err))
	}
	a.poke()
	return whispered(done, standing(done, &v)...)
}

func (a *App) ackVerb(ctx context.Context, c *request) reply {
	id, _ := cutID(c.rest)
	if id == "" {
		return needsID("ack", "/promise ack 12")
	}
	return a.record(ctx, c, id, "You are on it.", a.store.Ack)
}

func (a *App) doneVerb(ctx context.Context, c *request) reply {
	id, when := cutID(c.rest)
	if id == "" {
		return needsID("deliver", "/promise done 12")
	}
	return a.record(ctx, c, id, "Delivered.", func(ctx context.Context, op store.Op) (commitments.View, error) {
		op.At = when
		return a.store.Deliver(ctx, op)
	})
}

func (a *App) checkInVerb(ctx context.Context, c *request) reply {
	id, rest := cutID(c.rest)
	in := store.CheckIn{}
	rest, in.Note = cutWord(rest, "note")
	rest, in.Blocked = cutWord(rest, "blocked")
	in.Left = strings.TrimSuffix(rest, "d")
	if unsaid := in.Blocked == "" && strings.HasSuffix(strings.ToLower(c.rest), " blocked"); id == "" || in.Left == "" || unsaid {
		return privately("Say which promise, and how many working days of work are left: /promise checkin 12 3. If something is in the way: /promise checkin 12 3 blocked no test account.")
	}
	return a.record(ctx, c, id, "Checked in: "+kit.Line(in.Left, 20)+" working days of work left.", func(ctx context.Context, op store.Op) (commitments.View, error) {
		return a.store.CheckIn(ctx, op, in)
	})
}

func (a *App) callVerb(ctx context.Context, c *request) reply {
	id, rest := cutID(c.rest)
	in, ok := parseCall(rest)
	if id == "" || !ok {
		return privately("Say which promise, and what came of the call: /promise call 12 still on, or not reached, or slipping by friday, or new date 15 Jan why their test system is late.")
	}
	return a.record(ctx, c, id, "Called: "+strings.ReplaceAll(in.Outcome, "-", " ")+".", func(ctx context.Context, op store.Op) (commitments.View, error) {
		return a.store.Call(ctx, op, in)
	})
}

// outcomeWord is what a call came to, at the beginning of what is said of it.
var outcomeWord = regexp.MustCompile(`(?i)^(still[ -]on|not[ -]reached|slipping|new[ -]date)(?:\s+|$)`)

// parseCall reads what came of a call: "still on", "not reached", "slipping by friday", or
// "new date 15 Jan target 10 Jan asked by customer why TEXT", each perhaps with "note TEXT".
func parseCall(text string) (in store.Call, ok bool) {
	text, in.Note = cutWord(text, "note")
	text, in.NewDate.Why = cutWord(text, "why")
	m := outcomeWord.FindString(text)
	in.Outcome = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(m)), " ", "-")
	rest := strings.TrimSpace(text[len(m):])
	switch commitments.Outcome(in.Outcome) {
	case commitments.NewDate:
		rest, in.NewDate.AskedBy = cutWord(rest, "asked by")
		in.NewDate.Promise, in.NewDate.Target = cutWord(rest, "target")
		return in, in.NewDate.Promise != ""
	case commitments.Slipping:
		in.DateBy = strings.TrimSpace(strings.TrimPrefix(rest, "by "))
		return in, in.DateBy != ""
	}
	return in, m != "" && rest == ""
}

// cutWord cuts a text at a word, and gives what stands before and after it.
func cutWord(text, word string) (before, after string) {
	padded := " " + text + " "
	at := strings.Index(strings.ToLower(padded), " "+word+" ")
	if at < 0 || len(strings.ToLower(padded)) != len(padded) {
		return strings.TrimSpace(text), ""
	}
	return strings.TrimSpace(padded[:at]), strings.TrimSpace(padded[at+len(word)+2:])
}
