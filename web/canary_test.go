package web_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/store"
)

// internal says of each address that is not made for customers why it is there. All are
// answered by the same server as the survey, so that nothing of a promise is on them
// either. Those of the demo alone are left out: they show Slack.
var internal = map[string]string{
	"GET /healthz": "whether Kept lives", "GET /readyz": "whether it works", "GET /metrics": "how much of what",
	"GET /static/{name}": "styles", "GET /{$}": "what runs here",
	"GET /p/{ref}":             "how to open a promise, and nothing of it",
	"GET /demo/{user}/{place}": "the demo", "POST /demo/{user}/{place}/{on}": "the demo",
	"GET /slack/commands":  "Slack looks at the certificate",
	"POST /slack/commands": "only Slack's", "POST /slack/interactions": "only Slack's", "POST /slack/events": "only Slack's",
}

// forCustomers are the addresses that are, each walked through all it may answer by
// everyState.
var forCustomers = []string{"GET /s/{token}", "POST /s/{token}", "GET /s/thanks"}

// A new address must be one of either sort: made for customers it is walked below, else
// it says why it is there.
func TestEveryAddressIsWalkedForCanaries(t *testing.T) {
	routes := routes(t)
	for pattern, handler := range routes {
		switch made := slices.Contains(forCustomers, pattern); {
		case made == (internal[pattern] != ""):
			t.Errorf("%s: is it for customers, and walked by everyState, or not?", pattern)
		case made != (handler == "forCustomers"):
			t.Errorf("%s is answered through %s", pattern, handler)
		}
	}
	if len(routes) != len(internal)+len(forCustomers) {
		t.Errorf("%d addresses, of which %d are known", len(routes), len(internal)+len(forCustomers))
	}
}

// routes are the patterns of the route table, with what wraps the handler of each.
func routes(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "server.go", nil, parser.SkipObjectResolution)
	must(t, err)
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); !ok || !strings.HasPrefix(s.Sel.Name, "Handle") {
			return true
		}
		pattern, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
		must(t, err)
		found[pattern] = call.Args[1].(*ast.CallExpr).Fun.(*ast.SelectorExpr).Sel.Name
		return true
	})
	return found
}

// canaries are internal values that occur nowhere else: the target in all its forms,
// the padding, money, notes, why things are at risk, other people, other customers.
var canaries = regexp.MustCompile(`(?i)canary|2019-06-1[78]|1[78] jun|jun(e)? 1[78]|\b158\b|7.?654.?321|4.?321.?09|33.?33`)

// inside are words that no page for a customer needs.
var inside = regexp.MustCompile(`(?i)\b(target|padding|burn|risk|watch|silent|blocked|overdue|rescue|late|stage|verdict|broken|internal|owner|team)\b`)

// caged is a promise to Acme of which everything internal is a canary, delivered late
// after all that can befall one.
func caged(t *testing.T) *surveyed {
	t.Helper()
	r := newRig(t)
	ada, err := r.store.Actor(t.Context(), "")
	must(t, err)
	ctx, s := t.Context(), r.store
	done := func(_ any, err error) {
		t.Helper()
		must(t, err)
	}
	done(s.AddTeam(ctx, ada, store.TeamInput{Name: new("Canary team")}))
	done(s.AddPerson(ctx, ada, store.PersonInput{Name: new("Canary owner"), Email: new("canary@example.com"), Teams: &[]string{"Canary team"}}))
	for _, name := range []string{"Acme", "Canary other"} {
		done(s.AddCustomer(ctx, ada, store.CustomerInput{Name: &name, Note: new("canary note"), Sale: new("4321.09"), Every: new("1y"), Years: new("5"), Manager: new("Canary owner"),
			Contact: &store.ContactInput{Name: "Jo of " + name, Role: new("canary role"), Phone: new("33333333")}}))
	}
	for i, customer := range []string{"Acme", "Acme", "Canary other"} { // the first is asked about
		done(s.Add(ctx, store.Op{By: ada, At: "2019-01-07T09:00:00Z"}, store.NewPromise{
			Customer: customer, Owner: "Canary owner", Team: "Canary team", Kind: "canary kind", Title: []string{"Single sign-on", "Canary of theirs", "Canary of others"}[i], Create: true,
			Words: []string{"Everybody signs in once", "canary words", "canary words"}[i], Link: "https://canary.example", DoneMeans: "canary proof", Price: "4321.09", Value: "7654321",
			Target: "2019-06-17", Promise: []string{"2019-12-27", "2020-12-24", "2020-12-24"}[i], UpdateEvery: "5d",
		}))
	}
	op := func(at string) store.Op { return store.Op{By: ada, Ref: "1", At: at} }
	done(s.CheckIn(ctx, op("2019-12-17T09:00:00Z"), store.CheckIn{Left: "33.33", Blocked: "canary in the way", Note: "canary note"}))
	done(s.Wait(ctx, op("2019-12-17T10:00:00Z"), "canary papers"))
	swept, err := time.Parse(time.RFC3339, "2019-12-18T10:00:00Z")
	must(t, err)
	sweep(t, s, swept)
	done(s.Snooze(ctx, op("2019-12-18T11:00:00Z"), "2019-12-19 10:00", "canary excuse"))
	done(s.Call(ctx, op("2019-12-18T12:00:00Z"), store.Call{Outcome: "slipping", DateBy: "2019-12-20", Note: "canary call"}))
	done(s.NewDate(ctx, op("2019-12-19T12:00:00Z"), store.NewDate{Promise: "2020-01-24", Target: "2019-06-18", Why: "canary reason"}))
	done(s.HandOver(ctx, op("2019-12-20T12:00:00Z"), "Ada", "canary hand-over"))
	sweep(t, s, swept.Add(40*24*time.Hour))
	done(s.PlusOne(ctx, op("2020-01-28T12:00:00Z"), store.PlusOne{What: "canary extra", Cost: "4321.09"}))
	done(s.AddAsk(ctx, store.Op{By: ada}, store.NewAsk{Customer: "Acme", Words: "canary wish"}))
	for _, step := range []store.RescueStep{
		{Act: commitments.RescueOwned, Note: "canary promise of ours", Reason: "capacity", Severity: "high"},
		{Act: commitments.RescueMadeRight, What: "canary gift", Cost: "4321.09"}, {Act: commitments.RescueClosed, Note: "canary peace"},
	} {
		done(s.Rescue(ctx, op("2020-01-29T12:00:00Z"), step))
	}
	done(s.Deliver(ctx, op("2020-01-30T12:00:00Z")))
	done(s.Rate(ctx, op("2020-02-01T12:00:00Z"), store.Rating{Rating: "1", Comment: "canary complaint"}))
	done(s.Touch(ctx, store.TouchInput{By: ada, Customer: "Acme", Channel: "canary", Note: "canary talk"}))
	for _, ref := range []string{"2", "3"} {
		done(s.Withdraw(ctx, store.Op{By: ada, Ref: ref, At: "2020-02-03T12:00:00Z"}, "canary end"))
	}
	r.freed(t, ada)
	return &surveyed{r, r.survey(t, "1", "")}
}

// freed sees that the canaries are where they were put: a test that looks for what is
// not there finds nothing.
func (r *rig) freed(t *testing.T, ada commitments.Actor) {
	t.Helper()
	d, err := r.store.Show(t.Context(), ada, "1", now())
	must(t, err)
	seen := fmt.Sprintf("%+v %+v", d, d.View)
	if *d.PaddingDays != 158 {
		t.Errorf("the padding is %d days: let that be the canary", *d.PaddingDays)
	}
	for _, want := range []string{"canary proof", "canary reason", "canary hand-over", "canary call", "canary in the way", "2019-06-18", "canary complaint", "Value:7654321"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the promise lacks %q: %s", want, seen)
		}
	}
}

// TestNothingInternalReachesACustomer walks every address with canaries in all that is
// internal: what a customer may come upon holds none.
func TestNothingInternalReachesACustomer(t *testing.T) {
	s := caged(t)
	answers := map[string]*httptest.ResponseRecorder{}
	for pattern := range internal {
		method, path, _ := strings.Cut(strings.NewReplacer("{name}", "survey.css", "{$}", "").Replace(pattern), " ")
		answers[pattern] = s.ask(method, path, nil)
	}
	for state, w := range s.everyState(t) {
		answers["survey "+state] = w
		if word := inside.FindString(visible(w)); word != "" {
			t.Errorf("survey %s says %q: %s", state, word, w.Body)
		}
	}
	for address, w := range answers {
		if bird := canaries.FindString(visible(w)); bird != "" {
			t.Errorf("%s shows %q: %s", address, bird, visible(w))
		}
	}
}

// visible is all of an answer that somebody may read.
func visible(w *httptest.ResponseRecorder) string {
	return fmt.Sprint(w.Header(), html.UnescapeString(w.Body.String()))
}
