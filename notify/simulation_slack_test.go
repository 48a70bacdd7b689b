package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kept/commitments/store"
)

// workspace is a model of Slack: what of it matters to getting messages there once.
// Its log of what it took is the truth. The simulation's lock guards it.
type workspace struct {
	users   map[string]string // who has which address
	refuses map[string]string // the error that posting to a channel meets; under "" any call
	rooms   map[string][]*taken
	log     []*taken // of ours
	lastTS  int64
	ahead   time.Duration // of our clock
	down    bool
}

// taken is a message that Slack took.
type taken struct {
	ts      int64     // µs, never twice the same
	at      time.Time // when Slack had it
	shown   time.Time // from when on the history shows it
	channel string
	thread  string // the stamp of what it answers
	key     string
	alerts  []store.ID
	by      *process // nil for somebody else's
	claimed time.Time
	meta    json.RawMessage
}

func (m *taken) stamp() string { return fmt.Sprintf("%d.%06d", m.ts/1e6, m.ts%1e6) }

// trouble is what may go wrong with one call.
type trouble struct {
	name     string
	accepted bool   // Slack does what it was asked all the same
	status   int    // of the answer; 0 means that none comes
	body     string // of the answer; "" is the truth
	retry    string // Retry-After
	unsent   bool   // nothing leaves this machine
	hangs    bool   // the caller has to give up
	posting  bool   // only of posting
	weight   int    // how often, in thousandths
}

// troubles are those of a bad day, in proportions that once found every weakness there was.
var troubles = []trouble{
	{name: "429", status: 429, retry: "3", weight: 30},
	{name: "429 for long", status: 429, retry: "40", weight: 10},
	{name: "429 without a word", status: 429, weight: 5},
	{name: "429 nonsense", status: 429, retry: "-5", weight: 5},
	{name: "rate limited", status: 200, body: `{"ok":false,"error":"ratelimited"}`, weight: 5},
	{name: "500", status: 500, weight: 30},
	{name: "503, taken", status: 503, accepted: true, weight: 30},
	{name: "reset", weight: 20},
	{name: "reset, taken", accepted: true, weight: 30},
	{name: "refused connection", unsent: true, weight: 20},
	{name: "hangs", hangs: true, weight: 5},
	{name: "hangs, taken", hangs: true, accepted: true, weight: 20},
	{name: "internal error", status: 200, body: `{"ok":false,"error":"internal_error"}`, weight: 5},
	{name: "internal error, taken", status: 200, body: `{"ok":false,"error":"internal_error"}`, accepted: true, weight: 20},
	{name: "cut short, taken", status: 200, body: `{"ok":true,"chan`, accepted: true, weight: 10},
	{name: "says nothing, taken", status: 200, body: `{}`, accepted: true, weight: 5},
	{name: "page", status: 200, body: `<html>Welcome to the hotel</html>`, weight: 5},
	{name: "odd code, taken", status: 200, body: `{"ok":false,"error":"a_code_of_next_year"}`, accepted: true, weight: 5},
	{name: "odd code", status: 200, body: `{"ok":false,"error":"a_code_of_next_year"}`, weight: 5},
	{name: "asked again, please", status: 200, body: `{"ok":false,"error":"request_timeout"}`, weight: 5},
	{name: "blocks refused", status: 200, body: `{"ok":false,"error":"invalid_blocks"}`, posting: true, weight: 5},
}

// RoundTrip is how a process reaches Slack: bytes leave it, Slack works, an answer
// comes back, and each of these takes its time or does not happen.
func (p *process) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	args, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	dice := p.s.step(p, method, args.Get("channel")+args.Get("users")+args.Get("email")+args.Get("oldest"))
	t := p.s.trouble(dice, method)
	if t.unsent {
		p.lasts(r.Context(), p.s.hop(dice))
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if err := p.lasts(r.Context(), p.s.outbound(dice)); err != nil {
		return nil, err
	}
	work, lag := p.s.slackTakes(dice)
	status, answer := p.s.serve(p, method, args, t, work, lag)
	p.s.fate(p, dice)
	p.s.tell(p, method, args.Get("channel")+args.Get("metadata"), t.name, " thread ", args.Get("thread_ts"), " ", args.Get("ts"), ", works for ", work, ", shows after ", lag, ", oldest ", args.Get("oldest"))
	if err := p.lasts(r.Context(), work+p.s.hop(dice)); err != nil {
		return nil, err
	}
	if t.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if status == 0 {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	header := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().Add(p.s.slack.ahead).UTC().Format(http.TimeFormat)}}
	if t.retry != "" {
		header.Set("Retry-After", t.retry)
	}
	return &http.Response{
		Status: strconv.Itoa(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(answer)), ContentLength: int64(len(answer)), Request: r,
	}, nil
}

var errKilled = fmt.Errorf("this process was killed: %w", store.ErrFenced)

// lasts waits, and says what ended the wait early: the caller's patience, or the process.
func (p *process) lasts(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-p.killed:
	}
	if p.dead() {
		return errKilled
	}
	return ctx.Err()
}

// serve is what Slack does of a call once it has it.
func (s *simulation) serve(p *process, method string, args url.Values, t trouble, work, lag time.Duration) (status int, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, answer = t.status, t.body
	if s.slack.down {
		return 503, ""
	}
	if t.name != "" && !t.accepted {
		return status, answer
	}
	truth := s.slack.does(p, method, args, time.Now().Add(work), lag)
	if t.name == "" {
		return 200, truth
	}
	return status, answer
}

func (w *workspace) does(by *process, method string, args url.Values, at time.Time, lag time.Duration) string {
	if code := w.refuses[""]; code != "" {
		return failed(code)
	}
	channel := args.Get("channel")
	switch method {
	case "auth.test":
		return `{"ok":true,"user_id":"U0KEPT","bot_id":"B0KEPT"}`
	case "users.lookupByEmail":
		if user := w.users[args.Get("email")]; user != "" {
			return fmt.Sprintf(`{"ok":true,"user":{"id":%q}}`, user)
		}
		return failed("users_not_found")
	case "conversations.open":
		return fmt.Sprintf(`{"ok":true,"channel":{"id":%q}}`, "D"+strings.TrimPrefix(args.Get("users"), "U"))
	case "conversations.info":
		return fmt.Sprintf(`{"ok":true,"channel":{"id":%q}}`, channel)
	case "conversations.history", "conversations.replies":
		if args.Get("ts") != "" && w.find(channel, args.Get("ts")) == nil {
			return failed("thread_not_found")
		}
		return w.history(args)
	case "chat.postMessage":
		if code := w.refuses[channel]; code != "" {
			return failed(code)
		}
		m := w.take(by, args, at, lag)
		return fmt.Sprintf(`{"ok":true,"channel":%q,"ts":%q}`, channel, m.stamp())
	}
	return failed("unknown_method")
}

func failed(code string) string { return fmt.Sprintf(`{"ok":false,"error":%q}`, code) }

// named finds the promises that a message tells of.
var named = regexp.MustCompile(`kept show (\d+)`)

func (w *workspace) take(by *process, args url.Values, at time.Time, lag time.Duration) *taken {
	w.lastTS = max(w.lastTS+1, at.Add(w.ahead).UnixMicro())
	m := &taken{ts: w.lastTS, at: at, shown: at.Add(lag), channel: args.Get("channel"), by: by, meta: json.RawMessage(args.Get("metadata"))}
	var meta struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	}
	if json.Unmarshal(m.meta, &meta) == nil {
		m.key, m.claimed = meta.Payload.Key, by.claims[meta.Payload.Key]
	}
	for _, n := range named.FindAllStringSubmatch(args.Get("text"), -1) {
		id, _ := strconv.ParseInt(n[1], 10, 64)
		m.alerts = append(m.alerts, store.ID(id))
	}
	if parent := w.find(m.channel, args.Get("thread_ts")); parent != nil {
		m.thread = parent.stamp()
		if parent.thread != "" {
			m.thread = parent.thread
		}
	}
	w.rooms[m.channel] = append(w.rooms[m.channel], m)
	w.log = append(w.log, m)
	return m
}

// chat is somebody else's message.
func (w *workspace) chat(channel string, at time.Time) {
	w.lastTS = max(w.lastTS+1, at.Add(w.ahead).UnixMicro())
	w.rooms[channel] = append(w.rooms[channel], &taken{ts: w.lastTS, at: at, shown: at, channel: channel, meta: json.RawMessage(`{}`)})
}

func (w *workspace) find(channel, stamp string) *taken {
	for _, m := range w.rooms[channel] {
		if m.stamp() == stamp {
			return m
		}
	}
	return nil
}

// history lists a channel without its threads, or a thread, in pages.
func (w *workspace) history(args url.Values) string {
	oldest, before := micros(args.Get("oldest")), micros(args.Get("cursor"))
	limit, err := strconv.Atoi(args.Get("limit"))
	if err != nil {
		return failed("invalid_limit")
	}
	var list []string
	for _, m := range slices.Backward(w.rooms[args.Get("channel")]) {
		if m.ts <= oldest || before != 0 && m.ts >= before || m.shown.After(time.Now()) || m.thread != args.Get("ts") {
			continue
		}
		if len(list) == limit {
			return fmt.Sprintf(`{"ok":true,"messages":[%s],"has_more":true,"response_metadata":{"next_cursor":"%d.%06d"}}`, strings.Join(list, ","), (m.ts+1)/1e6, (m.ts+1)%1e6)
		}
		who := `"user":"U0ELSE"`
		if m.by != nil {
			who = `"user":"U0KEPT","bot_id":"B0KEPT"`
		}
		list = append(list, fmt.Sprintf(`{"ts":%q,%s,"metadata":%s}`, m.stamp(), who, m.meta))
	}
	return fmt.Sprintf(`{"ok":true,"messages":[%s],"has_more":false}`, strings.Join(list, ","))
}

// micros reads a timestamp of Slack's; 0 for "".
func micros(ts string) int64 {
	digits := strings.Replace(ts, ".", "", 1)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrSyntax) {
		panic(err)
	}
	return n
}
