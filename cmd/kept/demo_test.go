package main

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// demoAt opens the demo as of another time. That time must be past.
func demoAt(t *testing.T, at time.Time) (*demo, calendar.Instant) {
	t.Helper()
	a := &app{ctx: t.Context(), now: calendar.InstantOf(at)}
	d, err := a.newDemo(filepath.Join(t.TempDir(), "kept.db"))
	must(t, err)
	t.Cleanup(a.close)
	return d, a.now
}

// TestDemoIsWorthLookingAtOnAnyDay opens it on days and at hours that are hard: at
// weekends, at holidays in one place or in all, at changes of the clocks, at midnight.
func TestDemoIsWorthLookingAtOnAnyDay(t *testing.T) {
	for name, at := range map[string]time.Time{
		"a Tuesday afternoon":   time.Date(2024, time.June, 11, 14, 0, 0, 0, time.UTC),
		"a Monday just begun":   time.Date(2024, time.June, 10, 0, 5, 0, 0, time.UTC),
		"a Sunday evening":      time.Date(2024, time.November, 10, 20, 0, 0, 0, time.UTC),
		"clocks go forward":     time.Date(2024, time.March, 31, 1, 30, 0, 0, time.UTC),
		"clocks go back":        time.Date(2024, time.November, 3, 6, 30, 0, 0, time.UTC),
		"the day before Easter": time.Date(2024, time.March, 28, 9, 51, 0, 0, time.UTC),
		"Christmas":             time.Date(2024, time.December, 25, 12, 0, 0, 0, time.UTC),
		"the day after Boxing":  time.Date(2024, time.December, 27, 3, 0, 0, 0, time.UTC),
		"New Year's morning":    time.Date(2024, time.January, 1, 9, 0, 0, 0, time.UTC),
		"after Easter":          time.Date(2024, time.April, 2, 10, 0, 0, 0, time.UTC),
		"between two holidays":  time.Date(2024, time.May, 2, 7, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			d, now := demoAt(t, at)
			d.worthLookingAt(t, now)
		})
	}
}

func (d *demo) worthLookingAt(t *testing.T, now calendar.Instant) {
	t.Helper()
	risks, err := d.atRisk(t.Context(), now)
	must(t, err)
	told := 0
	for _, v := range risks {
		if _, ok := d.card(v.ID); ok {
			told++
		}
	}
	if told < 4 {
		t.Errorf("%d promises are at risk, and %d of their owners have a call card; want 4", len(risks), told)
	}
	if _, _, ok := d.firstCard(risks); !ok {
		t.Error("no call card is the newest message anywhere, so none is seen first")
	}
	stages := map[commitments.Stage]int{}
	for _, closed := range []bool{false, true} {
		views, err := d.store.List(t.Context(), d.admin, store.Filter{Closed: closed}, now)
		must(t, err)
		for _, v := range views {
			stages[v.Stage]++
			if v.Stage == commitments.Delivered && v.Verdict.KeptFirst != nil && !*v.Verdict.KeptFirst {
				stages["broken"]++
			}
			if v.Promise != v.FirstDate {
				stages["moved"]++
			}
		}
	}
	for stage, least := range map[commitments.Stage]int{
		commitments.Overdue: 1, commitments.Watch: 2, commitments.OnTrack: 5, commitments.Delivered: 5, commitments.Withdrawn: 1, "broken": 2, "moved": 1,
	} {
		if stages[stage] < least {
			t.Errorf("%d promises are %s, want at least %d", stages[stage], stage, least)
		}
	}
	d.hasSent(t, "How many days of work are left?", "Overdue for Kite & Anchor Brewing", "Tomasz Wójcik", "Helen Brooks", "They were promised word every 5 working days")
	d.company(t, now)
	for _, step := range d.steps() {
		if strings.Contains(step.Text, "digest") && !strings.Contains(step.Path, "#m") {
			t.Errorf("%q leads to %s, where newer messages hide the digest", step.Text, step.Path)
		}
	}
}

// company looks at what customers were rescued from, ask for, said and were given.
func (d *demo) company(t *testing.T, now calendar.Instant) {
	t.Helper()
	digest, err := d.store.MakeDigest(t.Context(), "", now)
	must(t, err)
	if len(digest.Asks) < 3 || len(digest.Rescues) < 2 || len(digest.PlusOnes) < 1 {
		t.Errorf("the digest tells of asks %+v, rescues %+v, no plus one for long %+v", digest.Asks, digest.Rescues, digest.PlusOnes)
	}
	if !slices.ContainsFunc(digest.Rescues, func(r commitments.RescueItem) bool { return r.Owes == "make-right" }) {
		t.Error("no rescue is in progress")
	}
	for customer, want := range map[string][4]int{"Baltic Freight": {1, 1, 1, 0}, "Thames Dental Group": {0, 0, 1, 1}} {
		p, err := d.store.CustomerPage(t.Context(), d.admin, customer, now)
		must(t, err)
		if got := [4]int{len(p.Asks), len(p.PlusOnes), len(p.Ratings), len(p.Rescues)}; got != want {
			t.Errorf("%s: asks, plus ones, ratings, rescues are %v, want %v", customer, got, want)
		}
	}
}

// hasSent looks for texts among all messages.
func (d *demo) hasSent(t *testing.T, wanted ...string) {
	t.Helper()
	var all strings.Builder
	for _, m := range d.slack.Accepted() {
		all.WriteString(m.Text + string(m.Blocks))
	}
	text := strings.ReplaceAll(all.String(), "&amp;", "&")
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no message says %q", want)
		}
	}
}

func TestDemoTellsInWorkingHours(t *testing.T) {
	d, _ := demoAt(t, time.Date(2024, time.June, 11, 14, 0, 0, 0, time.UTC))
	zones := map[string]string{warsawChannel: "Europe/Warsaw"}
	for _, u := range d.slack.Users() {
		zones["D"+strings.TrimPrefix(u.ID, "U")] = u.Zone
	}
	for _, m := range d.slack.Accepted() {
		zone, err := time.LoadLocation(zones[m.Channel])
		must(t, err)
		at := m.At.In(zone)
		if day := at.Weekday(); day == time.Saturday || day == time.Sunday || at.Hour() < 8 || at.Hour() >= 18 {
			t.Errorf("%s was told at %s: %s", m.Channel, at.Format("Mon 15:04 MST"), m.Text)
		}
	}
}

func TestDemoSkipsAClosedDay(t *testing.T) {
	d, now := demoAt(t, time.Date(2024, time.June, 11, 14, 0, 0, 0, time.UTC))
	cal, err := d.store.DefaultCalendar(t.Context())
	must(t, err)
	views, err := d.store.List(t.Context(), d.admin, store.Filter{Customer: "Baltic Freight"}, now)
	must(t, err)
	if !slices.ContainsFunc(views, func(v commitments.View) bool {
		return slices.ContainsFunc(cal.Skipped(v.Target, v.Promise), func(s calendar.Day) bool { return s.Name == "closed" })
	}) {
		t.Error("no promise has a closed day in its padding")
	}
}

func TestDemoKnowsTheWorthOfACustomer(t *testing.T) {
	d, _ := demoAt(t, time.Date(2024, time.June, 11, 14, 0, 0, 0, time.UTC))
	c, err := d.store.Customer(t.Context(), d.admin, "Maple & Pine")
	must(t, err)
	if c.ValueText == nil || *c.ValueText != "5,000 every 3 years for 15 years = 5 sales × 5,000 = 25,000 USD" {
		t.Errorf("value %v", c.ValueText)
	}
}

// noDatabases fails if a demo has left anything behind.
func noDatabases(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	must(t, err)
	if len(left) > 0 {
		t.Errorf("the demo has left %v", left)
	}
}

func TestDemoOncePrintsTheCallCards(t *testing.T) {
	folder := t.TempDir()
	run := exec.Command("kept", "demo", "--once")
	run.Env = append(os.Environ(), "TMPDIR="+folder, "KEPT_DB=/nowhere/kept.db")
	out, err := run.Output()
	must(t, err)
	for _, want := range []string{
		" promises at risk right now:", "Call the customer: Customs documents exported to SAP", "+48 58 555 01 42", "What to say", "[Called, still on]",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not print %q:\n%s", want, out)
		}
	}
	noDatabases(t, folder)
}

// TestDemoPageFollowsTheCommands changes a promise from outside, as the demo invites
// people to, and looks at the page again.
func TestDemoPageFollowsTheCommands(t *testing.T) {
	folder := t.TempDir()
	p := start(t, []string{"TMPDIR=" + folder}, "demo")
	status, page := p.get(t, "")
	if status != 200 {
		t.Errorf("%d: %s", status, page)
	}
	showsCallCard(t, page)
	showsSurvey(t, p, page)
	database, err := filepath.Glob(filepath.Join(folder, "*", "kept.db"))
	must(t, err)
	var listed []commitments.View
	list, err := exec.Command("kept", "--db", database[0], "--json", "list", "--stage", "at-risk").Output()
	must(t, err)
	must(t, json.Unmarshal(list, &listed))
	id := idOf(listed[0].ID)
	out, err := exec.Command("kept", "--db", database[0], "call", id, "--outcome", "new-date", "--promise", "in 3 weeks", "--why", "Tests").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, after := p.get(t, "")
	if was, is := atRiskOn(page), atRiskOn(after); is != was-1 {
		t.Errorf("%d promises at risk on the page, and %d after the call", was, is)
	}
	p.ready(t)
	p.signal(t, syscall.SIGTERM)
	p.endsWell(t)
	noDatabases(t, folder)
}

// showsCallCard looks for a call card in the middle of a page, and in it for the phone
// number of the customer it is about.
func showsCallCard(t *testing.T, page string) {
	t.Helper()
	_, rest, _ := strings.Cut(html.UnescapeString(page), `id="latest"`)
	newest, _, _ := strings.Cut(rest, "</main>")
	_, card, found := strings.Cut(newest, "Call the customer: ")
	if !found {
		t.Fatalf("the newest message has no call card: %s", newest)
	}
	if !slices.ContainsFunc(demoCustomers(), func(c demoCustomer) bool { return strings.Contains(card, c.contact) && strings.Contains(card, c.phone) }) {
		t.Errorf("the card does not say whom to call: %s", card)
	}
}

// showsSurvey follows the link to a survey on the demo's page.
func showsSurvey(t *testing.T, p *program, page string) {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<a href="/s/`)
	token, _, found := strings.Cut(rest, `"`)
	if status, survey := p.get(t, "s/"+token); !found || status != 200 || !strings.Contains(survey, "How did we do?") {
		t.Errorf("%d: %s", status, survey)
	}
}

// atRiskOn counts the promises under "At risk" on a page.
func atRiskOn(page string) int {
	_, rest, _ := strings.Cut(page, `<section class="stage at-risk">`)
	section, _, _ := strings.Cut(rest, "</section>")
	return strings.Count(section, "<li>")
}

// browse opens an address in a browser without a window, and gives the page as it
// stands then.
func browse(t *testing.T, url string) string {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed: ./check installs it")
		}
		t.Skip("chromium is not installed: ./check installs it")
	}
	out, err := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--dump-dom", url).Output()
	must(t, err)
	return string(out)
}

func TestDemoPageInABrowser(t *testing.T) {
	p := start(t, []string{"TMPDIR=" + t.TempDir()}, "demo")
	showsCallCard(t, browse(t, p.url))
	p.signal(t, os.Interrupt)
	p.endsWell(t)
}
