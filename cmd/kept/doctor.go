package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/web"
)

type doctorCmd struct{}

// Help is shown by kept help doctor.
func (doctorCmd) Help() string {
	return "Looks at everything Kept needs and says what to do about what is wrong. It sends nothing. Ends with 1 if anything is wrong.\n\n" +
		example("kept doctor")
}

// doctor looks at one thing after another.
type doctor struct {
	*app
	store  *store.Store
	slack  *notify.Notifier
	health *web.Health
	set    map[string]resolved
	found  []examined
}

// examined is a finding and what it is about.
type examined struct {
	About string `json:"about"`
	notify.Finding
}

// Run looks at everything, shows what it found, and fails if anything is wrong.
func (doctorCmd) Run(a *app) error {
	d, err := a.doctor()
	if err != nil {
		return err
	}
	for _, look := range []func(*doctor) error{
		(*doctor).database, (*doctor).time, (*doctor).reach, (*doctor).people, (*doctor).messages, (*doctor).mail, (*doctor).backups,
	} {
		if err := look(d); err != nil {
			return err
		}
	}
	if a.flags.JSON {
		err = a.out.json(d.found)
	} else {
		d.report()
	}
	if wrong := d.wrong(); err == nil && wrong > 0 {
		err = fmt.Errorf("%s wrong", plural(wrong, "thing"))
	}
	return err
}

func (a *app) doctor() (*doctor, error) {
	s, err := a.operator()
	if err != nil {
		return nil, err
	}
	set, err := a.settings()
	if err != nil {
		return nil, err
	}
	n, err := a.notifier(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	h, err := a.health(s, n)
	return &doctor{app: a, store: s, slack: n, health: h, set: set}, err
}

func (d *doctor) report() {
	about := ""
	for _, f := range d.found {
		if f.About != about {
			about = f.About
			d.out.line("%s", about)
		}
		d.finding(f.Finding)
	}
}

func (d *doctor) wrong() (n int) {
	for _, f := range d.found {
		if !f.OK {
			n++
		}
	}
	return n
}

// well notes that something is as it should be; ill that it is not; judge either.
func (d *doctor) well(about, format string, args ...any) {
	d.found = append(d.found, examined{about, notify.Finding{OK: true, What: fmt.Sprintf(format, args...)}})
}

func (d *doctor) ill(about, what, fix string) {
	d.found = append(d.found, examined{about, notify.Finding{What: what, Fix: fix}})
}

func (d *doctor) judge(about string, err error, well, fix string) {
	if err != nil {
		d.ill(about, err.Error(), fix)
		return
	}
	d.well(about, "%s", well)
}

func (d *doctor) database() error {
	const about = "Database"
	what, err := d.store.Describe(d.ctx)
	d.judge(about, err, what, "see that the database runs and can be reached")
	d.judge(about, d.store.QuickCheck(d.ctx), "no damage is found", "stop Kept, and restore a backup: kept restore FILE --replace")
	if err := d.nightly(about); err != nil {
		return err
	}
	d.judge(about, d.health.Probe.Schema(d.ctx), "its schema is this version's", "run the newest version of Kept")
	d.judge(about, d.health.Probe.Write(d.ctx), "it can be written", "see who holds the file, that it and its folder are writable, and that the disk has room")
	d.judge(about, d.health.Probe.Space(), "the disk has room", "make room on the disk")
	return nil
}

// nightly tells when kept serve last found the whole database sound.
func (d *doctor) nightly(about string) error {
	last, err := d.store.LastRun(d.ctx, store.JobCheck)
	switch {
	case err != nil:
		return err
	case last == 0:
		d.well(about, "kept serve has not checked all of it yet: it does every night")
	case d.now.Sub(last) > 50*time.Hour:
		d.ill(about, "no nightly check has found all of it whole since "+last.String(), "look into kept serve's log; if that tells of damage, restore a backup")
	default:
		d.well(about, "the last nightly check found all of it whole, at %s", last)
	}
	return nil
}

func (d *doctor) time() error {
	const about = "Time"
	bad, err := d.badZones()
	if err != nil {
		return err
	}
	for _, b := range bad {
		d.ill(about, b.what, b.fix)
	}
	if len(bad) == 0 {
		d.well(about, "every time zone is known; their rules are built in")
	}
	next := d.health.Next(time.Now())
	d.well(about, "sweeps come by %q in UTC, the next at %s", d.set["schedule"].value, calendar.InstantOf(next))
	last, err := d.store.LastRun(d.ctx, store.JobSweep)
	switch {
	case err != nil:
		return err
	case last == 0:
		d.ill(about, "nothing has been swept yet", "start kept serve")
	case time.Since(d.health.Next(last.Time())) > 5*time.Minute:
		d.ill(about, fmt.Sprintf("the last sweep was at %s", last), "start kept serve, or look into its log")
	default:
		d.well(about, "the last sweep was at %s", last)
	}
	d.clocks()
	return nil
}

// clocks compares this machine's clock with the others that can be asked.
func (d *doctor) clocks() {
	const most = 5 * time.Minute
	compare := func(whose string, ahead time.Duration) {
		if ahead.Abs() > most {
			d.ill("Time", fmt.Sprintf("this machine's clock is %s ahead of %s", ahead.Round(time.Second), whose), "set the clock, and keep it set: timedatectl set-ntp true")
			return
		}
		d.well("Time", "this machine's clock agrees with %s", whose)
	}
	if ahead, known := d.store.Ahead(d.ctx); known {
		compare("the database's", ahead)
	}
	if d.slack.AskTime(d.ctx) == nil {
		ahead, _ := d.slack.ClockSkew()
		compare("Slack's", ahead)
	}
}

type badZone struct{ what, fix string }

func (d *doctor) badZones() (bad []badZone, err error) {
	check := func(zone, whose, fix string) {
		if _, err := calendar.Zone(zone); err != nil {
			bad = append(bad, badZone{fmt.Sprintf("%s: %v; UTC is used in its place", whose, err), fix})
		}
	}
	calendars, err := d.store.Calendars(d.ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range calendars {
		check(c.Zone, "calendar "+c.Name, "kept calendar edit "+quoted(c.Name)+" --zone ZONE")
	}
	people, err := d.store.People(d.ctx)
	for _, p := range people {
		check(p.Zone, p.Name, fmt.Sprintf("kept person edit %d --zone ZONE", p.ID))
		if _, err := commitments.ParseWeekly(p.DigestAt); err != nil {
			bad = append(bad, badZone{fmt.Sprintf("%s: digest: %v", p.Name, err), fmt.Sprintf(`kept person edit %d --digest "mon 09:00"`, p.ID)})
		}
	}
	return bad, err
}

// reach looks whether Slack takes messages, in which channels, and how answers come in.
func (d *doctor) reach() error {
	teams, err := d.store.Teams(d.ctx)
	if err != nil {
		return err
	}
	if d.slack.Mode() == notify.Off && d.slack.Mails() {
		d.well("Slack", "Slack is not configured: everything goes by e-mail")
		return nil
	}
	channels := slackChannels(teams)
	if fallback := d.set["slack_fallback_channel"].value; fallback != "" {
		channels = append(channels, fallback)
	}
	in, err := d.slackApp()
	if err != nil {
		return err
	}
	for _, f := range append(d.slack.Check(d.ctx, in.Scopes(), channels...), in.Check(d.ctx)...) {
		d.found = append(d.found, examined{"Slack", f})
	}
	return nil
}

// people looks for those whom no message would reach.
func (d *doctor) people() error {
	const about = "People"
	lost, err := d.store.Unreachable(d.ctx)
	for _, p := range lost {
		what := p.Name + " has no e-mail address to be found by in Slack"
		if p.Email != "" {
			what = fmt.Sprintf("nobody in Slack has the e-mail address of %s, %s", p.Name, p.Email)
		}
		d.ill(about, what, fmt.Sprintf("kept person edit %d --slack U…", p.ID))
	}
	if err == nil && len(lost) == 0 {
		d.well(about, "nobody who is owed messages is known to be missing in Slack")
	}
	return errors.Join(err, d.accounts(about))
}

// accounts looks at those in Slack whom Kept takes for its people.
func (d *doctor) accounts(about string) error {
	shared, err := d.store.SharedAccounts(d.ctx)
	if err != nil {
		return err
	}
	for _, p := range shared {
		d.ill(about, fmt.Sprintf("%s's Slack account %s is somebody else's as well: what is done with it in Slack is refused", p.Name, p.SlackUser), fmt.Sprintf("kept person edit %d --slack U…", p.ID))
	}
	all, err := d.store.People(d.ctx)
	if err != nil {
		return err
	}
	people := make([]store.Person, len(all))
	for i, p := range all {
		people[i] = p.Person
	}
	for _, f := range d.slack.CheckPeople(d.ctx, people) {
		d.found = append(d.found, examined{about, f})
	}
	return nil
}

// messages looks for those that wait for a person to do something.
func (d *doctor) messages() error {
	const about = "Messages"
	owed, err := d.store.Owed(d.ctx, d.now)
	if err != nil {
		return err
	}
	if owed.Homeless > 0 {
		d.ill(about, plural(owed.Homeless, "message")+" with nobody to send to", "map the people above, or give their teams a channel: kept team edit TEAM --channel C…")
	}
	if owed.Blocked > 0 {
		d.ill(about, plural(owed.Blocked, "message")+" to places that take none", "kept delivery list --state blocked says why; they go out once that is put right")
	}
	if owed.Dead > 0 {
		d.ill(about, plural(owed.Dead, "message")+" given up", "kept delivery list --state dead says why; kept delivery retry ID sends one after all")
	}
	if owed.Since != 0 && d.now.Sub(owed.Since) > 5*time.Minute {
		d.ill(about, "a message is owed since "+owed.Since.String(), "start kept serve; kept delivery list says what each waits for")
	} else if owed.Homeless+owed.Blocked+owed.Dead == 0 {
		d.well(about, "none is overdue, none was given up")
	}
	return nil
}

func (d *doctor) mail() error {
	const about = "E-mail"
	switch err := d.slack.CheckMail(d.ctx); {
	case errors.Is(err, notify.ErrNoMail):
		d.well(about, "not configured: while Slack takes nothing, messages wait")
	case err != nil:
		d.ill(about, "the mail server does not take messages: "+err.Error(), "check KEPT_SMTP_URL, and that the server can be reached from here")
	default:
		d.well(about, "the mail server would take messages")
	}
	return nil
}

func (d *doctor) backups() error {
	const about = "Backups"
	made, err := d.store.LastRun(d.ctx, store.JobBackup)
	if err != nil {
		return err
	}
	tried, err := d.store.LastRun(d.ctx, store.JobTestRestore)
	switch {
	case err != nil:
		return err
	case made == 0 && !d.health.Backups:
		d.well(about, "none are made by kept serve: back up with `kept backup FILE`, or set KEPT_BACKUP_DIR")
	case made == 0:
		d.ill(about, "none has been made yet", "start kept serve, or look into its log")
	case d.now.Sub(made) > 26*time.Hour:
		d.ill(about, "the last was made at "+made.String(), "look into kept serve's log, and at the disk of the backups")
	default:
		d.well(about, "the last was made at %s", made)
	}
	if tried != 0 && d.now.Sub(tried) > 50*time.Hour {
		d.ill(about, "none has been restored on trial since "+tried.String(), "look into kept serve's log")
	} else if tried != 0 {
		d.well(about, "the last restore on trial went well, at %s", tried)
	}
	return nil
}
