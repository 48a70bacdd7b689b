package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRecordingIsRead(t *testing.T) {
	got, err := parseRecording(strings.NewReader(`
12 openat(AT_FDCWD<\x2f\x74>, "\x61", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 7<\x2f\x74\x2f\x61>
12 pwrite64(7<\x2f\x74\x2f\x61>, "\x00\x01", 2, 4096 <unfinished ...>
13 write(1<\x73\x6f\x63\x6b\x65\x74\x3a\x5b\x37\x5d>, "\x6f\x6b", 2) = 2
12 <... pwrite64 resumed>)  = 2
13 fsync(7<\x2f\x74\x2f\x61>) = -1 EIO (Input/output error)
13 fsync(7<\x2f\x74\x2f\x61>) = 0
13 ftruncate(7<\x2f\x74\x2f\x61>, 3) = 0
13 rename("\x61", "\x62") = 0
13 unlink("\x62") = 0
13 +++ exited with 0 +++
`))
	want := []event{
		{call: "openat", path: "/t/a", offset: -1, makes: true},
		{call: "write", path: "socket:[7]", data: []byte("ok"), offset: -1},
		{call: "pwrite64", path: "/t/a", data: []byte{0, 1}, offset: 4096},
		{call: "fsync", path: "/t/a", offset: -1},
		{call: "ftruncate", path: "/t/a", offset: -1, size: 3},
		{call: "rename", path: "a", to: "b", offset: -1},
		{call: "unlink", path: "b", offset: -1},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
}

// What strace writes today is what the reader reads.
func TestRecordingOfARealProgram(t *testing.T) {
	straced(t)
	dir := t.TempDir()
	c, err := recording(filepath.Join(dir, "trace"), "sh", "-c", "echo hello > a; mv a b; rm b")
	if err != nil {
		t.Fatal(err)
	}
	c.Dir = dir
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	events, err := readRecording(filepath.Join(dir, "trace"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		if strings.HasPrefix(e.path, dir) || e.path == "a" || e.path == "b" {
			got = append(got, e.call+" "+filepath.Base(e.path)+string(e.data))
		}
	}
	if want := []string{"openat a", "write ahello\n", "renameat2 a", "unlinkat b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
