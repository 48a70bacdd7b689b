package fakeslack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody is the largest request the fake reads, in bytes.
const maxBody = 4 << 20

// call is one request understood.
type call struct {
	method     string // a Web API method, or "webhook", "response_url", "socket"
	key        string // webhook token, response URL id or socket ticket
	args       args
	tokenValue string
	token      Token
	host       string
	at         time.Time
}

// args are the arguments of a call. Values that are not strings are kept as
// their JSON text, so that a form and a JSON body read alike.
type args map[string]string

func (a args) flag(name string) bool { return a[name] == "1" || a[name] == "true" }

// parse reads a request. The call it returns is never nil.
func (s *Server) parse(r *http.Request) (*call, error) {
	c := &call{args: args{}, host: r.Host, at: s.now()}
	prefix, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch prefix {
	case "api":
		c.method = rest
	case "webhook":
		c.method, c.key = "webhook", rest
	case "response":
		c.method, c.key = "response_url", rest
	case "socket":
		c.method, c.key = "socket", rest
		return c, nil
	default:
		c.method = r.URL.Path
		return c, &apiError{code: "unknown_method", status: http.StatusNotFound}
	}
	for k, v := range r.URL.Query() {
		c.args[k] = v[0]
	}
	delete(c.args, "token") // Slack no longer takes tokens from addresses
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return c, &apiError{code: "request_timeout", status: http.StatusRequestEntityTooLarge}
	}
	err = c.args.read(r.Header.Get("Content-Type"), body)
	c.tokenValue = c.args["token"]
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.tokenValue = bearer
	}
	return c, err
}

// read adds the arguments of a body to a.
func (a args) read(contentType string, body []byte) error {
	if len(body) == 0 {
		return nil
	}
	media, _, _ := mime.ParseMediaType(contentType)
	switch media {
	case "application/json":
		return a.readJSON(body)
	case "application/x-www-form-urlencoded", "":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return failure("invalid_form_data")
		}
		for k, v := range form {
			a[k] = v[0]
		}
		return nil
	}
	return failure("invalid_post_type")
}

func (a args) readJSON(body []byte) error {
	if !json.Valid(body) {
		return failure("invalid_json")
	}
	var values map[string]json.RawMessage
	if json.Unmarshal(body, &values) != nil || values == nil {
		return failure("json_not_object")
	}
	for k, raw := range values {
		var text string
		switch {
		case json.Unmarshal(raw, &text) == nil && !bytes.Equal(raw, []byte("null")):
			a[k] = text
		case !bytes.Equal(raw, []byte("null")):
			a[k] = string(raw)
		}
	}
	return nil
}

// fields is a JSON object under construction.
type fields map[string]any

// apiError is a refusal: Slack's code, and what goes with it.
type apiError struct {
	code       string
	status     int // 0 means 200, as Slack answers most refusals
	retryAfter int // seconds
	extra      fields
}

func (e *apiError) Error() string { return e.code }

func failure(code string) error { return &apiError{code: code} }

// invalid is a refusal with one message per fault, each with its JSON pointer.
func invalid(code string, problems []string) error {
	messages := make([]string, len(problems))
	for i, p := range problems {
		messages[i] = "[ERROR] " + p
	}
	return &apiError{code: code, extra: fields{
		"errors": problems, "response_metadata": fields{"messages": messages},
	}}
}

// reply is an answer ready to be written.
type reply struct {
	status int
	header map[string]string
	body   []byte
	code   string // the error in it, if any
}

// render makes the answer to c from what a method returned.
func (s *Server) render(c *call, answer fields, err error) reply {
	r := reply{status: http.StatusOK, header: map[string]string{
		"Content-Type": "application/json; charset=utf-8",
		"Date":         s.now().UTC().Format(http.TimeFormat),
	}}
	if len(c.token.Scopes) > 0 {
		r.header["X-OAuth-Scopes"] = strings.Join(c.token.Scopes, ",")
	}
	if answer == nil {
		answer = fields{}
	}
	answer["ok"] = err == nil
	if e, ok := err.(*apiError); ok {
		r.refuse(e)
		for k, v := range e.extra {
			answer[k] = v
		}
		answer["error"] = e.code
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("fakeslack: answer to %s: %v", c.method, err))
	}
	r.body = body
	return r
}

func (r *reply) refuse(e *apiError) {
	r.code = e.code
	if e.status != 0 {
		r.status = e.status
	}
	if e.retryAfter > 0 {
		r.header["Retry-After"] = fmt.Sprint(e.retryAfter)
	}
}

// plain is an answer in plain text, as webhooks give.
func (s *Server) plain(status int, text string) reply {
	r := reply{status: status, body: []byte(text), header: map[string]string{
		"Content-Type": "text/plain; charset=utf-8",
		"Date":         s.now().UTC().Format(http.TimeFormat),
	}}
	if status != http.StatusOK {
		r.code = text
	}
	return r
}

func (r reply) write(w http.ResponseWriter) {
	for k, v := range r.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(r.status)
	w.Write(r.body)
}
