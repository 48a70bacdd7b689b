package fakeslack_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"kept/notify/fakeslack"
)

func TestTokens(t *testing.T) {
	s, api := inMemory()
	_, _, err := clientOf(s, "xoxb-unknown").PostMessage(deliveryID, text("x"))
	wantCode(t, err, "invalid_auth")
	_, _, err = clientOf(s, "").PostMessage(deliveryID, text("x"))
	wantCode(t, err, "not_authed")
	_, _, err = clientOf(s, fakeslack.AppToken).PostMessage(deliveryID, text("x"))
	wantCode(t, err, "not_allowed_token_type")
	s.RemoveToken(fakeslack.BotToken)
	_, _, err = api.PostMessage(deliveryID, text("x"))
	wantCode(t, err, "invalid_auth")
	s.AddToken(fakeslack.Token{Value: fakeslack.BotToken})
	post(t, api, deliveryID, text("repaired"))
	if log := s.Accepted(); len(log) != 1 || log[0].Text != "repaired" {
		t.Errorf("accept log: %+v", log)
	}
}

func TestMissingScopeSaysWhich(t *testing.T) {
	s, _ := inMemory()
	s.AddToken(fakeslack.Token{Value: "xoxb-narrow", Scopes: []string{"chat:write", "users:read"}})
	api := clientOf(s, "xoxb-narrow")
	post(t, api, deliveryID, text("x"))
	_, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: deliveryID})
	wantCode(t, err, "missing_scope")
	var refusal slack.SlackErrorResponse
	if errors.As(err, &refusal) && (refusal.Needed != "channels:history" || refusal.Provided != "chat:write,users:read") {
		t.Errorf("needed %q, provided %q", refusal.Needed, refusal.Provided)
	}
	u, err := api.GetUserInfo(annaID)
	if err != nil || u.Profile.Email != "" {
		t.Errorf("without users:read.email the address is %q, %v", u.Profile.Email, err)
	}
}

func TestScopesAreInTheHeader(t *testing.T) {
	s, _ := inMemory()
	var scopes string
	api := slack.New(fakeslack.BotToken, slack.OptionAPIURL("http://slack.invalid/api/"), slack.OptionHTTPClient(httpClient(s)),
		slack.OptionOnResponseHeaders(func(_ string, h http.Header) { scopes = h.Get("X-OAuth-Scopes") }))
	if _, err := api.AuthTest(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(scopes, "chat:write") || strings.Contains(scopes, "chat:write.public") {
		t.Errorf("X-OAuth-Scopes: %q", scopes)
	}
}

func TestWhereABotMayPost(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel fakeslack.Channel
		code    string
	}{
		{"not invited", fakeslack.Channel{ID: "C1", NotMember: true}, "not_in_channel"},
		{"private, not invited", fakeslack.Channel{ID: "C1", Private: true, NotMember: true}, "channel_not_found"},
		{"archived", fakeslack.Channel{ID: "C1", Archived: true}, "is_archived"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, api := inMemory()
			s.AddChannel(c.channel)
			_, _, err := api.PostMessage("C1", text("x"))
			wantCode(t, err, c.code)
			s.AddChannel(fakeslack.Channel{ID: "C1"})
			post(t, api, "C1", text("repaired"))
			if n := len(s.Messages("C1")); n != 1 {
				t.Errorf("%d messages in the channel, want 1", n)
			}
		})
	}
}

func TestPublicPostingAndJoining(t *testing.T) {
	s, api := inMemory()
	s.AddChannel(fakeslack.Channel{ID: "C1", Name: "open", NotMember: true})
	s.AddToken(fakeslack.Token{Value: "xoxb-public", Scopes: []string{"chat:write", "chat:write.public"}})
	post(t, clientOf(s, "xoxb-public"), "C1", text("without an invitation"))
	s.AddToken(fakeslack.Token{Value: "xoxb-joins", Scopes: []string{"channels:join"}})
	if _, _, _, err := clientOf(s, "xoxb-joins").JoinConversation("C1"); err != nil {
		t.Fatal(err)
	}
	post(t, api, "C1", text("as a member"))
	post(t, api, "#open", text("by name"))
	if n := len(s.Messages("C1")); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}

func TestPostingToAUserOpensADirectMessage(t *testing.T) {
	s, api := inMemory()
	ch, ts := post(t, api, annaID, text("for Anna"))
	if ch != fakeslack.DirectChannel(annaID) {
		t.Errorf("posted in %s, want %s", ch, fakeslack.DirectChannel(annaID))
	}
	_, _, _, err := api.UpdateMessage(annaID, ts, text("x"))
	wantCode(t, err, "channel_not_found")
	if _, _, _, err := api.UpdateMessage(ch, ts, text("changed")); err != nil {
		t.Errorf("update by the D… id: %v", err)
	}
	channels := s.Channels()
	if last := channels[len(channels)-1]; last.User != annaID {
		t.Errorf("the channel list ends in %+v, want Anna's", last)
	}
	s.AddUser(fakeslack.User{ID: "U0GONE", Deleted: true})
	_, _, err = api.PostMessage("U0GONE", text("x"))
	wantCode(t, err, "channel_not_found")
}

func TestWhomABotMayOpen(t *testing.T) {
	s, api := inMemory()
	s.AddUser(fakeslack.User{ID: "U0GONE", Deleted: true})
	for users, code := range map[string]string{
		"U0NOBODY": "user_not_found", "U0GONE": "user_disabled", fakeslack.BotUserID: "user_not_found",
		annaID + ",U0GONE": "too_many_users", "": "users_list_not_supplied",
	} {
		wantCode(t, postForm(s, "conversations.open", "users", users), code)
	}
	im := fakeslack.DirectChannel(annaID)
	_, _, _, err := api.OpenConversation(&slack.OpenConversationParameters{ChannelID: im})
	wantCode(t, err, "channel_not_found")
	if _, _, _, err := api.OpenConversation(&slack.OpenConversationParameters{Users: []string{annaID}}); err != nil {
		t.Fatal(err)
	}
	ch, _, already, err := api.OpenConversation(&slack.OpenConversationParameters{ChannelID: im, ReturnIM: true})
	if err != nil || !already || !ch.IsIM || ch.User != annaID {
		t.Errorf("opened by its ID: %+v, already %v, %v", ch, already, err)
	}
	var names []string
	for _, u := range s.Users() {
		names = append(names, u.ID)
	}
	if got := strings.Join(names, " "); got != "U0ANNA U0GONE U0KEPTBOT" {
		t.Errorf("users: %s", got)
	}
}

func TestGuestsAndLeaversAreNotFoundByEmail(t *testing.T) {
	s, api := inMemory()
	s.AddUser(fakeslack.User{ID: "U1", Email: "guest@example.com", Guest: true})
	s.AddUser(fakeslack.User{ID: "U2", Email: "left@example.com", Deleted: true})
	for _, email := range []string{"guest@example.com", "left@example.com", ""} {
		_, err := api.GetUserByEmail(email)
		wantCode(t, err, "users_not_found")
	}
	u, err := api.GetUserByEmail("ANNA@example.com")
	if err != nil || u.TZ != "Europe/Warsaw" {
		t.Errorf("Anna's zone is %q, %v", u.TZ, err)
	}
}

// F37, F38: what people and other apps do in the channel is not the bot's.
func TestOthersMessages(t *testing.T) {
	s, api := inMemory()
	foreign := s.Say(fakeslack.Message{Channel: deliveryID, Text: "call Acme", Bot: "B0OTHER", App: "A0OTHER",
		Metadata: []byte(`{"event_type":"kept_alert","event_payload":{"key":"k1"}}`)})
	_, _, _, err := api.UpdateMessage(deliveryID, foreign.TS, text("x"))
	wantCode(t, err, "cant_update_message")
	_, _, err = api.DeleteMessage(deliveryID, foreign.TS)
	wantCode(t, err, "cant_delete_message")
	ch, ts := post(t, api, deliveryID, text("call Acme"), key("k1"))
	list := history(t, api, slack.GetConversationHistoryParameters{ChannelID: ch, IncludeAllMetadata: true})
	if len(list) != 2 || list[0].BotID != fakeslack.BotID || list[1].BotID != "B0OTHER" {
		t.Fatalf("history: %+v", list)
	}
	if !s.Delete(ch, ts) || s.Delete(ch, ts) {
		t.Error("a person deletes a message once")
	}
	if log := s.Accepted(); len(log) != 2 || !log[1].Deleted || log[1].Payload("key") != "k1" {
		t.Errorf("the accept log forgets or misreads: %+v", log)
	}
	post(t, api, ch, text("orphan"), slack.MsgOptionTS(ts))
	if m := latest(t, api, ch); m.Text != "orphan" || m.ThreadTimestamp != "" {
		t.Errorf("a reply to a deleted message: %q in thread %q", m.Text, m.ThreadTimestamp)
	}
}

func TestDeletedRepliesDoNotCount(t *testing.T) {
	s, api := inMemory()
	ch, parent := post(t, api, deliveryID, text("parent"))
	_, kept := post(t, api, ch, text("stays"), slack.MsgOptionTS(parent))
	_, gone := post(t, api, ch, text("goes"), slack.MsgOptionTS(parent))
	s.Delete(ch, gone)
	if m := latest(t, api, ch); m.ReplyCount != 1 || m.LatestReply != kept {
		t.Errorf("%d replies, the latest %s, want 1 and %s", m.ReplyCount, m.LatestReply, kept)
	}
	s.Delete(ch, kept)
	if m := latest(t, api, ch); m.ReplyCount != 0 || m.ThreadTimestamp != "" {
		t.Errorf("%d replies in thread %q, want none", m.ReplyCount, m.ThreadTimestamp)
	}
}

func TestUpdateOfBlocks(t *testing.T) {
	s, api := inMemory()
	divider := raw(`[{"type":"divider"}]`).option()
	ch, ts := post(t, api, deliveryID, text("x"), divider, key("k"))
	update := func(opts ...slack.MsgOption) fakeslack.Message {
		t.Helper()
		if _, _, _, err := api.UpdateMessage(ch, ts, opts...); err != nil {
			t.Fatal(err)
		}
		return s.Accepted()[0]
	}
	if m := update(text("y"), raw(`[{"type":"divider"},{"type":"divider"}]`).option()); !strings.Contains(string(m.Blocks), "},{") {
		t.Errorf("new blocks: %s", m.Blocks)
	}
	if m := update(text("z")); m.Blocks != nil || m.Payload("key") != "k" || m.Edits != 2 {
		t.Errorf("text alone leaves blocks %s, key %q, edits %d", m.Blocks, m.Payload("key"), m.Edits)
	}
	if err := postForm(s, "chat.update", "channel", ch, "ts", ts, "text", "z", "metadata", "{}"); err != nil {
		t.Fatal(err)
	}
	if m := s.Accepted()[0]; m.Metadata != nil {
		t.Errorf("{} leaves metadata %s", m.Metadata)
	}
	wantCode(t, postForm(s, "chat.update", "channel", ch, "ts", ts), "no_text")
}

func TestBodies(t *testing.T) {
	s, _ := inMemory()
	for _, c := range []struct{ name, contentType, body, want string }{
		{"form", "application/x-www-form-urlencoded", "channel=C0DELIVERY&text=x&token=" + fakeslack.BotToken, `"ok":true`},
		{"json", "application/json; charset=utf-8", `{"channel":"C0DELIVERY","text":"x","blocks":[{"type":"divider"}],"token":"` + fakeslack.BotToken + `"}`, `"ok":true`},
		{"broken json", "application/json", `{"channel":`, `"invalid_json"`},
		{"json array", "application/json", `[]`, `"json_not_object"`},
		{"broken form", "application/x-www-form-urlencoded", "a=%zz", `"invalid_form_data"`},
		{"xml", "text/xml", "<x/>", `"invalid_post_type"`},
	} {
		if got := do(t, s, c.contentType, c.body, ""); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if got := do(t, s, "application/json", `{"channel":"C0DELIVERY","text":"x"}`, fakeslack.BotToken); !strings.Contains(got, `"ok":true`) {
		t.Errorf("token in the header: %s", got)
	}
	wantCode(t, postForm(s, "chat.conjure"), "unknown_method")
	resp, err := httpClient(s).Get("http://slack.invalid/api/auth.test?token=" + fakeslack.BotToken)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, resp); !strings.Contains(got, `"not_authed"`) {
		t.Errorf("token in the address: %s", got)
	}
}

// do posts any body to chat.postMessage and answers what came back.
func do(t *testing.T, s *fakeslack.Server, contentType, body, token string) string {
	t.Helper()
	r, err := http.NewRequest("POST", "http://slack.invalid/api/chat.postMessage", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := httpClient(s).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, resp)
}

func TestViewsLiveAndChange(t *testing.T) {
	s, api := inMemory()
	trigger := s.TriggerID()
	opened, err := api.OpenView(trigger, modal("Log a call"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.OpenView(trigger, modal("Again"))
	wantCode(t, err, "exchanged_trigger_id")
	if _, err := api.UpdateView(modal("Logged"), "", opened.Hash, opened.ID); err != nil {
		t.Fatal(err)
	}
	_, err = api.UpdateView(modal("Too late"), "", opened.Hash, opened.ID)
	wantCode(t, err, "hash_conflict")
	_, err = api.UpdateView(modal("x"), "", "", "V0NONE")
	wantCode(t, err, "not_found")
	if v := s.Views(); len(v) != 1 || v[0].Updates != 1 || !strings.Contains(string(v[0].Body), "Logged") {
		t.Errorf("views: %+v", v)
	}
}

func TestRichTextStaysRichText(t *testing.T) {
	s, api := inMemory()
	ch, ts := post(t, api, deliveryID, text("x"), raw("["+rich(`{"type":"text","text":"call"}`)+"]").option())
	update := func(blocks string) error {
		return postForm(s, "chat.update", "channel", ch, "ts", ts, "text", "x", "blocks", "["+blocks+"]")
	}
	wantCode(t, update(`{"type":"divider"}`), "block_mismatch")
	if err := update(`{"type":"divider"},` + rich(`{"type":"text","text":"called"}`)); err != nil {
		t.Error(err)
	}
}
