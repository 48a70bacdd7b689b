package store_test

import (
	"reflect"
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

func TestPeopleAreAddedAndEdited(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		v, err := h.AddPerson(h.ctx, h.ada, store.PersonInput{
			Name: new("  Bo  Li "), Email: new("Bo@Example.com"), Role: new("lead"), Teams: &[]string{"web", "Core"}, Backup: new("ada@example.com"),
			Slack: new("U024BE7LH"), Zone: new("Asia/Tokyo"), Digest: new("Friday 17:30"),
		})
		must(t, err)
		if v.Name != "Bo  Li" || v.Email != "bo@example.com" || v.Role != commitments.Lead || v.Backup != "Ada" || v.Zone != "Asia/Tokyo" ||
			v.SlackUser != "U024BE7LH" || v.DigestAt != "fri 17:30" || !reflect.DeepEqual(v.Teams, []string{"Web", "Core"}) {
			t.Errorf("added %+v", v)
		}
		v, err = h.EditPerson(h.ctx, h.ada, "bo li", store.PersonInput{Zone: new(""), Teams: &[]string{"Core"}, Backup: new("")})
		must(t, err)
		if v.Zone != "" || v.Backup != "" || v.Role != commitments.Lead || !reflect.DeepEqual(v.Teams, []string{"Core"}) {
			t.Errorf("edited %+v", v)
		}
		people, err := h.People(h.ctx)
		must(t, err)
		if len(people) != 2 || people[0].Name != "Ada" || people[1].Name != "Bo  Li" {
			t.Errorf("people %+v", people)
		}
	})
}

func TestWrongPeopleAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		bo := h.person("bo", commitments.Member)
		for _, c := range []struct {
			in    store.PersonInput
			kind  error
			field string
		}{
			{store.PersonInput{}, commitments.ErrInvalid, "name"},
			{store.PersonInput{Name: new("x"), Email: new("nowhere")}, commitments.ErrInvalid, "email"},
			{store.PersonInput{Name: new("x"), Email: new("BO@example.com")}, commitments.ErrRefused, "email"},
			{store.PersonInput{Name: new("x"), Role: new("boss")}, commitments.ErrInvalid, "role"},
			{store.PersonInput{Name: new("x"), Teams: &[]string{"none"}}, commitments.ErrNotFound, "team"},
			{store.PersonInput{Name: new("x"), Backup: new("nobody")}, commitments.ErrNotFound, "backup"},
			{store.PersonInput{Name: new("x"), Slack: new("@bo")}, commitments.ErrInvalid, "slack"},
			{store.PersonInput{Name: new("x"), Zone: new("Mars/Base")}, commitments.ErrInvalid, "zone"},
			{store.PersonInput{Name: new("x"), Digest: new("someday 9")}, commitments.ErrInvalid, "digest"},
			{store.PersonInput{Name: new("x"), Digest: new("mon 24:00")}, commitments.ErrInvalid, "digest"},
			{store.PersonInput{Name: new("a\x1b[31mb")}, commitments.ErrInvalid, "name"},
		} {
			_, err := h.AddPerson(h.ctx, h.ada, c.in)
			refused(t, err, c.kind, c.field)
		}
		_, err := h.AddPerson(h.ctx, bo, store.PersonInput{Name: new("x")})
		refused(t, err, commitments.ErrRefused, "as")
		_, err = h.EditPerson(h.ctx, h.ada, "ada", store.PersonInput{Role: new("member")})
		refused(t, err, commitments.ErrRefused, "role")
		_, err = h.EditPerson(h.ctx, h.ada, "bo", store.PersonInput{Backup: new("bo")})
		refused(t, err, commitments.ErrInvalid, "backup")
		people, err := h.People(h.ctx)
		must(t, err)
		if len(people) != 2 {
			t.Errorf("%d people after refusals, want 2", len(people))
		}
	})
}

func TestAnErasedPersonIsNobody(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		h.promise(func(p *store.NewPromise) { p.Owner = "bo" })
		refused(t, h.ErasePerson(h.ctx, h.ada, "bo"), commitments.ErrRefused, "person")
		_, err := h.HandOver(h.ctx, h.op("1", "2020-11-03T09:00:00Z"), "Ada", "the customer wants a demo first")
		must(t, err)
		must(t, h.ErasePerson(h.ctx, h.ada, "bo"))
		for _, ref := range []string{"bo", "bo@example.com", "2"} {
			_, err := h.Person(h.ctx, ref)
			refused(t, err, commitments.ErrNotFound, "person")
		}
		var traces int
		must(t, h.Raw().Get(&traces, "SELECT count(*) FROM people WHERE lower(name || name_key || email || slack_user) LIKE '%bo%'"))
		if traces != 0 {
			t.Error("the name is still there")
		}
		refused(t, h.ErasePerson(h.ctx, h.ada, "ada"), commitments.ErrRefused, "person")
	})
}

func TestSomeoneAwayHasASubstitute(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		h.person("cy", commitments.Member)
		v, err := h.SetAway(h.ctx, h.ada, "bo", store.Away{First: "2020-12-01", Last: "2020-12-05", Substitute: "cy"})
		must(t, err)
		if len(v.Absences) != 1 || v.Absences[0].Substitute != "cy" || v.Absences[0].First != day("2020-12-01") {
			t.Errorf("away %+v", v.Absences)
		}
		v, err = h.SetAway(h.ctx, h.ada, "bo", store.Away{First: "2020-12-03", Last: "2020-12-08", Substitute: "ada"})
		must(t, err)
		if len(v.Absences) != 1 || v.Absences[0].Substitute != "Ada" {
			t.Errorf("the later word does not stand: %+v", v.Absences)
		}
		for _, c := range []struct {
			who, first, last, substitute string
			kind                         error
			field                        string
		}{
			{"bo", "2020-12-05", "2020-12-01", "cy", commitments.ErrInvalid, "to"},
			{"bo", "2020-12-05", "2020-12-06", "bo", commitments.ErrInvalid, "substitute"},
			{"cy", "2020-12-05", "2020-12-06", "bo", commitments.ErrRefused, "substitute"},
			{"cy", "05/06/2026", "2020-12-06", "ada", commitments.ErrInvalid, "from"},
		} {
			_, err := h.SetAway(h.ctx, h.ada, c.who, store.Away{First: c.first, Last: c.last, Substitute: c.substitute})
			refused(t, err, c.kind, c.field)
		}
	})
}

func TestTeamsKeepTheirRules(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.AddCalendar(h.ctx, h.ada, store.CalendarInput{Name: new("Tokyo"), Zone: new("Asia/Tokyo")})
		must(t, err)
		v, err := h.AddTeam(h.ctx, h.ada, store.TeamInput{
			Name: new("Core"), Channel: new("C024BE7LR"), Lead: new("ada"), Calendar: new("tokyo"), Padding: new("5d"), Alerts: new("both"),
			Thresholds: []string{"silent-days=7", "risk-burn=3/4"},
		})
		must(t, err)
		if v.Channel != "C024BE7LR" || v.Lead != "Ada" || v.Calendar != "Tokyo" || v.Padding != "5d" || v.Alerts != "both" ||
			v.Thresholds != `{"risk-burn":"3/4","silent-days":"7"}` {
			t.Errorf("added %+v", v)
		}
		e, err := h.EditTeam(h.ctx, h.ada, "core", store.TeamInput{Thresholds: []string{"silent-days="}, Calendar: new("")})
		must(t, err)
		if e.Thresholds != `{"risk-burn":"3/4"}` || e.Calendar != "" || e.Padding != "5d" || !e.Applied {
			t.Errorf("edited %+v", e)
		}
		for _, c := range []struct {
			in    store.TeamInput
			kind  error
			field string
		}{
			{store.TeamInput{}, commitments.ErrInvalid, "name"},
			{store.TeamInput{Name: new("CORE ")}, commitments.ErrRefused, "name"},
			{store.TeamInput{Name: new("x"), Channel: new("#core")}, commitments.ErrInvalid, "channel"},
			{store.TeamInput{Name: new("x"), Padding: new("5 days")}, commitments.ErrInvalid, "padding"},
			{store.TeamInput{Name: new("x"), Alerts: new("all")}, commitments.ErrInvalid, "alerts"},
			{store.TeamInput{Name: new("x"), Thresholds: []string{"silent=7"}}, commitments.ErrInvalid, "threshold"},
			{store.TeamInput{Name: new("x"), Thresholds: []string{"silent-days"}}, commitments.ErrInvalid, "threshold"},
			{store.TeamInput{Name: new("x"), Calendar: new("Tokio")}, commitments.ErrNotFound, "calendar"},
		} {
			_, err := h.AddTeam(h.ctx, h.ada, c.in)
			refused(t, err, c.kind, c.field)
		}
	})
}

func TestKindsKeepTheirPadding(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		_, err := h.AddKind(h.ctx, h.ada, store.KindInput{Name: new("SSO"), Padding: new("10d")})
		must(t, err)
		_, err = h.EditKind(h.ctx, h.ada, "sso", store.KindInput{Name: new("Single sign-on")})
		must(t, err)
		kinds, err := h.Kinds(h.ctx)
		must(t, err)
		if want := []store.KindView{{ID: 1, Name: "Single sign-on", Padding: "10d"}}; !reflect.DeepEqual(kinds, want) {
			t.Errorf("kinds %+v, want %+v", kinds, want)
		}
		added := h.promise(func(p *store.NewPromise) { p.Kind, p.Promise = "single sign-on", "2020-11-27" })
		if *added.PaddingDays != 10 {
			t.Errorf("padding %d, want the kind's 10", *added.PaddingDays)
		}
	})
}

func TestADefaultCalendarOfAnotherZoneMovesWhatIsDue(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		in := store.CalendarInput{Zone: new("America/New_York")}
		out, err := h.EditCalendar(h.ctx, h.ada, "default", in)
		must(t, err)
		if out.Applied || len(out.Moves) != 1 || out.Moves[0].NewDueAt != instant("2020-11-21T05:00:00Z") {
			t.Fatalf("listed %+v", out)
		}
		in.Apply = true
		if out, err = h.EditCalendar(h.ctx, h.ada, "default", in); err != nil || !out.Applied {
			t.Fatalf("applied %+v, %v", out, err)
		}
		d, err := h.Show(h.ctx, h.ada, "1", instant("2020-11-21T01:00:00Z"))
		must(t, err)
		if d.Stage == commitments.Overdue || d.DueAt != instant("2020-11-21T05:00:00Z") {
			t.Errorf("due today in New York, and %s, due %s", d.Stage, d.DueAt)
		}
	})
}

func TestACalendarEditListsTheDatesItMovesFirst(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		ruled := h.promise(func(p *store.NewPromise) { p.Padding = "5d" })
		typed := h.promise(func(p *store.NewPromise) { p.Target = "2020-11-13" })
		other := h.promise(func(p *store.NewPromise) { p.Promise = "2020-11-10"; p.Padding = "1d" })
		in := store.CalendarInput{Closed: []string{"2020-11-18", "2020-11-19"}}
		listed, err := h.EditCalendar(h.ctx, h.ada, "default", in)
		must(t, err)
		if listed.Applied || len(listed.Moves) != 2 {
			t.Fatalf("listed %+v", listed)
		}
		if v, err := h.Calendar(h.ctx, "default"); err != nil || len(v.Days) != 0 {
			t.Errorf("the calendar changed without a yes: %+v, %v", v, err)
		}
		in.Apply = true
		applied, err := h.EditCalendar(h.ctx, h.ada, "default", in)
		must(t, err)
		if !reflect.DeepEqual(applied.Moves, listed.Moves) {
			t.Errorf("applied %+v, listed %+v", applied.Moves, listed.Moves)
		}
		for _, c := range []struct {
			id      commitments.ID
			target  string
			padding int
		}{{ruled.ID, "2020-11-11", 5}, {typed.ID, "2020-11-13", 3}, {other.ID, "2020-11-09", 1}} {
			views, err := h.List(h.ctx, h.ada, store.Filter{}, instant("2020-11-03T09:00:00Z"))
			must(t, err)
			for _, v := range views {
				if v.ID == c.id && (v.Target != day(c.target) || *v.PaddingDays != c.padding) {
					t.Errorf("promise %d: target %s, padding %d; want %s, %d", v.ID, v.Target, *v.PaddingDays, c.target, c.padding)
				}
			}
		}
	})
}

func TestHolidaysAndClosuresStayApart(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		pl := &store.Holidays{Region: "PL", Days: []calendar.Day{{Date: day("2020-12-24"), Name: "Wigilia"}, {Date: day("2020-12-25"), Name: "Christmas"}}}
		_, err := h.AddCalendar(h.ctx, h.ada, store.CalendarInput{Name: new("Warsaw"), Zone: new("Europe/Warsaw"), Holidays: pl, Closed: []string{"2020-12-31"}})
		must(t, err)
		out, err := h.EditCalendar(h.ctx, h.ada, "warsaw", store.CalendarInput{Holidays: &store.Holidays{Region: "US", Days: []calendar.Day{{Date: day("2020-11-26"), Name: "Thanksgiving"}}}})
		must(t, err)
		want := []store.DayView{{Date: day("2020-11-26"), Name: "Thanksgiving"}, {Date: day("2020-12-31"), Name: "closed"}}
		if !reflect.DeepEqual(out.Calendar.Days, want) || out.Calendar.Holidays != "US" || out.Calendar.Hours != "mon-fri 09:00-17:00" {
			t.Errorf("calendar %+v", out.Calendar)
		}
		out, err = h.EditCalendar(h.ctx, h.ada, "warsaw", store.CalendarInput{Reopen: []string{"2020-12-31"}, Default: true})
		must(t, err)
		all, err := h.Calendars(h.ctx)
		must(t, err)
		if len(out.Calendar.Days) != 1 || len(all) != 2 || all[0].Name != "Warsaw" || !all[0].Default || all[1].Default {
			t.Errorf("calendars %+v", all)
		}
		for _, c := range []struct {
			in    store.CalendarInput
			field string
		}{
			{store.CalendarInput{Zone: new("UTC")}, "name"},
			{store.CalendarInput{Name: new("x")}, "zone"},
			{store.CalendarInput{Name: new("x"), Zone: new("Local")}, "zone"},
			{store.CalendarInput{Name: new("x"), Zone: new("UTC"), Hours: new("9 to 5")}, "hours"},
			{store.CalendarInput{Name: new("x"), Zone: new("UTC"), Closed: []string{"24.12.2026"}}, "closed"},
			{store.CalendarInput{Name: new("x"), Zone: new("UTC"), Reopen: []string{"2020-12-24"}}, "reopen"},
		} {
			_, err := h.AddCalendar(h.ctx, h.ada, c.in)
			refused(t, err, commitments.ErrInvalid, c.field)
		}
	})
}
