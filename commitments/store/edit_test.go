package store_test

import (
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

func TestEverythingButThePromiseDateCanBeEdited(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		_, err := h.AddKind(h.ctx, h.ada, store.KindInput{Name: new("SSO")})
		must(t, err)
		before := h.promise().View
		v, err := h.EditPromise(h.ctx, h.op("1", ""), store.PromiseEdit{
			Title: new("SAML login"), Words: new("you can log in\nwith SAML"), Link: new("https://mail.example/1"), DoneMeans: new("they logged in"),
			Price: new("0"), Value: new("143.46"), Kind: new("sso"), Team: new("core"), UpdateEvery: new("5d"), Target: new("2020-11-12"),
		})
		must(t, err)
		if v.Title != "SAML login" || *v.Words != "you can log in\nwith SAML" || *v.Link != "https://mail.example/1" || *v.DoneMeans != "they logged in" ||
			v.Price != commitments.Dollars(0) || v.Value != (commitments.Money{Hundredths: 14346, Known: true}) || *v.Kind != "SSO" || *v.Team != "Core" ||
			v.Target != day("2020-11-12") || *v.PaddingDays != 6 {
			t.Errorf("edited %+v", v)
		}
		stored, err := h.Show(h.ctx, h.ada, "1", now())
		must(t, err)
		if stored.Promise != before.Promise || stored.FirstDate != before.FirstDate || stored.Target != v.Target || stored.Title != v.Title || stored.Version != before.Version+1 {
			t.Errorf("stored %+v", stored.View)
		}
	})
}

func TestWrongEditsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.promise(func(p *store.NewPromise) { p.Promise, p.DateBy = "", "2020-11-20" })
		for _, c := range []struct {
			ref   string
			in    store.PromiseEdit
			kind  error
			field string
		}{
			{"1", store.PromiseEdit{}, commitments.ErrInvalid, ""},
			{"1", store.PromiseEdit{Title: new(" ")}, commitments.ErrInvalid, "what"},
			{"1", store.PromiseEdit{Price: new("-1")}, commitments.ErrInvalid, "price"},
			{"1", store.PromiseEdit{Kind: new("none")}, commitments.ErrNotFound, "kind"},
			{"1", store.PromiseEdit{Team: new("none")}, commitments.ErrNotFound, "team"},
			{"1", store.PromiseEdit{UpdateEvery: new("daily")}, commitments.ErrInvalid, "update-every"},
			{"1", store.PromiseEdit{Target: new("2020-11-21")}, commitments.ErrRefused, "target"},
			{"1", store.PromiseEdit{DateBy: new("2020-11-21")}, commitments.ErrRefused, "date-by"},
			{"2", store.PromiseEdit{Target: new("2020-11-21")}, commitments.ErrRefused, "target"},
			{"2", store.PromiseEdit{DateBy: new("2020-11-01")}, commitments.ErrRefused, "date-by"},
			{"3", store.PromiseEdit{Title: new("x")}, commitments.ErrNotFound, "id"},
		} {
			_, err := h.EditPromise(h.ctx, h.op(c.ref, "2020-11-03T09:00:00Z"), c.in)
			refused(t, err, c.kind, c.field)
		}
		stale := h.op("1", "")
		stale.Version = 7
		_, err := h.EditPromise(h.ctx, stale, store.PromiseEdit{Title: new("x")})
		refused(t, err, commitments.ErrConflict, "version")
		v, err := h.EditPromise(h.ctx, h.op("2", "2020-11-03T09:00:00Z"), store.PromiseEdit{DateBy: new("2020-11-25")})
		must(t, err)
		if v.DateBy != day("2020-11-25") || v.DueAt != instant("2020-11-26 00:00") {
			t.Errorf("date by %s, due %s", v.DateBy, v.DueAt)
		}
	})
}

// TestTheNewOwnerIsToldAnew: the episode rises with a new owner, and what the old one
// was told is dealt with.
func TestTheNewOwnerIsToldAnew(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		h.promise()
		swept, err := h.Sweep(h.ctx, instant("2020-11-19T10:00:00Z"))
		must(t, err)
		if len(swept.Alerts) != 1 || swept.Alerts[0].Recipient != "Ada" {
			t.Fatalf("alerts %+v", swept.Alerts)
		}
		_, err = h.HandOver(h.ctx, h.op("1", "2020-11-19T10:30:00Z"), "bo", "")
		refused(t, err, commitments.ErrInvalid, "note")
		_, err = h.HandOver(h.ctx, h.op("1", "2020-11-19T10:30:00Z"), "ada", "x")
		refused(t, err, commitments.ErrRefused, "to")
		v, err := h.HandOver(h.ctx, h.op("1", "2020-11-19T10:30:00Z"), "bo", "call Jo, not Al")
		must(t, err)
		if v.Owner != "bo" {
			t.Errorf("owner %s", v.Owner)
		}
		if pending, err := h.Deliveries(h.ctx, store.Cancelled, 10); err != nil || len(pending) != 1 {
			t.Errorf("cancelled %+v, %v: want the old owner's message", pending, err)
		}
		swept, err = h.Sweep(h.ctx, instant("2020-11-19T11:00:00Z"))
		must(t, err)
		if len(swept.Alerts) != 2 || swept.Alerts[0].Recipient != "bo" || swept.Alerts[0].Step != "owner" || swept.Alerts[1].Step != "new-owner" {
			t.Errorf("alerts after the hand-over %+v", swept.Alerts)
		}
	})
}

func TestAnotherTeamsCalendarHoldsFromTheEditOn(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.AddCalendar(h.ctx, h.ada, store.CalendarInput{Name: new("Tokyo"), Zone: new("Asia/Tokyo")})
		must(t, err)
		_, err = h.AddTeam(h.ctx, h.ada, store.TeamInput{Name: new("Far"), Calendar: new("Tokyo")})
		must(t, err)
		h.promise()
		v, err := h.EditPromise(h.ctx, h.op("1", "2020-11-03T09:00:00Z"), store.PromiseEdit{Team: new("Far")})
		must(t, err)
		if v.Zone != "Asia/Tokyo" || v.DueAt != instant("2020-11-20 15:00") {
			t.Errorf("zone %s, due %s", v.Zone, v.DueAt)
		}
		tokyo, utc := instant("2020-11-20 15:00"), instant("2020-11-21 00:00")
		for _, step := range []struct {
			edit func(apply bool) ([]store.Move, bool, error)
			from calendar.Instant
			to   calendar.Instant
			zone string
		}{
			{func(apply bool) ([]store.Move, bool, error) {
				e, err := h.EditTeam(h.ctx, h.ada, "far", store.TeamInput{Calendar: new(""), Apply: apply})
				return e.Moves, e.Applied, err
			}, tokyo, utc, "UTC"},
			{func(apply bool) ([]store.Move, bool, error) {
				e, err := h.EditCustomer(h.ctx, h.ada, "acme", store.CustomerInput{Calendar: new("Tokyo"), Apply: apply})
				return e.Moves, e.Applied, err
			}, utc, tokyo, "Asia/Tokyo"},
		} {
			for _, apply := range []bool{false, true} { // listed, then applied
				moves, applied, err := step.edit(apply)
				must(t, err)
				if applied != apply || len(moves) != 1 || moves[0].ID != 1 || moves[0].DueAt != step.from || moves[0].NewDueAt != step.to || moves[0].Promise != day("2020-11-20") {
					t.Errorf("applied %v, moves %+v", applied, moves)
				}
				d, err := h.Show(h.ctx, h.ada, "1", now())
				must(t, err)
				if want := map[bool]calendar.Instant{false: step.from, true: step.to}[apply]; d.DueAt != want || (d.Zone == step.zone) != apply || d.Promise != day("2020-11-20") {
					t.Errorf("zone %s, due %s, want %s", d.Zone, d.DueAt, want)
				}
			}
		}
	})
}

// TestATargetFollowsItsRuleToAnotherCalendar: the customer's, or the team's. One that was
// typed stays.
func TestATargetFollowsItsRuleToAnotherCalendar(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.AddCalendar(h.ctx, h.ada, store.CalendarInput{Name: new("Closed"), Zone: new("UTC"), Closed: []string{"2020-11-18", "2020-11-19"}})
		must(t, err)
		h.team("Core")
		h.promise(func(p *store.NewPromise) { p.Team, p.Padding = "Core", "2d" })
		h.promise(func(p *store.NewPromise) { p.Team, p.Target = "Core", "2020-11-18" })
		e, err := h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Calendar: new("Closed"), Apply: true})
		must(t, err)
		if m := e.Moves; len(m) != 2 || m[0].NewTarget != day("2020-11-16") || m[1].NewTarget != day("2020-11-18") || *m[1].Padding != 2 || *m[1].NewPadding != 1 {
			t.Errorf("moves %+v", m)
		}
		_, err = h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Calendar: new(""), Apply: true})
		must(t, err)
		again, err := h.EditTeam(h.ctx, h.ada, "Core", store.TeamInput{Calendar: new("Closed")})
		must(t, err)
		if len(again.Moves) != 2 || again.Moves[0].NewTarget != day("2020-11-16") || again.Applied {
			t.Errorf("the team's: %+v", again.Moves)
		}
	})
}
