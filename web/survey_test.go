package web_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// surveyed is a server whose customer Acme is asked about a delivered promise, of which
// we know much that is not theirs to see.
type surveyed struct {
	*rig
	token string
}

func newSurveyed(t *testing.T) *surveyed {
	t.Helper()
	r := newRig(t)
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	_, err = r.store.AddCustomer(t.Context(), ada, store.CustomerInput{Name: new("Acme"), Note: new("boss-only")})
	must(t, err)
	for _, title := range []string{"Single <sign-on>", "Another promise"} {
		_, err = r.store.Add(t.Context(), store.Op{By: ada, At: "2020-11-02T09:00:00Z"}, store.NewPromise{
			Customer: "Acme", Owner: "Ada", Title: title, Words: "Everybody signs in “once”.\nFrom day one.", DoneMeans: "boss-only", Target: "2020-11-13", Promise: "2020-11-20",
		})
		must(t, err)
	}
	op := store.Op{By: ada, Ref: "1", At: "2020-11-12T09:00:00Z"}
	_, err = r.store.CheckIn(t.Context(), op, store.CheckIn{Left: "4", Blocked: "waits for their servers", Note: "boss-only"})
	must(t, err)
	swept, err := time.Parse(time.RFC3339, op.At)
	must(t, err)
	sweep(t, r.store, swept)
	for _, id := range []string{"1", "2"} {
		_, err = r.store.Deliver(t.Context(), store.Op{By: ada, Ref: id, At: "2020-11-19T12:00:00Z"})
		must(t, err)
	}
	return &surveyed{r, r.survey(t, "1", "")}
}

// survey asks about a promise, and gives the token of the link.
func (r *rig) survey(t *testing.T, ref, at string) string {
	t.Helper()
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	v, err := r.store.Survey(t.Context(), store.Op{By: ada, Ref: ref, At: at}, "")
	must(t, err)
	return v.Token
}

// post sends the form of a survey.
func (s *surveyed) post(token string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/s/"+token, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// form is what a page of HTML asks for, and says.
type form struct {
	text   string
	fields map[string][]string // values by name
	chosen string
	typed  string   // in the textarea
	labels []string // ids that have a label
	bare   int      // fields without one
	alerts []string
}

// read takes a page apart as a browser does that runs no script.
func read(t *testing.T, page string) form {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	f := form{fields: map[string][]string{}}
	var open []xml.StartElement
	for {
		token, err := d.Token()
		if err == io.EOF {
			return f
		}
		must(t, err)
		switch x := token.(type) {
		case xml.StartElement:
			open = append(open, x)
			f.begin(t, x, slices.ContainsFunc(open, func(e xml.StartElement) bool { return e.Name.Local == "label" }))
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			f.text += string(x)
			if len(open) > 0 {
				in := open[len(open)-1]
				if in.Name.Local == "textarea" {
					f.typed += string(x)
				}
				if attribute(in, "role") == "alert" {
					f.alerts = append(f.alerts, string(x))
				}
			}
		}
	}
}

func (f *form) begin(t *testing.T, e xml.StartElement, labelled bool) {
	switch e.Name.Local {
	case "label":
		f.labels = append(f.labels, attribute(e, "for"))
	case "input", "textarea":
		name := attribute(e, "name")
		f.fields[name] = append(f.fields[name], attribute(e, "value"))
		if !labelled && !slices.Contains(f.labels, attribute(e, "id")) {
			f.bare++
		}
		if slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "checked" }) {
			f.chosen = attribute(e, "value")
		}
	case "script", "iframe", "object":
		t.Errorf("the page has a <%s>", e.Name.Local)
	}
	for _, a := range e.Attr {
		if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Value, "//") {
			t.Errorf("<%s %s=%q>: a page of ours needs no script, and nothing from elsewhere", e.Name.Local, a.Name.Local, a.Value)
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestACustomerAnswersWithoutScript(t *testing.T) {
	s := newSurveyed(t)
	w := s.get("/s/" + s.token)
	f := read(t, w.Body.String())
	if w.Code != 200 || !slices.Equal(f.fields["rating"], []string{"5", "4", "3", "2", "1"}) || len(f.fields["comment"]) != 1 || len(f.fields) != 2 || f.bare != 0 || f.chosen != "" {
		t.Errorf("%d %+v", w.Code, f)
	}
	for _, want := range []string{"Single <sign-on>", "Everybody signs in “once”.\nFrom day one.", "delivered it on Thu 19 Nov 2020", "How was it for you"} {
		if !strings.Contains(f.text, want) {
			t.Errorf("the page lacks %q: %s", want, f.text)
		}
	}
	w = s.post(s.token, url.Values{"rating": {"4"}, "comment": {"Took <b>long</b>,\r\nworks"}})
	if w.Code != 303 || w.Header().Get("Location") != "thanks" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := s.get("/s/thanks"); w.Code != 200 || !strings.Contains(w.Body.String(), "Thank you") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	ada, err := s.store.Actor(t.Context(), "")
	must(t, err)
	all, err := s.store.List(t.Context(), ada, store.Filter{Closed: true}, now())
	must(t, err)
	if r := all[0].Rating; r == nil || r.Rating != 4 || *r.Comment != "Took <b>long</b>,\nworks" {
		t.Errorf("rating %+v", r)
	}
}

func TestWhatCannotBeTakenIsShownAgain(t *testing.T) {
	s := newSurveyed(t)
	long := strings.Repeat("ä", store.MaxComment+1)
	for _, c := range []struct {
		rating, comment, fault string
		keeps                  bool
	}{
		{"", "Lovely", "Please choose one of the five.", true},
		{"6", "Lovely", "We could not read that: please choose one of the five.", true},
		{"2", long, "please keep it to 2,000 characters", true},
		{"2", strings.Repeat("x", 70<<10), "please keep it to 2,000 characters", false},
	} {
		w := s.post(s.token, url.Values{"rating": {c.rating}, "comment": {c.comment}})
		f := read(t, w.Body.String())
		if w.Code != 422 || len(f.alerts) != 1 || !strings.Contains(f.alerts[0], c.fault) || c.keeps && f.typed != c.comment || f.chosen != "" && f.chosen != c.rating {
			t.Errorf("%q: %d, alerts %q, typed %.20q, chosen %q", c.rating, w.Code, f.alerts, f.typed, f.chosen)
		}
	}
	if w := s.post(s.token, url.Values{"rating": {"2"}, "comment": {long[:2*store.MaxComment]}}); w.Code != 303 {
		t.Errorf("2,000 letters: %d", w.Code)
	}
}

// TestLinksThatLeadNowhereLookTheSame: what was used, has grown old or never was.
func TestLinksThatLeadNowhereLookTheSame(t *testing.T) {
	s := newSurveyed(t)
	old := s.survey(t, "2", "2020-12-01T09:00:00Z")
	if w := s.post(s.token, url.Values{"rating": {"5"}}); w.Code != 303 {
		t.Fatal(w.Code)
	}
	pages := map[string]bool{}
	for token, want := range map[string]int{s.token: 410, old: 410, "ABCDEFGHIJKLMNOPQRSTUVWXYZ": 404, "x": 404, strings.Repeat("x", 5000): 404} {
		for _, w := range []*httptest.ResponseRecorder{s.get("/s/" + token), s.post(token, url.Values{"rating": {"1"}})} {
			pages[w.Body.String()] = true
			if w.Code != want {
				t.Errorf("%.30s: %d, want %d", token, w.Code, want)
			}
		}
	}
	if len(pages) != 1 {
		t.Errorf("%d different pages", len(pages))
	}
}

// everyState walks through all that a survey's address may answer.
func (s *surveyed) everyState(t *testing.T) map[string]*httptest.ResponseRecorder {
	t.Helper()
	all := map[string]*httptest.ResponseRecorder{
		"ask":     s.get("/s/" + s.token),
		"mend":    s.post(s.token, url.Values{"rating": {""}}),
		"answer":  s.post(s.token, url.Values{"rating": {"1"}}),
		"thanks":  s.get("/s/thanks"),
		"over":    s.get("/s/" + s.token),
		"unknown": s.get("/s/unknown"),
		"longer":  s.get("/s/" + s.token + "/"),
		"deeper":  s.get("/s/" + s.token + "/x"),
		"double":  s.get("//s/" + s.token),
		"method":  s.ask("DELETE", "/s/"+s.token, nil),
	}
	must(t, s.store.Close())
	all["failed"] = s.get("/s/" + s.token)
	for range 100 {
		all["busy"] = s.get("/s/" + s.token)
	}
	for state, want := range map[string]int{"ask": 200, "mend": 422, "answer": 303, "thanks": 200, "over": 410, "unknown": 404, "failed": 500, "busy": 429, "method": 405, "longer": 404} {
		if all[state].Code != want {
			t.Errorf("%s: %d, want %d", state, all[state].Code, want)
		}
	}
	return all
}

func TestASurveyIsProtected(t *testing.T) {
	s := newSurveyed(t)
	for state, w := range s.everyState(t) {
		h := w.Header()
		csp := h.Get("Content-Security-Policy")
		if len(h.Values("Set-Cookie")) > 0 || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: headers %v", state, h)
		}
		if strings.Contains(w.Body.String(), "<form") && !strings.Contains(csp, "form-action 'self'") {
			t.Errorf("%s: no form can be sent under %q", state, csp)
		}
		if strings.HasPrefix(h.Get("Content-Type"), "text/html") && h.Get("X-Robots-Tag") != "noindex, nofollow" {
			t.Errorf("%s: a search engine may list it", state)
		}
	}
	if log := s.log.String(); strings.Contains(log, s.token) || !strings.Contains(log, "/s/…") || !strings.Contains(log, "a survey failed") {
		t.Errorf("log %s", log)
	}
}

func TestNobodyAsksTooOften(t *testing.T) {
	s := newSurveyed(t)
	ask := func(from, forwarded string) int {
		r := httptest.NewRequest("GET", "/s/"+s.token, nil)
		r.RemoteAddr = from
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("it does not say when to come back")
		}
		return w.Code
	}
	for range 60 {
		if status := ask("192.0.2.7:1000", "198.51.100.1"); status != 200 {
			t.Fatal(status)
		}
		ask("[2001:db8::1]:1000", "")
		ask("127.0.0.1:1000", "203.0.113.5, 198.51.100.9")
	}
	for _, c := range []struct {
		from, forwarded string
		want            int
	}{
		{"192.0.2.7:2000", "198.51.100.2", 429}, // what a stranger says of themselves is nothing
		{"192.0.2.8:1000", "", 200},
		{"[2001:db8::2]:1000", "", 429}, // the same household
		{"[2001:db8:0:1::1]:1000", "", 200},
		{"127.0.0.1:1000", "203.0.113.6, 198.51.100.9", 429}, // the last one is our own proxy's word
		{"[::1]:1000", "198.51.100.10", 200},
		{"127.0.0.1:1000", "", 200},
	} {
		if status := ask(c.from, c.forwarded); status != c.want {
			t.Errorf("%s for %q: %d, want %d", c.from, c.forwarded, status, c.want)
		}
	}
	if s.get("/healthz").Code != 200 {
		t.Error("others are kept out too")
	}
}

func now() commitments.Instant { return commitments.Instant(4_000_000_000_000_000) }
