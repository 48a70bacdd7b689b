package commitments

import (
	"fmt"
	"strconv"
	"strings"

	"kept/commitments/calendar"
)

// Rule says how much padding belongs between the target and the promise.
type Rule struct {
	Days    int  // a fixed number of working days
	Percent int  // or a share of the working days after the day made, up to the target
	Learned int  // or what history says keeps this percentage of promises
	fixed   bool // tells 0d from "no rule"
}

// ParseRule reads 5d, 20% or learned:95. The empty text is no rule.
func ParseRule(s string) (Rule, error) {
	bad := Invalid("padding", fmt.Sprintf("%q is not a padding rule: write 5d (working days), 20%% or learned:95", s))
	number := func(text string, least, most int) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most || text[0] < '0' {
			return 0, bad
		}
		return n, nil
	}
	var r Rule
	var err error
	if s == "" {
		return r, nil
	}
	if d, ok := strings.CutSuffix(s, "d"); ok {
		r.fixed = true
		r.Days, err = number(d, 0, 1000)
	} else if p, ok := strings.CutSuffix(s, "%"); ok {
		r.Percent, err = number(p, 1, 1000)
	} else if q, ok := strings.CutPrefix(s, "learned:"); ok {
		r.Learned, err = number(q, 50, 99)
	} else {
		err = bad
	}
	return r, err
}

// IsZero reports whether there is no rule.
func (r Rule) IsZero() bool { return r == Rule{} }

// String is the rule as it is typed.
func (r Rule) String() string {
	switch {
	case r.fixed:
		return strconv.Itoa(r.Days) + "d"
	case r.Percent > 0:
		return strconv.Itoa(r.Percent) + "%"
	case r.Learned > 0:
		return "learned:" + strconv.Itoa(r.Learned)
	}
	return ""
}

// DefaultRule applies where nobody has said anything.
var DefaultRule = Rule{Percent: 20}

// Warning is something to know about a request that was carried out all the same.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Source is one place where a padding rule may come from: "customer Acme", 5d.
type Source struct {
	Whose string
	Rule  Rule
}

// ResolveRule picks the first rule of the sources, in their order, else the
// default, and says whose it was. A learned rule that somebody typed (the first
// source) is refused until there is history; an inherited one is passed over.
func ResolveRule(typed Rule, inherited ...Source) (Rule, string, []Warning, error) {
	if typed.Learned > 0 {
		return Rule{}, "", nil, Refused("padding", fmt.Sprintf("%s needs history that Kept does not have yet: write days (5d) or a share (20%%)", typed))
	}
	if !typed.IsZero() {
		return typed, typed.String() + ", as typed", nil, nil
	}
	var warnings []Warning
	for _, s := range inherited {
		if s.Rule.Learned > 0 {
			warnings = append(warnings, Warning{"learned-padding", fmt.Sprintf("%s of %s needs history that Kept does not have yet; the next rule was used", s.Rule, s.Whose)})
			continue
		}
		if !s.Rule.IsZero() {
			return s.Rule, s.Rule.String() + " of " + s.Whose, warnings, nil
		}
	}
	return DefaultRule, DefaultRule.String() + ", the default", warnings, nil
}

// Skip is a day off between the target and the promise.
type Skip struct {
	Date Date   `json:"date"`
	Why  string `json:"why"`
}

// Plan is the two dates of a promise with everything there is to say about them.
type Plan struct {
	Target, Promise Date
	Padding         int // working days after the target, up to and including the promise
	Why             string
	Skipped         []Skip
	Warnings        []Warning
}

// PlanDates completes the two dates from what was typed. With both, the padding is
// only counted; with one, the other is computed by the rule; a typed date on a day
// off stays, with a warning. Made is the local day the promise was made.
func PlanDates(made, target, promise Date, rule Rule, why string, cal *calendar.Calendar) (Plan, error) {
	p := Plan{Target: target, Promise: promise, Why: why}
	switch {
	case target != 0 && promise != 0:
		if promise < target {
			return p, Refused("promise", fmt.Sprintf("%s is before the target, %s: the promise comes after it", promise.Human(), target.Human()))
		}
		p.Why = "both dates as typed"
	case target != 0:
		p.Promise = cal.AddWorkdays(target, rule.after(made, target, cal))
	default:
		p.Target = rule.targetFor(made, promise, cal)
		if p.Target < made {
			p.Target = min(made, promise)
			p.warn("little-padding", "there is no room for %s before the promise: the target is the day made", why)
		}
	}
	p.count(target, promise, cal)
	return p, nil
}

// count fills in what there is to say about both dates, of which these were typed. A
// promise without a target has no padding.
func (p *Plan) count(target, promise Date, cal *calendar.Calendar) {
	if p.Target != 0 {
		p.Padding = cal.Workdays(p.Target, p.Promise)
		for _, d := range cal.Skipped(p.Target, p.Promise) {
			p.Skipped = append(p.Skipped, Skip{d.Date, d.Name})
		}
	}
	p.warnDaysOff(target, promise, cal)
}

func (p *Plan) warn(code, format string, args ...any) {
	p.Warnings = append(p.Warnings, Warning{code, fmt.Sprintf(format, args...)})
}

func (p *Plan) warnDaysOff(target, promise Date, cal *calendar.Calendar) {
	for _, typed := range []struct {
		name string
		day  Date
	}{{"target", target}, {"promise", promise}} {
		if typed.day != 0 && !cal.IsWorkday(typed.day) {
			p.warn("day-off", "the %s, %s, is a day off (%s)", typed.name, typed.day.Human(), cal.Why(typed.day))
		}
	}
	if _, through := cal.Known(); through != 0 && p.Promise > through {
		p.warn("beyond-calendar", "calendar %s knows holidays up to %s only", cal.Name(), through)
	}
}

// after is the number of padding days that belong after a typed target.
func (r Rule) after(made, target Date, cal *calendar.Calendar) int {
	if r.Percent == 0 {
		return r.Days
	}
	return r.share(cal.Workdays(made, target))
}

// share is the percentage of n working days, rounded up, at least 1.
func (r Rule) share(n int) int { return max(1, (n*r.Percent+99)/100) }

// targetFor is the latest working day that leaves the padding before a typed promise.
// No padding copies the promise, even on a day off.
func (r Rule) targetFor(made, promise Date, cal *calendar.Calendar) Date {
	if r.Percent == 0 {
		if r.Days == 0 {
			return promise
		}
		return within(cal, promise, r.Days)
	}
	total := cal.Workdays(made, promise)
	padding := max(1, total*r.Percent/(100+r.Percent))
	for padding < total && padding < r.share(total-padding) {
		padding++
	}
	return within(cal, promise, padding)
}

// Slip counts the working days by which something was delivered after the day it was
// meant for; below 0 if it was before. What is done by midnight is done that day.
func Slip(meant Date, deliveredAt Instant, cal *calendar.Calendar) int {
	done := cal.Today(deliveredAt - 1)
	if done < meant {
		return -cal.Workdays(done, meant)
	}
	return cal.Workdays(meant, done)
}
