package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// takesMail is a mail server of few words on loopback. Each e-mail it takes is sent to
// the channel.
func takesMail(t *testing.T) (address string, taken <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	mails := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go converse(c, mails)
		}
	}()
	return l.Addr().String(), mails
}

func converse(c net.Conn, mails chan<- string) {
	defer c.Close()
	fmt.Fprint(c, "220 ready\r\n")
	for in := bufio.NewScanner(c); in.Scan(); {
		switch word, _, _ := strings.Cut(strings.ToUpper(in.Text()), " "); word {
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var mail strings.Builder
			for in.Scan() && in.Text() != "." {
				mail.WriteString(in.Text() + "\n")
			}
			mails <- mail.String()
			fmt.Fprint(c, "250 taken\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

// Without Slack a sweep sends its messages by e-mail, and tells where they went.
func TestSweepByMail(t *testing.T) {
	path, s := database(t)
	overdue(t, s)
	must(t, s.Close())
	address, taken := takesMail(t)
	vars := map[string]string{"KEPT_DB": path, "KEPT_SMTP_URL": "smtp://" + address + "?tls=none", "KEPT_MAIL_FROM": "kept@example.com"}
	for _, want := range []string{"Messages: 1 sent, 0 pending", "Messages: 0 sent, 0 pending"} {
		if status, out, errs := kept(t, vars, "sweep"); status != 0 || !strings.Contains(out, want) || strings.Contains(errs, "wait") {
			t.Errorf("status %d: %s%s", status, out, errs)
		}
	}
	mail := <-taken
	for _, want := range []string{"To: <ada@example.com>", "From: <kept@example.com>", "Subject: Overdue for Acme: Single sign-on", "kept deliver 1"} {
		if !strings.Contains(mail, want) {
			t.Errorf("%q is not in\n%s", want, mail)
		}
	}
	if len(taken) != 0 {
		t.Errorf("%d more e-mails", len(taken))
	}
	if _, out, _ := kept(t, vars, "delivery", "show", "1"); !strings.Contains(out, "mailto:1") || strings.Contains(out, "ada@example.com") {
		t.Errorf("the ledger says\n%s", out)
	}
	if _, out, _ := kept(t, vars, "config", "show"); strings.Contains(out, address) {
		t.Errorf("the mail server's address, which may hold a password, is shown:\n%s", out)
	}
}
