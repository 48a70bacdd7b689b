package sheet

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/xuri/nfp"
)

// openXLSX reads the sheet named "Import", else the first one whose header
// fits. It owns f when it succeeds.
func openXLSX(f *os.File, size int64, o Options) (*Reader, error) {
	if err := checkArchive(f, size); err != nil {
		return nil, err
	}
	book, err := openBook(f.Name())
	if err != nil {
		return nil, err
	}
	r, err := chooseSheet(book, o)
	if err != nil {
		book.Close()
		return nil, err
	}
	r.source.close = func() error { return errors.Join(book.Close(), f.Close()) }
	return r, nil
}

func openBook(path string) (*excelize.File, error) {
	book, err := excelize.OpenFile(path, excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxTable})
	if err != nil {
		return nil, fmt.Errorf("not a readable XLSX workbook: %w", err)
	}
	if err := markDates(book); err != nil {
		book.Close()
		return nil, fmt.Errorf("not a readable XLSX workbook: %w", err)
	}
	return book, nil
}

func chooseSheet(book *excelize.File, o Options) (*Reader, error) {
	names := book.GetSheetList()
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	first := errNoHeader
	for i, name := range names {
		r, err := openSheet(book, name, o)
		if err == nil {
			return r, nil
		}
		if i == 0 {
			first = fmt.Errorf("sheet %s: %w", printable(name), err)
		}
	}
	return nil, first
}

func rank(sheet string) int {
	if strings.EqualFold(sheet, "import") {
		return 0
	}
	return 1
}

func openSheet(book *excelize.File, name string, o Options) (*Reader, error) {
	rows, err := book.Rows(name)
	if err != nil {
		return nil, err
	}
	props, err := book.GetWorkbookProps()
	if err != nil {
		return nil, err
	}
	x := &xlsxSource{rows: rows, date1904: props.Date1904 != nil && *props.Date1904}
	r, err := newReader(source{next: x.next, text: strings.TrimSpace, fault: xlsxFault}, o)
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	x.width = len(r.header.titles)
	r.format = format{comma: ','}
	return r, nil
}

type xlsxSource struct {
	rows     *excelize.Rows
	date1904 bool
	line     int
	width    int // of the header; 0 before it is known
}

func (x *xlsxSource) next() (int, []string, error) {
	if !x.rows.Next() {
		return 0, nil, cmp.Or(x.rows.Error(), io.EOF)
	}
	x.line++
	cells, err := x.rows.Columns()
	if err != nil {
		return 0, nil, fmt.Errorf("row %d: %w", x.line, err)
	}
	for i, c := range cells {
		if strings.Contains(c, dateMark) {
			cells[i] = x.date(c)
		}
	}
	return x.line, x.fit(cells), nil
}

// fit makes a row as wide as the header: a workbook does not store empty cells
// at the end of a row, and stores some that only look empty.
func (x *xlsxSource) fit(cells []string) []string {
	for len(cells) < x.width {
		cells = append(cells, "")
	}
	for len(cells) > max(x.width, 1) && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// xlsxFault also refuses what a formula leaves when it fails.
func xlsxFault(cell string) string {
	switch cell {
	case "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#GETTING_DATA":
		return "the formula in this cell fails: correct it, or write the value"
	}
	return fault(cell)
}

// dateMark stands before the number of a cell that is shown as a date. No XML
// can hold this character, so no workbook can hold the mark.
const dateMark = "\x01"

// markDates makes excelize tell dates from numbers. It streams values without
// their formats, so every format of a date is replaced, in memory, by one that
// writes the mark and the number, and every other by none: 45292 in a column
// of text stays 45292, and 0.1 is not shown as 10%.
func markDates(book *excelize.File) error {
	code := `"` + dateMark + `"0.0000000000`
	marked, err := book.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return err
	}
	formats := book.Styles.CellXfs.Xf
	mark, none := formats[marked].NumFmtID, -1
	for i := range formats {
		if i == marked {
			continue
		}
		id := formats[i].NumFmtID
		formats[i].NumFmtID = &none
		if id != nil && showsDate(book, *id) {
			formats[i].NumFmtID = mark
		}
	}
	return nil
}

// showsDate reports whether a number format shows a date or a time of day. The
// numbers below 164 are fixed by the file format (ECMA-376 part 1, 18.8.30).
func showsDate(book *excelize.File, id int) bool {
	if book.Styles.NumFmts != nil {
		for _, f := range book.Styles.NumFmts.NumFmt {
			if f.NumFmtID == id {
				return dateCode(f.FormatCode)
			}
		}
	}
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 50 && id <= 58
}

func dateCode(code string) bool {
	parser := nfp.NumberFormatParser()
	for _, section := range parser.Parse(code) {
		for _, item := range section.Items {
			if item.TType == nfp.TokenTypeDateTimes {
				return true
			}
		}
	}
	return false
}

// lastDay is 1 January 10000 in the count of a spreadsheet that begins in 1900.
const lastDay = 2958466

// date is a marked number as text: 2026-12-04, with the time of day if it has
// one; 17:00 if it is only that. A number that is no date, being below zero or
// beyond the calendar, stays a number.
func (x *xlsxSource) date(marked string) string {
	days, err := strconv.ParseFloat(strings.Replace(marked, dateMark, "", 1), 64)
	if err != nil {
		return marked
	}
	t, err := excelize.ExcelDateToTime(days, x.date1904)
	if err != nil || days >= lastDay {
		return strconv.FormatFloat(days, 'f', -1, 64)
	}
	t = t.Round(time.Second)
	clock := "15:04"
	if t.Second() != 0 {
		clock = time.TimeOnly
	}
	midnight := t.Equal(t.Truncate(24 * time.Hour))
	switch {
	case days < 1:
		return t.Format(clock)
	case midnight:
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateOnly + " " + clock)
}
