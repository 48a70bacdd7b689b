package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// surface is what blocks stand on: a message, a modal or a home tab.
type surface struct {
	prefix string              // of the ids of its elements in the page
	given  map[string][]string // what stands in its inputs, by name; without, what they began with
	faults map[string]string   // what was not right, by block
}

// element is what can be clicked or filled in.
type element struct {
	Kind        string // button, link, select, choices, overflow, field, area, image, unknown
	ID, Name    string // in the page; in the form
	Press       string // what a button sends that stands for it
	Label       string
	Style, Link string   // of a button
	Confirm     *confirm // asked before
	Type        string   // of a field or of choices, as HTML calls it
	Value       string
	Placeholder string
	Min, Max    string
	Step        string
	Shortest    int
	Longest     int
	Groups      []optionGroup
	Many        bool // more than one may be chosen
	Required    bool
	Alone       bool     // not in an input: what is chosen is told at once
	Dispatch    bool     // in an input, and a change of it is told at once
	Described   []string // ids of what is said about it
}

type confirm struct{ Title, Text, Yes, No string }

// optionGroup is options under a label; one without a label where there are no groups.
type optionGroup struct {
	Label   string
	Options []choosable
}

type choosable struct {
	Text, Description, Value, Press string
	Chosen                          bool
}

// wireElement is an element as it arrives, of all types at once.
type wireElement struct {
	Type        string       `json:"type"`
	ID          string       `json:"action_id"`
	Text        wireText     `json:"text"`
	Carries     string       `json:"value"` // of a button
	URL         string       `json:"url"`
	Style       string       `json:"style"`
	AltText     string       `json:"alt_text"`
	Confirm     *wireConfirm `json:"confirm"`
	Placeholder wireText     `json:"placeholder"`
	Options     []wireOption `json:"options"`
	Groups      []struct {
		Label   wireText     `json:"label"`
		Options []wireOption `json:"options"`
	} `json:"option_groups"`
	Multiline bool   `json:"multiline"`
	Decimal   bool   `json:"is_decimal_allowed"`
	Shortest  int    `json:"min_length"`
	Longest   int    `json:"max_length"`
	Min       string `json:"min_value"`
	Max       string `json:"max_value"`
	// What it begins with.
	Value    string       `json:"initial_value"`
	Date     string       `json:"initial_date"`
	Time     string       `json:"initial_time"`
	DateTime int64        `json:"initial_date_time"`
	Option   *wireOption  `json:"initial_option"`
	Chosen   []wireOption `json:"initial_options"`
	User     string       `json:"initial_user"`
	Users    []string     `json:"initial_users"`
	Channel  string       `json:"initial_channel"`
	Place    string       `json:"initial_conversation"`
}

type (
	wireOption struct {
		Text        wireText `json:"text"`
		Value       string   `json:"value"`
		Description wireText `json:"description"`
	}
	wireConfirm struct {
		Title wireText `json:"title"`
		Text  wireText `json:"text"`
		Yes   wireText `json:"confirm"`
		No    wireText `json:"deny"`
	}
)

// fields are the elements that are one field in HTML, and its type there.
var fields = map[string]string{
	"datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local", "number_input": "number",
	"plain_text_input": "text", "email_text_input": "email", "url_text_input": "url",
}

// element reads an element of a block.
func (r reader) element(w wireElement, block string, on surface) element {
	e := element{Kind: "unknown", Name: fieldName(block, w.ID), Press: pressed(block, w.ID), Label: w.Type, Style: w.Style,
		Placeholder: withEmoji(w.Placeholder.Text), Shortest: w.Shortest, Longest: w.Longest, Confirm: w.Confirm.shown()}
	e.ID = on.prefix + e.Name
	chosen := r.chosen(w, on.given, e.Name)
	e.Value = strings.Join(chosen, " ")
	switch kind, isField := fields[w.Type]; {
	case w.Type == "button":
		e.Kind, e.Label, e.Press = "button", withEmoji(w.Text.Text), pressed(block, w.ID, w.Carries)
		if e.Link = safeLink(w.URL); e.Link != "" {
			e.Kind = "link"
		}
	case w.Type == "image":
		e.Kind, e.Label = "image", w.AltText
	case w.Type == "overflow":
		e.Kind, e.Label = "overflow", "More"
		e.Groups = w.groups(nil, block)
	case w.Type == "checkboxes" || w.Type == "radio_buttons":
		e.Kind, e.Type = "choices", map[string]string{"checkboxes": "checkbox", "radio_buttons": "radio"}[w.Type]
		e.Groups = w.groups(chosen, block)
	case strings.HasSuffix(w.Type, "_select"):
		e.Kind, e.Many = "select", strings.HasPrefix(w.Type, "multi_")
		e.Groups = append(w.groups(chosen, block), r.everybody(w.Type, chosen)...)
	case w.Multiline:
		e.Kind = "area"
	case isField:
		e.Kind, e.Type, e.Min, e.Max = "field", kind, w.Min, w.Max
		if w.Decimal {
			e.Step = "any"
		}
	}
	e.Alone = e.Kind == "select" || e.Kind == "choices" || e.Kind == "field" || e.Kind == "area"
	return e
}

// chosen are the values that stand in an element, in the order of its options.
func (r reader) chosen(w wireElement, given map[string][]string, name string) []string {
	if now, ok := given[name]; ok {
		return now
	}
	var all []string
	if w.Option != nil {
		all = append(all, w.Option.Value)
	}
	for _, o := range w.Chosen {
		all = append(all, o.Value)
	}
	all = append(all, w.Users...)
	if one := cmp.Or(w.Value, w.Date, w.Time, w.User, w.Channel, w.Place); one != "" {
		all = append(all, one)
	}
	if w.DateTime != 0 {
		all = append(all, time.Unix(w.DateTime, 0).In(r.zone).Format(minute))
	}
	return all
}

// groups are the options to choose from.
func (w wireElement) groups(chosen []string, block string) []optionGroup {
	group := func(label string, options []wireOption) optionGroup {
		g := optionGroup{Label: withEmoji(label)}
		for _, o := range options {
			g.Options = append(g.Options, choosable{
				Text: withEmoji(o.Text.Text), Description: withEmoji(o.Description.Text), Value: o.Value,
				Press: pressed(block, w.ID, o.Value), Chosen: slices.Contains(chosen, o.Value),
			})
		}
		return g
	}
	var all []optionGroup
	if len(w.Options) > 0 {
		all = append(all, group("", w.Options))
	}
	for _, g := range w.Groups {
		all = append(all, group(g.Label.Text, g.Options))
	}
	return all
}

// everybody are the options of the selects that Slack fills itself: people, channels,
// or both.
func (r reader) everybody(kind string, chosen []string) []optionGroup {
	var people, places optionGroup
	for id, name := range r.names {
		o := choosable{Text: name, Value: id, Chosen: slices.Contains(chosen, id)}
		switch id[0] {
		case 'U':
			people.Options = append(people.Options, o)
		case 'C':
			o.Text = "#" + name
			places.Options = append(places.Options, o)
		}
	}
	var all []optionGroup
	both := strings.Contains(kind, "conversations")
	if both || strings.Contains(kind, "users") {
		all = append(all, people)
	}
	if both || strings.Contains(kind, "channels") {
		all = append(all, places)
	}
	for _, g := range all {
		slices.SortFunc(g.Options, func(a, b choosable) int { return strings.Compare(a.Text, b.Text) })
	}
	return all
}

func (w *wireConfirm) shown() *confirm {
	if w == nil {
		return nil
	}
	return &confirm{w.Title.Text, w.Text.Text, cmp.Or(w.Yes.Text, "Yes"), cmp.Or(w.No.Text, "No")}
}

// fieldName is what an element's value is called in a form: block and action, escaped.
func fieldName(block, action string) string { return "in/" + pressed(block, action) }

// pressed says in one word what was clicked: block, action and, of one of several with
// that action, the value it carries.
func pressed(parts ...string) string {
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = url.QueryEscape(p)
	}
	return strings.Join(words, "/")
}

// unpressed are the parts again; false if the word is none of ours.
func unpressed(word string) (parts []string, ok bool) {
	for p := range strings.SplitSeq(word, "/") {
		text, err := url.QueryUnescape(p)
		if err != nil {
			return nil, false
		}
		parts = append(parts, text)
	}
	return parts, len(parts) == 2 || len(parts) == 3
}
