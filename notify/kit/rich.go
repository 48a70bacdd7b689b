// Package kit makes what Slack shows: text that is shown as it was typed, within
// Slack's limits, whoever typed it and however long.
package kit

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// Text from people goes into rich text and plain text only, where Slack reads no
// markup: a customer called <!channel> is shown so, and pings nobody.

var bold, code = &slack.RichTextSectionTextStyle{Bold: true}, &slack.RichTextSectionTextStyle{Code: true}

// Plain is text as it was typed.
func Plain(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, nil)
}

// Strong is text that stands out.
func Strong(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, bold)
}

// Code is a line to be typed.
func Code(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, code)
}

// Paragraph is text of several looks.
func Paragraph(parts ...slack.RichTextSectionElement) *slack.RichTextSection {
	return slack.NewRichTextSection(parts...)
}

// Labelled is "Label: text".
func Labelled(label, text string) *slack.RichTextSection {
	return Paragraph(Strong(label+" "), Plain(text))
}

// Quote is what somebody said or wrote.
func Quote(s string) *slack.RichTextQuote {
	return &slack.RichTextQuote{Type: slack.RTEQuote, Elements: []slack.RichTextSectionElement{Plain(s)}}
}

// List is a list of lines.
func List(style slack.RichTextListElementType, items []string) *slack.RichTextList {
	elements := make([]slack.RichTextElement, len(items))
	for i, s := range items {
		elements[i] = Paragraph(Plain(s))
	}
	return slack.NewRichTextList(style, 0, elements...)
}

// Moment is an instant, shown in each reader's own zone; otherwise is what is shown where
// that cannot be done.
func Moment(at time.Time, otherwise string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionDateElement(at.Unix(), "{date_long_pretty} at {time}", nil, &otherwise)
}

// Items is a list of which each item holds more than text.
func Items(style slack.RichTextListElementType, items [][]slack.RichTextSectionElement) *slack.RichTextList {
	elements := make([]slack.RichTextElement, len(items))
	for i, parts := range items {
		elements[i] = Paragraph(parts...)
	}
	return slack.NewRichTextList(style, 0, elements...)
}

// Commands are lines to be typed, one below the other.
func Commands(lines ...string) *slack.RichTextSection {
	s := Paragraph()
	for i, l := range lines {
		if i > 0 {
			s.Elements = append(s.Elements, Plain("\n"))
		}
		s.Elements = append(s.Elements, Code(l))
	}
	return s
}

// Header is a line in large letters, at most 150 characters.
func Header(s string) slack.Block {
	return slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, Line(s, 150), false, false))
}

// Confirmed is a button that asks once more, as it does what is not easily undone.
func Confirmed(b *slack.ButtonBlockElement, title, text, yes string) *slack.ButtonBlockElement {
	words := func(s string, most int) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, Line(s, most), false, false)
	}
	return b.WithConfirm(slack.NewConfirmationBlockObject(words(title, 100), words(text, 300), words(yes, 30), words("Not yet", 30)))
}

// Note is a line in small letters.
func Note(s string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.PlainTextType, Line(s, 2000), false, false))
}

// Limits of one message. Slack does not say how it counts the text of all blocks
// together; this stays below what it was ever seen to refuse.
const (
	MaxBlocks   = 50
	MaxWeight   = 11_000
	BlockWeight = 40
)

// Weight is what blocks count towards MaxWeight.
func Weight(blocks ...slack.Block) int {
	raw, err := json.Marshal(blocks)
	if err != nil {
		return MaxWeight
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return MaxWeight
	}
	return textIn(tree) + BlockWeight*len(blocks)
}

// textIn counts the characters of everything called text, at any depth.
func textIn(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += textIn(e)
		}
	case map[string]any:
		for name, e := range v {
			if s, ok := e.(string); ok && name == "text" {
				n += utf8.RuneCountInString(s)
			} else {
				n += textIn(e)
			}
		}
	}
	return n
}
