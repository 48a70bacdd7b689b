package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

// output gives f the place to write to: standard output, or a file. The file appears
// whole, or not at all: it is written beside its place, made durable, then moved
// there. Only its owner can read it: it holds what customers were promised.
func (a *app) output(path text, f func(*printer) error) error {
	if path == "" {
		return f(a.out)
	}
	file, err := os.CreateTemp(filepath.Dir(string(path)), ".kept-*")
	if err != nil {
		return err
	}
	out := &printer{Writer: bufio.NewWriterSize(file, 64<<10)}
	err = errors.Join(f(out), out.Flush(), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), string(path))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// onTerminal reports whether a person reads the output as it comes.
func (a *app) onTerminal() bool { return a.terminal }
