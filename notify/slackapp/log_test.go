package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/fakeslack"

	"pgregory.net/rapid"
)

// people connects the fake Slack's people to the app; each step of theirs is over when
// all that follows is done.
func (r *rig) people() {
	r.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		return r.app.Handle(ctx, Door(door), payload), nil
	})
}

func (r *rig) did(err error) {
	r.Helper()
	r.app.Wait()
	r.must(err)
}

// form is the modal that somebody has in front of them, as it is shown.
func (r *rig) form(user string) string {
	r.Helper()
	m, open := r.slack.Modal(user)
	if !open {
		r.Fatalf("%s has no modal open", user)
	}
	return textOf(m.Blocks)
}

// entered is what stands in an input of somebody's modal.
func (r *rig) entered(user, block string) string {
	r.Helper()
	m, _ := r.slack.Modal(user)
	raw, err := json.Marshal(m.State)
	r.must(err)
	var s state
	r.must(json.Unmarshal(raw, &s.Values))
	return s.text(block)
}

func wrongIn(err error) (blocks []string) {
	var errs fakeslack.Errors
	if !errors.As(err, &errs) {
		return nil
	}
	return slices.Sorted(maps.Keys(errs))
}

func ahead(days int) string { return time.Now().AddDate(0, 0, days).Format(time.DateOnly) }

func TestI74_ACompanyWithoutCustomersIsAskedForItsFirst(t *testing.T) {
	r := newRig(t)
	s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "new.db"))
	r.must(err)
	t.Cleanup(func() { _ = s.Close() })
	r.must(s.Init(t.Context(), store.Setup{AdminEmail: "ada@example.com", AdminName: "Ada", Zone: "Europe/Warsaw"}))
	_, err = s.EditPerson(t.Context(), r.admin, "Ada", store.PersonInput{Slack: new(ada)})
	r.must(err)
	r.app = New(Config{Slack: r.config}, s, nil, slog.New(slog.DiscardHandler))
	r.people()
	r.did(r.slack.Slash(t.Context(), ada, opsChannel, "/promise", ""))
	err = r.slack.Submit(t.Context(), ada, map[string]string{"what": "SSO", "promise": ahead(21)})
	if got := wrongIn(err); !slices.Equal(got, []string{blockNewCustomer}) {
		t.Errorf("without a customer, %v is wrong (%v)", got, err)
	}
}

func TestA4_APromiseIsLoggedInTheModal(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	r.did(r.slack.Slash(ctx, olga, opsChannel, "/promise", "  "))
	mustSay(t, r.form(olga), "Choose the customer and a date")
	if got := r.entered(olga, "owner"); got != olga {
		t.Errorf("the owner is at first %q", got)
	}
	r.did(r.slack.Fill(ctx, olga, "customer", "Acme"))
	r.did(r.slack.Fill(ctx, olga, "promise", ahead(21)))
	due, _ := calendar.ParseDate(ahead(21))
	mustSay(t, r.form(olga), "Promise date, which the customer was told: "+due.Human(), "Target date, for us alone:", "20%", "(what is promised)")
	r.did(r.slack.Fill(ctx, olga, "promise-time", "17:00"))
	mustSay(t, r.form(olga), due.Human()+" at 17:00")
	r.did(r.slack.Submit(ctx, olga, map[string]string{"what": "Single <!channel> *sign-on*", "words": "“by then”\nI said", "price": "0", "update-every": "5d", "done-means": "they log in"}))
	v := r.open()
	if len(v) != 1 || v[0].Title != "Single <!channel> *sign-on*" || *v[0].PromiseTime != "17:00" || v[0].Promise != due || *v[0].Words != "“by then”\nI said" || !v[0].Price.Known || v[0].Owner != "Olga" {
		t.Fatalf("logged: %+v", v)
	}
	m := r.last(opsChannel)
	if m.For != olga || strings.Contains(m.Text, "<!channel>") {
		t.Errorf("it was confirmed to %q: %s", m.For, m.Text)
	}
	mustSay(t, textOf(m.Blocks), "Logged as promise 1.", due.Human(), v[0].Target.Human())
}

func TestA7_WarningsAndSkippedDaysAppearAsFieldsChange(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	_, err := r.store.AddCalendar(ctx, r.admin, store.CalendarInput{Name: new("Office"), Zone: new("Europe/Warsaw"), Hours: new("mon-fri 09:00-17:00"), Closed: []string{"2027-06-10"}})
	r.must(err)
	_, err = r.store.AddCustomer(ctx, r.admin, store.CustomerInput{Name: new("Büro"), Calendar: new("Office"), Padding: new("3d")})
	r.must(err)
	r.did(r.slack.Slash(ctx, olga, opsChannel, "/promise", ""))
	for block, value := range map[string]string{"customer": "Büro", "promise": "2027-06-12"} {
		r.did(r.slack.Fill(ctx, olga, block, value))
	}
	mustSay(t, r.form(olga), "3 working days, 3d", "Thu 10 Jun 2027: closed", "is a day off")
	r.did(r.slack.Fill(ctx, olga, "target", "2027-06-14"))
	mustSay(t, r.form(olga), "⚠ Promise: Sat 12 Jun 2027 is before the target, Mon 14 Jun 2027")
	r.did(r.slack.Fill(ctx, olga, "target", ""))
	r.did(r.slack.Submit(ctx, olga, map[string]string{"what": "SSO"}))
	if v := r.open(); len(v) != 1 || v[0].Promise.String() != "2027-06-12" {
		t.Errorf("a warning kept it from being logged: %+v", v)
	}
}

func TestI74_ErrorsAreToldInTheirField(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	r.did(r.slack.Slash(ctx, ada, opsChannel, "/promise", ""))
	for _, test := range []struct {
		typed map[string]string
		want  []string
	}{
		{map[string]string{"what": strings.Repeat("é", 201), "customer": "Acme", "promise": ahead(9)}, []string{"what"}},
		{map[string]string{"what": "SSO", "promise": "2020-01-02"}, []string{"promise"}},
		{map[string]string{"promise": ""}, []string{"promise"}},
		{map[string]string{"promise": ahead(9), "customer": ""}, []string{"customer"}},
		{map[string]string{"customer": "Acme", "new-customer": "New"}, []string{"new-customer"}},
		{map[string]string{"new-customer": "", "date-by": ahead(5)}, []string{"date-by"}},
		{map[string]string{"date-by": "", "promise": "", "promise-time": "10:00", "target": ahead(5)}, []string{"promise-time"}},
		{map[string]string{"promise-time": "", "link": "nowhere"}, []string{"link"}},
		{map[string]string{"link": "", "price": "much"}, []string{"price"}},
		{map[string]string{"price": "", "update-every": "often"}, []string{"update-every"}},
		{map[string]string{"update-every": "", "padding": "some"}, []string{"padding"}},
		{map[string]string{"padding": "", "owner": eve}, []string{"owner"}},
		{map[string]string{"owner": olga, "words": strings.Repeat("x", 3000) + "\u202e"}, []string{"words"}},
	} {
		err := r.slack.Submit(ctx, ada, test.typed)
		r.app.Wait()
		if got := wrongIn(err); !slices.Equal(got, test.want) {
			t.Errorf("after %.80v the errors are %v, want them in %v", test.typed, err, test.want)
		} else if strings.Contains(err.Error(), "--") || strings.Contains(err.Error(), "`") {
			t.Errorf("%v is advice for a command line", err)
		}
	}
	if v := r.open(); len(v) != 0 {
		t.Fatalf("logged: %+v", v)
	}
	r.did(r.slack.Submit(ctx, ada, map[string]string{"words": "fine"}))
	if v := r.open(); len(v) != 1 || v[0].Owner != "Olga" {
		t.Errorf("logged: %+v", v)
	}
}

func TestI74_MoreThanFitsByHandIsRefused(t *testing.T) {
	r := newRig(t)
	answer, _ := r.submitLog(olga, map[string]any{"what": strings.Repeat("x", 3001), "customer": "Acme", "promise": map[string]any{"selected_date": ahead(9)}})
	if !strings.Contains(answer, `"what":"Too long: 3001 characters`) || len(r.open()) != 0 {
		t.Errorf("answered: %s", answer)
	}
}

// submitLog submits a modal by hand, and gives the answer and the payload.
func (r *rig) submitLog(user string, typed map[string]any) (string, map[string]any) {
	r.Helper()
	values := map[string]any{}
	for block, in := range typed {
		if text, ok := in.(string); ok {
			in = map[string]any{"value": text}
		}
		values[block] = map[string]any{inputID: in}
	}
	payload := map[string]any{
		"type": "view_submission", "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": user, "team_id": fakeslack.TeamID}, "trigger_id": r.slack.TriggerID(),
		"view": map[string]any{"id": "V0BYHAND", "type": "modal", "callback_id": callbackLog, "state": map[string]any{"values": values}},
	}
	return string(r.handle(Interactions, payload)), payload
}

func TestF11_AModalThatComesTwiceIsSavedOnce(t *testing.T) {
	r := newRig(t)
	_, payload := r.submitLog(olga, map[string]any{"what": "SSO", "customer": "Acme", "owner": map[string]any{"selected_user": olga}, "promise": map[string]any{"selected_date": ahead(9)}})
	r.handle(Interactions, payload)
	payload["trigger_id"] = "another"
	r.handle(Interactions, payload)
	if v := r.open(); len(v) != 1 {
		t.Errorf("logged: %+v", v)
	}
	mustSay(t, r.last(olga).Text, "logged already")
}

func TestA4_ALineCanBeChangedInTheModalAndIsSavedOnce(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	r.did(r.slack.Slash(ctx, olga, opsChannel, "/promise", "acme: SSO target "+ahead(20)+" by "+ahead(24)+" 17:00 --words “as said”"))
	shown := r.last(opsChannel)
	r.did(r.slack.Click(ctx, olga, opsChannel, shown.TS, actionChange))
	for block, want := range map[string]string{"customer": "Acme", "what": "SSO", "target": ahead(20), "promise": ahead(24), "promise-time": "17:00", "words": "as said", "owner": olga} {
		if got := r.entered(olga, block); got != want {
			t.Errorf("%s begins as %q, want %q", block, got, want)
		}
	}
	var before spoken
	r.must(json.Unmarshal(shown.Blocks, &before.Blocks))
	r.did(r.slack.Submit(ctx, olga, map[string]string{"what": "SSO and more"}))
	if after := r.last(opsChannel); after.TS != shown.TS || !strings.Contains(textOf(after.Blocks), "Logged as promise 1.") || strings.Contains(textOf(after.Blocks), "Log it") {
		t.Errorf("what was asked is still there: %s", textOf(after.Blocks))
	}
	r.press(olga, actionLogIt, before.value(t, actionLogIt))
	if v := r.open(); len(v) != 1 || v[0].Title != "SSO and more" {
		t.Errorf("logged: %+v", v)
	}
	mustSay(t, r.last(opsChannel).Text, "logged already")
}

// An owner whose Slack account Kept does not know stays the owner when the line is changed.
func TestA4_AnOwnerWhoIsNotInSlackStaysTheOwner(t *testing.T) {
	r := newRig(t)
	r.people()
	_, err := r.store.AddPerson(t.Context(), r.admin, store.PersonInput{Name: new("Bob"), Teams: &[]string{"Ops"}})
	r.must(err)
	r.did(r.slack.Slash(t.Context(), ada, opsChannel, "/promise", "Acme: bulk pickup by 3w --owner Bob --team Ops"))
	r.did(r.slack.Click(t.Context(), ada, opsChannel, r.last(opsChannel).TS, actionChange))
	r.did(r.slack.Fill(t.Context(), ada, "promise", ahead(30)))
	if got := r.entered(ada, "owner"); got != "Bob" {
		t.Errorf("after a change the owner is %q", got)
	}
	r.did(r.slack.Submit(t.Context(), ada, nil))
	if all := r.open(); len(all) != 1 || all[0].Owner != "Bob" {
		t.Errorf("logged was %+v", all)
	}
}

func TestA3_AMessageIsLoggedWithItsWordsAndLink(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	said := r.slack.Say(fakeslack.Message{Channel: opsChannel, User: ben, Text: "I told ACME: <@U0OLGA|olga> &amp; I *will* do it"})
	r.did(r.slack.Shortcut(ctx, olga, logPromise, opsChannel, said.TS))
	for block, want := range map[string]string{"customer": "Acme", "words": "I told ACME: @olga & I *will* do it", "what": "I told ACME: @olga & I *will* do it"} {
		if got := r.entered(olga, block); got != want {
			t.Errorf("%s begins as %q, want %q", block, got, want)
		}
	}
	if link := r.entered(olga, "link"); !strings.Contains(link, "/archives/"+opsChannel+"/p") {
		t.Errorf("the link is %q", link)
	}
	r.did(r.slack.Submit(ctx, olga, map[string]string{"what": "SSO", "promise": ahead(9)}))
	v := r.open()
	if len(v) != 1 || *v[0].Words != "I told ACME: @olga & I *will* do it" || !strings.Contains(*v[0].Link, said.TS[:10]) {
		t.Errorf("logged: %+v", v)
	}
	if m := r.last(opsChannel); m.For != olga || m.ThreadTS != "" || len(r.slack.Messages(opsChannel)) != 2 {
		t.Errorf("it was confirmed to %q in thread %q", m.For, m.ThreadTS)
	}
	r.did(r.slack.Shortcut(ctx, olga, logPromise, "", ""))
	mustSay(t, r.form(olga), "Choose the customer and a date")
}

// Slack's address for answers works where Kept is no member; where there is none, Kept
// answers directly.
func TestI77_ALoggedPromiseIsConfirmedWhereverItWasLogged(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	r.slack.AddChannel(fakeslack.Channel{ID: "C0ELSE", Name: "else", NotMember: true})
	r.did(r.slack.Slash(ctx, olga, "C0ELSE", "/promise", ""))
	r.did(r.slack.Submit(ctx, olga, map[string]string{"customer": "Acme", "what": "SSO", "promise": ahead(9)}))
	if m := r.last("C0ELSE"); m.For != olga || !strings.Contains(m.Text, "Logged as promise 1") {
		t.Errorf("it was confirmed to %q: %s", m.For, m.Text)
	}
	r.did(r.slack.Shortcut(ctx, olga, logPromise, "", ""))
	r.did(r.slack.Submit(ctx, olga, map[string]string{"customer": "Acme", "what": "More", "promise": ahead(9)}))
	mustSay(t, r.last(olga).Text, "Logged as promise 2")
}

func TestA3_WithoutTheRightTheLinkIsLeftEmptyAndSaidSo(t *testing.T) {
	r := newRig(t)
	r.people()
	said := r.slack.Say(fakeslack.Message{Channel: opsChannel, User: ben, Text: "hello"})
	defer r.slack.Inject(fakeslack.Fault{Method: "chat.getPermalink", Answer: fakeslack.Error("missing_scope")})()
	r.did(r.slack.Shortcut(r.Context(), olga, logPromise, opsChannel, said.TS))
	mustSay(t, r.form(olga), "Slack did not give Kept the link")
}

func TestI73_AFormThatDoesNotOpenLosesNothing(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	said := r.slack.Say(fakeslack.Message{Channel: opsChannel, User: ben, Text: "Acme gets SSO, I said <!here>"})
	lift := r.slack.Inject(fakeslack.Fault{Method: "views.open", Answer: fakeslack.Error("expired_trigger_id")})
	r.did(r.slack.Shortcut(ctx, olga, logPromise, opsChannel, said.TS))
	m := r.last(opsChannel)
	if m.For != olga {
		t.Fatalf("it was told to %q: %s", m.For, m.Text)
	}
	mustSay(t, textOf(m.Blocks), "Nothing is lost", "/promise Acme: Acme gets SSO, I said @here by DATE", "/archives/")
	lift()
	r.did(r.slack.Click(ctx, olga, opsChannel, m.TS, actionChange))
	if got := r.entered(olga, "words"); got != "Acme gets SSO, I said @here" {
		t.Errorf("after another try the words are %q", got)
	}
}

func TestH1_NewCustomersAreAddedByThoseWhoMay(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	r.did(r.slack.Slash(ctx, olga, opsChannel, "/promise", ""))
	if strings.Contains(r.form(olga), "new customer") {
		t.Error("a member is asked for a new customer")
	}
	r.did(r.slack.Slash(ctx, ada, opsChannel, "/promise", ""))
	r.did(r.slack.Submit(ctx, ada, map[string]string{"new-customer": "Brand <new>", "what": "SSO", "date-by": ahead(3)}))
	if v := r.open(); len(v) != 1 || v[0].Customer != "Brand <new>" || v[0].DateBy.String() != ahead(3) {
		t.Errorf("logged: %+v", v)
	}
	if answer, _ := r.submitLog(olga, map[string]any{"new-customer": "Other", "what": "SSO", "promise": map[string]any{"selected_date": ahead(9)}}); !strings.Contains(answer, `"new-customer":"Olga may not add customers`) {
		t.Errorf("answered: %s", answer)
	}
}

func TestI76_MoreCustomersThanASelectHoldsAreTyped(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	for i := range maxChoices {
		_, err := r.store.AddCustomer(ctx, r.admin, store.CustomerInput{Name: new(fmt.Sprintf("Customer %d", i))})
		r.must(err)
	}
	r.did(r.slack.Slash(ctx, olga, opsChannel, "/promise", ""))
	err := r.slack.Submit(ctx, olga, map[string]string{"customer": "Acne", "what": "SSO", "promise": ahead(9)})
	r.app.Wait()
	if got := wrongIn(err); !slices.Equal(got, []string{"customer"}) || !strings.Contains(err.Error(), "did you mean Acme?") {
		t.Errorf("the error is %v", err)
	}
	r.did(r.slack.Submit(ctx, olga, map[string]string{"customer": "acme"}))
	if v := r.open(); len(v) != 1 || v[0].Customer != "Acme" {
		t.Errorf("logged: %+v", v)
	}
}

// Two changes at once: whichever is shown first, the newer one stands in the end.
func TestI68_TheNewestChangeIsWhatTheModalShows(t *testing.T) {
	r := newRig(t)
	r.people()
	ctx := r.Context()
	r.did(r.slack.Slash(ctx, olga, opsChannel, "/promise", ""))
	r.did(r.slack.Fill(ctx, olga, "customer", "Acme"))
	m, _ := r.slack.Modal(olga)
	changed := func(date, ts string) map[string]any {
		return map[string]any{
			"type": "block_actions", "team": map[string]any{"id": fakeslack.TeamID}, "user": map[string]any{"id": olga, "team_id": fakeslack.TeamID}, "trigger_id": "t" + ts,
			"actions": []any{map[string]any{"action_id": inputID, "block_id": "promise", "action_ts": ts}},
			"view": map[string]any{"id": m.ID, "hash": m.Hash, "type": "modal", "callback_id": callbackLog, "private_metadata": "", "state": map[string]any{"values": map[string]any{
				"customer": map[string]any{inputID: map[string]any{"selected_option": map[string]any{"value": "Acme"}}},
				"promise":  map[string]any{inputID: map[string]any{"selected_date": date}},
			}}},
		}
	}
	var at sync.WaitGroup
	for _, p := range []map[string]any{changed("2027-06-01", "9999999999.1"), changed("2027-06-02", "9999999999.2")} {
		raw, err := json.Marshal(p)
		r.must(err)
		at.Go(func() { r.app.Handle(ctx, Interactions, raw) })
	}
	at.Wait()
	r.app.Wait()
	mustSay(t, r.form(olga), "Wed 2 Jun 2027")
	r.handle(Interactions, changed("2027-06-03", "9999999999.3")) // its hash is out of date, and nothing newer comes
	mustSay(t, r.form(olga), "Thu 3 Jun 2027")
}

func TestI76_NothingTypedMakesAnInvalidModalOrAnswer(t *testing.T) {
	r := newRig(t)
	r.people()
	var log strings.Builder
	app := App{api: r.app.api, log: slog.New(slog.NewTextHandler(&log, nil))}
	who, err := r.app.who(t.Context(), account{ID: olga})
	r.must(err)
	text := rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "long") {
			return strings.Repeat(rapid.StringN(1, 20, -1).Draw(t, "unit"), rapid.IntRange(1, 800).Draw(t, "times"))
		}
		return rapid.String().Draw(t, "short")
	})
	names := rapid.SliceOfN(rapid.StringN(1, 120, -1), 0, 110)
	rapid.Check(t, func(t *rapid.T) {
		d := draft{
			source:   source{Channel: opsChannel, Author: olga, NoLink: rapid.Bool().Draw(t, "no link")},
			Customer: text.Draw(t, "customer"), What: text.Draw(t, "what"), Words: text.Draw(t, "words"), Link: text.Draw(t, "link"), Promise: text.Draw(t, "promise"),
			Target: rapid.SampledFrom([]string{"", "2027-06-01", "x"}).Draw(t, "target"), Kind: text.Draw(t, "kind"), User: rapid.SampledFrom([]string{"", olga}).Draw(t, "user"),
		}
		c := store.Choices{Customers: names.Draw(t, "customers"), Kinds: names.Draw(t, "kinds"), Teams: names.Draw(t, "teams"), AddCustomers: rapid.Bool().Draw(t, "may")}
		m := logModal(&d, state{}, &c, r.app.planned(t.Context(), who, d))
		if _, err := app.api.OpenViewContext(t.Context(), r.slack.TriggerID(), m.view()); err != nil {
			t.Fatalf("the modal is refused: %v", err)
		}
		typed := text.Draw(t, "typed")
		for _, line := range []string{typed, "Acme: " + typed + " by friday", "Acme: SSO by friday --words " + typed, "list " + typed, "call 1 " + typed} {
			if err := r.slack.Slash(t.Context(), olga, opsChannel, "/promise", line); err != nil {
				t.Fatalf("the answer to %q is refused: %v", line, err)
			}
			r.app.Wait()
		}
		app.notShown(t.Context(), &interaction{User: account{ID: olga}, Channel: place{ID: opsChannel}}, &d)
		if log.Len() > 0 {
			t.Fatal(log.String())
		}
	})
}
