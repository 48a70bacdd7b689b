// Package sheet reads and writes tables: CSV and XLSX, in and out. It knows
// rows, columns and cells of text; what a cell means is the importer's
// business.
package sheet

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxCell is the longest cell Kept accepts, in bytes.
const MaxCell = 64 << 10

// Options say how to read a table. Only Columns is needed.
type Options struct {
	// Columns are the names Kept knows. A header matches one of them whatever
	// its case, spaces, underscores and hyphens: "Promise Date" is promise_date.
	Columns []string
	// Required are the columns without which the table is refused.
	Required []string
	// Map names, for a column of Kept, the column of the file that holds it.
	Map map[string]string
	// Encoding of a CSV file without a byte order mark: utf-8 (the default),
	// utf-16 or windows-1252. A mark in the file wins.
	Encoding string
	// Delimiter of a CSV file: one character, or "tab". If empty it is found
	// out from the header.
	Delimiter string
}

// A CellError says what is wrong with one row, mostly with one cell of it.
// Reading can go on after it.
type CellError struct {
	Row     int    `json:"row"`    // as Row.Number
	Column  string `json:"column"` // Kept's name; empty if it is about the whole row
	Value   string `json:"value"`  // shortened, and safe to print
	Message string `json:"message"`
}

func (e *CellError) Error() string {
	where := fmt.Sprintf("row %d", e.Row)
	if e.Column != "" {
		where += ", " + e.Column
	}
	if e.Value != "" {
		where += fmt.Sprintf(` "%s"`, e.Value)
	}
	return where + ": " + e.Message
}

// shownRunes is how much of a cell an error message shows.
const shownRunes = 40

// printable is s cut to a length that fits a line, with everything escaped
// that could move a cursor, turn the writing direction or hide.
func printable(s string) string {
	shown, cut := s, ""
	for n, i := 0, 0; i < len(s); n++ {
		if n == shownRunes {
			shown, cut = s[:i], "…"
			break
		}
		i += runeLen(s[i:])
	}
	quoted := strconv.Quote(shown)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + cut
}
