package fakeslack

import (
	"encoding/json"
	"fmt"
)

// Element is a button, menu or input as a person sees it.
type Element struct {
	Kind          string // "button", "datepicker", …
	Block, Action string
	Value, Text   string // of a button
	Label         string // of an input
	Style         string // "primary", "danger" or ""
	Options       []string
	Confirm       string // what is asked before it is done, with the title in front; "" for nothing
}

// Elements lists all that people can use in blocks, in the order they see it.
func Elements(blocks json.RawMessage) (list []Element) {
	var parsed []any
	json.Unmarshal(blocks, &parsed)
	for _, f := range fieldsIn(parsed) {
		block, action := f.id()
		e := Element{Kind: f.kind(), Block: block, Action: action, Value: str(f.element, "value"),
			Text: words(f.element["text"]), Label: words(f.block["label"]), Style: str(f.element, "style")}
		for _, o := range f.options() {
			e.Options = append(e.Options, words(o["text"]))
		}
		if confirm, ok := f.element["confirm"].(object); ok {
			e.Confirm = fmt.Sprintf("%s: %s", words(confirm["title"]), words(confirm["text"]))
		}
		list = append(list, e)
	}
	return list
}

// words is what a text object says.
func words(v any) string {
	o, _ := v.(object)
	return str(o, "text")
}
