package notify_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// mailSecret holds signs that an address must escape.
const mailSecret = "canary/4b1d@9e:77"

// check is what CheckMail says of settings.
func check(t *testing.T, m notify.Mail) error {
	t.Helper()
	n, err := notify.New(notify.Config{Mail: m}, (*store.Store)(nil), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return n.CheckMail(t.Context())
}

// On real sockets: what is encrypted, with whom, and what is refused.
func TestCheckMail(t *testing.T) {
	const user = "smtp://kept:" + "canary%2F4b1d%409e%3A77" + "@"
	for name, test := range map[string]struct {
		url  string // of the server, but for its address
		set  func(*mailServer, *notify.Mail)
		want string // of the error; "" is none
	}{
		"STARTTLS and password":            {user, nil, ""},
		"smtps and password":               {"smtps" + strings.TrimPrefix(user, "smtp"), nil, ""},
		"STARTTLS where offered":           {"smtp://", func(m *mailServer, _ *notify.Mail) { m.user = "" }, ""},
		"nothing offered":                  {"smtp://", func(m *mailServer, _ *notify.Mail) { m.user, m.server.TLSConfig = "", nil }, ""},
		"tls=none":                         {"smtp://?tls=none", func(m *mailServer, _ *notify.Mail) { m.user, m.server.TLSConfig = "", nil }, ""},
		"password, no STARTTLS":            {user, func(m *mailServer, _ *notify.Mail) { m.server.TLSConfig = nil }, "does not support STARTTLS"},
		"wrong password":                   {user, func(m *mailServer, _ *notify.Mail) { m.pass = "other" }, "refuses our user and password (535)"},
		"unknown authority":                {user, func(_ *mailServer, m *notify.Mail) { m.Roots = nil }, "unknown authority"},
		"where offered, unknown authority": {"smtp://", func(s *mailServer, m *notify.Mail) { s.user, m.Roots = "", nil }, "unknown authority"},
		"another's certificate": {user, func(s *mailServer, m *notify.Mail) {
			roots, c := certificate(t, "mail.elsewhere.example")
			m.Roots, s.server.TLSConfig = roots, &tls.Config{Certificates: []tls.Certificate{c}}
		}, "certificate"},
		"old TLS": {user, func(s *mailServer, _ *notify.Mail) {
			s.server.TLSConfig.MinVersion, s.server.TLSConfig.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}, "version"},
		"smtp spoken to smtps": {"smtps://", func(s *mailServer, _ *notify.Mail) { s.user, s.server.TLSConfig = "", nil }, "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newMailServer(t)
			roots, c := certificate(t, "127.0.0.1")
			s.user, s.pass, s.server.TLSConfig = "kept", mailSecret, &tls.Config{Certificates: []tls.Certificate{c}}
			cfg := notify.Mail{From: "kept@example.com", Roots: roots}
			if test.set != nil {
				test.set(s, &cfg)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			before, query, _ := strings.Cut(test.url, "?")
			cfg.URL = strings.TrimSuffix(before+l.Addr().String()+"?"+query, "?")
			if strings.HasPrefix(cfg.URL, "smtps") && s.server.TLSConfig != nil {
				l = tls.NewListener(l, s.server.TLSConfig)
			}
			go s.server.Serve(l)
			err = check(t, cfg)
			switch {
			case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want %q", err, test.want)
			case err != nil:
				noSecretIn(t, err.Error())
			}
			if n := len(s.mails()); n != 0 {
				t.Errorf("a check sent %d e-mails", n)
			}
		})
	}
}

func noSecretIn(t *testing.T, said string) {
	t.Helper()
	for _, form := range []string{mailSecret, mailSecret[:8], url.QueryEscape(mailSecret), url.PathEscape(mailSecret), base64.StdEncoding.EncodeToString([]byte("\x00kept\x00" + mailSecret))} {
		if strings.Contains(said, form) {
			t.Errorf("%q leaks:\n%s", form, said)
		}
	}
}

func TestCheckMailWithoutMail(t *testing.T) {
	if err := check(t, notify.Mail{}); !errors.Is(err, notify.ErrNoMail) {
		t.Error(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := check(t, notify.Mail{URL: "smtp://" + l.Addr().String(), From: "kept@example.com"}); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
}

// Whatever a mail server does, a question to it ends.
func TestMailServerThatNeverEnds(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"silent": func(net.Conn) {},
		"a byte now and then": func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "2"); err != nil {
					return
				}
				time.Sleep(200 * time.Millisecond)
			}
		},
		"endless": func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "220-"+strings.Repeat("x", 1000)+"\r\n"); err != nil {
					return
				}
			}
		},
		"no server of mail": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var theirs net.Conn
				var serving sync.WaitGroup
				cfg := notify.Mail{URL: "smtp://127.0.0.1?tls=none", From: "kept@example.com", Dial: func(context.Context, string, string) (net.Conn, error) {
					var ours net.Conn
					ours, theirs = net.Pipe()
					serving.Go(func() { serve(theirs) })
					return ours, nil
				}}
				began := time.Now()
				if err := check(t, cfg); err == nil || time.Since(began) > 11*time.Second {
					t.Errorf("%v after %s", err, time.Since(began))
				}
				theirs.Close()
				serving.Wait()
			})
		})
	}
}

// Messages go encrypted and signed in, and the password stays where it is.
func TestX28_MailEncryptedAndNoSecretLeaks(t *testing.T) {
	for _, scheme := range []string{"smtp", "smtps"} {
		for _, wrong := range []bool{false, true} {
			t.Run(fmt.Sprint(scheme, ", wrong password ", wrong), func(t *testing.T) {
				inWorld(t, func(w *world) {
					m := w.byMail()
					roots, c := certificate(t, "mail.example.com")
					m.user, m.pass, m.server.TLSConfig = "kept", mailSecret, &tls.Config{Certificates: []tls.Certificate{c}}
					if wrong {
						m.pass = "another"
					}
					dial := w.cfg.Mail.Dial
					w.cfg.Mail.URL, w.cfg.Mail.Roots = scheme+"://kept:"+url.QueryEscape(mailSecret)+"@mail.example.com", roots
					w.cfg.Mail.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
						if want := map[string]string{"smtp": "mail.example.com:587", "smtps": "mail.example.com:465"}[scheme]; address != want {
							t.Errorf("called %s, want %s", address, want)
						}
						return dial(ctx, network, address)
					}
					m.tls = scheme == "smtps"
					w.restart()
					w.owe("Ann")
					lift := w.slack.Inject(fakeslack.Fault{Answer: fakeslack.Error("invalid_auth")})
					w.tick(30 * time.Minute)
					if n := len(m.to("Ann")); n != map[bool]int{false: 1, true: 0}[wrong] {
						t.Errorf("%d e-mails:\n%s", n, w.log)
					}
					if n := w.logged("refuses our user and password"); wrong && n != 1 {
						t.Errorf("a wrong password is logged %d times:\n%s", n, w.log)
					}
					noSecretIn(t, w.log.String()+fmt.Sprintf("%+v", w.deliveries()))
					lift()
					w.settle(2 * time.Hour)
					if n := len(w.slack.Accepted()); n != map[bool]int{false: 0, true: 1}[wrong] {
						t.Errorf("%d messages in Slack after the repair", n)
					}
				})
			})
		}
	}
}

func TestMailSettingsThatCannotWorkAreRefused(t *testing.T) {
	for _, test := range []struct{ url, from, want string }{
		{"", "kept@example.com", "KEPT_MAIL_FROM is set"},
		{"smtp://mail.example.com", "", "KEPT_MAIL_FROM is not"},
		{"smtp://mail.example.com", "Kept <kept@example.com>", "KEPT_MAIL_FROM is not"},
		{"smtp://mail.example.com", "kept@example.com\r\nBcc: eve@example.com", "KEPT_MAIL_FROM is not"},
		{"http://mail.example.com", "kept@example.com", "KEPT_SMTP_URL is not"},
		{"mail.example.com:587", "kept@example.com", "KEPT_SMTP_URL is not"},
		{"smtp://", "kept@example.com", "KEPT_SMTP_URL is not"},
		{"smtp://kept:canary/x@mail.example.com", "kept@example.com", "KEPT_SMTP_URL is not"},
		{"smtp://kept:canary%zz@mail.example.com", "kept@example.com", "KEPT_SMTP_URL is not"},
		{"smtp://mail.example.com/inbox", "kept@example.com", "KEPT_SMTP_URL is not"},
		{"smtp://mail.example.com:99999", "kept@example.com", "KEPT_SMTP_URL wants a port"},
		{"smtp://kept@mail.example.com", "kept@example.com", "KEPT_SMTP_URL wants both"},
		{"smtp://:canary@mail.example.com", "kept@example.com", "KEPT_SMTP_URL wants both"},
		{"smtp://mail.example.com?tls=none", "kept@example.com", "KEPT_SMTP_URL may say tls=none only"},
		{"smtp://kept:canary@127.0.0.1?tls=none", "kept@example.com", "KEPT_SMTP_URL may say tls=none only"},
		{"smtps://127.0.0.1?tls=none", "kept@example.com", "KEPT_SMTP_URL may say tls=none only"},
		{"smtp://mail.example.com?tls=maybe", "kept@example.com", "KEPT_SMTP_URL may hold nothing but"},
	} {
		_, err := notify.New(notify.Config{Mail: notify.Mail{URL: test.url, From: test.from}}, (*store.Store)(nil), slog.New(slog.DiscardHandler))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q, %q: %v, want %q", test.url, test.from, err, test.want)
		}
	}
}
