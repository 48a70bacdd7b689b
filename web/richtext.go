package web

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// wireRich is an element of a rich_text block: a container, or a run of text in one.
type wireRich struct {
	Type      string            `json:"type"`
	Elements  []json.RawMessage `json:"elements"`
	Style     json.RawMessage   `json:"style"` // of a list a word, of text an object
	Indent    int               `json:"indent"`
	Text      string            `json:"text"`
	URL       string            `json:"url"`
	UserID    string            `json:"user_id"`
	ChannelID string            `json:"channel_id"`
	Range     string            `json:"range"`
	Name      string            `json:"name"`
	Unicode   string            `json:"unicode"`
	Timestamp int64             `json:"timestamp"`
	Format    string            `json:"format"`
	Fallback  string            `json:"fallback"`
}

// rich reads a container: a section, a list, a quote or preformatted text.
func (r reader) rich(raw json.RawMessage, number int) []paragraph {
	var w wireRich
	if json.Unmarshal(raw, &w) != nil {
		return nil
	}
	if w.Type == "rich_text_list" {
		return r.list(w)
	}
	p := paragraph{Kind: "p", Number: number}
	switch w.Type {
	case "rich_text_preformatted":
		p.Kind = "pre"
	case "rich_text_quote":
		p.Kind = "quote"
	}
	for _, e := range w.Elements {
		p.Spans = append(p.Spans, r.run(e))
	}
	return []paragraph{p}
}

func (r reader) list(w wireRich) []paragraph {
	kind := "bullet"
	if string(w.Style) == `"ordered"` {
		kind = "ordered"
	}
	var items []paragraph
	for i, e := range w.Elements {
		for _, p := range r.rich(e, i+1) {
			p.Kind, p.Indent = kind, w.Indent
			items = append(items, p)
		}
	}
	return items
}

// run reads one run of text.
func (r reader) run(raw json.RawMessage) span {
	var w wireRich
	if json.Unmarshal(raw, &w) != nil {
		return span{}
	}
	var style struct{ Bold, Italic, Strike, Code bool }
	_ = json.Unmarshal(w.Style, &style) // no style is the usual case
	s := span{Text: w.Text, Bold: style.Bold, Italic: style.Italic, Strike: style.Strike, Code: style.Code}
	switch w.Type {
	case "link":
		s.Link = safeLink(w.URL)
		if s.Text == "" {
			s.Text = w.URL
		}
	case "user", "channel":
		s.Mention, s.Text = true, r.name(w.UserID+w.ChannelID, "")
	case "broadcast":
		s.Mention, s.Text = true, "@"+w.Range
	case "emoji":
		s.Text = emoji(w)
	case "date":
		s.Text = r.date(w.Timestamp, w.Format)
	}
	return s
}

// emoji is the character itself where the message says which it is.
func emoji(w wireRich) string {
	var out strings.Builder
	for code := range strings.SplitSeq(w.Unicode, "-") {
		n, err := strconv.ParseUint(code, 16, 32)
		if err != nil || !utf8.ValidRune(rune(n)) {
			return withEmoji(":" + w.Name + ":")
		}
		out.WriteRune(rune(n))
	}
	return out.String()
}
