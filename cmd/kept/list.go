package main

import (
	"strings"

	"kept/commitments"
	"kept/commitments/store"
)

type listCmd struct {
	looking
	Stage    stage `help:"Only those at this stage: on-track, watch, at-risk, overdue, delivered or withdrawn." placeholder:"STAGE"`
	Owner    text  `help:"Only those of this owner." placeholder:"EMAIL"`
	Customer text  `help:"Only those to this customer." placeholder:"NAME"`
	Manager  text  `help:"Only those to customers of this account manager." placeholder:"EMAIL"`
	Team     text  `help:"Only those of this team." placeholder:"TEAM"`
	Closed   bool  `help:"The closed ones instead of the open ones."`
}

// Help is shown by kept help list.
func (listCmd) Help() string {
	return "The loudest stage comes first, in it the most valuable customer, then what is due first.\n\n" +
		example("kept list --stage at-risk --owner ada@example.com")
}

// Run lists promises, the loudest first, then those to the most valuable customers.
func (c *listCmd) Run(a *app) error {
	s, by, at, err := a.look(c.At)
	if err != nil {
		return err
	}
	found, err := s.List(a.ctx, by, c.filter(), at)
	if err != nil {
		return err
	}
	if a.flags.JSON {
		return a.out.json(found)
	}
	if len(found) == 0 {
		a.out.line("No such promises. Log one with `kept add`, or see `kept list --closed`.")
		return nil
	}
	rows := make([][]string, len(found))
	for i, v := range found {
		rows[i] = []string{idOf(v.ID), string(v.Stage), promiseWords(v), v.Customer, v.Title, v.Owner, because(v)}
	}
	a.out.table([]string{"ID", stageTitle, "PROMISED", "CUSTOMER", "WHAT", "OWNER", "WHY"}, rows)
	return nil
}

func (c *listCmd) filter() store.Filter {
	return store.Filter{
		Stage: commitments.Stage(c.Stage), Owner: string(c.Owner), Customer: string(c.Customer), Manager: string(c.Manager), Team: string(c.Team),
		Closed: c.Closed || c.Stage != "" && !commitments.Stage(c.Stage).Open(),
	}
}

// because is the first reason of a promise's stage, and whether a rescue is open.
func because(v commitments.View) string {
	var why []string
	if len(v.Reasons) > 0 {
		why = append(why, v.Reasons[0].Text)
	}
	if v.Rescue.Open() {
		why = append(why, "a rescue is open")
	}
	return strings.Join(why, "; ")
}
