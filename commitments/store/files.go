package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"kept/commitments"
)

// These mark a SQLite file as Kept's own, in ASCII: "Kept", and "KepB" on a backup.
const (
	applicationID = 0x4b657074
	backupID      = 0x4b657042
)

// checkFile says in words why a path cannot be opened as Kept's database, before
// SQLite is let near it: it would take an empty file for an empty database, and
// somebody else's database for ours.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no database at %s: run `kept init` to make one, or name another with --db", path)
	case err != nil:
		return fmt.Errorf("database %s: %w", path, err)
	case info.IsDir():
		return fmt.Errorf("database %s is a folder: name a file in it, as %s/kept.db", path, path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("database %s is not a file", path)
	case info.Size() == 0:
		return fmt.Errorf("database %s is empty (0 bytes): put a backup in its place, or remove it and run `kept init`", path)
	}
	if err := checkHeader(path); err != nil {
		return err
	}
	return checkLog(path)
}

// checkHeader reads whose SQLite file it is.
func checkHeader(path string) error {
	id, err := headerID(path)
	switch {
	case errors.Is(err, errNotSQLite):
		return fmt.Errorf("%s is not a Kept database: it is some other file; restore a backup or name another with --db", path)
	case err != nil:
		return fmt.Errorf("database %s: %w", path, err)
	case id == backupID:
		return fmt.Errorf("%s is a backup: `kept restore %s --db FILE` makes a database of it", path, path)
	case id != applicationID:
		return fmt.Errorf("%s is the SQLite database of another program: Kept leaves it alone; name another with --db", path)
	}
	return nil
}

var errNotSQLite = errors.New("it is some other file")

// headerID reads the application id of a SQLite file, which stands at byte 68 of its
// first 100 (https://www.sqlite.org/fileformat.html, 1.3).
func headerID(path string) (uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var header [100]byte
	if _, err := io.ReadFull(f, header[:]); err != nil || string(header[:16]) != "SQLite format 3\x00" {
		return 0, errNotSQLite
	}
	return binary.BigEndian.Uint32(header[68:72]), nil
}

// create makes an empty file only its owner can read; the write-ahead log beside it
// takes the same mode.
func create(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s-wal is there, left by a database that is not: put that back beside it, or move it away", path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists already: Kept does not write over it", path)
	case err != nil:
		return fmt.Errorf("cannot make the database: %w", err)
	}
	return f.Close()
}

// lockFile takes the lock that one serving process holds on a SQLite file. The
// operating system lets go of it when the process ends, however it ends.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, commitments.Refused("", "another `kept serve` is running on "+path+": stop it first, or use PostgreSQL for several processes")
	}
	return f, nil
}
