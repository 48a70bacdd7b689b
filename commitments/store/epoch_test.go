package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kept/commitments/store"
)

// TestF48_AFileBesideTheLogOfAnotherIsRefused: an older copy of the file, put in the
// place of the newer one by hand while its log stayed.
func TestF48_AFileBesideTheLogOfAnotherIsRefused(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	must(t, h.Checkpoint(h.ctx))
	older, err := os.ReadFile(h.dsn)
	must(t, err)
	for range 2 { // nights
		must(t, h.Check(h.ctx))
		must(t, h.Checkpoint(h.ctx))
		h.promise()
	}
	must(t, h.Check(h.ctx))
	h.promise()
	newer, err := os.ReadFile(h.dsn)
	must(t, err)
	log, err := os.ReadFile(h.dsn + "-wal")
	must(t, err)
	other, err := os.ReadFile(filled(t, engines[0].dsn(t)).dsn)
	must(t, err)

	for name, c := range map[string]struct {
		file []byte
		ok   bool
	}{
		"as a kill leaves it": {newer, true},
		"an older file":       {older, false},
		"another database":    {other, false},
	} {
		dsn := filepath.Join(t.TempDir(), "kept.db")
		must(t, os.WriteFile(dsn, c.file, 0o600))
		must(t, os.WriteFile(dsn+"-wal", log, 0o600))
		s, err := store.Open(h.ctx, dsn)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			must(t, s.Close())
			continue
		}
		if !strings.Contains(err.Error(), "is not the file that the log beside it") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(dsn); string(after) != string(c.file) {
			t.Errorf("%s was written to", name)
		}
	}
}

// TestF51_ATornEndOfTheLogIsNoOtherDatabase: a power cut leaves parts of what was being
// written, such as the frame of a page without the page.
func TestF51_ATornEndOfTheLogIsNoOtherDatabase(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	must(t, h.Checkpoint(h.ctx))
	h.promise()
	must(t, h.Check(h.ctx)) // the first page is in the log
	file, err := os.ReadFile(h.dsn)
	must(t, err)
	log, err := os.ReadFile(h.dsn + "-wal")
	must(t, err)
	const head, frame, page = 32, 24, 4096
	torn := 0
	for at := head; at+frame+page <= len(log); at += frame + page {
		if log[at+3] != 1 {
			continue
		}
		dsn := filepath.Join(t.TempDir(), "kept.db")
		must(t, os.WriteFile(dsn, file, 0o600))
		must(t, os.WriteFile(dsn+"-wal", append(slices.Clone(log[:at+frame]), make([]byte, page)...), 0o600))
		s, err := store.Open(h.ctx, dsn)
		if err != nil {
			t.Errorf("torn at %d: %v", at, err)
			continue
		}
		must(t, s.Close())
		torn++
	}
	if torn == 0 {
		t.Error("the log has no first page: this proves nothing")
	}
}

// TestF48_AKilledKeptIsNeverRefused: whatever a kill leaves of file and log belongs
// together, at every moment around a new epoch.
func TestF48_AKilledKeptIsNeverRefused(t *testing.T) {
	h := filled(t, engines[0].dsn(t))
	for i := range 60 {
		switch i % 5 {
		case 0, 3:
			must(t, h.Check(h.ctx))
		case 1:
			must(t, h.Checkpoint(h.ctx))
		default:
			h.promise()
		}
		dsn := filepath.Join(t.TempDir(), "kept.db")
		for _, end := range []string{"", "-wal"} {
			content, err := os.ReadFile(h.dsn + end)
			must(t, err)
			must(t, os.WriteFile(dsn+end, content, 0o600))
		}
		s, err := store.Open(h.ctx, dsn)
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		must(t, s.Close())
	}
}
