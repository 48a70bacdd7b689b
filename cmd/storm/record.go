package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// event is one system call that a recording holds, in the order in which they ended.
type event struct {
	call   string
	path   string // of the file, or of what the descriptor leads to
	to     string // the new name of a rename
	data   []byte // that was written
	offset int64  // where in the file; -1 where the file's own position decides
	size   int64  // that a file was cut to
	makes  bool   // an open that may make the file
}

// recorded are the calls that change files, and write, by which a process also speaks.
const recorded = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,renameat,renameat2"

// recording is a command that writes down in a file what it, and all it starts, do.
func recording(file string, command ...string) (*exec.Cmd, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, errors.New("strace is not on this machine: install the package strace")
	}
	args := append([]string{"-f", "--seccomp-bpf", "-y", "-xx", "-s", "10000000", "-e", "signal=none", "-e", "trace=" + recorded, "-o", file}, command...)
	return exec.Command(strace, args...), nil
}

// readRecording reads what strace wrote, and leaves out the calls that failed.
func readRecording(file string) ([]event, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseRecording(f)
}

func parseRecording(r io.Reader) (events []event, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	begun := map[string]string{} // what a thread has begun and not ended
	for lines.Scan() {
		thread, call, _ := strings.Cut(lines.Text(), " ")
		call = strings.TrimSpace(call)
		if start, ok := strings.CutSuffix(call, " <unfinished ...>"); ok {
			begun[thread] = start
			continue
		}
		if _, end, ok := strings.Cut(call, " resumed>"); ok && strings.HasPrefix(call, "<... ") {
			call = begun[thread] + end
			delete(begun, thread)
		}
		e, ok, err := parseCall(call)
		if err != nil {
			return nil, fmt.Errorf("%.100s: %w", call, err)
		}
		if ok {
			events = append(events, e)
		}
	}
	return events, lines.Err()
}

// parseCall reads one line: name(arguments) = result. All strings in it are hexadecimal.
func parseCall(line string) (e event, ok bool, err error) {
	name, rest, ok := strings.Cut(line, "(")
	end := strings.LastIndex(rest, " = ")
	if !ok || end < 0 || strings.HasPrefix(rest[end+3:], "-") {
		return e, false, nil // an exit, or a call that failed
	}
	inside, result := strings.TrimSuffix(strings.TrimSpace(rest[:end]), ")"), rest[end+3:]
	args := strings.Split(inside, ", ")
	e = event{call: name, offset: -1}
	switch name {
	case "openat":
		e.makes = len(args) > 2 && strings.Contains(args[2], "O_CREAT")
		e.path, err = described(result) // the name of what it opened, in full
	case "pwrite64", "write":
		if e.path, err = described(args[0]); err == nil {
			e.data, err = quoted(args[1])
		}
		if err == nil && name == "pwrite64" {
			e.offset, err = strconv.ParseInt(args[3], 10, 64)
		}
	case "ftruncate":
		if e.path, err = described(args[0]); err == nil {
			e.size, err = strconv.ParseInt(args[1], 10, 64)
		}
	case "fsync", "fdatasync":
		e.path, err = described(args[0])
	case "unlink":
		e.path, err = name0(args[0])
	case "unlinkat":
		e.path, err = name0(args[1])
	case "rename":
		e.path, e.to, err = names(args[0], args[1])
	case "renameat", "renameat2":
		e.path, e.to, err = names(args[1], args[3])
	default:
		return e, false, nil
	}
	return e, err == nil, err
}

// described is the path that -y shows behind a descriptor: 7<\x2f…>.
func described(arg string) (string, error) {
	_, path, ok := strings.Cut(strings.TrimSpace(arg), "<")
	if !ok {
		return "", nil
	}
	path, _, _ = strings.Cut(path, ">")
	b, err := unhex(path)
	return string(b), err
}

func name0(arg string) (string, error) {
	b, err := quoted(arg)
	return string(b), err
}

func names(from, to string) (a, b string, err error) {
	if a, err = name0(from); err == nil {
		b, err = name0(to)
	}
	return a, b, err
}

// quoted is a string that -xx shows: "\x41…".
func quoted(arg string) ([]byte, error) {
	inner, ok := strings.CutPrefix(arg, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !ok || !closed {
		return nil, errors.New("a string that is not whole")
	}
	return unhex(inner)
}

func unhex(s string) ([]byte, error) {
	if !strings.HasPrefix(s, `\x`) {
		return []byte(s), nil // strace leaves names such as socket:[7] as they are
	}
	return hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
}
