package main

import (
	"log/slog"

	"kept/commitments"
	"kept/commitments/store"
	"kept/notify"
)

type slackCmd struct {
	Manifest slackManifest `cmd:"" help:"Print what Slack makes the app of."`
	Test     slackTest     `cmd:"" help:"Send one test message."`
}

type slackTest struct {
	Channel text `help:"The channel's id, C…" placeholder:"CHANNEL"`
	Person  text `help:"A person, by e-mail address, name or number. Default: you." placeholder:"EMAIL"`
}

// Help is shown by kept help slack test.
func (slackTest) Help() string {
	return "The message takes the way that alerts take; what Slack answers, and what to do about it, is shown.\n\n" +
		example("kept slack test --channel C0123ABCD", "kept slack test --person ada@example.com")
}

// Run sends the message.
func (c *slackTest) Run(a *app) error {
	if c.Channel != "" && c.Person != "" {
		return commitments.Invalid("person", "name a channel or a person, not both")
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	if err := mayOperate(by); err != nil {
		return err
	}
	n, err := a.notifier(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	to, err := c.recipient(a, s, by)
	if err != nil {
		return err
	}
	found := n.Test(a.ctx, string(c.Channel), to)
	if a.flags.JSON {
		err = a.out.json(found)
	} else {
		a.finding(found)
	}
	if err == nil && !found.OK {
		err = errNotWell
	}
	return err
}

func (c *slackTest) recipient(a *app, s *store.Store, by commitments.Actor) (store.Person, error) {
	who := string(c.Person)
	if who == "" {
		who = idOf(by.ID)
	}
	view, err := s.Person(a.ctx, who)
	return view.Person, err
}

// finding shows one thing that was looked at, and what to do about it.
func (a *app) finding(f notify.Finding) {
	mark := "✓"
	if !f.OK {
		mark = "✗"
	}
	a.out.line("  %s %s", mark, f.What)
	if !f.OK && f.Fix != "" {
		a.out.line("      %s", f.Fix)
	}
}
