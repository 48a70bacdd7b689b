package sheet

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxUnpacked = 4 << 30  // of a whole workbook, mostly on disk
	maxOther    = 64 << 20 // of the parts without cells, in memory
	maxTable    = 1 << 20  // of a sheet, or of its texts, before it is read from disk
	maxRowXML   = 1 << 20
	maxParts    = 10_000
)

// checkArchive looks through a workbook before excelize does, which would stop
// without an error at the first damage in a sheet, and lose the rows after it.
// Reading every part to its end checks its checksum.
func checkArchive(file io.ReaderAt, size int64) error {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return fmt.Errorf("looks like a zip archive, but a damaged one: %w", err)
	}
	if err := checkKind(archive); err != nil {
		return err
	}
	if err := checkSizes(archive); err != nil {
		return err
	}
	for _, part := range archive.File {
		if err := checkPart(part); err != nil {
			return fmt.Errorf("damaged workbook, %s: %w", printable(part.Name), err)
		}
	}
	return nil
}

func checkKind(archive *zip.Reader) error {
	for _, part := range archive.File {
		switch name := strings.ToLower(part.Name); {
		case name == "[content_types].xml":
			return nil
		case name == "content.xml":
			return errors.New("looks like an OpenDocument file, not XLSX: save it as XLSX or CSV")
		}
	}
	return errors.New("looks like a zip archive, not an XLSX workbook")
}

func checkSizes(archive *zip.Reader) error {
	if len(archive.File) > maxParts {
		return fmt.Errorf("the workbook has %d parts, more than %d", len(archive.File), maxParts)
	}
	var all, other uint64
	for _, part := range archive.File {
		n := part.UncompressedSize64
		if n > maxUnpacked {
			return fmt.Errorf("the workbook unpacks to over %d bytes", int64(maxUnpacked))
		}
		all += n
		if !isTable(part.Name) {
			other += n
		}
	}
	if all > maxUnpacked || other > maxOther {
		return fmt.Errorf("the workbook unpacks to %d bytes, %d of them not cells: too much to read safely", all, other)
	}
	return nil
}

// isTable reports whether a part holds rows or the texts of cells. excelize
// unpacks only those to disk when they are large, the others to memory.
func isTable(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, `\`, "/"))
	return strings.HasPrefix(name, "xl/worksheets/sheet") || name == "xl/sharedstrings.xml"
}

func checkPart(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	name := strings.ToLower(part.Name)
	if strings.HasPrefix(name, "xl/") && strings.HasSuffix(name, ".xml") {
		return checkXML(r)
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

// rowDepth is how deep in its part a row, or a text that rows share, can lie.
const rowDepth = 3

// checkXML reads a part to its end, with a limit on what one row can take.
func checkXML(r io.Reader) error {
	in := &limit{r, maxRowXML}
	d := xml.NewDecoder(in)
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, errLimit) {
			return fmt.Errorf("a row is longer than %d bytes", maxRowXML)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth <= rowDepth {
				in.left = maxRowXML
			}
		case xml.EndElement:
			depth--
		}
	}
}
