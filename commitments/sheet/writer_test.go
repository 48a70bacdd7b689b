package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"kept/commitments/calendar"
	"pgregory.net/rapid"
)

// anyText draws every text Kept can hold, and often those that are hard to
// write: quotes, apostrophes, formulas, line ends, space around, right to left.
func anyText() *rapid.Generator[string] {
	hard := rapid.StringOfN(rapid.SampledFrom([]rune("'''=+-@＝\t\n ,;\"a1é\u00a0ש\u200f🎁👩\u200d🚀\uFEFF")), 0, 8, -1)
	return rapid.OneOf(hard, rapid.String()).Filter(func(s string) bool { return fault(s) == "" })
}

// writeText is a table of texts as a Writer leaves it.
func writeText(t rapid.TB, rows [][]string, open func(io.Writer, []string) (*Writer, error)) *bytes.Buffer {
	t.Helper()
	var file bytes.Buffer
	w, err := open(&file, known.Columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		cells := make([]Cell, len(row))
		for i, s := range row {
			cells[i] = Text(s)
		}
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &file
}

func guardedCSV(w io.Writer, columns []string) (*Writer, error) { return NewCSV(w, columns, false) }
func rawCSV(w io.Writer, columns []string) (*Writer, error)     { return NewCSV(w, columns, true) }

func TestI32_RowsSurviveTheWayOutAndIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.SliceOfN(anyText(), 4, 4)).Draw(t, "rows")
		rows = slices.DeleteFunc(rows, blank)
		file := writeText(t, rows, guardedCSV).String()
		r, err := NewReader(strings.NewReader(file), known)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range rows {
			row, err := r.Next()
			if err != nil {
				t.Fatalf("%v\n%q", err, file)
			}
			if got := values(r, row); !slices.Equal(got, want) {
				t.Fatalf("%q came back as %q", want, got)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatalf("after the last row: %v", err)
		}
	})
}

func TestI31_NoCellOfTheExportIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		cell := Text(text).csv(false)
		if cell != "" && strings.ContainsRune(formulaStarts, []rune(cell)[0]) {
			t.Fatalf("%q is written as %q", text, cell)
		}
		if back := unguard(cell); back != text {
			t.Fatalf("%q is written as %q and read as %q", text, cell, back)
		}
	})
}

func TestI31_Export(t *testing.T) {
	rows := [][]string{{"1", "=1+1", "'=1", "plain"}, {"2", "+49", "'tis", "@x"}, {"3", "\t=1", " -1", "it's"}}
	got := writeText(t, rows, guardedCSV).String()
	want := "id,customer,title,promise_date\n1,'=1+1,''=1,plain\n2,'+49,'tis,'@x\n3,'\t=1,' -1,it's\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = writeText(t, rows, rawCSV).String()
	want = "id,customer,title,promise_date\n1,=1+1,'=1,plain\n2,+49,'tis,@x\n3,\"\t=1\",\" -1\",it's\n"
	if got != want {
		t.Errorf("raw: got\n%s\nwant\n%s", got, want)
	}
}

// moment is a day, a number and an instant that a writer must tell apart.
var moment = calendar.InstantOf(time.Date(2026, 12, 4, 16, 30, 15, 0, time.UTC))

func typedRow() []Cell {
	zone := time.FixedZone("CET", 3600)
	return []Cell{Number(-143.46), Date(calendar.NewDate(2026, 12, 4)), Instant(moment, zone), Instant(moment, nil)}
}

func TestCSVHoldsNumbersAndDatesAsTheyAre(t *testing.T) {
	var file bytes.Buffer
	w, err := NewCSV(&file, known.Columns, false)
	if err != nil {
		t.Fatal(err)
	}
	none := []Cell{{}, Date(0), Instant(0, time.UTC), Instant(0, nil)}
	if err := errors.Join(w.Write(typedRow()), w.Write(none), w.Close()); err != nil {
		t.Fatal(err)
	}
	want := "id,customer,title,promise_date\n-143.46,2026-12-04,2026-12-04T16:30:15Z,2026-12-04T16:30:15Z\n,,,\n"
	if file.String() != want {
		t.Errorf("got\n%s\nwant\n%s", file.String(), want)
	}
	if err := w.Write(none[:1]); err == nil {
		t.Error("a row too short was written")
	}
}

// failing is a disk that is full.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestFullDiskIsAnError(t *testing.T) {
	for name, open := range map[string]func(io.Writer, []string) (*Writer, error){
		"csv":  guardedCSV,
		"xlsx": func(w io.Writer, columns []string) (*Writer, error) { return NewXLSX(w, columns, "Promises") },
	} {
		w, err := open(failing{}, known.Columns)
		if err == nil {
			err = errors.Join(w.Write(typedRow()), w.Close())
		}
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// reject imports text, and gives the file of what was refused and how many rows
// were taken.
func reject(t *testing.T, text string, o Options) (file string, taken int) {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	var out bytes.Buffer
	rejects, err := NewRejects(&out, r)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		if err == io.EOF {
			break
		}
		var bad *CellError
		switch {
		case errors.As(err, &bad):
			err = rejects.Write(row, bad)
		case err == nil && row.Get("promise_date") == "soon":
			err = rejects.Write(row, row.Errorf("promise_date", "not a date: write YYYY-MM-DD"))
		default:
			taken++
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := rejects.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), taken
}

func TestI29_RejectsHoldTheRowAndTheReason(t *testing.T) {
	text := "ID,Promise Date,Notes\n1,2026-12-04,fine\n2,soon,=HYPERLINK(1)\n3,2026-12-04\n4,soon,'=kept\n5,soon,a,b\n"
	got, taken := reject(t, text, known)
	want := `ID,Promise Date,Notes,row,column,message
2,soon,'=HYPERLINK(1),3,promise_date,not a date: write YYYY-MM-DD
3,2026-12-04,,4,,"2 fields, expected 3"
4,soon,'=kept,5,promise_date,not a date: write YYYY-MM-DD
5,soon,a,6,,"4 fields, expected 3",b
`
	if got != want || taken != 1 {
		t.Errorf("took %d, rejected\n%s\nwant\n%s", taken, got, want)
	}
	corrected, taken := reject(t, strings.ReplaceAll(got, "soon", "2026-12-04"), known)
	if taken != 3 || strings.Count(corrected, "message") != 1 || !strings.HasSuffix(corrected, ",b\n") {
		t.Errorf("after correction took %d, rejected\n%s", taken, corrected)
	}
}

func TestI29_RejectsKeepEncodingAndDelimiter(t *testing.T) {
	text := "id;customer;promise_date\n1;Café, München;soon\n"
	for _, enc := range []string{"utf-8", "windows-1252", "utf-16"} {
		o := known
		o.Encoding = enc
		format, err := encodingNamed(enc)
		if err != nil {
			t.Fatal(err)
		}
		file := text
		if format != nil {
			if file, err = format.NewEncoder().String(text); err != nil {
				t.Fatal(err)
			}
		}
		rejected, _ := reject(t, file, o)
		again, _ := reject(t, rejected, o)
		if again != rejected {
			t.Errorf("%s: rejects %q, and of these %q", enc, rejected, again)
		}
		wantTable(t, rejected, o, "id|customer|promise_date", "1|Café, München|soon")
	}
	bad, _ := reject(t, "id,title,promise_date\n1,Caf\xe9,\n", known)
	decoded, err := charmap.Windows1252.NewDecoder().String(bad)
	if err != nil || !strings.Contains(decoded, "1,Café,") {
		t.Errorf("the bytes of the file are lost: %q", bad)
	}
}

func ExampleNewCSV() {
	var out strings.Builder
	w, err := NewCSV(&out, []string{"id", "title", "value"}, false)
	if err != nil {
		fmt.Println(err)
	}
	if err := w.Write([]Cell{Text("7"), Text("=cmd"), Number(-5)}); err != nil {
		fmt.Println(err)
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
	}
	fmt.Print(out.String())
	// Output:
	// id,title,value
	// 7,'=cmd,-5
}
