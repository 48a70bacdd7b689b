package notify

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// Text from people goes into rich text and plain text only, where Slack reads no
// markup: a customer called <!channel> is shown so, and pings nobody.

var bold, code = &slack.RichTextSectionTextStyle{Bold: true}, &slack.RichTextSectionTextStyle{Code: true}

func plain(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, nil)
}

func strong(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, bold)
}

// command is a line to be typed.
func command(s string) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(s, code)
}

func paragraph(parts ...slack.RichTextSectionElement) *slack.RichTextSection {
	return slack.NewRichTextSection(parts...)
}

// labelled is "Label: text".
func labelled(label, text string) *slack.RichTextSection {
	return paragraph(strong(label+" "), plain(text))
}

func quote(s string) *slack.RichTextQuote {
	return &slack.RichTextQuote{Type: slack.RTEQuote, Elements: []slack.RichTextSectionElement{plain(s)}}
}

func list(style slack.RichTextListElementType, items []string) *slack.RichTextList {
	elements := make([]slack.RichTextElement, len(items))
	for i, s := range items {
		elements[i] = paragraph(plain(s))
	}
	return slack.NewRichTextList(style, 0, elements...)
}

// commands are lines to be typed, one below the other.
func commands(lines ...string) *slack.RichTextSection {
	s := paragraph()
	for i, l := range lines {
		if i > 0 {
			s.Elements = append(s.Elements, plain("\n"))
		}
		s.Elements = append(s.Elements, command(l))
	}
	return s
}

// header is a line in large letters, at most 150 characters.
func header(s string) slack.Block {
	return slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, line(s, 150), false, false))
}

// note is a line in small letters.
func note(s string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.PlainTextType, line(s, 2000), false, false))
}

// Limits of one message. Slack does not say how it counts the text of all blocks
// together; this stays below what it was ever seen to refuse.
const (
	maxBlocks   = 50
	maxWeight   = 11_000
	blockWeight = 40
)

// weight is what blocks count towards maxWeight.
func weight(blocks ...slack.Block) int {
	raw, err := json.Marshal(blocks)
	if err != nil {
		return maxWeight
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return maxWeight
	}
	return textIn(tree) + blockWeight*len(blocks)
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

// pageful collects blocks up to the limits of a message.
type pageful struct {
	blocks []slack.Block
	weight int
}

// roomForEnd is what is kept free for a last line: a digest's names each of its sections
// of which something was left out, and the command that shows all of it.
const roomForEnd = 700

// add appends blocks that belong together, if all of them fit.
func (p *pageful) add(blocks ...slack.Block) bool {
	w := weight(blocks...)
	if len(p.blocks)+len(blocks) > maxBlocks-1 || p.weight+w > maxWeight-roomForEnd {
		return false
	}
	p.blocks, p.weight = append(p.blocks, blocks...), p.weight+w
	return true
}

// end appends a last line, for which there is always room.
func (p *pageful) end(s string) { p.blocks = append(p.blocks, note(cut(s, roomForEnd-blockWeight))) }
