package fakeslack_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// Whatever is posted, changed and deleted, and whatever the page size: history
// is exactly what still stands, newest first, and the log forgets nothing.
func TestHistoryIsWhatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, api := inMemory()
		type message struct{ ts, text string }
		var stands []message
		posted := 0
		t.Repeat(map[string]func(*rapid.T){
			"post": func(t *rapid.T) {
				body := fmt.Sprint("message ", posted)
				_, ts, err := api.PostMessage(deliveryID, text(body))
				if err != nil {
					t.Fatal(err)
				}
				stands, posted = append(stands, message{ts, body}), posted+1
			},
			"update": func(t *rapid.T) {
				if len(stands) == 0 {
					t.Skip("nothing to change")
				}
				m := &stands[rapid.IntRange(0, len(stands)-1).Draw(t, "which")]
				m.text += "!"
				if _, _, _, err := api.UpdateMessage(deliveryID, m.ts, text(m.text)); err != nil {
					t.Fatal(err)
				}
			},
			"delete": func(t *rapid.T) {
				if len(stands) == 0 {
					t.Skip("nothing to delete")
				}
				i := rapid.IntRange(0, len(stands)-1).Draw(t, "which")
				if _, _, err := api.DeleteMessage(deliveryID, stands[i].ts); err != nil {
					t.Fatal(err)
				}
				stands = slices.Delete(stands, i, i+1)
			},
			"": func(t *rapid.T) {
				limit := rapid.IntRange(1, 5).Draw(t, "limit")
				var got, want []message
				for _, m := range pages(t, api, limit) {
					got = append(got, message{m.Timestamp, m.Text})
				}
				for _, m := range slices.Backward(stands) {
					want = append(want, m)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("history by %d:\n%v\nstands:\n%v", limit, got, want)
				}
				if n := len(s.Accepted()); n != posted {
					t.Fatalf("the log holds %d of %d", n, posted)
				}
			},
		})
	})
}

func pages(t *rapid.T, api *slack.Client, limit int) (all []slack.Message) {
	p := slack.GetConversationHistoryParameters{ChannelID: deliveryID, Limit: limit}
	for {
		h, err := api.GetConversationHistory(&p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h.Messages...)
		if p.Cursor = h.ResponseMetaData.NextCursor; p.Cursor == "" {
			return all
		}
	}
}

func TestManyPostAtOnce(t *testing.T) {
	s, api := inMemory()
	const workers, each = 8, 50
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if _, _, err := api.PostMessage(deliveryID, text("x"), key("k")); err != nil {
					t.Error(err)
				}
				s.Messages(deliveryID)
			}
		})
	}
	wg.Wait()
	log := s.Accepted()
	if len(log) != workers*each {
		t.Fatalf("%d messages accepted, posted %d", len(log), workers*each)
	}
	for i := range log[1:] {
		if strings.Compare(log[i].TS, log[i+1].TS) >= 0 {
			t.Fatalf("timestamps %s, %s do not rise", log[i].TS, log[i+1].TS)
		}
	}
}

func TestListPagesThroughChannels(t *testing.T) {
	s, api := inMemory()
	for i := range 7 {
		s.AddChannel(channelNumber(i))
	}
	var got []string
	p := &slack.GetConversationsParameters{Limit: 3, ExcludeArchived: true}
	for {
		list, next, err := api.GetConversations(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range list {
			got = append(got, ch.ID)
		}
		if p.Cursor = next; next == "" {
			break
		}
	}
	if want := deliveryID + " C1 C3 C4 C6"; strings.Join(got, " ") != want {
		t.Errorf("listed %v, want %s", got, want)
	}
}

func BenchmarkPostMessage(b *testing.B) {
	s, _ := inMemory()
	section := `[{"type":"section","text":{"type":"mrkdwn","text":"*Acme* by Fri 4 Dec"}}]`
	for b.Loop() {
		if err := postForm(s, "chat.postMessage", "channel", deliveryID, "text", "Acme", "blocks", section,
			"metadata", `{"event_type":"kept_alert","event_payload":{"key":"k"}}`); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
