package fakeslack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// raw sends blocks as they stand, so that a test can send what slack-go would
// not build.
type raw string

func (r raw) option() slack.MsgOption {
	var set slack.Blocks
	if err := json.Unmarshal([]byte(r), &set); err != nil {
		panic(fmt.Sprintf("%v in %s", err, r))
	}
	return slack.MsgOptionBlocks(set.BlockSet...)
}

func repeat(n int, item string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "#", fmt.Sprint(i))
	}
	return strings.Join(items, ",")
}

func long(n int) string { return strings.Repeat("ł", n) }

func plainText(n int) string { return `{"type":"plain_text","text":"` + long(n) + `"}` }

func button(n int, more string) string {
	return `{"type":"button","text":` + plainText(n) + more + `}`
}

// blockLimits are the limits of Block Kit: how to build a message with n of
// what is limited, how many may be, and where the refusal points.
var blockLimits = []struct {
	name    string
	limit   int
	build   func(n int) string
	pointer string
}{
	{"blocks in a message", 50, func(n int) string { return repeat(n, `{"type":"divider"}`) }, "/blocks"},
	{"section text", 3000, func(n int) string { return `{"type":"section","text":` + plainText(n) + `}` }, "/blocks/0/text/text"},
	{"fields", 10, func(n int) string { return `{"type":"section","fields":[` + repeat(n, plainText(3)) + `]}` }, "/blocks/0/fields"},
	{"field text", 2000, func(n int) string { return `{"type":"section","fields":[` + plainText(n) + `]}` }, "/blocks/0/fields/0/text"},
	{"header", 150, func(n int) string { return `{"type":"header","text":` + plainText(n) + `}` }, "/blocks/0/text/text"},
	{"context elements", 10, func(n int) string { return `{"type":"context","elements":[` + repeat(n, plainText(3)) + `]}` }, "/blocks/0/elements"},
	{"actions", 25, func(n int) string {
		return `{"type":"actions","elements":[` + repeat(n, button(3, `,"action_id":"a#"`)) + `]}`
	}, "/blocks/0/elements"},
	{"button text", 75, func(n int) string { return `{"type":"actions","elements":[` + button(n, "") + `]}` }, "/blocks/0/elements/0/text/text"},
	{"button value", 2000, func(n int) string {
		return `{"type":"actions","elements":[` + button(3, `,"value":"`+long(n)+`"`) + `]}`
	}, "/blocks/0/elements/0/value"},
	{"button url", 3000, func(n int) string {
		return `{"type":"actions","elements":[` + button(3, `,"url":"`+long(n)+`"`) + `]}`
	}, "/blocks/0/elements/0/url"},
	{"action id", 255, func(n int) string {
		return `{"type":"actions","elements":[` + button(3, `,"action_id":"`+long(n)+`"`) + `]}`
	}, "/blocks/0/elements/0/action_id"},
	{"block id", 255, func(n int) string { return `{"type":"divider","block_id":"` + long(n) + `"}` }, "/blocks/0/block_id"},
	{"select options", 100, func(n int) string {
		return `{"type":"actions","elements":[{"type":"static_select","options":[` +
			repeat(n, `{"text":`+plainText(3)+`,"value":"#"}`) + `]}]}`
	}, "/blocks/0/elements/0/options"},
	{"option value", 150, func(n int) string {
		return `{"type":"actions","elements":[{"type":"static_select","options":[{"text":` + plainText(3) + `,"value":"` + long(n) + `"}]}]}`
	}, "/blocks/0/elements/0/options/0/value"},
	{"overflow options", 5, func(n int) string {
		return `{"type":"section","text":` + plainText(3) + `,"accessory":{"type":"overflow","options":[` +
			repeat(n, `{"text":`+plainText(3)+`,"value":"#"}`) + `]}}`
	}, "/blocks/0/accessory/options"},
	{"image address", 3000, func(n int) string {
		return `{"type":"image","image_url":"` + long(n) + `","alt_text":"x"}`
	}, "/blocks/0/image_url"},
	{"image in words", 2000, func(n int) string {
		return `{"type":"context","elements":[{"type":"image","image_url":"x","alt_text":"` + long(n) + `"}]}`
	}, "/blocks/0/elements/0/alt_text"},
	{"confirmation title", 100, func(n int) string {
		return `{"type":"actions","elements":[` + button(3, `,"confirm":{"title":`+plainText(n)+`,"text":`+plainText(300)+`,"confirm":`+plainText(30)+`}`) + `]}`
	}, "/blocks/0/elements/0/confirm/title/text"},
	{"confirmation button", 30, func(n int) string {
		return `{"type":"actions","elements":[` + button(3, `,"confirm":{"title":`+plainText(3)+`,"text":`+plainText(3)+`,"deny":`+plainText(n)+`}`) + `]}`
	}, "/blocks/0/elements/0/confirm/deny/text"},
	{"table rows", 100, func(n int) string {
		return `{"type":"table","rows":[` + repeat(n, `[{"type":"raw_text","text":"a"}]`) + `]}`
	}, "/blocks/0/rows"},
	{"table columns", 20, func(n int) string {
		return `{"type":"table","rows":[[` + repeat(n, `{"type":"raw_text","text":"a"}`) + `]]}`
	}, "/blocks/0/rows/0"},
	{"markdown, all together", 12_000, func(n int) string { return `{"type":"markdown","text":"` + long(n) + `"}` }, "/blocks/0/text"},
	{"tables", 1, func(n int) string {
		return repeat(n, `{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`)
	}, "/blocks/1"},
}

func TestBlockLimits(t *testing.T) {
	for _, l := range blockLimits {
		t.Run(l.name, func(t *testing.T) {
			s, api := inMemory()
			if _, _, err := api.PostMessage(deliveryID, raw("["+l.build(l.limit)+"]").option()); err != nil {
				t.Errorf("%d: %v", l.limit, err)
			}
			_, _, err := api.PostMessage(deliveryID, raw("["+l.build(l.limit+1)+"]").option())
			wantPointer(t, err, "invalid_blocks", l.pointer)
			if n := len(s.Accepted()); n != 1 {
				t.Errorf("%d messages accepted, want only the one within the limit", n)
			}
		})
	}
}

func wantPointer(t *testing.T, err error, code, pointer string) {
	t.Helper()
	wantCode(t, err, code)
	var refusal slack.SlackErrorResponse
	errors.As(err, &refusal)
	messages := strings.Join(refusal.ResponseMetadata.Messages, "\n")
	if !strings.Contains(messages, "[json-pointer:"+pointer+"]") {
		t.Errorf("refusal does not point at %s:\n%s", pointer, messages)
	}
}

func TestMalformedBlocks(t *testing.T) {
	for _, c := range []struct{ name, blocks, pointer string }{
		{"header in mrkdwn", `{"type":"header","text":{"type":"mrkdwn","text":"x"}}`, "/blocks/0/text/type"},
		{"section without text", `{"type":"section"}`, "/blocks/0"},
		{"empty text", `{"type":"section","text":{"type":"mrkdwn","text":""}}`, "/blocks/0/text/text"},
		{"button in mrkdwn", `{"type":"actions","elements":[{"type":"button","text":{"type":"mrkdwn","text":"x"}}]}`, "/blocks/0/elements/0/text/type"},
		{"no actions", `{"type":"actions","elements":[]}`, "/blocks/0"},
		{"block id twice", `{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, "/blocks/1/block_id"},
		{"action id twice", `{"type":"actions","elements":[` + repeat(2, button(3, `,"action_id":"a"`)) + `]}`, "/blocks/0/elements/1/action_id"},
		{"bad button style", `{"type":"actions","elements":[` + button(3, `,"style":"loud"`) + `]}`, "/blocks/0/elements/0/style"},
		{"unknown block", `{"type":"hologram"}`, "/blocks/0/type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := inMemory()
			wantPointer(t, postForm(s, "chat.postMessage", "channel", deliveryID, "blocks", "["+c.blocks+"]"), "invalid_blocks", c.pointer)
		})
	}
	s, _ := inMemory()
	wantCode(t, postForm(s, "chat.postMessage", "channel", deliveryID, "blocks", `{"type":"divider"}`), "invalid_blocks_format")
}

// Slack was seen to refuse 13,298 characters of markdown and text, and 11,341
// characters in 45 blocks, and to take 9,597 in 50.
func TestBlocksTooLongInSum(t *testing.T) {
	section := func(n int) string { return `{"type":"section","text":` + plainText(n) + `}` }
	_, api := inMemory()
	if _, _, err := api.PostMessage(deliveryID, raw("["+repeat(50, section(191))+"]").option()); err != nil {
		t.Errorf("50 blocks of 191 characters: %v", err)
	}
	_, _, err := api.PostMessage(deliveryID, raw("["+repeat(45, section(252))+"]").option())
	wantCode(t, err, "msg_blocks_too_long")
}

func TestTextAndMetadataLimits(t *testing.T) {
	s, api := inMemory()
	ch, ts := post(t, api, deliveryID, text("x"))
	_, _, _, err := api.UpdateMessage(ch, ts, text(long(4001)))
	wantCode(t, err, "msg_too_long")
	if _, _, _, err := api.UpdateMessage(ch, ts, text(long(4000))); err != nil {
		t.Errorf("update with 4,000 characters: %v", err)
	}
	_, _, err = api.PostMessage(ch, text("x"), key(long(8000)))
	wantCode(t, err, "metadata_too_large")
	for _, c := range []struct{ metadata, code string }{
		{`{"event_type":"kept_alert"}`, "invalid_metadata_schema"},
		{`{"event_payload":{}}`, "invalid_metadata_schema"},
		{`[]`, "invalid_metadata_format"},
		{`{`, "invalid_metadata_format"},
	} {
		wantCode(t, postForm(s, "chat.postMessage", "channel", ch, "text", "x", "metadata", c.metadata), c.code)
	}
	wantCode(t, postForm(s, "chat.postMessage", "channel", ch, "attachments", "["+repeat(101, "{}")+"]"), "too_many_attachments")
}

func TestTruncationWarns(t *testing.T) {
	s, _ := inMemory()
	body := answer(s, "chat.postMessage", "channel", deliveryID, "text", long(40_001))
	if !strings.Contains(body, `"warning":"message_truncated"`) {
		t.Errorf("no warning in %.200s", body)
	}
}

func TestViewLimits(t *testing.T) {
	s, api := inMemory()
	open := func(v slack.ModalViewRequest) error {
		_, err := api.OpenView(s.TriggerID(), v)
		return err
	}
	if err := open(modal(long(24))); err != nil {
		t.Errorf("title of 24 characters: %v", err)
	}
	wantPointer(t, open(modal(long(25))), "invalid_arguments", "/view/title/text")
	v := modal("x")
	v.Submit = slack.NewTextBlockObject(slack.PlainTextType, long(25), false, false)
	wantPointer(t, open(v), "invalid_arguments", "/view/submit/text")
	v = modal("x")
	v.PrivateMetadata = long(3001)
	wantPointer(t, open(v), "invalid_arguments", "/view/private_metadata")
	v = modal("x")
	v.CallbackID = long(256)
	wantPointer(t, open(v), "invalid_arguments", "/view/callback_id")
	v = modal("x")
	for range 100 {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, slack.NewDividerBlock())
	}
	wantPointer(t, open(v), "invalid_arguments", "/view/blocks")
	v = modal("x")
	v.Blocks.BlockSet = []slack.Block{slack.NewInputBlock("b", slack.NewTextBlockObject(slack.PlainTextType, "Note", false, false), nil,
		slack.NewPlainTextInputBlockElement(nil, "note"))}
	wantPointer(t, open(v), "invalid_arguments", "/view")
	if n := len(s.Views()); n != 1 {
		t.Errorf("%d views opened, want the one within the limits", n)
	}
}

// No JSON at all makes the checks panic; what they let through is an array.
func TestAnyBlocksAreJudged(t *testing.T) {
	words := rapid.SampledFrom([]string{"type", "text", "section", "header", "context", "actions", "elements", "fields",
		"accessory", "options", "value", "button", "static_select", "image", "table", "rows", "input", "element",
		"label", "plain_text", "mrkdwn", "block_id", "action_id", "confirm", "title", "markdown"})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			kinds := 5
			if depth == 0 {
				kinds = 3
			}
			switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
			case 0:
				return words.Draw(t, "word")
			case 1:
				return rapid.Float64Range(-10, 10).Draw(t, "number")
			case 2:
				return nil
			case 3:
				return rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "array")
			}
			return rapid.MapOfN(words, value(depth-1), 0, 5).Draw(t, "object")
		})
	}
	s, _ := inMemory()
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(value(5).Draw(t, "blocks"))
		if err != nil {
			t.Fatal(err)
		}
		before := len(s.Accepted())
		err = postForm(s, "chat.postMessage", "channel", deliveryID, "text", "x", "blocks", string(body))
		if taken := len(s.Accepted()) > before; taken != (err == nil) {
			t.Fatalf("accepted %v, answered %v, for %s", taken, err, body)
		}
		if err == nil && body[0] != '[' && string(body) != "null" {
			t.Fatalf("took blocks that are no array: %s", body)
		}
	})
}
