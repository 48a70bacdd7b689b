package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
)

type initCmd struct {
	Admin    text `help:"E-mail address of the first admin." placeholder:"EMAIL"`
	Name     text `help:"Name of the first admin. Default: the e-mail address, else your login name."`
	Zone     text `help:"Zone of the default calendar, as Europe/Warsaw. Default: UTC." placeholder:"ZONE"`
	Currency text `help:"Currency of all amounts, as USD or EUR. Default: USD." placeholder:"CODE"`
}

// Help is shown by kept help init.
func (initCmd) Help() string {
	return example("kept init --admin ada@example.com --name 'Ada Lovelace' --zone Europe/London")
}

// Run creates the database. What is typed wrong is found before there is one.
func (c *initCmd) Run(a *app) error {
	if c.Zone != "" {
		if _, err := calendar.Zone(string(c.Zone)); err != nil {
			return commitments.Invalid("zone", err.Error())
		}
	}
	set, err := a.settings()
	if err != nil {
		return err
	}
	dsn := set["db"].value
	if _, err := os.Stat(dsn); err == nil {
		return commitments.Refused("db", dsn+" exists already: Kept does not write over it")
	}
	s, err := store.Create(a.ctx, dsn)
	if err != nil {
		return err
	}
	a.store = s
	if err := s.Init(a.ctx, c.setup(a)); err != nil {
		return errors.Join(err, a.takeBack(dsn))
	}
	by, err := s.Actor(a.ctx, "")
	if err != nil {
		return err
	}
	return c.tell(a, dsn, by)
}

func (c *initCmd) setup(a *app) store.Setup {
	in := store.Setup{Zone: string(c.Zone), Currency: string(c.Currency), AdminEmail: string(c.Admin), AdminName: string(c.Name)}
	if in.AdminEmail == "" && in.AdminName == "" {
		if in.AdminName = a.env("USER"); in.AdminName == "" {
			in.AdminName = "admin"
		}
	}
	return in
}

// takeBack removes the file of a database that could not be filled.
func (a *app) takeBack(dsn string) error {
	a.close()
	a.store = nil
	if strings.Contains(dsn, "://") {
		return nil
	}
	for _, end := range []string{"-wal", "-shm"} {
		_ = os.Remove(dsn + end) // gone already when the store closed well
	}
	return os.Remove(dsn)
}

func (c *initCmd) tell(a *app, dsn string, by commitments.Actor) error {
	shown := dsn
	if strings.Contains(dsn, "://") {
		shown = "the PostgreSQL database"
	}
	if a.flags.JSON {
		return a.out.json(map[string]any{"database": shown, "admin": map[string]any{"id": by.ID, "name": by.Name}, "currency": a.store.Settings().Currency})
	}
	a.out.line("Made %s. The admin is %s.", shown, by.Name)
	a.out.line("Next, log a promise:")
	a.out.line("  %s", fmt.Sprintf("kept add --customer 'Acme' --what 'Single sign-on' --owner '%s' --promise 'in 3 weeks' --create", by.Name))
	return nil
}
