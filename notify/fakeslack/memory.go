package fakeslack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// RoundTripper reaches the server without a socket, so that it works inside
// testing/synctest too. It gives up when the request's context is done, as a
// network would; what the server had begun goes on behind its back.
func (s *Server) RoundTripper() http.RoundTripper { return memory{s} }

type memory struct{ s *Server }

func (t memory) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in, err := received(r)
	if err != nil {
		return nil, err
	}
	out, body := io.Pipe()
	w := &memoryWriter{ctx: ctx, header: http.Header{}, body: body, ready: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { w.fail(ctx.Err()) })
	go func() {
		defer stop()
		t.s.ServeHTTP(w, in)
		w.end()
	}()
	<-w.ready // closed at the latest when ctx is done
	if w.err != nil {
		return nil, w.err
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sentHeader, Body: out, ContentLength: -1, Request: r,
	}, nil
}

// received is r as a server sees it.
func received(r *http.Request) (*http.Request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	return in, nil
}

// memoryWriter is the server's end of a request that crossed no network. Its
// status, sentHeader and err do not change once ready is closed.
type memoryWriter struct {
	ctx    context.Context
	header http.Header
	body   *io.PipeWriter

	once       sync.Once
	ready      chan struct{}
	status     int
	sentHeader http.Header
	err        error
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sentHeader = status, w.header.Clone()
		close(w.ready)
	})
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush is there for http.ResponseController; nothing is ever held back.
func (w *memoryWriter) Flush() {}

// fail breaks the connection: no answer, or no more of it. A caller who has
// given up sees that, and nothing else.
func (w *memoryWriter) fail(err error) {
	if done := w.ctx.Err(); done != nil {
		err = done
	}
	w.once.Do(func() {
		w.err = err
		close(w.ready)
	})
	w.body.CloseWithError(err)
}

// end finishes the answer, unless nobody waits for it any more.
func (w *memoryWriter) end() {
	if w.ctx.Err() != nil {
		w.fail(nil)
		return
	}
	w.WriteHeader(http.StatusOK)
	w.body.Close()
}

// sent tells whoever traces the request that all of it has left.
func (w *memoryWriter) sent() {
	trace := httptrace.ContextClientTrace(w.ctx)
	if trace == nil {
		return
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}
