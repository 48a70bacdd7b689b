package fakeslack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Click uses an element of a message that a person sees: the first with the
// action_id. Among several buttons with has the value of the one meant; of a
// menu it is the option chosen, as in Fill.
func (s *Server) Click(ctx context.Context, user, channel, ts, action string, with ...string) error {
	s.mu.Lock()
	u, ch, m, err := s.sees(user, channel, ts)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	blocks := m.shown()
	f, value, err := s.used(blocks, action, with)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	state := form{}.next(blocks)
	if value != nil && f.kind() != "overflow" {
		state.set(f, value)
	}
	payload := s.clickedMessage(u, ch, m, state, acted(f, value, stamp(s.now())))
	s.mu.Unlock()
	_, err = s.Send(ctx, interactions, payload)
	return err
}

// ClickView uses an element of the modal a person has in front of them, or of
// their home tab if no modal is open. See Click.
func (s *Server) ClickView(ctx context.Context, user, action string, with ...string) error {
	s.mu.Lock()
	u, v, err := s.front(user)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	f, value, err := s.used(v.blocks, action, with)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	if value != nil && f.kind() != "overflow" {
		v.form.set(f, value)
	}
	payload := s.clickedView(u, v, acted(f, value, stamp(s.now())))
	s.mu.Unlock()
	_, err = s.Send(ctx, interactions, payload)
	return err
}

// used finds an element, and what stands in it once it was used; nil for a
// button.
func (s *Server) used(blocks []any, action string, with []string) (field, object, error) {
	f, ok := find(blocks, func(f field) bool {
		_, id := f.id()
		return id == action && (len(with) == 0 || f.kind() != "button" || str(f.element, "value") == with[0])
	})
	switch {
	case !ok:
		return f, nil, fmt.Errorf("a button %q %q: %w", action, with, ErrNotShown)
	case f.kind() == "button":
		return f, nil, nil
	}
	value, err := s.value(f, strings.Join(with, ","))
	return f, value, err
}

// sees is a message, if it is shown to the person.
func (s *Server) sees(user, channel, ts string) (User, *channel, *Message, error) {
	u, ch := s.users[user], s.channels[channel]
	if ch == nil || !s.in(ch, u) || ch.byTS[ts] == nil {
		return u, nil, nil, fmt.Errorf("message %s in %s to %s: %w", ts, channel, user, ErrNotShown)
	}
	m := ch.byTS[ts]
	if m.Deleted || m.For != "" && m.For != user {
		return u, nil, nil, fmt.Errorf("message %s in %s to %s: %w", ts, channel, user, ErrNotShown)
	}
	return u, ch, m, nil
}

// Slash types a command in a channel. The answer appears there, for the person
// alone unless it says otherwise.
func (s *Server) Slash(ctx context.Context, user, channel, command, text string) error {
	s.mu.Lock()
	u, ch := s.users[user], s.channels[channel]
	if ch == nil || !s.in(ch, u) {
		s.mu.Unlock()
		return fmt.Errorf("channel %s to %s: %w", channel, user, ErrNotShown)
	}
	response := s.responseURL(channel, user, "")
	payload := fields{
		"token": verificationToken, "team_id": TeamID, "team_domain": teamDomain, "api_app_id": AppID,
		"channel_id": channel, "channel_name": ch.named()["name"], "user_id": user, "user_name": u.Name,
		"command": command, "text": text, "is_enterprise_install": "false",
		"response_url": response, "trigger_id": s.trigger(user, ""),
	}
	s.mu.Unlock()
	answer, err := s.Send(ctx, commands, payload)
	if err != nil || len(answer) == 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{method: "response_url", args: args{}, at: s.now()}
	if err := c.args.readJSON(answer); err != nil || c.args["text"] == "" && c.args["blocks"] == "" {
		return err
	}
	c.key = response[strings.LastIndex(response, "/")+1:]
	s.urls[c.key].left++ // the answer itself is none of the posts allowed later
	if r := s.respond(c); r.code != "" {
		return fmt.Errorf("fakeslack: the answer to %s is refused: %s", command, r.code)
	}
	return nil
}

// Shortcut picks a shortcut in the menu of a message, or a global one if ts is
// "".
func (s *Server) Shortcut(ctx context.Context, user, callback, channel, ts string) error {
	s.mu.Lock()
	u := s.users[user]
	payload := s.interaction("shortcut", u)
	if ts != "" {
		_, ch, m, err := s.sees(user, channel, ts)
		if err != nil {
			s.mu.Unlock()
			return err
		}
		payload["type"], payload["channel"], payload["message"] = "message_action", ch.named(), m.identified()
		payload["message_ts"], payload["response_url"] = ts, s.responseURL(channel, user, ts)
	}
	payload["callback_id"], payload["action_ts"] = callback, stamp(s.now())
	payload["trigger_id"] = s.trigger(user, "")
	s.mu.Unlock()
	_, err := s.Send(ctx, interactions, payload)
	return err
}

// OpenHome looks at the app's home tab.
func (s *Server) OpenHome(ctx context.Context, user string) error {
	s.mu.Lock()
	event := fields{"type": "app_home_opened", "user": user, "channel": DirectChannel(user), "tab": "home"}
	if v := s.home(user); v != nil {
		event["view"] = v.render()
	}
	s.mu.Unlock()
	return s.SendEvent(ctx, event)
}

// SetLinkDomains says of which domains' links the app is told; names below
// them count too.
func (s *Server) SetLinkDomains(domains ...string) { s.locked(func() { s.domains = domains }) }

// Post writes a message as a person, in a thread if the ts of its parent is
// given. The app is told of links to its domains.
func (s *Server) Post(ctx context.Context, user, channel, text string, thread ...string) (Message, error) {
	s.mu.Lock()
	u, ch := s.users[user], s.channels[channel]
	if ch == nil || !s.in(ch, u) || ch.Archived {
		s.mu.Unlock()
		return Message{}, fmt.Errorf("channel %s to %s: %w", channel, user, ErrNotShown)
	}
	m := &Message{Via: "person", User: user, Text: text}
	if len(thread) > 0 {
		m.ThreadTS = thread[0]
	}
	s.take(ch, m)
	posted, links := *m, s.linksIn(text)
	event := fields{"type": "link_shared", "user": user, "channel": channel, "message_ts": m.TS, "links": links,
		"unfurl_id": "C." + m.TS, "source": "conversations_history", "is_bot_user_member": !ch.NotMember}
	if m.ThreadTS != "" {
		event["thread_ts"] = m.ThreadTS
	}
	s.mu.Unlock()
	if len(links) == 0 {
		return posted, nil
	}
	return posted, s.SendEvent(ctx, event)
}

// linksIn lists the links in a text that the app asked to be told of.
func (s *Server) linksIn(text string) (links []fields) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n\t<>|", r) }) {
		u, err := url.Parse(word)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		if slices.ContainsFunc(s.domains, func(d string) bool {
			return u.Hostname() == d || strings.HasSuffix(u.Hostname(), "."+d)
		}) {
			links = append(links, fields{"domain": u.Hostname(), "url": word})
		}
	}
	return links
}

// unfurl shows previews under a message that somebody posted.
func (s *Server) unfurl(c *call) (fields, error) {
	channel, ts := c.args["channel"], c.args["ts"]
	if id, ok := strings.CutPrefix(c.args["unfurl_id"], "C."); ok && c.args["source"] != "" {
		for _, ch := range s.channels {
			if ch.byTS[id] != nil {
				channel, ts = ch.ID, id
			}
		}
	}
	m := s.find(channel, ts)
	if m == nil {
		return nil, failure("cannot_find_message")
	}
	var previews map[string]object
	switch {
	case c.args["unfurls"] == "":
		return nil, failure("missing_unfurls")
	case json.Unmarshal([]byte(c.args["unfurls"]), &previews) != nil:
		return nil, failure("invalid_unfurls_format")
	}
	for link, preview := range previews {
		if !strings.Contains(m.Text, link) {
			return nil, failure("cannot_unfurl_url")
		}
		blocks, _ := json.Marshal(preview["blocks"])
		if _, err := checkMessageBlocks(string(blocks)); err != nil && preview["blocks"] != nil {
			return nil, err
		}
	}
	m.Unfurls = json.RawMessage(c.args["unfurls"])
	return nil, nil
}
