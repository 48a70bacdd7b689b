package store_test

import (
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

const long = "id,customer,owner,kind,title,made_at,target_date,promise_date,delivered_at,value,promise_time,told_at,withdrawn_at,first_promise_date,team,manager\n"

func TestALaterListAddsFacts(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing(long + "A1,Acme,Bo,,Login,2020-11-02,2020-11-13,2020-11-20,,,,,,,,\n")
		out := h.importing(long + "A1,Acme,Bo,,Login,2020-11-02,,2020-11-27,,100,,2020-11-16T10:00,,,,\n")
		if out.Updated != 1 || out.Unchanged+out.Created != 0 {
			t.Errorf("result %+v", out)
		}
		h.importing(long + "A1,Acme,Bo,,Login,2020-11-02,,2020-11-27,2020-11-26,,,,,,,\n")
		d, err := h.Show(h.ctx, h.ada, "A1", now())
		must(t, err)
		if d.Promise != day("2020-11-27") || d.FirstDate != day("2020-11-20") || d.Target != day("2020-11-13") || d.DeliveredAt != instant("2020-11-27 00:00") ||
			d.Value != commitments.Dollars(100) || len(d.Dates) != 2 || d.Dates[1].ToldAt != instant("2020-11-16 10:00") ||
			*d.Verdict.KeptFirst || !*d.Verdict.KeptAgreed || !*d.Verdict.ToldBeforeLate {
			t.Errorf("promise %+v", d)
		}
		early, err := h.Show(h.ctx, h.ada, "A1", instant("2020-11-10 00:00"))
		must(t, err)
		if early.Promise != day("2020-11-20") || early.DeliveredAt != 0 {
			t.Errorf("as of before: %+v", early.View)
		}
	})
}

func TestALaterListCorrects(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing(long + "A1,Acme,Bo,SSO,Login,2020-11-02,2020-11-13,2020-11-20,2020-11-19,100,,,,,,\n")
		h.importing(long + "A1,Globex,Cy,API,Log in,2020-11-01,2020-11-12,2020-11-20,2020-11-18,200,,,,,Core,Mo\n")
		d, err := h.Show(h.ctx, h.ada, "A1", now())
		must(t, err)
		if d.Customer != "Globex" || d.Owner != "Cy" || *d.Kind != "API" || d.Title != "Log in" || d.MadeAt != instant("2020-11-01 00:00") ||
			d.Target != day("2020-11-12") || d.DeliveredAt != instant("2020-11-19 00:00") || d.Value != commitments.Dollars(200) || *d.Team != "Core" || len(d.Dates) != 1 {
			t.Errorf("promise %+v", d.View)
		}
		if out := h.importing(long + "A1,Globex,Cy,API,Log in,2020-11-01,2020-11-12,2020-11-20,2020-11-18,200,,,,,Core,Mo\n"); out.Unchanged != 1 {
			t.Errorf("once more %+v", out)
		}
	})
}

func TestALaterListThatSaysNothingChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing(long + "A1,Acme,Bo,SSO,Login,2020-11-02,2020-11-13,2020-11-20,2020-11-19,100,17:00,,,,Core,Mo\n")
		if out := h.importing(long + "A1,,,,Login,,,2020-11-20,,,,,,,,\n"); out.Unchanged != 1 {
			t.Errorf("result %+v", out)
		}
	})
}

func TestALaterListCannotRewriteWhatWasTold(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.importing(long + "A1,Acme,Bo,,Login,2020-11-02,,2020-11-20,2020-11-19,,,,,,,\nA2,Acme,Bo,,Login,2020-11-02,,2020-11-20,,,,,2020-11-19,,,\nA3,Acme,Bo,,Login,2020-11-02,,2020-11-20,,,,,,,,\n")
		for row, column := range map[string]string{
			"A1,Acme,Bo,,Login,,,2020-11-25,,,,,,,,\n":                   "promise_date",
			"A1,Acme,Bo,,Login,,,2020-11-20,,,,,2020-11-19,,,\n":         "withdrawn_at",
			"A2,Acme,Bo,,Login,,,2020-11-20,2020-11-19,,,,,,,\n":         "delivered_at",
			"A3,Acme,Bo,,Login,,,2020-11-20,,,,,,2020-11-18,,\n":         "first_promise_date",
			"A3,Acme,Bo,,Login,,,2020-11-20,2020-11-01,,,,,,,\n":         "delivered_at",
			"A1,Acme,Bo,,Login,2020-11-20T10:00,,2020-11-20,,,,,,,,\n":   "made_at",
			"A3,Nobody at all,Bo,,Login,,,2020-11-20,,,,,,,,\n":          "customer",
			"A3,Acme,Bo,,Login,,,2020-11-20,,,,,,,No such team,\n":       "team",
			"A3,Acme,Bo,No such kind,Login,,,2020-11-20,,,,,,,,\n":       "kind",
			"A3,Acme,Bo,,Login,,,2020-11-20,,,,,,,,nobody@example.com\n": "manager",
		} {
			out, err := h.tryImport(long+row, func(o *store.ImportOptions) { o.Create = false })
			refused(t, err, commitments.ErrRefused, "")
			if len(out.Rejected) != 1 || out.Rejected[0].Column != column {
				t.Errorf("%s: rejected %+v", row, out.Rejected)
			}
		}
	})
}

func TestADryRunImportsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		out := h.importing(long+"A1,Acme,Bo,SSO,Login,2020-11-02,,2020-11-20,,,,,,,Core,Mo\n", func(o *store.ImportOptions) { o.DryRun = true })
		if out.Created != 1 || h.rows("commitments")+h.rows("customers")+h.rows("teams") != 0 || h.rows("people") != 1 {
			t.Errorf("result %+v", out)
		}
	})
}

func TestAListsManagerLooksAfterTheCustomer(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		text := long + "A1,Acme,Bo,,Login,2020-11-02,,2020-11-20,,,,,,,,Mo\nA2,Acme,Bo,,Export,2020-11-02,,2020-11-20,,,,,,,,Cy\n"
		for range 2 {
			out := h.importing(text)
			if !warned(out, "two-managers") {
				t.Errorf("warnings %v", out.Warnings)
			}
			c, err := h.Customer(h.ctx, h.ada, "Acme")
			must(t, err)
			p, err := h.Person(h.ctx, "mo")
			must(t, err)
			if *c.Manager != "Mo" || p.Role != commitments.Manager {
				t.Errorf("%s, %s, looks after Acme", *c.Manager, p.Role)
			}
		}
	})
}
