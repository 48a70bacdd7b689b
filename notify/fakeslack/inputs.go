package fakeslack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// field is an interactive element, and the block it stands in.
type field struct{ block, element object }

func (f field) id() (block, action string) {
	block, _ = f.block["block_id"].(string)
	action, _ = f.element["action_id"].(string)
	return block, action
}

func (f field) kind() string { return str(f.element, "type") }

func (f field) isInput() bool { return f.block["type"] == "input" }

// str is the text under name, or "".
func str(o object, name string) string {
	text, _ := o[name].(string)
	return text
}

// fieldsIn lists the interactive elements of blocks, in the order they are
// seen.
func fieldsIn(blocks []any) (list []field) {
	for _, b := range blocks {
		block, _ := b.(object)
		elements, _ := block["elements"].([]any)
		if kind := block["type"]; kind != "actions" && kind != "context_actions" {
			elements = nil
		}
		for _, e := range append(slices.Clone(elements), block["accessory"], block["element"]) {
			if element, ok := e.(object); ok && element["type"] != "image" {
				list = append(list, field{block, element})
			}
		}
	}
	return list
}

// identify gives ids to the blocks and elements that came without, as Slack
// does; salt keeps them apart from those of other blocks.
func identify(blocks []any, salt string) {
	for i, b := range blocks {
		if block, ok := b.(object); ok && str(block, "block_id") == "" {
			block["block_id"] = fmt.Sprintf("%s-%d", salt, i)
		}
	}
	for i, f := range fieldsIn(blocks) {
		if str(f.element, "action_id") == "" {
			f.element["action_id"] = fmt.Sprintf("%s-e%d", salt, i)
		}
	}
}

// holds is the name under which each kind of input tells what stands in it.
var holds = map[string]string{
	"plain_text_input": "value", "number_input": "value", "email_text_input": "value", "url_text_input": "value",
	"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time",
	"static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option",
	"checkboxes": "selected_options", "multi_static_select": "selected_options", "multi_external_select": "selected_options",
	"users_select": "selected_user", "multi_users_select": "selected_users",
	"conversations_select": "selected_conversation", "channels_select": "selected_channel",
	"overflow": "selected_option",
}

// form is what stands in inputs, by block and action, in the words of Slack's
// payloads. What is in it is replaced, never changed.
type form map[string]map[string]object

func (f form) set(at field, value object) {
	block, action := at.id()
	if f[block] == nil {
		f[block] = map[string]object{}
	}
	f[block][action] = value
}

// next is what stands in the inputs of other blocks: what stood there before
// under the same ids, else what the app put there to begin with.
func (f form) next(blocks []any) form {
	n := form{}
	for _, at := range fieldsIn(blocks) {
		name := holds[at.kind()]
		if name == "" || at.kind() == "overflow" {
			continue
		}
		block, action := at.id()
		if old := f[block][action]; old != nil && old["type"] == at.kind() && at.offers(old[name]) {
			n.set(at, old)
		} else {
			n.set(at, at.initial(name))
		}
	}
	return n
}

// copied can be read while f goes on.
func (f form) copied() map[string]map[string]map[string]any {
	c := map[string]map[string]map[string]any{}
	for block, actions := range f {
		c[block] = maps.Clone(actions)
	}
	return c
}

func (f field) initial(name string) object {
	value := f.element["initial_"+strings.TrimPrefix(name, "selected_")]
	if value == nil && strings.HasSuffix(name, "s") {
		value = []any{}
	}
	return object{"type": f.kind(), name: value}
}

// options lists what can be chosen, groups and all.
func (f field) options() (list []object) {
	add := func(o object) {
		options, _ := o["options"].([]any)
		for _, v := range options {
			if option, ok := v.(object); ok {
				list = append(list, option)
			}
		}
	}
	add(f.element)
	groups, _ := f.element["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(object); ok {
			add(group)
		}
	}
	return list
}

// option finds what can be chosen by its value or its words.
func (f field) option(text string) object {
	options := f.options()
	i := slices.IndexFunc(options, func(o object) bool { return str(o, "value") == text })
	if i < 0 {
		i = slices.IndexFunc(options, func(o object) bool { return words(o["text"]) == text })
	}
	if i < 0 {
		return nil
	}
	return options[i]
}

// offers reports whether a chosen value can still be chosen.
func (f field) offers(value any) bool {
	switch v := value.(type) {
	case object:
		return strings.HasPrefix(f.kind(), "external") || f.option(str(v, "value")) != nil
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !f.offers(e) })
	}
	return true
}

// value is what stands in the element once text was entered or chosen; of
// those that take several, text separates them by commas. What cannot be
// entered there is an error.
func (s *Server) value(f field, text string) (object, error) {
	name, kind := holds[f.kind()], f.kind()
	wrong := fmt.Errorf("%q cannot be entered in a %s: %w", text, kind, ErrNotShown)
	if name == "" {
		return nil, wrong
	}
	var value any
	switch name {
	case "selected_options", "selected_users":
		list := []any{}
		for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
			v := s.single(f, name, one)
			if v == nil {
				return nil, wrong
			}
			list = append(list, v)
		}
		value = list
	default:
		if value = s.single(f, name, text); value == nil && text != "" {
			return nil, wrong
		}
	}
	return object{"type": kind, name: value}, nil
}

// single is one value, nil if text is none that the element takes.
func (s *Server) single(f field, name, text string) any {
	if text == "" {
		return nil
	}
	switch name {
	case "selected_date":
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text
		}
	case "selected_time":
		if _, err := time.Parse("15:04", text); err == nil {
			return text
		}
	case "selected_date_time":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case "selected_option", "selected_options":
		if o := f.option(text); o != nil {
			return o
		}
	case "selected_user", "selected_users":
		if _, ok := s.users[text]; ok {
			return text
		}
	case "selected_conversation", "selected_channel":
		if _, ok := s.channels[text]; ok {
			return text
		}
	default:
		return text
	}
	return nil
}

// whole is a whole number as Slack's client takes it.
var whole = regexp.MustCompile(`^[+-]?[0-9]+$`)

// complaints is what Slack's client says of a form before it sends it, by
// block.
func complaints(blocks []any, in form) Errors {
	found := Errors{}
	for _, f := range fieldsIn(blocks) {
		block, action := f.id()
		if !f.isInput() {
			continue
		}
		if text := f.complaint(in[block][action][holds[f.kind()]]); text != "" {
			found[block] = text
		}
	}
	return found
}

func (f field) complaint(value any) string {
	list, isList := value.([]any)
	if value == nil || value == "" || isList && len(list) == 0 {
		if f.block["optional"] == true {
			return ""
		}
		return "Please complete this required field."
	}
	text, _ := value.(string)
	switch f.kind() {
	case "plain_text_input":
		n := utf8.RuneCountInString(text)
		if least := number(f.element, "min_length", 0); n < least {
			return fmt.Sprintf("Enter at least %d characters", least)
		}
		if most := number(f.element, "max_length", maxInput); n > most {
			return fmt.Sprintf("Enter at most %d characters", most)
		}
	case "number_input":
		return f.numberComplaint(text)
	case "email_text_input":
		if !strings.Contains(text, "@") {
			return "Enter a valid email address"
		}
	case "url_text_input":
		if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
			return "Enter a valid URL"
		}
	}
	return ""
}

func (f field) numberComplaint(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "Enter a number"
	}
	if f.element["is_decimal_allowed"] != true && !whole.MatchString(text) {
		return "Enter a whole number"
	}
	if least, err := strconv.ParseFloat(str(f.element, "min_value"), 64); err == nil && n < least {
		return fmt.Sprintf("Enter a number that is %v or more", least)
	}
	if most, err := strconv.ParseFloat(str(f.element, "max_value"), 64); err == nil && n > most {
		return fmt.Sprintf("Enter a number that is %v or less", most)
	}
	return ""
}

// number is the number under name, or else what is given.
func number(o object, name string, otherwise int) int {
	if n, ok := o[name].(float64); ok {
		return int(n)
	}
	return otherwise
}
