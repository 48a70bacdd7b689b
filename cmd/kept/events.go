package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kept/commitments"
	"kept/commitments/store"
)

// eventWords is an event as one line: who, what and, as far as one line holds it, why.
func eventWords(e store.EventView) string {
	var told struct {
		Step string `json:"step"` // of an alert; a rescue's own step is within its object
		commitments.Record
	}
	if json.Unmarshal([]byte(e.Data), &told) != nil {
		told.Record = commitments.Record{} // of an older Kept: its kind says what it was
	}
	parts := slices.DeleteFunc(append([]string{e.Kind, told.Step}, recordWords(&told.Record)...), func(s string) bool { return s == "" })
	return e.By + ": " + strings.Join(parts, ", ")
}

func recordWords(r *commitments.Record) []string {
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
func daysOfWork(d commitments.Days) string {
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
