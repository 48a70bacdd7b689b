package web

import (
	"encoding/json"
	"time"
)

// reader renders what a message says for one person: in their zone, with people and
// channels by name.
type reader struct {
	zone  *time.Location
	names map[string]string // of users (@name) and channels (#name), by Slack id
	here  string            // path of the page
}

// block is a Block Kit block as a page shows it. What Slack knows and this page does
// not is shown by its name, so that nothing sent is invisible.
type block struct {
	Kind       string // header, section, context, divider, rich_text, image, actions, input, unknown
	Paragraphs []paragraph
	Fields     [][]paragraph
	Elements   []element // what can be clicked or filled in; of a section what stands beside it
	Hint       string    // of an input
	Fault      string    // why what stands in it was not taken
	Optional   bool      // of an input
	Name       string    // of an unknown block
}

// paragraph is a run of text: p, pre, quote, or an item of a list (bullet, ordered).
type paragraph struct {
	Kind   string
	Indent int // of a list's item
	Number int // of an ordered list's item
	Spans  []span
}

// span is text of one look. Its text is literal: templates escape it.
type span struct {
	Text                       string
	Bold, Italic, Strike, Code bool
	Link                       string // an address that is safe to follow, or ""
	Mention                    bool
}

// What arrives as Block Kit JSON, of all types at once.
type (
	wireBlock struct {
		Type      string            `json:"type"`
		ID        string            `json:"block_id"`
		Text      *wireText         `json:"text"`
		Fields    []wireText        `json:"fields"`
		Elements  []json.RawMessage `json:"elements"`
		Accessory *wireElement      `json:"accessory"`
		AltText   string            `json:"alt_text"`
		// Of an input.
		Label    wireText     `json:"label"`
		Hint     wireText     `json:"hint"`
		Element  *wireElement `json:"element"`
		Dispatch bool         `json:"dispatch_action"`
		Optional bool         `json:"optional"`
	}
	// wireText is a text object, or a picture where one may stand among texts.
	wireText struct {
		Type    string `json:"type"`
		Text    string `json:"text"`
		AltText string `json:"alt_text"`
	}
)

// blocks reads what a message or a view shows; none if it is not what Slack would take.
func (r reader) blocks(raw json.RawMessage, on surface) []block {
	var wire []wireBlock
	if len(raw) == 0 || json.Unmarshal(raw, &wire) != nil {
		return nil
	}
	shown := make([]block, len(wire))
	for i, w := range wire {
		shown[i] = r.block(w, on)
	}
	return shown
}

func (r reader) block(w wireBlock, on surface) block {
	b := block{Kind: w.Type}
	switch w.Type {
	case "divider":
	case "header", "section":
		b.Paragraphs = r.text(w.Text)
		for i := range w.Fields {
			b.Fields = append(b.Fields, r.text(&w.Fields[i]))
		}
		if w.Accessory != nil {
			b.Elements = []element{r.element(*w.Accessory, w.ID, on)}
		}
	case "context":
		for _, e := range w.Elements {
			b.Paragraphs = append(b.Paragraphs, r.note(e)...)
		}
	case "actions":
		for _, raw := range w.Elements {
			var e wireElement
			if json.Unmarshal(raw, &e) == nil {
				b.Elements = append(b.Elements, r.element(e, w.ID, on))
			}
		}
	case "input":
		r.input(&b, w, on)
	case "rich_text":
		for _, e := range w.Elements {
			b.Paragraphs = append(b.Paragraphs, r.rich(e, 0)...)
		}
	case "image":
		b.Paragraphs = plain("Image: " + w.AltText)
	default:
		b.Kind, b.Name = "unknown", w.Type
	}
	return b
}

// input is a question of a modal, with what was not right about the answer.
func (r reader) input(b *block, w wireBlock, on surface) {
	b.Hint, b.Optional, b.Fault = withEmoji(w.Hint.Text), w.Optional, on.faults[w.ID]
	if w.Element == nil {
		return
	}
	e := r.element(*w.Element, w.ID, on)
	e.Label, e.Required, e.Dispatch, e.Alone = withEmoji(w.Label.Text), !w.Optional, w.Dispatch, false
	if b.Hint != "" {
		e.Described = append(e.Described, e.ID+"-hint")
	}
	if b.Fault != "" {
		e.Described = append(e.Described, e.ID+"-fault")
	}
	b.Elements = []element{e}
}

// note is a text or a picture in a context block.
func (r reader) note(raw json.RawMessage) []paragraph {
	var w wireText
	if json.Unmarshal(raw, &w) != nil {
		return nil
	}
	return r.text(&w)
}

// text is a text object: mrkdwn is formatted, anything else is literal.
func (r reader) text(w *wireText) []paragraph {
	switch {
	case w == nil:
		return nil
	case w.Type == "mrkdwn":
		return r.mrkdwn(w.Text)
	case w.Type == "image":
		return plain(w.AltText)
	}
	return plain(w.Text)
}

func plain(text string) []paragraph {
	if text == "" {
		return nil
	}
	return []paragraph{{Kind: "p", Spans: []span{{Text: withEmoji(text)}}}}
}
