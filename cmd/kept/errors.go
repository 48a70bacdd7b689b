package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"kept/commitments"

	"github.com/alecthomas/kong"
)

// exits is the one place where errors become exit codes, and codes for machines.
var exits = [...]struct {
	kind   error
	status int
	code   string
}{
	{commitments.ErrInvalid, 2, "invalid"},
	{commitments.ErrNotFound, 3, "not_found"},
	{commitments.ErrRefused, 4, "refused"},
	{commitments.ErrConflict, 5, "conflict"},
}

// report says what went wrong in one line, and gives the exit code.
func report(err error, w io.Writer, asJSON bool) int {
	// Whoever read the output has had enough: that is no failure.
	if err == nil || errors.Is(err, errHelped) || errors.Is(err, syscall.EPIPE) {
		return 0
	}
	status, code := 1, "failed"
	for _, e := range exits {
		if errors.Is(err, e.kind) {
			status, code = e.status, e.code
		}
	}
	field, message := explain(err)
	if asJSON {
		writeJSON(w, errorShape{errorBody{code, field, message}})
	} else {
		if field != "" {
			message = field + ": " + message
		}
		fmt.Fprintf(w, "kept: %s\n", visible(message))
	}
	return status
}

type errorShape struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code    string `json:"code"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

// explain takes an error apart into the field it blames and what to do.
func explain(err error) (field, message string) {
	var known *commitments.Error
	switch {
	case errors.As(err, &known):
		return known.Field, known.Message
	case errors.Is(err, context.Canceled):
		return "", "stopped"
	}
	return "", err.Error()
}

// flagIn finds the flag that the parser's message is about.
var flagIn = regexp.MustCompile(`--([a-z][a-z-]*)`)

// wrongUse turns the parser's error into one of Kept's, with where to read on.
func wrongUse(err error) error {
	if errors.Is(err, errHelped) {
		return err
	}
	topic := "kept"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			topic = node.FullPath()
		}
	}
	field, message := explain(err)
	if found := flagIn.FindStringSubmatch(message); field == "" && found != nil {
		field = found[1]
	}
	if !strings.Contains(message, "see `") {
		message += fmt.Sprintf(" (see `%s --help`)", topic)
	}
	return commitments.Invalid(field, message)
}

// wantsJSON looks for --json on a command line that could not be parsed.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

func writeJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // standard error is the last place to turn to
}
