package store_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

func TestEventsAreAppendOnlyToTheDatabaseItself(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		statements := []string{
			"UPDATE events SET kind = 'other'", "UPDATE events SET id = id", "DELETE FROM events", "DELETE FROM events WHERE id = 1",
		}
		if h.Engine() == "sqlite" {
			statements = append(statements,
				"INSERT OR REPLACE INTO events (id, at, recorded_at, kind, subject, subject_id) VALUES (1, 0, 0, 'other', 'x', 1)",
				"REPLACE INTO events (id, at, recorded_at, kind, subject, subject_id) VALUES (1, 0, 0, 'other', 'x', 1)",
				"UPDATE OR REPLACE events SET kind = 'other'",
			)
		} else {
			statements = append(statements, "TRUNCATE events", "TRUNCATE events CASCADE")
		}
		statements = append(statements, "INSERT INTO events (id, at, recorded_at, kind, subject, subject_id) VALUES (1, 0, 0, 'other', 'x', 1) ON CONFLICT (id) DO UPDATE SET kind = 'other'")
		read := func() string {
			var all []string
			must(t, h.Raw().Select(&all, "SELECT id || kind || subject || data FROM events ORDER BY id"))
			return strings.Join(all, "\n")
		}
		before := read()
		for _, s := range statements {
			if _, err := h.Raw().Exec(s); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", s, err)
			}
		}
		if after := read(); before == "" || after != before {
			t.Errorf("events\n%s\nwere\n%s", after, before)
		}
	})
}

// Kept itself puts no name or address into an event, of nobody it knows, so that a person
// can be erased. The words that somebody typed (what was promised, why, a note) are kept
// as they were typed: without them the events would not say what happened, and erasing a
// person does not reach into the same words in the promise's own row either.
func TestEventsHoldNoNames(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("Zebediah", commitments.Member)
		_, err := h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Quetzal"), Padding: new("2d"), Contact: &store.ContactInput{Name: "Zebediah", Email: new("zebediah@example.com")}})
		must(t, err)
		h.promise(func(p *store.NewPromise) { p.Owner, p.Customer, p.Title = "Zebediah", "Quetzal", "Xylophone" })
		_, err = h.HandOver(h.ctx, h.op("1", "2020-11-03"), "Ada", "the Xylophone is half tuned")
		must(t, err)
		_, err = h.NewDate(h.ctx, h.op("1", "2020-11-04"), store.NewDate{Promise: "2020-11-19", Why: "Xylophone strings", ToldBy: "Zebediah"})
		must(t, err)
		h.importing("customer,owner,title,promise_date,manager\nQuetzal Two,Zebediah Two,Xylophone,2020-11-20,Zebediah Three\n")
		_, err = h.Sweep(h.ctx, instant("2020-11-18 10:00"))
		must(t, err)
		var found []string
		must(t, h.Raw().Select(&found, "SELECT data FROM events WHERE lower(data) LIKE '%zebediah%' OR lower(data) LIKE '%quetzal%' OR data LIKE '%@%'"))
		if len(found) > 0 {
			t.Errorf("events hold names: %q", found)
		}
		must(t, h.Raw().Select(&found, "SELECT data FROM events WHERE data LIKE '%Xylophone%'"))
		if len(found) != 4 {
			t.Errorf("what was typed stands in %d events: %q", len(found), found)
		}
	})
}

// TestAMigratedDatabaseIsAFreshOne: whatever version a database began at, it ends with
// the tables, indexes, checks and triggers of a new one.
func TestAMigratedDatabaseIsAFreshOne(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			a, b := described(t, fresh(t, e.dsn(t))), described(t, migrated(t, e.dsn(t)))
			if len(a) < 50 {
				t.Fatalf("only %d things described: this proves nothing", len(a))
			}
			for thing, sql := range a {
				if b[thing] != sql {
					t.Errorf("%s\nfresh    %s\nmigrated %s", thing, sql, b[thing])
				}
			}
			for thing := range b {
				if _, ok := a[thing]; !ok {
					t.Errorf("%s is in the migrated database only", thing)
				}
			}
			if !reflect.DeepEqual(a, b) && !t.Failed() {
				t.Error("they differ")
			}
		})
	}
}

var spaces = regexp.MustCompile(`(--[^\n]*)?\s+`)

// described is everything a database is made of.
func described(t *testing.T, h *home) map[string]string {
	t.Helper()
	queries := []string{
		"SELECT 'column ' || m.name || '.' || x.name, x.cid || x.type || x.\"notnull\" || coalesce(x.dflt_value, '') || x.pk FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table'",
		"SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema",
	}
	if h.Engine() == "postgres" {
		queries = []string{
			"SELECT 'column ' || table_name || '.' || column_name, ordinal_position || data_type || is_nullable || coalesce(column_default, '') || is_identity FROM information_schema.columns WHERE table_schema = 'public'",
			"SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
			"SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
			"SELECT 'trigger ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
			"SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
		}
	}
	things := map[string]string{}
	for _, q := range queries {
		rows, err := h.Raw().Query(q)
		must(t, err)
		for rows.Next() {
			var thing, sql string
			must(t, rows.Scan(&thing, &sql))
			things[thing] = spaces.ReplaceAllString(sql, " ")
		}
		must(t, rows.Err())
		rows.Close()
	}
	return things
}
