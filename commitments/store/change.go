package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kept/commitments"
	"kept/commitments/calendar"
)

// Op is what every recording method is told: who does it, to which promise, and
// when it happened.
type Op struct {
	By      commitments.Actor
	Ref     string // the promise's number, or its external id
	At      string // as typed; "" is now. Past is allowed, future refused
	Version int64  // the version it was decided on; 0 takes whatever is there
	Once    string // identifies the request, which is carried out once however often it comes; "" does not say
}

// change is the one way a promise changes: load, decide, save, append the event,
// settle the alerts. With ErrRepeated comes how the promise stands.
func (s *Store) change(ctx context.Context, op Op, act commitments.Action, dayEnds bool,
	decide func(*tx, *commitments.Promise, Instant) (commitments.Change, error)) (commitments.View, error) {
	var view commitments.View
	err := s.write(ctx, func(t *tx) error {
		once := t.once(op.Once)
		if once != nil && !errors.Is(once, ErrRepeated) {
			return once
		}
		p, r, err := t.load(op.By, op.Ref, true)
		if once != nil {
			return t.again(p, &view) // whatever they may still do to it, or see of it
		}
		if err != nil {
			return err
		}
		if err := t.authorize(op.By, act, p, r); err != nil {
			return err
		}
		if op.Version != 0 && op.Version != p.Version {
			return &commitments.Error{Kind: commitments.ErrConflict, Field: "version", Message: fmt.Sprintf("promise %d is at version %d by now, not %d: look at it again", p.ID, p.Version, op.Version)}
		}
		at, err := moment(op.At, t.now, p.Calendar, dayEnds)
		if err != nil {
			return err
		}
		was := p.Terms()
		c, err := decide(t, p, at)
		if err != nil {
			return err
		}
		if err := t.save(p, c, was); err != nil {
			return err
		}
		view, _ = p.View(at)
		view.Warnings = p.MovedAgain(c)
		return t.nameRescues(&view)
	})
	return view, err
}

// again is the answer to a request that was carried out before: how its promise stands, if
// whoever asks sees it still.
func (t *tx) again(p *commitments.Promise, view *commitments.View) error {
	if p == nil {
		return ErrRepeated
	}
	*view, _ = p.View(t.now)
	return errors.Join(ErrRepeated, t.nameRescues(view))
}

// authorize refuses what a person may not do to a promise that they see.
func (t *tx) authorize(by commitments.Actor, act commitments.Action, p *commitments.Promise, r *row) error {
	s := r.subject()
	if act == commitments.ActRescue {
		var err error
		if s.Deputies, err = t.deputies(r, p.Calendar.Today(t.now)); err != nil {
			return err
		}
	}
	if by.May(act, s) {
		return nil
	}
	return commitments.Refused("", fmt.Sprintf("%s may not do that to promise %d: it is %s's", by.Name, p.ID, p.Owner.Name))
}

// moment reads when something happened, which is never later than now. Today's date
// alone is now; another's is the start of that day or, where dayEnds says so, its end.
func moment(typed string, now Instant, cal *calendar.Calendar, dayEnds bool) (Instant, error) {
	if typed == "" {
		return now, nil
	}
	w, err := calendar.ParseWhen(typed, now, cal)
	if err != nil {
		return 0, commitments.Invalid("at", err.Error())
	}
	at := w.Moment(cal)
	if w.Instant == 0 && w.Clock == calendar.NoClock {
		switch {
		case w.Date == cal.Today(now):
			at = now
		case dayEnds:
			at = cal.End(w.Date)
		}
	}
	if at > now {
		return 0, commitments.Refused("at", fmt.Sprintf("%s is still to come: what has not happened cannot be recorded", at))
	}
	return at, nil
}

// CheckIn is an owner's answer as it was typed.
type CheckIn struct {
	Left    string
	Blocked string
	Note    string
}

// CheckIn records how many days of work are left.
func (s *Store) CheckIn(ctx context.Context, op Op, in CheckIn) (commitments.View, error) {
	left, err := commitments.ParseDays(in.Left)
	if err != nil {
		return commitments.View{}, commitments.Invalid("left", err.Error())
	}
	if in.Blocked, err = clean("blocked", in.Blocked, maxNote, true); err != nil {
		return commitments.View{}, err
	}
	if in.Note, err = clean("note", in.Note, maxNote, true); err != nil {
		return commitments.View{}, err
	}
	return s.change(ctx, op, commitments.ActCheckIn, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		return p.CheckIn(at, op.By.ID, left, in.Blocked, in.Note)
	})
}

// Call is what came of a call to the customer, as it was typed.
type Call struct {
	Outcome string
	NewDate NewDate // for the outcome new-date
	DateBy  string  // for the outcome slipping
	Note    string
}

// Call records a call.
func (s *Store) Call(ctx context.Context, op Op, in Call) (commitments.View, error) {
	note, err := clean("note", in.Note, maxNote, true)
	if err != nil {
		return commitments.View{}, err
	}
	if err := in.fits(); err != nil {
		return commitments.View{}, err
	}
	return s.change(ctx, op, commitments.ActCall, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		report := commitments.CallReport{Outcome: commitments.Outcome(in.Outcome), Note: note}
		if report.Outcome == commitments.NewDate {
			if report.Date, err = in.NewDate.read(t, p, op.By, at); err != nil {
				return commitments.Change{}, err
			}
		}
		if in.DateBy != "" {
			if report.DateBy, _, err = day("date-by", in.DateBy, at, p.Calendar); err != nil {
				return commitments.Change{}, err
			}
		}
		return p.Call(at, op.By.ID, report)
	})
}

// fits refuses what does not belong to the outcome, before anything is done.
func (in *Call) fits() error {
	outcome := commitments.Outcome(in.Outcome)
	switch {
	case !slices.Contains(commitments.Outcomes[:], outcome):
		return commitments.Invalid("outcome", fmt.Sprintf("%q is not an outcome: write still-on, new-date, slipping or not-reached", shorten(in.Outcome)))
	case outcome != commitments.NewDate && (in.NewDate.Promise != "" || in.NewDate.Target != "" || in.NewDate.Why != ""):
		return commitments.Invalid("promise", "a new date, its target and its reason go with --outcome new-date only")
	case outcome != commitments.Slipping && in.DateBy != "":
		return commitments.Invalid("date-by", "goes with --outcome slipping only")
	}
	return nil
}

// NewDate is a date agreed with the customer, as it was typed.
type NewDate struct {
	Promise string
	Target  string
	Why     string
	AskedBy string // us or customer; "" is us
	ToldBy  string // who told the customer; "" is whoever records it
}

// NewDate records a new date.
func (s *Store) NewDate(ctx context.Context, op Op, in NewDate) (commitments.View, error) {
	return s.change(ctx, op, commitments.ActNewDate, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		report, err := in.read(t, p, op.By, at)
		if err != nil {
			return commitments.Change{}, err
		}
		return p.NewDate(at, op.By.ID, report)
	})
}

// PlanNewDate is what a new date would come to, for anybody who sees the promise. Nothing
// is recorded: why it moves need not be said yet.
func (s *Store) PlanNewDate(ctx context.Context, op Op, in NewDate) (plan commitments.Plan, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, _, err := t.load(op.By, op.Ref, false)
		if err != nil {
			return err
		}
		at, err := moment(op.At, t.now, p.Calendar, false)
		if err != nil {
			return err
		}
		report, err := in.read(t, p, op.By, at)
		if err != nil {
			return err
		}
		plan, err = p.PlanNewDate(at, report)
		return err
	})
	return plan, err
}

func (in NewDate) read(t *tx, p *commitments.Promise, by commitments.Actor, at Instant) (r commitments.DateReport, err error) {
	r.AskedBy, r.ToldBy, r.PromiseTime = in.AskedBy, by.ID, calendar.NoClock
	if r.AskedBy == "" {
		r.AskedBy = "us"
	}
	if r.Why, err = clean("why", in.Why, maxNote, true); err != nil {
		return r, err
	}
	if in.Promise != "" {
		if r.Promise, r.PromiseTime, err = day("promise", in.Promise, at, p.Calendar); err != nil {
			return r, err
		}
	}
	if in.Target != "" {
		if r.Target, _, err = day("target", in.Target, at, p.Calendar); err != nil {
			return r, err
		}
	}
	if in.ToldBy != "" {
		teller, err := t.person("told-by", in.ToldBy)
		if err != nil {
			return r, err
		}
		r.ToldBy = teller.ID
	}
	return r, nil
}

// day reads a date, perhaps with a time of day, in the calendar's zone.
func day(field, typed string, now Instant, cal *calendar.Calendar) (Date, calendar.Clock, error) {
	w, err := calendar.ParseWhen(typed, now, cal)
	if err != nil {
		return 0, calendar.NoClock, commitments.Invalid(field, err.Error())
	}
	return w.Date, w.Clock, nil
}

// Deliver records that a promise was delivered.
func (s *Store) Deliver(ctx context.Context, op Op) (commitments.View, error) {
	return s.change(ctx, op, commitments.ActDeliver, true, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		return p.Deliver(at, op.By.ID)
	})
}

// Withdraw records that a promise is no longer owed.
func (s *Store) Withdraw(ctx context.Context, op Op, why string) (commitments.View, error) {
	return s.because(ctx, op, commitments.ActWithdraw, why, (*commitments.Promise).Withdraw)
}

// Reopen takes a delivery or a withdrawal back.
func (s *Store) Reopen(ctx context.Context, op Op, why string) (commitments.View, error) {
	return s.because(ctx, op, commitments.ActDeliver, why, (*commitments.Promise).Reopen)
}

// Wait records that we wait for the customer; "" says that the wait is over.
func (s *Store) Wait(ctx context.Context, op Op, what string) (commitments.View, error) {
	if what == "" {
		return s.change(ctx, op, commitments.ActWait, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
			return p.Resume(at, op.By.ID)
		})
	}
	return s.because(ctx, op, commitments.ActWait, what, (*commitments.Promise).Wait)
}

func (s *Store) because(ctx context.Context, op Op, act commitments.Action, why string,
	transition func(*commitments.Promise, Instant, ID, string) (commitments.Change, error)) (commitments.View, error) {
	why, err := clean("why", why, maxNote, true)
	if err != nil {
		return commitments.View{}, err
	}
	return s.change(ctx, op, act, false, func(t *tx, p *commitments.Promise, at Instant) (commitments.Change, error) {
		return transition(p, at, op.By.ID, why)
	})
}
