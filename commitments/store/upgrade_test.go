package store_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kept/commitments/store"
)

// asReleased are the rows of a small company as a database of version 1 held them.
//
//go:embed testdata/version-1.sql
var asReleased string

// later are the migrations of two releases to come. The second fills a table for a
// while.
var later = map[string]string{
	"00002_industry.sql": "ALTER TABLE customers ADD COLUMN industry TEXT NOT NULL DEFAULT 'unknown';",
	"00003_numbers.sql": `CREATE TABLE numbers (n BIGINT NOT NULL PRIMARY KEY);
		INSERT INTO numbers WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50000) SELECT n FROM c;
		UPDATE customers SET industry = 'tools';`,
}

// TestMain lets a test upgrade a database in a process of its own, to be killed.
func TestMain(m *testing.M) {
	dsn := os.Getenv("KEPT_TEST_UPGRADE")
	if dsn == "" {
		os.Exit(m.Run())
	}
	s, err := store.OpenLater(context.Background(), dsn, later)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestF69_EveryReleasedSchemaIsBroughtUpAfterABackup: with live data, and back again by
// way of the backup.
func TestF69_EveryReleasedSchemaIsBroughtUpAfterABackup(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Chdir(t.TempDir()) // where PostgreSQL's backup goes
			dsn := e.dsn(t)
			must(t, store.CreateAsReleased(t.Context(), dsn, asReleased))
			old, err := store.Open(t.Context(), dsn)
			must(t, err)
			was := everything(t, old)
			must(t, old.Close())

			s, err := store.OpenLater(t.Context(), dsn, later)
			must(t, err)
			ada, err := s.Actor(t.Context(), "")
			must(t, err)
			h := &home{s, t, t.Context(), dsn, ada}
			is := everything(t, s)
			for table := range was {
				if table != "customers" && is[table] != was[table] {
					t.Errorf("%s\nis  %s\nwas %s", table, is[table], was[table])
				}
			}
			if !strings.Contains(is["customers"], "tools") {
				t.Errorf("not all migrations ran: %s", is["customers"])
			}
			h.promise()
			_, err = s.Sweep(t.Context(), instant("2020-12-22 10:00"))
			must(t, err)
			must(t, s.Close())

			before := everythingIn(t, dsn)
			_, err = store.Open(t.Context(), dsn)
			if err == nil || !strings.Contains(err.Error(), "the database is version 3 and this binary knows 1: use a newer kept, or restore the backup") {
				t.Errorf("the older kept on the newer database: %v", err)
			}
			if after := everythingIn(t, dsn); after != before {
				t.Error("the older kept wrote to the newer database")
			}
			backups, err := filepath.Glob(backupsOf(e.name, dsn))
			if err != nil || len(backups) != 1 {
				t.Fatalf("backups before the upgrade: %v %v", backups, err)
			}
			_, err = store.Restore(t.Context(), dsn, backups[0], true)
			must(t, err)
			old, err = store.Open(t.Context(), dsn)
			must(t, err)
			defer old.Close()
			if again := everything(t, old); again["commitments"] != was["commitments"] || again["events"] != was["events"] {
				t.Error("the backup before the upgrade does not hold what was there")
			}
		})
	}
}

// backupsOf is where the backups before an upgrade are.
func backupsOf(engine, dsn string) string {
	if engine == "postgres" {
		return "kept.version-1.*.backup"
	}
	return dsn + ".version-1.*.backup"
}

// everythingIn is all that is in a database that is not open.
func everythingIn(t *testing.T, dsn string) string {
	t.Helper()
	s, err := store.OpenLater(t.Context(), dsn, later)
	must(t, err)
	defer s.Close()
	return fmt.Sprint(everything(t, s))
}

func TestF69_AnEmptyDatabaseNeedsNoBackupBeforeItsUpgrade(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "kept.db")
	must(t, store.CreateAtFirstVersion(t.Context(), dsn))
	s, err := store.OpenLater(t.Context(), dsn, later)
	must(t, err)
	must(t, s.Close())
	if made, _ := filepath.Glob(backupsOf("sqlite", dsn)); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}

// TestF69_NoUpgradeWithoutABackup: where it cannot be made nothing is changed.
func TestF69_NoUpgradeWithoutABackup(t *testing.T) {
	t.Chdir(t.TempDir())
	dsn := engines[1].dsn(t)
	must(t, store.CreateAsReleased(t.Context(), dsn, asReleased))
	wd, err := os.Getwd()
	must(t, err)
	must(t, os.Remove(wd))
	_, err = store.OpenLater(t.Context(), dsn, later)
	if err == nil || !strings.Contains(err.Error(), "cannot be backed up before") {
		t.Errorf("upgraded without a backup: %v", err)
	}
	s, err := store.Open(t.Context(), dsn)
	must(t, err)
	must(t, s.Close())
}

// TestF08_KilledInsideAMigration: the database is of one version or the other, the next
// start goes on, and no backup is half there.
func TestF08_KilledInsideAMigration(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			versions := map[int64]int{}
			for range 12 {
				dsn := e.dsn(t)
				must(t, store.CreateAsReleased(t.Context(), dsn, asReleased))
				upgradeAndKill(t, dsn, time.Duration(random.IntN(400))*time.Millisecond)
				versions[versionOf(t, dsn)]++
				s, err := store.OpenLater(t.Context(), dsn, later)
				must(t, err)
				var n int
				must(t, s.Raw().Get(&n, "SELECT count(*) FROM numbers"))
				all := everything(t, s)
				if n != 50000 || !strings.Contains(all["customers"], "tools") || strings.Count(all["events"], "\n") != 8 {
					t.Errorf("seed %d: %d numbers, customers %s", seed, n, all["customers"])
				}
				must(t, s.Close())
				backups, _ := filepath.Glob(backupsOf(e.name, dsn))
				for _, file := range backups {
					_, err := store.TestRestore(t.Context(), file)
					must(t, err)
				}
			}
			t.Logf("seed %d: killed at versions %v", seed, versions)
		})
	}
}

func upgradeAndKill(t *testing.T, dsn string, after time.Duration) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), "KEPT_TEST_UPGRADE="+dsn)
	var said strings.Builder
	c.Stderr = &said
	must(t, c.Start())
	stop := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer stop.Stop()
	var failed *exec.ExitError
	if err := c.Wait(); errors.As(err, &failed) && failed.ExitCode() > 0 {
		t.Fatalf("the upgrade failed: %s", &said)
	}
}

// versionOf is the version of a database that a killed process has left.
func versionOf(t *testing.T, dsn string) (version int64) {
	t.Helper()
	s, err := store.Connect(t.Context(), dsn)
	must(t, err)
	defer s.Close()
	version, err = s.Version(t.Context())
	must(t, err)
	_, err = s.Raw().Exec("SELECT industry FROM customers")
	if (err == nil) != (version >= 2) {
		t.Errorf("version %d, and its column: %v", version, err)
	}
	return version
}
