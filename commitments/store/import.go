package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"kept/commitments"
	"kept/commitments/calendar"
)

// ImportSource is a list to import, read row by row.
type ImportSource interface {
	// Columns are the columns the list has, by Kept's names.
	Columns() []string
	// Next goes to the next row and gives its number, as people count the rows of
	// the file. At the end it returns io.EOF, for a row that cannot be read a
	// *Rejected; any other error ends the import.
	Next() (row int, err error)
	// Get is a cell of the present row, without space around it; "" if the list has
	// no such column.
	Get(column string) string
}

// ImportColumns are the columns an import reads. With external_id there, id is ignored.
func ImportColumns() []string { return append(ExportColumns(), "external_id") }

// ImportBatch is how many rows are worked on together. Rows are rejected in order, but
// some time after they were read; the source is read beside that.
const ImportBatch = 1000

// ImportOptions say how to import.
type ImportOptions struct {
	Create   bool   // make customers, people, teams and kinds that are not known
	Partial  bool   // import the good rows even if others are rejected
	DryRun   bool   // answer, and record nothing
	At       string // what is overdue at this instant gets no alert; "" is now
	Progress func(rows int)
	Reject   func(Rejected) // is told every rejected row, in order
}

// Rejected is a row that is not imported, and why.
type Rejected struct {
	Row     int    `json:"row"`
	Column  string `json:"column"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

func (r *Rejected) Error() string {
	return fmt.Sprintf("row %d, %s %q: %s", r.Row, r.Column, r.Value, r.Message)
}

// ImportResult is what an import did, or would do.
type ImportResult struct {
	Rows          int                   `json:"rows"`
	Created       int                   `json:"created"`
	Updated       int                   `json:"updated"`
	Unchanged     int                   `json:"unchanged"`
	Rejected      []Rejected            `json:"rejected"` // the first maxRejected
	RejectedTotal int                   `json:"rejected_total"`
	Warnings      []commitments.Warning `json:"warnings"`
}

// maxRejected bounds the rejected rows that are listed; all are counted, and given to
// ImportOptions.Reject.
const maxRejected = 100

// Import takes a list of promises in, in one transaction and in memory that does not
// grow with the list. Unless o.Partial is set, one rejected row means that nothing is
// imported: the result then says which, and the error is ErrRefused.
func (s *Store) Import(ctx context.Context, by commitments.Actor, source ImportSource, o ImportOptions) (ImportResult, error) {
	if !by.MayAlways(commitments.ActImport) {
		return ImportResult{}, commitments.Refused("as", fmt.Sprintf("%s, a %s, may not import: ask an admin", by.Name, by.Role))
	}
	im := importer{by: by, source: source, o: o}
	im.out = ImportResult{Rejected: []Rejected{}, Warnings: []commitments.Warning{}}
	err := s.bulkWrite(ctx, func(t *tx, w *bulkWriter) error {
		im.t, im.w = t, w
		return im.run()
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	if errors.Is(err, commitments.ErrRefused) {
		im.out.Created, im.out.Updated, im.out.Unchanged = 0, 0, 0
	}
	return im.out, err
}

// importer carries one import through its batches.
type importer struct {
	t      *tx
	w      *bulkWriter
	by     commitments.Actor
	source ImportSource
	o      ImportOptions

	at        Instant // as of when it is imported
	has       map[string]bool
	zone      *calendar.Calendar // the default one, in whose zone times without one are
	book      *book
	keys      string // what the keys of this import's promises begin with
	made      int
	calendars map[ID]ID // of the customers that have one
	firsts    map[ID]ID // people's first teams
	customers names
	people    names
	teams     names
	kinds     names
	managed   pages  // by customer: the manager is decided
	seen      pages  // by promise: the row it came from
	maybe     *bloom // external ids that may be there; nil where any may
	similar   lookalikes
	notes     notes
	conflicts error
	out       ImportResult
}

func (im *importer) run() error {
	if err := im.begin(); err != nil {
		return err
	}
	if err := im.takeAll(); err != nil {
		return err
	}
	im.out.Warnings = im.notes.warnings(im)
	switch {
	case im.conflicts != nil:
		return im.conflicts
	case im.out.RejectedTotal > 0 && !im.o.Partial:
		return commitments.Refused("", fmt.Sprintf("%d of %d rows cannot be imported, so none were: correct them, or import the others with --partial", im.out.RejectedTotal, im.out.Rows))
	case im.o.DryRun:
		return errDryRun
	}
	return nil
}

func (im *importer) begin() (err error) {
	if err := im.t.queue(queueNames); err != nil {
		return err
	}
	if im.book, err = im.t.book(); err != nil {
		return err
	}
	im.zone = im.book.fallback
	if im.at, err = moment(im.o.At, im.t.now, im.zone, false); err != nil {
		return err
	}
	im.has = map[string]bool{}
	for _, c := range im.source.Columns() {
		im.has[c] = true
	}
	switch {
	case !im.has["title"]:
		return commitments.Invalid("title", "the list has no such column: what was promised?")
	case !im.has["promise_date"] && !im.has["date_by"]:
		return commitments.Invalid("promise_date", "the list has no such column: when was it promised for?")
	}
	im.keys = randomKey()
	im.customers, im.people = newNames("customers"), newNames("people")
	im.teams, im.kinds = newNames("teams"), newNames("kinds")
	var some bool
	if err := im.t.get(&some, "SELECT EXISTS (SELECT 1 FROM commitments)"); err != nil {
		return err
	}
	if !some {
		im.maybe = newBloom()
	}
	if err := im.readAround(); err != nil {
		return err
	}
	return im.similar.load(im.t)
}

// importBatch is some rows, read and checked but for what the database must say.
type importBatch struct {
	rows  []importRow
	notes notes
	err   error // what ended the reading; io.EOF at the end of the list
}

// takeAll takes in the list batch by batch. While the database works on one, the next
// is read.
func (im *importer) takeAll() error {
	batches, stop := make(chan *importBatch), make(chan struct{})
	go func() {
		defer close(batches)
		for more := true; more; {
			b := im.read()
			more = b.err == nil
			select {
			case batches <- b:
			case <-stop:
				return
			}
		}
	}()
	defer func() {
		close(stop)
		for range batches { // until the reader is done with the source
		}
	}()
	for b := range batches {
		if b.err != nil && b.err != io.EOF {
			return b.err
		}
		im.out.Rows += len(b.rows)
		im.notes.add(b.notes)
		if err := im.batch(b.rows); err != nil {
			return err
		}
		if im.o.Progress != nil {
			im.o.Progress(im.out.Rows)
		}
	}
	return nil
}

// read reads and checks the rows of one batch. It runs beside the writing, and so
// touches nothing of the importer that a batch changes.
func (im *importer) read() *importBatch {
	b := &importBatch{rows: make([]importRow, 0, ImportBatch)}
	for len(b.rows) < ImportBatch {
		number, err := im.source.Next()
		r := importRow{number: number}
		if err != nil && !errors.As(err, &r.rejected) {
			b.err = err
			return b
		}
		if r.rejected == nil {
			r.read(im, &b.notes)
		}
		b.rows = append(b.rows, r)
	}
	return b
}

// batch takes in the rows of one batch.
func (im *importer) batch(rows []importRow) error {
	if err := im.t.ctx.Err(); err != nil {
		return err
	}
	if err := im.match(rows); err != nil {
		return err
	}
	if err := im.resolve(rows); err != nil {
		return err
	}
	if err := im.update(rows); err != nil {
		return err
	}
	fresh := im.fresh(rows)
	for i := range rows {
		im.reject(&rows[i])
	}
	return im.insert(fresh)
}

func (im *importer) reject(r *importRow) {
	if r.rejected == nil {
		return
	}
	im.out.RejectedTotal++
	if len(im.out.Rejected) < maxRejected {
		im.out.Rejected = append(im.out.Rejected, *r.rejected)
	}
	if im.o.Reject != nil {
		im.o.Reject(*r.rejected)
	}
}

// pages are small numbers by id, in memory that is taken where ids are used.
type pages map[ID]*[4096]uint32

func (p pages) get(id ID) uint32 {
	if page := p[id>>12]; page != nil {
		return page[id&4095]
	}
	return 0
}

func (p *pages) set(id ID, n int) {
	if *p == nil {
		*p = pages{}
	}
	page := (*p)[id>>12]
	if page == nil {
		page = new([4096]uint32)
		(*p)[id>>12] = page
	}
	page[id&4095] = uint32(n)
}

// notes count what there is to say about an import as a whole.
type notes struct {
	timesDropped, targetsDropped, linksDropped, beforeMade, noMade, duplicates, overdue, twoManagers int
}

func (n *notes) add(m notes) {
	n.timesDropped += m.timesDropped
	n.targetsDropped += m.targetsDropped
	n.linksDropped += m.linksDropped
}

func (n *notes) warnings(im *importer) []commitments.Warning {
	out := []commitments.Warning{}
	say := func(count int, code, format string, args ...any) {
		if count > 0 {
			out = append(out, commitments.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
		}
	}
	say(n.overdue, "already-overdue", "%d open promises were overdue already on %s: no alerts for these, the digest lists them", n.overdue, im.book.fallback.Today(im.at).Human())
	say(n.targetsDropped, "target-after-promise", "%d rows had a target after the promise: imported without a target", n.targetsDropped)
	say(n.beforeMade, "promise-before-made", "%d rows promise a day before they were made: imported as they are", n.beforeMade)
	say(n.noMade, "no-made-at", "%d rows do not say when they were made: promised_at, or else %s, was taken", n.noMade, im.at)
	say(n.timesDropped, "time-dropped", "%d rows have a time in promise_date: it was left out; put it into promise_time if the customer was told one", n.timesDropped)
	say(n.linksDropped, "no-web-address", "%d rows have a link that is no web address (https://…): it was left out", n.linksDropped)
	say(n.duplicates, "duplicate-rows", "%d rows say the same as an earlier row: counted once", n.duplicates)
	say(n.twoManagers, "two-managers", "%d rows name another manager for a customer than an earlier row: the first was taken", n.twoManagers)
	return append(out, im.similar.warnings...)
}
