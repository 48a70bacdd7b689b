package slackapp

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"

	"kept/commitments"
	"kept/notify"
	"kept/notify/kit"
)

// Manifest is the app as Slack makes it of one file: what it shows, what it may do, and
// where what people do with it goes.
type Manifest struct {
	Metadata struct {
		Major int `json:"major_version"`
		Minor int `json:"minor_version"`
	} `json:"_metadata"`
	Display  display  `json:"display_information"`
	Features features `json:"features"`
	OAuth    struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings manifestSettings `json:"settings"`
}

type display struct {
	Name  string `json:"name"`             // at most 35 characters
	Short string `json:"description"`      // at most 140
	Long  string `json:"long_description"` // 174 to 4,000
	Color string `json:"background_color"`
}

type features struct {
	Home struct {
		Tab      bool `json:"home_tab_enabled"`
		Messages bool `json:"messages_tab_enabled"`
		ReadOnly bool `json:"messages_tab_read_only_enabled"`
	} `json:"app_home"`
	Bot struct {
		Name   string `json:"display_name"`
		Online bool   `json:"always_online"`
	} `json:"bot_user"`
	Shortcuts []shortcut     `json:"shortcuts"`
	Commands  []slashCommand `json:"slash_commands"`
	Unfurl    []string       `json:"unfurl_domains,omitempty"`
}

type shortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"` // message or global
	CallbackID  string `json:"callback_id"`
	Description string `json:"description"`
}

type slashCommand struct {
	Command     string `json:"command"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description"`
	Hint        string `json:"usage_hint"`
	Escape      bool   `json:"should_escape"` // people and channels come with their ids
}

type manifestSettings struct {
	Events struct {
		URL string   `json:"request_url,omitempty"`
		Bot []string `json:"bot_events"`
	} `json:"event_subscriptions"`
	Interactivity struct {
		Enabled bool   `json:"is_enabled"`
		URL     string `json:"request_url,omitempty"`
		Options string `json:"message_menu_options_url,omitempty"`
	} `json:"interactivity"`
	Org      bool `json:"org_deploy_enabled"`
	Socket   bool `json:"socket_mode_enabled"`
	Rotation bool `json:"token_rotation_enabled"` // once on, Slack never lets it be turned off
}

// The callback_ids of the shortcuts that log a promise: of a message, and of no message.
const (
	logPromise = "log_promise"
	logAnother = "log_promise_global"
)

const (
	shortWords = "Keeps what you promise your customers: tells you whom to call before a date slips."
	longWords  = "Kept knows what your company has promised its customers, and by when. It asks owners how much work is left, " +
		"tells them in time whom to call and what to say, helps to make it right when a promise breaks, and sends each account manager a weekly digest. " +
		"Log a promise with /promise, or from the message in which it was made; answer with the buttons on the cards; your home tab says what to do now."
)

// NewManifest makes Kept's manifest: for Socket Mode, or, with the address at which Slack
// reaches Kept, for its HTTP endpoints. Previews are of links that begin with the public
// address; without one, or with one that only this machine knows, there are none.
func NewManifest(endpoints, public string) (Manifest, error) {
	m := Manifest{Display: display{"Kept", shortWords, longWords, "#1f4d3a"}}
	m.Metadata.Major, m.Metadata.Minor = 1, 1
	m.Features.Home.Tab, m.Features.Home.Messages, m.Features.Home.ReadOnly = true, true, true
	m.Features.Bot.Name, m.Features.Bot.Online = "Kept", true
	m.Features.Shortcuts = []shortcut{
		{"Log a promise", "message", logPromise, "Keep the promise made in this message, with its words"},
		{"Log a promise", "global", logAnother, "Keep a promise made to a customer"},
	}
	m.Features.Commands = []slashCommand{{
		Command: "/promise", Description: "Log a promise, or see and answer yours", Hint: "Acme: SSO by 12 Dec | list | show 1 | call 1 | help", Escape: true,
	}}
	m.Features.Unfurl = domains(public)
	for _, s := range notify.Scopes(true, m.Features.Unfurl != nil) {
		m.OAuth.Scopes.Bot = append(m.OAuth.Scopes.Bot, s.Name)
	}
	m.Settings.Events.Bot = []string{"app_home_opened"}
	if m.Features.Unfurl != nil {
		m.Settings.Events.Bot = append(m.Settings.Events.Bot, "link_shared")
	}
	m.Settings.Interactivity.Enabled = true
	m.Settings.Socket = endpoints == ""
	if m.Settings.Socket {
		return m, nil
	}
	return m, m.sendTo(endpoints)
}

// sendTo has Slack send everything to Kept's endpoints at an address.
func (m *Manifest) sendTo(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return commitments.Invalid("http", fmt.Sprintf("%q is not an address that Slack can reach: write it as https://kept.example.com", kit.Line(address, 60)))
	}
	at := func(door Door) string { return u.JoinPath("slack", string(door)).String() }
	m.Features.Commands[0].URL = at(Commands)
	m.Settings.Events.URL = at(Events)
	m.Settings.Interactivity.URL, m.Settings.Interactivity.Options = at(Interactions), at(Interactions)
	return nil
}

// domains are those whose links Slack tells us of: that of an address, if others than
// this machine may know it.
func domains(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	host := strings.ToLower(u.Hostname())
	if !strings.Contains(host, ".") || net.ParseIP(host) != nil {
		return nil
	}
	return []string{host}
}

// Link is where Slack makes the app of the manifest. A space in it is %20, which every
// reader of addresses knows; not all take a + for one.
func (m *Manifest) Link() (string, error) {
	text, err := json.Marshal(m)
	return "https://api.slack.com/apps?new_app=1&manifest_json=" + strings.ReplaceAll(url.QueryEscape(string(text)), "+", "%20"), err
}
