package main

import (
	"kept/commitments/calendar"
	"kept/commitments/store"
)

type sweepCmd struct {
	At     moment `help:"Sweep as of another time; after now or before the last sweep only with --dry-run. Default: now." placeholder:"TIME"`
	DryRun bool   `help:"Say what would happen, and change and send nothing."`
}

// Help is shown by kept help sweep.
func (sweepCmd) Help() string {
	return "kept serve sweeps by itself. This is one sweep by hand.\n\n" + example("kept sweep --dry-run --at 'next friday'")
}

// swept is a sweep as it is shown.
type swept struct {
	store.Swept
	Deliveries deliveryCounts `json:"deliveries"`
}

// Run sweeps once.
func (c *sweepCmd) Run(a *app) error {
	s, err := a.operator()
	if err != nil {
		return err
	}
	at, err := a.instant(s, c.At)
	if err != nil {
		return err
	}
	out, err := c.sweep(a, s, at)
	if err != nil {
		return err
	}
	if a.flags.JSON {
		return a.out.json(out)
	}
	a.sweepReport(out, c.DryRun)
	return nil
}

func (c *sweepCmd) sweep(a *app, s *store.Store, at calendar.Instant) (out swept, err error) {
	if c.DryRun {
		out.Swept, err = s.DrySweep(a.ctx, at)
		return out, err
	}
	if out.Swept, err = s.Sweep(a.ctx, at); err != nil {
		return out, err
	}
	out.Deliveries, err = a.deliver(s, at, out.Swept.Deliveries)
	return out, err
}

func (a *app) sweepReport(out swept, dry bool) {
	would := ""
	if dry {
		would = ", as a dry run: nothing was changed or sent"
	}
	a.out.line("Swept as of %s: %s looked at, %s, %s%s.", out.At.String(), plural(out.Reviewed, "promise"),
		plural(len(out.Changed), "change"), plural(len(out.Alerts), "alert"), would)
	for _, c := range out.Changed {
		a.out.line("  promise %d, %s: %s, was %s", c.ID, c.Title, string(c.To), string(c.From))
		for _, r := range c.Reasons {
			a.out.line("    %s", r.Text)
		}
	}
	for _, al := range out.Alerts {
		who := al.Recipient
		if al.For != nil {
			who += standingIn(al.For) + ","
		}
		a.out.line("  alert to %s about promise %d: %s%s", who, al.Commitment, string(al.Stage), stepWords(al.Step))
	}
	if !dry {
		a.messages(out.Deliveries)
	}
}
