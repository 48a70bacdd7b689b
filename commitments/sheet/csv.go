package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/transform"
)

const (
	// maxRow bounds the memory one row of CSV can take. Cells over MaxCell in a
	// shorter row are reported one by one; a longer row is nearly always a quote
	// left open, which swallows the rest of the file, so reading ends there.
	maxRow    = 1 << 20
	readAhead = 64 << 10
)

// newCSV reads CSV. The splitting is encoding/csv's: within Kept's import it
// costs too little for a parser of our own to be felt, and all it lacks are the
// steps before it here: encodings, line ends and a limit.
func newCSV(in *bufio.Reader, o Options) (*Reader, error) {
	if kind := looksLike(in); kind != "" {
		return nil, fmt.Errorf("not CSV: this looks like %s", kind)
	}
	enc, err := encodingOf(in, o.Encoding)
	if err != nil {
		return nil, err
	}
	if enc != nil {
		in = bufio.NewReaderSize(transform.NewReader(in, enc.NewDecoder()), readAhead)
	}
	c := &csvSource{}
	if c.comma, err = c.delimiter(in, o); err != nil {
		return nil, err
	}
	c.limit.Reader = &lineEnds{in}
	c.csv = csv.NewReader(bufio.NewReaderSize(&c.limit, readAhead))
	c.csv.Comma, c.csv.ReuseRecord, c.csv.FieldsPerRecord = c.comma, true, -1
	r, err := newReader(source{next: c.next, text: unguard, fault: fault}, o)
	if err != nil {
		return nil, err
	}
	r.format = format{comma: c.comma, encoding: enc}
	return r, nil
}

type csvSource struct {
	csv     *csv.Reader
	limit   limit
	comma   rune
	skipped int // lines before what csv sees
	line    int // of the last row
}

func (c *csvSource) next() (int, []string, error) {
	c.limit.left = maxRow + readAhead
	cells, err := c.csv.Read()
	if err != nil {
		return 0, nil, c.explain(err)
	}
	line, _ := c.csv.FieldPos(0)
	c.line = line + c.skipped
	return c.line, cells, nil
}

func (c *csvSource) explain(err error) error {
	var bad *csv.ParseError
	switch {
	case err == io.EOF:
		return err
	case errors.Is(err, errLimit):
		return fmt.Errorf("the row after line %d is longer than %d bytes: is a quote left open there?", c.line, maxRow)
	case errors.As(err, &bad) && errors.Is(err, csv.ErrBareQuote):
		return fmt.Errorf(`line %d, character %d: a quote in a cell that is not quoted: write it twice and put quotes around the cell, as in "12"" pipe"`,
			bad.Line+c.skipped, bad.Column)
	case errors.As(err, &bad):
		return fmt.Errorf(`line %d: a quoted cell of the row that begins on line %d does not end as it should: is a quote left open, or not written twice?`,
			bad.Line+c.skipped, bad.StartLine+c.skipped)
	}
	return fmt.Errorf("after line %d: %w", c.line, err)
}

// delimiter takes the one asked for; else the one of a first line "sep=;", as
// Excel writes it; else of comma, semicolon and tab the one that makes the most
// known columns of the header, then the most columns. It skips a line "sep=;".
func (c *csvSource) delimiter(in *bufio.Reader, o Options) (rune, error) {
	start, err := in.Peek(readAhead)
	if err != nil && len(start) == 0 && err != io.EOF {
		return 0, err
	}
	first, _, _ := bytes.Cut(start, []byte("\n"))
	first, _, _ = bytes.Cut(first, []byte("\r"))
	said, found := cutSep(string(first))
	if found {
		c.skipped = 1
		skip := len(first)
		skip += len(newline(start[skip:]))
		if _, err := in.Discard(skip); err != nil {
			return 0, err
		}
		start = start[:0]
	}
	switch {
	case o.Delimiter != "":
		return delimiterNamed(o.Delimiter)
	case found:
		return delimiterNamed(said)
	}
	return sniff(string(start), o), nil
}

func cutSep(line string) (delimiter string, found bool) {
	if len(line) < 5 || !strings.EqualFold(line[:4], "sep=") {
		return "", false
	}
	return line[4:], true
}

// newline is the line end that b begins with.
func newline(b []byte) string {
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if bytes.HasPrefix(b, []byte(end)) {
			return end
		}
	}
	return ""
}

func delimiterNamed(name string) (rune, error) {
	switch strings.ToLower(name) {
	case "tab", `\t`:
		return '\t', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	}
	runes := []rune(name)
	if len(runes) != 1 || strings.ContainsRune("\"\r\n\uFFFD", runes[0]) || runes[0] == 0 {
		return 0, fmt.Errorf(`--delimiter "%s" is not one character: write for example ";" or tab`, printable(name))
	}
	return runes[0], nil
}

func sniff(start string, o Options) rune {
	start = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(start)
	known := map[string]bool{}
	for _, c := range o.Columns {
		known[fold(c)] = true
	}
	for _, title := range o.Map {
		known[fold(title)] = true
	}
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t'} {
		trial := csv.NewReader(strings.NewReader(start))
		trial.Comma, trial.LazyQuotes = d, true
		titles, _ := trial.Read()
		score := len(titles)
		for _, t := range titles {
			if known[fold(strings.TrimSpace(t))] {
				score += readAhead
			}
		}
		if score > most {
			best, most = d, score
		}
	}
	return best
}

// lineEnds turns a carriage return that stands alone into a newline, so that
// files with old Macintosh line ends are not read as one long row.
type lineEnds struct{ in *bufio.Reader }

func (l *lineEnds) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i := 0; i < n; i++ {
		step := bytes.IndexByte(p[i:n], '\r')
		if step < 0 {
			break
		}
		i += step
		if !l.newlineAfter(p[i+1 : n]) {
			p[i] = '\n'
		}
	}
	return n, err
}

func (l *lineEnds) newlineAfter(rest []byte) bool {
	if len(rest) == 0 {
		rest, _ = l.in.Peek(1)
	}
	return len(rest) > 0 && rest[0] == '\n'
}

var errLimit = errors.New("over the limit")

// limit fails with errLimit once left bytes were read.
type limit struct {
	io.Reader
	left int
}

func (l *limit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errLimit
	}
	n, err := l.Reader.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
