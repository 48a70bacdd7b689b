package holidays

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
)

// fixed is a holiday on the same day every year.
func fixed(name string, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, Func: cal.CalcDayOfMonth}
}

// nth is a holiday on the n-th such weekday of a month, plus some days.
func nth(name string, month time.Month, n int, day time.Weekday, plus int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Weekday: day, Offset: n, CalcOffset: plus, Func: cal.CalcWeekdayOffset}
}

// once is a holiday of one year.
func once(name string, year int, month time.Month, day int) *cal.Holiday {
	return during(year, year, fixed(name, month, day))
}

// during keeps a holiday to a span of years; 0 is without end.
func during(from, to int, h *cal.Holiday) *cal.Holiday {
	return h.Clone(&cal.Holiday{StartYear: from, EndYear: to})
}

// since begins a holiday in a year, until ends it with one.
func since(year int, h *cal.Holiday) *cal.Holiday { return during(year, 0, h) }
func until(year int, h *cal.Holiday) *cal.Holiday { return during(0, year, h) }

// except leaves years out.
func except(h *cal.Holiday, years ...int) *cal.Holiday {
	return h.Clone(&cal.Holiday{Except: years})
}

// named is the same holiday under another name.
func named(name string, h *cal.Holiday) *cal.Holiday {
	return h.Clone(&cal.Holiday{Name: name})
}

// moving is a holiday kept on another day if it falls on some weekdays.
func moving(h *cal.Holiday, to ...cal.AltDay) *cal.Holiday {
	return h.Clone(&cal.Holiday{Observed: to})
}

// sundayToMonday is the commonest of such moves.
func sundayToMonday(h *cal.Holiday) *cal.Holiday {
	return moving(h, cal.AltDay{Day: time.Sunday, Offset: 1})
}

// with is a list and more; without is a list less some. Neither changes list.
func with(list []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return slices.Concat(list, more)
}

func without(list []*cal.Holiday, gone ...*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(list), func(h *cal.Holiday) bool { return slices.Contains(gone, h) })
}
