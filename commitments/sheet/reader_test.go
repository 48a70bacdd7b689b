package sheet

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// known are the columns of these tests.
var known = Options{Columns: []string{"id", "customer", "title", "promise_date"}}

// readAll gives the table as Kept sees it: the header, then the rows.
func readAll(t *testing.T, r *Reader, err error) [][]string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	table := [][]string{r.Columns()}
	for {
		row, err := r.Next()
		if err == io.EOF {
			return table
		}
		if err != nil {
			t.Fatal(err)
		}
		table = append(table, values(r, row))
	}
}

func values(r *Reader, row *Row) []string {
	var cells []string
	for _, c := range r.Columns() {
		cells = append(cells, row.Get(c))
	}
	return cells
}

// wantTable reads CSV text and compares; rows are written "a|b".
func wantTable(t *testing.T, text string, o Options, want ...string) {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), o)
	var got []string
	for _, row := range readAll(t, r, err) {
		got = append(got, strings.Join(row, "|"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q reads as\n%q, want\n%q", text, got, want)
	}
}

// wantRefused reads all of a CSV text and wants an error, of a row or of the
// file, with all these words.
func wantRefused(t *testing.T, text string, o Options, words ...string) error {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), o)
	for err == nil {
		_, err = r.Next()
	}
	if err == io.EOF {
		t.Fatalf("%.80q was accepted", text)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%.80q: %q does not say %q", text, err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
	return err
}

func TestI15_BOMIsStripped(t *testing.T) {
	wantTable(t, "\uFEFFid,title\n1,a\n", known, "id|title", "1|a")
	wantTable(t, "\uFEFF\"id\",title\n1,a\n", known, "id|title", "1|a")
}

func TestI16_UTF16IsConverted(t *testing.T) {
	text := "id;title\r\n1;Łódź 🎁\r\n"
	for _, order := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		marked, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		wantTable(t, marked, known, "id|title", "1|Łódź 🎁")
	}
	bare, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, bare, known, "--encoding utf-16")
	o := known
	o.Encoding = "utf-16"
	wantTable(t, bare, o, "id|title", "1|Łódź 🎁")
	wantRefused(t, "\xFF\xFEi\x00d\x00\n\x00\x00\xD8\n\x00", known, "row 2", "U+FFFD")
}

func TestI17_InvalidUTF8OffersWindows1252(t *testing.T) {
	text, err := charmap.Windows1252.NewEncoder().String("id,title\n1,plain\n2,Café – €5\n")
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, text, known, "row 3", "title", "--encoding windows-1252")
	o := known
	o.Encoding = "windows-1252"
	wantTable(t, text, o, "id|title", "1|plain", "2|Café – €5")
	wantTable(t, "\uFEFFid,title\n2,Café\n", o, "id|title", "2|Café")
	wantRefused(t, "id,title\n1,a\x81b\n", o, "row 2", "title", "U+FFFD", "--encoding")
	wantRefused(t, "id,titl\xE9\n", known, "header", "column 2", "--encoding")
	wantRefused(t, "id,title\n1,a\uFFFDb\n", known, "U+FFFD")
	o.Encoding = "latin-7"
	wantRefused(t, "id\n1\n", o, "--encoding", "latin-7", "windows-1252")
}

func TestI18_DelimiterIsFound(t *testing.T) {
	for _, text := range []string{
		"id;title\n1;a,b\n", "id\ttitle\n1\ta,b\n", "id,title\n1,\"a,b\"\n",
		"sep=;\nid;title\n1;a,b\n", "sep=\t\r\nid\ttitle\r\n1\ta,b\r\n", "SEP=|\rid|title\r1|a,b\r",
		"\uFEFFsep=;\nid;title\n1;a,b\n", "\n\nid;title\n1;a,b\n",
	} {
		wantTable(t, text, known, "id|title", "1|a,b")
	}
	wantTable(t, "id;\"customer (name, city, zip, country)\";title\n1;x;a\n", known, "id|title", "1|a")
	wantRefused(t, "id|title\n1|a\n", known, "id|title", "--delimiter")
	for _, d := range []string{"|", ";", "tab", "\t", "semicolon", "comma"} {
		o := known
		o.Delimiter = d
		sep := map[string]string{"tab": "\t", "semicolon": ";", "comma": ","}[d]
		if sep == "" {
			sep = d
		}
		wantTable(t, "id"+sep+"title\n1"+sep+"a\n", o, "id|title", "1|a")
	}
	for _, d := range []string{"::", `"`, "\n", "\x00"} {
		o := known
		o.Delimiter = d
		wantRefused(t, "id,title\n1,a\n", o, "--delimiter")
	}
}

func TestI19_LoneCarriageReturnEndsALine(t *testing.T) {
	wantTable(t, "id,title\r1,a\r2,\"b\rc\"\r", known, "id|title", "1|a", "2|b\nc")
	wantTable(t, "id,title\r\n1,a\r2,b\n", known, "id|title", "1|a", "2|b")
	wantTable(t, "id,title\r\r\n1,a", known, "id|title", "1|a")
}

// A pair must stay one line end wherever the reads happen to split it, or the
// numbers of the rows are wrong from there on.
func TestI19_LineEndsAreCountedOnceAcrossReads(t *testing.T) {
	const rows = 3 * readAhead / 6
	for pad := range 6 {
		text := "id,title" + strings.Repeat(" ", pad) + "\r\n" + strings.Repeat("1,ab\r\n", rows)
		r, err := NewReader(strings.NewReader(text), known)
		if got := readAll(t, r, err); len(got) != 1+rows || r.row.Number != 1+rows {
			t.Errorf("padded by %d: %d rows, the last on line %d, want %d", pad, len(got)-1, r.row.Number, 1+rows)
		}
	}
}

func TestI20_RaggedRowsAreRefusedOneByOne(t *testing.T) {
	wantRefused(t, "id,title\n1,a,x\n", known, "row 2: 3 fields, expected 2")
	r, err := NewReader(strings.NewReader("id,title\n1\n\"2\n3\",b\n4,c,,\n5,d\n"), known)
	if err != nil {
		t.Fatal(err)
	}
	var rows []int
	for {
		row, err := r.Next()
		if err == io.EOF {
			break
		}
		var bad *CellError
		if errors.As(err, &bad) {
			if bad.Row != row.Number || bad.Column != "" {
				t.Errorf("row %d has the error %+v", row.Number, bad)
			}
			rows = append(rows, -row.Number)
			continue
		}
		rows = append(rows, row.Number)
	}
	if want := []int{-2, 3, -5, 6}; !slices.Equal(rows, want) {
		t.Errorf("rows %v, want %v (refused below zero)", rows, want)
	}
}

func TestI21_WrongQuotesAreRefusedWithTheLine(t *testing.T) {
	wantRefused(t, "id,title\n1,a\n2,\"open\n3,c\n", known, "line 3", "quote")
	wantRefused(t, "id,title\n1,a\n2,5\" pipe\n", known, "line 3", "quote")
	wantRefused(t, "id,title\n1,\"a\nb\"c\n", known, "line 3", "line 2", "quote")
	wantRefused(t, "sep=,\nid,title\n2,5\" pipe\n", known, "line 3", "quote")
	wantRefused(t, "sep=,\nid,title\n1,\"a\nb\"c\n", known, "line 4", "line 3", "quote")
	wantRefused(t, "sep=,\nid,title\n1\n", known, "row 3")
}

func TestI22_EmptyFileHeaderOnlyBlankLines(t *testing.T) {
	for _, text := range []string{"", "\n\n", "\uFEFF", " , \n", "sep=;\n"} {
		wantRefused(t, text, known, "empty", "first row")
	}
	wantTable(t, "id,title", known, "id|title")
	wantTable(t, "\nid,title\n\n1,a\n,\n  \n2,b\n\n", known, "id|title", "1|a", "2|b")
}

func TestI23_Headers(t *testing.T) {
	wantTable(t, "Promise Date,ID, TITLE \n2026-12-04,1,a\n", known, "promise_date|id|title", "2026-12-04|1|a")
	wantTable(t, "promise-date,promisedon,id\n2026-12-04,x,1\n", known, "promise_date|id", "2026-12-04|1")
	wantRefused(t, "id,Promise Date,promise_date\n", known, "Promise Date", "promise_date", "2", "3")
	wantRefused(t, "id,notes,Notes\n", known, "columns 2 (notes) and 3 (Notes)")
	wantRefused(t, "foo,bar\n1,2\n", known, "foo, bar", "id, customer")

	r, err := NewReader(strings.NewReader("id,Stage,title,,Region\n1,x,a,,y\n"), known)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Ignored(), []string{"Stage", "column 4 (no name)", "Region"}; !slices.Equal(got, want) {
		t.Errorf("ignored %q, want %q", got, want)
	}
	o := known
	o.Required = []string{"title", "promise_date"}
	wantRefused(t, "id,title,promise_dat\n", o, "promise_date", "promise_dat", "--map promise_date=")
}

func TestI23_HeadersAreMapped(t *testing.T) {
	o := known
	o.Map = map[string]string{"Title": "opportunity name", "promise_date": "Close Date", "customer": "Account", "id": "Account"}
	wantTable(t, "Opportunity Name,title,Close Date,Account\na,ignored,2026-12-04,ACME\n", o,
		"title|promise_date|customer|id", "a|2026-12-04|ACME|ACME")
	wantRefused(t, "Opportunity Name,Close Dat,Account\n", o, "--map promise_date=Close Date", `"Close Dat"`)
	o.Map = map[string]string{"promise": "x", "titel": "y"}
	wantRefused(t, "x,y,id\n", o, "--map promise")
	o.Map = map[string]string{"titel": "y"}
	wantRefused(t, "x,y,id\n", o, "--map titel", `"title"`)
}

func TestI24_ControlCharactersAreRefusedPerCell(t *testing.T) {
	for char, name := range map[string]string{
		"\x00": "U+0000", "\x07": "U+0007", "\x1b": "U+001B", "\x7f": "U+007F", "\u0085": "U+0085", "\u2028": "U+2028", "\u2029": "U+2029",
	} {
		err := wantRefused(t, "id,title\n1,a\n2,x"+char+"y\n", known, "row 3", "title", name)
		if strings.Contains(err.Error(), char) {
			t.Errorf("%q passes %s on to the terminal", err, name)
		}
	}
	wantTable(t, "id,notes,title\n1,\x00,a\n", known, "id|title", "1|a")
	wantTable(t, "id,title\n1,\"a\tb\"\n", known, "id|title", "1|a\tb")
}

func TestI25_QuotedNewlinesAreKept(t *testing.T) {
	wantTable(t, "id,title\n1,\"a\nb\n\nc\"\n2,\"d\r\ne\"\n", known, "id|title", "1|a\nb\n\nc", "2|d\ne")
}

func TestI26_LongCellsAreRefusedAndReadingGoesOn(t *testing.T) {
	text := "id,title\n1," + strings.Repeat("a", MaxCell+1) + "\n2," + strings.Repeat("b", MaxCell) + "\n"
	r, err := NewReader(strings.NewReader(text), known)
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	var bad *CellError
	if !errors.As(err, &bad) || bad.Column != "title" || len(bad.Value) > 200 || len(row.Raw()[1]) != MaxCell+1 {
		t.Fatalf("row 2: %v", err)
	}
	if row, err = r.Next(); err != nil || len(row.Get("title")) != MaxCell {
		t.Errorf("row 3: %v", err)
	}
}

// endless is a stream that repeats a text, and counts what is taken of it.
type endless struct {
	text  string
	taken int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.taken%len(e.text):])
	e.taken += n
	return n, nil
}

func TestI26_EndlessRowIsNotReadToItsEnd(t *testing.T) {
	for _, start := range []string{"id,title\n1,", "id,title\n1,\"", ""} {
		stream := &endless{text: "x"}
		r, err := NewReader(io.MultiReader(strings.NewReader(start), stream), known)
		for err == nil {
			_, err = r.Next()
		}
		if stream.taken > 2<<20 || !strings.Contains(err.Error(), "quote left open") {
			t.Errorf("after %q: %v, having taken %d bytes", start, err, stream.taken)
		}
	}
}

func TestI26_MemoryDoesNotGrowWithRows(t *testing.T) {
	perRow := func(rows int) float64 {
		return testing.AllocsPerRun(1, func() {
			r, err := NewReader(io.LimitReader(&endless{text: "1,a\n"}, int64(4*rows)), Options{Columns: []string{"1", "a"}})
			for err == nil {
				_, err = r.Next()
			}
		}) / float64(rows)
	}
	if few, many := perRow(1_000), perRow(100_000); many > few || many > 1.1 {
		t.Errorf("%.2f allocations a row in a short file, %.2f in a long one", few, many)
	}
}

func TestUploadLimitIsPassedOn(t *testing.T) {
	stop := errors.New("upload too large")
	r, err := NewReader(io.MultiReader(strings.NewReader("id,title\n1,a\n2,"), iotest.ErrReader(stop)), known)
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestI30_FormulasFromElsewhereAreStoredAsTheyAre(t *testing.T) {
	wantTable(t, "id,title\n1,=SUM(A1)\n2,+49 30 1234\n3,-5\n4,@here\n", known,
		"id|title", "1|=SUM(A1)", "2|+49 30 1234", "3|-5", "4|@here")
	wantTable(t, "id,title\n1,'tis\n2,'\n", known, "id|title", "1|'tis", "2|'")
}

func TestI37_OtherFilesAreNamed(t *testing.T) {
	for name, file := range map[string]struct{ start, looks string }{
		"export.csv": {"\x1F\x8B\x08\x00", "gzip"}, "b.csv": {"%PDF-1.7\n", "PDF"},
		"c.xlsx": {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "old Excel"}, "d.csv": {"PK\x03\x04 and no more", "zip archive"},
		"e.csv": {"SQLite format 3\x00", "SQLite"}, "f.csv": {"<!DOCTYPE html>", "web page"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(file.start), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, known)
		if err == nil || !strings.Contains(err.Error(), file.looks) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want it to say %q", name, err, file.looks)
		}
		wantRefused(t, file.start, known, "looks like")
	}
	if _, err := Open(t.TempDir(), known); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder gives %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv"), known); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestFileIsTakenForWhatItHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "named-wrongly.xlsx")
	if err := os.WriteFile(path, []byte("id,title\n1,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, known)
	if got := readAll(t, r, err); len(got) != 2 {
		t.Errorf("read %q", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestErrorsFitOneSafeLine(t *testing.T) {
	e := &CellError{Row: 7, Column: "title", Value: printable("a\n\x1b[2J\u202Eb\"" + strings.Repeat("é", 100)), Message: "no"}
	want := `row 7, title "a\n\x1b[2J\u202eb"` + strings.Repeat("é", 31) + `…": no`
	if got := e.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
