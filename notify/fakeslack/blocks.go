package fakeslack

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Limits of Block Kit, in characters or items.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxSection       = 3000
	maxField         = 2000
	maxFields        = 10
	maxInput         = 3000
	maxHeader        = 150
	maxContext       = 10
	maxActions       = 25
	maxMarkdown      = 12_000 // in all markdown blocks of a message together
	maxButton        = 75
	maxValue         = 2000
	maxURL           = 3000
	maxID            = 255
	maxOptions       = 100
	maxOverflow      = 5
	maxBoxes         = 10
	maxOption        = 75
	maxOptionValue   = 150
	maxPlaceholder   = 150
	maxTableRows     = 100
	maxTableColumns  = 20
)

// Slack refuses messages whose blocks are too long in sum, and does not say
// how it counts. From what developers report, this count refuses all that
// Slack was seen to refuse, and a little more.
const (
	maxMessageText = 12_000
	blockWeight    = 40
)

type object = map[string]any

// checker collects what is wrong with a set of blocks.
type checker struct {
	problems []string
	blockIDs map[string]bool
	markdown int // characters so far
	tables   int
	view     bool // not a message
	focused  bool // an element asked for the cursor
}

// checkMessageBlocks reads the blocks of a message.
func checkMessageBlocks(text string) ([]any, error) {
	var blocks []any
	if json.Unmarshal([]byte(text), &blocks) != nil {
		return nil, failure("invalid_blocks_format")
	}
	k := &checker{}
	k.blocks("/blocks", blocks, maxMessageBlocks)
	if len(k.problems) > 0 {
		return nil, invalid("invalid_blocks", k.problems)
	}
	if textLength(blocks)+blockWeight*len(blocks) > maxMessageText+blockWeight {
		return nil, failure("msg_blocks_too_long")
	}
	return blocks, nil
}

// textLength is the characters in everything called text, at any depth.
func textLength(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += textLength(e)
		}
	case object:
		for name, e := range v {
			if text, ok := e.(string); ok && name == "text" {
				n += utf8.RuneCountInString(text)
			} else {
				n += textLength(e)
			}
		}
	}
	return n
}

func (k *checker) fail(at, format string, a ...any) {
	k.problems = append(k.problems, fmt.Sprintf(format, a...)+" [json-pointer:"+at+"]")
}

func (k *checker) blocks(at string, blocks []any, most int) {
	if len(blocks) > most {
		k.fail(at, "no more than %d items allowed", most)
	}
	k.blockIDs = map[string]bool{}
	for i, b := range blocks {
		k.block(fmt.Sprintf("%s/%d", at, i), b)
	}
}

func (k *checker) block(at string, v any) {
	b, ok := v.(object)
	if !ok {
		k.fail(at, "must be an object")
		return
	}
	k.str(at, b, "block_id", maxID)
	if id, ok := b["block_id"].(string); ok && id != "" {
		if k.blockIDs[id] {
			k.fail(at+"/block_id", "`block_id` %q already exists", id)
		}
		k.blockIDs[id] = true
	}
	switch kind, _ := b["type"].(string); kind {
	case "section":
		k.section(at, b)
	case "header":
		k.text(at, b, "text", maxHeader, "plain_text")
	case "context":
		k.context(at, b)
	case "actions":
		k.elements(at, b, maxActions)
	case "input":
		k.text(at, b, "label", maxField, "plain_text")
		k.optionalText(at, b, "hint", maxField, "plain_text")
		k.need(at, b, "element")
		k.element(at+"/element", b["element"], inInput, map[string]bool{})
	case "image":
		k.image(at, b)
	case "markdown":
		k.onlyInMessages(at, kind)
		k.markdownText(at, b)
	case "table":
		k.onlyInMessages(at, kind)
		k.table(at, b)
	case "rich_text":
		k.richText(at, b)
	case "divider", "video", "file", "data_table", "data_visualization", "alert", "card", "carousel",
		"container", "plan", "task_card", "context_actions":
	default:
		k.fail(at+"/type", "unsupported type: %s", kind)
	}
}

func (k *checker) onlyInMessages(at, kind string) {
	if k.view {
		k.fail(at+"/type", "unsupported type: %s", kind)
	}
}

func (k *checker) section(at string, b object) {
	fields, _ := b["fields"].([]any)
	if len(fields) == 0 {
		k.text(at, b, "text", maxSection, "plain_text", "mrkdwn")
	} else {
		k.optionalText(at, b, "text", maxSection, "plain_text", "mrkdwn")
	}
	if len(fields) > maxFields {
		k.fail(at+"/fields", "no more than %d items allowed", maxFields)
	}
	for i, f := range fields {
		k.textObject(fmt.Sprintf("%s/fields/%d", at, i), f, maxField, "plain_text", "mrkdwn")
	}
	if b["accessory"] != nil {
		k.element(at+"/accessory", b["accessory"], inSection, map[string]bool{})
	}
}

func (k *checker) context(at string, b object) {
	for i, e := range k.items(at, b, "elements", maxContext) {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		if o, _ := e.(object); o["type"] == "image" {
			k.image(here, o)
		} else {
			k.textObject(here, e, maxSection, "plain_text", "mrkdwn")
		}
	}
}

func (k *checker) image(at string, b object) {
	if b["slack_file"] == nil {
		k.need(at, b, "image_url")
	}
	k.need(at, b, "alt_text")
	k.str(at, b, "image_url", maxURL)
	k.str(at, b, "alt_text", maxField)
	k.optionalText(at, b, "title", maxField, "plain_text")
}

func (k *checker) markdownText(at string, b object) {
	k.need(at, b, "text")
	text, _ := b["text"].(string)
	k.markdown += utf8.RuneCountInString(text)
	if k.markdown > maxMarkdown {
		k.fail(at+"/text", "must be less than %d characters", maxMarkdown+1)
	}
}

func (k *checker) table(at string, b object) {
	if k.tables++; k.tables > 1 {
		k.fail(at, "no more than one table allowed")
	}
	for i, row := range k.items(at, b, "rows", maxTableRows) {
		cells, ok := row.([]any)
		if here := fmt.Sprintf("%s/rows/%d", at, i); !ok {
			k.fail(here, "must be an array")
		} else if len(cells) > maxTableColumns {
			k.fail(here, "no more than %d items allowed", maxTableColumns)
		}
	}
}

// items is the array under name, which must hold between one and most.
func (k *checker) items(at string, o object, name string, most int) []any {
	list, _ := o[name].([]any)
	switch {
	case len(list) == 0:
		k.need(at, object{name: nil}, name)
	case len(list) > most:
		k.fail(at+"/"+name, "no more than %d items allowed", most)
	}
	return list
}

func (k *checker) need(at string, o object, name string) {
	if o[name] == nil || o[name] == "" {
		k.fail(at, "missing required field: %s", name)
	}
}

func (k *checker) str(at string, o object, name string, most int) {
	v, ok := o[name]
	if !ok || v == nil {
		return
	}
	text, ok := v.(string)
	if !ok {
		k.fail(at+"/"+name, "must be a string")
		return
	}
	if utf8.RuneCountInString(text) > most {
		k.fail(at+"/"+name, "must be less than %d characters", most+1)
	}
}

func (k *checker) optionalText(at string, o object, name string, most int, kinds ...string) {
	if o[name] != nil {
		k.textObject(at+"/"+name, o[name], most, kinds...)
	}
}

// text checks the text object that must be under name.
func (k *checker) text(at string, o object, name string, most int, kinds ...string) {
	k.need(at, o, name)
	k.optionalText(at, o, name, most, kinds...)
}

func (k *checker) textObject(at string, v any, most int, kinds ...string) {
	o, ok := v.(object)
	if !ok {
		k.fail(at, "must be an object")
		return
	}
	known := false
	for _, kind := range kinds {
		known = known || o["type"] == kind
	}
	if !known {
		k.fail(at+"/type", "unsupported type: %v", o["type"])
	}
	if o["text"] == nil || o["text"] == "" {
		k.fail(at+"/text", "must be more than 0 characters")
	}
	k.str(at, o, "text", most)
}
