package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"html"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// saved is the path of a workbook made by fill.
func saved(t *testing.T, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	path := filepath.Join(t.TempDir(), "book.csv") // not .xlsx: the name must not matter
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteTo(out); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(out.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// put writes rows into a sheet, made if it is not there, from its first row on.
func put(t *testing.T, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	if _, err := f.NewSheet(sheet); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow(sheet, cell, &row); err != nil {
			t.Fatal(err)
		}
	}
}

// show gives a cell a number format.
func show(t *testing.T, f *excelize.File, cell, code string) {
	t.Helper()
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
		t.Fatal(err)
	}
}

func wantBook(t *testing.T, path string, want ...string) {
	t.Helper()
	r, err := Open(path, known)
	var got []string
	for _, row := range readAll(t, r, err) {
		got = append(got, strings.Join(row, "|"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("reads as\n%q, want\n%q", got, want)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestXLSXDatesAreReadAsDates(t *testing.T) {
	for _, c := range []struct {
		value any
		code  string
		want  string
	}{
		{46360, "dd/mm/yyyy", "2026-12-04"},
		{46360, "[$-409]d-mmm-yy;@", "2026-12-04"},
		{46360.0, "m/d", "2026-12-04"},
		{46360 + 17.0/24, "yyyy-mm-dd hh:mm", "2026-12-04 17:00"},
		{46360 + (17*3600+15)/86400.0, "yyyy-mm-dd", "2026-12-04 17:00:15"},
		{46361 - 1e-9, "yyyy-mm-dd", "2026-12-05"},
		{17.0 / 24, "h:mm AM/PM", "17:00"},
		{45292, "0", "45292"},
		{45292, "General", "45292"},
		{0.5, "0%", "0.5"},
		{1234.5, `#,##0.00 "days"`, "1234.5"},
		{-1.5, "[Red]0.00", "-1.5"},
		{1234.5, `#,##0.00\ [$kr-41D]`, "1234.5"},
		{0.1 + 0.2, "General", "0.3"},
		{"2026-12-04", "yyyy-mm-dd", "2026-12-04"},
		{"soon", "yyyy-mm-dd", "soon"},
		{-5, "yyyy-mm-dd", "-5"},
		{1e15, "yyyy-mm-dd", "1000000000000000"},
		{true, "General", "TRUE"},
	} {
		path := saved(t, func(f *excelize.File) {
			put(t, f, "Sheet1", []any{"id", "Promise Date"}, []any{1, c.value})
			show(t, f, "B2", c.code)
		})
		wantBook(t, path, "id|promise_date", "1|"+c.want)
	}
}

func TestXLSXDatesCountFrom1904WhenTheWorkbookSaysSo(t *testing.T) {
	path := saved(t, func(f *excelize.File) {
		yes := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
		put(t, f, "Sheet1", []any{"id", "promise_date"}, []any{1, 46360 - 1462})
		show(t, f, "B2", "yyyy-mm-dd")
	})
	wantBook(t, path, "id|promise_date", "1|2026-12-04")
}

// wantCellError wants the first refused row of a workbook to be this one.
func wantCellError(t *testing.T, path string, row int, column, word string) {
	t.Helper()
	r, err := Open(path, known)
	for err == nil {
		_, err = r.Next()
	}
	var bad *CellError
	if !errors.As(err, &bad) || bad.Row != row || bad.Column != column || !strings.Contains(bad.Message, word) {
		t.Errorf("%v; want row %d, %s, and %q", err, row, column, word)
	}
	if r != nil {
		r.Close()
	}
}

func TestXLSXFormulasGiveTheirCachedValue(t *testing.T) {
	wantBook(t, rewritten(t, "<row r=\"2\"><c r=\"A2\"><v>7</v></c><c r=\"B2\" t=\"str\"><f>A2&amp;B1</f><v>seven</v></c></row>"),
		"id|title", "7|seven")
	wantCellError(t, rewritten(t, "<row r=\"3\"><c r=\"A3\"><v>7</v></c><c r=\"B3\" t=\"e\"><f>C9</f><v>#REF!</v></c></row>"),
		3, "title", "formula")
}

// rewritten is a workbook with the header id, title and the given XML of rows,
// for what excelize does not write.
func rewritten(t *testing.T, rows string) string { return rewrittenWith(t, rows, "yyyy-mm-dd") }

// rewrittenWith also gives the format that the style 1 of the workbook shows.
func rewrittenWith(t *testing.T, rows, code string) string {
	t.Helper()
	const plainCode = "yyyy-mm-dd"
	path := saved(t, func(f *excelize.File) {
		put(t, f, "Sheet1", []any{"id", "title"})
		show(t, f, "A1", plainCode)
	})
	return repacked(t, path, strings.NewReplacer("</sheetData>", rows+"</sheetData>", plainCode, html.EscapeString(code)))
}

// repacked is a copy of a workbook with the text of its parts changed.
func repacked(t *testing.T, path string, change *strings.Replacer) string {
	t.Helper()
	book, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	changed := filepath.Join(t.TempDir(), "changed.xlsx")
	out, err := os.Create(changed)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	for _, part := range book.File {
		if err := copyPart(w, part, change); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return changed
}

func copyPart(w *zip.Writer, part *zip.File, change *strings.Replacer) error {
	in, err := part.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	out, err := w.Create(part.Name)
	if err != nil {
		return err
	}
	_, err = change.WriteString(out, string(text))
	return err
}

func TestXLSXSheetIsChosen(t *testing.T) {
	notes := []any{"Read me first"}
	head, named := []any{"id", "title"}, []any{1, "named"}
	wantBook(t, saved(t, func(f *excelize.File) {
		put(t, f, "Sheet1", notes)
		put(t, f, "Data", head, []any{1, "fits"})
		put(t, f, "More", head, []any{1, "later"})
	}), "id|title", "1|fits")
	wantBook(t, saved(t, func(f *excelize.File) {
		put(t, f, "Sheet1", head, []any{1, "first"})
		put(t, f, "IMPORT", head, named)
	}), "id|title", "1|named")

	_, err := Open(saved(t, func(f *excelize.File) { put(t, f, "Sheet1", notes) }), known)
	if err == nil || !strings.Contains(err.Error(), "Sheet1") || !strings.Contains(err.Error(), "Read me first") {
		t.Errorf("no sheet fits: %v", err)
	}
	_, err = Open(saved(t, func(*excelize.File) {}), known)
	if err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("empty workbook: %v", err)
	}
}

func TestXLSXShortLongAndBlankRows(t *testing.T) {
	path := saved(t, func(f *excelize.File) {
		put(t, f, "Sheet1", []any{}, []any{"id", "customer", "title"}, []any{1}, []any{}, []any{2, " ACME ", "a", " ", ""}, []any{" "}, []any{})
	})
	wantBook(t, path, "id|customer|title", "1||", "2|ACME|a")
	path = saved(t, func(f *excelize.File) {
		put(t, f, "Sheet1", []any{"id", "title"}, []any{1, "a", "astray"})
	})
	wantCellError(t, path, 2, "", "3 fields, expected 2")
}

func newXLSX(w io.Writer, columns []string) (*Writer, error) { return NewXLSX(w, columns, "Promises") }

func TestXLSXTextSurvivesTheWayOutAndIn(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		xmlText := anyText().Filter(func(s string) bool { return !strings.ContainsAny(s, "\uFFFE\uFFFF") })
		rows := rapid.SliceOfN(rapid.SliceOfN(xmlText, 4, 4), 0, 5).Draw(t, "rows")
		rows = slices.DeleteFunc(rows, blank)
		path := filepath.Join(dir, "out.xlsx")
		if err := os.WriteFile(path, writeText(t, rows, newXLSX).Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path, known)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, want := range rows {
			row, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range r.Columns() {
				if row.Get(c) != strings.TrimSpace(want[i]) {
					t.Fatalf("%q came back as %q", want[i], row.Get(c))
				}
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatalf("after the last row: %v", err)
		}
	})
}

func TestXLSXIsWrittenToBeReadInASpreadsheet(t *testing.T) {
	var file bytes.Buffer
	w, err := newXLSX(&file, known.Columns)
	if err == nil {
		err = errors.Join(w.Write(typedRow()), w.Write([]Cell{Text("=1+1"), Text("007"), {}, {}}), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, want := range map[string]string{
		"A2": "-143.46", "B2": "2026-12-04", "C2": "2026-12-04 17:30", "D2": "2026-12-04T16:30:15Z", "A3": "=1+1", "B3": "007",
	} {
		if got, err := f.GetCellValue("Promises", cell); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", cell, got, err, want)
		}
	}
	if kind, _ := f.GetCellType("Promises", "B2"); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("the date is of type %v", kind)
	}
	if formula, _ := f.GetCellFormula("Promises", "A3"); formula != "" {
		t.Errorf("the text =1+1 became the formula %q", formula)
	}
	panes, err := f.GetPanes("Promises")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not in view: %+v, %v", panes, err)
	}
	style, _ := f.GetCellStyle("Promises", "A1")
	if s, err := f.GetStyle(style); err != nil || s.Font == nil || !s.Font.Bold {
		t.Errorf("the header is not bold: %v", err)
	}
}

func TestXLSXOurOwnDatesComeBack(t *testing.T) {
	var file bytes.Buffer
	w, err := newXLSX(&file, known.Columns)
	if err == nil {
		err = errors.Join(w.Write(typedRow()), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.xlsx")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	wantBook(t, path, "id|customer|title|promise_date", "-143.46|2026-12-04|2026-12-04 17:30:15|"+moment.Time().Format(time.RFC3339))
}

func TestXLSXTextTooLongForACellIsRefused(t *testing.T) {
	w, err := newXLSX(io.Discard, []string{"title"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write([]Cell{Text(strings.Repeat("é", excelize.TotalCellChars))}); err != nil {
		t.Error(err)
	}
	err = w.Write([]Cell{Text(strings.Repeat("🎁", excelize.TotalCellChars/2+1))})
	if err == nil || !strings.Contains(err.Error(), "title") {
		t.Errorf("a text that would be cut was written: %v", err)
	}
}
