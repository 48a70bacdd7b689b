package main

import (
	"strings"

	"kept/commitments"
	"kept/commitments/store"

	"github.com/alecthomas/kong"
)

type rescueCmd struct {
	Open      rescueOpenCmd      `cmd:"" help:"Say that we let the customer down, before a date says so."`
	Own       rescueOwnCmd       `cmd:"" help:"Take it on: you answer for it from now on."`
	Call      rescueCallCmd      `cmd:"" help:"You called the customer, and reached them."`
	MakeRight rescueMakeRightCmd `cmd:"" help:"What we gave to make it right, and what it cost."`
	Close     rescueCloseCmd     `cmd:"" help:"It is over; say whether they were won back."`
}

// rescuing is what every step of a rescue takes.
type rescuing struct {
	recording
	ID       text     `arg:"" help:"Number of the promise, or its id elsewhere."`
	Note     text     `help:"What was said, or done." placeholder:"TEXT"`
	Reason   reason   `help:"Why it happened: estimate, capacity, supplier, dependency, quality, scope, customer, miscommunication or other." placeholder:"REASON"`
	Severity severity `help:"How bad it is for the customer: low, medium or high." placeholder:"SEVERITY"`
}

func (c *rescuing) step(a *app, done string, in store.RescueStep) error {
	in.Note, in.Reason, in.Severity = string(c.Note), string(c.Reason), string(c.Severity)
	var unsaid bool
	err := a.record(c.ID, c.At, done, func(s *store.Store, op store.Op) (commitments.View, error) {
		v, err := s.Rescue(a.ctx, op, in)
		unsaid = err == nil && in.Act == commitments.RescueClosed && v.Rescue != nil && v.Rescue.Reason == nil
		return v, err
	})
	if unsaid {
		a.warnings([]commitments.Warning{{Code: "no-reason", Text: "nobody said why it happened: add --reason the next time, so that reports can count it"}})
	}
	return err
}

type rescueOpenCmd struct{ rescuing }

// Help is shown by kept help rescue open.
func (rescueOpenCmd) Help() string {
	return "A missed date opens one by itself. The owner is told, and its clocks run.\n\n" +
		example("kept rescue open 42 --note 'the demo failed in front of their board' --severity high")
}

// Run opens a rescue.
func (c *rescueOpenCmd) Run(a *app) error {
	return c.step(a, "A rescue is open", store.RescueStep{Act: commitments.RescueOpened})
}

type rescueOwnCmd struct{ rescuing }

// Help is shown by kept help rescue own.
func (rescueOwnCmd) Help() string { return example("kept rescue own 42") }

// Run takes a rescue on.
func (c *rescueOwnCmd) Run(a *app) error {
	return c.step(a, "The rescue is owned", store.RescueStep{Act: commitments.RescueOwned})
}

type rescueCallCmd struct{ rescuing }

// Help is shown by kept help rescue call.
func (rescueCallCmd) Help() string {
	return "If you agreed a new date, record that with `kept call`. Whoever calls owns the rescue.\n\n" +
		example("kept rescue call 42 --note 'they can live with Friday' --reason supplier")
}

// Run records the call of a rescue.
func (c *rescueCallCmd) Run(a *app) error {
	return c.step(a, "Call recorded", store.RescueStep{Act: commitments.RescueCalled})
}

type rescueMakeRightCmd struct {
	rescuing
	What text   `required:"" help:"What we gave." placeholder:"TEXT"`
	Cost amount `help:"What that cost us." placeholder:"N"`
}

// Help is shown by kept help rescue make-right.
func (rescueMakeRightCmd) Help() string {
	return example("kept rescue make-right 42 --what 'a free month' --cost 250")
}

// Run records what was given to make it right.
func (c *rescueMakeRightCmd) Run(a *app) error {
	return c.step(a, "Made right", store.RescueStep{Act: commitments.RescueMadeRight, What: string(c.What), Cost: string(c.Cost)})
}

type rescueCloseCmd struct {
	rescuing
	WonBack bool `help:"The customer stays." xor:"end"`
	Lost    bool `help:"The customer does not. Without either: nobody knows yet." xor:"end"`
}

// Help is shown by kept help rescue close.
func (rescueCloseCmd) Help() string { return example("kept rescue close 42 --won-back") }

// Run closes a rescue.
func (c *rescueCloseCmd) Run(a *app) error {
	in := store.RescueStep{Act: commitments.RescueClosed}
	if c.WonBack || c.Lost {
		in.WonBack = &c.WonBack
	}
	return c.step(a, "The rescue is closed", in)
}

type (
	reason   string // one of commitments.RescueReasons
	severity string // one of commitments.Severities
)

// Decode reads the value of one flag.
func (r *reason) Decode(ctx *kong.DecodeContext) error {
	s, err := oneOf(ctx, commitments.RescueReasons[:]...)
	*r = reason(s)
	return err
}

// Decode reads the value of one flag.
func (v *severity) Decode(ctx *kong.DecodeContext) error {
	s, err := oneOf(ctx, commitments.Severities[:]...)
	*v = severity(s)
	return err
}

// rescueRows are how far the newest rescue of a promise has come.
func rescueRows(r *commitments.RescueView, v commitments.View) [][2]string {
	opened := "opened " + clockTime(r.OpenedAt, v.Zone)
	if r.OpenedBy != nil {
		opened += " by " + *r.OpenedBy
	}
	steps := []string{opened}
	add := func(done string, at, by commitments.Instant, owed string) {
		switch {
		case at != 0:
			steps = append(steps, done+clockTime(at, v.Zone))
		case by != 0 && by <= v.AsOf:
			steps = append(steps, owed+": that was due by "+clockTime(by, v.Zone))
		case by != 0:
			steps = append(steps, owed+" by "+clockTime(by, v.Zone))
		case r.Open() && r.MadeRightAt == 0:
			steps = append(steps, owed)
		}
	}
	add("owned by "+or(r.OwnedBy, "somebody")+" ", r.OwnedAt, r.OwnBy, "own it")
	add("called ", r.CalledAt, r.CallBy, "call them")
	add("made right ", r.MadeRightAt, r.MakeRightBy, "make it right")
	if !r.Open() {
		steps = append(steps, "closed "+clockTime(r.ClosedAt, v.Zone)+won(r.WonBack))
	}
	return [][2]string{
		{"rescue", strings.Join(steps, "\n")}, {"made right by", gave(r, v.Currency)},
		{"why it broke", or(r.Reason, "")}, {"severity", or(r.Severity, "")}, {"said", or(r.Note, "")},
	}
}

func won(back *bool) string {
	switch {
	case back == nil:
		return ", nobody knows whether they were won back"
	case *back:
		return ", they were won back"
	}
	return ", they were not won back"
}

// gave is what was given to make it right, with its cost.
func gave(r *commitments.RescueView, currency string) string {
	if r.What == nil || !r.Cost.Known {
		return or(r.What, "")
	}
	return *r.What + ", " + money(r.Cost, currency)
}
