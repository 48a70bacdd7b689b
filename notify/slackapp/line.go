package slackapp

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// line is whether Slack reaches us by a socket. It is safe for concurrent use.
type line struct {
	log *slog.Logger

	mu    sync.Mutex
	open  bool
	since time.Time // when it was last opened or lost; zero before that
	lost  time.Time // when it last was lost after it had stood for a while
	why   string    // it is not open
	app   string    // our app's id, as Slack greeted us
}

// opened notes that Slack has greeted us.
func (l *line) opened(app string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		l.log.Info("Slack's socket is open")
	}
	l.open, l.since, l.why, l.app = true, time.Now(), "", app
}

// broken notes that there is no connection. Each new reason is logged once. A connection
// that opens and is lost at once does not count as one.
func (l *line) broken(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open {
		if l.lost.IsZero() || time.Since(l.since) > stands {
			l.lost = time.Now()
		}
		l.since = l.lost
	}
	if why := err.Error(); why != l.why && !errors.Is(err, errRefresh) && !errors.Is(err, context.Canceled) {
		l.log.Warn("Slack's socket is not open: it is opened again", "error", why)
	}
	l.open, l.why = false, err.Error()
}

// appID is our app's id, as far as Slack has said.
func (l *line) appID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.app
}

// Listens reports whether Slack is to reach us by Socket Mode.
func (a *App) Listens() bool { return a.cfg.AppToken != "" }

// Socket says whether it does, since when (the zero time if it never did), and if not, why.
func (a *App) Socket() (open bool, since time.Time, why string) {
	l := a.line
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.since, l.why
}
