package store

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// PersonInput is a person as typed. Nil leaves a field as it is (or at its default,
// for a new person); the empty text clears it.
type PersonInput struct {
	Name   *string
	Email  *string
	Role   *string   // admin, lead, member (the default), manager, viewer
	Teams  *[]string // the first decides working hours
	Backup *string   // who is told when they do not answer
	Slack  *string   // Slack member id, U… or W…
	Zone   *string   // IANA name; "" is their team's
	Digest *string   // weekday and time in their own zone: "mon 09:00"
}

const defaultDigest = "mon 09:00"

// AddPerson adds a person.
func (s *Store) AddPerson(ctx context.Context, by commitments.Actor, in PersonInput) (v PersonView, err error) {
	err = s.setUp(ctx, by, commitments.ActSetUp, func(t *tx) error {
		p := Person{Role: commitments.Member, DigestAt: defaultDigest}
		if in.Name == nil {
			in.Name = in.Email
		}
		if _, err := in.apply(t, &p); err != nil {
			return err
		}
		p.ID, err = t.addPerson(p.Name, p.Email, p.Role, by.ID)
		if err != nil {
			return err
		}
		if err := t.savePerson(&p, in.Teams); err != nil {
			return err
		}
		v, err = t.personView(p.ID)
		return err
	})
	return v, err
}

// EditPerson changes what was given of a person.
func (s *Store) EditPerson(ctx context.Context, by commitments.Actor, who string, in PersonInput) (v PersonView, err error) {
	err = s.setUp(ctx, by, commitments.ActSetUp, func(t *tx) error {
		p, err := t.person("person", who)
		if err != nil {
			return err
		}
		wasAdmin := p.Role == commitments.Admin
		given, err := in.apply(t, &p)
		if err != nil {
			return err
		}
		if wasAdmin && p.Role != commitments.Admin {
			if err := t.notTheLastAdmin("role", p.ID); err != nil {
				return err
			}
		}
		if err := t.savePerson(&p, in.Teams); err != nil {
			return err
		}
		if err := t.event(t.now, by.ID, "edited", "person", p.ID, map[string]any{"fields": given}); err != nil {
			return err
		}
		v, err = t.personView(p.ID)
		return err
	})
	return v, err
}

func (in *PersonInput) apply(t *tx, p *Person) ([]string, error) {
	given, err := apply([]field{
		text("name", in.Name, maxName, false, &p.Name),
		{"email", in.Email, func(s string) error { return p.setEmail(s) }},
		{"role", in.Role, func(s string) error { return p.setRole(s) }},
		t.someone("backup", in.Backup, &p.Backup),
		{"slack", in.Slack, func(s string) error { return p.setSlack(s) }},
		{"zone", in.Zone, func(s string) error { return p.setZone(s) }},
		{"digest", in.Digest, func(s string) (err error) { p.DigestAt, err = digestAt(s); return err }},
	})
	if in.Teams != nil {
		given = append(given, "team")
	}
	switch {
	case err != nil:
		return nil, err
	case p.Name == "":
		return nil, commitments.Invalid("name", "is required")
	case p.Backup != 0 && p.Backup == p.ID:
		return nil, commitments.Invalid("backup", "nobody is their own backup: name another person")
	}
	if err := t.freeEmail(p.Email, p.ID); err != nil || in.Slack == nil {
		return given, err
	}
	return given, t.freeSlack(p.SlackUser, p.ID)
}

// setEmail also forgets whom Slack named for the address before, unless a person did.
func (p *Person) setEmail(typed string) error {
	address, err := emailAddress("email", typed)
	if err != nil {
		return err
	}
	if address != p.Email && p.SoughtAt != 0 {
		p.SlackUser, p.SoughtAt = "", 0
	}
	p.Email = address
	return nil
}

func (p *Person) setRole(typed string) error {
	p.Role = commitments.Role(strings.ToLower(strings.TrimSpace(typed)))
	if !slices.Contains(commitments.Roles[:], p.Role) {
		return commitments.Invalid("role", fmt.Sprintf("%q is not a role: write admin, lead, member, manager or viewer", shorten(typed)))
	}
	return nil
}

var slackUser = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

func (p *Person) setSlack(typed string) error {
	if typed != "" && !slackUser.MatchString(typed) {
		return commitments.Invalid("slack", fmt.Sprintf("%q is not a Slack member id: it begins with U or W, as U024BE7LH (in Slack: profile, …, Copy member ID)", shorten(typed)))
	}
	p.SlackUser, p.SoughtAt = typed, 0
	return nil
}

func (p *Person) setZone(typed string) error {
	if _, err := calendar.Zone(typed); err != nil {
		return commitments.Invalid("zone", err.Error())
	}
	p.Zone = typed
	return nil
}

// digestAt is a digest's time as it is stored; "" is the default.
func digestAt(typed string) (string, error) {
	if typed == "" {
		return defaultDigest, nil
	}
	w, err := commitments.ParseWeekly(typed)
	if err != nil {
		return "", commitments.Invalid("digest", err.Error())
	}
	return w.String(), nil
}

func (t *tx) freeEmail(email string, id ID) error {
	if email == "" {
		return nil
	}
	var taken []string
	err := t.all(&taken, "SELECT name FROM people WHERE email = ? AND id <> ?", email, int64(id))
	if err == nil && len(taken) > 0 {
		err = commitments.Refused("email", fmt.Sprintf("%s is the address of %s already: `kept person edit` changes them", email, taken[0]))
	}
	return err
}

// freeSlack refuses a Slack account that is somebody else's: what is done there must be
// one person's.
func (t *tx) freeSlack(user string, id ID) error {
	if user == "" {
		return nil
	}
	var taken []string
	err := t.all(&taken, "SELECT name FROM people WHERE slack_user = ? AND erased_at IS NULL AND id <> ?", user, int64(id))
	if err == nil && len(taken) > 0 {
		err = commitments.Refused("slack", fmt.Sprintf("%s is the Slack account of %s already: take it from them first, with --slack \"\"", user, taken[0]))
	}
	return err
}

func (t *tx) notTheLastAdmin(field string, id ID) error {
	var others int
	err := t.get(&others, "SELECT count(*) FROM people WHERE role = 'admin' AND erased_at IS NULL AND id <> ?", id)
	if err == nil && others == 0 {
		err = commitments.Refused(field, "this is the only admin: make somebody else one first")
	}
	return err
}

func (t *tx) savePerson(p *Person, teams *[]string) error {
	_, err := t.exec(`UPDATE people SET name = ?, name_key = ?, email = ?, role = ?, zone = ?, backup_id = ?, slack_user = ?, sought_at = ?, digest_at = ?
		WHERE id = ?`, p.Name, nameKey(p.Name), p.Email, string(p.Role), p.Zone, p.Backup, p.SlackUser, p.SoughtAt, p.DigestAt, p.ID)
	if err != nil || teams == nil {
		return err
	}
	if _, err := t.exec("DELETE FROM team_members WHERE person_id = ?", p.ID); err != nil {
		return err
	}
	for i, name := range *teams {
		team, err := t.named("teams", "team", name)
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO team_members (person_id, team_id, place) VALUES (?, ?, ?) ON CONFLICT (person_id, team_id) DO NOTHING", p.ID, team.ID, i+1)
		if err != nil {
			return err
		}
	}
	return nil
}

// Away is a time somebody is away, as typed.
type Away struct {
	First, Last, Substitute string
}

// SetAway records when a person is away and who stands in. It takes the place of what
// was recorded for any of these days before.
func (s *Store) SetAway(ctx context.Context, by commitments.Actor, who string, in Away) (v PersonView, err error) {
	err = s.setUp(ctx, by, commitments.ActSetUp, func(t *tx) error {
		p, err := t.person("person", who)
		if err != nil {
			return err
		}
		substitute, err := t.person("substitute", in.Substitute)
		if err != nil {
			return err
		}
		b, err := t.book()
		if err != nil {
			return err
		}
		first, _, err := day("from", in.First, t.now, b.fallback)
		if err != nil {
			return err
		}
		last, _, err := day("to", in.Last, t.now, b.fallback)
		if err != nil {
			return err
		}
		if err := t.standsIn(p, substitute, first, last); err != nil {
			return err
		}
		if err := t.recordAway(by.ID, p.ID, substitute.ID, first, last); err != nil {
			return err
		}
		v, err = t.personView(p.ID)
		return err
	})
	return v, err
}

func (t *tx) standsIn(p, substitute Person, first, last Date) error {
	switch {
	case last < first:
		return commitments.Invalid("to", fmt.Sprintf("%s is before %s", last.Human(), first.Human()))
	case substitute.ID == p.ID:
		return commitments.Invalid("substitute", "nobody stands in for themselves: name another person")
	}
	var n int
	err := t.get(&n, "SELECT count(*) FROM absences WHERE person_id = ? AND first_day <= ? AND last_day >= ?", substitute.ID, last, first)
	if err == nil && n > 0 {
		err = commitments.Refused("substitute", fmt.Sprintf("%s is away in that time too: name another person", substitute.Name))
	}
	return err
}

func (t *tx) recordAway(by, person, substitute ID, first, last Date) error {
	if _, err := t.exec("DELETE FROM absences WHERE person_id = ? AND first_day <= ? AND last_day >= ?", person, last, first); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO absences (person_id, first_day, last_day, substitute_id) VALUES (?, ?, ?, ?)", person, first, last, substitute)
	if err != nil {
		return err
	}
	return t.event(t.now, by, "away", "person", person, map[string]any{"from": first, "to": last, "substitute": substitute})
}
