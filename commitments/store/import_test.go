package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kept/commitments"
	"kept/commitments/sheet"
	"kept/commitments/store"
)

// list is a CSV text as an import reads it.
type list struct {
	*sheet.Reader
	row *sheet.Row
}

func newList(t testing.TB, r *sheet.Reader, err error) *list {
	t.Helper()
	must(t, err)
	t.Cleanup(func() { r.Close() })
	return &list{Reader: r}
}

func csv(t testing.TB, text string) *list {
	t.Helper()
	r, err := sheet.NewReader(strings.NewReader(text), sheet.Options{Columns: store.ImportColumns()})
	return newList(t, r, err)
}

func (l *list) Next() (int, error) {
	var err error
	l.row, err = l.Reader.Next()
	var bad *sheet.CellError
	if errors.As(err, &bad) {
		return bad.Row, &store.Rejected{Row: bad.Row, Column: bad.Column, Value: bad.Value, Message: bad.Message}
	}
	if err != nil {
		return 0, err
	}
	return l.row.Number, nil
}

func (l *list) Get(column string) string { return l.row.Get(column) }

// importing imports a list that must be accepted.
func (h *home) importing(text string, change ...func(*store.ImportOptions)) store.ImportResult {
	h.t.Helper()
	out, err := h.tryImport(text, change...)
	if err != nil {
		h.t.Fatalf("%v: %+v", err, out.Rejected)
	}
	return out
}

func (h *home) tryImport(text string, change ...func(*store.ImportOptions)) (store.ImportResult, error) {
	h.t.Helper()
	o := store.ImportOptions{Create: true}
	for _, f := range change {
		f(&o)
	}
	return h.Import(h.ctx, h.ada, csv(h.t, text), o)
}

const header = "id,customer,owner,kind,title,promised_at,made_at,target_date,promise_date,delivered_at,value,rating\n"

func TestImportMakesPromisesOfRows(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		out := h.importing(header +
			"A1,Acme,bo@example.com,SSO,Single sign-on,,2020-11-02T09:00:00,2020-11-13,2020-11-20,2020-11-20,143.46,5\n" +
			"A2,ACME ,Ada,,Bulk export,2020-11-01,2020-11-02T09:00:00+02:00,,2020-12-04T17:00:00,,,\n")
		if out.Rows != 2 || out.Created != 2 || out.Updated+out.Unchanged+out.RejectedTotal != 0 {
			t.Errorf("result %+v", out)
		}
		d, err := h.Show(h.ctx, h.ada, "A1", now())
		must(t, err)
		if d.Customer != "Acme" || d.Owner != "bo@example.com" || *d.Kind != "SSO" || d.MadeAt != instant("2020-11-02 09:00") || d.Target != day("2020-11-13") ||
			d.Promise != day("2020-11-20") || *d.PaddingDays != 5 || d.DeliveredAt != instant("2020-11-21 00:00") || d.Stage != commitments.Delivered ||
			!*d.Verdict.KeptFirst || d.Value.Hundredths != 14346 || len(d.Dates) != 1 || len(d.Events) != 1 || d.Events[0].Kind != "imported" {
			t.Errorf("A1 %+v", d)
		}
		d, err = h.Show(h.ctx, h.ada, "A2", instant("2020-11-10 12:00"))
		must(t, err)
		if d.Customer != "Acme" || d.Owner != "Ada" || d.MadeAt != instant("2020-11-02 07:00") || d.Target != 0 || d.PaddingDays != nil ||
			d.DueAt != instant("2020-12-05 00:00") || d.Stage != commitments.OnTrack {
			t.Errorf("A2 %+v", d)
		}
	})
}

func TestI27_TheSameFileTwiceChangesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"by id": header + "A1,Acme,Bo,SSO,Login,,2020-11-02,2020-11-13,2020-11-20,,143.46,\n" +
			"A2,Acme,Bo,SSO,Login,,2020-11-02,,2020-11-20,2020-11-19,,4\n",
		"by row": "customer,owner,title,promise_date\nAcme,Bo,Login,2020-11-20\nAcme,Bo,Login,2020-11-21\n",
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *home) {
				h.importing(text)
				before := h.rows("events")
				out := h.importing(text)
				if out.Unchanged != 2 || out.Created+out.Updated != 0 {
					t.Errorf("the second time %+v", out)
				}
				if after := h.rows("events"); after != before {
					t.Errorf("%d events, and %d after the second time", before, after)
				}
			})
		})
	}
}

func TestI28_OneIDTwiceAndDifferingImportsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		text := header + "A1,Acme,Bo,,Login,,2020-11-02,,2020-11-20,,,\nA2,Acme,Bo,,Export,,2020-11-02,,2020-11-20,,,\nA1,Acme,Bo,,Logout,,2020-11-02,,2020-11-20,,,\n"
		for _, partial := range []bool{false, true} {
			_, err := h.tryImport(text, func(o *store.ImportOptions) { o.Partial = partial })
			refused(t, err, commitments.ErrRefused, "id")
			if err == nil || !strings.Contains(err.Error(), "rows 2 and 4") {
				t.Errorf("%v does not name both rows", err)
			}
		}
		if n := h.rows("commitments"); n != 0 {
			t.Errorf("%d promises were imported", n)
		}
	})
}

func TestI28_OneIDTwiceInDistantRows(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		var text strings.Builder
		text.WriteString(header)
		for i := range 2 * store.ImportBatch {
			fmt.Fprintf(&text, "A%d,Acme,Bo,,Login,,2020-11-02,,2020-11-20,,,\n", i)
		}
		same, other := text.String()+"A7,Acme,Bo,,Login,,2020-11-02,,2020-11-20,,,\n", text.String()+"A7,Acme,Bo,,Logout,,2020-11-02,,2020-11-20,,,\n"
		_, err := h.tryImport(other)
		if err == nil || !strings.Contains(err.Error(), "rows 9 and 2002") {
			t.Errorf("%v does not name both rows", err)
		}
		out := h.importing(same)
		if out.Rows != 2001 || out.Created != 2000 || !warned(out, "duplicate-rows") {
			t.Errorf("identical rows: %d of %d created, %v", out.Created, out.Rows, out.Warnings)
		}
		_, err = h.tryImport(other)
		if err == nil || !strings.Contains(err.Error(), "rows 9 and 2002") {
			t.Errorf("%v does not name both rows of promises that are there already", err)
		}
	})
}

func TestI29_OneBadRowImportsNothingUnlessPartial(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		var text strings.Builder
		text.WriteString(header)
		for i := range 500 {
			if i == 250 {
				text.WriteString("B1,Globex,Bo,,Login,,2020-11-02,,2020-11-20,2020-11-01,,\n")
			}
			fmt.Fprintf(&text, "A%d,Acme,Bo,,Login,,2020-11-02,,2020-11-20,,,\n", i)
		}
		out, err := h.tryImport(text.String())
		refused(t, err, commitments.ErrRefused, "")
		if out.RejectedTotal != 1 || out.Rejected[0].Row != 252 || out.Rejected[0].Column != "delivered_at" || out.Created != 0 || h.rows("commitments")+h.rows("customers") != 0 {
			t.Errorf("result %+v, %d promises", out, h.rows("commitments"))
		}
		var told []store.Rejected
		out = h.importing(text.String(), func(o *store.ImportOptions) {
			o.Partial, o.Reject = true, func(r store.Rejected) { told = append(told, r) }
		})
		if out.Created != 500 || out.RejectedTotal != 1 || len(told) != 1 || h.rows("commitments") != 500 || h.rows("customers") != 1 {
			t.Errorf("partial: %+v, told %v", out, told)
		}
	})
}

func TestBadCellsAreRejectedByTheirColumn(t *testing.T) {
	const all = "id,customer,owner,kind,title,made_at,target_date,promise_date,delivered_at,value,rating,promise_time,withdrawn_at,first_promise_date,told_at,link,date_by\n"
	good := []string{"A1", "Acme", "Bo", "", "Login", "2020-11-02", "", "2020-11-20", "", "", "", "", "", "", "", "", ""}
	each(t, func(t *testing.T, h *home) {
		for column, values := range map[string][]string{
			"customer":           {strings.Repeat("x", 121)},
			"title":              {"", strings.Repeat("x", 201)},
			"made_at":            {"2020-11-02T25:00", "2020-11-02T09:61", "2020-11-02T09:00+99:00", "2999-01-01", "1989-12-31", "2100-01-01"},
			"promise_date":       {"", "2020-02-30", "05/12/2020", "1.2.2020", "2020-1-5", "45292", "2020-11-20T25:00", "soon"},
			"delivered_at":       {"2020-11-01", "2100-01-01", "yesterday"},
			"value":              {"1,5", "-3", "1e9"},
			"rating":             {"0", "6", "4.5"},
			"promise_time":       {"5pm", "25:00"},
			"first_promise_date": {"2020-13-01"},
			"told_at":            {"2100-01-01"},
			"date_by":            {"2020-11-20"},
		} {
			for _, value := range values {
				cells := slices.Clone(good)
				cells[slices.Index(strings.Split(strings.TrimSpace(all), ","), column)] = `"` + value + `"`
				out, err := h.tryImport(all + strings.Join(cells, ",") + "\n")
				refused(t, err, commitments.ErrRefused, "")
				if len(out.Rejected) != 1 || out.Rejected[0].Column != column || out.Rejected[0].Row != 2 {
					t.Errorf("%s = %q: rejected %+v", column, value, out.Rejected)
				}
			}
		}
		both := slices.Clone(good)
		both[8], both[12] = "2020-11-10", "2020-11-10"
		if out, err := h.tryImport(all + strings.Join(both, ",") + "\n"); err == nil || out.Rejected[0].Column != "withdrawn_at" {
			t.Errorf("delivered and withdrawn: %+v", out)
		}
		if n := h.rows("commitments"); n != 0 {
			t.Errorf("%d promises were imported", n)
		}
	})
}

func TestI33_AmbiguousDatesAreRefusedWithBothReadings(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for value, says := range map[string]string{
			"05/12/2020": "2020-12-05", "1.2.2020": "2020-01-02", "2020-1-5": "write it as 2020-01-05", "45292": "write YYYY-MM-DD", "tomorrow": "write YYYY-MM-DD",
		} {
			out, err := h.tryImport("title,owner,promise_date\nLogin,Bo," + value + "\n")
			if err == nil || len(out.Rejected) != 1 || !strings.Contains(out.Rejected[0].Message, says) {
				t.Errorf("%s: %+v", value, out.Rejected)
			}
		}
		for value, want := range map[string]string{
			"2020-11-02T09:00": "2020-11-02T08:00:00Z", "2020-11-02 09:00:30": "2020-11-02T08:00:30Z", "2020-11-02T09:00:30.5": "2020-11-02T08:00:30.5Z",
			"2020-11-02T09:00Z": "2020-11-02T09:00:00Z", "2020-11-02T09:00:00-05:00": "2020-11-02T14:00:00Z", "2020-11-02": "2020-11-01T23:00:00Z",
		} {
			_, err := h.EditCalendar(h.ctx, h.ada, "default", store.CalendarInput{Zone: new("Europe/Warsaw"), Apply: true})
			must(t, err)
			h.importing("id,title,owner,promise_date,made_at\n" + value + ",Login,Bo,2020-11-20," + value + "\n")
			d, err := h.Show(h.ctx, h.ada, value, now())
			must(t, err)
			if d.MadeAt.String() != want {
				t.Errorf("%s is %s, want %s", value, d.MadeAt, want)
			}
		}
	})
}

func TestI34_OwnersAreFoundInWhateverCase(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.person("bo", commitments.Member)
		_, err := h.AddPerson(h.ctx, h.ada, store.PersonInput{Name: new("Cy")})
		must(t, err)
		_, err = h.AddPerson(h.ctx, h.ada, store.PersonInput{Name: new("cy"), Email: new("cy@example.com")})
		must(t, err)
		_, err = h.AddCustomer(h.ctx, h.ada, store.CustomerInput{Name: new("Acme")})
		must(t, err)
		asIs := func(o *store.ImportOptions) { o.Create, o.At = false, "2020-11-02T09:00:00Z" }
		for owner, want := range map[string]string{"BO": "bo", "Bo@Example.COM": "bo", "CY@example.com": "cy"} {
			h.importing("id,customer,title,owner,promise_date\n"+owner+",acme,Login,"+owner+",2020-11-20\n", asIs)
			d, err := h.Show(h.ctx, h.ada, owner, now())
			must(t, err)
			if d.Owner != want {
				t.Errorf("%s is %s, want %s", owner, d.Owner, want)
			}
		}
		for row, says := range map[string][2]string{
			"acme,CY,":       {"owner", "several people"},
			"acme,bob,":      {"owner", "did you mean bo"},
			"acme,,":         {"owner", "is required"},
			"acme,2,":        {"owner", "no such owner"},
			"Acmee,bo,":      {"customer", "did you mean Acme"},
			"acme,bo,Nobody": {"manager", "no such manager"},
		} {
			out, err := h.tryImport("title,promise_date,customer,owner,manager\nLogin,2020-11-20,"+row+"\n", asIs)
			if err == nil || len(out.Rejected) != 1 || out.Rejected[0].Column != says[0] || !strings.Contains(out.Rejected[0].Message, says[1]) {
				t.Errorf("%s: %+v", row, out.Rejected)
			}
		}
	})
}

func TestI35_SpellingsOfOneCustomerAreOne(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		out := h.importing("id,customer,title,owner,promise_date\n" +
			"1x,ACME,Login,Bo,2020-11-20\n2x,Acme ,Login,Bo,2020-11-20\n3x,ＡＣＭＥ,Login,Bo,2020-11-20\n4x,Zoe\u0308,Login,Bo,2020-11-20\n5x,Zoë,Login,Bo,2020-11-20\n" +
			"6x,\"Acme, Inc.\",Login,Bo,2020-11-20\n7x,,Login,Bo,2020-11-20\n")
		customers, err := h.Customers(h.ctx, h.ada)
		must(t, err)
		var names []string
		for _, c := range customers {
			names = append(names, c.Name)
		}
		if want := []string{"(no customer)", "ACME", "Acme, Inc.", "Zoë"}; !reflect.DeepEqual(names, want) {
			t.Errorf("customers %q, want %q", names, want)
		}
		if !warned(out, "similar-customer") {
			t.Errorf("warnings %v", out.Warnings)
		}
	})
}

func TestI36_WhatIsOverdueAlreadyIsOldNews(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		var text strings.Builder
		text.WriteString(header)
		for i := range 1500 {
			fmt.Fprintf(&text, "A%d,Acme,Bo,,Login,,2020-11-02,,2020-11-20,,,\n", i)
		}
		out := h.importing(text.String()+"B1,Acme,Bo,,Login,,2020-11-02,,2020-12-10,,,\n", func(o *store.ImportOptions) { o.At = "2020-12-01T09:00:00Z" })
		if !warned(out, "already-overdue") || len(out.Warnings) != 1 {
			t.Errorf("warnings %v", out.Warnings)
		}
		for _, at := range []string{"2020-12-01T10:00:00Z", "2020-12-09T10:00:00Z", "2020-12-14T10:00:00Z"} {
			swept, err := h.Sweep(h.ctx, instant(at))
			must(t, err)
			for _, a := range swept.Alerts {
				if a.Commitment != 1501 {
					t.Fatalf("alert %+v for what was overdue already", a)
				}
			}
		}
		if h.rows("alerts") == 0 {
			t.Error("no alert for what went overdue after the import")
		}
	})
}

func TestAnEmptyListIsNoMistake(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		if out := h.importing(header); out.Rows != 0 || out.Created != 0 {
			t.Errorf("result %+v", out)
		}
		_, err := h.tryImport("id,customer\nA1,Acme\n")
		refused(t, err, commitments.ErrInvalid, "title")
		_, err = h.tryImport("id,title\nA1,Login\n")
		refused(t, err, commitments.ErrInvalid, "promise_date")
		_, err = h.Import(h.ctx, h.person("bo", commitments.Lead), csv(t, header), store.ImportOptions{})
		refused(t, err, commitments.ErrRefused, "as")
	})
}

// rows counts the rows of a table.
func (h *home) rows(table string) (n int) {
	h.t.Helper()
	must(h.t, h.Raw().Get(&n, "SELECT count(*) FROM "+table))
	return n
}

func warned(out store.ImportResult, code string) bool {
	return slices.ContainsFunc(out.Warnings, func(w commitments.Warning) bool { return w.Code == code })
}
