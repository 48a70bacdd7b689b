package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"

	"github.com/alecthomas/kong"
)

// The kinds of values people type. Each is checked while the command line is
// parsed, so that wrong use is found before anything is done, and handed on as
// typed: what it means depends on the promise's own calendar.
type (
	text    string // any text that is not empty
	moment  string // an instant, a date, or words for one
	day     string // a date; HH:MM may follow as a word of its own
	amount  string // money
	effort  string // working days
	padding string // a padding rule
	maybe   string // a text that may be empty, which takes back what was set
	stage   string // one of commitments.Stages
	asker   string // us or customer
	isoWeek string // 2026-W47

	deliveryState string // one of store's
	pageAs        string // a format of a digest or a report
	grouping      string // one of commitments.Groupings
	listAs        string // a format of an export
)

// Decode reads the value of one flag or argument.
func (t *text) Decode(ctx *kong.DecodeContext) error {
	s, err := filled(ctx)
	*t = text(s)
	return err
}

// Decode reads the value of one flag or argument.
func (m *maybe) Decode(ctx *kong.DecodeContext) error {
	s, err := value(ctx)
	*m = maybe(s)
	return err
}

// Decode reads the value of one flag or argument.
func (m *moment) Decode(ctx *kong.DecodeContext) error {
	s, err := checked(ctx, isDate)
	*m = moment(s)
	return err
}

// Decode reads the value of one flag, and a time of day that follows it.
func (d *day) Decode(ctx *kong.DecodeContext) error {
	s, err := filled(ctx)
	if err != nil {
		return err
	}
	if next, ok := ctx.Scan.Peek().Value.(string); ok {
		if _, err := calendar.ParseClock(next); err == nil {
			ctx.Scan.Pop()
			s += " " + next
		}
	}
	*d = day(s)
	return blame(ctx, isDate(s))
}

// Decode reads the value of one flag.
func (m *amount) Decode(ctx *kong.DecodeContext) error {
	s, err := checked(ctx, func(s string) error { _, err := commitments.ParseMoney(s); return err })
	*m = amount(s)
	return err
}

// Decode reads the value of one flag.
func (e *effort) Decode(ctx *kong.DecodeContext) error {
	s, err := checked(ctx, func(s string) error { _, err := commitments.ParseDays(s); return err })
	*e = effort(s)
	return err
}

// Decode reads the value of one flag.
func (p *padding) Decode(ctx *kong.DecodeContext) error {
	s, err := checked(ctx, func(s string) error { _, err := commitments.ParseRule(s); return err })
	*p = padding(s)
	return err
}

// Decode reads the value of one flag.
func (g *stage) Decode(ctx *kong.DecodeContext) error {
	var names []string
	for _, s := range commitments.Stages {
		names = append(names, string(s))
	}
	s, err := oneOf(ctx, names...)
	*g = stage(s)
	return err
}

// Decode reads the value of one flag.
func (w *asker) Decode(ctx *kong.DecodeContext) error {
	s, err := oneOf(ctx, "us", "customer")
	*w = asker(s)
	return err
}

// Decode reads the value of one flag.
func (d *deliveryState) Decode(ctx *kong.DecodeContext) error {
	s, err := oneOf(ctx, "pending", "sending", "uncertain", "sent", "blocked", "dead", "cancelled")
	*d = deliveryState(s)
	return err
}

// Decode reads the value of one flag.
func (f *pageAs) Decode(ctx *kong.DecodeContext) error {
	s, err := oneOf(ctx, "text", "json", "md", "csv", "xlsx")
	*f = pageAs(s)
	return err
}

// Decode reads the value of one flag.
func (g *grouping) Decode(ctx *kong.DecodeContext) error {
	var names []string
	for _, by := range commitments.Groupings {
		names = append(names, string(by))
	}
	s, err := oneOf(ctx, names...)
	*g = grouping(s)
	return err
}

// Decode reads the value of one flag.
func (f *listAs) Decode(ctx *kong.DecodeContext) error {
	s, err := oneOf(ctx, "csv", "xlsx", "json")
	*f = listAs(s)
	return err
}

// Decode reads the value of one flag.
func (w *isoWeek) Decode(ctx *kong.DecodeContext) error {
	s, err := checked(ctx, func(s string) error {
		if weekForm.MatchString(s) {
			return nil
		}
		return fmt.Errorf("%q is not a week: write it as 2026-W47", shorten(s))
	})
	*w = isoWeek(s)
	return err
}

func oneOf(ctx *kong.DecodeContext, names ...string) (string, error) {
	return checked(ctx, func(s string) error {
		if slices.Contains(names, s) {
			return nil
		}
		return fmt.Errorf("%q is none of %s", shorten(s), strings.Join(names, ", "))
	})
}

// given is a field as the store takes it: nil where nothing was typed.
func given[T ~string](typed *T) *string {
	if typed == nil {
		return nil
	}
	s := string(*typed)
	return &s
}

// words are typed texts as plain strings.
func words[T ~string](typed []T) []string {
	plain := make([]string, len(typed))
	for i, t := range typed {
		plain[i] = string(t)
	}
	return plain
}

// isDate checks the form only, so any calendar and any now will do.
func isDate(s string) error {
	_, err := calendar.ParseWhen(s, calendar.InstantOf(time.Now()), calendar.Default())
	return err
}

func checked(ctx *kong.DecodeContext, check func(string) error) (string, error) {
	s, err := filled(ctx)
	if err == nil {
		err = blame(ctx, check(s))
	}
	return s, err
}

// filled is a value that is not empty.
func filled(ctx *kong.DecodeContext) (string, error) {
	s, err := value(ctx)
	if err == nil && strings.TrimSpace(s) == "" {
		err = commitments.Invalid(ctx.Value.Name, "is empty: give a value, or leave it out")
		if ctx.Value.Required {
			err = commitments.Invalid(ctx.Value.Name, "is required, and was empty")
		}
	}
	return s, err
}

// value takes the next word, whatever it begins with, unless it is another flag.
func value(ctx *kong.DecodeContext) (string, error) {
	token := ctx.Scan.Pop()
	s, isText := token.Value.(string)
	if !isText || token.Type == kong.UntypedToken && strings.HasPrefix(s, "--") {
		return "", commitments.Invalid(ctx.Value.Name, fmt.Sprintf("needs a value; one that begins with two dashes is written --%s=VALUE", ctx.Value.Name))
	}
	return s, nil
}

// blame names the field of an error about a value.
func blame(ctx *kong.DecodeContext, err error) error {
	if err == nil {
		return nil
	}
	message := err.Error()
	var known *commitments.Error
	if errors.As(err, &known) {
		message = known.Message
	}
	return commitments.Invalid(ctx.Value.Name, message)
}
