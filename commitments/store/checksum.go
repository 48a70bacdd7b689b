package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// A backup carries the SHA-256 of its own file: the sum of all its bytes, with zeros
// where the sum itself stands. It is cheaper than any check of the contents, and sees
// what SQLite's does not: a changed letter, a page of another day.

// zeros stand in for the sum while it is computed.
var zeros = bytes.Repeat([]byte("0"), hex.EncodedLen(sha256.Size))

// newMark is a text that stands where a sum will: as long as one, and found nowhere else.
func newMark() string {
	var random [sha256.Size]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// checksum gives the sum of a file, and where in it the mark stands.
func checksum(path, mark string) (sum string, at int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	// The mark never lies across two pages of SQLite, and so not across two chunks.
	chunk, hash, read := make([]byte, 1<<20), sha256.New(), int64(0)
	at = -1
	for {
		n, err := io.ReadFull(f, chunk)
		if i := bytes.Index(chunk[:n], []byte(mark)); i >= 0 && at < 0 {
			at = read + int64(i)
			copy(chunk[i:n], zeros)
		}
		hash.Write(chunk[:n])
		read += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		} else if err != nil {
			return "", 0, err
		}
	}
	if at < 0 || len(mark) != len(zeros) {
		return "", 0, fmt.Errorf("%s holds no checksum", path)
	}
	return hex.EncodeToString(hash.Sum(nil)), at, nil
}
