package commitments

import (
	"fmt"
	"strings"
)

// MovedByUs counts the dates that we, and not the customer, asked to put in the place of
// another.
func MovedByUs(dates []PromiseDate) (n int) {
	for _, d := range dates[min(1, len(dates)):] {
		if d.AskedBy == "us" {
			n++
		}
	}
	return n
}

// MovedAgain warns of a change, already taken in, by which we move a date that we have
// moved before.
func (p *Promise) MovedAgain(c Change) []Warning {
	n := MovedByUs(p.History.Dates)
	if c.Date == nil || c.Date.AskedBy != "us" || n < 2 {
		return nil
	}
	told := make([]string, len(p.History.Dates))
	for i, d := range p.History.Dates {
		told[i] = d.Promise.Human()
	}
	return []Warning{{"moved-again", fmt.Sprintf("this is the %s time we move this date; the customer was told %s. Their account manager hears of it",
		Ordinal(n), strings.Join(told, ", then "))}}
}

// Ordinal is a small number as a place in an order: second, third, 4th.
func Ordinal(n int) string {
	switch n {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	}
	return fmt.Sprintf("%dth", n)
}
