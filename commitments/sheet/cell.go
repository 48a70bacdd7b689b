package sheet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// fault says why a cell cannot be accepted, or "" if it can.
func fault(s string) string {
	if len(s) > MaxCell {
		return fmt.Sprintf("too long: %d bytes, and a cell may hold %d", len(s), MaxCell)
	}
	for i := 0; i < len(s); i++ {
		if b := s[i]; b < ' ' && b != '\n' && b != '\t' || b >= 0x7f {
			return faultFrom(s[i:])
		}
	}
	return ""
}

// faultFrom is fault for text that is not plain ASCII.
func faultFrom(s string) string {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			return "not UTF-8: if the file comes from Excel on Windows, add --encoding windows-1252"
		case r == utf8.RuneError:
			return "holds U+FFFD, the mark of a character that could not be converted: check --encoding, or export the file again as CSV UTF-8"
		case forbidden(r):
			return fmt.Sprintf("holds the control character U+%04X: remove it", r)
		}
		s = s[n:]
	}
	return ""
}

// forbidden are the characters that no text in Kept may hold: controls but for
// newline and tab, and the two separators that many programs take for newlines.
func forbidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u2028' || r == '\u2029'
}

// A spreadsheet runs a CSV cell as a formula if it begins with one of these;
// the full-width ones do so in some East Asian versions.
const formulaStarts = "=+-@\t\r＝＋－＠"

// guarded reports whether text is written to CSV with an apostrophe before it:
// text that a spreadsheet would run, and text with space around it, which
// reading would otherwise trim. Leading apostrophes do not count, so that text
// which already looks guarded is guarded once more. That makes unguard(guard(s))
// the same as s for every s.
func guarded(s string) bool {
	s = strings.TrimLeft(s, "'")
	if s == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(formulaStarts, first) || unicode.IsSpace(first) || unicode.IsSpace(last)
}

func guard(s string) string {
	if guarded(s) {
		return "'" + s
	}
	return s
}

// unguard is the text of a CSV cell: without the one apostrophe that guard put
// there, else trimmed.
func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && guarded(s) {
		return s[1:]
	}
	return strings.TrimSpace(s)
}
