package store_test

import (
	"testing"
	"time"

	"kept/commitments/store"
)

// A message may only have been in the same hands as the one that ended the process, or
// something else did: it must not wait ten minutes for that.
func TestF15_RestOfAMessageThatSeemsToEndTheProcessGrows(t *testing.T) {
	for crashes, want := range map[int]time.Duration{
		store.PoisonAfter:       time.Minute,
		store.PoisonAfter + 1:   2 * time.Minute,
		store.PoisonAfter + 3:   8 * time.Minute,
		store.PoisonAfter + 4:   10 * time.Minute,
		store.PoisonAfter + 999: 10 * time.Minute,
	} {
		if got := store.PoisonRest(crashes, time.Minute); got != want {
			t.Errorf("after %d claims that came to nothing it rests %s, want %s", crashes, got, want)
		}
	}
}
