package kit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clip is a text fit to be shown: valid, without control or direction characters
// other than line breaks, without space around it, at most most characters.
func Clip(s string, most int) string { return Cut(strings.TrimSpace(visible(s)), most) }

// OneLine is a text on one line.
func OneLine(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }

// Line is a text on one line, at most most characters; never empty, which Slack refuses.
func Line(s string, most int) string {
	if s = Cut(OneLine(s), most); s == "" {
		return "(no text)"
	}
	return s
}

// Word is a text as one word of a command line that people copy into a shell: nothing
// in it acts there.
func Word(s string) string {
	s = Line(s, 120)
	if !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(plainInShells, r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

const plainInShells = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._+-"

func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Cut shortens a text to at most most characters, the last of them "…", without
// taking apart what is read as one: a letter and its accents, an emoji, a flag.
func Cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	if most <= 0 {
		return ""
	}
	runes := []rune(s)
	end := most - 1
	for back := 0; back < 30 && end > 0 && joined(runes, end); back++ {
		end--
	}
	return strings.TrimRight(string(runes[:end]), " \n") + "…"
}

// joined reports whether the border before runes[i] runs through something that is
// read as one.
func joined(runes []rune, i int) bool {
	const zeroWidthJoiner = '\u200D'
	before, after := runes[i-1], runes[i]
	switch {
	case unicode.In(after, unicode.Mn, unicode.Me, unicode.Mc), after == zeroWidthJoiner, before == zeroWidthJoiner:
		return true
	case after >= 0x1F3FB && after <= 0x1F3FF, after >= 0xE0020 && after <= 0xE007F: // skin tones; the tails of some flags
		return true
	}
	return flag(after) && flagsBefore(runes, i)%2 == 1
}

// flag reports whether r is one of the letters of which two make a flag.
func flag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

func flagsBefore(runes []rune, i int) (n int) {
	for i > n && flag(runes[i-n-1]) {
		n++
	}
	return n
}

// Escape makes a text literal where Slack would read markup: nobody is pinged by it.
func Escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Count is n with its noun: "1 working day", "3 working days".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Capital is a text with its first letter large.
func Capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
