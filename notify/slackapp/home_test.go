package slackapp

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// opened has somebody open their home tab, and gives it as Slack shows it.
func (r *rig) opened(user string) string {
	r.Helper()
	r.connected()
	r.must(r.slack.OpenHome(r.Context(), user))
	r.app.Wait()
	return r.home(user)
}

// home is somebody's home tab as Slack shows it; "" if they were never shown one.
func (r *rig) home(user string) string {
	r.Helper()
	for _, v := range r.slack.Views() {
		if v.User == user && strings.Contains(string(v.Body), `"type":"home"`) {
			return string(v.Body)
		}
	}
	return ""
}

// clickAtHome is a click in somebody's home tab, or in the modal before it.
func (r *rig) clickAtHome(user, action string, with ...string) {
	r.Helper()
	r.must(r.slack.ClickView(r.Context(), user, action, with...))
	r.app.Wait()
}

func TestE4_HomeSaysWhatToDoAndTheButtonsDoIt(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.promise("Bulk pickup", 2, 60)
	home := r.opened(olga)
	for _, want := range []string{"Call the customer: Single sign-on", "Called, still on", "Bulk pickup for Acme", "1 at risk · 1 on track", "Log a promise", "none counted", "Times here are in Europe/Warsaw"} {
		if !strings.Contains(home, want) {
			t.Errorf("the home does not say %q:\n%s", want, home)
		}
	}
	if strings.Contains(home, "owned by") {
		t.Errorf("the home names its own person as the owner:\n%s", home)
	}
	r.clickAtHome(olga, notify.ActionStillOn)
	if d := r.detail(v.ID); len(d.Touches) != 1 || d.Touches[0].Outcome != "still-on" {
		t.Fatalf("the call is recorded as %+v", d.Touches)
	}
	if home = r.home(olga); strings.Contains(home, "Call the customer") || !strings.Contains(home, "Nothing: every promise") {
		t.Errorf("after the call the home still asks for it:\n%s", home)
	}
}

// What is done in a modal shows at home, once that was opened, wherever the modal was.
func TestE4_HomeFollowsWhatOnesModalsDo(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.opened(olga)
	r.clickAtHome(olga, notify.ActionNewDate)
	r.must(r.slack.Submit(t.Context(), olga, map[string]string{"promise": soon(60), "why": "more work"}))
	r.app.Wait()
	if got := r.view(v.ID); got.Promise.String() != soon(60) {
		t.Fatalf("the promise is for %s", got.Promise)
	}
	if home := r.home(olga); strings.Contains(home, "Call the customer") || !strings.Contains(home, r.view(v.ID).Promise.Human()) {
		t.Errorf("after the new date the home shows:\n%s", home)
	}
	r.clickAtHome(olga, notify.ActionShow)
	if m, open := r.slack.Modal(olga); !open || !strings.Contains(string(m.Blocks), "Single sign-on") {
		t.Errorf("Open shows %s", m.Blocks)
	}
}

func TestE4_HomeForEverybody(t *testing.T) {
	r := newRig(t)
	r.atRisk("Single sign-on")
	for user, want := range map[string]string{
		ada:  "You own no open promise",
		ben:  "Once you own a promise",
		max_: "Acme: 1 promise open",
		zoe:  "Once you own a promise",
		eve:  "Kept does not know you yet",
	} {
		home := r.opened(user)
		if !strings.Contains(home, want) {
			t.Errorf("%s's home does not say %q:\n%s", user, want, home)
		}
		if strings.Contains(home, "Single sign-on") {
			t.Errorf("X12: %s's home shows a promise that is not theirs to act on:\n%s", user, home)
		}
		if acme := strings.Contains(home, "Acme"); acme != (user == max_) {
			t.Errorf("X12: %s's home names the customer: %v", user, acme)
		}
	}
}

// I70: people of other companies, and who has left, are shown nothing.
func TestI70_NoHomeForOutsiders(t *testing.T) {
	r := newRig(t)
	r.slack.AddUser(fakeslack.User{ID: "U0OUT", Name: "out", Team: "T0OTHER", Email: "olga@example.com"})
	if home := r.opened("U0OUT"); home != "" {
		t.Errorf("somebody of another company is shown %s", home)
	}
}

// I64: an event that comes again, as it does where our answer was lost, is dealt with once.
func TestI64_AnEventThatComesAgainIsDealtWithOnce(t *testing.T) {
	r := newRig(t)
	r.connected()
	v := r.promise("Single sign-on", 2, 40)
	m, err := r.slack.Post(t.Context(), olga, opsChannel, "no link yet")
	r.must(err)
	for range 3 {
		for _, e := range []map[string]any{
			{"type": "app_home_opened", "user": olga, "tab": "home"},
			{"type": "link_shared", "user": olga, "channel": opsChannel, "message_ts": m.TS, "links": []any{map[string]any{"url": LinkTo(public, v.Key)}}},
		} {
			r.handle(Events, map[string]any{"type": "event_callback", "event_id": "Ev" + e["type"].(string), "team_id": fakeslack.TeamID, "event": e})
		}
	}
	if homes, previews := r.slack.Count("views.publish"), r.slack.Count("chat.unfurl"); homes != 1 || previews != 1 {
		t.Errorf("three times the same events: %d homes, %d previews", homes, previews)
	}
}

func TestE4_AManagersNumbersAreTheDigests(t *testing.T) {
	r := newRig(t)
	for i := range 12 {
		v := r.promise(fmt.Sprint("Promise ", i), 20, 1)
		if i%3 != 0 {
			_, err := r.store.Deliver(t.Context(), store.Op{By: r.admin, Ref: v.Key})
			r.must(err)
		}
	}
	_, actor, err := r.store.InSlack(t.Context(), max_)
	r.must(err)
	at := r.app.now().Add(8 * 24 * 60 * 60 * 1e9)
	page, err := r.store.HomePage(t.Context(), actor, at, mostMine)
	r.must(err)
	d, err := r.store.MakeDigest(t.Context(), "Max", at)
	r.must(err)
	if page.Score != d.Score || d.Score.KeptFirst != (commitments.KeptOf{Kept: 8, Of: 12}) {
		t.Errorf("the home counts %+v, the digest %+v", page.Score, d.Score)
	}
	if c := page.Customers; len(c) != 1 || c[0].Open != 4 || c[0].Overdue != 4 {
		t.Errorf("the customers: %+v", c)
	}
}

func TestE4_AZoneIsOfferedWhereSlackHasAnother(t *testing.T) {
	r := newRig(t)
	if strings.Contains(r.opened(ben), notify.ActionZone) {
		t.Error("a zone is offered though Slack has the same")
	}
	r.slack.AddUser(fakeslack.User{ID: olga, Name: "olga", Zone: "Asia/Tokyo"})
	if !strings.Contains(r.opened(olga), "Use Asia/Tokyo") {
		t.Error("Slack's zone is not offered")
	}
	r.clickAtHome(olga, notify.ActionZone, "Asia/Tokyo")
	if home := r.home(olga); !strings.Contains(home, "Times here are in Asia/Tokyo") || strings.Contains(home, "Use Asia/Tokyo") {
		t.Errorf("the zone was not taken:\n%s", home)
	}
	r.handle(Interactions, map[string]any{
		"type": "block_actions", "trigger_id": "trigger", "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": olga, "team_id": fakeslack.TeamID},
		"view": map[string]any{"id": "V1", "type": "home"}, "actions": []any{map[string]any{"type": "button", "action_id": notify.ActionZone, "value": "Nowhere/At all"}},
	})
	if home := r.home(olga); !strings.Contains(home, "Times here are in Asia/Tokyo") {
		t.Errorf("I71: a zone made up was taken:\n%s", home)
	}
}

// What was made of older facts never takes the place of what was made of newer ones.
func TestE4_AHomeThatWasOvertakenIsMadeAnew(t *testing.T) {
	r := newRig(t)
	r.opened(olga)
	r.promise("Made meanwhile", 2, 60)
	made := 0
	r.app.publish(t.Context(), olga, "a hash of long ago", func() ([]slack.Block, error) {
		made++
		return strangersHome(fmt.Sprint("U", made)), nil
	})
	if home := r.home(olga); made != 2 || !strings.Contains(home, "U2") {
		t.Errorf("made %d times, and shown:\n%s", made, home)
	}
}

func TestI76_NoContentMakesAnInvalidHome(t *testing.T) {
	r := newRig(t)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<!channel>", strings.Repeat("👩‍👧", 300), "\x00\u202e", strings.Repeat("<&>", 1000)}))
	rapid.Check(t, func(t *rapid.T) {
		view := func() commitments.View {
			v := commitments.View{
				ID: commitments.ID(rapid.Int64().Draw(t, "id")), Key: "KEY", Title: text.Draw(t, "title"), Customer: text.Draw(t, "customer"), Currency: "USD",
				Stage:   rapid.SampledFrom([]commitments.Stage{commitments.OnTrack, commitments.Watch, commitments.AtRisk, commitments.Overdue, commitments.Delivered}).Draw(t, "stage"),
				Promise: calendar.Date(rapid.IntRange(0, 30000).Draw(t, "promise")), AckedAt: calendar.Instant(rapid.Int64Range(0, 1e15).Draw(t, "acked")),
				Rescue: &commitments.RescueView{OwnedAt: calendar.Instant(rapid.Int64Range(0, 1).Draw(t, "owned")), OwnBy: calendar.Instant(rapid.Int64Range(0, 1e15).Draw(t, "by"))},
			}
			for range rapid.IntRange(0, 2).Draw(t, "reasons") {
				v.Reasons = append(v.Reasons, commitments.Reason{Text: text.Draw(t, "why")})
			}
			return v
		}
		page := store.HomePage{At: 1, Calendar: calendar.Default(), Owned: map[commitments.Stage]int{commitments.Watch: rapid.IntRange(0, 20000).Draw(t, "owned")}, ScoreOf: "your teams", Newcomer: rapid.Bool().Draw(t, "newcomer")}
		for range rapid.IntRange(0, 40).Draw(t, "to do") {
			page.ToDo = append(page.ToDo, store.ToDo{View: view(), Duty: rapid.SampledFrom([]commitments.Duty{
				commitments.DutyCall, commitments.DutyCheckIn, commitments.DutyOverdue, commitments.DutyRescue, commitments.DutyUpdate}).Draw(t, "duty")})
		}
		for range rapid.IntRange(0, 20).Draw(t, "mine") {
			page.Mine = append(page.Mine, view())
		}
		for range rapid.IntRange(0, 40).Draw(t, "customers") {
			page.Customers = append(page.Customers, commitments.CustomerGlance{Name: text.Draw(t, "name"), QuietDays: rapid.IntRange(0, 2).Draw(t, "quiet")})
		}
		role := rapid.SampledFrom(commitments.Roles[:]).Draw(t, "role")
		blocks := homeBlocks(&page, commitments.Actor{ID: 1, Role: role}, rapid.SampledFrom([]string{"", "Asia/Tokyo", strings.Repeat("x", 100)}).Draw(t, "zone"))
		_, err := r.app.api.PublishViewContext(r.Context(), slack.PublishViewContextRequest{UserID: olga, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}})
		if err != nil {
			raw, _ := json.Marshal(blocks)
			t.Fatalf("%v: %s", err, raw)
		}
	})
}
