package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/fakeslack"
	"kept/notify/slackapp"
	"kept/web"
)

// page is what the demo's page needs to know.
func (d *demo) page(risks []commitments.View) *web.Demo {
	p := &web.Demo{
		Company: company, Slack: d.slack, Viewer: d.admin, First: slackID("Anna") + "/home", Steps: d.steps(), Commands: d.commands(risks), Survey: d.surveys.of,
	}
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

// steps are what is worth trying on the page.
func (d *demo) steps() []web.DemoStep {
	at := func(name, place string) string { return "/demo/" + slackID(name) + "/" + place }
	said := d.newest(warsawChannel, func(m fakeslack.Message) bool { return m.User == slackID("Marek") })
	digest := d.newest(fakeslack.DirectChannel(slackID("Helen")), func(m fakeslack.Message) bool { return strings.HasPrefix(m.Text, "Kept, week ") })
	return []web.DemoStep{
		{Text: "Be Anna, who must call a customer: say that you agreed on a new date", Path: at("Anna", "home")},
		{Text: "Be Piotr, whom Kept asks how much work is left: answer", Path: at("Piotr", "home")},
		{Text: "Be Daniel, who broke a promise: own it, call, make it right, win them back", Path: at("Daniel", "home")},
		{Text: "Be Marek, who has just promised something: log it, by ⋯ beside his message, or type /promise Baltic Freight: spare trucks by friday", Path: at("Marek", warsawChannel) + said},
		{Text: "Be Helen, and read the digest of her customers", Path: at("Helen", fakeslack.DirectChannel(slackID("Helen"))) + digest},
		{Text: "Say as a customer how we did", Path: "/" + d.surveys.first},
	}
}

// newest is where on the page the newest of a channel's messages of a kind stands.
func (d *demo) newest(channel string, kind func(fakeslack.Message) bool) string {
	where := "#latest"
	for _, m := range d.slack.Messages(channel) {
		if kind(m) {
			where = "#m" + m.TS
		}
	}
	return where
}

// act lets the demo's Slack tell Kept what its people do there, and Kept look at the
// promises at once when they have done something.
func (d *demo) act(v *service, page *web.Demo) {
	d.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		return v.app.Handle(ctx, slackapp.Door(door), payload), nil
	})
	edit := func(ctx context.Context) error {
		_, err := v.slack.Edit(ctx, calendar.InstantOf(time.Now()))
		return err
	}
	ask := func(ctx context.Context) error { return d.ask(ctx, calendar.InstantOf(time.Now())) }
	page.Wait = v.app.Wait
	page.Settle = func(ctx context.Context) {
		for _, do := range []func(context.Context) error{v.jobs.Sweep, v.jobs.Deliver, edit, ask} {
			if err := do(ctx); err != nil {
				v.log.Warn("what follows in the demo comes later", "error", err)
			}
		}
	}
}

// surveys are the links that customers were sent. It is safe for concurrent use.
type surveys struct {
	mu    sync.Mutex
	paths map[store.ID]string // by promise
	first string              // path of the first that was sent
}

// of is where the customer of a promise may say how we did; "" for nowhere.
func (s *surveys) of(id store.ID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[id]
}

func (s *surveys) sent(id store.ID, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths == nil {
		s.paths, s.first = map[store.ID]string{}, "s/"+token
	}
	s.paths[id] = "/s/" + token
}

// ask asks customers how we did: about all that was delivered, and neither rated nor
// asked about yet, the newest first, if nothing speaks against asking.
func (d *demo) ask(ctx context.Context, now calendar.Instant) error {
	closed, err := d.store.List(ctx, d.admin, store.Filter{Stage: commitments.Delivered, Closed: true}, now)
	if err != nil {
		return err
	}
	slices.SortFunc(closed, func(a, b commitments.View) int { return -cmp.Compare(a.DeliveredAt, b.DeliveredAt) })
	for _, v := range closed {
		id := v.ID
		if v.Rating != nil || d.surveys.of(id) != "" {
			continue
		}
		asked, err := d.store.Survey(ctx, store.Op{By: d.admin, Ref: fmt.Sprint(v.ID), At: now.String()}, "")
		switch {
		case err == nil:
			d.surveys.sent(id, asked.Token)
		case !errors.Is(err, commitments.ErrRefused):
			return err
		}
	}
	return nil
}
