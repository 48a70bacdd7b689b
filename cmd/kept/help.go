package main

import (
	"errors"
	"slices"
	"strings"

	"kept/commitments"

	"github.com/alecthomas/kong"
)

// helpFlag prints the help of the command it stands with, whatever else is missing
// there.
type helpFlag bool

// BeforeReset runs before the parser looks for what is required.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	err := kong.DefaultHelpPrinter(kong.HelpOptions{
		Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100, ValueFormatter: kong.DefaultHelpValueFormatter,
	}, ctx)
	return errors.Join(errHelped, err)
}

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// Help is shown by kept help help.
func (helpCmd) Help() string { return example("kept help add") }

// Run prints the help of a command, as its --help does.
func (c *helpCmd) Run(a *app) error {
	parser, err := newParser(&commands{}, a)
	if err != nil {
		return err
	}
	_, err = parser.Parse(append(slices.Clone(c.Command), "--help"))
	if err != nil && !errors.Is(err, errHelped) {
		return commitments.Invalid("", "there is no command "+strings.Join(c.Command, " ")+": see `kept help`")
	}
	return err
}

// example is the last part of every command's help: how to type it.
func example(lines ...string) string {
	return "Example:\n\n    " + strings.Join(lines, "\n    ")
}
