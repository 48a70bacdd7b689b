package web

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"kept/notify/fakeslack"
)

// day is the messages of one day, in the reader's zone.
type day struct {
	Name  string
	Posts []post
}

// post is one message, with the replies in its thread.
type post struct {
	TS, Here             string // what it is called, and the page it is on
	Name, Initials, Time string
	ISO                  string
	Colour               int
	App, Edited, Latest  bool
	Private              bool        // only the reader sees it
	Text                 []paragraph // where there are no blocks
	Blocks               []block
	Previews             [][]block // of the links in it
	Shortcuts            []shortcut
	Replies              []post
}

// shortcut is what may be done with a message.
type shortcut struct{ Name, Callback string }

// days puts messages under their days, and replies under what they answer.
func (r reader) days(messages []fakeslack.Message, now time.Time) []day {
	var days []day
	place := map[string][2]int{} // of every message that may have replies
	for _, m := range messages {
		p := r.post(m)
		if at, ok := place[m.ThreadTS]; ok && m.ThreadTS != "" {
			parent := &days[at[0]].Posts[at[1]]
			parent.Replies = append(parent.Replies, p)
			continue
		}
		name := dayName(m.At.In(r.zone), now.In(r.zone))
		if len(days) == 0 || days[len(days)-1].Name != name {
			days = append(days, day{Name: name})
		}
		d := &days[len(days)-1]
		d.Posts = append(d.Posts, p)
		place[m.TS] = [2]int{len(days) - 1, len(d.Posts) - 1}
	}
	if len(days) > 0 {
		last := days[len(days)-1].Posts
		last[len(last)-1].Latest = true
	}
	return days
}

func (r reader) post(m fakeslack.Message) post {
	at := m.At.In(r.zone)
	name := r.name(m.User, "Kept")
	p := post{
		TS: m.TS, Here: r.here, Name: name, Initials: initials(name), Colour: colour(name), App: m.Bot != "" || m.Via == "webhook",
		Time: at.Format("15:04"), ISO: at.Format(time.RFC3339), Edited: m.Edits > 0, Private: m.For != "",
		Blocks: r.blocks(m.Blocks, surface{prefix: m.TS + "/"}), Previews: r.previews(m),
	}
	if p.Blocks == nil {
		p.Text = r.mrkdwn(m.Text)
	}
	if !p.App {
		p.Shortcuts = []shortcut{{"Log a promise", "log_promise"}}
	}
	return p
}

// previews are what Kept shows of its own links, in the order of the links.
func (r reader) previews(m fakeslack.Message) [][]block {
	var wire map[string]struct {
		Blocks json.RawMessage `json:"blocks"`
	}
	if len(m.Unfurls) == 0 || json.Unmarshal(m.Unfurls, &wire) != nil {
		return nil
	}
	var all [][]block
	for _, link := range slices.Sorted(maps.Keys(wire)) {
		all = append(all, r.blocks(wire[link].Blocks, surface{prefix: m.TS + "/" + link + "/"}))
	}
	return all
}

func dayName(at, now time.Time) string {
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return "Today"
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return "Yesterday"
	}
	return at.Format("Monday 2 January 2006")
}

func initials(name string) string {
	var out strings.Builder
	for i, word := range strings.Fields(name) {
		if i < 2 {
			out.WriteRune(unicode.ToUpper([]rune(word)[0]))
		}
	}
	return out.String()
}

// colours is how many colours of avatars the style sheet knows.
const colours = 6

func colour(name string) (n int) {
	for _, r := range name {
		n = (n + int(r)) % colours
	}
	return n
}
