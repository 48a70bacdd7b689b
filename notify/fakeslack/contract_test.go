package fakeslack_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

// What every workspace the contract tests run in must hold: Anna, and a public
// channel called delivery with the bot in it.
const (
	annaEmail       = "anna@example.com"
	deliveryChannel = "delivery"
)

// Their IDs in a workspace of ours.
const (
	annaID     = "U0ANNA"
	deliveryID = "C0DELIVERY"
)

// contract is what a fake Slack owes to those who test against it, whoever
// wrote it. Each entry runs as a test of its own on a shared workspace.
var contract = []struct {
	name string
	test func(*testing.T, *slack.Client)
}{
	{"auth.test says who the bot is", testAuth},
	{"a user is found by e-mail", testLookupByEmail},
	{"an unknown e-mail is users_not_found", testUnknownEmail},
	{"users.info knows the user", testUserInfo},
	{"conversations.list and info agree", testConversations},
	{"a message comes back from history with its metadata", testMetadataRoundTrip},
	{"blocks come back as they were sent", testBlocksRoundTrip},
	{"history is newest first and pages by cursor", testHistoryPages},
	{"a thread holds its replies, oldest first", testThread},
	{"replies stay out of the channel's history", testRepliesNotInHistory},
	{"an update changes text and leaves a mark", testUpdate},
	{"an update without metadata keeps it", testUpdateKeepsMetadata},
	{"a deleted message is gone", testDelete},
	{"an unknown message is message_not_found", testUnknownMessage},
	{"an unknown channel is channel_not_found", testUnknownChannel},
	{"an empty message is no_text", testNoText},
	{"a direct message opens once", testOpenDirect},
	{"a direct message can be posted and read back", testPostDirect},
	{"an ephemeral message has a timestamp and no history", testEphemeral},
	{"a permalink names channel and message", testPermalink},
	{"text beyond 40,000 characters is cut", testTruncation},
	{"a home tab is published", testPublishHome},
	{"a made-up trigger opens no modal", testBadTrigger},
	{"the message comes back with the answer", testAnswerHoldsMessage},
}

// finer is more of the same, documented by Slack, which the public emulator
// (0.12.2) does not do: it ignores oldest and latest, and always shows
// metadata.
var finer = []struct {
	name string
	test func(*testing.T, *slack.Client)
}{
	{"history leaves metadata out unless asked", testMetadataOnRequest},
	{"history honours oldest and latest", testHistoryBounds},
}

func contractTests(t *testing.T, api *slack.Client) {
	for _, c := range contract {
		t.Run(c.name, func(t *testing.T) { c.test(t, api) })
	}
}

func TestContractOfOurFake(t *testing.T) {
	s, _ := inMemory()
	api := overLoopback(t, s)
	contractTests(t, api)
	for _, c := range finer {
		t.Run(c.name, func(t *testing.T) { c.test(t, api) })
	}
}

func testAuth(t *testing.T, api *slack.Client) {
	who, err := api.AuthTestContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if who.TeamID == "" || who.UserID == "" || who.BotID == "" {
		t.Errorf("identity is incomplete: team %q, user %q, bot %q", who.TeamID, who.UserID, who.BotID)
	}
}

func testLookupByEmail(t *testing.T, api *slack.Client) {
	u, err := api.GetUserByEmailContext(t.Context(), annaEmail)
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != "anna" || u.Profile.Email != annaEmail {
		t.Errorf("found %q with address %q", u.Name, u.Profile.Email)
	}
}

func testUnknownEmail(t *testing.T, api *slack.Client) {
	_, err := api.GetUserByEmailContext(t.Context(), "nobody@example.com")
	wantCode(t, err, "users_not_found")
}

func testUserInfo(t *testing.T, api *slack.Client) {
	u, err := api.GetUserInfoContext(t.Context(), anna(t, api))
	if err != nil {
		t.Fatal(err)
	}
	if u.RealName != "Anna Nowak" || u.IsBot || u.Deleted {
		t.Errorf("users.info: %q, bot %v, deleted %v", u.RealName, u.IsBot, u.Deleted)
	}
}

func testConversations(t *testing.T, api *slack.Client) {
	id := delivery(t, api)
	ch, err := api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		t.Fatal(err)
	}
	if ch.ID != id || ch.Name != deliveryChannel || ch.IsPrivate || ch.IsArchived {
		t.Errorf("conversations.info: %+v", ch)
	}
}

func testMetadataRoundTrip(t *testing.T, api *slack.Client) {
	ch, ts := post(t, api, delivery(t, api), text("call Acme"), key("k1"))
	m := latest(t, api, ch)
	if m.Timestamp != ts || m.Text != "call Acme" {
		t.Errorf("history's newest is %q at %s, posted at %s", m.Text, m.Timestamp, ts)
	}
	if m.Metadata.EventType != "kept_alert" || m.Metadata.EventPayload["key"] != "k1" {
		t.Errorf("metadata came back as %+v", m.Metadata)
	}
}

func testMetadataOnRequest(t *testing.T, api *slack.Client) {
	ch, _ := post(t, api, delivery(t, api), text("quiet"), key("k2"))
	list := history(t, api, slack.GetConversationHistoryParameters{ChannelID: ch, Limit: 1})
	if len(list) != 1 || list[0].Text != "quiet" {
		t.Fatalf("history: %+v", list)
	}
	if got := list[0].Metadata.EventPayload["key"]; got != nil {
		t.Errorf("metadata came unasked: %v", got)
	}
}

func testBlocksRoundTrip(t *testing.T, api *slack.Client) {
	words := slack.NewTextBlockObject(slack.MarkdownType, "*Acme* waits", false, false)
	button := slack.NewButtonBlockElement("called", "42", slack.NewTextBlockObject(slack.PlainTextType, "Called", false, false))
	ch, _ := post(t, api, delivery(t, api), text("Acme waits"), slack.MsgOptionBlocks(
		slack.NewSectionBlock(words, nil, nil), slack.NewActionBlock("act", button)))
	blocks := latest(t, api, ch).Blocks.BlockSet
	if len(blocks) != 2 {
		t.Fatalf("%d blocks came back, sent 2", len(blocks))
	}
	section, ok := blocks[0].(*slack.SectionBlock)
	if !ok || section.Text.Text != "*Acme* waits" {
		t.Errorf("first block came back as %+v", blocks[0])
	}
	actions, ok := blocks[1].(*slack.ActionBlock)
	if !ok || actions.BlockID != "act" {
		t.Errorf("second block came back as %+v", blocks[1])
	}
}

func testHistoryPages(t *testing.T, api *slack.Client) {
	ch := delivery(t, api)
	var posted []string
	for i := range 5 {
		_, ts := post(t, api, ch, text(fmt.Sprint("page ", i)))
		posted = append([]string{ts}, posted...)
	}
	var got []string
	p := slack.GetConversationHistoryParameters{ChannelID: ch, Limit: 2}
	for len(got) < len(posted) {
		h, err := api.GetConversationHistoryContext(t.Context(), &p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Messages {
			got = append(got, m.Timestamp)
		}
		if p.Cursor = h.ResponseMetaData.NextCursor; p.Cursor == "" {
			break
		}
	}
	got = got[:min(len(got), len(posted))]
	if strings.Join(got, " ") != strings.Join(posted, " ") {
		t.Errorf("pages held\n%v, posted newest first\n%v", got, posted)
	}
}

func testHistoryBounds(t *testing.T, api *slack.Client) {
	ch := delivery(t, api)
	var ts [3]string
	for i := range ts {
		_, ts[i] = post(t, api, ch, text(fmt.Sprint("bound ", i)))
	}
	p := slack.GetConversationHistoryParameters{ChannelID: ch, Oldest: ts[0], Latest: ts[2]}
	if list := history(t, api, p); len(list) != 1 || list[0].Timestamp != ts[1] {
		t.Errorf("strictly between the first and the third are %d messages", len(list))
	}
	p.Inclusive = true
	if list := history(t, api, p); len(list) != 3 {
		t.Errorf("inclusive of both ends are %d messages, want 3", len(list))
	}
}

func testThread(t *testing.T, api *slack.Client) {
	ch, parent := post(t, api, delivery(t, api), text("parent"))
	_, first := post(t, api, ch, text("first"), slack.MsgOptionTS(parent))
	_, second := post(t, api, ch, text("second"), slack.MsgOptionTS(parent))
	list, _, _, err := api.GetConversationRepliesContext(t.Context(),
		&slack.GetConversationRepliesParameters{ChannelID: ch, Timestamp: parent})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Timestamp != parent || list[1].Timestamp != first || list[2].Timestamp != second {
		t.Fatalf("thread: %+v", list)
	}
	if list[0].ReplyCount != 2 || list[1].ThreadTimestamp != parent {
		t.Errorf("reply count %d, thread of first reply %q", list[0].ReplyCount, list[1].ThreadTimestamp)
	}
}

func testRepliesNotInHistory(t *testing.T, api *slack.Client) {
	ch, parent := post(t, api, delivery(t, api), text("parent"))
	post(t, api, ch, text("only in the thread"), slack.MsgOptionTS(parent))
	if m := latest(t, api, ch); m.Timestamp != parent {
		t.Errorf("history shows %q above the thread's parent", m.Text)
	}
}

func testUpdate(t *testing.T, api *slack.Client) {
	ch, ts := post(t, api, delivery(t, api), text("before"))
	gotCh, gotTS, _, err := api.UpdateMessageContext(t.Context(), ch, ts, text("after"))
	if err != nil {
		t.Fatal(err)
	}
	if gotCh != ch || gotTS != ts {
		t.Errorf("update answered %s %s, want %s %s", gotCh, gotTS, ch, ts)
	}
	if m := latest(t, api, ch); m.Text != "after" || m.Edited == nil {
		t.Errorf("after the update: %q, edited %v", m.Text, m.Edited)
	}
}

func testUpdateKeepsMetadata(t *testing.T, api *slack.Client) {
	ch, ts := post(t, api, delivery(t, api), text("before"), key("k3"))
	if _, _, _, err := api.UpdateMessageContext(t.Context(), ch, ts, text("after")); err != nil {
		t.Fatal(err)
	}
	if m := latest(t, api, ch); m.Metadata.EventPayload["key"] != "k3" {
		t.Errorf("metadata after the update: %+v", m.Metadata)
	}
}

func testDelete(t *testing.T, api *slack.Client) {
	ch, before := post(t, api, delivery(t, api), text("stays"))
	_, ts := post(t, api, ch, text("short-lived"))
	if _, _, err := api.DeleteMessageContext(t.Context(), ch, ts); err != nil {
		t.Fatal(err)
	}
	if m := latest(t, api, ch); m.Timestamp != before {
		t.Errorf("history still shows %q", m.Text)
	}
}

func testUnknownMessage(t *testing.T, api *slack.Client) {
	_, _, _, err := api.UpdateMessageContext(t.Context(), delivery(t, api), "1000000000.000001", text("x"))
	wantCode(t, err, "message_not_found")
}

func testUnknownChannel(t *testing.T, api *slack.Client) {
	_, _, err := api.PostMessageContext(t.Context(), "C0NOWHERE", text("x"))
	wantCode(t, err, "channel_not_found")
	_, err = api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: "C0NOWHERE"})
	wantCode(t, err, "channel_not_found")
}

func testNoText(t *testing.T, api *slack.Client) {
	_, _, err := api.PostMessageContext(t.Context(), delivery(t, api), text(""))
	wantCode(t, err, "no_text")
}

func testOpenDirect(t *testing.T, api *slack.Client) {
	p := &slack.OpenConversationParameters{Users: []string{anna(t, api)}, ReturnIM: true}
	first, _, _, err := api.OpenConversationContext(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	second, _, already, err := api.OpenConversationContext(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(first.ID, "D") || second.ID != first.ID || !already {
		t.Errorf("opened %s, then %s (already open: %v)", first.ID, second.ID, already)
	}
}

func testPostDirect(t *testing.T, api *slack.Client) {
	im, _, _, err := api.OpenConversationContext(t.Context(), &slack.OpenConversationParameters{Users: []string{anna(t, api)}})
	if err != nil {
		t.Fatal(err)
	}
	post(t, api, im.ID, text("for Anna"))
	if m := latest(t, api, im.ID); m.Text != "for Anna" {
		t.Errorf("newest in the direct message: %q", m.Text)
	}
}

func testEphemeral(t *testing.T, api *slack.Client) {
	ch, before := post(t, api, delivery(t, api), text("for all"))
	ts, err := api.PostEphemeralContext(t.Context(), ch, anna(t, api), text("only you"))
	if err != nil || ts == "" {
		t.Fatalf("ephemeral message: ts %q, %v", ts, err)
	}
	if m := latest(t, api, ch); m.Timestamp != before {
		t.Errorf("history shows %q", m.Text)
	}
}

func testPermalink(t *testing.T, api *slack.Client) {
	ch, ts := post(t, api, delivery(t, api), text("linked"))
	link, err := api.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: ch, Ts: ts})
	if err != nil {
		t.Fatal(err)
	}
	if want := "/archives/" + ch + "/p" + strings.Replace(ts, ".", "", 1); !strings.HasSuffix(link, want) {
		t.Errorf("permalink %s does not end in %s", link, want)
	}
}

func testTruncation(t *testing.T, api *slack.Client) {
	ch, _ := post(t, api, delivery(t, api), text(strings.Repeat("ż", 40_001)))
	if n := len([]rune(latest(t, api, ch).Text)); n != 40_000 {
		t.Errorf("%d characters kept, want 40,000", n)
	}
}

func testPublishHome(t *testing.T, api *slack.Client) {
	words := slack.NewTextBlockObject(slack.PlainTextType, "My promises", false, false)
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{
		BlockSet: []slack.Block{slack.NewSectionBlock(words, nil, nil)}}}
	got, err := api.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: anna(t, api), View: view})
	if err != nil {
		t.Fatal(err)
	}
	if got.View.Type != slack.VTHomeTab || got.ID == "" || got.Hash == "" {
		t.Errorf("published view: type %q, id %q, hash %q", got.View.Type, got.ID, got.Hash)
	}
}

func testBadTrigger(t *testing.T, api *slack.Client) {
	_, err := api.OpenViewContext(t.Context(), "12345.made.up", modal("Call logged"))
	wantCode(t, err, "invalid_trigger_id")
}

func modal(title string) slack.ModalViewRequest {
	words := slack.NewTextBlockObject(slack.PlainTextType, "What did they say?", false, false)
	return slack.ModalViewRequest{
		Type:   slack.VTModal,
		Title:  slack.NewTextBlockObject(slack.PlainTextType, title, false, false),
		Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewSectionBlock(words, nil, nil)}},
	}
}

func testAnswerHoldsMessage(t *testing.T, api *slack.Client) {
	_, ts, m, err := api.PostMessageWithResponseContext(t.Context(), delivery(t, api), text("echo"), key("k4"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Text != "echo" || m.Timestamp != ts || m.User == "" {
		t.Errorf("answered message: %q at %q by %q, posted at %s", m.Text, m.Timestamp, m.User, ts)
	}
}
