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
}

// block is a Block Kit block as a page shows it. What Slack knows and this page does
// not is shown by its name, so that nothing sent is invisible.
type block struct {
	Kind       string // header, section, context, divider, rich_text, image, actions, unknown
	Paragraphs []paragraph
	Fields     [][]paragraph
	Side       []paragraph // what stands beside a section: a button, a picture's words
	Buttons    []string
	Name       string // of an unknown block
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
		Text      *wireText         `json:"text"`
		Fields    []wireText        `json:"fields"`
		Elements  []json.RawMessage `json:"elements"`
		Accessory *wireText         `json:"accessory"`
		Title     json.RawMessage   `json:"title"`
		AltText   string            `json:"alt_text"`
	}
	wireText struct {
		Type    string
		Text    string
		AltText string
	}
)

// UnmarshalJSON reads a text object, or an element that holds one, as a button does.
func (w *wireText) UnmarshalJSON(b []byte) error {
	var flat struct {
		Type    string          `json:"type"`
		Text    json.RawMessage `json:"text"`
		AltText string          `json:"alt_text"`
	}
	if err := json.Unmarshal(b, &flat); err != nil {
		return err
	}
	w.Type, w.AltText = flat.Type, flat.AltText
	if len(flat.Text) > 0 && flat.Text[0] == '{' {
		var inner wireText
		if err := json.Unmarshal(flat.Text, &inner); err != nil {
			return err
		}
		w.Text = inner.Text
		return nil
	}
	if len(flat.Text) > 0 {
		return json.Unmarshal(flat.Text, &w.Text)
	}
	return nil
}

// blocks reads a message's blocks; none if they are not what Slack would take.
func (r reader) blocks(raw json.RawMessage) []block {
	var wire []wireBlock
	if len(raw) == 0 || json.Unmarshal(raw, &wire) != nil {
		return nil
	}
	shown := make([]block, len(wire))
	for i, w := range wire {
		shown[i] = r.block(w)
	}
	return shown
}

func (r reader) block(w wireBlock) block {
	b := block{Kind: w.Type}
	switch w.Type {
	case "divider":
	case "header", "section":
		b.Paragraphs = r.text(w.Text)
		for i := range w.Fields {
			b.Fields = append(b.Fields, r.text(&w.Fields[i]))
		}
		b.Side = r.text(w.Accessory)
	case "context":
		for _, e := range w.Elements {
			b.Paragraphs = append(b.Paragraphs, r.element(e)...)
		}
	case "actions":
		for _, e := range w.Elements {
			var button wireText
			if json.Unmarshal(e, &button) == nil {
				b.Buttons = append(b.Buttons, button.Text)
			}
		}
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

func (r reader) element(raw json.RawMessage) []paragraph {
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
