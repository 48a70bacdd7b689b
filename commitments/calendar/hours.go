package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultHours are the hours of a calendar that names none.
const DefaultHours = "mon-fri 09:00-17:00"

// Block is one stretch of work in a day, from From up to but not including To.
type Block struct{ From, To Clock }

// String is HH:MM-HH:MM.
func (b Block) String() string { return b.From.String() + "-" + b.To.String() }

// Hours are the blocks worked on each day of the week. Blocks of a day are in
// order and neither touch nor overlap; a day without blocks is not worked.
type Hours struct {
	days [7][]Block // by time.Weekday
}

// week lists the days as people read a week, Monday first.
var week = [7]time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// ParseHours reads weekly hours such as
//
//	mon-fri 09:00-12:30,13:30-17:30; sat 10:00-14:00
//
// Days may be a range (also over the weekend: sun-thu) or a list (mon,wed),
// and 24:00 ends a day. Empty, backwards and overlapping blocks are refused;
// blocks that touch become one.
func ParseHours(s string) (Hours, error) {
	var h Hours
	for part := range strings.SplitSeq(strings.ToLower(s), ";") {
		if err := h.addPart(strings.TrimSpace(part)); err != nil {
			return Hours{}, err
		}
	}
	for _, d := range week {
		joined, err := joinBlocks(h.days[d])
		if err != nil {
			return Hours{}, fmt.Errorf("%w on %s", err, dayName(d))
		}
		h.days[d] = joined
	}
	return h, nil
}

// addPart adds "mon-fri 09:00-12:30,13:30-17:30" to h.
func (h *Hours) addPart(part string) error {
	dayText, blockText, ok := strings.Cut(part, " ")
	if !ok {
		return fmt.Errorf("%s are not working hours: write days and times, as in %q", quote(part), DefaultHours)
	}
	days, err := parseDays(dayText)
	if err != nil {
		return err
	}
	for text := range strings.SplitSeq(blockText, ",") {
		b, err := parseBlock(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		for _, d := range days {
			h.days[d] = append(h.days[d], b)
		}
	}
	return nil
}

// parseDays reads "mon", "mon-fri", "sun-thu" or "mon,wed,fri".
func parseDays(s string) ([]time.Weekday, error) {
	var days []time.Weekday
	for item := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(item, "-")
		from, ok := parseWeekday(first)
		to, ok2 := from, true
		if isRange {
			to, ok2 = parseWeekday(last)
		}
		if !ok || !ok2 {
			return nil, fmt.Errorf("%s is not a day of the week: write mon, tue, wed, thu, fri, sat or sun", quote(item))
		}
		for d := from; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == to {
				break
			}
		}
	}
	return days, nil
}

// parseBlock reads HH:MM-HH:MM.
func parseBlock(s string) (Block, error) {
	fromText, toText, ok := strings.Cut(s, "-")
	if !ok {
		return Block{}, fmt.Errorf("%s is not a block of hours: write HH:MM-HH:MM, as in 09:00-17:00", quote(s))
	}
	from, err := ParseClock(strings.TrimSpace(fromText))
	if err != nil {
		return Block{}, err
	}
	to, err := ParseClock(strings.TrimSpace(toText))
	if err != nil {
		return Block{}, err
	}
	if to <= from {
		return Block{}, fmt.Errorf("%s ends before it begins: write work past midnight as two blocks, "+
			"22:00-24:00 and the next day 00:00-06:00", quote(s))
	}
	return Block{from, to}, nil
}

// joinBlocks orders the blocks of a day and joins those that touch.
func joinBlocks(blocks []Block) ([]Block, error) {
	slices.SortFunc(blocks, func(a, b Block) int { return int(a.From - b.From) })
	var joined []Block
	for _, b := range blocks {
		last := len(joined) - 1
		switch {
		case last < 0 || b.From > joined[last].To:
			joined = append(joined, b)
		case b.From == joined[last].To:
			joined[last].To = b.To
		default:
			return nil, fmt.Errorf("%v and %v overlap", joined[last], b)
		}
	}
	return joined, nil
}

// On are the blocks worked on a day of the week. The caller must not change them.
func (h Hours) On(d time.Weekday) []Block { return h.days[d] }

// String is the shortest text that ParseHours reads as h.
func (h Hours) String() string {
	var parts []string
	for i := 0; i < len(week); {
		blocks := h.days[week[i]]
		j := i + 1
		for j < len(week) && slices.Equal(h.days[week[j]], blocks) {
			j++
		}
		if len(blocks) > 0 {
			parts = append(parts, dayRange(week[i], week[j-1])+" "+blockList(blocks))
		}
		i = j
	}
	return strings.Join(parts, "; ")
}

func dayRange(from, to time.Weekday) string {
	if from == to {
		return dayName(from)
	}
	return dayName(from) + "-" + dayName(to)
}

func blockList(blocks []Block) string {
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.String()
	}
	return strings.Join(texts, ",")
}

// mask has bit d set for each worked time.Weekday d.
func (h Hours) mask() uint8 {
	var m uint8
	for d, blocks := range h.days {
		if len(blocks) > 0 {
			m |= 1 << d
		}
	}
	return m
}

// extra are the hours of an extra working day on a weekday that has none of
// its own: those of the first worked day of the week.
func (h Hours) extra() []Block {
	for _, d := range week {
		if len(h.days[d]) > 0 {
			return h.days[d]
		}
	}
	return nil
}

// dayName is the short lower-case name, "mon".
func dayName(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

// parseWeekday reads a lower-case day name, short or long.
func parseWeekday(s string) (time.Weekday, bool) {
	for _, d := range week {
		if long := strings.ToLower(d.String()); s == long || s == long[:3] {
			return d, true
		}
	}
	return 0, false
}

// quote shows what somebody typed, escaped and cut to a readable length.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
