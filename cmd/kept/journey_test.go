package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// office is a company that works in Slack all day long, with a kept serve of its own.
type office struct {
	*testing.T
	slack *fakeslack.Server
	store *store.Store // a second process on the same database
	admin commitments.Actor
	kept  *program
}

// Who works there, in Slack: Ada leads the team, Olga owns what it promises, Max manages
// the customer.
const (
	inSlackAda, inSlackOlga, inSlackMax = "U0ADA", "U0OLGA", "U0MAX"
	officeChannel                       = "C0OPS"
)

// doors are the ways in which what people do reaches Kept: what Kept is told of each, and
// how Slack takes it then.
var doors = map[string]struct {
	variable string
	connect  func(*fakeslack.Server, *program) fakeslack.Connection
}{
	"Socket Mode": {"KEPT_SLACK_APP_TOKEN=" + fakeslack.AppToken, func(s *fakeslack.Server, _ *program) fakeslack.Connection { return s.ViaSocket() }},
	"HTTP": {"KEPT_SLACK_SIGNING_SECRET=" + fakeslack.SigningSecret, func(s *fakeslack.Server, p *program) fakeslack.Connection {
		return s.ViaHTTP(p.url+"slack", http.DefaultClient)
	}},
}

// openOffice begins a day at the office.
func openOffice(t *testing.T, line string) *office {
	t.Helper()
	o := &office{T: t, slack: fakeslack.New(fakeslack.WithPatience(0))} // how fast it answers is measured elsewhere
	web := httptest.NewServer(o.slack)
	t.Cleanup(web.Close)
	o.slack.SetBaseURL(web.URL)
	path := filepath.Join(t.TempDir(), "kept.db")
	o.found(path)
	env := []string{"KEPT_SLACK_BOT_TOKEN=" + fakeslack.BotToken, "KEPT_SLACK_API_URL=" + web.URL + "/api/", doors[line].variable}
	o.kept = start(t, env, "--db", path, "serve")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(o.kept.errs)
		}
	})
	o.slack.Connect(doors[line].connect(o.slack, o.kept))
	if line == "Socket Mode" {
		o.await("a socket", func() bool { return o.slack.Sockets() > 0 })
	}
	return o
}

// found makes the company, in a database and in Slack.
func (o *office) found(path string) {
	o.Helper()
	ctx := o.Context()
	s, err := store.Create(ctx, path)
	must(o.T, err)
	o.Cleanup(func() { _ = s.Close() })
	o.store = s
	must(o.T, s.Init(ctx, store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada", Zone: "Europe/Warsaw"}))
	allHours(o.T, s)
	o.admin, err = s.Actor(ctx, "")
	must(o.T, err)
	_, err = s.AddTeam(ctx, o.admin, store.TeamInput{Name: new("Ops"), Channel: new(officeChannel), Lead: new("Ada")})
	must(o.T, err)
	for name, role := range map[string]string{"Olga": "member", "Max": "manager"} {
		_, err = s.AddPerson(ctx, o.admin, store.PersonInput{Name: &name, Email: new(strings.ToLower(name) + "@example.com"), Role: &role, Teams: &[]string{"Ops"}})
		must(o.T, err)
	}
	_, err = s.AddCustomer(ctx, o.admin, store.CustomerInput{Name: new("Acme"), Manager: new("Max"), Contact: &store.ContactInput{Name: "Jo Stone", Phone: new("+44 20 7946 0000")}})
	must(o.T, err)
	for _, id := range []string{inSlackAda, inSlackOlga, inSlackMax} {
		name := strings.ToLower(strings.TrimPrefix(id, "U0"))
		o.slack.AddUser(fakeslack.User{ID: id, Name: name, RealName: name, Email: name + "@example.com", Zone: "Europe/Warsaw"})
		_, err := s.EditPerson(ctx, o.admin, name+"@example.com", store.PersonInput{Slack: &id})
		must(o.T, err)
	}
	o.slack.AddChannel(fakeslack.Channel{ID: officeChannel, Name: "ops"})
}

// await waits until something holds that Kept is about to bring about.
func (o *office) await(what string, holds func() bool) {
	o.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case err := <-o.kept.ended:
			o.Fatalf("kept ended while %s was awaited: %v", what, err)
		case <-o.Context().Done():
			o.Fatalf("there was never %s", what)
		case <-tick.C:
		}
	}
}

// opened waits for a modal in front of somebody, by what it asks.
func (o *office) opened(user, callback string) (m fakeslack.Modal) {
	o.Helper()
	o.await("the modal "+callback, func() bool {
		var open bool
		m, open = o.slack.Modal(user)
		return open && strings.Contains(string(m.Body), `"callback_id":"`+callback+`"`)
	})
	return m
}

// card waits for a message that somebody has from Kept, by its words.
func (o *office) card(user string, words ...string) (m fakeslack.Message) {
	o.Helper()
	o.await("a card with "+strings.Join(words, ", "), func() bool {
		for _, m = range o.slack.Messages(fakeslack.DirectChannel(user)) {
			if m.ThreadTS == "" && containsAll(m.Text+string(m.Blocks), words) {
				return true
			}
		}
		return false
	})
	return m
}

// edited waits until a card was changed, and gives it as it stands then.
func (o *office) edited(card fakeslack.Message) (m fakeslack.Message) {
	o.Helper()
	o.await("a change of the card", func() bool {
		all := o.slack.Messages(card.Channel)
		m = all[slices.IndexFunc(all, func(m fakeslack.Message) bool { return m.TS == card.TS })]
		return m.Edits > card.Edits
	})
	return m
}

// last is the newest message in a channel.
func (o *office) last(channel string) fakeslack.Message {
	all := o.slack.Messages(channel)
	return all[len(all)-1]
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// sweep finds what is at risk, as serve does every minute.
func (o *office) sweep() {
	o.Helper()
	_, err := o.store.Sweep(o.Context(), calendar.InstantOf(time.Now()))
	must(o.T, err)
}

// show is a promise as it stands.
func (o *office) show(ref string) store.Detail {
	o.Helper()
	d, err := o.store.Show(o.Context(), o.admin, ref, calendar.InstantOf(time.Now()))
	must(o.T, err)
	return d
}

// answer opens a modal by a button of a card's, fills it and submits it.
func (o *office) answer(user string, card fakeslack.Message, action string, values map[string]string) {
	o.Helper()
	must(o.T, o.slack.Click(o.Context(), user, card.Channel, card.TS, action))
	o.opened(user, action)
	must(o.T, o.slack.Submit(o.Context(), user, values))
}

// answerAtHome is answer, of a button on somebody's home tab.
func (o *office) answerAtHome(user, action string, values map[string]string) {
	o.Helper()
	must(o.T, o.slack.OpenHome(o.Context(), user))
	o.await("the button "+action+" at home", func() bool {
		home, _ := o.slack.Home(user)
		return slices.ContainsFunc(fakeslack.Elements(home.Blocks), func(e fakeslack.Element) bool { return e.Action == action })
	})
	must(o.T, o.slack.ClickView(o.Context(), user, action))
	o.opened(user, action)
	must(o.T, o.slack.Submit(o.Context(), user, values))
}

// daysOn is the day some days from now, in the office's zone.
func daysOn(n int) string {
	return time.Now().AddDate(0, 0, n).Format(time.DateOnly)
}

// TestE3_TheJourneyOfAPromise is the whole of what people do, from the message in which a
// promise is made to what the customer says of it, and from a promise that broke to a
// customer who is won back, with nothing but Slack's own client.
func TestE3_TheJourneyOfAPromise(t *testing.T) {
	for line := range doors {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t, line)
			o.renegotiated()
			o.wonBack()
			for _, r := range o.slack.Requests() {
				if r.Err != nil {
					t.Errorf("%s was not answered: %v", r.Door, r.Err)
				}
			}
		})
	}
}

// renegotiated is a promise that is at risk, gets a new date in time, and is kept.
func (o *office) renegotiated() {
	ctx, day := o.Context(), daysOn
	said, err := o.slack.Post(ctx, inSlackAda, officeChannel, "Told Jo of Acme: single sign-on works in a week, free of charge.")
	must(o.T, err)
	must(o.T, o.slack.Shortcut(ctx, inSlackAda, "log_promise", officeChannel, said.TS))
	o.opened(inSlackAda, notify.ActionLog)
	must(o.T, o.slack.Submit(ctx, inSlackAda, map[string]string{"customer": "Acme", "what": "Single sign-on", "owner": inSlackOlga, "promise": day(7)}))
	p := o.show("1")
	if p.Title != "Single sign-on" || p.Owner != "Olga" || p.Promise.String() != day(7) || p.Words == nil || !strings.Contains(*p.Words, "in a week") || p.Link == nil {
		o.Fatalf("logged was %+v", p.View)
	}

	must(o.T, o.slack.Slash(ctx, inSlackOlga, officeChannel, "/promise", "show 1"))
	shown := o.last(officeChannel)
	must(o.T, o.slack.Click(ctx, inSlackOlga, shown.Channel, shown.TS, notify.ActionShow))
	o.opened(inSlackOlga, notify.ActionShow)
	must(o.T, o.slack.ClickView(ctx, inSlackOlga, notify.ActionCheckIn))
	o.opened(inSlackOlga, notify.ActionCheckIn)
	must(o.T, o.slack.Submit(ctx, inSlackOlga, map[string]string{"left": "20", "blocked": "no test account yet"}))
	must(o.T, o.slack.CloseModal(ctx, inSlackOlga))

	o.sweep()
	card := o.card(inSlackOlga, "Single sign-on", notify.ActionNewDate)
	o.answer(inSlackOlga, card, notify.ActionNewDate, map[string]string{"promise": day(40), "why": "their test system is late", "asked-by": "customer"})
	card = o.edited(card)
	if p = o.show("1"); p.Promise.String() != day(40) || p.FirstDate.String() != day(7) || !containsAll(card.Text+string(card.Blocks), []string{p.Promise.Human()}) {
		o.Errorf("agreed was %+v, and the card says %s", p.View, card.Blocks)
	}
	o.await("what was done in the card's thread", func() bool {
		return slices.ContainsFunc(o.slack.Messages(card.Channel), func(m fakeslack.Message) bool {
			return m.ThreadTS == card.TS && strings.Contains(m.Text, p.Promise.Human())
		})
	})

	must(o.T, o.slack.Slash(ctx, inSlackOlga, officeChannel, "/promise", "done 1"))
	o.await("the delivery", func() bool { return o.show("1").Stage == commitments.Delivered })
	if p = o.show("1"); p.Verdict.KeptFirst == nil || !*p.Verdict.KeptFirst {
		o.Errorf("a date that the customer asked to move was not kept: %+v", p.Verdict)
	}
	o.rated(p.Key)
}

// rated has Olga ask the customer how we did, who answers on the page that the link leads to.
func (o *office) rated(ref string) {
	o.Helper()
	ctx := o.Context()
	must(o.T, o.slack.Slash(ctx, inSlackOlga, officeChannel, "/promise", "show 1"))
	shown := o.last(officeChannel)
	must(o.T, o.slack.Click(ctx, inSlackOlga, shown.Channel, shown.TS, notify.ActionShow))
	o.opened(inSlackOlga, notify.ActionShow)
	must(o.T, o.slack.ClickView(ctx, inSlackOlga, notify.ActionSurvey))
	o.opened(inSlackOlga, notify.ActionSurvey)
	must(o.T, o.slack.Submit(ctx, inSlackOlga, map[string]string{"to": "Jo Stone"}))
	asked, _ := o.slack.Modal(inSlackOlga)
	token := regexp.MustCompile(`/s/([A-Z2-7]+)`).FindStringSubmatch(string(asked.Blocks))
	if token == nil {
		o.Fatalf("there is no link in %s", asked.Blocks)
	}
	page := o.kept.url + "s/" + token[1]
	if status, body := o.kept.get(o.T, "s/"+token[1]); status != http.StatusOK || !strings.Contains(body, "Single sign-on") {
		o.Errorf("the customer sees %d: %s", status, body)
	}
	answer, err := http.PostForm(page, url.Values{"rating": {"5"}})
	must(o.T, err)
	must(o.T, answer.Body.Close())
	if n := o.show(ref).Ratings; len(n) != 1 {
		o.Errorf("ratings: %+v, the page answered %s", n, answer.Status)
	}
}

// wonBack is a promise that is missed, and whose rescue wins the customer back.
func (o *office) wonBack() {
	ctx := o.Context()
	added, err := o.store.Add(ctx, store.Op{By: o.admin, At: daysOn(-20)}, store.NewPromise{
		Customer: "Acme", Owner: "Olga", Team: "Ops", Title: "Data export", Promise: daysOn(-1)})
	must(o.T, err)
	o.sweep()
	card := o.card(inSlackOlga, "Data export", notify.ActionRescueOwn)
	must(o.T, o.slack.Click(ctx, inSlackOlga, card.Channel, card.TS, notify.ActionRescueOwn))
	card = o.edited(card)
	o.answer(inSlackOlga, card, notify.ActionRescueCall, map[string]string{"note": "we owned it", "reason": "capacity"})
	card = o.edited(card)
	o.answer(inSlackOlga, card, notify.ActionMakeRight, map[string]string{"what": "a free month", "cost": "250"})
	o.answerAtHome(inSlackOlga, notify.ActionRescueClose, map[string]string{"won": "yes"})
	r := o.show(added.Key).Rescue
	if r.Open() || r.WonBack == nil || !*r.WonBack || r.OwnedAt == 0 || r.CalledAt == 0 || r.MadeRightAt == 0 {
		o.Errorf("the rescue is %+v", r)
	}
}
