package store_test

import (
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

// TestNothingStoredTellsWhoWasErased looks through the whole database for somebody who
// owned and managed, and for a contact, after their digests and messages were made.
func TestNothingStoredTellsWhoWasErased(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		zorb := h.person("Zorb", commitments.Manager)
		h.person("Lea", commitments.Lead, "Core")
		must(t, second(h.EditTeam(h.ctx, h.ada, "Core", store.TeamInput{Lead: new("Lea")})))
		must(t, second(h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme"), Manager: new("Zorb"), Contact: &store.ContactInput{Name: "Jo Stonefield"}})))
		h.promise(func(p *store.NewPromise) { p.Owner, p.Team = "Zorb", "Core" })
		h.promise(func(p *store.NewPromise) { p.Owner, p.Team = "Zorb", "Core" })
		must(t, second(h.Accept(h.ctx, h.op("1", "2020-11-04T09:00:00Z"), store.Accept{By: "jo stonefield"})))
		h.done("2")
		must(t, second(h.Accept(h.ctx, h.op("2", "2020-11-11T09:00:00Z"), store.Accept{By: "Jo Stonefield"})))
		must(t, second(h.Rate(h.ctx, h.op("2", "2020-12-05T09:00:00Z"), store.Rating{Rating: "2", By: "Jo Stonefield"})))
		at := instant("2020-12-07 09:00")
		_, _, err := h.IssueDigest(h.ctx, store.Person{ID: zorb.ID, Name: zorb.Name}, "2020-W50", at, at, false)
		must(t, err)
		must(t, second(h.Raw().Exec("UPDATE deliveries SET payload = 'Zorb calls Jo Stonefield', state = 'sent', sent_at = created_at, created_at = 1")))
		if dump := strings.ToLower(h.everything()); !strings.Contains(dump, "zorb") || !strings.Contains(dump, "stonefield") {
			t.Fatal("there is nothing to erase")
		}
		must(t, second(h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Drop: new("Jo Stonefield")})))
		must(t, h.ErasePerson(h.ctx, h.ada, "Zorb"))
		dump := strings.ToLower(h.everything())
		for _, name := range []string{"zorb", "stonefield"} {
			if at := strings.Index(dump, name); at >= 0 {
				t.Errorf("%s is still there: …%s…", name, dump[max(0, at-80):min(len(dump), at+80)])
			}
		}
		if !strings.Contains(dump, `"owner":"(erased)"`) {
			t.Error("the digest does not say that somebody was erased")
		}
	})
}

func (h *home) everything() string {
	var all strings.Builder
	for _, rows := range h.dump() {
		all.WriteString(rows)
	}
	return all.String()
}
