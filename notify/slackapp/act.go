package slackapp

import (
	"context"
	"errors"

	"kept/commitments"
	"kept/commitments/store"
)

func (a *App) ack(ctx context.Context, c *click) reply {
	return a.do(ctx, c, a.store.Ack)
}

func (a *App) stillOn(ctx context.Context, c *click) reply {
	return a.do(ctx, c, func(ctx context.Context, op store.Op) (commitments.View, error) {
		return a.store.Call(ctx, op, store.Call{Outcome: string(commitments.StillOn)})
	})
}

// do carries out what a button asks for. The card shows what came of it; who may not do
// it, or decided on a card that was out of date, is told so alone.
func (a *App) do(ctx context.Context, c *click, change func(context.Context, store.Op) (commitments.View, error)) reply {
	op, ok := c.op()
	if !ok {
		a.log.Warn("a button from Slack carries no promise", "action", c.action)
		return reply{}
	}
	_, err := change(ctx, op)
	if err == nil || errors.Is(err, store.ErrRepeated) {
		a.poke()
		return reply{}
	}
	return later(func(ctx context.Context) { a.tell(ctx, &c.interaction, a.words(err)) })
}

// words are an error as a person reads it. What is not theirs to mend is logged, and only
// that it happened is told.
func (a *App) words(err error) string {
	var told *commitments.Error
	if errors.As(err, &told) {
		return told.Message
	}
	a.log.Error("a request from Slack failed", "error", err)
	return "That did not work, and nothing was changed. Kept has noted why; please try again."
}
