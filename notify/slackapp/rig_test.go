package slackapp

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// rig is a small company, the Slack it works in, and the app between them. It is always
// working hours there.
type rig struct {
	*testing.T
	file   string // the database
	store  *store.Store
	slack  *fakeslack.Server
	send   *notify.Notifier
	app    *App
	admin  commitments.Actor
	config notify.Config
}

// Who there is in Slack: Ada is the admin, Olga owns what is promised, Ben is in her
// team, Max manages the customer, Zoe is in another team, and Kept knows no Eve.
const (
	ada, olga, ben, max_, zoe, eve = "U0ADA", "U0OLGA", "U0BEN", "U0MAX", "U0ZOE", "U0EVE"
	opsChannel                     = "C0OPS"
)

func newRig(t *testing.T, opts ...fakeslack.Option) *rig {
	t.Helper()
	r := &rig{T: t, slack: fakeslack.New(append(opts, fakeslack.WithPatience(0))...)}
	r.file = filepath.Join(t.TempDir(), "kept.db")
	s, err := store.Create(t.Context(), r.file)
	r.must(err)
	t.Cleanup(func() { _ = s.Close() })
	r.store = s
	r.must(s.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada", Zone: "Europe/Warsaw"}))
	r.admin, err = s.Actor(t.Context(), "")
	r.must(err)
	_, err = s.AddCalendar(t.Context(), r.admin, store.CalendarInput{Name: new("Always"), Zone: new("Europe/Warsaw"), Hours: new("mon-sun 00:00-24:00"), Default: true})
	r.must(err)
	for _, name := range []string{"Ops", "Far"} {
		_, err = s.AddTeam(t.Context(), r.admin, store.TeamInput{Name: &name, Channel: new(map[string]string{"Ops": opsChannel, "Far": "C0FAR"}[name])})
		r.must(err)
	}
	_, err = s.EditPerson(t.Context(), r.admin, "Ada", store.PersonInput{Slack: new(ada)})
	r.must(err)
	for _, p := range []struct{ name, user, role, team string }{{"Olga", olga, "member", "Ops"}, {"Ben", ben, "member", "Ops"}, {"Max", max_, "manager", ""}, {"Zoe", zoe, "member", "Far"}} {
		in := store.PersonInput{Name: new(p.name), Email: new(p.name + "@example.com"), Slack: new(p.user), Role: new(p.role), Zone: new("Europe/Warsaw")}
		if p.team != "" {
			in.Teams = &[]string{p.team}
		}
		_, err = s.AddPerson(t.Context(), r.admin, in)
		r.must(err)
	}
	_, err = s.AddCustomer(t.Context(), r.admin, store.CustomerInput{Name: new("Acme"), Manager: new("Max")})
	r.must(err)
	for _, u := range []string{ada, olga, ben, max_, zoe, eve} {
		r.slack.AddUser(fakeslack.User{ID: u, Name: u, RealName: u, Email: u + "@elsewhere.example", Zone: "Europe/Warsaw"})
	}
	r.slack.AddChannel(fakeslack.Channel{ID: opsChannel, Name: "ops"})
	r.slack.AddChannel(fakeslack.Channel{ID: "C0FAR", Name: "far"})
	r.config = notify.Config{BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: r.slack.RoundTripper(), PerSecond: 1000, PerChannel: 1000}
	r.send, err = notify.New(r.config, s, slog.New(slog.DiscardHandler))
	r.must(err)
	r.app = New(Config{Slack: r.config, SurveyURL: "https://kept.example/"}, s, nil, slog.New(slog.DiscardHandler))
	r.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		defer r.app.Wait()
		return r.app.Handle(ctx, Door(door), payload), nil
	})
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// promise logs one of Olga's, made some days ago for some days from now, and gives it as
// it stands.
func (r *rig) promise(title string, madeDaysAgo, dueInDays int) commitments.View {
	r.Helper()
	now := time.Now()
	made := calendar.InstantOf(now.AddDate(0, 0, -madeDaysAgo))
	added, err := r.store.Add(r.Context(), store.Op{By: r.admin, At: made.String()}, store.NewPromise{
		Customer: "Acme", Owner: "Olga", Team: "Ops", Title: title, Padding: "20%", Promise: now.AddDate(0, 0, dueInDays).Format(time.DateOnly),
	})
	r.must(err)
	return r.view(added.ID)
}

// atRisk is a promise whose owner needs longer than there is time, and whose call card
// was sent.
func (r *rig) atRisk(title string) commitments.View {
	r.Helper()
	v := r.promise(title, 20, 5)
	_, err := r.store.CheckIn(r.Context(), store.Op{By: r.admin, Ref: v.Key, At: calendar.InstantOf(time.Now().Add(-time.Hour)).String()}, store.CheckIn{Left: "10"})
	r.must(err)
	r.sweep()
	return r.view(v.ID)
}

// sweep finds what is at risk, and sends what is due.
func (r *rig) sweep() {
	r.Helper()
	now := calendar.InstantOf(time.Now())
	_, err := r.store.Sweep(r.Context(), now)
	r.must(err)
	_, err = r.send.Deliver(r.Context(), now)
	r.must(err)
}

func (r *rig) view(id store.ID) commitments.View {
	r.Helper()
	d, err := r.store.Show(r.Context(), r.admin, idText(id), calendar.InstantOf(time.Now()))
	r.must(err)
	return d.View
}

func (r *rig) detail(id store.ID) store.Detail {
	r.Helper()
	d, err := r.store.Show(r.Context(), r.admin, idText(id), calendar.InstantOf(time.Now()))
	r.must(err)
	return d
}

// handle gives the app a payload, of our workspace unless it says otherwise, waits for all that follows, and answers its answer.
func (r *rig) handle(door Door, payload any) json.RawMessage {
	r.Helper()
	if p, ok := payload.(map[string]any); ok && p["team"] == nil && p["team_id"] == nil {
		p["team"] = map[string]any{"id": fakeslack.TeamID}
	}
	raw, err := json.Marshal(payload)
	r.must(err)
	answer := r.app.Handle(context.Background(), door, raw)
	r.app.Wait()
	return answer
}

// last is the newest message in a channel or, of a user, in the direct one; ephemeral
// ones included.
func (r *rig) last(channel string) fakeslack.Message {
	r.Helper()
	if channel[0] == 'U' {
		channel = fakeslack.DirectChannel(channel)
	}
	all := r.slack.Messages(channel)
	if len(all) == 0 {
		r.Fatalf("there is no message in %s", channel)
	}
	return all[len(all)-1]
}

func idText(id store.ID) string { return fmt.Sprint(id) }
