package store

import (
	"context"
	"errors"
	"fmt"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Changed is a promise whose stage a sweep changed.
type Changed struct {
	ID      ID                   `json:"id"`
	From    commitments.Stage    `json:"from"`
	To      commitments.Stage    `json:"to"`
	Reasons []commitments.Reason `json:"reasons"`
	Title   string               `json:"title"`
}

// Alerted is an alert a sweep opened.
type Alerted struct {
	Key        string            `json:"key"`
	Commitment ID                `json:"commitment"`
	Stage      commitments.Stage `json:"stage"`
	Recipient  string            `json:"recipient"`
	For        *string           `json:"for"` // who is away, and would have been told
	Step       string            `json:"step"`
}

// Swept is what a sweep found and did.
type Swept struct {
	At         Instant   `json:"at"`
	Reviewed   int       `json:"reviewed"`
	Changed    []Changed `json:"changed"`
	Alerts     []Alerted `json:"alerts"`
	Deliveries []ID      `json:"-"` // the messages it created
}

// sweepBatch bounds one transaction, so that a catch-up of many never holds up a
// person who records something.
const sweepBatch = 1000

// The jobs' rows.
const (
	JobSweep   = "sweep"
	JobDigests = "digests"
)

// Sweep looks at every promise whose next instant has come by at: it writes stages,
// opens and closes alerts, and creates the messages that carry them, a batch per
// transaction. At must not lie before the last sweep, nor after now. When ctx is done
// the batch in hand is finished and no other begun. Each of further is called after
// every batch.
func (s *Store) Sweep(ctx context.Context, at Instant, further ...func()) (Swept, error) {
	out := newSwept(at)
	w := sweeper{at: at, out: &out, messages: map[recipientAt]*message{}}
	for {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		n := 0
		// Each of a batch's thousands of statements costs the driver far less if nothing can cancel it.
		err := s.writeOnce(context.WithoutCancel(ctx), func(t *tx) (err error) {
			if err := t.queue(queueSweep); err != nil {
				return err
			}
			if err := t.sweepable(at); err != nil {
				return err
			}
			n, err = w.batch(t, "WHERE c.next_review_at <= ? ORDER BY c.next_review_at LIMIT ?"+t.s.d.forUpdate, at, sweepBatch)
			if err == nil && n < sweepBatch {
				err = t.jobRan(JobSweep, at)
			}
			return err
		})
		if err != nil || n < sweepBatch {
			return out, err
		}
		for _, f := range further {
			f()
		}
	}
}

// DrySweep answers as Sweep at that instant would, and changes nothing. The instant
// may lie in the future, or before the last sweep.
func (s *Store) DrySweep(ctx context.Context, at Instant) (Swept, error) {
	out := newSwept(at)
	w := sweeper{at: at, out: &out, messages: map[recipientAt]*message{}}
	err := s.writeOnce(ctx, func(t *tx) error {
		if err := t.queue(queueSweep); err != nil {
			return err
		}
		last, err := t.lastRun(JobSweep)
		if err != nil {
			return err
		}
		where := "WHERE c.next_review_at <= ?"
		if at < last {
			where, w.unswept = "WHERE c.made_at <= ?", true
			if err := t.untell(at); err != nil {
				return err
			}
		}
		if _, err := w.batch(t, where, at); err != nil {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return out, err
}

// untell forgets, for a dry run, that anything was told at an instant or later.
func (t *tx) untell(at Instant) error {
	_, err := t.exec(`UPDATE deliveries SET key = 'later ' || key WHERE id IN
		(SELECT da.delivery_id FROM delivery_alerts da JOIN alerts a ON a.id = da.alert_id WHERE a.at >= ?)`, at)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE alerts SET key = 'later ' || key WHERE at >= ?", at)
	return err
}

func newSwept(at Instant) Swept {
	return Swept{At: at.Second(), Changed: []Changed{}, Alerts: []Alerted{}}
}

func (t *tx) sweepable(at Instant) error {
	last, err := t.lastRun(JobSweep)
	switch {
	case err != nil:
		return err
	case at < last:
		return commitments.Refused("at", fmt.Sprintf("%s is before the last sweep, %s: add --dry-run to see what would have happened", at.Second(), last.Second()))
	case at > max(t.now, last):
		return commitments.Refused("at", fmt.Sprintf("%s is still to come: add --dry-run to see what would happen", at.Second()))
	}
	return nil
}

// sweeper carries one sweep through its batches.
type sweeper struct {
	at       Instant
	out      *Swept
	openings []opening
	messages map[recipientAt]*message
	shown    map[ID]string // of the promises whose alert stays open: the codes of their reasons by now
	unswept  bool          // what sweeps have made of the promises came later, and is not known yet
}

// batch reviews the promises of a selection. It is called with the sweeps' place in
// the queue held.
func (w *sweeper) batch(t *tx, where string, args ...any) (int, error) {
	b, err := t.book()
	if err != nil {
		return 0, err
	}
	var rows []row
	if err := t.all(&rows, selectDue+where, args...); err != nil || len(rows) == 0 {
		return 0, err
	}
	promises := make(map[ID]*commitments.Promise, len(rows))
	var newer []ID // whose row does not say all that a look needs
	for i := range rows {
		p := rows[i].promise(b, "")
		promises[p.ID] = p
		if p.LastFact > w.at || p.State.Alerted == commitments.AtRisk && p.LastFact >= p.State.AlertedAt {
			newer = append(newer, p.ID)
		}
	}
	if len(newer) > 0 {
		if err := t.readHistories(promises, "IN "+t.s.d.ids, idList(newer)); err != nil {
			return 0, err
		}
	}
	w.shown = map[ID]string{}
	for i := range rows {
		if err := w.review(t, promises[rows[i].ID]); err != nil {
			return 0, err
		}
	}
	if err := t.reshow(w.shown); err != nil {
		return 0, err
	}
	return len(rows), w.address(t, b)
}

// selectDue reads what the rules need and no more. Nothing is joined, so that no
// planner can be led away from the index on next_review_at.
const selectDue = `SELECT c.id, c.key, c.title, c.owner_id, c.team_id, c.first_date_by, coalesce(c.update_every, 0) AS update_every,
	(SELECT cu.calendar_id FROM customers cu WHERE cu.id = c.customer_id) AS customer_calendar,
	c.made_at, c.promise_date, c.promise_time, c.target_date, c.date_by, c.due_at,
	c.work_left, c.work_left_at, c.blocked, c.checked_in_at, c.called_at, c.still_on_at, c.slipping_at, c.new_date_at, c.lost,
	c.waiting_for, c.waiting_since, c.heard_at, c.handed_at, c.delivered_at, c.withdrawn_at,
	c.old_before, c.rescue_opened_at, c.rescue_owned_at, c.rescue_called_at, c.rescue_made_right_at, c.rescue_closed_at, c.rescue_clock_at, c.rescue_laddered_at,
	c.stage, c.alerted, c.alerted_at, c.episode, c.settled, c.asks_nothing, c.old_news, c.laddered_at, c.lost_told, c.update_told_at, c.handed_told_at, c.last_fact_at FROM commitments c `

// review looks at one promise and writes what came of it.
func (w *sweeper) review(t *tx, p *commitments.Promise) error {
	w.out.Reviewed++
	f, made := asOf(p, w.at)
	if !made {
		return t.setNext(p.ID, p.MadeAt)
	}
	if w.unswept {
		p.State = commitments.NewAlertState()
	}
	look := p.Review(&f, w.at)
	next := look.Next
	if p.LastFact > w.at {
		next = calendar.Earliest(next, p.History.Following(w.at))
	}
	if from := p.State.Stage; from != look.Stage {
		if err := w.changed(t, p, from, look); err != nil {
			return err
		}
	}
	if s := look.Decision.State; s.Alerted != "" && s.Alerted == p.State.Alerted && look.Decision.Opens == "" {
		w.shown[p.ID] = codesOf(look.Reasons)
	}
	if look.Decision.Closes != "" {
		if err := t.closeAlerts(p.ID, &f, w.at, w.at, look.Decision.Closes); err != nil {
			return err
		}
	}
	if o := look.Decision.Opens; p.State.UpdateTold != 0 && (o == commitments.AtRisk || o == commitments.Overdue) { // which asks for more
		if err := t.closeSteps(p.ID, w.at, "now "+string(o), commitments.StepUpdate); err != nil {
			return err
		}
	}
	if look.Decision.State == p.State {
		return t.setNext(p.ID, next)
	}
	if p.State.RescueClockAt != 0 && p.State.RescueClockAt != look.Decision.State.RescueClockAt {
		if err := t.closeRescue(p.ID, &f, w.at, w.at, "the rescue is over"); err != nil {
			return err
		}
	}
	p.State = look.Decision.State
	w.open(p, &f, look)
	s := &p.State
	_, err := t.exec(`UPDATE commitments SET stage = ?, episode = ?, alerted = ?, alerted_at = ?, settled = ?, asks_nothing = ?, old_news = ?, laddered_at = ?, lost_told = ?,
		update_told_at = ?, handed_told_at = ?, rescue_clock_at = ?, rescue_laddered_at = ?, next_review_at = ? WHERE id = ?`,
		string(s.Stage), s.Episode, string(s.Alerted), s.AlertedAt, yes(s.Settled), yes(s.AsksNothing), yes(s.OldNews), s.LadderedAt, s.LostTold,
		s.UpdateTold, s.HandedTold, s.RescueClockAt, s.RescueLadderedAt, next, p.ID)
	return err
}

func (t *tx) setNext(id ID, next Instant) error {
	_, err := t.exec("UPDATE commitments SET next_review_at = ? WHERE id = ?", next, id)
	return err
}

func (w *sweeper) changed(t *tx, p *commitments.Promise, from commitments.Stage, look commitments.Review) error {
	reasons := look.Reasons
	if reasons == nil {
		reasons = []commitments.Reason{}
	}
	w.out.Changed = append(w.out.Changed, Changed{p.ID, from, look.Stage, reasons, p.Title})
	codes := make([]commitments.Code, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	return t.event(w.at, 0, "stage", "commitment", p.ID, commitments.Record{Stage: &commitments.StageMove{From: from, To: look.Stage, Reasons: codes}})
}

// jobRan records that a job ran for an instant; that instant never goes back.
func (t *tx) jobRan(name string, asOf Instant) error {
	_, err := t.exec(`INSERT INTO jobs (name, as_of, finished_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET
		as_of = CASE WHEN jobs.as_of > excluded.as_of THEN jobs.as_of ELSE excluded.as_of END, finished_at = excluded.finished_at`,
		name, asOf, t.now)
	return err
}

// Ran records that a job ran for an instant.
func (s *Store) Ran(ctx context.Context, name string, asOf Instant) error {
	return s.write(ctx, func(t *tx) error { return t.jobRan(name, asOf) })
}

// LastRun is the instant a job last ran for; 0 if it never did.
func (s *Store) LastRun(ctx context.Context, name string) (at Instant, err error) {
	err = s.read(ctx, func(t *tx) error {
		at, err = t.lastRun(name)
		return err
	})
	return at, err
}

func (t *tx) lastRun(name string) (at Instant, err error) {
	err = t.get(&at, "SELECT (SELECT as_of FROM jobs WHERE name = ?)", name)
	return at, err
}
