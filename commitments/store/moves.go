package store

import (
	"strings"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Move is an open promise whose dates another calendar changes. The promise date
// stays: the customer was told it.
type Move struct {
	ID         ID      `json:"id"`
	Customer   string  `json:"customer"`
	Title      string  `json:"title"`
	Promise    Date    `json:"promise_date"`
	Target     Date    `json:"target_date"`
	NewTarget  Date    `json:"new_target_date"`
	Padding    *int    `json:"padding_days"`
	NewPadding *int    `json:"new_padding_days"`
	DueAt      Instant `json:"due_at"`
	NewDueAt   Instant `json:"new_due_at"`
}

func (m *Move) moves() bool {
	padding := m.Padding != nil && m.NewPadding != nil && *m.Padding != *m.NewPadding
	return padding || m.Target != m.NewTarget || m.DueAt != m.NewDueAt
}

// Edited is what an edit does to the dates of open promises, or would do.
type Edited struct {
	Moves   []Move `json:"moves"`
	Applied bool   `json:"applied"` // false: the dates would move, and nothing was changed
}

// settle applies an edit that moves no dates, or of which the person knows that it does.
func (e *Edited) settle(apply bool) error {
	e.Applied = apply || len(e.Moves) == 0
	return orDryRun(nil, !e.Applied)
}

// Moved gives the dates that move, and whether they did.
func (e Edited) Moved() ([]Move, bool) { return e.Moves, e.Applied }

// recount derives anew what the book decides of some open promises (c): when they are
// due, targets that a padding rule gave, and that the sweep must look at them. It lists
// those whose dates changed. Was gives the calendar a promise was counted in before; nil
// leaves the promise alone.
func (t *tx) recount(by ID, was func(*row) *calendar.Calendar, where string, args ...any) ([]Move, error) {
	after, err := t.book()
	if err != nil {
		return nil, err
	}
	rows, err := t.openRows(where, args...)
	if err != nil {
		return nil, err
	}
	moves := []Move{}
	for i := range rows {
		p := rows[i].promise(after, "")
		cal := p.Calendar
		if p.Calendar = was(&rows[i]); p.Calendar == nil {
			continue
		}
		m := moved(p, cal, followed(p, cal))
		if err := t.saveMove(p, &m, by); err != nil {
			return nil, err
		}
		if m.moves() {
			moves = append(moves, m)
		}
	}
	return moves, nil
}

// onCalendar picks the promises that an edit of one calendar concerns: those counted in
// it, and those that change from it or to it.
func (t *tx) onCalendar(before *book, edited ID) (func(*row) *calendar.Calendar, error) {
	after, err := t.book()
	if err != nil {
		return nil, err
	}
	numbered, is := before.numbers(), after.numbers()
	return func(r *row) *calendar.Calendar {
		was, now := before.calendarOf(r.CustomerCal, r.TeamID), is[after.calendarOf(r.CustomerCal, r.TeamID)]
		if now != edited && now == numbered[was] {
			return nil
		}
		return was
	}, nil
}

// openRows reads promises that an edit of their rules is about to change, and holds
// them. It queues with the sweeps, which hold the same rows in another order.
func (t *tx) openRows(where string, args ...any) (rows []row, err error) {
	if err := t.queue(queueSweep); err != nil {
		return nil, err
	}
	err = t.all(&rows, selectRows+"WHERE c.delivered_at IS NULL AND c.withdrawn_at IS NULL AND "+where+" ORDER BY c.id"+t.s.d.forUpdate, args...)
	return rows, err
}

// numbers are the ids of the book's calendars; 0 is one that no row stands for.
func (b *book) numbers() map[*calendar.Calendar]ID {
	ids := make(map[*calendar.Calendar]ID, len(b.calendars))
	for id, cal := range b.calendars {
		ids[cal] = id
	}
	return ids
}

// moved is what another calendar, and perhaps another target, makes of a promise.
func moved(p *commitments.Promise, cal *calendar.Calendar, target Date) Move {
	m := Move{ID: p.ID, Customer: p.Customer.Name, Title: p.Title, Promise: p.Facts.Promise, Target: p.Target, NewTarget: target,
		Padding: p.PaddingDays, DueAt: p.DueAt}
	if p.Undated() {
		m.NewDueAt = cal.End(p.DateBy)
		return m
	}
	m.NewDueAt = commitments.DueAt(cal, p.Facts.Promise, p.PromiseTime)
	if m.NewTarget != 0 {
		n := cal.Workdays(m.NewTarget, p.Facts.Promise)
		m.NewPadding = &n
	}
	return m
}

// followed is the target that the promise's padding rule gives on another calendar,
// if it was the rule that gave the present one.
func followed(p *commitments.Promise, cal *calendar.Calendar) Date {
	word, _, _ := strings.Cut(p.PaddingWhy, " ")
	rule, err := commitments.ParseRule(strings.TrimSuffix(word, ","))
	if err != nil || rule.IsZero() || rule.Learned > 0 || p.Target == 0 {
		return p.Target
	}
	by := func(cal *calendar.Calendar) Date {
		plan, err := commitments.PlanDates(cal.Today(p.MadeAt), 0, p.Facts.Promise, rule, "", cal)
		if err != nil {
			return 0
		}
		return plan.Target
	}
	if by(p.Calendar) != p.Target {
		return p.Target
	}
	return by(cal)
}

// saveMove writes what moved, and tells of it if anything did. The instants and targets
// of dates agreed earlier stay as they were when they were told.
func (t *tx) saveMove(p *commitments.Promise, m *Move, by ID) error {
	_, err := t.exec(`UPDATE commitments SET due_at = ?, target_date = ?, padding_days = ?,
		next_review_at = CASE WHEN next_review_at < ? THEN next_review_at ELSE ? END WHERE id = ?`,
		m.NewDueAt, m.NewTarget, m.NewPadding, t.now, t.now, m.ID)
	if err != nil || !m.moves() {
		return err
	}
	if err := t.staleOpen("a.commitment_id = ?", m.ID); err != nil {
		return err
	}
	if err := t.event(t.now, by, "recounted", "commitment", m.ID, p.Recount(m.NewTarget, m.NewDueAt, m.NewPadding)); err != nil || m.Promise == 0 {
		return err
	}
	_, err = t.exec("UPDATE promise_dates SET due_at = ?, target_date = ? WHERE commitment_id = ? AND replaced_at IS NULL", m.NewDueAt, m.NewTarget, m.ID)
	if err != nil || p.LastFact <= min(m.DueAt, m.NewDueAt) {
		return err
	}
	return t.refold(p)
}

// refold writes anew what its row says of the rescue of a promise that was, or now is,
// over by its last fact.
func (t *tx) refold(p *commitments.Promise) error {
	if err := t.readHistories(map[ID]*commitments.Promise{p.ID: p}, "= ?", p.ID); err != nil {
		return err
	}
	f, _ := p.History.AsOf(p.History.LastFact(), p.Calendar)
	_, err := t.exec("UPDATE commitments SET rescue_opened_at = ?, rescue_owned_at = ?, rescue_called_at = ?, rescue_made_right_at = ?, rescue_closed_at = ? WHERE id = ?",
		f.RescueOpenedAt, f.RescueOwnedAt, f.RescueCalledAt, f.RescueMadeRightAt, f.RescueClosedAt, p.ID)
	return err
}
