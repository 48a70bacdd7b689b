package notify

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"kept/commitments/store"

	"github.com/slack-go/slack"
)

// room is what is remembered of a channel.
type room struct {
	outsiders bool // people of another company are in it, or invited
	asked     time.Time
}

// How long an answer about who is in a channel is believed: that there are outsiders, for
// a while; that there are none, for a moment, as the next message may be the first that
// they read.
const (
	outsidersFor = time.Hour
	insidersFor  = 5 * time.Second
)

func (r *room) fresh() bool {
	if r.outsiders {
		return time.Since(r.asked) < outsidersFor
	}
	return time.Since(r.asked) < insidersFor
}

// mayTell says why nothing may be sent to a channel now: it is stopped, or outsiders
// would read there what only we should know. Where Slack does not say who is in it,
// messages go all the same, unless outsiders were seen there before: an alert that
// nobody gets helps nobody, and Check tells what is missing.
func (b *bot) mayTell(ctx context.Context, channel string) verdict {
	if v := b.lanes.held(channel); !v.ok() {
		return v
	}
	if !strings.HasPrefix(channel, "C") && !strings.HasPrefix(channel, "G") {
		return verdict{}
	}
	if b.outsidersIn(ctx, channel) {
		return verdict{class: shut, code: sharedChannel, text: "the channel has members of another company, who would read targets and risks"}
	}
	return verdict{}
}

// amongUs is a channel or, where outsiders would read along, the direct channel with the
// one whom the message is for.
func (b *bot) amongUs(ctx context.Context, channel string, l *store.Letter) (string, verdict) {
	v := b.mayTell(ctx, channel)
	if v.code != sharedChannel || l.For.ID == 0 {
		return channel, v
	}
	if l.ToldDirectly {
		return "", verdict{class: twin, code: "told-elsewhere", text: "outsiders read the channel; told in a direct message"}
	}
	direct, reached := b.direct(ctx, &l.For)
	if reached.ok() {
		reached = b.lanes.held(direct)
	}
	if reached.class == nowhere || reached.class == shut {
		return channel, v
	}
	return direct, reached
}

// mayAnswer is mayTell for what is said in a thread and makes no sense anywhere else:
// where nothing may be said, it is not said.
func (b *bot) mayAnswer(ctx context.Context, channel string) verdict {
	v := b.mayTell(ctx, channel)
	if v.class == shut {
		v.class, v.after = untrue, 0
	}
	return v
}

// sharedChannel is our own code for a channel that Slack would let us write to.
const sharedChannel = "shared_channel"

func (b *bot) outsidersIn(ctx context.Context, channel string) bool {
	b.mu.Lock()
	known := b.rooms[channel]
	b.mu.Unlock()
	if known.fresh() {
		return known.outsiders
	}
	c, v := b.look(ctx, channel)
	switch {
	case v.ok():
		known = room{c.outsiders(), time.Now()}
	case v.code == "missing_scope":
		known.asked = time.Now()
	default:
		return known.outsiders
	}
	b.mu.Lock()
	was := b.rooms[channel]
	b.rooms[channel] = known
	b.mu.Unlock()
	if known.outsiders && !was.outsiders && !was.asked.IsZero() {
		b.joined(ctx, channel)
	}
	return known.outsiders
}

// channelInfo is what is read of an answer to conversations.info. Slack's client would
// read the channel in full, and fail on one that is odd.
type channelInfo struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Archived    bool     `json:"is_archived"`
	Member      bool     `json:"is_member"`
	Direct      bool     `json:"is_im"`
	Shared      bool     `json:"is_ext_shared"`
	Invited     bool     `json:"is_pending_ext_shared"`
	Inviting    []string `json:"pending_shared"`
	Connecting  []string `json:"pending_connected_team_ids"`
	AcrossTeams bool     `json:"is_org_shared"` // with other workspaces of our own company
	Connected   []string `json:"connected_team_ids"`
	Internal    []string `json:"internal_team_ids"`
}

// outsiders reports whether people of another company read the channel, or will once
// they take up an invitation.
func (c *channelInfo) outsiders() bool {
	foreign := func(team string) bool { return !slices.Contains(c.Internal, team) }
	return c.Shared || c.Invited || len(c.Inviting) > 0 || len(c.Connecting) > 0 ||
		c.AcrossTeams && slices.ContainsFunc(c.Connected, foreign)
}

// look asks Slack about a channel.
func (b *bot) look(ctx context.Context, channel string) (channelInfo, verdict) {
	const method = "conversations.info"
	if v := b.lanes.held(method); !v.ok() {
		return channelInfo{}, v
	}
	var answer struct {
		slack.SlackResponse
		Channel channelInfo `json:"channel"`
	}
	ctx, x := observe(ctx)
	err := b.call(ctx, method, url.Values{"channel": {channel}}, &answer)
	return answer.Channel, b.asked(method, x.judge(err, answer.Ok && answer.Channel.ID != ""))
}
