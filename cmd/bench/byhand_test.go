package main

import (
	"os"
	"strings"
	"testing"
)

// A comparison is fair only as long as both sweeps read the same columns.
func TestTheHandWrittenSweepReadsWhatKeptsSweepReads(t *testing.T) {
	text, err := os.ReadFile("../../commitments/store/sweep.go")
	if err != nil {
		t.Fatal(err)
	}
	_, kept, _ := strings.Cut(string(text), "const selectDue = `")
	kept, _, _ = strings.Cut(kept, "`")
	byHand, _, _ := strings.Cut(selectDue, "WHERE c.next_review_at")
	if one, other := strings.Join(strings.Fields(kept), " "), strings.Join(strings.Fields(byHand), " "); one != other {
		t.Errorf("Kept's sweep:\n%s\nby hand:\n%s", one, other)
	}
}
