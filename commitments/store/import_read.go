package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
)

// importRow is one row of a list. An empty cell says nothing: it is unknown for a new
// promise, and leaves one that is there as it is.
type importRow struct {
	number   int
	rejected *Rejected
	id       ID // of the promise it is about; 0 for a new one

	externalID                                string
	customer, owner, team, kind, manager      string
	title, words, link, doneMeans             string
	price, value                              commitments.Money
	rating                                    int // 0 is none
	made, promised, told                      stamped
	done, delivered, withdrawn                stamped
	promise, first, target, dateBy            Date
	clock                                     calendar.Clock
	customerID, ownerID, teamID, kindID, boss ID
}

// stamped is a moment as a list gives it: an instant, or a day whose zone depends on
// the promise.
type stamped struct {
	at   Instant
	date Date
}

func (s stamped) given() bool { return s.at != 0 || s.date != 0 }

// start is the moment, for a day its beginning.
func (s stamped) start(cal *calendar.Calendar) Instant {
	if s.date != 0 {
		return cal.Start(s.date)
	}
	return s.at
}

// end is the moment, for a day its end, but not later than now on the same day.
func (s stamped) end(cal *calendar.Calendar, now Instant) Instant {
	switch {
	case s.date == 0:
		return s.at
	case s.date == cal.Today(now):
		return now
	}
	return cal.End(s.date)
}

// began reports whether the cell agrees with a stored instant at which something
// began: a day with every instant of it.
func (s stamped) began(stored Instant, cal *calendar.Calendar) bool {
	if s.date == 0 {
		return s.at == stored
	}
	return stored >= cal.Start(s.date) && stored < cal.End(s.date)
}

// ended is began for the end of something, which on a day alone is at the day's end.
func (s stamped) ended(stored Instant, cal *calendar.Calendar) bool {
	if s.date == 0 {
		return s.at == stored
	}
	return stored > cal.Start(s.date) && stored <= cal.End(s.date)
}

// before reports whether something ended before another thing began.
func (s stamped) before(begun Instant, cal *calendar.Calendar) bool {
	if s.date == 0 {
		return s.at < begun
	}
	return s.date < cal.Today(begun)
}

// cells reads the cells of one row, and keeps the first fault.
type cells struct {
	im    *importer
	r     *importRow
	notes *notes
}

func (r *importRow) read(im *importer, n *notes) {
	c := cells{im, r, n}
	r.title = c.text("title", maxTitle, false)
	r.customer, r.owner = c.text("customer", maxName, false), c.text("owner", maxName, false)
	r.team, r.kind, r.manager = c.text("team", maxName, false), c.text("kind", maxName, false), c.text("manager", maxName, false)
	r.words, r.link, r.doneMeans = c.text("words", maxNote, true), c.link(), c.text("done_means", maxNote, true)
	r.price, r.value = c.money("price"), c.money("value")
	r.rating = c.rating()
	r.made = c.moment("made_at")
	r.told, r.done = c.moment("told_at"), c.moment("internal_done_at")
	r.delivered, r.withdrawn = c.moment("delivered_at"), c.moment("withdrawn_at")
	r.promise, r.first, r.target, r.dateBy = c.day("promise_date"), c.day("first_promise_date"), c.day("target_date"), c.day("date_by")
	if r.clock = c.clock(); !r.made.given() || r.first != 0 {
		r.promised = c.moment("promised_at")
	}
	r.externalID = c.externalID()
	if r.rejected == nil {
		c.fits()
	}
}

// get is a cell; "" once the row is rejected, so that only the first fault is told.
func (c *cells) get(column string) string {
	if c.r.rejected != nil || !c.im.has[column] {
		return ""
	}
	return c.im.source.Get(column)
}

func (c *cells) bad(column, format string, args ...any) {
	if c.r.rejected == nil {
		c.r.rejected = &Rejected{c.r.number, column, printable(c.im.source.Get(column)), fmt.Sprintf(format, args...)}
	}
}

// link is where it was said; what is no web address is left out.
func (c *cells) link() string {
	s := c.text("link", maxLink, false)
	if s != "" && !isWebAddress(s) {
		c.notes.linksDropped++
		return ""
	}
	return s
}

func (c *cells) text(column string, most int, lines bool) string {
	s, err := clean(column, c.get(column), most, lines)
	if err != nil {
		c.bad(column, "%s", faultOf(err))
	}
	return s
}

// faultOf is an error's words without the field, which the row names anyway.
func faultOf(err error) string {
	if e, ok := err.(*commitments.Error); ok {
		return e.Message
	}
	return err.Error()
}

func (c *cells) money(column string) commitments.Money {
	s := c.get(column)
	if s == "" {
		return commitments.Money{}
	}
	m, err := commitments.ParseMoney(s)
	if err != nil {
		c.bad(column, "%s", err)
	}
	return m
}

func (c *cells) rating() int {
	s := c.get("rating")
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 5 {
		c.bad("rating", "want a whole number from 1 to 5")
	}
	return n
}

// moment reads YYYY-MM-DD, alone or with HH:MM, HH:MM:SS and a zone. A time without a
// zone is in that of the default calendar.
func (c *cells) moment(column string) (s stamped) {
	cell := c.get(column)
	if cell == "" {
		return s
	}
	date, rest := c.splitDate(column, cell)
	if date == 0 || rest == "" {
		s.date = date
		return s
	}
	var ok bool
	if s.at, ok = instantOn(date, rest, c.im.zone); !ok {
		c.bad(column, "%q is no time of day: write 2026-12-04T17:00 or 2026-12-04T17:00:00Z", printable(rest))
	}
	return s
}

// splitDate reads the ISO date a cell begins with.
func (c *cells) splitDate(column, cell string) (Date, string) {
	head, rest := cell, ""
	if len(cell) > len(time.DateOnly) && (cell[len(time.DateOnly)] == 'T' || cell[len(time.DateOnly)] == ' ') {
		head, rest = cell[:len(time.DateOnly)], cell[len(time.DateOnly)+1:]
	}
	date, err := calendar.ParseDate(head)
	if err != nil {
		c.bad(column, "%s", c.dateForms(cell, err))
	} else if date < calendar.MinDate || date > calendar.MaxDate {
		c.bad(column, "is outside %s to %s", calendar.MinDate, calendar.MaxDate)
	}
	return date, rest
}

// dateForms says what is wrong with a date: for one that can be read in two ways, both.
func (c *cells) dateForms(cell string, plain error) string {
	if strings.ContainsAny(cell, "0123456789") && strings.ContainsAny(cell, "/.-") {
		if _, err := calendar.ParseWhen(cell, c.im.t.now, c.im.zone); err != nil && !strings.Contains(err.Error(), calendar.Forms) {
			return err.Error()
		}
	}
	return plain.Error()
}

// instantOn reads the time of day after a date: 17:00, 17:00:30, 17:00:30.5, with
// nothing, Z or +01:00 after it.
func instantOn(date Date, typed string, cal *calendar.Calendar) (Instant, bool) {
	if strings.ContainsAny(typed, "Zz+") || strings.LastIndexByte(typed, '-') > 0 {
		at, err := time.Parse(time.RFC3339, date.String()+"T"+withSeconds(typed))
		return calendar.InstantOf(at), err == nil
	}
	layout := "15:04"
	if len(typed) > len(layout) {
		layout = time.TimeOnly
	}
	t, err := time.Parse(layout, typed)
	if err != nil || typed[2] != ':' {
		return 0, false
	}
	at := cal.At(date, calendar.Clock(t.Hour()*60+t.Minute()))
	return at.Add(time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())), true
}

// withSeconds turns 17:00+01:00 into 17:00:00+01:00.
func withSeconds(typed string) string {
	if len(typed) > 5 && typed[5] != ':' {
		return typed[:5] + ":00" + typed[5:]
	}
	return typed
}

// day reads a date; a time after it is dropped, and noted where it is the promise's.
func (c *cells) day(column string) Date {
	cell := c.get(column)
	if cell == "" {
		return 0
	}
	date, rest := c.splitDate(column, cell)
	if rest != "" {
		if _, ok := instantOn(date, rest, c.im.zone); !ok {
			c.bad(column, "%q is no time of day: write only the date, as 2026-12-04", printable(rest))
		} else if column == "promise_date" && c.r.rejected == nil {
			c.notes.timesDropped++
		}
	}
	return date
}

func (c *cells) clock() calendar.Clock {
	s := c.get("promise_time")
	if s == "" {
		return calendar.NoClock
	}
	clock, err := calendar.ParseClock(s)
	if err != nil {
		c.bad("promise_time", "%s", err)
	}
	return clock
}

// externalID is the row's id in its list. One without is known by what it says.
func (c *cells) externalID() string {
	column := "id"
	if c.im.has["external_id"] {
		column = "external_id"
	}
	if id := c.text(column, maxTitle, false); id != "" || c.r.rejected != nil {
		return id
	}
	h := sha256.New()
	for _, column := range ImportColumns() {
		if cell := c.get(column); cell != "" {
			fmt.Fprintf(h, "%s=%s\x00", column, cell)
		}
	}
	return "row:" + hex.EncodeToString(h.Sum(nil)[:12])
}

// fits checks which cells go together. A target after the promise is dropped: the
// promise is what counts.
func (c *cells) fits() {
	r := c.r
	switch {
	case r.title == "":
		c.bad("title", "is required: what was promised?")
	case r.promise == 0 && r.dateBy == 0:
		c.bad("promise_date", "is required: write 2026-12-04, or the day by which a date is owed in date_by")
	case r.promise != 0 && r.dateBy != 0:
		c.bad("date_by", "is for a promise without a date, and this one has promise_date %s", r.promise)
	case r.first != 0 && r.promise == 0:
		c.bad("first_promise_date", "needs promise_date beside it")
	case r.delivered.given() && r.withdrawn.given():
		c.bad("withdrawn_at", "the promise was delivered as well: leave one empty")
	case r.clock != calendar.NoClock && r.promise == 0:
		c.bad("promise_time", "needs promise_date beside it")
	}
	if r.rejected != nil {
		return
	}
	c.inOrder(c.im.zone)
	if r.target > r.promise {
		r.target = 0
		c.notes.targetsDropped++
	}
}

// inOrder rejects facts that cannot follow one another, or are still to come.
func (c *cells) inOrder(cal *calendar.Calendar) {
	r, now := c.r, c.im.t.now
	made := r.made.start(cal)
	for _, f := range []struct {
		column string
		s      stamped
	}{{"delivered_at", r.delivered}, {"withdrawn_at", r.withdrawn}} {
		at := f.s.end(cal, now)
		switch {
		case at > now:
			c.bad(f.column, "is still to come: what has not happened cannot be recorded")
		case f.s.given() && made != 0 && f.s.before(made, cal):
			c.bad(f.column, "is before made_at, %s", made)
		}
	}
	switch {
	case made > now:
		c.bad("made_at", "is still to come: what has not happened cannot be recorded")
	case r.told.start(cal) > now:
		c.bad("told_at", "is still to come: what has not happened cannot be recorded")
	case r.first != 0 && r.told.given() && r.told.start(cal) < made:
		c.bad("told_at", "is before made_at, %s", made)
	}
}

// printable is a cell as an error line may show it.
func printable(s string) string {
	quoted := strconv.Quote(shorten(s))
	return quoted[1 : len(quoted)-1]
}
