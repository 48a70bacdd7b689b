package commitments

import (
	"maps"
	"slices"
	"strconv"
)

// Words are what an event told, shortly, what is empty included: a check-in's days of
// work, what was in the way and a note, or a call's outcome and what was said.
func (r *Record) Words() []string {
	switch {
	case r.Stage != nil:
		return []string{string(r.Stage.From) + " to " + string(r.Stage.To)}
	case r.Made != nil && len(r.Made.Dates) > 0:
		return []string{"for " + r.Made.Dates[0].Promise.Human()}
	case r.CheckIn != nil:
		return []string{daysOfWork(r.CheckIn.WorkLeft) + " left", blockedWords(r.CheckIn.Blocked), r.CheckIn.Note}
	case r.Rescue != nil:
		return []string{r.Rescue.What, r.Rescue.Note}
	case r.Date != nil:
		return []string{"now " + r.Date.Promise.Human(), r.Date.Why}
	case r.Touch != nil:
		return []string{string(r.Touch.Outcome), r.Touch.Summary}
	case r.Turn != nil:
		return []string{r.Turn.Why}
	case r.Rating != nil:
		return []string{strconv.Itoa(r.Rating.Rating) + " of 5", r.Rating.Comment}
	case r.PlusOne != nil:
		return []string{r.PlusOne.What}
	}
	return slices.Sorted(maps.Keys(r.Edited))
}

// daysOfWork is an amount of work with its noun.
func daysOfWork(d Days) string {
	if d == 100 {
		return "1 day"
	}
	return d.String() + " days"
}

func blockedWords(why string) string {
	if why == "" {
		return ""
	}
	return "blocked: " + why
}
