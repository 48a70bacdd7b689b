package slackapp

import (
	"context"
	"errors"

	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// tell says something to the one who clicked, and to nobody else, where they clicked.
func (a *App) tell(ctx context.Context, in *interaction, text string, shown ...slack.Block) {
	options := []slack.MsgOption{slack.MsgOptionText(kit.Escape(text), false)}
	if len(shown) > 0 {
		options = append(options, slack.MsgOptionBlocks(shown...))
	}
	if in.Message.ThreadTS != "" {
		options = append(options, slack.MsgOptionTS(in.Message.ThreadTS))
	}
	if _, err := a.api.PostEphemeralContext(ctx, in.Channel.ID, in.User.ID, options...); err != nil {
		a.log.Warn("a private answer in Slack was not sent", "error", err)
	}
}

// turnAway answers somebody who may do nothing.
func (a *App) turnAway(in *interaction, err error) reply {
	text := "Kept does not know who you are. Ask an administrator of Kept to map you: kept person edit EMAIL --slack " + in.User.ID
	if !errors.Is(err, errUnknown) {
		text = a.words(err)
	}
	return later(func(ctx context.Context) { a.tell(ctx, in, text) })
}
