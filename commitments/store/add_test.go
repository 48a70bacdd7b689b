package store_test

import (
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

func TestAddCompletesTheTwoDates(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for _, c := range []struct {
			target, promise, padding, wantTarget, wantPromise string
			days                                              int
		}{
			{"", "2020-11-20", "", "2020-11-17", "2020-11-20", 3},
			{"2020-11-17", "", "", "2020-11-17", "2020-11-20", 3},
			{"2020-11-13", "2020-11-20", "", "2020-11-13", "2020-11-20", 5},
			{"", "2020-11-20", "5d", "2020-11-13", "2020-11-20", 5},
			{"2020-11-20", "", "0d", "2020-11-20", "2020-11-20", 0},
			{"", "fri", "1d", "2020-11-05", "2020-11-06", 1},
		} {
			added := h.promise(func(p *store.NewPromise) { p.Target, p.Promise, p.Padding = c.target, c.promise, c.padding })
			if added.Target != day(c.wantTarget) || added.Promise != day(c.wantPromise) || *added.PaddingDays != c.days || added.Stage != commitments.OnTrack {
				t.Errorf("%+v gives target %s, promise %s, padding %d", c, added.Target, added.Promise, *added.PaddingDays)
			}
			stored, err := h.Show(h.ctx, h.ada, number(added.ID), added.MadeAt)
			must(t, err)
			if stored.Target != added.Target || stored.Promise != added.Promise || stored.FirstDate != added.Promise || stored.DueAt != added.DueAt || len(stored.Dates) != 1 {
				t.Errorf("stored %+v, added %+v", stored.View, added.View)
			}
		}
	})
}

func TestAddTellsTheDaysItSkips(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Closed: []string{"2020-11-19"}})
		must(t, err)
		added := h.promise(func(p *store.NewPromise) { p.Padding = "5d" })
		var why []string
		for _, s := range added.Skipped {
			why = append(why, s.Date.String()+" "+s.Why)
		}
		if got := strings.Join(why, ", "); got != "2020-11-14 weekend, 2020-11-15 weekend, 2020-11-19 closed" {
			t.Errorf("skipped %s", got)
		}
	})
}

func TestAPromiseWithoutADateOwesOne(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		v := h.promise(func(p *store.NewPromise) { p.Promise, p.DateBy = "", "2020-11-10" }).View
		if v.Promise != 0 || v.DateBy != day("2020-11-10") || v.DueAt != instant("2020-11-11 00:00") || v.Verdict != (commitments.Verdict{}) {
			t.Errorf("undated %+v", v)
		}
	})
}

func TestI02_I03_I04_I06_I14_WrongPromisesAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.person("Al", commitments.Member)
		_, err := h.AddPerson(h.ctx, h.ada, store.PersonInput{Name: new("al")})
		must(t, err)
		for _, c := range []struct {
			change func(*store.NewPromise)
			kind   error
			field  string
			says   string
		}{
			{func(p *store.NewPromise) { p.Title = "  " }, commitments.ErrInvalid, "what", "required"},
			{func(p *store.NewPromise) { p.Customer = "" }, commitments.ErrInvalid, "customer", "required"},
			{func(p *store.NewPromise) { p.Owner = " " }, commitments.ErrInvalid, "owner", "required"},
			{func(p *store.NewPromise) { p.Promise = "" }, commitments.ErrInvalid, "promise", "--promise"},
			{func(p *store.NewPromise) { p.DateBy = "2020-11-10" }, commitments.ErrInvalid, "date-by", ""},
			{func(p *store.NewPromise) { p.Target, p.Padding = "2020-11-10", "5d" }, commitments.ErrInvalid, "padding", ""},
			{func(p *store.NewPromise) { p.Promise = "2020-02-30" }, commitments.ErrInvalid, "promise", "does not exist"},
			{func(p *store.NewPromise) { p.Promise = "12/11/2020" }, commitments.ErrInvalid, "promise", "2020-11-12"},
			{func(p *store.NewPromise) { p.Promise = "2020-11-01" }, commitments.ErrRefused, "promise", "over already"},
			{func(p *store.NewPromise) { p.Target = "2020-11-21" }, commitments.ErrRefused, "promise", "before the target"},
			{func(p *store.NewPromise) { p.Padding = "learned:95" }, commitments.ErrRefused, "padding", "history"},
			{func(p *store.NewPromise) { p.Title = "a\x1b[2Jb" }, commitments.ErrInvalid, "what", "U+001B"},
			{func(p *store.NewPromise) { p.Title = "a\nb" }, commitments.ErrInvalid, "what", "U+000A"},
			{func(p *store.NewPromise) { p.Title = "a\u202Eb" }, commitments.ErrInvalid, "what", "U+202E"},
			{func(p *store.NewPromise) { p.Title = "a\xff" }, commitments.ErrInvalid, "what", "UTF-8"},
			{func(p *store.NewPromise) { p.Title = strings.Repeat("x", 1<<20) }, commitments.ErrInvalid, "what", "1048576 characters, at most 200"},
			{func(p *store.NewPromise) { p.Price = "free" }, commitments.ErrInvalid, "price", "not an amount"},
			{func(p *store.NewPromise) { p.Customer, p.Create = "Acne", false }, commitments.ErrNotFound, "customer", "did you mean Acme"},
			{func(p *store.NewPromise) { p.Owner, p.Create = "Adda", false }, commitments.ErrNotFound, "owner", "did you mean Ada"},
			{func(p *store.NewPromise) { p.Owner = "AL" }, commitments.ErrInvalid, "owner", "2 people"},
			{func(p *store.NewPromise) { p.Team = "Nobody" }, commitments.ErrNotFound, "team", "kept team add"},
			{func(p *store.NewPromise) { p.Kind, p.Create = "Nothing", false }, commitments.ErrNotFound, "kind", "kept kind add"},
		} {
			in := store.NewPromise{Customer: "Acme", Owner: "Ada", Title: "Login", Promise: "2020-11-20", Create: true}
			c.change(&in)
			_, err := h.Add(h.ctx, h.op("", "2020-11-02T09:00:00Z"), in)
			refused(t, err, c.kind, c.field)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
				t.Errorf("%v does not say %q on one short line", err, c.says)
			}
		}
		_, err = h.Add(h.ctx, h.op("", "2199-01-01"), store.NewPromise{Customer: "Acme", Owner: "Ada", Title: "Login", Promise: "2200-01-01"})
		refused(t, err, commitments.ErrRefused, "at")
		if n := h.rows("commitments"); n != 1 {
			t.Errorf("%d promises after refusals, want the first alone", n)
		}
	})
}

func TestH1_ANewCustomerIsAddedByWhoMay(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise(func(*store.NewPromise) {})
		for _, role := range commitments.Roles {
			actor := h.person("my-"+string(role), role)
			name := "Acmes of " + string(role)
			in := store.NewPromise{Customer: name, NewCustomer: true, Owner: actor.Name, Title: "Login", Promise: "2020-11-20"}
			_, err := h.Add(h.ctx, store.Op{By: actor, At: "2020-11-02"}, in)
			if may := role == commitments.Admin || role == commitments.Lead; may != (err == nil) {
				t.Errorf("%s adds a customer: %v", role, err)
			} else if _, there := h.Customer(h.ctx, h.ada, name); may != (there == nil) {
				t.Errorf("after %s tried, the customer: %v", role, there)
			}
		}
		in := store.NewPromise{Customer: "Acme Ltd", NewCustomer: true, DryRun: true, Owner: "Ada", Title: "Login", Promise: "2020-11-20"}
		added, err := h.Add(h.ctx, h.op("", "2020-11-02T09:00:00Z"), in)
		must(t, err)
		if len(added.Warnings) != 1 || added.Warnings[0].Code != "similar-customer" {
			t.Errorf("warnings: %+v", added.Warnings)
		}
		in.Owner, in.NewCustomer, in.Customer = "Nobody", true, "Acme"
		_, err = h.Add(h.ctx, h.op("", "2020-11-02T09:00:00Z"), in)
		refused(t, err, commitments.ErrNotFound, "owner")
		c, err := h.Choices(h.ctx, h.ada)
		must(t, err)
		if !c.AddCustomers || !slices.Equal(c.Customers, []string{"Acme", "Acmes of admin", "Acmes of lead"}) {
			t.Errorf("to choose from: %+v", c)
		}
	})
}

func TestADryAddRecordsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		added := h.promise(func(p *store.NewPromise) { p.DryRun = true })
		if added.Promise != day("2020-11-20") || h.rows("commitments")+h.rows("customers") != 0 {
			t.Errorf("answered %+v, %d promises", added, h.rows("commitments"))
		}
	})
}

func TestTheOwnersFirstTeamHasThePromise(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		h.person("bo", commitments.Member, "Web", "Core")
		if v := h.promise(func(p *store.NewPromise) { p.Owner = "bo" }); *v.Team != "Web" {
			t.Errorf("team %s", *v.Team)
		}
		if v := h.promise(func(p *store.NewPromise) { p.Owner, p.Team = "bo", "core" }); *v.Team != "Core" {
			t.Errorf("team %s", *v.Team)
		}
	})
}

func TestPaddingComesFromCustomerKindTeamThenDefault(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.AddTeam(h.ctx, h.ada, store.TeamInput{Name: new("Core"), Padding: new("7d")})
		must(t, err)
		_, err = h.AddKind(h.ctx, h.ada, store.KindInput{Name: new("SSO"), Padding: new("6d")})
		must(t, err)
		_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Globex"), Padding: new("5d")})
		must(t, err)
		for _, c := range []struct {
			customer, kind, team, padding string
			days                          int
		}{
			{"Globex", "SSO", "Core", "1d", 1}, {"Globex", "SSO", "Core", "", 5}, {"Acme", "SSO", "Core", "", 6}, {"Acme", "", "Core", "", 7}, {"Acme", "", "", "", 3},
		} {
			v := h.promise(func(p *store.NewPromise) {
				p.Customer, p.Kind, p.Team, p.Padding = c.customer, c.kind, c.team, c.padding
			})
			if *v.PaddingDays != c.days {
				t.Errorf("%+v: padding %d, %s", c, *v.PaddingDays, *v.PaddingWhy)
			}
		}
	})
}
