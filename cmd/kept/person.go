package main

import (
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
)

type personCmd struct {
	Add   personAdd   `cmd:"" help:"Add a person."`
	List  personList  `cmd:"" help:"List everybody."`
	Show  personShow  `cmd:"" help:"Show one person."`
	Edit  personEdit  `cmd:"" help:"Change what is given of a person; an empty value takes it back."`
	Away  personAway  `cmd:"" help:"Say when a person is away, and who stands in."`
	Erase personErase `cmd:"" help:"Remove what tells who a person is; what they did stays."`
}

// personFields are what may be said of a person. Of a new one nothing may be empty.
type personFields[T ~string] struct {
	Name   *T  `help:"Name."`
	Role   *T  `help:"admin, lead, member, manager or viewer. Default: member."`
	Team   []T `help:"Team; may be given more than once, and the first decides working hours." sep:"none"`
	Backup *T  `help:"Who is told when they do not answer." placeholder:"EMAIL"`
	Slack  *T  `help:"Slack member id, if Slack does not find them by e-mail address." placeholder:"U…"`
	Zone   *T  `help:"Their own zone, as Europe/Warsaw. Default: their team's."`
	Digest *T  `help:"When they get the weekly digest, in their own zone. Default: mon 09:00." placeholder:"'mon 09:00'"`
}

func (f *personFields[T]) input() store.PersonInput {
	in := store.PersonInput{
		Name: given(f.Name), Role: given(f.Role), Backup: given(f.Backup), Slack: given(f.Slack), Zone: given(f.Zone), Digest: given(f.Digest),
	}
	if len(f.Team) > 0 {
		teams := words(f.Team)
		if len(teams) == 1 && teams[0] == "" {
			teams = nil
		}
		in.Teams = &teams
	}
	return in
}

type personAdd struct {
	Email text `arg:"" help:"E-mail address; or a name, for someone without one."`
	personFields[text]
}

// Help is shown by kept help person add.
func (personAdd) Help() string {
	return example("kept person add ada@example.com --name 'Ada Lovelace' --role lead --team Platform")
}

// Run adds a person.
func (c *personAdd) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in := c.input()
	if typed := string(c.Email); strings.Contains(typed, "@") {
		in.Email = &typed
	} else if in.Name == nil {
		in.Name = &typed
	} else {
		return commitments.Invalid("email", strconv.Quote(shorten(typed))+" is not an e-mail address")
	}
	v, err := s.AddPerson(a.ctx, by, in)
	return a.person(v, err)
}

type personEdit struct {
	Who text `arg:"" help:"E-mail address, name or number."`
	personFields[maybe]
	Email *maybe `help:"E-mail address." placeholder:"EMAIL"`
}

// Help is shown by kept help person edit.
func (personEdit) Help() string {
	return example("kept person edit ada@example.com --slack U024BE7LH --zone Europe/London")
}

// Run changes a person.
func (c *personEdit) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in := c.input()
	in.Email = given(c.Email)
	v, err := s.EditPerson(a.ctx, by, string(c.Who), in)
	return a.person(v, err)
}

type personList struct{}

// Help is shown by kept help person list.
func (personList) Help() string { return example("kept person list") }

// Run lists everybody.
func (personList) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	people, err := s.People(a.ctx)
	if err != nil || a.flags.JSON {
		return a.answer(people, err)
	}
	rows := make([][]string, len(people))
	for i, p := range people {
		rows[i] = []string{idOf(p.ID), p.Name, p.Email, string(p.Role), strings.Join(p.Teams, ", ")}
	}
	a.out.table([]string{"ID", "NAME", "E-MAIL", "ROLE", "TEAMS"}, rows)
	return nil
}

type personShow struct {
	Who text `arg:"" help:"E-mail address, name or number."`
}

// Help is shown by kept help person show.
func (personShow) Help() string { return example("kept person show ada@example.com") }

// Run shows a person.
func (c *personShow) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	v, err := s.Person(a.ctx, string(c.Who))
	return a.person(v, err)
}

type personAway struct {
	Who        text   `arg:"" help:"E-mail address, name or number."`
	From       moment `required:"" help:"First day away." placeholder:"DATE"`
	To         moment `required:"" help:"Last day away." placeholder:"DATE"`
	Substitute text   `required:"" help:"Who stands in." placeholder:"EMAIL"`
}

// Help is shown by kept help person away.
func (personAway) Help() string {
	return example("kept person away ada@example.com --from 2026-12-21 --to 2027-01-03 --substitute bob@example.com")
}

// Run records when a person is away.
func (c *personAway) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	v, err := s.SetAway(a.ctx, by, string(c.Who), store.Away{First: string(c.From), Last: string(c.To), Substitute: string(c.Substitute)})
	return a.person(v, err)
}

type personErase struct {
	Who text `arg:"" help:"E-mail address, name or number."`
}

// Help is shown by kept help person erase.
func (personErase) Help() string { return example("kept person erase ada@example.com") }

// Run erases a person.
func (c *personErase) Run(a *app) error {
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	if err := s.ErasePerson(a.ctx, by, string(c.Who)); err != nil || a.flags.JSON {
		return a.answer(map[string]bool{"erased": true}, err)
	}
	a.out.line("Erased. What they did stays in the history, as done by nobody in particular.")
	return nil
}

// person shows a person.
func (a *app) person(p store.PersonView, err error) error {
	if err != nil || a.flags.JSON {
		return a.answer(p, err)
	}
	a.out.line("%s, %s %d", p.Name, string(p.Role), p.ID)
	var away []string
	for _, x := range p.Absences {
		away = append(away, x.First.Human()+" to "+x.Last.Human()+", "+x.Substitute+" stands in")
	}
	a.out.list([][2]string{
		{"e-mail", p.Email}, {"teams", strings.Join(p.Teams, ", ")}, {"backup", p.Backup}, {"slack", p.SlackUser},
		{"zone", p.Zone}, {"digest", p.DigestAt}, {"away", strings.Join(away, "\n")},
	})
	return nil
}

func idOf(id store.ID) string { return strconv.FormatInt(int64(id), 10) }
