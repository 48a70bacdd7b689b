package store_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

func TestCustomersAreAddedAndEdited(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("mo", commitments.Manager)
		v, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{
			Name: new("Acme"), Manager: new("mo"), Padding: new("3d"), Sale: new("5000"), Every: new("3y"), Years: new("15"), Note: new("likes the phone"),
			Contact: &store.ContactInput{Name: "Jo", Phone: new("+48 123"), Email: new("Jo@acme.example"), Prefers: new("phone")},
		})
		must(t, err)
		if *v.Manager != "mo" || v.Lifetime != commitments.Dollars(25000) || !strings.HasSuffix(*v.ValueText, "= 25,000 USD") || v.QuietDays != nil {
			t.Errorf("added %+v", v)
		}
		e, err := h.EditCustomer(h.ctx, h.ada, "ACME ", store.CustomerInput{
			Margin: new("40%"), Contact: &store.ContactInput{Name: "jo", Phone: new("+48 456")},
		})
		must(t, err)
		if want := []store.Contact{{Name: "jo", Phone: "+48 456", Email: "jo@acme.example", Prefers: "phone"}}; !reflect.DeepEqual(e.People, want) || e.Lifetime != commitments.Dollars(10000) {
			t.Errorf("edited %+v", e)
		}
		e, err = h.EditCustomer(h.ctx, h.ada, "acme", store.CustomerInput{Drop: new("Jo"), Sale: new("")})
		must(t, err)
		if len(e.People) != 0 || e.Lifetime.Known || e.ValueText != nil {
			t.Errorf("after dropping %+v", e)
		}
		var since int
		must(t, h.Raw().Get(&since, "SELECT count(*) FROM people WHERE name = 'mo' AND manages_since IS NOT NULL"))
		if since != 1 {
			t.Error("nothing says since when mo manages customers")
		}
	})
}

// Digests are owed from when somebody looks after customers: again, after they had none.
func TestSinceWhenAPersonManages(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("mo", commitments.Manager)
		since := func() (at int64) {
			must(t, h.Raw().Get(&at, "SELECT coalesce(manages_since, 0) FROM people WHERE name = 'mo'"))
			return at
		}
		edit := func(in store.CustomerInput) {
			_, err := h.EditCustomer(h.ctx, h.ada, "acme", in)
			must(t, err)
		}
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("acme"), Manager: new("mo")})
		must(t, err)
		first := since()
		if edit(store.CustomerInput{Note: new("x")}); first == 0 || since() != first {
			t.Errorf("since %d, and %d after an edit of something else", first, since())
		}
		edit(store.CustomerInput{Manager: new("")})
		if edit(store.CustomerInput{Manager: new("mo")}); since() <= first {
			t.Error("a second time begins where the first did")
		}
	})
}

func TestTheCustomersJSONIsItsContract(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		v, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme"), Contact: &store.ContactInput{Name: "Jo"}})
		must(t, err)
		text, err := json.Marshal(v)
		must(t, err)
		want := `{"id":1,"name":"Acme","manager":null,"people":[{"name":"Jo","role":null,"phone":null,"email":null,"prefers":null}],"calendar":null,"padding":null,` +
			`"lifetime_value":null,"currency":"USD","value_text":null,"note":null,"open":0,"kept":0,"broken":0,"last_touch_at":null,"quiet_days":null}`
		if string(text) != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
	})
}

func TestWrongCustomersAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		member := h.person("me", commitments.Member)
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme")})
		must(t, err)
		for _, c := range []struct {
			in    store.CustomerInput
			kind  error
			field string
		}{
			{store.CustomerInput{}, commitments.ErrInvalid, "name"},
			{store.CustomerInput{Name: new(" ＡＣＭＥ")}, commitments.ErrRefused, "name"},
			{store.CustomerInput{Name: new("x"), Manager: new("nobody")}, commitments.ErrNotFound, "manager"},
			{store.CustomerInput{Name: new("x"), Calendar: new("none")}, commitments.ErrNotFound, "calendar"},
			{store.CustomerInput{Name: new("x"), Padding: new("lots")}, commitments.ErrInvalid, "padding"},
			{store.CustomerInput{Name: new("x"), Sale: new("5,000")}, commitments.ErrInvalid, "sale"},
			{store.CustomerInput{Name: new("x"), Every: new("3")}, commitments.ErrInvalid, "every"},
			{store.CustomerInput{Name: new("x"), Every: new("y")}, commitments.ErrInvalid, "every"},
			{store.CustomerInput{Name: new("x"), Years: new("0")}, commitments.ErrInvalid, "years"},
			{store.CustomerInput{Name: new("x"), Margin: new("140%")}, commitments.ErrInvalid, "margin"},
			{store.CustomerInput{Name: new("x"), Contact: &store.ContactInput{Name: "Jo", Prefers: new("fax")}}, commitments.ErrInvalid, "prefers"},
			{store.CustomerInput{Name: new("x"), Drop: new("Jo")}, commitments.ErrNotFound, "contact"},
		} {
			_, err := h.AddCustomer(h.ctx, h.ada, c.in)
			refused(t, err, c.kind, c.field)
		}
		_, err = h.AddCustomer(h.ctx, member, store.CustomerInput{Name: new("x")})
		refused(t, err, commitments.ErrRefused, "as")
		all, err := h.Customers(h.ctx, h.ada)
		must(t, err)
		if len(all) != 1 {
			t.Errorf("%d customers after refusals, want 1", len(all))
		}
	})
}

func TestI35_NearDuplicateCustomersAreWarnedOf(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Müller & Söhne GmbH")})
		must(t, err)
		for name, warned := range map[string]bool{
			"Mu\u0308ller & So\u0308hne": true, "Muller Sohne Ltd.": true, "Müller & Sohn": true, "Müller & Partner": false, "Miller & Söhne GmbH": true, "Mosaic": false,
		} {
			v, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: &name})
			must(t, err)
			if (len(v.Warnings) > 0) != warned {
				t.Errorf("%s: warnings %v", name, v.Warnings)
			}
			_, err = h.Raw().Exec("DELETE FROM customers WHERE id = " + number(v.ID))
			must(t, err)
		}
	})
}

// TestCustomersCountAsVerdictsDo holds the counting in SQL to the rules, over every
// way a promise can end.
func TestCustomersCountAsVerdictsDo(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for _, history := range [][]string{
			{}, {"deliver 2020-11-20"}, {"deliver 2020-11-21T00:00:00.000001Z"}, {"deliver 2020-11-10"},
			{"withdraw 2020-11-10"}, {"withdraw 2020-11-20T23:59:59Z"}, {"withdraw 2020-11-22"},
			{"move us 2020-11-10"}, {"move customer 2020-11-10"}, {"move customer 2020-11-21T00:00:00Z"},
			{"move customer 2020-11-10", "deliver 2020-11-28"}, {"move us 2020-11-10", "deliver 2020-11-28"},
			{"move customer 2020-11-10", "deliver 2020-12-03"}, {"move customer 2020-11-10", "withdraw 2020-11-21"}, {"move customer 2020-11-10", "withdraw 2020-12-03"},
		} {
			id := number(h.promise().ID)
			for _, step := range history {
				h.live(id, step)
			}
		}
		h.promise(func(p *store.NewPromise) { p.Promise, p.DateBy = "", "2020-11-20" })
		acme, err := h.Customer(h.ctx, h.ada, "acme")
		must(t, err)
		var open, kept, broken int
		for _, closed := range []bool{false, true} {
			views, err := h.List(h.ctx, h.ada, store.Filter{Closed: closed}, now())
			must(t, err)
			for _, v := range views {
				if v.Stage.Open() {
					open++
				}
				if k := v.Verdict.KeptFirst; k != nil && *k {
					kept++
				} else if k != nil {
					broken++
				}
			}
		}
		if open == 0 || kept == 0 || broken == 0 {
			t.Fatal("the histories do not cover every count")
		}
		page, err := h.CustomerPage(h.ctx, h.ada, "acme", now())
		must(t, err)
		if page.Open != open || page.Kept != kept || page.Broken != broken || page.Open+page.ClosedCount != 16 || len(page.Closed) != min(10, page.ClosedCount) {
			t.Errorf("on the page: open %d, kept %d, broken %d; by the verdicts %d, %d, %d", page.Open, page.Kept, page.Broken, open, kept, broken)
		}
		if acme.Open != open || acme.Kept != kept || acme.Broken != broken {
			t.Errorf("open %d, kept %d, broken %d; by the verdicts %d, %d, %d", acme.Open, acme.Kept, acme.Broken, open, kept, broken)
		}
	})
}

func TestCountsStopWhereSightDoes(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		core := h.person("cy", commitments.Member, "Core")
		h.promise(func(p *store.NewPromise) { p.Team = "Core" })
		h.promise(func(p *store.NewPromise) { p.Team = "Web" })
		h.promise()
		for actor, want := range map[*commitments.Actor]int{&h.ada: 3, &core: 2} {
			v, err := h.Customer(h.ctx, *actor, "acme")
			must(t, err)
			if v.Open != want {
				t.Errorf("%s sees %d open promises, want %d", actor.Name, v.Open, want)
			}
		}
	})
}

func TestATouchIsTheCustomersLastWord(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		member, viewer, elsewhere := h.person("me", commitments.Member), h.person("vi", commitments.Viewer), h.person("mo", commitments.Manager)
		must(t, second(h.Touch(h.ctx, store.TouchInput{By: member, Customer: "acme", Channel: "Email", Inbound: true, Note: "asked how we are", At: "2020-11-04T10:00:00Z"})))
		must(t, second(h.Touch(h.ctx, store.TouchInput{By: member, Commitment: "1", Channel: "phone", NotReached: true, Note: "voice mail", At: "2020-11-05T10:00:00Z"})))
		v, err := h.Customer(h.ctx, h.ada, "Acme")
		must(t, err)
		if v.LastTouch != instant("2020-11-05T10:00:00Z") || v.QuietDays == nil {
			t.Errorf("last touch %s, quiet %v", v.LastTouch, v.QuietDays)
		}
		d, err := h.Show(h.ctx, h.ada, "1", instant("2020-11-06T10:00:00Z"))
		must(t, err)
		if len(d.Touches) != 1 || d.Touches[0].Reached || d.Touches[0].Outcome != "" {
			t.Errorf("touches of the promise %+v", d.Touches)
		}
		_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Other")})
		must(t, err)
		for _, c := range []struct {
			in    store.TouchInput
			kind  error
			field string
		}{
			{store.TouchInput{By: h.ada, Customer: "acme", Note: "x"}, commitments.ErrInvalid, "channel"},
			{store.TouchInput{By: h.ada, Customer: "acme", Channel: "phone"}, commitments.ErrInvalid, "note"},
			{store.TouchInput{By: h.ada, Customer: "acne", Channel: "phone", Note: "x"}, commitments.ErrNotFound, "customer"},
			{store.TouchInput{By: viewer, Customer: "acme", Channel: "phone", Note: "x"}, commitments.ErrRefused, "as"},
			{store.TouchInput{By: elsewhere, Customer: "acme", Channel: "phone", Note: "x"}, commitments.ErrRefused, "as"},
			{store.TouchInput{By: h.ada, Customer: "other", Commitment: "1", Channel: "phone", Note: "x"}, commitments.ErrRefused, "id"},
			{store.TouchInput{By: h.ada, Commitment: "1", Channel: "phone", Note: "x", At: "2020-11-01"}, commitments.ErrRefused, "at"},
			{store.TouchInput{By: h.ada, Customer: "acme", Channel: "phone", Note: "x", At: "2199-11-01"}, commitments.ErrRefused, "at"},
		} {
			refused(t, second(h.Touch(h.ctx, c.in)), c.kind, c.field)
		}
	})
}
