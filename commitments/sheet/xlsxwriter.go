package sheet

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// NewXLSX writes a workbook of one sheet: header in bold and always in view,
// text as text, dates as dates, numbers as numbers. Rows wait on disk, and the
// workbook is written by Close.
func NewXLSX(w io.Writer, columns []string, sheetName string) (*Writer, error) {
	x, err := newXLSXWriter(columns, sheetName)
	if err != nil {
		return nil, err
	}
	closeBook := func() error {
		err := x.rows.Flush()
		if err == nil {
			_, err = x.book.WriteTo(w)
		}
		return errors.Join(err, x.book.Close())
	}
	return &Writer{len(columns), x.write, closeBook}, nil
}

type xlsxWriter struct {
	book             *excelize.File
	rows             *excelize.StreamWriter
	columns          []string
	cells            []any
	line             int
	bold, date, time int // styles
}

func newXLSXWriter(columns []string, sheetName string) (*xlsxWriter, error) {
	x := &xlsxWriter{book: excelize.NewFile(), columns: columns, cells: make([]any, len(columns)), line: 1}
	err := x.begin(sheetName)
	if err != nil {
		return nil, errors.Join(err, x.book.Close())
	}
	return x, nil
}

func (x *xlsxWriter) begin(sheetName string) (err error) {
	if err = x.book.SetSheetName(x.book.GetSheetName(0), sheetName); err != nil {
		return err
	}
	if err = x.styles(); err != nil {
		return err
	}
	if x.rows, err = x.book.NewStreamWriter(sheetName); err != nil {
		return err
	}
	if err = x.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err = x.rows.SetColWidth(1, max(1, len(x.columns)), columnWidth); err != nil {
		return err
	}
	for i, c := range x.columns {
		x.cells[i] = excelize.Cell{StyleID: x.bold, Value: c}
	}
	return x.rows.SetRow("A1", x.cells)
}

// columnWidth, in characters, shows a date with its time and most names.
const columnWidth = 18

func (x *xlsxWriter) styles() (err error) {
	day, minute := "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
	if x.bold, err = x.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	if x.date, err = x.book.NewStyle(&excelize.Style{CustomNumFmt: &day}); err != nil {
		return err
	}
	x.time, err = x.book.NewStyle(&excelize.Style{CustomNumFmt: &minute})
	return err
}

func (x *xlsxWriter) write(cells []Cell) error {
	x.line++
	if x.line > excelize.TotalRows {
		return fmt.Errorf("more than %d rows do not fit in XLSX: write CSV", excelize.TotalRows-1)
	}
	for i, c := range cells {
		if len(c.text) > excelize.TotalCellChars && units(c.text) > excelize.TotalCellChars {
			return fmt.Errorf("row %d, %s: longer than the %d characters XLSX can hold: write CSV",
				x.line, x.columns[i], excelize.TotalCellChars)
		}
		x.cells[i] = x.value(c)
	}
	return x.rows.SetRow(fmt.Sprint("A", x.line), x.cells)
}

func (x *xlsxWriter) value(c Cell) any {
	switch {
	case c.kind == numberKind && !math.IsNaN(c.number) && !math.IsInf(c.number, 0):
		return c.number
	case c.kind == numberKind:
		return nil
	case c.kind == dateKind:
		y, m, d := c.date.Civil()
		return excelize.Cell{StyleID: x.date, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
	case c.kind == instantKind:
		return excelize.Cell{StyleID: x.time, Value: c.at.Time().In(c.zone)}
	case c.text == "":
		return nil
	}
	return c.text
}

// units is the length of s as XLSX counts it, in UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
