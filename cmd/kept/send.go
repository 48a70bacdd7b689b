package main

import (
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/slackapp"
)

// deliveryCounts is what became of messages.
type deliveryCounts struct {
	Sent      int `json:"sent"`
	Pending   int `json:"pending"`
	Uncertain int `json:"uncertain"`
	Blocked   int `json:"blocked"`
	Dead      int `json:"dead"`
}

// slackConfig is how Slack is reached, by the settings.
func (a *app) slackConfig() (notify.Config, error) {
	set, err := a.settings()
	if err != nil {
		return notify.Config{}, err
	}
	grace, err := time.ParseDuration(set["slack_grace"].value)
	if err != nil {
		return notify.Config{}, commitments.Invalid("slack_grace", err.Error())
	}
	rate, err := strconv.ParseFloat(set["slack_per_second"].value, 64)
	if err != nil {
		return notify.Config{}, commitments.Invalid("slack_per_second", err.Error())
	}
	patience, err := time.ParseDuration(set["mail_after"].value)
	if err != nil {
		return notify.Config{}, commitments.Invalid("mail_after", err.Error())
	}
	c := notify.Config{
		BotToken: set["slack_bot_token"].value, WebhookURL: set["slack_webhook_url"].value, Grace: grace, PerSecond: rate,
		OnUncertain: set["slack_on_uncertain"].value, FallbackChannel: set["slack_fallback_channel"].value,
		Mail: notify.Mail{URL: set["smtp_url"].value, From: set["mail_from"].value, After: patience},
	}
	c.Interactive = c.BotToken != "" && (set["slack_app_token"].value != "" || set["slack_signing_secret"].value != "")
	if api := set["slack_api_url"]; api.source != notSet {
		c.APIURL = api.value
	}
	return c, nil
}

// slackApp is how what people do in Slack comes in, by the settings.
func (a *app) slackApp() (slackapp.Config, error) {
	slack, err := a.slackConfig()
	if err != nil {
		return slackapp.Config{}, err
	}
	set, err := a.settings()
	if err != nil {
		return slackapp.Config{}, err
	}
	surveys, _, err := a.publicURL()
	secrets := strings.FieldsFunc(set["slack_signing_secret"].value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	return slackapp.Config{Slack: slack, AppToken: set["slack_app_token"].value, SigningSecrets: secrets, PublicURL: set["public_url"].value, SurveyURL: surveys}, err
}

// notifier is what sends messages by the settings.
func (a *app) notifier(s *store.Store, log *slog.Logger) (*notify.Notifier, error) {
	c, err := a.slackConfig()
	if err != nil {
		return nil, err
	}
	n, err := notify.New(c, s, log)
	if err != nil {
		return nil, commitments.Invalid("", err.Error())
	}
	return n, nil
}

// deliver sends whatever is due as of an instant, edits the cards that show no longer what
// is so, and counts what was sent together with those just made that are not due yet.
func (a *app) deliver(s *store.Store, at calendar.Instant, made []store.ID) (deliveryCounts, error) {
	quiet := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	n, err := a.notifier(s, quiet)
	if err != nil {
		return deliveryCounts{}, err
	}
	o, err := n.Deliver(a.ctx, at)
	if err != nil {
		return deliveryCounts{}, err
	}
	if _, err := n.Edit(a.ctx, at); err != nil {
		return deliveryCounts{}, err
	}
	waiting := 0
	for _, id := range made {
		d, err := s.Delivery(a.ctx, id)
		if err != nil {
			return deliveryCounts{}, err
		}
		if d.State == store.Pending {
			waiting++
		}
	}
	c := deliveryCounts{Sent: o.Sent, Pending: max(o.Pending, waiting), Uncertain: o.Uncertain, Blocked: o.Blocked, Dead: o.Dead}
	if n.Mode() == notify.Off && !n.Mails() && c.Pending > 0 {
		warn(a.err, "messages wait until Slack is configured: set KEPT_SLACK_BOT_TOKEN or KEPT_SLACK_WEBHOOK_URL")
	}
	return c, nil
}

func (a *app) messages(d deliveryCounts) {
	a.out.line("Messages: %d sent, %d pending, %d uncertain, %d blocked, %d given up.", d.Sent, d.Pending, d.Uncertain, d.Blocked, d.Dead)
}
