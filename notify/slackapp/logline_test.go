package slackapp

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kept/commitments/calendar"
	"kept/commitments/store"
)

func now() calendar.Instant { return calendar.InstantOf(time.Now()) }

func TestI72_LinesAreUnderstood(t *testing.T) {
	acme := func(change func(*typedLine)) typedLine {
		l := typedLine{NewPromise: store.NewPromise{Customer: "Acme", Title: "SSO"}}
		change(&l)
		return l
	}
	for text, want := range map[string]typedLine{
		"Acme: SSO by 12 Dec":                                acme(func(l *typedLine) { l.Promise = "12 Dec" }),
		"for Acme: SSO by friday 17:00":                      acme(func(l *typedLine) { l.Promise = "friday 17:00" }),
		"Acme: SSO target 5 Dec by 12 Dec":                   acme(func(l *typedLine) { l.Target, l.Promise = "5 Dec", "12 Dec" }),
		"Acme: SSO by 12 Dec target 5 Dec.":                  acme(func(l *typedLine) { l.Target, l.Promise = "5 Dec", "12 Dec" }),
		"Acme:SSO  by\n+10d":                                 acme(func(l *typedLine) { l.Promise = "+10d" }),
		"“Acme”: “SSO” by 3w":                                acme(func(l *typedLine) { l.Promise = "3w" }),
		"Acme: SSO –due 12 Dec":                              acme(func(l *typedLine) { l.Promise = "12 Dec" }),
		"Acme: SSO —by “12 Dec” –kind feature":               acme(func(l *typedLine) { l.Promise, l.Kind = "12 Dec", "feature" }),
		"Acme: SSO --date-by friday --update-every 5d":       acme(func(l *typedLine) { l.DateBy, l.UpdateEvery = "friday", "5d" }),
		"Acme: SSO by 12 Dec, <@U1|olga> owns it":            acme(func(l *typedLine) { l.Promise, l.user = "12 Dec", "U1" }),
		"Acme: SSO <@U1> owns this by 12 Dec":                acme(func(l *typedLine) { l.Promise, l.user = "12 Dec", "U1" }),
		"Acme: SSO by 12 Dec --owner <@U1|olga o>":           acme(func(l *typedLine) { l.Promise, l.user = "12 Dec", "U1" }),
		"Acme: SSO by 12 Dec, @olga owns it.":                acme(func(l *typedLine) { l.Promise, l.Owner = "12 Dec", "olga" }),
		"Acme: SSO by 12 Dec owned by @olga":                 acme(func(l *typedLine) { l.Promise, l.Owner = "12 Dec", "olga" }),
		"Acme: SSO by 12 Dec --owner <mailto:o@e.co|o@e.co>": acme(func(l *typedLine) { l.Promise, l.Owner = "12 Dec", "o@e.co" }),
		"Acme: SSO by 12 Dec --owner=olga --price=0":         acme(func(l *typedLine) { l.Promise, l.Owner, l.Price = "12 Dec", "olga", "0" }),
		"Acme: SSO by 12 Dec --link <https://e.co/a|a>":      acme(func(l *typedLine) { l.Promise, l.Link = "12 Dec", "https://e.co/a" }),
		"<http://acme.com|acme.com>: SSO by 12 Dec":          {NewPromise: store.NewPromise{Customer: "acme.com", Title: "SSO", Promise: "12 Dec"}},
		"Acme: SSO by 12 Dec --link <http://e.co|e.co>":      acme(func(l *typedLine) { l.Promise, l.Link = "12 Dec", "http://e.co" }),
		"Acme: stand by us by friday":                        acme(func(l *typedLine) { l.Title, l.Promise = "stand by us", "friday" }),
		"Acme: “deliver by 2 vans” by friday":                acme(func(l *typedLine) { l.Title, l.Promise = "deliver by 2 vans", "friday" }),
		"Acme: A – B & “C” &lt;x&gt; in <#C1|ops> by friday": acme(func(l *typedLine) { l.Title, l.Promise = "A – B & “C” <x> in #ops", "friday" }),
		"Acme: 🚨 <!here> *_~` now by friday":                 acme(func(l *typedLine) { l.Title, l.Promise = "🚨 @here *_~` now", "friday" }),
		"“Call: Centre 24:7”: SSO by friday":                 acme(func(l *typedLine) { l.Customer, l.Promise = "Call: Centre 24:7", "friday" }),
	} {
		got, err := parseLine(text, now())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as\n%+v, want\n%+v (%v)", text, got, want, err)
		}
	}
}

func TestI72_LinesThatAreNotUnderstoodTeach(t *testing.T) {
	for text, want := range map[string]string{
		"SSO by friday":                            "customer: say to whom",
		"SSO by friday 17:00":                      "customer: say to whom",
		"Acme: by friday":                          "what: say what is promised",
		"Acme: SSO":                                "promise: say by when",
		"Acme: SSO by 05/12/2026":                  "can be read as 2026-12-05 (day first) or 2026-05-12 (month first)",
		"Acme: SSO by 05/12/2026 target friday":    "can be read as",
		"Acme: SSO by soon":                        "promise: \"soon\" is not a date Kept knows",
		"Acme: SSO by friday by monday":            "promise: could be \"friday\" or \"monday\"",
		"Acme: SSO by friday --due monday":         "promise: could be",
		"Acme: SSO by friday --colour red":         "--colour is not known here",
		"Acme: SSO by friday --owner":              "owner: is empty",
		"Acme: SSO by friday --owner --kind x":     "owner: is empty",
		"Acme: SSO --by friday --by monday":        "by: is given twice",
		"Acme: SSO @a owns it by friday --owner b": "owner: is given twice",
		": SSO by friday":                          "customer: say to whom",
	} {
		_, err := parseLine(text, now())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line with %q", text, err, want)
		}
	}
}

func FuzzI72_ALineIsReadOrRefused(f *testing.F) {
	for _, s := range []string{"", "Acme: SSO by 12 Dec", "for Acme: SSO target 5 Dec by friday 17:00, <@U1|x> owns it", "“A”: b –due 3w", "<@>:<!here|x>by now", "--owner", "a:b by 05/12/2026", "\xff: \x00 by \u202e", strings.Repeat("by ", 3000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parseLine(text, now())
		if err != nil {
			return
		}
		if l.Customer == "" || l.Title == "" || !l.dated() {
			t.Errorf("%q is taken as %+v", text, l)
		}
		if d := draftOf(l, source{Once: "x"}); !utf8.ValidString(d.text()) {
			t.Errorf("%q makes %q", text, d.text())
		} else if back, ok := parseDraft(d.text()); !ok || back != d {
			t.Errorf("%+v comes back as %+v", d, back)
		}
	})
}
