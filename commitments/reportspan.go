package commitments

import (
	"fmt"

	"kept/commitments/calendar"
)

// ReportSpec says what a report is to be about.
type ReportSpec struct {
	From, To Date // first and last day
	At       Instant
	By       Grouping
	Calendar *calendar.Calendar // gives the zone in which times are told
	Currency string             // of all money
}

// Limits of a report.
const (
	weeklyUpTo  = 13 * 7 // days that are told week by week; longer ones month by month
	longestSpan = 50     // years
)

// valid refuses a span that has no days, or more than anybody means.
func (s *ReportSpec) valid() error {
	switch {
	case s.To < s.From:
		return Invalid("to", fmt.Sprintf("%s is before --from, %s", s.To.Human(), s.From.Human()))
	case s.To > s.From+longestSpan*366:
		return Invalid("from", fmt.Sprintf("%s to %s is more than %d years", s.From.Human(), s.To.Human(), longestSpan))
	}
	return nil
}

// UsualSpan is what a report is about unless somebody says otherwise: the twelve full
// months before the month of the last day, and that month up to it.
func UsualSpan(to Date) (from Date) {
	year, month, _ := to.Civil()
	return calendar.NewDate(year-1, month, 1)
}

// periods are the weeks or months of the span, in order.
func (s *ReportSpec) periods() (step string, periods []Period) {
	step, next := "month", nextMonth
	if s.To-s.From < weeklyUpTo {
		step, next = "week", nextWeek
	}
	for from := s.From; from <= s.To; {
		name, until := next(from)
		periods = append(periods, Period{Name: name, From: from, To: min(until-1, s.To)})
		from = until
	}
	return step, periods
}

// nextWeek names the ISO week of a day, and gives the first day after it.
func nextWeek(d Date) (name string, next Date) {
	year, week := d.ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week), monday(d) + 7
}

// nextMonth names the month of a day, and gives the first day after it.
func nextMonth(d Date) (name string, next Date) {
	year, month, _ := d.Civil()
	return fmt.Sprintf("%d-%02d", year, month), calendar.NewDate(year, month+1, 1)
}

// monday is the first day of the week of d.
func monday(d Date) Date { return d - (Date(d.Weekday())+6)%7 }
