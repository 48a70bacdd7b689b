package slackapp

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kept/notify"
	"kept/notify/fakeslack"
)

func TestE1_SlackTakesTheManifest(t *testing.T) {
	for _, c := range []struct{ endpoints, public string }{
		{"", ""}, {"", "https://kept.example.com/sub"}, {"https://kept.example.com", ""}, {"https://kept.example.com/sub/", "https://kept.example.com:8443"},
	} {
		m, err := NewManifest(c.endpoints, c.public)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range fakeslack.CheckManifest(text) {
			t.Errorf("%+v: %s", c, wrong)
		}
		if m.Settings.Socket != (c.endpoints == "") || m.Settings.Rotation || m.Settings.Org {
			t.Errorf("%+v: %+v", c, m.Settings)
		}
		if (m.Features.Unfurl != nil) != (c.public != "") {
			t.Errorf("%+v: previews of %q", c, m.Features.Unfurl)
		}
		link, err := m.Link()
		if err != nil || len(link) > 8000 {
			t.Errorf("%+v: a link of %d bytes, %v", c, len(link), err)
		}
		_, query, _ := strings.Cut(link, "?")
		if values, err := url.ParseQuery(query); err != nil || values.Get("manifest_json") != string(text) || values.Get("new_app") != "1" {
			t.Errorf("%+v: the link does not carry the manifest: %s", c, link)
		}
	}
}

func TestE1_RequestsGoToTheDoors(t *testing.T) {
	m, err := NewManifest("https://kept.example.com/sub/", "")
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://kept.example.com/sub/slack/"
	if m.Features.Commands[0].URL != base+"commands" || m.Settings.Events.URL != base+"events" || m.Settings.Interactivity.URL != base+"interactions" {
		t.Errorf("%+v", m)
	}
	for _, address := range []string{"kept.example.com", "http://kept.example.com", "https://", "https://kept.example.com?a=b", "https://kept example", ":"} {
		if _, err := NewManifest(address, ""); err == nil {
			t.Errorf("%q is taken for an address that Slack can reach", address)
		}
	}
	for _, only := range []string{"http://localhost:8470", "http://127.0.0.1:8470", "http://[::1]", "http://kept", ":", ""} {
		if m, err := NewManifest("", only); err != nil || m.Features.Unfurl != nil {
			t.Errorf("%q: previews of %q, %v", only, m.Features.Unfurl, err)
		}
	}
}

// used are the methods of Slack's that Kept calls with its bot token.
var used = []string{
	"auth.test", "chat.postMessage", "chat.postEphemeral", "chat.update", "chat.getPermalink", "conversations.open", "conversations.history",
	"conversations.replies", "conversations.info", "users.info", "users.lookupByEmail", "views.open", "views.update", "views.publish", "chat.unfurl",
}

// TestE1_ScopesAreThoseUsed: the manifest asks for what the methods, commands and events
// need, and for nothing else; kept doctor looks for the same.
func TestE1_ScopesAreThoseUsed(t *testing.T) {
	m, err := NewManifest("", "https://kept.example.com")
	if err != nil {
		t.Fatal(err)
	}
	need := []string{"commands", "links:read"} // of the command, and of the event link_shared
	for _, method := range used {
		need = append(need, fakeslack.Scopes(method)...)
	}
	slices.Sort(need)
	need = slices.Compact(need)
	asked := slices.Sorted(slices.Values(m.OAuth.Scopes.Bot))
	if !slices.Equal(asked, need) {
		t.Errorf("the manifest asks for %q, and %q are needed", asked, need)
	}
	if fake := slices.Sorted(slices.Values(fakeslack.BotScopes())); !slices.Equal(fake, need) {
		t.Errorf("the fake's bot token may do %q, and %q are needed", fake, need)
	}
	var doctor []string
	for _, s := range notify.Scopes(true, true) {
		doctor = append(doctor, s.Name)
	}
	if slices.Sort(doctor); !slices.Equal(doctor, need) {
		t.Errorf("kept doctor looks for %q, and %q are needed", doctor, need)
	}
	plain, err := NewManifest("", "")
	if err != nil || slices.Contains(plain.OAuth.Scopes.Bot, "links:read") {
		t.Errorf("without an address there are no previews, yet the manifest asks for %q (%v)", plain.OAuth.Scopes.Bot, err)
	}
}

// TestE1_TheManifestAsksForWhatIsAnswered: every event and shortcut that the app knows, and
// no other.
func TestE1_TheManifestAsksForWhatIsAnswered(t *testing.T) {
	m, err := NewManifest("", "https://kept.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for event := range events {
		if !slices.Contains(m.Settings.Events.Bot, event) {
			t.Errorf("the app answers the event %s, and the manifest does not ask for it", event)
		}
	}
	for _, event := range m.Settings.Events.Bot {
		if events[event] == nil {
			t.Errorf("the manifest asks for the event %s, and the app does not answer it", event)
		}
	}
	for _, s := range m.Features.Shortcuts {
		if shortcuts[s.CallbackID] == nil {
			t.Errorf("the manifest has the shortcut %s, and the app does not answer it", s.CallbackID)
		}
	}
	for id := range shortcuts {
		if !slices.ContainsFunc(m.Features.Shortcuts, func(s shortcut) bool { return s.CallbackID == id }) {
			t.Errorf("the app answers the shortcut %s, and the manifest does not have it", id)
		}
	}
}
