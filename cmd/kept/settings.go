package main

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"kept/commitments"
	"kept/notify"
	"kept/scheduler"
)

// setting is one thing that can be set outside the command line. Its variable is
// KEPT_ and the name in capitals; in the file of settings it goes by its name.
type setting struct {
	name   string
	help   string
	preset string
	secret bool // never shown
	check  func(string) error
}

// allSettings lists them in the order they are explained.
func allSettings() []setting {
	return []setting{
		{name: "db", preset: "kept.db", help: "database: a file, or postgres://user@host/name"},
		{name: "listen", preset: "127.0.0.1:8470", help: "address that kept serve and kept demo listen on", check: isAddress},
		{name: "public_url", help: "address at which others reach kept serve, for the links of surveys and of messages; without it that of listen", check: isURL},
		{name: "slack_bot_token", secret: true, help: "token of the Slack app, xoxb-…", check: beginsWith("xoxb-")},
		{name: "slack_app_token", secret: true, help: "token of the Slack app for Socket Mode, xapp-…: by it comes what people do in Slack", check: beginsWith("xapp-")},
		{name: "slack_signing_secret", secret: true, help: "with it, kept serve takes what people do in Slack at /slack/, if Slack has signed it; while it is being changed, both, with a comma between"},
		{name: "slack_webhook_url", secret: true, help: "incoming webhook: the simplest way, with one channel for everything", check: isURL},
		{name: "slack_api_url", preset: "https://slack.com/api/", help: "another base of Slack's API, ending in /", check: isBaseURL},
		{name: "slack_grace", preset: "60s", help: "how long a message may take to show in Slack's history before it is sent again", check: isDuration},
		{name: "slack_per_second", preset: "20", help: "messages a second that one process sends in all; each channel gets one a second at most", check: isRate},
		{name: "slack_on_uncertain", preset: "hold", help: "a message Slack may have, when it cannot be asked for a day: hold, or resend", check: isHoldOrResend},
		{name: "slack_fallback_channel", help: "channel, C…, for what cannot be sent where it belongs", check: isChannel},
		{name: "smtp_url", secret: true, help: "mail server, as smtp://user:password@host:587 or smtps://…:465: the second way out", check: notify.CheckMailURL},
		{name: "mail_from", help: "address that e-mail comes from", check: notify.CheckMailFrom},
		{name: "mail_after", preset: "15m", help: "how long Slack may take nothing before what is owed goes by e-mail", check: isPatience},
		{name: "schedule", preset: "* * * * *", help: "when to sweep, in UTC: minute, hour, day, month, weekday; digests and alerts go out no sooner", check: isSchedule},
		{name: "heartbeat_url", secret: true, help: "address to ask for after each good sweep while all is well, so that a service elsewhere notices when Kept falls silent", check: isURL},
		{name: "backup_dir", help: "folder for a backup each night, made by kept serve; without it none are made"},
		{name: "backup_keep", preset: "14", help: "how many nightly backups are kept", check: isCount},
	}
}

func (s setting) variable() string { return "KEPT_" + strings.ToUpper(s.name) }

// resolved is the value of a setting, and where it comes from.
type resolved struct{ value, source string }

const notSet = "default"

// settings resolves every setting: flag, else variable, else file, else default.
func (a *app) settings() (map[string]resolved, error) {
	file, err := a.configFile()
	if err != nil {
		return nil, err
	}
	all := map[string]resolved{}
	for _, s := range allSettings() {
		g, err := a.fromEnvironment(s)
		if err != nil {
			return nil, err
		}
		if s.name == "db" && a.flags.DB != "" {
			g = resolved{string(a.flags.DB), "--db"}
		}
		if line, ok := file.lines[s.name]; ok && g.source == "" {
			g = resolved{line.value, fmt.Sprintf("%s:%d", file.path, line.number)}
		}
		if g.source == "" {
			g = resolved{s.preset, notSet}
		}
		all[s.name] = g
	}
	return all, nil
}

// fromEnvironment reads a setting from its variable, or from the file that its other
// variable names.
func (a *app) fromEnvironment(s setting) (resolved, error) {
	direct, path := a.env(s.variable()), a.env(s.variable()+"_FILE")
	g := resolved{direct, s.variable()}
	switch {
	case direct != "" && path != "":
		return resolved{}, commitments.Invalid(s.variable(), fmt.Sprintf("is set, and so is %s_FILE: keep one of them", s.variable()))
	case path != "":
		content, err := os.ReadFile(path)
		if err != nil {
			return resolved{}, commitments.Invalid(s.variable()+"_FILE", err.Error())
		}
		g = resolved{strings.TrimSpace(string(content)), s.variable() + "_FILE"}
		if g.value == "" {
			return resolved{}, commitments.Invalid(g.source, path+" is empty")
		}
	case direct == "":
		return resolved{}, nil
	}
	if s.check != nil {
		if err := s.check(g.value); err != nil {
			return resolved{}, commitments.Invalid(g.source, err.Error())
		}
	}
	return g, nil
}

// The checks say what is wanted, and never what was given: it may be a secret.

func beginsWith(prefix string) func(string) error {
	return func(v string) error {
		if !strings.HasPrefix(v, prefix) {
			return fmt.Errorf("does not look right: it begins with %s", prefix)
		}
		return nil
	}
}

func isURL(v string) error {
	if !strings.HasPrefix(v, "https://") && !strings.HasPrefix(v, "http://") {
		return fmt.Errorf("is not an address: it begins with https://")
	}
	if u, err := url.Parse(v); err != nil || u.Hostname() == "" {
		return fmt.Errorf("is not an address: write it as https://host/path, without spaces") // the error would show it
	}
	return nil
}

func isBaseURL(v string) error {
	if isURL(v) != nil || !strings.HasSuffix(v, "/") {
		return fmt.Errorf("is not a base address: write it as https://slack.com/api/ with the last slash")
	}
	return nil
}

func isDuration(v string) error {
	if d, err := time.ParseDuration(v); err != nil || d <= 0 || d > time.Hour {
		return fmt.Errorf("is not a length of time up to an hour: write it as 60s or 2m")
	}
	return nil
}

func isHoldOrResend(v string) error {
	if v != notify.Hold && v != notify.Resend {
		return fmt.Errorf("is neither hold nor resend")
	}
	return nil
}

func isPatience(v string) error {
	if d, err := time.ParseDuration(v); err != nil || d <= 0 || d > 24*time.Hour {
		return fmt.Errorf("is not a length of time up to a day: write it as 15m or 2h")
	}
	return nil
}

func isChannel(v string) error {
	if !strings.HasPrefix(v, "C") && !strings.HasPrefix(v, "G") || strings.ContainsFunc(v, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) {
		return fmt.Errorf("is not a Slack channel id: it begins with C or G, as C024BE7LR (in Slack: channel details, at the bottom)")
	}
	return nil
}

func isRate(v string) error {
	if n, err := strconv.ParseFloat(v, 64); err != nil || !(n > 0 && n <= 1000) {
		return fmt.Errorf("is not a number of messages a second up to 1000: write it as 20")
	}
	return nil
}

func isSchedule(v string) error {
	_, err := scheduler.ParseSpec(v)
	return err
}

// settingNamed finds a setting by its name in the file.
func settingNamed(name string) (setting, bool) {
	all := allSettings()
	i := slices.IndexFunc(all, func(s setting) bool { return s.name == name })
	if i < 0 {
		return setting{}, false
	}
	return all[i], true
}
