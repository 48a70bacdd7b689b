package fakeslack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// manifest is what is checked of an app's manifest.
type manifest struct {
	Display struct {
		Name  string `json:"name"`
		Short string `json:"description"`
		Long  string `json:"long_description"`
	} `json:"display_information"`
	Features struct {
		Bot *struct {
			Name string `json:"display_name"`
		} `json:"bot_user"`
		Home struct {
			Tab bool `json:"home_tab_enabled"`
		} `json:"app_home"`
		Shortcuts []struct {
			Name, Type  string
			CallbackID  string `json:"callback_id"`
			Description string
		} `json:"shortcuts"`
		Commands []struct {
			Command, URL, Description string
			Hint                      string `json:"usage_hint"`
		} `json:"slash_commands"`
		Unfurl []string `json:"unfurl_domains"`
	} `json:"features"`
	OAuth struct {
		Scopes struct{ Bot []string } `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			URL string   `json:"request_url"`
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `json:"is_enabled"`
			URL     string `json:"request_url"`
		} `json:"interactivity"`
		Socket bool `json:"socket_mode_enabled"`
	} `json:"settings"`
}

// eventScopes is what an app must be allowed to hear of an event; "" is nothing.
var eventScopes = map[string]string{"app_home_opened": "", "link_shared": "links:read", "app_uninstalled": "", "tokens_revoked": ""}

// CheckManifest says what Slack would refuse of an app's manifest: one line each.
func CheckManifest(text []byte) []string {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return []string{"not a manifest: " + err.Error()}
	}
	c := &manifestChecker{}
	c.length("name", m.Display.Name, 1, 35)
	c.length("description", m.Display.Short, 0, 140)
	if m.Display.Long != "" {
		c.length("long_description", m.Display.Long, 174, 4000)
	}
	c.features(&m)
	c.scopes(&m)
	c.addresses(&m)
	return c.wrong
}

type manifestChecker struct{ wrong []string }

func (c *manifestChecker) require(ok bool, format string, args ...any) {
	if !ok {
		c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
	}
}

func (c *manifestChecker) length(what, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	c.require(n >= least && n <= most, "%s has %d characters, wants %d to %d", what, n, least, most)
}

func (c *manifestChecker) features(m *manifest) {
	f := &m.Features
	c.require(f.Bot != nil, "no bot_user")
	if f.Bot != nil {
		c.length("display_name", f.Bot.Name, 1, 80)
	}
	c.require(len(f.Shortcuts) <= 10, "%d shortcuts, at most 10", len(f.Shortcuts))
	for _, s := range f.Shortcuts {
		c.require(s.Type == "message" || s.Type == "global", "shortcut of type %q", s.Type)
		c.length("shortcut's name", s.Name, 1, 24)
		c.length("shortcut's callback_id", s.CallbackID, 1, 255)
		c.length("shortcut's description", s.Description, 1, 150)
	}
	c.require(len(f.Commands) <= 50, "%d commands, at most 50", len(f.Commands))
	for _, s := range f.Commands {
		c.require(strings.HasPrefix(s.Command, "/") && !strings.ContainsAny(s.Command[1:], " /"), "command %q", s.Command)
		c.length("command", s.Command, 2, 32)
		c.length("command's description", s.Description, 1, 2000)
		c.length("command's usage_hint", s.Hint, 0, 1000)
	}
	c.require(len(f.Unfurl) <= 5, "%d unfurl_domains, at most 5", len(f.Unfurl))
	for _, d := range f.Unfurl {
		c.require(strings.Contains(d, ".") && !strings.ContainsAny(d, "/:"), "unfurl domain %q", d)
	}
}

// scopes looks whether the app may do what its features and events are for.
func (c *manifestChecker) scopes(m *manifest) {
	has := func(scope string) bool { return slices.Contains(m.OAuth.Scopes.Bot, scope) }
	c.require(len(m.Features.Commands)+len(m.Features.Shortcuts) == 0 || has("commands"), "commands and shortcuts want the scope commands")
	c.require(len(m.Features.Unfurl) == 0 || slices.Contains(m.Settings.Events.Bot, "link_shared"), "unfurl_domains without the event link_shared")
	for _, e := range m.Settings.Events.Bot {
		scope, known := eventScopes[e]
		c.require(known, "unknown event %q", e)
		c.require(scope == "" || has(scope), "event %s wants the scope %s", e, scope)
	}
	sorted := slices.Clone(m.OAuth.Scopes.Bot)
	slices.Sort(sorted)
	c.require(len(slices.Compact(sorted)) == len(m.OAuth.Scopes.Bot), "a scope comes twice")
}

// addresses looks whether Slack knows where to send things, if not into a socket.
func (c *manifestChecker) addresses(m *manifest) {
	all := map[string]string{}
	for _, s := range m.Features.Commands {
		all["command "+s.Command] = s.URL
	}
	if len(m.Settings.Events.Bot) > 0 {
		all["event_subscriptions"] = m.Settings.Events.URL
	}
	if m.Settings.Interactivity.Enabled {
		all["interactivity"] = m.Settings.Interactivity.URL
	}
	c.require(len(m.Features.Shortcuts) == 0 || m.Settings.Interactivity.Enabled, "shortcuts want interactivity")
	for what, address := range all {
		c.require(m.Settings.Socket || strings.HasPrefix(address, "https://"), "%s has no https address: %q", what, address)
	}
}

// Scopes is what a bot token may need to call a method; nothing if any will do.
func Scopes(method string) []string {
	m := methods[method]
	switch {
	case m.scope == nil:
		return nil
	case method == "conversations.history" || method == "conversations.replies":
		return []string{"im:history", "channels:history", "groups:history"}
	case method == "conversations.info" || method == "conversations.members":
		return []string{"channels:read", "groups:read"} // and im:read, which nobody needs: who is in a direct message is known
	}
	return []string{m.scope(nil, nil)}
}
