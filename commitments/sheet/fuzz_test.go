package sheet

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// wantSoundCells reads to the end and looks at every cell that was accepted.
func wantSoundCells(t *testing.T, r *Reader) {
	for {
		row, err := r.Next()
		var bad *CellError
		switch {
		case errors.As(err, &bad):
			wantOneLine(t, bad)
		case err != nil:
			wantOneLine(t, err)
			return
		default:
			for _, c := range r.Columns() {
				if s := row.Get(c); !utf8.ValidString(s) || len(s) > MaxCell || strings.ContainsFunc(s, forbidden) {
					t.Fatalf("row %d, %s: accepted %.200q", row.Number, c, s)
				}
			}
		}
	}
}

func wantOneLine(t *testing.T, err error) {
	if strings.ContainsFunc(err.Error(), func(r rune) bool { return forbidden(r) || r == '\n' }) {
		t.Fatalf("an error that is not one safe line: %q", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"id,title\n1,a\n", "\uFEFFid;title\r\n1;\"a\r\nb\"\r\n", "sep=\t\nid\ttitle\r1\t'=x\r", "id,title\n1\n\x00,\xff\n2,\"x",
		"\xFF\xFEi\x00d\x00\n\x00x\x00", "Promise Date,promise_date\n", "id,title\n1,5\" pipe\n", "id\n\u2028\n",
	} {
		f.Add(s, "", "")
	}
	f.Add("id;Caf\xe9\n1;\x81\n", "windows-1252", ";")
	f.Fuzz(func(t *testing.T, text, encoding, delimiter string) {
		o := known
		o.Encoding, o.Delimiter = encoding, delimiter
		r, err := NewReader(strings.NewReader(text), o)
		if err != nil {
			wantOneLine(t, err)
			return
		}
		rejects, err := NewRejects(io.Discard, r)
		if err != nil {
			t.Fatal(err)
		}
		defer rejects.Close()
		wantSoundCells(t, r)
	})
}

// FuzzReadXLSX puts hostile XML where excelize reads rows and formats.
func FuzzReadXLSX(f *testing.F) {
	f.Add(`<row r="2"><c r="A2" s="1"><v>46360.5</v></c><c r="B2" t="s"><v>9</v></c></row>`, "yyyy-mm-dd")
	f.Add(`<row r="9"><c r="XFD9" t="e"><v>#REF!</v></c></row><row r="2"><c t="d"><v>2026-12-04T17:00:00Z</v></c></row>`, `[$-409]0.00_);[Red]"x"`)
	f.Add(`<row><c t="inlineStr"><is><r><t>_x0001_1</t></r></is></c><c t="b"><v>1</v></c><c><f>A1</f></c></row>`, "@")
	f.Fuzz(func(t *testing.T, rows, code string) {
		path := rewrittenWith(t, rows, code)
		r, err := Open(path, known)
		if err != nil {
			wantOneLine(t, errors.New(strings.ReplaceAll(err.Error(), filepath.Dir(path), "")))
			return
		}
		defer r.Close()
		wantSoundCells(t, r)
	})
}
