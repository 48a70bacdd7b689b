package fakeslack

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// openConversation opens a direct message with one user. Group messages are
// not offered: Kept has no use for them.
func (s *Server) openConversation(c *call) (fields, error) {
	if id := c.args["channel"]; id != "" {
		ch := s.channels[id]
		if ch == nil || ch.User == "" {
			return nil, failure("channel_not_found")
		}
		return fields{"channel": s.renderOpened(ch, c), "no_op": true, "already_open": true}, nil
	}
	id := c.args["users"]
	u, ok := s.users[id]
	switch {
	case id == "":
		return nil, failure("users_list_not_supplied")
	case strings.Contains(id, ","):
		return nil, failure("too_many_users")
	case !ok || u.ID == c.token.User:
		return nil, failure("user_not_found")
	case u.Deleted:
		return nil, failure("user_disabled")
	}
	ch, already := s.direct(id)
	answer := fields{"channel": s.renderOpened(ch, c)}
	if already {
		answer["no_op"], answer["already_open"] = true, true
	}
	return answer, nil
}

func (s *Server) renderOpened(ch *channel, c *call) fields {
	if c.args.flag("return_im") {
		return ch.render()
	}
	return fields{"id": ch.ID}
}

func (ch *channel) render() fields {
	if ch.User != "" {
		return fields{"id": ch.ID, "is_im": true, "is_open": true, "user": ch.User, "is_archived": ch.Archived}
	}
	return fields{
		"id": ch.ID, "name": ch.Name, "name_normalized": ch.Name, "is_channel": !ch.Private,
		"is_group": ch.Private, "is_private": ch.Private, "is_archived": ch.Archived,
		"is_member": !ch.NotMember, "is_ext_shared": ch.Shared, "is_shared": ch.Shared,
	}
}

func (s *Server) conversationInfo(c *call) (fields, error) {
	ch := s.channels[c.args["channel"]]
	if ch == nil || (ch.Private && ch.NotMember) {
		return nil, failure("channel_not_found")
	}
	return fields{"channel": ch.render()}, nil
}

func (s *Server) join(c *call) (fields, error) {
	ch := s.channels[c.args["channel"]]
	switch {
	case ch == nil || ch.Private:
		return nil, failure("channel_not_found")
	case ch.User != "":
		return nil, failure("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, failure("is_archived")
	}
	ch.NotMember = false
	return fields{"channel": ch.render()}, nil
}

// members lists who is in a channel, by ID.
func (s *Server) members(c *call) (fields, error) {
	ch := s.channels[c.args["channel"]]
	if ch == nil || (ch.Private && ch.NotMember) {
		return nil, failure("channel_not_found")
	}
	var ids []string
	for id, u := range s.users {
		if s.in(ch, u) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	from, to, next, err := c.args.part(len(ids), "user:")
	if err != nil {
		return nil, err
	}
	return fields{"members": append([]string{}, ids[from:to]...), "response_metadata": fields{"next_cursor": next}}, nil
}

// part is what a call asks for of a listing of n, and the cursor to the rest.
func (a args) part(n int, kind string) (from, to int, next string, err error) {
	limit, err := a.limit()
	if err != nil {
		return 0, 0, "", err
	}
	after, err := a.cursor(kind)
	if err != nil {
		return 0, 0, "", err
	}
	from, _ = strconv.Atoi(after)
	from = min(from, n)
	if to = min(from+limit, n); to < n {
		next = cursor(kind, strconv.Itoa(to))
	}
	return from, to, next, nil
}

func (s *Server) listConversations(c *call) (fields, error) {
	types := strings.Split(c.args["types"], ",")
	if c.args["types"] == "" {
		types = []string{"public_channel"}
	}
	var found []*channel
	for _, id := range s.order {
		ch := s.channels[id]
		if slices.Contains(types, ch.kind()) && !(ch.Private && ch.NotMember) &&
			!(ch.Archived && c.args.flag("exclude_archived")) {
			found = append(found, ch)
		}
	}
	from, to, next, err := c.args.part(len(found), "channel:")
	if err != nil {
		return nil, err
	}
	list := make([]fields, 0, to-from)
	for _, ch := range found[from:to] {
		list = append(list, ch.render())
	}
	return fields{"channels": list, "response_metadata": fields{"next_cursor": next}}, nil
}

func (ch *channel) kind() string {
	switch {
	case ch.User != "":
		return "im"
	case ch.Private:
		return "private_channel"
	}
	return "public_channel"
}

// history lists a channel newest first, without the replies in threads.
func (s *Server) history(c *call) (fields, error) {
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	return s.page(c, func(yield func(*Message) bool) {
		for _, m := range slices.Backward(ch.messages) {
			if (m.ThreadTS == "" || m.Broadcast) && !yield(m) {
				return
			}
		}
	}, func(ts, after int64) bool { return ts < after })
}

// replies lists a thread oldest first, its parent in front.
func (s *Server) replies(c *call) (fields, error) {
	ch, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	parent := s.find(ch.ID, c.args["ts"])
	if parent == nil || !s.visible(parent) {
		return nil, failure("thread_not_found")
	}
	return s.page(c, func(yield func(*Message) bool) {
		for _, m := range append([]*Message{parent}, parent.replies...) {
			if !yield(m) {
				return
			}
		}
	}, func(ts, after int64) bool { return ts > after })
}

// page renders the part of a listing that a call asks for. beyond says
// whether a timestamp comes after the cursor's.
func (s *Server) page(c *call, all func(func(*Message) bool), beyond func(ts, after int64) bool) (fields, error) {
	limit, err := c.args.limit()
	if err != nil {
		return nil, err
	}
	after, err := c.args.cursor("next_ts:")
	if err != nil {
		return nil, err
	}
	list, last, more := []fields{}, "", false
	for m := range all {
		ts := micros(m.TS)
		if m.Deleted || !s.visible(m) || !c.args.within(ts) || (after != "" && !beyond(ts, micros(after))) {
			continue
		}
		if len(list) == limit {
			more = true
			break
		}
		list, last = append(list, m.render(c.args.flag("include_all_metadata"))), m.TS
	}
	answer := fields{"messages": list, "has_more": more, "pin_count": 0}
	if more {
		answer["response_metadata"] = fields{"next_cursor": cursor("next_ts:", last)}
	}
	return answer, nil
}

// visible says whether reads show m yet.
func (s *Server) visible(m *Message) bool { return s.now().Sub(m.At) >= s.lag }

// within says whether ts lies between oldest and latest. The two count as
// between only if the call is inclusive.
func (a args) within(ts int64) bool {
	oldest, latest := micros(a["oldest"]), micros(a["latest"])
	if a.flag("inclusive") && (ts == oldest || ts == latest) {
		return true
	}
	return ts > oldest && (latest == 0 || ts < latest)
}

// micros is a timestamp in microseconds since 1970; 0 if there is none.
func micros(ts string) int64 {
	whole, frac, _ := strings.Cut(ts, ".")
	seconds, _ := strconv.ParseInt(whole, 10, 64)
	rest, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return seconds*1_000_000 + rest
}

func (a args) limit() (int, error) {
	if a["limit"] == "" || a["limit"] == "0" {
		return 100, nil
	}
	n, err := strconv.Atoi(a["limit"])
	if err != nil || n < 1 || n > 1000 {
		return 0, failure("invalid_limit")
	}
	return n, nil
}

func cursor(kind, value string) string {
	return base64.StdEncoding.EncodeToString([]byte(kind + value))
}

func (a args) cursor(kind string) (string, error) {
	if a["cursor"] == "" {
		return "", nil
	}
	text, err := base64.StdEncoding.DecodeString(a["cursor"])
	value, ok := strings.CutPrefix(string(text), kind)
	if err != nil || !ok {
		return "", failure("invalid_cursor")
	}
	return value, nil
}
