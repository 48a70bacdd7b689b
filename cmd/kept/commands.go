package main

import "github.com/alecthomas/kong"

const description = "Kept helps a company keep what it promises its customers."

// globals are the flags of every command.
type globals struct {
	DB     text     `help:"Database: a file, or postgres://… (KEPT_DB; default kept.db)." placeholder:"PATH" name:"db"`
	Config text     `help:"File of settings (KEPT_CONFIG)." placeholder:"FILE"`
	JSON   bool     `help:"Answer in JSON, for programs." name:"json"`
	As     text     `help:"Do it as this person: an e-mail address, name or number. Default: the admin." placeholder:"EMAIL"`
	Help   helpFlag `help:"Show help." short:"h"`
}

// groups are the commands by what people do.
var groups = []kong.Group{
	{Key: "log", Title: "Log promises:"},
	{Key: "act", Title: "Act on them:"},
	{Key: "look", Title: "Look:"},
	{Key: "setup", Title: "Set up:"},
	{Key: "operate", Title: "Operate:"},
}

// commands is the table of all commands. Help and completion come from it.
type commands struct {
	globals

	Add addCmd `cmd:"" group:"log" help:"Log a promise, with its two dates."`

	Checkin  checkinCmd  `cmd:"" group:"act" help:"Say how many working days of work are left."`
	Call     callCmd     `cmd:"" group:"act" help:"Record a call to the customer, and what it came to."`
	NewDate  newDateCmd  `cmd:"" group:"act" help:"Record a new date agreed with the customer."`
	Wait     waitCmd     `cmd:"" group:"act" help:"Say that we wait for the customer, or that it is over."`
	Deliver  deliverCmd  `cmd:"" group:"act" help:"Record that a promise was delivered."`
	Withdraw withdrawCmd `cmd:"" group:"act" help:"Record that a promise is no longer owed."`
	Reopen   reopenCmd   `cmd:"" group:"act" help:"Take a delivery or a withdrawal back."`

	List listCmd `cmd:"" group:"look" help:"List promises, the most urgent first."`
	Show showCmd `cmd:"" group:"look" help:"Show one promise with everything known about it."`

	Init initCmd `cmd:"" group:"setup" help:"Create the database and the first admin."`

	Sweep   sweepCmd   `cmd:"" group:"operate" help:"Find what is at risk now, alert, and send what is due."`
	Version versionCmd `cmd:"" group:"operate" help:"Print the version."`
	HelpOn  helpCmd    `cmd:"" name:"help" group:"operate" help:"Explain a command."`
}
