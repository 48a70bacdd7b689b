package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// start measures P12 and P13: how soon a program is ready, how long a command takes,
// and what both weigh.
func (b *bench) start() error {
	path, err := b.stock(b.big)
	if err != nil {
		return err
	}
	minimal, err := b.build("kept/cmd/bench/testdata/minimal")
	if err != nil {
		return err
	}
	served, bare := program{}, program{}
	kept := &side{name: "kept", run: func(int) (time.Duration, error) {
		return served.ready(b, func(address string) *exec.Cmd {
			return exec.CommandContext(b.ctx, b.kept, "serve", "--db", path, "--listen", address)
		})
	}}
	least := &side{name: "least program", run: func(int) (time.Duration, error) {
		return bare.ready(b, func(address string) *exec.Cmd { return exec.CommandContext(b.ctx, minimal, path, address) })
	}}
	if err := inTurn(rounds, kept, least); err != nil {
		return err
	}
	b.slower("P12", fmt.Sprintf("serve to ready on %d", b.big), kept, least, "5×")
	if err := b.commandLine(path); err != nil {
		return err
	}
	b.line("P13", fmt.Sprintf("memory of serve, idle, on %d", b.big), mebibytes(served.memory), least.name+" "+mebibytes(bare.memory),
		fmt.Sprintf("%.2f×", float64(served.memory)/float64(bare.memory)), "40 MiB")
	return b.sizes(minimal)
}

// program is a server, and what it weighed when it was last measured.
type program struct{ memory int64 }

// settled is how long a server is left alone before it is weighed.
const settled = 300 * time.Millisecond

// ready starts a server, and gives the time until it says that it is ready.
func (p *program) ready(b *bench, server func(address string) *exec.Cmd) (time.Duration, error) {
	address, err := freeAddress()
	if err != nil {
		return 0, err
	}
	c := server(address)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	c.Env = append(os.Environ(), "KEPT_DB=", "KEPT_CONFIG=")
	begun := time.Now()
	if err := c.Start(); err != nil {
		return 0, err
	}
	err = b.untilReady(address)
	took := time.Since(begun)
	time.Sleep(settled)
	p.memory = resident(c.Process.Pid)
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait() // the least program ends by the signal, as it should
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, said.String())
	}
	return took, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (b *bench) untilReady(address string) error {
	for range 10_000 {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		answer, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return errors.New("never ready")
}

// resident is the memory a process holds now, in bytes; 0 where the kernel does not say.
func resident(pid int) int64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

// commandLine measures a command a person waits for.
func (b *bench) commandLine(path string) error {
	show := timed("kept show", func(int) error {
		_, _, err := b.command(b.kept, "show", "1", "--db", path)
		return err
	})
	version := timed("kept version", func(int) error {
		_, _, err := b.command(b.kept, "version")
		return err
	})
	if err := inTurn(3*rounds, show, version); err != nil {
		return err
	}
	b.slower("P12", fmt.Sprintf("kept show, on %d", b.big), show, version, "30 ms")
	return nil
}

func (b *bench) sizes(minimal string) error {
	var size [2]int64
	for i, path := range []string{b.kept, minimal} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		size[i] = info.Size()
	}
	b.line("P13", "size of the program", mebibytes(size[0]), "least program "+mebibytes(size[1]), fmt.Sprintf("%.2f×", float64(size[0])/float64(size[1])), "30 MB")
	return nil
}
