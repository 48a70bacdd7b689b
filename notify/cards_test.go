package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares blocks with the stored ones.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs (run with -update if that is right):\n%s", file, got.Bytes())
	}
}

func berlin(t testing.TB) *calendar.Calendar {
	t.Helper()
	cal, err := calendar.New(calendar.Spec{Name: "Acme", Zone: "Europe/Berlin", Hours: "mon-fri 09:00-12:30,13:30-17:30"})
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func instant(s string) calendar.Instant {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return calendar.InstantOf(at)
}

// aCard is a promise of Friday 4 December 2026 to Acme.
func aCard(t testing.TB, stage commitments.Stage, reasons ...commitments.Reason) store.Card {
	words, padding := "You will have SSO on the 4th, with SAML and SCIM.", 5
	return store.Card{
		Stage: stage, Customer: "Acme Corp", Lifetime: commitments.Dollars(25_000), Calendar: berlin(t), OwnerName: "Ann",
		Contacts:    []store.Contact{{Name: "Maria Schmidt", Role: "CTO", Phone: "+49 30 1234567", Prefers: "phone"}},
		LastTold:    instant("2026-11-16T10:00:00Z"),
		AlsoCalling: []store.Colleague{{Name: "Bob", ToCall: true}, {Name: "Cid", OnIt: instant("2026-12-02T09:02:00Z")}, {Name: "Bea", Reached: instant("2026-12-02T08:10:00Z"), How: "phone", Outcome: "still-on"}},
		Promise: commitments.View{
			ID: 42, Title: "SSO login", Customer: "Acme Corp", Owner: "Ann", Currency: "USD", Words: &words, PaddingDays: &padding,
			MadeAt: instant("2026-11-02T09:00:00Z"), Target: calendar.NewDate(2026, 11, 27), Promise: calendar.NewDate(2026, 12, 4),
			DueAt: instant("2026-12-04T23:00:00Z"), WorkLeft: &commitments.Left{Days: 4.5, At: instant("2026-12-01T09:00:00Z")}, Reasons: reasons,
		},
	}
}

var (
	late  = commitments.Reason{Code: commitments.ReasonPastPromise, Text: "projected finish Tue 8 Dec 2026 is after the promise, Fri 4 Dec 2026 (4.5 working days of work left on Tue 1 Dec)"}
	burnt = commitments.Reason{Code: commitments.ReasonPaddingBurn, Text: "5 of 5 padding days eaten by the projected finish, Tue 8 Dec (watch from 1/3, at risk from 2/3)"}
)

func letter(at string, cards ...store.Card) *store.Letter {
	return &store.Letter{At: instant(at), Recipient: store.Person{ID: 2, Name: "Ann", Email: "ann@example.com"}, Cards: cards}
}

// letters are one of every sort of card.
func letters(t testing.TB) map[string]*store.Letter {
	undated := aCard(t, commitments.AtRisk, commitments.Reason{Code: commitments.ReasonNoDate, Text: "we owe the customer a date by Fri 4 Dec 2026, at most 2 working days away"})
	undated.Promise.Promise, undated.Promise.Target, undated.Promise.DateBy = 0, 0, calendar.NewDate(2026, 12, 4)
	undated.Promise.Words, undated.Contacts, undated.LastTold, undated.AlsoCalling = nil, nil, 0, nil
	slipping := aCard(t, commitments.Overdue)
	slipping.Promise.DateBy = calendar.NewDate(2026, 12, 1)
	globex := aCard(t, commitments.Overdue)
	globex.Customer, globex.Lifetime, globex.Contacts = "Globex", commitments.Money{}, []store.Contact{{Name: "Hank", Email: "hank@globex.example"}}
	answer := letter("2026-12-02T13:35:00Z", climbed(t, store.Climbed{Step: "owner-again", Who: "Ann", As: "owner", Hours: 4}),
		climbed(t, store.Climbed{Step: "backup", Who: "Basia Lis", For: "Cid", As: "backup", Hours: 8, Tries: 1}))
	answer.Update = true
	return map[string]*store.Letter{
		"answer":      answer,
		"backup":      letter("2026-12-02T17:00:00Z", climbed(t, store.Climbed{Step: "backup", Who: "Basia Lis", As: "backup", Hours: 8})),
		"second-miss": letter("2026-12-02T09:35:00Z", secondMiss(t)),
		"update":      letter("2026-12-02T09:35:00Z", updateOwed(t)),
		"hand-over":   letter("2026-12-02T09:35:00Z", handedOver(t, false)),
		"new-owner":   letter("2026-12-02T09:35:00Z", handedOver(t, true)),
		"check-in":    letter("2026-12-01T10:00:00Z", aCard(t, commitments.Watch, burnt)),
		"call":        letter("2026-12-02T09:35:00Z", aCard(t, commitments.AtRisk, late, burnt)),
		"overdue":     letter("2026-12-08T20:00:00Z", aCard(t, commitments.Overdue)),
		"rescue":      letter("2026-12-07T08:00:00Z", rescued(t, func(*store.Card) {})),
		"rescue-missed": letter("2026-12-07T10:00:00Z", rescued(t, func(c *store.Card) {
			c.Rescue, c.Dates, c.Climbed = true, secondMiss(t).Lost, &store.Climbed{Step: "call-backup", Who: "Basia Lis", As: "backup", Hours: 2}
			c.Promise.Rescue.OwnedAt, c.Clocks = instant("2026-12-07T08:30:00Z"), c.Clocks[1:]
		})),
		"rescue-opened": letter("2026-12-07T10:00:00Z", rescued(t, func(c *store.Card) {
			bo, note := "Bo", "the demo failed in front of their board"
			c.Rescue, c.Stage, c.Promise.Stage, c.Promise.DeliveredAt = true, commitments.Delivered, commitments.Delivered, instant("2026-12-03T15:00:00Z")
			c.Promise.Rescue.OpenedBy, c.Promise.Rescue.Note = &bo, &note
		})),
		"slipping": letter("2026-12-02T20:00:00Z", slipping),
		"undated":  letter("2026-12-02T09:35:00Z", undated),
		"two":      letter("2026-12-08T10:00:00Z", aCard(t, commitments.AtRisk, late), aCard(t, commitments.Watch), globex),
	}
}

func TestCardsLookLikeThis(t *testing.T) {
	for name, l := range letters(t) {
		t.Run(name, func(t *testing.T) {
			golden(t, name, map[string]any{"text": notify.Text(l), "blocks": notify.Blocks(l, false)})
			accept(t, notify.Text(l), notify.Blocks(l, false))
			accept(t, notify.Text(l), notify.Blocks(l, true))
		})
	}
}

// climbed is a call card that a step of its ladder brought.
func climbed(t testing.TB, c store.Climbed) store.Card {
	card := aCard(t, commitments.AtRisk, late)
	card.Climbed = &c
	return card
}

// updateOwed asks for the word that a customer was promised.
func updateOwed(t testing.TB) store.Card {
	card := aCard(t, commitments.OnTrack)
	card.Update = &store.Update{By: calendar.NewDate(2026, 12, 2), Every: 5, Heard: instant("2026-11-25T10:00:00Z"), Said: "half of it is done"}
	return card
}

// handedOver tells of a new owner.
func handedOver(t testing.TB, mine bool) store.Card {
	card := aCard(t, commitments.OnTrack)
	card.Handed = &store.Handed{Mine: mine, From: "Cid", By: "Lea", Note: "Maria knows; their certificate is still to come"}
	return card
}

// rescued is the card of a promise of Friday that was broken, told on Monday morning.
func rescued(t testing.TB, change func(*store.Card)) store.Card {
	card := aCard(t, commitments.Overdue)
	card.Promise.Stage, card.Promise.Rescue, card.TeamCalendar = commitments.Overdue, &commitments.RescueView{OpenedAt: instant("2026-12-04T23:00:00Z")}, card.Calendar
	card.Dates = secondMiss(t).Lost[2:]
	card.Clocks = []commitments.Deadline{
		{Clock: commitments.ClockOwn, Hours: 1, At: instant("2026-12-07T09:00:00Z")}, {Clock: commitments.ClockCall, Hours: 2, At: instant("2026-12-07T10:00:00Z")},
		{Clock: commitments.ClockMakeRight, Hours: 16, At: instant("2026-12-09T08:00:00Z")},
	}
	change(&card)
	return card
}

// secondMiss tells of a promise whose date was moved by us a second time.
func secondMiss(t testing.TB) store.Card {
	card := aCard(t, commitments.OnTrack)
	card.LostDates = 2
	card.Lost = []commitments.PromiseDate{
		{Place: 1, Promise: calendar.NewDate(2026, 11, 20)},
		{Place: 2, Promise: calendar.NewDate(2026, 11, 27), ToldAt: instant("2026-11-18T10:00:00Z"), AskedBy: "us", Why: "supplier is late"},
		{Place: 3, Promise: calendar.NewDate(2026, 12, 4), ToldAt: instant("2026-11-25T10:00:00Z"), AskedBy: "us", Why: "more work than we thought"},
	}
	return card
}

// accept fails unless a Slack that enforces its limits takes the message as it is.
func accept(t rapid.TB, text string, blocks []slack.Block) {
	t.Helper()
	s := fakeslack.New()
	s.AddChannel(fakeslack.Channel{ID: "C1"})
	api := slack.New(fakeslack.BotToken, slack.OptionAPIURL("http://slack.invalid/api/"), slack.OptionHTTPClient(&http.Client{Transport: s.RoundTripper()}))
	_, _, err := api.PostMessageContext(context.Background(), "C1", slack.MsgOptionText(text, true), slack.MsgOptionBlocks(blocks...))
	if err != nil {
		t.Fatalf("Slack refuses the message: %v", err)
	}
	if text == "" {
		t.Error("a message without text")
	}
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(`"text":""`)) || bytes.Contains(raw, []byte(`"elements":null`)) || bytes.Contains(raw, []byte(`"elements":[]`)) {
		t.Errorf("an element without text, which Slack refuses: %s", raw)
	}
	if bytes.Contains(raw, []byte("mrkdwn")) {
		t.Errorf("markup, in which people's text would act: %s", raw)
	}
}

// nasty is text as it comes from people and from their enemies.
func nasty(most int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", " ", "<!channel>", "<@U1|x> @here", "<https://evil.example|bank>", "*_~`", ":rotating_light:", "&lt;", "\x00\x1b[31m", "e\u0301e\u0301", "\u202Eabc",
			"👩‍👩‍👧‍👦👩🏽‍🚀🇵🇱🇩🇪", "line\nline", "\xff\xfe", strings.Repeat("x", 12_000), strings.Repeat("👩‍👧", 3000), strings.Repeat("a\u0301", 5000), strings.Repeat("<&>", 4000),
		}),
		rapid.StringN(0, most, -1),
	)
}

func anyCard(t *rapid.T, cal *calendar.Calendar) store.Card {
	text := nasty(300)
	c := store.Card{
		Stage:    rapid.SampledFrom([]commitments.Stage{commitments.Watch, commitments.AtRisk, commitments.Overdue}).Draw(t, "stage"),
		Customer: text.Draw(t, "customer"), OwnerName: text.Draw(t, "owner"), Calendar: cal,
		Lifetime: commitments.Money{Hundredths: rapid.Int64Range(0, 1<<60).Draw(t, "value"), Known: rapid.Bool().Draw(t, "valued")},
		LastTold: calendar.Instant(rapid.Int64Range(0, 2e15).Draw(t, "told")),
		Promise: commitments.View{
			ID: commitments.ID(rapid.Int64Range(1, 1<<40).Draw(t, "id")), Title: text.Draw(t, "title"), Currency: "USD",
			MadeAt: calendar.Instant(rapid.Int64Range(1e15, 2e15).Draw(t, "made")), DateBy: calendar.NewDate(2026, 1, 1),
		},
	}
	for range rapid.IntRange(0, 9).Draw(t, "calling") {
		c.AlsoCalling = append(c.AlsoCalling, store.Colleague{
			Name: text.Draw(t, "colleague"), OnIt: calendar.Instant(rapid.Int64Range(0, 1).Draw(t, "on it")),
			Reached: calendar.Instant(rapid.Int64Range(0, 1).Draw(t, "reached")), How: "chat", Outcome: "new-date",
		})
	}
	v := &c.Promise
	if rapid.Bool().Draw(t, "dated") {
		v.Promise, v.Target = calendar.NewDate(2026, 12, rapid.IntRange(1, 31).Draw(t, "day")), calendar.NewDate(2026, 12, 1)
		n := 3
		v.PaddingDays = &n
	}
	if rapid.Bool().Draw(t, "worded") {
		words := text.Draw(t, "words")
		v.Words = &words
	}
	if rapid.Bool().Draw(t, "answered") {
		v.WorkLeft = &commitments.Left{Days: rapid.Float64Range(0, 1000).Draw(t, "left"), At: instant("2026-11-02T09:00:00Z")}
	}
	for range rapid.IntRange(0, 8).Draw(t, "reasons") {
		code := rapid.SampledFrom([]commitments.Code{commitments.ReasonPastPromise, commitments.ReasonBlocked, commitments.ReasonSilent, commitments.ReasonOverdue}).Draw(t, "code")
		v.Reasons = append(v.Reasons, commitments.Reason{Code: code, Text: text.Draw(t, "reason")})
	}
	for range rapid.IntRange(0, 4).Draw(t, "contacts") {
		c.Contacts = append(c.Contacts, store.Contact{Name: text.Draw(t, "name"), Role: text.Draw(t, "role"), Phone: text.Draw(t, "phone"), Email: text.Draw(t, "email"), Prefers: "phone"})
	}
	if rapid.Bool().Draw(t, "rescue") {
		name, note := text.Draw(t, "opener"), text.Draw(t, "note")
		c.Rescue, c.TeamCalendar = rapid.Bool().Draw(t, "step of it"), cal
		v.Rescue = &commitments.RescueView{OpenedBy: &name, Note: &note}
		for range rapid.IntRange(0, 40).Draw(t, "dates") {
			c.Dates = append(c.Dates, commitments.PromiseDate{Promise: calendar.NewDate(2026, 12, 4), Why: text.Draw(t, "why")})
		}
		for _, clock := range []string{commitments.ClockOwn, commitments.ClockCall, commitments.ClockMakeRight} {
			c.Clocks = append(c.Clocks, commitments.Deadline{Clock: clock, Hours: 16, At: instant("2026-12-07T09:00:00Z")})
		}
	}
	anyDeeds(t, &c)
	switch rapid.IntRange(0, 6).Draw(t, "step") {
	case 4:
		c.Rescue = true
		c.Climbed = &store.Climbed{Step: rapid.SampledFrom([]string{"own-backup", "call-manager", "make-right-backup"}).Draw(t, "clock"), Who: text.Draw(t, "who"), As: "backup", Hours: 2}
	case 0:
		c.Climbed = &store.Climbed{Step: "backup", Who: text.Draw(t, "who"), For: text.Draw(t, "for"), As: rapid.SampledFrom([]string{"owner", "backup"}).Draw(t, "as"), Hours: 8}
	case 2:
		c.Update = &store.Update{By: calendar.NewDate(2026, 12, 4), Every: 5, Said: text.Draw(t, "said"), Heard: instant("2026-11-25T10:00:00Z")}
	case 3:
		c.Handed = &store.Handed{Mine: rapid.Bool().Draw(t, "mine"), From: text.Draw(t, "from"), By: text.Draw(t, "by"), Note: text.Draw(t, "note")}
	case 1:
		c.LostDates = rapid.IntRange(2, 40).Draw(t, "lost")
		for range c.LostDates {
			c.Lost = append(c.Lost, commitments.PromiseDate{Promise: calendar.NewDate(2026, 12, 4), Why: text.Draw(t, "why"), ToldAt: instant("2026-11-25T10:00:00Z")})
		}
	}
	return c
}

// However long and odd its content, a letter is a message that Slack takes, and says
// of how many promises it speaks.
func TestI76_NoContentMakesAnInvalidMessage(t *testing.T) {
	cal := berlin(t)
	rapid.Check(t, func(t *rapid.T) {
		l := &store.Letter{At: instant("2026-12-02T09:35:00Z"), Recipient: store.Person{Email: "ann@example.com"}, Update: rapid.Bool().Draw(t, "answer")}
		for range rapid.IntRange(1, 12).Draw(t, "cards") {
			l.Cards = append(l.Cards, anyCard(t, cal))
		}
		blocks := notify.Blocks(l, rapid.Bool().Draw(t, "buttons"))
		accept(t, notify.Text(l), blocks)
		shown, left := 0, 0
		for _, b := range blocks {
			switch b := b.(type) {
			case *slack.RichTextBlock:
				shown++
			case *slack.ContextBlock:
				text := b.ContextElements.Elements[0].(*slack.TextBlockObject).Text
				if _, err := fmt.Sscanf(text, "and %d more: kept list --owner ann@example.com", &left); err != nil {
					t.Fatalf("the last line is %q", text)
				}
			}
		}
		if shown == 0 || shown+left != len(l.Cards) {
			t.Fatalf("%d cards: %d shown and %d said to be left out", len(l.Cards), shown, left)
		}
	})
}

func TestX50_ManyPromisesOfOneOwnerAreOneMessage(t *testing.T) {
	l := letter("2026-12-02T09:35:00Z")
	for range 10_000 {
		l.Cards = append(l.Cards, aCard(t, commitments.AtRisk, late, burnt))
	}
	accept(t, notify.Text(l), notify.Blocks(l, false))
	accept(t, notify.Text(l), notify.Blocks(l, true))
	for what, said := range map[string]string{"blocks": rendered(t, notify.Blocks(l, false)), "buttons": rendered(t, notify.Blocks(l, true)), "text": notify.Text(l)} {
		if !strings.Contains(said, " more: kept list --owner ann@example.com") {
			t.Errorf("the %s do not say how many are left out: …%s", what, said[max(0, len(said)-200):])
		}
	}
}

func rendered(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What is read over somebody's shoulder, or on a locked screen, names no target, no
// padding and no risk; what the customer is to hear does not either.
func TestNothingInternalInTheNotificationOrTheScript(t *testing.T) {
	for _, stage := range []commitments.Stage{commitments.Watch, commitments.AtRisk, commitments.Overdue} {
		text := notify.Text(letter("2026-12-02T09:35:00Z", aCard(t, stage, late, burnt)))
		for _, word := range []string{"target", "padding", "27 Nov", "risk", "25,000", "1234567"} {
			if strings.Contains(text, word) {
				t.Errorf("the notification of %s says %q: %s", stage, word, text)
			}
		}
	}
	for _, b := range notify.Blocks(letter("2026-12-02T09:35:00Z", aCard(t, commitments.AtRisk, late, burnt)), false) {
		rich, ok := b.(*slack.RichTextBlock)
		if !ok {
			continue
		}
		for _, e := range rich.Elements {
			if l, ok := e.(*slack.RichTextList); ok && l.Style == slack.RTEListOrdered {
				if said := rendered(t, l); strings.Contains(said, "target") || strings.Contains(said, "padding") {
					t.Errorf("the customer would hear: %s", said)
				}
			}
		}
	}
}

// TestWhatIsLongOverdueIsShownHoweverSmallTheCustomer: in a message that cannot hold all
// cards, worth decides which are left out, but for what is more than five working days late.
func TestWhatIsLongOverdueIsShownHoweverSmallTheCustomer(t *testing.T) {
	for days, shown := range map[int]bool{5: false, 6: true} {
		l := letter("2026-12-02T09:35:00Z")
		for i := range 60 {
			c := aCard(t, commitments.AtRisk, late, burnt)
			c.Customer = fmt.Sprintf("Big %d", i)
			l.Cards = append(l.Cards, c)
		}
		small := aCard(t, commitments.Overdue)
		small.Customer, small.Lifetime = "Kiosk", commitments.Dollars(9)
		small.Promise.Promise = small.Calendar.AddWorkdays(calendar.NewDate(2026, 12, 2), -days)
		small.Promise.DueAt = small.Calendar.End(small.Promise.Promise)
		l.Cards = append(l.Cards, small)
		said := rendered(t, notify.Blocks(l, false))
		if strings.Contains(said, "Kiosk") != shown || !strings.Contains(said, "Big 0") || !strings.Contains(said, " more: kept list") {
			t.Errorf("%d working days late: shown %v, want %v", days, !shown, shown)
		}
	}
}
