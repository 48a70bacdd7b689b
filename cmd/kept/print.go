package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"kept/commitments"
	"kept/commitments/calendar"

	"golang.org/x/term"
)

// printer writes for people, and for machines. Errors of the writer stay with it
// until it is flushed.
type printer struct {
	*bufio.Writer
	colour bool
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// line prints one line. Texts among the arguments are made visible: they come from
// people and files, and must not act on a terminal.
func (p *printer) line(format string, args ...any) {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = visible(s)
		}
	}
	fmt.Fprintf(p, format+"\n", args...)
}

// json prints a value for machines.
func (p *printer) json(v any) error {
	enc := json.NewEncoder(p)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// table prints rows under their titles, aligned. Where it colours, every cell of the
// column is wrapped in as many bytes, or the columns would not meet.
func (p *printer) table(titles []string, rows [][]string) {
	w := tabwriter.NewWriter(p, 0, 0, 2, ' ', 0)
	for i, row := range append([][]string{titles}, rows...) {
		cells := make([]string, len(row))
		for j, cell := range row {
			cells[j] = visible(cell)
			if p.colour && titles[j] == stageTitle {
				cells[j] = paint(cell, i == 0)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t "))
	}
	_ = w.Flush() // as line: the printer keeps the error
}

// list prints labelled values, aligned and indented. Rows without a value are left out.
func (p *printer) list(rows [][2]string) {
	w := tabwriter.NewWriter(p, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		for i, part := range strings.Split(row[1], "\n") {
			if row[1] == "" {
				continue
			}
			label := row[0]
			if i > 0 {
				label = ""
			}
			fmt.Fprintf(w, "  %s\t%s\n", label, visible(part))
		}
	}
	_ = w.Flush()
}

const stageTitle = "STAGE"

// paint colours a stage on a terminal, quietly, in codes that are all of one length.
func paint(stage string, title bool) string {
	code := "39"
	switch commitments.Stage(stage) {
	case commitments.Watch:
		code = "36"
	case commitments.AtRisk:
		code = "33"
	case commitments.Overdue:
		code = "31"
	case commitments.Delivered:
		code = "32"
	}
	if title {
		code = "39"
	}
	return "\x1b[" + code + "m" + visible(stage) + "\x1b[39m"
}

// visible is a text in which nothing acts on a terminal, on one line.
func visible(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// clockTime is an instant on the clocks of a zone: "Fri 4 Dec 2026 17:00".
func clockTime(i calendar.Instant, zone string) string {
	if i == 0 {
		return ""
	}
	location, err := calendar.Zone(zone)
	if err != nil {
		return i.String()
	}
	return i.Time().In(location).Format("Mon 2 Jan 2006 15:04")
}

// deadline is an instant that ends something. The midnight at the end of a day is
// that day, not the next.
func deadline(i calendar.Instant, zone string) string {
	location, err := calendar.Zone(zone)
	if i == 0 || err != nil {
		return clockTime(i, zone)
	}
	t := i.Time().In(location)
	if t.Hour() == 0 && t.Minute() == 0 {
		return t.AddDate(0, 0, -1).Format("Mon 2 Jan 2006")
	}
	return t.Format("Mon 2 Jan 2006 15:04")
}

// or is the text pointed to, or what stands for none.
func or(s *string, none string) string {
	if s == nil {
		return none
	}
	return *s
}

// plural is n with its noun: "1 day", "2 days".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// warn prints a warning where it does not get into anybody's pipe.
func warn(w io.Writer, text string) { fmt.Fprintf(w, "warning: %s\n", visible(text)) }
