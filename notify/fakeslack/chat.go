package fakeslack

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

func (s *Server) postMessage(c *call) (fields, error) {
	ch, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	m, warning, err := s.compose(c)
	if err != nil {
		return nil, err
	}
	if err := s.spend(ch); err != nil {
		return nil, err
	}
	// A reply to a message that is gone appears in the channel, unthreaded.
	if parent := s.find(ch.ID, c.args["thread_ts"]); parent != nil {
		m.ThreadTS, m.Broadcast = parent.TS, c.args.flag("reply_broadcast")
		if parent.ThreadTS != "" {
			m.ThreadTS = parent.ThreadTS
		}
	}
	s.take(ch, m)
	answer := fields{"channel": ch.ID, "ts": m.TS, "message": m.render(true)}
	if warning != "" {
		answer["warning"] = warning
		answer["response_metadata"] = fields{"warnings": []string{warning}}
	}
	return answer, nil
}

func (s *Server) postEphemeral(c *call) (fields, error) {
	ch, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	if u := s.users[c.args["user"]]; u.ID == "" || u.Deleted || ch.User == "" && !s.in(ch, u) {
		return nil, failure("user_not_in_channel")
	}
	m, _, err := s.compose(c)
	if err != nil {
		return nil, err
	}
	m.For, m.ThreadTS = c.args["user"], c.args["thread_ts"]
	s.take(ch, m)
	return fields{"message_ts": m.TS}, nil
}

// own is the message a call names, if its app wrote it. Only a channel's own
// ID will do here, never a user's.
func (s *Server) own(c *call, refusal string) (*Message, error) {
	ch := s.channels[c.args["channel"]]
	if ch == nil || (ch.Private && ch.NotMember) {
		return nil, failure("channel_not_found")
	}
	m := s.find(ch.ID, c.args["ts"])
	switch {
	case m == nil:
		return nil, failure("message_not_found")
	case m.Bot != c.token.Bot:
		return nil, failure(refusal)
	case ch.Archived:
		return nil, failure("is_archived")
	}
	return m, nil
}

// update changes a message. Metadata stays unless given. Blocks stay unless
// given too, but text alone takes their place.
func (s *Server) update(c *call) (fields, error) {
	m, err := s.own(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(c.args["text"]) > maxUpdateText {
		return nil, failure("msg_too_long")
	}
	next := *m
	if err := next.edit(c.args); err != nil {
		return nil, err
	}
	next.Edited, next.Edits = s.now(), m.Edits+1
	*m = next
	return fields{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": m.render(true)}, nil
}

func (m *Message) edit(a args) error {
	if a["text"] == "" && a["blocks"] == "" && a["attachments"] == "" {
		return failure("no_text")
	}
	before := m.hasRichText()
	if a["text"] != "" || a["blocks"] != "" {
		m.Blocks = nil
	}
	if a["text"] != "" {
		m.Text = a["text"]
	}
	if err := m.setBlocks(a); err != nil {
		return err
	}
	if before && m.Blocks != nil && !m.hasRichText() {
		return failure("block_mismatch")
	}
	if a["attachments"] != "" {
		m.attachments = nil
	}
	if err := m.setAttachments(a); err != nil {
		return err
	}
	return m.setMetadata(a)
}

// hasRichText reports whether there is rich text in m. Slack does not let other
// blocks take its place.
func (m *Message) hasRichText() bool {
	var blocks []object
	json.Unmarshal(m.Blocks, &blocks)
	return slices.ContainsFunc(blocks, func(b object) bool { return b["type"] == "rich_text" })
}

func (s *Server) delete(c *call) (fields, error) {
	m, err := s.own(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	m.Deleted = true
	return fields{"channel": m.Channel, "ts": m.TS}, nil
}

func (s *Server) permalink(c *call) (fields, error) {
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	m := s.find(ch.ID, c.args["message_ts"])
	if m == nil {
		return nil, failure("message_not_found")
	}
	link := s.baseURL + "/archives/" + ch.ID + "/p" + strings.Replace(m.TS, ".", "", 1)
	return fields{"channel": ch.ID, "permalink": link}, nil
}
