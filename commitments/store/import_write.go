package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

func (im *importer) readAround() error {
	var pairs []struct {
		Of ID `db:"of"`
		Is ID `db:"is_id"`
	}
	if err := im.t.all(&pairs, "SELECT id AS of, calendar_id AS is_id FROM customers WHERE calendar_id IS NOT NULL"); err != nil {
		return err
	}
	im.calendars, im.firsts = map[ID]ID{}, map[ID]ID{}
	for _, p := range pairs {
		im.calendars[p.Of] = p.Is
	}
	pairs = nil
	if err := im.t.all(&pairs, "SELECT person_id AS of, team_id AS is_id FROM team_members ORDER BY person_id, place DESC"); err != nil {
		return err
	}
	for _, p := range pairs {
		im.firsts[p.Of] = p.Is
	}
	return nil
}

// match finds the promises that the rows of a batch are about: by external id, or by
// the key under which a promise without one is exported.
func (im *importer) match(rows []importRow) error {
	var externals, keys []string
	for i := range rows {
		if r := &rows[i]; r.rejected == nil && (im.maybe == nil || im.maybe.seen(r.externalID)) {
			externals = append(externals, r.externalID)
			if looksLikeKey(r.externalID) {
				keys = append(keys, r.externalID)
			}
		}
	}
	ids := map[string]ID{}
	for _, by := range []struct {
		query string
		texts []string
	}{
		{"SELECT key AS external_id, id FROM commitments WHERE key IN ", keys},
		{"SELECT external_id, id FROM commitments WHERE external_id <> '' AND external_id IN ", externals},
	} {
		if len(by.texts) == 0 {
			continue
		}
		list, err := json.Marshal(by.texts)
		if err != nil {
			return err
		}
		var found []struct {
			External string `db:"external_id"`
			ID       ID     `db:"id"`
		}
		if err := im.t.all(&found, by.query+im.t.s.d.texts, string(list)); err != nil {
			return err
		}
		for _, f := range found {
			ids[f.External] = f.ID
		}
	}
	for i := range rows {
		if rows[i].rejected == nil {
			rows[i].id = ids[rows[i].externalID]
		}
	}
	return nil
}

// looksLikeKey tells what randomKey may have made from most other ids.
func looksLikeKey(s string) bool {
	return len(s) >= 26 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// fresh are the rows of a batch that make new promises. A second row with the same id
// is left out if it says the same; else nothing will be imported.
func (im *importer) fresh(rows []importRow) []*importRow {
	var fresh []*importRow
	first := map[string]*importRow{}
	for i := range rows {
		r := &rows[i]
		if r.rejected != nil || r.id != 0 {
			continue
		}
		if earlier := first[r.externalID]; earlier != nil {
			im.twice(r, earlier.number, r.sameAs(earlier))
			continue
		}
		if r.ownerID == 0 {
			r.rejected = &Rejected{r.number, "owner", "", "is required: name who answers for it, or add --create to import it as " + noOwner + "'s"}
			continue
		}
		first[r.externalID] = r
		fresh = append(fresh, r)
	}
	return fresh
}

func (r *importRow) sameAs(other *importRow) bool {
	a, b := *r, *other
	a.number, b.number = 0, 0
	return a == b
}

// twice deals with a row whose id an earlier row has.
func (im *importer) twice(r *importRow, earlier int, same bool) {
	if same {
		im.notes.duplicates++
		return
	}
	r.rejected = &Rejected{r.number, "id", printable(r.externalID), fmt.Sprintf("row %d has the same id and says something else", earlier)}
	if im.conflicts == nil {
		im.conflicts = commitments.Refused("id", fmt.Sprintf("rows %d and %d have the same id, %q, and differ: nothing was imported", earlier, r.number, printable(r.externalID)))
	}
}

var importColumns = []string{
	"id", "key", "external_id", "customer_id", "owner_id", "team_id", "kind_id", "title", "words", "link", "done_means",
	"price", "value", "made_at", "made_by", "first_date_by", "internal_done_at", "rating",
	"promise_date", "promise_time", "target_date", "date_by", "due_at", "padding_days", "padding_why", "new_date_at", "heard_at", "lost", "lost_told",
	"delivered_at", "withdrawn_at", "last_fact_at", "stage", "old_news", "old_before", "next_review_at",
}

var importDateColumns = []string{
	"commitment_id", "place", "promise_date", "promise_time", "target_date", "due_at", "told_at", "asked_by", "why", "replaced_at", "recorded_at", "recorded_by",
}

// insert makes the new promises of a batch.
func (im *importer) insert(fresh []*importRow) error {
	if len(fresh) == 0 {
		return nil
	}
	ids, err := im.t.reserve("commitments", len(fresh))
	if err != nil {
		return err
	}
	rows, events, dates := make([][]any, len(fresh)), make([][]any, len(fresh)), [][]any{}
	var plain, rated []ID // promises with one date, told on the day they were made; with a rating
	for i, r := range fresh {
		r.id = ids[i]
		p := im.promise(r)
		rows[i] = p.values(im)
		if events[i], err = p.event(im); err != nil {
			return err
		}
		if len(p.dates) == 1 && p.dates[0].ToldAt == p.made {
			plain = append(plain, r.id)
		} else {
			dates = append(dates, p.dateValues(im)...)
		}
		if p.rated != 0 {
			rated = append(rated, r.id)
		}
		im.seen.set(r.id, r.number)
	}
	im.out.Created += len(fresh)
	if err := im.w.insert("commitments", importColumns, rows); err != nil {
		return err
	}
	if err := im.w.insert("events", importEventColumns, events); err != nil {
		return err
	}
	if err := im.w.insert("promise_dates", importDateColumns, dates); err != nil {
		return err
	}
	if err := im.derive(plain, ids); err != nil {
		return err
	}
	if err := im.deriveRatings(rated); err != nil {
		return err
	}
	return im.manage(fresh)
}

// derive adds the facts of new promises that their rows already say. The
// span the ids lie in keeps PostgreSQL, which knows nothing yet of a table that is
// being filled, from reading all of it.
func (im *importer) derive(plain, all []ID) error {
	in := im.t.s.d.ids + " AND id BETWEEN ? AND ?"
	first, last := all[0], all[len(all)-1]
	_, err := im.t.exec(`INSERT INTO promise_dates (commitment_id, place, promise_date, promise_time, target_date, due_at, told_at, recorded_at, recorded_by)
		SELECT id, 1, promise_date, promise_time, target_date, due_at, made_at, CAST(? AS BIGINT), made_by FROM commitments WHERE id IN `+in, im.t.now, idList(plain), first, last)
	if err != nil {
		return err
	}
	_, err = im.t.exec(`INSERT INTO turns (commitment_id, at, by_id, turn, why, recorded_at)
		SELECT id, coalesce(delivered_at, withdrawn_at), made_by, CASE WHEN delivered_at IS NULL THEN 'withdrawn' ELSE 'delivered' END, 'import', CAST(? AS BIGINT)
		FROM commitments WHERE coalesce(delivered_at, withdrawn_at) IS NOT NULL AND id IN `+in, im.t.now, idList(all), first, last)
	if err != nil {
		return err
	}
	return err
}

// imported is a new promise as its row makes it.
type imported struct {
	*importRow
	key                  string
	stage                commitments.Stage
	team, kind           ID
	made                 Instant
	delivered, withdrawn Instant
	done                 Instant
	rated                Instant // 0 without a rating
	due, lastFact, newAt Instant
	padding              *int
	paddingWhy           string
	dates                []commitments.PromiseDate
}

func (im *importer) promise(r *importRow) imported {
	im.made++
	p := imported{importRow: r, key: fmt.Sprintf("%s%06X", im.keys, im.made), stage: commitments.OnTrack, team: r.teamID, kind: r.kindID}
	if p.team == 0 && r.team == "" {
		p.team = im.firsts[r.ownerID]
	}
	cal := im.book.calendarOf(im.calendars[r.customerID], p.team)
	now := im.t.now
	p.made, p.done = r.made.start(cal), r.done.end(cal, now)
	p.delivered, p.withdrawn = r.delivered.end(cal, now), r.withdrawn.end(cal, now)
	if p.made == 0 {
		p.made = im.madeUnsaid(r, cal, max(p.delivered, p.withdrawn))
	}
	// A day may have ended on the promise's calendar before its instant on the default one.
	if p.delivered != 0 {
		p.delivered = max(p.delivered, p.made)
	}
	switch {
	case p.delivered != 0:
		p.stage = commitments.Delivered
	case p.withdrawn != 0:
		p.stage = commitments.Withdrawn
	}
	p.lastFact = max(p.made, p.delivered, p.withdrawn)
	if r.promise == 0 {
		p.due = cal.End(r.dateBy)
	} else {
		p.date(cal)
	}
	if r.rating != 0 {
		p.rated = im.ratedAt(p.delivered, p.due, p.made)
		p.lastFact = max(p.lastFact, p.rated)
	}
	if p.due < p.made {
		im.notes.beforeMade++
	}
	return p
}

// madeUnsaid is when a promise was made if its row does not say: when the date was
// told, else now, but not after it was closed.
func (im *importer) madeUnsaid(r *importRow, cal *calendar.Calendar, closed Instant) Instant {
	im.notes.noMade++
	made := r.promised.start(cal)
	if made == 0 || made > im.t.now {
		made = im.at
	}
	if closed != 0 {
		made = min(made, closed)
	}
	return made
}

// date works out the dates the customer was told.
func (p *imported) date(cal *calendar.Calendar) {
	told := p.told.start(cal)
	if told == 0 {
		told = p.made
	}
	p.due = commitments.DueAt(cal, p.promise, p.clock)
	last := commitments.PromiseDate{Place: 1, Promise: p.promise, PromiseTime: p.clock, Target: p.target, DueAt: p.due, ToldAt: told}
	if p.first != 0 && p.first != p.promise {
		begun := max(p.made, min(told, p.promised.start(cal)))
		p.dates = append(p.dates, commitments.PromiseDate{
			Place: 1, Promise: p.first, PromiseTime: calendar.NoClock, DueAt: cal.End(p.first), ToldAt: begun, ReplacedAt: told,
		})
		last.Place, last.AskedBy, last.Why, p.newAt = 2, "us", "import", told
	}
	p.dates = append(p.dates, last)
	p.lastFact = max(p.lastFact, told)
	if p.target != 0 {
		p.padding, p.paddingWhy = new(cal.Workdays(p.target, p.promise)), "as imported"
	}
}

// values are the promise as the columns of importColumns.
func (p *imported) values(im *importer) []any {
	oldNews := p.stage.Open() && p.due <= im.at
	if oldNews {
		im.notes.overdue++
	}
	lost := max(0, len(p.dates)-1) // what was lost before is known to whoever keeps the list
	told := lost
	if p.due <= im.at {
		told++
	}
	return []any{
		int64(p.id), p.key, p.externalID, int64(p.customerID), int64(p.ownerID), nullable(p.team), nullable(p.kind),
		p.title, p.words, p.link, p.doneMeans,
		amount(p.price), amount(p.value), int64(p.made), nullable(im.by.ID), civil(p.dateBy), nullable(p.done), nullable(p.importRow.rating),
		civil(p.importRow.promise), minutes(p.clock), civil(p.target), civil(p.dateBy), int64(p.due), counted(p.padding), p.paddingWhy, nullable(p.newAt), nullable(p.newAt), int64(lost), int64(told),
		nullable(p.delivered), nullable(p.withdrawn), int64(p.lastFact), string(p.stage), yes(oldNews), int64(p.oldBefore(im)), int64(p.made),
	}
}

// oldBefore is the instant up to which a missed date opens no rescue: whoever keeps the
// list knows of it.
func (p *imported) oldBefore(im *importer) Instant { return max(im.at, p.delivered, p.withdrawn) }

// dateValues are the promise's dates as the columns of importDateColumns.
func (p *imported) dateValues(im *importer) [][]any {
	rows := make([][]any, len(p.dates))
	for i, d := range p.dates {
		rows[i] = []any{
			int64(p.id), int64(d.Place), civil(d.Promise), minutes(d.PromiseTime), civil(d.Target), int64(d.DueAt), int64(d.ToldAt), d.AskedBy, d.Why,
			nullable(d.ReplacedAt), int64(im.t.now), nullable(im.by.ID),
		}
	}
	return rows
}

// nullable stores a number of which 0 says "none".
func nullable[N ~int64 | ~int](n N) any {
	if n == 0 {
		return nil
	}
	return int64(n)
}

func amount(m commitments.Money) any {
	if !m.Known {
		return nil
	}
	return m.Hundredths
}

func counted(n *int) any {
	if n == nil {
		return nil
	}
	return int64(*n)
}

func civil(d Date) any {
	if d == 0 {
		return nil
	}
	return d.String()
}

func minutes(c calendar.Clock) any {
	if c == calendar.NoClock {
		return nil
	}
	return int64(c)
}

// manage gives the customers of these rows their managers. The first row that names
// one decides.
func (im *importer) manage(rows []*importRow) error {
	for _, r := range rows {
		if r.boss == 0 || r.customerID == 0 {
			continue
		}
		if decided := im.managed.get(r.customerID); decided != 0 {
			if ID(decided) != r.boss {
				im.notes.twoManagers++
			}
			continue
		}
		im.managed.set(r.customerID, int(r.boss))
		if err := im.t.manages(r.boss); err != nil {
			return err
		}
		n, err := im.t.exec("UPDATE customers SET manager_id = ? WHERE id = ? AND manager_id IS NULL", r.boss, r.customerID)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := im.t.event(im.t.now, im.by.ID, "edited", "customer", r.customerID, map[string]any{"fields": []string{"manager"}}); err != nil {
			return err
		}
	}
	return nil
}
