package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kept/notify"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a mail server that keeps what it takes, and fails as it is told.
type mailServer struct {
	server *smtp.Server
	user   string // "" lets anybody send
	pass   string
	tls    bool // from the start, over a network in memory

	mu     sync.Mutex
	box    []mailed
	fault  func(stage, to string, c *smtp.Conn) error // stages: mail, rcpt, data, taken
	dialed int
}

// mailed is one e-mail as it arrived.
type mailed struct {
	from, to string
	raw      string
	at       time.Time
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	m := &mailServer{}
	m.server = smtp.NewServer(m)
	m.server.Domain = "mail.example.com"
	m.server.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(func() { m.server.Close() })
	return m
}

// NewSession begins a session.
func (m *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s := &mailSession{m: m, c: c}
	if m.user != "" {
		return authSession{s}, nil
	}
	return s, nil
}

// failing makes the server fail at a stage, so many times; 0 is always. The administrator's
// mail is not counted where it can be told.
func (m *mailServer) failing(stage string, times int, fail func(to string, c *smtp.Conn) error) (lift func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n atomic.Int64
	m.fault = func(at, to string, c *smtp.Conn) error {
		if at != stage || strings.HasPrefix(to, "boss") || n.Add(1) > int64(times) && times > 0 {
			return nil
		}
		return fail(to, c)
	}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.fault = nil
	}
}

func (m *mailServer) at(stage, to string, c *smtp.Conn) error {
	m.mu.Lock()
	fault := m.fault
	m.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(stage, to, c)
}

func (m *mailServer) mails() []mailed {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]mailed(nil), m.box...)
}

// to are the e-mails to one person of the company.
func (m *mailServer) to(name string) (all []mailed) {
	for _, e := range m.mails() {
		if e.to == strings.ToLower(name)+"@example.com" {
			all = append(all, e)
		}
	}
	return all
}

type mailSession struct {
	m    *mailServer
	c    *smtp.Conn
	from string
	to   string
}

func (s *mailSession) Reset()        { s.from, s.to = "", "" }
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.m.at("mail", "", s.c)
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.m.at("rcpt", to, s.c)
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.m.at("data", s.to, s.c); err != nil {
		return err
	}
	s.m.mu.Lock()
	s.m.box = append(s.m.box, mailed{s.from, s.to, string(raw), time.Now()})
	s.m.mu.Unlock()
	return s.m.at("taken", s.to, s.c)
}

// authSession also asks for a password.
type authSession struct{ *mailSession }

func (s authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != s.m.user || pass != s.m.pass {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong: " + pass}
		}
		return nil
	}), nil
}

// cut ends the connection without a word.
func cut(_ string, c *smtp.Conn) error {
	c.Conn().Close()
	return errors.New("cut")
}

func answers(code int, class int) func(string, *smtp.Conn) error {
	return func(string, *smtp.Conn) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, 1, 1}, Message: "no"}
	}
}

// pipes is a network in memory, which a test's clock knows of.
type pipes struct {
	calls chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25} }

// byMail gives the world a mail server, and Kept the way to it.
func (w *world) byMail() *mailServer {
	w.t.Helper()
	m := newMailServer(w.t)
	p := &pipes{calls: make(chan net.Conn), done: make(chan struct{})}
	go m.server.Serve(p)
	w.cfg.Mail = notify.Mail{URL: "smtp://127.0.0.1?tls=none", From: "kept@example.com", Dial: func(context.Context, string, string) (net.Conn, error) {
		m.mu.Lock()
		m.dialed++
		m.mu.Unlock()
		if err := m.at("dial", "", nil); err != nil {
			return nil, err
		}
		ours, theirs := net.Pipe()
		if m.tls {
			theirs = tls.Server(theirs, m.server.TLSConfig)
		}
		p.calls <- theirs
		return ours, nil
	}}
	w.restart()
	return m
}

// certificate makes an authority of our own, and a server's certificate from it.
func certificate(t *testing.T, name string) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	make1 := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			parent, signer = template, key
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return parsed, key, der
	}
	ca, caKey, _ := make1(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Our own authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(name); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{name}
	}
	_, key, der := make1(leaf, ca, caKey)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	return roots, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// letterOf is an e-mail taken apart: its head, its plain text and its page.
func letterOf(t *testing.T, m mailed) (head mail.Header, text, page string) {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(m.raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.raw)
	}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the e-mail is %s: %v", kind, err)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	var bodies []string
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
	if len(bodies) != 2 {
		t.Fatalf("%d parts in\n%s", len(bodies), m.raw)
	}
	return parsed.Header, bodies[0], bodies[1]
}

func subjectOf(t *testing.T, h mail.Header) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
