package slackapp

import (
	"context"
	"encoding/json"
)

// command is what was typed after /promise.
type command struct {
	Text       string `json:"text"`
	Command    string `json:"command"`
	User       string `json:"user_id"`
	Channel    string `json:"channel_id"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	App        string `json:"api_app_id"`
	Trigger    string `json:"trigger_id"`
	Response   string `json:"response_url"`
}

// private is an answer that only the one who typed the command sees.
type private struct {
	Type   string `json:"response_type"` // ephemeral
	Text   string `json:"text"`
	Blocks any    `json:"blocks,omitempty"`
}

func privately(text string) reply { return reply{body: private{Type: "ephemeral", Text: text}} }

func (a *App) command(ctx context.Context, payload json.RawMessage) reply {
	var c command
	if err := json.Unmarshal(payload, &c); err != nil {
		a.log.Warn("a command from Slack cannot be read", "error", err)
		return reply{}
	}
	who, err := a.who(ctx, account{ID: c.User, Team: c.Team})
	if err != nil {
		return privately("Kept does not know who you are. Ask an administrator of Kept to map you: kept person edit EMAIL --slack " + c.User)
	}
	return privately("Hello " + who.person.Name)
}
