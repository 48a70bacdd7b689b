package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"kept/commitments"
	"kept/notify/fakeslack"
	"kept/web"
)

// demoOpen tells where the page is and what to try, and shows the first call card.
func (a *app) demoOpen(d *demo, risks []commitments.View, l net.Listener) error {
	url := urlOf(l)
	if a.flags.JSON {
		if err := a.out.json(map[string]any{"url": url, "database": d.path, "survey": url + d.surveys.first, "commands": d.commands(risks)}); err != nil {
			return err
		}
		return a.out.Flush()
	}
	a.demoRisks(d, risks)
	if v, m, ok := d.firstCard(risks); ok {
		a.demoCard(d, v, m)
	}
	a.out.line("")
	a.out.line("The rest is at %s", url)
	a.out.line("  It is the company’s Slack: be anybody there, and click, type and answer as they would. Right, every promise by stage.")
	a.out.line("  Look at the call cards, at the question to Piotr, and at the digests of Helen and Tomasz.")
	a.out.line("  A customer may say there how we did, once: %s", url+d.surveys.first)
	a.out.line("")
	a.out.line("Try in another terminal, and watch the page:")
	for _, c := range d.commands(risks) {
		a.out.line("  %s", c)
	}
	a.out.line("")
	a.out.line("Ctrl-C ends the demo and removes its database.")
	return a.out.Flush()
}

// demoOnce prints every call card that stands.
func (a *app) demoOnce(d *demo, risks []commitments.View) error {
	if a.flags.JSON {
		return a.out.json(risks)
	}
	a.demoRisks(d, risks)
	for _, v := range risks {
		if m, ok := d.card(v.ID); ok {
			a.demoCard(d, v, m)
		}
	}
	return nil
}

func (a *app) demoRisks(d *demo, risks []commitments.View) {
	a.out.line("%s has %s at risk right now:", company, plural(len(risks), "promise"))
	a.out.line("")
	rows := make([][]string, len(risks))
	for i, v := range risks {
		rows[i] = []string{idOf(v.ID), v.Customer, v.Title, v.Promise.Human(), v.Owner}
	}
	a.out.table([]string{"ID", "CUSTOMER", "PROMISE", "PROMISED FOR", "OWNER"}, rows)
}

// demoCard prints the card about one promise as Slack shows it.
func (a *app) demoCard(d *demo, v commitments.View, m fakeslack.Message) {
	zone, err := time.LoadLocation(v.Zone)
	if err != nil {
		zone = time.UTC
	}
	a.out.line("")
	a.out.line("What Slack showed %s on %s:", v.Owner, m.At.In(zone).Format("Mon 2 Jan, 15:04"))
	a.out.line("")
	page := web.Demo{Slack: d.slack}
	for _, card := range page.Cards(m, zone) {
		if !strings.Contains(card, fmt.Sprintf("(#%d)", v.ID)) {
			continue
		}
		for l := range strings.SplitSeq(card, "\n") {
			a.out.line("  %s", l)
		}
	}
}
