package web

import (
	"fmt"
	"strings"
	"time"

	"kept/notify/fakeslack"
)

// Cards are the parts of a message between its dividers, as a terminal shows them, with
// times in a zone.
func (d *Demo) Cards(m fakeslack.Message, zone *time.Location) []string {
	r := reader{zone: zone, names: demoNames(d.Slack)}
	var cards []string
	var lines []string
	end := func() {
		if len(lines) > 0 {
			cards, lines = append(cards, strings.Join(lines, "\n")), nil
		}
	}
	for _, b := range r.blocks(m.Blocks, surface{}) {
		if b.Kind == "divider" {
			end()
			continue
		}
		if b.Kind == "actions" {
			lines = append(lines, labels(b.Elements))
			continue
		}
		lines = append(lines, textOf(b.Paragraphs))
		for _, f := range b.Fields {
			lines = append(lines, textOf(f))
		}
	}
	end()
	return cards
}

// labels are what can be clicked, in a line.
func labels(elements []element) string {
	all := make([]string, len(elements))
	for i, e := range elements {
		all[i] = "[" + e.Label + "]"
	}
	return strings.Join(all, " ")
}

func textOf(paragraphs []paragraph) string {
	lines := make([]string, len(paragraphs))
	for i, p := range paragraphs {
		var text strings.Builder
		for _, s := range p.Spans {
			text.WriteString(s.Text)
		}
		lines[i] = strings.ReplaceAll(text.String(), "\n", "\n"+indent(p))
		switch p.Kind {
		case "bullet":
			lines[i] = indent(p) + "• " + lines[i]
		case "ordered":
			lines[i] = fmt.Sprintf("%s%d. %s", indent(p), p.Number, lines[i])
		default:
			lines[i] = indent(p) + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

func indent(p paragraph) string {
	switch p.Kind {
	case "quote":
		return "  │ "
	case "pre":
		return "    "
	case "bullet", "ordered":
		return strings.Repeat("  ", p.Indent+1)
	}
	return ""
}
