package main

import (
	"encoding/json"

	"kept/commitments"
	"kept/commitments/sheet"
	"kept/commitments/store"
)

type exportCmd struct {
	looking
	Format listAs `help:"csv, xlsx or json. Default: csv." placeholder:"FORMAT"`
	Raw    bool   `help:"CSV for programs: no apostrophe before what a spreadsheet would take for a formula."`
	Out    text   `help:"Write it to this file instead of here." placeholder:"FILE"`
}

// Help is shown by kept help export.
func (exportCmd) Help() string {
	return "The columns are those of kept import: what is exported here can be imported there, and changes nothing here.\n\n" +
		example("kept export --out promises.csv", "kept export --format xlsx --out promises.xlsx")
}

// Run writes every promise as a list.
func (c *exportCmd) Run(a *app) error {
	if a.flags.JSON && c.Format == "" {
		c.Format = "json"
	}
	switch {
	case c.Raw && c.Format != "" && c.Format != "csv":
		return commitments.Invalid("raw", "is for CSV: no other format needs it")
	case c.Format == "xlsx" && c.Out == "" && a.onTerminal():
		return commitments.Invalid("out", "a workbook is not for a terminal: name a file, as --out promises.xlsx")
	}
	s, by, at, err := a.look(c.At)
	if err != nil {
		return err
	}
	n := 0
	err = a.output(c.Out, func(out *printer) error {
		w, err := c.writer(out)
		if err != nil {
			return err
		}
		err = s.Export(a.ctx, by, at, func(row store.ExportRow) error {
			n++
			return w.row(row)
		})
		if err != nil {
			return err
		}
		return w.end()
	})
	if err == nil && c.Out != "" && !a.flags.JSON {
		a.out.line("Wrote %s to %s.", plural(n, "promise"), string(c.Out))
	}
	return err
}

// listWriter writes the rows of an export in one format.
type listWriter struct {
	row func(store.ExportRow) error
	end func() error
}

func (c *exportCmd) writer(out *printer) (listWriter, error) {
	if c.Format == "json" {
		return jsonList(out), nil
	}
	w, err := sheet.NewCSV(out, store.ExportColumns(), c.Raw)
	if c.Format == "xlsx" {
		w, err = sheet.NewXLSX(out, store.ExportColumns(), "Promises")
	}
	if err != nil {
		return listWriter{}, err
	}
	row := func(r store.ExportRow) error {
		cells := make([]sheet.Cell, len(r))
		for i, v := range r {
			cells[i] = cell(v)
		}
		return w.Write(cells)
	}
	return listWriter{row, w.Close}, nil
}

// jsonList writes an array, a promise a line, without ever holding it whole.
func jsonList(out *printer) listWriter {
	before := "["
	row := func(r store.ExportRow) error {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, err = out.WriteString(before + "\n" + string(text))
		before = ","
		return err
	}
	end := func() error {
		if before == "[" {
			_, err := out.WriteString("[]\n")
			return err
		}
		_, err := out.WriteString("\n]\n")
		return err
	}
	return listWriter{row, end}
}
