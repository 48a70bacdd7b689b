package fakeslack

import (
	"slices"
	"strings"
)

// method is one Web API method: the scope it needs and what it does. run is
// called with the workspace locked.
type method struct {
	scope func(*Server, *call) string // nil: any bot token will do
	run   func(*Server, *call) (fields, error)
	app   bool // wants an app-level token instead of a bot's
}

// methods is every Web API method the fake answers.
var methods = map[string]method{
	"auth.test": {run: (*Server).authTest},

	"chat.postMessage":   {run: (*Server).postMessage, scope: needs("chat:write")},
	"chat.postEphemeral": {run: (*Server).postEphemeral, scope: needs("chat:write")},
	"chat.update":        {run: (*Server).update, scope: needs("chat:write")},
	"chat.delete":        {run: (*Server).delete, scope: needs("chat:write")},
	"chat.getPermalink":  {run: (*Server).permalink},
	"chat.unfurl":        {run: (*Server).unfurl, scope: needs("links:write")},

	"conversations.open":    {run: (*Server).openConversation, scope: needs("im:write")},
	"conversations.history": {run: (*Server).history, scope: needsFor("history")},
	"conversations.replies": {run: (*Server).replies, scope: needsFor("history")},
	"conversations.info":    {run: (*Server).conversationInfo, scope: needsFor("read")},
	"conversations.members": {run: (*Server).members, scope: needsFor("read")},
	"conversations.list":    {run: (*Server).listConversations, scope: needs("channels:read")},
	"conversations.join":    {run: (*Server).join, scope: needs("channels:join")},

	"users.info":          {run: (*Server).userInfo, scope: needs("users:read")},
	"users.lookupByEmail": {run: (*Server).lookupByEmail, scope: needs("users:read.email")},

	"views.open":    {run: (*Server).openView},
	"views.push":    {run: (*Server).pushView},
	"views.update":  {run: (*Server).updateView},
	"views.publish": {run: (*Server).publishView},

	"apps.connections.open": {run: (*Server).openConnection, scope: needs("connections:write"), app: true},
}

// botScopes is what a bot token may do unless it says otherwise: what Kept's
// manifest asks for. Posting where the bot was not invited is not in it.
var botScopes = []string{
	"chat:write", "im:write", "users:read", "users:read.email", "im:history", "channels:history", "groups:history",
	"channels:read", "groups:read", "commands", "links:read", "links:write",
}

// BotScopes is what a bot token may do unless it says otherwise.
func BotScopes() []string { return slices.Clone(botScopes) }

func needs(scope string) func(*Server, *call) string {
	return func(*Server, *call) string { return scope }
}

// needsFor is the scope that depends on what sort of conversation is meant.
func needsFor(act string) func(*Server, *call) string {
	return func(s *Server, c *call) string {
		ch := s.channels[s.resolve(c.args["channel"])]
		switch {
		case ch != nil && ch.User != "":
			return "im:" + act
		case ch != nil && ch.Private:
			return "groups:" + act
		}
		return "channels:" + act
	}
}

// authorise finds the call's token and checks that it may make the call.
func (s *Server) authorise(c *call, m method) error {
	if c.tokenValue == "" {
		return failure("not_authed")
	}
	t, ok := s.tokens[c.tokenValue]
	if !ok {
		return failure("invalid_auth")
	}
	c.token = t
	if strings.HasPrefix(t.Value, "xapp-") != m.app {
		return failure("not_allowed_token_type")
	}
	if m.scope == nil {
		return nil
	}
	if need := m.scope(s, c); !t.has(need) {
		return &apiError{code: "missing_scope", extra: fields{
			"needed": need, "provided": strings.Join(t.Scopes, ","),
		}}
	}
	return nil
}

func (s *Server) authTest(c *call) (fields, error) {
	return fields{
		"url": s.baseURL + "/", "team": TeamName, "team_id": TeamID,
		"user": s.users[c.token.User].Name, "user_id": c.token.User, "bot_id": c.token.Bot,
		"is_enterprise_install": false,
	}, nil
}
