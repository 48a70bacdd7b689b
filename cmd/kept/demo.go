package main

import (
	"context"

	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
	"kept/notify/slackapp"
)

type demoCmd struct {
	Listen text `help:"Address to listen on (KEPT_LISTEN; default 127.0.0.1:8470, or another port if that one is in use)." placeholder:"ADDR"`
	Once   bool `help:"Print what is at risk and the cards that Slack shows, and end."`
}

// Help is shown by kept help demo.
func (demoCmd) Help() string {
	return "A month of a small company, in a database that is gone afterwards, with a Slack of its own on a page. It needs no account and no network.\n\n" +
		example("kept demo", "kept demo --once")
}

// Run shows what Kept does.
func (c *demoCmd) Run(a *app) error {
	folder, err := os.MkdirTemp("", "kept-demo-")
	if err != nil {
		return err
	}
	err = c.inside(a, filepath.Join(folder, "kept.db"))
	a.close()
	a.store = nil
	return errors.Join(err, os.RemoveAll(folder))
}

func (c *demoCmd) inside(a *app, path string) error {
	d, err := a.newDemo(path)
	if err != nil {
		return err
	}
	risks, err := d.atRisk(a.ctx, a.now)
	if err != nil {
		return err
	}
	if c.Once {
		return a.demoOnce(d, risks)
	}
	l, err := c.listen(a)
	if err != nil {
		return err
	}
	lock, err := d.store.LockForServing()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer lock.Close()
	page := d.page(risks)
	v, err := a.service(d.store, slackapp.Config{Slack: d.config(), SurveyURL: urlOf(l)}, page)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	d.act(v, page)
	if err := a.demoOpen(d, risks, l); err != nil {
		return errors.Join(err, l.Close())
	}
	return v.run(a.stoppable(), l)
}

// listen listens where it was told to, or, where nobody cares, on any free port.
func (c *demoCmd) listen(a *app) (net.Listener, error) {
	if c.Listen != "" {
		return listen(string(c.Listen))
	}
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	l, err := listen(set["listen"].value)
	if errors.Is(err, syscall.EADDRINUSE) && set["listen"].source == notSet {
		return listen("127.0.0.1:0")
	}
	return l, err
}

// demo is the company, with a month behind it.
type demo struct {
	store   *store.Store
	path    string
	slack   *fakeslack.Server
	admin   commitments.Actor
	surveys surveys
}

// newDemo founds the company and lives its last month, up to now.
func (a *app) newDemo(path string) (*demo, error) {
	s, err := store.Create(a.ctx, path)
	if err != nil {
		return nil, err
	}
	a.store = s
	if err := foundCompany(a.ctx, s, a.now); err != nil {
		return nil, err
	}
	clock := &demoClock{}
	d := &demo{store: s, path: path, slack: demoSlack(clock)}
	if d.admin, err = s.Actor(a.ctx, ""); err != nil {
		return nil, err
	}
	send, err := notify.New(d.config(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	r := replay{store: s, slack: d.slack, send: send, clock: clock, now: a.now}
	if err := r.run(a.ctx); err != nil {
		return nil, err
	}
	return d, d.ask(a.ctx, a.now)
}

// config reaches the demo's Slack, at any pace.
func (d *demo) config() notify.Config {
	return notify.Config{
		BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: d.slack.RoundTripper(),
		PerSecond: 10_000, PerChannel: 10_000, Interactive: true,
	}
}

// atRisk are the promises to call about, the one due first in front.
func (d *demo) atRisk(ctx context.Context, now calendar.Instant) ([]commitments.View, error) {
	return d.store.List(ctx, d.admin, store.Filter{Stage: commitments.AtRisk}, now)
}

// firstCard is the first of some promises whose call card is the newest message where
// it was sent, answers to others aside: so it is what one sees there.
func (d *demo) firstCard(risks []commitments.View) (commitments.View, fakeslack.Message, bool) {
	for _, v := range risks {
		m, ok := d.card(v.ID)
		all := d.slack.Messages(m.Channel)
		all = slices.DeleteFunc(all, func(o fakeslack.Message) bool { return o.ThreadTS != "" && o.ThreadTS != o.TS })
		if ok && all[len(all)-1].TS == m.TS {
			return v, m, true
		}
	}
	return commitments.View{}, fakeslack.Message{}, false
}

// commands are three to try, as they are typed where this program was started.
func (d *demo) commands(risks []commitments.View) []string {
	kept := "KEPT_DB=" + quoted(d.path) + " " + quoted(os.Args[0])
	id := store.ID(1)
	if v, _, ok := d.firstCard(risks); ok {
		id = v.ID
	}
	return []string{
		kept + " list",
		fmt.Sprintf("%s show %d", kept, id),
		fmt.Sprintf("%s call %d --outcome new-date --promise 'in 3 weeks' --why 'One more round of tests'", kept, id),
	}
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune("/._-~+", r) && !alphanumeric(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// card is the newest message with a call card about a promise, to its owner.
func (d *demo) card(id store.ID) (fakeslack.Message, bool) {
	all := d.slack.Accepted()
	for i := len(all) - 1; i >= 0; i-- {
		for text := range strings.Lines(all[i].Text) {
			if strings.HasPrefix(text, "Call ") && strings.Contains(text, fmt.Sprintf("(kept show %d)", id)) {
				return all[i], true
			}
		}
	}
	return fakeslack.Message{}, false
}
