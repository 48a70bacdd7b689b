package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"kept/commitments"
	"kept/notify/slackapp"
)

// maxBody is the largest body that is read at all, but of Slack's requests: the answer to
// a survey is far smaller.
const maxBody = 64 << 10

func bodyLimit(r *http.Request) int64 {
	if strings.HasPrefix(r.URL.Path, "/slack/") {
		return slackapp.MaxRequest
	}
	return maxBody
}

// policy lets a page load from here only, and be framed nowhere. Nothing is inline.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard puts the same protection around every answer, refusals among them.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if caught := recover(); caught != nil {
				s.Log.Error("a page panicked", "path", shown(r), "panic", fmt.Sprint(caught), "stack", string(debug.Stack()))
				http.Error(seen, "500 something went wrong here", http.StatusInternalServerError)
			}
			s.Log.Debug("request", "method", r.Method, "path", shown(r), "status", seen.status, "took", time.Since(began))
		}()
		h := seen.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path {
			http.NotFound(seen, r)
			return
		}
		r.Body = http.MaxBytesReader(seen, r.Body, bodyLimit(r))
		next.ServeHTTP(seen, r)
	})
}

// shown is a request's path as the log may show it: without its query, which may hold
// what is nobody's business, and without the token of a survey.
func shown(r *http.Request) string {
	if clean := path.Clean(r.URL.Path); !strings.HasPrefix(clean, "/s/") {
		return clean
	}
	return "/s/…"
}

// statusWriter remembers the status that was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// handle turns what a handler returns into an answer. What a visitor did wrong is
// told; what went wrong here is logged, and only that it did is told.
func (s *Server) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		switch {
		case err == nil:
		case errors.Is(err, commitments.ErrNotFound):
			http.Error(w, "404 "+err.Error(), http.StatusNotFound)
		default:
			s.Log.Error("a page failed", "path", shown(r), "error", err)
			http.Error(w, "500 something went wrong here: the log says what", http.StatusInternalServerError)
		}
	})
}

// page writes a template, or nothing of it if it fails.
func (s *Server) page(w http.ResponseWriter, name string, data any) error {
	return s.pageAs(w, http.StatusOK, name, data)
}

func (s *Server) pageAs(w http.ResponseWriter, status int, name string, data any) error {
	var out bytes.Buffer
	if err := s.pages.ExecuteTemplate(&out, name, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // a visitor who left need not be told
	return nil
}
