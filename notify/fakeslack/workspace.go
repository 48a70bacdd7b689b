package fakeslack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// User is a person or a bot in the workspace.
type User struct {
	ID, Name, RealName, Email string
	Zone                      string // IANA name; "" is UTC
	Bot, Deleted, Guest       bool
	Team                      string // another company's workspace, for somebody met in shared channels; "" is this one
}

func (u User) team() string { return cmp.Or(u.Team, TeamID) }

// Channel is a conversation the workspace has. The bot is in it unless
// NotMember says otherwise.
type Channel struct {
	ID, Name  string
	User      string // the other person, in a direct message
	Private   bool
	NotMember bool
	Archived  bool
	Shared    bool     // has members of another company
	Members   []string // user IDs; nil is everybody, of other companies only where Shared, and no guests
}

// Token is a credential and the app it belongs to. Without User, Bot and App
// it belongs to Kept's; with no Scopes it has those of Kept's manifest.
type Token struct {
	Value          string
	User, Bot, App string
	Scopes         []string
}

func (t Token) has(scope string) bool { return slices.Contains(t.Scopes, scope) }

// channel is a Channel with what is kept about it.
type channel struct {
	Channel
	messages []*Message // in the order of their timestamps
	byTS     map[string]*Message
	bucket   bucket
}

// AddUser adds u, or replaces the user with its ID.
func (s *Server) AddUser(u User) { s.locked(func() { s.users[u.ID] = u }) }

// AddChannel adds c, or replaces what is known about the channel with its ID;
// its messages stay. So a channel is archived, or the bot put out of it.
func (s *Server) AddChannel(c Channel) { s.locked(func() { s.addChannel(c) }) }

func (s *Server) addChannel(c Channel) *channel {
	if ch := s.channels[c.ID]; ch != nil {
		ch.Channel = c
		return ch
	}
	ch := &channel{Channel: c, byTS: map[string]*Message{}}
	s.channels[c.ID] = ch
	s.order = append(s.order, c.ID)
	return ch
}

// AddToken makes a token known, or changes it.
func (s *Server) AddToken(t Token) {
	if t.User == "" && t.Bot == "" && t.App == "" {
		t.User, t.Bot, t.App = BotUserID, BotID, AppID
	}
	if t.Scopes == nil {
		t.Scopes = botScopes
	}
	s.locked(func() { s.tokens[t.Value] = t })
}

// RemoveToken forgets a token: calls with it get invalid_auth.
func (s *Server) RemoveToken(value string) { s.locked(func() { delete(s.tokens, value) }) }

// Users lists everybody, by ID.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]User, 0, len(s.users))
	for _, u := range s.users {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Channels lists every conversation, direct messages included, in the order
// they came to be.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Channel, len(s.order))
	for i, id := range s.order {
		list[i] = s.channels[id].Channel
	}
	return list
}

// DirectChannel is the ID of the direct message between the bot and a user,
// whether or not it is open yet.
func DirectChannel(user string) string { return "D" + strings.TrimLeft(user, "UW") }

// resolve is the channel ID meant by an ID, a user's ID, or a #name.
func (s *Server) resolve(target string) string {
	if u, ok := s.users[target]; ok {
		return DirectChannel(u.ID)
	}
	if _, ok := s.channels[target]; ok {
		return target
	}
	name := strings.TrimPrefix(target, "#")
	for _, id := range s.order {
		if ch := s.channels[id]; ch.Name != "" && ch.Name == name {
			return id
		}
	}
	return target
}

// direct opens the direct message with a user, if it is not open yet.
func (s *Server) direct(user string) (ch *channel, already bool) {
	id := DirectChannel(user)
	if ch := s.channels[id]; ch != nil {
		return ch, true
	}
	return s.addChannel(Channel{ID: id, User: user}), false
}

// readable is the channel a call names, if its token may read there.
func (s *Server) readable(c *call) (*channel, error) {
	ch := s.channels[c.args["channel"]]
	switch {
	case ch == nil || (ch.Private && ch.NotMember):
		return nil, failure("channel_not_found")
	case ch.NotMember:
		return nil, failure("not_in_channel")
	}
	return ch, nil
}

// writable is the channel a call would post in. A user's ID opens the direct
// message with that user.
func (s *Server) writable(c *call) (*channel, error) {
	target := c.args["channel"]
	if u, ok := s.users[target]; ok && !u.Deleted && u.ID != c.token.User {
		ch, _ := s.direct(u.ID)
		return ch, nil
	}
	ch := s.channels[s.resolve(target)]
	switch {
	case ch == nil || (ch.Private && ch.NotMember):
		return nil, failure("channel_not_found")
	case ch.Archived:
		return nil, failure("is_archived")
	case ch.NotMember && !c.token.has("chat:write.public"):
		return nil, failure("not_in_channel")
	}
	return ch, nil
}

// in reports whether a person is in a channel, and so sees it.
func (s *Server) in(ch *channel, u User) bool {
	switch {
	case u.ID == "" || u.Deleted:
		return false
	case ch.User != "":
		return ch.User == u.ID || u.ID == BotUserID
	case u.ID == BotUserID:
		return !ch.NotMember
	case ch.Members != nil:
		return slices.Contains(ch.Members, u.ID)
	}
	return !u.Guest && (u.Team == "" || ch.Shared)
}

// id makes an identifier that was never handed out before.
func (s *Server) id(prefix string) string {
	s.lastID++
	return fmt.Sprintf("%s%09X", prefix, s.lastID)
}
