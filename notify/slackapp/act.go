package slackapp

import (
	"context"
	"errors"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"

	"github.com/slack-go/slack"
)

// deed is one of the store's methods that changes a promise.
type deed func(context.Context, store.Op) (commitments.View, error)

func (a *App) ack(ctx context.Context, c *click) reply { return a.do(ctx, c, a.store.Ack) }

func (a *App) deliver(ctx context.Context, c *click) reply { return a.do(ctx, c, a.store.Deliver) }

func (a *App) stillOn(ctx context.Context, c *click) reply {
	return a.do(ctx, c, a.call(store.Call{Outcome: string(commitments.StillOn)}))
}

func (a *App) notReached(ctx context.Context, c *click) reply {
	return a.do(ctx, c, a.call(store.Call{Outcome: string(commitments.NotReached)}))
}

func (a *App) call(in store.Call) deed {
	return func(ctx context.Context, op store.Op) (commitments.View, error) { return a.store.Call(ctx, op, in) }
}

func (a *App) rescueOwn(ctx context.Context, c *click) reply {
	return a.do(ctx, c, a.rescue(store.RescueStep{Act: commitments.RescueOwned}))
}

func (a *App) rescue(in store.RescueStep) deed {
	return func(ctx context.Context, op store.Op) (commitments.View, error) { return a.store.Rescue(ctx, op, in) }
}

func (a *App) resume(ctx context.Context, c *click) reply {
	return a.do(ctx, c, func(ctx context.Context, op store.Op) (commitments.View, error) { return a.store.Wait(ctx, op, "") })
}

// checkIn takes the days of work left from the button, or asks for them.
func (a *App) checkIn(ctx context.Context, c *click) reply {
	if c.arg == "" {
		return a.ask(ctx, c)
	}
	return a.do(ctx, c, func(ctx context.Context, op store.Op) (commitments.View, error) {
		return a.store.CheckIn(ctx, op, store.CheckIn{Left: c.arg})
	})
}

// do carries out what a button asks for. What it was clicked on shows what came of it;
// who may not do it, or decided on what was out of date, is told so alone.
func (a *App) do(ctx context.Context, c *click, change deed) reply {
	op, ok := c.op()
	if !ok {
		a.log.Warn("a button from Slack carries no promise", "action", c.action)
		return reply{}
	}
	_, err := change(ctx, op)
	if err == nil || errors.Is(err, store.ErrRepeated) {
		a.poke()
		return reply{changed: true, after: func(ctx context.Context) { a.refresh(ctx, c) }}
	}
	return later(func(ctx context.Context) { a.refuse(ctx, c, err) })
}

// refresh shows how a promise stands where somebody has just done something to it. Cards
// and home tabs change by themselves.
func (a *App) refresh(ctx context.Context, c *click) {
	ref, _ := notify.ParseRef(c.value)
	switch {
	case c.View.Type == "modal":
		a.showAgain(ctx, c.View.ID, c.who, ref)
	case c.Container.Private:
		if d, err := a.store.Show(ctx, c.who.actor, ref.Key, a.now()); err == nil {
			a.tellInstead(ctx, &c.interaction, "Done. "+meanwhile(&d, ref.Version, c.who))
		}
	}
}

// shownIn is where a modal was opened, as it remembers it in the second line of its
// private_metadata: notify.ActionShow is the modal that shows a promise.
func (in *interaction) shownIn() string {
	_, from, _ := strings.Cut(in.View.Private, "\n")
	return from
}

// refuse tells the one who clicked, and nobody else, why it was not done; and offers it
// anew where it still makes sense.
func (a *App) refuse(ctx context.Context, c *click, err error) {
	text, again := a.explain(ctx, c, err)
	var shown []slack.Block
	if again != nil {
		shown = []slack.Block{slack.NewSectionBlock(plain(text, maxTyped), nil, nil), slack.NewActionBlock("", again)}
	}
	ref, _ := notify.ParseRef(c.value)
	switch {
	case c.View.Type == "modal" && c.View.Callback == notify.ActionShow:
		a.showAgain(ctx, c.View.ID, c.who, ref, text)
	case c.View.Type != "":
		m := modal{callback: notify.ActionShow, title: "Not done", private: metadata(ref, "")}
		if m.blocks = shown; shown == nil {
			m.add(slack.NewSectionBlock(plain(text, maxTyped), nil, nil))
		}
		if err := a.present(ctx, &c.interaction, &m); err != nil {
			a.log.Warn("a private answer in Slack was not shown", "error", err)
		}
	case c.Container.Private:
		a.tellInstead(ctx, &c.interaction, text, shown...)
	default:
		a.tell(ctx, &c.interaction, text, shown...)
	}
}

// notThere is what those are told who may not see a promise, or look for one that is not
// there: they learn no more.
const notThere = "There is no such promise."

// explain says why a click came to nothing, with the button anew where it still makes
// sense: on the promise as it stands now.
func (a *App) explain(ctx context.Context, c *click, err error) (string, *slack.ButtonBlockElement) {
	ref, _ := notify.ParseRef(c.value)
	d, gone := a.store.Show(ctx, c.who.actor, ref.Key, a.now())
	switch {
	case errors.Is(gone, commitments.ErrNotFound):
		return notThere, nil
	case gone != nil:
		return a.words(gone), nil
	case errors.Is(err, commitments.ErrConflict):
		text := meanwhile(&d, ref.Version, c.who) + " Nothing was changed."
		if !d.Stage.Open() {
			text = "This promise is no longer open. " + text
		}
		return text, offered(c, &d)
	case errors.Is(err, commitments.ErrRefused) && !d.Stage.Open():
		return "This promise is no longer open: " + a.words(err) + ". Nothing was changed.", nil
	}
	return a.words(err), nil
}

// words are an error as a person reads it. What is not theirs to mend is logged, and only
// that it happened is told.
func (a *App) words(err error) string {
	var told *commitments.Error
	if errors.As(err, &told) {
		return withoutCommands(inSlack(told.Message))
	}
	a.log.Error("a request from Slack failed", "error", err)
	return "That did not work, and nothing was changed. Kept has noted why; please try again."
}

// withoutCommands is an explanation without what it says to type on a command line, with
// which it ends.
func withoutCommands(text string) string {
	i := strings.Index(text, "`kept ")
	if i < 0 {
		i = strings.Index(text, "--")
	}
	if i < 0 {
		return text
	}
	if end := strings.LastIndexAny(text[:i], ":;"); end >= 0 {
		i = end
	}
	return strings.TrimSpace(text[:i])
}
