package slackapp

import (
	"slices"
	"strconv"

	"kept/commitments/calendar"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// asked is one thing that a modal asks for.
type asked struct {
	block    string // its block_id: named as the store names the field
	label    string
	hint     string
	begins   string // what stands there at first
	optional bool
	lines    bool // it may be of many lines
	atOnce   bool // the modal hears of every change
}

// maxTyped is how many characters fit into one input.
const maxTyped = 3000

// begin is what stands in an input: what was typed there, or what it begins with.
func (m *modal) begin(q asked) string {
	if _, seen := m.typed.Values[q.block]; seen {
		return m.typed.text(q.block)
	}
	return q.begins
}

func (m *modal) input(q asked, element slack.BlockElement) {
	var hint *slack.TextBlockObject
	if q.hint != "" {
		hint = plain(q.hint, 2000)
	}
	m.add(slack.NewInputBlock(q.block, plain(q.label, 2000), hint, element).WithOptional(q.optional).WithDispatchAction(q.atOnce))
}

// text asks for words.
func (m *modal) text(q asked) {
	e := slack.NewPlainTextInputBlockElement(nil, inputID)
	e.Multiline, e.MaxLength, e.InitialValue = q.lines, maxTyped, kit.Cut(m.begin(q), maxTyped)
	m.input(q, e)
}

// number asks for a number of at least 0, which may have decimals.
func (m *modal) number(q asked, most int) {
	e := slack.NewNumberInputBlockElement(nil, inputID, true)
	e.MinValue, e.MaxValue = "0", strconv.Itoa(most)
	if n, err := strconv.ParseFloat(m.begin(q), 64); err == nil && n >= 0 && n <= float64(most) {
		e.InitialValue = strconv.FormatFloat(n, 'f', -1, 64)
	}
	m.input(q, e)
}

// date asks for a civil date.
func (m *modal) date(q asked) {
	e := slack.NewDatePickerBlockElement(inputID)
	if d, err := calendar.ParseDate(m.begin(q)); err == nil && d != 0 {
		e.InitialDate = d.String()
	}
	m.input(q, e)
}

// timeOfDay asks for a time of day.
func (m *modal) timeOfDay(q asked) {
	e := slack.NewTimePickerBlockElement(inputID)
	if c, err := calendar.ParseClock(m.begin(q)); err == nil && !c.IsZero() && c < 24*60 {
		e.InitialTime = c.String()
	}
	m.input(q, e)
}

// moment asks for an instant, on the clocks of whoever is asked. Slack takes ten digits.
func (m *modal) moment(q asked, begins calendar.Instant) {
	e := slack.NewDateTimePickerBlockElement(inputID)
	e.InitialDateTime = begins.Time().Unix()
	if typed := m.typed.at(q.block).DateTime; typed >= 1e9 && typed < 1e10 {
		e.InitialDateTime = typed
	}
	m.input(q, e)
}

// person asks for somebody in Slack.
func (m *modal) person(q asked) {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Choose a person", 150), inputID)
	e.InitialUser = m.begin(q)
	m.input(q, e)
}

// choice is one of those between which a modal lets people choose.
type choice struct{ value, label string }

// choicesOf are choices that are called what they are.
func choicesOf(values ...string) (choices []choice) {
	for _, v := range values {
		choices = append(choices, choice{v, kit.Capital(v)})
	}
	return choices
}

// one asks for one of at most 100 choices.
func (m *modal) one(q asked, choices ...choice) {
	options, begins := m.options(q, choices)
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose", 150), inputID, options...)
	e.InitialOption = begins
	m.input(q, e)
}

// either asks for one of a few choices, all of which are shown.
func (m *modal) either(q asked, choices ...choice) {
	options, begins := m.options(q, choices)
	e := slack.NewRadioButtonsBlockElement(inputID, options...)
	e.InitialOption = begins
	m.input(q, e)
}

func (m *modal) options(q asked, choices []choice) (options []*slack.OptionBlockObject, begins *slack.OptionBlockObject) {
	for _, c := range choices {
		options = append(options, slack.NewOptionBlockObject(kit.Cut(c.value, 150), plain(c.label, 75), nil))
	}
	if i := slices.IndexFunc(choices, func(c choice) bool { return c.value == m.begin(q) }); i >= 0 {
		begins = options[i]
	}
	return options, begins
}
