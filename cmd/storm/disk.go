package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// fullDisks is one storm of full disks.
type fullDisks struct {
	cycles int
	wave   int           // alerts that come to be owed in each
	most   time.Duration // that a disk stays full
}

// diskSize is the small disk's: room for the database, and soon filled.
const diskSize = 64 << 20

func diskCommand(ctx context.Context, args []string, out io.Writer) (err error) {
	o := options{out: out, grace: usualGrace, lag: usualLag}
	var f fullDisks
	flags, short := common("disk", &o)
	flags.IntVar(&f.cycles, "cycles", 100, "times that the disk fills up and is freed")
	flags.IntVar(&f.wave, "wave", 40, "alerts owed in each")
	flags.DurationVar(&f.most, "most", 3*time.Second, "how long it stays full at most")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *short {
		f.cycles, f.wave, f.most = 5, 20, time.Second
	}
	o.server = "" // it is about SQLite
	if o.disk, err = smallDisk(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeDisk(o.disk)) }()
	r, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	filler := filepath.Join(o.disk, "filler")
	v, err := r.fullDisks(ctx, f, func(p *process) error {
		return errors.Join(fill(filler), limitFiles(p, 1))
	}, func(p *process) error {
		return errors.Join(os.Remove(filler), limitFiles(p, ^uint64(0)))
	})
	return errors.Join(err, r.close(), v.failed())
}

// smallDisk mounts a file system of its own, in memory.
func smallDisk() (dir string, err error) {
	if os.Geteuid() != 0 {
		return "", errors.New("this storm mounts a small disk, which only root may; as somebody else, `go test ./cmd/storm -run F42` limits the size of files instead")
	}
	if dir, err = os.MkdirTemp("", "kept-storm-disk-"); err != nil {
		return "", err
	}
	if err := syscall.Mount("kept-storm", dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
		return "", errors.Join(fmt.Errorf("mount a small disk: %w", err), os.Remove(dir))
	}
	return dir, nil
}

func removeDisk(dir string) error {
	return errors.Join(syscall.Unmount(dir, 0), os.Remove(dir))
}

// fill writes a file until nothing more fits beside it.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	for size := 1 << 20; size >= 512; size /= 2 {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return errors.Join(err, f.Close())
		}
		err = nil
	}
	return f.Close()
}

// limitFiles bounds the size of every file that a running process writes, in bytes: all
// that is needed to make its disk look full to it. On a disk that is full SQLite can
// still write over what its log holds already; with this it cannot, as on a file system
// that never writes in place.
func limitFiles(p *process, most uint64) error {
	limit := syscall.Rlimit{Cur: most, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("limit the size of files: %w", errno)
	}
	return nil
}

// fullDisks lets one process send while its disk fills up, again and again. It must
// never need a restart.
func (r *rig) fullDisks(ctx context.Context, f fullDisks, fill, free func(*process) error) (v verdict, err error) {
	r.say("the disk is full %d times, seed %d", f.cycles, r.seed)
	r.hire(f.wave)
	r.breakSlack()
	p, err := r.serve("serve-0")
	if err != nil {
		return v, err
	}
	defer p.kill()
	if err := p.ready(ctx); err != nil {
		return v, err
	}
	chance := rand.New(rand.NewPCG(r.seed, 3))
	refused := 0
	for range f.cycles {
		if err := r.burden(ctx, f.wave); err != nil {
			return v, err
		}
		if err := r.nextMessage(ctx); err != nil {
			return v, err
		}
		if err := fill(p); err != nil {
			return v, err
		}
		begun := time.Now()
		again, err := r.oweOnFullDisk(ctx, f.wave)
		if err == nil {
			err = pause(ctx, time.Duration(chance.Int64N(int64(f.most)))-time.Since(begun))
		}
		if err = errors.Join(err, free(p)); err != nil {
			return v, err
		}
		if again {
			refused++
			if err := r.owe(ctx, f.wave); err != nil {
				return v, fmt.Errorf("after the disk was freed: %w", err)
			}
		}
	}
	r.fixed()
	v, err = r.ending(ctx, []*process{p})
	r.say("%d imports were refused meanwhile; the process said so %d times", refused, strings.Count(p.said(), "disk full on"))
	return v, err
}

// oweOnFullDisk tries to import more. It may fit into what the database has already; if
// not, all of it is refused with words about the disk, and is to be tried again.
func (r *rig) oweOnFullDisk(ctx context.Context, n int) (again bool, err error) {
	before := len(r.owed)
	err = r.owe(ctx, n)
	if err == nil {
		return false, nil
	}
	if !strings.Contains(err.Error(), "disk full on "+r.dsn) {
		return false, fmt.Errorf("on a full disk: %w", err)
	}
	r.owed = r.owed[:before]
	return true, nil
}

// nextMessage waits until one more has reached Slack.
func (r *rig) nextMessage(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for before := len(r.slack.Accepted()); len(r.slack.Accepted()) == before; {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return fmt.Errorf("no message goes out: %w", err)
		}
	}
	return nil
}

// said is all that a process has logged.
func (p *process) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text)
}

// readiness is what a process answers on /readyz.
func (p *process) readiness() (ready bool, words string, err error) {
	answer, err := http.Get(p.url + "readyz")
	if err != nil {
		return false, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode == http.StatusOK, string(text), err
}
