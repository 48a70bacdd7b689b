package slackapp

import (
	"cmp"
	"strings"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"
)

// askSurvey asks whom of the customer's people we ask how we did.
func askSurvey(s *sheet) {
	s.about()
	s.say(kit.Paragraph(kit.Plain("Kept makes a link to a page with one question, for you to send: it writes to no customer. It works once.")))
	var people []choice
	for _, k := range s.Desk.Contacts[:min(len(s.Desk.Contacts), 100)] {
		if k.Name != "" {
			people = append(people, choice{k.Name, k.Name})
		}
	}
	if len(people) == 0 {
		s.text(asked{block: "to", label: "Whom do you ask?", hint: "Nobody is on record at this customer: leave it empty.", optional: true})
		return
	}
	s.one(asked{block: "to", label: "Whom do you ask?", begins: people[0].value}, people...)
}

// doSurvey makes the link, and shows it in place of the question: it is kept nowhere.
func doSurvey(a *answer) error {
	v, err := a.store.Survey(a.ctx, a.op, a.text("to"))
	if err != nil {
		return err
	}
	a.shows = a.linkModal(&v)
	return nil
}

// linkModal shows the link of a survey.
func (a *App) linkModal(v *store.SurveyAsked) *modal {
	m := &modal{callback: notify.ActionSurvey, title: "Ask how we did"}
	whom := kit.Line(cmp.Or(given(v.Contact), v.Customer), 120)
	zone, err := time.LoadLocation(v.Zone)
	if err != nil {
		zone = time.UTC
	}
	link := kit.Paragraph(kit.Code(surveyLink(a.cfg.SurveyURL, v.Token)))
	m.say(kit.Paragraph(kit.Strong("Send this to "+whom+":")), link,
		kit.Paragraph(kit.Plain("It works once, until "), kit.Moment(v.ExpiresAt.Time(), v.ExpiresAt.Time().In(zone).Format("Mon 2 Jan 2006 15:04")+", "+v.Zone),
			kit.Plain(". It is shown here only, and not again.")))
	return m
}

func surveyLink(base, token string) string { return strings.TrimRight(base, "/") + "/s/" + token }

// askRate asks what the customer said of how we did.
func askRate(s *sheet) {
	s.about()
	s.one(asked{block: "rating", label: "How did we do, in their words?"},
		choice{"5", "5: great"}, choice{"4", "4: good"}, choice{"3", "3: okay"}, choice{"2", "2: not good"}, choice{"1", "1: poor"})
	s.text(asked{block: "comment", label: "What they said", optional: true, lines: true})
}

func doRate(a *answer) error {
	return errOf(a.store.Rate(a.ctx, a.op, store.Rating{Rating: a.text("rating"), Comment: a.text("comment")}))
}
