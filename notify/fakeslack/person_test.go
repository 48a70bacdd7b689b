package fakeslack_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"kept/notify/fakeslack"
)

// app is what a test's app was told, and what it answers: by door, the next
// answer in front.
type app struct {
	mu      sync.Mutex
	told    []string
	answers map[string][]string
}

func (a *app) take(_ context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = append(a.told, door+" "+string(payload))
	if next := a.answers[door]; len(next) > 0 {
		a.answers[door] = next[1:]
		return json.RawMessage(next[0]), nil
	}
	return nil, nil
}

// last is the newest thing the app was told, as Slack's own library reads it.
func (a *app) last(t *testing.T) (in slack.InteractionCallback) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	_, payload, _ := strings.Cut(a.told[len(a.told)-1], " ")
	if err := json.Unmarshal([]byte(payload), &in); err != nil {
		t.Fatal(err)
	}
	return in
}

// company is a workspace with an app in it that does as it is told.
func company(opts ...fakeslack.Option) (*fakeslack.Server, *slack.Client, *app) {
	s, api := inMemory(opts...)
	s.AddUser(fakeslack.User{ID: "U0BOB", Name: "bob"})
	a := &app{answers: map[string][]string{}}
	s.Connect(a.take)
	return s, api, a
}

const card = `[{"type":"section","text":{"type":"mrkdwn","text":"Call Acme"}},{"type":"actions","block_id":"acts","elements":[
	{"type":"button","action_id":"ack","value":"k1:1","text":{"type":"plain_text","text":"I'm on it"}},
	{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Later"},"value":"later"}]}]}]`

const form = `{"type":"modal","callback_id":"log","private_metadata":"k1:1","title":{"type":"plain_text","text":"Log"},"submit":{"type":"plain_text","text":"Save"},"blocks":[
	{"type":"input","block_id":"what","label":{"type":"plain_text","text":"What"},"element":{"type":"plain_text_input","action_id":"in","max_length":20}},
	{"type":"input","block_id":"date","dispatch_action":true,"label":{"type":"plain_text","text":"By"},"element":{"type":"datepicker","action_id":"in","initial_date":"2026-12-18"}},
	{"type":"input","block_id":"who","optional":true,"label":{"type":"plain_text","text":"For"},"element":{"type":"static_select","action_id":"in","options":[{"text":{"type":"plain_text","text":"Acme"},"value":"7"}]}},
	{"type":"input","block_id":"told","optional":true,"label":{"type":"plain_text","text":"Told"},"element":{"type":"checkboxes","action_id":"in","options":[{"text":{"type":"plain_text","text":"Yes"},"value":"yes"}]}}]}`

func views(s *fakeslack.Server, method, view, trigger string) error {
	return postForm(s, method, "trigger_id", trigger, "view", view)
}

// All that people do reaches the app alike by every way there is.
func TestEveryWayToTheApp(t *testing.T) {
	for name, connect := range map[string]func(*testing.T, *fakeslack.Server, *app){
		"in process": func(*testing.T, *fakeslack.Server, *app) {},
		"HTTP":       overHTTP,
		"socket":     overSocket,
	} {
		t.Run(name, func(t *testing.T) {
			s, api, a := company(fakeslack.WithPingEvery(50 * time.Millisecond))
			connect(t, s, a)
			s.SetLinkDomains("kept.example")
			a.answers["commands"] = []string{`{"response_type":"ephemeral","text":"Nothing is open."}`}
			if err := s.Slash(t.Context(), annaID, deliveryID, "/promise", "list “Acme” & co"); err != nil {
				t.Fatal(err)
			}
			if m := newest(s); m.For != annaID || m.Text != "Nothing is open." {
				t.Errorf("the command is answered with %+v", m)
			}
			_, ts := post(t, api, deliveryID, text("x"))
			if err := s.Shortcut(t.Context(), annaID, "log", deliveryID, ts); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Post(t.Context(), annaID, deliveryID, "see https://kept.example/p/1 and https://other.example/"); err != nil {
				t.Fatal(err)
			}
			want := []string{`commands `, `interactions `, `events `}
			parts := []string{`"text":"list “Acme” \u0026 co"`, `"callback_id":"log"`, `"links":[{"domain":"kept.example","url":"https://kept.example/p/1"}]`}
			for i := range want {
				if !strings.HasPrefix(a.told[i], want[i]) || !strings.Contains(a.told[i], parts[i]) {
					t.Errorf("the app was told %s", a.told[i])
				}
			}
		})
	}
}

// newest is the last message anybody got.
func newest(s *fakeslack.Server) fakeslack.Message {
	all := s.Accepted()
	return all[len(all)-1]
}

func overHTTP(t *testing.T, s *fakeslack.Server, a *app) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v, err := slack.NewSecretsVerifier(r.Header, fakeslack.SigningSecret)
		if err == nil {
			v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		door := strings.TrimPrefix(r.URL.Path, "/slack/")
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		switch door {
		case "commands":
			c, _ := slack.SlashCommandParse(r)
			body, _ = json.Marshal(map[string]string{"text": c.Text})
		case "interactions":
			body = []byte(r.PostFormValue("payload"))
		}
		answer, _ := a.take(r.Context(), door, body)
		w.Write(answer)
	}))
	t.Cleanup(web.Close)
	s.Connect(s.ViaHTTP(web.URL+"/slack", web.Client()))
}

func overSocket(t *testing.T, s *fakeslack.Server, a *app) {
	client, _ := connect(t, s, fakeslack.AppToken)
	await(t, client, socketmode.EventTypeHello)
	doors := map[string]string{"slash_commands": "commands", "interactive": "interactions", "events_api": "events"}
	go func() {
		for e := range client.Events {
			if e.Request != nil && doors[e.Request.Type] != "" {
				answer, _ := a.take(t.Context(), doors[e.Request.Type], e.Request.Payload)
				client.Ack(*e.Request, answer)
			}
		}
	}()
	until(func() bool { return s.Sockets() == 1 })
	s.Connect(s.ViaSocket())
}

func TestPeopleClickWhatTheySee(t *testing.T) {
	s, api, a := company()
	ctx := t.Context()
	ch, ts := post(t, api, annaID, text("Call Acme"), raw(card).option())
	for name, err := range map[string]error{
		"another's message": s.Click(ctx, "U0BOB", ch, ts, "ack"),
		"no such button":    s.Click(ctx, annaID, ch, ts, "deliver"),
		"no such value":     s.Click(ctx, annaID, ch, ts, "ack", "k2:1"),
		"no such option":    s.Click(ctx, annaID, ch, ts, "more", "sooner"),
		"no such message":   s.Click(ctx, annaID, ch, "1.1", "ack"),
	} {
		if !errors.Is(err, fakeslack.ErrNotShown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(a.told) != 0 {
		t.Fatalf("the app was told of clicks that cannot be: %s", a.told)
	}
	if err := s.Click(ctx, annaID, ch, ts, "ack"); err != nil {
		t.Fatal(err)
	}
	in := a.last(t)
	on := in.ActionCallback.BlockActions[0]
	if in.Type != slack.InteractionTypeBlockActions || in.User.ID != annaID || in.User.TeamID != fakeslack.TeamID ||
		in.Team.ID != fakeslack.TeamID || in.APIAppID != fakeslack.AppID || in.Channel.ID != ch || in.Message.Timestamp != ts ||
		in.Container.MessageTs != ts || on.ActionID != "ack" || on.BlockID != "acts" || on.Value != "k1:1" || on.Text.Text != "I'm on it" {
		t.Errorf("a click comes as %+v", in)
	}
	if in.Message.Blocks.BlockSet[0].ID() == "" {
		t.Error("Slack gave a block no id")
	}
	if err := s.Click(ctx, annaID, ch, ts, "more", "later"); err != nil {
		t.Fatal(err)
	}
	if chosen := a.last(t).ActionCallback.BlockActions[0].SelectedOption; chosen.Value != "later" {
		t.Errorf("chosen %+v", chosen)
	}
}

func TestResponseURLChangesWhatOnePersonSaw(t *testing.T) {
	s, api, a := company()
	ts, err := api.PostEphemeralContext(t.Context(), deliveryID, annaID, text("Log it?"), raw(card).option())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Click(t.Context(), "U0BOB", deliveryID, ts, "ack"); !errors.Is(err, fakeslack.ErrNotShown) {
		t.Errorf("another's ephemeral message: %v", err)
	}
	if err := s.Click(t.Context(), annaID, deliveryID, ts, "ack"); err != nil {
		t.Fatal(err)
	}
	in := a.last(t)
	if !in.Container.IsEphemeral || in.Message.Timestamp != "" {
		t.Errorf("container %+v, message %q", in.Container, in.Message.Timestamp)
	}
	err = slack.PostWebhookCustomHTTPContext(t.Context(), in.ResponseURL, httpClient(s), &slack.WebhookMessage{Text: "Logged", ReplaceOriginal: true})
	if m := newest(s); err != nil || m.TS != ts || m.Text != "Logged" {
		t.Errorf("after the answer (%v): %+v", err, m)
	}
}

func TestModalFromClickToSubmission(t *testing.T) {
	s, api, a := company()
	ctx := t.Context()
	ch, ts := post(t, api, deliveryID, text("Call Acme"), raw(card).option())
	if err := s.Click(ctx, annaID, ch, ts, "ack"); err != nil {
		t.Fatal(err)
	}
	trigger := a.last(t).TriggerID
	if err := views(s, "views.open", form, trigger); err != nil {
		t.Fatal(err)
	}
	wantCode(t, views(s, "views.open", form, trigger), "exchanged_trigger_id")
	if _, open := s.Modal("U0BOB"); open {
		t.Error("another person has the modal open")
	}
	var wrong fakeslack.Errors
	if err := s.Submit(ctx, annaID, map[string]string{"what": strings.Repeat("x", 21)}); !errors.As(err, &wrong) || wrong["what"] == "" {
		t.Errorf("too long an input is submitted: %v", err)
	}
	if err := s.Submit(ctx, annaID, map[string]string{"what": ""}); !errors.As(err, &wrong) || wrong["what"] == "" {
		t.Errorf("a required input is submitted empty: %v", err)
	}
	told := len(a.told)
	a.answers["interactions"] = []string{"", `{"response_action":"errors","errors":{"date":"That day is over."}}`}
	if err := s.Submit(ctx, annaID, map[string]string{"what": "SSO", "date": "2026-12-04", "who": "Acme", "told": "yes"}); !errors.As(err, &wrong) || wrong["date"] != "That day is over." {
		t.Errorf("the app's refusal is %v", err)
	}
	if len(a.told) != told+2 || !strings.Contains(a.told[told], `"block_actions"`) || !strings.Contains(a.told[told], `"selected_date":"2026-12-04"`) {
		t.Errorf("a date that asks for it is dispatched, and nothing else: %s", a.told[told:])
	}
	in := a.last(t)
	at := func(block string) slack.BlockAction { return in.View.State.Values[block]["in"] }
	if in.View.CallbackID != "log" || in.View.PrivateMetadata != "k1:1" || at("what").Value != "SSO" ||
		at("date").SelectedDate != "2026-12-04" || at("who").SelectedOption.Value != "7" || at("told").SelectedOptions[0].Value != "yes" {
		t.Errorf("submitted %+v", in.View)
	}
	if m, _ := s.Modal(annaID); m.Errors["date"] != "That day is over." || m.State["what"]["in"]["value"] != "SSO" {
		t.Errorf("what was typed is kept beside the error: %+v", m)
	}
	if err := s.Submit(ctx, annaID, nil); err != nil {
		t.Fatal(err)
	}
	if _, open := s.Modal(annaID); open {
		t.Error("an empty answer leaves the modal open")
	}
}

func TestAnswersToAModal(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		depth        int // of what is open afterwards; 0 for nothing
		fails        bool
	}{
		{"nothing", "", 0, false},
		{"clear", `{"response_action":"clear"}`, 0, false},
		{"update", `{"response_action":"update","view":` + form + `}`, 1, false},
		{"push", `{"response_action":"push","view":` + form + `}`, 2, false},
		{"a view that breaks a limit", `{"response_action":"update","view":` + strings.Replace(form, `"text":"Log"`, `"text":"`+strings.Repeat("x", 25)+`"`, 1) + `}`, 1, true},
		{"an error at no input", `{"response_action":"errors","errors":{"nowhere":"No."}}`, 1, true},
		{"no error at all", `{"response_action":"errors"}`, 1, true},
		{"an unknown action", `{"response_action":"explode"}`, 1, true},
		{"not JSON", `ok`, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, a := company()
			openForm(t, s, a)
			a.answers["interactions"] = []string{"", c.answer} // the date tells the app first
			err := s.Submit(t.Context(), annaID, map[string]string{"what": "SSO", "date": "2026-12-04"})
			if m, _ := s.Modal(annaID); m.Depth != c.depth || (err != nil) != c.fails {
				t.Errorf("depth %d, error %v", m.Depth, err)
			}
		})
	}
}

// openForm has Anna open the form by a shortcut.
func openForm(t *testing.T, s *fakeslack.Server, a *app) {
	t.Helper()
	if err := s.Shortcut(t.Context(), annaID, "log", "", ""); err != nil {
		t.Fatal(err)
	}
	if err := views(s, "views.open", form, a.last(t).TriggerID); err != nil {
		t.Fatal(err)
	}
}

func TestInputsStayWhereTheirIDsStay(t *testing.T) {
	s, _, a := company()
	openForm(t, s, a)
	if err := s.Fill(t.Context(), annaID, "what", "SSO"); err != nil {
		t.Fatal(err)
	}
	m, _ := s.Modal(annaID)
	if m.State["date"]["in"]["selected_date"] != "2026-12-18" {
		t.Errorf("the initial date is not there: %v", m.State)
	}
	wantCode(t, postForm(s, "views.update", "view_id", m.ID, "hash", "older", "view", form), "hash_conflict")
	changed := strings.ReplaceAll(strings.ReplaceAll(form, `2026-12-18`, `2027-01-15`), `"block_id":"what"`, `"block_id":"what2"`)
	if err := postForm(s, "views.update", "view_id", m.ID, "hash", m.Hash, "view", changed); err != nil {
		t.Fatal(err)
	}
	m, _ = s.Modal(annaID)
	if m.State["date"]["in"]["selected_date"] != "2026-12-18" || m.State["what2"]["in"]["value"] != nil || m.State["what"] != nil {
		t.Errorf("after the update: %v", m.State)
	}
}

func TestThreeModalsAndNoMore(t *testing.T) {
	s, _, a := company()
	openForm(t, s, a)
	closing := strings.Replace(form, `"callback_id"`, `"notify_on_close":true,"clear_on_close":true,"callback_id"`, 1)
	push := func() error {
		if err := s.Fill(t.Context(), annaID, "date", "2026-12-04"); err != nil {
			t.Fatal(err)
		}
		return views(s, "views.push", closing, a.last(t).TriggerID)
	}
	for range 2 {
		if err := push(); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, push(), "push_limit_reached")
	m, _ := s.Modal(annaID)
	if err := s.CloseModal(t.Context(), annaID); err != nil {
		t.Fatal(err)
	}
	if in := a.last(t); in.Type != slack.InteractionTypeViewClosed || !in.IsCleared || in.View.ID != m.ID || in.View.PreviousViewID == "" {
		t.Errorf("told of the end: %+v", in)
	}
	if _, open := s.Modal(annaID); open {
		t.Error("a modal that clears on close left others")
	}
	wantCode(t, postForm(s, "views.update", "view_id", m.ID, "view", form), "not_found")
}

func TestHomeIsOpenedAndClicked(t *testing.T) {
	s, _, a := company()
	if err := s.OpenHome(t.Context(), annaID); err != nil || !strings.Contains(a.told[0], `"app_home_opened"`) {
		t.Fatalf("%v: %s", err, a.told)
	}
	if err := postForm(s, "views.publish", "user_id", annaID, "view", `{"type":"home","blocks":`+card+`}`); err != nil {
		t.Fatal(err)
	}
	if err := s.ClickView(t.Context(), "U0BOB", "ack"); !errors.Is(err, fakeslack.ErrNotShown) {
		t.Errorf("another's home: %v", err)
	}
	if err := s.ClickView(t.Context(), annaID, "ack", "k1:1"); err != nil {
		t.Fatal(err)
	}
	home, _ := s.Home(annaID)
	if in := a.last(t); in.View.ID != home.ID || in.Container.ViewID != home.ID || in.ActionCallback.BlockActions[0].Value != "k1:1" {
		t.Errorf("clicked at home: %+v", in)
	}
}

func TestAnAnswerThatComesTooLate(t *testing.T) {
	s, _, _ := company(fakeslack.WithPatience(time.Millisecond))
	s.Connect(func(ctx context.Context, _ string, _ json.RawMessage) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err := s.Slash(t.Context(), annaID, deliveryID, "/promise", ""); !errors.Is(err, fakeslack.ErrTimeout) {
		t.Errorf("a command: %v", err)
	}
	if err := s.OpenHome(t.Context(), annaID); !errors.Is(err, fakeslack.ErrTimeout) {
		t.Errorf("an event: %v", err)
	}
	told := s.Requests()
	if len(told) != 5 || told[0].Took < time.Millisecond || string(told[1].Payload) != string(told[4].Payload) {
		t.Errorf("an event comes again three times: %d requests", len(told))
	}
}

func TestLinksArePreviewed(t *testing.T) {
	s, api, _ := company()
	m, err := s.Post(t.Context(), annaID, deliveryID, "see https://kept.example/p/1")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, postForm(s, "chat.unfurl", "channel", deliveryID, "ts", m.TS, "unfurls", `{"https://else.example":{}}`), "cannot_unfurl_url")
	wantCode(t, postForm(s, "chat.unfurl", "channel", deliveryID, "ts", m.TS, "unfurls", `{"https://kept.example/p/1":{"blocks":[{"type":"none"}]}}`), "invalid_blocks")
	_, _, _, err = api.UnfurlMessageContext(t.Context(), deliveryID, m.TS, map[string]slack.Attachment{"https://kept.example/p/1": {Text: "SSO"}})
	if err != nil || !strings.Contains(string(newest(s).Unfurls), "SSO") {
		t.Errorf("%v: %s", err, newest(s).Unfurls)
	}
}

func TestWhoIsInAChannel(t *testing.T) {
	s, api, _ := company()
	s.AddUser(fakeslack.User{ID: "U0OUT", Name: "out", Team: "T0OTHER"})
	s.AddUser(fakeslack.User{ID: "U0GUEST", Name: "guest", Guest: true})
	s.AddUser(fakeslack.User{ID: "U0GONE", Name: "gone", Deleted: true})
	s.AddChannel(fakeslack.Channel{ID: "C0SHARED", Name: "shared", Shared: true})
	s.AddChannel(fakeslack.Channel{ID: "C0FEW", Name: "few", Members: []string{"U0GUEST", annaID}})
	for channel, want := range map[string]string{
		deliveryID: annaID + " U0BOB U0KEPTBOT", "C0SHARED": annaID + " U0BOB U0KEPTBOT U0OUT", "C0FEW": annaID + " U0GUEST U0KEPTBOT",
	} {
		got, _, err := api.GetUsersInConversationContext(t.Context(), &slack.GetUsersInConversationParameters{ChannelID: channel})
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("in %s are %v (%v), want %s", channel, got, err, want)
		}
	}
	if u, err := api.GetUserInfoContext(t.Context(), "U0OUT"); err != nil || u.TeamID != "T0OTHER" {
		t.Errorf("somebody of another company: %+v, %v", u, err)
	}
	_, err := api.PostEphemeralContext(t.Context(), deliveryID, "U0OUT", text("x"))
	wantCode(t, err, "user_not_in_channel")
}

func TestWhatCanBeUsedIsListed(t *testing.T) {
	got := fakeslack.Elements(json.RawMessage(strings.Replace(card, `"value":"k1:1"`,
		`"value":"k1:1","style":"danger","confirm":{"title":{"text":"Sure?"},"text":{"text":"It is told to all."}}`, 1)))
	if len(got) != 2 || got[0].Text != "I'm on it" || got[0].Block != "acts" || got[0].Style != "danger" ||
		got[0].Confirm != "Sure?: It is told to all." || got[1].Kind != "overflow" || got[1].Options[0] != "Later" {
		t.Errorf("%+v", got)
	}
}
