package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/slackapp"
)

type serveCmd struct {
	Listen text `help:"Address to listen on (KEPT_LISTEN; default 127.0.0.1:8470)." placeholder:"ADDR"`
}

// Help is shown by kept help serve.
func (serveCmd) Help() string {
	return "Finds what is at risk every minute, tells Slack, sends the weekly digests, answers what people do there, and answers on /healthz, /readyz and /metrics, and customers' answers to surveys on /s/.\n\n" +
		example("kept serve --listen 127.0.0.1:8470")
}

// Run serves until it is told to stop, which may be before it has begun.
func (c *serveCmd) Run(a *app) error {
	err := c.serve(a)
	if a.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *serveCmd) serve(a *app) error {
	set, err := a.settings()
	if err != nil {
		return err
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	lock, err := s.LockForServing()
	if err != nil {
		return err
	}
	defer lock.Close()
	in, err := a.slackApp()
	if err != nil {
		return err
	}
	v, err := a.service(s, in, nil)
	if err != nil {
		return err
	}
	address := set["listen"].value
	if c.Listen != "" {
		address = string(c.Listen)
	}
	l, err := listen(address)
	if err != nil {
		return err
	}
	if err := a.serving(v, l, set["db"].value); err != nil {
		return errors.Join(err, l.Close())
	}
	return v.run(a.stoppable(), l)
}

// listen begins to listen, and says in words why it cannot.
func listen(address string) (net.Listener, error) {
	if err := isAddress(address); err != nil {
		return nil, commitments.Invalid("listen", err.Error())
	}
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen: %s is in use: stop what runs there, or name another with --listen: %w", address, err)
	case err != nil:
		return nil, fmt.Errorf("listen: cannot listen on %s: %w", address, err)
	}
	return l, nil
}

func isAddress(v string) error {
	_, port, err := net.SplitHostPort(v)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return errors.New("is not an address to listen on: write it as 127.0.0.1:8470, or :8470 for every network")
	}
	return nil
}

// stoppable ends at the first signal to stop. A second one ends the process at once,
// as it would without us: the database is safe whenever that happens.
func (a *app) stoppable() context.Context {
	context.AfterFunc(a.ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
	return a.ctx
}

// serving tells that all is ready, and what is not as it should be.
func (a *app) serving(v *service, l net.Listener, dsn string) error {
	url := urlOf(l)
	warnings := v.warnings(l)
	for _, w := range warnings {
		warn(a.err, w)
	}
	if a.flags.JSON {
		if err := a.out.json(map[string]any{"url": url, "warnings": warnings}); err != nil {
			return err
		}
		return a.out.Flush()
	}
	if strings.Contains(dsn, "://") {
		dsn = "a PostgreSQL database"
	}
	a.out.line("Kept is ready at %s on %s.", url, dsn)
	return a.out.Flush()
}

// urlOf is where a browser on this machine finds a listener.
func urlOf(l net.Listener) string {
	at := l.Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d/", at.Port)
	}
	return fmt.Sprintf("http://%s/", at)
}

// warnings are what an operator ought to know, a line each.
func (v *service) warnings(l net.Listener) []string {
	all := []string{}
	switch mode := v.slack.Mode(); {
	case mode == notify.Off && v.slack.Mails():
		all = append(all, "Slack is not configured: everything goes by e-mail, and after a failure one may come twice")
	case mode == notify.Off:
		all = append(all, "Slack is not configured: alerts wait. Set KEPT_SLACK_BOT_TOKEN, or KEPT_SLACK_WEBHOOK_URL for one channel only")
	case mode == notify.Webhook:
		all = append(all, "Slack is reached by an incoming webhook: everything goes to its one channel, and after a failure a message may come twice")
	}
	if w := deaf(v.in); w != "" {
		all = append(all, w)
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		all = append(all, "others on the network can open the pages, which ask nobody to sign in: they show health and figures, and of a promise only what the link of a survey tells its customer")
	}
	return all
}

// deaf warns if nothing that people do in Slack reaches us.
func deaf(c slackapp.Config) string {
	asked := c.AppToken != "" || len(c.SigningSecrets) > 0
	switch bot := c.Slack.BotToken != ""; {
	case bot && !asked:
		return "nothing comes back from Slack, so no buttons are shown: set KEPT_SLACK_APP_TOKEN for Socket Mode, or KEPT_SLACK_SIGNING_SECRET for requests over HTTP"
	case !bot && asked:
		return "nothing comes back from Slack: KEPT_SLACK_APP_TOKEN and KEPT_SLACK_SIGNING_SECRET are of use only with KEPT_SLACK_BOT_TOKEN"
	}
	return ""
}

// slackChannels are the channels of all teams, each once.
func slackChannels(teams []store.TeamView) []string {
	var channels []string
	for _, t := range teams {
		if t.Channel != "" {
			channels = append(channels, string(t.Channel))
		}
	}
	return channels
}
