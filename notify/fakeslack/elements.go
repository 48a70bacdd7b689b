package fakeslack

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// place is a sort of block that holds elements.
type place int

const (
	inSection place = 1 << iota
	inActions
	inInput

	anywhere = inSection | inActions | inInput
)

// elements says where each element may stand, and how it is checked further.
var elements = map[string]struct {
	where place
	check func(k *checker, at string, e object)
}{
	"button":                     {inSection | inActions, (*checker).button},
	"image":                      {inSection, (*checker).image},
	"overflow":                   {inSection | inActions, options(maxOverflow)},
	"checkboxes":                 {anywhere, options(maxBoxes)},
	"radio_buttons":              {anywhere, options(maxBoxes)},
	"static_select":              {anywhere, (*checker).menu},
	"multi_static_select":        {anywhere, (*checker).menu},
	"external_select":            {anywhere, nil},
	"multi_external_select":      {anywhere, nil},
	"users_select":               {anywhere, nil},
	"multi_users_select":         {anywhere, nil},
	"conversations_select":       {anywhere, nil},
	"multi_conversations_select": {anywhere, nil},
	"channels_select":            {anywhere, nil},
	"multi_channels_select":      {anywhere, nil},
	"datepicker":                 {anywhere, initial("initial_date", time.DateOnly)},
	"timepicker":                 {anywhere, initial("initial_time", "15:04")},
	"datetimepicker":             {inActions | inInput, (*checker).dateTime},
	"plain_text_input":           {inInput, (*checker).textInput},
	"rich_text_input":            {inActions | inInput, nil},
	"email_text_input":           {inInput, nil},
	"url_text_input":             {inInput, nil},
	"number_input":               {inInput, (*checker).numberInput},
	"file_input":                 {inInput, nil},
	"workflow_button":            {inSection | inActions, nil},
}

// elements checks the interactive elements of an actions block.
func (k *checker) elements(at string, b object, most int) {
	seen := map[string]bool{}
	for i, e := range k.items(at, b, "elements", most) {
		k.element(fmt.Sprintf("%s/elements/%d", at, i), e, inActions, seen)
	}
}

func (k *checker) element(at string, v any, in place, seen map[string]bool) {
	e, ok := v.(object)
	if !ok {
		k.fail(at, "must be an object")
		return
	}
	k.str(at, e, "action_id", maxID)
	if id := str(e, "action_id"); id != "" {
		if seen[id] {
			k.fail(at+"/action_id", "`action_id` %q already exists", id)
		}
		seen[id] = true
	}
	k.optionalText(at, e, "placeholder", maxPlaceholder, "plain_text")
	if e["confirm"] != nil {
		k.confirm(at+"/confirm", e["confirm"])
	}
	if e["focus_on_load"] == true {
		if k.focused {
			k.fail(at+"/focus_on_load", "only one element may have the focus")
		}
		k.focused = true
	}
	kind := str(e, "type")
	known, ok := elements[kind]
	switch {
	case kind == "":
		k.fail(at, "missing required field: type")
	case !ok || known.where&in == 0:
		k.fail(at+"/type", "unsupported type: %s", kind)
	case known.check != nil:
		known.check(k, at, e)
	}
}

func (k *checker) button(at string, e object) {
	k.text(at, e, "text", maxButton, "plain_text")
	k.str(at, e, "value", maxValue)
	k.str(at, e, "url", maxURL)
	k.str(at, e, "accessibility_label", maxButton)
	if style, ok := e["style"]; ok && style != "primary" && style != "danger" {
		k.fail(at+"/style", "value is not one of the allowed values")
	}
}

// options checks an element with at most some options.
func options(most int) func(*checker, string, object) {
	return func(k *checker, at string, e object) {
		k.options(at, e, most)
		k.initialOptions(at, e, field{element: e}.options())
	}
}

func (k *checker) options(at string, e object, most int) {
	for i, v := range k.items(at, e, "options", most) {
		here := fmt.Sprintf("%s/options/%d", at, i)
		o, _ := v.(object)
		k.text(here, o, "text", maxOption, "plain_text", "mrkdwn")
		k.need(here, o, "value")
		k.str(here, o, "value", maxOptionValue)
		k.optionalText(here, o, "description", maxOption, "plain_text", "mrkdwn")
	}
}

// menu checks a select menu, which has options or groups of them.
func (k *checker) menu(at string, e object) {
	if e["option_groups"] == nil {
		k.options(at, e, maxOptions)
	} else {
		if e["options"] != nil {
			k.fail(at, "only one of options and option_groups is allowed")
		}
		for i, v := range k.items(at, e, "option_groups", maxOptions) {
			here := fmt.Sprintf("%s/option_groups/%d", at, i)
			group, _ := v.(object)
			k.text(here, group, "label", maxOption, "plain_text")
			k.options(here, group, maxOptions)
		}
	}
	k.initialOptions(at, e, field{element: e}.options())
}

// initialOptions checks that what is chosen to begin with can be chosen. Slack
// wants the very same option, words and all.
func (k *checker) initialOptions(at string, e object, offered []object) {
	chosen, _ := e["initial_options"].([]any)
	if e["initial_options"] != nil && len(chosen) == 0 {
		k.fail(at+"/initial_options", "no fewer than 1 items allowed")
	}
	if e["initial_option"] != nil {
		chosen = append(slices.Clone(chosen), e["initial_option"])
	}
	for _, c := range chosen {
		if !slices.ContainsFunc(offered, func(o object) bool { return reflect.DeepEqual(any(o), c) }) {
			k.fail(at, "initial option is not among the options")
		}
	}
}

// initial checks that a picker begins with something of the form wanted.
func initial(name, layout string) func(*checker, string, object) {
	return func(k *checker, at string, e object) {
		if e[name] == nil {
			return
		}
		if _, err := time.Parse(layout, str(e, name)); err != nil {
			k.fail(at+"/"+name, "must be in the format %s", layout)
		}
	}
}

func (k *checker) dateTime(at string, e object) {
	if v := e["initial_date_time"]; v != nil {
		if n, ok := v.(float64); !ok || n < 1e9 || n >= 1e10 || n != float64(int64(n)) {
			k.fail(at+"/initial_date_time", "must be a UNIX timestamp of 10 digits")
		}
	}
}

func (k *checker) textInput(at string, e object) {
	least, most := number(e, "min_length", 0), number(e, "max_length", maxInput)
	if least < 0 || least > maxInput {
		k.fail(at+"/min_length", "must be between 0 and %d", maxInput)
	}
	if most < 1 || most > maxInput {
		k.fail(at+"/max_length", "must be between 1 and %d", maxInput)
	}
	if least > most {
		k.fail(at+"/min_length", "must not be more than max_length")
	}
	k.str(at, e, "initial_value", most)
	if n := utf8.RuneCountInString(str(e, "initial_value")); n > 0 && n < least {
		k.fail(at+"/initial_value", "must be more than %d characters", least-1)
	}
}

// decimal is a number as number_input wants it: in a string.
var decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

func (k *checker) numberInput(at string, e object) {
	if _, ok := e["is_decimal_allowed"].(bool); !ok {
		k.fail(at, "missing required field: is_decimal_allowed")
	}
	for _, name := range []string{"initial_value", "min_value", "max_value"} {
		text, isText := e[name].(string)
		if e[name] != nil && (!isText || !decimal.MatchString(text)) {
			k.fail(at+"/"+name, "must be a number in a string")
		}
	}
	least, err1 := strconv.ParseFloat(str(e, "min_value"), 64)
	most, err2 := strconv.ParseFloat(str(e, "max_value"), 64)
	if err1 == nil && err2 == nil && least > most {
		k.fail(at+"/min_value", "must not be more than max_value")
	}
}

func (k *checker) confirm(at string, v any) {
	o, _ := v.(object)
	k.text(at, o, "title", 100, "plain_text")
	k.text(at, o, "text", 300, "plain_text", "mrkdwn")
	k.optionalText(at, o, "confirm", 30, "plain_text")
	k.optionalText(at, o, "deny", 30, "plain_text")
}
