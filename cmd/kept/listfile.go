package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"kept/commitments/sheet"
	"kept/commitments/store"
)

// listFile is a file on its way into the store, and out of it again where rows are
// rejected. The store rejects rows some time after it has read them, so a second
// reader trails behind the first, and finds them again to be written down as they were.
type listFile struct {
	options  sheet.Options
	path     string // where the trailing reader finds the rows; "" if nothing is written down
	spool    string // a copy of standard input, to be removed
	lead     *sheet.Reader
	row      *sheet.Row
	trailing *sheet.Reader

	rejectsPath string // the file of rejected rows, once there are any
	wanted      string // where it is to be
	file        *os.File
	buffer      *bufio.Writer
	rejects     *sheet.Rejects
	err         error // the first one met while writing them
}

// open opens the file to import.
func (c *importCmd) open(a *app, o sheet.Options) (l *listFile, err error) {
	l = &listFile{options: o}
	partial := c.Partial && !c.DryRun
	if c.File != "-" {
		l.lead, err = sheet.Open(string(c.File), o)
		if partial {
			l.path, l.wanted = string(c.File), string(c.File)+".rejects.csv"
		}
	} else {
		err = l.openInput(a.in, partial)
	}
	if err != nil {
		l.close()
		return nil, fileError(err)
	}
	return l, nil
}

// openInput reads standard input, which cannot be read twice: where rejected rows are
// wanted it is copied aside as it comes.
func (l *listFile) openInput(in io.Reader, partial bool) error {
	if partial {
		spool, err := os.CreateTemp("", "kept-*.csv")
		if err != nil {
			return err
		}
		l.spool, l.path, l.wanted = spool.Name(), spool.Name(), "stdin.rejects.csv"
		in = io.TeeReader(in, spool)
	}
	var err error
	l.lead, err = sheet.NewReader(in, l.options)
	return err
}

// Columns are the columns of the file by Kept's names.
func (l *listFile) Columns() []string { return l.lead.Columns() }

// Next goes to the next row.
func (l *listFile) Next() (int, error) {
	row, err := l.lead.Next()
	l.row = row
	var bad *sheet.CellError
	switch {
	case errors.As(err, &bad):
		return bad.Row, &store.Rejected{Row: bad.Row, Column: bad.Column, Value: bad.Value, Message: bad.Message}
	case errors.Is(err, io.EOF):
		return 0, io.EOF
	case err != nil:
		return 0, fileError(err)
	}
	return row.Number, nil
}

// Get is a cell of the present row.
func (l *listFile) Get(column string) string { return l.row.Get(column) }

// reject writes a rejected row down.
func (l *listFile) reject(r store.Rejected) {
	if l.path == "" || l.err != nil {
		return
	}
	if l.rejects == nil {
		if l.err = l.begin(); l.err != nil {
			return
		}
	}
	l.err = l.write(&sheet.CellError{Row: r.Row, Column: r.Column, Value: r.Value, Message: r.Message})
}

func (l *listFile) begin() (err error) {
	if l.trailing, err = sheet.Open(l.path, l.options); err != nil {
		return err
	}
	if l.file, err = os.OpenFile(l.wanted, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	l.rejectsPath, l.buffer = l.wanted, bufio.NewWriter(l.file)
	l.rejects, err = sheet.NewRejects(l.buffer, l.trailing)
	return err
}

func (l *listFile) write(e *sheet.CellError) error {
	for {
		row, err := l.trailing.Next()
		var bad *sheet.CellError
		if err != nil && !errors.As(err, &bad) {
			return err
		}
		if row.Number == e.Row {
			return l.rejects.Write(row, e)
		}
	}
}

// finish completes the file of rejected rows.
func (l *listFile) finish() error {
	if l.rejects == nil || l.err != nil {
		return l.err
	}
	return errors.Join(l.rejects.Close(), l.buffer.Flush(), l.file.Sync())
}

// close lets go of all files.
func (l *listFile) close() {
	for _, r := range []*sheet.Reader{l.lead, l.trailing} {
		if r != nil {
			_ = r.Close() // only read
		}
	}
	if l.file != nil {
		_ = l.file.Close() // finish has made sure of it
	}
	if l.spool != "" {
		_ = os.Remove(l.spool) // a copy in the temporary folder
	}
}
