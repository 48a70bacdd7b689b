package main

import (
	"slices"
	"strings"

	"kept/commitments/store"
)

// eventWords is an event as one line: who, what and, as far as one line holds it, why.
func eventWords(e store.EventView) string {
	told := e.Told()
	parts := slices.DeleteFunc(append([]string{e.Kind, told.Step}, told.Words()...), func(s string) bool { return s == "" })
	return e.By + ": " + strings.Join(parts, ", ")
}
