package store_test

import (
	"reflect"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// replays holds a promise against what its events alone make of it.
func (h *home) replays(t interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, id commitments.ID) {
	t.Helper()
	row, err := h.Promise(h.ctx, id)
	if err != nil {
		t.Fatalf("promise %d: %v", id, err)
	}
	var events []commitments.Event
	err = h.Raw().Select(&events, h.Raw().Rebind("SELECT at, coalesce(actor_id, 0) AS actor_id, kind, data FROM events WHERE subject = 'commitment' AND subject_id = ? ORDER BY id"), id)
	if err != nil {
		t.Fatalf("%v", err)
	}
	p, err := commitments.Replay(events, row.Calendar)
	if err != nil {
		t.Fatalf("promise %d: %v", id, err)
	}
	if row.History.Dates == nil {
		row.History.Dates = p.History.Dates
	}
	forgetNames(&row.History)
	var madeBy commitments.ID
	if err := h.Raw().Get(&madeBy, h.Raw().Rebind("SELECT made_by FROM commitments WHERE id = ?"), id); err != nil || madeBy != events[0].By {
		t.Errorf("promise %d was made by %d (%v), and its first event is %d's", id, madeBy, err, events[0].By)
	}
	for _, c := range []struct {
		what           string
		replayed, read any
	}{
		{"terms", p.Terms(), row.Terms()}, {"facts", p.Facts, row.Facts}, {"history", p.History, row.History},
		{"stage", p.State.Stage, row.State.Stage}, {"first date", p.FirstDate, row.FirstDate}, {"last fact", p.LastFact, row.LastFact}, {"version", p.Version, row.Version},
	} {
		if !reflect.DeepEqual(c.replayed, c.read) {
			t.Errorf("promise %d, %s replayed\n%+v\nbut the row says\n%+v\nevents %+v", id, c.what, c.replayed, c.read, events)
		}
	}
}

// forgetNames leaves out the names of a customer's people, which no event tells.
func forgetNames(h *commitments.History) {
	for i := range h.Dates {
		h.Dates[i].AcceptedBy = ""
	}
	for i := range h.Turns {
		h.Turns[i].Who = ""
	}
	for i := range h.Ratings {
		h.Ratings[i].Name = ""
	}
}

// TestEveryColumnOfAPromiseIsReplayed: a column is one of the terms or the facts, both of
// which replays compares; or what only sweeps remember; or compared there by name.
func TestEveryColumnOfAPromiseIsReplayed(t *testing.T) {
	h := fresh(t, engines[0].dsn(t))
	columns := map[string]string{
		"id": "the event's own", "made_by": "compared", "last_fact_at": "compared", "version": "compared", "rating": "the newest of the ratings compared",
		"next_review_at": "the sweeps'", "padding_why": "its rule is a term; the rest names whose that was",
		"customer_id": "a term", "owner_id": "a term", "team_id": "a term", "kind_id": "a term",
	}
	for _, of := range []struct {
		tag string
		in  reflect.Type
	}{{"json", reflect.TypeFor[commitments.Terms]()}, {"db", reflect.TypeFor[commitments.Facts]()}, {"db", reflect.TypeFor[commitments.AlertState]()}} {
		for i := range of.in.NumField() {
			name, _, _ := strings.Cut(of.in.Field(i).Tag.Get(of.tag), ",")
			columns[name] = of.in.Name()
		}
	}
	var all []string
	must(t, h.Raw().Select(&all, "SELECT name FROM pragma_table_info('commitments')"))
	for _, name := range all {
		if columns[name] == "" {
			t.Errorf("nothing says whether events tell of commitments.%s: make it one of the Terms, or of the Facts", name)
		}
	}
	if len(all) < 50 {
		t.Errorf("only %d columns", len(all))
	}
}

// TestAPromiseIsReplayedFromItsEvents takes one promise through all of its life.
func TestAPromiseIsReplayedFromItsEvents(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("Bo", commitments.Member)
		h.team("Core")
		p := h.promise(func(p *store.NewPromise) { p.UpdateEvery, p.Value = "5d", "1500" })
		op := func(at string) store.Op { return h.op("1", at) }
		for _, step := range []error{
			second(h.CheckIn(h.ctx, op("2020-11-05T10:00:00Z"), store.CheckIn{Left: "4.5", Blocked: "no access", Note: "since Monday"})),
			second(h.Wait(h.ctx, op("2020-11-06T10:00:00Z"), "their certificate")),
			second(h.Wait(h.ctx, op("2020-11-09T10:00:00Z"), "")),
			second(h.EditPromise(h.ctx, op("2020-11-09T11:00:00Z"), store.PromiseEdit{Title: new("Sign on"), Team: new("Core"), Target: new("2020-11-16"), Value: new(""), UpdateEvery: new("")})),
			second(h.HandOver(h.ctx, op("2020-11-09T12:00:00Z"), "Bo", "she knows the door code")),
			second(h.Sweep(h.ctx, instant("2020-11-18 10:00"))),
			second(h.Ack(h.ctx, op("2020-11-18T11:00:00Z"))),
			second(h.Call(h.ctx, op("2020-11-18T12:00:00Z"), store.Call{Outcome: "slipping", DateBy: "2020-11-19", Note: "they are calm"})),
			second(h.Call(h.ctx, op("2020-11-19T10:00:00Z"), store.Call{Outcome: "new-date", NewDate: store.NewDate{Promise: "2020-11-27 17:00", Why: "late", ToldBy: "Bo"}})),
			second(h.CheckIn(h.ctx, op("2020-11-10T10:00:00Z"), store.CheckIn{Left: "9"})),
			second(h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Closed: []string{"2020-11-26"}, Zone: new("Europe/Warsaw"), Apply: true})),
			second(h.Deliver(h.ctx, op("2020-11-27T18:00:00Z"))),
			second(h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Reopen: []string{"2020-11-26"}, Zone: new("Asia/Tokyo"), Apply: true})),
			second(h.Sweep(h.ctx, instant("2020-11-30 10:00"))),
			second(h.Reopen(h.ctx, op("2020-12-01T10:00:00Z"), "it broke")),
			second(h.Withdraw(h.ctx, op("2020-12-02T10:00:00Z"), "they cancelled")),
		} {
			must(t, step)
		}
		h.replays(t, p.ID)
	})
}
