package main

import (
	"cmp"
	"context"
	"encoding/json"
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
	"kept/web"
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
	v, err := a.service(d.store, d.app(), page)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	d.answer(v, page)
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
	survey string // the path of one that a customer may answer
	store  *store.Store
	path   string
	slack  *fakeslack.Server
	admin  commitments.Actor
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
	d.survey, err = d.ask(a.ctx, a.now)
	return d, err
}

// ask asks one of the customers how we did, and gives the path of the link: of what was
// delivered, and not rated yet, the newest that nothing speaks against asking about.
func (d *demo) ask(ctx context.Context, now calendar.Instant) (string, error) {
	closed, err := d.store.List(ctx, d.admin, store.Filter{Stage: commitments.Delivered, Closed: true}, now)
	if err != nil {
		return "", err
	}
	slices.SortFunc(closed, func(a, b commitments.View) int { return -cmp.Compare(a.DeliveredAt, b.DeliveredAt) })
	for _, v := range closed {
		if v.Rating != nil {
			continue
		}
		asked, err := d.store.Survey(ctx, store.Op{By: d.admin, Ref: fmt.Sprint(v.ID), At: now.String()}, "")
		if err == nil {
			return "s/" + asked.Token, nil
		} else if !errors.Is(err, commitments.ErrRefused) {
			return "", err
		}
	}
	return "", errors.New("demo: there is no customer to ask how we did")
}

// config reaches the demo's Slack, at any pace.
func (d *demo) config() notify.Config {
	return notify.Config{
		BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: d.slack.RoundTripper(),
		PerSecond: 10_000, PerChannel: 10_000,
	}
}

// app answers what the demo's Slack tells it, in process.
func (d *demo) app() slackapp.Config { return slackapp.Config{Slack: d.config()} }

// atRisk are the promises to call about, the one due first in front.
func (d *demo) atRisk(ctx context.Context, now calendar.Instant) ([]commitments.View, error) {
	return d.store.List(ctx, d.admin, store.Filter{Stage: commitments.AtRisk}, now)
}

// page is what the demo's page needs to know.
func (d *demo) page(risks []commitments.View) *web.Demo {
	p := &web.Demo{Company: company, Slack: d.slack, Viewer: d.admin, Survey: "/" + d.survey, First: slackID("Marek") + "/" + warsawChannel, Commands: d.commands(risks)}
	for _, in := range demoPeople() {
		p.People = append(p.People, web.DemoPerson{User: slackID(*in.Name), Role: role(in)})
	}
	if v, m, ok := d.firstCard(risks); ok {
		p.First = slackID(v.Owner) + "/" + m.Channel
	}
	return p
}

// role is what somebody is in the company, in words.
func role(in store.PersonInput) string {
	switch {
	case *in.Role == "manager":
		return "account manager"
	case in.Teams != nil:
		return *in.Role + " of " + (*in.Teams)[0]
	}
	return *in.Role
}

// answer lets the demo's Slack tell Kept what its people do there, and Kept look at the
// promises at once when they have done something.
func (d *demo) answer(v *service, page *web.Demo) {
	app := slackapp.New(d.app(), d.store, nil, v.log)
	d.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		return app.Handle(ctx, slackapp.Door(door), payload), nil
	})
	page.Wait = app.Wait
	page.Settle = func(ctx context.Context) {
		for _, do := range []func(context.Context) error{v.jobs.Sweep, v.jobs.Deliver} {
			if err := do(ctx); err != nil {
				v.log.Warn("what follows in the demo comes later", "error", err)
			}
		}
	}
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
