package store_test

import (
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// report is the report of November and December 2020 that somebody gets, as of an instant.
func (h *home) report(by commitments.Actor, at string) commitments.Report {
	h.t.Helper()
	r, err := h.Report(h.ctx, by, commitments.ReportSpec{
		From: day("2020-11-01"), To: day("2020-12-31"), At: instant(at), By: commitments.ByTeam, Calendar: calendar.Default(),
	})
	must(h.t, err)
	return r
}

// A report counts the promises that somebody may see, and nothing of the others.
func TestAReportIsOfWhatOneMaySee(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		bo := h.person("bo", commitments.Member, "Web")
		mia := h.person("mia", commitments.Manager)
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme"), Manager: new("mia")})
		must(t, err)
		h.promise(func(p *store.NewPromise) { p.Team = "Core" })
		h.promise(func(p *store.NewPromise) { p.Team = "Web" })
		h.promise(func(p *store.NewPromise) { p.Team, p.Customer = "Core", "Globex" })
		h.promise()
		h.live("1", "deliver 2020-11-20T09:00:00Z")
		h.live("2", "deliver 2020-11-23T09:00:00Z")
		for _, c := range []struct {
			by       commitments.Actor
			kept, of int
			groups   int
		}{{h.ada, 1, 4, 3}, {bo, 0, 2, 2}, {mia, 1, 3, 3}} {
			r := h.report(c.by, "2021-01-01 12:00")
			if r.KeptFirst != (commitments.KeptOf{Kept: c.kept, Of: c.of}) || len(r.Groups) != c.groups {
				t.Errorf("%s sees %+v in %d groups, want %d of %d in %d", c.by.Name, r.KeptFirst, len(r.Groups), c.kept, c.of, c.groups)
			}
		}
		if r := h.report(h.ada, "2020-11-20 12:00"); r.KeptFirst != (commitments.KeptOf{Kept: 1, Of: 1}) {
			t.Errorf("before the others were due it knows %+v", r.KeptFirst)
		}
	})
}

// Contacts with a customer and rescues count as they were known, and to whoever may see them.
func TestAReportTellsOfAnswersAndRescues(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.team("Web")
		bo := h.person("bo", commitments.Member, "Web")
		h.promise(func(p *store.NewPromise) { p.Team = "Core" })
		h.live("1", "deliver 2020-11-03T09:00:00Z")
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Globex")})
		must(t, err)
		for _, step := range []struct{ at, act string }{{"2020-11-05T10:00:00Z", "opened"}, {"2020-11-05T11:30:00Z", "called"}} {
			_, err := h.Rescue(h.ctx, h.op("1", step.at), store.RescueStep{Act: commitments.RescueAct(step.act), Reason: "quality"})
			must(t, err)
		}
		touch := func(at, customer, promise string, in bool) {
			must(t, second(h.Touch(h.ctx, store.TouchInput{By: h.ada, Customer: customer, Commitment: promise, Channel: "email", Inbound: in, Note: "-", At: at})))
		}
		touch("2020-11-09T10:00:00Z", "Acme", "1", true)
		touch("2020-11-09T11:00:00Z", "Acme", "", true)
		touch("2020-11-09T13:00:00Z", "Acme", "1", false)
		touch("2020-11-10T10:00:00Z", "Globex", "", true)
		for _, c := range []struct {
			by                          commitments.Actor
			at                          string
			inbound, unanswered, opened int
		}{{h.ada, "2021-01-01 12:00", 3, 1, 1}, {bo, "2021-01-01 12:00", 2, 1, 0}, {h.ada, "2020-11-09 12:00", 2, 2, 1}, {h.ada, "2020-11-04 12:00", 0, 0, 0}} {
			r := h.report(c.by, c.at)
			if got := r.Responses; got.Inbound != c.inbound || got.Unanswered != c.unanswered || got.Hours.Count() != c.inbound-c.unanswered {
				t.Errorf("%s at %s: answers %+v", c.by.Name, c.at, got)
			}
			if got := r.Rescues; got.Opened != c.opened || got.ByPerson != c.opened || got.Call.Count() != c.opened || got.Currency != "USD" {
				t.Errorf("%s at %s: rescues %+v", c.by.Name, c.at, got)
			}
		}
	})
}
