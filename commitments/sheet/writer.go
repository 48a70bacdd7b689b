package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"kept/commitments/calendar"
)

// Cell is one value to write. The zero Cell is empty.
type Cell struct {
	kind   kind
	text   string
	number float64
	date   calendar.Date
	at     calendar.Instant
	zone   *time.Location
}

type kind uint8

const (
	textKind kind = iota
	numberKind
	dateKind
	instantKind
)

// Text is a cell of text, which no spreadsheet will run as a formula.
func Text(s string) Cell { return Cell{text: s} }

// Number is a cell to reckon with.
func Number(n float64) Cell { return Cell{kind: numberKind, number: n} }

// Date is a civil date; empty if there is none.
func Date(d calendar.Date) Cell {
	if d.IsZero() {
		return Cell{}
	}
	return Cell{kind: dateKind, date: d}
}

// Instant is a moment; empty if unknown. In CSV it is RFC 3339 in UTC. In XLSX
// it is the wall clock of zone, as a date to sort and reckon with; without a
// zone it is the text that CSV has, which says which zone it means.
func Instant(i calendar.Instant, zone *time.Location) Cell {
	if i.IsZero() {
		return Cell{}
	}
	if zone == nil {
		return Text(i.String())
	}
	return Cell{kind: instantKind, at: i, zone: zone}
}

// Writer writes a table row by row.
type Writer struct {
	width int
	write func([]Cell) error
	close func() error
}

// Write adds a row of as many cells as there are columns.
func (w *Writer) Write(cells []Cell) error {
	if len(cells) != w.width {
		return fmt.Errorf("sheet: a row of %d cells under %d columns", len(cells), w.width)
	}
	return w.write(cells)
}

// Close completes the table. It leaves the underlying writer open. A table that
// was not closed is not complete.
func (w *Writer) Close() error { return w.close() }

// NewCSV writes RFC 4180 in UTF-8, with newlines alone as line ends. Text that
// a spreadsheet would run as a formula gets an apostrophe before it, which
// reading takes away again; raw leaves it out, for machines.
func NewCSV(w io.Writer, columns []string, raw bool) (*Writer, error) {
	out := csv.NewWriter(w)
	record := make([]string, len(columns))
	if err := out.Write(columns); err != nil {
		return nil, err
	}
	write := func(cells []Cell) error {
		for i, c := range cells {
			record[i] = c.csv(raw)
		}
		return out.Write(record)
	}
	return &Writer{len(columns), write, func() error { return flush(out) }}, nil
}

func flush(out *csv.Writer) error {
	out.Flush()
	return out.Error()
}

func (c Cell) csv(raw bool) string {
	switch c.kind {
	case numberKind:
		return strconv.FormatFloat(c.number, 'f', -1, 64)
	case dateKind:
		return c.date.String()
	case instantKind:
		return c.at.String()
	}
	if raw {
		return c.text
	}
	return guard(c.text)
}
