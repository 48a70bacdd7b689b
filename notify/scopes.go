package notify

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is a right that Slack gives a bot token, and what Kept needs it for.
type Scope struct{ Name, Purpose string }

// sending are the scopes without which messages do not arrive, or may come twice.
var sending = [...]Scope{
	{"chat:write", "to send messages"},
	{"im:write", "to write to owners directly"},
	{"users:read", "to find owners"},
	{"users:read.email", "to find owners by their e-mail address"},
	{"im:history", "to look for a direct message before it is sent again"},
	{"channels:history", "to look for a message in a channel before it is sent again"},
	{"groups:history", "to look for a message in a private channel before it is sent again"},
	{"channels:read", "to see whether a channel has members of another company"},
	{"groups:read", "to see whether a private channel has members of another company"},
}

// Scopes are what a bot token needs: to send messages; if answers come in from Slack, to
// take commands; and, for previews, to show what Kept's own links lead to.
func Scopes(answers, previews bool) []Scope {
	all := slices.Clone(sending[:])
	if answers {
		all = append(all, Scope{"commands", "for /promise and the shortcut that logs a promise"})
	}
	if previews {
		all = append(all, Scope{"links:read", "to see Kept's own links in messages"}, Scope{"links:write", "to show what they lead to"})
	}
	return all
}

func missingScopes(header string, wanted []Scope) []Finding {
	if header == "" {
		return []Finding{{OK: true, What: "Slack does not say which scopes the token has"}}
	}
	granted := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || r == ' ' })
	var missing []Finding
	for _, s := range wanted {
		if !slices.Contains(granted, s.Name) {
			missing = append(missing, Finding{What: fmt.Sprintf("the token lacks the scope %s, needed %s", s.Name, s.Purpose), Fix: Fix("missing_scope")})
		}
	}
	if len(missing) == 0 {
		return []Finding{{OK: true, What: "the token has every scope Kept needs"}}
	}
	return missing
}
