package store

import (
	"context"
	"errors"
	"fmt"

	"kept/commitments"
	"kept/commitments/calendar"
)

// NewPromise is a promise as it was typed. Dates are in words or ISO; names are
// names, addresses or numbers.
type NewPromise struct {
	Customer, Owner, Team, Kind string
	Title                       string
	Target, Promise, DateBy     string
	Padding                     string
	Words, Link, DoneMeans      string
	Price, Value                string
	UpdateEvery                 string // "5d": working days between updates owed to the customer
	Create                      bool   // make a customer or owner that is not known
	NewCustomer                 bool   // make the customer if it is not known, by who may: of the rest, nothing
	DryRun                      bool   // answer, and record nothing
}

// Added is the promise that was logged, with what there is to say about its dates.
type Added struct {
	commitments.View
	Skipped  []commitments.Skip    `json:"skipped"`
	Warnings []commitments.Warning `json:"warnings"`
}

var errDryRun = errors.New("dry run")

// Add logs a promise, made at the op's instant by the op's actor. ErrRepeated comes alone:
// which promise was logged the first time is not known.
func (s *Store) Add(ctx context.Context, op Op, in NewPromise) (Added, error) {
	var out Added
	err := s.write(ctx, func(t *tx) (err error) {
		if err := t.once(op.Once); err != nil {
			return err
		}
		out, err = t.add(op, in)
		return orDryRun(err, in.DryRun)
	})
	return out, unlessDryRun(err)
}

// orDryRun undoes what went well where nothing is to be recorded; unlessDryRun then
// tells that from an error.
func orDryRun(err error, dry bool) error {
	if err == nil && dry {
		return errDryRun
	}
	return err
}

func unlessDryRun(err error) error {
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

// add logs a promise. In a dry run it takes no number from the promises that are kept.
func (t *tx) add(op Op, in NewPromise) (Added, error) {
	if in.Create || in.NewCustomer { // two that make the same name at once would make it twice
		if err := t.queue(queueNames); err != nil {
			return Added{}, err
		}
	}
	d := draft{t: t, by: op.By, in: in, p: commitments.Promise{}}
	if err := d.compose(op.At); err != nil {
		return Added{}, err
	}
	if !in.DryRun {
		if err := d.insert(); err != nil {
			return Added{}, err
		}
	}
	out := Added{Skipped: d.plan.Skipped, Warnings: append(d.alike, d.plan.Warnings...)}
	out.View, _ = d.p.View(d.at)
	if out.Skipped == nil {
		out.Skipped = []commitments.Skip{}
	}
	if out.Warnings == nil {
		out.Warnings = []commitments.Warning{}
	}
	return out, nil
}

// draft is a promise on its way in.
type draft struct {
	t    *tx
	by   commitments.Actor
	in   NewPromise
	at   Instant
	r    row // the names and rules around it
	p    commitments.Promise
	plan commitments.Plan

	alike []commitments.Warning // of a customer called much like a new one
}

func (d *draft) compose(at string) error {
	for _, step := range []func() error{d.texts, d.fits, d.around, d.allowed} {
		if err := step(); err != nil {
			return err
		}
	}
	var err error
	if d.at, err = moment(at, d.t.now, d.p.Calendar, false); err != nil {
		return err
	}
	if err := d.dates(); err != nil {
		return err
	}
	return d.sane()
}

// texts cleans every typed text.
func (d *draft) texts() (err error) {
	in := &d.in
	if in.Title, err = required("what", in.Title, maxTitle); err != nil {
		return err
	}
	for _, f := range []struct {
		field string
		text  *string
		most  int
		lines bool
	}{
		{"words", &in.Words, maxNote, true}, {"done-means", &in.DoneMeans, maxNote, true},
		{"customer", &in.Customer, maxName, false}, {"owner", &in.Owner, maxName, false}, {"team", &in.Team, maxName, false}, {"kind", &in.Kind, maxName, false},
	} {
		if *f.text, err = clean(f.field, *f.text, f.most, f.lines); err != nil {
			return err
		}
	}
	in.Link, err = webAddress("link", in.Link)
	return err
}

// fits checks which fields go together.
func (d *draft) fits() error {
	in := &d.in
	switch {
	case in.Customer == "":
		return commitments.Invalid("customer", "is required: to whom is this promised?")
	case in.Owner == "":
		return commitments.Invalid("owner", "is required: every promise has one accountable owner")
	case in.Target == "" && in.Promise == "" && in.DateBy == "":
		return commitments.Invalid("promise", "give a date: --promise (told to the customer), --target (internal), or --date-by for a promise without a date yet")
	case in.DateBy != "" && (in.Target != "" || in.Promise != ""):
		return commitments.Invalid("date-by", "is for a promise without a date: leave out --target and --promise")
	case in.Padding != "" && (in.Target != "" && in.Promise != "" || in.DateBy != ""):
		return commitments.Invalid("padding", "is for computing one date from the other: with both dates, or none, leave it out")
	}
	return nil
}

// around finds the people and things the promise names.
func (d *draft) around() error {
	t, in, r := d.t, &d.in, &d.r
	if err := d.newCustomer(); err != nil {
		return err
	}
	if err := t.customerFor(in.Customer, in.Create || in.NewCustomer, d.by, r); err != nil {
		return err
	}
	owner, err := t.ownerFor(in.Owner, in.Create, d.by)
	if err != nil {
		return err
	}
	r.OwnerID, r.Owner = owner.ID, owner.Name
	if err := t.teamFor(in.Team, owner.ID, r); err != nil {
		return err
	}
	if err := t.kindFor(in.Kind, in.Create, d.by, r); err != nil {
		return err
	}
	b, err := t.book()
	if err != nil {
		return err
	}
	r.Title, r.Words, r.Link, r.DoneMeans = in.Title, in.Words, in.Link, in.DoneMeans
	r.AlertState = commitments.NewAlertState()
	d.p = *r.promise(b, t.s.settings.Currency)
	return d.amounts()
}

// newCustomer refuses a new customer from those who may not add any, and warns of one
// whose name is much like its own.
func (d *draft) newCustomer() (err error) {
	if !d.in.NewCustomer {
		return nil
	}
	if !d.by.MayAlways(commitments.ActCustomers) {
		return commitments.Refused("customer", fmt.Sprintf("%s may not add customers: ask a lead or an account manager", d.by.Name))
	}
	d.alike, err = d.t.lookalikes(d.in.Customer)
	return err
}

func (d *draft) amounts() (err error) {
	for _, f := range []struct {
		field, typed string
		into         *commitments.Money
	}{{"price", d.in.Price, &d.p.Price}, {"value", d.in.Value, &d.p.Value}} {
		if f.typed == "" {
			continue
		}
		if *f.into, err = commitments.ParseMoney(f.typed); err != nil {
			return commitments.Invalid(f.field, err.Error())
		}
	}
	d.p.Every, err = parseUpdateEvery(d.in.UpdateEvery)
	return err
}

func (d *draft) allowed() error {
	if !d.by.May(commitments.ActAdd, d.r.subject()) {
		return commitments.Refused("owner", fmt.Sprintf("%s may not log promises of %s", d.by.Name, d.r.Owner))
	}
	return nil
}

// dates settles the two dates, or the date-by.
func (d *draft) dates() error {
	in, cal := &d.in, d.p.Calendar
	d.p.Key, d.p.MadeAt, d.p.History.MadeAt, d.p.LastFact, d.p.NextReview, d.p.Version = randomKey(), d.at, d.at, d.at, d.at, 1
	d.p.PromiseTime = calendar.NoClock
	if in.DateBy != "" {
		by, _, err := day("date-by", in.DateBy, d.at, cal)
		if err != nil {
			return err
		}
		d.p.History.DateBy = by
		return d.fold("date-by", by)
	}
	target, promise, clock, err := d.typedDates()
	if err != nil {
		return err
	}
	typed, err := commitments.ParseRule(in.Padding)
	if err != nil {
		return err
	}
	rule, why, warnings, err := commitments.ResolveRule(typed, d.p.Padding...)
	if err != nil {
		return err
	}
	if d.plan, err = commitments.PlanDates(cal.Today(d.at), target, promise, rule, why, cal); err != nil {
		return err
	}
	d.plan.Warnings = append(warnings, d.plan.Warnings...)
	d.p.PaddingWhy = d.plan.Why
	d.p.History.Dates = []commitments.PromiseDate{{
		Place: 1, Promise: d.plan.Promise, PromiseTime: clock, Target: d.plan.Target,
		DueAt: commitments.DueAt(cal, d.plan.Promise, clock), ToldAt: d.at, ToldBy: d.by.ID,
	}}
	return d.fold("promise", d.plan.Promise)
}

func (d *draft) typedDates() (target, promise Date, clock calendar.Clock, err error) {
	clock = calendar.NoClock
	if d.in.Target != "" {
		if target, _, err = day("target", d.in.Target, d.at, d.p.Calendar); err != nil {
			return
		}
	}
	if d.in.Promise != "" {
		promise, clock, err = day("promise", d.in.Promise, d.at, d.p.Calendar)
	}
	return
}

// fold derives the row from the facts, and refuses a promise that is over already.
func (d *draft) fold(field string, date Date) error {
	d.p.Facts, _ = d.p.History.AsOf(d.at, d.p.Calendar)
	if d.p.Promise != 0 && d.p.Target != 0 {
		n := d.p.Calendar.Workdays(d.p.Target, d.p.Promise)
		d.p.PaddingDays = &n
	}
	d.p.FirstDate = d.p.Promise
	if d.p.DueAt < d.at {
		return commitments.Refused(field, fmt.Sprintf("%s is over already: a new promise lies ahead (use --at to record one made in the past)", date.Human()))
	}
	return nil
}

func (d *draft) insert() error {
	id, err := d.t.insertCommitment(&d.p, d.by.ID)
	if err != nil {
		return err
	}
	d.p.ID = id
	for _, date := range d.p.History.Dates {
		if err := d.t.addDate(id, date, d.by.ID); err != nil {
			return err
		}
	}
	return d.t.event(d.at, d.by.ID, "promised", "commitment", id, d.p.Begins())
}

const insertCommitmentSQL = `INSERT INTO commitments (key, external_id, customer_id, owner_id, team_id, kind_id, title, words, link, done_means,
	price, value, update_every, made_at, made_by, first_date_by,
	promise_date, promise_time, target_date, date_by, due_at, padding_days, padding_why,
	delivered_at, withdrawn_at, last_fact_at, stage, old_news, next_review_at)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func (t *tx) insertCommitment(p *commitments.Promise, by ID) (ID, error) {
	return t.insert(insertCommitmentSQL,
		p.Key, p.ExternalID, p.Customer.ID, p.Owner.ID, p.Team.ID, p.Kind.ID, p.Title, p.Words, p.Link, p.DoneMeans,
		p.Price, p.Value, nullable(p.Every), p.MadeAt, by, p.History.DateBy,
		p.Promise, p.PromiseTime, p.Target, p.DateBy, p.DueAt, p.PaddingDays, p.PaddingWhy,
		p.DeliveredAt, p.WithdrawnAt, p.LastFact, string(p.State.Stage), yes(p.State.OldNews), p.NextReview)
}
