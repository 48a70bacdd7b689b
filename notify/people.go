package notify

import (
	"context"
	"time"

	"kept/commitments/store"

	"github.com/slack-go/slack"
)

// line is a direct channel with somebody, and when Slack last said that it is open. That
// is believed for a while only: their account may have been closed.
type line struct {
	channel string
	asked   time.Time
}

// lineFor is how long an answer about a direct channel is believed.
const lineFor = time.Hour

// direct is the direct channel with a person. Whoever was found by their address is
// looked for again once their account is no more: they may have another.
func (b *bot) direct(ctx context.Context, p *store.Person) (string, verdict) {
	user, v := b.user(ctx, p)
	if !v.ok() {
		return "", v
	}
	channel, v := b.openLine(ctx, user)
	if p.SlackUser == "" || p.SoughtAt == 0 || v.code != "user_disabled" && v.code != "user_not_found" {
		return channel, v
	}
	other, found := b.byEmail(ctx, p)
	if !found.ok() || other == user {
		return "", v
	}
	if v := b.noted(ctx, p, other); !v.ok() {
		return "", v
	}
	return b.openLine(ctx, other)
}

// openLine opens the direct channel with a user.
func (b *bot) openLine(ctx context.Context, user string) (string, verdict) {
	b.mu.Lock()
	known := b.directs[user]
	b.mu.Unlock()
	if known.channel != "" && time.Since(known.asked) < lineFor {
		return known.channel, verdict{}
	}
	const method = "conversations.open"
	if v := b.lanes.held(method); !v.ok() {
		return "", v
	}
	ctx, x := observe(ctx)
	channel, _, _, err := b.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	v := b.asked(method, x.judge(err, channel != nil && channel.ID != ""))
	if !v.ok() {
		return "", v
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.directs[user] = line{channel.ID, time.Now()}
	return channel.ID, verdict{}
}

// askAgain is how long Slack's "nobody has this address" is believed.
const askAgain = 24 * time.Hour

// user is who a person is in Slack: as mapped, else as Slack knows them by e-mail.
func (b *bot) user(ctx context.Context, p *store.Person) (string, verdict) {
	unknown := verdict{class: nowhere, code: "no-destination", text: "nobody in Slack has this person's e-mail address, and their team has no channel"}
	switch {
	case p.SlackUser != "":
		return p.SlackUser, verdict{}
	case p.ID == 0 || p.Email == "":
		unknown.text = "the person has no e-mail address to find them by, and their team has no channel"
		return "", unknown
	case p.SoughtAt != 0 && time.Since(p.SoughtAt.Time()) < askAgain:
		return "", unknown
	}
	found, v := b.byEmail(ctx, p)
	switch {
	case v.ok():
		return found, b.noted(ctx, p, found)
	case v.code == "users_not_found":
		if v := b.noted(ctx, p, ""); !v.ok() {
			return "", v
		}
		return "", unknown
	case v.code == "missing_scope": // messages to channels still go
		unknown.text = "people cannot be looked up by e-mail: " + v.text
		return "", unknown
	}
	return "", v
}

// byEmail is whom Slack knows by a person's e-mail address.
func (b *bot) byEmail(ctx context.Context, p *store.Person) (string, verdict) {
	const method = "users.lookupByEmail"
	if v := b.lanes.held(method); !v.ok() {
		return "", v
	}
	ctx, x := observe(ctx)
	found, err := b.api.GetUserByEmailContext(ctx, p.Email)
	v := x.judge(err, found != nil && found.ID != "")
	if !v.ok() {
		return "", b.asked(method, v)
	}
	return found.ID, v
}

func (b *bot) noted(ctx context.Context, p *store.Person, user string) verdict {
	if err := b.ledger.FoundInSlack(context.WithoutCancel(ctx), p, user); err != nil {
		return verdict{class: busy, code: "database", text: brief(err.Error())}
	}
	return verdict{}
}
