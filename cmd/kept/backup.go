package main

import (
	"errors"
	"fmt"
	"strconv"

	"kept/commitments"
	"kept/commitments/store"
	"kept/scheduler"
)

type backupCmd struct {
	File text `arg:"" help:"File to make, which must not exist yet."`
}

// Help is shown by kept help backup.
func (backupCmd) Help() string {
	return "The backup is one file, of everything as it is at one moment; kept serve and all else may go on. " +
		"It is checked before it gets its name, and only you can read it. It can be restored into SQLite and PostgreSQL alike.\n\n" +
		example("kept backup kept-monday.backup")
}

// Run makes a backup.
func (c *backupCmd) Run(a *app) error {
	s, err := a.operator()
	if err != nil {
		return err
	}
	b, err := s.Backup(a.ctx, string(c.File), "kept "+version)
	if err != nil || a.flags.JSON {
		return a.answer(b, err)
	}
	a.out.line("Made %s: %s, %s.", b.File, plural(int(b.Rows["commitments"]), "promise"), megabytes(b.Bytes))
	return nil
}

type restoreCmd struct {
	File    text `arg:"" help:"Backup to restore."`
	Replace bool `help:"Take the place of a database that exists; that one is kept aside."`
	DryRun  bool `help:"Restore into a temporary file, check it, and change nothing."`
}

// Help is shown by kept help restore.
func (restoreCmd) Help() string {
	return "Stop kept serve first. What was recorded after the backup was made is lost. What was sent to Slack after it is not sent again: " +
		"for a week Kept looks in Slack before it sends. (With an incoming webhook it cannot look, and sends.)\n\n" +
		example("kept restore kept-monday.backup", "kept restore kept-monday.backup --replace", "kept restore kept-monday.backup --dry-run")
}

// Run restores a backup.
func (c *restoreCmd) Run(a *app) error {
	if c.DryRun {
		return c.try(a)
	}
	set, err := a.settings()
	if err != nil {
		return err
	}
	if err := c.allowed(a); err != nil {
		return err
	}
	dsn := set["db"].value
	r, err := store.Restore(a.ctx, dsn, string(c.File), c.Replace)
	if err != nil || a.flags.JSON {
		return a.answer(r, err)
	}
	a.out.line("Restored %s, as it was %s.", plural(int(r.Rows["commitments"]), "promise"), r.MadeAt.Second().String())
	if r.Aside != "" {
		a.out.line("What was there before is kept as %s.", r.Aside)
	}
	a.out.line("Until %s Kept looks in Slack before it sends: what was sent since the backup is not sent again.", r.LookUntil.Second().String())
	return nil
}

// allowed asks the database that is to be replaced whether --as may do that. Where
// nobody is named, or the database cannot say, it is the word of whoever owns the file.
func (c *restoreCmd) allowed(a *app) error {
	if !c.Replace || a.flags.As == "" {
		return nil
	}
	_, err := a.operator()
	a.close()
	a.store = nil
	if errors.Is(err, commitments.ErrRefused) || errors.Is(err, commitments.ErrNotFound) {
		return err
	}
	return nil
}

func (c *restoreCmd) try(a *app) error {
	b, err := store.TestRestore(a.ctx, string(c.File))
	if err != nil || a.flags.JSON {
		return a.answer(b, err)
	}
	a.out.line("A dry run, nothing was changed: %s can be restored. It was made %s and holds %s.", b.File, b.MadeAt.Second().String(), plural(int(b.Rows["commitments"]), "promise"))
	return nil
}

// megabytes is a size for people.
func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

// backups are the nightly ones, as the settings want them.
func (a *app) backups() (scheduler.Backups, error) {
	set, err := a.settings()
	if err != nil {
		return scheduler.Backups{}, err
	}
	if err := isCount(set["backup_keep"].value); err != nil {
		return scheduler.Backups{}, commitments.Invalid("backup_keep", err.Error())
	}
	keep, err := strconv.Atoi(set["backup_keep"].value)
	return scheduler.Backups{Dir: set["backup_dir"].value, Keep: keep, MadeBy: "kept " + version}, err
}

func isCount(v string) error {
	if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 10_000 {
		return fmt.Errorf("is not a number of backups from 1 to 10000")
	}
	return nil
}
