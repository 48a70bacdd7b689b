package store_test

import (
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kept/commitments/store"
	"kept/commitments/store/pgtest"
)

func TestF46_AMissingDatabaseIsNotMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.db")
	_, err := store.Open(t.Context(), path)
	if err == nil || !strings.Contains(err.Error(), "kept init") {
		t.Errorf("opening what is not there: %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("it is there now")
	}
}

// damaged are files that are no sound database of Kept, each with what its error says.
func damaged(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, content []byte) string {
		must(t, os.WriteFile(path(name), content, 0o600))
		return path(name)
	}
	sound := fresh(t, path("sound.db"))
	must(t, sound.Close())
	whole, err := os.ReadFile(path("sound.db"))
	must(t, err)
	foreign, err := sql.Open("sqlite3", path("foreign.db"))
	must(t, err)
	_, err = foreign.ExecContext(t.Context(), "CREATE TABLE commitments (id INTEGER PRIMARY KEY)")
	must(t, err)
	must(t, foreign.Close())
	socket, err := net.Listen("unix", path("socket"))
	must(t, err)
	t.Cleanup(func() { socket.Close() })
	must(t, os.Mkdir(path("folder"), 0o700))
	return map[string]string{
		path("folder"):                          "is a folder",
		path("socket"):                          "is not a file",
		os.DevNull:                              "is not a file",
		path("foreign.db"):                      "another program",
		write("text.txt", []byte("dear diary")): "not a Kept database",
		write("empty.db", nil):                  "0 bytes",
		write("short.db", whole[:50]):           "not a Kept database",
		write("header.db", whole[:100]):         "",
		write("half.db", whole[:len(whole)/2]):  "",
	}
}

func TestI09_F47_WhatIsNoDatabaseOfKeptIsLeftAlone(t *testing.T) {
	for path, says := range damaged(t) {
		before, _ := os.ReadFile(path)
		s, err := store.Open(t.Context(), path)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", filepath.Base(path), err, says)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s was written to", filepath.Base(path))
		}
	}
}

func TestCreateWritesOverNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.db")
	must(t, os.WriteFile(path, []byte("dear diary"), 0o600))
	if _, err := store.Create(t.Context(), path); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("creating over a file: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "dear diary" {
		t.Error("the file was written to")
	}
	if _, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder.db")); err == nil {
		t.Error("created in a folder that is not there")
	}
	dsn := pgtest.Open(t)
	fresh(t, dsn)
	if _, err := store.Create(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "tables already") {
		t.Errorf("creating over tables: %v", err)
	}
}

func TestADatabaseIsForItsOwnerAlone(t *testing.T) {
	h := fresh(t, filepath.Join(t.TempDir(), "kept.db"))
	h.promise()
	for _, name := range []string{h.dsn, h.dsn + "-wal"} {
		info, err := os.Stat(name)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestPathsOfAnyName(t *testing.T) {
	for _, name := range []string{"my kept.db", "50%.db", "what?.db", "a#b.db", "żółć.db", "a&b=c;d.db"} {
		path := filepath.Join(t.TempDir(), name)
		h := fresh(t, path)
		h.promise()
		must(t, h.Close())
		s, err := store.Open(t.Context(), path)
		must(t, err)
		must(t, s.Close())
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || entries[0].Name() != name {
			t.Errorf("%s made %v, %v", name, entries, err)
		}
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	for _, e := range engines {
		dsn := e.dsn(t)
		h := fresh(t, dsn)
		_, err := h.Raw().Exec("INSERT INTO schema_versions (version_id, is_applied) VALUES (99, " + map[string]string{"sqlite": "1", "postgres": "true"}[e.name] + ")")
		must(t, err)
		if _, err := store.Open(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "version 99") || !strings.Contains(err.Error(), "newer kept") {
			t.Errorf("%s: %v", e.name, err)
		}
	}
	if _, err := store.Open(t.Context(), pgtest.Open(t)); err == nil || !strings.Contains(err.Error(), "kept init") {
		t.Errorf("an empty PostgreSQL database: %v", err)
	}
}

func TestI12_ASecondServeOnOneFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.db")
	h := fresh(t, path)
	first, err := h.LockForServing()
	must(t, err)
	other, err := store.Open(t.Context(), path)
	must(t, err)
	defer other.Close()
	if _, err := other.LockForServing(); err == nil || !strings.Contains(err.Error(), "another `kept serve`") {
		t.Errorf("a second one: %v", err)
	}
	must(t, first.Close())
	again, err := other.LockForServing()
	must(t, err)
	must(t, again.Close())

	pg := fresh(t, pgtest.Open(t))
	for range 2 {
		lock, err := pg.LockForServing()
		must(t, err)
		defer lock.Close()
	}
}

func TestSettingsLast(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		was := h.Settings()
		other, err := store.Open(h.ctx, h.dsn)
		must(t, err)
		defer other.Close()
		if is := other.Settings(); was.Instance == "" || was.Currency != "USD" || is != was {
			t.Errorf("settings %+v, and %+v when opened again", was, is)
		}
		if second := fresh(t, engines[0].dsn(t)).Settings(); second.Instance == was.Instance {
			t.Error("two databases share an instance name")
		}
	})
}

func TestWrongSetupsAreRefused(t *testing.T) {
	for field, in := range map[string]store.Setup{
		"zone":     {Zone: "Mars/Base", AdminName: "Ada"},
		"currency": {Currency: "dollars", AdminName: "Ada"},
		"admin":    {AdminEmail: "nowhere", AdminName: "Ada"},
		"name":     {AdminName: "A\x07da"},
	} {
		s, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "kept.db"))
		must(t, err)
		defer s.Close()
		err = s.Init(t.Context(), in)
		if err == nil || !strings.HasPrefix(err.Error(), field+": ") {
			t.Errorf("%+v: %v", in, err)
		}
		must(t, s.Init(t.Context(), store.Setup{AdminName: "Ada"}))
	}
}
