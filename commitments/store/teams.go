package store

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// TeamInput is a team as typed. Nil leaves a field as it is; the empty text clears it.
type TeamInput struct {
	Name       *string
	Channel    *string // Slack channel id, C… or G…
	Lead       *string
	Calendar   *string
	Padding    *string
	Alerts     *string  // dm (the default), channel or both
	Thresholds []string // name=value; name= goes back to the default
	Apply      bool     // an edit that moves dates is only listed without it
}

// TeamView is a team as it is shown.
type TeamView struct {
	ID         ID               `db:"id" json:"id"`
	Name       string           `db:"name" json:"name"`
	Channel    commitments.Text `db:"channel" json:"channel"`
	Lead       commitments.Text `db:"lead" json:"lead"`
	Calendar   commitments.Text `db:"calendar" json:"calendar"` // none is the default calendar
	Padding    commitments.Text `db:"padding" json:"padding"`
	Alerts     string           `db:"alerts" json:"alerts"`
	Thresholds jsonText         `db:"thresholds" json:"thresholds"` // the numbers this team has changed
	Members    []string         `db:"-" json:"members"`
}

// AddTeam adds a team.
func (s *Store) AddTeam(ctx context.Context, by commitments.Actor, in TeamInput) (v TeamView, err error) {
	err = s.setUp(ctx, by, commitments.ActSetUp, func(t *tx) error {
		team := teamRules{Alerts: "dm", Changes: "{}"}
		if _, err := in.apply(t, &team); err != nil {
			return err
		}
		if team.ID, err = t.addTeam(team.Name, by.ID); err != nil {
			return err
		}
		v, err = t.saveTeam(&team)
		return err
	})
	return v, err
}

func (t *tx) addTeam(name string, by ID) (ID, error) {
	id, err := t.insert("INSERT INTO teams (name, name_key) VALUES (?, ?)", name, nameKey(name))
	if err != nil {
		return 0, err
	}
	if err := t.touchBook(); err != nil {
		return 0, err
	}
	return id, t.event(t.now, by, "created", "team", id, nil)
}

// TeamEdited is what an edit did, or would do.
type TeamEdited struct {
	TeamView
	Edited
}

// EditTeam changes what was given of a team, and makes its open promises due for a look.
// If another calendar moves their dates, it lists them, as EditCalendar does, and
// changes nothing unless in.Apply is set.
func (s *Store) EditTeam(ctx context.Context, by commitments.Actor, name string, in TeamInput) (out TeamEdited, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := t.queue(queueNames); err != nil {
			return err
		}
		n, err := t.named("teams", "team", name)
		if err != nil {
			return err
		}
		if !by.May(commitments.ActTeam, commitments.Subject{Team: n.ID}) {
			return commitments.Refused("as", fmt.Sprintf("%s, a %s, may not change team %s: ask its lead or an admin", by.Name, by.Role, n.Name))
		}
		before, err := t.book()
		if err != nil {
			return err
		}
		team := *before.teams[n.ID]
		given, err := in.apply(t, &team)
		if err != nil {
			return err
		}
		if out.TeamView, err = t.saveTeam(&team); err != nil {
			return err
		}
		if err := t.event(t.now, by.ID, "edited", "team", n.ID, map[string]any{"fields": given}); err != nil {
			return err
		}
		was := func(r *row) *calendar.Calendar { return before.calendarOf(r.CustomerCal, r.TeamID) }
		if out.Moves, err = t.recount(by.ID, was, "c.team_id = ?", n.ID); err != nil {
			return err
		}
		return out.settle(in.Apply)
	})
	return out, unlessDryRun(err)
}

// Team shows one team, by name or number.
func (s *Store) Team(ctx context.Context, name string) (v TeamView, err error) {
	err = s.read(ctx, func(t *tx) error {
		n, err := t.named("teams", "team", name)
		if err != nil {
			return err
		}
		v, err = t.teamView(n.ID)
		return err
	})
	return v, err
}

// Teams shows all teams, by name.
func (s *Store) Teams(ctx context.Context) (views []TeamView, err error) {
	err = s.read(ctx, func(t *tx) error {
		views, err = t.teamViews("ORDER BY te.name_key")
		return err
	})
	return views, err
}

func (in *TeamInput) apply(t *tx, team *teamRules) ([]string, error) {
	given, err := apply([]field{
		text("name", in.Name, maxName, false, &team.Name),
		{"channel", in.Channel, func(s string) error { return team.setChannel(s) }},
		t.someone("lead", in.Lead, &team.Lead),
		t.link("calendar", "calendars", "calendar", in.Calendar, &team.CalendarID),
		rule(in.Padding, &team.PaddingAs),
		{"alerts", in.Alerts, func(s string) error { return team.setAlerts(s) }},
	})
	if err != nil {
		return nil, err
	}
	if len(in.Thresholds) > 0 {
		given = append(given, "threshold")
		if err := team.setThresholds(in.Thresholds); err != nil {
			return nil, err
		}
	}
	return given, t.freeName("teams", "team", team.Name, team.ID)
}

var slackChannel = regexp.MustCompile(`^[CG][A-Z0-9]{2,20}$`)

func (r *teamRules) setChannel(typed string) error {
	if typed != "" && !slackChannel.MatchString(typed) {
		return commitments.Invalid("channel", fmt.Sprintf("%q is not a Slack channel id: it begins with C or G, as C024BE7LR (in Slack: channel details, at the bottom)", shorten(typed)))
	}
	r.Channel = typed
	return nil
}

func (r *teamRules) setAlerts(typed string) error {
	switch typed {
	case "":
		typed = "dm"
	case "dm", "channel", "both":
	default:
		return commitments.Invalid("alerts", fmt.Sprintf("%q: write dm, channel or both", shorten(typed)))
	}
	r.Alerts = typed
	return nil
}

// setThresholds checks each change on top of the defaults, and keeps all of them as
// the JSON object that is stored.
func (r *teamRules) setThresholds(typed []string) error {
	changes := map[string]string{}
	if err := json.Unmarshal([]byte(r.Changes), &changes); err != nil {
		return err
	}
	for _, change := range typed {
		name, value, ok := strings.Cut(change, "=")
		if !ok {
			return commitments.Invalid("threshold", fmt.Sprintf("%q: write name=value, as silent-days=7", shorten(change)))
		}
		if value == "" {
			delete(changes, name)
			continue
		}
		t := commitments.DefaultThresholds
		if err := t.Set(name, value); err != nil {
			return err
		}
		changes[name] = value
	}
	stored, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	r.Changes = string(stored)
	_, err = commitments.ParseThresholds(r.Changes)
	return err
}

func (t *tx) saveTeam(r *teamRules) (TeamView, error) {
	_, err := t.exec("UPDATE teams SET name = ?, name_key = ?, channel = ?, lead_id = ?, calendar_id = ?, padding = ?, alerts = ?, thresholds = ? WHERE id = ?",
		r.Name, nameKey(r.Name), r.Channel, r.Lead, r.CalendarID, r.PaddingAs, r.Alerts, r.Changes, r.ID)
	if err != nil {
		return TeamView{}, err
	}
	if err := t.touchBook(); err != nil {
		return TeamView{}, err
	}
	return t.teamView(r.ID)
}

func (t *tx) teamView(id ID) (TeamView, error) {
	views, err := t.teamViews("WHERE te.id = ?", id)
	if err != nil {
		return TeamView{}, err
	}
	return views[0], nil
}

func (t *tx) teamViews(where string, args ...any) ([]TeamView, error) {
	views := []TeamView{}
	err := t.all(&views, `SELECT te.id, te.name, te.channel, coalesce(p.name, '') AS lead, coalesce(c.name, '') AS calendar, te.padding, te.alerts, te.thresholds
		FROM teams te LEFT JOIN people p ON p.id = te.lead_id LEFT JOIN calendars c ON c.id = te.calendar_id `+where, args...)
	for i := range views {
		views[i].Members = []string{}
		if err == nil {
			err = t.all(&views[i].Members, "SELECT p.name FROM team_members m JOIN people p ON p.id = m.person_id WHERE m.team_id = ? ORDER BY p.name_key", views[i].ID)
		}
	}
	return views, err
}
