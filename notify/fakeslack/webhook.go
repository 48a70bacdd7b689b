package fakeslack

import (
	"net/http"
	"time"
)

// A response URL takes this many posts, for this long.
const (
	responsePosts = 5
	responseLife  = 30 * time.Minute
)

// responseURL is where an interaction's answer may be posted.
type responseURL struct {
	channel, user string
	ts            string // the message the interaction was on; "" for none
	expires       time.Time
	left          int
}

// AddWebhook opens an incoming webhook into a channel and answers its address.
func (s *Server) AddWebhook(token, channel string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks[token] = channel
	return s.baseURL + "/webhook/" + token
}

// webhook takes a message by incoming webhook. Such a message cannot be
// changed later, carries no metadata, and goes to one channel only.
func (s *Server) webhook(c *call) reply {
	ch := s.channels[s.hooks[c.key]]
	if text := c.args["payload"]; text != "" {
		if err := c.args.readJSON([]byte(text)); err != nil {
			return s.plain(http.StatusBadRequest, "invalid_payload")
		}
	}
	switch {
	case ch == nil:
		return s.plain(http.StatusNotFound, "no_service")
	case ch.Archived:
		return s.plain(http.StatusGone, "channel_is_archived")
	}
	delete(c.args, "metadata")
	c.token = Token{Bot: BotID, App: AppID}
	m, _, err := s.compose(c)
	if err == nil {
		err = s.spend(ch)
	}
	if err != nil {
		return s.refusePlainly(err)
	}
	if parent := s.find(ch.ID, c.args["thread_ts"]); parent != nil {
		m.ThreadTS = parent.TS
	}
	s.take(ch, m)
	return s.plain(http.StatusOK, "ok")
}

func (s *Server) refusePlainly(err error) reply {
	e := err.(*apiError)
	if e.status == 0 {
		return s.plain(http.StatusBadRequest, e.code)
	}
	r := s.plain(e.status, e.code)
	r.refuse(e)
	return r
}

// ResponseURL makes the address to which the answer to a user's interaction
// in a channel may be posted; ts is the message it was on, or "".
func (s *Server) ResponseURL(channel, user, ts string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.responseURL(channel, user, ts)
}

func (s *Server) responseURL(channel, user, ts string) string {
	id := s.id("R")
	s.urls[id] = &responseURL{channel: channel, user: user, ts: ts,
		expires: s.now().Add(responseLife), left: responsePosts}
	return s.baseURL + "/response/" + id
}

// respond takes what is posted to a response URL: a new message, seen by the
// user alone unless it says otherwise, or a change of the message it was on.
func (s *Server) respond(c *call) reply {
	u := s.urls[c.key]
	switch {
	case u == nil:
		return s.refuseResponse(c, "invalid_url")
	case s.now().After(u.expires):
		return s.refuseResponse(c, "expired_url")
	case u.left == 0:
		return s.refuseResponse(c, "used_url")
	}
	u.left--
	delete(c.args, "metadata")
	original := s.original(u)
	if original != nil && c.args.flag("delete_original") {
		original.Deleted = true
		return s.plain(http.StatusOK, "ok")
	}
	c.token = Token{Bot: BotID, App: AppID, User: BotUserID}
	if original != nil && c.args.flag("replace_original") {
		next := *original
		if err := next.edit(c.args); err != nil {
			return s.refusePlainly(err)
		}
		next.Edited, next.Edits = s.now(), original.Edits+1
		*original = next
		return s.plain(http.StatusOK, "ok")
	}
	m, _, err := s.compose(c)
	if err != nil {
		return s.refusePlainly(err)
	}
	if c.args["response_type"] != "in_channel" {
		m.For = u.user
	}
	s.take(s.channels[u.channel], m)
	return s.plain(http.StatusOK, "ok")
}

// original is the message an interaction was on, if it still stands: also one
// that only the user sees.
func (s *Server) original(u *responseURL) *Message {
	if ch := s.channels[u.channel]; ch != nil && u.ts != "" {
		if m := ch.byTS[u.ts]; m != nil && !m.Deleted && (m.For == "" || m.For == u.user) {
			return m
		}
	}
	return nil
}

func (s *Server) refuseResponse(c *call, code string) reply {
	return s.render(c, nil, &apiError{code: code, status: http.StatusNotFound})
}
