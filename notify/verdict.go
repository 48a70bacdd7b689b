package notify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kept/commitments/store"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// class is what an answer of Slack's means for a message.
type class string

const (
	accepted    class = ""                   // Slack has it
	absent      class = "absent"             // Slack has been asked, and does not have it
	unreachable class = "unreachable"        // nothing left this machine
	limited     class = "rate-limited"       // not now; not counted as a try
	busy        class = "busy"               // not taken, and may be sent again
	doubtful    class = "uncertain"          // Slack may have it
	unknown     class = "unknown-answer"     // as doubtful, by a code nobody has told us about
	refused     class = "slack-blocked"      // Slack takes nothing from us: token, scopes, policy
	outage      class = "slack-down"         // as all others meanwhile: it waits with them
	elsewhere   class = "redirected"         // its channel takes nothing: it goes to the team's
	shut        class = store.ChannelBlocked //  this channel takes nothing from us
	malformed   class = "message-refused"    // this message will never be taken
	nowhere     class = store.NoDestination  // nobody to send it to
	paced       class = "paced"              // our own pace; nothing is wrong
	early       class = "early"              // this process has posted it a moment ago
	stopping    class = "stopping"           // this process ends
	untrue      class = "no-longer-true"     // what it says is no longer so
	givenUp     class = "given-up"           // odd answers for days
	stale       class = "too-late"           // a digest that could not be sent in time
	twin        class = "told-elsewhere"     // the team's channel is told the same
	panicking   class = "panic"              // it made us panic
	unthreaded  class = "no-thread"          // what it answers takes no answers: it goes on its own
)

// verdict is a class with what is known beyond it.
type verdict struct {
	class class
	code  string        // Slack's own, or a word of ours
	text  string        // for people; never a secret
	after time.Duration // limited, paced: how long to wait
}

func (v verdict) ok() bool { return v.class == accepted }

func (v verdict) String() string {
	if v.text == "" {
		return v.code
	}
	return v.code + ": " + v.text
}

// codes is what Slack's error codes mean for chat.postMessage. One that is not here
// is doubtful: it must not be taken for a refusal.
var codes = map[string]class{
	"ratelimited": limited, "rate_limited": limited, "request_timeout": busy,

	"internal_error": doubtful, "fatal_error": doubtful, "service_unavailable": unknown,

	"invalid_auth": refused, "not_authed": refused, "account_inactive": refused, "token_revoked": refused, "token_expired": refused,
	"missing_scope": refused, "no_permission": refused, "access_denied": refused, "ekm_access_denied": refused,
	"org_login_required": refused, "team_added_to_org": refused, "not_allowed_token_type": refused,

	"channel_not_found": shut, "is_archived": shut, "not_in_channel": shut, "channel_is_archived": shut,
	"user_not_found": shut, "user_disabled": shut, "user_not_visible": shut, "users_not_found": shut,
	"cannot_dm_bot": shut, "messages_tab_disabled": shut,

	"thread_not_found": unthreaded, "cannot_reply_to_message": unthreaded, "restricted_action_non_threadable_channel": unthreaded,

	"msg_too_long": malformed, "msg_blocks_too_long": malformed, "no_text": malformed, "too_many_attachments": malformed,
}

// families are codes of which only the beginning is fixed.
var families = []struct {
	prefix string
	class  class
}{
	{"restricted_action", shut}, {"invalid_blocks", malformed}, {"metadata_", malformed}, {"invalid_metadata", malformed}, {"invalid_arg", malformed},
}

func classOf(code string) class {
	if c, known := codes[code]; known {
		return c
	}
	for _, f := range families {
		if strings.HasPrefix(code, f.prefix) {
			return f.class
		}
	}
	return unknown
}

// judge says what one call came to. Complete tells whether an answer without an error
// held what it must hold: Slack's client also takes "{}" and "null" for success.
func (x *exchange) judge(err error, complete bool) verdict {
	status := int(x.status.Load())
	var answer slack.SlackErrorResponse
	switch {
	case status == http.StatusTooManyRequests:
		return verdict{limited, "ratelimited", "", x.wait()}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return verdict{refused, strconv.Itoa(status), "Slack, or a proxy before it, refuses us", 0}
	case status >= 300 && status < 400:
		return verdict{doubtful, strconv.Itoa(status), "redirected to " + x.location() + ", which is not followed: check KEPT_SLACK_API_URL and the proxy", 0}
	case err == nil && complete:
		return verdict{}
	case err == nil:
		return verdict{doubtful, "incomplete", "the answer does not say what became of the message", 0}
	case errors.As(err, &answer):
		return judgeCode(answer, x)
	case !x.begun.Load():
		return verdict{unreachable, "unreachable", plainError(err), 0}
	}
	return verdict{doubtful, "no-answer", plainError(err), 0}
}

func judgeCode(answer slack.SlackErrorResponse, x *exchange) verdict {
	v := verdict{class: classOf(answer.Err), code: brief(answer.Err)}
	switch {
	case v.class == limited:
		v.after = x.wait()
	case v.code == "missing_scope":
		v.text = fmt.Sprintf("needs %s, has %s", brief(answer.Needed), brief(answer.Provided))
	case len(answer.ResponseMetadata.Messages) > 0:
		v.text = brief(answer.ResponseMetadata.Messages[0])
	}
	return v
}

// plainError is a network error without the address in it: that of a webhook is a secret.
func plainError(err error) string {
	var located *url.Error
	if errors.As(err, &located) {
		err = located.Err
	}
	return brief(err.Error())
}

// brief keeps what comes from outside short, and on one line.
func brief(s string) string { return kit.Cut(kit.OneLine(s), 300) }

// Bounds of the wait after a 429, whatever it asks for.
const (
	minWait = time.Second
	maxWait = 15 * time.Minute
)

// retryAfter reads a Retry-After header: seconds, or a date. With neither it is a
// guess of ours.
func retryAfter(header string) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseFloat(header, 64); err == nil {
		return time.Duration(min(max(seconds, minWait.Seconds()), maxWait.Seconds()) * float64(time.Second))
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(time.Until(date), minWait), maxWait)
	}
	return 5 * time.Second
}

func chance(below time.Duration) time.Duration { return rand.N(below) }

// backOff is the wait after so many tries that failed: 1 s doubled with each, at
// most 15 minutes, half of it by chance so that many do not come back at once.
func (n *Notifier) backOff(tries int) time.Duration {
	whole := maxWait
	if tries < 10 {
		whole = min(maxWait, time.Second<<tries)
	}
	return whole/2 + n.cfg.Chance(whole/2) + time.Millisecond
}
