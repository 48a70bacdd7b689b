package fakeslack

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// Limits of a message, as Slack publishes them. It publishes none for
// metadata; this one is ours, and far above what Kept sends.
const (
	maxText        = 40_000 // characters; longer text is cut, with a warning
	maxUpdateText  = 4_000  // characters in chat.update; longer is refused
	maxMetadata    = 8_000  // bytes
	maxAttachments = 100
)

// Message is one message Slack took, as it stands now.
type Message struct {
	Via       string // the method it came by; "webhook" or "response_url"; "person" for Say and Post
	Channel   string
	TS        string // Slack's timestamp, which is also its identity in the channel
	ThreadTS  string // the parent's, in a thread
	Broadcast bool   // a reply shown in the channel as well
	User      string
	Bot, App  string // "" when a person wrote it
	For       string // the only person who sees it, if ephemeral
	Text      string
	Blocks    json.RawMessage // nil if there are none
	Metadata  json.RawMessage // nil if there is none
	Unfurls   json.RawMessage // the previews of its links, by link; nil if there are none
	At        time.Time
	Edited    time.Time // of the last update; zero if there was none
	Edits     int
	Deleted   bool

	attachments json.RawMessage
	replies     []*Message
}

// Payload is the string under name in the metadata's event payload, or "".
func (m Message) Payload(name string) string {
	var meta struct {
		Payload map[string]any `json:"event_payload"`
	}
	json.Unmarshal(m.Metadata, &meta)
	text, _ := meta.Payload[name].(string)
	return text
}

// Accepted is the accept log: every message Slack took, in order, deleted and
// ephemeral ones included, each as it stands now.
func (s *Server) Accepted() []Message {
	return s.messages(func(*Message) bool { return true })
}

// Messages lists what people see in a channel, oldest first: threads included,
// deleted messages left out.
func (s *Server) Messages(channel string) []Message {
	return s.messages(func(m *Message) bool { return m.Channel == channel && !m.Deleted })
}

func (s *Server) messages(want func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Message
	for _, m := range s.log {
		if want(m) {
			list = append(list, *m)
		}
	}
	return list
}

// Say puts a message in a channel that Kept's app did not send: a person's if
// m.Bot is "", another app's otherwise. It answers the message as taken.
func (s *Server) Say(m Message) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels[m.Channel]
	if ch == nil {
		panic("fakeslack: Say in unknown channel " + m.Channel)
	}
	m.Via = "person"
	s.take(ch, &m)
	return m
}

// Delete removes a message as a person would, and reports whether it was there.
func (s *Server) Delete(channel, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(channel, ts)
	if m == nil {
		return false
	}
	m.Deleted = true
	return true
}

// find is the message that still stands under ts.
func (s *Server) find(channel, ts string) *Message {
	ch := s.channels[channel]
	if ch == nil {
		return nil
	}
	if m := ch.byTS[ts]; m != nil && !m.Deleted && m.For == "" {
		return m
	}
	return nil
}

// take gives m its timestamp and writes it down. From here on it was accepted.
func (s *Server) take(ch *channel, m *Message) {
	m.At, m.Channel = s.now(), ch.ID
	s.lastTS = max(m.At.UnixMicro(), s.lastTS+1)
	m.TS = fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
	s.log = append(s.log, m)
	ch.byTS[m.TS] = m
	if m.For != "" {
		return
	}
	ch.messages = append(ch.messages, m)
	if parent := ch.byTS[m.ThreadTS]; parent != nil {
		parent.replies = append(parent.replies, m)
	}
}

// compose makes the message a call asks for, checked against Slack's limits.
// The warning says what Slack changed in it.
func (s *Server) compose(c *call) (m *Message, warning string, err error) {
	m = &Message{Via: c.method, User: c.token.User, Bot: c.token.Bot, App: c.token.App, Text: c.args["text"]}
	if err := m.setBlocks(c.args); err != nil {
		return nil, "", err
	}
	if err := m.setAttachments(c.args); err != nil {
		return nil, "", err
	}
	if err := m.setMetadata(c.args); err != nil {
		return nil, "", err
	}
	if m.Text == "" && m.Blocks == nil && m.attachments == nil {
		return nil, "", failure("no_text")
	}
	if utf8.RuneCountInString(m.Text) > maxText {
		m.Text, warning = string([]rune(m.Text)[:maxText]), "message_truncated"
	}
	return m, warning, nil
}

func (m *Message) setBlocks(a args) error {
	if a["blocks"] == "" {
		return nil
	}
	blocks, err := checkMessageBlocks(a["blocks"])
	if err == nil && len(blocks) > 0 {
		m.Blocks = json.RawMessage(a["blocks"])
	}
	return err
}

func (m *Message) setAttachments(a args) error {
	if a["attachments"] == "" {
		return nil
	}
	var list []any
	if json.Unmarshal([]byte(a["attachments"]), &list) != nil {
		return failure("invalid_attachments")
	}
	if len(list) > maxAttachments {
		return failure("too_many_attachments")
	}
	if len(list) > 0 {
		m.attachments = json.RawMessage(a["attachments"])
	}
	return nil
}

// setMetadata keeps what the call carries; "{}" takes away what there was.
func (m *Message) setMetadata(a args) error {
	text := a["metadata"]
	if text == "" {
		return nil
	}
	var meta map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &meta) != nil {
		return failure("invalid_metadata_format")
	}
	if len(meta) == 0 {
		m.Metadata = nil
		return nil
	}
	var kind string
	var payload map[string]any
	if json.Unmarshal(meta["event_type"], &kind) != nil || kind == "" ||
		json.Unmarshal(meta["event_payload"], &payload) != nil || payload == nil {
		return failure("invalid_metadata_schema")
	}
	if len(text) > maxMetadata {
		return failure("metadata_too_large")
	}
	m.Metadata = json.RawMessage(text)
	return nil
}

// render is the message as Slack's answers hold it.
func (m *Message) render(metadata bool) fields {
	f := fields{"type": "message", "ts": m.TS, "text": m.Text, "team": TeamID}
	set := func(name, value string) {
		if value != "" {
			f[name] = value
		}
	}
	set("user", m.User)
	set("bot_id", m.Bot)
	set("app_id", m.App)
	set("thread_ts", m.ThreadTS)
	if m.Via == "webhook" {
		f["subtype"] = "bot_message"
	}
	if m.Blocks != nil {
		f["blocks"] = m.Blocks
	}
	if m.attachments != nil {
		f["attachments"] = m.attachments
	}
	if metadata && m.Metadata != nil {
		f["metadata"] = m.Metadata
	}
	if m.Edits > 0 {
		f["edited"] = fields{"user": m.User, "ts": stamp(m.Edited)}
	}
	m.renderThread(f)
	return f
}

func (m *Message) renderThread(f fields) {
	count, latest := 0, ""
	for _, r := range m.replies {
		if !r.Deleted {
			count, latest = count+1, r.TS
		}
	}
	if count > 0 {
		f["thread_ts"], f["reply_count"], f["latest_reply"] = m.TS, count, latest
	}
}

func stamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
