package fakeslack

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// Fault is something that goes wrong with calls, and with which of them.
type Fault struct {
	Method  string  // "" is every method
	Channel string  // an ID; "" is every channel, and calls about none
	Times   int     // how many calls it strikes; 0 is all until lifted
	Chance  float64 // that it strikes a call it fits; 0 is always

	Work     time.Duration // Slack takes this long over it, even if the caller has gone
	Accepted bool          // Slack does what was asked, and then the answer goes wrong
	Delay    time.Duration // the answer is held back this long, while the caller waits
	Answer   Answer        // what comes back; the zero Answer is the true one
}

// Answer is what a caller gets in place of the truth. See the functions that
// make one: Status, Error, RateLimited, Body, Reset, Hang and so on.
type Answer struct {
	write  func(s *Server, w http.ResponseWriter, r *http.Request, truth reply)
	unsent bool // the request never leaves the caller
}

type injected struct {
	Fault
	struck int
	lifted bool
}

// Inject plans a fault and answers how to lift it. Of several faults that fit
// a call, the first injected that strikes decides.
func (s *Server) Inject(f Fault) (lift func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &injected{Fault: f}
	s.faults = append(s.faults, in)
	return func() { s.locked(func() { in.lifted = true }) }
}

// strike picks the fault that befalls a call; the zero Fault is none.
func (s *Server) strike(c *call) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if s.fits(f, c) && (f.Chance == 0 || s.rand.Float64() < f.Chance) {
			f.struck++
			return f.Fault
		}
	}
	return Fault{}
}

func (s *Server) fits(f *injected, c *call) bool {
	return !f.lifted && (f.Times == 0 || f.struck < f.Times) &&
		(f.Method == "" || f.Method == c.method) &&
		(f.Channel == "" || f.Channel == s.about(c))
}

func always(status int, header map[string]string, body string) Answer {
	return Answer{write: func(_ *Server, w http.ResponseWriter, _ *http.Request, _ reply) {
		reply{status: status, header: header, body: []byte(body)}.write(w)
	}}
}

// Status answers with an HTTP status and the page a gateway would show.
func Status(code int) Answer {
	return Body(code, "text/html", "<html><body><h1>"+http.StatusText(code)+"</h1></body></html>")
}

// Error answers 200 with ok:false and one of Slack's codes.
func Error(code string) Answer {
	return Body(http.StatusOK, "application/json", `{"ok":false,"error":"`+code+`"}`)
}

// RateLimited answers 429 with the text given as Retry-After; "" leaves the
// header out.
func RateLimited(retryAfter string) Answer {
	header := map[string]string{"Content-Type": "application/json"}
	if retryAfter != "" {
		header["Retry-After"] = retryAfter
	}
	return always(http.StatusTooManyRequests, header, `{"ok":false,"error":"ratelimited"}`)
}

// Body answers with any body: a captive portal's page, "", "null", "{}".
func Body(status int, contentType, body string) Answer {
	return always(status, map[string]string{"Content-Type": contentType}, body)
}

// Redirect sends the caller elsewhere.
func Redirect(status int, location string) Answer {
	return always(status, map[string]string{"Location": location}, "")
}

// Truncated answers the truth up to its middle, as if that were all.
func Truncated() Answer {
	return Answer{write: func(_ *Server, w http.ResponseWriter, _ *http.Request, truth reply) {
		truth.status = http.StatusOK
		truth.body = truth.body[:len(truth.body)/2]
		truth.write(w)
	}}
}

// Big answers with n bytes of one valid JSON object; n below 0 never ends.
func Big(n int64) Answer {
	return Answer{write: func(_ *Server, w http.ResponseWriter, _ *http.Request, _ reply) {
		w.Header().Set("Content-Type", "application/json")
		head, tail := `{"ok":true,"pad":"`, `"}`
		io.WriteString(w, head)
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		left := n - int64(len(head)+len(tail))
		for n < 0 || left > 0 {
			if n >= 0 {
				chunk = chunk[:min(left, int64(len(chunk)))]
			}
			if _, err := w.Write(chunk); err != nil {
				return
			}
			left -= int64(len(chunk))
		}
		io.WriteString(w, tail)
	}}
}

// Endless answers with a body that never ends.
func Endless() Answer { return Big(-1) }

// Drip answers the truth one byte at a time, as a slow loris does; without a
// truth (the call was not accepted) it drips spaces until the caller leaves.
func Drip(every time.Duration) Answer {
	return Answer{write: func(s *Server, w http.ResponseWriter, r *http.Request, truth reply) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		next := io.Reader(bytes.NewReader(truth.body))
		if truth.body == nil {
			next = blanks{}
		}
		one := make([]byte, 1)
		for {
			if _, err := next.Read(one); err != nil {
				return
			}
			if _, err := w.Write(one); err != nil {
				return
			}
			http.NewResponseController(w).Flush()
			if s.sleep(r.Context(), every) != nil {
				return
			}
		}
	}}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) { return copy(p, strings.Repeat(" ", len(p))), nil }

// Hang never answers: the caller has to give up.
func Hang() Answer {
	return Answer{write: func(_ *Server, w http.ResponseWriter, r *http.Request, _ reply) {
		<-r.Context().Done()
		reset(w)
	}}
}

// Reset breaks the connection instead of answering.
func Reset() Answer {
	return Answer{write: func(_ *Server, w http.ResponseWriter, _ *http.Request, _ reply) { reset(w) }}
}

// Refuse lets the connection not come about, so that nothing was sent. Only
// the in-memory transport can do so; a real listener resets instead.
func Refuse() Answer {
	return Answer{unsent: true, write: func(_ *Server, w http.ResponseWriter, _ *http.Request, _ reply) {
		if m, ok := w.(*memoryWriter); ok {
			m.fail(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
			return
		}
		reset(w)
	}}
}

// reset drops the connection hard, so that the caller sees a reset and not an
// orderly end.
func reset(w http.ResponseWriter) {
	if m, ok := w.(*memoryWriter); ok {
		m.fail(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET})
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
