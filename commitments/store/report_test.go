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
