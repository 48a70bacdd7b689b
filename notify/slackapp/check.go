package slackapp

import (
	"context"
	"errors"

	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// Answers reports whether what people do in Slack comes in at all.
func (c Config) Answers() bool { return c.AppToken != "" || len(c.SigningSecrets) > 0 }

// Scopes are what the bot token needs for what is set.
func (c Config) Scopes() []notify.Scope {
	return notify.Scopes(c.Answers(), c.Answers() && domains(c.PublicURL) != nil)
}

// Check looks which way what people do in Slack comes in, and whether it can. It takes up
// no socket.
func (c Config) Check(ctx context.Context) []notify.Finding {
	switch {
	case c.Slack.BotToken == "" && c.Answers():
		return []notify.Finding{{What: "Slack may send what people do there, and Kept could not answer: it has no bot token", Fix: "set KEPT_SLACK_BOT_TOKEN to the bot token that the app shows (xoxb-…)"}}
	case c.Slack.BotToken == "" && c.Slack.WebhookURL != "":
		return []notify.Finding{{OK: true, What: "nothing comes back by an incoming webhook: buttons, /promise and the home tab need the app (kept slack manifest)"}}
	case c.Slack.BotToken == "":
		return nil
	case !c.Answers():
		return []notify.Finding{{What: "nothing comes in from Slack: cards have no buttons, /promise and the home tab do nothing", Fix: "set KEPT_SLACK_APP_TOKEN for Socket Mode, or KEPT_SLACK_SIGNING_SECRET for HTTP; then restart kept serve"}}
	}
	var found []notify.Finding
	if c.AppToken != "" {
		found = append(found, c.checkSocket(ctx))
	}
	if len(c.SigningSecrets) > 0 {
		found = append(found, notify.Finding{OK: true, What: "requests that Slack has signed are taken at /slack/commands, /slack/interactions and /slack/events"})
	}
	return found
}

// checkSocket asks for the address of a socket, and does not go there.
func (c Config) checkSocket(ctx context.Context) notify.Finding {
	as := c.Slack
	as.BotToken = c.AppToken // what this client signs its calls with
	_, _, err := as.Client().StartSocketModeContext(ctx)
	if err == nil {
		return notify.Finding{OK: true, What: "the app token is valid: what people do in Slack comes in by Socket Mode"}
	}
	return notify.Finding{What: "no socket can be opened, so buttons, /promise and the home tab do nothing: " + plainly(err), Fix: socketFix(err)}
}

// plainly is what an answer of Slack's says, without the address that was asked.
func plainly(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return kit.Line(refused.Err, 100)
	}
	return "Slack cannot be reached"
}

func socketFix(err error) string {
	switch plainly(err) {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type":
		return "make an app token with the scope connections:write (Basic Information, App-Level Tokens), set KEPT_SLACK_APP_TOKEN to it (xapp-…), and restart"
	case "missing_scope":
		return "give the app token the scope connections:write, or make another that has it (Basic Information, App-Level Tokens)"
	case "too_many_websockets":
		return "at most ten processes can be connected at once: stop those that are not needed"
	}
	return "check the network, the proxy and KEPT_SLACK_API_URL, and that Socket Mode is on in the app; Kept goes on by itself when Slack answers"
}
