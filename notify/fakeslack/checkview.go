package fakeslack

import "encoding/json"

// Limits of a view, in characters where nothing else is said.
const (
	maxTitle           = 24
	maxCallbackID      = 255
	maxPrivateMetadata = 3000
	maxViewBytes       = 250_000
	maxStack           = 3 // modals on top of each other
)

// checkView refuses a view that is not of the kind wanted or breaks a limit.
func checkView(text, kind string) error {
	var view object
	if json.Unmarshal([]byte(text), &view) != nil {
		return failure("invalid_arguments")
	}
	if len(text) > maxViewBytes {
		return failure("view_too_large")
	}
	k := &checker{view: true}
	if view["type"] != kind {
		k.fail("/view/type", "unsupported type: %v", view["type"])
	}
	if kind == "modal" {
		k.text("/view", view, "title", maxTitle, "plain_text")
	}
	k.optionalText("/view", view, "submit", maxTitle, "plain_text")
	k.optionalText("/view", view, "close", maxTitle, "plain_text")
	k.str("/view", view, "callback_id", maxCallbackID)
	k.str("/view", view, "external_id", maxID)
	k.str("/view", view, "private_metadata", maxPrivateMetadata)
	blocks, ok := view["blocks"].([]any)
	if !ok {
		k.fail("/view", "missing required field: blocks")
	}
	k.blocks("/view/blocks", blocks, maxViewBlocks)
	for _, b := range blocks {
		if o, _ := b.(object); o["type"] == "input" && kind == "modal" && view["submit"] == nil {
			k.fail("/view", "missing required field: submit")
			break
		}
	}
	if len(k.problems) > 0 {
		return invalid("invalid_arguments", k.problems)
	}
	return nil
}
