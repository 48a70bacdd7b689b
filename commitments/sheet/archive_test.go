package sheet

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestXLSXDamageIsRefusedNotSkipped(t *testing.T) {
	row := "<row r=\"2\"><c r=\"A2\"><v>7</v></c></row>"
	for name, path := range map[string]string{
		"broken XML":        rewritten(t, row+"<row r=\"3\"><c r=\"A3\"></row>"),
		"control character": rewritten(t, row+"<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>a\x0bb</t></is></c></row>"),
	} {
		if _, err := Open(path, known); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole, err := os.ReadFile(rewritten(t, row))
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.xlsx")
	if err := os.WriteFile(half, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(half, known); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("half a file: %v", err)
	}
}

func TestXLSXBombsAreRefused(t *testing.T) {
	long := rewritten(t, "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>"+strings.Repeat("a", 2*maxRowXML)+"</t></is></c></row>")
	big := filepath.Join(t.TempDir(), "big.xlsx")
	out, err := os.Create(big)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	_, err = w.Create("[Content_Types].xml")
	_, bad := w.CreateRaw(&zip.FileHeader{Name: "xl/media/a.png", UncompressedSize64: maxOther + 1})
	if err := errors.Join(err, bad, w.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{long: "longer than", big: "too much"} {
		if _, err := Open(path, known); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v, want it to say %q", err, words)
		}
	}
	wantCellError(t, rewritten(t, "<row r=\"2\"><c r=\"B2\" t=\"inlineStr\"><is><t>"+strings.Repeat("a", MaxCell+1)+"</t></is></c></row>"),
		2, "title", "too long")
}

func TestI37_OtherArchivesAreNamed(t *testing.T) {
	for part, looks := range map[string]string{"content.xml": "OpenDocument", "photo.jpg": "zip archive"} {
		path := filepath.Join(t.TempDir(), "a.xlsx")
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(out)
		_, err = w.Create(part)
		if err := errors.Join(err, w.Close(), out.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, known); err == nil || !strings.Contains(err.Error(), looks) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestXLSXLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	path := rewritten(t, strings.Repeat("<row><c t=\"inlineStr\"><is><t>"+strings.Repeat("a", 1000)+"</t></is></c></row>", 2*maxTable/1000))
	r, err := Open(path, known)
	rows := len(readAll(t, r, err)) - 1
	unpacked, _ := filepath.Glob(filepath.Join(tmp, "excelize-*"))
	if rows != 2*maxTable/1000 || len(unpacked) == 0 {
		t.Errorf("%d rows, %d files unpacked", rows, len(unpacked))
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "excelize-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
