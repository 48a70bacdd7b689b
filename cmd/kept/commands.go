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

	Add    addCmd    `cmd:"" group:"log" help:"Log a promise, with its two dates."`
	Edit   editCmd   `cmd:"" group:"log" help:"Change anything of a promise but its promise date."`
	Import importCmd `cmd:"" group:"log" help:"Log promises from a CSV or XLSX file."`

	Checkin  checkinCmd  `cmd:"" group:"act" help:"Say how many working days of work are left."`
	Call     callCmd     `cmd:"" group:"act" help:"Record a call to the customer, and what it came to."`
	Ack      ackCmd      `cmd:"" group:"act" help:"Say that you are on a call Kept asked for."`
	Snooze   snoozeCmd   `cmd:"" group:"act" help:"Put a call off, with a reason."`
	Touch    touchCmd    `cmd:"" group:"act" help:"Record any other contact with a customer."`
	NewDate  newDateCmd  `cmd:"" group:"act" help:"Record a new date agreed with the customer."`
	Accept   acceptCmd   `cmd:"" group:"act" help:"Record that the customer accepted a date, or what was delivered."`
	Rescue   rescueCmd   `cmd:"" group:"act" help:"What is owed after a let-down: own it, call, make it right."`
	Wait     waitCmd     `cmd:"" group:"act" help:"Say that we wait for the customer, or that it is over."`
	HandOver handOverCmd `cmd:"" group:"act" help:"Give a promise to another owner."`
	Ask      askCmd      `cmd:"" group:"act" help:"What customers ask for, in their own words: promise it, give it, or say no."`
	PlusOne  plusOneCmd  `cmd:"" group:"act" help:"Record one small extra that the customer did not expect."`
	Deliver  deliverCmd  `cmd:"" group:"act" help:"Record that a promise was delivered."`
	Withdraw withdrawCmd `cmd:"" group:"act" help:"Record that a promise is no longer owed."`
	Reopen   reopenCmd   `cmd:"" group:"act" help:"Take a delivery or a withdrawal back."`
	Survey   surveyCmd   `cmd:"" group:"act" help:"Ask the customer how we did, by a link that works once."`
	Rate     rateCmd     `cmd:"" group:"act" help:"Enter how the customer says we did."`

	List   listCmd   `cmd:"" group:"look" help:"List promises, the most urgent first."`
	Show   showCmd   `cmd:"" group:"look" help:"Show one promise with everything known about it."`
	Digest digestCmd `cmd:"" group:"look" help:"The weekly digest of what is overdue, at risk and due."`
	Report reportCmd `cmd:"" group:"look" help:"How promises were kept over time: shares, lateness, padding, ratings."`
	Export exportCmd `cmd:"" group:"look" help:"Write all promises as CSV, XLSX or JSON."`
	Value  valueCmd  `cmd:"" group:"look" help:"What a customer is worth: profit by customers, with its arithmetic."`

	Init     initCmd     `cmd:"" group:"setup" help:"Create the database and the first admin."`
	Person   personCmd   `cmd:"" group:"setup" help:"People who own promises, lead teams or look after customers."`
	Team     teamCmd     `cmd:"" group:"setup" help:"Teams: channel, calendar, padding, alerts."`
	Kind     kindCmd     `cmd:"" group:"setup" help:"Kinds of promises, each with its padding."`
	Customer customerCmd `cmd:"" group:"setup" help:"Customers: whom to call, who looks after them, what they are worth."`
	Calendar calendarCmd `cmd:"" group:"setup" help:"Working days and hours, holidays, closures."`

	Serve      serveCmd      `cmd:"" group:"operate" help:"Run it all: find what is at risk, tell Slack, answer over HTTP."`
	Demo       demoCmd       `cmd:"" group:"operate" help:"A filled database and its Slack on a page, to look around."`
	Sweep      sweepCmd      `cmd:"" group:"operate" help:"Find what is at risk now, alert, and send what is due."`
	Delivery   deliveryCmd   `cmd:"" group:"operate" help:"Messages to Slack: what was sent, what waits, what failed."`
	Backup     backupCmd     `cmd:"" group:"operate" help:"Copy the whole database into one file, while Kept runs."`
	Restore    restoreCmd    `cmd:"" group:"operate" help:"Make a database of a backup."`
	Status     statusCmd     `cmd:"" group:"operate" help:"Whether promises are looked after, and if not, why."`
	Doctor     doctorCmd     `cmd:"" group:"operate" help:"Look at everything Kept needs, with what to do about what is wrong."`
	Slack      slackCmd      `cmd:"" group:"operate" help:"Set up and try out Slack."`
	Config     configCmd     `cmd:"" group:"operate" help:"Settings, and where each comes from."`
	Migrate    migrateCmd    `cmd:"" group:"operate" help:"Bring the database up to this version."`
	Completion completionCmd `cmd:"" group:"operate" help:"Completion for your shell."`
	Version    versionCmd    `cmd:"" group:"operate" help:"Print the version."`
	HelpOn     helpCmd       `cmd:"" name:"help" group:"operate" help:"Explain a command."`

	Complete completeCmd `cmd:"" name:"__complete" hidden:""`
}
