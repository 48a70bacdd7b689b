package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Limits of one heartbeat.
const (
	heartbeatEvery  = time.Minute
	heartbeatFor    = 10 * time.Second
	heartbeatAnswer = 64 << 10 // bytes of the answer that are read
)

// Heartbeat tells a service elsewhere that all is well, by asking for its address.
// When it falls silent, that service raises the alarm: it works even when nothing
// here does any more.
type Heartbeat struct {
	url    string
	health *Health
	log    *slog.Logger
	client http.Client

	mu     sync.Mutex
	last   time.Time
	failed bool
}

// NewHeartbeat makes a heartbeat; "" as address makes one that never beats. A nil
// transport is a plain one.
func NewHeartbeat(address string, h *Health, log *slog.Logger, transport http.RoundTripper) *Heartbeat {
	return &Heartbeat{url: address, health: h, log: log, client: http.Client{
		Transport:     transport,
		Timeout:       heartbeatFor,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Beat is called after each good sweep. It beats if everything else is well too, at
// most once a minute.
func (b *Heartbeat) Beat(ctx context.Context) {
	if b.url == "" || !b.due() || !b.well(ctx) {
		return
	}
	err := b.ask(ctx)
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && !b.failed {
		b.log.Warn("the heartbeat does not get through", "error", err)
	}
	if err == nil && b.failed {
		b.log.Info("the heartbeat gets through again")
	}
	b.failed = err != nil
}

// due reports whether a minute has passed since the last beat, nearly: sweeps do not
// come to the millisecond.
func (b *Heartbeat) due() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() && time.Since(b.last) < heartbeatEvery-time.Second {
		return false
	}
	b.last = time.Now()
	return true
}

func (b *Heartbeat) well(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, maxProbe)
	defer cancel()
	return b.health.Judge(ctx).Ready
}

// ask asks for the address once. Its errors do not hold it: it is a secret.
func (b *Heartbeat) ask(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, nil)
	if err != nil {
		return errors.New("heartbeat_url is not an address")
	}
	answer, err := b.client.Do(r)
	var located *url.Error
	if errors.As(err, &located) {
		err = located.Err
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, heartbeatAnswer)); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the answer is %d", answer.StatusCode)
	}
	return nil
}
