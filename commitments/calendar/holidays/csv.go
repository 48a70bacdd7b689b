package holidays

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"kept/commitments/calendar"
)

// ReadCSV reads a table with the columns date, name and, if wanted, works,
// named in its first row in any order. Dates are YYYY-MM-DD; works is yes for
// an extra working day, no or empty for a day off. Commas or semicolons part
// the columns. An error names the row; nothing is read by halves.
func ReadCSV(r io.Reader) ([]calendar.Day, error) {
	text, err := readText(r)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(bytes.NewReader(text))
	if header, _, _ := bytes.Cut(text, []byte("\n")); !bytes.Contains(header, []byte(",")) {
		in.Comma = ';'
	}
	columns, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	var list []calendar.Day
	seen := map[calendar.Date]int{}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err // it names the line
		}
		row, _ := in.FieldPos(0)
		day, err := columns.day(record)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", row, err)
		}
		if earlier, twice := seen[day.Date]; twice {
			return nil, fmt.Errorf("rows %d and %d: both are for %v", earlier, row, day.Date)
		}
		seen[day.Date] = row
		list = append(list, day)
	}
}

// columns are the places of the three columns in a row; works is -1 if absent.
type columns struct{ date, name, works int }

func readHeader(in *csv.Reader) (columns, error) {
	expected := errors.New("row 1: expected the column names date,name or date,name,works")
	header, err := in.Read()
	if err != nil {
		return columns{}, expected
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
	}
	c := columns{slices.Index(header, "date"), slices.Index(header, "name"), slices.Index(header, "works")}
	known := 2
	if c.works >= 0 {
		known = 3
	}
	if c.date < 0 || c.name < 0 || len(header) != known {
		return columns{}, expected
	}
	return c, nil
}

// day reads one row.
func (c columns) day(record []string) (calendar.Day, error) {
	date, err := calendar.ParseDate(strings.TrimSpace(record[c.date]))
	if err != nil {
		return calendar.Day{}, fmt.Errorf("date: %w", err)
	}
	if date < calendar.MinDate || date > calendar.MaxDate {
		return calendar.Day{}, fmt.Errorf("date: %v is outside %v to %v", date, calendar.MinDate, calendar.MaxDate)
	}
	name, err := cleanName(record[c.name])
	if err != nil {
		return calendar.Day{}, fmt.Errorf("name: %w", err)
	}
	day := calendar.Day{Date: date, Name: name}
	if c.works >= 0 {
		day.Works, err = yesOrNo(record[c.works])
	}
	return day, err
}

func yesOrNo(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "true", "1":
		return true, nil
	case "", "no", "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("works: %.40q is neither yes nor no", s)
}
