package notify

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// passage is a part of a message as e-mail shows it.
type passage struct {
	Kind  string // title, rule, text, small, quote, bullets or numbers
	Spans []piece
	Items [][]piece // of a list
}

// piece is text of one look.
type piece struct {
	Text       string
	Bold, Code bool
}

//go:embed mail.html
var mailPage string

var mailTemplate = template.Must(template.New("mail").Parse(mailPage))

// letterhead is what an e-mail says before the message itself.
type letterhead []string

// mailText writes a message as plain text and as a page, after the letterhead.
func (m message) mailText(head letterhead) (text, page string, err error) {
	passages, err := m.passages()
	if err != nil {
		return "", "", err
	}
	var html strings.Builder
	err = mailTemplate.Execute(&html, map[string]any{"Head": head, "Passages": passages})
	return plainMail(head, passages), html.String(), err
}

func plainMail(head letterhead, passages []passage) string {
	var b strings.Builder
	for _, h := range head {
		b.WriteString(h + "\n\n")
	}
	for _, p := range passages {
		b.WriteString(p.plain() + "\n\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (p passage) plain() string {
	switch p.Kind {
	case "rule":
		return strings.Repeat("-", 40)
	case "title":
		return strings.ToUpper(joinPieces(p.Spans))
	case "quote":
		return "> " + strings.ReplaceAll(joinPieces(p.Spans), "\n", "\n> ")
	case "bullets", "numbers":
		lines := make([]string, len(p.Items))
		for i, item := range p.Items {
			mark := "-"
			if p.Kind == "numbers" {
				mark = fmt.Sprintf("%d.", i+1)
			}
			lines[i] = mark + " " + joinPieces(item)
		}
		return strings.Join(lines, "\n")
	}
	return joinPieces(p.Spans)
}

func joinPieces(all []piece) string {
	var b strings.Builder
	for _, s := range all {
		b.WriteString(s.Text)
	}
	return b.String()
}

// passages are what a message's blocks say, or its text where it has none. Buttons are
// left out: they work in Slack only.
func (m message) passages() ([]passage, error) {
	if m.isPlain() {
		var all []passage
		for l := range strings.Lines(m.Text) {
			all = append(all, words("text", strings.TrimSpace(l)))
		}
		return all, nil
	}
	var blocks slack.Blocks
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		return nil, err
	}
	var all []passage
	for _, b := range blocks.BlockSet {
		all = append(all, blockPassages(b)...)
	}
	return all, nil
}

func words(kind, text string) passage { return passage{Kind: kind, Spans: []piece{{Text: text}}} }

func blockPassages(b slack.Block) (all []passage) {
	switch b := b.(type) {
	case *slack.HeaderBlock:
		return []passage{words("title", b.Text.Text)}
	case *slack.DividerBlock:
		return []passage{{Kind: "rule"}}
	case *slack.SectionBlock:
		if b.Text != nil {
			return []passage{words("text", b.Text.Text)}
		}
	case *slack.ContextBlock:
		for _, e := range b.ContextElements.Elements {
			if t, ok := e.(*slack.TextBlockObject); ok {
				all = append(all, words("small", t.Text))
			}
		}
	case *slack.RichTextBlock:
		for _, e := range b.Elements {
			all = append(all, richPassage(e))
		}
	}
	return all
}

func richPassage(e slack.RichTextElement) passage {
	switch e := e.(type) {
	case *slack.RichTextSection:
		return passage{Kind: "text", Spans: pieces(e.Elements)}
	case *slack.RichTextQuote:
		return passage{Kind: "quote", Spans: pieces(e.Elements)}
	case *slack.RichTextPreformatted:
		return passage{Kind: "quote", Spans: pieces(e.Elements)}
	case *slack.RichTextList:
		p := passage{Kind: "bullets"}
		if e.Style == slack.RTEListOrdered {
			p.Kind = "numbers"
		}
		for _, item := range e.Elements {
			p.Items = append(p.Items, richPassage(item).Spans)
		}
		return p
	}
	return passage{Kind: "text"}
}

func pieces(elements []slack.RichTextSectionElement) (all []piece) {
	for _, e := range elements {
		switch t := e.(type) {
		case *slack.RichTextSectionTextElement:
			p := piece{Text: t.Text}
			if t.Style != nil {
				p.Bold, p.Code = t.Style.Bold, t.Style.Code
			}
			all = append(all, p)
		case *slack.RichTextSectionDateElement:
			if t.Fallback != nil {
				all = append(all, piece{Text: *t.Fallback})
			}
		}
	}
	return all
}

// subject is the first line of a message's text, and how many there are more.
func (m message) subject() string {
	lines := strings.Split(m.Text, "\n")
	s := kit.Line(lines[0], 180)
	if n := len(lines) - 1; n > 0 {
		s += fmt.Sprintf(" (and %d more)", n)
	}
	return s
}
