package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"kept/commitments"
	"kept/commitments/calendar"
	"kept/commitments/store"
	"kept/notify"
	"kept/notify/fakeslack"
)

// demoClock is the time in the demo's Slack: that of the month being replayed, then
// the real one.
type demoClock struct{ replayed atomic.Int64 }

// Now is the time in Slack.
func (c *demoClock) Now() time.Time {
	if at := c.replayed.Load(); at != 0 {
		return calendar.Instant(at).Time()
	}
	return time.Now()
}

func (c *demoClock) set(at calendar.Instant) { c.replayed.Store(int64(at)) }

// replay lives the company's last month again, up to now: everything is recorded when
// it happened, promises are swept as Kept would have, and messages go out at the hours
// at which they would have.
type replay struct {
	store *store.Store
	slack *fakeslack.Server
	send  *notify.Notifier
	clock *demoClock
	now   calendar.Instant
	steps []step
}

// step is something that happens at an instant of the month.
type step struct {
	at  calendar.Instant
	run func(context.Context) error // nil: only time passes
}

// deed records what happened to a promise.
type deed func(ctx context.Context, s *store.Store, op store.Op, on func(day int) string) error

func (r *replay) run(ctx context.Context) error {
	for _, plan := range []func(context.Context) error{r.planTales, r.planDigests} {
		if err := plan(ctx); err != nil {
			return err
		}
	}
	r.planTalk()
	r.planMornings()
	slices.SortStableFunc(r.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	for _, s := range r.steps {
		if s.at > r.now {
			break
		}
		if err := r.live(ctx, s); err != nil {
			return err
		}
	}
	r.clock.set(0)
	return nil
}

// live lets one step happen, and Kept look at it.
func (r *replay) live(ctx context.Context, s step) error {
	r.clock.set(s.at)
	if s.run != nil {
		return s.run(ctx)
	}
	if _, err := r.store.Sweep(ctx, s.at); err != nil {
		return err
	}
	_, err := r.send.Deliver(ctx, s.at)
	return err
}

// then plans a step, and a look a minute later.
func (r *replay) then(at calendar.Instant, run func(context.Context) error) {
	r.steps = append(r.steps, step{at, run}, step{at: at.Add(time.Minute)})
}

// planTales plans the promises and what happened to them.
func (r *replay) planTales(ctx context.Context) error {
	calendars, err := r.calendars(ctx)
	if err != nil {
		return err
	}
	for _, t := range tales() {
		cal := calendars[t.customer]
		today := cal.Today(r.now)
		on := func(day int) string {
			if day == 0 {
				return ""
			}
			return cal.AddWorkdays(today, day).String()
		}
		by, err := r.store.Actor(ctx, address(t.owner))
		if err != nil {
			return err
		}
		made := cal.At(cal.AddWorkdays(today, t.made), 10*60)
		var id store.ID
		r.then(made, func(ctx context.Context) error {
			added, err := r.store.Add(ctx, store.Op{By: by, At: made.String()}, store.NewPromise{
				Customer: t.customer, Owner: address(t.owner), Kind: t.kind, Title: t.title, Words: t.words, DoneMeans: t.done, Value: t.value,
				Target: on(t.target), Promise: on(t.promise), DateBy: on(t.dateBy), UpdateEvery: t.every,
			})
			id = added.ID
			return about(t.title, err)
		})
		for _, f := range t.facts {
			clock, err := calendar.ParseClock(f.clock)
			if err != nil {
				return about(t.title, err)
			}
			at := cal.At(cal.AddWorkdays(today, f.day), clock)
			r.then(at, func(ctx context.Context) error {
				return about(t.title, f.do(ctx, r.store, store.Op{By: by, Ref: fmt.Sprint(id), At: at.String()}, on))
			})
		}
	}
	return nil
}

func about(title string, err error) error {
	if err != nil {
		err = fmt.Errorf("demo: %s: %w", title, err)
	}
	return err
}

// calendars are those of the customers, by the customer's name.
func (r *replay) calendars(ctx context.Context) (map[string]*calendar.Calendar, error) {
	byCustomer := map[string]*calendar.Calendar{}
	for _, c := range demoCustomers() {
		v, err := r.store.Calendar(ctx, c.calendar)
		if err != nil {
			return nil, err
		}
		spec := calendar.Spec{Name: v.Name, Zone: v.Zone, Hours: v.Hours, Region: string(v.Holidays)}
		for _, d := range v.Days {
			spec.Days = append(spec.Days, calendar.Day{Date: d.Date, Name: d.Name, Works: d.Works})
		}
		if byCustomer[c.name], err = calendar.New(spec); err != nil {
			return nil, err
		}
	}
	return byCustomer, nil
}

// monthDays is how many days the replay goes back: as far as the oldest tale, and a
// week more.
const monthDays = 40

// planDigests plans every account manager's Mondays.
func (r *replay) planDigests(ctx context.Context) error {
	managers, err := r.store.Managers(ctx)
	if err != nil {
		return err
	}
	for _, m := range managers {
		weekly, err := commitments.ParseWeekly(m.DigestAt)
		if err != nil {
			return err
		}
		cal, err := r.store.ManagerCalendar(ctx, m)
		if err != nil {
			return err
		}
		for due := weekly.After(r.now.Add(-21*24*time.Hour), cal); due <= r.now; due = weekly.After(due, cal) {
			r.then(due, func(ctx context.Context) error {
				_, _, err := r.store.IssueDigest(ctx, m, commitments.Week(due, cal), due, due, false)
				return err
			})
		}
	}
	return nil
}

// planMornings plans a look whenever somebody's working day begins: then what changed
// overnight is told.
func (r *replay) planMornings() {
	for back := monthDays; back >= 0; back-- {
		for _, opening := range []struct {
			zone string
			at   calendar.Clock
		}{{"Europe/Warsaw", 8*60 + 30}, {"Europe/London", 9 * 60}, {"America/New_York", 9 * 60}, {"Asia/Singapore", 9 * 60}} {
			zone, err := calendar.Zone(opening.zone)
			if err != nil {
				continue // the zones of the demo are built in
			}
			cal := calendar.Default().In(zone)
			r.steps = append(r.steps, step{at: cal.At(cal.Today(r.now)-calendar.Date(back), opening.at)})
		}
	}
}

// planTalk plans what people say to each other in the team's channel.
func (r *replay) planTalk() {
	cal := calendar.Default()
	for _, said := range []struct {
		day        int
		hour       calendar.Clock
		user, text string
	}{
		{-10, 15 * 60, "U0ANNA", "Single sign-on is live at Baltic Freight, two days early. Ewa tried it from her phone while we talked."},
		{-10, 15*60 + 12, "U0MAREK", "Lovely. Write down what she asked for next, in her words."},
		{-5, 14 * 60, "U0PIOTR", "The ticket machine stands in the courtyard and takes coins. Jadwiga sends cake."},
		{-2, 15*60 + 40, "U0MAREK", "Just told Ewa at Baltic Freight: the list of spare trucks will be in her hands by the end of next week."},
	} {
		at := cal.At(cal.AddWorkdays(cal.Today(r.now), said.day), said.hour)
		r.steps = append(r.steps, step{at, func(context.Context) error {
			r.slack.Say(fakeslack.Message{Channel: warsawChannel, User: said.user, Text: said.text})
			return nil
		}})
	}
}

// What may happen to a promise.

func left(days, note string) deed { return checkIn(store.CheckIn{Left: days, Note: note}) }

func blocked(days, why string) deed { return checkIn(store.CheckIn{Left: days, Blocked: why}) }

func checkIn(in store.CheckIn) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.CheckIn(ctx, op, in)
		return err
	}
}

func stillOn(note string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.Call(ctx, op, store.Call{Outcome: string(commitments.StillOn), Note: note})
		return err
	}
}

func slipping(dateBy int, note string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, on func(int) string) error {
		_, err := s.Call(ctx, op, store.Call{Outcome: string(commitments.Slipping), DateBy: on(dateBy), Note: note})
		return err
	}
}

func newDate(promise int, why string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, on func(int) string) error {
		_, err := s.Call(ctx, op, store.Call{Outcome: string(commitments.NewDate), NewDate: store.NewDate{Promise: on(promise), Why: why}})
		return err
	}
}

func waiting(what string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.Wait(ctx, op, what)
		return err
	}
}

func withdrawn(why string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.Withdraw(ctx, op, why)
		return err
	}
}

func delivered(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
	_, err := s.Deliver(ctx, op)
	return err
}

func rescue(step store.RescueStep) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.Rescue(ctx, op, step)
		return err
	}
}

func extra(what, cost string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.PlusOne(ctx, op, store.PlusOne{What: what, Cost: cost})
		return err
	}
}

func extraNoticed(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
	_, err := s.PlusOne(ctx, op, store.PlusOne{Noticed: true})
	return err
}

func rated(rating, comment string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.Rate(ctx, op, store.Rating{Rating: rating, Comment: comment})
		return err
	}
}

func asks(customer, words string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		_, err := s.AddAsk(ctx, op, store.NewAsk{Customer: customer, Words: words})
		return err
	}
}

func asksInVain(customer, words, told string) deed {
	return func(ctx context.Context, s *store.Store, op store.Op, _ func(int) string) error {
		v, err := s.AddAsk(ctx, op, store.NewAsk{Customer: customer, Words: words})
		if err == nil {
			op.Ref = fmt.Sprint(v.ID)
			_, err = s.DeclineAsk(ctx, op, told)
		}
		return err
	}
}
