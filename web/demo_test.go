package web_test

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
	"kept/notify/fakeslack"
	"kept/web"

	"pgregory.net/rapid"
)

const channel = "C0TEAM"

// demoRig is a demo with one channel, and one person besides Kept.
func demoRig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(r *rig, c *web.Config) {
		r.slack.AddUser(fakeslack.User{ID: "U0ANNA", Name: "anna", RealName: "Anna Kowalska", Zone: "Europe/Warsaw"})
		r.slack.AddUser(fakeslack.User{ID: "U0BEN", Name: "ben", RealName: "Ben Okoro", Zone: "Europe/London"})
		r.slack.AddChannel(fakeslack.Channel{ID: channel, Name: "delivery"})
		r.slack.AddChannel(fakeslack.Channel{ID: "D0ANNA", User: "U0ANNA"})
		ada, err := r.store.Actor(t.Context(), "")
		must(t, err)
		c.Demo = &web.Demo{Company: "Lumen", Slack: r.slack, Viewer: ada, First: "U0ANNA/" + channel, Commands: []string{"kept list"},
			People: []web.DemoPerson{{User: "U0ANNA", Role: "member"}, {User: "U0BEN", Role: "account manager"}}, Survey: func(store.ID) string { return "" }, Wait: func() {}, Settle: func(context.Context) {}}
	})
}

// say posts as Kept.
func (r *rig) say(text, blocks string) {
	m := fakeslack.Message{Channel: channel, User: fakeslack.BotUserID, Bot: fakeslack.BotID, Text: text}
	if blocks != "" {
		m.Blocks = json.RawMessage(blocks)
	}
	r.slack.Say(m)
}

// messages is the middle of the page.
func (r *rig) messages(t *testing.T) string {
	t.Helper()
	w := r.get("/demo/U0ANNA/" + channel)
	if w.Code != 200 {
		t.Fatalf("%d %s: %s", w.Code, w.Body, r.log)
	}
	_, rest, _ := strings.Cut(w.Body.String(), `id="messages"`)
	middle, _, found := strings.Cut(rest, "</main>")
	if !found {
		t.Fatal("the page has no messages")
	}
	return middle
}

func TestMarkupIsShownAsSlackShowsIt(t *testing.T) {
	for _, c := range []struct{ name, markup, want string }{
		{"bold", "a *bold* b", "a <strong>bold</strong> b"},
		{"nested", "*_both_*", "<strong><em>both</em></strong>"},
		{"struck", "~gone~", "<del>gone</del>"},
		{"code is literal", "`*a* &lt;b&gt;`", "<code>*a* &lt;b&gt;</code>"},
		{"inside words is literal", "snake_case_name 2*3*4", "snake_case_name 2*3*4"},
		{"alone is literal", "a * b", "a * b"},
		{"spaces inside are literal", "* a *", "* a *"},
		{"quote", "&gt; said", "<blockquote>said</blockquote>"},
		{"block", "```x\ny```", "<pre>x\ny</pre>"},
		{"link", "<https://a.example/?x=1&amp;y=2|here>", `<a href="https://a.example/?x=1&amp;y=2" rel="noopener noreferrer">here</a>`},
		{"mail", "<mailto:ewa@a.example|Ewa>", `<a href="mailto:ewa@a.example" rel="noopener noreferrer">Ewa</a>`},
		{"link without words", "<https://a.example>", `>https://a.example</a>`},
		{"unsafe link", "<javascript:alert(1)|here>", "<bdi>here</bdi>"},
		{"person", "<@U0ANNA>", `<span class="mention">Anna Kowalska</span>`},
		{"channel", "<#" + channel + ">", `<span class="mention">delivery</span>`},
		{"everybody", "<!channel>", `<span class="mention">@channel</span>`},
		{"escaped", "&lt;!channel&gt; &amp;lt;", "&lt;!channel&gt; &amp;lt;"},
		{"date", "<!date^1764000000^{date_num} {time}|soon>", "2025-11-24 5:00 PM"},
		{"bad date", "<!date^x^{date}|soon>", "soon"},
		{"short date", "<!date^1>", "<bdi></bdi>"},
		{"emoji", ":warning: :unheard_of:", "⚠️ :unheard_of:"},
		{"unclosed", "<https://a", "&lt;https://a"},
		{"empty brackets", "<> <a", "&lt;&gt; &lt;a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := demoRig(t)
			r.say(c.markup, "")
			if got := r.messages(t); !strings.Contains(got, c.want) {
				t.Errorf("%q is shown as %q, want %q", c.markup, got, c.want)
			}
		})
	}
}

func TestBlocksAreShownAsSlackShowsThem(t *testing.T) {
	for _, c := range []struct{ name, blocks, want string }{
		{"header", `{"type":"header","text":{"type":"plain_text","text":"Call *Ewa*"}}`, `role="heading" aria-level="4"><p><bdi>Call *Ewa*</bdi></p>`},
		{"section", `{"type":"section","text":{"type":"mrkdwn","text":"*Why*"}}`, "<strong>Why</strong>"},
		{"fields", `{"type":"section","fields":[{"type":"mrkdwn","text":"*a*"},{"type":"plain_text","text":"b"}]}`, `<div class="fields"><div><p><bdi><strong>a</strong>`},
		{"accessory", `{"type":"section","text":{"type":"plain_text","text":"a"},"accessory":{"type":"button","text":{"type":"plain_text","text":"Press"}}}`, `<div class="side"><button class="button " name="click" value="//" formnovalidate>Press</button>`},
		{"context", `{"type":"context","elements":[{"type":"mrkdwn","text":"_small_"},{"type":"image","image_url":"https://x.example/a.png","alt_text":"a cat"}]}`, `<em>small</em></bdi></p><p><bdi>a cat`},
		{"divider", `{"type":"divider"}`, "<hr>"},
		{"buttons", `{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Go"}}]}`, `<button class="button " name="click" value="//" formnovalidate>Go</button>`},
		{"image", `{"type":"image","image_url":"https://x.example/a.png","alt_text":"a dog"}`, "Image: a dog"},
		{"unknown", `{"type":"hologram"}`, "[hologram]"},
		{"rich text", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Call ","style":{"bold":true}},{"type":"text","text":"kept","style":{"code":true}}]}]}`, "<strong>Call </strong><code>kept</code>"},
		{"rich list", `{"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"two"}]}]}]}`, `<span class="bullet">2.</span><bdi>two</bdi>`},
		{"rich bullets", `{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","indent":1,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one"}]}]}]}`, `indent-1"><span class="bullet">•</span>`},
		{"rich quote", `{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"text","text":"said"}]}]}`, "<blockquote>said</blockquote>"},
		{"rich code", `{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"kept list"}]}]}`, "<pre>kept list</pre>"},
		{"rich others", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"U0ANNA"},{"type":"broadcast","range":"here"},{"type":"emoji","name":"x","unicode":"1f4de"},{"type":"link","url":"https://a.example"},{"type":"date","timestamp":1764000000,"format":"{date_num}"}]}]}`, `Anna Kowalska</span><span class="mention">@here</span>📞<a href="https://a.example" rel="noopener noreferrer">https://a.example</a>2025-11-24`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := demoRig(t)
			r.say("the text for notifications", "["+c.blocks+"]")
			got := r.messages(t)
			if !strings.Contains(got, c.want) || strings.Contains(got, "notifications") {
				t.Errorf("%s is shown as %q, want %q", c.blocks, got, c.want)
			}
		})
	}
}

// hostile are texts that must be shown, and do nothing.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{.}}`, `</textarea></article></main>`, `<a href="javascript:alert(1)">x</a>`,
	`' onmouseover='alert(1)`, `<!--`, `&lt;script&gt;`, `<svg/onload=alert(1)>`,
}

func TestI83_HostileTextIsShownAndDoesNothing(t *testing.T) {
	r := demoRig(t)
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		must(t, err)
		r.say("x", `[{"type":"section","text":{"type":"plain_text","text":`+string(quoted)+`}},{"type":"section","text":{"type":"mrkdwn","text":`+string(quoted)+`}},
			{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":`+string(quoted)+`},{"type":"link","url":`+string(quoted)+`}]}]}]`)
		_, err = r.store.Add(t.Context(), store.Op{By: ada}, store.NewPromise{
			Customer: text, Owner: text, Title: text, Promise: time.Now().AddDate(0, 0, 20).Format(time.DateOnly), Create: true,
		})
		must(t, err)
	}
	page := r.get("/demo/U0ANNA/" + channel).Body.String()
	for _, text := range hostile {
		// In a section, in the rich text and its link, and three times as a promise's.
		if n := strings.Count(html.UnescapeString(page), text); n < 6 {
			t.Errorf("%q is shown %d times, want at least 6", text, n)
		}
	}
	for _, act := range []string{"<script>", "<img", "<svg/", "<!--", "javascript:alert(1)\" rel", "<textarea"} {
		if strings.Contains(page, act) {
			t.Errorf("the page holds %q", act)
		}
	}
	if strings.Count(page, "</main>") != 1 || strings.Count(page, "<script") != 1 {
		t.Error("a text has changed the page itself")
	}
}

func TestAnyTextIsShownLiterally(t *testing.T) {
	r := demoRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[a-z<>&"'*_~{}|!@#\x60/= ]{1,60}`).Draw(rt, "text")
		blocks, err := json.Marshal([]any{map[string]any{"type": "section", "text": map[string]string{"type": "plain_text", "text": text}}})
		if err != nil {
			rt.Fatal(err)
		}
		r.say("x", string(blocks))
		got := r.messages(t)
		got = got[strings.LastIndex(got, "<article"):]
		_, got, _ = strings.Cut(got, "<bdi>")
		got, _, _ = strings.Cut(got, "</bdi>")
		if html.UnescapeString(got) != text {
			rt.Errorf("%q is shown as %q", text, got)
		}
	})
}

func TestAnyMarkupMakesAPage(t *testing.T) {
	r := demoRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching("[a-z<>&;*_~`|!@#^ \n:]{1,60}").Draw(rt, "text")
		r.say(text, "")
		if page := r.get("/demo/U0ANNA/" + channel); page.Code != 200 || strings.Count(page.Body.String(), "</main>") != 1 {
			rt.Errorf("%q: %d", text, page.Code)
		}
	})
}

func TestConversationsCountWhatIsUnread(t *testing.T) {
	r := demoRig(t)
	r.say("one", "")
	r.say("two", "")
	elsewhere := r.get("/demo/U0ANNA/D0ANNA").Body.String()
	if !strings.Contains(elsewhere, `<span class="count">2<span`) || !strings.Contains(elsewhere, "<title>(2) Kept · Anna Kowalska") {
		t.Errorf("two are unread: %s", elsewhere)
	}
	w := r.get("/demo/U0ANNA/" + channel)
	r.say("three", "")
	request := httptest.NewRequest("GET", "/demo/U0ANNA/D0ANNA", nil)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie %v", c)
		}
		request.AddCookie(c)
	}
	later := httptest.NewRecorder()
	r.ServeHTTP(later, request)
	if !strings.Contains(later.Body.String(), `<span class="count">1<span`) {
		t.Errorf("one is unread: %s", later.Body)
	}
}

func TestDemoOpensAtTheNewestMessage(t *testing.T) {
	r := demoRig(t)
	r.say("one", "")
	r.say("two", "")
	w := r.get("/")
	if w.Code != 302 || w.Header().Get("Location") != "/demo/U0ANNA/"+channel+"#latest" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	if got := r.messages(t); strings.Count(got, `id="latest"`) != 1 || strings.Index(got, `id="latest"`) < strings.Index(got, "one") {
		t.Errorf("the newest message is not marked: %s", got)
	}
	if w := r.get("/demo/U0ANNA/C404"); w.Code != 404 {
		t.Errorf("an unknown conversation: %d", w.Code)
	}
}

func TestRepliesStandUnderWhatTheyAnswer(t *testing.T) {
	r := demoRig(t)
	parent := r.slack.Say(fakeslack.Message{Channel: channel, User: "U0ANNA", Text: "question"})
	r.slack.Say(fakeslack.Message{Channel: channel, User: "U0ANNA", Text: "another"})
	r.slack.Say(fakeslack.Message{Channel: channel, User: "U0ANNA", Text: "answer", ThreadTS: parent.TS})
	got := r.messages(t)
	if i, j, k := strings.Index(got, "question"), strings.Index(got, "answer"), strings.Index(got, "another"); i >= j || j >= k || !strings.Contains(got, `class="thread"`) {
		t.Errorf("question, answer and another at %d, %d, %d", i, j, k)
	}
}

func TestX20_TheDemoHasNothingInline(t *testing.T) {
	r := demoRig(t)
	r.say("one", "")
	page := r.get("/demo/U0ANNA/" + channel).Body.String()
	for _, inline := range []string{" style=", "<style", " onclick=", "<script>"} {
		if strings.Contains(page, inline) {
			t.Errorf("the page holds %q, which its own policy forbids", inline)
		}
	}
	for _, file := range []string{"kept.css", "demo.css", "live.js", "kept.svg"} {
		w := r.get("/static/" + file)
		if w.Code != 200 || !strings.Contains(page, "/static/"+file) {
			t.Errorf("%s: %d, or not used", file, w.Code)
		}
		if strings.Contains(w.Body.String(), "https://") {
			t.Errorf("%s leads elsewhere", file)
		}
	}
}
