package holidays

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"kept/commitments/calendar"
)

const (
	maxFile   = 1 << 20 // bytes of a holiday file; a country's century takes less
	maxEvents = 5000    // events in it
	maxDepth  = 8       // components within components; an alarm in an event is the third
	maxName   = 120     // runes of a holiday's name
	maxLength = 366     // days of one event
)

// ReadICS reads the days off of an iCalendar file that fall in the years given,
// both included. Every event must take whole days; one of several days ends
// before its DTEND, and a yearly RRULE is followed through the years. Events
// that are cancelled are left out, as are those described as an "Observance":
// the large public calendars list days so that nobody has off.
//
// An error names the event by its number and SUMMARY, or the line.
func ReadICS(r io.Reader, fromYear, toYear int) ([]calendar.Day, error) {
	text, err := readText(r)
	if err != nil {
		return nil, err
	}
	if tooDeep(text) {
		return nil, fmt.Errorf("not an iCalendar file: components nested more than %d deep", maxDepth)
	}
	file, err := ics.ParseCalendarWithOptions(bytes.NewReader(text), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
	if err != nil {
		return nil, fmt.Errorf("not an iCalendar file: %w", err)
	}
	events := file.Events()
	if n := len(events); n == 0 || n > maxEvents {
		return nil, fmt.Errorf("%d events: expected an iCalendar file with one all-day event for each holiday", n)
	}
	found := newDays(fromYear, toYear)
	for i, e := range events {
		if err := addEvent(found, e); err != nil {
			return nil, fmt.Errorf("event %d (%.40q): %w", i+1, property(e, ics.ComponentPropertySummary), err)
		}
	}
	return found.sorted(), nil
}

// readText reads a whole file of UTF-8 text, without its byte order mark.
func readText(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	switch {
	case len(text) > maxFile:
		return nil, fmt.Errorf("larger than %d KiB: no list of holidays needs that", maxFile>>10)
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return nil, errors.New("not UTF-8 text: save it as UTF-8")
	}
	return text, nil
}

// tooDeep guards the parser, which calls itself for each BEGIN and wraps its
// error at each step back.
func tooDeep(text []byte) bool {
	depth := 0
	for line := range bytes.Lines(text) {
		switch {
		case hasPrefixFold(line, "BEGIN"):
			depth++
		case hasPrefixFold(line, "END:"):
			depth--
		}
		if depth > maxDepth {
			return true
		}
	}
	return false
}

func hasPrefixFold(line []byte, prefix string) bool {
	return len(line) >= len(prefix) && strings.EqualFold(string(line[:len(prefix)]), prefix)
}

// addEvent notes the days of one event and of its yearly repetitions.
func addEvent(found *days, e *ics.VEvent) error {
	if skipped(e) {
		return nil
	}
	name, err := cleanName(ics.FromText(property(e, ics.ComponentPropertySummary)))
	if err != nil {
		return err
	}
	first, err := parseDay(property(e, ics.ComponentPropertyDtStart))
	if err != nil {
		return fmt.Errorf("DTSTART: %w", err)
	}
	length, err := lengthOf(e, first)
	if err != nil {
		return err
	}
	starts, err := occurrences(e, first, found.through)
	if err != nil {
		return err
	}
	for _, start := range starts {
		for d := start; d < start+calendar.Date(length); d++ {
			found.add(d, name)
		}
	}
	return nil
}

func skipped(e *ics.VEvent) bool {
	description, _, _ := strings.Cut(ics.FromText(property(e, ics.ComponentPropertyDescription)), "\n")
	return strings.EqualFold(strings.TrimSpace(description), "observance") ||
		strings.EqualFold(property(e, ics.ComponentPropertyStatus), "cancelled")
}

// property is the first value of a property, or "".
func property(e *ics.VEvent, p ics.ComponentProperty) string {
	if found := e.GetProperty(p); found != nil {
		return strings.TrimSpace(found.Value)
	}
	return ""
}

// parseDay reads YYYYMMDD, the form of a whole day.
func parseDay(s string) (calendar.Date, error) {
	if len(s) > 8 {
		return 0, fmt.Errorf("%.40q has a time of day: only whole days can be holidays", s)
	}
	if len(s) < 8 {
		return 0, fmt.Errorf("%q is not a date: expected YYYYMMDD, as in 20261224", s)
	}
	return calendar.ParseDate(s[:4] + "-" + s[4:6] + "-" + s[6:])
}

// lengthOf is how many days an event lasts: to its DTEND, which it excludes,
// or for its DURATION; one day without either.
func lengthOf(e *ics.VEvent, first calendar.Date) (int, error) {
	length := 1
	if end := property(e, ics.ComponentPropertyDtEnd); end != "" {
		last, err := parseDay(end)
		if err != nil {
			return 0, fmt.Errorf("DTEND: %w", err)
		}
		// Some programs end a day's event on the day itself.
		if last != first {
			length = int(last - first)
		}
	} else if duration := property(e, ics.ComponentPropertyDuration); duration != "" {
		var err error
		if length, err = parseDuration(duration); err != nil {
			return 0, err
		}
	}
	if length < 1 || length > maxLength {
		return 0, fmt.Errorf("lasts %d days: expected 1 to %d", length, maxLength)
	}
	return length, nil
}

// parseDuration reads whole days, P2D, or weeks, P1W.
func parseDuration(s string) (int, error) {
	digits, isPeriod := strings.CutPrefix(s, "P")
	days, isDays := strings.CutSuffix(digits, "D")
	weeks, isWeeks := strings.CutSuffix(digits, "W")
	n, err := strconv.Atoi(strings.TrimSuffix(days, "W"))
	if isWeeks {
		n, err = strconv.Atoi(weeks)
	}
	if !isPeriod || !(isDays || isWeeks) || err != nil || n > maxLength {
		return 0, fmt.Errorf("DURATION: %.40q is not a number of whole days such as P2D", s)
	}
	if isWeeks {
		n *= 7
	}
	return n, nil
}

// cleanName makes a name one line and refuses what must not reach a terminal.
func cleanName(s string) (string, error) {
	name := strings.Join(strings.Fields(s), " ")
	switch {
	case name == "":
		return "", errors.New("has no name")
	case utf8.RuneCountInString(name) > maxName:
		return "", fmt.Errorf("the name has %d letters: at most %d", utf8.RuneCountInString(name), maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", fmt.Errorf("the name %.40q holds control characters", name)
	}
	return name, nil
}
