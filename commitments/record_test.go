package commitments

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"kept/commitments/calendar"
)

// unsaid are the fields of facts that no event tells: names of a customer's people, and
// the secret of a link. A promise's next owner is among its terms.
var unsaid = []string{"Acceptance.By", "PromiseDate.AcceptedBy", "Turn.Who", "Rating.Name", "Survey.TokenHash", "Change.Owner"}

// TestAnEventSaysEveryFactOfAChange fills whatever a change can add, and reads the event
// of it back: a new fact, or a new field of one, that events do not tell is found here.
func TestAnEventSaysEveryFactOfAChange(t *testing.T) {
	c := reflect.New(reflect.TypeFor[Change]()).Elem()
	for i := range c.NumField() {
		if f := c.Type().Field(i); f.Type.Kind() == reflect.Pointer || f.Name == "Corrects" {
			fill(t, c.Field(i), "Change."+f.Name)
		}
	}
	want := Record{Change: c.Interface().(Change), Version: 7}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Record
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back\n%+v\nof\n%+v\nfrom %s", got, want, text)
	}
}

// fill gives a value another than that of its type's zero, all the way down.
func fill(t *testing.T, v reflect.Value, path string) {
	if slices.Contains(unsaid, path) {
		return
	}
	switch v.Interface().(type) {
	case Instant:
		v.SetInt(1_600_000_000_123_456)
		return
	case Date:
		v.SetInt(int64(calendar.NewDate(2020, 11, 20)))
		return
	case Money:
		v.Set(reflect.ValueOf(Money{1250, true}))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name)
		}
	case reflect.String:
		v.SetString("typed")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(450)
	default:
		t.Fatalf("%s is a %s: say how to fill it", path, v.Kind())
	}
}

// The terms survive an edit of each of them, and of all back to nothing.
func TestEveryTermIsEditedAndReplayed(t *testing.T) {
	var full Terms
	fill(t, reflect.ValueOf(&full).Elem(), "Terms")
	for _, c := range []struct{ from, to Terms }{{Terms{}, full}, {full, Terms{}}, {full, full}} {
		got := c.from
		edited := edits(c.from, c.to)
		if err := got.edit(edited); err != nil || !reflect.DeepEqual(got, c.to) {
			t.Errorf("%+v edited by %v is %+v, %v; want %+v", c.from, edited, got, err, c.to)
		}
		if want := reflect.TypeFor[Terms]().NumField(); !reflect.DeepEqual(c.from, c.to) && len(edited) != want {
			t.Errorf("%d of %d terms are in the edit", len(edited), want)
		}
	}
}

func TestWhatIsNoEventIsNotReplayed(t *testing.T) {
	made := Event{Kind: "promised", Data: `{"made":{"terms":{},"stage":"on-track"},"version":1}`}
	for name, events := range map[string][]Event{
		"none":        {},
		"not made":    {{Kind: "called", Data: `{"version":2}`}},
		"made twice":  {made, made},
		"no JSON":     {made, {Kind: "called", Data: `{"touch":`}},
		"not a date":  {made, {Kind: "edited", Data: `{"edited":{"target_date":{"from":null,"to":"soon"}},"version":2}`}},
		"not a touch": {made, {Kind: "called", Data: `{"touch":{"at":"yesterday"},"version":2}`}},
	} {
		if p, err := Replay(events, calendar.Default()); err == nil {
			t.Errorf("%s is replayed as %+v", name, p)
		}
	}
}
