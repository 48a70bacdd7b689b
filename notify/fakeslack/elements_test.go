package fakeslack_test

import (
	"strings"
	"testing"
)

// modalWith is a modal of one block.
func modalWith(block string) string {
	return `{"type":"modal","title":` + plainText(3) + `,"submit":` + plainText(3) + `,"blocks":[` + block + `]}`
}

func inputOf(element string) string {
	return modalWith(`{"type":"input","label":` + plainText(3) + `,"element":{` + element + `}}`)
}

func choice(value string) string { return `{"text":` + plainText(3) + `,"value":"` + value + `"}` }

// elementFaults are views that Slack takes, each beside one that it does not,
// and where the refusal points, or its code.
var elementFaults = []struct{ name, good, bad, pointer string }{
	{"a day that is none", inputOf(`"type":"datepicker","initial_date":"2026-12-04"`), inputOf(`"type":"datepicker","initial_date":"4 Dec"`), "element/initial_date"},
	{"an hour that is none", inputOf(`"type":"timepicker","initial_time":"17:00"`), inputOf(`"type":"timepicker","initial_time":"5 pm"`), "element/initial_time"},
	{"an instant in milliseconds", inputOf(`"type":"datetimepicker","initial_date_time":1780000000`), inputOf(`"type":"datetimepicker","initial_date_time":1780000000000`), "element/initial_date_time"},
	{"more text than can be asked for", inputOf(`"type":"plain_text_input","max_length":3000`), inputOf(`"type":"plain_text_input","max_length":3001`), "element/max_length"},
	{"more than there can be", inputOf(`"type":"plain_text_input","min_length":2,"max_length":2`), inputOf(`"type":"plain_text_input","min_length":3,"max_length":2`), "element/min_length"},
	{"more text than fits", inputOf(`"type":"plain_text_input","max_length":5,"initial_value":"` + long(5) + `"`), inputOf(`"type":"plain_text_input","max_length":5,"initial_value":"` + long(6) + `"`), "element/initial_value"},
	{"text that begins too long", inputOf(`"type":"plain_text_input","initial_value":"` + long(3000) + `"`), inputOf(`"type":"plain_text_input","initial_value":"` + long(3001) + `"`), "element/initial_value"},
	{"a number that is none", inputOf(`"type":"number_input","is_decimal_allowed":true,"initial_value":"2.5"`), inputOf(`"type":"number_input","is_decimal_allowed":true,"initial_value":"two"`), "element/initial_value"},
	{"a number of an unknown kind", inputOf(`"type":"number_input","is_decimal_allowed":false`), inputOf(`"type":"number_input"`), "element"},
	{"a choice that is not offered", inputOf(`"type":"static_select","options":[` + choice("a") + `],"initial_option":` + choice("a")), inputOf(`"type":"static_select","options":[` + choice("a") + `],"initial_option":` + choice("b")), "element"},
	{"a tick that is not offered", inputOf(`"type":"checkboxes","options":[` + choice("a") + `],"initial_options":[` + choice("a") + `]`), inputOf(`"type":"checkboxes","options":[` + choice("a") + `],"initial_options":[]`), "element/initial_options"},
	{"groups and options", inputOf(`"type":"static_select","option_groups":[{"label":` + plainText(75) + `,"options":[` + choice("a") + `]}]`), inputOf(`"type":"static_select","options":[` + choice("a") + `],"option_groups":[{"label":` + plainText(75) + `,"options":[` + choice("a") + `]}]`), "element"},
	{"a long name of a group", inputOf(`"type":"static_select","option_groups":[{"label":` + plainText(75) + `,"options":[` + choice("a") + `]}]`), inputOf(`"type":"static_select","option_groups":[{"label":` + plainText(76) + `,"options":[` + choice("a") + `]}]`), "option_groups/0/label/text"},
	{"too many radio buttons", inputOf(`"type":"radio_buttons","options":[` + repeat(10, choice("#")) + `]`), inputOf(`"type":"radio_buttons","options":[` + repeat(11, choice("#")) + `]`), "element/options"},
	{"an option without a value", inputOf(`"type":"radio_buttons","options":[` + choice("a") + `]`), inputOf(`"type":"radio_buttons","options":[` + choice("") + `]`), "options/0"},
	{"a button to fill in", modalWith(`{"type":"actions","elements":[` + button(3, "") + `]}`), inputOf(`"type":"button","text":` + plainText(3)), "element/type"},
	{"text to type among buttons", inputOf(`"type":"plain_text_input"`), modalWith(`{"type":"actions","elements":[{"type":"plain_text_input"}]}`), "elements/0/type"},
	{"an element nobody knows", inputOf(`"type":"users_select"`), inputOf(`"type":"slider"`), "element/type"},
	{"a table in a modal", modalWith(`{"type":"divider"}`), modalWith(`{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`), "0/type"},
	{"two cursors", inputOf(`"type":"plain_text_input","focus_on_load":true`), modalWith(repeat(2, `{"type":"input","label":`+plainText(3)+`,"element":{"type":"plain_text_input","focus_on_load":true}}`)), "1/element/focus_on_load"},
	{"empty rich text", modalWith(rich(`{"type":"text","text":"a","style":{"bold":true}}`)), modalWith(rich(`{"type":"text","text":""}`)), "elements/0/elements/0"},
	{"a style nobody knows", modalWith(rich(`{"type":"link","url":"https://kept.example"}`)), modalWith(rich(`{"type":"text","text":"a","style":{"loud":true}}`)), "style/loud"},
	{"half a second", modalWith(rich(`{"type":"date","timestamp":1780000000,"format":"{time}"}`)), modalWith(rich(`{"type":"date","timestamp":1780000000.5,"format":"{time}"}`)), "timestamp"},
	{"a list without a style", modalWith(`{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[]}]}]}`), modalWith(`{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[]}]}`), "elements/0/style"},
	{"more than a view may weigh", modalWith(repeat(100, `{"type":"section","text":`+plainText(1000)+`}`)), modalWith(repeat(100, `{"type":"section","text":`+plainText(1500)+`}`)), "view_too_large"},
}

func rich(piece string) string {
	return `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[` + piece + `]}]}`
}

func TestElementsSlackRefuses(t *testing.T) {
	for _, c := range elementFaults {
		t.Run(c.name, func(t *testing.T) {
			s, _ := inMemory()
			if err := views(s, "views.open", c.good, s.TriggerID()); err != nil {
				t.Errorf("refused: %v in %s", answer(s, "views.open", "trigger_id", s.TriggerID(), "view", c.good), c.good)
			}
			got := answer(s, "views.open", "trigger_id", s.TriggerID(), "view", c.bad)
			if !strings.Contains(got, c.pointer+`]`) && !strings.Contains(got, `"error":"`+c.pointer+`"`) {
				t.Errorf("taken, or refused elsewhere: %s", got)
			}
		})
	}
}
