package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// echo is a server that answers each line with itself, and keeps what it was sent.
func echo(t *testing.T) (address string, heard func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	lines := make(chan string, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewScanner(c)
				for in.Scan() {
					lines <- in.Text()
					fmt.Fprintln(c, in.Text())
				}
			}()
		}
	}()
	return l.Addr().String(), func() string {
		select {
		case line := <-lines:
			return line
		case <-time.After(10 * time.Second):
			return "(nothing)"
		}
	}
}

// line is a client that speaks in lines.
type line struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func (l line) say(text string) {
	l.t.Helper()
	if _, err := fmt.Fprintln(l.Conn, text); err != nil {
		l.t.Fatal(err)
	}
}

func (l line) hear() (string, error) {
	text, err := l.in.ReadString('\n')
	return strings.TrimSuffix(text, "\n"), err
}

// silent reports whether nothing comes for a moment.
func (l line) silent() bool {
	_ = l.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	defer func() { _ = l.SetReadDeadline(time.Time{}) }()
	_, err := l.in.ReadByte()
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

func through(t *testing.T) (p *proxy, call func() line, heard func() string) {
	t.Helper()
	address, heard := echo(t)
	p, err := newProxy(to("tcp", address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	return p, func() line {
		c, err := net.Dial("tcp", p.address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return line{t, c, bufio.NewReader(c)}
	}, heard
}

func TestProxyPasses(t *testing.T) {
	_, call, _ := through(t)
	c := call()
	c.say("hello")
	if got, err := c.hear(); got != "hello" {
		t.Error(got, err)
	}
}

func TestProxyStalls(t *testing.T) {
	p, call, heard := through(t)
	c := call()
	c.say("one")
	_, _ = c.hear()
	heard()
	p.stall()
	c.say("two")
	late := call()
	late.say("three")
	if !c.silent() || !late.silent() {
		t.Error("something came through")
	}
	late.Close() // what it has said arrives all the same
	p.pass()
	if got, err := c.hear(); got != "two" {
		t.Error(got, err)
	}
	if a, b := heard(), heard(); a+b != "twothree" && a+b != "threetwo" {
		t.Error("heard", a, b)
	}
}

func TestProxyDropsWhatWasTakenBack(t *testing.T) {
	p, call, heard := through(t)
	c := call()
	c.say("one")
	_, _ = c.hear()
	heard()
	p.stall()
	c.say("two")
	_ = c.Conn.(*net.TCPConn).SetLinger(0)
	c.Close()
	p.pass()
	again := call()
	again.say("three")
	if got := heard(); got != "three" {
		t.Errorf("heard %q", got)
	}
}

func TestProxyResets(t *testing.T) {
	p, call, _ := through(t)
	c := call()
	c.say("one")
	_, _ = c.hear()
	p.reset()
	if _, err := c.hear(); !errors.Is(err, syscall.ECONNRESET) {
		t.Error("not a reset:", err)
	}
	again := call()
	again.say("two")
	if got, err := again.hear(); got != "two" {
		t.Error("after it:", got, err)
	}
}

func TestProxyCutsOnAPattern(t *testing.T) {
	for _, after := range []bool{true, false} {
		p, call, heard := through(t)
		c := call()
		p.cutOn("commit\n", after, 1)
		fmt.Fprint(c, "com")
		time.Sleep(20 * time.Millisecond) // in two pieces, most likely
		fmt.Fprint(c, "mit\n")
		if _, err := c.hear(); err == nil {
			t.Error("not cut")
		}
		again := call()
		again.say("commit")
		if got, err := again.hear(); got != "commit" {
			t.Error("cut twice:", got, err)
		}
		first := heard()
		if after && first != "commit" || p.cutSoFar() != 1 {
			t.Errorf("after %t: the server heard %q, %d cuts", after, first, p.cutSoFar())
		}
		if after && heard() != "commit" {
			t.Error("the server did not hear it twice")
		}
	}
}

func TestProxyCutsAfterBytes(t *testing.T) {
	p, call, heard := through(t)
	c := call()
	p.cutAfter(5)
	c.say("1234\n6789")
	if _, err := c.hear(); err == nil {
		_, err = c.hear()
		if err == nil {
			t.Error("not cut")
		}
	}
	if got := heard(); got != "1234" {
		t.Errorf("the server heard %q", got)
	}
}

func TestProxyLeavesClientsWithoutAnEnd(t *testing.T) {
	p, call, heard := through(t)
	c := call()
	c.say("one")
	_, _ = c.hear()
	heard()
	p.orphan()
	c.say("two")
	if !c.silent() {
		t.Error("it was answered, or broken")
	}
	again := call()
	again.say("three")
	if got, err := again.hear(); got != "three" || heard() != "three" {
		t.Error(got, err)
	}
}

func TestProxyIsSlow(t *testing.T) {
	p, call, _ := through(t)
	c := call()
	p.slow(50 * time.Millisecond)
	begun := time.Now()
	c.say("one")
	if got, err := c.hear(); got != "one" || time.Since(begun) < 100*time.Millisecond {
		t.Error(got, err, time.Since(begun))
	}
}
