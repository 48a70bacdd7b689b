// Package web answers over HTTP: whether Kept is alive and ready, its metrics, a page
// that says what runs here, the page on which a customer answers a survey, and, in a
// demo, the page that shows Slack as its people would see it, and lets a visitor act as
// any of them. It takes in what people do in Slack. Nothing else here changes a promise.
package web

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"kept/notify/slackapp"
)

// Config is what the pages are about.
type Config struct {
	Health  *Health
	Version string
	Log     *slog.Logger
	Demo    *Demo // nil unless this is a demo
}

// Server is the pages of one process. It is safe for concurrent use.
type Server struct {
	Config
	draining atomic.Bool
	throttle throttle
	pages    *template.Template
	handler  http.Handler
}

//go:embed templates static
var files embed.FS

// New makes a Server.
func New(c Config) (*Server, error) {
	pages, err := template.New("").Funcs(pageFuncs).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	s := &Server{Config: c, pages: pages}
	s.handler = s.guard(s.routes())
	return s, nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", s.handle(s.healthz))
	mux.Handle("GET /readyz", s.handle(s.readyz))
	mux.Handle("GET /metrics", s.handle(s.metrics))
	mux.Handle("GET /static/{name}", s.handle(s.static))
	mux.Handle("GET /p/{ref}", s.handle(s.link))
	mux.Handle("GET /s/{token}", s.forCustomers(s.survey))
	mux.Handle("POST /s/{token}", s.forCustomers(s.answer))
	mux.Handle("GET /s/thanks", s.forCustomers(s.surveyThanks))
	if app := s.Health.App; app != nil && app.Signed() {
		mux.Handle("POST /slack/commands", app.Endpoint(slackapp.Commands))
		mux.Handle("POST /slack/interactions", app.Endpoint(slackapp.Interactions))
		mux.Handle("POST /slack/events", app.Endpoint(slackapp.Events))
		mux.Handle("GET /slack/commands", s.handle(s.sslCheck))
	}
	if s.Demo == nil {
		mux.Handle("GET /{$}", s.handle(s.index))
		return mux
	}
	mux.Handle("GET /{$}", s.handle(s.demoFirst))
	mux.Handle("GET /demo/{user}/{place}", s.handle(s.demoAt))
	mux.Handle("POST /demo/{user}/{place}/{on}", http.NewCrossOriginProtection().Handler(s.handle(s.demoAct)))
	return mux
}

// sslCheck answers Slack's look at our certificate, which asks for nothing.
func (s *Server) sslCheck(w http.ResponseWriter, _ *http.Request) error {
	return text(w, http.StatusOK, "")
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Drain makes /readyz say that this process is about to stop, so that nobody new is
// sent here.
func (s *Server) Drain() { s.draining.Store(true) }

// HTTP is an http.Server for these pages, with limits on what a client may take: five
// seconds and 64 KiB for its header, and no more than half a minute in all.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
}
