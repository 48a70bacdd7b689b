package main

import (
	"bytes"
	"net"
	"sync"
	"syscall"
	"time"
)

// proxy is a bad network between Kept and a server that speaks TCP. It passes
// everything on until it is told otherwise; what it is told holds for all connections
// through it. Its methods may be called at any time.
type proxy struct {
	listener net.Listener
	dial     func() (net.Conn, error)

	mu      sync.Mutex
	lifted  chan struct{} // nil unless nothing passes; closed when it does again
	delay   time.Duration // of everything
	most    int           // bytes that one connection may send; 0 is no limit
	pattern []byte        // what ends a connection when it is sent
	after   bool          // … once it has been passed on
	left    int           // … for so many more connections
	links   map[*link]bool
	cuts    int
	ending  bool
}

// link is one connection through a proxy.
type link struct {
	client *net.TCPConn
	server twoWay
	sent   int    // bytes from the client that were passed on
	tail   []byte // the last of them, in which a pattern may begin
	deaf   bool   // whatever comes from either side is dropped
}

// twoWay is a connection that can be ended one way, over TCP or a socket.
type twoWay interface {
	net.Conn
	CloseWrite() error
}

// newProxy listens on an address of its own, on loopback.
func newProxy(dial func() (net.Conn, error)) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, dial: dial, links: map[*link]bool{}}
	go p.accept()
	return p, nil
}

// to dials an address: of the network tcp or unix.
func to(network, address string) func() (net.Conn, error) {
	return func() (net.Conn, error) { return net.Dial(network, address) }
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) close() error {
	err := p.listener.Close()
	p.locked(func() { p.ending = true })
	p.pass()
	p.reset()
	return err
}

func (p *proxy) locked(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// stall lets nothing through any more, and breaks nothing either: what is sent
// meanwhile arrives once it is lifted, even if its sender has gone; unless it took that
// back with a reset.
func (p *proxy) stall() {
	p.locked(func() {
		if p.lifted == nil {
			p.lifted = make(chan struct{})
		}
	})
}

// pass lifts whatever was told.
func (p *proxy) pass() {
	p.locked(func() {
		if p.lifted != nil {
			close(p.lifted)
		}
		p.lifted, p.delay, p.most, p.pattern, p.left = nil, 0, 0, nil, 0
	})
}

// slow holds back everything for so long.
func (p *proxy) slow(d time.Duration) { p.locked(func() { p.delay = d }) }

// cutAfter breaks each connection once its client has sent n bytes more than now.
func (p *proxy) cutAfter(n int) {
	p.locked(func() {
		p.most = n
		for l := range p.links {
			l.sent = 0
		}
	})
}

// cutOn breaks the next few connections at the moment their clients send a pattern:
// once it has been passed on, or before any of it was that came with it.
func (p *proxy) cutOn(pattern string, after bool, times int) {
	p.locked(func() { p.pattern, p.after, p.left = []byte(pattern), after, times })
}

// cutSoFar counts the connections that bytes or a pattern have broken.
func (p *proxy) cutSoFar() (n int) {
	p.locked(func() { n = p.cuts })
	return n
}

// reset breaks every connection on both sides, hard.
func (p *proxy) reset() {
	for _, l := range p.all() {
		l.cut()
	}
}

// deafen drops whatever the present connections still send, and breaks none: as when
// something between the two has forgotten them.
func (p *proxy) deafen() {
	for _, l := range p.all() {
		p.locked(func() { l.deaf = true })
	}
}

// orphan leaves every client with a connection that has no other end: half open.
func (p *proxy) orphan() {
	p.deafen()
	for _, l := range p.all() {
		_ = l.server.Close()
	}
}

func (p *proxy) all() (links []*link) {
	p.locked(func() {
		for l := range p.links {
			links = append(links, l)
		}
	})
	return links
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(c.(*net.TCPConn))
	}
}

// connect joins a client to the server. While nothing passes it is accepted and not answered.
func (p *proxy) connect(client *net.TCPConn) {
	p.wait()
	server, err := p.dial()
	if err != nil {
		hardClose(client)
		return
	}
	l := &link{client: client, server: server.(twoWay)}
	p.locked(func() { p.links[l] = true })
	var both sync.WaitGroup
	both.Go(func() { p.carry(l, l.client, l.server, true) })
	both.Go(func() { p.carry(l, l.server, l.client, false) })
	both.Wait()
	p.locked(func() { delete(p.links, l) })
	_ = l.client.Close()
	_ = l.server.Close()
}

// wait returns once something passes.
func (p *proxy) wait() {
	var lifted chan struct{}
	var delay time.Duration
	p.locked(func() { lifted, delay = p.lifted, p.delay })
	if lifted != nil {
		<-lifted
	}
	time.Sleep(delay)
}

// carry passes on what one side sends, until it ends.
func (p *proxy) carry(l *link, from, to twoWay, up bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.wait()
		if wasReset(from) {
			l.cut()
			return
		}
		if n > 0 && !p.hand(l, to, buffer[:n], up) {
			return
		}
		if err != nil {
			if !p.isDeaf(l) {
				_ = to.CloseWrite() // it may have ended first
			}
			return
		}
	}
}

// wasReset reports whether the other side has broken a connection hard meanwhile.
func wasReset(c twoWay) bool {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	code := 0
	if raw.Control(func(fd uintptr) { code, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR) }) != nil {
		return false // we have closed it ourselves
	}
	return err == nil && code != 0
}

func (p *proxy) isDeaf(l *link) (deaf bool) {
	p.locked(func() { deaf = l.deaf })
	return deaf
}

// hand passes on some bytes, unless something was told about them; false if that broke
// the connection.
func (p *proxy) hand(l *link, to twoWay, b []byte, up bool) bool {
	if p.isDeaf(l) {
		return true
	}
	pass, cut := len(b), false
	if up {
		p.locked(func() { pass, cut = p.judge(l, b) })
	}
	_, err := to.Write(b[:pass])
	if cut {
		l.cut()
	}
	return err == nil && !cut
}

// judge says how many of a client's bytes are passed on, and whether the connection
// ends then.
func (p *proxy) judge(l *link, b []byte) (pass int, cut bool) {
	pass = len(b)
	if p.most > 0 && l.sent+pass >= p.most {
		pass, cut = max(0, p.most-l.sent), true
	}
	seen := append(l.tail, b...)
	if p.left > 0 && bytes.Contains(seen, p.pattern) {
		p.left--
		cut = true
		if !p.after {
			pass = 0
		}
	}
	l.sent += pass
	l.tail = bytes.Clone(seen[max(0, len(seen)-64):])
	if cut {
		p.cuts++
		l.deaf = true // the answer must not be quicker than the cut
	}
	return pass, cut
}

// cut breaks a connection hard for its client; the server sees it end.
func (l *link) cut() {
	hardClose(l.client)
	_ = l.server.Close()
}

// hardClose makes the other side see a reset rather than an end.
func hardClose(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
