package slackapp

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// shownTexts are the texts in blocks or a view that people read.
func shownTexts(raw json.RawMessage) (all []string) {
	var parsed any
	if json.Unmarshal(raw, &parsed) != nil {
		return nil
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for name, e := range v {
				if text, is := e.(string); is && (name == "text" || name == "fallback") {
					all = append(all, text)
				} else if name != "metadata" {
					walk(e)
				}
			}
		}
	}
	walk(parsed)
	return all
}

// aDate is a day and a month, with what stands before them; machineDate is no date for
// people.
var (
	aDate       = regexp.MustCompile(`(\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b`)
	machineDate = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)
)

// TestEveryDateInSlackHasItsWeekday walks what Slack shows: cards, threads, modals, the home tab,
// answers to commands, the digest.
func TestEveryDateInSlackHasItsWeekday(t *testing.T) {
	r := newRig(t)
	r.config.Interactive = true
	r.refit()
	v := r.atRisk("Single sign-on")
	_, err := r.store.Call(t.Context(), store.Op{By: r.admin, Ref: v.Key}, store.Call{
		Outcome: "new-date", NewDate: store.NewDate{Promise: time.Now().AddDate(0, 0, 12).Format(time.DateOnly), Why: "their test system is late", AskedBy: "customer"}})
	r.must(err)
	other := r.atRisk("Data export")
	_, err = r.store.Rescue(t.Context(), store.Op{By: r.admin, Ref: other.Key}, store.RescueStep{Act: commitments.RescueOpened, Note: "we lost their data"})
	r.must(err)
	r.sweep()
	_, err = r.send.Edit(t.Context(), calendar.InstantOf(time.Now()))
	r.must(err)
	r.must(r.slack.OpenHome(t.Context(), olga))
	r.must(r.slack.OpenHome(t.Context(), max_))
	for _, text := range []string{"list", "show 1", "show 2", "Acme: Audit log by 12 Dec", "checkin 1 3"} {
		r.must(r.slack.Slash(t.Context(), olga, opsChannel, "/promise", text))
	}
	for _, action := range []string{notify.ActionNewDate, notify.ActionSlipping, notify.ActionSnooze, notify.ActionCheckIn, notify.ActionShow, notify.ActionRescueCall, notify.ActionMakeRight, notify.ActionTouch} {
		now := r.view(other.ID)
		r.handle(Interactions, map[string]any{
			"type": "block_actions", "trigger_id": r.slack.TriggerID(), "user": map[string]any{"id": olga, "team_id": fakeslack.TeamID},
			"channel": map[string]any{"id": fakeslack.DirectChannel(olga)}, "actions": []any{map[string]any{"type": "button", "action_id": action, "value": notify.RefTo(&now).String()}},
		})
	}
	dates, views := 0, r.slack.Views()
	look := func(where string, texts ...string) {
		for _, text := range texts {
			if machineDate.MatchString(text) {
				t.Errorf("%s: a date for machines in %q", where, text)
			}
			for _, m := range aDate.FindAllStringSubmatch(text, -1) {
				if dates++; m[1] == "" && text != "Acme: Audit log by 12 Dec" {
					t.Errorf("%s: %q without its weekday in %q", where, m[0], text)
				}
			}
		}
	}
	for _, m := range r.slack.Accepted() {
		look("a message in "+m.Channel, append(shownTexts(m.Blocks), m.Text)...)
	}
	for _, m := range append(r.slack.Messages(opsChannel), r.slack.Messages(fakeslack.DirectChannel(olga))...) {
		look("a message in "+m.Channel, append(shownTexts(m.Blocks), m.Text)...)
	}
	for _, view := range views {
		look("a view", shownTexts(view.Body)...)
	}
	if dates < 30 || len(views) < 8 {
		t.Errorf("only %d dates and %d views were seen: the walk proves little", dates, len(views))
	}
}

// TestAnInstantIsInTheZoneOfItsReader: what two people see of one call differs by the hours
// between them.
func TestAnInstantIsInTheZoneOfItsReader(t *testing.T) {
	r := newRig(t)
	_, err := r.store.EditPerson(t.Context(), r.admin, "Olga", store.PersonInput{Zone: new("Asia/Tokyo")})
	r.must(err)
	v := r.atRisk("Single sign-on")
	when := time.Now().Add(-3 * time.Hour).Truncate(time.Hour).Add(37 * time.Minute)
	_, err = r.store.Call(t.Context(), store.Op{By: r.admin, Ref: v.Key, At: calendar.InstantOf(when).String()}, store.Call{Outcome: "not-reached"})
	r.must(err)
	clock := func(zone string) string {
		in, err := time.LoadLocation(zone)
		r.must(err)
		return when.In(in).Format("15:04")
	}
	for user, zones := range map[string][2]string{olga: {"Asia/Tokyo", "Europe/Warsaw"}, ben: {"Europe/Warsaw", "Asia/Tokyo"}} {
		v = r.view(v.ID)
		r.handle(Interactions, map[string]any{
			"type": "block_actions", "trigger_id": r.slack.TriggerID(), "user": map[string]any{"id": user, "team_id": fakeslack.TeamID},
			"channel": map[string]any{"id": opsChannel}, "actions": []any{map[string]any{"type": "button", "action_id": notify.ActionShow, "value": notify.RefTo(&v).String()}},
		})
		views := r.slack.Views()
		shown := strings.Join(shownTexts(views[len(views)-1].Body), "\n")
		if !strings.Contains(shown, clock(zones[0])) || strings.Contains(shown, clock(zones[1])) {
			t.Errorf("%s sees of a call at %s there:\n%s", user, clock(zones[0]), shown)
		}
	}
}
