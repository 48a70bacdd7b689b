package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// The table of deliveries keeps all that was ever sent: what is asked every few seconds
// must not look through it.
func TestClaimingForMailLooksOnlyAtWhatIsOwed(t *testing.T) {
	s, err := Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var plan []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	args := make([]any, strings.Count(mailable, "?"))
	if err := s.r.SelectContext(t.Context(), &plan, "EXPLAIN QUERY PLAN "+mailable, args...); err != nil {
		t.Fatal(err)
	}
	for _, step := range plan {
		if strings.HasSuffix(step.Detail, " deliveries") {
			t.Errorf("every delivery is looked at: %s", step.Detail)
		}
	}
	if len(plan) == 0 {
		t.Error("no plan")
	}
}
