package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Reader reads a table row by row, in memory that does not grow with it. It is
// not safe for concurrent use.
type Reader struct {
	header *header
	source source
	used   []use
	row    Row
	format format
}

// source is a file as plain rows.
type source struct {
	// next gives the next row and its line; io.EOF after the last. The slice is
	// valid until the next call.
	next  func() (line int, cells []string, err error)
	text  func(cell string) string // what the cell says
	fault func(cell string) string // why it cannot be accepted, or ""
	close func() error
}

// use is a column of Kept and its position in the file.
type use struct {
	column string
	index  int
}

// Open reads the table at path: XLSX or CSV, told apart by what is in the file
// and not by its name. "-" is standard input, which must be CSV. Other kinds of
// file are refused with what they look like.
func Open(path string, o Options) (*Reader, error) {
	if path == "-" {
		return NewReader(os.Stdin, o)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := openFile(f, o)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func openFile(f *os.File, o Options) (*Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("this is a folder: name a CSV or XLSX file in it")
	}
	in := bufio.NewReaderSize(f, readAhead)
	if start, _ := in.Peek(4); info.Mode().IsRegular() && isZip(start) {
		return openXLSX(f, info.Size(), o)
	}
	r, err := newCSV(in, o)
	if err != nil {
		return nil, err
	}
	r.source.close = f.Close
	return r, nil
}

// NewReader reads CSV from a stream.
func NewReader(in io.Reader, o Options) (*Reader, error) {
	return newCSV(bufio.NewReaderSize(in, readAhead), o)
}

// newReader reads the header of a source.
func newReader(s source, o Options) (*Reader, error) {
	_, titles, err := s.nextFilled()
	if err == io.EOF {
		return nil, errNoHeader
	}
	if err != nil {
		return nil, err
	}
	h, err := newHeader(titles, o)
	if err != nil {
		return nil, err
	}
	r := &Reader{header: h, source: s}
	for _, c := range h.columns {
		r.used = append(r.used, use{c, h.index[c]})
	}
	r.row.reader = r
	return r, nil
}

// nextFilled is the next row that is not blank. Spreadsheets leave blank rows
// between and below the filled ones.
func (s source) nextFilled() (line int, cells []string, err error) {
	for {
		line, cells, err = s.next()
		if err != nil || !blank(cells) {
			return line, cells, err
		}
	}
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// Columns are Kept's names of the columns in the file, in file order.
func (r *Reader) Columns() []string { return r.header.columns }

// Ignored are the columns of the file that Kept does not know.
func (r *Reader) Ignored() []string { return r.header.ignored }

// Next is the next row that is not blank, valid until the following call; its
// strings stay valid. At the end it gives io.EOF. With a *CellError the row is
// given too, for the rejects, and reading can go on; any other error ends it.
func (r *Reader) Next() (*Row, error) {
	line, cells, err := r.source.nextFilled()
	if err != nil {
		return nil, err
	}
	r.row.Number, r.row.cells = line, cells
	if bad := r.row.check(); bad != nil {
		return &r.row, bad
	}
	return &r.row, nil
}

// Close releases the file, and what was unpacked of it.
func (r *Reader) Close() error {
	if r.source.close == nil {
		return nil
	}
	return r.source.close()
}

// Row is one row of a table.
type Row struct {
	// Number is the row as a spreadsheet counts, and for CSV the line on which
	// it begins: in a plain file the header is 1.
	Number int
	reader *Reader
	cells  []string
}

// Get is the text of a column by Kept's name, without space around it; "" if
// the file has no such column. The strings of a row share their memory: clone
// one that is kept long.
func (r *Row) Get(column string) string {
	i, ok := r.reader.header.index[column]
	if !ok || i >= len(r.cells) {
		return ""
	}
	c := r.cells[i]
	if plain(c) {
		return c
	}
	return r.reader.source.text(c)
}

// plain reports whether a cell needs neither trimming nor unguarding, for the
// common case.
func plain(c string) bool {
	if c == "" {
		return true
	}
	first, last := c[0], c[len(c)-1]
	return first > '\'' && first < 0x7f && last > ' ' && last < 0x7f
}

// Raw are the cells as in the file, in its order, valid until the next Next.
// A row of the wrong length is given as it is.
func (r *Row) Raw() []string { return r.cells }

// Errorf is an error about a cell of this row.
func (r *Row) Errorf(column, message string, args ...any) *CellError {
	return &CellError{Row: r.Number, Column: column, Value: printable(r.Get(column)), Message: fmt.Sprintf(message, args...)}
}

// check looks at the shape of the row and at the cells of the columns in use.
func (r *Row) check() *CellError {
	if have, want := len(r.cells), len(r.reader.header.titles); have != want {
		fields := "fields"
		if have == 1 {
			fields = "field"
		}
		return r.Errorf("", "%d %s, expected %d", have, fields, want)
	}
	for _, u := range r.reader.used {
		if f := r.reader.source.fault(r.cells[u.index]); f != "" {
			return r.Errorf(u.column, "%s", f)
		}
	}
	return nil
}
