package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// Demo is a Slack workspace to look into and to act in, beside the promises it is about.
type Demo struct {
	Company  string
	Slack    *fakeslack.Server
	People   []DemoPerson      // whose Slack may be looked through, in this order
	Viewer   commitments.Actor // whose promises are listed
	First    string            // the conversation that opens first, as USER/CHANNEL
	Steps    []DemoStep        // to try on the page
	Commands []string          // to try in a terminal
	// Survey is the path at which a customer may say how a promise was kept; "" for none.
	Survey func(store.ID) string
	// Wait waits until the app has done all that follows its answers.
	Wait func()
	// Settle lets Kept look at once, and send and edit what it has to.
	Settle func(context.Context)
}

// DemoPerson is somebody in Slack, and what they are in the company.
type DemoPerson struct{ User, Role string }

// DemoStep is something worth trying, and where on the page one begins.
type DemoStep struct{ Text, Path string }

// homeTab is the place of Kept's home tab, which is no channel.
const homeTab = "home"

// demoPolicy lets forms be sent from the demo's pages, to here only.
var demoPolicy = strings.Replace(policy, "form-action 'none'", "form-action 'self'", 1)

// demoPage is all that the page shows: one person's Slack, at one place.
type demoPage struct {
	Company  string
	You      persona
	People   []persona
	Places   []conversation
	Current  conversation
	Here     string // path of this page
	Tab      []block
	Days     []day
	Modal    *modal
	Told     string // what Slack's own client says about what was just done
	Stages   []stageList
	Steps    []DemoStep
	Commands []string
	Total    int // unread in all conversations of this person
}

// persona is somebody whose Slack may be looked through.
type persona struct {
	ID, Name, Role, Initials string
	Colour, Unread           int
	Place                    string // what opens first
	You                      bool
}

// conversation is a line of the left column.
type conversation struct {
	ID, Name     string
	Direct, Home bool
	Unread       int
	Current      bool
}

// demoFirst leads to the newest message of the first conversation.
func (s *Server) demoFirst(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/demo/"+s.Demo.First+"#latest", http.StatusFound)
	return nil
}

// demoAt shows one person's Slack at one place. What was seen is remembered in a cookie,
// by the visitor and not here.
func (s *Server) demoAt(w http.ResponseWriter, r *http.Request) error {
	user, place := r.PathValue("user"), r.PathValue("place")
	page, err := s.demo(r.Context(), user, place, r.Cookies())
	if err != nil {
		return err
	}
	if newest := newest(s.seenBy(user, place)); newest != "" {
		http.SetCookie(w, &http.Cookie{Name: seenCookie(user, place), Value: newest, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	page.Told = told(w, r)
	w.Header().Set("Content-Security-Policy", demoPolicy)
	return s.page(w, "demo.html", page)
}

func (s *Server) demo(ctx context.Context, user, place string, cookies []*http.Cookie) (demoPage, error) {
	page := demoPage{Company: s.Demo.Company, Steps: s.Demo.Steps, Commands: s.Demo.Commands, Here: "/demo/" + user + "/" + place}
	cal, err := s.Health.Store.DefaultCalendar(ctx)
	if err != nil {
		return page, err
	}
	s.populate(&page, user, place, cookies)
	if page.You.ID == "" || page.Current.ID == "" {
		return page, commitments.NotFound("", "there is no such conversation")
	}
	see := reader{zone: s.zoneOf(user, cal.Location()), names: demoNames(s.Demo.Slack), here: page.Here}
	if page.Current.Home {
		page.Tab = s.tab(ctx, see, user)
	} else {
		page.Days = see.days(s.seenBy(user, place), time.Now())
	}
	page.Modal = s.modal(see, user)
	page.Stages, err = s.stages(ctx)
	return page, err
}

// populate fills in who there is, and which conversations one of them has.
func (s *Server) populate(page *demoPage, user, place string, cookies []*http.Cookie) {
	names := demoNames(s.Demo.Slack)
	for _, p := range s.Demo.People {
		direct := fakeslack.DirectChannel(p.User)
		someone := persona{
			ID: p.User, Name: names[p.User], Role: p.Role, Initials: initials(names[p.User]), Colour: colour(names[p.User]),
			Place: direct, Unread: s.unread(p.User, direct, cookies), You: p.User == user,
		}
		if len(s.seenBy(p.User, direct)) == 0 {
			someone.Place = homeTab
		}
		if someone.You {
			page.You = someone
		}
		page.People = append(page.People, someone)
	}
	page.Places = []conversation{{ID: homeTab, Name: "Kept’s home", Home: true, Current: place == homeTab}}
	for _, ch := range s.Demo.Slack.Channels() {
		if ch.User != "" && ch.User != user {
			continue
		}
		c := conversation{ID: ch.ID, Name: cmp.Or(ch.Name, "Kept"), Direct: ch.User != "", Current: ch.ID == place}
		if !c.Current {
			c.Unread = s.unread(user, ch.ID, cookies)
		}
		page.Total += c.Unread
		page.Places = append(page.Places, c)
	}
	for _, c := range page.Places {
		if c.Current {
			page.Current = c
		}
	}
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

// seenBy are the messages of a channel that a person sees.
func (s *Server) seenBy(user, channel string) []fakeslack.Message {
	return slices.DeleteFunc(s.Demo.Slack.Messages(channel), func(m fakeslack.Message) bool { return m.For != "" && m.For != user })
}

func newest(messages []fakeslack.Message) string {
	if len(messages) == 0 {
		return ""
	}
	return messages[len(messages)-1].TS
}

func seenCookie(user, channel string) string { return "seen-" + user + "-" + channel }

// unread counts the messages newer than the one last seen. Timestamps of Slack compare
// as text for the next two centuries.
func (s *Server) unread(user, channel string, cookies []*http.Cookie) (n int) {
	seen := ""
	for _, c := range cookies {
		if c.Name == seenCookie(user, channel) {
			seen = c.Value
		}
	}
	for _, m := range s.seenBy(user, channel) {
		if m.TS > seen {
			n++
		}
	}
	return n
}

// tell keeps what Slack's client says about an act until the next page shows it.
func tell(w http.ResponseWriter, text string) {
	http.SetCookie(w, &http.Cookie{Name: "told", Value: url.QueryEscape(text), Path: "/demo/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// told is what is to be said on this page, once.
func told(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie("told")
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: "told", Path: "/demo/", MaxAge: -1})
	text, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return text
}

// stageList is the promises of one stage.
type stageList struct {
	Stage    commitments.Stage
	Title    string
	Promises []promise
}

// promise is one of them, and where its customer may say how we did; "" for nowhere.
type promise struct {
	commitments.View
	Survey string
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
		p := promise{View: v}
		if v.DeliveredAt != 0 && v.Rating == nil {
			p.Survey = s.Demo.Survey(v.ID)
		}
		lists[i].Promises = append(lists[i].Promises, p)
	}
	return slices.DeleteFunc(lists, func(l stageList) bool { return len(l.Promises) == 0 }), nil
}
