package store_test

import (
	"testing"

	"kept/commitments"
	"kept/commitments/store"
)

func TestAPromisesLife(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		v, err := h.CheckIn(h.ctx, h.op("1", "2020-11-05T10:00:00Z"), store.CheckIn{Left: "4.5", Blocked: "no access"})
		must(t, err)
		if v.WorkLeft.Days != 4.5 || *v.Blocked != "no access" || v.Version != 2 {
			t.Errorf("after the check-in %+v", v)
		}
		v, err = h.Wait(h.ctx, h.op("1", "2020-11-06T10:00:00Z"), "their certificate")
		must(t, err)
		if *v.WaitingFor != "their certificate" || v.Promise != day("2020-11-20") {
			t.Errorf("waiting %+v", v)
		}
		v, err = h.Wait(h.ctx, h.op("1", "2020-11-09T10:00:00Z"), "")
		must(t, err)
		if v.WaitingFor != nil {
			t.Errorf("waits still: %+v", v)
		}
		v, err = h.Call(h.ctx, h.op("1", "2020-11-18T10:00:00Z"), store.Call{Outcome: "slipping", DateBy: "2020-11-19", Note: "they are calm"})
		must(t, err)
		if v.DateBy != day("2020-11-19") || v.Promise != day("2020-11-20") {
			t.Errorf("slipping %+v", v)
		}
		v, err = h.Call(h.ctx, h.op("1", "2020-11-19T10:00:00Z"), store.Call{Outcome: "new-date", NewDate: store.NewDate{Promise: "2020-11-27 17:00", Why: "the certificate came late"}})
		must(t, err)
		if v.Promise != day("2020-11-27") || v.FirstDate != day("2020-11-20") || *v.PromiseTime != "17:00" || v.DueAt != instant("2020-11-27 17:00") || *v.PaddingDays != 3 || v.DateBy != 0 {
			t.Errorf("new date %+v", v)
		}
		v, err = h.Deliver(h.ctx, h.op("1", "2020-11-27T17:00:00Z"))
		must(t, err)
		if v.Stage != commitments.Delivered || *v.Verdict.KeptFirst || !*v.Verdict.KeptAgreed || !*v.Verdict.ToldBeforeLate {
			t.Errorf("delivered %+v", v.Verdict)
		}
		_, err = h.Deliver(h.ctx, h.op("1", "2020-11-27T18:00:00Z"))
		refused(t, err, commitments.ErrRefused, "")
		v, err = h.Reopen(h.ctx, h.op("1", "2020-11-30T10:00:00Z"), "it broke again")
		must(t, err)
		if v.Stage != commitments.Overdue || v.DeliveredAt != 0 {
			t.Errorf("reopened %+v", v)
		}
		v, err = h.Withdraw(h.ctx, h.op("1", "2020-12-01T10:00:00Z"), "they cancelled")
		must(t, err)
		if v.Stage != commitments.Withdrawn || v.Version != 9 {
			t.Errorf("withdrawn %+v", v)
		}
		d, err := h.Show(h.ctx, h.ada, "1", now())
		must(t, err)
		var kinds []string
		for _, e := range d.Events {
			kinds = append(kinds, e.Kind)
		}
		if len(d.Dates) != 2 || len(d.Touches) != 2 || len(kinds) != 9 {
			t.Errorf("%d dates, %d touches, events %q", len(d.Dates), len(d.Touches), kinds)
		}
	})
}

func TestADeliveryOnADayIsAtItsEnd(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		v, err := h.Deliver(h.ctx, h.op("1", "2020-11-20"))
		must(t, err)
		if v.DeliveredAt != instant("2020-11-21 00:00") || !*v.Verdict.KeptFirst {
			t.Errorf("delivered %s, kept %v", v.DeliveredAt, v.Verdict.KeptFirst)
		}
	})
}

func TestI05_WhatIsNotThereIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		for _, ref := range []string{"2", "0", "-1", "01", "1.0", "abc", "", " 1", "1e0", "1000000000000000000000000000000", "'; DROP TABLE commitments; --"} {
			_, err := h.Show(h.ctx, h.ada, ref, now())
			refused(t, err, commitments.ErrNotFound, "id")
			_, err = h.Deliver(h.ctx, h.op(ref, ""))
			refused(t, err, commitments.ErrNotFound, "id")
		}
	})
}

func TestWrongChangesChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		before, events := h.exported(now()), h.rows("events")
		op := h.op("1", "2020-11-10T10:00:00Z")
		for name, c := range map[string]struct {
			err   error
			kind  error
			field string
		}{
			"left":         {second(h.CheckIn(h.ctx, op, store.CheckIn{Left: "many"})), commitments.ErrInvalid, "left"},
			"outcome":      {second(h.Call(h.ctx, op, store.Call{Outcome: "fine"})), commitments.ErrInvalid, "outcome"},
			"no date":      {second(h.Call(h.ctx, op, store.Call{Outcome: "new-date"})), commitments.ErrInvalid, "promise"},
			"no reason":    {second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-12-01"})), commitments.ErrInvalid, "why"},
			"odd date":     {second(h.Call(h.ctx, op, store.Call{Outcome: "still-on", NewDate: store.NewDate{Promise: "2020-12-01"}})), commitments.ErrInvalid, "promise"},
			"no date by":   {second(h.Call(h.ctx, op, store.Call{Outcome: "slipping"})), commitments.ErrInvalid, "date-by"},
			"past":         {second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-11-09", Why: "x"})), commitments.ErrRefused, "promise"},
			"same":         {second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-11-20", Why: "x"})), commitments.ErrRefused, "promise"},
			"asked by":     {second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-12-01", Why: "x", AskedBy: "them"})), commitments.ErrInvalid, "asked-by"},
			"told by":      {second(h.NewDate(h.ctx, op, store.NewDate{Promise: "2020-12-01", Why: "x", ToldBy: "nobody"})), commitments.ErrNotFound, "told-by"},
			"why withdraw": {second(h.Withdraw(h.ctx, op, " ")), commitments.ErrInvalid, "why"},
			"reopen open":  {second(h.Reopen(h.ctx, op, "x")), commitments.ErrRefused, ""},
			"plan past":    {second(h.PlanNewDate(h.ctx, op, store.NewDate{Promise: "2020-11-09"})), commitments.ErrRefused, "promise"},
			"plan same":    {second(h.PlanNewDate(h.ctx, op, store.NewDate{Promise: "2020-11-20"})), commitments.ErrRefused, "promise"},
			"plan none":    {second(h.PlanNewDate(h.ctx, op, store.NewDate{})), commitments.ErrInvalid, "promise"},
			"stale touch":  {second(h.Touch(h.ctx, store.TouchInput{By: h.ada, Commitment: "1", Channel: "email", Note: "hello", Version: 3})), commitments.ErrConflict, "version"},
			"too early":    {second(h.Deliver(h.ctx, h.op("1", "2020-11-01"))), commitments.ErrRefused, "at"},
			"too late":     {second(h.Deliver(h.ctx, h.op("1", "2199-11-01"))), commitments.ErrRefused, "at"},
			"no time":      {second(h.Deliver(h.ctx, h.op("1", "sometime"))), commitments.ErrInvalid, "at"},
			"stale":        {second(h.Deliver(h.ctx, store.Op{By: h.ada, Ref: "1", Version: 3})), commitments.ErrConflict, "version"},
		} {
			t.Log(name)
			refused(t, c.err, c.kind, c.field)
		}
		plan, err := h.PlanNewDate(h.ctx, op, store.NewDate{Promise: "2020-12-01 17:00"})
		if err != nil || plan.Promise.String() != "2020-12-01" || plan.Padding == 0 || len(plan.Skipped) == 0 {
			t.Errorf("planned: %+v, %v", plan, err)
		}
		if after := h.exported(now()); after != before || h.rows("events") != events {
			t.Errorf("%s\nwas\n%s", after, before)
		}
	})
}

// second is the error of a method that gives a value too.
func second[T any](_ T, err error) error { return err }

func TestShowAndListAsOfAnInstant(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		h.promise()
		h.live("1", "move us 2020-11-10T10:00:00Z")
		h.live("1", "deliver 2020-11-25T10:00:00Z")
		for _, c := range []struct {
			at, promise string
			stage       commitments.Stage
			events      int
		}{
			{"2020-11-03 00:00", "2020-11-20", commitments.OnTrack, 1},
			{"2020-11-11 00:00", "2020-12-01", commitments.OnTrack, 2},
			{"2020-11-26 00:00", "2020-12-01", commitments.Delivered, 3},
		} {
			d, err := h.Show(h.ctx, h.ada, "1", instant(c.at))
			must(t, err)
			if d.Promise != day(c.promise) || d.Stage != c.stage || len(d.Events) != c.events {
				t.Errorf("at %s: %s, %s, %d events", c.at, d.Promise, d.Stage, len(d.Events))
			}
			closed := !c.stage.Open()
			for _, f := range []store.Filter{{}, {Closed: true}, {Stage: c.stage, Closed: closed}, {Customer: "acme", Closed: closed}, {Owner: "ada", Closed: closed}} {
				views, err := h.List(h.ctx, h.ada, f, instant(c.at))
				must(t, err)
				if want := f.Closed == closed; (len(views) == 1) != want {
					t.Errorf("at %s, %+v lists %d", c.at, f, len(views))
				}
			}
		}
		_, err := h.Show(h.ctx, h.ada, "1", instant("2020-11-01 00:00"))
		refused(t, err, commitments.ErrNotFound, "id")
	})
}

func TestAListIsLoudestFirst(t *testing.T) {
	each(t, func(t *testing.T, h *home) {
		for _, promise := range []string{"2020-12-18", "2020-11-06", "2020-11-10", "2020-12-11"} {
			h.promise(func(p *store.NewPromise) { p.Promise = promise })
		}
		views, err := h.List(h.ctx, h.ada, store.Filter{}, instant("2020-11-09 12:00"))
		must(t, err)
		var order []string
		for _, v := range views {
			order = append(order, string(v.Stage)+" "+v.Promise.String())
		}
		want := []string{"overdue 2020-11-06", "at-risk 2020-11-10", "on-track 2020-12-11", "on-track 2020-12-18"}
		for i := range want {
			if i >= len(order) || order[i] != want[i] {
				t.Fatalf("order %q, want %q", order, want)
			}
		}
	})
}
