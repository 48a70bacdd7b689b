package notify_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
)

// canaries are internal values that occur nowhere else on a card, and words that nobody
// says to a customer.
var canaries = regexp.MustCompile(`(?i)canary|17 Nov|2026-11-17|\b158\b|7,?654,?321|padding|target|at risk|watch|lifetime`)

// cage puts canaries into all of a card that is not for its customer.
func cage(c *store.Card) {
	why, padding := "canary", 158
	p := &c.Promise
	if p.Promise != 0 {
		p.Target, p.PaddingDays = calendar.NewDate(2026, 11, 17), &padding
	}
	p.PaddingWhy, p.Owner, p.Team, p.Kind, p.DoneMeans, p.Blocked, p.WaitingFor = &why, why, &why, &why, &why, &why, &why
	p.Value, p.Price, c.Lifetime, c.OwnerName = commitments.Dollars(7_654_321), commitments.Dollars(7_654_321), commitments.Dollars(7_654_321), why
	for i := range c.Lost {
		c.Lost[i].Why, c.Lost[i].Target = why, p.Target
	}
	if c.Handed != nil {
		c.Handed.Note, c.Handed.From, c.Handed.By = why, why, why
	}
}

// codes are all the reasons why a promise may be at risk, and none.
var codes = []commitments.Code{"", commitments.ReasonOverdue, commitments.ReasonNoDate, commitments.ReasonPastPromise, commitments.ReasonPaddingBurn,
	commitments.ReasonTargetPassed, commitments.ReasonBlocked, commitments.ReasonSilent}

// TestWhatToSayHoldsNothingInternal walks every sort of card, for every reason: what it
// has its reader say to the customer may be said.
func TestWhatToSayHoldsNothingInternal(t *testing.T) {
	found := 0
	for _, code := range codes {
		for name, l := range letters(t) {
			for i := range l.Cards {
				c := &l.Cards[i]
				if c.Promise.Reasons = nil; code != "" {
					c.Promise.Reasons = []commitments.Reason{{Code: code, Text: "canary, with 158 days of padding after the target"}}
				}
				cage(c)
			}
			text, err := json.Marshal(notify.Blocks(l, false))
			if err != nil {
				t.Fatal(err)
			}
			points := toSay(t, text)
			if len(points) > 0 && canaries.Find(text) == nil {
				t.Errorf("%s: no canary is on the card: this proves nothing of it", name)
			}
			for _, said := range points {
				found++
				if bird := canaries.FindString(said); bird != "" {
					t.Errorf("%s, %s, has %q said to a customer: %s", name, code, bird, said)
				}
			}
		}
	}
	if found < 20*len(codes) {
		t.Errorf("only %d things to say were found: the search is wrong", found)
	}
}

// toSay are the points below "What to say" in blocks, and whatever stands in quotation
// marks elsewhere.
func toSay(t *testing.T, blocks []byte) (said []string) {
	var all any
	if err := json.Unmarshal(blocks, &all); err != nil {
		t.Fatal(err)
	}
	said = regexp.MustCompile(`“[^”]*”`).FindAllString(texts(all), -1)
	asked := false
	walk(all, func(element map[string]any) {
		switch element["type"] {
		case "text":
			asked = asked || element["text"] == "What to say"
		case "rich_text_list":
			if asked {
				for _, point := range element["elements"].([]any) {
					said = append(said, texts(point))
				}
			}
			asked = false
		}
	})
	return said
}

// walk calls f with every object in a document, in order.
func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x, f)
		}
	case map[string]any:
		f(v)
		walk(v["elements"], f)
	}
}

// texts are all texts of a part, in order.
func texts(v any) string {
	var all strings.Builder
	walk(v, func(element map[string]any) {
		if s, ok := element["text"].(string); ok {
			all.WriteString(s)
		}
	})
	return all.String()
}
