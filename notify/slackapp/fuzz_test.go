package slackapp

import (
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// odd are bodies that no Slack sends, or not yet, by door.
func odd(ref string) map[Door][]string {
	where := `"team":{"id":"` + fakeslack.TeamID + `"},"user":{"id":"` + olga + `","team_id":"` + fakeslack.TeamID + `"},"trigger_id":"t"`
	event := `"team_id":"` + fakeslack.TeamID + `","type":"event_callback","event_id":"Ev1"`
	return map[Door][]string{
		Interactions: {
			"", "null", "[]", "{}", "{", `"text"`, "0", `{"type":7}`, `{"type":"block_actions"}`,
			`{"type":"block_actions","team":null,"user":null}`, `{"type":"block_actions",` + where + `}`, `{"type":"block_actions",` + where + `,"actions":[]}`,
			`{"type":"block_actions",` + where + `,"actions":[{}]}`, `{"type":"block_actions",` + where + `,"actions":[null]}`, `{"type":"block_actions",` + where + `,"actions":{"a":1}}`,
			`{"type":"block_actions",` + where + `,"actions":[{"action_id":"no-such"}]}`, `{"type":"block_actions",` + where + `,"actions":[{"action_id":"still-on","value":"nonsense"}]}`,
			`{"type":"block_actions",` + where + `,"actions":[{"action_id":"still-on","value":"` + ref + `:-1"}]}`, `{"type":"block_actions",` + where + `,"actions":[{"action_id":"checkin/many","value":"` + ref + `:0"}]}`,
			`{"type":"block_actions",` + where + `,"actions":[{"action_id":"new-date","value":""}]}`,
			`{"type":"view_submission",` + where + `}`, `{"type":"view_submission",` + where + `,"view":{"callback_id":"no-such"}}`, `{"type":"view_submission",` + where + `,"view":{"callback_id":"new-date","state":null}}`,
			`{"type":"view_submission",` + where + `,"view":{"callback_id":"new-date","private_metadata":"` + ref + `:0","state":{"values":{"promise":{"in":{"selected_date":"soon"}}}}}}`,
			`{"type":"view_closed",` + where + `}`, `{"type":"message_action",` + where + `}`, `{"type":"shortcut",` + where + `,"callback_id":"no-such"}`, `{"type":"from_the_future",` + where + `}`,
		},
		Commands: {"", "a=1", "user_id=" + olga, "team_id=" + fakeslack.TeamID, "team_id=" + fakeslack.TeamID + "&user_id=" + olga + "&text=%00%ff", "=&=", "%zz", "team_id=a&team_id=b"},
		Events: {
			"", "null", "{}", "[1]", `{` + event + `}`, `{` + event + `,"event":null}`, `{` + event + `,"event":{"type":"no_such"}}`, `{` + event + `,"event":{"type":"app_home_opened"}}`,
			`{` + event + `,"event":{"type":"link_shared","links":7}}`, `{` + event + `,"event":{"type":"link_shared","links":[{"url":"::"}]}}`, `{"type":"url_verification"}`, `{"type":"url_verification","challenge":{}}`,
		},
	}
}

func TestI66_OddRequestsAreAnsweredAndChangeNothing(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	log := r.overHTTP("s1")
	for door, bodies := range odd(v.Key) {
		for _, body := range bodies {
			if door == Interactions {
				body = "payload=" + strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B").Replace(body)
			}
			log.Reset()
			w := r.post(door, signedBy("s1", stamp(), []byte(body)))
			if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
				t.Errorf("%s %s: %d", door, body, w.Code)
			}
			if strings.Contains(log.String(), "panicked") || strings.Count(log.String(), "\n") > 1 {
				t.Errorf("%s %s: the log says %s", door, body, log)
			}
		}
	}
	if got := r.view(v.ID); got.Version != v.Version {
		t.Errorf("the promise was changed: %+v", got)
	}
}

// A panic ends nothing but its own request, is logged without what was typed, and closes no
// modal as if that had been carried out.
func TestI66_APanicIsToldToWhomItHappened(t *testing.T) {
	r := newRig(t)
	v := r.atRisk("Single sign-on")
	log := r.overHTTP("s1")
	r.app.poke = func() { panic("what Olga typed") }
	r.click(olga, notify.ActionCheckIn, &v)
	if answer, _ := r.submit(olga, map[string]any{"left": "2"}); !strings.Contains(answer, `"response_action":"push"`) || !strings.Contains(answer, "Something went wrong in Kept") {
		t.Errorf("the modal was answered %s", answer)
	}
	if answer := r.typed(olga, fmt.Sprintf("checkin %d 3", v.ID)); !strings.Contains(answer.Text, "Something went wrong in Kept") {
		t.Errorf("the command was answered %+v", answer)
	}
	v = r.view(v.ID)
	r.click(olga, notify.ActionStillOn, &v)
	if got := r.told(olga); !strings.Contains(got, "Something went wrong in Kept") {
		t.Errorf("who clicked was told %q", got)
	}
	if n := strings.Count(log.String(), "Kept panicked"); n != 3 || strings.Contains(log.String(), "Olga typed") {
		t.Errorf("%d panics are logged:\n%s", n, log)
	}
}

// FuzzX47_Request: whatever comes in at a door, signed or not, nothing panics, and what is
// not signed is not read.
func FuzzX47_Request(f *testing.F) {
	for door, bodies := range odd("TPJBRGQHYETMMRCOU7VUBDESRO") {
		for _, body := range bodies {
			f.Add(string(door), []byte(body), "", false)
			f.Add(string(door), []byte("payload="+body), "v0=00", true)
		}
	}
	slack := fakeslack.New()
	people, err := store.Create(f.Context(), filepath.Join(f.TempDir(), "kept.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = people.Close() })
	config := notify.Config{BotToken: fakeslack.BotToken, APIURL: "http://slack.invalid/api/", Transport: slack.RoundTripper()}
	var log lockedBuffer
	app := New(Config{Slack: config, SigningSecrets: []string{"s1"}}, people, nil, slog.New(slog.NewTextHandler(&log, nil)))
	f.Fuzz(func(t *testing.T, door string, body []byte, signature string, signed bool) {
		q := signedBy("s1", stamp(), body)
		if !signed {
			q.Header.Set("X-Slack-Signature", signature)
		}
		w := (&rig{T: t, app: app}).post(Door(door), q)
		if (w.Code == http.StatusUnauthorized) == signed || w.Code >= 500 {
			t.Errorf("%s %q, signed %t: %d", door, body, signed, w.Code)
		}
		if strings.Contains(log.String(), "panicked") {
			t.Errorf("%s %q: %s", door, body, log.String())
		}
	})
}
