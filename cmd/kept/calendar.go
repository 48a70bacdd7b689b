package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/calendar/holidays"
	"kept/commitments/store"
)

type calendarCmd struct {
	Add  calendarAdd  `cmd:"" help:"Add a calendar."`
	List calendarList `cmd:"" help:"List the calendars."`
	Show calendarShow `cmd:"" help:"Show one calendar with its days off."`
	Edit calendarEdit `cmd:"" help:"Change a calendar; what would move is listed first, and --yes applies it."`
}

// calendarFields are what may be said of a calendar.
type calendarFields struct {
	Hours    *text  `help:"Hours of the week. Default: mon-fri 09:00-17:00." placeholder:"HOURS"`
	Holidays *text  `help:"Public holidays: a country or region, as PL or US-NY, or a FILE.ics or FILE.csv." placeholder:"WHERE"`
	Closed   []text `help:"Days on which we are closed, with commas between them." placeholder:"DATE,…"`
	Default  bool   `help:"Make it the calendar that applies where nobody says otherwise."`
	Yes      bool   `help:"Apply it although dates of open promises move."`
}

func (f *calendarFields) input(a *app) (store.CalendarInput, error) {
	in := store.CalendarInput{Hours: given(f.Hours), Closed: words(f.Closed), Default: f.Default}
	if f.Holidays == nil {
		return in, nil
	}
	read, err := readHolidays(string(*f.Holidays), calendar.Default().Today(a.now))
	if err != nil {
		return in, commitments.Invalid("holidays", err.Error())
	}
	in.Holidays = read
	return in, nil
}

// The years for which holidays are computed: those a promise or an import may touch.
const (
	holidaysBack  = 20
	holidaysAhead = 10
)

// readHolidays computes the holidays of a region, or reads them from a file.
func readHolidays(where string, today calendar.Date) (*store.Holidays, error) {
	year, _, _ := today.Civil()
	from, to := year-holidaysBack, year+holidaysAhead
	kind := strings.ToLower(filepath.Ext(where))
	if kind != ".ics" && kind != ".csv" {
		days, err := holidays.Seed(where, from, to)
		return &store.Holidays{Region: strings.ToUpper(where), Days: days}, err
	}
	f, err := os.Open(where)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var days []calendar.Day
	if kind == ".ics" {
		days, err = holidays.ReadICS(f, from, to)
	} else {
		days, err = holidays.ReadCSV(f)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return &store.Holidays{Days: days}, nil
}

type calendarAdd struct {
	Name text `arg:"" help:"Name of the calendar."`
	Zone text `required:"" help:"Zone of its clocks, as Europe/Warsaw." placeholder:"ZONE"`
	calendarFields
}

// Help is shown by kept help calendar add.
func (calendarAdd) Help() string {
	return example("kept calendar add Warsaw --zone Europe/Warsaw --hours 'mon-fri 09:00-12:30,13:30-17:30' --holidays PL --closed 2026-12-31 --default")
}

// Run adds a calendar.
func (c *calendarAdd) Run(a *app) error {
	in, err := c.input(a)
	if err != nil {
		return err
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in.Name, in.Zone = given(&c.Name), given(&c.Zone)
	return edited(a, func(apply bool) (store.CalendarEdited, error) {
		in.Apply = c.Yes || apply
		return s.AddCalendar(a.ctx, by, in)
	}, func(e store.CalendarEdited) error { return a.calendar(e.Calendar, nil) })
}

type calendarEdit struct {
	Calendar text  `arg:"" help:"Name or number of the calendar."`
	Name     *text `help:"Another name."`
	Zone     *text `help:"Zone of its clocks." placeholder:"ZONE"`
	calendarFields
	Reopen []text `help:"Days on which we are not closed after all, with commas between them." placeholder:"DATE,…"`
}

// Help is shown by kept help calendar edit.
func (calendarEdit) Help() string {
	return movesHelp + "\n\n" +
		example("kept calendar edit Warsaw --closed 2026-12-28,2026-12-29 --yes")
}

// Run changes a calendar.
func (c *calendarEdit) Run(a *app) error {
	in, err := c.input(a)
	if err != nil {
		return err
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	in.Name, in.Zone, in.Reopen = given(c.Name), given(c.Zone), words(c.Reopen)
	return edited(a, func(apply bool) (store.CalendarEdited, error) {
		in.Apply = c.Yes || apply
		return s.EditCalendar(a.ctx, by, string(c.Calendar), in)
	}, func(e store.CalendarEdited) error { return a.calendar(e.Calendar, nil) })
}

type calendarList struct{}

// Help is shown by kept help calendar list.
func (calendarList) Help() string { return example("kept calendar list") }

// Run lists the calendars.
func (calendarList) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	all, err := s.Calendars(a.ctx)
	if err != nil || a.flags.JSON {
		return a.answer(all, err)
	}
	rows := make([][]string, len(all))
	for i, c := range all {
		rows[i] = []string{idOf(c.ID), c.Name, c.Zone, c.Hours, string(c.Holidays), plural(len(c.Days), "day")}
		if c.Default {
			rows[i][1] += " (default)"
		}
	}
	a.out.table([]string{"ID", "NAME", "ZONE", "HOURS", "HOLIDAYS", "SPECIAL DAYS"}, rows)
	return nil
}

type calendarShow struct {
	Calendar text `arg:"" help:"Name or number of the calendar."`
}

// Help is shown by kept help calendar show.
func (calendarShow) Help() string { return example("kept calendar show Warsaw") }

// Run shows a calendar.
func (c *calendarShow) Run(a *app) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	v, err := s.Calendar(a.ctx, string(c.Calendar))
	if err != nil || a.flags.JSON {
		return a.answer(v, err)
	}
	if err := a.calendar(v, nil); err != nil {
		return err
	}
	for _, d := range v.Days {
		what := d.Name
		if d.Works {
			what += " (worked)"
		}
		a.out.line("  %s  %s", d.Date.Human(), what)
	}
	return nil
}

// calendar shows a calendar, and of its special days only how many there are.
func (a *app) calendar(c store.CalendarView, err error) error {
	if err != nil || a.flags.JSON {
		return a.answer(c, err)
	}
	name := c.Name
	if c.Default {
		name += ", the default"
	}
	a.out.line("Calendar %d, %s", c.ID, name)
	span := ""
	if n := len(c.Days); n > 0 {
		span = fmt.Sprintf("%s, %s to %s", plural(n, "special day"), c.Days[0].Date.Human(), c.Days[n-1].Date.Human())
	}
	a.out.list([][2]string{{"zone", c.Zone}, {"hours", c.Hours}, {"holidays", string(c.Holidays)}, {"days", span}})
	return nil
}
