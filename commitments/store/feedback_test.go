package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

// contacts gives Acme people, first of whom the surveys go to.
func (h *home) contacts(names ...string) {
	h.t.Helper()
	for _, name := range names {
		_, err := h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Contact: &store.ContactInput{Name: name}})
		must(h.t, err)
	}
}

// delivered is a promise to a customer, delivered on 2020-11-19 at noon.
func (h *home) delivered(customer string) string {
	h.t.Helper()
	p := h.promise(func(p *store.NewPromise) { p.Customer, p.Words = customer, "Everybody signs in once" })
	h.live(number(p.ID), "deliver 2020-11-19T12:00:00Z")
	return number(p.ID)
}

// survey asks the customer of a promise, and gives the token of the link.
func (h *home) survey(ref, at, to string) string {
	h.t.Helper()
	v, err := h.Survey(h.ctx, h.op(ref, at), to)
	must(h.t, err)
	return v.Token
}

// asked makes a survey that is still open now.
func (h *home) asked(ref string) string { return h.survey(ref, "", "") }

func TestASurveyIsAnsweredOnce(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		ref := h.delivered("Acme")
		h.contacts("Jo")
		token := h.asked(ref)
		for range 3 { // as the programs do that look at links in letters
			page, err := h.SurveyPage(h.ctx, token)
			must(t, err)
			if page.Title != "Single sign-on" || page.Words != "Everybody signs in once" || page.DeliveredOn != day("2020-11-19") {
				t.Errorf("page %+v", page)
			}
		}
		refused(t, h.AnswerSurvey(h.ctx, token, store.Rating{Rating: "6"}), commitments.ErrInvalid, "rating")
		must(t, h.AnswerSurvey(h.ctx, token, store.Rating{Rating: "5", Comment: "Lovely.\r\nThank\u202E you"}))
		must(t, h.AnswerSurvey(h.ctx, token, store.Rating{Rating: "5", Comment: "Lovely.\nThank you"}))
		refused(t, h.AnswerSurvey(h.ctx, token, store.Rating{Rating: "1"}), commitments.ErrRefused, "")
		_, err := h.SurveyPage(h.ctx, token)
		refused(t, err, commitments.ErrRefused, "")
		d, err := h.Show(h.ctx, h.ada, ref, instant("2100-01-01 00:00"))
		must(t, err)
		if len(d.Ratings) != 1 || d.Rating.Rating != 5 || *d.Rating.Comment != "Lovely.\nThank you" || *d.Rating.By != "Jo" || d.Surveys[0].AnsweredAt != d.Rating.At {
			t.Errorf("rating %+v, surveys %+v", d.Rating, d.Surveys)
		}
		_, err = h.Survey(h.ctx, h.op(ref, ""), "")
		refused(t, err, commitments.ErrRefused, "")
	})
}

func TestOfTwoAnswersAtOnceOneIsStored(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		token := h.asked(h.delivered("Acme"))
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				errs[i] = h.AnswerSurvey(h.ctx, token, store.Rating{Rating: "3", Comment: strings.Repeat("x", i)})
			})
		}
		wg.Wait()
		stored := 0
		for _, err := range errs {
			if err == nil {
				stored++
			} else if !errors.Is(err, commitments.ErrRefused) {
				t.Error(err)
			}
		}
		if n := h.rows("ratings"); stored != 1 || n != 1 {
			t.Errorf("%d answers were taken, %d ratings stored", stored, n)
		}
	})
}

func TestWhoeverHasNoTokenFindsNoSurvey(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		ref := h.delivered("Acme")
		token := h.asked(ref)
		old := h.survey(h.delivered("Globex"), "2020-12-01T09:00:00Z", "")
		for _, c := range []struct {
			token string
			kind  error
		}{{"", commitments.ErrNotFound}, {strings.ToLower(token), commitments.ErrNotFound}, {token[1:], commitments.ErrNotFound}, {old, commitments.ErrRefused}} {
			_, err := h.SurveyPage(h.ctx, c.token)
			refused(t, err, c.kind, "")
			refused(t, h.AnswerSurvey(h.ctx, c.token, store.Rating{Rating: "3"}), c.kind, "")
		}
		var kept int
		must(t, h.Raw().Get(&kept, h.Raw().Rebind("SELECT count(*) FROM surveys, events WHERE token_hash LIKE ? OR data LIKE ?"), "%"+token+"%", "%"+token+"%"))
		if kept != 0 {
			t.Error("the token is in the database")
		}
	})
}

func TestPeopleAreLeftInPeace(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		first, second := h.delivered("Acme"), h.delivered("Acme")
		h.contacts("Jo", "Kim")
		h.survey(first, "2020-12-01T09:00:00Z", "jo")
		for _, c := range []struct {
			ref, at, to string
			may         bool
		}{
			{first, "2020-12-02T09:00:00Z", "Jo", false},
			{second, "2021-03-01T08:00:00Z", "Jo", false}, // an hour too early
			{second, "2020-11-25T08:00:00Z", "Jo", false}, // before the other, but no further away
			{second, "2020-12-02T09:00:00Z", "Kim", true},
			{second, "2021-03-01T09:00:00Z", "Jo", true},
		} {
			if _, err := h.Survey(h.ctx, h.op(c.ref, c.at), c.to); (err == nil) != c.may {
				t.Errorf("%s on %s: %v", c.to, c.at, err)
			}
		}
	})
}

func TestWhereNobodyIsKnownTheCustomerRests(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		first, second := h.delivered("Acme"), h.delivered("Acme")
		h.survey(first, "2020-12-01T09:00:00Z", "")
		_, err := h.Survey(h.ctx, h.op(second, "2020-12-02T09:00:00Z"), "")
		refused(t, err, commitments.ErrRefused, "")
		h.contacts("Jo") // who may well be the one who was asked
		_, err = h.Survey(h.ctx, h.op(second, "2020-12-02T09:00:00Z"), "Jo")
		refused(t, err, commitments.ErrRefused, "")
		h.survey(second, "2021-03-02T09:00:00Z", "Jo")
	})
}

func TestNobodyIsAskedWhileARescueIsOpen(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		ref := h.delivered("Acme")
		late := h.promise()
		_, err := h.Survey(h.ctx, h.op(ref, "2020-11-23T09:00:00Z"), "")
		refused(t, err, commitments.ErrRefused, "")
		if !strings.Contains(err.Error(), "the rescue of promise "+number(late.ID)) {
			t.Error(err)
		}
		h.survey(ref, "2020-11-20T09:00:00Z", "") // on the last day it is not late yet
	})
}

func TestWhatACustomerSaidOutlivesThePerson(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		ref := h.delivered("Acme")
		h.contacts("Jo")
		_, err := h.Rate(h.ctx, h.op(ref, "2020-11-23T09:00:00Z"), store.Rating{Rating: "2", By: "jo"})
		must(t, err)
		h.survey(ref, "2020-11-24T09:00:00Z", "Jo")
		_, err = h.EditCustomer(h.ctx, h.ada, "Acme", store.CustomerInput{Drop: new("Jo")})
		must(t, err)
		d, err := h.Show(h.ctx, h.ada, ref, now())
		must(t, err)
		if d.Rating.Rating != 2 || d.Rating.By != nil || d.Surveys[0].Contact != nil {
			t.Errorf("rating %+v, surveys %+v", d.Rating, d.Surveys)
		}
	})
}

func TestARatingIsOfWhatWasDelivered(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		open, gone, ref := h.promise(), h.promise(), h.delivered("Acme")
		h.live(number(gone.ID), "withdraw 2020-11-10T09:00:00Z")
		for _, c := range []struct{ ref, at, field string }{
			{number(open.ID), "2020-11-23T09:00:00Z", ""}, {number(gone.ID), "2020-11-23T09:00:00Z", ""}, {ref, "2020-11-19T11:00:00Z", "at"},
		} {
			_, err := h.Rate(h.ctx, h.op(c.ref, c.at), store.Rating{Rating: "3"})
			refused(t, err, commitments.ErrRefused, c.field)
		}
		for _, in := range []store.Rating{{Rating: "4", Comment: "good"}, {Rating: "1"}} {
			_, err := h.Rate(h.ctx, h.op(ref, "2020-11-23T09:00:00Z"), in)
			must(t, err)
		}
		_, err := h.Rate(h.ctx, h.op(ref, "2020-11-20T09:00:00Z"), store.Rating{Rating: "5"}) // said earlier, recorded later
		must(t, err)
		all, err := h.Ratings(h.ctx, h.ada, "Acme", instant("2020-11-23 09:00"))
		must(t, err)
		var now int
		must(t, h.Raw().Get(&now, "SELECT rating FROM commitments WHERE id = "+ref))
		if now != 1 || len(all) != 3 || all[0].Rating != 1 || all[2].Rating != 5 || all[0].Title != "Single sign-on" {
			t.Errorf("now %d, all %+v", now, all)
		}
	})
}

func TestWhoMayAskTheCustomer(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		ref := h.delivered("Acme")
		cy := h.person("cy", commitments.Viewer)
		_, err := h.Survey(h.ctx, store.Op{By: cy, Ref: ref}, "")
		refused(t, err, commitments.ErrRefused, "")
	})
}

func TestAListsRatingsAreWhatCustomersSaid(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		const first = header + "A1,Acme,Bo,,Login,,2020-11-02,,2020-11-20,2020-11-19,,3\nA2,Acme,Bo,,Export,,2020-11-02,,2020-11-20,,,4\nA3,Acme,Bo,,Search,,2020-11-02,,2020-11-20,2020-11-19,,\n"
		h.importing(first, func(o *store.ImportOptions) { o.At = "2020-11-25T00:00:00Z" })
		all, err := h.Ratings(h.ctx, h.ada, "Acme", now())
		must(t, err)
		if len(all) != 2 || all[0].Rating != 4 || all[0].At != instant("2020-11-21 00:00") || all[1].Rating != 3 || all[1].At != instant("2020-11-20 00:00") {
			t.Errorf("ratings %+v", all)
		}
		_, err = h.Rate(h.ctx, h.op("A1", "2020-12-01T09:00:00Z"), store.Rating{Rating: "5"})
		must(t, err)
		if out := h.importing(first); out.Unchanged != 3 { // the list is older than what they said since
			t.Errorf("the same list again: %+v", out)
		}
		later := strings.NewReplacer(",3\n", ",2\n", "2020-11-19,,\n", "2020-11-19,,1\n").Replace(first)
		if out := h.importing(later); out.Updated != 2 || out.Unchanged != 1 {
			t.Errorf("a corrected list: %+v", out)
		}
		for ref, want := range map[string]int{"A1": 5, "A2": 4, "A3": 1} {
			d, err := h.Show(h.ctx, h.ada, ref, now())
			must(t, err)
			if d.Rating == nil || d.Rating.Rating != want {
				t.Errorf("%s: %+v, want %d", ref, d.Rating, want)
			}
			h.replays(t, d.ID)
		}
	})
}

func TestACustomersPageListsWhatIsNotAnswered(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		hidden := h.promise(func(p *store.NewPromise) { p.Team = "Core" })
		h.live(number(hidden.ID), "deliver 2020-11-19T12:00:00Z")
		ref := h.delivered("Acme")
		h.contacts("Jo", "Kim")
		token := h.survey(ref, "", "Jo")
		h.survey(number(hidden.ID), "", "Kim")
		outstanding := func(by commitments.Actor) int {
			page, err := h.CustomerPage(h.ctx, by, "Acme", calendar.InstantOf(time.Now()))
			must(t, err)
			return len(page.Surveys)
		}
		if all, some := outstanding(h.ada), outstanding(h.person("Mem", commitments.Member)); all != 2 || some != 1 {
			t.Errorf("Ada sees %d, somebody of no team %d", all, some)
		}
		must(t, h.AnswerSurvey(h.ctx, token, store.Rating{Rating: "4"}))
		if n := outstanding(h.ada); n != 1 {
			t.Errorf("%d once one was answered", n)
		}
	})
}
