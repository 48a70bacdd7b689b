package notify

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// Finding is one thing that was looked at, and what to do about it.
type Finding struct {
	OK   bool   `json:"ok"`
	What string `json:"what"`
	Fix  string `json:"fix,omitempty"`
}

// Check looks whether messages would arrive: the token, whether it has the scopes, and
// whether Kept may write to each of the channels. It sends nothing.
func (n *Notifier) Check(ctx context.Context, wanted []Scope, channels ...string) []Finding {
	switch n.mode {
	case Off:
		return []Finding{{What: "Slack is not configured, so deliveries wait", Fix: "set KEPT_SLACK_BOT_TOKEN (or, for one channel only, KEPT_SLACK_WEBHOOK_URL)"}}
	case Webhook:
		return []Finding{{OK: true, What: "Slack is reached by an incoming webhook: everything goes to its channel, nothing can be looked up or changed, and after a failure a message may come twice"}}
	}
	x, v := n.bot.authTest(ctx)
	switch {
	case v.class == refused:
		return []Finding{{What: "Slack does not accept the bot token: " + v.String(), Fix: Fix(v.code)}}
	case !v.ok():
		return []Finding{{What: "whether the bot token is valid cannot be asked: " + v.String(), Fix: Fix(v.code)}}
	}
	found := []Finding{{OK: true, What: "the bot token is valid"}}
	found = append(found, missingScopes(x.head("X-OAuth-Scopes"), wanted)...)
	for _, c := range channels {
		found = append(found, n.bot.checkChannel(ctx, c))
	}
	return found
}

func (b *bot) checkChannel(ctx context.Context, id string) Finding {
	c, v := b.look(ctx, id)
	name := brief(c.Name)
	switch {
	case v.code == "missing_scope":
		return Finding{What: fmt.Sprintf("channel %s: Kept cannot see whether it has members of another company, and writes to it all the same: the scope channels:read is needed to know, or groups:read if the channel is private (%s)", brief(id), v.text), Fix: Fix(v.code)}
	case !v.ok():
		return Finding{What: fmt.Sprintf("channel %s: %s", brief(id), v), Fix: Fix(v.code)}
	case c.Archived:
		return Finding{What: fmt.Sprintf("channel #%s is archived", name), Fix: Fix("is_archived")}
	case !c.Member && !c.Direct:
		return Finding{What: fmt.Sprintf("Kept is not in channel #%s", name), Fix: Fix("not_in_channel")}
	case c.outsiders():
		return Finding{What: fmt.Sprintf("channel #%s has members of another company, or has invited them: what is for it goes to each owner directly, as they would read targets and risks", name), Fix: Fix(sharedChannel)}
	}
	return Finding{OK: true, What: fmt.Sprintf("Kept may write to #%s", name)}
}

// Fix says what to do about an error code of Slack's.
func Fix(code string) string {
	switch code {
	case "not_in_channel":
		return "in that channel, type /invite @kept"
	case "channel_not_found":
		return "check the channel's id (C…); if the channel is private, type /invite @kept there"
	case "is_archived", "channel_is_archived":
		return "unarchive the channel, or give the team another: kept team edit TEAM --channel C…"
	case sharedChannel:
		return "give the team a channel of its own, without members of other companies: kept team edit TEAM --channel C…"
	case "missing_scope", "no_permission":
		return "add the scope under OAuth & Permissions, or update the app from `kept slack manifest`; then reinstall it and set the new token"
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "401", "403":
		return "reinstall the app in Slack, set KEPT_SLACK_BOT_TOKEN to the token it shows (xoxb-…), and restart"
	case "not_allowed_token_type":
		return "set KEPT_SLACK_BOT_TOKEN to the bot token (xoxb-…), not to a user's or an app's"
	case "org_login_required", "access_denied", "ekm_access_denied", "team_added_to_org":
		return "ask an administrator of your Slack organisation to allow the app, then reinstall it"
	case "no_service", "no_service_id", "no_team", "invalid_token", "action_prohibited":
		return "make a new incoming webhook and set KEPT_SLACK_WEBHOOK_URL to its address"
	case "unreachable", "no-answer":
		return "check the network, the proxy and KEPT_SLACK_API_URL; Kept goes on by itself when Slack answers"
	case "user_disabled", "user_not_found", "users_not_found", "cannot_dm_bot", "no-destination":
		return "name the right Slack account: kept person edit EMAIL --slack U…"
	}
	if strings.HasPrefix(code, "restricted_action") {
		return "let apps post in that channel (channel settings), or give the team another: kept team edit TEAM --channel C…"
	}
	return "see https://docs.slack.dev for " + kit.Line(code, 60)
}

// CheckPeople looks whether the Slack accounts of people can be written to, each with one
// question to Slack, and tells of those that are not as one would expect.
func (n *Notifier) CheckPeople(ctx context.Context, people []store.Person) []Finding {
	if n.mode != Bot {
		return nil
	}
	people = slices.DeleteFunc(slices.Clone(people), func(p store.Person) bool { return p.SlackUser == "" })
	var found []Finding
	for i := range people {
		u, v := n.bot.account(ctx, people[i].SlackUser)
		if !v.ok() && v.code != "user_not_found" {
			return append(found, Finding{OK: true, What: fmt.Sprintf("%d people were not looked at: %s", len(people)-i, v)})
		}
		if f, odd := u.finding(&people[i]); odd {
			found = append(found, f)
		}
	}
	return found
}

// account is what is read of an answer to users.info; without an id there is none.
type account struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
	Bot     bool   `json:"is_bot"`
	Guest   bool   `json:"is_restricted"` // of several channels, or of one
}

func (b *bot) account(ctx context.Context, user string) (account, verdict) {
	const method = "users.info"
	if v := b.lanes.held(method); !v.ok() {
		return account{}, v
	}
	var answer struct {
		slack.SlackResponse
		User account `json:"user"`
	}
	ctx, x := observe(ctx)
	err := b.call(ctx, method, url.Values{"user": {user}}, &answer)
	return answer.User, b.asked(method, x.judge(err, answer.Ok && answer.User.ID != ""))
}

// finding says what is odd about a person's account.
func (u account) finding(p *store.Person) (f Finding, odd bool) {
	name, id := kit.Line(p.Name, 60), brief(p.SlackUser)
	f.Fix = fmt.Sprintf("kept person edit %d --slack U…", p.ID)
	switch {
	case u.ID == "":
		f.What = fmt.Sprintf("Slack knows no account %s, which is said to be %s's", id, name)
	case u.Deleted:
		f.What = fmt.Sprintf("%s's Slack account %s is deactivated: what is for them goes to their team's channel, or the fallback channel", name, id)
		f.Fix += ", or give what they own to somebody else: kept hand-over"
	case u.Bot:
		f.What = fmt.Sprintf("%s's Slack account %s is a bot's, which reads no messages", name, id)
	case u.Guest:
		return Finding{OK: true, What: name + " is a guest in Slack, and sees there what their role in Kept lets them see"}, true
	default:
		return Finding{}, false
	}
	return f, true
}
