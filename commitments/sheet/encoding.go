package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// encodingOf is the encoding of a CSV file: that of its byte order mark, else
// the one named; nil is UTF-8. It skips the mark of UTF-8, which encoding/csv
// would take for part of the first column's name.
func encodingOf(in *bufio.Reader, name string) (encoding.Encoding, error) {
	named, err := encodingNamed(name)
	if err != nil {
		return nil, err
	}
	start, _ := in.Peek(3)
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, err = in.Discard(3)
		return nil, err
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		return anyUTF16(), nil
	case named == nil && bytes.IndexByte(start, 0) >= 0:
		return nil, errors.New("this looks like UTF-16 without its mark: add --encoding utf-16, or export it as CSV UTF-8")
	}
	return named, nil
}

func encodingNamed(name string) (encoding.Encoding, error) {
	switch fold(name) {
	case "", "utf8":
		return nil, nil
	case "utf16":
		return anyUTF16(), nil
	case "windows1252", "cp1252":
		return charmap.Windows1252, nil
	}
	return nil, fmt.Errorf(`--encoding "%s" is not known: write utf-8, utf-16 or windows-1252`, printable(name))
}

// anyUTF16 is UTF-16 in the byte order of its mark; without one, Windows' order.
func anyUTF16() encoding.Encoding { return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM) }

// looksLike names the kind of a file that is certainly not CSV, or is "".
func looksLike(in *bufio.Reader) string {
	start, _ := in.Peek(16)
	for _, k := range []struct{ magic, kind string }{
		{"PK\x03\x04", "XLSX or another zip archive: give it as a file, not through a pipe"},
		{"\x1F\x8B", "gzip: unpack it first"},
		{"%PDF-", "PDF: export the table as CSV or XLSX"},
		{"\xD0\xCF\x11\xE0", "an old Excel file (.xls) or one with a password: save it as XLSX"},
		{"SQLite format 3\x00", "an SQLite database"},
		{"\x89PNG", "a PNG picture"},
		{"\xFF\xD8\xFF", "a JPEG picture"},
		{"BZh", "bzip2: unpack it first"},
		{"\xFD7zXZ", "xz: unpack it first"},
		{"7z\xBC\xAF", "7-Zip: unpack it first"},
		{"\x28\xB5\x2F\xFD", "Zstandard: unpack it first"},
		{"\x7FELF", "a program"},
		{"<!DOCTYPE", "a web page: was the download asked to sign in?"},
		{"<html", "a web page: was the download asked to sign in?"},
		{"<?xml", "XML"},
	} {
		if bytes.HasPrefix(start, []byte(k.magic)) {
			return k.kind
		}
	}
	return ""
}

func isZip(start []byte) bool { return bytes.HasPrefix(start, []byte("PK\x03\x04")) }
