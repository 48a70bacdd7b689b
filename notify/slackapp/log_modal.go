package slackapp

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// callbackLog is the modal in which a promise is logged.
const callbackLog = notify.ActionLog

// The blocks of the modal that are not named as the store names a field.
const (
	blockNewCustomer = "new-customer"
	blockTime        = "promise-time"
)

// logModal asks for a promise: a draft or, where that was shown before, what stands in the
// inputs by now; and says what the dates come to so far.
func logModal(d *draft, typed state, c *store.Choices, plan []slack.Block) *modal {
	m := &modal{callback: callbackLog, title: "Log a promise", submit: "Log it", private: compact(d.source), typed: typed}
	m.from(&d.source)
	m.customer(d, c)
	m.text(asked{block: "what", label: "What is promised", hint: "In a few words.", begins: d.What})
	m.owner(d)
	date, clock, _ := strings.Cut(d.Promise, " ")
	m.date(asked{block: "promise", label: "Promise date", hint: "What the customer is told.", begins: date, optional: true, atOnce: true})
	m.timeOfDay(asked{block: blockTime, label: "Time of day", hint: "Without one the promise ends with its day.", begins: clock, optional: true, atOnce: true})
	m.date(asked{block: "target", label: "Target date", hint: "For us alone. Left empty, Kept computes it.", begins: d.Target, optional: true, atOnce: true})
	m.date(asked{block: "date-by", label: "Or no date yet: the customer is owed one by", begins: d.DateBy, optional: true, atOnce: true})
	m.add(plan...)
	m.named(asked{block: "kind", label: "Kind", begins: d.Kind, optional: true, atOnce: true}, c.Kinds)
	m.named(asked{block: "team", label: "Team", hint: "Left empty, the owner's first.", begins: d.Team, optional: true, atOnce: true}, c.Teams)
	for _, q := range []asked{
		{block: "words", label: "What the customer was told, word for word", begins: d.Words, lines: true},
		{block: "link", label: "Where it was said", hint: linkHint(&d.source), begins: d.Link},
		{block: "price", label: "What they pay for it", hint: "0 is free.", begins: d.Price},
		{block: "value", label: "What it is worth to us", begins: d.Value},
		{block: "done-means", label: "What it takes to be done", begins: d.DoneMeans, lines: true},
		{block: "update-every", label: "How often they get word", hint: "5d is every five working days.", begins: d.UpdateEvery},
		{block: "padding", label: "Another padding than the rule's", hint: "5d, or 20%.", begins: d.Padding, atOnce: true},
	} {
		q.optional = true
		m.text(q)
	}
	return m
}

// from says in which message the promise was made.
func (m *modal) from(s *source) {
	if s.Author == "" {
		return
	}
	parts := []slack.RichTextSectionElement{kit.Plain("From a message of "), slack.NewRichTextSectionUserElement(s.Author, nil)}
	if !strings.HasPrefix(s.Channel, "D") { // a direct message has no name to be shown by
		parts = append(parts, kit.Plain(" in "), slack.NewRichTextSectionChannelElement(s.Channel, nil))
	}
	m.say(kit.Paragraph(parts...))
}

func linkHint(s *source) string {
	if s.NoLink {
		return "Slack did not give Kept the link to the message: “Copy link” in its menu does."
	}
	return "A web address."
}

// maxChoices is what a select offers; of more names, one is typed.
const maxChoices = 100

// named asks for one of some names, if there are any.
func (m *modal) named(q asked, names []string) {
	switch n := len(names); {
	case n == 0:
	case n > maxChoices:
		q.hint = strings.TrimSpace(q.hint + " The name, as Kept has it.")
		m.text(q)
	default:
		for _, name := range names {
			if strings.EqualFold(name, q.begins) {
				q.begins = name
			}
		}
		m.one(q, choicesNamed(names)...)
	}
}

func choicesNamed(names []string) []choice {
	choices := make([]choice, len(names))
	for i, name := range names {
		choices[i] = choice{name, name}
	}
	return choices
}

// customer asks for a customer that Kept knows or, of those who may add them, a new one.
func (m *modal) customer(d *draft, c *store.Choices) {
	q := asked{block: "customer", label: "Customer", begins: d.Customer, optional: c.AddCustomers, atOnce: true}
	if len(c.Customers) == 0 && !c.AddCustomers {
		q.hint = "There is none yet: an account manager adds them."
		m.text(q)
	}
	m.named(q, c.Customers)
	if c.AddCustomers {
		m.text(asked{block: blockNewCustomer, label: "Or a new customer", begins: d.NewCustomer, optional: true, atOnce: true})
	}
}

// owner asks who is accountable: somebody in Slack or, where that was said of somebody whose
// account Kept does not know, by name.
func (m *modal) owner(d *draft) {
	q := asked{block: "owner", label: "Owner", hint: "The one person accountable for it.", begins: d.User, atOnce: true}
	if d.User != "" || d.Owner == "" {
		m.person(q)
		return
	}
	q.begins, q.hint = d.Owner, "The one person accountable for it, by name or e-mail address: Kept knows no Slack account of theirs."
	m.text(q)
}

// filled is the draft as it stands in the modal.
func (v *view) filled() draft {
	var d draft
	_ = json.Unmarshal([]byte(v.Private), &d.source) // what cannot be read is left empty
	d.Once = cmp.Or(d.Once, v.ID)
	at := v.State.text
	owner := v.State.at("owner")
	d.Customer, d.NewCustomer, d.What, d.User, d.Owner = at("customer"), at(blockNewCustomer), at("what"), owner.User, strings.TrimSpace(owner.Text)
	d.Promise, d.Target, d.DateBy, d.Padding = strings.TrimSpace(at("promise")+" "+at(blockTime)), at("target"), at("date-by"), at("padding")
	d.Kind, d.Team, d.Words, d.Link, d.Price, d.Value = at("kind"), at("team"), at("words"), at("link"), at("price"), at("value")
	d.DoneMeans, d.UpdateEvery = at("done-means"), at("update-every")
	return d
}

// unfit says what is wrong with what stands in the modal, by block, as far as that can be
// told before it is logged.
func (v *view) unfit() map[string]string {
	errs := map[string]string{}
	at := v.State.text
	for block := range v.State.Values {
		if n := utf8.RuneCountInString(at(block)); n > maxTyped {
			errs[block] = fmt.Sprintf("too long: %d characters, at most %d", n, maxTyped)
		}
	}
	switch {
	case at("customer") == "" && at(blockNewCustomer) == "":
		errs[v.blockOf("customer", blockNewCustomer)] = "To whom is this promised?"
	case at("customer") != "" && at(blockNewCustomer) != "":
		errs[blockNewCustomer] = "A customer is chosen above: leave one of the two out."
	}
	if at("promise") == "" && at("target") == "" && at("date-by") == "" {
		errs["promise"] = "Give a date: the one the customer is told, or our target; or, without one yet, the day by which they are owed one."
	}
	if at("promise") == "" && at(blockTime) != "" {
		errs[blockTime] = "A time of day goes with a promise date."
	}
	return errs
}

// blockOf is the first of some blocks that is in the modal, which may not have one for
// what there is nothing to choose from.
func (v *view) blockOf(blocks ...string) string {
	for _, block := range blocks {
		if _, there := v.State.Values[block]; there {
			return block
		}
	}
	return "what"
}
