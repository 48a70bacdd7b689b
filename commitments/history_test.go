package commitments

import "testing"

func TestSlippingOwesADateUntilThereIsOne(t *testing.T) {
	p := newPromise(t)
	at := func(s string) Instant { return on(p.Calendar, s) }
	must(t, p)(p.Call(at("2026-12-10 10:00"), 1, CallReport{Outcome: Slipping, DateBy: day("2026-12-15")}))
	if p.DateBy != day("2026-12-15") || p.SlippingAt != at("2026-12-10 10:00") || p.Promise != day("2026-12-18") {
		t.Fatalf("slipping: %+v", p.Facts)
	}
	on := *p
	must(t, &on)(on.Call(at("2026-12-11 10:00"), 1, CallReport{Outcome: StillOn}))
	if on.DateBy != 0 || on.SlippingAt != 0 || on.StillOnAt != at("2026-12-11 10:00") {
		t.Errorf("still on after all, yet a date is owed: %+v", on.Facts)
	}
	must(t, p)(p.NewDate(at("2026-12-11 10:00"), 1, moved("2026-12-23", "us")))
	if p.DateBy != 0 || p.SlippingAt != 0 || p.Promise != day("2026-12-23") {
		t.Errorf("a new date was told, yet one is owed: %+v", p.Facts)
	}
}

func TestSlippingAndNewDateOfOneInstant(t *testing.T) {
	p := newPromise(t)
	at := on(p.Calendar, "2026-12-10 10:00")
	must(t, p)(p.Call(at, 1, CallReport{Outcome: Slipping, DateBy: day("2026-12-15")}))
	must(t, p)(p.NewDate(at, 1, moved("2026-12-23", "us")))
	if p.DateBy != 0 || p.SlippingAt != 0 {
		t.Errorf("a new date was told, yet one is owed: %+v", p.Facts)
	}
}

func TestSlippingUndatedOwesItLater(t *testing.T) {
	p := newUndated(t)
	must(t, p)(p.Call(on(p.Calendar, "2026-12-10 10:00"), 1, CallReport{Outcome: Slipping, DateBy: day("2026-12-15")}))
	if p.DateBy != day("2026-12-15") || p.DueAt != p.Calendar.End(day("2026-12-15")) {
		t.Errorf("date by %s, due %s", p.DateBy, p.DueAt)
	}
}

func TestFactsAreTakenInTheOrderTheyHappened(t *testing.T) {
	p := newPromise(t)
	must(t, p)(p.CheckIn(on(p.Calendar, "2026-12-10 10:00"), 1, 300, "", ""))
	must(t, p)(p.CheckIn(on(p.Calendar, "2026-12-09 10:00"), 1, 500, "no steel", "")) // recorded late
	if p.WorkLeft != 300 || p.Blocked != "" || p.CheckedInAt != on(p.Calendar, "2026-12-10 10:00") {
		t.Errorf("%+v, want the newer answer", p.Facts)
	}
	f, _ := p.History.AsOf(on(p.Calendar, "2026-12-09 12:00"), p.Calendar)
	if f.WorkLeft != 500 || f.Blocked != "no steel" {
		t.Errorf("as of the day before: %+v, want the older answer", f)
	}
}

func TestOnlyAReachedCallIsWord(t *testing.T) {
	cal := warsaw(t)
	s := newStory(t).touch("2026-12-02 10:00", NotReached, false).touch("2026-12-03 10:00", "", true)
	if f, _ := s.h.AsOf(on(cal, "2026-12-10 10:00"), cal); f.CalledAt != 0 {
		t.Errorf("called at %s, want never", f.CalledAt)
	}
	s.touch("2026-12-04 10:00", StillOn, true)
	if f, _ := s.h.AsOf(on(cal, "2026-12-10 10:00"), cal); f.CalledAt != on(cal, "2026-12-04 10:00") {
		t.Errorf("called at %s", f.CalledAt)
	}
}

func TestWaitingEndsWhenItIsOver(t *testing.T) {
	p := newPromise(t)
	must(t, p)(p.Wait(on(p.Calendar, "2026-12-02 10:00"), 1, "papers"))
	if p.WaitingFor != "papers" || p.Promise != day("2026-12-18") {
		t.Errorf("waiting: %+v", p.Facts)
	}
	must(t, p)(p.Resume(on(p.Calendar, "2026-12-03 10:00"), 1))
	if p.WaitingFor != "" || p.WaitingSince != 0 {
		t.Errorf("resumed: %+v", p.Facts)
	}
}

func TestLastTold(t *testing.T) {
	cal := warsaw(t)
	s := newStory(t).touch("2026-12-03 10:00", "", true).touch("2026-12-04 10:00", NotReached, false).
		touch("2026-12-05 10:00", StillOn, true).date("2026-12-07 10:00", "2026-12-23", "us")
	for at, want := range map[string]string{
		"2026-11-30 08:59": "",
		"2026-12-04 12:00": "2026-11-30 09:00",
		"2026-12-06 12:00": "2026-12-05 10:00",
		"2026-12-08 12:00": "2026-12-07 10:00",
	} {
		if got := s.h.LastTold(on(cal, at)); got != on(cal, want) {
			t.Errorf("at %s: told at %s, want %s", at, got, want)
		}
	}
}
