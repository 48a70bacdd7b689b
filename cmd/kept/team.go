package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"kept/commitments/store"
)

type teamCmd struct {
	Add  teamAdd  `cmd:"" help:"Add a team."`
	List teamList `cmd:"" help:"List the teams."`
	Show teamShow `cmd:"" help:"Show one team."`
	Edit teamEdit `cmd:"" help:"Change what is given of a team; an empty value takes it back."`
}

// teamFields are what may be said of a team. Of a new one nothing may be empty.
type teamFields[T ~string] struct {
	Channel   *T  `help:"Slack channel id." placeholder:"C…"`
	Lead      *T  `help:"Team lead." placeholder:"EMAIL"`
	Calendar  *T  `help:"Calendar by which the team works. Default: the default calendar." placeholder:"CAL"`
	Padding   *T  `help:"Padding rule of its promises: 5d or 20%." placeholder:"RULE"`
	Alerts    *T  `help:"Where alerts go: dm, channel or both. Default: dm." placeholder:"WHERE"`
	Threshold []T `help:"A number by which risk is judged, as silent-days=7; may be given more than once." placeholder:"K=V" sep:"none"`
}

func (f *teamFields[T]) input() store.TeamInput {
	return store.TeamInput{
		Channel: given(f.Channel), Lead: given(f.Lead), Calendar: given(f.Calendar), Padding: given(f.Padding),
		Alerts: given(f.Alerts), Thresholds: words(f.Threshold),
	}
}

type teamAdd struct {
	Name text `arg:"" help:"Name of the team."`
	teamFields[text]
}

// Help is shown by kept help team add.
func (teamAdd) Help() string {
	return example("kept team add Platform --channel C024BE7LR --lead ada@example.com --padding 5d")
}

// Run adds a team.
func (c *teamAdd) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in := c.input()
	in.Name = given(&c.Name)
	v, err := s.AddTeam(a.ctx, by, in)
	return a.team(v, err)
}

type teamEdit struct {
	Team text `arg:"" help:"Name or number of the team."`
	teamFields[maybe]
	Name *maybe `help:"Another name."`
	Yes  bool   `help:"Apply it although dates of open promises move."`
}

// Help is shown by kept help team edit.
func (teamEdit) Help() string {
	return movesHelp + "\n\n" + example("kept team edit Platform --threshold silent-days=7")
}

// Run changes a team.
func (c *teamEdit) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in := c.input()
	in.Name = given(c.Name)
	return edited(a, func(apply bool) (store.TeamEdited, error) {
		in.Apply = c.Yes || apply
		return s.EditTeam(a.ctx, by, string(c.Team), in)
	}, func(e store.TeamEdited) error { return a.team(e.TeamView, nil) })
}

type teamList struct{}

// Help is shown by kept help team list.
func (teamList) Help() string { return example("kept team list") }

// Run lists the teams.
func (teamList) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	teams, err := s.Teams(a.ctx)
	if err != nil || a.flags.JSON {
		return a.answer(teams, err)
	}
	rows := make([][]string, len(teams))
	for i, t := range teams {
		rows[i] = []string{idOf(t.ID), t.Name, string(t.Lead), string(t.Channel), string(t.Calendar), string(t.Padding), strings.Join(t.Members, ", ")}
	}
	a.out.table([]string{"ID", "NAME", "LEAD", "CHANNEL", "CALENDAR", "PADDING", "MEMBERS"}, rows)
	return nil
}

type teamShow struct {
	Team text `arg:"" help:"Name or number of the team."`
}

// Help is shown by kept help team show.
func (teamShow) Help() string { return example("kept team show Platform") }

// Run shows a team.
func (c *teamShow) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	v, err := s.Team(a.ctx, string(c.Team))
	return a.team(v, err)
}

// team shows a team.
func (a *app) team(t store.TeamView, err error) error {
	if err != nil || a.flags.JSON {
		return a.answer(t, err)
	}
	a.out.line("Team %d, %s", t.ID, t.Name)
	a.out.list([][2]string{
		{"lead", string(t.Lead)}, {"channel", string(t.Channel)}, {"calendar", string(t.Calendar)}, {"padding", string(t.Padding)}, {"alerts", t.Alerts},
		{"thresholds", changes(string(t.Thresholds))}, {"members", strings.Join(t.Members, ", ")},
	})
	return nil
}

// changes lists the thresholds that a team has changed, from their JSON.
func changes(stored string) string {
	changed := map[string]string{}
	if json.Unmarshal([]byte(stored), &changed) != nil {
		return stored
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		lines = append(lines, name+"="+changed[name])
	}
	return strings.Join(lines, "\n")
}
