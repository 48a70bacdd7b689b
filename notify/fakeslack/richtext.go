package fakeslack

import (
	"fmt"
	"slices"
)

// richText checks a rich_text block: sections, lists of sections, quotes and
// code, and in each of them pieces of text.
func (k *checker) richText(at string, b object) {
	list, ok := b["elements"].([]any)
	if !ok {
		k.fail(at, "missing required field: elements")
	}
	for i, v := range list {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		e, _ := v.(object)
		switch kind := str(e, "type"); kind {
		case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
			k.pieces(here, e)
		case "rich_text_list":
			k.richList(here, e)
		default:
			k.fail(here+"/type", "unsupported type: %s", kind)
		}
	}
}

func (k *checker) richList(at string, e object) {
	if style := e["style"]; style != "bullet" && style != "ordered" {
		k.fail(at+"/style", "value is not one of the allowed values")
	}
	list, ok := e["elements"].([]any)
	if !ok {
		k.fail(at, "missing required field: elements")
	}
	for i, v := range list {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		section, _ := v.(object)
		if section["type"] != "rich_text_section" {
			k.fail(here+"/type", "unsupported type: %v", section["type"])
		}
		k.pieces(here, section)
	}
}

// pieceNeeds says which fields each piece of rich text must have.
var pieceNeeds = map[string][]string{
	"text": {"text"}, "link": {"url"}, "user": {"user_id"}, "channel": {"channel_id"}, "emoji": {"name"},
	"date": {"timestamp", "format"}, "usergroup": {"usergroup_id"}, "broadcast": {"range"}, "team": {"team_id"},
	"color": {"value"},
}

// styles are the ways in which a piece may look.
var styles = []string{"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}

func (k *checker) pieces(at string, e object) {
	list, ok := e["elements"].([]any)
	if !ok {
		k.fail(at, "missing required field: elements")
	}
	for i, v := range list {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		piece, _ := v.(object)
		needs, known := pieceNeeds[str(piece, "type")]
		if !known {
			k.fail(here+"/type", "unsupported type: %v", piece["type"])
		}
		for _, name := range needs {
			k.need(here, piece, name)
		}
		k.str(here, piece, "url", maxURL)
		style, _ := piece["style"].(object)
		for name, on := range style {
			if _, ok := on.(bool); !ok || !slices.Contains(styles, name) {
				k.fail(here+"/style/"+name, "value is not one of the allowed values")
			}
		}
		if n, ok := piece["timestamp"].(float64); piece["type"] == "date" && (!ok || n != float64(int64(n))) {
			k.fail(here+"/timestamp", "must be a whole number")
		}
	}
}
