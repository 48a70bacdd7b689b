package store

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"kept/commitments"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Longest texts that are stored, in characters.
const (
	maxTitle = 200
	maxName  = 120
	maxNote  = 10_000
	maxLink  = 3_000
)

// clean is a text as it is stored: in NFC, without spaces around it, so that both
// databases hold and compare the same bytes. Control characters, which would act on
// a terminal, and direction marks, which would make a text read as another, are
// refused; lines may break only where many lines are expected.
func clean(field, s string, most int, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", commitments.Invalid(field, "that is not valid UTF-8 text")
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = lineEnds.Replace(s)
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	if n := utf8.RuneCountInString(s); n > most {
		return "", commitments.Invalid(field, fmt.Sprintf("too long: %d characters, at most %d", n, most))
	}
	for _, r := range s {
		if forbidden(r) && !(lines && (r == '\n' || r == '\t')) {
			return "", commitments.Invalid(field, fmt.Sprintf("contains the control character %U, which is not allowed", r))
		}
	}
	return s, nil
}

// lineEnds makes every line end one character, as files are read everywhere.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func forbidden(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}

// webAddress is clean for where something was said: people click on it.
func webAddress(field, s string) (string, error) {
	s, err := clean(field, s, maxLink, false)
	if err != nil || s == "" || isWebAddress(s) {
		return s, err
	}
	return "", commitments.Invalid(field, fmt.Sprintf("%q is not a web address: it begins with https:// or http://", shorten(s)))
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// required is clean for a text that must be there.
func required(field, s string, most int) (string, error) {
	s, err := clean(field, s, most, false)
	if err == nil && s == "" {
		err = commitments.Invalid(field, "is required")
	}
	return s, err
}

// nameKey is a name as it is compared: "ACME", "Acme " and "ＡＣＭＥ" are one.
func nameKey(name string) string {
	return strings.Join(strings.Fields(norm.NFC.String(cases.Fold().String(norm.NFKC.String(name)))), " ")
}

// nearest picks up to three names most like the one that was not found.
func nearest(name string, names []string) []string {
	const far = 1 << 30
	key := nameKey(name)
	type ranked struct {
		name string
		far  int
	}
	best := [3]ranked{{far: far}, {far: far}, {far: far}}
	for _, n := range names {
		d := distance(key, nameKey(n))
		if strings.HasPrefix(nameKey(n), key) {
			d = 1
		}
		if d > max(2, len(key)/3) {
			continue
		}
		at := ranked{n, d}
		for i := range best {
			if at.far < best[i].far {
				at, best[i] = best[i], at
			}
		}
	}
	var near []string
	for _, b := range best {
		if b.far < far {
			near = append(near, b.name)
		}
	}
	return near
}

// distance counts the letters to change, add or drop to turn one name into another
// (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := diagonal
			if r != s {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}

// suggestion is the end of a "not found" line: the nearest names, and what to do.
func suggestion(name string, names []string, otherwise string) string {
	near := nearest(name, names)
	if len(near) == 0 {
		return otherwise
	}
	return "did you mean " + strings.Join(near, ", ") + "? " + otherwise
}

// legalForms end the names of firms, and tell them apart no more than a comma does.
var legalForms = map[string]bool{
	"inc": true, "incorporated": true, "llc": true, "ltd": true, "limited": true, "corp": true, "corporation": true, "co": true, "company": true, "plc": true,
	"gmbh": true, "ag": true, "kg": true, "sa": true, "sas": true, "sarl": true, "srl": true, "spa": true, "bv": true, "nv": true, "ab": true, "as": true,
	"oy": true, "aps": true, "zoo": true, "spzoo": true, "pty": true, "pvt": true,
}

// bareName is a name without marks, accents and legal forms: what two spellings of one
// customer have in common.
func bareName(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == '.', r == '\'', r == '’':
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return ' '
	}, norm.NFKD.String(nameKey(name)))
	words := strings.Fields(plain)
	for len(words) > 1 && legalForms[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}
