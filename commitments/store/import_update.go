package store

import (
	"errors"
	"fmt"

	"kept/commitments"
	"kept/commitments/calendar"
)

// stored is a promise that is there already, as an import compares it.
type stored struct {
	ID          ID                `db:"id"`
	CustomerID  ID                `db:"customer_id"`
	CustomerCal ID                `db:"customer_calendar"`
	OwnerID     ID                `db:"owner_id"`
	TeamID      ID                `db:"team_id"`
	KindID      ID                `db:"kind_id"`
	Title       string            `db:"title"`
	Words       string            `db:"words"`
	Link        string            `db:"link"`
	DoneMeans   string            `db:"done_means"`
	Price       commitments.Money `db:"price"`
	Value       commitments.Money `db:"value"`
	MadeAt      Instant           `db:"made_at"`
	Done        Instant           `db:"internal_done_at"`
	Rating      int               `db:"rating"`
	Promise     Date              `db:"promise_date"`
	Clock       calendar.Clock    `db:"promise_time"`
	Target      Date              `db:"target_date"`
	FirstDateBy Date              `db:"first_date_by"`
	DateBy      Date              `db:"date_by"`
	Delivered   Instant           `db:"delivered_at"`
	Withdrawn   Instant           `db:"withdrawn_at"`
	First       Date              `db:"first_date"`
	ToldAt      Instant           `db:"told_at"`
}

const selectStored = `SELECT c.id, c.customer_id, cu.calendar_id AS customer_calendar, c.owner_id, c.team_id, c.kind_id, c.title, c.words, c.link, c.done_means,
	c.price, c.value, c.made_at, c.internal_done_at, coalesce(c.rating, 0) AS rating, c.promise_date, c.promise_time, c.target_date, c.first_date_by, c.date_by,
	c.delivered_at, c.withdrawn_at, f.promise_date AS first_date, l.told_at
	FROM commitments c JOIN customers cu ON cu.id = c.customer_id
	LEFT JOIN promise_dates f ON f.commitment_id = c.id AND f.place = 1
	LEFT JOIN promise_dates l ON l.commitment_id = c.id AND l.replaced_at IS NULL WHERE c.id IN `

// update brings the promises that are there already up to what the rows of a batch
// say. What is already so stays untouched.
func (im *importer) update(rows []importRow) error {
	var ids []ID
	for i := range rows {
		if rows[i].rejected == nil && rows[i].id != 0 {
			ids = append(ids, rows[i].id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var found []stored
	if err := im.t.all(&found, selectStored+im.t.s.d.ids, idList(ids)); err != nil {
		return err
	}
	byID := make(map[ID]*stored, len(found))
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	var bosses []*importRow
	for i := range rows {
		r := &rows[i]
		if r.rejected != nil || r.id == 0 {
			continue
		}
		if err := im.updateOne(r, byID); err != nil {
			return err
		}
		if r.boss != 0 && r.rejected == nil {
			r.customerID = byID[r.id].CustomerID
			bosses = append(bosses, r)
		}
	}
	return im.manage(bosses)
}

func (im *importer) updateOne(r *importRow, byID map[ID]*stored) error {
	was := byID[r.id]
	cal := im.book.calendarOf(was.CustomerCal, was.TeamID)
	if err := im.heard(r, was); err != nil {
		return err
	}
	differs := was.differs(r, cal)
	if earlier := int(im.seen.get(r.id)); earlier != 0 {
		im.twice(r, earlier, len(differs) == 0)
		return nil
	}
	im.seen.set(r.id, r.number)
	if len(differs) == 0 {
		im.out.Unchanged++
		return nil
	}
	err := im.amend(r, was, differs)
	var refusal *commitments.Error
	if errors.As(err, &refusal) {
		r.rejected = &Rejected{r.number, refusal.Field, "", refusal.Message}
		return nil
	}
	if err != nil {
		return err
	}
	im.out.Updated++
	var now []stored
	if err := im.t.all(&now, selectStored+im.t.s.d.ids, idList([]ID{r.id})); err != nil {
		return err
	}
	byID[r.id] = &now[0]
	return nil
}

// differs lists the columns in which a row says something else than is stored. An
// empty cell says nothing.
func (was *stored) differs(r *importRow, cal *calendar.Calendar) (columns []string) {
	for _, c := range []struct {
		column string
		differ bool
	}{
		{"customer", r.customerID != 0 && r.customerID != was.CustomerID},
		{"owner", r.ownerID != 0 && r.ownerID != was.OwnerID},
		{"team", r.teamID != 0 && r.teamID != was.TeamID},
		{"kind", r.kindID != 0 && r.kindID != was.KindID},
		{"title", r.title != was.Title},
		{"words", r.words != "" && r.words != was.Words},
		{"link", r.link != "" && r.link != was.Link},
		{"done_means", r.doneMeans != "" && r.doneMeans != was.DoneMeans},
		{"price", r.price.Known && r.price != was.Price},
		{"value", r.value.Known && r.value != was.Value},
		{"rating", r.rating != 0 && r.rating != was.Rating},
		{"made_at", r.made.given() && !r.made.began(was.MadeAt, cal)},
		{"internal_done_at", r.done.given() && !r.done.ended(was.Done, cal)},
		{"date_by", r.dateBy != 0 && r.dateBy != was.FirstDateBy && r.dateBy != was.DateBy},
		{"first_promise_date", r.first != 0 && was.First != 0 && r.first != was.First},
		{"promise_date", r.promise != 0 && (r.promise != was.Promise || r.clock != calendar.NoClock && r.clock != was.Clock)},
		{"target_date", r.target != 0 && r.target != was.Target},
		{"told_at", r.told.given() && r.promise == was.Promise && !r.told.began(was.ToldAt, cal)},
		{"delivered_at", r.delivered.given() && !r.delivered.ended(was.Delivered, cal)},
		{"withdrawn_at", r.withdrawn.given() && !r.withdrawn.ended(was.Withdrawn, cal)},
	} {
		if c.differ {
			columns = append(columns, c.column)
		}
	}
	return columns
}

// amend adds to a promise what a row newly says: facts as facts, the rest as an edit.
func (im *importer) amend(r *importRow, was *stored, columns []string) error {
	p, _, err := im.t.load(im.by, fmt.Sprint(r.id), true)
	if err != nil {
		return err
	}
	a := amendment{im: im, t: im.t, p: p, r: r, was: was, terms: p.Terms(), columns: map[string]bool{}}
	for _, c := range columns {
		a.columns[c] = true
	}
	if err := a.check(); err != nil {
		return err
	}
	for _, step := range []func() error{a.edit, a.redate, a.close, a.rate} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// amendment is one promise being brought up to its row.
type amendment struct {
	im      *importer
	t       *tx
	p       *commitments.Promise
	r       *importRow
	was     *stored
	terms   commitments.Terms // as the events have told of them
	columns map[string]bool
}

// check refuses what no later list can change, before anything is written.
func (a *amendment) check() error {
	p, r := a.p, a.r
	closed, made := max(p.DeliveredAt, p.WithdrawnAt), p.MadeAt
	if a.columns["made_at"] {
		made = r.made.start(p.Calendar)
	}
	switch {
	case a.columns["first_promise_date"]:
		return commitments.Refused("first_promise_date", fmt.Sprintf("the customer was told %s first: the first date stays for ever", a.was.First))
	case a.closing() == 0 && closed != 0 && made > closed:
		return commitments.Refused("made_at", "is after the promise was closed")
	case a.columns["promise_date"] && closed != 0:
		return commitments.Refused("promise_date", fmt.Sprintf("promise %d is closed, for %s: its date can no longer change", p.ID, a.was.Promise))
	case a.columns["date_by"] && (!p.Undated() || p.SlippingAt != 0):
		return commitments.Refused("date_by", fmt.Sprintf("promise %d has a date, or is slipping: record what the customer was told with `kept call`", p.ID))
	case a.columns["delivered_at"] && p.WithdrawnAt != 0:
		return commitments.Refused("delivered_at", fmt.Sprintf("promise %d was withdrawn: reopen it first", p.ID))
	case a.columns["withdrawn_at"] && p.DeliveredAt != 0:
		return commitments.Refused("withdrawn_at", fmt.Sprintf("promise %d was delivered: reopen it first", p.ID))
	case a.columns["delivered_at"] && r.delivered.before(made, p.Calendar), a.columns["withdrawn_at"] && r.withdrawn.before(made, p.Calendar):
		return commitments.Refused("delivered_at", fmt.Sprintf("is before the promise was made, %s", made))
	case a.columns["told_at"] && !a.columns["promise_date"]:
		return a.mayHaveTold(made)
	}
	return nil
}

// mayHaveTold refuses to correct when the last date was told to before the promise was
// made, or the date before it was told.
func (a *amendment) mayHaveTold(made Instant) error {
	dates, told := a.p.History.Dates, a.r.told.start(a.p.Calendar)
	switch n := len(dates); {
	case told < made:
		return commitments.Refused("told_at", fmt.Sprintf("is before the promise was made, %s", made))
	case n > 1 && told < dates[n-2].ToldAt:
		return commitments.Refused("told_at", fmt.Sprintf("is before %s was told, the date it replaced, on %s", dates[n-2].Promise, dates[n-2].ToldAt))
	}
	return nil
}

// closing is when the row says that the promise was closed, if that is news.
func (a *amendment) closing() Instant {
	switch {
	case a.columns["delivered_at"]:
		return a.r.delivered.end(a.p.Calendar, a.t.now)
	case a.columns["withdrawn_at"]:
		return a.r.withdrawn.end(a.p.Calendar, a.t.now)
	}
	return 0
}

// edit changes everything but facts.
func (a *amendment) edit() error {
	p, r := a.p, a.r
	for _, f := range []struct {
		column string
		set    func()
	}{
		{"title", func() { p.Title = r.title }}, {"words", func() { p.Words = r.words }}, {"link", func() { p.Link = r.link }},
		{"done_means", func() { p.DoneMeans = r.doneMeans }}, {"price", func() { p.Price = r.price }}, {"value", func() { p.Value = r.value }},
		{"kind", func() { p.Kind.ID = r.kindID }}, {"date_by", func() { p.History.DateBy = r.dateBy }},
		{"customer", func() { p.Customer.ID = r.customerID }},
	} {
		if a.columns[f.column] {
			f.set()
		}
	}
	e := editor{t: a.t, p: p, by: a.im.by, at: a.im.at}
	if a.columns["team"] {
		if err := e.setTeam(fmt.Sprint(r.teamID)); err != nil {
			return err
		}
	}
	a.correct(e.lastDate())
	if err := e.save(); err != nil {
		return err
	}
	if err := a.editAround(); err != nil {
		return err
	}
	change := commitments.Change{Event: "import-edited", At: a.im.at, By: a.im.by.ID}
	if a.columns["owner"] {
		change.Clears, change.Renews = func(commitments.Stage) bool { return true }, true
	}
	change.At = max(change.At, p.MadeAt)
	return a.save(change)
}

// correct mends what a list may correct of the last date: the internal target, and
// when the customer was told.
func (a *amendment) correct(last *commitments.PromiseDate) {
	if last == nil || a.columns["promise_date"] {
		return
	}
	if a.columns["target_date"] {
		last.Target = a.r.target
	}
	if a.columns["told_at"] {
		last.ToldAt = a.r.told.start(a.p.Calendar)
	}
}

// editAround writes the columns that editor.save does not know.
func (a *amendment) editAround() error {
	p, r := a.p, a.r
	if a.columns["owner"] {
		p.Owner.ID = r.ownerID
	}
	if a.columns["made_at"] {
		p.MadeAt, p.History.MadeAt = r.made.start(p.Calendar), r.made.start(p.Calendar)
	}
	if a.columns["internal_done_at"] {
		p.DoneAt = r.done.end(p.Calendar, a.t.now)
	}
	_, err := a.t.exec("UPDATE commitments SET customer_id = ?, owner_id = ?, made_at = ?, internal_done_at = ? WHERE id = ?",
		p.Customer.ID, p.Owner.ID, p.MadeAt, p.DoneAt, p.ID)
	if last := len(p.History.Dates); err == nil && a.columns["told_at"] && !a.columns["promise_date"] && last > 0 {
		told := p.History.Dates[last-1].ToldAt
		_, err = a.t.exec("UPDATE promise_dates SET told_at = ? WHERE commitment_id = ? AND place = ?", told, p.ID, last)
		if err == nil {
			_, err = a.t.exec("UPDATE promise_dates SET replaced_at = ? WHERE commitment_id = ? AND place = ?", told, p.ID, last-1)
		}
	}
	return err
}

// redate records that another date was agreed. The one before stays what it was.
func (a *amendment) redate() error {
	if !a.columns["promise_date"] {
		return nil
	}
	p, r := a.p, a.r
	told := r.told.start(p.Calendar)
	if told == 0 {
		told = a.im.at
	}
	if n := len(p.History.Dates); n > 0 {
		told = max(told, p.History.Dates[n-1].ToldAt)
	}
	told = max(told, p.MadeAt)
	target := r.target
	if target == 0 && p.Target <= r.promise {
		target = p.Target
	}
	d := commitments.PromiseDate{
		Place: len(p.History.Dates) + 1, Promise: r.promise, PromiseTime: r.clock, Target: target,
		DueAt: commitments.DueAt(p.Calendar, r.promise, r.clock), ToldAt: told, AskedBy: "us", Why: "import",
	}
	if told < a.im.at { // a move that the list has long told of
		p.State.LostTold = p.Lost + 1
	}
	return a.save(commitments.Change{
		Event: "new-date", At: told, By: a.im.by.ID, Date: &d, Renews: true,
		Clears: func(open commitments.Stage) bool { return open == commitments.AtRisk || open == commitments.Overdue },
	})
}

// close records that the promise was delivered or withdrawn, or corrects when.
func (a *amendment) close() error {
	at := a.closing()
	if at == 0 {
		return nil
	}
	p, kind := a.p, commitments.TurnDelivered
	if a.columns["withdrawn_at"] {
		kind = commitments.TurnWithdrawn
	}
	change := commitments.Change{
		Event: string(kind), At: at, By: a.im.by.ID, Turn: &commitments.Turn{At: at, By: a.im.by.ID, Kind: kind, Why: "import"},
		Clears: func(commitments.Stage) bool { return true },
	}
	change.Corrects = max(p.DeliveredAt, p.WithdrawnAt)
	return a.save(change)
}

func (a *amendment) save(c commitments.Change) error {
	err := a.t.save(a.p, c, a.terms)
	a.terms = a.p.Terms()
	return err
}
