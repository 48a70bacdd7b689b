package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// everything can be done.
var everything = store.May{Ack: true, StillOn: true, Call: true, Snooze: true, Deliver: true, Own: true, Rescue: true}

// deeds are one of every sort, with the words in which they are told.
func deeds() map[string]commitments.Change {
	date := &commitments.PromiseDate{Promise: calendar.NewDate(2026, 12, 18), PromiseTime: calendar.NoClock, AskedBy: "customer", Why: "their test system is late"}
	touch := func(t commitments.Touch) commitments.Change { return commitments.Change{Touch: &t} }
	turn := func(t commitments.Turn) commitments.Change { return commitments.Change{Turn: &t} }
	step := func(s commitments.RescueStep) commitments.Change { return commitments.Change{Rescue: &s} }
	return map[string]commitments.Change{
		"Olga called: still on. “they are fine with it”":                                              touch(commitments.Touch{Outcome: commitments.StillOn, Summary: "they are fine with it"}),
		"Olga called: new date Fri 18 Dec 2026, asked by the customer. “their test system is late”":   {Touch: &commitments.Touch{Outcome: commitments.NewDate}, Date: date},
		"Olga called: it will slip; they get a date by Fri 18 Dec 2026.":                              touch(commitments.Touch{Outcome: commitments.Slipping, DateBy: date.Promise}),
		"Olga tried to call: nobody answered.":                                                        touch(commitments.Touch{Outcome: commitments.NotReached}),
		"Olga called: the call of the rescue. “it was us”":                                            {Touch: &commitments.Touch{Outcome: commitments.RescueCall, Summary: "it was us"}, Rescue: &commitments.RescueStep{Act: commitments.RescueCalled}},
		"Olga agreed a new date: Fri 18 Dec 2026, asked by the customer. “their test system is late”": {Date: date},
		"Olga gave them word by email. “half is done”":                                                touch(commitments.Touch{Channel: "email", Reached: true, Summary: "half is done"}),
		"Olga heard from them by chat.":                                                               touch(commitments.Touch{Channel: "chat", Inbound: true, Reached: true}),
		"Olga tried them by phone: nobody answered.":                                                  touch(commitments.Touch{Channel: "phone"}),
		"Olga checked in: 1 working day of work left.":                                                {CheckIn: &commitments.CheckIn{WorkLeft: 100}},
		"Olga checked in: 2.5 working days of work left, blocked. “no account”":                       {CheckIn: &commitments.CheckIn{WorkLeft: 250, Blocked: "no account"}},
		"Olga is on it.":                                                  turn(commitments.Turn{Kind: commitments.TurnAcked}),
		"Olga delivered it.":                                              turn(commitments.Turn{Kind: commitments.TurnDelivered}),
		"Olga withdrew it. “gone”":                                        turn(commitments.Turn{Kind: commitments.TurnWithdrawn, Why: "gone"}),
		"Olga reopened it. “again”":                                       turn(commitments.Turn{Kind: commitments.TurnReopened, Why: "again"}),
		"Olga handed it over to Ben. “ask Jo”":                            turn(commitments.Turn{Kind: commitments.TurnHandedOver, Why: "ask Jo"}),
		"Olga noted that we wait for the customer. “keys”":                turn(commitments.Turn{Kind: commitments.TurnWaiting, Why: "keys"}),
		"Olga noted that the wait for the customer is over.":              turn(commitments.Turn{Kind: commitments.TurnResumed}),
		"Olga noted that the customer accepted the delivery.":             turn(commitments.Turn{Kind: commitments.TurnAccepted}),
		"Olga noted that the customer accepted the date.":                 {Accepted: &commitments.Acceptance{}},
		"Olga opened a rescue. “we dropped it”":                           step(commitments.RescueStep{Act: commitments.RescueOpened, Note: "we dropped it"}),
		"Olga owns the rescue.":                                           step(commitments.RescueStep{Act: commitments.RescueOwned}),
		"Olga made it right: a free month.":                               step(commitments.RescueStep{Act: commitments.RescueMadeRight, What: "a free month"}),
		"Olga closed the rescue: won back.":                               step(commitments.RescueStep{Act: commitments.RescueClosed, WonBack: new(true)}),
		"Olga put the call off: until Thu 3 Dec 2026 09:00, UTC. “later”": turn(commitments.Turn{Kind: commitments.TurnSnoozed, Until: instant("2026-12-03T09:00:00Z"), Why: "later"}),
	}
}

func TestE2_AFollowUpSaysWhatWasDone(t *testing.T) {
	for want, change := range deeds() {
		f := &store.FollowUp{Deed: store.Deed{Kind: "done", By: "Olga", To: "Ben", Change: change}, Promise: 42, Title: "SSO login", Alone: true}
		l := &store.Letter{FollowUp: f}
		if got := notify.Text(l); got != want {
			t.Errorf("it says %q, and should %q", got, want)
		}
		f.Alone = false
		if got := notify.Text(l); got != "SSO login (#42): "+want {
			t.Errorf("beside others it says %q", got)
		}
		accept(t, notify.Text(l), notify.Blocks(l, true))
	}
}

// A card says on top what was done; one that is dealt with says no more than what came of it.
func TestE2_ACardShowsWhatWasDone(t *testing.T) {
	c := aCard(t, commitments.AtRisk, late)
	c.May, c.Promise.Key, c.Promise.Version = everything, "k", 3
	tried := store.Deed{At: instant("2026-12-02T08:00:00Z"), Kind: "called", By: "Olga", Change: commitments.Change{Touch: &commitments.Touch{Outcome: commitments.NotReached}}}
	called := store.Deed{At: instant("2026-12-02T09:00:00Z"), Kind: "called", By: "Olga", Change: commitments.Change{Touch: &commitments.Touch{Outcome: commitments.StillOn}}}
	c.Done = []store.Deed{tried}
	golden(t, "call-tried", notify.Blocks(letter("2026-12-02T09:35:00Z", c), true))
	c.Done, c.ClosedAt, c.ClosedWhy = []store.Deed{tried, called, {At: instant("2026-12-02T10:00:00Z"), Kind: "checked-in"}}, called.At, "called"
	golden(t, "call-settled", notify.Blocks(letter("2026-12-02T09:35:00Z", c), true))
	for why, want := range map[string]string{
		"now overdue": "see the newer card", "now at-risk": "Now at risk: see the newer card.", "back to on-track": "✓ Back to on track.", "delivered": "✓ Delivered.",
		"withdrawn": "Withdrawn: nothing is owed any more.", "called": "✓ Called meanwhile.", "the rescue is over": "✓ Dealt with.",
	} {
		c.Done, c.ClosedWhy = nil, why
		l := letter("2026-12-02T09:35:00Z", c)
		if said := rendered(t, notify.Blocks(l, true)); !strings.Contains(said, want) || strings.Contains(said, "actions") || !strings.Contains(notify.Text(l), want) {
			t.Errorf("%s: the card says %s, and in short %q", why, said, notify.Text(l))
		}
	}
	c.ClosedWhy, c.Promise.Rescue = "now overdue", &commitments.RescueView{}
	if said := notify.Text(letter("2026-12-08T09:35:00Z", c)); !strings.HasPrefix(said, "Now overdue: see the rescue card.") {
		t.Error(said)
	}
}

// pressed are the buttons of a message, by what they do.
func pressed(blocks []slack.Block) (actions []string) {
	for _, b := range blocks {
		row, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, e := range row.Elements.ElementSet {
			actions = append(actions, e.(*slack.ButtonBlockElement).ActionID)
		}
	}
	return actions
}

// Each button is there where it can be pressed, and no command that does the same.
func TestE2_ButtonsAreThereWhereTheyCanBePressed(t *testing.T) {
	update, handed, lost := updateOwed(t), handedOver(t, true), secondMiss(t)
	for what, test := range map[string]struct {
		card store.Card
		all  []string
	}{
		"check-in": {aCard(t, commitments.Watch), []string{"checkin/0", "checkin/1", "checkin/2", "checkin/3", "checkin/5", "checkin", "deliver"}},
		"call":     {aCard(t, commitments.AtRisk), []string{"ack", "still-on", "new-date", "slipping", "not-reached", "deliver", "snooze"}},
		"overdue":  {aCard(t, commitments.Overdue), []string{"new-date", "slipping", "not-reached", "deliver"}},
		"rescue":   {rescued(t, func(*store.Card) {}), []string{"rescue-own", "rescue-call", "new-date", "make-right", "deliver", "rescue-close"}},
		"update":   {update, []string{"touch", "still-on"}},
		"handed":   {handed, []string{"show"}},
		"lost":     {lost, []string{"show"}},
	} {
		c := test.card
		c.May = everything
		blocks := notify.Blocks(letter("2026-12-07T08:00:00Z", c), true)
		if got := pressed(blocks); !slices.Equal(got, test.all) {
			t.Errorf("%s: %q, want %q", what, got, test.all)
		}
		if said := rendered(t, blocks); strings.Contains(said, "kept "+test.all[0]) || strings.Contains(said, fmt.Sprintf("kept call %d", c.Promise.ID)) {
			t.Errorf("%s: a command stands beside the buttons: %s", what, said)
		}
		c.May = store.May{}
		if got := pressed(notify.Blocks(letter("2026-12-07T08:00:00Z", c), true)); len(got) > 0 && got[0] != "show" {
			t.Errorf("%s: where nothing can be done there is %q", what, got)
		}
		c.May, c.ClosedAt = everything, instant("2026-12-07T08:00:00Z")
		if got := pressed(notify.Blocks(letter("2026-12-07T08:00:00Z", c), true)); got != nil {
			t.Errorf("%s: on a card that is dealt with there is %q", what, got)
		}
	}
}

// anyDeeds makes of a card one on which something was done, and which may be dealt with.
func anyDeeds(t *rapid.T, c *store.Card) {
	text := nasty(300)
	flag := func(what string) bool { return rapid.Bool().Draw(t, what) }
	c.May = store.May{Ack: flag("ack"), StillOn: flag("still on"), Call: flag("call"), Snooze: flag("snooze"), Deliver: flag("deliver"), Own: flag("own"), Rescue: flag("step")}
	all := deeds()
	sorts := make([]string, 0, len(all))
	for s := range all {
		sorts = append(sorts, s)
	}
	slices.Sort(sorts)
	for range rapid.IntRange(0, 5).Draw(t, "deeds") {
		d := store.Deed{At: instant("2026-12-01T09:00:00Z"), Kind: "called", By: text.Draw(t, "by"), To: text.Draw(t, "to"), Change: all[rapid.SampledFrom(sorts).Draw(t, "deed")]}
		note := text.Draw(t, "said")
		if d.Touch != nil {
			touch := *d.Touch
			touch.Summary, d.Touch = note, &touch
		}
		if d.Turn != nil {
			turn := *d.Turn
			turn.Why, d.Turn = note, &turn
		}
		if d.Rescue != nil {
			step := *d.Rescue
			step.What, step.Note, d.Rescue = note, note, &step
		}
		c.Done = append(c.Done, d)
	}
	if flag("dealt with") {
		c.ClosedAt, c.ClosedWhy = instant("2026-12-01T09:00:00Z"), rapid.SampledFrom([]string{"called", "now overdue", "back to watch", ""}).Draw(t, "why")
	}
}
