package sheet

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// format is how a CSV file was written; a nil encoding is UTF-8.
type format struct {
	comma    rune
	encoding encoding.Encoding
}

// Rejects writes the rows that were refused as CSV: the columns of the file as
// they were, then where and why. It keeps the file's delimiter and encoding, so
// that the corrected rejects can be imported by the same command; the columns
// added here are then unknown ones, and ignored.
type Rejects struct {
	from   *Reader
	width  int
	record []string
	out    *csv.Writer
	close  func() error
}

// NewRejects writes to w the rows refused of what r reads, header first.
func NewRejects(w io.Writer, r *Reader) (*Rejects, error) {
	j := &Rejects{from: r, width: ownWidth(r.header.titles), close: func() error { return nil }}
	if enc := r.format.encoding; enc != nil {
		encoded := transform.NewWriter(w, encoding.ReplaceUnsupported(enc.NewEncoder()))
		w, j.close = encoded, encoded.Close
	}
	j.out = csv.NewWriter(w)
	j.out.Comma = r.format.comma
	return j, j.write(r.header.titles, added...)
}

// added are the columns that Rejects adds.
var added = []string{"row", "column", "message"}

// ownWidth is how many columns a file has without those that Rejects added
// when it was itself a file of rejects.
func ownWidth(titles []string) int {
	n := max(0, len(titles)-len(added))
	if slices.Equal(titles[n:], added) {
		return n
	}
	return len(titles)
}

// Write adds the row that e is about.
func (j *Rejects) Write(row *Row, e *CellError) error {
	return j.write(row.cells, strconv.Itoa(e.Row), e.Column, e.Message)
}

// write puts the reasons after the columns of the file, and what a row has
// beyond those after the reasons.
func (j *Rejects) write(cells []string, reasons ...string) error {
	j.record = j.record[:0]
	for i := range j.width {
		cell := ""
		if i < len(cells) {
			cell = j.safe(cells[i])
		}
		j.record = append(j.record, cell)
	}
	j.record = append(j.record, reasons...)
	for i := len(j.from.header.titles); i < len(cells); i++ {
		j.record = append(j.record, j.safe(cells[i]))
	}
	return j.out.Write(j.record)
}

// safe is a cell that no spreadsheet will run, and that reads as it did.
func (j *Rejects) safe(cell string) string { return guard(j.from.source.text(cell)) }

// Close completes the file. It leaves the underlying writer open.
func (j *Rejects) Close() error {
	if err := flush(j.out); err != nil {
		return err
	}
	return j.close()
}
