package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// Every SQLite file counts its epochs, in the header's user version. An older copy of a
// file beside the log of a newer one would be ruined by it, and SQLite cannot tell; the
// epochs in the log's copies of the header can, at any size.
//
// A new epoch takes two transactions, each one step. So a log that follows on its file
// begins at most one step after it, and one that is a whole epoch ahead does not.

// newEpoch begins an epoch, as each night does.
func (s *Store) newEpoch(ctx context.Context) error {
	for range 2 {
		err := s.write(ctx, func(t *tx) error {
			var now int32
			if err := t.GetContext(ctx, &now, "PRAGMA user_version"); err != nil {
				return err
			}
			_, err := t.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", max(0, now+1)))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// firstEpoch is where a new file begins: far from any other.
func firstEpoch() int32 {
	var random [4]byte
	rand.Read(random[:]) // never fails
	return int32(binary.BigEndian.Uint32(random[:]) >> 2)
}

// checkLog refuses a file whose log belongs to a newer one.
func checkLog(path string) error {
	header := make([]byte, 100)
	whole := readAt(path, header, 0) == nil // what is wrong with one that is not is said elsewhere
	first, last, ok := epochsOf(path + "-wal")
	if here := epochIn(header); whole && ok && (first > here+1 || last < here) {
		return fmt.Errorf("%s is not the file that the log beside it, %s-wal, belongs to: put both back as they were together, or restore a backup with `kept restore FILE --replace`", path, path)
	}
	return nil
}

// epochIn reads the epoch from the beginning of a database.
func epochIn(page []byte) int64 { return int64(int32(binary.BigEndian.Uint32(page[60:]))) }

// epochsOf are the first and the last epoch in what a log holds of whole transactions;
// ok is false if there is none, as when all of it is in the file already. After a power
// cut the end of a log may be of an earlier one, or torn: like SQLite, it stops there.
// (https://www.sqlite.org/fileformat.html, 4.1 to 4.3)
func epochsOf(log string) (first, last int64, ok bool) {
	f, err := os.Open(log)
	if err != nil {
		return 0, 0, false
	}
	defer f.Close()
	in := bufio.NewReader(f)
	head := make([]byte, 32)
	if _, err := io.ReadFull(in, head); err != nil {
		return 0, 0, false
	}
	var sum logSum
	if sum.add(head[:24]); !sum.is(head[24:]) {
		return 0, 0, false
	}
	frame, page := make([]byte, 24), make([]byte, min(binary.BigEndian.Uint32(head[8:]), 1<<16))
	var begun []int64 // epochs of the transaction that is being read
	for {
		if _, err := io.ReadFull(in, frame); err != nil || !bytes.Equal(frame[8:16], head[16:24]) {
			return first, last, ok
		}
		if _, err := io.ReadFull(in, page); err != nil {
			return first, last, ok
		}
		sum.add(frame[:8])
		if sum.add(page); !sum.is(frame[16:]) {
			return first, last, ok
		}
		if binary.BigEndian.Uint32(frame) == 1 {
			begun = append(begun, epochIn(page))
		}
		if commits := binary.BigEndian.Uint32(frame[4:]) != 0; commits && len(begun) > 0 {
			if last = begun[len(begun)-1]; !ok {
				first, ok = begun[0], true
			}
			begun = nil
		}
	}
}

// logSum is that of SQLite's log, over all of it so far. Its words are those of the
// machines that Kept runs on: the least byte comes first.
type logSum [2]uint32

func (c *logSum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		c[0] += binary.LittleEndian.Uint32(b) + c[1]
		c[1] += binary.LittleEndian.Uint32(b[4:]) + c[0]
	}
}

func (c *logSum) is(written []byte) bool {
	return c[0] == binary.BigEndian.Uint32(written) && c[1] == binary.BigEndian.Uint32(written[4:])
}

func readAt(path string, into []byte, at int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.ReadFull(io.NewSectionReader(f, at, int64(len(into))), into)
	return err
}
