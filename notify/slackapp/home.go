package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// homes remembers which home tabs this process has shown, each by the hash that Slack
// gave it, so that what is older never takes the place of what is newer.
type homes struct {
	mu   sync.Mutex
	hash map[string]string // by Slack account
}

func (h *homes) shown(user, hash string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hash == nil {
		h.hash = map[string]string{}
	}
	h.hash[user] = hash
}

func (h *homes) of(user string) (hash string, shown bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	hash, shown = h.hash[user]
	return hash, shown
}

// homeOpened shows somebody their home tab, each time they come to it.
func (a *App) homeOpened(_ context.Context, _ *event, payload json.RawMessage) reply {
	var in struct {
		Event struct {
			User string `json:"user"`
			Tab  string `json:"tab"`
			View view   `json:"view"` // as it was shown before
		} `json:"event"`
	}
	if err := json.Unmarshal(payload, &in); err != nil || in.Event.User == "" || in.Event.Tab == "messages" {
		return reply{}
	}
	user, hash := in.Event.User, in.Event.View.Hash
	return later(func(ctx context.Context) { a.showHome(ctx, account{ID: user}, hash) })
}

// showHome shows somebody their home as things stand. To a person Kept does not know it
// says how they become known, and nothing else; to one of another company, nothing.
func (a *App) showHome(ctx context.Context, from account, hash string) {
	who, err := a.who(ctx, from)
	switch {
	case errors.Is(err, errOutside):
	case errors.Is(err, errUnknown):
		a.publish(ctx, from.ID, hash, func() ([]slack.Block, error) { return strangersHome(from.ID), nil })
	case err != nil:
		a.log.Warn("a home tab was not shown", "error", err)
	default:
		zone := a.profile(ctx, who.user).zone
		a.publish(ctx, who.user, hash, func() ([]slack.Block, error) {
			page, err := a.store.HomePage(ctx, who.actor, a.now(), mostMine)
			return homeBlocks(&page, who.actor, zone), err
		})
	}
}

// publish shows a home, unless another was shown since the one with the hash: then it is
// made anew, of what is so by now.
func (a *App) publish(ctx context.Context, user, hash string, blocks func() ([]slack.Block, error)) {
	for range 2 {
		shown, err := blocks()
		if err != nil {
			a.log.Error("a home tab cannot be made", "error", err)
			return
		}
		request := slack.PublishViewContextRequest{UserID: user, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: shown}}}
		if hash != "" {
			request.Hash = &hash
		}
		answer, err := a.api.PublishViewContext(ctx, request)
		var refused slack.SlackErrorResponse
		switch {
		case err == nil:
			a.homes.shown(user, answer.Hash)
			return
		case errors.As(err, &refused) && refused.Err == "hash_conflict":
			hash = ""
		default:
			a.log.Warn("a home tab was not shown", "error", err)
			return
		}
	}
}

// thenHome adds to a reply that the home of the one who acted is shown anew: if it was
// there that they did, or if they have seen theirs and something has changed.
func (a *App) thenHome(in *interaction, r reply) reply {
	hash, shown := a.homes.of(in.User.ID)
	if in.View.Type == string(slack.VTHomeTab) {
		hash, shown, r.changed = in.View.Hash, true, true
	}
	if !shown || !r.changed {
		return r
	}
	first := r.after
	r.after = func(ctx context.Context) {
		if first != nil {
			first(ctx)
		}
		a.showHome(ctx, in.User, hash)
	}
	return r
}

// chooseZone makes the zone that a button carries the clicker's own.
func (a *App) chooseZone(ctx context.Context, c *click) reply {
	err := a.store.ChooseZone(ctx, c.who.actor, c.value)
	if err == nil {
		return reply{}
	}
	return later(func(ctx context.Context) { a.refuse(ctx, c, err) })
}

// strangersHome is the home of somebody Kept does not know.
func strangersHome(user string) []slack.Block {
	return []slack.Block{
		kit.Header("Kept does not know you yet"),
		slack.NewRichTextBlock("",
			kit.Paragraph(kit.Plain("Kept helps a company keep what it promises its customers. Ask whoever runs it to tell it who you are:")),
			kit.Commands("kept person edit YOUR-EMAIL --slack "+kit.Line(user, 30)),
			kit.Paragraph(kit.Plain("Then open this page again."))),
	}
}
