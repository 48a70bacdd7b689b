package main

import "kept/notify/slackapp"

type slackManifest struct {
	HTTP text `name:"http" help:"Have Slack send to Kept at this address, instead of Socket Mode." placeholder:"URL"`
	Link bool `help:"Print the address that makes the app in Slack."`
}

// Help is shown by kept help slack manifest.
func (slackManifest) Help() string {
	return "Slack makes the app of it: open the address that --link prints, or paste the manifest at https://api.slack.com/apps, From a manifest. " +
		"An app that exists is brought up to date the same way, under App Manifest. With public_url set, Slack also shows what links to it lead to.\n\n" +
		"With Socket Mode, Kept needs no address that Slack can reach.\n\n" +
		example("kept slack manifest --link", "kept slack manifest --http https://kept.example.com")
}

// Run prints the manifest, or the address that makes the app of it.
func (c *slackManifest) Run(a *app) error {
	set, err := a.settings()
	if err != nil {
		return err
	}
	m, err := slackapp.NewManifest(string(c.HTTP), set["public_url"].value)
	if err != nil || !c.Link {
		return a.answer(m, err)
	}
	link, err := m.Link()
	if err != nil || a.flags.JSON {
		return a.answer(map[string]string{"link": link}, err)
	}
	a.out.line("%s", link)
	return nil
}
