package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/sheet"
	"kept/commitments/store"

	"pgregory.net/rapid"
)

// exported is an export as the command line writes it.
func (h *home) exported(at calendar.Instant) string {
	h.t.Helper()
	var out bytes.Buffer
	w, err := sheet.NewCSV(&out, store.ExportColumns(), false)
	must(h.t, err)
	must(h.t, h.Export(h.ctx, h.ada, at, func(r store.ExportRow) error {
		cells := make([]sheet.Cell, len(r))
		for i, value := range r {
			switch v := value.(type) {
			case nil:
			case calendar.Date:
				cells[i] = sheet.Date(v)
			case calendar.Instant:
				cells[i] = sheet.Instant(v, nil)
			default:
				cells[i] = sheet.Text(fmt.Sprint(v))
			}
		}
		return w.Write(cells)
	}))
	must(h.t, w.Close())
	return out.String()
}

// TestAnExportImportedIsTheSame is the round trip of J2, over promises that have been
// through everything.
func TestAnExportImportedIsTheSame(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.team("Core")
		h.person("bo", commitments.Member)
		_, err := h.AddPerson(h.ctx, h.ada, store.PersonInput{Name: new("No Mail")})
		must(t, err)
		_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme"), Manager: new("bo")})
		must(t, err)
		h.promise(func(p *store.NewPromise) {
			p.Words, p.Link, p.DoneMeans, p.Price, p.Value = "=SUM(1,2)\r\n\"quoted\", and 🎉 שלום", "https://x.example/?a=1,b", "it works", "0", "143.46"
			p.Kind, p.Team, p.Owner, p.Promise = "SSO", "Core", "bo", "2020-11-20 17:00"
		})
		for _, history := range [][]string{
			{"deliver 2020-11-20"}, {"deliver 2020-11-19T10:11:12.345678Z"}, {"withdraw 2020-11-10"}, {"move us 2020-11-10"},
			{"move customer 2020-11-10T12:00:00Z", "deliver 2020-12-03"}, {"deliver 2020-11-05"},
		} {
			id := number(h.promise(func(p *store.NewPromise) { p.Owner = "no mail" }).ID)
			for _, step := range history {
				h.live(id, step)
			}
		}
		h.promise(func(p *store.NewPromise) { p.Promise, p.DateBy = "", "2020-11-20" })
		slips := number(h.promise(func(p *store.NewPromise) { p.Promise, p.DateBy = "", "2020-11-20" }).ID)
		_, err = h.Call(h.ctx, h.op(slips, "2020-11-18T09:00:00Z"), store.Call{Outcome: "slipping", DateBy: "2020-11-27"})
		must(t, err)
		dated := number(h.promise(func(p *store.NewPromise) { p.Promise, p.DateBy = "", "2020-11-20" }).ID)
		h.live(dated, "move us 2020-11-18")
		_, err = h.NewDate(h.ctx, h.op(dated, "2020-11-19T09:00:00Z"), store.NewDate{Promise: "2020-12-04 12:00", Why: "x"})
		must(t, err)

		first := h.exported(now())
		out := h.importing(first)
		if out.Unchanged != out.Rows || out.Rows != 10 {
			t.Errorf("imported where it came from: %+v", out)
		}
		other := fresh(t, engines[0].dsn(t))
		other.importing(first)
		if second := other.exported(now()); second != first {
			t.Errorf("exported\n%s\nafter an import\n%s", first, second)
		}
	})
}

func TestI32_AnyTextSurvivesExportAndImport(t *testing.T) {
	from, to := fresh(t, engines[0].dsn(t)), fresh(t, engines[0].dsn(t))
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.StringMatching("[ -~\\n\\têłשלום🎉'=+@-]{0,40}").Draw(rt, "words")
		title := rapid.StringMatching("[ -~êł🎉'=+@-]{1,40}").Draw(rt, "title")
		in := store.NewPromise{Customer: "Acme", Owner: "Ada", Title: title, Words: words, Promise: "2020-11-20", Create: true}
		added, err := from.Add(from.ctx, from.op("", "2020-11-02T09:00:00Z"), in)
		if err != nil {
			if strings.TrimSpace(title) != "" {
				rt.Fatal(err)
			}
			return
		}
		var row string
		text := from.exported(now())
		out, err := to.tryImport(text)
		if err != nil {
			rt.Fatalf("%v: %+v in %s", err, out.Rejected, text)
		}
		must(t, to.Raw().Get(&row, "SELECT title || '|' || words FROM commitments ORDER BY id DESC LIMIT 1"))
		if want := added.Title + "|" + given(added.Words); row != want {
			rt.Errorf("%q came back as %q", want, row)
		}
	})
}

func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestAnExportTellsNothingLaterThanItsInstant(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.live(number(h.promise().ID), "move us 2020-11-10")
		h.live("1", "deliver 2020-11-27")
		h.promise()
		before, after := h.exported(instant("2020-11-09 00:00")), h.exported(instant("2020-11-12 00:00"))
		if !strings.Contains(before, ",2020-11-20,") || strings.Contains(before, "2020-12-01") || strings.Contains(after, "2020-11-28") || !strings.Contains(after, "2020-12-01") {
			t.Errorf("before the new date\n%s\nafter it\n%s", before, after)
		}
		if text := h.exported(instant("2020-11-01 00:00")); strings.Count(text, "\n") != 1 {
			t.Errorf("before any promise was made\n%s", text)
		}
	})
}

func TestAnExportAsJSONSaysNullForUnknown(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise(func(p *store.NewPromise) { p.Value = "12.50" })
		must(t, h.Export(h.ctx, h.ada, now(), func(r store.ExportRow) error {
			text, err := json.Marshal(r)
			must(t, err)
			var row map[string]any
			must(t, json.Unmarshal(text, &row))
			if row["value"] != 12.5 || row["delivered_at"] != nil || row["promise_date"] != "2020-11-20" || row["made_at"] != "2020-11-02T09:00:00Z" || len(row) != len(store.ExportColumns()) {
				t.Errorf("row %s", text)
			}
			return nil
		}))
		err := h.Export(h.ctx, h.person("bo", commitments.Lead), now(), nil)
		refused(t, err, commitments.ErrRefused, "as")
	})
}
