package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// deed is something that a person does to one promise.
type deed struct {
	method string // of Store
	act    commitments.Action
	ready  func(h *home, ref string) // brings the promise to where it can be done; nil for nothing
	do     func(*home, store.Op) error
}

// deeds are all that can be done to one promise.
var deeds = []deed{
	{"Show", commitments.ActView, nil, func(h *home, op store.Op) error { return second(h.Show(h.ctx, op.By, op.Ref, now())) }},
	{"EditPromise", commitments.ActEdit, nil, func(h *home, op store.Op) error {
		return second(h.EditPromise(h.ctx, op, store.PromiseEdit{Title: new("Another title")}))
	}},
	{"CheckIn", commitments.ActCheckIn, nil, func(h *home, op store.Op) error {
		return second(h.CheckIn(h.ctx, op, store.CheckIn{Left: "2"}))
	}},
	{"Call", commitments.ActCall, nil, func(h *home, op store.Op) error {
		return second(h.Call(h.ctx, op, store.Call{Outcome: "not-reached"}))
	}},
	{"Touch", commitments.ActCall, nil, func(h *home, op store.Op) error {
		return second(h.Touch(h.ctx, store.TouchInput{By: op.By, Commitment: op.Ref, At: op.At, Channel: "email", Note: "hello"}))
	}},
	{"Ack", commitments.ActAck, (*home).atRisk, func(h *home, op store.Op) error { return second(h.Ack(h.ctx, op)) }},
	{"Snooze", commitments.ActSnooze, (*home).atRisk, func(h *home, op store.Op) error {
		return second(h.Snooze(h.ctx, op, "2020-11-11 12:00", "later"))
	}},
	{"NewDate", commitments.ActNewDate, nil, func(h *home, op store.Op) error {
		return second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-12-18", Why: "more work"}))
	}},
	{"Accept", commitments.ActAccept, nil, func(h *home, op store.Op) error { return second(h.Accept(h.ctx, op, store.Accept{Date: true})) }},
	{"Wait", commitments.ActWait, nil, func(h *home, op store.Op) error { return second(h.Wait(h.ctx, op, "an answer")) }},
	{"HandOver", commitments.ActHandOver, nil, func(h *home, op store.Op) error {
		return second(h.HandOver(h.ctx, op, "Someone", "a note"))
	}},
	{"PlusOne", commitments.ActPlusOne, nil, func(h *home, op store.Op) error {
		return second(h.PlusOne(h.ctx, op, store.PlusOne{What: "a lamp"}))
	}},
	{"Deliver", commitments.ActDeliver, nil, func(h *home, op store.Op) error { return second(h.Deliver(h.ctx, op)) }},
	{"Reopen", commitments.ActDeliver, (*home).done, func(h *home, op store.Op) error { return second(h.Reopen(h.ctx, op, "it broke")) }},
	{"Withdraw", commitments.ActWithdraw, nil, func(h *home, op store.Op) error { return second(h.Withdraw(h.ctx, op, "cancelled")) }},
	{"Rescue", commitments.ActRescue, nil, func(h *home, op store.Op) error {
		return second(h.Rescue(h.ctx, op, store.RescueStep{Act: commitments.RescueOpened}))
	}},
	{"Rescue", commitments.ActRescue, (*home).rescued, func(h *home, op store.Op) error {
		return second(h.Rescue(h.ctx, op, store.RescueStep{Act: commitments.RescueMadeRight, What: "a lamp"}))
	}},
	{"Rescue", commitments.ActCall, (*home).rescued, func(h *home, op store.Op) error {
		return second(h.Rescue(h.ctx, op, store.RescueStep{Act: commitments.RescueCalled}))
	}},
	{"Survey", commitments.ActSurvey, (*home).doneElsewhere, func(h *home, op store.Op) error { return second(h.Survey(h.ctx, op, "")) }},
	{"Rate", commitments.ActSurvey, (*home).done, func(h *home, op store.Op) error {
		return second(h.Rate(h.ctx, op, store.Rating{Rating: "4"}))
	}},
}

// atRisk opens a call card.
func (h *home) atRisk(ref string) {
	must(h.t, second(h.CheckIn(h.ctx, h.op(ref, "2020-11-09T10:00:00Z"), store.CheckIn{Left: "30"})))
	must(h.t, second(h.Raw().Exec(h.Raw().Rebind("UPDATE commitments SET stage = 'at-risk', alerted = 'at-risk', alerted_at = ? WHERE id = "+ref), instant("2020-11-09 10:00"))))
}

func (h *home) rescued(ref string) {
	must(h.t, second(h.Rescue(h.ctx, h.op(ref, "2020-11-09T10:00:00Z"), store.RescueStep{Act: commitments.RescueOpened})))
}

func (h *home) done(ref string) { h.live(ref, "deliver 2020-11-10T09:00:00Z") }

// doneElsewhere delivers, to a customer of its own: whom nobody has asked yet, and who
// waits for nothing.
func (h *home) doneElsewhere(ref string) {
	h.done(ref)
	customer := int64(0)
	must(h.t, h.Raw().Get(&customer, `INSERT INTO customers (name, name_key, manager_id, created_at)
		SELECT 'customer of `+ref+`', 'customer of `+ref+`', manager_id, created_at FROM customers WHERE id = (SELECT customer_id FROM commitments WHERE id = `+ref+`) RETURNING id`))
	must(h.t, second(h.Raw().Exec(h.Raw().Rebind("UPDATE commitments SET customer_id = ? WHERE id = "+ref), customer)))
}

// trial is a promise on which a person tries a deed.
type trial struct {
	deed
	op   store.Op
	id   commitments.ID
	owns bool
}

// TestEveryDeedAsksForItsRight holds each method to the table of rights, for every
// role: on promises of its team and of another, of its own, and of its customers.
// What may not be seen is not found; what is refused changes nothing.
func TestEveryDeedAsksForItsRight(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		h.person("Someone", commitments.Member)
		for _, role := range commitments.Roles {
			var may, mayNot []trial
			actor := h.person("my-"+string(role), role, "Core")
			for _, try := range h.trials(actor) {
				if s := h.subject(try); actor.Sees(s) && actor.May(try.act, s) {
					may = append(may, try)
				} else {
					mayNot = append(mayNot, try)
				}
			}
			before := h.dump()
			for _, try := range mayNot {
				h.judge(t, actor, try, try.do(h, try.op))
			}
			for table, rows := range h.dump() {
				if rows != before[table] {
					t.Errorf("what was refused to a %s changed %s", role, table)
				}
			}
			for _, try := range may {
				h.judge(t, actor, try, try.do(h, try.op))
			}
		}
	})
}

// trials makes a promise for each deed, of each sort: a deed may end what another needs.
func (h *home) trials(actor commitments.Actor) (all []trial) {
	_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("customer of " + actor.Name), Manager: &actor.Name})
	must(h.t, err)
	for _, c := range []struct{ owner, team, customer string }{
		{"Ada", "Core", "Acme"}, {"Ada", "Web", "Acme"}, {actor.Name, "Core", "Acme"}, {actor.Name, "Web", "Acme"},
		{"Ada", "", "Acme"}, {"Ada", "Web", "customer of " + actor.Name},
	} {
		for _, d := range deeds {
			p := h.promise(func(p *store.NewPromise) { p.Owner, p.Team, p.Customer = c.owner, c.team, c.customer })
			if d.ready != nil {
				d.ready(h, number(p.ID))
			}
			all = append(all, trial{d, store.Op{By: actor, Ref: number(p.ID), At: "2020-11-10T10:00:00Z"}, p.ID, c.owner == actor.Name})
		}
	}
	return all
}

func (h *home) subject(try trial) (s commitments.Subject) {
	h.t.Helper()
	row := h.Raw().QueryRow("SELECT c.team_id, cu.manager_id FROM commitments c JOIN customers cu ON cu.id = c.customer_id WHERE c.id = " + number(try.id))
	must(h.t, row.Scan(&s.Team, &s.Manager))
	if s.Owner = h.ada.ID; try.owns {
		s.Owner = try.op.By.ID
	}
	return s
}

func (h *home) judge(t *testing.T, actor commitments.Actor, try trial, err error) {
	t.Helper()
	s := h.subject(try)
	switch {
	case !actor.Sees(s):
		refused(t, err, commitments.ErrNotFound, "id")
	case !actor.May(try.act, s):
		refused(t, err, commitments.ErrRefused, "")
	case err != nil:
		t.Errorf("%s, %s, on %+v: %v", actor.Role, try.method, s, err)
	}
}

// dump is all that a database holds, by table.
func (h *home) dump() map[string]string {
	h.t.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if h.Engine() == "postgres" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var tables []string
	must(h.t, h.Raw().Select(&tables, query))
	all := map[string]string{}
	for _, table := range tables {
		rows, err := h.Raw().Queryx("SELECT * FROM " + table + " ORDER BY 1, 2")
		must(h.t, err)
		var text strings.Builder
		for rows.Next() {
			row, err := rows.SliceScan()
			must(h.t, err)
			fmt.Fprintln(&text, row...)
		}
		must(h.t, rows.Close())
		all[table] = text.String()
	}
	return all
}

// duty is something that a person does that is about no one promise.
type duty struct {
	method string // of Store
	field  string // what a refusal blames
	may    func(h *home, a commitments.Actor) bool
	ready  func(*home) string // makes what it is done to, and names it; nil for nothing
	do     func(h *home, a commitments.Actor, what string) error
}

func always(act commitments.Action) func(*home, commitments.Actor) bool {
	return func(_ *home, a commitments.Actor) bool { return a.MayAlways(act) }
}

// mayAsk reports whether somebody may record what a customer without a manager asks for.
func mayAsk(_ *home, a commitments.Actor) bool {
	return a.May(commitments.ActAsk, commitments.Subject{})
}

// mayCall reports whether somebody may log a contact with a customer without a manager.
func mayCall(_ *home, a commitments.Actor) bool {
	return a.May(commitments.ActCall, commitments.Subject{})
}

// duties are all of them.
var duties = []duty{
	{"AddPerson", "as", always(commitments.ActSetUp), (*home).free, func(h *home, a commitments.Actor, what string) error {
		return second(h.AddPerson(h.ctx, a, store.PersonInput{Name: &what}))
	}},
	{"EditPerson", "as", always(commitments.ActSetUp), nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.EditPerson(h.ctx, a, "Someone", store.PersonInput{Zone: new("Asia/Tokyo")}))
	}},
	{"ChooseZone", "as", always(commitments.ActSelf), nil, func(h *home, a commitments.Actor, what string) error {
		return h.ChooseZone(h.ctx, a, "Asia/Tokyo")
	}},
	{"SetAway", "as", always(commitments.ActSetUp), nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.SetAway(h.ctx, a, "Someone", store.Away{First: "2030-01-01", Last: "2030-01-02", Substitute: "Ada"}))
	}},
	{"ErasePerson", "as", always(commitments.ActSetUp), (*home).leaver, func(h *home, a commitments.Actor, what string) error {
		return h.ErasePerson(h.ctx, a, what)
	}},
	{"AddTeam", "as", always(commitments.ActSetUp), (*home).free, func(h *home, a commitments.Actor, what string) error {
		return second(h.AddTeam(h.ctx, a, store.TeamInput{Name: &what}))
	}},
	{"EditTeam", "as", func(h *home, a commitments.Actor) bool {
		return a.May(commitments.ActTeam, commitments.Subject{Team: h.teamID("Core")})
	}, nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.EditTeam(h.ctx, a, "Core", store.TeamInput{Channel: new("C0123456789")}))
	}},
	{"EditTeam", "as", func(h *home, a commitments.Actor) bool {
		return a.May(commitments.ActTeam, commitments.Subject{Team: h.teamID("Web")})
	}, nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.EditTeam(h.ctx, a, "Web", store.TeamInput{Channel: new("C0123456789")}))
	}},
	{"AddKind", "as", always(commitments.ActCustomers), (*home).free, func(h *home, a commitments.Actor, what string) error {
		return second(h.AddKind(h.ctx, a, store.KindInput{Name: &what}))
	}},
	{"EditKind", "as", always(commitments.ActCustomers), nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.EditKind(h.ctx, a, "SSO", store.KindInput{Padding: new("2d")}))
	}},
	{"AddCustomer", "as", always(commitments.ActCustomers), (*home).free, func(h *home, a commitments.Actor, what string) error {
		return second(h.AddCustomer(h.ctx, a, store.CustomerInput{Name: &what}))
	}},
	{"EditCustomer", "as", always(commitments.ActCustomers), nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.EditCustomer(h.ctx, a, "Acme", store.CustomerInput{Note: new("likes tea")}))
	}},
	{"Touch", "as", mayCall, nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.Touch(h.ctx, store.TouchInput{By: a, Customer: "Acme", Channel: "email", Note: "hello"}))
	}},
	{"AddCalendar", "as", always(commitments.ActSetUp), (*home).free, func(h *home, a commitments.Actor, what string) error {
		return second(h.AddCalendar(h.ctx, a, store.CalendarInput{Name: &what, Zone: new("UTC")}))
	}},
	{"EditCalendar", "as", always(commitments.ActSetUp), nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.EditCalendar(h.ctx, a, "default", store.CalendarInput{Closed: []string{"2030-12-24"}, Apply: true}))
	}},
	{"Import", "as", always(commitments.ActImport), nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.Import(h.ctx, a, csv(h.t, "customer,owner,title,promise_date\nAcme,Ada,Login,2030-11-20\n"), store.ImportOptions{}))
	}},
	{"Add", "owner", func(_ *home, a commitments.Actor) bool { return a.MayAlways(commitments.ActAdd) }, nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.Add(h.ctx, store.Op{By: a}, store.NewPromise{Customer: "Acme", Owner: "Ada", Team: "Web", Title: "Login", Promise: "2030-11-20"}))
	}},
	{"AddAsk", "as", mayAsk, nil, func(h *home, a commitments.Actor, what string) error {
		return second(h.AddAsk(h.ctx, store.Op{By: a}, store.NewAsk{Customer: "Acme", Words: "a lamp"}))
	}},
	{"GiveAsk", "as", mayAsk, (*home).ask, func(h *home, a commitments.Actor, what string) error {
		return second(h.GiveAsk(h.ctx, store.Op{By: a, Ref: what}, "they have it"))
	}},
	{"DeclineAsk", "as", mayAsk, (*home).ask, func(h *home, a commitments.Actor, what string) error {
		return second(h.DeclineAsk(h.ctx, store.Op{By: a, Ref: what}, "not this year"))
	}},
	{"PromiseAsk", "as", mayAsk, (*home).ask, func(h *home, a commitments.Actor, what string) error {
		owner := a.Name
		return second(h.PromiseAsk(h.ctx, store.Op{By: a, Ref: what}, store.NewPromise{Owner: owner, Team: "Core", Promise: "2030-11-20"}))
	}},
}

// free is a name that nothing has yet.
func (h *home) free() string { return fmt.Sprintf("Number %d", h.rows("events")) }

func (h *home) leaver() string {
	return h.person(strings.ReplaceAll(h.free(), " ", "-"), commitments.Member).Name
}

func (h *home) teamID(name string) (id commitments.ID) {
	team, err := h.Team(h.ctx, name)
	must(h.t, err)
	return team.ID
}

// ask records a wish of Acme's.
func (h *home) ask() string {
	k, err := h.AddAsk(h.ctx, store.Op{By: h.ada}, store.NewAsk{Customer: "Acme", Words: "a lamp"})
	must(h.t, err)
	return number(k.ID)
}

// TestEveryDutyAsksForItsRight does the same for what is about no one promise.
func TestEveryDutyAsksForItsRight(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		h.person("Someone", commitments.Member)
		h.promise(func(p *store.NewPromise) { p.Kind = "SSO" })
		for _, role := range commitments.Roles {
			actor := h.person("my-"+string(role), role, "Core")
			for _, d := range duties {
				what := ""
				if d.ready != nil {
					what = d.ready(h)
				}
				before := h.dump()
				err := d.do(h, actor, what)
				switch after := h.dump(); {
				case !d.may(h, actor):
					t.Log(role, d.method)
					refused(t, err, commitments.ErrRefused, d.field)
					if !maps.Equal(before, after) {
						t.Errorf("%s refused to a %s changed something", d.method, role)
					}
				case err != nil:
					t.Errorf("%s refused to a %s: %v", d.method, role, err)
				case before["events"] == after["events"]:
					t.Errorf("%s by a %s left no event", d.method, role)
				}
			}
		}
	})
}

func TestAListHoldsOnlyWhatMayBeSeen(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		mo := h.person("Mo", commitments.Manager)
		cy := h.person("Cy", commitments.Viewer, "Core")
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Globex"), Manager: new("Mo")})
		must(t, err)
		for _, c := range []struct{ customer, team string }{{"Acme", "Core"}, {"Acme", "Web"}, {"Globex", "Web"}, {"Acme", ""}} {
			h.promise(func(p *store.NewPromise) { p.Title, p.Customer, p.Team = c.customer+" "+c.team, c.customer, c.team })
		}
		for actor, want := range map[*commitments.Actor]int{&h.ada: 4, &mo: 2, &cy: 2} {
			views, err := h.List(h.ctx, *actor, store.Filter{}, instant("2020-11-03 00:00"))
			must(t, err)
			if len(views) != want {
				t.Errorf("%s sees %d promises, want %d", actor.Name, len(views), want)
			}
		}
	})
}

func TestWhoMayLogPromises(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		for _, role := range commitments.Roles {
			actor := h.person("my-"+string(role), role, "Core")
			for _, c := range []struct {
				owner, team string
				may         []commitments.Role
			}{
				{actor.Name, "Core", []commitments.Role{commitments.Admin, commitments.Lead, commitments.Member}},
				{"Ada", "Core", []commitments.Role{commitments.Admin, commitments.Lead}},
				{"Ada", "Web", []commitments.Role{commitments.Admin}},
			} {
				_, err := h.Add(h.ctx, store.Op{By: actor, At: "2020-11-02"}, store.NewPromise{Customer: "Acme", Owner: c.owner, Team: c.team, Title: "Login", Promise: "2020-11-20", Create: true})
				if may := slices.Contains(c.may, role); may != (err == nil) {
					t.Errorf("%s logs a promise of %s, team %s: %v", role, c.owner, c.team, err)
				} else if !may {
					refused(t, err, commitments.ErrRefused, "owner")
				}
			}
		}
	})
}
