package main

import (
	"fmt"
	"net"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
)

type surveyCmd struct {
	recording
	ID text `arg:"" help:"Number of the promise, or its id elsewhere."`
	To text `help:"Whom at the customer you ask. Default: the first contact." placeholder:"NAME"`
}

// Help is shown by kept help survey.
func (surveyCmd) Help() string {
	return "Makes a link to a plain page with one question, for you to send: Kept writes to no customer. It works once, for 30 days, and is shown " +
		"here only. Nobody is asked while a rescue is open, nor twice within 90 days.\n\n" + example("kept survey 42", "kept survey 42 --to 'Jo Stone'")
}

// Run makes a survey and shows its link.
func (c *surveyCmd) Run(a *app) error {
	base, local, err := a.publicURL()
	if err != nil {
		return err
	}
	s, op, err := a.op(c.ID, c.At)
	if err != nil {
		return err
	}
	v, err := s.Survey(a.ctx, op, string(c.To))
	if err != nil {
		return err
	}
	if local {
		warn(a.err, "this link works on this machine only: set KEPT_PUBLIC_URL to the address at which customers reach kept serve")
	}
	link := base + "/s/" + v.Token
	if a.flags.JSON {
		return a.out.json(struct {
			store.SurveyAsked
			Link string `json:"link"`
		}{v, link})
	}
	a.out.line("Survey: promise %d to %s, %s.", v.ID, v.Customer, v.Title)
	a.out.list([][2]string{{"send to", or(v.Contact, v.Customer)}, {"link", link}, {"works until", clockTime(v.ExpiresAt, v.Zone) + ", once"}})
	return nil
}

// publicURL is where customers reach kept serve, without a slash at its end, and whether
// that is on this machine only.
func (a *app) publicURL() (url string, local bool, err error) {
	set, err := a.settings()
	if err != nil {
		return "", false, err
	}
	if url = set["public_url"].value; url != "" {
		return strings.TrimRight(url, "/"), false, nil
	}
	host, port, err := net.SplitHostPort(set["listen"].value)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ip := net.ParseIP(host)
	return "http://" + net.JoinHostPort(host, port), host == "localhost" || ip != nil && ip.IsLoopback(), err
}

type rateCmd struct {
	recording
	ID      text `arg:"" help:"Number of the promise, or its id elsewhere."`
	Rating  text `arg:"" help:"From 1, poor, to 5, great."`
	Comment text `help:"What they said, in their words." placeholder:"TEXT"`
	By      text `help:"Who at the customer said it." placeholder:"NAME"`
}

// Help is shown by kept help rate.
func (rateCmd) Help() string {
	return "Enter only what the customer was asked and said. Silence, and a polite \"fine\", are unknown, not good: leave them out.\n\n" +
		example("kept rate 42 5 --comment 'faster than we had hoped' --by 'Jo Stone'")
}

// Run enters a rating.
func (c *rateCmd) Run(a *app) error {
	in := store.Rating{Rating: string(c.Rating), Comment: string(c.Comment), By: string(c.By)}
	return a.record(c.ID, c.At, "Rated", func(s *store.Store, op store.Op) (commitments.View, error) {
		return s.Rate(a.ctx, op, in)
	})
}

// ratingWords is the customer's newest rating in words.
func ratingWords(r *commitments.RatingView) string {
	if r == nil {
		return ""
	}
	text := fmt.Sprintf("%d of 5", r.Rating)
	if r.By != nil {
		text += " by " + *r.By
	}
	if words := r.Words(); words != "" {
		text += ": " + words
	}
	return text
}

// feedback shows the surveys that are outstanding, and all ratings where there are several.
func (a *app) feedback(d store.Detail) {
	for _, s := range d.Surveys {
		if s.Outstanding(d.AsOf) {
			a.out.line("\n%s was asked on %s how we did, and has until %s to answer.", or(s.Contact, d.Customer), clockTime(s.AskedAt, d.Zone), clockTime(s.ExpiresAt, d.Zone))
		}
	}
	if d.LetDown {
		a.out.line("\n%s was let down: call them, and open a rescue with `kept rescue open %d`.", d.Customer, d.ID)
	}
	if len(d.Ratings) < 2 {
		return
	}
	a.out.line("\nRatings:")
	var rows [][2]string
	for _, r := range d.Ratings {
		rows = append(rows, [2]string{clockTime(r.At, d.Zone), ratingWords(&r)})
	}
	a.out.list(rows)
}
