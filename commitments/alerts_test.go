package commitments

import (
	"testing"

	"kept/commitments/calendar"
)

// desk is one promise as the sweep sees it, with what it opened.
type desk struct {
	t   *testing.T
	cal *calendar.Calendar
	f   Facts
	s   AlertState
}

// look sweeps at an instant and checks what opens; a second look opens nothing more.
func (d *desk) look(at string, stage Stage, opens Stage, episode int) {
	d.t.Helper()
	now := on(d.cal, at)
	r := Look(&d.f, d.s, &DefaultThresholds, d.cal, now)
	if r.Stage != stage || r.Decision.Opens != opens {
		d.t.Errorf("at %s: %s, opens %q; want %s, %q (%s)", at, r.Stage, r.Decision.Opens, stage, opens, told(r.Assessment))
	}
	if opens != "" && r.Decision.State.Episode != episode {
		d.t.Errorf("at %s: episode %d, want %d", at, r.Decision.State.Episode, episode)
	}
	if r.Next != 0 && r.Next <= now {
		d.t.Errorf("at %s: next look at %s", at, r.Next)
	}
	d.s = r.Decision.State
	if again := Look(&d.f, d.s, &DefaultThresholds, d.cal, now); again.Decision.Opens != "" || again.Decision.Closes != "" {
		d.t.Errorf("at %s, looking twice: %+v", at, again.Decision)
	}
}

// due looks and checks when the alert that is held back may open.
func (d *desk) due(at, want string) {
	d.t.Helper()
	r := Look(&d.f, d.s, &DefaultThresholds, d.cal, on(d.cal, at))
	if r.Decision.Opens != "" || r.Decision.Next != on(d.cal, want) {
		d.t.Errorf("at %s: opens %q, held until %s; want until %s", at, r.Decision.Opens, r.Decision.Next, want)
	}
}

func newDesk(t *testing.T, f func(*calendar.Calendar) Facts) *desk {
	cal := warsaw(t)
	return &desk{t, cal, f(cal), NewAlertState()}
}

func (d *desk) on(at string) Instant { return on(d.cal, at) }

func TestAlertsRiseWithTheStageInOneEpisode(t *testing.T) {
	d := newDesk(t, december)
	d.look("2026-12-11 12:00", OnTrack, "", 0)
	d.look("2026-12-12 00:00", Watch, Watch, 1)
	d.look("2026-12-15 12:00", Watch, "", 0) // a new reason in the same stage opens nothing
	d.look("2026-12-17 00:00", AtRisk, AtRisk, 1)
	d.look("2026-12-18 12:00", AtRisk, "", 0)
	d.look("2026-12-19 00:01", Overdue, Overdue, 1)
	d.look("2027-01-19 00:01", Overdue, "", 0)
	d.f.DeliveredAt = d.on("2027-01-19 10:00")
	d.look("2027-01-19 10:00", Delivered, "", 0)
	d.look("2027-02-19 10:00", Delivered, "", 0)
}

func TestAlertsTellARelapseAgain(t *testing.T) {
	d := newDesk(t, december)
	d.f = left(d.f, "8", d.on("2026-12-02 10:00"))
	d.look("2026-12-02 10:00", OnTrack, "", 0)
	d.f = left(d.f, "10", d.on("2026-12-07 10:00"))
	d.look("2026-12-07 10:00", AtRisk, AtRisk, 1)
	d.f = left(d.f, "3", d.on("2026-12-08 10:00"))
	d.look("2026-12-08 10:00", OnTrack, "", 0)
	d.f = left(d.f, "9", d.on("2026-12-08 15:00"))
	d.look("2026-12-08 15:00", AtRisk, AtRisk, 2)
}

func TestAlertsAskNothingAfterAFallFromAtRisk(t *testing.T) {
	d := newDesk(t, december)
	d.f = left(d.f, "12", d.on("2026-12-02 10:00"))
	d.look("2026-12-02 10:00", AtRisk, AtRisk, 1)
	d.f = left(d.f, "9", d.on("2026-12-03 10:00"))
	d.look("2026-12-03 10:00", Watch, "", 0)
	d.look("2026-12-16 23:00", Watch, "", 0) // long after the check-in, and still
	d.look("2026-12-17 10:00", AtRisk, AtRisk, 2)
}

func TestAlertsAskAgainOnceTheWatchWasLeft(t *testing.T) {
	d := newDesk(t, december)
	d.f.Blocked = "no steel"
	d.look("2026-12-01 10:00", Watch, Watch, 1)
	d.f.Blocked = ""
	d.look("2026-12-02 10:00", OnTrack, "", 0)
	d.look("2026-12-12 10:00", Watch, Watch, 2)
	d.look("2026-12-17 10:00", AtRisk, AtRisk, 2) // a rise is no new episode
}

func TestAlertsTellARelapseAgainAfterAQuietRise(t *testing.T) {
	d := newDesk(t, december)
	d.f.Blocked = "no steel"
	d.look("2026-12-01 10:00", Watch, Watch, 1)
	d.f = left(d.f, "20", d.on("2026-12-02 10:00"))
	d.f.StillOnAt = d.on("2026-12-02 10:00")
	d.look("2026-12-02 10:00", AtRisk, "", 0) // still on: no card
	d.f = left(d.f, "2", d.on("2026-12-03 10:00"))
	d.f.Blocked = ""
	d.look("2026-12-03 10:00", OnTrack, "", 0)
	d.look("2026-12-14 10:00", Watch, Watch, 2)
}

func TestAlertsAskNothingSoonAfterWord(t *testing.T) {
	for name, word := range map[string]func(*Facts, Instant){
		"check-in": func(f *Facts, at Instant) { f.CheckedInAt = at },
		"call":     func(f *Facts, at Instant) { f.CalledAt = at },
		"new date": func(f *Facts, at Instant) { f.NewDateAt = at },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, december)
			word(&d.f, d.on("2026-12-10 14:00"))
			d.look("2026-12-12 10:00", Watch, "", 0)
			d.due("2026-12-15 13:59", "2026-12-15 14:00")
			d.look("2026-12-15 14:00", Watch, Watch, 1)
		})
	}
}

// stillOn records a call that said so, as Promise.Apply would.
func stillOn(d *desk, at string) {
	d.f.CalledAt, d.f.StillOnAt = d.on(at), d.on(at)
	d.s.settle()
}

func atRiskFrom(t *testing.T, at string) *desk {
	d := newDesk(t, december)
	d.f = left(d.f, "20", d.on(at))
	d.look(at, AtRisk, AtRisk, 1)
	return d
}

func TestAlertsStillOnIsQuietForThreeWorkingDays(t *testing.T) {
	d := atRiskFrom(t, "2026-12-02 10:00")
	stillOn(d, "2026-12-03 11:00")
	d.due("2026-12-03 12:00", "2026-12-08 11:00")
	d.look("2026-12-08 10:59", AtRisk, "", 0)
	d.look("2026-12-08 11:00", AtRisk, AtRisk, 2)
}

func TestAlertsStillOnIsQuietUntilTheLastWorkingDayBefore(t *testing.T) {
	d := atRiskFrom(t, "2026-12-02 10:00")
	stillOn(d, "2026-12-15 11:00")
	d.due("2026-12-15 12:00", "2026-12-17 00:00")
	d.look("2026-12-17 00:00", AtRisk, AtRisk, 2)
}

func TestAlertsStillOnIsQuietAtLeastToTheNextOpening(t *testing.T) {
	d := atRiskFrom(t, "2026-12-02 10:00")
	stillOn(d, "2026-12-17 16:00")
	d.due("2026-12-17 16:00", "2026-12-18 09:00")
	d.look("2026-12-18 09:00", AtRisk, AtRisk, 2)
}

func TestAlertsOverdueIsNotQuietedByStillOn(t *testing.T) {
	d := atRiskFrom(t, "2026-12-02 10:00")
	stillOn(d, "2026-12-18 16:00")
	d.look("2026-12-18 23:00", AtRisk, "", 0)
	d.look("2026-12-19 00:01", Overdue, Overdue, 2)
}

func TestAlertsNewDateIsQuietAsStillOnIs(t *testing.T) {
	d := atRiskFrom(t, "2026-12-02 10:00")
	d.f.NewDateAt = d.on("2026-12-03 11:00")
	d.s.settle()
	d.due("2026-12-03 12:00", "2026-12-08 11:00")
	d.look("2026-12-08 11:00", AtRisk, AtRisk, 2)
}

func TestAlertsSlippingIsQuietUntilTheDayOwed(t *testing.T) {
	d := atRiskFrom(t, "2026-12-16 10:00")
	d.f.CalledAt, d.f.SlippingAt, d.f.DateBy = d.on("2026-12-16 11:00"), d.on("2026-12-16 11:00"), day("2026-12-22")
	d.s.settle()
	d.look("2026-12-18 12:00", AtRisk, "", 0)
	d.due("2026-12-18 12:00", "2026-12-22 00:00")
	d.look("2026-12-19 00:01", Overdue, "", 0) // due makes it overdue, without a card
	d.look("2026-12-21 23:59", Overdue, "", 0)
	d.look("2026-12-22 00:00", Overdue, Overdue, 2)
	d.look("2026-12-23 00:01", Overdue, "", 0)
}

// The question is no card: two working days before D the owner is asked.
func TestAlertsSlippingStillAsksForTheDate(t *testing.T) {
	d := newDesk(t, december)
	d.f.Target = 0
	d.f.CalledAt, d.f.SlippingAt, d.f.DateBy = d.on("2026-12-02 11:00"), d.on("2026-12-02 11:00"), day("2026-12-11")
	d.look("2026-12-08 23:59", OnTrack, "", 0)
	d.look("2026-12-09 00:00", Watch, Watch, 1)
}

func TestAlertsSaveOldNewsForTheDigest(t *testing.T) {
	d := newDesk(t, december)
	d.s.OldNews = true
	d.look("2027-01-11 10:00", Overdue, "", 0)
	d.look("2027-03-11 10:00", Overdue, "", 0)
	if r := Look(&d.f, d.s, &DefaultThresholds, d.cal, d.on("2027-03-11 10:00")); r.Next != 0 {
		t.Errorf("next look at %s, want never", r.Next)
	}
}

func TestAlertsSayWhyTheyClose(t *testing.T) {
	for _, c := range []struct {
		from, to Stage
		want     string
	}{
		{Watch, AtRisk, "now at-risk"}, {AtRisk, Overdue, "now overdue"}, {AtRisk, Watch, "back to watch"},
		{Overdue, OnTrack, "back to on-track"}, {AtRisk, Delivered, "delivered"}, {Overdue, Withdrawn, "withdrawn"},
		{AtRisk, AtRisk, ""},
	} {
		s := AlertState{Stage: c.from, Alerted: c.from, Episode: 1}
		d := Decide(&Facts{}, s, Assessment{Stage: c.to}, &DefaultThresholds, calendar.Default(), 1)
		if d.Closes != c.want {
			t.Errorf("%s to %s: %q, want %q", c.from, c.to, d.Closes, c.want)
		}
	}
}

func TestAlertKeyDependsOnEveryPart(t *testing.T) {
	key := AlertKey("i", "c", AtRisk, 1, "r", StepOwner)
	if key != AlertKey("i", "c", AtRisk, 1, "r", StepOwner) {
		t.Fatal("the same fact has two keys")
	}
	for _, other := range []string{
		AlertKey("j", "c", AtRisk, 1, "r", StepOwner), AlertKey("i", "d", AtRisk, 1, "r", StepOwner),
		AlertKey("i", "c", Overdue, 1, "r", StepOwner), AlertKey("i", "c", AtRisk, 2, "r", StepOwner),
		AlertKey("i", "c", AtRisk, 1, "s", StepOwner), AlertKey("i", "c", AtRisk, 1, "r", "backup"),
		AlertKey("ic", "", AtRisk, 1, "r", StepOwner),
	} {
		if other == key {
			t.Error("two facts have one key")
		}
	}
}

func TestDeliveryKeyIsOfWhatItCarriesInAnyOrder(t *testing.T) {
	keys := []string{"b", "a"}
	if DeliveryKey("person:1", keys) != DeliveryKey("person:1", []string{"a", "b"}) {
		t.Error("the order of the alerts makes another key")
	}
	if keys[0] != "b" {
		t.Error("the caller's keys were reordered")
	}
	if DeliveryKey("person:1", keys) == DeliveryKey("person:2", keys) || DeliveryKey("person:1", keys) == DeliveryKey("person:1", keys[:1]) {
		t.Error("two messages have one key")
	}
}

// A fact recorded before the sweep that opened a card settles it once its time has come.
func TestAlertsAreSettledByWhatWasRecordedBefore(t *testing.T) {
	d := newDesk(t, december)
	d.look("2026-12-17 09:00", AtRisk, AtRisk, 1)
	d.f.CalledAt, d.f.StillOnAt = d.on("2026-12-17 12:00"), d.on("2026-12-17 12:00")
	d.look("2026-12-17 12:00", AtRisk, "", 0)
	if d.s.Alerted != "" {
		t.Error("the card stays open after the call")
	}
	d.look("2026-12-19 09:00", Overdue, Overdue, 2)
	d.f.CalledAt, d.f.StillOnAt, d.f.SlippingAt, d.f.DateBy = d.on("2026-12-21 10:00"), 0, d.on("2026-12-21 10:00"), day("2026-12-28")
	d.look("2026-12-21 10:00", Overdue, "", 0)
	if d.s.Alerted != "" {
		t.Error("the overdue card stays open after the call")
	}
}
