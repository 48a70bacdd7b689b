// Command bench sets Kept beside its raw limits: each figure is measured in turn with
// that of the barest program that could do the same work, in one run on one machine.
// It judges nothing. Machines are shared and noisy, so only the ratios count.
//
//	go run ./cmd/bench
//	go run ./cmd/bench -only sweep,digest -big 100000
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// items are what can be measured, in this order.
var items = []struct {
	name    string
	measure func(*bench) error
}{
	{"storage", (*bench).storage},
	{"import", (*bench).imports},
	{"sweep", (*bench).sweep},
	{"digest", (*bench).digest},
	{"deliver", (*bench).deliver},
	{"start", (*bench).start},
	{"postgres", (*bench).onPostgres},
}

// bench is one run.
type bench struct {
	ctx      context.Context
	dir      string // everything is in here, and goes with it
	kept     string // the program, as plain go build makes it
	now      time.Time
	rows     int // of an import
	big      int // promises in a large database
	postgres string
	out      io.Writer
}

func run(args []string, out io.Writer) (err error) {
	// What can be stopped costs more than what cannot: Kept is measured as it serves.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := &bench{ctx: ctx, now: time.Now(), out: out}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "measure only these, with commas between them: "+names())
	flags.IntVar(&b.rows, "rows", 200_000, "rows to import")
	flags.IntVar(&b.big, "big", 1_000_000, "promises in the large database")
	flags.StringVar(&b.postgres, "postgres", "", "postgres:// address of a user who may create databases")
	profile := flags.String("cpuprofile", "", "write a CPU profile to this file")
	temp := flags.String("temp", "", "folder to work in; default: the system's")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := strings.Split(*only, ",")
	for _, name := range wanted {
		if name != "" && !slices.Contains(strings.Split(names(), ","), name) {
			return fmt.Errorf("-only: there is no %q: name some of %s", name, names())
		}
	}
	if b.dir, err = os.MkdirTemp(*temp, "kept-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if *profile != "" {
		stop, err := startProfile(*profile)
		if err != nil {
			return err
		}
		defer stop()
	}
	fmt.Fprintf(out, "%s, %d × %s, %s/%s\n", runtime.Version(), runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(out, "medians, taken in turn; a ratio is Kept's figure in terms of its limit's\n")
	if b.kept, err = b.build("kept/cmd/kept"); err != nil {
		return err
	}
	return b.measure(wanted)
}

func names() string {
	var all []string
	for _, i := range items {
		all = append(all, i.name)
	}
	return strings.Join(all, ",")
}

func (b *bench) measure(only []string) error {
	for _, i := range items {
		if only[0] != "" && !slices.Contains(only, i.name) {
			continue
		}
		fmt.Fprintf(b.out, "\n%s\n", i.name)
		if err := i.measure(b); err != nil {
			return fmt.Errorf("%s: %w", i.name, err)
		}
	}
	return nil
}

// build makes a program and gives its path.
func (b *bench) build(pkg string) (string, error) {
	path := filepath.Join(b.dir, filepath.Base(pkg))
	command := exec.CommandContext(b.ctx, "go", "build", "-o", path, pkg)
	if text, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, text)
	}
	return path, nil
}

func startProfile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}

// processor is what the kernel calls it, where it says.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, " \t:\n")
		}
	}
	return "processor"
}
