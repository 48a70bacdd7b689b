package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// sweep sweeps at an instant, which must go well.
func (h *home) sweep(at string) store.Swept {
	h.t.Helper()
	swept, err := h.Sweep(h.ctx, instant(at))
	must(h.t, err)
	return swept
}

// alerted says who was told what, in order.
func alerted(swept store.Swept) (told []string) {
	for _, a := range swept.Alerts {
		text := a.Recipient
		if a.For != nil {
			text += " for " + *a.For
		}
		if text += " " + string(a.Stage); a.Step != commitments.StepOwner {
			text += " " + a.Step
		}
		told = append(told, text)
	}
	return told
}

// TestEachStageIsToldOnce sweeps every hour of a month.
func TestEachStageIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		var told, changed []string
		for at := instant("2020-11-02 10:00"); at < instant("2020-12-02 00:00"); at = at.Add(time.Hour) {
			swept, err := h.Sweep(h.ctx, at)
			must(t, err)
			told = append(told, alerted(swept)...)
			for _, c := range swept.Changed {
				changed = append(changed, string(c.To)+" "+at.String())
			}
		}
		if want := []string{"Ada watch", "Ada at-risk", "Ada at-risk owner-again", "Ada overdue"}; !reflect.DeepEqual(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if want := []string{"watch 2020-11-09T00:00:00Z", "at-risk 2020-11-19T00:00:00Z", "overdue 2020-11-21T01:00:00Z"}; !reflect.DeepEqual(changed, want) {
			t.Errorf("changed %q, want %q", changed, want)
		}
		if n := h.rows("deliveries"); n != 4 {
			t.Errorf("%d messages, want 4", n)
		}
	})
}

func TestARelapseIsToldAgainAndNothingAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.sweep("2020-11-19 10:00")
		_, err := h.Call(h.ctx, h.op("1", "2020-11-19T11:00:00Z"), store.Call{Outcome: "new-date", NewDate: store.NewDate{Promise: "2020-11-27", Why: "more work"}})
		must(t, err)
		if told := alerted(h.sweep("2020-11-19 12:00")); told != nil {
			t.Errorf("right after the call %q", told)
		}
		if told := alerted(h.sweep("2020-11-26 10:00")); !reflect.DeepEqual(told, []string{"Ada at-risk"}) {
			t.Errorf("at risk again, and told %q", told)
		}
		h.live("1", "deliver 2020-11-26T11:00:00Z")
		if told := alerted(h.sweep("2020-11-30 10:00")); told != nil {
			t.Errorf("after the delivery %q", told)
		}
		d, err := h.Show(h.ctx, h.ada, "1", now())
		must(t, err)
		for _, a := range d.Alerts {
			if a.ClosedAt == 0 || a.State != "cancelled" {
				t.Errorf("alert %+v is open after the delivery", a)
			}
		}
	})
}

// TestACatchUpIsOneMessagePerPerson: more is due than one transaction takes.
func TestACatchUpIsOneMessagePerPerson(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		var text strings.Builder
		text.WriteString("id,customer,owner,title,made_at,promise_date\n")
		for i := range 2300 {
			fmt.Fprintf(&text, "A%d,Customer %d,%s,Login,2020-11-02T09:00,2020-11-20\n", i, i%7, []string{"ada", "bo"}[i%2])
		}
		h.importing(text.String(), func(o *store.ImportOptions) { o.At = "2020-11-02T10:00:00Z" })
		swept := h.sweep("2020-11-09 10:00")
		if swept.Reviewed != 2300 || len(swept.Alerts) != 2300 || len(swept.Deliveries) != 2 {
			t.Errorf("reviewed %d, %d alerts, %d messages", swept.Reviewed, len(swept.Alerts), len(swept.Deliveries))
		}
		messages, err := h.Deliveries(h.ctx, store.Pending, 10)
		must(t, err)
		carried := 0
		for i := range messages {
			letter, err := h.Letter(h.ctx, &messages[i], swept.At)
			must(t, err)
			carried += len(letter.Cards)
		}
		if len(messages) != 2 || carried != 2300 {
			t.Errorf("%d messages carry %d cards", len(messages), carried)
		}
		if again := h.sweep("2020-11-09 10:01"); again.Reviewed != 0 {
			t.Errorf("a minute later %d are due again", again.Reviewed)
		}
	})
}

func TestMessagesWaitForWorkingHours(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for name, zone := range map[string]string{"tokyo": "Asia/Tokyo", "york": "America/New_York"} {
			h.person(name, commitments.Member)
			_, err := h.EditPerson(h.ctx, h.ada, name, store.PersonInput{Zone: &zone})
			must(t, err)
		}
		for _, c := range []struct{ owner, promise, at, opens string }{
			{"york", "2020-11-20 13:00", "2020-11-19 22:30", "2020-11-19 22:30"}, // evening in New York, due before 09:00 there: at once
			{"ada", "2020-11-23", "2020-11-20 16:59", "2020-11-20 16:59"},        // still at work
			{"ada", "2020-11-23", "2020-11-20 17:00", "2020-11-23 09:00"},        // just gone
			{"ada", "2020-11-20", "2020-11-21 10:00", "2020-11-23 09:00"},        // overdue on a Saturday: waits for Monday
			{"tokyo", "2020-11-20", "2020-11-21 10:01", "2020-11-23 00:00"},      // … Monday 09:00 in Tokyo
			{"york", "2020-11-20", "2020-11-21 10:02", "2020-11-23 14:00"},       // … Monday 09:00 in New York
			{"ada", "2020-11-23 08:30", "2020-11-21 10:03", "2020-11-21 10:03"},  // due before work begins: at once
			{"ada", "2020-11-23 09:30", "2020-11-21 10:04", "2020-11-23 09:00"},  // due after it has begun: then
		} {
			id := number(h.promise(func(p *store.NewPromise) { p.Owner, p.Promise = c.owner, c.promise }).ID)
			swept := h.sweep(c.at)
			messages, err := h.Deliveries(h.ctx, store.Pending, 10)
			must(t, err)
			if len(messages) != 1 || messages[0].OpensAt != instant(c.opens) {
				t.Errorf("%+v: told %q, messages %+v", c, alerted(swept), messages)
			}
			h.live(id, "deliver "+strings.Replace(c.at, " ", "T", 1)+":00Z")
		}
	})
}

func TestMessagesGoWhereTheTeamWantsThem(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for _, c := range []struct{ team, channel, alerts, want string }{
			{"Quiet", "C0001", "dm", "person:1"}, {"Loud", "C0002", "channel", "channel:C0002"}, {"Both", "C0003", "both", "channel:C0003 person:1"},
			{"Nowhere", "", "channel", "person:1"},
		} {
			_, err := h.AddTeam(h.ctx, h.ada, store.TeamInput{Name: &c.team, Channel: &c.channel, Alerts: &c.alerts})
			must(t, err)
			id := number(h.promise(func(p *store.NewPromise) { p.Team = c.team }).ID)
			swept := h.sweep("2020-11-19 10:00")
			messages, err := h.Deliveries(h.ctx, store.Pending, 10)
			must(t, err)
			var to []string
			for _, m := range messages {
				to = append(to, m.Destination)
			}
			if got := strings.Join(to, " "); got != c.want || len(swept.Alerts) != 1 {
				t.Errorf("team %s: %d alerts go to %s, want %s", c.team, len(swept.Alerts), got, c.want)
			}
			h.live(id, "deliver 2020-11-19T10:00:00Z")
		}
	})
}

func TestTheSubstituteIsToldWhileTheOwnerIsAway(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		h.person("cy", commitments.Member)
		_, err := h.SetAway(h.ctx, h.ada, "bo", store.Away{First: "2020-11-09", Last: "2020-11-18", Substitute: "cy"})
		must(t, err)
		h.promise(func(p *store.NewPromise) { p.Owner = "bo" })
		var told []string
		for _, at := range []string{"2020-11-09 10:00", "2020-11-18 10:00", "2020-11-19 10:00"} {
			told = append(told, alerted(h.sweep(at))...)
		}
		if want := []string{"cy for bo watch", "bo at-risk"}; !reflect.DeepEqual(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// TestASweepAsOfADayKnowsNothingLater: the list says that it was delivered in time,
// which on the 19th nobody knew.
func TestASweepAsOfADayKnowsNothingLater(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing("id,customer,owner,title,made_at,promise_date,delivered_at\nA1,Acme,Ada,Login,2020-11-02,2020-11-20,2020-11-20T12:00\nA2,Acme,Ada,Login,2020-11-20T13:00,2020-12-18,\n")
		if told := alerted(h.sweep("2020-11-19 10:00")); !reflect.DeepEqual(told, []string{"Ada at-risk"}) {
			t.Errorf("told %q", told)
		}
		swept := h.sweep("2020-11-20 14:00")
		if swept.Reviewed != 2 || len(swept.Changed) != 1 || swept.Changed[0].To != commitments.Delivered || h.rows("alerts") != 1 {
			t.Errorf("a day later %+v", swept)
		}
	})
}

func TestAFactOfThePastIsSeenByTheNextSweep(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.sweep("2020-11-09 10:00")
		_, err := h.CheckIn(h.ctx, h.op("1", "2020-11-06T10:00:00Z"), store.CheckIn{Left: "30"})
		must(t, err)
		swept := h.sweep("2020-11-09 10:01")
		if len(swept.Changed) != 1 || swept.Changed[0].To != commitments.AtRisk {
			t.Errorf("swept %+v", swept)
		}
	})
}

func TestADrySweepSaysWhatASweepWouldDo(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.sweep("2020-11-12 10:00")
		before := h.rows("alerts") + h.rows("events") + h.rows("deliveries")
		for at, want := range map[string][]string{"2020-11-19 10:00": {"Ada at-risk"}, "2120-11-19 10:00": {"Ada overdue"}, "2020-11-09 10:00": {"Ada watch"}} {
			swept, err := h.DrySweep(h.ctx, instant(at))
			must(t, err)
			if told := alerted(swept); !reflect.DeepEqual(told, want) {
				t.Errorf("at %s told %q, want %q", at, told, want)
			}
		}
		if after := h.rows("alerts") + h.rows("events") + h.rows("deliveries"); after != before {
			t.Errorf("%d rows, and %d after dry sweeps", before, after)
		}
		for _, at := range []string{"2020-11-12 09:59", "2120-11-19 10:00"} {
			_, err := h.Sweep(h.ctx, instant(at))
			refused(t, err, commitments.ErrRefused, "at")
		}
	})
}

// A dry run of a time gone by tells what was told then, and changes nothing.
func TestADrySweepOfThePastTellsWhatWasTold(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		told := alerted(h.sweep("2020-11-19 10:00"))
		h.sweep("2020-11-23 10:00")
		dry, err := h.DrySweep(h.ctx, instant("2020-11-19 10:00"))
		must(t, err)
		if len(told) == 0 || !slices.Equal(alerted(dry), told) {
			t.Errorf("%q, then %q", alerted(dry), told)
		}
		if again := h.sweep("2020-11-23 10:00"); len(again.Alerts) != 0 {
			t.Errorf("told again: %+v", again.Alerts)
		}
	})
}
