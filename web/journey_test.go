package web_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
	"kept/notify/slackapp"
	"kept/web"
)

// journeyRig is a demo in which it is always working hours, with the app behind its
// buttons: Anna owns what is promised, Ben manages the customer.
func journeyRig(t *testing.T) *rig {
	return newRig(t, func(r *rig, c *web.Config) {
		ctx := t.Context()
		ada, err := r.store.Actor(ctx, "")
		must(t, err)
		_, err = r.store.AddCalendar(ctx, ada, store.CalendarInput{Name: new("Always"), Zone: new("Europe/Warsaw"), Hours: new("mon-sun 00:00-24:00"), Default: true})
		must(t, err)
		_, err = r.store.AddTeam(ctx, ada, store.TeamInput{Name: new("Ops"), Channel: new(channel), Alerts: new("channel")})
		must(t, err)
		demo := &web.Demo{Company: "Lumen", Slack: r.slack, Viewer: ada, First: "U0ANNA/" + channel, Survey: func(store.ID) string { return "" }}
		for _, p := range []struct{ name, user, role string }{{"Anna Kowalska", "U0ANNA", "member"}, {"Ben Okoro", "U0BEN", "manager"}} {
			r.slack.AddUser(fakeslack.User{ID: p.user, Name: p.name, RealName: p.name, Zone: "Europe/Warsaw"})
			in := store.PersonInput{Name: new(p.name), Email: new(p.user + "@example.com"), Slack: new(p.user), Role: new(p.role), Zone: new("Europe/Warsaw")}
			if p.role == "member" {
				in.Teams = &[]string{"Ops"}
			}
			_, err = r.store.AddPerson(ctx, ada, in)
			must(t, err)
			demo.People = append(demo.People, web.DemoPerson{User: p.user, Role: p.role})
		}
		_, err = r.store.AddCustomer(ctx, ada, store.CustomerInput{Name: new("Kite & Anchor"), Manager: new("Ben Okoro")})
		must(t, err)
		r.slack.AddChannel(fakeslack.Channel{ID: channel, Name: "delivery"})
		r.connect(t, c, demo)
	})
}

// connect puts the app between a demo's Slack and its promises.
func (r *rig) connect(t *testing.T, c *web.Config, demo *web.Demo) {
	cfg := notify.Config{BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: r.slack.RoundTripper(), PerSecond: 1000, PerChannel: 1000, Interactive: true}
	send, err := notify.New(cfg, r.store, slog.New(slog.DiscardHandler))
	must(t, err)
	app := slackapp.New(slackapp.Config{Slack: cfg}, r.store, nil, slog.New(slog.DiscardHandler))
	r.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		return app.Handle(ctx, slackapp.Door(door), payload), nil
	})
	demo.Wait = app.Wait
	demo.Settle = func(ctx context.Context) {
		now := calendar.InstantOf(time.Now())
		_, err := r.store.Sweep(ctx, now)
		must(t, err)
		_, err = send.Deliver(ctx, now)
		must(t, err)
		_, err = send.Edit(ctx, now)
		must(t, err)
	}
	c.Demo, c.Health.Slack = demo, send
}

// the only promise there is.
func (r *rig) promise(t *testing.T) store.Detail {
	t.Helper()
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	d, err := r.store.Show(t.Context(), ada, "1", calendar.InstantOf(time.Now()))
	must(t, err)
	return d
}

func inDays(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }

// TestTheJourneyInABrowser is what a newcomer does on the demo's page, from a promise
// that is logged to one that is kept in the end.
func TestTheJourneyInABrowser(t *testing.T) {
	r := journeyRig(t)
	v := r.visitor(t).open("/demo/U0ANNA/" + channel)
	v.enter("A message", "/promise Kite & Anchor: Single sign-on by "+inDays(6)).press("Send").sees("Promise date, which the customer was told")
	v.press("Log it", "Single sign-on")
	if got := r.promise(t); got.Owner != "Anna Kowalska" || got.Customer != "Kite & Anchor" {
		t.Fatalf("logged: %+v", got.View)
	}

	v.open("/demo/U0ANNA/home").press("Open", "Single sign-on").press("Check in")
	v.enter("How many working days", "10").enter("Is something in the way?", "no <test> account").press("Check in", "Note").press("Close")
	v.open("/demo/U0ANNA/"+channel).sees("Call the customer: Single sign-on", "no <test> account")
	if got := r.promise(t); got.Stage != commitments.AtRisk {
		t.Fatalf("after the check-in: %s", got.Stage)
	}

	v.press("Called, new date…", "Call the customer: Single sign-on")
	v.enter("Which date", inDays(30)).press("Look again", "Which date").sees("The customer hears")
	v.press("Record the date").sees("Please complete this required field.")
	v.enter("Why does it move?", "One more round of tests").press("Record the date")
	if got := r.promise(t); got.Stage != commitments.OnTrack && got.Stage != commitments.Watch || got.Promise.String() != inDays(30) {
		t.Fatalf("after the call: %s, promised %s", got.Stage, got.Promise)
	}

	v.sees("(edited)", "✓ Anna Kowalska called").open("/demo/U0ANNA/home").misses("Call the customer: ").press("Open", "Single sign-on").press("Delivered")
	if got := r.promise(t); got.Stage != commitments.Delivered {
		t.Fatalf("after the delivery: %s", got.Stage)
	}
}

func TestTheRescueInABrowser(t *testing.T) {
	r := journeyRig(t)
	anna, err := r.store.Actor(t.Context(), "U0ANNA@example.com")
	must(t, err)
	_, err = r.store.Add(t.Context(), store.Op{By: anna, At: calendar.InstantOf(time.Now().AddDate(0, 0, -10)).String()}, store.NewPromise{
		Customer: "Kite & Anchor", Owner: "Anna Kowalska", Title: "Keg tracking", Promise: inDays(-1),
	})
	must(t, err)
	r.Demo.Settle(t.Context())

	v := r.visitor(t).open("/demo/U0ANNA/" + channel).press("Own it").sees("(edited)")
	v.open("/demo/U0ANNA/home").press("Log the call…")
	v.enter("What was said", "Told Tom, and why").enter("Why did it happen?", "supplier").press("Log the call", "What was said")
	v.press("Make it right…").enter("What we gave", "A free month").enter("What it cost us", "250").press("Record it")
	v.press("Close the rescue…").enter("Is the customer won back?", "Won back").press("Close it")
	d := r.promise(t)
	if d.Rescue.WonBack == nil || !*d.Rescue.WonBack || d.Rescue.CalledAt == 0 || d.Rescue.MadeRightAt == 0 || d.Rescue.OwnedAt == 0 {
		t.Errorf("the rescue is %+v", d.Rescue)
	}
	if !strings.Contains(v.page, "Kept’s home") {
		t.Error("the visitor is not where they were")
	}
}
