package kit

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestI76_TextIsCutBetweenWhatIsReadAsOne(t *testing.T) {
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"two words", 5, "two…"},
		{"", 5, ""},
		{"anything", 0, ""},
		{"cafe\u0301 au lait", 5, "caf…"},
		{"cafe\u0301 au lait", 6, "cafe\u0301…"},
		{"ab👩‍👩‍👧‍👦cdefgh", 6, "ab…"},
		{"a👍🏽bcdef", 3, "a…"},
		{"a❤️bcdef", 3, "a…"},
		{"🇵🇱🇩🇪🇫🇷🇮🇹", 4, "🇵🇱…"},
		{"🇵🇱🇩🇪🇫🇷🇮🇹", 5, "🇵🇱🇩🇪…"},
	} {
		if got := Cut(test.text, test.most); got != test.want {
			t.Errorf("cut(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

func TestCutTextIsValidShortAndABeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		most := rapid.IntRange(0, 50).Draw(t, "most")
		got := Cut(s, most)
		if n := utf8.RuneCountInString(got); n > most || !utf8.ValidString(got) {
			t.Fatalf("%q has %d characters, at most %d", got, n, most)
		}
		if begun, short := strings.CutSuffix(got, "…"); got != s && (!short || !strings.HasPrefix(s, begun)) && most > 0 {
			t.Fatalf("%q is not the beginning of %q", got, s)
		}
	})
}

func TestNamesInCommandsDoNotActInAShell(t *testing.T) {
	for name, want := range map[string]string{
		"ann@example.com": "ann@example.com", "Acme Corp": "'Acme Corp'", "O'Neil": `'O'\''Neil'`, "$(reboot)": "'$(reboot)'", "`a`;b": "'`a`;b'", "": "'(no text)'",
	} {
		if got := Word(name); got != want {
			t.Errorf("word(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestX23_OneLineHoldsNoControls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := Line(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")), 100)
		if got == "" || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x00\x1b\u202e\u2028") {
			t.Fatalf("%q", got)
		}
	})
}
