package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"kept/commitments"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// command is what was typed after /promise.
type command struct {
	Text       string `json:"text"`
	Command    string `json:"command"`
	User       string `json:"user_id"`
	Channel    string `json:"channel_id"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	App        string `json:"api_app_id"`
	Trigger    string `json:"trigger_id"`
	Response   string `json:"response_url"`
}

// whisper is an answer that only the one who typed the command sees.
type whisper struct {
	Type   string        `json:"response_type"` // ephemeral
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks,omitempty"`
}

// whispered is an answer to a command: blocks, and what is read where they are not shown.
func whispered(text string, blocks ...slack.Block) reply {
	return reply{body: whisper{Type: "ephemeral", Text: kit.Escape(kit.Line(text, 1000)), Blocks: blocks}}
}

// privately answers a command in a sentence.
func privately(text string) reply { return whispered(text, sentence(text)) }

// sentence is text of our own, or that quotes what people typed, shown as it is.
func sentence(text string) slack.Block {
	return slack.NewRichTextBlock("", kit.Paragraph(kit.Plain(kit.Clip(text, 2000))))
}

func (a *App) command(ctx context.Context, payload json.RawMessage) reply {
	var c command
	if err := json.Unmarshal(payload, &c); err != nil {
		a.log.Warn("a command from Slack cannot be read", "error", err)
		return reply{}
	}
	who, err := a.who(ctx, account{ID: c.User, Team: c.Team})
	if err != nil {
		return privately(a.whyNot(err, c.User))
	}
	c.Text = kit.Clip(c.Text, maxCommand)
	if c.Text == "" {
		return later(func(ctx context.Context) {
			a.openForm(ctx, c.asInteraction(), who, draft{source: source{Channel: c.Channel, Response: c.Response}})
		})
	}
	once := onceOf(payload)
	plain, _ := unslack(c.Text)
	if v, rest := verbOf(plain); v != nil {
		return v.do(a, ctx, &request{command: c, who: who, once: once, rest: rest})
	}
	if l, err := parseLine(c.Text, a.now()); l.Customer == "" && err != nil {
		return a.unknownVerb(plain)
	}
	return a.oneLine(ctx, &c, who, once)
}

// asInteraction is a command as a click where it was typed, to be answered as such.
func (c *command) asInteraction() *interaction {
	return &interaction{Trigger: c.Trigger, Response: c.Response, User: account{ID: c.User, Team: c.Team}, Channel: place{ID: c.Channel}}
}

// maxCommand is how much of a command is read, in characters: more than makes sense.
const maxCommand = 12_000

// request is a command whose verb is known, by somebody who is.
type request struct {
	command
	who  visitor
	once string
	rest string // what follows the verb
}

// verb is something that /promise does.
type verb struct {
	names   []string // the first is the one that help tells
	example string
	about   string
	do      func(*App, context.Context, *request) reply
}

// verbOf is the verb that a text begins with; nil if it begins with none, or is a line
// that happens to begin like one, as "Call Centre: new phones by friday".
func verbOf(text string) (*verb, string) {
	first, rest, _ := strings.Cut(strings.Join(strings.Fields(text), " "), " ")
	first = strings.ToLower(strings.TrimPrefix(first, "/"))
	for _, v := range verbs() {
		if slices.Contains(v.names, first) {
			if rest != "" && !strings.ContainsAny(rest[:1], "#0123456789") && strings.Contains(rest, ": ") {
				return nil, text
			}
			return &v, rest
		}
	}
	return nil, text
}

// trouble is what went wrong in plain words, with the field it is about.
func (a *App) trouble(err error) string {
	var told *commitments.Error
	if errors.As(err, &told) && told.Field != "" && told.Kind != commitments.ErrNotFound {
		return kit.Capital(strings.ReplaceAll(told.Field, "-", " ")) + ": " + a.words(err)
	}
	return kit.Capital(a.words(err))
}

// inSlack is a message of the store's without its advice for the command line, which
// nobody can follow here.
func inSlack(message string) string { return forSlack.Replace(message) }

var forSlack = strings.NewReplacer(
	" (use --at to record one made in the past)", "", ", or add --create", "", "add it with `kept customer add`", "an account manager can add it",
	"add it with `kept kind add`", "an administrator can add it", "add it with `kept team add`", "an administrator can add it",
	"add them with `kept person add`", "an administrator can add them",
)
