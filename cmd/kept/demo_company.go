package main

import (
	"context"
	"fmt"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify/fakeslack"
)

// company is the small one the demo is about.
const company = "Lumen Software"

// The team that is told in its channel; everybody else gets direct messages.
const (
	warsawTeam    = "Warsaw"
	warsawChannel = "C0WARSAW"
)

// demoPeople work there. Their addresses lead to nobody.
func demoPeople() []store.PersonInput {
	person := func(name, role, team, zone string, backup ...string) store.PersonInput {
		in := store.PersonInput{Name: new(name), Email: new(address(name)), Role: new(role), Zone: new(zone), Slack: new(slackID(name))}
		if len(backup) > 0 {
			in.Backup = &backup[0]
		}
		if team != "" {
			in.Teams = &[]string{team}
		}
		return in
	}
	return []store.PersonInput{
		person("Marek Zieliński", "lead", warsawTeam, "Europe/Warsaw"),
		person("Anna Kowalska", "member", warsawTeam, "Europe/Warsaw"),
		person("Piotr Nowak", "member", warsawTeam, "Europe/Warsaw", "Anna Kowalska"),
		person("Sofia Reyes", "member", "Abroad", "America/New_York"),
		person("Daniel Okafor", "lead", "Abroad", "Europe/London", "Sofia Reyes"),
		person("Grace Lim", "member", "Abroad", "Asia/Singapore", "Daniel Okafor"),
		person("Helen Brooks", "manager", "", "Europe/London"),
		person("Tomasz Wójcik", "manager", "", "Europe/Warsaw"),
	}
}

// address is a person's e-mail address: anna.kowalska@lumen.example.
func address(name string) string {
	plain := strings.NewReplacer("ń", "n", "ó", "o", " ", ".").Replace(strings.ToLower(name))
	return plain + "@lumen.example"
}

// demoCustomer is a customer with the one person there whom we call.
type demoCustomer struct {
	name, manager, calendar            string
	sale, every, years, margin         string
	contact, role, phone, prefer, note string
}

func demoCustomers() []demoCustomer {
	return []demoCustomer{
		{"Baltic Freight", "Tomasz Wójcik", "Warsaw", "12000", "1y", "6", "", "Ewa Malinowska", "head of operations", "+48 58 555 01 42", "phone", "Wants to hear bad news on the phone, never by mail."},
		{"Zamość Museum", "Tomasz Wójcik", "Warsaw", "4000", "2y", "12", "", "Jadwiga Lis", "director", "+48 84 555 01 19", "email", ""},
		{"Orchid Hotels", "Tomasz Wójcik", "Singapore", "30000", "2y", "10", "", "Tan Wei Ling", "general manager", "+65 6555 0134", "chat", "Opens a seventh hotel next year."},
		{"Thames Dental Group", "Helen Brooks", "London", "9600", "1y", "8", "60%", "Dr Priya Shah", "practice director", "+44 20 7946 0321", "phone", "Between patients: five to the hour."},
		{"Kite & Anchor Brewing", "Helen Brooks", "London", "2400", "1y", "5", "", "Tom Ferris", "owner", "+44 20 7946 0718", "phone", ""},
		{"Maple & Pine", "Helen Brooks", "New York", "5000", "3y", "15", "", "Robert Castellano", "chief operating officer", "+1 212 555 0147", "phone", ""},
		{"Meridian Insurance", "Helen Brooks", "New York", "45000", "1y", "8", "", "Karen Whitfield", "vice president, claims", "+1 212 555 0189", "phone", ""},
	}
}

func (c *demoCustomer) input() store.CustomerInput {
	in := store.CustomerInput{
		Name: &c.name, Manager: new(address(c.manager)), Calendar: &c.calendar, Sale: &c.sale, Every: &c.every, Years: &c.years, Note: &c.note,
		Contact: &store.ContactInput{Name: c.contact, Role: &c.role, Phone: &c.phone, Prefers: &c.prefer},
	}
	if c.margin != "" {
		in.Margin = &c.margin
	}
	return in
}

// foundCompany fills a new database with everything but promises.
func foundCompany(ctx context.Context, s *store.Store, now calendar.Instant) error {
	err := s.Init(ctx, store.Setup{Zone: "Europe/Warsaw", AdminEmail: address("Ines Carvalho"), AdminName: "Ines Carvalho"})
	if err != nil {
		return err
	}
	ines, err := s.Actor(ctx, "")
	if err != nil {
		return err
	}
	if err := demoCalendars(ctx, s, ines, now); err != nil {
		return err
	}
	for _, kind := range []string{"Integration", "Report", "Rollout"} {
		if _, err := s.AddKind(ctx, ines, store.KindInput{Name: &kind}); err != nil {
			return err
		}
	}
	for _, team := range []store.TeamInput{
		{Name: new(warsawTeam), Calendar: new("Warsaw"), Channel: new(warsawChannel), Alerts: new("channel")},
		{Name: new("Abroad"), Calendar: new("London"), Alerts: new("dm")},
	} {
		if _, err := s.AddTeam(ctx, ines, team); err != nil {
			return err
		}
	}
	return demoNames(ctx, s, ines)
}

// demoNames adds the people, then those who lead and stand in, then the customers.
func demoNames(ctx context.Context, s *store.Store, ines commitments.Actor) error {
	for _, p := range demoPeople() {
		if _, err := s.AddPerson(ctx, ines, p); err != nil {
			return err
		}
	}
	for team, lead := range map[string]string{warsawTeam: "Marek Zieliński", "Abroad": "Daniel Okafor"} {
		if _, err := s.EditTeam(ctx, ines, team, store.TeamInput{Lead: new(address(lead))}); err != nil {
			return err
		}
	}
	for _, c := range demoCustomers() {
		if _, err := s.AddCustomer(ctx, ines, c.input()); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// demoCalendars adds the four places. In Warsaw everybody moves to another office soon,
// so that some promise always has a closed day in its padding.
func demoCalendars(ctx context.Context, s *store.Store, ines commitments.Actor, now calendar.Instant) error {
	for _, c := range []struct{ name, zone, hours, region string }{
		{"Warsaw", "Europe/Warsaw", "mon-fri 08:30-16:30", "PL"},
		{"London", "Europe/London", "mon-fri 09:00-17:30", "GB"},
		{"New York", "America/New_York", "mon-fri 09:00-17:00", "US-NY"},
		{"Singapore", "Asia/Singapore", "mon-fri 09:00-18:00", ""},
	} {
		in := store.CalendarInput{Name: &c.name, Zone: &c.zone, Hours: &c.hours, Apply: true, Default: c.name == "Warsaw"}
		if c.region != "" {
			found, err := readHolidays(c.region, calendar.Default().Today(now))
			if err != nil {
				return err
			}
			in.Holidays = found
		}
		out, err := s.AddCalendar(ctx, ines, in)
		if err != nil {
			return err
		}
		if c.name != "Warsaw" {
			continue
		}
		if err := closeTheOffice(ctx, s, ines, out.Calendar.Name, now); err != nil {
			return err
		}
	}
	return nil
}

// closeTheOffice closes a calendar on the second working day from now.
func closeTheOffice(ctx context.Context, s *store.Store, ines commitments.Actor, name string, now calendar.Instant) error {
	cal, err := s.DefaultCalendar(ctx)
	if err != nil {
		return err
	}
	move := cal.AddWorkdays(cal.Today(now), 2)
	_, err = s.EditCalendar(ctx, ines, name, store.CalendarInput{Closed: []string{move.String()}, Apply: true})
	return err
}

// demoSlack is the company's Slack.
func demoSlack(clock *demoClock) *fakeslack.Server {
	slack := fakeslack.New(fakeslack.WithClock(clock.Now))
	for _, p := range demoPeople() {
		first, _, _ := strings.Cut(*p.Name, " ")
		slack.AddUser(fakeslack.User{ID: slackID(*p.Name), Name: strings.ToLower(first), RealName: *p.Name, Email: *p.Email, Zone: *p.Zone})
	}
	slack.AddChannel(fakeslack.Channel{ID: warsawChannel, Name: "warsaw-delivery"})
	return slack
}

// slackID is a person's account in the demo's Slack.
func slackID(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return "U0" + strings.ToUpper(first)
}
