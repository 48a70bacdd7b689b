package notify

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// message is what is sent, and what is frozen in the ledger before it is.
type message struct {
	Text   string          `json:"text"`             // notification, screen readers, and all there is without blocks
	Blocks json.RawMessage `json:"blocks,omitempty"` // Block Kit; none in a plain message
}

// parcel is a message on its way: where to, and by what it is found again.
type parcel struct {
	message
	place     string
	key       string   // the delivery's
	alerts    []string // the keys of those it tells
	thread    string   // the timestamp of the message it answers; "" = none
	broadcast bool     // an answer the whole channel sees
}

func newMessage(text string, blocks []slack.Block) (message, error) {
	raw, err := json.Marshal(blocks)
	return message{text, raw}, err
}

// plain is the message without blocks, for when Slack refuses those.
func (m message) plain() message { return message{Text: m.Text} }

func (m message) isPlain() bool { return len(m.Blocks) == 0 }

// frozen is how the ledger keeps the message.
func (m message) frozen() (string, error) {
	b, err := json.Marshal(m)
	return string(b), err
}

func thaw(payload string) (m message, err error) {
	err = json.Unmarshal([]byte(payload), &m)
	return m, err
}

// kept is a block exactly as it was frozen.
type kept json.RawMessage

// BlockType makes a kept block one of Slack's client's.
func (kept) BlockType() slack.MessageBlockType { return "" }

// ID makes a kept block one of Slack's client's.
func (kept) ID() string { return "" }

// MarshalJSON writes the block as it was frozen.
func (k kept) MarshalJSON() ([]byte, error) { return k, nil }

func (m message) blocks() ([]slack.Block, error) {
	if m.isPlain() {
		return nil, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(m.Blocks, &raw); err != nil {
		return nil, err
	}
	blocks := make([]slack.Block, len(raw))
	for i, b := range raw {
		blocks[i] = kept(b)
	}
	return blocks, nil
}

// maxText is how long a message's text gets once it is escaped, in characters. Slack
// takes ten times as much, and recommends no more than this.
const maxText = 4000

// summary joins the lines of a message's text as far as they fit, and says how many
// did not.
func summary(lines []string, more func(left int) string) string {
	const reserve = 200
	var text strings.Builder
	size := 0
	for i, l := range lines {
		n := utf8.RuneCountInString(kit.Escape(l)) + 1
		if size+n > maxText-reserve {
			text.WriteString(more(len(lines) - i))
			break
		}
		size += n
		text.WriteString(l + "\n")
	}
	return strings.TrimRight(text.String(), "\n")
}
