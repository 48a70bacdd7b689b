package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errForm means that the words follow none of the accepted forms.
var errForm = errors.New("no such form of date")

// maxPhrase is longer than anything the grammar accepts.
const maxPhrase = 64

// phrase is a text being read: as typed, and as lower-case words.
type phrase struct {
	text  string
	words []string
}

func newPhrase(text string) (*phrase, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, fmt.Errorf("a date is missing: write %s", Forms)
	}
	words := strings.Fields(strings.ToLower(text))
	if len(text) > maxPhrase || len(words) > 5 {
		return nil, unreadable(text)
	}
	return &phrase{text: text, words: words}, nil
}

// instant reads "now" and RFC 3339.
func (p *phrase) instant(now Instant) (Instant, bool) {
	if len(p.words) != 1 {
		return 0, false
	}
	if p.words[0] == "now" {
		return now, true
	}
	var t time.Time // UnmarshalText is strict, Parse is not
	err := t.UnmarshalText([]byte(strings.ToUpper(p.words[0])))
	return InstantOf(t), err == nil
}

// takeClock removes a time of day from the end of the words: "17:00",
// "at 17:00", or the T17:00 of an ISO date.
func (p *phrase) takeClock() (Clock, error) {
	last := len(p.words) - 1
	word := p.words[last]
	if day, clock, ok := strings.Cut(word, "t"); ok && last == 0 && looksISO(day) {
		p.words = []string{day}
		return p.clock(clock)
	}
	if last == 0 || !strings.Contains(word, ":") {
		return NoClock, nil
	}
	p.words = p.words[:last]
	if last > 1 && p.words[last-1] == "at" {
		p.words = p.words[:last-1]
	}
	return p.clock(word)
}

func (p *phrase) clock(word string) (Clock, error) {
	clock, err := ParseClock(word)
	if err == nil && clock == 24*60 {
		return NoClock, fmt.Errorf("%s: 24:00 is an end of working hours only; a date alone ends with its day", quote(p.text))
	}
	return clock, err
}

// date reads what is left once the time is gone.
func (p *phrase) date(today Date, c *Calendar) (Date, error) {
	switch w := p.words; len(w) {
	case 1:
		return p.oneWord(today, c)
	case 2:
		if w[0] == "next" {
			return nextWeek(w[1], today)
		}
		return p.dayAndMonth(w, today)
	case 3:
		if w[0] == "in" {
			return inUnits(w[1], w[2], today)
		}
		return p.dayAndMonth(w, today)
	}
	return 0, errForm
}

func (p *phrase) oneWord(today Date, c *Calendar) (Date, error) {
	word := p.words[0]
	if day, ok := named(word, today); ok {
		return day, nil
	}
	if day, ok := parseWeekday(word); ok {
		ahead := (int(day) - int(today.Weekday()) + 6) % 7
		return today + Date(ahead) + 1, nil
	}
	if looksISO(word) {
		return ParseDate(word)
	}
	if err := p.numbersOnly(word); err != nil {
		return 0, err
	}
	return offset(word, today, c)
}

// named reads the words that stand for one date.
func named(word string, today Date) (Date, bool) {
	_, month, _ := today.Civil()
	switch word {
	case "today":
		return today, true
	case "tomorrow":
		return today + 1, true
	case "yesterday":
		return today - 1, true
	case "eom":
		return monthEnd(today, 0), true
	case "eoq":
		return monthEnd(today, 2-int(month-1)%3), true
	case "eoy":
		return monthEnd(today, 12-int(month)), true
	}
	return 0, false
}

// nextWeek is a weekday of the next ISO week.
func nextWeek(name string, today Date) (Date, error) {
	day, ok := parseWeekday(name)
	if !ok {
		return 0, errForm
	}
	return today - fromMonday(today.Weekday()) + 7 + fromMonday(day), nil
}

// fromMonday counts the days of a week before d.
func fromMonday(d time.Weekday) Date { return Date((d + 6) % 7) }

// offset reads 3w, 10bd and +10d.
func offset(word string, today Date, c *Calendar) (Date, error) {
	if days, ok := strings.CutPrefix(word, "+"); ok {
		if days, ok = strings.CutSuffix(days, "d"); ok {
			return workdaysAhead(days, today, c)
		}
		return 0, errForm
	}
	if days, ok := strings.CutSuffix(word, "bd"); ok {
		return workdaysAhead(days, today, c)
	}
	if weeks, ok := strings.CutSuffix(word, "w"); ok {
		return inUnits(weeks, "weeks", today)
	}
	return 0, errForm
}

func workdaysAhead(digits string, today Date, c *Calendar) (Date, error) {
	n, ok := amount(digits)
	if !ok {
		return 0, errForm
	}
	return c.AddWorkdays(today, n), nil
}

// inUnits is n calendar days, weeks or months after today.
func inUnits(digits, unit string, today Date) (Date, error) {
	n, ok := amount(digits)
	if !ok {
		return 0, errForm
	}
	switch strings.TrimSuffix(unit, "s") {
	case "day":
		return today + Date(n), nil
	case "week":
		return today + Date(7*n), nil
	case "month":
		return addMonths(today, n), nil
	}
	return 0, errForm
}

// amount reads a plain number of up to five digits.
func amount(digits string) (int, bool) {
	if len(digits) > 5 || !allDigits(digits) {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// dayAndMonth reads "5 dec", "dec 5", each perhaps with a year.
func (p *phrase) dayAndMonth(words []string, today Date) (Date, error) {
	day, month, ok := dayMonth(words[0], words[1])
	if !ok {
		return 0, errForm
	}
	if len(words) == 3 {
		if len(words[2]) != 4 || !allDigits(words[2]) {
			return 0, errForm
		}
		year, _ := strconv.Atoi(words[2])
		return p.exact(year, month, day)
	}
	year, _, _ := today.Civil()
	for y := year; y <= year+8; y++ { // 29 February can be eight years off
		if d, err := p.exact(y, month, day); err == nil && d >= today {
			return d, nil
		}
	}
	return 0, p.noSuchDay()
}

// dayMonth reads a day and a month in either order; a comma may follow the day.
func dayMonth(a, b string) (day int, month time.Month, ok bool) {
	if _, first := parseMonth(a); first {
		a, b = strings.TrimSuffix(b, ","), a
	}
	month, ok = parseMonth(b)
	if !ok || len(a) > 2 || !allDigits(a) {
		return 0, 0, false
	}
	day, err := strconv.Atoi(a)
	return day, month, err == nil
}

// parseMonth reads a lower-case month name, short or long.
func parseMonth(s string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if long := strings.ToLower(m.String()); s == long || s == long[:3] {
			return m, true
		}
	}
	return 0, false
}

// exact refuses a day that does not exist.
func (p *phrase) exact(year int, month time.Month, day int) (Date, error) {
	d := NewDate(year, month, day)
	if y, m, n := d.Civil(); y != year || m != month || n != day {
		return 0, p.noSuchDay()
	}
	return d, nil
}

func (p *phrase) noSuchDay() error {
	return fmt.Errorf("%s is a day that does not exist", quote(p.text))
}

// numbersOnly refuses 05/12/2026 and its like, which people on two continents
// read as different days, and tells the readings.
func (p *phrase) numbersOnly(word string) error {
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) != 3 || !allDigits(strings.Join(parts, "")) {
		return nil
	}
	readings := readingsOf(parts)
	if len(readings) == 0 {
		return nil
	}
	if len(readings) == 1 {
		return fmt.Errorf("%s: write it as %s", quote(p.text), readings[0])
	}
	return fmt.Errorf("%s can be read as %s (day first) or %s (month first): write the one you mean",
		quote(p.text), readings[0], readings[1])
}

// readingsOf lists the dates that three numbers may mean, day first before
// month first.
func readingsOf(parts []string) []string {
	n := [3]int{}
	for i, part := range parts {
		if len(part) > 4 {
			return nil
		}
		n[i], _ = strconv.Atoi(part)
	}
	orders := [][3]int{{n[2], n[1], n[0]}, {n[2], n[0], n[1]}}
	if len(parts[0]) == 4 {
		orders = [][3]int{{n[0], n[1], n[2]}}
	}
	var readings []string
	for _, o := range orders {
		year := o[0]
		if year < 100 {
			year += 2000
		}
		d := NewDate(year, time.Month(o[1]), o[2])
		_, month, day := d.Civil()
		text := d.String()
		if int(month) == o[1] && day == o[2] && (len(readings) == 0 || readings[0] != text) {
			readings = append(readings, text)
		}
	}
	return readings
}

// looksISO reports whether a word has the shape of YYYY-MM-DD.
func looksISO(s string) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-' && allDigits(s[:4]+s[5:7]+s[8:])
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
