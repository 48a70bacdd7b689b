package slackapp

import (
	"context"
	"encoding/json"
)

// event is something that happened in Slack.
type event struct {
	ID    string `json:"event_id"`
	Team  string `json:"team_id"`
	App   string `json:"api_app_id"`
	Event struct {
		Type string `json:"type"`
	} `json:"event"`
}

// events says what each event means to us.
var events = map[string]func(*App, context.Context, *event, json.RawMessage) reply{
	"app_home_opened": (*App).homeOpened,
	"link_shared":     (*App).linkShared,
}

func (a *App) event(ctx context.Context, payload json.RawMessage) reply {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		a.log.Warn("an event from Slack cannot be read", "error", err)
		return reply{}
	}
	if do := events[e.Event.Type]; do != nil {
		return do(a, ctx, &e, payload)
	}
	return reply{}
}
