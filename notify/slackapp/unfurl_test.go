package slackapp

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/fakeslack"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

const public = "https://kept.example.com/here"

// connected has what people do in Slack reach the app, which knows its public address.
func (r *rig) connected() {
	r.Helper()
	r.app.cfg.PublicURL = public + "/"
	r.slack.SetLinkDomains("kept.example.com")
	r.slack.Connect(func(ctx context.Context, door string, payload json.RawMessage) (json.RawMessage, error) {
		return r.app.Handle(ctx, Door(door), payload), nil
	})
}

// posted is what a link in somebody's message shows; "" for nothing.
func (r *rig) posted(user, channel, text string) string {
	r.Helper()
	_, err := r.slack.Post(r.Context(), user, channel, text)
	r.must(err)
	r.app.Wait()
	return string(r.last(channel).Unfurls)
}

// A link to a promise shows something only where who posted it may see the promise, and
// all who read it may; never what its customer must not know.
func TestE4_PreviewsAreForThoseWhoMaySee(t *testing.T) {
	r := newRig(t)
	r.connected()
	v := r.atRisk("Single sign-on")
	open, err := r.store.Add(t.Context(), store.Op{By: r.admin}, store.NewPromise{Customer: "Acme", Owner: "Ada", Title: "Bulk pickup", Padding: "20%", Promise: time.Now().AddDate(0, 0, 40).Format(time.DateOnly)})
	r.must(err)
	anybodys := r.view(open.ID)
	for _, c := range []fakeslack.Channel{
		{ID: "C0PAIR", Members: []string{olga, ben, max_, ada}}, {ID: "C0MIXED", Members: []string{olga, ben, zoe}}, {ID: "C0EVE", Members: []string{olga, eve}},
		{ID: "C0SHARED", Shared: true, Members: []string{olga, ben}}, {ID: "C0ALONE", NotMember: true, Private: true, Members: []string{olga, ben}},
	} {
		r.slack.AddChannel(c)
	}
	for _, c := range []struct {
		user, channel string
		teams, open   bool // whether the team's promise is shown, and the one of no team
	}{
		{olga, opsChannel, true, true}, {ben, opsChannel, true, true}, {zoe, opsChannel, false, true}, {eve, opsChannel, false, false},
		{olga, "C0FAR", false, true}, {olga, "C0PAIR", true, true}, {max_, "C0PAIR", true, true}, {olga, "C0MIXED", false, true}, {olga, "C0EVE", false, true},
		{olga, "C0SHARED", false, false}, {olga, "C0ALONE", false, false},
	} {
		got := r.posted(c.user, c.channel, "see "+LinkTo(public, v.Key)+" and "+LinkTo(public, anybodys.Key)+" and "+LinkTo(public, "NOSUCHPROMISE"))
		if shown := strings.Contains(got, "Single sign-on"); shown != c.teams {
			t.Errorf("%s in %s: the team's promise is shown: %v, want %v: %s", c.user, c.channel, shown, c.teams, got)
		}
		if shown := strings.Contains(got, "Bulk pickup"); shown != c.open {
			t.Errorf("%s in %s: the promise of no team is shown: %v, want %v: %s", c.user, c.channel, shown, c.open, got)
		}
		for _, never := range []string{v.Target.Human(), "padding", "risk", "left"} {
			if strings.Contains(strings.ToLower(got), strings.ToLower(never)) {
				t.Errorf("%s in %s: the preview says %q: %s", c.user, c.channel, never, got)
			}
		}
		if c.teams && (!strings.Contains(got, "To Acme") || !strings.Contains(got, "Promised for "+v.Promise.Human()) || !strings.Contains(got, "Owned by Olga")) {
			t.Errorf("the preview lacks something: %s", got)
		}
	}
}

func TestE4_OnlyOurOwnLinksByKeyHavePreviews(t *testing.T) {
	r := newRig(t)
	r.connected()
	v := r.promise("Single sign-on", 2, 40)
	r.slack.SetLinkDomains("kept.example.com", "evil.example.com")
	for _, link := range []string{
		"http://kept.example.com/here/p/" + v.Key, "https://kept.example.com/p/" + v.Key, "https://evil.example.com/here/p/" + v.Key,
		public + "/p/" + idText(v.ID), public + "/p/" + v.Key + "/more", public + "/s/" + v.Key, public + "/p/",
	} {
		if got := r.posted(olga, opsChannel, link); got != "" {
			t.Errorf("%s shows %s", link, got)
		}
	}
	if got := r.posted(olga, opsChannel, LinkTo(public, v.Key)+"?from=mail"); !strings.Contains(got, "Single sign-on") {
		t.Errorf("a link with a query shows %q", got)
	}
	if LinkTo("", v.Key) != "" {
		t.Error("there is a link without a public address")
	}
}

func TestI75_NoContentMakesAnInvalidPreview(t *testing.T) {
	r := newRig(t)
	r.connected()
	m, err := r.slack.Post(t.Context(), olga, opsChannel, LinkTo(public, "SOMEPROMISE"))
	r.must(err)
	rapid.Check(t, func(t *rapid.T) {
		v := store.Preview{
			Title: rapid.String().Draw(t, "title"), Customer: rapid.String().Draw(t, "customer"), Owner: rapid.String().Draw(t, "owner"),
			Promise: calendar.Date(rapid.IntRange(0, 30000).Draw(t, "promise")), DeliveredOn: calendar.Date(rapid.IntRange(0, 30000).Draw(t, "delivered")),
		}
		_, _, _, err := r.app.api.UnfurlMessageContext(r.Context(), opsChannel, m.TS, map[string]slack.Attachment{LinkTo(public, "SOMEPROMISE"): {Blocks: slack.Blocks{BlockSet: previewBlocks(&v)}}})
		if err != nil {
			t.Fatalf("%v: %+v", err, v)
		}
	})
}
