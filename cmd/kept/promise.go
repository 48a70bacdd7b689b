package main

import (
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// promiseWords is the date the customer was told, with its time if one was given.
func promiseWords(v commitments.View) string {
	if v.Promise == 0 {
		return "no date yet, one by " + v.DateBy.Human()
	}
	if v.PromiseTime != nil {
		return v.Promise.Human() + " at " + *v.PromiseTime
	}
	return v.Promise.Human()
}

// standing is where a promise stands, in a few labelled lines.
func standing(v commitments.View) [][2]string {
	rows := [][2]string{
		{"stage", string(v.Stage)},
		{"why", reasons(v.Reasons)},
		{"promise", promiseWords(v)},
		{"first told", differing(v.FirstDate, v.Promise)},
		{"target", human(v.Target)},
		{"date by", dateOwed(v)},
		{"waiting for", waitingWords(v)},
		{"next update", updateWords(v)},
		{"quiet", quietWords(v)},
		{"blocked", or(v.Blocked, "")},
		{"on it", since(v.AckedAt, v.Zone)},
		{"the call waits", until(v.Snoozed, v.Zone)},
	}
	if v.AcceptedAt != 0 {
		rows = append(rows, [2]string{"accepted", clockTime(v.AcceptedAt, v.Zone) + byWhom(v.AcceptedBy)})
	}
	if r := v.Rescue; r != nil {
		rows = append(rows, rescueRows(r, v)...)
	}
	if !v.Stage.Open() {
		rows = append(rows, [2]string{"verdict", verdictWords(v.Verdict)}, [2]string{"rating", ratingWords(v.Rating)})
	}
	return rows
}

// waitingWords is what we wait for from the customer, and for how long; once that is
// over, for how long it was.
func waitingWords(v commitments.View) string {
	switch total := plural(v.WaitedDays, "working day"); {
	case v.Waiting == nil && v.WaitedDays == 0:
		return ""
	case v.Waiting == nil:
		return "no longer; " + total + " in all"
	case v.Waiting.Days == v.WaitedDays:
		return v.Waiting.For + ", for " + total
	default:
		return v.Waiting.For + ", for " + plural(v.Waiting.Days, "working day") + "; " + total + " in all"
	}
}

// updateWords is the day by which the customer was promised word.
func updateWords(v commitments.View) string {
	if v.UpdateDue == 0 {
		return ""
	}
	return "owed by " + v.UpdateDue.Human()
}

// quietWords tells of a promise about which nobody has been in touch for long.
func quietWords(v commitments.View) string {
	if !v.Quiet {
		return ""
	}
	return plural(*v.QuietDays, "working day") + " without any contact"
}

// byWhom is ", by Jo Park"; nothing where that is not known.
func byWhom(name *string) string {
	if name == nil {
		return ""
	}
	return ", by " + *name
}

func since(at calendar.Instant, zone string) string {
	if at == 0 {
		return ""
	}
	return "since " + clockTime(at, zone)
}

func until(at calendar.Instant, zone string) string {
	if at == 0 {
		return ""
	}
	return "until " + deadline(at, zone)
}

// reasons are the reasons of a stage, one a line.
func reasons(all []commitments.Reason) string {
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = r.Text
	}
	return strings.Join(texts, "\n")
}

// differing is the first date, where a later one took its place.
func differing(first, now commitments.Date) string {
	if first == now {
		return ""
	}
	return human(first)
}

func dateOwed(v commitments.View) string {
	if v.Promise == 0 || v.DateBy == 0 || !v.Stage.Open() {
		return ""
	}
	return v.DateBy.Human() + ": we owe the customer a new date"
}

// human is a date for people, and nothing for none.
func human(d commitments.Date) string {
	if d == 0 {
		return ""
	}
	return d.Human()
}

// verdictWords says how a promise was kept, as far as that is known.
func verdictWords(v commitments.Verdict) string {
	text := ""
	for _, number := range []struct {
		known   *bool
		yes, no string
	}{
		{v.KeptFirst, "kept by the first date", "not kept by the first date"},
		{v.KeptAgreed, "kept as agreed", "not kept as agreed"},
		{v.ToldBeforeLate, "the customer heard of it from us before the date", "the customer did not hear of it from us before the date"},
	} {
		if number.known == nil {
			continue
		}
		if text != "" {
			text += "; "
		}
		if *number.known {
			text += number.yes
		} else {
			text += number.no
		}
	}
	return text
}
