package store

import (
	"bytes"
	"context"
	"encoding/json"

	"kept/commitments"
)

// ExportColumns are the columns of an export, in their order.
func ExportColumns() []string {
	return []string{
		"id", "customer", "owner", "kind", "title", "promised_at", "made_at", "target_date", "promise_date", "delivered_at", "value", "rating",
		"internal_done_at", "promise_time", "team", "manager", "words", "link", "price", "first_promise_date", "told_at", "withdrawn_at", "date_by", "done_means",
	}
}

// ExportRow is a promise as a list says it, ready to be imported again: the values of
// ExportColumns, each a string, commitments.Money, Date, Instant or int, and nil where
// nothing is known.
type ExportRow []any

// MarshalJSON writes the row as an object of its columns.
func (r ExportRow) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, column := range ExportColumns() {
		value, err := json.Marshal(r[i])
		if err != nil {
			return nil, err
		}
		b.WriteString(`,"` + column + `":`)
		b.Write(value)
	}
	b.WriteByte('}')
	object := b.Bytes()
	object[0] = '{'
	return object, nil
}

// pageOfIDs is how many ids are looked at together.
const pageOfIDs = 1000

// Export gives every promise a person may see to f, as it stood at an instant, in the
// order of their numbers and in memory that does not grow with them. Imported into an
// empty database they make an export that is the same; imported here they change
// nothing. Of a promise's dates the list says the first and the last, and of its calls
// and check-ins nothing: a backup keeps all.
func (s *Store) Export(ctx context.Context, by commitments.Actor, at Instant, f func(ExportRow) error) error {
	if !by.MayAlways(commitments.ActImport) {
		return commitments.Refused("as", by.Name+", a "+string(by.Role)+", may not export: ask an admin")
	}
	return s.read(ctx, func(t *tx) error {
		return t.pages("commitments", func(from, through ID) error { return t.exportPage(by, at, from, through, f) })
	})
}

// pages calls f with one range of a table's ids after the other, so that all of it can
// be read in memory that does not grow with it.
func (t *tx) pages(table string, f func(from, through ID) error) error {
	var last ID
	if err := t.get(&last, "SELECT coalesce(max(id), 0) FROM "+table); err != nil {
		return err
	}
	for from := ID(1); from <= last; from += pageOfIDs {
		if err := f(from, from+pageOfIDs-1); err != nil {
			return err
		}
	}
	return nil
}

// unseen is what of an exported promise the rules do not look at.
type unseen struct {
	ID          ID      `db:"id"`
	Done        Instant `db:"internal_done_at"`
	Rating      int     `db:"rating"`
	Owner       string  `db:"owner"`
	Manager     string  `db:"manager"`
	FirstDateBy Date    `db:"first_date_by"`
	OwnerErased bool    `db:"owner_erased"`
}

const selectUnseen = `SELECT c.id, c.internal_done_at, coalesce(c.rating, 0) AS rating, c.first_date_by,
	CASE WHEN o.email <> '' THEN o.email ELSE o.name END AS owner, CASE WHEN o.erased_at IS NULL THEN 0 ELSE 1 END AS owner_erased,
	coalesce(CASE WHEN m.email <> '' THEN m.email ELSE m.name END, '') AS manager
	FROM commitments c JOIN people o ON o.id = c.owner_id JOIN customers cu ON cu.id = c.customer_id LEFT JOIN people m ON m.id = cu.manager_id
	WHERE c.id BETWEEN ? AND ?`

func (t *tx) exportPage(by commitments.Actor, at Instant, from, through ID, f func(ExportRow) error) error {
	var found []unseen
	if err := t.all(&found, selectUnseen, from, through); err != nil {
		return err
	}
	more := make(map[ID]*unseen, len(found))
	for i := range found {
		more[found[i].ID] = &found[i]
	}
	var failed error
	err := t.each(by, at, "WHERE c.id BETWEEN ? AND ?", []any{from, through}, func(_ *row, p *commitments.Promise) {
		if facts, made := p.History.AsOf(at, p.Calendar); made && failed == nil {
			failed = f(exported(p, &facts, more[p.ID], at))
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

func exported(p *commitments.Promise, f *commitments.Facts, more *unseen, at Instant) ExportRow {
	id, owner := p.ExternalID, more.Owner
	if id == "" {
		id = p.Key
	}
	if more.OwnerErased {
		owner = ""
	}
	var first, dateBy Date
	var told, promised Instant
	if f.Undated() {
		dateBy = f.DateBy
	} else {
		first, told, promised = toldDates(&p.History, at)
	}
	row := ExportRow{
		id, p.Customer.Name, owner, p.Kind.Name, p.Title, promised, f.MadeAt, f.Target, f.Promise, f.DeliveredAt, p.Value, more.Rating,
		more.Done, f.PromiseTime.String(), p.Team.Name, more.Manager, p.Words, p.Link, p.Price, first, told, f.WithdrawnAt, dateBy, p.DoneMeans,
	}
	for i, value := range row {
		switch v := value.(type) {
		case string:
			value = unless(v == "", v)
		case int:
			value = unless(v == 0, v)
		case Date:
			value = unless(v == 0, v)
		case Instant:
			value = unless(v == 0 || v > at, v)
		case commitments.Money:
			value = unless(!v.Known, v)
		}
		row[i] = value
	}
	return row
}

// toldDates are the first date, when the last one was told, and when the first was,
// where that is not the same.
func toldDates(h *commitments.History, at Instant) (first Date, told, promised Instant) {
	for i, d := range h.Dates {
		if d.ToldAt > at && (i > 0 || h.DateBy != 0) {
			break // not yet known; what a promise is made with is
		}
		told, promised = d.ToldAt, d.ToldAt
		if d.Promise != h.Dates[0].Promise {
			promised = h.Dates[0].ToldAt
		}
	}
	return h.Dates[0].Promise, told, promised
}

func unless(absent bool, v any) any {
	if absent {
		return nil
	}
	return v
}
