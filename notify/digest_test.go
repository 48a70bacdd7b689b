package notify_test

import (
	"encoding/json"
	"fmt"
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

func item(id commitments.ID, daysLate int) commitments.DigestItem {
	i := commitments.DigestItem{
		ID: id, Customer: "Acme Corp", Title: fmt.Sprint("Promise ", id), Owner: "Ann", Promise: calendar.NewDate(2026, 11, 20), Stage: commitments.AtRisk,
		LastToldAt: instant("2026-11-16T23:30:00Z"), Move: "ours", Reasons: []commitments.Reason{late},
	}
	if daysLate > 0 {
		i.Stage, i.DaysLate = commitments.Overdue, daysLate
	}
	return i
}

func aDigest() *commitments.Digest {
	manager := "Mia"
	return &commitments.Digest{
		Manager: &manager, Week: "2026-W48", At: instant("2026-11-23T08:00:00Z"), Zone: "Europe/Warsaw", Late: true,
		Score:    commitments.Score{KeptFirst: commitments.KeptOf{Kept: 11, Of: 12}, KeptAgreed: commitments.KeptOf{Kept: 12, Of: 12}, ToldBeforeLate: commitments.ToldOf{Told: 1, Of: 2}},
		Previous: commitments.Score{KeptFirst: commitments.KeptOf{Kept: 9, Of: 10}},
		Overdue: []commitments.OverdueCustomer{
			{Customer: "Acme Corp", Lifetime: commitments.Dollars(25_000), Items: []commitments.DigestItem{item(1, 8), item(2, 1)}},
			{Customer: "<!channel>", Items: []commitments.DigestItem{item(3, 2)}},
		},
		AtRisk: []commitments.DigestItem{item(4, 0)},
		Quiet:  []commitments.QuietCustomer{{Customer: "Globex", LastTouchAt: instant("2026-11-02T10:00:00Z"), Days: 15, Open: 1}},
		New:    []commitments.DigestItem{item(4, 0)},
		Asks: []commitments.AskItem{
			{ID: 7, Customer: "Acme Corp", Words: "Could the invoice carry our order number?", Link: new("https://example.com/mail/12"), DaysOpen: 12},
			{ID: 9, Customer: "Globex", Words: "<!channel> a lamp,\nand a bench", DaysOpen: 1},
		},
		PlusOnes: lonely(12),
	}
}

// lonely are customers who had no plus one for long.
func lonely(n int) []commitments.PlusOneItem {
	var all []commitments.PlusOneItem
	for i := range n {
		all = append(all, commitments.PlusOneItem{ID: commitments.ID(i + 1), Customer: fmt.Sprintf("Customer %d", i+1)})
	}
	all[0].LastAt = instant("2026-03-02T10:00:00Z")
	return all
}

func TestDigestLooksLikeThis(t *testing.T) {
	golden(t, "digest", notify.Pages(aDigest(), map[commitments.ID]string{1: "KEY1", 3: "KEY3", 4: "KEY4"}))
}

func TestX50_HugeDigestIsCutButNeverOverFiveDaysLate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := aDigest()
		d.Overdue = nil
		must := map[commitments.ID]bool{}
		id := commitments.ID(0)
		text := rapid.SampledFrom([]string{"Acme", "", "<!channel> & <@U1>", "#1 Promise", strings.Repeat("👩‍👧", 100), strings.Repeat("<&>", 100)})
		for range rapid.IntRange(0, 25).Draw(t, "customers") {
			c := commitments.OverdueCustomer{Customer: text.Draw(t, "customer"), Lifetime: commitments.Dollars(5)}
			for range rapid.IntRange(1, 15).Draw(t, "items") {
				id++
				i := item(id, rapid.IntRange(1, 9).Draw(t, "late"))
				i.Owner = text.Draw(t, "owner")
				must[id] = i.DaysLate > 5
				c.Items = append(c.Items, i)
			}
			d.Overdue = append(d.Overdue, c)
		}
		for range rapid.IntRange(0, 100).Draw(t, "asks") {
			d.Asks = append(d.Asks, commitments.AskItem{Customer: text.Draw(t, "asker"), Words: strings.Repeat(text.Draw(t, "words"), 20), Link: new(text.Draw(t, "link"))})
		}
		other := func(n int, name string) (items []commitments.DigestItem) {
			for range rapid.IntRange(0, n).Draw(t, name) {
				id++
				i := item(id, 0)
				i.Title, i.Customer, i.Reasons[0].Text = strings.Repeat(text.Draw(t, "title"), 20), text.Draw(t, "of"), text.Draw(t, "why")
				items = append(items, i)
			}
			return items
		}
		d.AtRisk, d.DueThisWeek, d.New = other(200, "at risk"), other(50, "due"), other(20, "new")
		d.Worse, d.Cleared = other(20, "worse"), other(20, "cleared")
		for _, i := range other(50, "rescues") {
			d.Rescues = append(d.Rescues, commitments.RescueItem{DigestItem: i, Owes: commitments.ClockCall, Days: 2, Severity: new("high"), Reason: new("supplier")})
		}
		for _, i := range other(50, "others") {
			d.Quiet = append(d.Quiet, commitments.QuietCustomer{Customer: i.Customer, Days: 15, Open: 3, Promises: []commitments.QuietPromise{{ID: i.ID, Title: i.Title}, {ID: i.ID, Title: i.Title}}})
			d.Unanswered = append(d.Unanswered, commitments.UnansweredItem{Customer: i.Customer, Days: 3})
			d.Ratings = append(d.Ratings, commitments.RatingItem{ID: i.ID, Customer: i.Customer, Title: i.Title, Owner: i.Owner, LetDown: true,
				RatingView: commitments.RatingView{Rating: 1, Comment: &i.Title}})
		}
		checkPages(t, d, must)
	})
}

// items counts what is listed on a page.
func items(page []slack.Block) (n int) {
	for _, b := range page {
		if rich, ok := b.(*slack.RichTextBlock); ok {
			for _, e := range rich.Elements {
				if l, ok := e.(*slack.RichTextList); ok {
					n += len(l.Elements)
				}
			}
		}
	}
	return n
}

func checkPages(t *rapid.T, d *commitments.Digest, must map[commitments.ID]bool) {
	var keys map[commitments.ID]string
	if rapid.Bool().Draw(t, "with buttons") {
		keys = map[commitments.ID]string{}
		for _, id := range d.Promises() {
			keys[id] = fmt.Sprint("KEY", id)
		}
	}
	pages := notify.Pages(d, keys)
	var all strings.Builder
	shown := -3 // the three numbers
	for _, p := range pages {
		accept(t, "text", p)
		shown += items(p)
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	said := all.String()
	urgent := 0
	for id, m := range must {
		if !m {
			continue
		}
		urgent++
		if !strings.Contains(said, fmt.Sprintf(`"text":"#%d Promise`, id)) {
			t.Fatalf("#%d, over 5 days late, is left out", id)
		}
		if keys != nil && !strings.Contains(said, fmt.Sprintf(`"action_id":"show/%d","value":"KEY%d:0"`, id, id)) {
			t.Fatalf("#%d, over 5 days late, has no button", id)
		}
	}
	total, left := len(must)+len(d.AtRisk)+len(d.DueThisWeek)+len(d.New)+len(d.Worse)+len(d.Cleared)+
		len(d.Quiet)+len(d.Unanswered)+len(d.Rescues)+len(d.Ratings)+len(d.Asks)+len(d.PlusOnes), 0
	if _, after, cut := strings.Cut(said, "Left out here: "); cut {
		for part := range strings.SplitSeq(strings.SplitN(after, ".", 2)[0], ",") {
			n := 0
			if _, err := fmt.Sscanf(strings.TrimSpace(part), "%d under", &n); err != nil {
				t.Fatalf("cannot read what was left out: %q", part)
			}
			left += n
		}
	}
	if shown+left != total {
		t.Fatalf("%d items: %d shown, %d said to be left out", total, shown, left)
	}
	if len(pages) > 3 && urgent < 40 {
		t.Fatalf("%d pages for %d that must be shown", len(pages), urgent)
	}
}

// longDigest issues the digest of a manager with many overdue promises.
func (w *world) longDigest() {
	w.t.Helper()
	w.hire("Mia")
	role, mia := "manager", "Mia"
	if _, err := w.store.EditPerson(w.t.Context(), w.boss, "Mia", store.PersonInput{Role: &role}); err != nil {
		w.t.Fatal(err)
	}
	for i := range 90 {
		customer := fmt.Sprint("Customer ", i)
		if _, err := w.store.AddCustomer(w.t.Context(), w.boss, store.CustomerInput{Name: &customer, Manager: &mia}); err != nil {
			w.t.Fatal(err)
		}
		w.promise("Boss", customer, strings.Repeat("A long title ", 10))
	}
	time.Sleep(7 * 24 * time.Hour)
	person, err := w.store.Person(w.t.Context(), "Mia")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, made, err := w.store.IssueDigest(w.t.Context(), person.Person, "2000-W02", now(), now(), false); err != nil || !made {
		w.t.Fatalf("made %t: %v", made, err)
	}
}

// A digest of several pages goes out as one message per page, each once.
func TestLongDigestArrivesPageByPage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.longDigest()
		w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: true, Answer: fakeslack.Reset()})
		w.settle(20 * time.Minute)
		w.onceEach()
		if n := len(w.slack.Messages(direct("Mia"))); n < 2 || n != len(w.deliveries()) {
			t.Errorf("%d messages for %d pages", n, len(w.deliveries()))
		}
	})
}

func TestDigestThatIsNoLongerNewsIsNotSent(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.longDigest()
			w.slack.Inject(fakeslack.Fault{Method: post, Times: 1, Accepted: accepted, Answer: fakeslack.Reset()})
			w.deliver()
			first := w.deliveries()[len(w.deliveries())-1]
			if first.Part != 1 || !first.Ambiguous {
				t.Fatalf("the first page was to be doubtful: %+v", first)
			}
			lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
			w.pass(49 * time.Hour)
			lift()
			w.settle(time.Hour)
			first, err := w.store.Delivery(w.t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			if accepted {
				if first.State != store.Sent {
					t.Errorf("what Slack has is %s", first.State)
				}
				return
			}
			if first.State != store.Dead || first.ErrorClass != "too-late" || !strings.Contains(first.Error, "48 hours") {
				t.Fatalf("two days late: %+v", first)
			}
			if err := w.store.RetryDelivery(w.t.Context(), first.ID, false); err != nil {
				t.Fatal(err)
			}
			w.settle(time.Minute)
			if d, err := w.store.Delivery(w.t.Context(), first.ID); err != nil || d.State != store.Sent {
				t.Errorf("a person wants it all the same, and it is %s: %s, %v", d.State, d.Error, err)
			}
		})
	}
}

func TestDigestWithinTwoDaysIsSent(t *testing.T) {
	inWorld(t, func(w *world) {
		w.longDigest()
		lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Refuse()})
		w.pass(46 * time.Hour)
		lift()
		w.settle(time.Hour)
		w.onceEach()
	})
}
