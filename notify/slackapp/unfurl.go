package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// LinkTo is the address of a promise, by its key, below a public address; "" without one.
func LinkTo(public, key string) string {
	if public == "" {
		return ""
	}
	return strings.TrimRight(public, "/") + "/p/" + key
}

// shared is a message in which somebody posted links of ours.
type shared struct {
	External       bool `json:"is_ext_shared_channel"`
	Authorizations []struct {
		User string `json:"user_id"`
		Bot  bool   `json:"is_bot"`
	} `json:"authorizations"`
	Event struct {
		User    string `json:"user"`
		Channel string `json:"channel"`
		TS      string `json:"message_ts"`
		Source  string `json:"source"` // composer, while it is not posted yet
		Links   []struct {
			URL string `json:"url"`
		} `json:"links"`
	} `json:"event"`
}

// mostMembers is in how large a conversation Kept asks who is in it.
const mostMembers = 50

// linkShared shows what links to promises mean, where all who read them may know.
func (a *App) linkShared(_ context.Context, _ *event, payload json.RawMessage) reply {
	var in shared
	if err := json.Unmarshal(payload, &in); err != nil || a.cfg.PublicURL == "" || in.External || in.Event.Source == "composer" {
		return reply{}
	}
	refs := map[string]string{} // keys of promises, by the link as it was posted
	for _, l := range in.Event.Links {
		if key := a.linked(l.URL); key != "" && len(refs) < mostLinks {
			refs[l.URL] = key
		}
	}
	if len(refs) == 0 {
		return reply{}
	}
	return later(func(ctx context.Context) { a.preview(ctx, &in, refs) })
}

// mostLinks is how many links of one message are looked at.
const mostLinks = 10

var keyOfLink = regexp.MustCompile(`^[A-Za-z0-9]{8,64}$`)

// linked is the key of the promise that a link is to; "" if it is none of Kept's. A
// number is none: it may be another promise's after a restore.
func (a *App) linked(link string) string {
	ours, err := url.Parse(a.cfg.PublicURL)
	if err != nil {
		return ""
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != ours.Scheme || !strings.EqualFold(u.Host, ours.Host) {
		return ""
	}
	key, ok := strings.CutPrefix(u.Path, strings.TrimRight(ours.Path, "/")+"/p/")
	if !ok || !keyOfLink.MatchString(key) {
		return ""
	}
	return key
}

func (a *App) preview(ctx context.Context, in *shared, refs map[string]string) {
	who, err := a.who(ctx, account{ID: in.Event.User})
	if err != nil || !a.amongOurselves(ctx, in.Event.Channel) {
		return
	}
	room := store.Room{Channel: in.Event.Channel}
	previews := map[string]slack.Attachment{}
	for link, key := range refs {
		v, err := a.store.Preview(ctx, who.actor, key, room, a.now())
		if errors.Is(err, commitments.ErrRefused) && room.Members == nil {
			room.Members = a.members(ctx, in)
			v, err = a.store.Preview(ctx, who.actor, key, room, a.now())
		}
		if err == nil {
			previews[link] = slack.Attachment{Fallback: kit.Line(v.Title, 200), Blocks: slack.Blocks{BlockSet: previewBlocks(&v)}}
		}
	}
	if len(previews) == 0 {
		return
	}
	if _, _, _, err := a.api.UnfurlMessageContext(ctx, in.Event.Channel, in.Event.TS, previews); err != nil {
		a.log.Warn("a preview of a link was not shown", "error", err)
	}
}

// amongOurselves reports whether a conversation is this workspace's alone. One of which
// Slack does not say so is not.
func (a *App) amongOurselves(ctx context.Context, channel string) bool {
	c, err := a.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	return err == nil && !c.IsShared && !c.IsExtShared && !c.IsPendingExtShared && !c.IsOrgShared
}

// members are those in a conversation, but for Kept itself; none if they are many, or
// Slack does not say.
func (a *App) members(ctx context.Context, in *shared) []string {
	all, next, err := a.api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: in.Event.Channel, Limit: mostMembers + 1})
	if err != nil || next != "" || len(all) > mostMembers+1 {
		return []string{}
	}
	people := []string{}
	for _, user := range all {
		if len(in.Authorizations) == 0 || in.Authorizations[0].User != user {
			people = append(people, user)
		}
	}
	return people
}

// previewBlocks are what a link shows: what its customer knows as well.
func previewBlocks(v *store.Preview) []slack.Block {
	text := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	when := "Promised for " + v.Promise.Human()
	switch {
	case v.Promise == 0:
		when = "A date is owed by " + v.DateBy.Human()
	case v.PromiseTime != nil:
		when += " " + notify.Clock(*v.PromiseTime, v.Zone)
	}
	switch {
	case v.DeliveredOn != 0:
		when += " · delivered " + v.DeliveredOn.Human()
	case v.Withdrawn:
		when += " · withdrawn"
	}
	return []slack.Block{
		slack.NewSectionBlock(text(kit.Line(v.Title, 300)), nil, nil),
		slack.NewContextBlock("", text("To "+kit.Line(v.Customer, 120)), text(when), text("Owned by "+kit.Line(v.Owner, 120))),
	}
}
