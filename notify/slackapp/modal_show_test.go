package slackapp

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"

	"pgregory.net/rapid"
)

// inFront is what a person has in front of them.
func (r *rig) inFront(user string) (fakeslack.Modal, string) {
	r.Helper()
	m, open := r.slack.Modal(user)
	if !open {
		r.Fatalf("%s has no modal open", user)
	}
	return m, textOf(m.Blocks)
}

// shows opens the modal of a promise from somebody's home.
func (r *rig) shows(user string, v *commitments.View) {
	r.Helper()
	r.must(r.slack.OpenHome(r.Context(), user))
	r.must(r.slack.ClickView(r.Context(), user, notify.ActionShow, notify.RefTo(v).String()))
}

func TestE3_ThePromiseShownIsActedOnWhereItIsShown(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.shows(olga, &v)
	if _, text := r.inFront(olga); !strings.Contains(text, "Single sign-on") || !strings.Contains(text, "At risk") || !strings.Contains(text, "Our own target is") || !strings.Contains(text, "Called, new date…") {
		t.Errorf("the modal is %s", text)
	}
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionAck))
	if _, text := r.inFront(olga); !strings.Contains(text, "Olga is on it since ") || strings.Contains(text, "I’m on it Called") {
		t.Errorf("after a click the modal is %s", text)
	}
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionCheckIn))
	if m, text := r.inFront(olga); m.Depth != 2 || !strings.Contains(text, "How many working days") {
		t.Fatalf("on top of it is %s", text)
	}
	r.must(r.slack.Submit(t.Context(), olga, map[string]string{"left": "0.5", "note": "nearly"}))
	if m, text := r.inFront(olga); m.Depth != 1 || !strings.Contains(text, "0.5 working days") || !strings.Contains(text, "Olga checked in at ") || !strings.Contains(text, "nearly") {
		t.Errorf("after an answer the modal is %s", text)
	}
	r.must(r.slack.CloseModal(t.Context(), olga))
	if home, _ := r.slack.Home(olga); home.Updates == 0 {
		t.Error("her home was not brought up to date")
	}
}

func TestI68_ThePromiseShownSaysWhatHappenedMeanwhile(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.shows(olga, &v)
	r.click(ben, notify.ActionStillOn, &v)
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionNotReached))
	if _, text := r.inFront(olga); !strings.Contains(text, "Ben called at ") || !strings.Contains(text, "Nothing was changed.") {
		t.Errorf("the modal is %s", text)
	}
	if got := r.events(&v); len(got) != 1 {
		t.Errorf("recorded: %v", got)
	}
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionNotReached))
	if got := r.events(&v); len(got) != 2 || got[1] != "Olga called" {
		t.Errorf("recorded: %v", got)
	}
}

func TestI68_AtHomeAClickThatCameTooLateIsExplained(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	r.must(r.slack.OpenHome(t.Context(), olga))
	r.click(ben, notify.ActionStillOn, &v)
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionNotReached, notify.RefTo(&v).String()))
	if _, text := r.inFront(olga); !strings.Contains(text, "Ben called at ") || !strings.Contains(text, "all the same") {
		t.Fatalf("the modal is %s", text)
	}
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionNotReached))
	if got := r.events(&v); len(got) != 2 || got[1] != "Olga called" {
		t.Errorf("recorded: %v", got)
	}
	if _, text := r.inFront(olga); !strings.Contains(text, "What was done") {
		t.Errorf("after that the modal is %s", text)
	}
}

func TestE3_APromiseHandedOutOfSightIsNoLongerShown(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	_, err := r.store.EditPerson(t.Context(), r.admin, "Olga", store.PersonInput{Teams: &[]string{"Far"}})
	r.must(err)
	r.shows(olga, &v)
	r.must(r.slack.ClickView(t.Context(), olga, notify.ActionHandOver))
	r.must(r.slack.Submit(t.Context(), olga, map[string]string{"to": ben, "note": "call Jo"}))
	if _, text := r.inFront(olga); strings.Contains(text, "Single sign-on") || !strings.Contains(text, notThere) {
		t.Errorf("the modal is %s", text)
	}
}

// TestX12_WhoIsOfferedAButtonMayUseIt has people do all that can be done, as if every
// button were shown to everybody: what changes is what they would have been offered.
func TestX12_WhoIsOfferedAButtonMayUseIt(t *testing.T) {
	r := newRig(t)
	for _, user := range []string{ben, max_, zoe} {
		who, err := r.app.who(t.Context(), account{ID: user})
		r.must(err)
		for _, o := range offers {
			v := r.atRisk("To be " + o.action)
			d, err := r.store.Show(t.Context(), r.admin, v.Key, calendar.InstantOf(time.Now()))
			r.must(err)
			if !o.can(&d.Desk.May) {
				continue
			}
			if i := slices.IndexFunc(askings, func(a asking) bool { return a.action == o.action }); i >= 0 {
				values := map[string]any{}
				for block, in := range askings[i].typed(r, &v) {
					if text, ok := in.(string); ok {
						in = map[string]any{"value": text}
					}
					values[block] = map[string]any{inputID: in}
				}
				r.handle(Interactions, map[string]any{
					"type": "view_submission", "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID},
					"view": map[string]any{"id": user + o.action, "type": "modal", "callback_id": o.action, "private_metadata": notify.RefTo(&v).String(), "state": map[string]any{"values": values}},
				})
			} else {
				r.click(user, o.action, &v)
			}
			if did := len(r.events(&v)) > 0; did != who.actor.May(o.right, d.Subject) {
				t.Errorf("%s, %s: it was done: %v; it is offered: %v", user, o.action, did, !did)
			}
		}
	}
}

func TestI76_NoContentMakesAnInvalidModal(t *testing.T) {
	r := newRig(t)
	who, err := r.app.who(t.Context(), account{ID: olga})
	r.must(err)
	rapid.Check(t, func(t *rapid.T) {
		d := drawDetail(t)
		typed := drawState(t)
		callback := rapid.SampledFrom(slices.Sorted(maps.Keys(questions))).Draw(t, "question")
		s := r.app.sheet(r.Context(), callback, who, &d, typed, "")
		s.warn(drawText(t))
		if rapid.Bool().Draw(t, "planned") {
			s.plan = drawPlan(t)
		}
		questions[callback].asks(s)
		d.Subject.Owner = who.actor.ID
		for _, m := range []*modal{&s.modal, r.app.showModal(who, &d, drawText(t))} {
			if err := r.app.present(r.Context(), &interaction{Trigger: r.slack.TriggerID()}, m); err != nil {
				t.Fatalf("%s: %v", m.callback, err)
			}
		}
		body, _ := json.Marshal(wrong(map[string]string{"why": drawText(t)}).body)
		if strings.Contains(string(body), `"why":""`) {
			t.Fatalf("%s", body)
		}
	})
}

func drawText(t *rapid.T) string {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<!channel>", "<https://evil|bank>", "*_~`", "@here", "&lt;", "a\u202eb", strings.Repeat("👩‍👩‍👧‍👦", 900), strings.Repeat("x", 4000), "\n\n\n"})).Draw(t, "text")
}

func drawTexts(t *rapid.T, most int) []string {
	texts := make([]string, rapid.IntRange(0, most).Draw(t, "how many"))
	for i := range texts {
		texts[i] = drawText(t)
	}
	return texts
}

func drawPlan(t *rapid.T) *plan {
	p := &plan{err: rapid.SampledFrom([]string{"", "it is over"}).Draw(t, "trouble")}
	p.Promise, p.Target, p.Padding, p.Why = calendar.NewDate(2026, 12, 18), calendar.NewDate(2026, 12, 11), 5, drawText(t)
	for i, why := range drawTexts(t, 30) {
		p.Skipped = append(p.Skipped, commitments.Skip{Date: p.Target + calendar.Date(i), Why: why})
		p.Warnings = append(p.Warnings, commitments.Warning{Text: why})
	}
	return p
}

func drawState(t *rapid.T) state {
	s := state{Values: map[string]map[string]input{}}
	for _, block := range []string{"left", "note", "why", "promise", "promise-time", "until", "cost", "what", "reason", "channel", "to", "won"} {
		if rapid.Bool().Draw(t, block) {
			text := drawText(t)
			s.Values[block] = map[string]input{inputID: {Text: text, Date: text, Option: option{text}, DateTime: rapid.Int64().Draw(t, "at")}}
		}
	}
	return s
}

// drawDetail is a promise with anything in it that people type, and as much of it as there
// may be.
func drawDetail(t *rapid.T) store.Detail {
	at := calendar.InstantOf(calendar.Default().Start(calendar.NewDate(2026, 12, 4)).Time())
	v := commitments.View{
		ID: 7, Key: "key", Version: 3, Customer: drawText(t), Owner: drawText(t), Title: drawText(t), Currency: drawText(t),
		Team: new(drawText(t)), Words: new(drawText(t)), Link: new(drawText(t)), DoneMeans: new(drawText(t)), Blocked: new(drawText(t)), WaitingFor: new(drawText(t)),
		Stage: rapid.SampledFrom(commitments.Stages[:]).Draw(t, "stage"), Zone: rapid.SampledFrom([]string{"Europe/Warsaw", "", "nowhere"}).Draw(t, "zone"),
		Promise: calendar.NewDate(2026, 12, 18), FirstDate: calendar.NewDate(2026, 12, 1), Target: calendar.NewDate(2026, 12, 11), PaddingDays: new(5),
		WorkLeft: &commitments.Left{Days: 2.5, At: at}, AckedAt: at, Snoozed: at, DeliveredAt: at, WithdrawnAt: at, AcceptedAt: at, AsOf: at,
	}
	if rapid.Bool().Draw(t, "undated") {
		v.Promise, v.DateBy = 0, calendar.NewDate(2026, 12, 9)
	}
	if rapid.Bool().Draw(t, "let down") {
		v.Rescue = &commitments.RescueView{OpenedAt: at, OwnedAt: at, OwnedBy: new(drawText(t)), MadeRightAt: at, What: new(drawText(t)), Note: new(drawText(t)), Reason: new(drawText(t)), Severity: new("high"), CallBy: at}
	}
	d := store.Detail{View: v, Desk: store.Desk{Calendar: calendar.Default(), SnoozeUntil: at, May: store.May{
		Ack: true, StillOn: true, Call: true, Snooze: true, Deliver: true, Own: true, Rescue: true, Drop: true, Wait: true, Resume: true, Reopen: true,
	}}}
	for _, text := range drawTexts(t, 12) {
		d.Reasons = append(d.Reasons, commitments.Reason{Text: text})
		d.Dates = append(d.Dates, store.DateView{Promise: v.Target, ToldAt: at, Why: &text})
		d.Touches = append(d.Touches, store.TouchView{At: at, By: commitments.Text(text), Channel: text, Reached: true})
		d.Escalation = append(d.Escalation, store.EscalationView{Who: text, As: "owner", At: at})
		d.Desk.Contacts = append(d.Desk.Contacts, store.Contact{Name: text, Role: text, Phone: text, Email: text, Prefers: text})
	}
	for _, kind := range []string{"called", "checked-in", "of-another-kept"} {
		for _, text := range drawTexts(t, 5) {
			told, _ := json.Marshal(map[string]any{"version": 9, "touch": map[string]any{"outcome": "still-on", "summary": text}})
			event, _ := json.Marshal(map[string]any{"by": text, "kind": kind, "data": string(told)})
			var e store.EventView
			if err := json.Unmarshal(event, &e); err != nil {
				t.Fatal(err)
			}
			d.Events = append(d.Events, e)
		}
	}
	return d
}
