package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRealPromises imports real lists as they looked on the morning of a day, and
// counts what is open, overdue and how late, a second time and without Kept.
func TestRealPromises(t *testing.T) {
	for _, c := range []struct{ file, day string }{
		{"boston311.csv", "2011-07-20"}, {"boston311.csv", "2011-09-30"}, {"scms.csv", "2011-04-16"}, {"scms.csv", "2011-05-25"},
	} {
		t.Run(c.file+" "+c.day, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			list := filepath.Join(dir, "list.csv")
			want := cut(t, filepath.Join("testdata", "real", c.file), c.day, list)
			k := realKept{t, filepath.Join(dir, "kept.db")}
			k.run("init", "--admin", "ada@example.com", "--name", "Ada")
			var first, again struct{ Rows, Created, Unchanged int }
			k.json(&first, "import", list, "--create", "--at", c.day)
			k.json(&again, "import", list, "--create", "--at", c.day)
			if first.Created != first.Rows || again.Unchanged != again.Rows || first.Rows == 0 {
				t.Errorf("imported %+v, then %+v", first, again)
			}
			var swept struct{ Reviewed int }
			k.json(&swept, "sweep", "--at", c.day)
			if swept.Reviewed != first.Rows {
				t.Errorf("reviewed %d of %d", swept.Reviewed, first.Rows)
			}
			if got := k.count(c.day); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if want.Open == 0 || want.Overdue == 0 {
				t.Errorf("%+v proves nothing", want)
			}
		})
	}
}

type counts struct{ Open, Overdue, DaysLate int }

// cut writes the list as it looked on the morning of a day, and counts it by
// comparing dates as text and by walking from day to day.
func cut(t *testing.T, file, day, to string) (n counts) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	out := rows[:1]
	for _, r := range rows[1:] {
		if r[column["made_at"]][:10] >= day {
			continue
		}
		if delivered := &r[column["delivered_at"]]; *delivered == "" || (*delivered)[:10] >= day {
			*delivered = ""
			n.Open++
			if promise := r[column["promise_date"]][:10]; promise < day {
				n.Overdue++
				n.DaysLate += weekdaysAfter(t, promise, day)
			}
		}
		out = append(out, r)
	}
	g, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := csv.NewWriter(g).WriteAll(out); err != nil {
		t.Fatal(err)
	}
	return n
}

func weekdaysAfter(t *testing.T, from, through string) (n int) {
	d, err := time.Parse(time.DateOnly, from)
	if err != nil {
		t.Fatal(err)
	}
	for d.Format(time.DateOnly) < through {
		d = d.AddDate(0, 0, 1)
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			n++
		}
	}
	return max(1, n)
}

// realKept runs commands on one database.
type realKept struct {
	*testing.T
	db string
}

func (k realKept) run(args ...string) string {
	k.Helper()
	var out, errs strings.Builder
	args = append(args, "--db", k.db)
	if status := run(args, strings.NewReader(""), &out, &errs, func(string) string { return "" }); status != 0 {
		k.Fatalf("kept %s: %d: %s", strings.Join(args, " "), status, errs.String())
	}
	return out.String()
}

func (k realKept) json(into any, args ...string) {
	k.Helper()
	if err := json.Unmarshal([]byte(k.run(append(args, "--json")...)), into); err != nil {
		k.Fatal(err)
	}
}

// count asks the list and the digest, which must agree.
func (k realKept) count(day string) (n counts) {
	var list []struct{ Stage string }
	k.json(&list, "list", "--at", day)
	overdue := 0
	for _, p := range list {
		if p.Stage == "overdue" {
			overdue++
		}
	}
	var digest struct {
		Overdue []struct {
			Items []struct {
				Late int `json:"days_late"`
			}
		}
	}
	k.json(&digest, "digest", "--at", day)
	for _, customer := range digest.Overdue {
		for _, i := range customer.Items {
			n.Overdue++
			n.DaysLate += i.Late
		}
	}
	if n.Open = len(list); n.Overdue != overdue {
		k.Errorf("the list has %d overdue, the digest %d", overdue, n.Overdue)
	}
	return n
}
