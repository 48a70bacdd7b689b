package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// Demo is a Slack workspace to look into, beside the promises it is about.
type Demo struct {
	Company  string
	Slack    *fakeslack.Server
	Viewer   commitments.Actor // whose promises are listed
	First    string            // the conversation that opens first
	Survey   string            // path of a survey that a customer may answer; "" for none
	Commands []string          // to try in a terminal
}

// demoPage is all that the page shows.
type demoPage struct {
	Company          string
	Channels, Direct []conversation
	Current          conversation
	Days             []day
	Stages           []stageList
	Survey           string
	Commands         []string
	Total            int // unread in all conversations
}

// conversation is a line of the left column.
type conversation struct {
	ID, Name string
	Direct   bool
	Unread   int
	Current  bool
}

// day is the messages of one day, in the reader's zone.
type day struct {
	Name  string
	Posts []post
}

// post is one message, with the replies in its thread.
type post struct {
	Name, Initials, Time, ISO string
	Colour                    int
	App, Edited, Latest       bool
	Text                      []paragraph // where there are no blocks
	Blocks                    []block
	Replies                   []post
}

// stageList is the promises of one stage.
type stageList struct {
	Stage    commitments.Stage
	Title    string
	Promises []commitments.View
}

// demoFirst leads to the newest message of the first conversation.
func (s *Server) demoFirst(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/slack/"+s.Demo.First+"#latest", http.StatusFound)
	return nil
}

// demoChannel shows one conversation. What was seen is remembered in a cookie, by the
// visitor and not here: looking changes nothing.
func (s *Server) demoChannel(w http.ResponseWriter, r *http.Request) error {
	page, err := s.demo(r.Context(), r.PathValue("channel"), r.Cookies())
	if err != nil {
		return err
	}
	if newest := s.newest(page.Current.ID); newest != "" {
		http.SetCookie(w, &http.Cookie{Name: "seen-" + page.Current.ID, Value: newest, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	return s.page(w, "demo.html", page)
}

func (s *Server) demo(ctx context.Context, id string, cookies []*http.Cookie) (demoPage, error) {
	page := demoPage{Company: s.Demo.Company, Survey: s.Demo.Survey, Commands: s.Demo.Commands}
	cal, err := s.Health.Store.DefaultCalendar(ctx)
	if err != nil {
		return page, err
	}
	see := reader{cal.Location(), demoNames(s.Demo.Slack)}
	for _, ch := range s.Demo.Slack.Channels() {
		c := conversation{ID: ch.ID, Name: see.names[ch.ID], Direct: ch.User != "", Current: ch.ID == id, Unread: s.unread(ch.ID, cookies)}
		if c.Current {
			c.Unread, page.Current = 0, c
			see.zone = s.zoneOf(ch.User, see.zone)
		}
		page.Total += c.Unread
		if c.Direct {
			page.Direct = append(page.Direct, c)
		} else {
			page.Channels = append(page.Channels, c)
		}
	}
	if page.Current.ID == "" {
		return page, commitments.NotFound("", "there is no such conversation")
	}
	page.Days = see.days(s.Demo.Slack.Messages(id), time.Now())
	page.Stages, err = s.stages(ctx)
	return page, err
}

// demoNames are what people and conversations are called, by their Slack id.
func demoNames(slack *fakeslack.Server) map[string]string {
	names := map[string]string{}
	for _, u := range slack.Users() {
		names[u.ID] = cmp.Or(u.RealName, u.Name)
	}
	for _, ch := range slack.Channels() {
		names[ch.ID] = cmp.Or(ch.Name, names[ch.User])
	}
	return names
}

func (s *Server) zoneOf(user string, otherwise *time.Location) *time.Location {
	for _, u := range s.Demo.Slack.Users() {
		if u.ID == user && u.Zone != "" {
			if zone, err := calendar.Zone(u.Zone); err == nil {
				return zone
			}
		}
	}
	return otherwise
}

func (s *Server) newest(channel string) string {
	all := s.Demo.Slack.Messages(channel)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].TS
}

// unread counts the messages newer than the one last seen. Timestamps of Slack compare
// as text for the next two centuries.
func (s *Server) unread(channel string, cookies []*http.Cookie) (n int) {
	seen := ""
	for _, c := range cookies {
		if c.Name == "seen-"+channel {
			seen = c.Value
		}
	}
	for _, m := range s.Demo.Slack.Messages(channel) {
		if m.TS > seen {
			n++
		}
	}
	return n
}

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
		Name: name, Initials: initials(name), Colour: colour(name), App: m.Bot != "" || m.Via == "webhook",
		Time: at.Format("15:04"), ISO: at.Format(time.RFC3339), Edited: m.Edits > 0, Blocks: r.blocks(m.Blocks),
	}
	if p.Blocks == nil {
		p.Text = r.mrkdwn(m.Text)
	}
	return p
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

// stages lists the promises as they stand now, loudest first, and what was closed last.
func (s *Server) stages(ctx context.Context) ([]stageList, error) {
	now := calendar.InstantOf(time.Now())
	open, err := s.Health.Store.List(ctx, s.Demo.Viewer, store.Filter{}, now)
	if err != nil {
		return nil, err
	}
	closed, err := s.Health.Store.List(ctx, s.Demo.Viewer, store.Filter{Closed: true}, now)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(closed, func(a, b commitments.View) int {
		return -cmp.Compare(max(a.DeliveredAt, a.WithdrawnAt), max(b.DeliveredAt, b.WithdrawnAt))
	})
	lists := []stageList{
		{Stage: commitments.Overdue, Title: "Overdue"}, {Stage: commitments.AtRisk, Title: "At risk"}, {Stage: commitments.Watch, Title: "Watch"},
		{Stage: commitments.OnTrack, Title: "On track"}, {Stage: commitments.Delivered, Title: "Delivered"}, {Stage: commitments.Withdrawn, Title: "Withdrawn"},
	}
	for _, v := range append(open, closed...) {
		i := slices.IndexFunc(lists, func(l stageList) bool { return l.Stage == v.Stage })
		lists[i].Promises = append(lists[i].Promises, v)
	}
	return slices.DeleteFunc(lists, func(l stageList) bool { return len(l.Promises) == 0 }), nil
}
